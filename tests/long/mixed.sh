#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The live pipeline under a mix of load: programs, files, connections, containers if they start here.  Many short
# processes and open files come first, and in the long form once more at the end: no stage's memory passes the ceiling that `mews status`
# prints.  Between, its own memory is flat, no descriptor is left open, and the ledger balances.
# Half a minute; with --long 30 minutes (or $MEWS_MINUTES), with 20,000 processes and 100,000 files.
. "$(dirname -- "$0")/../support/pipeline.sh"
. "$top/tests/support/status.sh"
. "$top/tests/containers/kit.sh"
need_live
trap 'kit_end; finish' EXIT

seconds=8 processes=2000 files=10000 look=1
if [ -n "${MEWS_LONG:-}" ]; then
	seconds=$((${MEWS_MINUTES:-30} * 60)) processes=20000 files=100000 look=5
fi
python="python3 -B"
load=$top/tests/support/load.py

# figures FILE: a line for each stage: its own memory (what is shared lies in rings), all that is resident, in kB;
# descriptors; the ceiling that is printed.
figures() {
	local stage pid ceiling said
	said=$(status_of run | jq -r '.stages[] | [.name, .pid, .ceiling_kb] | @tsv') || return 1
	while read -r stage pid ceiling; do
		awk -v stage="$stage" -v fds="$(ls "/proc/$pid/fd" | wc -l)" -v ceiling="$ceiling" '/^Rss:/ { rss = $2 } /^Pss_Anon:/ { own = $2 }
			END { print stage, own, rss, fds, ceiling }' "/proc/$pid/smaps_rollup" || return 1
	done <<<"$said" >"$1"
}
# What is resident now and then, for as long as $work/looking is there.
watch_ceilings() {
	while [ -e "$work/looking" ]; do
		figures "$work/now" && cat "$work/now" >>"$work/seen"
		sleep $look
	done
}
below_ceiling() {
	awk '$5 <= 1000 { print $1, "prints no ceiling"; bad = 1 }
	     $3 > $5 { print $1, "takes", $3, "kB of", $5; bad = 1 } END { exit bad || NR < 8 }' "$work/seen"
}
# flat BEFORE AFTER: a tenth and 2 MiB more at most.
flat() {
	join <(sort "$1") <(sort "$2") | awk '{ print "# " $1 ": own memory", $2, "then", $6, "kB; descriptors", $4, "then", $8 }
		$6 > $2 * 1.1 + 2048 { print $1, "grew"; bad = 1 } END { exit bad || NR != 4 }'
}
# One or two may be of somebody who asks just then.
no_descriptor_left() {
	join <(sort "$1") <(sort "$2") | awk '$8 > $4 + 2 { print $1, "has", $8, "descriptors, had", $4; bad = 1 } END { exit bad || NR != 4 }'
}
bombs() {
	check "$processes short processes ($1)" $python "$load" forks $processes
	echo "# $(tail -n 1 "$work/check.out")"
	mkfifo "$work/hold"
	$python "$load" files $files "$work/names" <"$work/hold" >"$work/opened" &
	local pid=$!
	exec 7>"$work/hold"
	check "$files files are open at once ($1)" wait_for 120 grep -qx open "$work/opened"
	figures "$work/full" && cat "$work/full" >>"$work/seen"
	exec 7>&-
	wait $pid
	rm "$work/hold"
}
# Containers, one after the other; none where no runtime starts.
churn() {
	local i=0
	while [ -e "$work/looking" ]; do
		i=$((i + 1))
		ctr -a "$work/containerd.sock" run --rm registry.example:5000/team/bb:1.2 "mix$i-$$" /bin/cat /etc/hostname >/dev/null 2>&1
		echo >>"$work/containers"
		sleep 2
	done
}

mkdir "$work/names"
options=()
if command -v containerd ctr busybox >/dev/null && [ "$(command -v containerd ctr busybox | wc -l)" -eq 3 ]; then
	busybox_root "$work/root"
	image "$work/bb.tar" registry.example:5000/team/bb:1.2 "$work/root" '{"Cmd":["/bin/sh"]}'
	if start_containerd && ctr_client images import "$work/bb.tar" >/dev/null 2>&1; then
		options=(-o "container_engines.containerd.sockets[]=$work/containerd.sock")
		has_containers=1
	fi
fi
start_mews "${options[@]}"
ok "the pipeline is live"
touch "$work/looking"
watch_ceilings &
watcher=$!
bombs first
[ -z "${has_containers:-}" ] || churn &
churner=$!
$python "$load" mix $((seconds / 3)) >"$work/warm"
figures "$work/before"
check "a mix of load goes on" $python "$load" mix "$seconds"
echo "# in $seconds s: $(tail -n 1 "$work/check.out"), $(wc -l <"$work/containers" 2>/dev/null || echo no) containers"
wait_for 20 balanced run >/dev/null
figures "$work/after"
# Sanitizers keep what was freed.
grep -q "^MEWS_SANITIZE:BOOL=ON" "$build/CMakeCache.txt" ||
	check "the stages' own memory is flat" flat "$work/before" "$work/after"
grep '^# ' "$work/check.out"
check "no descriptor is left open" no_descriptor_left "$work/before" "$work/after"
[ -z "${MEWS_LONG:-}" ] || bombs second
rm "$work/looking"
wait $watcher $churner
check "no stage ever passed the ceiling that is printed" below_ceiling
awk '$3 > most[$1] { most[$1] = $3; of[$1] = $5 } END { for (s in most) print "# " s ": at most", most[s], "kB resident of", of[s] }' "$work/seen"
check "alerts come as at first" wait_for 20 pipeline_is_live
check "the ledger balances" wait_for 30 balanced run
not_restarted() { status_of run | jq -e '[.stages[].restarts] | add == 0'; }
check "and no stage was started again" not_restarted
check "Ctrl-C ends it with 0" stop_mews
echo "1..$tests"
