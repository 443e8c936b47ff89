#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A capture that is read and written again says the same: every frame that the collector makes of it is
# equal, and a reader that was made from the format's description alone finds nothing wrong with it.
top=$(cd -- "$(dirname -- "$0")/../.." && pwd)
build=${MEWS_BUILD_DIR:-$top/build}
captures=${MEWS_CAPTURES:-$top/../shared/captures}
reader=$captures/../compat/tools/scapread.py
tools=$build/tests/support

skip_all() {
	echo "ok 1 - ${0##*/} # SKIP $*"
	exit 0
}
[ -x "$tools/scap_rewrite" ] || skip_all "scap_rewrite is not built"
ls "$captures"/*.scap >/dev/null 2>&1 || skip_all "there are no captures"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

n=0 bad=0
verdict() { # NAME, what is wrong
	n=$((n + 1))
	if [ -z "$2" ]; then
		echo "ok $n - $1"
	else
		bad=1
		echo "not ok $n - $1"
		printf '%s\n' "$2" | head -n 5 | sed 's/^/# /'
	fi
}
same() {
	cmp <("$tools/scap_pipe" "$1") <("$tools/scap_pipe" "$work/again.scap") 2>&1
	[ "$("$tools/scap_pipe" "$1" | wc -c)" -gt 1000 ] || echo "there is nothing in it"
}
understood() {
	python3 -B "$reader" "$work/again.scap" >"$work/said" 2>&1 || cat "$work/said"
	grep -qE "'events': [0-9]+" "$work/said" || cat "$work/said"
	grep -E "FAIL|'left'|'truncated'|'slack'|'unknown type'|'block |unparsed" "$work/said"
}
for file in "$captures"/*.scap; do
	if ! "$tools/scap_rewrite" "$file" "$work/again.scap" 2>"$work/said"; then
		verdict "${file##*/} is written again" "$(cat "$work/said")"
		continue
	fi
	verdict "${file##*/}: the same frames, read and written again" "$(same "$file")"
	[ -f "$reader" ] && command -v python3 >/dev/null &&
		verdict "${file##*/}: written as the format says" "$(understood)"
done
echo "1..$n"
exit $bad
