# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for edge25ctl, which knows by itself what can stand where: it asks control for ids,
# hosts and names. No other program is needed.

_edge25ctl()
{
	local line=${COMP_LINE:0:COMP_POINT} word begin
	local -a words=() candidates=()
	local blank

	COMPREPLY=()
	# The words as they were typed: bash takes addresses apart at their colons.
	for word in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
		blank=${line%%[![:blank:]]*}
		line=${line#"$blank"}
		((${#word} <= ${#line})) || word=$line
		line=${line#"$word"}
		if [[ -n $blank || ${#words[@]} -eq 0 ]]; then
			words+=("$word")
		else
			words[-1]+=$word
		fi
	done
	mapfile -t candidates < <("${words[0]}" complete "${words[@]:1}" 2>/dev/null </dev/null)

	word=${words[-1]}
	if [[ ${candidates[0]-} == :files ]]; then
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "${word#--*=}")
		return
	fi
	# What readline replaces begins behind the last colon or equals sign.
	begin=
	[[ $word == *:* && $COMP_WORDBREAKS == *:* ]] && begin=${word%"${word##*:}"}
	[[ $word == *=* && $COMP_WORDBREAKS == *=* && $begin != *=* ]] && begin=${word%"${word##*=}"}
	for word in "${candidates[@]#"$begin"}"; do
		printf -v word %q "$word"
		COMPREPLY+=("$word")
	done
}

complete -F _edge25ctl edge25ctl
