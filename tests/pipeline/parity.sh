#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Captures through the cores of enricher and evaluator: each field of each event, and each alert by
# Falco's own rules, is what Falco printed.  Skips where the captures are not.
top=$(cd -- "$(dirname -- "$0")/../.." && pwd)
build=${MEWS_BUILD_DIR:-$top/build} captures=${MEWS_CAPTURES:-$top/../shared/captures}
compat=$captures/../compat rules=$captures/../rules
out=$(mktemp)
trap 'rm -f "$out"' EXIT
number=0 bad=0

# holds WHAT SCRIPT ARGUMENT...: the script finds no difference.
holds() {
	local what=$1
	shift
	number=$((number + 1))
	if python3 "$@" >"$out" 2>&1; then
		echo "ok $number - $what"
	else
		bad=1
		echo "not ok $number - $what"
		grep -v ' 0 differ$' "$out" | head -n 12 | cut -c1-300 | sed 's/^/# /'
	fi
	tail -n 1 "$out" | sed 's/^/captures: /'
}

if [ ! -d "$captures/expected" ] || [ ! -d "$compat/tools" ] || [ ! -d "$rules" ]; then
	echo "ok 1 - parity # skip no captures in $captures"
	echo "1..1"
	exit 0
fi
if ! command -v python3 >/dev/null; then
	echo "ok 1 - parity # skip no python3"
	echo "1..1"
	exit 0
fi
names=$(cd "$captures" && ls *.scap | sed 's/\.scap$//')
holds "73 fields of each event, as text" "$top/tests/support/field_parity.py" "$build" "$captures" "$compat" text $names
holds "263 fields of each event, typed" "$top/tests/support/field_parity.py" "$build" "$captures" "$compat" json \
	01_read_shadow 16_suid_mod_sock 17_net c18_webshell_db \
	falco_test_trace_files_syscall libs_single_ipv6_conn
holds "alerts by four sets of rules" "$top/tests/support/rule_parity.py" "$build" "$captures" "$compat" "$rules"
echo "1..$number"
exit $bad
