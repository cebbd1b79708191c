# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for edge25ctl: commands, options, and ids and hosts from the socket itself.

# Ids of the entries that came by the socket (those of the configuration have none to delete by).
_edge25ctl_ids()
{
	_edge25ctl_members '"id":\ *([0-9]+)' allow list
}

# What a pattern finds in the reply to a command.
_edge25ctl_members()
{
	local pattern="$1(.*)" json word
	local -a socket=()

	shift

	for ((word = 1; word < COMP_CWORD; word++)); do
		case ${COMP_WORDS[word]} in
		-s | --socket) socket=(-s "${COMP_WORDS[word + 1]}") ;;
		esac
	done
	json=$("${COMP_WORDS[0]}" "${socket[@]}" --json "$@" 2>/dev/null </dev/null)
	while [[ $json =~ $pattern ]]; do
		printf '%s\n' "${BASH_REMATCH[1]}"
		json=${BASH_REMATCH[2]}
	done
}

_edge25ctl()
{
	local current=${COMP_WORDS[COMP_CWORD]}
	local previous=${COMP_WORDS[COMP_CWORD - 1]}
	local common='-s --socket --json --help -h --version -V'
	local options words=() word

	COMPREPLY=()
	case $previous in
	-s | --socket)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
		;;
	--expires)
		mapfile -t COMPREPLY < <(compgen -W '30m 2h 1d 7d' -- "$current")
		return
		;;
	--interface)
		mapfile -t COMPREPLY < <(compgen -W "$(ls /sys/class/net 2>/dev/null)" -- "$current")
		return
		;;
	--for)
		mapfile -t COMPREPLY < <(compgen -W '1h 6h 1d 7d' -- "$current")
		return
		;;
	--class)
		mapfile -t COMPREPLY < <(compgen -W 'infected suspect misconfigured clean' -- "$current")
		return
		;;
	--from | --to | --comment | --limit) return ;;
	esac

	# The words that are no options and no values of options.
	for ((word = 1; word < COMP_CWORD; word++)); do
		case ${COMP_WORDS[word]} in
		-s | --socket | --from | --to | --expires | --comment | --interface | --for | --class | --limit)
			((word++))
			;;
		-*) ;;
		*) words+=("${COMP_WORDS[word]}") ;;
		esac
	done
	options=$common
	case "${words[*]}" in
	'allow add') options="--from --to --expires --comment --watched --always $common" ;;
	'allow del') options="--from --to $common" ;;
	'reload') options="--dry-run $common" ;;
	explain*) options="--interface $common" ;;
	contain*) options="--for --comment $common" ;;
	hosts) options="--class --newest --limit $common" ;;
	incidents | 'incidents list') options="--open --closed --class --limit $common" ;;
	esac

	if [[ $current == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
		return
	fi
	case "${words[*]}" in
	'') mapfile -t COMPREPLY < <(compgen -W 'status hosts host incidents contain release allow explain reload ruleset watch discover' -- "$current") ;;
	'incidents') mapfile -t COMPREPLY < <(compgen -W 'list show close' -- "$current") ;;
	'incidents show' | 'incidents close')
		mapfile -t COMPREPLY < <(compgen -W "$(_edge25ctl_members '"id":\ *([0-9]+)' incidents list)" -- "$current")
		;;
	'host' | 'contain')
		mapfile -t COMPREPLY < <(compgen -W "$(_edge25ctl_members '"host":\ *"([0-9a-f.:]+)' hosts)" -- "$current")
		;;
	'release')
		mapfile -t COMPREPLY < <(compgen -W "$(_edge25ctl_members '"host":\ *"([0-9a-f.:]+)[^}]*"remaining"' status)" -- "$current")
		;;
	'ruleset') mapfile -t COMPREPLY < <(compgen -W 'show verify' -- "$current") ;;
	'allow') mapfile -t COMPREPLY < <(compgen -W 'add del list' -- "$current") ;;
	'allow add') mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current") ;;
	'allow del') mapfile -t COMPREPLY < <(compgen -W "$(_edge25ctl_ids)" -- "$current") ;;
	esac
}

complete -F _edge25ctl edge25ctl
