# SPDX-License-Identifier: Apache-2.0
#
# tried.sh -- for tests that try a program with one call failing, at each point in turn (trial.h).  Sourced.

. "$(dirname -- "${BASH_SOURCE[0]}")/../support/pipeline.sh"
renice -n 15 -p $$ >/dev/null # whoever else runs waits for something; this does not
seed=${MEWS_SEED:-$RANDOM}
# There is no jail here, and all ends by itself: leaks can be looked for.
export ASAN_OPTIONS=${ASAN_OPTIONS%detect_leaks=0}detect_leaks=1

# tried "OPTION..." NAME DRIVER ARGUMENT...: the points that the options say, others each time; with --long all, with
# each error that a call may have.
tried() {
	local options=$1 name=$2 said
	[ -z "${MEWS_LONG:-}" ] || options="--errors 3"
	# shellcheck disable=SC2086
	"$build/tests/faults/$3" $options --seed "$seed" "$build/tests/faults" "${@:4}" >"$work/out" 2>"$work/err"
	said=$(grep -E '^(not )?ok - ' "$work/out" | sed 's/^[a-z ]*- //')
	if grep -q '^ok - ' "$work/out"; then
		ok "$said (seed $seed)"
	else
		not_ok "${said:-$name} (seed $seed)" "$(cut -c1-400 "$work/err" | head -n 60)"
	fi
}
