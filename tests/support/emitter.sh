# SPDX-License-Identifier: Apache-2.0
#
# emitter.sh -- for tests that run a real emitter behind a ring of numbered alerts (number_feed).
# Sourced, after pipeline.sh.  Its run directory is $work/run.

emitter=$build/bin/mews-emitter feed=$build/tests/support/number_feed
emitter_pid= feed_pid= helper_pids=
run=$work/run

start_feed() {
	mkfifo "$work/feed.in"
	: >"$work/feed.out"
	"$feed" "$run" <"$work/feed.in" >"$work/feed.out" 2>"$work/feed.err" &
	feed_pid=$!
	exec 7>"$work/feed.in"
	wait_for 10 grep -q ready "$work/feed.out"
}

# feed FROM COUNT [PER_SECOND [PADDING]]: returns when all are in the ring.
feed() {
	local before
	before=$(grep -c done "$work/feed.out")
	echo "$1 $2 ${3:-0} ${4:-0}" >&7
	wait_for 120 has_done $((before + 1))
}
feed_later() { echo "$1 $2 ${3:-0} ${4:-0}" >&7; }
has_done() { [ "$(grep -c done "$work/feed.out")" -ge "$1" ]; }

# start_emitter [-o KEY=VALUE]...: its standard output is added to $work/out.
start_emitter() {
	TZ=UTC FALCO_HOSTNAME=perch "$emitter" --run-dir "$run" "$@" >>"$work/out" 2>>"$work/err" </dev/null &
	emitter_pid=$!
}
kill_emitter() {
	kill "-${1:-KILL}" "$emitter_pid" 2>/dev/null
	wait "$emitter_pid" 2>/dev/null
	emitter_pid=
}

# output_field NAME FIELD: of `mews status`.
output_field() {
	"$mews" status --json --run-dir "$run" 2>/dev/null |
		jq -r --arg name "$1" --arg field "$2" '.outputs[] | select(.name == $name) | .[$field]'
}
output_is() { [ "$(output_field "$1" "$2")" = "$3" ]; }
outputs_balance() {
	"$mews" status --json --run-dir "$run" | jq -e '[.ledger[] | select(.name != "alerts") | .balanced] | length > 1 and all' >/dev/null
}

# numbers FILE: those of the alerts in it, in the order in which they came.
numbers() { sed -n 's/.*number \([0-9]*\) .*/\1/p' "$1"; }
# all_there FILE FROM COUNT: each of them, at least once.
all_there() {
	local missing
	missing=$(comm -13 <(numbers "$1" | sort -u) <(seq "$2" $(($2 + $3 - 1)) | sort))
	[ -z "$missing" ] || { echo "missing: $(wc -l <<<"$missing"), first $(sort -n <<<"$missing" | head -n 1)"; return 1; }
}
# in_order FILE: leaving out what came before, the numbers grow.
in_order() { numbers "$1" | awk '$1 > top { top = $1; next } seen[$1]++ { next } $1 < top && !($1 in had) { bad = 1 } { had[$1] } END { exit bad }'; }

helper() { # helper COMMAND...: runs beside the test, and ends with it
	"$@" &
	helper_pids="$helper_pids $!"
}

end_all() {
	[ -z "$emitter_pid" ] || kill -KILL "$emitter_pid" 2>/dev/null
	[ -z "$feed_pid" ] || kill -KILL "$feed_pid" 2>/dev/null
	for pid in $helper_pids; do kill -KILL "$pid" 2>/dev/null; done
	wait 2>/dev/null
	! mountpoint -q "$work/small" 2>/dev/null || umount "$work/small"
	rm -rf "$work" "$tools"
}
trap end_all EXIT
