#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# docs/wire.md is enough to write a stage: a collector and an evaluator in Python, made from it alone,
# work with the enricher and the emitter that are here (in a replay: of a live writer they take no end).
. "$(dirname -- "$0")/../support/pipeline.sh"
[ -x "$mews" ] || skip_all "mews is not built"
command -v python3 >/dev/null || skip_all "needs python3"

count=3000
cp "$build/bin/mews-enricher" "$build/bin/mews-emitter" "$top/tests/support/foreign.py" "$top/docs/wire.md" "$tools"
mkdir -m 700 "$work/run"
as=
if [ "$(id -u)" -eq 0 ]; then
	# Of root's stages each has a uid of its own; these four are one user's.
	chown 65534:65534 "$work/run"
	as="setpriv --reuid 65534 --regid 65534 --clear-groups"
fi
export TZ=UTC
$as timeout 100 "$tools/mews-emitter" --replay --run-dir "$work/run" >"$work/out" 2>"$work/emitter.err" & emitter=$!
$as timeout 100 "$tools/mews-enricher" --replay --run-dir "$work/run" 2>"$work/enricher.err" & enricher=$!
$as timeout 100 python3 "$tools/foreign.py" evaluator "$work/run" 2>"$work/evaluator.err" & evaluator=$!
$as timeout 100 python3 "$tools/foreign.py" collector "$work/run" "$tools/wire.md" $count 2>"$work/collector.err"
check "a foreign collector is read to its end" [ $? -eq 0 ]
[ -s "$work/collector.err" ] && { sed 's/^/# /' "$work/collector.err"; kill $emitter $enricher $evaluator; }
wait $enricher
check "the enricher takes it, and ends with the end" [ $? -eq 0 ]
wait $evaluator
check "so does a foreign evaluator" [ $? -eq 0 ]
wait $emitter
check "and the emitter behind that" [ $? -eq 0 ]
check "each event made its alert, once and in order" diff "$work/out" <(seq 1 $count |
	sed 's,.*,22:13:20.123456789: Warning number & opened /etc/shadow,')
check "nobody found a fault" [ ! -s "$work/emitter.err" -a ! -s "$work/enricher.err" -a ! -s "$work/evaluator.err" ]
sed 's/^/# /' "$work"/*.err
echo "1..$tests"
