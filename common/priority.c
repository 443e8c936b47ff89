/* SPDX-License-Identifier: Apache-2.0
 *
 * priority.c -- see priority.h.
 */
#include "priority.h"

static const char *const names[PRIORITY_COUNT] = {
	"Emergency", "Alert", "Critical", "Error", "Warning", "Notice", "Informational", "Debug"
};

const char *priority_name(unsigned priority)
{
	return names[priority % PRIORITY_COUNT];
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static bool is_alike(struct span a, const char *name)
{
	if (a.n != strlen(name))
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower((uint8_t)name[i]))
			return false;
	return true;
}

unsigned priority_find(struct span name)
{
	for (unsigned i = 0; i < PRIORITY_COUNT; i++)
		if (is_alike(name, names[i]) || (i == 6 && is_alike(name, "info")))
			return i;
	return PRIORITY_COUNT;
}
