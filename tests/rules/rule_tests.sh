#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# `mews test` as its users meet it: files, exit codes, what it says where; and that each rule that
# mews ships has a test that trips it and one that does not.
. "$(dirname -- "$0")/../support/pipeline.sh"
[ -x "$mews" ] || skip_all "mews is not built"
trap 'rm -rf "$work" "$tools"' EXIT
cd "$work" || exit 1

# said CODE PATTERN ARGS...: mews test ARGS ends with CODE, and PATTERN is in what it says.
said() {
	local code=$1 pattern=$2 status
	shift 2
	"$mews" test "$@" >out 2>err
	status=$?
	cat out err
	[ "$status" -eq "$code" ] && cat out err | grep -qE -- "$pattern"
}
valid_junit() { xmllint --noout --relaxng "$top/tests/support/junit.rng" "$1"; }

cat >rules.yaml <<'END'
- rule: Shadow read
  desc: d
  condition: evt.type = openat and fd.name = /etc/shadow and not proc.name = sshd
  output: "%proc.name reads"
  priority: WARNING
- test: in the file itself
  event: openat
  fields: {fd.name: /etc/shadow, proc.name: cat}
  trips: Shadow read
- rule: "Off"
  desc: d
  enabled: false
  condition: evt.type = close
  output: o
  priority: INFO
END
cat >rules_test.yaml <<'END'
- test: beside it
  event: openat
  fields: {fd.name: /etc/shadow, proc.name: sshd}
  alerts: []
- test: a disabled rule is tried where it is named
  event: close
  trips: "Off"
- test: and nowhere else
  event: close
  alerts: []
END
cat >fails_test.yaml <<'END'
- test: "fails <&> \"\e]0;\" # TODO"
  event: openat
  fields: {fd.name: /etc/shadow, proc.name: sshd}
  trips: Shadow read
- test: passes
  event: close
  misses: Shadow read
END
cat >wrong_test.yaml <<'END'
- test: wrong
  event: opnat
  trips: Shadow raed
- test: wrong, too
  event: openat
  fields: {fd.nme: x}
  alerts: []
END
printf -- '- test: [unclosed\n' >broken.yaml
printf -- '- list: l\n  items: [a]\n' >empty.yaml
mkdir directory
cp rules.yaml rules_test.yaml directory

check "tests in the file and beside it run" said 0 '^1\.\.4$' rules.yaml
check "all pass" bash -c '[ "$(grep -c "^ok " out)" = 4 ] && ! grep -q "^not ok" out'
check "a directory has both" said 0 '^ok 4 - and nowhere else' directory
check "beside a file of tests are its rules" said 0 '^1\.\.3$' rules_test.yaml
check "a file of tests alone needs its rules" said 1 "there is no rule 'Shadow read'" fails_test.yaml
check "-r gives them; a test that fails is exit code 1" \
	said 1 '^not ok 1 - fails <&> "\\\\u001b\]0;" \\# TODO$' -r rules.yaml fails_test.yaml
check "it tells what is missing" grep -q '^# missing alert: Shadow read$' out
check "and which clause decided" grep -q "^#   decided by: proc.name = sshd is true, under 'not'" out
check "the others go on" grep -q '^ok 2 - passes' out
check "tests of files behind -r are not run" said 0 '^1\.\.3$' -r rules.yaml rules_test.yaml
check "mistakes are exit code 1, with their places" \
	said 1 "^wrong_test.yaml:2:10: there is no event 'opnat', did you mean 'openat'\?" -r rules.yaml wrong_test.yaml
check "all of them" grep -q "wrong_test.yaml:6:12: there is no field 'fd.nme', did you mean 'fd.name'" err
check "with the line and a caret" grep -q '^           ^$' err
check "and nothing is run" grep -q '^Bail out!' out
check "a file that is no YAML" said 1 'broken.yaml:[0-9]+:[0-9]+: ' broken.yaml
check "a file that is not there" said 1 'nowhere.yaml: cannot read the file' nowhere.yaml
check "a file without tests says so" said 1 "no test in 'empty.yaml'" empty.yaml
check "no file is wrong usage" said 2 '^usage: mews test'
check "an option that is none is wrong usage" said 2 "no such option '--jnit'" --jnit x rules.yaml
check "stdout is left alone then" test ! -s out

if command -v xmllint >/dev/null; then
	said 1 . -r rules.yaml fails_test.yaml --junit fails.xml >/dev/null
	check "--junit writes valid XML" valid_junit fails.xml
	check "with one failure of two tests" grep -q 'tests="2" failures="1"' fails.xml
	check "the name of a test is only a name" \
		test "$(xmllint --xpath 'string(//testcase[1]/@name)' fails.xml)" = 'fails <&> "\u001b]0;" # TODO'
	said 0 . --junit good.xml rules.yaml >/dev/null
	check "a suite per file" test "$(xmllint --xpath 'count(//testsuite)' good.xml)" = 2
	check "valid, too" valid_junit good.xml
	said 1 . broken.yaml --junit broken.xml >/dev/null
	check "broken input is an error in it" grep -q '<error ' broken.xml
	check "valid as well" valid_junit broken.xml
else
	echo "ok $((++tests)) - --junit writes valid XML # SKIP no xmllint"
fi
check "a result that cannot be written is told" \
	said 1 "cannot write '/nowhere/x.xml': No such file" rules.yaml --junit /nowhere/x.xml
check "rules that carry tests load, and nothing is said of these" \
	bash -c "'$mews' validate rules.yaml | grep -qx 'rules.yaml: Ok'"

# What the manual page shows is what somebody will copy.
awk '/^\.Bd -literal/ { on = 1; next } /^\.Ed/ { on = 0; print "" } on' "$top/docs/mews-rule-tests.5" >page_test.yaml
check "the examples of mews-rule-tests(5) pass" said 0 '^1\.\.5$' -r "$top/rules/mews_rules.yaml" page_test.yaml

# Each rule has a part of its own in the test file.
check "every rule has a test that trips it and one that does not" awk '
	/^- rule: / { sub(/^- rule: /, ""); rules[$0] = 1 }
	/^# ---- .* ----$/ { part = $0; gsub(/^# ---- | ----$/, "", part) }
	/^  alerts: \[\]$/ { misses[part]++ }
	/^  (alerts|trips): / && index($0, part) { trips[part]++ }
	/^    - rule: / && index($0, part) { trips[part]++ }
	END {
		for (rule in rules) if (!trips[rule] || !misses[rule]) { print rule; bad = 1 }
		exit bad
	}' "$top/rules/mews_rules.yaml" "$top/rules/mews_rules_test.yaml"

# Both can be loaded, whichever comes first: names are not taken for other things.
official=("$top"/../shared/rules/*.yaml)
if [ -e "${official[0]}" ]; then
	check "the rules load before Falco's" "$mews" validate "$top/rules/mews_rules.yaml" "${official[@]}"
	check "and behind them" "$mews" validate "${official[@]}" "$top/rules/mews_rules.yaml"
else
	echo "ok $((++tests)) - the rules load beside Falco's # SKIP Falco's are not here"
fi
[ "$failures" -eq 0 ]
