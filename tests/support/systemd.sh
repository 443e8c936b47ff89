# SPDX-License-Identifier: Apache-2.0
#
# systemd.sh -- systemd as process 1 of a machine in namespaces: this host's files below a layer of its own (or another
# root), the host's kernel, its own processes, control groups and network.  Sourced behind pipeline.sh.
#
# machine_start [LOWER]   boots; inside CMD... runs a command in it; machine_stop ends it.

machine= machine_init=
inside() { nsenter -t "$machine_init" -m -p -C -u -i -n env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"; }
machine_is_up() { [ "$(inside systemctl is-active basic.target)" = active ]; }

machine_start() {
	local lower=${1:-/} root=$work/machine
	mkdir -p "$root" "$work/layer"
	cat >"$work/boot" <<'END'
set -e
lower=$1 root=$2 layer=$3
ip link set lo up
mount -t tmpfs tmpfs "$layer"
mkdir "$layer/upper" "$layer/work"
mount -t overlay overlay -o "lowerdir=$lower,upperdir=$layer/upper,workdir=$layer/work" "$root"
cd "$root"
mount -t proc -o nosuid,nodev,noexec proc proc
mount -t sysfs -o nosuid,nodev,noexec sysfs sys
mount -t tmpfs -o mode=755 tmpfs sys/fs/cgroup 2>/dev/null || true
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do touch dev/$device; mount --bind /dev/$device dev/$device; done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs tmpfs tmp
# Of the host's services none; what a machine needs to come up.
rm -rf etc/systemd/system var/log/journal usr/sbin/policy-rc.d var/lib/man-db/auto-update
mkdir -p etc/systemd/system
cat >etc/systemd/system/machine.target <<'UNIT'
[Unit]
Requires=basic.target
After=basic.target
AllowIsolate=yes
UNIT
for unit in systemd-udevd.service systemd-udev-trigger.service systemd-udevd-control.socket systemd-udevd-kernel.socket \
	systemd-modules-load.service systemd-sysctl.service systemd-random-seed.service systemd-timesyncd.service \
	systemd-machine-id-commit.service systemd-update-utmp.service timers.target dev-hugepages.mount dev-mqueue.mount \
	sys-kernel-config.mount sys-kernel-debug.mount sys-kernel-tracing.mount sys-fs-fuse-connections.mount \
	systemd-remount-fs.service swap.target paths.target; do
	ln -s /dev/null etc/systemd/system/$unit
done
mkdir -p .old
pivot_root . .old
umount -l .old
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --unit=machine.target --log-target=null
END
	unshare --mount --pid --cgroup --uts --ipc --net --fork --kill-child=KILL --propagation private \
		bash "$work/boot" "$lower" "$root" "$work/layer" >"$work/machine.log" 2>&1 </dev/null &
	machine=$!
	local end=$((SECONDS + 30))
	until machine_init=$(pgrep -P $machine) && machine_is_up >/dev/null 2>&1; do
		kill -0 $machine 2>/dev/null && [ $SECONDS -lt $end ] || return 1
		sleep 0.1
	done
}
machine_stop() {
	[ -z "$machine_init" ] || kill -KILL "$machine_init" 2>/dev/null
	[ -z "$machine" ] || wait "$machine" 2>/dev/null
	machine= machine_init=
}
