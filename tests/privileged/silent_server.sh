#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A process holds a file of a file system whose server does not answer, and runs a program of it: mews looks at both
# without waiting for that server.
. "$(dirname -- "$0")/../support/pipeline.sh"
need_live
command -v python3 >/dev/null || skip_all "no python3"
[ -w /dev/fuse ] || skip_all "no /dev/fuse"

connection=
# Whoever waits for the server gets an error: nobody may go on waiting when this ends.
let_go() {
	[ -n "${server[1]}" ] && exec {server[1]}>&-
	[ ! -w "/sys/fs/fuse/connections/$connection/abort" ] || echo 1 >"/sys/fs/fuse/connections/$connection/abort"
	wait "$server_pid"
}
clean() {
	let_go 2>/dev/null
	finish
}

mkdir "$work/silent"
coproc server { exec unshare -m --propagation private python3 "$top/tests/support/silent_fuse.py" "$work/silent" 2>"$work/server.err"; }
server_pid=$server_PID
trap clean EXIT
read -r -t 20 connection holder <&"${server[0]}" || skip_all "no file system: $(tail -n 1 "$work/server.err")"

waits() { ! timeout -s KILL 1 stat -L "/proc/$holder/fd/9"; }
check "whoever asks for the file waits" waits
cat >"$work/rules.yaml" <<-END
	- rule: Opened
	  desc: x
	  condition: evt.type in (open, openat) and fd.name = /etc/shadow
	  output: "%proc.cmdline"
	  priority: INFO
	- rule: Ended
	  desc: x
	  condition: evt.type = procexit and proc.pid = $holder
	  output: "%proc.exepath %proc.exe_ino"
	  priority: INFO
END
start_mews -r "$work/rules.yaml"
ok "mews starts while a process holds it"
"$mews" restart enricher --run-dir "$work/run" >/dev/null
again() {
	"$trigger" read /etc/shadow "again-$$"
	sleep 0.1
	grep -q "again-$$" "$work/alerts"
}
check "and looks at all processes again" wait_for 20 again
let_go
said() { jq -r 'select(.rule == "Ended") | .output' "$work/alerts" | grep -F "$work/silent/sleep 2"; }
check "the program's file is known by its number" wait_for 5 said
check "Ctrl-C ends the pipeline with exit code 0" stop_mews
