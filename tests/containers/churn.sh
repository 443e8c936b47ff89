#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Containers by the dozen, ten a second, each with one process that reads a file and is gone: every one of
# them has its alert, and every alert the name of the image.
. "$(dirname -- "$0")/../support/pipeline.sh"
. "$(dirname -- "$0")/../support/status.sh"
. "$(dirname -- "$0")/kit.sh"
. "$(dirname -- "$0")/fields.sh"
need_live
need containerd containerd ctr runc busybox jq
trap 'kit_end; finish' EXIT

many=${MEWS_LONG:+100}
many=${many:-40}
image_name=registry.example:5000/team/bb:1.2
busybox_root "$work/root"
image "$work/bb.tar" $image_name "$work/root" '{"Cmd":["/bin/sh"],"Env":["PATH=/bin"]}'
start_containerd || skip_all "containerd does not start: $(tail -n 1 "$work/containerd.log")"
ctr_client images import "$work/bb.tar" >/dev/null || skip_all "containerd imports no image"
start_mews run -o "container_engines.containerd.sockets[]=$work/containerd.sock"
connected() { source_is run containerd "$work/containerd.sock" connected; }
check "containerd is followed" wait_for 10 connected
runc=$(runtime)
ctr_client run --rm --runc-binary "$runc" $image_name warm /bin/true >/dev/null 2>"$work/warm.err" ||
	skip_all "containerd runs no container: $(tail -n 1 "$work/warm.err")"

from=$(ms_now)
for i in $(seq "$many"); do
	ctr_client run --rm --runc-binary "$runc" $image_name "c$i" /bin/cat /etc/shadow >/dev/null 2>>"$work/churn.err" &
	jobs_of_churn="${jobs_of_churn:-} $!"
	sleep 0.1
done
ran=0
for job in $jobs_of_churn; do
	wait "$job" && ran=$((ran + 1))
done
took=$(($(ms_now) - from))
echo "# $many containers in $took ms"
check "all of them ran" [ "$ran" -eq "$many" ]
named() { jq -r --arg image $image_name 'select(.output_fields["container.image"] == $image) | .output_fields["container.name"]' \
	"$work/run.json" | grep -xE 'c[0-9]+' | sort -u | wc -l; }
all_named() { [ "$(named)" -eq "$ran" ]; }
check "each has its alert, with the image's name" wait_for 10 all_named
echo "# $(named) of $ran; said to be late: $(jq -r 'select(.output_fields["mews.metadata"] == "late") | .rule' "$work/run.json" | wc -l)"
check "the ledger is balanced" wait_for 5 balanced run
end_mews run
echo "1..$tests"
