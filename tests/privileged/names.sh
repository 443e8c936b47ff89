#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Host names in rules: fd.sip.name and its like against the addresses that the machine's resolver has for the names,
# from the hosts file and from a name server on loopback.

# Its own /etc/hosts and /etc/resolv.conf, for this script and all that it starts.
if [ -z "${NAMES_APART:-}" ] && unshare -m true 2>/dev/null; then
	NAMES_APART=1 exec unshare -m --propagation private "$0" "$@"
fi
. "$(dirname -- "$0")/../support/pipeline.sh"
. "$top/tests/support/status.sh"
need_live
[ -n "${NAMES_APART:-}" ] || skip_all "no mount namespace can be made here"
for program in jq python3; do
	command -v $program >/dev/null || skip_all "needs $program"
done

# resolv.conf is a link to where only what it points to tells, as with NetworkManager.
mkdir "$work/resolver" && chmod 755 "$work" "$work/resolver"
printf 'nameserver 127.0.0.62\noptions timeout:1 attempts:1\n' >"$work/resolver/resolv.conf"
cp -a /etc "$work/etc" && mount --bind "$work/etc" /etc || skip_all "nothing can be mounted over /etc here"
printf '127.0.0.1 localhost\n127.0.0.61 in-hosts.mews.test\n' >/etc/hosts
ln -sf "$work/resolver/resolv.conf" /etc/resolv.conf
chmod 644 /etc/hosts "$work/resolver/resolv.conf"
python3 -c 'import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).bind(("127.0.0.62", 53))' 2>/dev/null ||
	skip_all "no name server can listen on 127.0.0.62 here"

port=$((20000 + RANDOM % 20000))
# Someone who takes connections on all of loopback, and a name server that says what it was asked.
python3 - "$port" <<-'END' &
	import socket, sys
	s = socket.create_server(("0.0.0.0", int(sys.argv[1])), backlog=64)
	while True:
	    s.accept()[0].close()
END
takers=$!
python3 -B "$top/tests/support/name_server.py" 127.0.0.62 "$work/asked" \
	two.mews.test=127.0.0.63,127.0.0.64 also.mews.test=127.0.0.63 slow.mews.test=FAIL receiver.mews.test=127.0.0.67 \
	"long.mews.test=TCP$(printf ',127.0.1.%s' {1..40})" &
server=$!
trap 'kill $takers $server 2>/dev/null; finish' EXIT
if ! wait_for 10 test -e "$work/asked"; then
	kill $takers $server
	skip_all "the name server does not start"
fi

cat >"$work/rules.yaml" <<-'END'
	- list: known
	  items: [two.mews.test, none.mews.test, slow.mews.test]
	- rule: By name in the hosts file
	  desc: a name that no name server is asked of
	  condition: evt.type = connect and fd.sip.name = in-hosts.mews.test
	  output: hosts %fd.sip %fd.sip.name %fd.cip.name
	  priority: NOTICE
	- rule: By name in a list
	  desc: any of several
	  condition: evt.type = connect and fd.sip.name in (known)
	  output: list %fd.sip %fd.sip.name
	  priority: NOTICE
	- rule: By two names
	  desc: an address that has two
	  condition: evt.type = connect and fd.sip.name = two.mews.test and fd.sip.name = also.mews.test
	  output: both %fd.sip
	  priority: NOTICE
	- rule: By a long answer
	  desc: which is asked for once more, in a stream
	  condition: evt.type = connect and fd.sip.name = long.mews.test
	  output: long %fd.sip
	  priority: NOTICE
	- rule: By no name
	  desc: whoever it is, it is not that one
	  condition: evt.type = connect and fd.snet in (127.0.0.61/32, 127.0.0.63/32, 127.0.0.64/30) and fd.sip.name != two.mews.test
	  output: other %fd.sip %fd.sip.name
	  priority: NOTICE
	- rule: Read shadow
	  desc: what the pipeline is tried with
	  condition: evt.type in (open, openat, openat2) and fd.name = /etc/shadow
	  output: read with %proc.cmdline
	  priority: NOTICE
	- rule: Not in force
	  desc: its name is nobody's business
	  condition: evt.type = connect and fd.sip.name = secret.mews.test
	  output: never
	  priority: NOTICE
	  enabled: false
END

connect_to() { (exec 3<>"/dev/tcp/$1/$port") 2>/dev/null; }
said() { grep -qF "$1" "$work/alerts"; }
source_dns() { status_of run | jq -e '.. | objects | select(.name? == "dns" and .place? != null)' | jq -e "$1"; }

start_mews -r "$work/rules.yaml" -o rule_matching=all -o mews.resolve_names=always
check "status tells of the names" wait_for 20 source_dns '.objects == 4'
connect_to 127.0.1.7
for i in 61 63 64 65; do
	connect_to 127.0.0.$i
done
check "a name in the hosts file" wait_for 10 said 'hosts 127.0.0.61 in-hosts.mews.test <NA>'
check "a name in a list, by its first address" wait_for 10 said 'list 127.0.0.63 two.mews.test'
check "and by its second" wait_for 10 said 'list 127.0.0.64 two.mews.test'
check "an address that has two names" wait_for 10 said 'both 127.0.0.63'
check "and one that has only one of them" bash -c "! grep -qF 'both 127.0.0.64' '$work/alerts'"
check "a name whose addresses do not fit into a datagram" wait_for 10 said 'long 127.0.1.7'
check "which has as many as are kept" grep -qF "'long.mews.test' has more than 32 addresses: 8 are let go" "$work/mews.log"
check "an address without a name is none of these" wait_for 10 said 'other 127.0.0.65 <NA>'
check "and one with another name" wait_for 10 said 'other 127.0.0.61 in-hosts.mews.test'
check "but not the one itself" bash -c "! grep -qE 'other 127.0.0.6[34]' '$work/alerts'"
check "who cannot be looked up is said" source_dns '.state == "failing" and .misses > 0'
check "the name server was asked of names in rules in force alone" bash -c "sort -u '$work/asked' | sed 's/ .*//' | uniq | diff - <(printf '%s\n' also.mews.test long.mews.test none.mews.test slow.mews.test two.mews.test)"

# A successor asks again and goes on; so does one of the evaluator.
for stage in enricher evaluator; do
	questions=$(grep -c '^two' "$work/asked")
	kill -9 "$(stage_pid run $stage)"
	check "a new $stage knows the names" wait_for 20 bash -c "sleep 0.2; before=\$(grep -cF 'list 127.0.0.64' '$work/alerts'); (exec 3<>/dev/tcp/127.0.0.64/$port) 2>/dev/null; sleep 1; [ \$(grep -cF 'list 127.0.0.64' '$work/alerts') -gt \$before ]"
done

check "who says the same names again has none looked up again" [ "$(grep -c '^two' "$work/asked")" -eq "$questions" ]

# A name that is taken out and put back.
sed -i -e 's/long.mews.test/none.mews.test/' "$work/rules.yaml"
"$mews" reload --run-dir "$work/run" >/dev/null
check "a name that no rule asks for any more is forgotten" wait_for 20 source_dns '.objects == 3'
sed -i -e 's/fd.sip.name = none.mews.test/fd.sip.name = long.mews.test/' "$work/rules.yaml"
"$mews" reload --run-dir "$work/run" >/dev/null
check "and known when one asks for it again" wait_for 20 source_dns '.objects == 4'
before=$(grep -cF 'long 127.0.1.8' "$work/alerts")
connect_to 127.0.1.8
check "with its addresses" wait_for 10 bash -c "[ \$(grep -cF 'long 127.0.1.8' '$work/alerts') -gt $before ]"

# Other rules: what is asked for no more is not known any more, and what is new is.
sed -i -e 's/in-hosts.mews.test/also.mews.test/' "$work/rules.yaml"
"$mews" reload --run-dir "$work/run" >/dev/null
check "rules that are loaded bring their names" wait_for 20 bash -c "(exec 3<>/dev/tcp/127.0.0.63/$port) 2>/dev/null; sleep 0.3; grep -qF 'hosts 127.0.0.63' '$work/alerts'"
check "the ledger balances" wait_for 10 balanced run
stop_mews

# ---- nobody looks names up ----

: >"$work/asked"
start_mews -r "$work/rules.yaml" -o mews.resolve_names=never
connect_to 127.0.0.63
connect_to 127.0.0.65
check "without lookups an address has no name" wait_for 10 said 'other 127.0.0.63 <NA>'
check "and that is said" grep -q 'names of hosts that rules ask for are not looked up (5)' "$work/mews.log"
check "nobody was asked" [ ! -s "$work/asked" ]
stop_mews

# ---- a receiver by its name ----

python3 - "$((port + 1))" "$work/received" <<-'END' &
	import http.server, sys
	class Taker(http.server.BaseHTTPRequestHandler):
	    def do_POST(self):
	        body = self.rfile.read(int(self.headers["Content-Length"]))
	        open(sys.argv[2], "ab").write(body + b"\n")
	        self.send_response(200)
	        self.end_headers()
	    def log_message(self, *_):
	        pass
	http.server.HTTPServer(("127.0.0.67", int(sys.argv[1])), Taker).serve_forever()
END
receiver=$!
trap 'kill $takers $server $receiver 2>/dev/null; finish' EXIT
start_mews -r "$work/rules.yaml" -o mews.resolve_names=never -o http_output.enabled=true -o "http_output.url=http://receiver.mews.test:$((port + 1))/"
connect_to 127.0.0.65
check "the emitter finds it with the same name server" wait_for 10 grep -qs 'other 127.0.0.65' "$work/received"
check "and the ledger balances, too" wait_for 10 balanced run
stop_mews

# ---- the official rule that lives of it ----

official=${MEWS_RULES:-$top/../shared/rules}/falco_rules.yaml
hierarchy=/sys/fs/cgroup
[ -d $hierarchy/memory ] && hierarchy=$hierarchy/memory
group=$hierarchy/mews-test-$$/docker/$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')
if [ ! -r "$official" ] || ! mkdir -p "$group" 2>/dev/null; then
	ok "the rule of contacts to the API server # SKIP no official rules here, or no control group can be made"
else
	trap 'kill $takers $server $receiver 2>/dev/null; rmdir -p --ignore-fail-on-non-empty "$group" 2>/dev/null; finish' EXIT
	echo '127.0.0.66 kubernetes.default.svc.cluster.local' >>/etc/hosts
	start_mews -r "$official" -o mews.resolve_names=always -o rule_matching=all -o "rules[0].disable.rule=*" \
		-o "rules[1].enable.rule=Contact K8S API Server From Container" -o "rules[2].enable.rule=Read sensitive file untrusted"
	wait_for 20 source_dns '.objects == 1'
	contact() { bash -c 'echo $$ >"$1/cgroup.procs" && exec 3<>"/dev/tcp/127.0.0.$2/$3"' - "$group" "$1" "$port" 2>/dev/null; }
	contact 65
	contact 66
	check "Falco's rule sees who contacts the API server from a container" wait_for 10 said "Unexpected connection to K8s API Server from container | connection=127.0.0.1:"
	check "and nobody else" bash -c "[ \$(grep -c 'Unexpected connection' '$work/alerts') -eq 1 ] && grep -q -- '->127.0.0.66:$port' '$work/alerts'"
	stop_mews
fi
echo "1..$tests"
