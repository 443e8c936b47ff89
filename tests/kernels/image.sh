# SPDX-License-Identifier: Apache-2.0
#
# image.sh -- the initramfs that a kernel boots: the built programs, the libraries that they need, busybox, and
# guest.sh as its init.  Sourced; needs $top.

# libraries ROOT PROGRAM...: what they need, and what that needs, as lines "where it lies, where it belongs".
libraries() {
	local root=$1 file name path
	local -A seen=()
	shift
	while [ $# -gt 0 ]; do
		file=$1
		shift
		while read -r name; do
			[ -z "${seen[${name##*/}]:-}" ] || continue
			seen[${name##*/}]=1
			path=$(find -L "$root"/lib/*-linux-gnu "$root"/usr/lib/*-linux-gnu "$root"/lib "$root"/lib64 -maxdepth 1 \
				-name "${name##*/}" 2>/dev/null | head -n 1)
			[ -n "$path" ] || { echo "no library ${name##*/} for ${file##*/}" >&2; return 1; }
			[[ $name == /* ]] || name=/lib/$name
			echo "$path $name"
			set -- "$@" "$path"
		done < <(readelf -dl "$file" | sed -n 's/.*(NEEDED).*\[\(.*\)\]$/\1/p; s/.*interpreter: \(.*\)\]$/\1/p')
	done
}

# image_make DIRECTORY BUILD ROOT BUSYBOX STRIP: DIRECTORY.gz, made in DIRECTORY.  Where BUILD has no `mews`, it is the
# kernel side alone that is tried.
image_make() {
	local at=$1 build=$2 root=$3 busybox=$4 strip=$5 from to
	mkdir -p "$at"/{usr/bin,usr/lib,usr/lib64,dev,etc,proc,root,run,sys,tmp,var/log,test} || return 1
	ln -s usr/bin "$at/bin" && ln -s usr/lib "$at/lib" && ln -s usr/lib64 "$at/lib64" || return 1
	cp "$busybox" "$at/bin/busybox" && cp "$root/usr/bin/true" "$at/bin/true" || return 1
	cp "$build/bin/mews-collector" "$build/tests/privileged/test_records" "$at/bin" || return 1
	[ ! -e "$build/bin/mews" ] ||
		cp "$build"/bin/mews "$build"/bin/mews-{enricher,evaluator,emitter,recorder} "$build/tests/support/trigger" "$at/bin" || return 1
	"$strip" "$at"/bin/mews* "$at"/bin/test_records || return 1
	[ ! -e "$build/tests/privileged/narrow_arm" ] || cp "$build/tests/privileged/narrow_arm" "$at/bin" || return 1
	libraries "$root" "$at"/bin/* >"$at.libraries" || return 1
	while read -r from to; do
		mkdir -p "$at${to%/*}" && cp -L "$from" "$at$to" || return 1
	done <"$at.libraries"
	cp "$top/tests/kernels/rules.yaml" "$at/test/rules.yaml"
	install -m 755 "$top/tests/kernels/guest.sh" "$at/init"
	echo guest >"$at/etc/hostname"
	echo 'root:*:19000:0:99999:7:::' >"$at/etc/shadow"
	{
		echo 'root:x:0:0:root:/root:/bin/sh'
		local uid=990
		for from in collector enricher evaluator emitter recorder; do
			echo "mews-$from:x:$((uid++)):990::/nonexistent:/bin/false"
		done
	} >"$at/etc/passwd"
	printf 'root:x:0:\nmews:x:990:\n' >"$at/etc/group"
	(cd "$at" && find . | busybox cpio -o -H newc 2>/dev/null | gzip -1) >"$at.gz"
}
