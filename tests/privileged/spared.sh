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
# closes: how many the kernel side has noted so far, of the first rows of its counters, on all processors.
closes() {
	local pid ids
	pid=$(pgrep -f "mews-collector.*$work/run")
	ids=$(awk '/^map_id/ {print $2}' /proc/"$pid"/fdinfo/* 2>/dev/null | sort -u)
	for id in $ids; do
		bpftool -j map show id "$id" 2>/dev/null | jq -r 'select(.name == "counts") | .id'
	done | sort -u | while read -r id; do
		bpftool -j map dump id "$id" | jq "[.[] | .formatted | select(.key % 512 == $close_x) | .value.seen] | add"
	done
}
few() { # Others close the standard ones as well meanwhile.
	local before after
	before=$(closes)
	"$trigger" many "$work/real/file" 100000
	after=$(closes)
	echo "$before $after"
	[ -n "$before" ] && [ $((after - before)) -lt 50000 ]
}
close_x=5

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
