#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Rule files that want to take all time, memory or stack: each ends, within a bound of processor time
# and of memory, with its exit code and an error that says why.  They are made here, as large as a
# rules file may be with MEWS_LONG, a tenth of that without.
. "$(dirname -- "$0")/../support/pipeline.sh"
[ -x "$mews" ] || skip_all "mews is not built"
command -v python3 >/dev/null || skip_all "no python3"
cd "$work" || exit 1
seconds=15 memory_kb=2000000
if grep -qE 'MEWS_(SANITIZE|TSAN|FUZZ):BOOL=ON' "$build/CMakeCache.txt"; then
	seconds=120 memory_kb=unlimited # what a sanitizer adds is not ours
fi
python3 "$top/tests/support/hard_rules.py" ${MEWS_LONG:+full} || exit 1

# ends FILE STATUS WORDS
ends() {
	local status
	(ulimit -t $seconds -v $memory_kb && exec "$mews" validate "$1") >out 2>err
	status=$?
	[ $status -eq "$2" ] || { echo "exit code $status"; head -c 300 out; head -c 300 err; return 1; }
	grep -qE "$3" out || { echo "it does not say $3"; grep -m 3 -E '^LOAD' out | cut -c1-300; return 1; }
}
while IFS=$'\t' read -r file status words what; do
	check "$what" ends "$file" "$status" "$words"
	rm -f "$file"
done <index
