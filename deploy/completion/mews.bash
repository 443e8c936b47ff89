# SPDX-License-Identifier: Apache-2.0
#
# bash completion for mews(8).  There is no list of commands and options here: they are those of `mews help`.

# The arguments of COMMAND, without brackets; "..." and "|" stand between words.
_mews_arguments() {
	"$1" help 2>/dev/null | sed -n "s/^  $2  *\([^ ].*\)/\1/p" | tr '[]' '  ' | head -n 1
}

# What may stand in the place of WORD of a command's arguments.
_mews_fill() {
	local cur=$2
	case $1 in
	FILE* | RULES | OUT | FALCO_YAML) COMPREPLY+=($(compgen -f -- "$cur")) ;;
	DIR) COMPREPLY+=($(compgen -d -- "$cur")) ;;
	STAGE) COMPREPLY+=($(compgen -W "collector enricher evaluator emitter recorder" -- "$cur")) ;;
	LEVEL) COMPREPLY+=($(compgen -W "error warning info debug" -- "$cur")) ;;
	PRIORITY)
		COMPREPLY+=($(compgen -W "emergency alert critical error warning notice informational debug" -- "$cur"))
		;;
	[a-z]*) COMPREPLY+=($(compgen -W "${1//|/ }" -- "$cur")) ;;
	esac
}

_mews() {
	local mews=${COMP_WORDS[0]} command=${COMP_WORDS[1]} cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local words word last=
	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		COMPREPLY=($(compgen -W "help --help --version $("$mews" help 2>/dev/null | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p')" -- "$cur"))
		return
	fi
	words=$(_mews_arguments "$mews" "$command")
	if [[ $prev == -* ]]; then # does it have a value?
		for word in ${words//.../ }; do
			if [ "$last" = "$prev" ] && [[ $word == [A-Z]* ]]; then
				_mews_fill "$word" "$cur"
				return
			fi
			last=$word
		done
	fi
	last=
	for word in ${words//.../ }; do
		if [[ $word == -* ]]; then
			COMPREPLY+=($(compgen -W "$word" -- "$cur"))
		elif [[ $last != -* || $word != [A-Z]* ]] && [ "$word" != "|" ]; then
			_mews_fill "$word" "$cur"
		fi
		last=$word
	done
}
complete -o filenames -F _mews mews
