#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# `mews run` over stand-ins for its stages, with one call of it failing (drive_mews.c): while it starts, is asked,
# reloads, loses stages, is stopped.  It ends with an error while it starts, or goes on; nothing crashes, hangs or is left
# behind: no memory, no descriptor, no process, no run directory.
# A share of the points, others each time; with --long all, with each error that a call may have.
. "$(dirname -- "$0")/../support/pipeline.sh"
need_live # it looks at the host before it starts anything
renice -n 15 -p $$ >/dev/null # whoever else runs waits for something; this does not
share=1 errors=1
if [ -n "${MEWS_LONG:-}" ]; then
	share=100 errors=3
fi
seed=${MEWS_SEED:-$RANDOM}
# Nothing is jailed here, and all ends by itself: leaks can be looked for.
export ASAN_OPTIONS=${ASAN_OPTIONS%detect_leaks=0}detect_leaks=1

"$build/tests/faults/drive_mews" --share "$share" --errors $errors --seed "$seed" "$build/tests/faults" \
	>"$work/out" 2>"$work/err"
said=$(grep -E '^(not )?ok - ' "$work/out" | sed 's/^[a-z ]*- //')
if grep -q '^ok - ' "$work/out"; then
	ok "$said (seed $seed)"
else
	not_ok "${said:-supervisor} (seed $seed)" "$(cut -c1-400 "$work/err" | head -n 60)"
fi
echo "1..$tests"
