#!/bin/busybox sh
# SPDX-License-Identifier: Apache-2.0
#
# guest.sh -- the init of the guest that kernels.sh boots: starts the pipeline, does what rules.yaml looks for, holds
# the alerts and the ledger against it, has the kernel side's records compared (test_records), and turns the machine
# off.  It says TAP on the console; what is behind "# guest: " is for kernels.sh.
/bin/busybox --install -s /bin
export PATH=/usr/bin HOME=/root
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
mount -t tmpfs none /run
mount -t tmpfs none /tmp
mount -t tracefs none /sys/kernel/tracing
mount -t cgroup2 none /sys/fs/cgroup
echo 3 >/proc/sys/kernel/printk
ifconfig lo 127.0.0.1 up
n=0

ok() {
	n=$((n + 1))
	echo "ok $n - $1"
}
# not_ok NAME [FILE]: with the end of the file.
not_ok() {
	n=$((n + 1))
	echo "not ok $n - $1"
	[ -z "${2:-}" ] || tail -n 30 "$2" | cut -c 1-300 | sed 's/^/# /'
}
# check NAME COMMAND...
check() {
	local name=$1
	shift
	if "$@" >/tmp/check 2>&1; then ok "$name"; else not_ok "$name" /tmp/check; fi
}
# wait_for SECONDS COMMAND...
wait_for() {
	local left=$(($1 * 10))
	shift
	until "$@"; do
		left=$((left - 1))
		[ $left -gt 0 ] || return 1
		usleep 100000
	done
}
seen() { grep -qF -- "$1" /tmp/alerts; }
# alert NAME TEXT: an alert that has this text.
alert() {
	if wait_for 10 seen "SAW $2"; then ok "$1"; else
		grep -F "SAW ${2%% *}" /tmp/alerts >/tmp/near
		not_ok "$1" /tmp/near
		echo "# wanted: $2"
	fi
}
# counted PATTERN: how often it stands in the status.
counted() { grep -o "$1" /tmp/status | wc -l; }
balanced() {
	mews status --json --run-dir /run/mews >/tmp/status && [ "$(counted '"balanced":true')" -ge 9 ] &&
		[ "$(counted '"balanced":false')" = 0 ]
}
live() {
	kill -0 $mews 2>/dev/null || return 0
	trigger read /etc/shadow probe
	seen probe
}

# ---- the kernel side alone ----

if [ ! -e /bin/mews ]; then
	mews-collector --probe >/tmp/probe 2>/tmp/probe.err
	status=$?
	if [ $status = 0 ] && grep -q '"state":"ok"' /tmp/probe && ! grep -q '"state":"refused"' /tmp/probe; then
		ok "every program of the kernel side is loaded ($(grep -o '"state":"ok"' /tmp/probe | wc -l))"
	else
		not_ok "every program of the kernel side is loaded" /tmp/probe.err
	fi
fi

# ---- the pipeline ----

pipeline() {
	mews run --run-dir /run/mews -r /test/rules.yaml >/tmp/alerts 2>/tmp/mews.log </dev/null &
	mews=$!
	wait_for 60 live
	wait_for 60 grep -q 'mews: watching' /tmp/mews.log
	if seen probe; then
		ok "the pipeline starts"
		touch /tmp/mode /tmp/gone
		mkdir /tmp/on
		trigger read /etc/shadow mark
		trigger listen >/tmp/port &
		listen=$!
		wait_for 10 test -s /tmp/port
		port=$(cat /tmp/port)
		trigger connect "$port" mark
		trigger memfd run mark
		trigger chmod /tmp/mode 4711 mark
		trigger unlink /tmp/gone mark
		trigger symlink /etc/shadow /tmp/link mark
		trigger ptrace attach mark
		trigger setns enter mark
		trigger mount /tmp/on mark
		trigger module mark
		trigger read /etc/shadow last-of-all
		wait_for 20 seen last-of-all
		kill $listen
		program="ino=$(stat -c %i /bin/trigger) mtime=$(stat -c %Y /bin/trigger)"

		alert "a file is read" \
			"read fd=/etc/shadow ino=$(stat -c %i /etc/shadow) exe=/usr/bin/trigger user=root parent=init line=trigger read /etc/shadow mark"
		alert "a connection is made" "connect to=127.0.0.1:$port res=SUCCESS line=trigger connect $port mark"
		alert "a program runs from memory" "memfd exe=memfd:trigger line=memfd:trigger mark"
		alert "a program's inode and time" "exec exe=/usr/bin/trigger $program"
		alert "a mode is set" "chmod mode=S_IXOTH|S_IXGRP|S_IXUSR|S_IWUSR|S_IRUSR|S_ISUID file=/tmp/mode line=trigger chmod /tmp/mode 4711 mark"
		alert "a file is removed" "unlink res=SUCCESS path=/tmp/gone line=trigger unlink /tmp/gone mark"
		alert "a link is made" "symlink target=/etc/shadow line=trigger symlink /etc/shadow /tmp/link mark"
		alert "a process takes another over" "ptrace res=SUCCESS line=trigger ptrace attach mark"
		alert "a namespace is entered" "setns res=SUCCESS line=trigger setns enter mark"
		alert "a file system is mounted" "mount on=/tmp/on line=trigger mount /tmp/on mark"
		alert "a module is refused" "module res=ENOEXEC line=trigger module mark"
		alert "a process is made" "fork parent=trigger line=trigger ptrace attach mark"
		alert "a signal arrives" "signal sig=SIGKILL line=trigger ptrace attach mark"
		alert "a process ends of a signal" "end sig=SIGKILL line=trigger ptrace attach mark"
		check "the ledger balances" wait_for 10 balanced
		check "nothing was lost" sh -c 'grep -q "\"lost" /tmp/status && ! grep -oE "\"lost[a-z_]*\":[1-9][0-9]*" /tmp/status'
		# The kernel leaves a program out where it was interrupted on this CPU.
		collector=$(pidof mews-collector)
		cat /proc/$collector/fdinfo/* | grep '^recursion_misses' >/tmp/misses
		check "no program was left out" sh -c 'test -s /tmp/misses && ! grep -v "[^0-9]0$" /tmp/misses'
		kill -INT $mews
		wait $mews
		check "the pipeline ends with 0" [ $? = 0 ]
		check "and complained of nothing" sh -c '! grep -iE "error|cannot" /tmp/mews.log'
		sed 's/^/# log: /' /tmp/mews.log
	else
		kill -INT $mews 2>/dev/null
		wait $mews
		echo "# guest: exit $?"
		not_ok "the pipeline starts" /tmp/mews.log
	fi
}
[ ! -e /bin/mews ] || pipeline

# ---- the kernel side's records ----

test_records >/tmp/records 2>/tmp/records.err
status=$?
good=$(grep -c '^ok' /tmp/records)
if [ $status = 0 ] && [ "$good" -ge 900 ]; then
	ok "the kernel side's records are true ($good checks)"
else
	grep -A 3 '^not ok' /tmp/records >/tmp/bad
	not_ok "the kernel side's records are true ($good checks)" /tmp/bad
	head -n 20 /tmp/records.err | cut -c 1-300 | sed 's/^/# /'
fi
grep -i '# SKIP' /tmp/records | sed 's/^/# not here: /'

dmesg | grep -E 'BUG:|WARNING:|Oops|Call Trace|rcu.*stall' >/tmp/complaints
check "the kernel complained of nothing" sh -c '! cat /tmp/complaints | grep .'
echo "# guest: done $n"
sync
poweroff -f
