/* SPDX-License-Identifier: Apache-2.0
 *
 * alerts.c -- from a match to a frame in ring alerts.
 */
#include <errno.h>

#include "evaluator.h"
#include "lineage.h"
#include "log.h"

int put_alert(struct stage *st, struct evaluator *ev, uint16_t flags)
{
	struct alert_frame *a = &ev->alert;
	size_t cap = wire_alert_bound(a);
	uint8_t *buf;
	ssize_t n;

	if (cap > WIRE_MAX_PAYLOAD && a->nlineage + a->nplace > 0) {
		a->nlineage = a->nplace = 0;
		cap = wire_alert_bound(a);
	}
	if (cap > WIRE_MAX_PAYLOAD) {
		a->nfields = 0;
		if (a->message.n > WIRE_MAX_PAYLOAD / 4)
			a->message.n = WIRE_MAX_PAYLOAD / 4;
		cap = wire_alert_bound(a);
	}
	if (cap > WIRE_MAX_PAYLOAD) {
		a->ntags = 0;
		cap = wire_alert_bound(a);
	}
	buf = stage_reserve(st, cap);
	if (buf == NULL) {
		ev->broken_off = true;
		return -ECANCELED;
	}
	n = wire_encode_alert(buf, cap, a);
	BUG_ON(n < 0); /* all bounds were kept */
	outlet_submit(st->out, FRAME_ALERT, flags, (size_t)n);
	st->counts.v[EVALUATOR_OUT]++;
	return 0;
}

/* A field that no rule names. */
static void add_field(struct alert_frame *a, const char *name, struct span value)
{
	struct alert_field *f;

	if (value.n == 0 || a->nfields == ALERT_MAX_FIELDS)
		return;
	f = &a->fields[a->nfields++];
	f->name = span_str(name);
	f->value.kind = ALERT_STRING;
	f->value.s = value;
}

int put_match(struct stage *st, struct evaluator *ev, const struct match *m, struct field_event *e)
{
	const struct ruleset_rule *rule = m->rule;
	struct alert_frame *a = &ev->alert;
	int err;

	a->origin_generation = e->ev->origin_generation;
	a->origin_seq = e->ev->origin_seq;
	a->rule_index = m->name;
	a->priority = rule->priority;
	a->ts_ns = e->ev->ts_ns;
	a->rule = rule->name;
	a->source = rule->source;
	a->ntags = (uint8_t)(rule->ntags < ALERT_MAX_TAGS ? rule->ntags : ALERT_MAX_TAGS);
	for (unsigned i = 0; i < a->ntags; i++)
		a->tags[i] = rule->tags[i];
	a->ruleset = span_of(ev->digest, sizeof(ev->digest));
	a->nfields = 0;
	a->message = output_message(rule->output, e);
	output_alert_fields(rule->output, e, a);
	add_field(a, "mews.matched_path", m->other_path);
	if (m->metadata != NULL)
		add_field(a, "mews.metadata", span_str(m->metadata));
	if (st->conf.include_ruleset)
		add_field(a, "mews.ruleset", span_str(ev->digest_text));
	if (st->conf.web_enabled && st->conf.page_enabled && !st->replay) {
		lineage_put(e, a);
		lineage_put_place(e, a);
	}
	st->counts.v[EVALUATOR_MATCHES]++;
	rule_counts_add(&ev->rule_counts, rule);
	err = put_alert(st, ev, m->late ? ALERT_FRAME_LATE : 0);
	a->nlineage = a->nplace = 0; /* who makes alerts of other things does not know of it */
	if (err == 0)
		captures_match(&ev->captures, st, rule, e->ev);
	return err;
}
