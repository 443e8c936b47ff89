#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The enricher's state at every event of the captures, held against what Falco printed of them.
top=$(cd -- "$(dirname -- "$0")/../.." && pwd)
build=${MEWS_BUILD_DIR:-$top/build}
captures=${MEWS_CAPTURES:-$top/../shared/captures}
compat=$captures/../compat

skip_all() {
	echo "ok 1 - ${0##*/} # SKIP $*"
	exit 0
}
[ -x "$build/tests/support/enrich_pipe" ] || skip_all "enrich_pipe is not built"
[ -d "$captures/expected" ] && [ -f "$compat/tools/scapread.py" ] || skip_all "there are no captures"
command -v python3 >/dev/null || skip_all "there is no python3"

n=0 bad=0 said=()
verdict() {
	[ -n "$name" ] || return
	n=$((n + 1))
	if [ "$differ" = 0 ]; then
		echo "ok $n - $name: the state is Falco's"
	else
		bad=1
		echo "not ok $n - $name: the state is Falco's"
		printf '# %s\n' "${said[@]}"
	fi
}
name='' differ=1
while IFS= read -r line; do
	case $line in
	' '*) said+=("$line") ;;
	*)
		verdict
		name=${line%%:*} said=("$line") differ=1
		[[ $line == *', 0 differ' ]] && differ=0
		;;
	esac
done < <(PYTHONDONTWRITEBYTECODE=1 python3 "$top/tests/support/state_parity.py" "$build/tests/support/enrich_pipe" "$captures" "$compat" 2>&1)
verdict
echo "1..$n"
[ $n -gt 0 ] && exit $bad
exit 1
