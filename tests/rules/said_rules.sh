#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The tests that stand beside the rules that mews ships, by `mews test`: it prints the TAP.
top=$(cd -- "$(dirname -- "$0")/../.." && pwd)
cd "$top" && exec "${MEWS_BUILD_DIR:-$top/build}/bin/mews" test rules/mews_rules.yaml
