#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What is said to somebody who may not look into the run directory: not that nobody is there.
. "$(dirname -- "$0")/../support/pipeline.sh"
[ -x "$mews" ] || skip_all "mews is not built"
[ "$(id -u)" -eq 0 ] || skip_all "needs root, to be somebody else"

cp "$mews" "$tools/mews"
dir=$work/run
# says TEXT WORDS...: a stranger's mews WORDS ends with 1 and says TEXT, and nothing else.
says() {
	local text=$1 status
	shift
	setpriv --reuid 65534 --regid 65534 --clear-groups timeout 60 "$tools/mews" "$@" --run-dir "$dir" >"$work/out" 2>"$work/err"
	status=$?
	cat "$work/out" "$work/err"
	[ "$status" -eq 1 ] && [ ! -s "$work/out" ] && [ "$(sed 's/^mews: error: //' "$work/err")" = "$text" ]
}
commands="status top alerts containers pods reload stop"

for command in $commands; do
	check "$command: no directory is no pipeline" says "no pipeline runs in '$dir'" $command
done
mkdir -m 1700 "$dir"
for command in $commands; do
	check "$command: a closed one is not" says "cannot look into '$dir': Permission denied" $command
done
check "restart: nor is it" says "cannot look into '$dir': Permission denied" restart emitter
check "log-level: nor is it" says "cannot look into '$dir': Permission denied" log-level info
if getent group mews >/dev/null; then
	chgrp mews "$dir" && chmod 1770 "$dir"
	for command in $commands; do
		check "$command: who may is said where it is a group" \
			says "cannot look into '$dir': only root and group mews may" $command
	done
fi
