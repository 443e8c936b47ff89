#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What is held back before the outputs: Falco's token bucket, and repeats that are summed up.
. "$(dirname -- "$0")/../support/pipeline.sh"
. "$(dirname -- "$0")/../support/emitter.sh"
[ -x "$emitter" ] && [ -x "$feed" ] || skip_all "the emitter is not built"
command -v jq >/dev/null || skip_all "needs jq"
check "alerts can be fed" start_feed

start_emitter -o outputs.rate=0.001 -o outputs.max_burst=20
feed 1 500
check "a burst goes on, and no more" wait_for 10 all_there "$work/out" 1 20
check "the first of them" [ "$(numbers "$work/out" | sort -n | tail -n 1)" -eq 20 ]
check "an alert says how many were held back" wait_for 10 grep -q 'Mews internal: alerts held back. There were [1-9][0-9]* more than outputs.rate allows' "$work/out"
check "the sums close" wait_for 5 outputs_balance
kill_emitter TERM
told=$(sed -n 's/.*held back. There were \([0-9]*\) .*/\1/p' "$work/out" | awk '{ n += $1 } END { print n }')
check "all that were held back are said when it ends" [ "$told" -eq 480 ]

: >"$work/out"
# Numbers differ in evt.num, which is none of the fields.
start_emitter -o outputs_aggregation.enabled=true -o outputs_aggregation.window_ms=1000 -o json_output=true
feed 1001 300
check "of equal alerts the first comes at once" wait_for 10 grep -q 'number 1001 ' "$work/out"
sum() { grep -o '"mews.repeats":[0-9]*' "$work/out" | awk -F: '{ n += $2 } END { exit n != 299 }'; }
check "the others are summed up" wait_for 10 sum
check "with the last one's text, and from when to when" grep -q 'number 1300 .*(again [0-9]* times, from 2026-11-23T19:33:57.0000[0-9]*Z to 2026-11-23T19:33:57.000001300Z)' "$work/out"
check "the sums close" wait_for 5 outputs_balance
check "no other alert is there" [ "$(grep -c number "$work/out")" -le 4 ]
feed 2001 5
kill_emitter TERM
check "what is held when it ends is summed up then" grep -q 'number 2005 .*again 5 times\|number 2005 .*again 4 times' "$work/out"
: >"$work/out"
start_emitter -o outputs_aggregation.enabled=true -o 'outputs_aggregation.fields=evt.num'
feed 3001 50
check "which fields tell them apart is a setting" wait_for 10 all_there "$work/out" 3001 50
kill_emitter TERM
echo "1..$tests"
[ "$failures" -eq 0 ]
