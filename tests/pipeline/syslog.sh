#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Alerts in the system's log, as a real rsyslog has them: by a socket of this host, by UDP, TCP and
# TLS; and certificates that are not good.
. "$(dirname -- "$0")/../support/pipeline.sh"
. "$(dirname -- "$0")/../support/emitter.sh"
[ -x "$emitter" ] && [ -x "$feed" ] || skip_all "the emitter is not built"
command -v rsyslogd >/dev/null && [ -e /usr/lib/x86_64-linux-gnu/rsyslog/lmnsd_ossl.so ] || skip_all "no rsyslog with TLS"

port=$((30000 + $$ % 20000)) pki=$work/pki
mkdir "$pki" "$work/spool.d"
# certificate NAME DAYS: by our own authority, for 127.0.0.1.
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$pki/ca.key" -out "$pki/ca.crt" -subj "/CN=test" -days 2 2>/dev/null
certificate() {
	openssl req -newkey rsa:2048 -nodes -keyout "$pki/$1.key" -out "$pki/$1.csr" -subj "/CN=$1" 2>/dev/null
	printf 'subjectAltName=%s\n' "$3" >"$pki/$1.ext"
	openssl x509 -req -in "$pki/$1.csr" -CA "$pki/ca.crt" -CAkey "$pki/ca.key" -CAcreateserial -days "$2" \
		-extfile "$pki/$1.ext" -out "$pki/$1.crt" 2>/dev/null
}
certificate good 2 IP:127.0.0.1
certificate late -1 IP:127.0.0.1
certificate other 2 DNS:elsewhere.test
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$pki/ca2.key" -out "$pki/ca2.crt" -subj "/CN=test2" -days 2 2>/dev/null
chmod -R a+rX "$pki"

start_rsyslog() { # CERTIFICATE
	cat >"$work/rsyslog.conf" <<E2
global(workDirectory="$work/spool.d" maxMessageSize="64k" DefaultNetstreamDriverCAFile="$pki/ca.crt"
	DefaultNetstreamDriverCertFile="$pki/$1.crt" DefaultNetstreamDriverKeyFile="$pki/$1.key")
module(load="imuxsock" SysSock.Use="off") input(type="imuxsock" Socket="$work/log.sock" ParseHostname="off" UseSpecialParser="on")
module(load="imudp") input(type="imudp" address="127.0.0.1" port="$port")
module(load="imptcp") input(type="imptcp" address="127.0.0.1" port="$((port + 1))")
module(load="imtcp" StreamDriver.Name="ossl" StreamDriver.Mode="1" StreamDriver.AuthMode="anon") input(type="imtcp" address="127.0.0.1" port="$((port + 2))")
template(name="f" type="string" string="%inputname% proto=%protocol-version% pri=%pri% host=%hostname% app=%app-name% pid=%procid% msgid=%msgid% sd=%structured-data% msg=%msg%\n")
action(type="omfile" file="$work/log" template="f" flushOnTXEnd="on")
E2
	rsyslogd -n -f "$work/rsyslog.conf" -i "$work/rsyslog.pid" >"$work/rsyslog.out" 2>&1 &
	rsyslog_pid=$! helper_pids="$helper_pids $!"
	wait_for 20 test -S "$work/log.sock" && wait_for 20 is_listening $((port + 2))
}
is_listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
end_rsyslog() { kill -TERM "$rsyslog_pid"; wait "$rsyslog_pid"; rm -f "$work/log.sock"; }

outputs="[{enabled: true, name: unix, address: $work/log.sock, facility: local3, ident: falco},
	{enabled: true, name: udp, protocol: udp, address: '127.0.0.1:$port', facility: auth},
	{enabled: true, name: tcp, protocol: tcp, address: '127.0.0.1:$((port + 1))', include_uuid: true, json: true},
	{enabled: true, name: tls, protocol: tls, address: '127.0.0.1:$((port + 2))', ca_cert: $pki/ca.crt, facility: daemon}]"
check "rsyslog starts" start_rsyslog good
check "alerts can be fed" start_feed
start_emitter -o "syslog_output=$outputs" -o time_format_iso_8601=true
feed 1 50
for name in unix udp tcp tls; do
	check "$name: all are sent" wait_for 20 output_is $name pending 0
done
has_lines() { [ "$(grep -cE "$1" "$work/log")" -eq "$2" ]; }
text='2026-11-23T19:33:57.000000007\+0000: Warning number 7 \\"x\\" \\\\'
# 19 * 8 + 4, and so on.
check "at a socket of this host, as syslog(3) writes it" wait_for 10 has_lines "^imuxsock proto=0 pri=156 host=[^ ]* app=falco pid=- msgid=- sd=- msg= $text\$" 1
check "by UDP, as RFC 5424 has it" wait_for 10 has_lines "^imudp proto=1 pri=36 host=perch app=mews pid=- msgid=- sd=- msg=$text\$" 1
check "by TCP, with an id, as JSON" wait_for 10 has_lines "^imptcp proto=1 pri=12 host=perch app=mews pid=- msgid=- sd=\[mews@32473 uuid=\"[0-9a-f-]{36}\"\] msg=\{\"hostname\":\"perch\".*number 7 .*\"uuid\":\"[0-9a-f-]{36}\"\}\$" 1
check "by TLS" wait_for 10 has_lines "^imtcp proto=1 pri=28 host=perch app=mews .* msg=$text\$" 1
for name in imuxsock imudp imptcp imtcp; do
	check "$name: each arrives once" wait_for 10 has_lines "^$name .*number [0-9]+ " 50
done
feed 1001 20 0 30000
check "alerts that are too long for a datagram are cut, and go" wait_for 20 output_is unix pending 0
long_lines() { [ "$(awk '/^imptcp / && length($0) > 30000' "$work/log" | grep -c 'number 10[0-2][0-9] ')" -eq 20 ]; }
check "by TCP they go whole" wait_for 20 long_lines

end_rsyslog
feed 2001 50
check "the log is away: they wait" wait_for 10 output_is tls state retrying
: >"$work/log"
check "it comes back" start_rsyslog good
for name in unix tcp tls; do
	check "$name: it gets them" wait_for 40 output_is $name pending 0
done
for name in imuxsock imptcp imtcp; do
	check "$name: every one of them" wait_for 10 eval "[ \$(grep '^$name ' '$work/log' | sed -n 's/.*number \\(20[0-9]*\\) .*/\\1/p' | sort -u | wc -l) -eq 50 ]"
done
end_rsyslog

# ---- certificates ----
: >"$work/log"
check "a log whose certificate is too old" start_rsyslog late
feed 3001 5
check "gets nothing" wait_for 40 eval "output_field tls last_error | grep -q 'certificate has expired'"
check "the others do" wait_for 40 output_is tcp pending 0
check "nothing came by TLS" has_lines '^imtcp ' 0
end_rsyslog
check "one with another's certificate" start_rsyslog other
check "gets nothing" wait_for 60 eval "output_field tls last_error | grep -qiE 'mismatch'"
end_rsyslog
kill_emitter TERM
start_emitter -o "syslog_output={enabled: true, name: tls, protocol: tls, address: '127.0.0.1:$((port + 2))', ca_cert: $pki/ca2.crt}"
check "a log of an authority that is not ours" start_rsyslog good
feed 3101 5
check "gets nothing" wait_for 40 eval "output_field tls last_error | grep -qE 'certificate is not good|verif'"
kill_emitter TERM
: >"$work/log"
start_emitter -o "syslog_output={enabled: true, name: tls, protocol: tls, address: '127.0.0.1:$((port + 2))', insecure: true, mtls: true, client_cert: $pki/good.crt, client_key: $pki/good.key}"
feed 3201 5
check "unless nobody has to prove anything" wait_for 20 has_lines '^imtcp .*number 320' 5
kill_emitter TERM
start_emitter -o "syslog_output={enabled: true, name: broken, protocol: tls, address: '127.0.0.1:1', ca_cert: $pki/none}"
check "an authority's file that is not there is said, the others are opened" wait_for 10 grep -q "cannot open output 'broken': cannot read authorities" "$work/err"
kill_emitter TERM
check "an emitter without TLS has no OpenSSL" sh -c "! ldd '$emitter' | grep -qE 'libssl|libcrypto'"
echo "1..$tests"
[ "$failures" -eq 0 ]
