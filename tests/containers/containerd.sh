#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# containerd's own containers (ctr): known by id, namespace and image, though no Kubernetes and no Docker
# is about.
. "$(dirname -- "$0")/../support/pipeline.sh"
. "$(dirname -- "$0")/kit.sh"
. "$(dirname -- "$0")/../support/status.sh"
. "$(dirname -- "$0")/fields.sh"
need_live
need containerd containerd ctr runc busybox jq
trap 'kit_end; finish' EXIT

image_name=registry.example:5000/team/bb:1.2
# runc keeps its containers of all containerds in one place.
before=before-$$ longer=a-longer-name-$$ back=back-$$
busybox_root "$work/root"
image "$work/bb.tar" $image_name "$work/root" '{"Cmd":["/bin/sh"],"Env":["PATH=/bin"],"Labels":{"made.by":"kit"}}'
start_containerd || skip_all "containerd does not start: $(tail -n 1 "$work/containerd.log")"
for space in default other; do
	ctr_client -n $space images import "$work/bb.tar" >/dev/null || skip_all "containerd imports no image"
done
run_in() { # NAMESPACE ARG...
	local space=$1
	shift
	ctr_client -n "$space" run --runc-binary "$(runtime)" "$@"
}
run_in default -d --label old=yes $image_name $before /bin/sleep 1000 ||
	skip_all "containerd runs no container: $(tail -n 1 "$work/containerd.log")"
start_mews run -o "container_engines.containerd.sockets[]=$work/containerd.sock"
connected() { source_is run containerd "$work/containerd.sock" connected; }
check "containerd is found and followed" wait_for 10 connected

# said SPACE/NAME: what containerd says of it, as an alert has it.
said() {
	local space=${1%/*} name=${1#*/} digest
	digest=$(ctr_client -n "$space" images list "name==$image_name" | awk 'NR == 2 {print $3}')
	ctr_client -n "$space" containers info "$name" | jq -S --arg digest "$digest" '. as $c |
		(.Image | capture("^(?<repo>.*):(?<tag>[^:/]*)$")) as $name |
		(.Spec.linux.namespaces | map(.type)) as $own | {
		"container.id": .ID[0:12], "container.full_id": .ID, "container.name": .ID, "container.type": "containerd",
		"container.image": .Image, "container.image.repository": $name.repo, "container.image.tag": $name.tag,
		"container.image.digest": $digest, "container.host_network": ($own | index("network") == null),
		"container.host_pid": ($own | index("pid") == null), "container.host_ipc": ($own | index("ipc") == null),
		"container.privileged": ((.Spec.process.capabilities.bounding | index("CAP_SYS_ADMIN") != null) and
			((.Spec.linux.maskedPaths // []) | length == 0)),
		"container.labels": ([.Labels | to_entries | sort_by(.key)[] | select(.key | startswith("io.kubernetes.") | not) |
			if .value == "" then .key else "\(.key):\(.value)" end] | join(", "))}'
}
same() { # SPACE/NAME
	local want got
	want=$(said "$1")
	got=$(fields run "${1#*/}" | jq -S --argjson want "$want" 'with_entries(select(.key as $k | $want | has($k)))')
	[ "$(jq -S . <<<"$want")" = "$got" ] || { diff <(jq -S . <<<"$want") <(echo "$got"); return 1; }
}

ctr_client tasks exec --exec-id one $before /bin/cat /etc/shadow >/dev/null
check "a container from before has all its fields" wait_for 5 same default/$before

run_in other -d --privileged --net-host --label team=x --mount type=bind,src=/etc,dst=/hostetc,options=rbind:ro \
	$image_name $longer /bin/sh -c 'cat /etc/shadow; sleep 1000' >/dev/null
check "the first exec of a new one in another namespace, too" wait_for 5 same other/$longer
check "its mount is told" sh -c "jq -r '.output_fields[\"container.mounts\"]' '$work/run.json' | grep -q '/etc:/hostetc::false:'"
check "mews containers lists both" sh -c "'$mews' containers --json --run-dir '$work/run' | jq -e '
	[.[] | select(.metadata == \"known\") | .container.name] | contains([\"$before\", \"$longer\"])'"

# containerd goes and comes back; its containers live on.
end_of "$containerd_pid"
not_connected() { ! connected; }
check "that containerd is gone is seen" wait_for 5 not_connected
start_containerd
check "that it is back, too" wait_for 10 connected
run_in default --rm --label a=b $image_name $back /bin/cat /etc/shadow >/dev/null
check "its containers have names again" wait_for 5 sees run $back

kill -KILL "$(stage_pid run enricher)"
check "a new enricher asks again after the old one was killed" wait_for 10 connected
ctr_client tasks exec --exec-id two $before /bin/cat /etc/shadow >/dev/null
again() { [ "$(jq -c --arg name $before 'select(.output_fields["container.name"] == $name)' "$work/run.json" | wc -l)" -ge 2 ]; }
check "and knows what was there" wait_for 5 again
for task in default/$before other/$longer; do
	ctr_client -n "${task%/*}" tasks kill -s KILL "${task#*/}" 2>/dev/null
done
end_mews run
echo "1..$tests"
