#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# `mews run` over stand-ins for its stages, with one call of it failing (drive_mews.c): while it starts, is asked,
# reloads, loses stages, is stopped.  It ends with an error while it starts, or goes on; nothing crashes, hangs or is left
# behind: no memory, no descriptor, no process, no run directory.
. "$(dirname -- "$0")/tried.sh"
need_live # it looks at the host before it starts anything
tried "--share 1" supervisor drive_mews
echo "1..$tests"
