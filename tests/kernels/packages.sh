# SPDX-License-Identifier: Apache-2.0
#
# packages.sh -- Debian's packages of another suite or architecture, unpacked and not installed.  Sourced.
#
# Each pair of architecture and suite has an apt of its own below $cache: sources, lists, an empty status.
# So nothing here touches the machine's apt, and the packages are those that Debian signed.  What is there
# stays until it is a day old; older, it is used where nothing newer can be had.

if [ "$(id -u)" -eq 0 ]; then
	cache=${MEWS_KERNEL_CACHE:-/var/cache/mews-kernels}
else
	cache=${MEWS_KERNEL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mews-kernels}
fi
mirror=${MEWS_DEBIAN_MIRROR:-http://deb.debian.org}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# fresh FILE: it is there, and not older than a day.
fresh() { [ -e "$1" ] && [ -z "$(find "$1" -prune -mmin +1440)" ]; }

# apt_at ARCH SUITE: sets $apt, the options with which apt-get and apt-cache see just that suite.
apt_at() {
	local arch=$1 suite=$2 at=$cache/apt/$1-$2
	mkdir -p "$at/parts" "$at/lists/partial" "$at/archives/partial" || return 1
	: >"$at/status"
	echo "deb [arch=$arch signed-by=$keyring] $mirror/debian $suite main" >"$at/sources.list"
	[[ $suite == *-backports ]] ||
		echo "deb [arch=$arch signed-by=$keyring] $mirror/debian-security $suite-security main" >>"$at/sources.list"
	apt=(-q -o Dir::Etc::SourceList="$at/sources.list" -o Dir::Etc::SourceParts="$at/parts"
		-o Dir::State::Lists="$at/lists" -o Dir::State::status="$at/status" -o Dir::Cache="$at"
		-o APT::Architecture="$arch" -o APT::Architectures="$arch" -o Acquire::Languages=none
		-o APT::Sandbox::User="$(id -un)" -o Acquire::Retries=2 -o Debug::NoLocking=1)
	fresh "$at/updated" && return 0
	apt-get "${apt[@]}" update && touch "$at/updated"
}

# kernel_versions ARCH: those of the cloud flavour in the suite, the newest first.  It is small, and has all that
# matters built in.
kernel_versions() { apt-cache "${apt[@]}" madison "linux-image-cloud-$1" | awk '{ print $3 }'; }

# kernel_package ARCH VERSION: the package that has the image: newer ones have it apart from its modules.
kernel_package() {
	local image
	image=$(apt-cache "${apt[@]}" show "linux-image-cloud-$1=$2" |
		sed -n 's/^Depends: .*\(linux-image-[0-9][^ ,]*\).*/\1/p')
	[ -n "$image" ] || return 1
	apt-cache "${apt[@]}" show "${image/-image-/-binary-}" 2>/dev/null | sed -n 's/^Package: //p' | grep . || echo "$image"
}

# kernel_get ARCH SUITE: its kernel at $cache/kernel/ARCH-SUITE, and the kernel's release in a file beside it.
kernel_get() {
	local arch=$1 to=$cache/kernel/$1-$2 version package image
	fresh "$to" && return 0
	mkdir -p "$cache/kernel" "$cache/new" || return 1
	apt_at "$arch" "$2" || { [ -e "$to" ]; return; }
	# An older one is as good where the mirror lacks the newest.
	for version in $(kernel_versions "$arch"); do
		package=$(kernel_package "$arch" "$version" | head -n 1)
		rm -rf "$cache/new"/*
		(cd "$cache/new" && apt-get "${apt[@]}" download "$package=$version") || continue
		dpkg-deb --fsys-tarfile "$cache/new"/*.deb | tar -x -C "$cache/new" --wildcards '*/vmlinuz*'
		image=$(find "$cache/new" -type f -name 'vmlinuz*' | head -n 1)
		[ -n "$image" ] || continue
		echo "${package#linux-*-}" >"$to.release"
		touch "$image"
		mv "$image" "$to"
		rm -rf "$cache/new"
		return 0
	done
	[ -e "$to" ]
}

# root_get ARCH SUITE PACKAGE...: these with all that they depend on, unpacked at $cache/root/ARCH.
root_get() {
	local arch=$1 suite=$2 to=$cache/root/$1 deb link target
	shift 2
	[ "$(cat "$to/.packages" 2>/dev/null)" = "$*" ] && return 0
	apt_at "$arch" "$suite" || return 1
	apt-get "${apt[@]}" -y --download-only --no-install-recommends install "$@" || return 1
	rm -rf "$to"
	mkdir -p "$to/usr/bin" "$to/usr/sbin" "$to/usr/lib" || return 1
	ln -s usr/bin "$to/bin" && ln -s usr/sbin "$to/sbin" && ln -s usr/lib "$to/lib" || return 1
	for deb in "$cache/apt/$arch-$suite/archives"/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$to" --keep-directory-symlink || return 1
	done
	# A link from the root means the root that it lies in.
	find "$to" -type l -lname '/*' -printf '%P %l\n' | while read -r link target; do
		ln -sfn "$(realpath -ms --relative-to="/${link%/*}" "$target")" "$to/$link"
	done
	rm -f "$cache/apt/$arch-$suite/archives"/*.deb
	echo "$*" >"$to/.packages"
}
