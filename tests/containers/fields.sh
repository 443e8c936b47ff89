# SPDX-License-Identifier: Apache-2.0
#
# fields.sh -- a rule that says all that is known of a container, and what of it is held against what a
# runtime's own client says.  Sourced, after kit.sh.

# start_mews RUN OPTION...: a pipeline in $work/RUN, alerts in $work/RUN.json.
start_mews() {
	local run=$1
	shift
	cat >"$work/fields.yaml" <<-'EOF'
		- rule: seen in a container
		  desc: a test's container reads what the test looks for
		  condition: evt.type in (open, openat, openat2) and fd.name = /etc/shadow and container.id != host
		  priority: notice
		  output: >
		    %container.id %container.full_id %container.name %container.type %container.image %container.image.id
		    %container.image.repository %container.image.tag %container.image.digest %container.privileged
		    %container.host_pid %container.host_network %container.host_ipc %container.ip %container.cni.json
		    %container.mounts %container.labels %k8s.pod.name %k8s.ns.name %k8s.pod.uid %k8s.pod.labels %k8s.pod.ip
		    %k8s.pod.sandbox_id %k8s.pod.full_sandbox_id %container.start_ts %container.duration %proc.cmdline
	EOF
	"$mews" run --run-dir "$work/$run" -r "$work/fields.yaml" -o json_output=true "$@" \
		>"$work/$run.json" 2>"$work/$run.err" </dev/null &
	printf -v "${run}_mews" %s $!
	kit_pids="$! $kit_pids"
	wait_for 20 grep -q watching "$work/$run.err" || sed 's/^/# /' "$work/$run.err"
}
end_mews() {
	local name=${1}_mews
	kill -INT "${!name}" 2>/dev/null
	wait "${!name}"
}

# source_is RUN NAME PLACE STATE
source_is() {
	"$mews" status --json --run-dir "$work/$1" | jq -e --arg name "$2" --arg place "$3" --arg state "$4" \
		'.metadata.sources | any(.name == $name and .place == $place and .state == $state)'
}

# fields RUN NAME: the last alert of that container, its fields only.
fields() { jq -cS --arg name "$2" 'select(.output_fields["container.name"] == $name) | .output_fields' "$work/$1.json" | tail -n 1; }
sees() { [ -n "$(fields "$1" "$2")" ]; }

# same_fields RUN NAME: all that said() says of NAME is what the last alert has.
same_fields() {
	local want got
	want=$(said "$2")
	got=$(fields "$1" "$2" | jq -S --argjson want "$want" 'with_entries(select(.key as $k | $want | has($k)))')
	[ -n "$got" ] && [ "$(jq -S . <<<"$want")" = "$got" ] || {
		diff <(jq -S . <<<"$want") <(echo "$got")
		return 1
	}
}
