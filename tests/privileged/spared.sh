#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Closes are collected only for those who ask.  Without them the names of descriptors are right all the same:
# the kernel says at each event which file it is, whatever we think is open at its number.  A rule that asks
# for them gets them; a recording has them all.
. "$(dirname -- "$0")/../support/pipeline.sh"
need_live

mark=mark-$$-$RANDOM
mkdir -p "$work/decoy" "$work/real" && echo decoy >"$work/decoy/file" && echo real >"$work/real/file"
cat >"$work/probe.yaml" <<'END'
- rule: probe
  desc: x
  condition: evt.type in (open, openat) and fd.name=/etc/shadow
  output: "%proc.cmdline"
  priority: INFO
END
cat >"$work/rules.yaml" <<END
- rule: mode
  desc: x
  condition: evt.type=fchmod and proc.cmdline contains $mark
  output: "%evt.arg.fd %fd.name %fd.directory %proc.cmdline"
  priority: INFO
- rule: opened
  desc: x
  condition: evt.type in (open, openat) and fd.name endswith /file and proc.cmdline contains $mark
  output: "%fd.name %evt.arg.dirfd %proc.cmdline"
  priority: INFO
END
cat >"$work/closes.yaml" <<END
- rule: closed
  desc: x
  condition: evt.type=close and fd.name startswith $work and proc.cmdline contains $mark
  output: "%fd.name %proc.cmdline"
  priority: INFO
END
field() { jq -r "select(.rule == \"$1\") | .output_fields[\"$2\"]" "$work/alerts"; }
has() { field "$1" "$2" | grep -qxF "$3"; } # RULE FIELD VALUE
taken() { "$mews" status --json --run-dir "$work/run" | jq '[.. | .taken? // empty][0]'; }
few() { # An open and a close are one event.
	local before after
	before=$(taken)
	"$trigger" many "$work/real/file" 100000
	sleep 0.5
	after=$(taken)
	echo "$before $after"
	[ $((after - before)) -ge 100000 ] && [ $((after - before)) -lt 160000 ]
}

start_mews -r "$work/probe.yaml" -r "$work/rules.yaml" -o rule_matching=all
check "closes that nobody asks for are not collected" few
"$trigger" handed "$work/decoy/file" "$work/real/file" "$mark"
check "a descriptor that was closed and came back unseen has its file's name" \
	wait_for 5 has mode fd.name "$work/real/file"
check "in an argument, too" [ "$(field mode evt.arg.fd)" = "<f>$work/real/file" ]
"$trigger" handed-dir "$work/decoy" "$work/real" file "$mark"
check "a directory as well: the name behind it is right" wait_for 5 has opened fd.name "$work/real/file"
check "and the directory's own" has opened evt.arg.dirfd "<d>$work/real"
stop_mews

start_mews -r "$work/probe.yaml" -r "$work/closes.yaml" -o rule_matching=all
"$trigger" read "$work/real/file" "$mark"
check "a rule about closes gets them" wait_for 5 has closed fd.name "$work/real/file"
stop_mews

"$mews" record -o "$work/all.scap" 2>"$work/record.log" </dev/null &
record_pid=$!
wait_for 20 grep -q "recording to" "$work/record.log"
"$trigger" read "$work/real/file" "$mark"
sleep 0.5
kill -INT "$record_pid"
wait "$record_pid"
check "a recording has them all" sh -c "'$mews' replay '$work/all.scap' -r '$work/closes.yaml' | grep -qF '$mark'"
finish
