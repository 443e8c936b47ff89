#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Every rule that mews ships, on a live kernel: a real action trips it, a near miss does not.
. "$(dirname -- "$0")/../support/pipeline.sh"
need_live

container_id=$(printf 'c0ffee%058d' $$)
cgroup=

# A cgroup whose path looks like a container's.
make_cgroup() {
	for root in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified /sys/fs/cgroup; do
		if [ -w "$root/cgroup.procs" ] && mkdir -p "$root/docker/$container_id" 2>/dev/null; then
			cgroup=$root/docker/$container_id
			return
		fi
	done
}
remove_cgroup() {
	[ -n "$cgroup" ] || return 0
	rmdir "$cgroup" "$(dirname "$cgroup")" 2>/dev/null
}

make_cgroup
start_mews -r "$top/rules/mews_rules.yaml" -o rule_matching=all
coproc listener { exec "$trigger" listen; }
read -r port <&"${listener[0]}"
listener_pid=$listener_PID
trap 'kill "$listener_pid" 2>/dev/null; remove_cgroup; finish' EXIT

cp "$trigger" "$work/nginx"
cp "$trigger" "$work/harmless"
touch "$work/plain"
mkdir "$work/mountpoint"
log=/var/log/mews-test-$$.log
: >"$log.kept"

# case NAME: the rule; hit: what trips it; miss: what must not.  Each ends with its mark.
hit() { hits+=("$1"); "${@:3}" "hit-$2" >/dev/null 2>&1; }
miss() { misses+=("$1") near+=("miss-$2"); "${@:3}" "miss-$2" >/dev/null 2>&1; }
hits=() misses=() near=()

miss "Sensitive file read" sensitive "$trigger" read /etc/passwd
hit "Sensitive file read" sensitive "$trigger" read /etc/shadow
miss "Log file cleared" log "$trigger" append "$log"
hit "Log file cleared" log "$trigger" truncate "$log"
hit "Log file cleared" log-unlink "$trigger" unlink "$log"
miss "Write below program directory" program "$trigger" read /usr/bin/env
hit "Write below program directory" program "$trigger" write "/usr/local/bin/mews-test-$$"
miss "Write below etc" etc "$trigger" read /etc/hostname
hit "Write below etc" etc "$trigger" write "/etc/mews-test-$$"
miss "Program run from memory" memory "$trigger" memfd leave
hit "Program run from memory" memory "$trigger" memfd run
miss "Shell spawned by a server" server "$work/harmless" run /bin/sh -c true
hit "Shell spawned by a server" server "$work/nginx" run /bin/sh -c true
miss "Reverse shell" reverse "$trigger" redirect "$port" 9
hit "Reverse shell" reverse "$trigger" redirect "$port" 0
miss "Outbound connection by a shell" outbound "$trigger" connect "$port"
hit "Outbound connection by a shell" outbound bash -c "exec 3<>/dev/tcp/127.0.0.1/$port"
miss "Process traced" traced "$trigger" ptrace traceme
hit "Process traced" traced "$trigger" ptrace attach
if [ -n "$cgroup" ]; then
	miss "Namespace or mount change from a container" escape "$trigger" in-cgroup "$cgroup" "$trigger" setns leave
	hit "Namespace or mount change from a container" escape "$trigger" in-cgroup "$cgroup" "$trigger" setns enter
	hit "Namespace or mount change from a container" escape-mount \
		"$trigger" in-cgroup "$cgroup" "$trigger" mount "$work/mountpoint"
fi
miss "Kernel module load" module "$trigger" read /proc/modules
hit "Kernel module load" module "$trigger" module
miss "Setuid bit set" setuid "$trigger" chmod "$work/plain" 0755
hit "Setuid bit set" setuid "$trigger" chmod "$work/plain" 4755
miss "Link to a sensitive file" link "$trigger" symlink /etc/hostname "$work/link1"
hit "Link to a sensitive file" link "$trigger" symlink /etc/shadow "$work/link2"
miss "Program run from a shared directory" shared "$trigger" run /bin/true
hit "Program run from a shared directory" shared "$work/harmless" run /bin/true
rm -f "$log" "$log.kept" "/usr/local/bin/mews-test-$$" "/etc/mews-test-$$"

# The last of all: when its alert is there, all others are.
"$trigger" read /etc/shadow last-of-all
wait_for 5 grep -q last-of-all "$work/alerts"

marks=(sensitive log log-unlink program etc memory server reverse outbound traced)
[ -n "$cgroup" ] && marks+=(escape escape-mount)
marks+=(module setuid link shared)
for i in "${!hits[@]}"; do
	if grep -F "\"rule\":\"${hits[$i]}\"" "$work/alerts" | grep -qE "hit-${marks[$i]}\b[^-]"; then
		ok "${hits[$i]}: fires (${marks[$i]})"
	else
		not_ok "${hits[$i]}: fires (${marks[$i]})" "$(grep -F "hit-${marks[$i]}" "$work/alerts" | head -n 2)"
	fi
done
for i in "${!misses[@]}"; do
	found=$(grep -F "\"rule\":\"${misses[$i]}\"" "$work/alerts" | grep -F "${near[$i]}" | head -n 2)
	if [ -n "$found" ]; then
		not_ok "${misses[$i]}: a near miss is left alone" "$found"
	else
		ok "${misses[$i]}: a near miss is left alone"
	fi
done
[ -n "$cgroup" ] || echo "ok $((++tests)) - Namespace or mount change from a container # SKIP no cgroup can be made"
check "Ctrl-C ends the pipeline with exit code 0" stop_mews
