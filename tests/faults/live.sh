#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The collector on the kernel's events, with one call failing (drive_live.c), those by which libbpf asks the kernel for
# a program, a map or a link among them: while it loads, works, is asked, watches other events, gets another reader, is
# stopped.  It ends with an error while it loads, or goes on: what it does not see it names, what it cannot read it counts.
# A few points, others each time; with --long all, with each error that a call may have.
. "$(dirname -- "$0")/../support/pipeline.sh"
need_live
renice -n 15 -p $$ >/dev/null # whoever else runs waits for something; this does not
seed=${MEWS_SEED:-$RANDOM}
few=150 # of so many parts one
options=(--errors 1 --parts $few --part $((seed % few)))
[ -z "${MEWS_LONG:-}" ] || options=(--errors 3)
# It is without its jail here, and ends by itself: leaks can be looked for.
export ASAN_OPTIONS=${ASAN_OPTIONS%detect_leaks=0}detect_leaks=1

"$build/tests/faults/drive_live" "${options[@]}" --seed "$seed" "$build/tests/faults" >"$work/out" 2>"$work/err"
said=$(grep -E '^(not )?ok - ' "$work/out" | sed 's/^[a-z ]*- //')
if grep -q '^ok - ' "$work/out"; then
	ok "$said (seed $seed)"
else
	not_ok "${said:-live collector} (seed $seed)" "$(cut -c1-400 "$work/err" | head -n 60)"
fi
echo "1..$tests"
