#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What is recorded and read back makes the alerts that the same events made live, with the same names;
# a reader that was made from the format's description alone takes the file to its last byte; filter,
# duration, signals, a collector that is killed and a disk that is full do what they should, and nothing
# is left behind.
. "$(dirname -- "$0")/../support/pipeline.sh"
. "$(dirname -- "$0")/../support/left.sh"
need_live
pipes=$build/tests/support

record_pid=
# start_record ARGS...: `mews record`, until it says that it records; what it says is in $work/record.log.
start_record() {
	: >"$work/record.log" # in the background it would be emptied too late: the last recording's words would be met
	"$mews" record "$@" 2>"$work/record.log" </dev/null &
	record_pid=$!
	wait_for 20 grep -q "recording to" "$work/record.log"
}
stop_record() {
	kill -INT "$record_pid"
	wait "$record_pid"
	local status=$?
	record_pid=
	return $status
}
trap '[ -z "$record_pid" ] || { kill -INT $record_pid; wait $record_pid; }; finish' EXIT
# marked: of alerts on stdin those about what bears the mark, a line each, without what differs.
marked() {
	grep -- "$mark" | jq -cS '{rule, fields: (.output_fields | del(.["evt.time"]))}' | sort
}
replayed() { # FILE
	"$mews" replay "$1" -r "$work/rule.yaml" -o json_output=true -o rule_matching=all 2>"$work/replay.log" | marked
}

mark=mark-$$-$RANDOM
cat >"$work/rule.yaml" <<'END'
- rule: read
  desc: x
  condition: evt.type in (open, openat, openat2) and fd.name startswith /etc/shadow
  output: >
    %evt.type %fd.name %fd.typechar %proc.name %proc.cmdline %proc.exepath %proc.pid %proc.ppid %proc.pname %proc.aname[2] %proc.aname[3]
    %proc.cwd %proc.vpid %proc.sname %proc.tty %proc.exe_ino %proc.is_exe_writable %thread.tid %thread.cap_effective %user.name %user.uid
    %user.loginuid %group.name %container.id %proc.env[PATH]
  priority: INFO
- rule: executed
  desc: x
  condition: evt.type in (execve, execveat)
  output: "%evt.type %proc.name %proc.cmdline %proc.exepath %proc.pname %user.name %container.id"
  priority: INFO
- rule: spoke
  desc: x
  condition: evt.type in (connect, bind, sendto) and fd.type in (ipv4, unix)
  output: "%evt.type %evt.args %fd.name %fd.type %fd.l4proto %proc.name %proc.cmdline %container.id"
  priority: INFO
END

cat >"$work/own.yaml" <<'END'
- rule: own
  desc: x
  condition: proc.cmdline contains "mews record" and proc.name = mews
  output: "%evt.type"
  priority: INFO
END

# Live and recorded, side by side.
start_record -o "$work/live.scap" || not_ok "a recording begins" "$(cat "$work/record.log")"
"$mews" run --run-dir "$work/run" -r "$work/rule.yaml" -o json_output=true -o rule_matching=all >"$work/alerts" 2>"$work/mews.log" </dev/null &
mews_pid=$!
{ wait_for 20 pipeline_is_live && wait_for 60 pipeline_is_ready; } >/dev/null || not_ok "the pipeline starts" "$(tail -n 20 "$work/mews.log")"
(cd /usr/share && "$trigger" read /etc/shadow "$mark")
(cd / && sh -c "cd /var/lib; '$trigger' read ../../etc/shadow- '$mark' 2>/dev/null; '$trigger' read ../../etc/shadow '$mark'; :")
setpriv --reuid 1 --regid 1 --clear-groups "$trigger" read /etc/shadow "$mark" 2>/dev/null
python3 -c 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.0.0.1", 0))
c = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); c.connect(s.getsockname()); c.send(b"x")' "$mark"
"$trigger" read /etc/shadow "last-$mark"
check "the alerts are there live" wait_for 10 grep -q "last-$mark" "$work/alerts"
sleep 0.3
check "Ctrl-C ends the recording with exit code 0" stop_record
stop_mews
check "it says how many events it holds, and how many it lost" \
	grep -qE "'$work/live.scap': [1-9][0-9]* events, 0 lost" "$work/record.log"
check "the file is for its owner alone, and gzip" \
	sh -c "[ \$(stat -c %a '$work/live.scap') = 600 ] && gzip -t '$work/live.scap'"
check "it is as the format says" understood "$work/live.scap"
marked <"$work/alerts" >"$work/live"
check "live there were alerts of each rule" \
	sh -c "[ \$(wc -l <'$work/live') -ge 9 ] && [ \$(jq -r .rule '$work/live' | sort -u | wc -l) = 3 ] || { cat '$work/live'; false; }"
replayed "$work/live.scap" >"$work/again"
check "replayed, it makes the same alerts with the same names" diff "$work/live" "$work/again"
check "all kinds of events are in it, not those that rules want" \
	sh -c "'$pipes/scap_pipe' '$work/live.scap' | python3 -c '
import collections, struct, sys
data, at, n = sys.stdin.buffer.read(), 0, collections.Counter()
while at < len(data):
    kind, size = struct.unpack_from(\"<HI\", data, at)
    n[kind] += 1
    at += 6 + size
print(n, open(sys.argv[1]).read())
sys.exit(not (n[1] > 100 and n[2] > 10 and n[3] > 10 and n[11] == 1 and n[12] > 5 and n[13] > 5))' '$work/record.log'"
check "what the recording itself does is not in it" sh -c \
	"[ \$('$pipes/scap_pipe' '$work/live.scap' | '$pipes/enrich_pipe' 2>/dev/null | '$pipes/rule_pipe' all '$work/own.yaml' 2>/dev/null | wc -l) = 0 ]"

# A filter.
start_record -o "$work/some.scap" --filter "evt.type in (open, openat, openat2) and fd.name = /etc/shadow and proc.args endswith $mark-filtered"
"$trigger" read /etc/shadow "$mark-filtered"
"$trigger" read /etc/passwd "$mark-other"
sleep 0.3
check "a filtered recording ends" stop_record
check "it holds what the condition is true for, and the state behind it" \
	grep -qE "'$work/some.scap': 1 events and [1-9][0-9]* for the state behind them, 0 lost" "$work/record.log"
check "it is as the format says, too" understood "$work/some.scap"
mark=$mark-filtered
replayed "$work/some.scap" >"$work/again"
check "and replays to the one alert, with its names" sh -c \
	"cat '$work/again'; jq -se 'length == 1 and (.[0].fields | .[\"proc.name\"] == \"trigger\" and .[\"fd.name\"] == \"/etc/shadow\" and .[\"user.name\"] == \"root\" and .[\"proc.pname\"] != null)' '$work/again'"

# A collector that dies.
start_record -o "$work/killed.scap"
"$trigger" read /etc/shadow "before-$mark"
sleep 0.3
killed_pid=$(pgrep -P "$record_pid" mews-collector)
kill -KILL "$killed_pid"
succeeded() { # behind its jail it sees all
	local pid
	pid=$(pgrep -P "$record_pid" mews-collector) && [ "$pid" != "$killed_pid" ] && grep -q 'NoNewPrivs:.1' "/proc/$pid/status"
}
wait_for 20 succeeded
sleep 1 # until it is told what to look for
"$trigger" read /etc/shadow "after-$mark"
sleep 0.3
check "a recording whose collector was killed ends as any other" stop_record
check "it says that there is a gap" grep -q "the recording has gaps" "$work/record.log"
check "its file is as the format says" understood "$work/killed.scap"
replayed "$work/killed.scap" >"$work/again"
check "what came before and behind is in it" sh -c "grep -q 'before-$mark' '$work/again' && grep -q 'after-$mark' '$work/again'"

# Ends and errors.  On a quiet machine nothing happens by itself: so something is opened all the time.
begin=$(date +%s)
stirring() { for _ in $(seq 100); do cat /etc/hostname >/dev/null; sleep 0.1; done; }
stirring &
stirring_pid=$!
"$mews" record -o "$work/short.scap" --duration 1 2>"$work/record.log"
check "--duration ends it with exit code 0" [ $? -eq 0 ]
check "after that time" [ $(($(date +%s) - begin)) -lt 15 ]
check "with a whole file" understood "$work/short.scap"
"$mews" record -o - --duration 1 2>"$work/record.log" >"$work/stdout.scap"
kill "$stirring_pid"
wait "$stirring_pid" 2>/dev/null
check "- is standard output" understood "$work/stdout.scap"
"$mews" record -o /dev/full --duration 20 2>"$work/record.log"
check "a full disk is said, with exit code 1" sh -c "[ $? -eq 1 ] && grep -q 'No space left on device' '$work/record.log'"
echo kept >"$work/kept"
"$mews" record -o "$work/none/x.scap" --duration 1 2>"$work/record.log"
check "a file that cannot be written has exit code 1" sh -c "[ $? -eq 1 ] && grep -q \"cannot write '$work/none/x.scap'\" '$work/record.log'"
"$mews" record -o "$work/kept" --filter "proc.nam = x" 2>"$work/record.log"
check "a condition that is wrong has exit code 1, and says where" sh -c "[ $? -eq 1 ] && grep -q 'column 1: .*proc.nam' '$work/record.log'"
setpriv --reuid 65534 --clear-groups "$mews" record -o "$work/kept" --duration 1 2>"$work/record.log"
check "without privilege it is exit code 3" [ $? -eq 3 ]
check "and the file that was there is not touched" grep -q kept "$work/kept"
check "no process is left" wait_for 5 no_collectors_left
check "no run directory is left" wait_for 5 no_dirs_left
