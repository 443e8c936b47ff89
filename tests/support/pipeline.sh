# SPDX-License-Identifier: Apache-2.0
#
# pipeline.sh -- for tests that run the real pipeline.  Sourced.  Makes $work (removed at the end),
# starts and ends `mews run`, and says TAP.  Everything started here is ended here, by pid.

top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
build=${MEWS_BUILD_DIR:-$top/build}
mews=$build/bin/mews
PATH=$PATH:/usr/sbin:/sbin # bpftool
tests=0 failures=0 mews_pid=
work=$(mktemp -d /tmp/mews-test.XXXXXX)
chmod 755 "$work"
# What pulls the triggers runs from a place of its own: where the build stands may be a place that a
# rule looks at (/tmp is one).
tools=$(mktemp -d /var/lib/mews-test.XXXXXX 2>/dev/null || mktemp -d "$work/tools.XXXXXX")
chmod 755 "$tools"
trigger=$tools/trigger
[ -x "$build/tests/support/trigger" ] && cp "$build/tests/support/trigger" "$trigger"
# The stages are jailed and ended by signals: leaks are looked for in the unit tests.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0

ok() {
	tests=$((tests + 1))
	echo "ok $tests - $1"
}
not_ok() {
	tests=$((tests + 1)) failures=$((failures + 1))
	echo "not ok $tests - $1"
	shift
	[ $# -eq 0 ] || printf '%s\n' "$@" | sed 's/^/# /'
}
# check NAME COMMAND...: a test that passes when the command does.
check() {
	local name=$1
	shift
	if "$@" >"$work/check.out" 2>&1; then
		ok "$name"
	else
		not_ok "$name" "$(tail -n 5 "$work/check.out")"
	fi
}
skip_all() {
	echo "ok 1 - ${0##*/} # SKIP $1"
	rm -rf "$work" "$tools"
	trap - EXIT
	exit 0
}
# need_live: skip where the kernel side cannot run.
need_live() {
	[ "$(id -u)" -eq 0 ] || skip_all "needs root"
	[ -r /sys/kernel/btf/vmlinux ] || skip_all "the kernel has no BTF"
	[ -x "$mews" ] || skip_all "mews is not built"
}
# wait_for SECONDS COMMAND...: until it succeeds; else it prints what the command said last.
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >"$work/said" 2>&1; do
		[ $SECONDS -lt $end ] || { cat "$work/said"; return 1; }
		sleep 0.05
	done
}
# start_mews ARGS...: the pipeline in $work/run, alerts as JSON lines in $work/alerts.
start_mews() {
	"$mews" run --run-dir "$work/run" -o json_output=true "$@" >"$work/alerts" 2>"$work/mews.log" </dev/null &
	mews_pid=$!
	if ! wait_for 20 pipeline_is_live || ! wait_for 20 pipeline_is_ready; then
		not_ok "the pipeline starts" "$(tail -n 20 "$work/mews.log")"
		exit 1
	fi
}
# All is seen: some programs are loaded when the first events come already.
pipeline_is_ready() {
	grep -q 'mews: watching' "$work/mews.log"
}
# Live: an event made now comes out as an alert.
pipeline_is_live() {
	kill -0 "$mews_pid" 2>/dev/null || exit 1
	"$trigger" read /etc/shadow "probe-$$-$RANDOM" 2>/dev/null
	sleep 0.1
	grep -q "probe-$$-" "$work/alerts"
}
stop_mews() {
	[ -n "$mews_pid" ] || return 0
	kill -INT "$mews_pid" 2>/dev/null
	wait "$mews_pid"
	local status=$?
	mews_pid=
	return $status
}
# bpf_programs DIRECTORY: the BPF programs that collectors with a run directory below it hold.
bpf_programs() {
	local pid
	for pid in $(pgrep -f "mews-collector.*$1"); do
		awk '/^prog_id/ {print $2}' /proc/"$pid"/fdinfo/* 2>/dev/null
	done
}
programs_are_gone() { # IDS
	local id
	bpftool version >/dev/null || return 1
	for id in $1; do
		bpftool prog show id "$id" >/dev/null 2>&1 && return 1
	done
	return 0
}
# load: opens and execs until $work/load is gone, two minutes at most.
load() {
	local end=$((SECONDS + 120))
	while [ -e "$work/load" ] && [ $SECONDS -lt $end ]; do
		for _ in 1 2 3 4 5 6 7 8 9 10; do
			read -r _ </etc/hostname
		done
		/bin/true
	done
}
# understood FILE: a reader that was made from the format's description alone takes it to its last byte.
reader=${MEWS_CASES:-$top/../shared/compat/cases}/../tools/scapread.py
understood() {
	[ -f "$reader" ] || return 0
	python3 -B "$reader" "$1" >"$work/read" 2>&1
	cat "$work/read"
	grep -q "'events': [1-9]" "$work/read" &&
		! grep -qE "FAIL|'left'|'truncated'|'slack'|'unknown type'|'block |unparsed" "$work/read"
}
# doing PID: what it and its children do, for who has waited too long.
doing() {
	local pid
	for pid in "$1" $(pgrep -P "$1"); do
		ps -o pid=,stat=,wchan:24=,etimes=,args= -p "$pid"
		paste -sd ' ' "/proc/$pid/syscall"
		ls -l "/proc/$pid/fd" | awk '{ print $9, $11 }' | paste -sd ' '
		[ ! -r "/proc/$pid/stack" ] || cut -d ' ' -f 2 "/proc/$pid/stack" | paste -sd ' '
	done 2>/dev/null
}
# ends PID SECONDS [FILE]: wait for an own process; its exit code, or 124 when it does not end: then what it does is
# said, and what is at FILE's end, and it is killed.
ends() {
	local end=$((SECONDS + $2))
	while kill -0 "$1" 2>/dev/null; do
		if [ $SECONDS -ge $end ]; then
			not_ok "process $1 ends" "$(doing "$1")" "$(tail -n 20 "${3:-/dev/null}")"
			kill -KILL "$1" $(pgrep -P "$1")
			wait "$1" 2>/dev/null
			return 124
		fi
		sleep 0.02
	done
	wait "$1"
}
finish() {
	[ -n "$mews_pid" ] && { kill -INT "$mews_pid"; wait "$mews_pid"; } 2>/dev/null
	rm -rf "$work" "$tools"
	[ "$failures" -eq 0 ] || exit 1
}
trap finish EXIT
