#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A core does no I/O: its libraries need nothing from outside but what this list has.
top=$(cd -- "$(dirname -- "$0")/../.." && pwd)
build=${MEWS_BUILD_DIR:-$top/build}
if grep -qE 'MEWS_(SANITIZE|TSAN):BOOL=ON' "$build/CMakeCache.txt"; then
	echo "ok 1 - cores are pure # SKIP sanitizers add symbols of their own"
	exit 0
fi

allowed='mem(cpy|move|set|cmp|chr|rchr|mem|pcpy)|str(len|nlen|cmp|ncmp|chr|rchr|str|casestr|casecmp|ncasecmp|cspn|spn|pbrk|dup|ndup)'
allowed+='|stp?cpy|strtou?l+|strtod|tolower|toupper|isalpha|isdigit|isalnum|isspace|isxdigit|__ctype_(b|tolower|toupper)_loc|__errno_location'
allowed+='|malloc|calloc|realloc|reallocarray|free|qsort|bsearch|v?snprintf|sscanf|__isoc[0-9]+_(sscanf|strtou?l+)|fnmatch|inet_(pton|ntop)|abort'
allowed+='|__(memcpy|memmove|memset|strcpy|strcat|stpcpy|strncpy|snprintf|vsnprintf|fdelt)_chk|__stack_chk_fail|__assert_fail'
allowed+='|_GLOBAL_OFFSET_TABLE_|__tls_get_addr|msgpack_.*|regex_shim_.*|log10|pow|floor|getservbyname|json_.*|jsonp_.*|protobuf_c_.*|rt__.*|__popcountdi2'

n=0 bad=0
for library in "$build"/*/lib*_core.a; do
	n=$((n + 1))
	name=$(basename "$library")
	outside=$(comm -23 \
		<(nm -u "$library" 2>/dev/null | awk '/ U /{print $2}' | sort -u) \
		<(nm --defined-only "$build"/*/lib*_core.a 2>/dev/null | awk 'NF==3{print $3}' | sort -u) |
		grep -vxE "$allowed")
	if [ -z "$outside" ]; then
		echo "ok $n - $name needs nothing that does I/O"
	else
		bad=1
		echo "not ok $n - $name needs nothing that does I/O"
		printf '%s\n' "$outside" | sed 's/^/# /'
	fi
done
exit $bad
