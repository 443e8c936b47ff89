# SPDX-License-Identifier: Apache-2.0
#
# packages.sh -- what mews needs from Debian 12, and how it gets there.  Sourced by deploy/run,
# tests/run and .ci/run; by itself it only sees to it that root's programs are found, which plain
# `su` does not.
PATH=$PATH:/usr/sbin:/sbin

MEWS_BUILD_PACKAGES="gcc g++ libc6-dev cmake ninja-build pkg-config clang llvm bpftool libbpf-dev libelf-dev
	zlib1g-dev libisal-dev libyaml-dev libnng-dev libmsgpack-dev libcurl4-openssl-dev libcap-dev libseccomp-dev libre2-dev
	libjansson-dev libmicrohttpd-dev libncurses-dev libssl-dev libprotobuf-c-dev protobuf-c-compiler librdkafka-dev libnats-dev"
# What cpack needs beside them to make the Debian package.
MEWS_DEB_PACKAGES="dpkg-dev file"
MEWS_TEST_PACKAGES="libcriterion-dev libck-dev openssl rsyslog rsyslog-openssl libclang-rt-14-dev clang-format
	gcc-aarch64-linux-gnu libc6-dev-arm64-cross git mandoc procps jq python3 libxml2-utils
	curl iproute2 prometheus spin python3-yaml"
# The runtimes whose containers tests run (tests/containers).
MEWS_CONTAINER_PACKAGES="containerd runc docker.io podman containernetworking-plugins busybox-static curl libcap2-bin nghttp2-proxy"
# Receivers of alerts (tests/outputs).
MEWS_OUTPUT_PACKAGES="ca-certificates nats-server kcat nginx-light prometheus-alertmanager"
# What looks at the web page (tests/privileged/page.sh, which goes without where it cannot be had).
MEWS_BROWSER_PACKAGES="chromium-headless-shell fonts-dejavu-core"
# What boots other kernels (tests/kernels), and builds for those of arm64.
MEWS_KERNEL_PACKAGES="qemu-system-x86 busybox-static binutils debian-archive-keyring"
MEWS_KERNEL_ARM64_PACKAGES="qemu-system-arm g++-aarch64-linux-gnu gcc-arm-linux-gnueabihf"

# install_packages NAME...: those that are not there yet, quietly.  Needs root only then.
install_packages() {
	local package missing= log
	for package in "$@"; do
		dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
			missing="$missing $package"
	done
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" -ne 0 ]; then
		echo "missing packages, and only root can install them:$missing" >&2
		return 1
	fi
	echo "installing:$missing" >&2
	log=$(mktemp) || return 1
	if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
		apt-get install -y -qq --no-install-recommends $missing; } >"$log" 2>&1; then
		tail -n 20 "$log" >&2
		rm -f "$log"
		return 1
	fi
	rm -f "$log"
}
