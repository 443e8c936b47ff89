#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A real emitter in namespaces of its own, where what it asks of the machine can be made to fail: a server of
# names that takes questions and never answers; and where what it says goes to the system's log.
if [ -z "${MEWS_APART:-}" ] && [ "$(id -u)" -eq 0 ] && unshare -mn true 2>/dev/null; then
	MEWS_APART=1 exec unshare -mn "$0" "$@"
fi
. "$(dirname -- "$0")/../support/pipeline.sh"
. "$(dirname -- "$0")/../support/emitter.sh"
[ -n "${MEWS_APART:-}" ] || skip_all "namespaces cannot be made"
[ -x "$emitter" ] && [ -x "$feed" ] || skip_all "the emitter is not built"
for program in jq python3 ip; do
	command -v $program >/dev/null || skip_all "needs $program"
done
mount --make-rprivate / && ip link set lo up || skip_all "namespaces cannot be used"

# ---- names ----

printf 'nameserver 127.0.0.1\n' >"$work/resolv.conf"
printf 'hosts: files dns\n' >"$work/nsswitch.conf"
mount --bind "$work/nsswitch.conf" /etc/nsswitch.conf
mount --bind "$work/resolv.conf" "$(readlink -f /etc/resolv.conf)" || skip_all "/etc/resolv.conf is not there"
python3 - "$work/asked" <<'END' &
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 53))
open(sys.argv[1], "w").close()
while True:
    question = s.recv(4096)
    with open(sys.argv[1], "ab") as f:
        f.write(question)
END
helper_pids="$helper_pids $!"
wait_for 10 test -e "$work/asked"
check "alerts can be fed" start_feed
start_emitter -o http_output.enabled=true -o http_output.url=http://receiver.example.org:2801/ -o http_output.timeout_ms=300 \
	-o syslog_output.enabled=true -o syslog_output.protocol=tcp -o syslog_output.address=collector.example.org:514 -o syslog_output.timeout_ms=300
feed 1 2000
check "names are not answered: an output without any has all alerts" wait_for 10 all_there "$work/out" 1 2000
check "the server was asked" wait_for 10 grep -aq receiver "$work/asked"
check "who needs names is tried again" wait_for 30 output_is http state retrying
check "and their alerts wait" [ "$(output_field http pending)" -eq 2000 -a "$(output_field syslog pending)" -eq 2000 ]
feed 3001 100
check "whatever becomes of that, the other goes on" wait_for 10 all_there "$work/out" 3001 100
check "the sums close" wait_for 5 outputs_balance
begun=$SECONDS
kill_emitter TERM
check "it ends, though it waits for a name ($((SECONDS - begun)) s)" [ $((SECONDS - begun)) -le 10 ]

# ---- the system's log ----

mkdir "$work/dev" && ln -s /proc/self/fd "$work/dev/fd"
for node in null zero random urandom; do
	: >"$work/dev/$node" && mount --bind "/dev/$node" "$work/dev/$node"
done
mount --rbind "$work/dev" /dev
log_listens() { # FILE: all that comes to /dev/log
	python3 - "$1" <<-'END' &
		import os, socket, sys
		if os.path.exists("/dev/log"):
		    os.unlink("/dev/log")
		s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		s.bind("/dev/log")
		os.chmod("/dev/log", 0o666)
		open(sys.argv[1], "w").close()
		while True:
		    line = s.recv(8192)
		    with open(sys.argv[1], "ab") as f:
		        f.write(line + b"\n")
	END
	listener=$! helper_pids="$helper_pids $!"
	wait_for 10 test -e "$1"
}
log_listens "$work/log"
: >"$work/err"
mkdir "$work/there" && chmod 777 "$work/there"
start_emitter -o log_syslog=true -o log_stderr=false \
	-o "file_output=[{enabled: true, keep_alive: true, filename: $work/there/file}, {enabled: true, filename: $work/none/file}]"
feed 5001 10
wait_for 10 all_there "$work/out" 5001 10
check "log_syslog: what it says goes to the system's log" wait_for 10 \
	grep -qE '^<27>[A-Z][a-z]{2} [ 0-9]{2} [0-9:]{8} mews-emitter\[[0-9]+\]: cannot open .*/none/file' "$work/log"
check "log_stderr=false: and nowhere else" bash -c "! grep -q 'none/file' '$work/err'"
kill -KILL $listener
wait $listener 2>/dev/null
log_listens "$work/log.2"
rm -rf "$work/there"
kill -USR1 "$emitter_pid"
check "a log that was started again has what is said then" wait_for 10 grep -qE '^<28>.*mews-emitter.*cannot open .*/there/file. again' "$work/log.2"
kill_emitter TERM
umount -l -R /dev
for node in null zero random urandom; do umount -l "$work/dev/$node"; done
echo "1..$tests"
[ "$failures" -eq 0 ]
