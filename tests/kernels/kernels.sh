#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The live pipeline on other kernels than this machine's: each of the table below is booted in qemu, by software
# emulation, with the built programs in an initramfs; guest.sh says what is tried there.  The kernels are Debian's,
# had by apt and kept outside the tree (packages.sh).  Where qemu or a kernel cannot be had, that is said and skipped.
#
#	kernels.sh [ARCH-SUITE...]	just these
#
# Without names: those marked `always`, and with $MEWS_LONG all.  What is built and emulated for arm64 takes its time: without
# $MEWS_LONG that is the kernel side alone, which is what differs there.
top=$(cd -- "$(dirname -- "$0")/../.." && pwd)
here=$top/tests/kernels
build=${MEWS_BUILD_DIR:-$top/build}
. "$top/deploy/packages.sh"
. "$here/packages.sh"
. "$here/image.sh"

# Architecture, suite, when, and what comes of it: `runs`; `refused`, with exit code 3 and the reason; `misses`: what
# fails there is known (docs/kernels.md) and shown as skipped.
kernels="
amd64	bookworm		always	runs
arm64	bookworm		always	runs
amd64	bullseye		long	refused
amd64	bookworm-backports	long	runs
amd64	trixie			long	runs
amd64	trixie-backports	long	misses
arm64	bullseye		long	refused
arm64	trixie			long	runs
arm64	trixie-backports	long	misses
"
# The libraries that a build needs, and what it has without asking.
sysroot_packages="$(tr -s ' \t' '\n' <<<"$MEWS_BUILD_PACKAGES" | grep -E '^(z|)lib.*-dev$' | tr '\n' ' ')libstdc++-12-dev busybox-static coreutils"
boot_seconds=${MEWS_BOOT_SECONDS:-180}
cpus=1
[ -z "${MEWS_LONG:-}" ] || cpus=2
n=0 bad=0
work=$(mktemp -d /tmp/mews-kernels.XXXXXX) || exit 1
trap 'rm -rf "$work"' EXIT

say() { # ok|"not ok" NAME
	n=$((n + 1))
	echo "$1 $n - $2"
	[ "$1" = ok ] || bad=1
}
skip() { say ok "$1 # SKIP $2"; }
told() { tail -n 15 "$1" | cut -c 1-300 | sed 's/^/# /'; }

# skip_all WHY
skip_all() {
	skip "other kernels" "$1"
	exit 0
}

# ---- what is booted ----

# The programs for arm64: what is there, and is not for here, is taken from Debian's packages; the kernel side is
# that of the build here, which makes it for both.  They run for seconds, so it pays to optimise less.
cross_build() {
	local root=$cache/root/arm64
	command -v aarch64-linux-gnu-g++ >/dev/null || { echo "no cross compiler (g++-aarch64-linux-gnu)"; return 1; }
	root_get arm64 bookworm $sysroot_packages || { echo "no libraries for arm64"; return 1; }
	PKG_CONFIG_LIBDIR=$root/usr/lib/aarch64-linux-gnu/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root cmake -S "$top" \
		-B "$build/arm64" -G Ninja -DCMAKE_TOOLCHAIN_FILE="$top/cmake/arm64.cmake" -DCMAKE_SYSROOT="$root" \
		-DMEWS_BPF_OBJECTS="$build/bpf" -DCMAKE_BUILD_TYPE=None -DCMAKE_C_FLAGS=-O1 -DCMAKE_CXX_FLAGS=-O1 || return 2
	nice cmake --build "$build/arm64" --target mews-collector test_records || return 2
	rm -f "$build/arm64/bin/mews" # and with it there is no pipeline
	[ -z "${MEWS_LONG:-}" ] || nice cmake --build "$build/arm64" --target mews mews-enricher mews-evaluator mews-emitter \
		mews-recorder trigger || return 2
	! command -v arm-linux-gnueabihf-gcc >/dev/null ||
		nice cmake --build "$build/arm64" --target narrow_arm_program || return 2
}

# image_of ARCH: its initramfs is $work/ARCH.gz.  1: it cannot be had here; 2: it should be.
image_of() {
	[ ! -e "$work/$1.status" ] || return "$(cat "$work/$1.status")"
	case $1 in
	amd64) image_make "$work/amd64" "$build" "" /bin/busybox strip ;;
	arm64) cross_build && { image_make "$work/arm64" "$build/arm64" "$cache/root/arm64" "$cache/root/arm64/bin/busybox" \
		aarch64-linux-gnu-strip || (exit 2); } ;;
	esac >"$work/$1.log" 2>&1
	echo $? >"$work/$1.status"
	return "$(cat "$work/$1.status")"
}

# boot ARCH KERNEL: what its console says.
boot() {
	local qemu
	case $1 in
	amd64) qemu=(qemu-system-x86_64 -M q35 -cpu max,-cx16) console=ttyS0 ;;
	arm64) qemu=(qemu-system-aarch64 -M virt -cpu cortex-a72) console=ttyAMA0 ;;
	esac
	nice timeout -k 5 "$boot_seconds" "${qemu[@]}" -accel tcg -m 768 -smp "$cpus" -display none -no-reboot -nodefaults \
		-serial stdio -kernel "$2" -initrd "$work/$1.gz" -append "console=$console quiet panic=-1" </dev/null 2>&1 | tr -d '\r'
}

# ---- one kernel ----

# retell NAME CONSOLE COMES: the guest's lines as ours.
retell() {
	local line
	if [ "$3" = refused ]; then
		if grep -q '^# guest: exit 3' "$2" && grep -q '^# mews-collector: error: .* cannot be loaded: ' "$2"; then
			say ok "$1: is refused, with the reason"
		else
			say "not ok" "$1: is refused, with the reason"
			told "$2"
		fi
		return
	fi
	while IFS= read -r line; do
		case $line in
		"ok "*) say ok "$1: ${line#ok * - }" ;;
		"not ok "*)
			if [ "$3" = misses ]; then
				skip "$1: ${line#not ok * - }" "known to fail there, see docs/kernels.md"
			else
				say "not ok" "$1: ${line#not ok * - }"
			fi ;;
		"# guest: "*) ;;
		"# "*) echo "$line" ;;
		esac
	done <"$2"
}

try() { # ARCH SUITE COMES
	local arch=$1 suite=$2 comes=$3 name="$1 $2" kernel=$cache/kernel/$1-$2 qemu=x86_64 begun
	[ "$arch" = arm64 ] && qemu=aarch64
	command -v qemu-system-$qemu >/dev/null || { skip "$name" "no qemu-system-$qemu"; return; }
	kernel_get "$arch" "$suite" >"$work/get.log" 2>&1 ||
		{ skip "$name" "its kernel cannot be had: $(grep -m 1 '^[EW]:' "$work/get.log")"; return; }
	image_of "$arch"
	case $? in
	0) ;;
	1) skip "$name" "$(tail -n 1 "$work/$arch.log")"; return ;;
	*) say "not ok" "$name: programs to boot with"; told "$work/$arch.log"; return ;;
	esac
	name="$arch $(cat "$kernel.release")"
	begun=$(date +%s)
	boot "$arch" "$kernel" >"$work/console"
	retell "$name" "$work/console" "$comes"
	if grep -q '^# guest: done' "$work/console"; then
		say ok "$name: ran to its end"
	else
		say "not ok" "$name: ran to its end"
		told "$work/console"
	fi
	echo "# $name: $(($(date +%s) - begun)) s"
}

# ---- all ----

grep -q '^MEWS_SANITIZE:BOOL=ON' "$build/CMakeCache.txt" 2>/dev/null && skip_all "they run the plain build's programs"
command -v apt-get >/dev/null && [ -r "$keyring" ] || skip_all "no apt, or no Debian keys: kernels cannot be had"
install_packages $MEWS_KERNEL_PACKAGES $MEWS_KERNEL_ARM64_PACKAGES >"$work/install.log" 2>&1 || told "$work/install.log"
[ -x /bin/busybox ] || skip_all "no busybox"
mkdir -p "$cache" || skip_all "no place at $cache"
exec 9>"$cache/lock" && flock 9 # two at once would fetch into one place

while read -r arch suite when comes; do
	[ -n "$arch" ] || continue
	if [ $# -gt 0 ]; then
		[[ " $* " == *" $arch-$suite "* ]] || continue
	elif [ "$when" != always ] && [ -z "${MEWS_LONG:-}" ]; then
		continue
	fi
	try "$arch" "$suite" "$comes"
done <<<"$kernels"
echo "1..$n"
exit $bad
