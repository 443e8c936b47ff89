#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Each stage, between neighbours that are a driver (drive.c), with one call failing: memory, descriptors, room on the
# disk, reading, sockets, waiting; once, or all of a kind for a while.  In the log goes why a stage ended, or what it goes
# on without; nothing crashes, hangs or is left behind.
# A share of the points, others each time; with --long all, with each error that a call may have.
. "$(dirname -- "$0")/../support/pipeline.sh"
renice -n 15 -p $$ >/dev/null # whoever else runs waits for something; this does not
captures=${MEWS_CAPTURES:-$top/../shared/captures}
[ -e "$captures/04_revshell.scap" ] || skip_all "no captures"
share=7 errors=1
! grep -q '^MEWS_SANITIZE:BOOL=ON' "$build/CMakeCache.txt" || share=3
if [ -n "${MEWS_LONG:-}" ]; then
	share=100 errors=3
fi
seed=${MEWS_SEED:-$RANDOM}
# The stages are without their jail here, and end by themselves: leaks can be looked for.
export ASAN_OPTIONS=${ASAN_OPTIONS%detect_leaks=0}detect_leaks=1
cd "$top" || exit 1

for stage in collector enricher evaluator emitter recorder; do
	"$build/tests/faults/drive" --share "$share" --errors $errors --seed "$seed" "$build/tests/faults" \
		$stage "$captures/04_revshell.scap" rules/mews_rules.yaml >"$work/out" 2>"$work/err"
	said=$(grep -E '^(not )?ok - ' "$work/out" | sed 's/^[a-z ]*- //')
	if grep -q '^ok - ' "$work/out"; then
		ok "$said (seed $seed)"
	else
		not_ok "${said:-$stage} (seed $seed)" "$(cut -c1-400 "$work/err" | head -n 60)"
	fi
done
echo "1..$tests"
