#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The ring's protocol, tried in all orders by spin: each model holds; and each catches what it is there for, when one step of it
# is put wrong.  What the models say is in their heads; --long tries larger ones.
models=$(cd -- "$(dirname -- "$0")" && pwd)
work=$(mktemp -d /tmp/mews-model.XXXXXX) || exit 1
trap 'rm -rf "$work"' EXIT
n=0 failures=0
if ! command -v spin >/dev/null || ! command -v gcc >/dev/null; then
	echo "ok 1 - models of the ring # SKIP no spin"
	exit 0
fi
# holds MODEL ARGS...: all orders of steps are good, and there were some.
holds() {
	(cd "$work" && rm -f pan* ./*.trail && spin -a "${@:2}" "$1" && gcc -O0 -DSAFETY -DMEMLIM=2048 -o pan pan.c && ./pan -E -m200000) \
		>"$work/said" 2>&1 || return 1
	grep -q 'errors: 0' "$work/said" && ! grep -q 'search not completed\|max search depth' "$work/said"
}
say() { # ok|"not ok" NAME
	n=$((n + 1))
	echo "$1 $n - $2"
	[ "$1" = ok ] || { failures=$((failures + 1)); tail -n 12 "$work/said" | sed 's/^/# /'; }
}
states() { sed -n 's/^ *\([0-9]*\) states, stored.*/\1/p' "$work/said"; }

bounds=(-DITEMS=3 -DCRASHES=2)
[ -z "${MEWS_LONG:-}" ] || bounds=(-DITEMS=4 -DCRASHES=4)
for model in chain slot wake; do
	args=()
	[ $model != chain ] || args=("${bounds[@]}")
	if holds "$models/$model.pml" "${args[@]}"; then
		say ok "$model: each order of steps is good ($(states) states)"
	else
		say "not ok" "$model: each order of steps is good"
	fi
done

# wrong NAME MODEL SED: the model with one step put wrong is found out.
wrong() {
	sed "$3" "$models/$2.pml" >"$work/wrong.pml"
	if cmp -s "$models/$2.pml" "$work/wrong.pml"; then
		echo "the step is not in the model any more" >"$work/said"
		say "not ok" "$2: $1 is found out"
	elif holds "$work/wrong.pml" "${bounds[@]}" || ! grep -q 'errors: 1' "$work/said"; then
		say "not ok" "$2: $1 is found out"
	else
		say ok "$2: $1 is found out"
	fi
}
wrong "a commit before what was read is published" chain 's/source != read1 && put1 == b\[gen_b\].head/source != read1/'
wrong "a ring that is left before it is drained" chain 's/ \&\& read2 == b\[on_b\].head \&\& b\[on_b\].cursor == read2 ->/ \&\& b[on_b].cursor == read2 ->/'
wrong "a commit before somebody holds what was published" chain 's/ \&\& b\[gen_b\].taken -> source = read1/ -> source = read1/'
wrong "rings of the dead that nobody keeps" chain 's/crashes--; gen_c++; put2 = 0; read2 = b\[on_b\].cursor;/crashes--; gen_c++; put2 = 0; on_b = gen_b; read2 = b[on_b].cursor;/'
wrong "a successor that does not know what was delivered" chain 's/:: journal\[x\] == 0 ->/:: true ->/'
wrong "an item that is sent again and not dropped" chain 's/:: x > last2 -> last2 = x;/:: true -> last2 = x;/'
wrong "a slot that is in force before it is whole" slot 's/^\t\tend\[s\] = i;/\t\tskip;/; s/^\t\tbegin\[s\] = i;/\t\tatomic { word = i; in_force = s; begin[s] = i; end[s] = i };/'
wrong "a slot that is read from its beginning" slot 's/e = end\[s\];/e = begin[s];/; s/a = begin\[s\];/a = end[s];/'
wrong "a look at the head before it is said that one sleeps" wake 's/^\t\t\tasleep = naps;/\t\t\tskip;/; s/^\t\t\t\tbell ? _;.*/\t\t\t\tasleep = naps; bell ? _;/'
echo "1..$n"
[ $failures -eq 0 ]
