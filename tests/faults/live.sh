#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The collector on the kernel's events, with one call failing (drive_live.c), those by which libbpf asks the kernel for
# a program, a map or a link among them: while it loads, works, is asked, watches other events, gets another reader, is
# stopped.  It ends with an error while it loads, or goes on: what it does not see it names, what it cannot read it counts.
. "$(dirname -- "$0")/tried.sh"
need_live
few=150 # of so many parts one
tried "--parts $few --part $((seed % few))" "live collector" drive_live
echo "1..$tests"
