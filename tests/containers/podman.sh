#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Podman's containers, by the API of its service: what its own client says of them is what alerts say.
. "$(dirname -- "$0")/../support/pipeline.sh"
. "$(dirname -- "$0")/../support/status.sh"
. "$(dirname -- "$0")/kit.sh"
. "$(dirname -- "$0")/fields.sh"
need_live
need podman podman runc busybox jq curl
trap 'podman_client rm -f -a -t 0 >/dev/null 2>&1; kit_end; finish' EXIT

image_name=registry.example:5000/team/bb:1.2
busybox_root "$work/root"
image "$work/bb.tar" $image_name "$work/root" '{"Cmd":["/bin/sh"],"Env":["PATH=/bin"],"Labels":{"made.by":"kit"}}'
start_podman || skip_all "podman's service does not start: $(tail -n 1 "$work/podman.log")"
podman_client load -q -i "$work/bb.tar" >/dev/null 2>"$work/load.err" || skip_all "podman loads no image: $(tail -n 1 "$work/load.err")"
podman_client run -d --name before --net=none --label old=yes $image_name sleep 1000 >/dev/null 2>"$work/run.err" ||
	skip_all "podman runs no container: $(tail -n 1 "$work/run.err")"
start_mews run -o "container_engines.podman.sockets[]=$work/podman.sock" -o metadata_wait_ms=20000
connected() { source_is run podman "$work/podman.sock" connected; }
check "Podman is found and followed" wait_for 10 connected

# said NAME: what Podman says of it, as an alert has it.
said() {
	podman_client inspect "$1" | jq -S '.[0] |
		(.ImageName | capture("^(?<repo>.*):(?<tag>[^:/]*)$")) as $name | {
		"container.id": .Id[0:12], "container.full_id": .Id, "container.name": .Name, "container.type": "podman",
		"container.image": .ImageName, "container.image.id": .Image, "container.image.digest": .ImageDigest,
		"container.image.repository": $name.repo, "container.image.tag": $name.tag,
		"container.privileged": .HostConfig.Privileged, "container.host_pid": (.HostConfig.PidMode == "host"),
		"container.host_network": (.HostConfig.NetworkMode == "host"), "container.host_ipc": (.HostConfig.IpcMode == "host"),
		"container.mounts": ([.Mounts[] | "\(.Source):\(.Destination):\(.Mode):\(.RW):\(.Propagation)"] | join(",")),
		"container.labels": ([.Config.Labels | to_entries | sort_by(.key)[] | "\(.key):\(.value)"] | join(", "))}'
}

podman_client exec before cat /etc/shadow >/dev/null
check "a container from before has all its fields" wait_for 5 same_fields run before
podman_client run -d --name full --privileged --net=host --pid=host --ipc=host -v /etc:/hostetc:ro --label team=x \
	$image_name sh -c 'cat /etc/shadow; sleep 1000' >/dev/null 2>&1
check "the first exec of a new one, too" wait_for 20 same_fields run full

end_of "$podman_pid"
not_connected() { ! connected; }
check "that its service is gone is seen" wait_for 5 not_connected
start_podman
check "that it is back, too" wait_for 10 connected
podman_client run --rm --name back --net=none $image_name cat /etc/shadow >/dev/null 2>&1
check "its containers have names again" wait_for 5 sees run back
end_mews run
echo "1..$tests"
