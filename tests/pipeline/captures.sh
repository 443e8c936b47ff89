#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# `mews replay` of every capture that there is: alerts and fields are Falco's.  Skips where the
# captures are not.
top=$(cd -- "$(dirname -- "$0")/../.." && pwd)
build=${MEWS_BUILD_DIR:-$top/build} captures=${MEWS_CAPTURES:-$top/../shared/captures}
skip_all() {
	echo "ok 1 - captures # SKIP $1"
	exit 0
}
[ -x "$build/bin/mews" ] || skip_all "mews is not built"
[ -d "$captures/expected" ] || skip_all "no captures in $captures"
command -v python3 >/dev/null || skip_all "no python3"
exec python3 "$top/tests/support/capture_parity.py" "$build/bin/mews" "$captures" "${MEWS_RULES:-$captures/../rules}" "$@"
