/* SPDX-License-Identifier: Apache-2.0
 *
 * list_events.c -- every event with its parameters, grouped as `falco
 * --list-events` does, and if all are wanted behind them what that leaves out: iterators'
 * events, and old versions that captures may hold.  System calls without an event of
 * their own stand with the others, by their names.
 */
#include "event.h"
#include "list.h"

static const struct group {
	const char *name;
	enum event_source source;
	bool old, is_ours; /* Falco does not list it */
} groups[] = {
	{ "Syscall events", ES_SYSCALL, false, false },
	{ "Tracepoint events", ES_TRACEPOINT, false, false },
	{ "Plugin events", ES_PLUGIN, false, false },
	{ "Metaevents", ES_METAEVENT, false, false },
	{ "Iterator events", ES_ITER, false, true },
	{ "Old events", ES_NONE, true, true },
};

static bool is_shown(const struct group *g, const struct list_form *form)
{
	return form->all || !g->is_ours;
}

static bool is_of_group(unsigned code, const struct group *g)
{
	const struct event_info *e = event_info(code);
	bool old = (e->flags & EF_OLD_VERSION) != 0;

	if ((e->flags & EF_UNUSED) != 0 || code == EVENT_GENERIC_X || old != g->old)
		return false;
	return old || e->source == g->source;
}

/* ---- text ---- */

static void put_flags(struct line *t, const struct event_param *p)
{
	const struct flag_table *table = flag_table(p->table);

	for (unsigned i = 0; i < table->count; i++) {
		line_puts(t, i == 0 ? ": " : ", ");
		line_puts(t, table->flags[i].name);
	}
}

static void put_event(struct line *t, const char *name, bool exit, const struct event_info *e)
{
	line_puts(t, exit ? "< " : "> ");
	line_puts(t, name);
	line_put_char(t, '(');
	for (unsigned i = 0; i < e->nparams; i++) {
		line_puts(t, i == 0 ? "" : ", ");
		line_puts(t, param_type_name(e->params[i].type));
		line_puts(t, " **");
		line_puts(t, e->params[i].name);
		line_puts(t, "**");
		put_flags(t, &e->params[i]);
	}
	line_puts(t, ")\n");
}

static void put_group(struct line *t, const struct group *g)
{
	line_puts(t, "## ");
	line_puts(t, g->name);
	line_puts(t, "\n\n");
	for (unsigned code = 0; code < EVENT_CODE_COUNT; code++)
		if (is_of_group(code, g))
			put_event(t, event_info(code)->name, event_is_exit(code), event_info(code));
	for (unsigned sc = 0; sc < SC_COUNT && g->source == ES_SYSCALL; sc++) {
		if (!syscall_is_generic(sc))
			continue;
		put_event(t, syscall_info(sc)->name, false, event_info(EVENT_GENERIC_E));
		put_event(t, syscall_info(sc)->name, true, event_info(EVENT_GENERIC_X));
	}
	line_put_char(t, '\n');
}

void list_events_text(const struct list_form *form, struct line *t)
{
	line_puts(t, "The events below are valid for Falco *Schema Version*: " EVENT_SCHEMA "\n");
	for (unsigned i = 0; i < ARRAY_LEN(groups); i++)
		if (is_shown(&groups[i], form))
			put_group(t, &groups[i]);
}

/* ---- JSON ---- */

static void json_param(struct jout *j, const struct event_param *p)
{
	const struct flag_table *table = flag_table(p->table);

	jout_object(j, NULL);
	if (table->count > 0) {
		jout_array(j, "flags");
		for (unsigned i = 0; i < table->count; i++)
			jout_str(j, NULL, table->flags[i].name);
		jout_end(j);
	}
	jout_str(j, "format", param_format_name(p->format));
	jout_str(j, "name", p->name);
	jout_str(j, "type", param_type_name(p->type));
	jout_end(j);
}

/* A call without an event of its own has both, as in Falco, though only its end is ever seen. */
static bool is_available(unsigned code)
{
	return code == EVENT_GENERIC_E || event_info(code)->generated == GENERATED_NOW;
}

static void json_event(struct jout *j, const char *name, unsigned code)
{
	const struct event_info *e = event_info(code);

	jout_object(j, NULL);
	jout_bool(j, "available", is_available(code));
	jout_str(j, "category", event_category_name(e->category));
	jout_uint(j, "code", code);
	jout_str(j, "dir", event_is_exit(code) ? "<" : ">");
	jout_array(j, "flags");
	for (unsigned bit = 0; event_flag_name(bit) != NULL; bit++)
		if ((e->flags >> bit & 1) != 0)
			jout_str(j, NULL, event_flag_name(bit));
	jout_end(j);
	jout_str(j, "name", name);
	jout_array(j, "params");
	for (unsigned i = 0; i < e->nparams; i++)
		json_param(j, &e->params[i]);
	jout_end(j);
	jout_end(j);
}

static void json_group(struct jout *j, const struct group *g)
{
	jout_array(j, g->name);
	for (unsigned code = 0; code < EVENT_CODE_COUNT; code++)
		if (is_of_group(code, g))
			json_event(j, event_info(code)->name, code);
	for (unsigned sc = 0; sc < SC_COUNT && g->source == ES_SYSCALL; sc++) {
		if (!syscall_is_generic(sc))
			continue;
		json_event(j, syscall_info(sc)->name, EVENT_GENERIC_E);
		json_event(j, syscall_info(sc)->name, EVENT_GENERIC_X);
	}
	jout_end(j);
}

void list_events_json(const struct list_form *form, struct jout *j)
{
	jout_object(j, NULL);
	jout_str(j, "schema_version", EVENT_SCHEMA);
	for (unsigned i = 0; i < ARRAY_LEN(groups); i++)
		if (is_shown(&groups[i], form))
			json_group(j, &groups[i]);
	jout_end(j);
}
