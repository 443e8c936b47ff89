#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Stages of a live pipeline die or stand still at random moments, one, two and all at once, under load: each trigger
# makes one alert, and the ledger balances (crash_rounds.c says what is expected, and why).  $MEWS_SEED
# gives the same rounds again; $MEWS_ROUNDS says how many.  --long: a thousand.
top=$(cd -- "$(dirname -- "$0")/../.." && pwd)
build=${MEWS_BUILD_DIR:-$top/build}
rounds=${MEWS_ROUNDS:-32}
[ -z "${MEWS_LONG:-}" ] || rounds=${MEWS_ROUNDS:-1000}
# A stage that is sent SIGSEGV is to die of it.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0:handle_segv=0
if [ "$(id -u)" -ne 0 ] || [ ! -r /sys/kernel/btf/vmlinux ] || [ ! -x "$build/bin/mews" ]; then
	echo "ok 1 - stages die at random # SKIP needs root, a kernel with BTF, and mews built"
	exit 0
fi
exec "$build/tests/crash/crash_rounds" "$build/bin" "$rounds" ${MEWS_SEED:-}
