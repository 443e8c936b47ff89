#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# `mews explain` as its users meet it: which rule, what is told, exit codes.
. "$(dirname -- "$0")/../support/pipeline.sh"
[ -x "$mews" ] || skip_all "mews is not built"
trap 'rm -rf "$work" "$tools"' EXIT
cd "$work" || exit 1
rules=$top/rules/mews_rules.yaml
cases=$top/rules/mews_rules_test.yaml

# said CODE PATTERN ARGS...: mews explain ARGS ends with CODE, and PATTERN is in what it says.
said() {
	local code=$1 pattern=$2 status
	shift 2
	"$mews" explain "$@" >out 2>err
	status=$?
	cat out err
	[ "$status" -eq "$code" ] && cat out err | grep -qE -- "$pattern"
}

check "a rule by its name" said 0 '^rule +Log file cleared$' "Log file cleared" -r "$rules"
check "with its events" grep -qx 'event types   open, creat, rename, renameat, unlink, unlinkat, openat, renameat2, openat2, open_by_handle_at' out
check "as it was written" grep -q '^  and not proc.name in (logrotate, rsyslogd' out
check "with its macros written out" grep -q '^ *macro opened_for_writing$' out
check "what is remembered of a process" \
	grep -qE '^ +of the process: remembered .*; found in a hash set; shared with [0-9]+ other rules$' out
check "a rule by a part of its name" said 0 '^rule +Log file cleared$' "log FILE" -r "$rules"
check "not if it is a part of several" said 1 "'file' is in the name of [0-9]+ rules: 'Sensitive file read'" file -r "$rules"
check "a name that is nearly one" said 1 "did you mean 'Log file cleared'" "Log fiel cleared" -r "$rules"
check "stdout is left alone then" test ! -s out
printf 'rules_files: [%s]\nappend_output: [{extra_output: at %%evt.num}]\n' "$rules" >settings.yaml
check "without -r the rules that settings name" said 0 '^rule +Log file cleared$' "log FILE" -c settings.yaml
check "with what they add to the output" grep -q '^output fields .*evt.num' out
check "or that -o does" said 0 '^rule +Log file cleared$' "log FILE" -o "rules_files=$rules"
check "-r in their place" said 1 'nowhere.yaml: cannot read the file' "log FILE" -c settings.yaml -r nowhere.yaml
check "settings that are wrong" said 1 "not a value for .json_output" "log FILE" -o json_output=perhaps
if [ "$(id -u)" -eq 0 ]; then # with another /etc
	mkdir -p etc/mews && cp settings.yaml etc/mews/mews.yaml
	mews_there=$mews mews=$work/there
	printf '#!/bin/sh\nexec unshare -m sh -c '\''mount --bind "$0" /etc && exec "$@"'\'' "%s" "%s" "$@"\n' "$work/etc" "$mews_there" >"$mews"
	chmod +x "$mews"
	check "without -c the settings of this host" said 0 '^rule +Log file cleared$' "log FILE"
	check "with all that they say" grep -q '^output fields .*evt.num' out
	check "but not beside -r" said 0 '^rule +Log file cleared$' "log FILE" -r "$rules"
	check "without what they add" eval '! grep -q "evt.num" out'
	check "list rules takes them, too" eval '"$mews" list rules >out && grep -q "^Log file cleared " out'
	mews=$mews_there
fi
check "rules that are not there" said 1 'nowhere.yaml: cannot read the file' x -r nowhere.yaml
check "no rule is wrong usage" said 2 '^usage: mews explain' -r "$rules"
check "two rules are, too" said 2 "not expected 'b'" a b

check "a test by a part of its name" \
	said 0 "^test 'a program appends to its log', event 1, openat: 'Log file cleared' is false" \
	"Log file cleared" --test "$cases:appends" -r "$rules"
check "what decided is marked" \
	grep -q "^> false .*evt.arg.flags contains O_TRUNC  -- evt.arg.flags is 'O_APPEND|O_WRONLY'$" out
check "and what did not is not" grep -q "^  true .*fd.name startswith /var/log/  -- fd.name is" out
check "without -r the rules beside the tests" said 0 "is false" "Log file cleared" --test "$cases:appends"
printf 'rules_files: [%s]\n' "$top/rules/mews_rules.yaml" >named.yaml
cp "$cases" alone.yaml
check "rules that settings name for a test" \
	said 0 "is false" "Log file cleared" --test alone.yaml:appends -c named.yaml
check "without a name all tests that speak of the rule" \
	said 0 "^test 'vim writes a file in /etc', event 1, openat: 'Write below etc' is true" "Write below etc" --test "$cases"
check "and no others" bash -c '[ "$(grep -c "^test " out)" = 1 ]'
check "a test that is not there" said 1 "there is no test 'xyzzy'" "Write below etc" --test "$cases:xyzzy"
check "a file that is not there" said 1 'cannot read the file' "Write below etc" --test nowhere.yaml:x
[ "$failures" -eq 0 ]
