#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A real emitter and its spool: outputs that are away, hang or are slow, kill -9, a full disk, a byte that
# flips, a clock that is set: every alert arrives or is counted, in order, and no output waits for
# another.  --long is the long form: away for 60 s under 1,000 alerts/s.
. "$(dirname -- "$0")/../support/pipeline.sh"
. "$(dirname -- "$0")/../support/emitter.sh"
[ -x "$emitter" ] && [ -x "$feed" ] || skip_all "the emitter is not built"
command -v jq >/dev/null && command -v python3 >/dev/null || skip_all "needs jq and python3"

port=$((20000 + $$ % 20000))
receiver() { # FILE [MANNER]: a receiver of syslog at $port
	: >"$work/receiver"
	python3 -B "$top/tests/support/log_receiver.py" $port "$@" >"$work/receiver" 2>"$work/receiver.err" &
	receiver_pid=$! helper_pids="$helper_pids $!"
	wait_for 10 grep -q ready "$work/receiver"
	# SIGUSR1 ends the pause before the next attempt, too; one that has just begun may not know it.
	"$mews" status --run-dir "$run" >/dev/null 2>&1 && kill -USR1 "$emitter_pid"
}
end_receiver() { kill -KILL "$receiver_pid"; wait "$receiver_pid" 2>/dev/null; }
syslog=(-o syslog_output.enabled=true -o syslog_output.protocol=tcp -o syslog_output.address=127.0.0.1:$port
	-o syslog_output.include_uuid=true -o syslog_output.timeout_ms=300)
check "alerts can be fed" start_feed

# ---- away, and the emitter killed meanwhile ----
away=3 rate=1000 count=3000
[ -z "${MEWS_LONG:-}" ] || away=60 count=60000
start_emitter "${syslog[@]}"
begun=$SECONDS
feed_later 1 $count $rate
while [ $((SECONDS - begun)) -lt $away ]; do
	sleep $((away / 3))
	[ $((SECONDS - begun)) -ge $away ] || { kill_emitter; start_emitter "${syslog[@]}"; }
done
wait_for 120 has_done 1
check "standard output does not wait for an output that is away" wait_for 30 all_there "$work/out" 1 $count
check "which has all of it before it" [ "$(output_field syslog pending)" -eq $count ]
check "and is tried again" [ "$(output_field syslog retries)" -ge 1 ]
check "and says why" output_is syslog state retrying
receiver "$work/log"
check "when it is back it gets every alert" wait_for 90 all_there "$work/log" 1 $count
check "in their order" in_order "$work/log"
uuids=$(sed -n 's/.*uuid="\([^"]*\)".*number \([0-9]*\) .*/\2 \1/p' "$work/log" | sort -u | wc -l)
check "doubles have equal ids ($(($(numbers "$work/log" | wc -l) - count)) doubles)" [ "$uuids" -eq $count ]
check "the sums of the outputs close" wait_for 5 outputs_balance
check "how long it took is known of each alert" eval '"$mews" status --json --run-dir "$run" | jq -e ".outputs[] | select(.name == \"syslog\") | .latency.samples >= $count and .latency.p50_us > 0"'

# ---- the receiver is killed in the midst, twice, and so is the emitter ----
: >"$work/log"
feed_later 100001 3000 2000
for victim in receiver emitter receiver; do
	sleep 0.3
	case $victim in
	receiver) end_receiver; receiver "$work/log" ;;
	emitter) kill_emitter; start_emitter "${syslog[@]}" ;;
	esac
done
check "receiver and emitter are killed: what the receiver had not taken comes again" wait_for 60 output_is syslog pending 0
check "standard output has them all" wait_for 10 all_there "$work/out" 100001 3000

# ---- hangs: takes connections, and never reads ----
end_receiver
receiver "$work/log.deaf" deaf
: >"$work/out"
feed 200001 2000 0 2000
check "an output that hangs does not keep another" wait_for 10 all_there "$work/out" 200001 2000
check "its alerts wait" [ "$(output_field syslog pending)" -ge 1000 ]
check "reload goes on" "$mews" status --run-dir "$run"
end_receiver
receiver "$work/log.slow" slow
sleep 2
check "one that is slow does not, either" feed 210001 100
check "and gets on" wait_for 20 test -s "$work/log.slow"
end_receiver
receiver "$work/log.late"
check "later it gets all that waited" wait_for 90 output_is syslog pending 0
# What lay in the buffers of the one that never read was out of our hands.
check "of what nobody had taken" [ "$(cat "$work/log.slow" "$work/log.late" | grep -c number)" -ge 2000 ]

# ---- a byte on the disk flips ----
end_receiver
feed 300001 200
check "alerts wait on the disk" wait_for 5 output_is syslog pending 200
kill_emitter TERM
segment=$(ls "$run"/spool/*.mewsjrn | tail -n 1)
python3 - "$segment" <<'E2'
import sys
data = bytearray(open(sys.argv[1], "rb").read())
at = data.rindex(b"number 300100 ")
data[at + 3] ^= 0x20
open(sys.argv[1], "r+b").write(data)
E2
: >"$work/log.flip"
start_emitter "${syslog[@]}"
receiver "$work/log.flip"
check "a byte has flipped in the spool: the other alerts arrive" wait_for 30 output_is syslog pending 0
check "all but one" [ "$(numbers "$work/log.flip" | sort -u | wc -l)" -eq 199 ]
check "which is counted" output_is syslog lost 1
check "and an alert says so" wait_for 5 grep -q 'Mews internal: alerts lost.*1 before output syslog' "$work/out"
check "the sums close" wait_for 5 outputs_balance
end_receiver

# ---- the spool is full ----
kill_emitter TERM
start_emitter "${syslog[@]}" -o outputs_spool.size_mb=8
: >"$work/out"
feed 400001 1500 0 8000
check "more alerts than the spool may hold: others have them all" wait_for 20 all_there "$work/out" 400001 1500
check "it stays within its bounds" [ "$("$mews" status --json --run-dir "$run" | jq .spool.bytes)" -le 8388608 ]
receiver "$work/log.full"
check "the youngest arrive" wait_for 60 output_is syslog pending 0
check "the oldest are counted as lost ($(output_field syslog lost))" [ "$(output_field syslog lost)" -gt 300 ]
check "none is missing in the sum" [ $(($(numbers "$work/log.full" | sort -u | wc -l) + $(output_field syslog lost) - 1)) -eq 1500 ]
check "an alert says so" wait_for 20 grep -q 'Mews internal: alerts lost' "$work/log.full"
end_receiver

# ---- the disk is full ----
kill_emitter TERM
if [ "$(id -u)" -eq 0 ] && mkdir "$work/small" && mount -t tmpfs -o size=512k tmpfs "$work/small" 2>/dev/null; then
	small=(-o outputs_spool.directory="$work/small/spool" -o syslog_output.name=other)
	start_emitter "${syslog[@]}" "${small[@]}"
	: >"$work/out"
	feed 500001 1000 0 2000
	check "the disk is full: other outputs go on" wait_for 20 all_there "$work/out" 500001 1000
	check "memory is used" [ "$("$mews" status --json --run-dir "$run" | jq -r .spool.place)" = memory ]
	check "and said" grep -q 'cannot write to the spool: No space left on device' "$work/err"
	mount -o remount,size=32m "$work/small"
	check "when there is room again the disk is used" wait_for 10 eval '[ "$("$mews" status --json --run-dir "$run" | jq -r .spool.place)" = disk ]'
	kill_emitter
	start_emitter "${syslog[@]}" "${small[@]}"
	receiver "$work/log.small"
	check "and nothing is lost, not with kill -9 either" wait_for 60 all_there "$work/log.small" 500001 1000
	check "in order" in_order "$work/log.small"
	kill_emitter TERM
	end_receiver
else
	ok "the disk is full # SKIP no tmpfs can be mounted"
fi

# ---- the clock is set ----
step=$build/tests/support/libstep_clock.so
if [ -e "$step" ] && ! grep -qE 'MEWS_(SANITIZE|TSAN):BOOL=ON' "$build/CMakeCache.txt"; then
	export LD_PRELOAD=$step STEP_CLOCK_FILE=$work/step
	start_emitter "${syslog[@]}" -o syslog_output.name=third
	unset LD_PRELOAD
	feed 600001 100
	wait_for 10 output_is third state retrying
	next=600200
	for seconds in -86400 86400 0; do
		echo $seconds >"$work/step"
		sleep 0.3
		next=$((next + 100))
		feed $next 10
	done
	receiver "$work/log.clock"
	check "the clock is set a day back, and forth: alerts arrive" wait_for 60 output_is third pending 0
	check "all of them" [ "$(numbers "$work/log.clock" | awk '$1 > 600000' | sort -u | wc -l)" -eq 130 ]
	kill_emitter TERM
	end_receiver
else
	ok "the clock is set # SKIP not with a sanitizer"
fi
echo "1..$tests"
[ "$failures" -eq 0 ]
