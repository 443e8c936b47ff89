#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Somebody runs code in a stage.  What he can do is what docs/THREAT-MODEL.md says, attack by attack: the table there is the
# expectation here.  Stages as they are, with one call behind the jail (attack.c).
. "$(dirname -- "$0")/../support/pipeline.sh"
need_live
table=$top/docs/THREAT-MODEL.md
attacked=$build/tests/jail

cat >"$work/rules.yaml" <<'END'
- rule: any
  desc: x
  condition: evt.type = open
  output: x
  priority: INFO
END
chmod 644 "$work/rules.yaml"
# In the place of a neighbour, and of somebody on the host's loopback.
sleep 300 &
neighbour=$!
python3 -c '
import socket, sys, time
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
time.sleep(300)' >"$work/port" &
listener=$!
trap 'kill $neighbour $listener; finish' EXIT
wait_for 5 test -s "$work/port"

mkdir -m 777 "$work/captures"
# attack STAGE WHICH: what came of it, on stdout.
attack() {
	local args=(--run-dir "$work/run")
	[ "$1" != recorder ] || args+=(-o "capture.path_prefix=$work/captures/x")
	[ "$1" != evaluator ] || args+=(-r "$work/rules.yaml")
	MEWS_ATTACK=$2 MEWS_NEIGHBOUR=$neighbour MEWS_PORT=$(cat "$work/port") MEWS_RULES=$work/rules.yaml \
		timeout -s KILL 60 "$attacked/attacked-$1" "${args[@]}" 2>&1 >/dev/null | grep '^attack '
	return "${PIPESTATUS[0]}"
}
# The table: a row for each attack, a column for each stage.
stages=(collector enricher evaluator emitter recorder)
expected() { sed -n "s/^| \`$2\` *|//p" "$table" | cut -d '|' -f $(($1 + 2)) | tr -d ' '; }

for i in "${!stages[@]}"; do
	stage=${stages[$i]}
	attack "$stage" all >"$work/$stage"
	wrong=
	while read -r _ name outcome; do
		[ "$(expected "$i" "$name")" = "$outcome" ] || wrong+="$name: $outcome, not $(expected "$i" "$name"); "
	done <"$work/$stage"
	tried=$(wc -l <"$work/$stage")
	if [ -z "$wrong" ] && [ "$tried" -ge 20 ]; then
		ok "who runs code in mews-$stage can do what the table says ($tried attacks)"
	else
		not_ok "who runs code in mews-$stage can do what the table says" "$tried attacks: $wrong"
	fi
done

deadly=$(sed -n 's/^| `\([a-z-]*\)` *|.*| dies *|.*/\1/p' "$table")
check "the table names what ends a stage" [ "$(wc -w <<<"$deadly")" -ge 9 ]
for i in "${!stages[@]}"; do
	stage=${stages[$i]} alive=
	# The filter's part is the same for all: a collector, which takes longest to start, tries one.
	for name in $([ "$stage" = collector ] && echo exec || echo $deadly); do
		attack "$stage" "$name" >"$work/said"
		[ $? -eq 159 ] && [ ! -s "$work/said" ] || alive+="$name "
	done
	check "mews-$stage is ended before it has done any of them" [ -z "$alive" ]
done
check "nothing was left behind" [ ! -e /tmp/mews-attack ]
echo "1..$tests"
