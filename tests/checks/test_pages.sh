#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The pages say what the tables say: every setting, every command, every exit code, every unit's user.
top=$(cd -- "$(dirname -- "$0")/../.." && pwd)
cd "$top" || exit 1
n=0 bad=0
verdict() {
	n=$((n + 1))
	if [ -z "$2" ]; then
		echo "ok $n - $1"
	else
		bad=1
		echo "not ok $n - $1"
		printf '%s\n' "$2" | sed 's/^/# /'
	fi
}

keys=$(grep -oE '^	(ROW|FLAG|UNUSED)\("[a-z0-9_.]+"' common/conf_rows.c | cut -d'"' -f2)
keys+=$'\n'$(sed -nE 's/^	\[OUTPUT_[A-Z]*\] = \{ "([a-z_]*)".*/\1/p; s/^	(FLAG|TEXT)\([^,]*, ([a-z_]*),.*/\2/p
	s/^	ROW\([^,]*, "([a-z_]*)".*/\1/p' common/conf_output.c | sort -u)
verdict "the table of settings is found" "$([ "$(wc -l <<<"$keys")" -ge 20 ] || echo "$keys")"
verdict "every setting is in mews.yaml(5)" \
	"$(for key in $keys; do grep -qE "^\.It Cm $key( |$)" docs/mews.yaml.5 || echo "$key"; done)"
verdict "and no other" \
	"$(sed -n 's/^\.It Cm \([a-z0-9_.]*\).*/\1/p' docs/mews.yaml.5 | grep -vxF "$keys")"
commands=$(sed -n 's/^	{ "\([a-z-]*\)".*/\1/p' control/mews.c)
verdict "every command is in mews(8)" \
	"$(for name in ${commands:-none}; do grep -qxF ".It Ic $name" control/mews.8 || echo "$name"; done)"
synopsis=$(sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESCRIPTION/s/^\.Ic //p' control/mews.8)
verdict "and in its synopsis" \
	"$(for name in ${commands:-none}; do grep -qE "^$name( |$)" <<<"$synopsis" || echo "$name"; done)"
verdict "with each that has two words" "$(
	words=$(sed -nE 's/^	\{ "config", "([a-z]+) .* \| ([a-z]+) .*/\1 \2/p' control/mews.c)
	for word in ${words:-none}; do grep -qx "config Cm $word" <<<"$synopsis" || echo "config $word"; done)"
verdict "every page of ours that a page names is packed" "$(
	for page in $(grep -hoE '^\.Xr mews[a-z.-]* [0-9]' control/*.8 collector/*.8 enricher/*.8 evaluator/*.8 emitter/*.8 recorder/*.8 docs/*.5 |
		awk '{ print $2 "." $3 }' | sort -u); do
		grep -qE "[ /]$page([ )]|$)" deploy/CMakeLists.txt || echo "$page"
	done)"
words=$(sed -n 's/^	*\[OP_[A-Z0-9]*\] = { "\([^"][^"]*\)".*/\1/p' evaluator/op.c
	sed -n 's/^	{ "\([a-z0-9]*\)", check_.*/\1()/p' evaluator/transform.c
	sed -n '/} kinds\[\] = {/,/};/s/.*"\([a-z][a-z_ -]*\)".*/\1/p' evaluator/rule_read.c)
verdict "operators, transformers and keys are found" "$([ "$(wc -w <<<"$words")" -ge 45 ] || echo "$words")"
verdict "each of them is in mews-rules(5)" "$(
	page=$(sed -n 's/^\.\(It \)*Cm //p' docs/mews-rules.5 | tr -d ',' | sed 's/( Ns.*/()/' | tr ' ' '\n')
	for word in $words; do grep -qxF -- "$word" <<<"$page" || echo "$word"; done)"
page=$(awk -f docs/metrics.awk common/metrics.def common/counter.def common/gauge.def)
verdict "mews-metrics(5) is made of every row of the three tables" "$(
	rows=$(grep -cE '^(METRIC|COUNTER|GAUGE)\(' common/metrics.def common/counter.def common/gauge.def | awk -F: '{ n += $2 } END { print n }')
	items=$(grep -c '^\.It Ic [a-z]' <<<"$page")
	[ "$rows" -ge 100 ] && [ "$rows" -eq "$items" ] || echo "$rows rows, $items in the page")"
command -v mandoc >/dev/null && verdict "and is well formed" "$(mandoc -T lint -W warning <<<"$page" 2>&1 | head -n 5)"
verdict "docs/metrics.md asks for metrics that there are" "$(
	for name in $(grep -ohE '\b(mews|falcosecurity)_[a-z_]*[a-z]\b' docs/metrics.md | sed 's/_bucket$//' | sort -u); do
		grep -qE "^\.It Ic $name( |$)" <<<"$page" || echo "$name"
	done)"
verdict "and for the increase of none that begins with its first loss" \
	"$(grep -hoE '(increase|rate)\(mews_lost_events[^)]*\)' docs/*.md)"
verdict "each stage has its user and its unit" \
	"$(for stage in collector enricher evaluator emitter recorder; do
		grep -qE "^u +mews-$stage " deploy/mews.sysusers.conf || echo "no user mews-$stage"
		grep -qx "ExecStart=/usr/bin/mews-$stage" "deploy/systemd/mews-$stage.service" || echo "no unit mews-$stage"
		grep -q "\"mews-$stage\"" common/jail.c || echo "no row for mews-$stage"
	done)"
exit $bad
