#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Where Falco's evaluation slips, conditions mean what they say: docs/falco-differences.md.
top=$(cd -- "$(dirname -- "$0")/../.." && pwd)
mews=${MEWS_BUILD_DIR:-$top/build}/bin/mews
[ -x "$mews" ] || { echo "ok 1 - differences # SKIP mews is not built"; exit 0; }
exec "$mews" test "$top/tests/rules/differences.yaml"
