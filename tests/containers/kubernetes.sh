#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The API server of Kubernetes, played by kube_server with what a real one sent (where that is here, else
# with a little of our own): pods come, change and go, and the fields of alerts follow; what goes wrong with
# real servers goes wrong here, and is got over.
. "$(dirname -- "$0")/../support/pipeline.sh"
. "$(dirname -- "$0")/kit.sh"
need_live
need kubernetes openssl jq
[ -x "$build/tests/support/kube_server" ] || skip_all "kube_server is not built (no OpenSSL headers)"
trap 'pods_end; kit_end; finish' EXIT

# ---- the server ----

recorded=${MEWS_FIXTURES:-$top/../shared/fixtures}/k8s
certificate() { # NAME CA?
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$1" \
		-addext "subjectAltName=IP:127.0.0.1" -keyout "$work/$1.key" -out "$work/$1.crt" 2>/dev/null
}
certificate server && certificate client && certificate stranger || skip_all "openssl makes no certificate"

# A cluster of our own, in the shape of a server's answers.
own_lists() {
	jq -n '{kind: "PodList", items: [{metadata: {name: "web-1", namespace: "shop", uid: "4348581d-93ad-4c9c-93fd-c71bd2cb4d20",
		labels: {app: "web"}, ownerReferences: [{kind: "ReplicaSet", name: "web-54c6c5454d", uid: "u-rs", controller: true}]},
		spec: {nodeName: "node1"}, status: {podIP: "10.123.0.3"}}]}' >"$work/pods.json"
	jq -n '{kind: "ServiceList", items: [{metadata: {name: "web", namespace: "shop", uid: "u-s"}, spec: {selector: {app: "web"}}}]}' \
		>"$work/services.json"
	jq -n '{kind: "NamespaceList", items: [{metadata: {name: "shop", uid: "u-ns", labels: {team: "a"}}}]}' >"$work/namespaces.json"
	jq -n '{kind: "ReplicaSetList", items: [{metadata: {name: "web-54c6c5454d", namespace: "shop", uid: "u-rs",
		ownerReferences: [{kind: "Deployment", name: "web", uid: "u-d", controller: true}]}}]}' >"$work/replicasets.json"
	jq -n '{kind: "DeploymentList", items: [{metadata: {name: "web", namespace: "shop", uid: "u-d", labels: {d: "1"}}}]}' \
		>"$work/deployments.json"
}
lists=()
for name in pods.node1 services namespaces replicasets deployments replicationcontrollers; do
	[ -r "$recorded/$name.json" ] && lists+=("$recorded/$name.json")
done
if [ ${#lists[@]} -lt 6 ]; then
	own_lists
	lists=("$work"/{pods,services,namespaces,replicasets,deployments}.json)
fi
pod_file=${lists[0]}
web=4348581d-93ad-4c9c-93fd-c71bd2cb4d20
web_name=$(jq -r --arg uid $web '.items[] | select(.metadata.uid == $uid).metadata.name' "$pod_file")

start_server() { # [OPTION...]
	rm -f "$work/to" "$work/from"
	mkfifo "$work/to" "$work/from"
	"$build/tests/support/kube_server" --cert "$work/server.crt" --key "$work/server.key" --token first \
		--client-ca "$work/client.crt" --log "$work/requests" "$@" "${lists[@]}" \
		<"$work/to" >"$work/from" 2>>"$work/server.log" &
	server_pid=$!
	kit_pids="$kit_pids $server_pid"
	exec 7>"$work/to" 8<"$work/from"
	read -r -t 10 port <&8
}
stop_server() {
	kill "$server_pid" 2>/dev/null
	wait "$server_pid" 2>/dev/null
	exec 7>&- 8<&-
}
# tell COMMAND...: to the server.
tell() {
	local answer
	echo "$*" >&7
	read -r -t 10 answer <&8 && [ "$answer" = ok ]
}

# ---- pods: processes in control groups that are called as the kubelet calls them ----

hierarchy=/sys/fs/cgroup
[ -d $hierarchy/memory ] && hierarchy=$hierarchy/memory
groups_top=$hierarchy/mews-test-$$
mkdir "$groups_top" 2>/dev/null || skip_all "no control group can be made"
pods_end() { find "$groups_top" -depth -type d -exec rmdir {} + 2>/dev/null; }

# in_pod UID MARK: a process there reads what the rule looks for.
in_pod() {
	local group=$groups_top/kubepods/besteffort/pod$1/${1//-/}${1//-/}
	mkdir -p "$group"
	bash -c 'echo $$ >"$1/cgroup.procs" && exec "$2" read /etc/shadow "$3"' - "$group" "$trigger" "$2" 2>/dev/null
}
fields() { # MARK
	jq -cS --arg mark "$1" 'select(.rule == "seen in a pod" and (.output_fields["proc.cmdline"] | endswith($mark))) | .output_fields' "$work/alerts" | tail -n 1
}
marks=0
# seen UID JQ: an alert of that pod's process, now, has fields that JQ is true of.
seen() {
	local mark=mark-$((++marks))-$RANDOM
	in_pod "$1" "$mark"
	for _ in $(seq 40); do
		[ -n "$(fields "$mark")" ] && break
		sleep 0.05
	done
	fields "$mark"
	fields "$mark" | jq -e "$2" >/dev/null
}

cat >"$work/rule.yaml" <<'EOF'
- rule: seen in a pod
  desc: a test's process reads what the test looks for
  condition: evt.type in (open, openat, openat2) and fd.name = /etc/shadow and proc.name = trigger
  priority: notice
  output: >
    %proc.cmdline %k8smeta.pod.name %k8smeta.pod.uid %k8smeta.pod.ip %k8smeta.pod.labels %k8smeta.pod.label[app]
    %k8smeta.ns.name %k8smeta.ns.uid %k8smeta.ns.labels %k8smeta.deployment.name %k8smeta.deployment.uid
    %k8smeta.rs.name %k8smeta.rs.uid %k8smeta.rc.name %k8smeta.svc.name %k8smeta.svc.uid %k8s.pod.name %k8s.ns.name
- rule: asks nothing
  desc: of pods
  condition: evt.type in (open, openat, openat2) and fd.name = /etc/shadow and proc.name = trigger
  priority: notice
  output: "%proc.cmdline reads"
- rule: seen in the shop
  desc: the same by a condition
  condition: evt.type in (open, openat, openat2) and fd.name = /etc/shadow and k8smeta.ns.name = shop and k8smeta.svc.name intersects (web)
  priority: notice
  output: "%proc.cmdline in the shop"
EOF

# ---- by service account ----

account=$work/account
mkdir "$account"
cp "$work/server.crt" "$account/ca.crt"
echo first >"$account/token"
chmod -R a+rX "$account"
start_server
export KUBERNETES_SERVICE_HOST=127.0.0.1 KUBERNETES_SERVICE_PORT=$port FALCO_K8S_NODE_NAME=node1
start_mews -r "$work/rule.yaml" -o "kubernetes.service_account=$account" -o rule_matching=all

source_is() { # STATE
	"$mews" status --json --run-dir "$work/run" | jq -e --arg state "$1" \
		'.metadata.sources | map(select(.name == "kubernetes"))[0] | .state == $state'
}
reason_has() { # TEXT
	"$mews" status --json --run-dir "$work/run" | jq -e --arg text "$1" \
		'.metadata.sources | map(select(.name == "kubernetes"))[0].reason | contains($text)'
}
check "the server is found by the service account, and followed" wait_for 10 source_is connected
check "a pod's process has its names" wait_for 5 seen $web \
	".[\"k8smeta.pod.name\"] == \"$web_name\" and .[\"k8smeta.ns.name\"] == \"shop\" and .[\"k8smeta.pod.ip\"] == \"10.123.0.3\""
check "and its owners', and its services'" seen $web '.["k8smeta.deployment.name"] == "web" and
	.["k8smeta.rs.name"] == "web-54c6c5454d" and (.["k8smeta.svc.name"] | tostring | contains("web")) and .["k8smeta.rc.name"] == null'
check "and labels" seen $web '.["k8smeta.pod.label[app]"] == "web" and (.["k8smeta.pod.labels"] | tostring | contains("app:web"))'
check "the runtime's fields of pods, too, where no runtime tells them" seen $web ".[\"k8s.pod.name\"] == \"$web_name\" and .[\"k8s.ns.name\"] == \"shop\""
in_the_shop() { jq -e 'select(.rule == "seen in the shop")' "$work/alerts"; }
check "a condition asks for them" wait_for 5 in_the_shop
pods_has() { "$mews" pods --json --run-dir "$work/run" | jq -e --arg name "$1" 'any(.pod.name == $name)'; }
check "mews pods lists it" pods_has "$web_name"
table_has() { "$mews" pods --run-dir "$work/run" | grep -E "^shop +$1 .* Deployment +web "; }
check "as a table, too" table_has "$web_name"
check "a process elsewhere has none" bash -c 'exec "$1" read /etc/shadow elsewhere' - "$trigger"
elsewhere() { fields elsewhere | jq -e '.["k8smeta.pod.name"] == null and .["k8smeta.pod.uid"] == null'; }
check "(it has none)" wait_for 5 elsewhere
asked_only() { ! grep -vE 'nodeName%3Dnode1|^/api/v1/services|/namespaces/' "$work/requests"; }
check "no pod of other nodes is asked for" asked_only

# ---- coming, changing, going ----

pod() { # NAME UID LABEL
	jq -n --arg name "$1" --arg uid "$2" --arg app "$3" '{kind: "Pod", metadata: {name: $name, namespace: "shop", uid: $uid,
		labels: {app: $app}}, spec: {nodeName: "node1"}, status: {podIP: "10.123.0.77"}}' >"$work/pod.json"
	tell put pods "$work/pod.json"
}
fresh=aaaaaaaa-93ad-4c9c-93fd-c71bd2cb4d20
named() { seen "$1" ".[\"k8smeta.pod.name\"] == \"$2\""; }
nameless() { seen "$1" '.["k8smeta.pod.name"] == null'; }
check "of a pod that nobody told of only the uid is known" seen $fresh \
	".[\"k8smeta.pod.uid\"] == \"$fresh\" and .[\"k8smeta.pod.name\"] == null"
check "a pod comes" pod new-1 $fresh new
check "and is known" wait_for 5 named $fresh new-1
pod new-1 $fresh web
check "its label changes, and with it what selects it" wait_for 5 seen $fresh \
	'.["k8smeta.pod.label[app]"] == "web" and (.["k8smeta.svc.name"] | tostring | contains("web"))'
tell delete pods shop new-1
check "it goes, and for its last events is still known" named $fresh new-1
check "but not for ever" wait_for 15 nameless $fresh

# ---- what comes later than the first event ----

# first_of UID MARK JQ: the alert of the first process there has fields that JQ is true of.
first_of() {
	in_pod "$1" "$2" &&
	wait_for 5 alerted "$2" && fields "$2" && fields "$2" | jq -e "$3" >/dev/null
}
alerted() { [ -n "$(fields "$1")" ]; }
later() { sleep 0.4 && pod "$@"; }
late=12121212-93ad-4c9c-93fd-c71bd2cb4d20
later late-1 $late web &
check "a pod that comes 400 ms after the first event in it is in that event's alert" first_of $late first-late \
	'.["k8smeta.pod.name"] == "late-1" and .["k8smeta.ns.name"] == "shop" and .["mews.metadata"] == "late"'
wait $!
condition_waited() { jq -e 'select(.rule == "seen in the shop" and (.output | contains("first-late")))' "$work/alerts"; }
check "and a condition has asked for it" wait_for 5 condition_waited
check "then it is known, and nothing is said of it" seen $late '.["k8smeta.pod.name"] == "late-1" and (has("mews.metadata") | not)'
never=13131313-93ad-4c9c-93fd-c71bd2cb4d20
check "of one that never comes the alert says so" first_of $never first-never \
	'.["k8smeta.pod.name"] == null and .["mews.metadata"] == "none"'
at_once() { seen $never '.["mews.metadata"] == "none"'; }
check "and later ones say it at once" at_once
check "a rule that asks nothing of that kind has nothing to say of it" jq -se \
	'map(select(.rule == "asks nothing").output_fields | has("mews.metadata")) | length > 0 and (any | not)' "$work/alerts"

# ---- what goes wrong ----

pod after-break $fresh x
wait_for 5 named $fresh after-break >/dev/null
tell break
pod while-broken bbbbbbbb-93ad-4c9c-93fd-c71bd2cb4d20 x
check "a watch that is cut in the middle of a line goes on" wait_for 10 named bbbbbbbb-93ad-4c9c-93fd-c71bd2cb4d20 while-broken
tell expire
pod after-410 cccccccc-93ad-4c9c-93fd-c71bd2cb4d20 x
check "versions that are too old are listed anew" wait_for 10 named cccccccc-93ad-4c9c-93fd-c71bd2cb4d20 after-410
check "(and nothing was lost by that)" named $web "$web_name"

n=0
for fault in 500 429 410 garbage empty half deep; do
	n=$((n + 1))
	tell fault $fault 2
	tell break
	sleep 0.2
	uid=dddddddd-93ad-4c9c-93fd-c71bd2cb4d2$n
	pod "after-$fault" $uid x
	check "answers that are '$fault' are got over" wait_for 25 named $uid "after-$fault"
done
check "what was known stayed known" named $web "$web_name"

echo second >"$account/token.new"
chmod a+r "$account/token.new"
tell token second
tell break
check "who is refused says so" wait_for 10 reason_has "does not know us"
mv "$account/token.new" "$account/token"
check "and takes the new token when there is one" wait_for 20 source_is connected
tell fault 403 4
tell break
check "the right that is missing is named" wait_for 10 reason_has "may not"
check "and that is got over, too" wait_for 30 source_is connected

rss() { awk '/^VmRSS/ {print $2}' "/proc/$(pgrep -P "$mews_pid" -x mews-enricher)/status"; }
before=$(rss)
tell expire # a list comes next
tell fault huge 1
sleep 1
uid=eeeeeeee-93ad-4c9c-93fd-c71bd2cb4d20
pod after-huge $uid x
check "an answer of 100 MB is got over" wait_for 25 named $uid after-huge
# Sanitizers take memory of their own.
grep -q 'MEWS_SANITIZE:BOOL=ON' "$build/CMakeCache.txt" ||
	check "and is not held in memory" [ "$(rss)" -lt $((before + 8192)) ]

# A page that does not come has ten seconds, one that comes by drops half a minute.
slow() { # FAULT UID SECONDS
	tell fault "$1" 2 # the pods, and the services
	tell expire # a list comes next
	sleep 0.5
	pod "after-$1" "$2" x
	check "while an answer is awaited ('$1'), what is known is known" named $web "$web_name"
	check "and it is not awaited for ever" wait_for "$3" named "$2" "after-$1"
}
slow hang 11111111-93ad-4c9c-93fd-c71bd2cb4d20 30
[ -z "${MEWS_LONG:-}" ] || slow drip 22222222-93ad-4c9c-93fd-c71bd2cb4d20 60

# ---- enricher and server go and come ----

"$mews" restart enricher --run-dir "$work/run" >/dev/null
check "a new enricher asks again" wait_for 15 source_is connected
check "and pods have names" wait_for 5 named $web "$web_name"
kill -KILL "$(pgrep -P "$mews_pid" -x mews-enricher)"
check "so does one whose predecessor was killed" wait_for 15 named $web "$web_name"
wait_for 10 source_is connected >/dev/null
kill -STOP "$server_pid"
check "a server that stands still takes nothing away" named $web "$web_name"
kill -CONT "$server_pid"
stop_server
not_connected() { ! source_is connected; }
check "that the server is gone is seen" wait_for 10 not_connected
check "what it told stays" named $web "$web_name"
start_server --port "$port" --version 5000
tell token second
uid=ffffffff-93ad-4c9c-93fd-c71bd2cb4d20
pod after-restart $uid x
check "that it is back, too" wait_for 40 named $uid after-restart
check "the pipeline ends cleanly" stop_mews

# ---- by kubeconfig ----

unset KUBERNETES_SERVICE_HOST KUBERNETES_SERVICE_PORT
config() { # USER [CLUSTER]
	cat >"$work/config" <<-EOF
		apiVersion: v1
		kind: Config
		current-context: test
		contexts: [{name: test, context: {cluster: here, user: me}}]
		clusters: [{name: here, cluster: {server: "https://127.0.0.1:$port", ${2:-certificate-authority: server.crt}}}]
		users: [{name: me, user: {$1}}]
	EOF
}
base64_of() { base64 -w0 "$work/$1"; }
config "client-certificate-data: $(base64_of client.crt), client-key-data: $(base64_of client.key)" \
	"certificate-authority-data: $(base64_of server.crt)"
start_mews -r "$work/rule.yaml" -o "kubernetes.kubeconfig=$work/config"
check "a kubeconfig with a client certificate is followed" wait_for 10 source_is connected
check "and pods have names" wait_for 5 named $web "$web_name"
stop_mews

# The server itself speaks HTTP/1.1; nghttpx puts HTTP/2 before it.
if command -v nghttpx >/dev/null; then
	backend=$port front=$((port < 65000 ? port + 1 : port - 1))
	background nghttpx nghttpx "-f127.0.0.1,$front" "-b127.0.0.1,$port;;tls" --insecure --accesslog-file="$work/nghttpx.requests" \
		--accesslog-format='$alpn $request' "$work/server.key" "$work/server.crt"
	port=$front
	config "token: second"
	start_mews -r "$work/rule.yaml" -o "kubernetes.kubeconfig=$work/config"
	check "a server that speaks HTTP/2 is followed" wait_for 10 source_is connected
	uid=abababab-93ad-4c9c-93fd-c71bd2cb4d20
	pod over-http2 $uid x
	check "and what it says as it says it" wait_for 5 named $uid over-http2
	check "(it was HTTP/2)" grep -q '^h2 GET /api/v1/pods?limit' "$work/nghttpx.requests"
	stop_mews
	port=$backend
else
	ok "a server that speaks HTTP/2 is followed # SKIP no nghttpx"
fi

config "token: second" "certificate-authority: stranger.crt"
start_mews -r "$work/rule.yaml" -o "kubernetes.kubeconfig=$work/config"
check "a server that another authority vouches for is not believed" wait_for 10 reason_has "certificate"
check "and not told the token" bash -c '! grep -q second "$1"' - "$work/requests"
stop_mews
config "exec: {command: aws}"
start_mews -r "$work/rule.yaml" -o "kubernetes.kubeconfig=$work/config"
check "what would run a program says that it does not" wait_for 10 reason_has "'exec' is not supported"
check "and all else goes on" nameless $web
stop_mews
stop_server
