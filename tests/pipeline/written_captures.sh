#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A capture that is read and written again says the same: every frame that the collector makes of it is
# equal, and a reader that was made from the format's description alone finds nothing wrong with it.
top=$(cd -- "$(dirname -- "$0")/../.." && pwd)
build=${MEWS_BUILD_DIR:-$top/build}
captures=${MEWS_CAPTURES:-$top/../shared/captures}
reader=$captures/../compat/tools/scapread.py
tools=$build/tests/support

skip_all() {
	echo "ok 1 - ${0##*/} # SKIP $*"
	exit 0
}
[ -x "$tools/scap_rewrite" ] || skip_all "scap_rewrite is not built"
ls "$captures"/*.scap >/dev/null 2>&1 || skip_all "there are no captures"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

n=0 bad=0
verdict() { # NAME, what is wrong
	n=$((n + 1))
	if [ -z "$2" ]; then
		echo "ok $n - $1"
	else
		bad=1
		echo "not ok $n - $1"
		printf '%s\n' "$2" | head -n 5 | sed 's/^/# /'
	fi
}
same() {
	cmp <("$tools/scap_pipe" "$1") <("$tools/scap_pipe" "$work/again.scap") 2>&1
	[ "$("$tools/scap_pipe" "$1" | wc -c)" -gt 1000 ] || echo "there is nothing in it"
}
understood() {
	python3 -B "$reader" "$work/again.scap" >"$work/said" 2>&1 || cat "$work/said"
	grep -qE "'events': [0-9]+" "$work/said" || cat "$work/said"
	grep -E "FAIL|'left'|'truncated'|'slack'|'unknown type'|'block |unparsed" "$work/said"
}
for file in "$captures"/*.scap; do
	if ! "$tools/scap_rewrite" "$file" "$work/again.scap" 2>"$work/said"; then
		verdict "${file##*/} is written again" "$(cat "$work/said")"
		continue
	fi
	verdict "${file##*/}: the same frames, read and written again" "$(same "$file")"
	[ -f "$reader" ] && command -v python3 >/dev/null &&
		verdict "${file##*/}: written as the format says" "$(understood)"
done

# What a filter keeps makes the same alerts, with the same names, as it does among all other events.
cat >"$work/rule.yaml" <<'END'
- rule: shadow
  desc: x
  condition: evt.type in (open, openat, openat2) and fd.name = /etc/shadow
  output: >
    %evt.time.s %evt.type %evt.args fd=%fd.name/%fd.num proc=%proc.name %proc.cmdline %proc.exepath %proc.cwd %proc.env[PATH]
    up=%proc.aname[1],%proc.aname[2],%proc.aname[3] user=%user.name %user.uid container=%container.id sid=%proc.sname
  priority: INFO
END
alerts() { # CAPTURE
	"$tools/scap_pipe" "$1" | "$tools/enrich_pipe" 2>/dev/null | "$tools/rule_pipe" "$work/rule.yaml" | sed 's/"num":[0-9]*,//'
}
for name in 01_read_shadow c01_read_shadow; do
	file=$captures/$name.scap
	[ -f "$file" ] || continue
	alerts "$file" >"$work/all"
	"$tools/scap_rewrite" "$file" "$work/again.scap" \
		"evt.type in (open, openat, openat2) and fd.name = /etc/shadow" 2>"$work/said"
	verdict "$name: filtered, it has fewer events" \
		"$([ "$(sed 's/ .*//' "$work/said")" = "$(wc -l <"$work/all")" ] || cat "$work/said" "$work/all")"
	verdict "$name: filtered, it has alerts" "$([ -s "$work/all" ] || echo none)"
	verdict "$name: filtered, it makes the same alerts" "$(alerts "$work/again.scap" | diff "$work/all" - 2>&1)"
	verdict "$name: filtered, it is as the format says" "$([ ! -f "$reader" ] || understood)"
done
verdict "a filter that is wrong is refused" "$("$tools/scap_rewrite" "$file" "$work/again.scap" "proc.nam = x" 2>&1 |
	grep -q "^column 1: .*proc.nam" || echo "it is not")"
echo "1..$n"
exit $bad
