#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The web page of a live pipeline: who is let in, what the API answers, and, where there is a Chromium,
# the page itself (page_in_browser.py).  Screenshots stay in $BUILD/tests/log/page-*.png.
. "$(dirname -- "$0")/../support/pipeline.sh"
. "$top/tests/support/status.sh"
need_live
for program in curl jq python3; do
	command -v $program >/dev/null || skip_all "needs $program"
done
port=$((20000 + RANDOM % 20000))
base=http://127.0.0.1:$port

cat >"$work/rules.yaml" <<'END'
- rule: A file was read
  desc: for the test
  condition: evt.type in (open, openat, openat2) and fd.name = /etc/shadow
  output: file read (file=%fd.name command=%proc.cmdline)
  priority: WARNING
  tags: [page]
- rule: A program was run
  desc: for the test
  condition: evt.type in (execve, execveat) and proc.args contains page-test
  output: program run (command=%proc.cmdline parent=%proc.pname)
  priority: CRITICAL
END
code_of() { curl -sS --max-time 20 -o "$work/body" -w '%{http_code}' "$@"; }
gives() { # STATUS CURL_ARGS...
	local status
	status=$(code_of "${@:2}")
	[ "$status" = "$1" ] || { echo "status $status, not $1"; return 1; }
}
as_reader() { curl -sS --max-time 20 -H "Authorization: Bearer $token" "$base$1"; }
header_of() { curl -sS --max-time 20 -D - -o /dev/null "$base$1" | tr -d '\r' | sed -n "s/^$2: //Ip"; }
with_page=(-r "$work/rules.yaml" -o rule_matching=all -o webserver.enabled=true -o webserver.listen_port=$port)

# ---- switched off ----

start_mews "${with_page[@]}"
check "without the setting there is no page" gives 404 "$base/page/"
check "nor an address" bash -c "! '$mews' page --run-dir '$work/run'"
stop_mews

# ---- switched on ----

start_mews "${with_page[@]}" -o webserver.page.enabled=true -o webserver.page.hosts='[mews.example]' \
	-o metrics.enabled=true -o metrics.output_rule=true -o metrics.interval=500ms
address=$("$mews" page --run-dir "$work/run")
token=${address#*#token=}
check "mews page prints the address with its token" [ "$address" = "$base/page/#token=$token" ]
check "which is 256 bits by lot" grep -qxE '[0-9a-f]{64}' <<<"$token"
check "and root's alone" [ "$(stat -c '%a %U' "$work/run/page.address")" = "600 root" ]
check "no line of the log has it" bash -c "! grep -qF '$token' '$work/mews.log'"
check "the page's files are for everybody here" gives 200 "$base/page/"
check "its script, too" gives 200 "$base/page/main.js"
check "as JavaScript" [ "$(header_of /page/main.js content-type)" = "text/javascript; charset=utf-8" ]
policy=$(header_of /page/ content-security-policy)
for part in "default-src 'none'" "script-src 'self'" "style-src 'self'" "connect-src 'self'" "frame-ancestors 'none'" "base-uri 'none'" "form-action 'none'"; do
	check "the policy has $part" grep -qF "$part" <<<"$policy"
done
check "and nothing unsafe" bash -c "! grep -q unsafe <<<\"$policy\""
check "types are not guessed" [ "$(header_of /page/ x-content-type-options)" = nosniff ]
check "no address is passed on" [ "$(header_of /page/ referrer-policy)" = no-referrer ]
etag=$(header_of /page/page.css etag)
check "a file that did not change is not sent again" gives 304 -H "If-None-Match: $etag" "$base/page/page.css"
for call in alerts state else ../api/state; do
	check "without a token, no $call" gives 401 --path-as-is "$base/page/api/$call"
done
check "nor with a wrong one" gives 401 -H "Authorization: Bearer ${token%?}" "$base/page/api/state"
check "nor in the address" gives 401 "$base/page/api/state?token=$token"
check "the page under a strange name is refused" gives 403 -H "Host: evil.example:$port" "$base/page/"
check "even with the token" gives 403 -H "Host: evil.example:$port" -H "Authorization: Bearer $token" "$base/page/api/alerts"
check "under a name of the settings it is not" gives 200 -H "Host: mews.example" "$base/page/"
check "health asks for no name" gives 200 -H "Host: node.example" "$base/healthz"
check "nothing can be posted" gives 405 -H "Authorization: Bearer $token" -d x "$base/page/api/alerts"
check "nor asked for from elsewhere" gives 405 -X OPTIONS -H "Origin: http://evil.example" "$base/page/api/alerts"

alerts() { as_reader "/page/api/alerts?$1" >"$work/answer" && jq -e "${@:2}" "$work/answer"; }
/bin/sh -c '/bin/true page-test-family; :'
check "alerts come with their processes, the nearest first" wait_for 10 alerts last=100 \
	'[.alerts[] | select(.alert.output | contains("page-test-family")) | .more.lineage | map(.name)[0:3]] | index([["true", "sh", "page.sh"]])'
check "as the outputs have them, with an id" jq -e \
	'[.alerts[].alert | select(.rule == "A file was read") | (.output_fields["fd.name"] == "/etc/shadow") and (.uuid | length == 36)] | length > 0 and all' "$work/answer"
next=$(jq .next "$work/answer")
check "numbers go on where the last answer ended" alerts "from=$next" ".first == $next"
check "a number of nobody's begins anew" alerts from=999999999 '.first == .oldest and (.alerts | length) > 0'
check "as few as are asked for" alerts last=1 '.end - .first <= 1'
check "what is no number is refused" gives 400 -H "Authorization: Bearer $token" "$base/page/api/alerts?from=-1"
check "what the outputs get is as it was" jq -es \
	'map(keys - ["hostname", "output", "output_fields", "priority", "rule", "source", "tags", "time"]) | length > 0 and all(. == [])' "$work/alerts"
state() { as_reader /page/api/state | jq -e "$1"; }
check "the state has all stages, and who restarts them" state \
	'[.stages[] | [.name, .state, .answers]] | .[0:4] == [["collector", "running", true], ["enricher", "running", true], ["evaluator", "running", true], ["emitter", "running", true]]'
check "rings, losses, outputs and coverage" state \
	'([.rings[].name][0:3] == ["raw", "enriched", "alerts"]) and (.lost | has("kernel_buffer")) and (.outputs[0].kind == "stdout_output") and (.coverage | has("complete"))'

kill -9 "$(stage_pid run emitter)"
check "the next emitter takes the same token" wait_for 10 state '.stages | map(select(.name == "emitter" and .restarts > 0)) | length == 1'

# ---- in a browser ----

if [ -z "$(command -v chromium-headless-shell chromium)" ]; then
	ok "the page in a browser # SKIP package chromium-headless-shell is not installed"
else
	mkdir -p "$build/tests/log"
	"$(dirname -- "$0")/page_in_browser.py" "$address" "$work" "$build/tests/log" "$(stage_pid run enricher)" >"$work/browser.tap" 2>"$work/browser.err" ||
		not_ok "the browser's checks end" "$(tail -n 15 "$work/browser.err")"
	while read -r line; do
		case $line in
		"ok - "*) ok "${line#ok - }" ;;
		"not ok - "*) not_ok "${line#not ok - }" ;;
		*) echo "$line" ;;
		esac
	done <"$work/browser.tap"
fi
check "mews stops" stop_mews
check "and leaves no token" [ ! -e "$work/run/page.address" ]

# ---- a token of one's own, and wrong settings ----

refused() { # KEY=VALUE WORDS
	timeout 20 "$mews" run --run-dir "$work/no" -r "$work/rules.yaml" -o webserver.enabled=true -o webserver.listen_port=$port \
		-o webserver.page.enabled=true -o "$1" 2>&1 | grep -qF "$2"
}
echo short >"$work/token"
chmod 600 "$work/token"
check "a token that is too short is refused" refused webserver.page.token_file="$work/token" "is not one line of 16 to 256"
echo a-token.of_ones-own-0123 >"$work/token"
chmod 644 "$work/token"
check "and one that others may read" refused webserver.page.token_file="$work/token" "is no file of its owner alone"
chmod 600 "$work/token"
start_mews "${with_page[@]}" -o webserver.page.enabled=true -o webserver.page.token_file="$work/token"
token=a-token.of_ones-own-0123
check "a token of one's own opens" state '.stages | length >= 4'
check "mews page prints it" [ "$("$mews" page --run-dir "$work/run")" = "$base/page/#token=$token" ]
stop_mews
