#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# top-hosts.sh [COUNT]: the hosts with most attempts on port 25, ten unless COUNT says otherwise, in
# columns that tabs separate: host, class, attempts, refused, mail servers, name.
# An example: yours to change. Needs socat and jq, nothing else; edge25-rpc(7) has every method.
#
# Exit code 0: done; 1: control says no, or is not there, and why is on standard error.
set -eu

socket=${EDGE25_SOCKET:-/run/edge25/monitor.sock}

# call METHOD PARAMS: prints the result, as jq would.
call()
{
	reply=$(jq --null-input --compact-output --arg method "$1" --argjson params "$2" \
		'{jsonrpc: "2.0", id: 1, method: $method, params: $params}' |
		socat -t 30 - "UNIX-CONNECT:$socket")
	# Without a reply socat has said why.
	printf '%s\n' "$reply" | jq --exit-status --raw-output "
		if .error then \"\(.error.message)\n\" | halt_error(1) else .result end"
}

params=$(jq --null-input --arg limit "${1:-10}" '{order: "attempts", limit: ($limit | tonumber)}') || {
	echo 'usage: top-hosts.sh [COUNT]' >&2
	exit 1
}
hosts=$(call hosts "$params") || exit 1
# A name may be any text that a machine called itself: what a terminal would obey is taken out.
printf '%s\n' "$hosts" | jq --raw-output '.hosts[] |
	[.host, .class, .attempts, .refused, .destinations, (.name // "" | gsub("[[:cntrl:]]"; "?"))] |
	@tsv'
