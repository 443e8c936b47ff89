#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Each stage, between neighbours that are a driver (drive.c), with one call failing: memory, descriptors, room on the
# disk, reading, sockets, waiting; once, or all of a kind for a while.  In the log goes why a stage ended, or what it goes
# on without; nothing crashes, hangs or is left behind.
. "$(dirname -- "$0")/tried.sh"
captures=${MEWS_CAPTURES:-$top/../shared/captures}
[ -e "$captures/04_revshell.scap" ] || skip_all "no captures"
share=4
! grep -q '^MEWS_SANITIZE:BOOL=ON' "$build/CMakeCache.txt" || share=2
cd "$top" || exit 1

for stage in collector enricher evaluator emitter recorder; do
	tried "--share $share" $stage drive $stage "$captures/04_revshell.scap" rules/mews_rules.yaml
done
echo "1..$tests"
