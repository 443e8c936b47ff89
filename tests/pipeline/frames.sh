#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Each capture as the collector's frames: equal to what models of the format make of it.  Skips where
# the captures are not.
top=$(cd -- "$(dirname -- "$0")/../.." && pwd)
build=${MEWS_BUILD_DIR:-$top/build} captures=${MEWS_CAPTURES:-$top/../shared/captures}
compat=$captures/../compat
if [ ! -d "$captures/expected" ] || [ ! -d "$compat/tools" ]; then
	echo "ok 1 - frames # skip no captures in $captures"
	exit 0
fi
if ! command -v python3 >/dev/null; then
	echo "ok 1 - frames # skip no python3"
	exit 0
fi
exec python3 "$top/tests/support/replay_parity.py" "$build" "$captures" "$compat"
