#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The units as systemd rates them: exposure of at most 1.5 for stages without privilege, 4 for the collector.
top=$(cd -- "$(dirname -- "$0")/../.." && pwd)
cd "$top/deploy/systemd" || exit 1
n=0 bad=0
if ! command -v systemd-analyze >/dev/null; then
	echo "ok 1 - the units' exposure # SKIP no systemd-analyze here"
	exit 0
fi
for unit in mews-*.service; do
	limit=15
	[ "$unit" != mews-collector.service ] || limit=40
	n=$((n + 1))
	# Its result is that of the comparison; an unknown setting is only a line on stderr.
	if said=$(systemd-analyze security --offline=true --no-pager --threshold=$limit "$unit" 2>&1) &&
		! grep -q 'Unknown key\|Failed to parse\|ignoring' <<<"$said"; then
		echo "ok $n - $unit: at most $((limit / 10)).$((limit % 10)), $(tail -n 1 <<<"$said" | sed 's/.*: \([0-9.]*\).*/\1/')"
	else
		bad=1
		echo "not ok $n - $unit: at most $((limit / 10)).$((limit % 10))"
		{ grep -v '^✓' <<<"$said" | head -n 30; } | sed 's/^/# /'
	fi
done
exit $bad
