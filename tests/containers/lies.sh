#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A runtime that hangs, lies, or never comes to an end: that is counted and tried again, status says
# what it is, and alerts come as ever.
. "$(dirname -- "$0")/../support/pipeline.sh"
. "$(dirname -- "$0")/../support/status.sh"
. "$(dirname -- "$0")/kit.sh"
need_live
need "the stand-in" python3 jq
trap 'kit_end; finish' EXIT

socket=$work/lies.sock
echo good >"$work/mode"
background lies python3 -B "$top/tests/support/lying_runtime.py" "$socket" "$work/mode"
wait_for 10 test -S "$socket"
cat >"$work/rules.yaml" <<-'EOF'
	- rule: shadow
	  desc: read
	  condition: evt.type in (open, openat, openat2) and fd.name = /etc/shadow
	  output: "%proc.cmdline %container.name"
	  priority: notice
EOF
start_mews -r "$work/rules.yaml" -o "container_engines.docker.sockets[]=$socket"
source_of() { status_of run | jq -c --arg place "$socket" '.metadata.sources[] | select(.place == $place)'; }
is() { source_of | jq -e "$1"; }
lie() {
	echo "$1" >"$work/mode"
	before=$(source_of | jq .misses)
}
good() {
	echo good >"$work/mode"
	wait_for 20 is '.state == "connected"'
}
alerts_come() {
	"$trigger" read /etc/shadow "mark-$1" && wait_for 5 grep -q "mark-$1" "$work/alerts"
}
enricher=$(stage_pid run enricher)

check "a good one is followed" good
known() { "$mews" containers --json --run-dir "$work/run" | jq -e 'any(.container.name == "honest")'; }
check "and what it says is known" wait_for 5 known
# WHAT IT DOES | WHAT STATUS SAYS OF IT
while IFS='|' read -r mode says; do
	lie "$mode"
	check "$mode: status says so" wait_for 25 is ".state == \"failing\" and .misses > $before and (.reason | test(\"$says\"))"
	check "$mode: alerts come as ever" alerts_come "$mode"
	check "$mode: when it is good again, so are we" good
done <<-'EOF'
	deny|HTTP status 500
	noise|
	garbage|what came is no list
	half|
	endless|too long
	hang|timed out
EOF
lie bad-events
check "bad events are counted" wait_for 10 is ".misses > $before + 3"
check "and the rest goes on" is '.state == "connected"'
check "bad-events: alerts come as ever" alerts_come bad-events
good
lie deep
check "an answer too deep is counted" wait_for 20 is ".misses > $before"
check "deep: alerts come as ever" alerts_come deep
good
chgrp nogroup "$socket"
lie deny # so that it connects again
check "a socket of a group that is not its own: status says what to do" \
	wait_for 20 is '.state == "failing" and (.reason | test("permission denied.*started again"))'
check "not its own: alerts come as ever" alerts_come nogroup
chgrp root "$socket"
check "when it is let in again, all is well" good
check "the enricher is the same process" [ "$(stage_pid run enricher)" = "$enricher" ]
rss=$(awk '/VmHWM/ {print $2}' "/proc/$enricher/status")
# Sanitizers take memory of their own.
grep -q 'MEWS_SANITIZE:BOOL=ON' "$build/CMakeCache.txt" ||
	check "and has not grown beyond all bounds ($rss kB)" [ "$rss" -lt 300000 ]
stop_mews
echo "1..$tests"
