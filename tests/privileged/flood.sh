#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Two processes open and close files as fast as they can, and meanwhile somebody reads /etc/shadow, ten times
# a second: each of these alerts, nothing that bears state is lost, and the ledger balances to the last
# event.  Ten seconds; with --long thirty.
. "$(dirname -- "$0")/../support/pipeline.sh"
. "$top/tests/support/status.sh"
need_live

seconds=10
[ -z "${MEWS_LONG:-}" ] || seconds=30
losses='.ledger[] | select(.name == "losses")'
# Those that say who runs what, as whom, where: what a process is known by.
vital='["execve","execveat","clone","clone3","fork","vfork","procexit","setuid","setgid","setreuid","setregid",
	"setresuid","setresgid","capset","setsid","prctl","unshare","setns","chdir","fchdir","chroot","setrlimit","prlimit"]'
all_alerted() { # COUNT
	local i missing=
	for i in $(seq "$1"); do
		grep -q -- "flood-$$-$i[^0-9]" "$work/alerts" || missing="$missing $i"
	done
	[ -z "$missing" ] || { echo "of $1 no alert of:$missing"; return 1; }
}

# No rule can match for the file: it would be passed over.
start_mews -o mews.mute_opens=false
ok "the pipeline is live"
"$trigger" flood-for /etc/hostname $seconds >"$work/a" & a=$!
"$trigger" flood-for /etc/hostname $seconds >"$work/b" & b=$!
reads=0 end=$(($(ms_now) + seconds * 1000))
while [ "$(ms_now)" -lt $end ]; do
	reads=$((reads + 1))
	cat /etc/shadow "/nowhere/flood-$$-$reads" >/dev/null 2>&1
	sleep 0.1
done
wait $a $b
opens=$(($(cat "$work/a") + $(cat "$work/b")))
check "the flood was one ($opens opens in $seconds s)" [ $((opens / seconds)) -gt 5000 ]
check "and there were reads in it ($reads)" [ $reads -gt $((seconds * 2)) ]
check "each of them makes its alert" wait_for 30 all_alerted $reads
check "the ledger balances" wait_for 30 balanced run
check "all that was opened was seen or is in the table of losses" status \
	".stages[0].counters.seen > $opens and ($losses | .balanced)"
echo "# seen $(jq .stages[0].counters.seen "$work/status"), lost $(jq -c "$losses | .lost" "$work/status")"
check "nothing that bears state was lost" status "$losses | [.lost[] | keys[]] | map(select(. as \$t | $vital | index(\$t))) == []"
check "nor did the kernel side fail" status "$losses"' | .terms.not_made == 0 and .terms.restart == 0'
check "Ctrl-C ends it with 0" stop_mews
echo "1..$tests"
