# SPDX-License-Identifier: Apache-2.0
#
# kit.sh -- real container runtimes for tests: each with a place of its own below $work, on a host
# without an init, ended by pid.  Sourced, after pipeline.sh.  Images are made here, of busybox.

containers=$top/tests/containers
kit_pids= kit_mounts=

# need NAME COMMAND...: skip the whole script where one of the programs is missing.
need() {
	local name=$1 program
	shift
	for program in "$@"; do
		command -v "$program" >/dev/null 2>&1 || skip_all "$name is not installed ($program)"
	done
}

# What was started before it was clear that it cannot be ends as well.
skip_all() {
	echo "ok 1 - ${0##*/} # SKIP $1"
	trap - EXIT
	stop_mews
	kit_end
	rm -rf "$work" "$tools"
	exit 0
}

# image FILE NAME ROOTFS [JSON]: an archive that docker, podman and ctr all load; JSON: its config.
image() {
	local file=$1 name=$2 rootfs=$3 config=${4:-{\}} dir layer digest
	dir=$(mktemp -d "$work/image.XXXXXX")
	tar --owner=0 --group=0 --mtime=@0 -C "$rootfs" -cf "$dir/layer.tar" . || return 1
	layer=$(sha256sum <"$dir/layer.tar" | cut -d' ' -f1)
	jq -nc --argjson config "$config" --arg layer "sha256:$layer" \
		'{architecture: "amd64", os: "linux", config: $config, rootfs: {type: "layers", diff_ids: [$layer]},
		  history: [{created: "1970-01-01T00:00:00Z"}], created: "1970-01-01T00:00:00Z"}' >"$dir/config.json"
	digest=$(sha256sum <"$dir/config.json" | cut -d' ' -f1)
	mv "$dir/config.json" "$dir/$digest.json"
	jq -nc --arg config "$digest.json" --arg name "$name" \
		'[{Config: $config, RepoTags: [$name], Layers: ["layer.tar"]}]' >"$dir/manifest.json"
	tar -C "$dir" -cf "$file" manifest.json "$digest.json" layer.tar
	rm -rf "$dir"
}

# busybox_root DIR: a file system with busybox under all its names, and what rules look at.
busybox_root() {
	local dir=$1 name
	mkdir -p "$dir/bin" "$dir/etc" "$dir/tmp" "$dir/proc" "$dir/sys" "$dir/dev"
	cp "$(command -v busybox)" "$dir/bin/busybox"
	for name in $(busybox --list); do
		[ "$name" = busybox ] || ln -sf busybox "$dir/bin/$name"
	done
	echo 'root:x:0:0:root:/root:/bin/sh' >"$dir/etc/passwd"
	echo 'root:x:0:' >"$dir/etc/group"
	echo 'root:*:1::::::' >"$dir/etc/shadow"
}

# runtime: the path of an OCI runtime that works here.
runtime() {
	if capsh --print 2>/dev/null | grep -q 'Bounding set.*cap_sys_resource'; then
		command -v runc
	else
		echo "$containers/narrow-runc"
	fi
}

# background NAME COMMAND...: a daemon; its output goes to $work/NAME.log, its pid to NAME_pid.
background() {
	local name=$1
	shift
	"$@" >>"$work/$name.log" 2>&1 </dev/null &
	printf -v "${name}_pid" %s $!
	kit_pids="$kit_pids $!"
}

# end_of PID: end it, and wait.
end_of() {
	kill "$1" 2>/dev/null
	for _ in $(seq 100); do
		kill -0 "$1" 2>/dev/null || return 0
		sleep 0.1
	done
	kill -KILL "$1" 2>/dev/null
}

start_dockerd() {
	background dockerd dockerd --data-root "$work/docker" --exec-root "$work/docker.exec" \
		-H "unix://$work/docker.sock" --pidfile "$work/dockerd.pid" --iptables=false --ip6tables=false \
		--bridge=none --add-runtime "test=$(runtime)" --default-runtime test
	wait_for 30 docker_client version
}
# Not whatever else is called docker in the path.
docker_client() { /usr/bin/docker -H "unix://$work/docker.sock" "$@"; }

podman_words() {
	podman=(podman --root "$work/podman" --runroot "$work/podman.run" --cgroup-manager cgroupfs --events-backend file
		--tmpdir "$work/podman.tmp" --storage-driver overlay --network-config-dir "$work/podman.net"
		--runtime "$(runtime)")
}
podman_client() {
	local podman
	podman_words
	"${podman[@]}" "$@"
}
start_podman() {
	local podman
	mkdir -p "$work/podman.net"
	podman_words
	background podman "${podman[@]}" system service -t 0 "unix://$work/podman.sock"
	wait_for 30 curl -sf --unix-socket "$work/podman.sock" http://d/_ping || return 1
	chmod 660 "$work/podman.sock" # as podman.socket has it; by itself it lets nobody but root in
}

start_containerd() {
	mkdir -p "$work/cni"
	cat >"$work/containerd.toml" <<-EOF
		version = 2
		root = "$work/containerd"
		state = "$work/containerd.state"
		[grpc]
		  address = "$work/containerd.sock"
		[plugins."io.containerd.grpc.v1.cri"]
		  sandbox_image = "registry.k8s.io/pause:3.6"
		  restrict_oom_score_adj = true
		  disable_apparmor = true
		  stream_server_address = "127.0.0.1"
		  [plugins."io.containerd.grpc.v1.cri".cni]
		    bin_dir = "/usr/lib/cni"
		    conf_dir = "$work/cni"
		  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
		    runtime_type = "io.containerd.runc.v2"
		    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
		      BinaryName = "$(runtime)"
	EOF
	background containerd containerd -c "$work/containerd.toml"
	wait_for 30 ctr_client version
}
ctr_client() { ctr -a "$work/containerd.sock" "$@"; }

# end_tasks: all that runs in this containerd; shims outlive it.
end_tasks() {
	local space
	for space in $(ctr_client namespaces ls -q 2>/dev/null); do
		ctr_client -n "$space" tasks ls -q | xargs -r ctr -a "$work/containerd.sock" -n "$space" tasks rm -f
	done >/dev/null 2>&1
}

# What stays mounted below $work goes, and every daemon of ours.
kit_end() {
	local pid mount
	[ -z "${containerd_pid:-}" ] || end_tasks
	[ -z "${dockerd_pid:-}" ] || docker_client ps -q | xargs -r /usr/bin/docker -H "unix://$work/docker.sock" rm -f >/dev/null 2>&1
	for pid in $kit_pids; do
		end_of "$pid"
	done
	awk -v work="$work/" 'index($5, work) == 1 {print $5}' /proc/self/mountinfo | sort -r | while read -r mount; do
		umount -l "$mount" 2>/dev/null
	done
}
