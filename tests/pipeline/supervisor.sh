#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The supervisor: starts, ends, and starts again, with stand-ins for the stages.
. "$(dirname -- "$0")/../support/pipeline.sh"
. "$top/tests/support/stand_in.sh"

# ---- start, privileges, end ----

check "the pipeline comes up" run_mews a
check "all four stages run" [ "$(stages_of $mews_pid | wc -l)" -eq 4 ]
uids=$(for pid in $(stages_of $mews_pid); do awk '/^Uid:/{print $2, $3, $4, $5}' /proc/$pid/status; done | sort -u)
check "each as a user of its own" [ "$(wc -l <<<"$uids")" -eq 4 ]
check "with nothing of root left" [ -z "$(grep -w 0 <<<"$uids")" ]
check "with no_new_privs" [ "$(for pid in $(stages_of $mews_pid); do grep NoNewPrivs /proc/$pid/status; done | grep -c '1$')" -eq 4 ]
caps=$(for pid in $(stages_of $mews_pid); do echo "$(cat /proc/$pid/comm) $(awk '/^Cap(Inh|Prm|Eff|Bnd|Amb):/{printf "%s ", $2}' /proc/$pid/status)"; done)
zero=0000000000000000
check "enricher, evaluator and emitter have no capability" \
	[ "$(grep -cE "^mews-(enricher|evaluator|emitter) $zero $zero $zero $zero $zero" <<<"$caps")" -eq 3 ]
# CAP_DAC_READ_SEARCH 2, CAP_SYS_PTRACE 19, CAP_PERFMON 38, CAP_BPF 39
want=$(printf '%016x' $((1 << 2 | 1 << 19 | 1 << 38 | 1 << 39)))
check "the collector has its four and can get no other" grep -qE "^mews-collector $zero $want $want $zero $zero" <<<"$caps"
check "the run directory is closed to strangers and sticky" [ "$(stat -c %a "$work/a")" = 1770 ]
check "a second pipeline in the same place is refused" \
	bash -c "'$mews' run -r '$work/rules' --run-dir '$work/a' 2>&1 | grep -q 'runs in .* already'"
check "and the first is not disturbed by that" balanced a
other=$mews_pid
check "a second pipeline in another place comes up" run_mews b
check "each sees its own stages" [ "$(stage_pid a emitter)" != "$(stage_pid b emitter)" ]
second=$mews_pid
check "mews stop ends the second" "$mews" stop --run-dir "$work/b"
wait "$second"
check "with exit code 0" [ $? -eq 0 ]
check "no process of it is left" no_stages_of "$second"
check "nor its run directory" [ ! -e "$work/b" ]
mews_pid=$other
check "the first runs on" balanced a
kill -INT "$mews_pid"
wait "$mews_pid"
check "Ctrl-C ends it with exit code 0" [ $? -eq 0 ]
check "no process is left" no_stages_of "$mews_pid"
check "no file is left" [ ! -e "$work/a" ]
check "and what was made came out, each once" each_once a
mews_pid=

# ---- kill -9 of each stage in turn, under load ----

run_mews c STAND_IN_RATE=20000 || not_ok "it comes up under load" "$(cat "$work/c.err")"
for stage in emitter evaluator enricher collector; do
	old=$(stage_pid c $stage)
	before=$(ms_now)
	kill -9 "$old"
	check "$stage comes back" wait_for 20 came_back c $stage "$old"
	echo "# after $(($(ms_now) - before)) ms"
	check "the ledger balances after that" wait_for 3 balanced c
done
for stage in collector emitter enricher evaluator; do
	kill -9 "$(stage_pid c $stage)"
done
check "it balances after the death of each, one right after the other" wait_for 5 balanced c
check "restarts are counted" [ "$(stage_field c enricher restarts)" -ge 2 ]
old=$(stage_pid c evaluator)
check "mews restart" "$mews" restart evaluator --run-dir "$work/c"
check "makes another process of it" came_back c evaluator "$old"
check "and balances" wait_for 3 balanced c
in=$(counter c emitter in)
check "mews stop" "$mews" stop --run-dir "$work/c"
wait "$mews_pid"
check "what was made before, between and after came out" [ "$(wc -l <"$work/c.out")" -ge "${in:-1}" ]
check "each alert once, but for those that died with the collector" each_once c
mews_pid=

# ---- a reader that does not keep up ----

run_mews d STAND_IN_RATE=200000 || not_ok "it comes up with much to do" "$(cat "$work/d.err")"
stopped=$(stage_pid d evaluator)
kill -STOP "$stopped"
sleep 0.5
kill -CONT "$stopped"
check "a stage that was stopped for a while goes on, and the ledger balances" wait_for 5 balanced d
kill -TERM "$mews_pid"
wait "$mews_pid"
check "nothing is lost or doubled by that" each_once d
mews_pid=

# ---- a supervisor that is killed ----

run_mews e
kill -9 "$mews_pid"
wait "$mews_pid" 2>/dev/null
check "the stages do not outlive their supervisor" wait_for 5 no_stages_of "$mews_pid"
check "the next one takes over what is left in the run directory" run_mews e
check "and works" wait_for 3 balanced e
"$mews" stop --run-dir "$work/e"
wait "$mews_pid"
mews_pid=

# ---- a terminal that goes away ----

# of_terminal RUN COMMAND...: in a terminal of its own, which is closed when all run.  Its words go to
# RUN.err, the pid to RUN.pid.
of_terminal() {
	python3 - "$work/$1" "${@:2}" <<-'END'
		import os, pty, sys, time
		run, command = sys.argv[1], sys.argv[2:]
		pid, fd = pty.fork()
		if pid == 0:
		    words = os.open(run + ".err", os.O_WRONLY | os.O_CREAT)
		    os.dup2(words, 1)
		    os.dup2(words, 2)
		    os.execvp(command[0], command)
		open(run + ".pid", "w").write(str(pid))
		for _ in range(400):
		    if os.path.exists(run + ".err") and "watching" in open(run + ".err").read():
		        break
		    time.sleep(0.05)
		os.close(fd)
		time.sleep(1)
	END
}
if command -v python3 >/dev/null; then
	of_terminal t "$mews" run -r "$work/rules" --run-dir "$work/t"
	check "a pipeline ends with its terminal" wait_for 5 no_stages_of "$(cat "$work/t.pid")"
	check "and leaves no file" wait_for 2 [ ! -e "$work/t" ]
	of_terminal u nohup "$mews" run -r "$work/rules" --run-dir "$work/u"
	check "under nohup it does not" [ "$(stages_of "$(cat "$work/u.pid")" | wc -l)" -eq 4 ]
	"$mews" stop --run-dir "$work/u"
	run_mews v
	kill -HUP "$mews_pid"
	sleep 0.3
	check "SIGHUP alone ends nothing" [ "$(stages_of "$mews_pid" | wc -l)" -eq 4 ]
	"$mews" stop --run-dir "$work/v"
	wait "$mews_pid"
	mews_pid=
fi

# ---- stages that do not want ----

for code in 1 2 3; do
	try_mews f$code STAND_IN_EVALUATOR="exit $code"
	check "a stage that says $code at its first start ends all with $code" [ $? -eq $code ]
	check "nothing is left then" [ ! -e "$work/f$code" ]
done
try_mews g STAND_IN_ENRICHER=die
check "a stage that dies ten times ends all with 4" [ $? -eq 4 ]
try_mews g2 STAND_IN_COLLECTOR=broken
check "so does one that fails for good" [ $? -eq 4 ]
check "nothing is left then" [ ! -e "$work/g" -a ! -e "$work/g2" ]
run_mews h STAND_IN_ENRICHER=deaf
before=$(ms_now)
"$mews" stop --run-dir "$work/h"
took=$(($(ms_now) - before))
check "a stage that does not end is killed after three seconds ($took ms)" [ $((took / 1000)) -ge 2 -a $took -lt 5000 ]
wait "$mews_pid"
mews_pid=

# ---- the operator's mistakes ----

"$mews" frobnicate >/dev/null 2>&1
check "an unknown command is 2" [ $? -eq 2 ]
"$mews" run --frobnicate >/dev/null 2>&1
check "an unknown option is 2" [ $? -eq 2 ]
"$mews" status --run-dir "$work/nowhere" >/dev/null 2>&1
check "a pipeline that is not there is 1" [ $? -eq 1 ]
mkdir "$work/foreign" && touch "$work/foreign/precious"
try_mews foreign
check "a directory with other things in it is not taken" [ $? -eq 3 ]
check "and not changed" [ "$(stat -c %a "$work/foreign")" = 755 ]
mkdir -m 700 "$work/closed"
try_mews closed/run
check "a directory that the stages cannot get to is 3" [ $? -eq 3 ]
check "and says which is closed" grep -q "below '$work/closed', which is closed to the stages" "$work/closed/run.err"
printf 'json_output: true\npriority: loud\n' >"$work/bad.yaml"
"$mews" run -c "$work/bad.yaml" --run-dir "$work/i" >/dev/null 2>"$work/i.err"
check "a wrong setting is 1" [ $? -eq 1 ]
check "with file, line and column" grep -q "$work/bad.yaml:2:11: 'loud' is not a value for 'priority'" "$work/i.err"
setpriv --reuid 65534 --clear-groups "$mews" run --run-dir "$work/j" >/dev/null 2>"$work/j.err"
check "without privilege it is 3" [ $? -eq 3 ]
check "and says what is missing" grep -q "needs* root" "$work/j.err"
unshare -m sh -c "mount -t tmpfs none /sys/kernel/btf 2>/dev/null || mount -t tmpfs none /sys/kernel; exec '$mews' run --run-dir '$work/k'" >/dev/null 2>"$work/k.err"
check "on a kernel without type information it is 3" [ $? -eq 3 ]
check "and says so" grep -q "no type information" "$work/k.err"
if ! grep -q 'MEWS_SANITIZE:BOOL=ON' "$build/CMakeCache.txt"; then # ASan itself needs /proc
	unshare -m sh -c "mount -t tmpfs none /proc; exec '$mews' run --run-dir '$work/l'" >/dev/null 2>"$work/l.err"
	check "without /proc it is 3" [ $? -eq 3 ]
	check "and says so" grep -q "/proc/self/exe: No such file" "$work/l.err"
fi
check "nothing of all that was started" [ ! -e "$work/l" -a ! -e "$work/i" -a ! -e "$work/j" -a ! -e "$work/k" ]
echo "1..$tests"
