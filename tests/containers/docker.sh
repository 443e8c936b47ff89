#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Docker's containers: what its own client says of them is what alerts say, from the first exec in a
# container on; whichever of the two is restarted.
. "$(dirname -- "$0")/../support/pipeline.sh"
. "$(dirname -- "$0")/kit.sh"
. "$(dirname -- "$0")/../support/status.sh"
. "$(dirname -- "$0")/fields.sh"
need_live
need docker /usr/bin/docker dockerd runc busybox jq curl
trap 'kit_end; finish' EXIT

image_name=registry.example:5000/team/bb:1.2
busybox_root "$work/root"
image "$work/bb.tar" $image_name "$work/root" \
	'{"Cmd":["/bin/sh"],"Env":["PATH=/bin"],"Labels":{"made.by":"kit"},"User":"0:0"}'
start_dockerd || skip_all "dockerd does not start: $(tail -n 1 "$work/dockerd.log")"
docker_client load -q -i "$work/bb.tar" >/dev/null || skip_all "docker loads no image"

# A container from before, others from after; the second with all that there is to say.
docker_client run -d --name before --net=none --label old=yes $image_name sleep 1000 >/dev/null ||
	skip_all "docker runs no container: $(tail -n 1 "$work/dockerd.log")"
start_mews run -o "container_engines.docker.sockets[]=$work/docker.sock" -o metadata_wait_ms=20000 # a busy machine's answers come late
connected() { source_is run docker "$work/docker.sock" connected; }
check "Docker is found and followed" wait_for 10 connected

# said NAME: what Docker says of it, as an alert has it.
said() {
	local image
	image=$(docker_client inspect -f '{{.Image}}' "$1")
	docker_client inspect "$1" | jq -S --argjson image "$(docker_client image inspect "$image")" '.[0] |
		(.Config.Image | capture("^(?<repo>.*):(?<tag>[^:/]*)$")) as $name | {
		"container.id": .Id[0:12], "container.full_id": .Id, "container.name": .Name[1:], "container.type": "docker",
		"container.image": .Config.Image, "container.image.id": (.Image | sub("sha256:"; "")),
		"container.image.repository": $name.repo, "container.image.tag": $name.tag,
		"container.image.digest": ($image[0].RepoDigests[0] // "" | sub(".*@"; "")),
		"container.privileged": .HostConfig.Privileged, "container.host_pid": (.HostConfig.PidMode == "host"),
		"container.host_network": (.HostConfig.NetworkMode == "host"), "container.host_ipc": (.HostConfig.IpcMode == "host"),
		"container.ip": .NetworkSettings.IPAddress, "container.cni.json": "",
		"container.mounts": ([.Mounts[] | "\(.Source):\(.Destination):\(.Mode):\(.RW):\(.Propagation)"] | join(",")),
		"container.labels": ([.Config.Labels | to_entries | sort_by(.key)[] | "\(.key):\(.value)"] | join(", "))}'
}

docker_client exec before cat /etc/shadow >/dev/null
check "a container from before has all its fields" wait_for 5 same_fields run before

docker_client run -d --name full --privileged --net=host --pid=host --ipc=host -v /etc:/hostetc:ro -v "$work/root:/r" \
	--label team=x --label "odd=a \"b\" ü" $image_name sh -c 'cat /etc/shadow; sleep 1000' >/dev/null
check "the first exec of a new one, too" wait_for 20 same_fields run full

docker_client rename full renamed
docker_client exec renamed cat /etc/shadow >/dev/null
check "a new name is known" wait_for 5 sees run renamed

kill -STOP "$dockerd_pid"
docker_client exec before true 2>/dev/null &
sleep 1
kill -CONT "$dockerd_pid"
check "a daemon that stands still for a while is still followed" wait_for 10 connected

"$mews" restart enricher --run-dir "$work/run" >/dev/null
check "a new enricher asks again" wait_for 10 connected
docker_client run --rm --name again --net=none --label a=b $image_name cat /etc/shadow >/dev/null
check "and its containers have names" wait_for 5 sees run again

# The daemon goes and comes back; one that was made in between is known as well.
docker_client rm -f before renamed >/dev/null
end_of "$dockerd_pid"
not_connected() { ! connected; }
check "that the daemon is gone is seen" wait_for 5 not_connected
rm -f "$work/dockerd.pid"
start_dockerd
check "that it is back, too" wait_for 10 connected
docker_client run --rm --name back --net=none $image_name cat /etc/shadow >/dev/null
check "its containers have names again" wait_for 5 sees run back
end_mews run
echo "1..$tests"
