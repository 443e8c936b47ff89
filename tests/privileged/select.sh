#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What is watched follows the rules and the settings, call by call, and nothing in the kernel is attached
# or detached for it.
. "$(dirname -- "$0")/../support/pipeline.sh"
. "$top/tests/support/status.sh"
need_live

rules() { # FILE NAME CALLS
	cat >"$1" <<-END
		- rule: probe
		  desc: x
		  condition: evt.type in (open, openat) and fd.name=/etc/shadow
		  output: "%proc.cmdline"
		  priority: INFO
		- rule: $2
		  desc: x
		  condition: evt.type in ($3) and proc.name=trigger
		  output: "%evt.type %proc.cmdline"
		  priority: INFO
	END
}
taken() { status_of run | jq '[.. | .taken? // empty][0]'; }
alerts_of() { jq -r "select(.rule == \"$1\") | .output_fields[\"evt.type\"]" "$work/alerts" | sort | uniq -c; }
attached() { # the collector's programs and links
	local pid
	for pid in $(pgrep -f "mews-collector.*$work/run"); do
		awk '/^(prog|link)_id/ {print}' /proc/"$pid"/fdinfo/* 2>/dev/null
	done | sort
}
flooded() { # CALL: what was taken while a hundred thousand of it were made
	local before
	before=$(taken)
	"$trigger" call "$1" 100000
	sleep 0.5
	echo $(($(taken) - before))
}

rules "$work/rules.yaml" first sysinfo
start_mews -r "$work/rules.yaml"
"$trigger" call sysinfo 3
check "a call without an event of its own is asked for by its name" wait_for 5 sh -c \
	"[ \"\$(jq -r 'select(.rule == \"first\") | .output_fields[\"evt.type\"]' '$work/alerts' | grep -cx sysinfo)\" = 3 ]"
n=$(flooded getppid)
check "and others of its kind are not watched ($n)" [ "$n" -lt 60000 ]
check "what is watched is told" sh -c "'$mews' status --run-dir '$work/run' | grep -qE 'system calls watched, [0-9]+ for rules'"

# Other rules: the evaluator reads them when it starts again.
attached >"$work/before"
rules "$work/rules.yaml" second getppid
"$mews" restart evaluator --run-dir "$work/run" >/dev/null
other_rules() {
	"$trigger" call getppid 1
	sleep 0.1
	grep -q '"rule":"second"' "$work/alerts"
}
check "other rules are followed" wait_for 10 other_rules
attached >"$work/after"
check "with the same programs and links" sh -c "[ -s '$work/before' ] && cmp '$work/before' '$work/after'"
old=$(alerts_of first)
"$trigger" call sysinfo 3
"$trigger" read /etc/shadow the-end
wait_for 5 grep -q the-end "$work/alerts"
check "what is not asked for any more does not come" [ "$(alerts_of first)" = "$old" ]
check "nothing was lost and all is balanced" nothing_lost
stop_mews

# Descriptors end without their closes being watched: an execve ends those that are closed by it.
cat >"$work/rules.yaml" <<'END'
- rule: Lock
  desc: x
  condition: evt.type = flock and proc.cmdline contains "exec-mark"
  output: "%fd.name %proc.stdin.name %proc.stdout.name"
  priority: INFO
- rule: Probe
  desc: is it live
  condition: evt.type in (open, openat) and fd.name = /etc/shadow
  output: "%proc.cmdline"
  priority: INFO
END
start_mews -r "$work/rules.yaml"
"$trigger" exec-with /etc/hostname exec-mark
locked() { jq -se --arg want "$1" 'any(.[]; .rule == "Lock" and (.output_fields |
	[."fd.name", ."proc.stdin.name", ."proc.stdout.name"] | map(. // "") | join(":")) == $want)' "$work/alerts"; }
check "of two descriptors over an execve, the one that it closes is not believed to be open" wait_for 5 \
	locked "/etc/hostname::/etc/hostname"
# Rules that count descriptors need the closes: what was not told until then is told by a snapshot.
before=$(counter run collector snapshots)
sed -i 's/evt.type = flock and/evt.type = flock and proc.fdopencount > 0 and/' "$work/rules.yaml"
"$mews" restart evaluator --run-dir "$work/run" >/dev/null
check "when closes are asked for, all state is told again" wait_for 10 eval '[ "$(counter run collector snapshots)" -gt "$before" ]'
stop_mews

# Settings.
rules "$work/rules.yaml" third 'getppid, sysinfo'
start_mews -r "$work/rules.yaml" -o 'base_syscalls.custom_set[]=!getppid' -o 'base_syscalls.custom_set[]=!dup' \
	-o 'base_syscalls.custom_set[]=opennat'
"$trigger" call getppid 3
"$trigger" call sysinfo 1
check "a call that the settings leave out is not watched" wait_for 5 sh -c \
	"[ \"\$(jq -r 'select(.rule == \"third\") | .output_fields[\"evt.type\"]' '$work/alerts' | sort -u)\" = sysinfo ]"
check "an unknown name is told" grep -q "no system call 'opennat'" "$work/mews.log"
check "and what a rule waits for in vain" grep -qE "rules ask for system calls that .* leaves out: getppid" "$work/mews.log"
check "and what the state lacks" grep -qE "leaves out system calls that state is made of.*: dup$" "$work/mews.log"
check "the pipeline works on" pipeline_is_live
