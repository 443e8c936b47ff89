# SPDX-License-Identifier: Apache-2.0
#
# left.sh -- what `mews record` and `mews events` leave behind.  Others may be at work at the same time: left is
# what belongs to nobody.  Sourced, after pipeline.sh.

touch "$work/begin"

# Run directories that nobody is in.
dirs_left() {
	local dir
	for dir in $(find /run/ -maxdepth 1 -name 'mews-record.*' -newer "$work/begin"); do
		pgrep -f -- "--run-dir $dir" >/dev/null || echo "$dir"
	done
}
# Collectors whose supervisor is no more.
collectors_left() {
	local pid supervisor
	for pid in $(pgrep -f -- 'mews-collector .*--run-dir /run/mews-record\.'); do
		supervisor=$(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | sed -n 's/.*--supervisor \([0-9]*\).*/\1/p')
		[ -z "$supervisor" ] || kill -0 "$supervisor" 2>/dev/null || echo "$pid"
	done
}
# Whoever else has just made its directory is not in it yet, or has just left.
no_dirs_left() { [ -z "$(dirs_left)" ]; }
no_collectors_left() { [ -z "$(collectors_left)" ]; }
