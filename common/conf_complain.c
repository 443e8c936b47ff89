/* SPDX-License-Identifier: Apache-2.0
 *
 * conf_complain.c -- what is said of keys and values that are not as they should be, and what may have
 * been meant.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "conf_change.h"
#include "conf_loader.h"
#include "conf_value.h"
#include "nearest.h"

void loader_complain(struct loader *ld, enum conf_finding kind, const char *format, ...)
{
	struct diag d = *ld->diag;
	va_list args;

	if (ld->warn == NULL ||
	    ((kind == CONF_FOUND_UNUSED || kind == CONF_FOUND_BY_HAND) && !ld->all))
		return;
	va_start(args, format);
	vsnprintf(d.message, sizeof(d.message), format, args);
	va_end(args);
	d.kind = (uint8_t)kind;
	ld->warn(&d);
}

int loader_settle(struct loader *ld, int err)
{
	if (err != -EINVAL || !ld->all)
		return err;
	ld->diag->kind = CONF_FOUND_WRONG;
	ld->errors++;
	ld->warn(ld->diag);
	return 0;
}

/* The row that ends as KEY does, if there is one such. */
static const char *same_end(const char *key)
{
	const char *name = strrchr(key, '.'), *found = NULL;
	unsigned n, count = 0;
	const struct conf_row *rows = conf_rows(&n);

	name = name == NULL ? key : name + 1;
	for (unsigned i = 0; i < n; i++) {
		const char *dot = strrchr(rows[i].key, '.');

		if (strcmp(dot == NULL ? rows[i].key : dot + 1, name) != 0)
			continue;
		found = rows[i].key;
		count++;
	}
	return count == 1 ? found : NULL;
}

/* The same of an output's, whose own key is N bytes long. */
static struct span nearest_of_output(const char *key, size_t n)
{
	enum output_kind kind = conf_output_kind(key, n);
	struct nearest near;
	unsigned count;
	const struct conf_output_row *rows = conf_output_rows(&count);

	nearest_begin(&near, span_str(key[n] == '\0' ? "" : key + n + 1));
	for (unsigned i = 0; i < count; i++)
		if ((rows[i].kinds & 1u << kind) != 0)
			nearest_try_span(&near, span_str(rows[i].row.key));
	return near.span;
}

/* The key or map that may have been meant by KEY. */
static struct span nearest_key(const char *key)
{
	struct nearest near;
	unsigned n;
	const struct conf_row *rows = conf_rows(&n);
	const char *same = same_end(key);
	size_t dot_at = strcspn(key, ".");

	if (conf_output_kind(key, dot_at) != OUTPUT_KIND_COUNT)
		return nearest_of_output(key, dot_at);
	nearest_begin(&near, span_str(key));
	for (unsigned kind = 0; kind < OUTPUT_KIND_COUNT; kind++)
		nearest_try_span(&near, span_str(conf_output_key(kind)));
	for (unsigned i = 0; i < n; i++) {
		nearest_try_span(&near, span_str(rows[i].key));
		for (const char *dot = rows[i].key; (dot = strchr(dot, '.')) != NULL; dot++)
			nearest_try_span(&near, span_of(rows[i].key, (size_t)(dot - rows[i].key)));
	}
	return near.span.p == NULL && same != NULL ? span_str(same) : near.span;
}

void loader_complain_of_key(struct loader *ld, const char *key)
{
	const struct conf_gone *gone = conf_gone_find(key);
	struct span near = gone != NULL ? SPAN_NONE : nearest_key(key);

	if (gone != NULL)
		loader_complain(ld, CONF_FOUND_GONE, "'%s' is not a setting, ignored: %s", key,
				gone->text);
	else if (near.n > 0)
		loader_complain(ld, CONF_FOUND_UNKNOWN,
				"'%s' is not a setting, ignored: is '%.*s' meant?", key,
				(int)near.n, (const char *)near.p);
	else
		loader_complain(ld, CONF_FOUND_UNKNOWN, "'%s' is not a setting, ignored", key);
}

int loader_wrong(struct loader *ld, const struct conf_row *row, const char *value)
{
	char takes[160];

	conf_row_takes(row, takes, sizeof(takes));
	diag_set(ld->diag, "'%s' is not a value for '%s': it takes %s", value, row->key, takes);
	return -EINVAL;
}
