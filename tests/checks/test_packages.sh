#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What installs packages (deploy/packages.sh) installs those that are missing, says what went wrong, and
# leaves its caller's variables alone: on a machine that has none of them it runs in the middle of others' scripts.
. "$(dirname -- "$0")/../../deploy/packages.sh"
tests=0 failures=0
check() {
	local name=$1
	shift
	tests=$((tests + 1))
	if "$@" >/dev/null 2>&1; then
		echo "ok $tests - $name"
	else
		failures=$((failures + 1))
		echo "not ok $tests - $name"
	fi
}

# A machine that has one package, and a source of others.
asked=$(mktemp)
trap 'rm -f "$asked"' EXIT
id() { echo 0; }
dpkg-query() { [ "${*: -1}" != there ] || echo installed; }
apt-get() {
	echo "$*" >>"$asked"
	echo "words of apt-get"
	return "$result"
}

result=0 log=mine missing=mine package=mine
install_packages there absent other 2>/dev/null
check "what is missing is installed" grep -q -- "install .* absent other$" "$asked"
check "the caller's variables stay" [ "$log $missing $package" = "mine mine mine" ]
: >"$asked"
install_packages there
check "where all is there nothing is asked for" [ ! -s "$asked" ]
result=1
said=$(install_packages absent 2>&1) && failed=no || failed=yes
check "what cannot be had is an error" [ "$failed" = yes ]
check "with what apt-get said" grep -q "words of apt-get" <<<"$said"
id() { echo 1000; }
said=$(install_packages absent 2>&1) && failed=no || failed=yes
check "who is not root is told what is missing" eval '[ $failed = yes ] && [[ $said = *absent* ]]'
echo "1..$tests"
exit $((failures > 0))
