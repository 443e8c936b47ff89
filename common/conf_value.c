/* SPDX-License-Identifier: Apache-2.0
 *
 * conf_value.c -- a text to a value: one setter for each type of row.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "conf_value.h"
#include "duration.h"

#define MIB (1024ull * 1024)

/* ---- one setter for each type; VALUE is expanded and terminated ---- */

int conf_bool_parse(const char *value, bool *ret)
{
	static const char *const yes[] = { "true", "yes", "on", "y", NULL };
	static const char *const no[] = { "false", "no", "off", "n", NULL };

	for (unsigned i = 0; yes[i] != NULL; i++) {
		if (strcasecmp(value, yes[i]) == 0 || strcasecmp(value, no[i]) == 0) {
			*ret = strcasecmp(value, yes[i]) == 0;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_number(const char *value, uint64_t least, uint64_t most, uint64_t *ret)
{
	uint64_t n = 0;

	if (*value == '\0')
		return -EINVAL;
	for (const char *p = value; *p != '\0'; p++) {
		if (*p < '0' || *p > '9' || n > (UINT64_MAX - 9) / 10)
			return -EINVAL;
		n = n * 10 + (uint64_t)(*p - '0');
	}
	if (n < least || n > most)
		return -EINVAL;
	*ret = n;
	return 0;
}

/* "e-2" and the like, or nothing, to the end of TEXT: added to *POWER. */
static int parse_exponent(const char *text, int *power)
{
	bool minus = text[0] != '\0' && text[1] == '-';
	int n = 0;

	if (*text == '\0')
		return 0;
	if (*text != 'e' && *text != 'E')
		return -EINVAL;
	text += text[1] == '-' || text[1] == '+' ? 2 : 1;
	if (*text == '\0')
		return -EINVAL;
	for (; *text >= '0' && *text <= '9'; text++)
		n = n < 1000 ? n * 10 + (*text - '0') : n; /* what is beyond is none or endless */
	*power += minus ? -n : n;
	return *text == '\0' ? 0 : -EINVAL;
}

/* N times ten to POWER, rounded once where both fit. */
static double scale(double n, int power)
{
	double unit = 1;

	for (int i = power < 0 ? -power : power; n > 0 && i > 0; i--)
		unit *= 10;
	return power < 0 ? n / unit : n * unit;
}

/* Digits, a point among them, an exponent behind them, whatever the locale: no sign. */
static int parse_share(const char *value, uint64_t least, uint64_t most, double *ret)
{
	bool point = false, digits = false;
	const char *p = value;
	double n = 0;
	int power = 0;

	for (; (*p >= '0' && *p <= '9') || (*p == '.' && !point); p++) {
		if (*p == '.') {
			point = true;
			continue;
		}
		digits = true;
		/* Of more digits than a double has only the number matters. */
		if (n < 1e17) {
			n = n * 10 + (*p - '0');
			power -= point;
		} else {
			power += !point;
		}
	}
	if (!digits || parse_exponent(p, &power) < 0)
		return -EINVAL;
	n = scale(n, power);
	if (n < (double)least || n > (double)most)
		return -EINVAL;
	*ret = n;
	return 0;
}

static int parse_duration(const char *value, uint64_t least_ms, uint64_t most_ms, uint64_t *ret)
{
	uint64_t ns = duration_parse(value);

	if (strcmp(value, "0") != 0 && (ns < least_ms * NS_PER_MSEC || ns > most_ms * NS_PER_MSEC))
		return -EINVAL;
	*ret = ns;
	return 0;
}

bool conf_row_is_text(const struct conf_row *row)
{
	return row->type == CONF_STRING ||
	       (row->type == CONF_CHOICE && row->size == sizeof(char *));
}

static int set_text(char **at, const char *value)
{
	char *copy = strdup(value);

	if (copy == NULL)
		return -ENOMEM;
	free(*at);
	*at = copy;
	return 0;
}

static int set_choice(const struct conf_row *row, void *at, const char *value)
{
	/* Falco knows this one by two names. */
	if (row->words == conf_priority_words && strcasecmp(value, "informational") == 0)
		value = "info";
	for (unsigned i = 0; row->words[i] != NULL; i++) {
		if (strcasecmp(value, row->words[i]) != 0)
			continue;
		if (conf_row_is_text(row))
			return set_text(at, row->words[i]);
		if (row->size == sizeof(bool))
			*(bool *)at = i != 0;
		else
			*(unsigned *)at = i;
		return 0;
	}
	return -EINVAL;
}

void conf_list_clear(struct conf_list *list)
{
	for (unsigned i = 0; i < list->count; i++)
		free(list->item[i]);
	list->count = 0;
}

void conf_row_clear(const struct conf_row *row, void *base)
{
	void *at = (char *)base + row->offset;

	if (row->type == CONF_WORDS)
		*(unsigned *)at = 0;
	else
		conf_list_clear(at);
}

int conf_list_add(struct conf_list *list, const char *value)
{
	if (list->count == CONF_MAX_LIST)
		return -ENOSPC;
	list->item[list->count] = strdup(value);
	if (list->item[list->count] == NULL)
		return -ENOMEM;
	list->count++;
	return 0;
}

/* Words with blanks between; each sets its bit. */
static int set_words(const struct conf_row *row, unsigned *at, const char *value)
{
	while (*value != '\0') {
		size_t n = strcspn(value, " ");
		unsigned i = 0;

		while (row->words[i] != NULL &&
		       (strncasecmp(value, row->words[i], n) != 0 || row->words[i][n] != '\0'))
			i++;
		if (row->words[i] == NULL)
			return -EINVAL;
		*at |= 1u << i;
		value += n + strspn(value + n, " ");
	}
	return 0;
}

int conf_row_set(const struct conf_row *row, void *base, const char *value)
{
	void *at = (char *)base + row->offset;
	uint64_t n;
	int err;

	switch (row->type) {
	case CONF_BOOL:
		return conf_bool_parse(value, at);
	case CONF_UINT:
		return parse_number(value, row->least, row->most, at);
	case CONF_MEGABYTES:
		err = parse_number(value, row->least, row->most, &n);
		if (err == 0)
			*(uint64_t *)at = n * MIB;
		return err;
	case CONF_PRESET:
		err = parse_number(value, row->least, row->most, &n);
		if (err == 0)
			*(uint64_t *)at = MIB << (n - 1);
		return err;
	case CONF_DURATION:
		return parse_duration(value, row->least, row->most, at);
	case CONF_SHARE:
		return parse_share(value, row->least, row->most, at);
	case CONF_WORDS:
		return set_words(row, at, value);
	case CONF_STRING:
		return set_text(at, value);
	case CONF_LIST:
	case CONF_PAIRS:
		return conf_list_add(at, value);
	case CONF_CHOICE:
		return set_choice(row, at, value);
	case CONF_UNUSED:
		return 0;
	case CONF_APPEND:
	case CONF_CHOICES:
	case CONF_FILES:
		break; /* no text is one */
	}
	return -EINVAL;
}

void conf_row_takes(const struct conf_row *row, char *buf, size_t cap)
{
	switch (row->type) {
	case CONF_BOOL:
		snprintf(buf, cap, "true or false");
		break;
	case CONF_UINT:
	case CONF_MEGABYTES:
	case CONF_PRESET:
	case CONF_SHARE:
		snprintf(buf, cap, "a number from %llu to %llu", (unsigned long long)row->least,
			 (unsigned long long)row->most);
		break;
	case CONF_DURATION:
		snprintf(buf, cap, "0, or a time from %llums to %llus, as 30s or 1h30m",
			 (unsigned long long)row->least, (unsigned long long)row->most / 1000);
		break;
	case CONF_CHOICE:
	case CONF_WORDS:
		buf[0] = '\0';
		for (unsigned i = 0; row->words[i] != NULL; i++)
			snprintf(buf + strlen(buf), cap - strlen(buf), "%s%s",
				 i == 0 ? "one of " : ", ", row->words[i]);
		break;
	case CONF_STRING:
	case CONF_LIST:
	case CONF_PAIRS:
		snprintf(buf, cap, "a text without NUL");
		break;
	case CONF_APPEND:
	case CONF_CHOICES:
	case CONF_FILES:
		snprintf(buf, cap, "a list of maps");
		break;
	case CONF_UNUSED:
		snprintf(buf, cap, "anything");
		break;
	}
}
