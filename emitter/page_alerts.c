/* SPDX-License-Identifier: Apache-2.0
 *
 * page_alerts.c -- see page_alerts.h.
 */
#include "page_alerts.h"

#include "format_parts.h"
#include "jout.h"

static void put_lineage(struct jout *j, const struct alert_frame *a)
{
	jout_array(j, "lineage");
	for (unsigned i = 0; i < a->nlineage; i++) {
		const struct alert_process *p = &a->lineage[i];

		jout_object(j, NULL);
		jout_int(j, "pid", p->pid);
		jout_uint(j, "uid", p->uid);
		jout_string(j, "name", p->name);
		jout_string(j, "exepath", p->exepath);
		jout_string(j, "cmdline", p->cmdline);
		jout_end(j);
	}
	jout_end(j);
}

static void put_place(struct line *t, const struct alert_frame *a)
{
	bool any = false;

	line_put_char(t, '{');
	for (unsigned i = 0; i < a->nplace; i++) {
		if (a->place[i].value.kind != ALERT_STRING)
			continue;
		if (any)
			line_put_char(t, ',');
		line_put_string(t, a->place[i].name);
		line_put_char(t, ':');
		line_put_string(t, a->place[i].value.s);
		any = true;
	}
	line_put_char(t, '}');
}

/* In SCRATCH first: what cannot be said, or is too long, must not be half there. */
static struct span form_alert(const struct format *form, const struct alert_frame *a,
			      uint8_t *scratch, size_t cap)
{
	struct line line;

	line_init(&line, scratch, cap);
	if (!format_put_object(&line, form, a) || line_length(&line) < 0) {
		line_init(&line, scratch, cap);
		format_put_short(&line, form, a);
	}
	return span_of(scratch, line_length(&line) < 0 ? 0 : (size_t)line_length(&line));
}

static void put_alert(struct line *t, uint64_t number, struct span object,
		      const struct alert_frame *a)
{
	struct jout j;

	line_puts(t, "{\"number\":");
	line_put_uint(t, number);
	line_puts(t, ",\"alert\":");
	line_put(t, object);
	line_puts(t, ",\"more\":{");
	jout_init(&j, t);
	put_lineage(&j, a);
	line_puts(t, ",\"place\":");
	put_place(t, a);
	line_puts(t, "}}");
}

static void put_head(struct line *t, const char *instance, const struct recent_copy *copy)
{
	const struct {
		const char *key;
		uint64_t value;
	} numbers[] = { { ",\"oldest\":", copy->oldest },
			{ ",\"first\":", copy->first },
			{ ",\"next\":", copy->next },
			{ ",\"end\":", copy->end } };

	line_puts(t, "{\"instance\":");
	line_put_string(t, span_str(instance));
	for (unsigned i = 0; i < ARRAY_LEN(numbers); i++) {
		line_puts(t, numbers[i].key);
		line_put_uint(t, numbers[i].value);
	}
	line_puts(t, ",\"alerts\":[");
}

void page_alerts_put(struct line *t, const char *instance, const struct recent_copy *copy,
		     struct format *form, struct alert_frame *alert, uint8_t *scratch, size_t cap)
{
	struct span rest = copy->records;
	struct journal_record r;
	size_t start, end;
	bool any = false;
	char id[UUID_TEXT];

	put_head(t, instance, copy);
	while (journal_next(copy->key, rest, &r, &start, &end)) {
		rest = span_of(rest.p + end, rest.n - end);
		if ((r.flags & ALERT_FRAME_HEARTBEAT) != 0 ||
		    wire_decode_alert(r.payload, alert) < 0)
			continue;
		uuid_print(r.id, id);
		form->uuid = span_str(id);
		if (any)
			line_put_char(t, ',');
		put_alert(t, r.number, form_alert(form, alert, scratch, cap), alert);
		any = true;
	}
	line_puts(t, "]}\n");
}
