/* SPDX-License-Identifier: Apache-2.0
 *
 * list_fields.c -- the fields with their flags and arguments, by class: those that Falco lists, or
 * all of them.
 */
#include <stdio.h>

#include "columns.h"
#include "field.h"
#include "list.h"

enum { INDENT = 30, WIDTH = 90 };

static const struct {
	uint32_t flag;
	const char *name;
} flag_names[] = {
	{ FF_ARG_REQUIRED, "ARG_REQUIRED" },
	{ FF_ARG_ALLOWED, "ARG_ALLOWED" },
	{ FF_ARG_INDEX, "ARG_INDEX" },
	{ FF_ARG_KEY, "ARG_KEY" },
	{ FF_IS_LIST, "IS_LIST" },
	{ FF_FILTER_ONLY, "FILTER_ONLY" },
	{ FF_PRINT_ONLY, "PRINT_ONLY" },
	{ FF_NO_RHS, "NO_RHS" },
	{ FF_NO_TRANSFORMER, "NO_TRANSFORMER" },
	{ FF_NO_PTR_STABILITY, "NO_PTR_STABILITY" },
	{ FF_TABLE_ONLY, "TABLE_ONLY" },
	{ FF_DEPRECATED, "DEPRECATED" },
	{ FF_FORMAT_SUGGESTED, "FORMAT_SUGGESTED" },
};

/* A class as the table has it: "evt (syscall)" is called evt. */
struct field_class {
	const char *row;
	struct span name, detail;
};

static struct field_class class_of(const struct field_info *f)
{
	const char *paren = strchr(f->cls, '(');
	struct field_class c = { f->cls, span_str(f->cls), SPAN_NONE };

	if (paren == NULL || paren == f->cls || paren[-1] != ' ')
		return c;
	c.name.n = (size_t)(paren - f->cls) - 1;
	c.detail = span_str(paren + 1);
	c.detail.n -= c.detail.n > 0;
	return c;
}

/* The number of the first field of the next class, which FIELD_COUNT ends. */
static enum field_id class_end(enum field_id from)
{
	enum field_id id = from;

	while (id < FIELD_COUNT && strcmp(field_info(id)->cls, field_info(from)->cls) == 0)
		id++;
	return id;
}

/* Which there are of `static`, the settings say. */
static bool is_shown(enum field_id id, const struct list_form *form)
{
	return id != FIELD_static_field &&
	       (form->all || (field_info(id)->flags & (FF_TABLE_ONLY | FF_DEPRECATED)) == 0);
}

/* A class of fields that are not shown is not either. */
static bool any_shown(enum field_id from, enum field_id end, const struct list_form *form)
{
	for (enum field_id id = from; id < end; id++)
		if (is_shown(id, form))
			return true;
	return false;
}

/* ---- text ---- */

static void put_field(struct line *t, const struct field_info *f, const struct list_form *form)
{
	char text[1024] = "";
	size_t n = 0;
	bool first = true;

	if (form->types)
		n = (size_t)snprintf(text, sizeof(text), "(Type: %s) ", param_type_name(f->type));
	for (unsigned i = 0; i < ARRAY_LEN(flag_names) && n < sizeof(text); i++) {
		if ((f->flags & flag_names[i].flag) == 0)
			continue;
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", first ? "(" : ",",
				      flag_names[i].name);
		first = false;
	}
	if (n < sizeof(text))
		snprintf(text + n, sizeof(text) - n, "%s%s", first ? "" : ") ", f->text);
	columns_put(t, span_str(f->name), span_str(text), INDENT, WIDTH);
}

static void put_class(struct line *t, const struct field_info *first)
{
	line_puts(t, "-------------------------------\n");
	columns_put(t, span_str("Field Class:"), span_str(first->cls), INDENT, WIDTH);
	line_puts(t, "Event Sources:                syscall \n\n"); /* a blank behind each */
}

void list_fields_text(const struct list_form *form, struct line *t)
{
	enum field_id end;

	for (enum field_id id = FIELD_NONE + 1; id < FIELD_COUNT; id = end) {
		end = class_end(id);
		if (!any_shown(id, end, form))
			continue;
		line_puts(t, id == FIELD_NONE + 1 ? "" : "\n");
		put_class(t, field_info(id));
		for (; id < end; id++)
			if (is_shown(id, form))
				put_field(t, field_info(id), form);
	}
}

/* ---- JSON ---- */

static void json_argument(struct jout *j, uint32_t flags)
{
	if ((flags & (FF_ARG_REQUIRED | FF_ARG_ALLOWED)) == 0) {
		jout_null(j, "argument");
		return;
	}
	jout_object(j, "argument");
	jout_bool(j, "required", (flags & FF_ARG_REQUIRED) != 0);
	jout_array(j, "type");
	if ((flags & FF_ARG_INDEX) != 0)
		jout_str(j, NULL, "INDEX");
	if ((flags & FF_ARG_KEY) != 0)
		jout_str(j, NULL, "KEY");
	jout_end(j);
	jout_end(j);
}

static void json_field(struct jout *j, const struct field_info *f)
{
	jout_object(j, NULL);
	json_argument(j, f->flags);
	jout_str(j, "desc", f->text);
	jout_array(j, "flags");
	for (unsigned i = 0; i < ARRAY_LEN(flag_names); i++)
		if ((f->flags & flag_names[i].flag) != 0)
			jout_str(j, NULL, flag_names[i].name);
	jout_end(j);
	jout_bool(j, "is_list", (f->flags & FF_IS_LIST) != 0);
	jout_str(j, "name", f->name);
	jout_str(j, "print", param_format_name(f->print));
	jout_str(j, "type", param_type_name(f->type));
	jout_end(j);
}

static void json_class(struct jout *j, enum field_id from, enum field_id end,
		       const struct list_form *form)
{
	struct field_class c = class_of(field_info(from));

	jout_object(j, NULL);
	jout_str(j, "class", c.row);
	jout_str(j, "desc", "");
	jout_array(j, "event_sources");
	jout_str(j, NULL, "syscall");
	jout_end(j);
	jout_array(j, "fields");
	for (enum field_id id = from; id < end; id++)
		if (is_shown(id, form))
			json_field(j, field_info(id));
	jout_end(j);
	jout_string(j, "name", c.name);
	jout_string(j, "shortdesc", c.detail);
	jout_end(j);
}

void list_fields_json(const struct list_form *form, struct jout *j)
{
	enum field_id end;

	jout_object(j, NULL);
	jout_array(j, "fieldclasses");
	for (enum field_id id = FIELD_NONE + 1; id < FIELD_COUNT; id = end) {
		end = class_end(id);
		if (any_shown(id, end, form))
			json_class(j, id, end, form);
	}
	jout_end(j);
	jout_end(j);
}
