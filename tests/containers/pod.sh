#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The images as deploy/image makes them, run by a real containerd as the kubelet would have it run them: with the rights that
# deploy/kubernetes/mews.yaml gives, its volumes, its filter of system calls, by Kubernetes' runtime interface.  Alerts come, the
# page that the probe asks says so, and each container can be started anew alone.
. "$(dirname -- "$0")/../support/pipeline.sh"
. "$(dirname -- "$0")/kit.sh"
need_live
[[ ${MEWS_CMAKE:-} != *SANITIZE* ]] || skip_all "images are not built with sanitizers"
need containerd containerd ctr runc busybox jq python3 curl nsenter
[ -x /usr/lib/cni/ptp ] || skip_all "the CNI's plugins are not installed"
python3 -c 'import yaml' 2>/dev/null || skip_all "no yaml for python3 here"
trap 'kit_end; finish' EXIT

busybox_root "$work/pause"
image "$work/pause.tar" registry.k8s.io/pause:3.6 "$work/pause" '{"Cmd":["/bin/sleep","100000"],"Env":["PATH=/bin"]}'
mkdir -p "$work/cni" "$work/volumes" "$work/logs"
jq -n --arg data "$work/ipam" '{cniVersion: "0.4.0", name: "test", plugins: [{type: "ptp", ipMasq: false,
	ipam: {type: "host-local", dataDir: $data, ranges: [[{subnet: "10.77.4.0/24"}]], routes: [{dst: "0.0.0.0/0"}]}}]}' \
	>"$work/cni/10-test.conflist"
start_containerd || skip_all "containerd does not start: $(tail -n 1 "$work/containerd.log")"
load() { # NAME
	ctr_client -n k8s.io images import "$work/$1.tar"
}
load pause >/dev/null || skip_all "containerd imports no image"
cri() { python3 -B "$top/tests/support/cri.py" "$work/containerd.sock" "$@"; }

pod=$(jq -nc --arg logs "$work/logs" '{name: "mews-x7k2p", namespace: "mews", uid: "2f0f2a5e-1f0e-4c5d-9b57-5f5b1d3a7c11", logs: $logs}')
pod_id=$(cri pod "$pod") || skip_all "no pod can be made: $(tail -n 1 "$work/containerd.log")"
python3 -B "$top/tests/support/manifest.py" containers "$top/deploy/kubernetes/mews.yaml" "$work/volumes" >"$work/containers" || exit 1

declare -A ids=() attempts=()
make_image() {
	"$top/deploy/image" "$1" "$work/root.$1" "$build/bin" && image "$work/$1.tar" "localhost/mews-$1:test" "$work/root.$1" && load "$1"
}
start() { # NAME
	local attempt=${attempts[$1]:-0}
	ids[$1]=$(cri container "$pod_id" "$(jq -c --argjson pod "$pod" --arg name "$1" --argjson attempt "$attempt" 'select(.name == $name) |
		. + {pod: $pod, image: "localhost/mews-\($name):test", command: ["/usr/bin/mews-\($name)"], log: "\($name).\($attempt)", attempt: $attempt}' \
		"$work/containers")")
	attempts[$1]=$((attempt + 1))
	[ -n "${ids[$1]}" ]
}
process() { ctr_client -n k8s.io tasks ls | awk -v id="${ids[$1]}" '$1 == id { print $2 }'; }
sees() { # MARK
	"$trigger" read /etc/shadow "$1"
	sleep 0.1
	grep -qh " stdout .*$1" "$work"/logs/emitter.*
}
alerts() { # NAME MARK
	if wait_for 20 sees "$2" >/dev/null; then ok "$1"; else not_ok "$1" "$(grep -h ' stderr ' "$work"/logs/* | tail -n 8)"; fi
}

for name in $(shuf -e collector enricher evaluator emitter); do
	check "an image of $name" make_image $name
	check "a container of $name, as the pod has it" start $name
done
alerts "alerts come, with the rights of the pod" "first-$$"
has() { # NAME FIELD VALUE
	grep -qE "^$2:.*\<$3$" "/proc/$(process "$1")/status" || { grep "^$2" "/proc/$(process "$1")/status"; return 1; }
}
for name in enricher evaluator emitter; do
	check "$name has no capability, and the runtime's filter" eval "has $name CapPrm 0+ && has $name CapBnd 0+ && has $name Seccomp 2"
done
check "the collector has four" eval "has collector CapPrm 000000c000080004 && has collector Seccomp 2"
ready() {
	nsenter -t "$(process emitter)" -n curl -s http://127.0.0.1:8765/healthz >"$work/health"
	grep -qx '{"status": *"ok"}' "$work/health" || { cat "$work/health"; return 1; }
}
check "the readiness probe is answered" wait_for 10 ready
no_shell() { ! ctr_client -n k8s.io tasks exec --exec-id "sh$RANDOM" "${ids[$1]}" sh -c true 2>/dev/null; }
for name in $(shuf -n $((MEWS_LONG ? 4 : 1)) -e collector enricher evaluator emitter); do
	check "there is no shell in $name" no_shell $name
	ctr_client -n k8s.io tasks kill -s KILL "${ids[$name]}"
	check "it is killed, and started again" start $name
	alerts "alerts come" "again-$name-$$"
done
cri remove "$pod_id"
echo "1..$tests"
