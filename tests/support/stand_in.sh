# SPDX-License-Identifier: Apache-2.0
#
# stand_in.sh -- for tests of the supervisor: `mews` with stand-ins for the four stages beside it
# (stand_in.c), in a directory of its own.  Sourced, after pipeline.sh.

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

status_of() { "$mews" status --json --run-dir "$work/$1"; }

# stage_field RUN STAGE FIELD
stage_field() { status_of "$1" | tr '{' '\n' | sed -n "s/.*\"name\":\"$2\",\"pid\".*\"$3\":\"\{0,1\}\([^,\"]*\).*/\1/p"; }
stage_pid() { status_of "$1" | tr '{' '\n' | sed -n "s/.*\"name\":\"$2\",\"pid\":\([0-9]*\).*/\1/p"; }

# counter RUN STAGE NAME
counter() {
	status_of "$1" | tr '{' '\n' | grep -A 1 "\"name\":\"$2\",\"pid\"" | tail -n 1 |
		sed -n "s/.*\"$3\":\([0-9]*\).*/\1/p"
}

# balanced RUN: all eight sums are there and close.
balanced() {
	local status
	status=$(status_of "$1") || return 1
	[ "$(grep -o '"balanced":true' <<<"$status" | wc -l)" -eq 8 ] && ! grep -q '"balanced":false' <<<"$status"
}

# came_back RUN STAGE OLD: it runs again, as another process.
came_back() {
	local now
	now=$(status_of "$1" | tr '{' '\n' | sed -n "s/.*\"name\":\"$2\",\"pid\":\([0-9]*\),.*\"state\":\"running\".*/\1/p")
	[ -n "$now" ] && [ "$now" != 0 ] && [ "$now" != "$3" ]
}

# stages_of PID: the stages that are alive and have that supervisor.
stages_of() { pgrep -f -- "^mews-[a-z]+ .*--supervisor $1\$"; }
no_stages_of() { [ -z "$(stages_of "$1")" ]; }
ms_now() { date +%s%3N; }

# each_once RUN: in what the emitter printed, of every generation, no number is missing or comes
# twice.  The collector's stand-in numbers from 1; every tenth makes an alert, every fourth does not
# get through.
each_once() {
	awk '{ n[$1]++; if ($2 <= last[$1]) { print "again: " $0; bad = 1 }
	       for (i = last[$1] + 1; i < $2; i++) if (i % 10 == 1 && i % 4 != 0) { print "missing: " $1, i; bad = 1 }
	       last[$1] = $2 }
	     END { exit bad || NR == 0 }' "$work/$1.out"
}
