#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Opens for which no rule can match are passed over in the kernel; whatever a rule can match for is not, by
# whichever name, and from the moment on that a rule can.
. "$(dirname -- "$0")/../support/pipeline.sh"
. "$top/tests/support/status.sh"
need_live

rules() { # FILE...: what is read there alerts
	cat >"$work/rules.yaml" <<-END
		- rule: Read
		  desc: x
		  condition: evt.type in (open, openat, openat2) and evt.is_open_read=true and fd.name in ($1)
		  output: "%fd.name by %proc.cmdline"
		  priority: INFO
		- rule: Mode
		  desc: x
		  condition: evt.type = fchmod
		  output: "mode of %fs.path.name"
		  priority: INFO
		- rule: Probe
		  desc: is it live
		  condition: evt.type in (open, openat) and fd.name = /etc/shadow
		  output: "%proc.cmdline"
		  priority: INFO
	END
}
muted() { counter run collector muted; }
alerts_with() { grep -cF -- "$1" "$work/alerts"; }
has_alerts() { [ "$(alerts_with "$1")" -ge "$2" ]; }
file=$work/file
: >"$file" && : >"$work/secret"
grow() { # FILE: it is opened until that is passed over
	"$trigger" many "$1" 200
	sleep 0.2
	local before
	before=$(muted)
	"$trigger" many "$1" 2000
	sleep 0.2
	[ $(($(muted) - before)) -ge 1900 ]
}

rules "$work/secret"
start_mews -r "$work/rules.yaml"
check "what no rule can match is passed over" wait_for 10 grow "$file"
check "what a rule can match is not: 50 reads, 50 alerts" eval '"$trigger" many "$work/secret" 50; wait_for 5 has_alerts "$work/secret" 50'
ln -s "$work/secret" "$work/link"
grow "$work/link"
check "by a link it is found out as often as it is opened" wait_for 5 has_alerts '"mews.matched_path":"'"$work/secret"'"' 2200
rm "$work/link" && ln -s "$file" "$work/link"
"$trigger" many "$work/link" 2000
rm "$work/link" && ln -s "$work/secret" "$work/link"
"$trigger" read "$work/link" the-link
check "so it is by one that led elsewhere before" wait_for 5 has_alerts the-link 1
rm "$work/secret" && ln "$file" "$work/secret" && "$trigger" read "$work/secret" learnt
wait_for 5 has_alerts learnt 1
"$trigger" read "$file" the-twin
check "and by another name that the file itself has now" wait_for 5 has_alerts the-twin 1
rm "$work/secret"

# Nobody saw how it was opened; its name is known by the kernel.
grow "$file"
"$trigger" handed "$file" "$file"
check "a file whose open was passed over has its name in later events" wait_for 5 has_alerts "mode of $file" 1

# The rule comes while the file is muted.
grow "$file"
rules "$work/secret, $file"
"$mews" reload --run-dir "$work/run" >/dev/null
"$trigger" many "$file" 500
check "other rules, and it is told of each time" wait_for 5 has_alerts "$file by" 500
check "nothing was lost and all is balanced" nothing_lost
stop_mews

rules "$work/secret"
start_mews -r "$work/rules.yaml" -o mews.mute_opens=false
"$trigger" many "$file" 2000
check "the setting turns it off" [ "$(muted)" = 0 ]
stop_mews
sed -i 's/condition: evt.type = fchmod/condition: evt.type in (close, fchmod)/; s/mode of %fs.path.name/done with %fd.name/' "$work/rules.yaml"
start_mews -r "$work/rules.yaml" -o mews.mute_opens=true
"$trigger" many "$file" 100
check "who asks what was closed is told its name each time" wait_for 5 has_alerts "done with $file" 100
stop_mews
sed -i 's/condition: evt.type in (close, fchmod)/condition: evt.type = fchmod and proc.fdopencount > 1/' "$work/rules.yaml"
start_mews -r "$work/rules.yaml"
"$trigger" many "$file" 2000
check "who counts what is open is told of all" [ "$(muted)" = 0 ]
check "and it is said" grep -q "no open is left out: rules ask what processes have open, or what was closed" "$work/mews.log"
stop_mews
