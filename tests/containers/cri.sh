#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Pods by Kubernetes' runtime interface, with a real containerd and a real network: what it says of
# containers and their pods is what alerts say.
. "$(dirname -- "$0")/../support/pipeline.sh"
. "$(dirname -- "$0")/../support/status.sh"
. "$(dirname -- "$0")/kit.sh"
. "$(dirname -- "$0")/fields.sh"
need_live
need containerd containerd ctr runc busybox jq python3 curl
[ -x /usr/lib/cni/ptp ] || skip_all "the CNI's plugins are not installed"
trap 'kit_end; finish' EXIT

image_name=registry.example:5000/team/bb:1.2
busybox_root "$work/root"
image "$work/bb.tar" $image_name "$work/root" '{"Cmd":["/bin/sh"],"Env":["PATH=/bin"]}'
image "$work/pause.tar" registry.k8s.io/pause:3.6 "$work/root" '{"Cmd":["/bin/sleep","100000"],"Env":["PATH=/bin"]}'
mkdir -p "$work/cni"
jq -n --arg data "$work/ipam" '{cniVersion: "0.4.0", name: "test", plugins: [{type: "ptp", ipMasq: false,
	ipam: {type: "host-local", dataDir: $data, ranges: [[{subnet: "10.77.3.0/24"}]], routes: [{dst: "0.0.0.0/0"}]}}]}' \
	>"$work/cni/10-test.conflist"
start_containerd || skip_all "containerd does not start: $(tail -n 1 "$work/containerd.log")"
for tar in bb pause; do
	ctr_client -n k8s.io images import "$work/$tar.tar" >/dev/null || skip_all "containerd imports no image"
done
cri() { python3 -B "$top/tests/support/cri.py" "$work/containerd.sock" "$@"; }

web='{"name":"web-1","namespace":"shop","uid":"4348581d-93ad-4c9c-93fd-c71bd2cb4d20","labels":{"app":"web","tier":"front"}}'
agent='{"name":"agent","namespace":"kube-system","uid":"7f1cfec2-da1e-4198-bd95-ab2dd60f0ba8","labels":{"app":"agent"},"host":true,"privileged":true}'
container() { # POD-ID POD NAME COMMAND [MORE]
	cri container "$1" "$(jq -nc --argjson pod "$2" --arg name "$3" --arg command "$4" --arg image $image_name \
		--argjson more "${5:-{\}}" '{pod: $pod, name: $name, image: $image, command: ["/bin/sh", "-c", $command]} + $more')"
}
web_id=$(cri pod "$web") || skip_all "no pod can be made: $(tail -n 1 "$work/containerd.log")"
before_id=$(container "$web_id" "$web" before 'while :; do cat /etc/shadow; sleep 0.5; done') ||
	skip_all "no container can be made: $(tail -n 1 "$work/containerd.log")"

# So long that a slow machine, too, has its answer in time.
start_mews run -o "container_engines.cri.sockets[]=$work/containerd.sock" -o metadata_wait_ms=20000
connected() { source_is run cri "$work/containerd.sock" connected; }
check "the runtime is found and followed" wait_for 10 connected

# said ID: what the runtime says of it, as an alert has it.
said() {
	cri status "$1" | jq -S '(.image_id | sub("sha256:"; "")) as $id |
		(.image | capture("^(?<repo>.*):(?<tag>[^:/]*)$")) as $name |
		def texts: to_entries | sort_by(.key) | map(select((.key | startswith("io.kubernetes.")) | not) | "\(.key):\(.value)") | join(", ");
		{"container.id": .id[0:12], "container.full_id": .id, "container.name": .name, "container.type": "containerd",
		"container.image": .image, "container.image.id": $id, "container.image.repository": $name.repo,
		"container.image.tag": $name.tag, "container.image.digest":
			((.repo_digests | map(select(startswith($name.repo + "@"))) | .[0] // .image_ref) | sub(".*@"; "")),
		"container.privileged": .privileged, "container.host_network": (.pod.network == 2),
		"container.host_pid": (.pod.pid == 2), "container.host_ipc": (.pod.ipc == 2), "container.ip": .pod.ip,
		"container.mounts": ([.mounts[] | "\(.from):\(.to)::\(.ro | not):\(["private", "rslave", "rshared"][.propagation])"] | join(",")),
		"container.labels": (.labels | texts), "k8s.pod.labels": (.pod.labels | texts), "k8s.pod.ip": .pod.ip,
		"k8s.pod.name": .labels["io.kubernetes.pod.name"], "k8s.ns.name": .labels["io.kubernetes.pod.namespace"],
		"k8s.pod.uid": .labels["io.kubernetes.pod.uid"], "k8s.pod.sandbox_id": .pod.id[0:12], "k8s.pod.full_sandbox_id": .pod.id}'
}
same() { # ID NAME
	local want got
	want=$(said "$1")
	got=$(fields run "$2" | jq -S --argjson want "$want" 'with_entries(select(.key as $k | $want | has($k)))')
	[ "$(jq -S . <<<"$want")" = "$got" ] || { diff <(jq -S . <<<"$want") <(echo "$got"); return 1; }
}
check "a container from before has all its fields" wait_for 5 same "$before_id" before
check "the pod has an address" sh -c "jq -re '.output_fields[\"k8s.pod.ip\"]' '$work/run.json' | grep -q '^10\.77\.3\.'"
said_by_cni() { fields run before | jq -e '.["container.cni.json"] | fromjson | .Interfaces'; }
check "and what its network's maker said" said_by_cni

new_id=$(container "$web_id" "$web" new 'cat /etc/shadow; sleep 1000' '{"labels":{"a":"b"},"mounts":[{"from":"/etc","to":"/hostetc","ro":true}]}')
check "the first exec of a new one, too" wait_for 20 same "$new_id" new
agent_id=$(cri pod "$agent")
root_id=$(container "$agent_id" "$agent" root 'cat /etc/shadow; sleep 1000' '{"privileged":true}')
check "and of a privileged one with the host's namespaces" wait_for 5 same "$root_id" root
pause_is() { "$mews" containers --json --run-dir "$work/run" | jq -e --arg id "${web_id:0:12}" \
	'any(.id == $id and .container.is_pod_sandbox and .container.name == "web-1" and .container.image == "registry.k8s.io/pause:3.6")'; }
check "the pod's sandbox is known as one" wait_for 5 pause_is

end_of "$containerd_pid"
not_connected() { ! connected; }
check "that the runtime is gone is seen" wait_for 5 not_connected
start_containerd
check "that it is back, too" wait_for 10 connected
back_id=$(container "$web_id" "$web" back 'cat /etc/shadow; sleep 1000')
check "its containers have names again" wait_for 5 same "$back_id" back

# Meanwhile one container has gone on reading.
of_before() { jq -c --arg id "${before_id:0:12}" 'select(.output_fields["container.id"] == $id)' "$work/run.json"; }
kill -KILL "$(stage_pid run enricher)"
killed=$(of_before | wc -l)
goes_on() { [ "$(of_before | wc -l)" -ge $((killed + 2)) ]; }
check "the enricher is killed, alerts go on" wait_for 30 goes_on
all_named() { of_before | jq -se 'all(.output_fields["container.name"] == "before" and .output_fields["k8s.pod.name"] == "web-1" and
	.output_fields["mews.metadata"] != "none")'; }
check "none has lost what was known, by either restart" all_named
for pod in "$web_id" "$agent_id"; do
	cri remove "$pod"
done
end_mews run
echo "1..$tests"
