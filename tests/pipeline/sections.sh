#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A capture behind itself: the second section knows nothing of the first, so both halves read alike.
. "$(dirname -- "$0")/../support/pipeline.sh"
captures=${MEWS_CAPTURES:-$top/../shared/captures}
[ -x "$mews" ] || skip_all "mews is not built"
ls "$captures"/*.scap >/dev/null 2>&1 || skip_all "there are no captures in $captures"
# Nothing that counts from the beginning of the file.
format='%evt.time %evt.type %evt.args|%thread.tid %proc.pid %proc.name %proc.cmdline %proc.exepath %proc.cwd'
format+='|%proc.aname[1] %proc.aname[2] %proc.aname[3] %proc.sname %proc.env[PATH]|%fd.num %fd.name %fd.nameraw %fd.type'
format+='|%user.name %user.loginuid %group.name %container.id|%proc.vmsize %proc.vmrss %proc.nthreads %proc.fdopencount'

halves_are_alike() { # CAPTURE
	local n
	cat "$1" "$1" >"$work/twice.scap"
	"$mews" events --read "$work/twice.scap" --format "$format" >"$work/both" || return 1
	n=$(wc -l <"$work/both")
	[ "$n" -gt 0 ] && [ $((n % 2)) -eq 0 ] || { echo "there are $n events"; return 1; }
	cmp <(head -n $((n / 2)) "$work/both") <(tail -n $((n / 2)) "$work/both")
}
for file in "$captures"/*.scap; do
	[ "$(stat -c %s "$file")" -lt 3000000 ] || continue
	check "${file##*/} behind itself reads as it does alone" halves_are_alike "$file"
done
echo "1..$tests"
[ "$failures" -eq 0 ]
