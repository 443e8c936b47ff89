/* SPDX-License-Identifier: Apache-2.0
 *
 * list_events.c -- every event with its parameters, grouped as `falco
 * --list-events` does, and behind them what that leaves out: iterators' events,
 * and old versions that captures may hold.  System calls without an event of
 * their own stand with the others, by their names.
 */
#include "event.h"
#include "list.h"

#define SCHEMA_VERSION "4.5.1"

static const struct group {
	const char *name;
	enum event_source source;
	bool old;
} groups[] = {
	{ "Syscall events", ES_SYSCALL, false }, { "Tracepoint events", ES_TRACEPOINT, false },
	{ "Plugin events", ES_PLUGIN, false },	 { "Metaevents", ES_METAEVENT, false },
	{ "Iterator events", ES_ITER, false },	 { "Old events", ES_NONE, true },
};

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
		line_put_char(t, ' ');
		line_puts(t, e->params[i].name);
		put_flags(t, &e->params[i]);
	}
	line_puts(t, ")\n");
}

static void put_group(struct line *t, const struct group *g)
{
	line_puts(t, g == groups ? "" : "\n");
	line_puts(t, "## ");
	line_puts(t, g->name);
	line_puts(t, "\n\n");
	for (unsigned code = 0; code < EVENT_CODE_COUNT; code++)
		if (is_of_group(code, g))
			put_event(t, event_info(code)->name, event_is_exit(code), event_info(code));
	for (unsigned sc = 0; sc < SC_COUNT && g->source == ES_SYSCALL; sc++)
		if (syscall_is_generic(sc))
			put_event(t, syscall_info(sc)->name, true, event_info(EVENT_GENERIC_X));
}

void list_events_text(struct line *t)
{
	for (unsigned i = 0; i < ARRAY_LEN(groups); i++)
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

static void json_event(struct jout *j, const char *name, unsigned code)
{
	const struct event_info *e = event_info(code);

	jout_object(j, NULL);
	jout_bool(j, "available", e->generated == GENERATED_NOW);
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
	for (unsigned sc = 0; sc < SC_COUNT && g->source == ES_SYSCALL; sc++)
		if (syscall_is_generic(sc))
			json_event(j, syscall_info(sc)->name, EVENT_GENERIC_X);
	jout_end(j);
}

void list_events_json(struct jout *j)
{
	jout_object(j, NULL);
	jout_str(j, "schema_version", SCHEMA_VERSION);
	for (unsigned i = 0; i < ARRAY_LEN(groups); i++)
		json_group(j, &groups[i]);
	jout_end(j);
}
