# SPDX-License-Identifier: Apache-2.0
#
# stand_in.sh -- for tests of the supervisor: `mews` with stand-ins for the four stages beside it
# (stand_in.c), in a directory of its own.  Sourced, after pipeline.sh.

. "$top/tests/support/status.sh"
need_live # mews run looks at the host before it starts anything
mkdir -p "$work/bin" "$work/rules"
cp "$mews" "$work/bin/mews"
for stage in collector enricher evaluator emitter; do
	cp "$build/tests/support/stand_in" "$work/bin/mews-$stage"
done
mews=$work/bin/mews

# run_mews RUN [VARIABLE=VALUE]...: in the background, in run directory $work/RUN; RUN.out, RUN.err.
# Its pid is in $mews_pid.  False when it does not come up.
run_mews() {
	local name=$1
	shift
	env "$@" "$mews" run -r "$work/rules" --run-dir "$work/$name" >"$work/$name.out" 2>"$work/$name.err" </dev/null &
	mews_pid=$!
	wait_for 10 grep -q watching "$work/$name.err"
}

# try_mews RUN [VARIABLE=VALUE]...: until it ends; its exit code.
try_mews() {
	local name=$1
	shift
	timeout 60 env "$@" "$mews" run -r "$work/rules" --run-dir "$work/$name" >"$work/$name.out" 2>"$work/$name.err" </dev/null
}

# each_once RUN: in what the emitter printed, of every generation, no number is missing or comes
# twice.  The collector's stand-in numbers from 1; every tenth makes an alert, every fourth does not
# get through.
each_once() {
	awk '{ n[$1]++; if ($2 <= last[$1]) { print "again: " $0; bad = 1 }
	       for (i = last[$1] + 1; i < $2; i++) if (i % 10 == 1 && i % 4 != 0) { print "missing: " $1, i; bad = 1 }
	       last[$1] = $2 }
	     END { exit bad || NR == 0 }' "$work/$1.out"
}
