#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What a reader would otherwise have to check by eye: licences, layout, includes, forbidden calls, the
# places that the documents point to, the manual pages.
top=$(cd -- "$(dirname -- "$0")/../.." && pwd)
cd "$top" || exit 1
n=0 bad=0
# files PATTERN...: what is in the repository; where there is no git, or no repository, what lies there.
files() {
	local pattern
	git -c safe.directory='*' ls-files -- "$@" 2>/dev/null && return
	for pattern in "$@"; do
		find . -path './build*' -prune -o -type f -path "./$pattern" -print | sed 's,^\./,,'
	done
}

# verdict NAME FINDINGS
verdict() {
	n=$((n + 1))
	if [ -z "$2" ]; then
		echo "ok $n - $1"
	else
		bad=1
		echo "not ok $n - $1"
		printf '%s\n' "$2" | head -n 20 | sed 's/^/# /'
	fi
}

sources=$(files '*.c' '*.h')
verdict "the sources are found" "$([ "$(wc -l <<<"$sources")" -ge 100 ] || echo "only: $sources")"
verdict "every source names its licence in the first line" \
	"$(for f in $sources; do head -n 1 "$f" | grep -q 'SPDX-License-Identifier' || echo "$f"; done)"
verdict "the kernel side is under both licences" \
	"$(for f in bpf/*.[ch]; do head -n 1 "$f" | grep -q 'GPL-2.0 OR Apache-2.0' || echo "$f"; done)"
verdict "file names are unique" "$(for f in $sources; do basename "$f"; done | sort | uniq -d)"
verdict "no function that cannot be used safely" \
	"$(grep -nE '\b(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|gets|rand|alloca)\(' $(files 'common/*.c' 'collector/*.c' \
		'enricher/*.c' 'evaluator/*.c' 'emitter/*.c' 'recorder/*.c' 'control/*.c'))"
verdict "a stage includes its own directory, common/ and system headers only" "$(
	for dir in collector enricher evaluator emitter recorder; do
		for f in $(files "$dir/*.[ch]"); do
			grep -ho '^#include "[^"]*"' "$f" | cut -d'"' -f2 | while read -r h; do
				b=$(basename "$h")
				[ -e "$dir/$b" ] || [ -e "common/$b" ] || compgen -G "$dir/*/$b" >/dev/null || { [ "$dir" = recorder ] && [ $b = enrich.h ]; } || { [ "$dir" = collector ] && [[ $b == record.h || $b == family.def || $b == *.skel.h ]]; } || { [ "$dir" = enricher ] && [[ $b == *.pb-c.h ]]; } ||
					echo "$f: $h"
			done
		done
	done)"
verdict "no test asks Criterion for gt(), which takes equal for greater" \
	"$(grep -nE '[( ]gt\(' $(files 'tests/unit/*.c'))"
verdict "nng is in the operator's program alone, and in tests, which hold the stages' side against it" \
	"$(grep -l '#include <nng' $sources | grep -vxE 'control/asker.c|tests/.*')"
verdict "libcurl is included by the one header that loads it" \
	"$(grep -l '#include <curl/' $sources | grep -vxE 'common/curl_calls.h|tests/.*')"
verdict "libmicrohttpd is included by the one header that loads it" \
	"$(grep -l '#include <microhttpd' $sources | grep -vxE 'emitter/mhd_calls.h|tests/.*')"
verdict "libbpf is included by the sensor alone" \
	"$(grep -l '#include <bpf/' $(files 'collector/*.c' 'collector/*.h' 'common/*' 'enricher/*' 'evaluator/*' 'emitter/*' 'recorder/*' 'control/*') |
		grep -vE '^collector/sensor[a-z_]*\.[ch]$')"
if command -v clang-format >/dev/null 2>&1; then
	verdict "clang-format would change nothing" \
		"$(clang-format --dry-run $sources 2>&1 | grep -E 'warning:' | cut -d: -f1 | sort | uniq -c)"
fi
verdict "no path of a machine" "$(files '*' | grep -vE '^(tests/checks|tests/fuzz/corpus|\.git)/|\.jsonl$' |
	xargs -d '\n' grep -nIE '(^|[^a-z/])/wor[k]/[a-z]' -- | head -n 5)"
if [ -e docs/ARCHITECTURE.md ]; then
	verdict "every file and function that ARCHITECTURE.md points to exists" "$(
		grep -oE '`[a-z_]+/[a-z_.]+\.(c|h|bpf\.c|def): ?[a-z_]+\(\)`' docs/ARCHITECTURE.md | tr -d '`()' |
			while IFS=': ' read -r f fn; do
				grep -qE "\b$fn(\(|,)" "$f" 2>/dev/null || echo "$f: $fn()"
			done)"
fi
if command -v mandoc >/dev/null 2>&1; then
	verdict "the manual pages are well formed" \
		"$(for f in $(files '*.8' '*.5' '*.1'); do mandoc -T lint -W warning "$f" 2>&1; done | head -n 10)"
fi
exit $bad
