# SPDX-License-Identifier: Apache-2.0
#
# status.sh -- for tests that look at a running pipeline: what `mews status --json` says of the one in
# run directory $work/RUN.  Sourced, after pipeline.sh.

status_of() { "$mews" status --json --run-dir "$work/$1"; }

# status FILTER: what it says of run holds.  It stays in $work/status.
status() { status_of run >"$work/status" && jq -e "$1" "$work/status"; }
nothing_lost() { status '([.ledger[] | .balanced] | all) and ([.. | .lost_kernel? // 0] | add) == 0'; }

# stage_field RUN STAGE FIELD
stage_field() { status_of "$1" | tr '{' '\n' | sed -n "s/.*\"name\":\"$2\",\"pid\".*\"$3\":\"\{0,1\}\([^,\"]*\).*/\1/p"; }
stage_pid() { status_of "$1" | tr '{' '\n' | sed -n "s/.*\"name\":\"$2\",\"pid\":\([0-9]*\).*/\1/p"; }

# counter RUN STAGE NAME
counter() {
	status_of "$1" | tr '{' '\n' | grep -A 1 "\"name\":\"$2\",\"pid\"" | tail -n 1 |
		sed -n "s/.*\"$3\":\([0-9]*\).*/\1/p"
}

# balanced RUN: all nine sums (and that of the recorder, if there is one) are there and close.  Prints those
# that do not.
balanced() {
	local status
	status=$(status_of "$1") || { echo "no status"; return 1; }
	if [ "$(grep -o '"balanced":true' <<<"$status" | wc -l)" -ge 9 ] && ! grep -q '"balanced":false' <<<"$status"; then
		return 0
	fi
	"$mews" status --run-dir "$work/$1" | sed -n '/^LEDGER/,$p' | grep 'DOES NOT'
	return 1
}

# came_back RUN STAGE OLD: it runs again, as another process.
came_back() {
	local now
	now=$(status_of "$1" | tr '{' '\n' | sed -n "s/.*\"name\":\"$2\",\"pid\":\([0-9]*\),.*\"state\":\"running\".*/\1/p")
	[ -n "$now" ] && [ "$now" != 0 ] && [ "$now" != "$3" ]
}

# stages_of PID: the stages that are alive and have that supervisor.
stages_of() { pgrep -f -- "^mews-[a-z]+ .*--supervisor $1\$"; }
no_stages_of() { [ -z "$(stages_of "$1")" ]; }
ms_now() { date +%s%3N; }
