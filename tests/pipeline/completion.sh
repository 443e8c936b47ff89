#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What bash offers behind `mews`: each command and option of `mews help`, and the words where there are some.
. "$(dirname -- "$0")/../support/pipeline.sh"
[ -x "$mews" ] || skip_all "mews is not built"
. "$top/deploy/completion/mews.bash"

# offers WORD...: what is offered for the last of them; the first is mews.
offers() {
	COMP_WORDS=("$mews" "${@:2}") COMP_CWORD=$(($# - 1))
	_mews
	printf '%s\n' "${COMPREPLY[@]}"
}
# differs WANTED WORD...
differs() { diff <(tr ' ' '\n' <<<"$1" | sort -u) <(offers "${@:2}" | sort -u); }

commands=$("$mews" help | sed -n 's/^  \([a-z][a-z-]*\)  *[^ ].*/\1/p' | grep -v '^help')
check "the commands are found" test "$(wc -l <<<"$commands")" -ge 19
check "each command is offered, and nothing else" differs "$(echo $commands help --help --version)" mews ""
wrong=$(for command in $commands; do
	for option in $("$mews" help | sed -n "s/^  $command  *\([^ ].*\)/\1/p" | grep -oE -- '(^|[[ ])--?[a-z-]+' | tr -d '[ ' | sort -u); do
		offers mews "$command" "$option" | grep -qxF -- "$option" || echo "$command $option"
	done
done)
check "each option of each command is offered" eval 'echo "$wrong"; [ -z "$wrong" ]'
check "no option of others is" eval '! offers mews pods "" | grep -x -- --follow'
check "a beginning leaves what begins so" differs "restart record reload replay" mews re
check "stages" differs "--run-dir collector enricher evaluator emitter recorder" mews restart ""
check "levels" differs "--run-dir error warning info debug" mews log-level ""
check "priorities behind their option alone" differs "error emergency" mews alerts --priority e
check "words" differs "fields" mews list f
mkdir -p "$work/files/rules"
touch "$work/files/one.yaml"
cd "$work/files" || exit 1
check "files" differs "one.yaml" mews validate o
check "directories for the run directory" differs "rules" mews status --run-dir ""
check "nothing for what is anybody's guess" differs "" mews top --interval ""
