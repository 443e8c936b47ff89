#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Alerts for programs: one that lasts, and one for each alert; killed, slow, failing, not there.  And the
# files of outputs when they are rotated.
. "$(dirname -- "$0")/../support/pipeline.sh"
. "$(dirname -- "$0")/../support/emitter.sh"
[ -x "$emitter" ] && [ -x "$feed" ] || skip_all "the emitter is not built"
command -v jq >/dev/null || skip_all "needs jq"
uid=$(id -u mews-emitter 2>/dev/null || echo 64863)
[ "$(id -u)" -eq 0 ] || uid=$(id -u)
mkdir "$work/there" && chown "$uid" "$work/there"
check "alerts can be fed" start_feed

# ---- one that lasts ----
lasting="{enabled: true, name: lasting, keep_alive: true, program: 'echo \$\$ >>$work/there/pids; while read -r line; do printf \"%s\\n\" \"\$line\"; done >>$work/there/lasting'}"
start_emitter -o "program_output=[$lasting]"
feed 1 1000
check "a program gets alerts as lines" wait_for 10 all_there "$work/there/lasting" 1 1000
check "each once" [ "$(numbers "$work/there/lasting" | wc -l)" -eq 1000 ]
pid=$(tail -n 1 "$work/there/pids")
check "it has the emitter's user" [ "$(stat -c %u "/proc/$pid")" -eq "$uid" ]
check "and no capability" grep -q '^CapEff:.*0000000000000000$' "/proc/$pid/status"
check "and no descriptor of the emitter's" sh -c "! ls -l /proc/$pid/fd | grep -qE 'socket|memfd|spool|event'"
feed_later 2001 2000 2000
for _ in 1 2 3; do
	sleep 0.2
	kill -KILL "$(tail -n 1 "$work/there/pids")"
done
wait_for 20 has_done 2
check "it is killed three times: it is started again" wait_for 30 output_is lasting pending 0
check "and all alerts come that the dead had not read" [ "$(numbers "$work/there/lasting" | sort -u | awk '$1 > 2000' | wc -l)" -ge 1997 ]
check "in order" in_order "$work/there/lasting"
check "why is said" [ "$(output_field lasting last_error)" = "it was killed by signal 9" ]
runners() { for p in $(pgrep -u "$uid" -x mews-runner); do grep -q "^PPid:[^0-9]*$1\$" "/proc/$p/status" && echo "$p"; done; }
same=$emitter_pid guard=$(runners "$emitter_pid")
server=$(runners "$guard")
kill -KILL "$server"
feed 4001 10
check "who starts programs is killed: the program goes on" wait_for 10 all_there "$work/there/lasting" 4001 10
kill -KILL "$(tail -n 1 "$work/there/pids")"
feed 4101 10
check "and another starts programs again" wait_for 30 all_there "$work/there/lasting" 4105 6
check "for the same emitter" [ "$emitter_pid" = "$same" -a -n "$guard" -a "$(runners "$guard")" != "$server" ]
kill_emitter
pid=$(tail -n 1 "$work/there/pids")
check "the emitter is killed: the program reads its end" wait_for 10 sh -c "! kill -0 $pid 2>/dev/null || grep -q '^State:.*Z' /proc/$pid/status"

# ---- one for each ----
each="{enabled: true, name: each, program: 'read -r line && printf \"%s\\n\" \"\$line\" >>$work/there/each'}"
flaky="{enabled: true, name: flaky, timeout_ms: 5000, program: 'read -r line; [ -e $work/there/well ] || exit 75; printf \"%s\\n\" \"\$line\" >>$work/there/flaky'}"
none="{enabled: true, name: none, program: '/nonexistent/program'}"
fails="{enabled: true, name: fails, program: 'cat >/dev/null; exit 1'}"
dies="{enabled: true, name: dies, program: 'cat >/dev/null; kill \$\$'}"
hangs="{enabled: true, name: hangs, timeout_ms: 200, program: 'sleep 1000'}"
start_emitter -o "program_output=[$each, $flaky, $none, $fails, $dies, $hangs]"
feed 5001 20
check "each alert has a program of its own" wait_for 20 all_there "$work/there/each" 5001 20
check "in order" in_order "$work/there/each"
check "one that fails has had its alert all the same, as in Falco" wait_for 20 output_is fails delivered 20
check "what it ended with is said" output_is fails last_error "it ended with 1"
check "for people, too" sh -c "'$mews' status --run-dir '$run' | grep -q '^fails  *ok .* last error: it ended with 1\$'"
check "and in the log, not once for each" eval 'n=$(grep -cE "output .(fails|dies).: it .*, and its alert counts as delivered" "$work/err"); [ "$n" -ge 1 -a "$n" -le 5 ]'
check "of one that is content there is nothing" output_is each last_error ""
check "one that is killed by a signal has had its alert, too" wait_for 20 output_is dies delivered 20
check "by which is said" output_is dies last_error "it was killed by signal 15"
check "one that asks to be tried again is" [ "$(output_field flaky pending)" -eq 20 ]
touch "$work/there/well"
check "until it takes it" wait_for 60 all_there "$work/there/flaky" 5001 20
check "where there is no such program alerts wait" output_is none last_error "it ended with 127"
check "one that does not end in time is ended" wait_for 10 output_is hangs last_error "it did not end in time"
check "and nothing of it is left" [ "$(pgrep -u "$uid" -xfc 'sleep 1000')" -le 1 ]
check "none keeps the others" wait_for 10 all_there "$work/out" 5001 20
kill_emitter TERM

# ---- rotation ----
start_emitter -o file_output.enabled=true -o file_output.keep_alive=true -o "file_output.filename=$work/there/alerts"
feed 7001 10
check "a file gets alerts" wait_for 10 all_there "$work/there/alerts" 7001 10
mv "$work/there/alerts" "$work/there/alerts.1"
feed 7101 10
check "with keep_alive what was moved away gets them still" wait_for 10 all_there "$work/there/alerts.1" 7101 10
kill -USR1 "$emitter_pid"
check "SIGUSR1 opens a new one" wait_for 10 test -e "$work/there/alerts"
feed 7201 10
check "which gets what comes" wait_for 10 all_there "$work/there/alerts" 7201 10
printf 'half a line' >>"$work/there/alerts"
kill_emitter
start_emitter -o file_output.enabled=true -o "file_output.filename=$work/there/alerts"
feed 7301 1
check "a line that was cut when a process died is ended first" wait_for 10 grep -q '^[0-9:.]*: Warning number 7301 ' "$work/there/alerts"
kill_emitter TERM
echo "1..$tests"
[ "$failures" -eq 0 ]
