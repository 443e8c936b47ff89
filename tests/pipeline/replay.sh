#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The supervisor of a replay: the stages end by themselves, and whichever of them is killed, each alert
# comes out once.  The stages are stand-ins, but for the emitter; a capture is a file with a number in it.
. "$(dirname -- "$0")/../support/pipeline.sh"
[ -x "$mews" ] && [ -x "$build/tests/support/stand_in" ] || skip_all "mews is not built"
mkdir -p "$work/bin"
cp "$mews" "$build/bin/mews-emitter" "$work/bin"
for stage in collector enricher evaluator; do
	cp "$build/tests/support/stand_in" "$work/bin/mews-$stage"
done
mews=$work/bin/mews
export STAND_IN_RATE=0 TZ=UTC
numbers=300000
echo $numbers >"$work/capture"
echo 1 >"$work/short"
echo nonsense >"$work/nonsense"
# Every tenth number is an alert, every fourth gets no further than the enricher.
seq 1 2 $numbers | awk '$1 % 10 == 1 { printf "00:00:00.%09d: Notice number %d\n", $1, $1 }' >"$work/want"

# replay NAME ARGS...: to its end; NAME.out, NAME.err.  Its exit code.
replay() {
	local name=$1
	shift
	timeout 60 "$mews" replay "$@" >"$work/$name.out" 2>"$work/$name.err" </dev/null
}
# start_replay NAME ARGS...: in the background; its pid is in $mews_pid.
start_replay() {
	local name=$1
	shift
	says=$work/$name.err
	"$mews" replay "$work/capture" "$@" >"$work/$name.out" 2>"$work/$name.err" </dev/null &
	mews_pid=$!
}
end_replay() { ends "$mews_pid" 60 "$says"; local code=$?; mews_pid=; return $code; }
as_wanted() { cmp "$work/$1.out" "$work/want"; }
stage_of() { pgrep -P "$mews_pid" -f "^mews-$1 "; }
ran() { grep -o "\"$2\":{[^}]*" "$work/$1.json" | grep -o "\"$3\":[0-9.]*" | cut -d: -f2; }

# ---- the whole of it ----

replay a "$work/capture" --stats "$work/a.json"
check "a replay ends by itself with 0" [ $? -eq 0 ]
check "standard output holds each alert once, in order, and nothing else" as_wanted a
check "standard error holds nothing" [ ! -s "$work/a.err" ]
check "the stats count the events that were read" grep -q "^{\"events\":$numbers,\"alerts\":$(wc -l <"$work/want")," "$work/a.json"
check "what a stage gave out is what the next one took in" \
	[ "$(ran a collector out) $(ran a enricher out) $(ran a evaluator out)" = "$(ran a enricher in) $(ran a evaluator in) $(ran a emitter in)" ]
check "nothing is lost" [ "$(for s in collector enricher evaluator emitter; do ran a $s lost; done | sort -u)" = 0 ]
check "the stages cost something" awk "BEGIN { exit !($(ran a enricher cpu_s) > 0 && $(ran a enricher max_rss_kb) > 0) }"
check "python reads the stats" python3 -c "import json; d = json.load(open('$work/a.json')); assert list(d) == ['events', 'alerts', 'wall_s', 'cpu_s', 'stages'] and d['cpu_s'] <= 2 * d['wall_s'] * $(nproc)"
best=100000
for i in 1 2 3 4 5 6 7 8; do
	from=$(date +%s%3N)
	replay short "$work/short"
	took=$(($(date +%s%3N) - from))
	[ $took -ge $best ] || best=$took
done
echo "# start and end take $best ms"
check "start and end take less than half a second" [ $best -lt 500 ]
check "the end waits for nothing" cmp "$work/short.out" <(head -n 1 "$work/want")

# ---- kill -9 ----

for round in emitter evaluator enricher collector "emitter emitter evaluator" "evaluator emitter" "collector emitter enricher" "enricher evaluator emitter collector"; do
	STAND_IN_RATE=400000 start_replay k --stats "$work/k.json"
	for stage in $round; do
		sleep 0.$((RANDOM % 4))$((RANDOM % 10))
		victim=$(stage_of "$stage") && kill -9 $victim
	done
	end_replay
	check "kill -9 $round: it ends with 0" [ $? -eq 0 ]
	check "kill -9 $round: each alert once, in order" as_wanted k
	check "kill -9 $round: that is what the stats say" grep -q "\"alerts\":$(wc -l <"$work/want")," "$work/k.json"
done
# All at one time, the emitter while its reader sleeps: it is in the middle of a line then.
mkfifo "$work/fifo"
STAND_IN_RATE=400000 "$mews" replay "$work/capture" >"$work/fifo" 2>"$work/f.err" </dev/null &
mews_pid=$! says=$work/f.err
exec 7<"$work/fifo"
sleep 0.6
kill -9 $(stage_of emitter) $(stage_of evaluator)
{ sleep 0.3; cat; } <&7 >"$work/f.out"
exec 7<&-
end_replay
check "emitter and evaluator at one time, with a reader that sleeps: it ends with 0" [ $? -eq 0 ]
check "each alert once, in order" as_wanted f

# An emitter that dies when it has done all, and the evaluator is done before there is another.
mkdir "$work/all"
cp "$work/bin/"* "$work/all"
cp "$build/tests/support/stand_in" "$work/all/mews-emitter"
ended=
for i in 1 2 3 4 5; do
	STAND_IN_EMITTER='die at the end' timeout 30 "$work/all/mews" replay "$work/short" >"$work/e.out" 2>"$work/e.err" </dev/null
	ended+=$?
	[ "${ended: -1}" -eq 0 ] || break
done
check "an emitter that dies with all done need not come back" [ "$ended" = 00000 ]
check "its death is said" grep -q "mews-emitter was killed by signal 9" "$work/e.err"

# ---- a reader that is slow, one that goes away ----

replay_into() { timeout 60 "$mews" replay "$work/capture" 2>"$work/s.err" </dev/null; }
replay_into | { sleep 3; cat; } >"$work/s.out"
check "a reader that sleeps for longer than an output may take gets all" as_wanted s
replay_into | head -n 1 >"$work/h.out"
check "a reader that has seen enough is not waited for" [ "${PIPESTATUS[0]}" -eq 0 ]

# ---- outputs on a network, and such as take nothing ----

# receive FILE: an HTTP server on loopback, each body that it takes a line of FILE; its port is in $port.  It
# refuses the second one that comes to /b.
receive() {
	python3 -uB -c '
import sys
sys.path.insert(0, sys.argv[1])
import receivers, signal
r = receivers.Receiver()
r.faults["/b"] = [{}, {"status": 400}]
take = r.take
def keep(h):
    take(h)
    with r.lock, open(sys.argv[2], "w") as f:
        f.writelines(q["body"] + "\n" for q in r.requests if q.get("status") == 200)
r.take = keep
print(r.port)
signal.pause()' "$top/tests/support" "$1" >"$work/port" &
	receiver=$!
	wait_for 10 test -s "$work/port" && port=$(cat "$work/port")
}
receive "$work/received"
echo 1000 >"$work/some"
to="-o stdout_output.enabled=false -o http_output.enabled=true -o http_output.url=http://127.0.0.1"
replay w "$work/some" $to:$port/a --stats "$work/w.json"
check "alerts come to a receiver on a network" [ $? -eq 0 ]
check "all of them, in order" cmp "$work/received" <(head -n 100 "$work/want")
check "nothing is said of it" [ ! -s "$work/w.err" ]
replay w "$work/some" $to:$port/b --stats "$work/w.json"
check "behind one that is refused the others come" cmp <(tail -n +101 "$work/received") <(head -n 100 "$work/want" | sed 2d)
check "it is said, and counted" eval "grep -q \"alerts do not reach output 'http': HTTP 400\" '$work/w.err' && [ \"\$(ran w emitter lost)\" = 1 ]"
kill $receiver
wait $receiver 2>/dev/null
replay w "$work/some" $to:$port/a -o program_output.enabled=true -o program_output.program='exit 127' \
	-o file_output.enabled=true -o file_output.filename="$work/w.file" --stats "$work/w.json"
check "a receiver that is away ends nothing" [ $? -eq 0 ]
check "it is said, with the reason" grep -q "warning: alerts do not reach output 'http': .*onnect" "$work/w.err"
check "so is another output's" grep -q "warning: alerts do not reach output 'program': it ended with 127" "$work/w.err"
check "and how many it missed" grep -q "output 'http' did not get 100 of its alerts" "$work/w.err"
check "they are counted" [ "$(ran w emitter lost)" -eq 100 ]
check "other outputs have them" cmp "$work/w.file" <(head -n 100 "$work/want")

# ---- what does not work ----

replay n "$work/nonsense"
check "a bad capture is 1" [ $? -eq 1 ]
check "with nothing on standard output" [ ! -s "$work/n.out" ]
replay n "$work/missing"
check "so is one that is not there" [ $? -eq 1 ]
check "and its name is said" grep -q "'$work/missing'" "$work/n.err"
STAND_IN_EVALUATOR='exit 1' replay n "$work/capture"
check "rules that are wrong are 1" [ $? -eq 1 ]
check "with nothing on standard output" [ ! -s "$work/n.out" ]
STAND_IN_COLLECTOR='break off' replay b "$work/capture"
check "a capture that breaks off is 1" [ $? -eq 1 ]
check "after all alerts of what it holds" cmp "$work/b.out" <(head -n $((numbers / 20)) "$work/want")
STAND_IN_EVALUATOR='die at 150001' replay d "$work/capture"
check "a stage that dies at one event ten times ends all with 4" [ $? -eq 4 ]
check "after the alerts before that event, each once" cmp "$work/d.out" <(head -n "$(wc -l <"$work/d.out")" "$work/want")
check "but for those of the turn that it died in" [ "$(wc -l <"$work/d.out")" -gt $((150000 / 10 - 64)) ]
"$mews" replay >/dev/null 2>&1
check "no capture is wrong usage" [ $? -eq 2 ]
replay n "$work/capture" --stats "$work/none/stats"
check "stats that cannot be written are 1, at once" [ $? -eq 1 -a ! -s "$work/n.out" ]
STAND_IN_RATE=1000 start_replay i
sleep 0.5
kill -INT "$mews_pid"
end_replay
check "Ctrl-C ends it by the signal" [ $? -eq 130 ]

# ---- a terminal ----

if command -v script >/dev/null; then
	STAND_IN_RATE=300000 script -qec "'$mews' replay '$work/capture' >'$work/t.out'" /dev/null </dev/null >"$work/t.err"
	check "on a terminal there is a bar" grep -q '%, [0-9]* events, [0-9.]* [kM]/s' "$work/t.err"
	check "and standard output is as ever" as_wanted t
fi

# ---- an ordinary user ----

chmod -R a+rX "$work"
mkdir -m 1777 "$work/tmp"
drop=
[ "$(id -u)" -ne 0 ] || drop="setpriv --reuid 65534 --regid 65534 --clear-groups"
for kill in '' KILL; do
	env -u XDG_RUNTIME_DIR TMPDIR="$work/tmp" STAND_IN_RATE=400000 $drop "$mews" replay "$work/capture" >"$work/u.out" 2>"$work/u.err" </dev/null &
	mews_pid=$! says=$work/u.err
	sleep 0.5
	[ -z "$kill" ] || kill -9 $(stage_of enricher) $(stage_of emitter)
	end_replay
	check "it needs no privilege${kill:+, also when stages are killed}" [ $? -eq 0 ]
	check "and gives the same alerts" as_wanted u
	check "no run directory is left" [ -z "$(ls -A "$work/tmp")" ]
done
"$mews" replay "$work/short" --run-dir "$work/own" >/dev/null
check "nor one that was named" [ ! -e "$work/own" ]
if [ "$(id -u)" -eq 0 ]; then
	STAND_IN_RATE=1000 start_replay r
	sleep 0.5
	uids=$(for pid in $(pgrep -P "$mews_pid"); do awk '/^Uid:/{print $2}' /proc/$pid/status; done | sort -u)
	if unshare -n true 2>/dev/null; then
		check "no output needs a network: the emitter has none" [ "$(readlink /proc/$(stage_of emitter)/ns/net)" != "$(readlink /proc/self/ns/net)" ]
	fi
	check "root's stages are users of their own" [ "$(wc -l <<<"$uids")" -eq 4 -a -z "$(grep -x 0 <<<"$uids")" ]
	kill -TERM "$mews_pid"
	end_replay
fi
echo "1..$tests"
