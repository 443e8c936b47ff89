#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# One allocation fails: of the cores' work for a whole capture and all rules, and of each parser's with the inputs
# of its fuzz target.  Nothing crashes, hangs or is left behind, and what cannot be done is said or counted.
# A share of the points, others each time; with --long all.
top=$(cd -- "$(dirname -- "$0")/../.." && pwd)
renice -n 15 -p $$ >/dev/null # whoever else runs waits for something; this does not
build=${MEWS_BUILD_DIR:-$top/build}
captures=${MEWS_CAPTURES:-$top/../shared/captures}
official=$top/../shared/rules
cd "$top" || exit 1
share=20
! grep -q '^MEWS_SANITIZE:BOOL=ON' "$build/CMakeCache.txt" || share=8
[ -z "${MEWS_LONG:-}" ] || share=100
seed=${MEWS_SEED:-$RANDOM}
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=1
work=$(mktemp -d /tmp/mews-faults.XXXXXX)
trap 'rm -rf "$work"' EXIT
n=0 bad=0

# tried PROGRAM ARGUMENT...: its lines, numbered anew; of what is bad, the points.
tried() {
	local line
	"$build/tests/faults/$1" --share $share --seed "$seed" "${@:2}" >"$work/out" 2>"$work/err"
	[ $? -le 1 ] || echo "not ok 0 - $1 ends with its report" >>"$work/out"
	while read -r line; do
		case $line in
		ok*) n=$((n + 1)) && echo "ok $n - ${line#* - }" ;;
		not*)
			n=$((n + 1)) bad=1
			echo "not ok $n - ${line#* - }"
			grep -E '^# |^(==[0-9]*==)?(ERROR|SUMMARY)|runtime error' "$work/err" | cut -c1-500 | head -n 20 | sed 's/^#* */# /'
			;;
		*) echo "$line" ;;
		esac
	done <"$work/out"
}

rules=("$top/rules/mews_rules.yaml")
[ ! -d "$official" ] || rules+=("$official"/*.yaml)
if [ -e "$captures/04_revshell.scap" ]; then
	tried core_faults "$captures/04_revshell.scap" "${rules[@]}"
else
	n=1
	echo "ok 1 - the cores' work for a capture # SKIP no captures"
fi
for program in "$build"/tests/faults/faults_*; do
	name=${program##*/faults_}
	tried "faults_$name" tests/fuzz/corpus/"$name"/*
done
echo "1..$n"
exit $bad
