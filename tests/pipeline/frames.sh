#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Captures as the collector's frames: equal to what models of the format make of them.  First captures
# that are made here, with every event that there ever was, then those that there are.
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
export PYTHONDONTWRITEBYTECODE=1
python3 "$top/tests/support/conversion_parity.py" "$build" "$compat"
bad=$?
python3 "$top/tests/support/replay_parity.py" "$build" "$captures" "$compat" && exit $bad
exit 1
