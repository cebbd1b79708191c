# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for edge25-notify: its options and their words, then a command with its own.

# The last word of a list with commas is completed; those before it stay.
_edge25_notify_words()
{
	local current=${COMP_WORDS[COMP_CWORD]}
	local before=

	[[ $current == *,* ]] && before=${current%,*},
	compopt -o nospace 2>/dev/null
	mapfile -t COMPREPLY < <(compgen -P "$before" -W "$1" -- "${current##*,}")
}

_edge25_notify()
{
	local current=${COMP_WORDS[COMP_CWORD]}
	local word

	COMPREPLY=()
	for ((word = 1; word < COMP_CWORD; word++)); do
		case ${COMP_WORDS[word]} in
		-s | --socket | -S | --state | --on | --class | --rate | --digest | --timeout | --tries | --retry)
			((word++))
			;;
		--)
			declare -F _command_offset >/dev/null && _command_offset $((word + 1))
			return
			;;
		esac
	done
	case ${COMP_WORDS[COMP_CWORD - 1]} in
	-s | --socket | -S | --state)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		;;
	--on) _edge25_notify_words 'opened closed class action' ;;
	--class) _edge25_notify_words 'clean misconfigured suspect infected' ;;
	--rate) mapfile -t COMPREPLY < <(compgen -W '10/h 60/h 5/10m 1/1d' -- "$current") ;;
	--timeout | --retry) mapfile -t COMPREPLY < <(compgen -W '10s 30s 1m 5m' -- "$current") ;;
	--digest | --tries) ;;
	*)
		mapfile -t COMPREPLY < <(compgen -W '-s --socket -S --state --on --class --rate --digest
			--timeout --tries --retry --from-start --help -h --version -V --' -- "$current")
		;;
	esac
}

complete -F _edge25_notify edge25-notify
