/* SPDX-License-Identifier: Apache-2.0
 *
 * duration.c -- see duration.h.
 */
#include "duration.h"

#include <string.h>

#include "clock.h"
#include "span.h"

uint64_t duration_parse(const char *text)
{
	static const struct {
		const char *unit;
		uint64_t ns;
	} units[] = {
		{ "y", 365 * 86400 * NS_PER_SEC },
		{ "w", 7 * 86400 * NS_PER_SEC },
		{ "d", 86400 * NS_PER_SEC },
		{ "h", 3600 * NS_PER_SEC },
		{ "m", 60 * NS_PER_SEC },
		{ "s", NS_PER_SEC },
		{ "ms", NS_PER_MSEC },
	};
	char dense[64];
	const char *p = dense;
	uint64_t sum = 0;
	size_t n = 0;

	for (; *text != '\0'; text++) {
		if (*text == ' ')
			continue;
		if (n + 1 == sizeof(dense))
			return 0;
		dense[n++] = *text;
	}
	dense[n] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(units) && *p != '\0'; i++) {
		size_t digits = strspn(p, "0123456789");
		size_t letters = strspn(p + digits, "abcdefghijklmnopqrstuvwxyz");
		uint64_t value = 0;

		if (digits == 0 || digits > 9)
			return 0;
		if (letters != strlen(units[i].unit) ||
		    strncmp(p + digits, units[i].unit, letters) != 0)
			continue;
		for (size_t k = 0; k < digits; k++)
			value = 10 * value + (uint64_t)(p[k] - '0');
		if (value > (UINT64_MAX - sum) / units[i].ns)
			return 0;
		sum += value * units[i].ns;
		p += digits + letters;
	}
	return *p == '\0' ? sum : 0;
}
