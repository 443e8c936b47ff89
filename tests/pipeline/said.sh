#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What `mews validate` and `mews list` say is what Falco says.  Skips where the cases are not.
top=$(cd -- "$(dirname -- "$0")/../.." && pwd)
mews=${MEWS_BUILD_DIR:-$top/build}/bin/mews
if [ ! -x "$mews" ] || ! command -v python3 >/dev/null; then
	echo "ok 1 - what mews says of rules # SKIP mews is not built, or no python3"
	exit 0
fi
exec python3 "$top/tests/support/said_parity.py" "$mews" "${MEWS_CASES:-$top/../shared/compat/cases}"
