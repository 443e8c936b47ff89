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
# What ctr asks of runc any root may give, one shim serves all, and what has ended is cleared away at the
# end: so a container costs some 0.13 s of a processor (it was 0.25).  Ten a second want a machine to themselves.
run=(ctr -a "$work/containerd.sock" run -d --annotation io.containerd.runc.v2.group=churn $image_name)
"${run[@]}" "holder-$$" /bin/sleep 1000 >/dev/null 2>"$work/warm.err" ||
	skip_all "containerd runs no container: $(tail -n 1 "$work/warm.err")"
start_mews run -o "container_engines.containerd.sockets[]=$work/containerd.sock"
connected() { source_is run containerd "$work/containerd.sock" connected; }
check "containerd is followed" wait_for 10 connected
paced() {
	local i left
	for i in $(seq "$many"); do
		echo "c$i-$$"
		left=$((from + i * 90 - $(ms_now)))
		[ "$left" -le 0 ] || sleep "0.$(printf %03d "$left")"
	done
}

from=$(ms_now)
# Not all at once where they take longer: no more than some at a time.
paced | xargs -P 6 -I{} sh -c '"$@" >/dev/null 2>>"$0" && echo {}' "$work/churn.err" "${run[@]}" {} /bin/cat /etc/shadow >"$work/ran"
ran=$(wc -l <"$work/ran")
took=$(($(ms_now) - from))
echo "# $many containers in $took ms, $((many * 1000 / took)) a second"
check "all of them ran" [ "$ran" -eq "$many" ]
[ -z "${MEWS_LONG:-}" ] || check "ten of them a second" [ $((many * 1000 / took)) -ge 10 ]
named() { jq -r --arg image $image_name 'select(.output_fields["container.image"] == $image) | .output_fields["container.name"]' \
	"$work/run.json" | grep -xE "c[0-9]+-$$" | sort -u | wc -l; }
all_named() { [ "$(named)" -eq "$ran" ]; }
check "each has its alert, with the image's name" wait_for 10 all_named
echo "# $(named) of $ran; said to be late: $(jq -r 'select(.output_fields["mews.metadata"] == "late") | .rule' "$work/run.json" | wc -l)"
check "the ledger is balanced" wait_for 5 balanced run
end_mews run
echo "1..$tests"
