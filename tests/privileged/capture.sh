#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A match of a rule with capture: true writes the events around it to a file that replays to the same
# alert with the same names; where no rule asks, there is nothing of it.  A recorder that is slow, stopped
# or killed, a disk that is full, a directory that is missing or not to be written: said and counted,
# and the pipeline loses nothing.
. "$(dirname -- "$0")/../support/pipeline.sh"
. "$top/tests/support/status.sh"
need_live

recorder_user=mews-recorder
id "$recorder_user" >/dev/null 2>&1 || recorder_user=64864
new_place() { # NAME: a directory for captures
	mkdir "$work/$1" && chown "$recorder_user" "$work/$1" && chmod 700 "$work/$1"
}
captures() { find "$work/$1" -name '*.scap' | sort; } # PLACE
has_captures() { [ "$(captures "$1" | wc -l)" -ge "$2" ]; }
is_idle() { stage_field run recorder detail | grep -q 'no file open'; }
said() { grep -qE -- "$1" "$work/mews.log"; }
counted() { # STAGE COUNTER LEAST
	local n
	n=$(counter run "$1" "$2")
	[ -n "$n" ] && [ "$n" -ge "$3" ] || { echo "$1 $2 is '$n'"; return 1; }
}
pull() { "$trigger" read /etc/shadow "$1" >/dev/null 2>&1; }
alerted() { grep -q -- "$1" "$work/alerts"; }
# marked MARK: of alerts on stdin those about what bears the mark, a line each, without what differs.
marked() { grep -- "$1" | jq -cS '{rule, fields: (.output_fields | del(.["evt.time"], .["evt.num"]))}' | sort; }
replayed() { # FILE
	"$mews" replay "$1" -r "$work/rule.yaml" -o json_output=true 2>"$work/replay.log"
}
same_alert() { # FILE MARK
	marked "$2" <"$work/alerts" >"$work/live"
	replayed "$1" | marked "$2" >"$work/again"
	[ -s "$work/live" ] && diff "$work/live" "$work/again"
}
lossless() {
	local name
	for name in lost_kernel lost_ring lost_restart; do
		[ "$(counter run collector $name)" = 0 ] || { echo "$name: $(counter run collector $name)"; return 1; }
	done
}

# Only what this test does itself: others may read these files meanwhile.
cat >"$work/rule.yaml" <<END
- rule: read
  desc: x
  condition: evt.type in (open, openat, openat2) and fd.name startswith /etc/shadow and proc.exepath = $trigger
  output: >
    %evt.time %evt.num %evt.type %fd.name %fd.typechar %proc.name %proc.cmdline %proc.exepath %proc.pid %proc.ppid %proc.pname
    %proc.aname[2] %proc.aname[3] %proc.cwd %proc.sname %proc.tty %proc.exe_ino %thread.tid %thread.cap_effective %user.name %user.uid
    %user.loginuid %group.name %container.id %proc.env[PATH]
  priority: INFO
  capture: true
  capture_duration: 1500
- rule: other
  desc: x
  condition: evt.type in (open, openat, openat2) and fd.name = /etc/hosts and proc.exepath = $trigger
  output: "%proc.cmdline %fd.name"
  priority: INFO
END
sed '/capture/d' "$work/rule.yaml" >"$work/plain.yaml"

nothing_of_it() {
	! pgrep -f -- "^mews-recorder .*--supervisor $mews_pid\$" && [ ! -e "$work/run/tap.door" ] &&
		[ ! -e "$work/run/captures.door" ] && ! status_of run | grep -q recorder
}
new_place none
start_mews -r "$work/plain.yaml" -o capture.enabled=true -o capture.path_prefix="$work/none/x"
check "without a rule that asks there is no recorder, no ring, no door" nothing_of_it
check "the pipeline ends" stop_mews
start_mews -r "$work/rule.yaml" -o capture.path_prefix="$work/none/x"
check "nor is there where captures are off" nothing_of_it
check "the pipeline ends" stop_mews

# A capture, and what it is.
new_place first
start_mews -r "$work/rule.yaml" -o capture.enabled=true -o capture.path_prefix="$work/first/cap"
check "the recorder runs" wait_for 10 came_back run recorder 0
recorder=$(stage_pid run recorder)
jailed() {
	grep -E '^(Uid|CapEff|CapPrm|CapBnd|NoNewPrivs)' "/proc/$recorder/status"
	grep -qE "^Uid:	$(id -u "$recorder_user" 2>/dev/null || echo "$recorder_user")	" "/proc/$recorder/status" &&
		[ "$(grep -cE '^Cap(Eff|Prm|Bnd|Inh):	0000000000000000' "/proc/$recorder/status")" = 4 ] &&
		grep -qE '^NoNewPrivs:	1' "/proc/$recorder/status"
}
check "as its own user, without any capability" jailed
wait_for 20 has_captures first 1 >/dev/null
wait_for 20 is_idle >/dev/null
rm -f "$work"/first/*
(cd /usr/share && sh -c "'$trigger' read /etc/passwd warm-up; '$trigger' read /etc/shadow mark-one; :")
check "the match makes an alert" wait_for 10 alerted mark-one
check "and a file" wait_for 10 has_captures first 1
sleep 0.7
pull mark-two
check "that is done when its time is over" wait_for 10 is_idle
file=$(captures first)
named() {
	local time num
	time=$(grep mark-one "$work/alerts" | sed 's/.*"evt.time":\([0-9]*\).*/\1/') # jq's numbers are too short for it
	num=$(grep mark-one "$work/alerts" | jq -r '.output_fields["evt.num"]')
	echo "$file, $time $num"
	[ "$file" = "$work/first/cap_$(printf %020d "$time")_$(printf %020d "$num").scap" ]
}
check "a match meanwhile is in the same one" [ "$(wc -l <<<"$file")" = 1 ]
check "it is named after the event's time and number" named
check "it is for its owner alone" [ "$(stat -c '%a %u' "$file")" = "600 $(stat -c %u "$work/first")" ]
check "it is whole" gzip -t "$file"
check "it is as the format says" understood "$file"
check "it replays to the same alert with the same names" same_alert "$file" mark-one
check "to that of the match meanwhile, too" same_alert "$file" mark-two
spans() { # FILE: the ms from the first event to the last
	cat >"$work/all.yaml" <<'END'
- rule: all
  desc: x
  condition: evt.num >= 0
  output: "%evt.rawtime"
  priority: INFO
END
	"$mews" replay "$1" -r "$work/all.yaml" -o json_output=true 2>/dev/null | jq -s 'map(.output_fields["evt.rawtime"]) | ((max - min) / 1000000 | floor)'
}
lasted() {
	local ms
	ms=$(spans "$file")
	echo "$ms ms"
	[ "$ms" -ge 1600 ] && [ "$ms" -le 4500 ] # 1000 before, some 700 to the second match, 1500 behind it
}
check "from a second before it until its time is over" lasted
check "status shows what was written" counted recorder written 10
check "the ledger balances" wait_for 10 balanced run

# A recorder that dies in the middle of a file.
rm -f "$work"/first/*
pull mark-killed
wait_for 10 has_captures first 1 >/dev/null
sleep 1.2 # what it has is on the disk after a second
kill -9 "$(stage_pid run recorder)"
check "a recorder that is killed comes back" wait_for 20 came_back run recorder "$recorder"
pull mark-after
check "nobody else has noticed" wait_for 10 alerted mark-after
file=$(captures first | head -n 1)
check "what it had written can be read" same_alert "$file" mark-killed
check "its successor writes, too" wait_for 10 has_captures first 2
wait_for 10 is_idle >/dev/null
check "with the same names" same_alert "$(captures first | tail -n 1)" mark-after
check "the ledger balances" wait_for 10 balanced run
check "and nothing was lost" lossless

# The others that it hears of.
for stage in evaluator enricher; do
	old=$(stage_pid run $stage)
	kill -9 "$old"
	check "$stage is killed and comes back" wait_for 20 came_back run $stage "$old"
	rm -f "$work"/first/*
	pull "mark-$stage"
	check "a match behind that has its file" wait_for 10 has_captures first 1
	wait_for 10 is_idle >/dev/null
	check "with the same names" same_alert "$(captures first | tail -n 1)" "mark-$stage"
done
old=$(stage_pid run collector)
kill -9 "$old"
check "collector is killed and comes back" wait_for 20 came_back run collector "$old"
seen_again() { pull mark-collector; sleep 0.1; alerted mark-collector; }
wait_for 20 seen_again >/dev/null
wait_for 10 is_idle >/dev/null
rm -f "$work"/first/*
pull mark-behind
check "a match behind that has its file" wait_for 10 has_captures first 1
wait_for 10 is_idle >/dev/null
check "with the same names" same_alert "$(captures first | tail -n 1)" mark-behind
check "the ledger balances" wait_for 10 balanced run

# Rules that come and go.
cp "$work/rule.yaml" "$work/asks.yaml"
cp "$work/plain.yaml" "$work/rule.yaml"
kill -HUP $mews_pid
recorder_is_gone() { ! status_of run | grep -q recorder && [ ! -e "$work/run/tap.door" ]; }
check "when no rule asks any more, recorder and ring go" wait_for 10 recorder_is_gone
cp "$work/asks.yaml" "$work/rule.yaml"
kill -HUP $mews_pid
check "and come again" wait_for 10 came_back run recorder 0
sleep 0.3
rm -f "$work"/first/*
pull mark-again
check "with files" wait_for 10 has_captures first 1
check "the pipeline ends, and the file with it" stop_mews
check "which is whole" gzip -t "$(captures first | tail -n 1)"
check "no recorder is left" [ -z "$(pgrep -f "mews-recorder.*$work/run")" ]

# A recorder that stands still, under load.
new_place slow
start_mews -r "$work/rule.yaml" -o capture.enabled=true -o capture.path_prefix="$work/slow/cap" -o mews.rings.tap_mb=1 \
	-o mews.capture.history_mb=1
wait_for 10 came_back run recorder 0 >/dev/null
recorder=$(stage_pid run recorder)
kill -STOP "$recorder"
touch "$work/load"
load & load_a=$!
load & load_b=$!
tap_loses() { counted collector lost_tap 100; }
check "what a recorder that stands still does not take is counted" wait_for 60 tap_loses
for i in $(seq 20); do pull "still-$i-"; done
all_came() { local i; for i in $(seq 20); do alerted "still-$i-" || { echo "no still-$i-"; return 1; }; done; }
check "no alert is missing meanwhile" wait_for 10 all_came
rm -f "$work/load"
wait $load_a $load_b
check "and no event is lost" lossless
kill -CONT "$recorder"
drained() { [ "$("$mews" status --json --run-dir "$work/run" | jq '.rings[] | select(.name == "tap") | .used')" -lt 65536 ]; }
check "it goes on where it stood" wait_for 10 drained
wait_for 10 is_idle >/dev/null
# All state comes again, behind the loss.
sleep 1
rm -f "$work"/slow/*
(cd /usr/share && pull mark-recovered)
check "the next match has its file" wait_for 10 has_captures slow 1
wait_for 10 is_idle >/dev/null
check "with the same names" same_alert "$(captures slow | tail -n 1)" mark-recovered
check "the ledger balances" wait_for 10 balanced run
check "the pipeline ends" stop_mews

# A file that grows too large.
new_place large
sed 's/capture_duration: .*/capture_duration: 60000/' "$work/asks.yaml" >"$work/long.yaml"
start_mews -r "$work/long.yaml" -o capture.enabled=true -o capture.path_prefix="$work/large/cap" -o capture.max_file_size_mb=1
touch "$work/load"
load & load_a=$!
load & load_b=$!
check "a file at capture.max_file_size_mb is ended" wait_for 60 counted recorder limited 1
rm -f "$work/load"
wait $load_a $load_b
file=$(captures large | head -n 1)
check "it is not larger than that" [ "$(stat -c %s "$file")" -le 1048576 ]
check "but nearly" [ "$(stat -c %s "$file")" -gt 524288 ]
check "it is whole" gzip -t "$file"
check "it is as the format says" understood "$file"
limit_alert() {
	grep 'capture size limit reached' "$work/alerts" | head -n 1 |
		jq -e --argjson size "$(stat -c %s "$file")" '.rule == "Falco internal: capture size limit reached" and .source == "internal" and
			.priority == "Informational" and .output_fields.max_file_size_mb == 1 and .output_fields.written_bytes == $size'
}
check "and an alert says so" wait_for 10 limit_alert
check "the pipeline ends" stop_mews

# No place for files.
start_mews -r "$work/asks.yaml" -o capture.enabled=true -o capture.path_prefix="$work/nowhere/cap"
check "a directory that is not there is said at once" wait_for 10 said "cannot open '$work/nowhere': No such file"
check "and counted for each match" wait_for 10 counted recorder failed 1
pull mark-nowhere
check "alerts come all the same" wait_for 10 alerted mark-nowhere
check "the pipeline ends" stop_mews
mkdir -m 755 "$work/roots"
start_mews -r "$work/asks.yaml" -o capture.enabled=true -o capture.path_prefix="$work/roots/cap"
check "a directory that is not to be written is said at once" wait_for 10 said "cannot make files in '$work/roots' .*Permission denied"
check "and counted" wait_for 10 counted recorder failed 1
pull mark-roots
check "alerts come all the same" wait_for 10 alerted mark-roots
check "nothing is there" [ -z "$(ls "$work/roots")" ]
check "the pipeline ends" stop_mews

new_place full
if mount -t tmpfs -o size=16k,mode=777 none "$work/full" 2>/dev/null; then
	trap 'umount "$work/full"; finish' EXIT
	start_mews -r "$work/asks.yaml" -o capture.enabled=true -o capture.path_prefix="$work/full/cap"
	check "a full disk is said" wait_for 20 said 'No space left on device, the capture is cut off'
	check "and counted" wait_for 10 counted recorder failed 1
	pull mark-full
	check "alerts come all the same" wait_for 10 alerted mark-full
	rm -f "$work"/full/*
	check "and nothing is lost" lossless
	check "the pipeline ends" stop_mews
	umount "$work/full"
	trap finish EXIT
else
	ok "a full disk # SKIP cannot mount a tmpfs"
fi

# All rules.
new_place every
start_mews -r "$work/plain.yaml" -o capture.enabled=true -o capture.mode=all_rules -o capture.path_prefix="$work/every/cap" \
	-o capture.default_duration=500
wait_for 10 came_back run recorder 0 >/dev/null
wait_for 10 is_idle >/dev/null
rm -f "$work"/every/*
"$trigger" read /etc/hosts mark-every
check "with capture.mode all_rules every rule has captures" wait_for 10 has_captures every 1
wait_for 10 is_idle >/dev/null
cp "$work/plain.yaml" "$work/rule.yaml"
check "with the same names" same_alert "$(captures every | tail -n 1)" mark-every
check "as long as capture.default_duration says" sh -c "[ $(spans "$(captures every | tail -n 1)") -le 1600 ]"
check "the pipeline ends" stop_mews

# A replay makes none.
"$mews" replay "$(captures every | tail -n 1)" -r "$work/asks.yaml" -o capture.enabled=true -o capture.path_prefix="$work/none/x" \
	>"$work/alerts" 2>"$work/mews.log"
check "a replay ends as ever" [ $? -eq 0 ]
check "it says that it makes no captures" said 'a replay makes no captures'
check "and makes none" [ -z "$(captures none)" ]
