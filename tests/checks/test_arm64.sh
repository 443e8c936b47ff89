#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The sources are for arm64 too: a cross compiler takes every file without a word.  (The kernel side is
# built for both in every build.)
top=$(cd -- "$(dirname -- "$0")/../.." && pwd)
build=${MEWS_BUILD_DIR:-$top/build}
cd "$top" || exit 1
cc=aarch64-linux-gnu-gcc
if ! command -v $cc >/dev/null || [ ! -e /usr/aarch64-linux-gnu/include/stdio.h ]; then
	echo "ok 1 - every source compiles for arm64 # SKIP no cross compiler"
	exit 0
fi
# The libraries' headers are the same on both; the C library's come with the cross compiler.
words=$(for f in common/*.c collector/*.c enricher/*.c enricher/metadata/*.c evaluator/*.c emitter/*.c recorder/*.c control/*.c; do
	$cc -std=gnu17 -O2 -Wall -Wextra -Werror -fsyntax-only -D_GNU_SOURCE -DMEWS_VERSION='""' \
		-Icommon -Ibpf -I"$build/bpf" -I"$build/enricher" -Icollector -Ienricher -Ienricher/metadata -Ievaluator -Iemitter -Irecorder -Icontrol \
		-idirafter /usr/include -idirafter "/usr/include/$(gcc -print-multiarch)" "$f" 2>&1 | grep -E 'error|warning' | head -n 3
done)
if [ -z "$words" ]; then
	echo "ok 1 - every source compiles for arm64"
else
	echo "not ok 1 - every source compiles for arm64"
	printf '%s\n' "$words" | head -n 20 | sed 's/^/# /'
	exit 1
fi
