#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runtimes that hang, lie, or never come to an end, each in a way of its own, all at once: that is counted and
# tried again, status says what it is, and alerts come as ever.
. "$(dirname -- "$0")/../support/pipeline.sh"
. "$(dirname -- "$0")/../support/status.sh"
. "$(dirname -- "$0")/kit.sh"
need_live
need "the stand-in" python3 jq
trap 'kit_end; finish' EXIT

# Whose sockets do what: as many as status shows.
lies=(docker:{deny,noise,garbage,half,endless,hang,bad-events,deep} podman:{garbage,hang}
	cri:{deny,noise,garbage,half,endless,hang,deep} containerd:{deny,noise,garbage,half,endless,hang,bad-events})
socket_of() { echo "$work/${1/:/-}.sock"; }
set_all() { # MODE; none: to each its own
	local lie
	for lie in "${lies[@]}"; do
		echo "${1:-${lie#*:}}" >"$(socket_of "$lie").mode"
	done
}
liars=()
for lie in "${lies[@]}"; do
	case $lie in
	docker:* | podman:*) liars+=("rest:$(socket_of "$lie")") ;;
	*) liars+=("grpc:$(socket_of "$lie")") ;;
	esac
done
set_all good
background liars python3 -B "$top/tests/support/lying_runtime.py" "${liars[@]}"
wait_for 10 test -S "$(socket_of "${lies[-1]}")"

cat >"$work/rules.yaml" <<-'EOF'
	- rule: shadow
	  desc: read
	  condition: evt.type in (open, openat, openat2) and fd.name = /etc/shadow
	  output: "%proc.cmdline %container.name"
	  priority: notice
EOF
{
	echo "container_engines:"
	for kind in docker podman cri containerd; do
		echo "  $kind:"
		echo "    sockets:"
		for lie in "${lies[@]}"; do
			[ "${lie%:*}" != $kind ] || echo "      - $(socket_of "$lie")"
		done
	done
} >"$work/conf.yaml"
start_mews -c "$work/conf.yaml" -r "$work/rules.yaml"
enricher=$(stage_pid run enricher)

# said LIE JQ: status says of its socket what JQ is true of; $n is how many misses there were.
sources() { status_of run | jq -c '.metadata.sources'; }
said() {
	sources | jq -c --arg place "$(socket_of "$1")" 'map(select(.place == $place))[0]' >"$work/source"
	cat "$work/source"
	jq -e --argjson n "${misses[$1]:-0}" "$2" "$work/source"
}
declare -A misses
count_misses() {
	local all lie
	all=$(sources)
	for lie in "${lies[@]}"; do
		misses[$lie]=$(jq --arg place "$(socket_of "$lie")" 'map(select(.place == $place))[0].misses' <<<"$all")
	done
}
all_connected() {
	sources | jq -c '.[] | select(.state != "connected")'
	[ "$(sources | jq '[.[] | select(.state == "connected")] | length')" -eq ${#lies[@]} ]
}
alerts_come() {
	"$trigger" read /etc/shadow "mark-$1" && wait_for 5 grep -q "mark-$1" "$work/alerts"
}
known() { "$mews" containers --json --run-dir "$work/run" | jq -e 'any(.container.name == "honest")'; }

check "good ones are followed" wait_for 20 all_connected
check "and what they say is known" wait_for 5 known
count_misses
set_all
# WHAT IT DOES | WHAT STATUS SAYS OF IT: of Docker's and Podman's | of those that speak gRPC
while IFS='|' read -r mode rest grpc; do
	for lie in "${lies[@]}"; do
		[ "${lie#*:}" = "$mode" ] || continue
		case $lie in
		docker:* | podman:*) says=$rest ;;
		*) says=$grpc ;;
		esac
		check "$lie: status says so" wait_for 25 said "$lie" ".state == \"failing\" and .misses > \$n and (.reason | test(\"$says\"))"
	done
	check "$mode: alerts come as ever" alerts_come "$mode"
done <<-'EOF'
	deny|HTTP status 500|gRPC status 13
	noise||
	garbage|what came is no list|
	half||
	endless|too long|too long
	hang|timed out|timed out
EOF
for lie in docker:bad-events containerd:bad-events docker:deep cri:deep; do
	check "$lie: it is counted, and the rest goes on" wait_for 20 said "$lie" '.state == "connected" and .misses > $n + 3'
done
set_all good
check "when they are good again, so are we" wait_for 60 all_connected # some wait for an answer yet, or before they ask again

# One is enough: what a socket's group does is the same for all.
lie=docker:deny
chgrp nogroup "$(socket_of $lie)"
echo deny >"$(socket_of $lie).mode" # so that it connects again
check "a socket of a group that is not its own: status says what to do" \
	wait_for 20 said $lie '.state == "failing" and (.reason | test("permission denied.*started again"))'
check "not its own: alerts come as ever" alerts_come nogroup
chgrp root "$(socket_of $lie)"
echo good >"$(socket_of $lie).mode"
check "when it is let in again, all is well" wait_for 20 all_connected
check "the enricher is the same process" [ "$(stage_pid run enricher)" = "$enricher" ]
rss=$(awk '/VmHWM/ {print $2}' "/proc/$enricher/status")
# Sanitizers take memory of their own.
grep -q 'MEWS_SANITIZE:BOOL=ON' "$build/CMakeCache.txt" ||
	check "and has not grown beyond all bounds ($rss kB)" [ "$rss" -lt 300000 ]
stop_mews
echo "1..$tests"
