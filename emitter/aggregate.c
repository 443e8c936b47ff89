/* SPDX-License-Identifier: Apache-2.0
 *
 * aggregate.c -- see aggregate.h.  A key is 128 bits made from rule and values; a table of places that
 * are tried one after the other from where it belongs.
 */
#include "aggregate.h"

#include <stdlib.h>

#include "format_parts.h"
#include "uuid.h"

#define TABLE_SIZE (2 * AGGREGATE_KEYS) /* never more than half full */
#define MAX_PARTS  (2 * CONF_MAX_LIST + 2)
#define TEXT_BYTES 65536

struct entry {
	bool is_used;
	struct uuid key;
	struct mono until; /* the end of its window */
	uint64_t repeats, first_ns, last_ns;
	uint8_t *last; /* the frame of the last repeat */
	size_t length;
};

struct aggregate {
	const struct conf_list *fields;
	uint64_t window_ns, seed;
	unsigned used;
	size_t bytes;
	unsigned next; /* to look at for what is due */
	struct entry entries[TABLE_SIZE];
	uint8_t text[TEXT_BYTES];
};

struct aggregate *aggregate_new(const struct conf_list *fields, uint64_t window_ns, uint64_t seed)
{
	struct aggregate *ag = calloc(1, sizeof(*ag));

	if (ag == NULL)
		return NULL;
	ag->fields = fields;
	ag->window_ns = window_ns;
	ag->seed = seed;
	return ag;
}

void aggregate_free(struct aggregate *ag)
{
	if (ag == NULL)
		return;
	for (unsigned i = 0; i < TABLE_SIZE; i++)
		free(ag->entries[i].last);
	free(ag);
}

/* ---- keys ---- */

/* What there is of a value to compare. */
static struct span bytes_of(const struct alert_value *v)
{
	switch (v->kind) {
	case ALERT_STRING:
	case ALERT_LIST:
		return v->s;
	case ALERT_INT:
		return span_of(&v->i, sizeof(v->i));
	case ALERT_UINT:
		return span_of(&v->u, sizeof(v->u));
	case ALERT_BOOL:
		return span_of(&v->b, sizeof(v->b));
	case ALERT_DOUBLE:
		return span_of(&v->d, sizeof(v->d));
	default:
		return SPAN_NONE;
	}
}

static const struct alert_field *find_field(const struct alert_frame *a, const char *name)
{
	for (unsigned i = 0; i < a->nfields; i++)
		if (span_is(a->fields[i].name, name))
			return &a->fields[i];
	return NULL;
}

static struct uuid key_of(const struct aggregate *ag, const struct alert_frame *a)
{
	struct span parts[MAX_PARTS];
	unsigned n = 0;

	parts[n++] = span_of(&ag->seed, sizeof(ag->seed));
	parts[n++] = a->rule;
	for (unsigned i = 0; i < ag->fields->count; i++) {
		const struct alert_field *f = find_field(a, ag->fields->item[i]);

		if (f == NULL)
			continue;
		parts[n++] = f->name;
		parts[n++] = bytes_of(&f->value);
	}
	return uuid_of(parts, n);
}

/* ---- the table ---- */

static unsigned home_of(const struct uuid *key)
{
	uint32_t n;

	memcpy(&n, key->byte, sizeof(n));
	return n % TABLE_SIZE;
}

/* KEY's place, or the free one where it belongs. */
static struct entry *find(struct aggregate *ag, const struct uuid *key)
{
	unsigned at = home_of(key);

	while (ag->entries[at].is_used && memcmp(&ag->entries[at].key, key, sizeof(*key)) != 0)
		at = (at + 1) % TABLE_SIZE;
	return &ag->entries[at];
}

static void let_go(struct aggregate *ag, struct entry *e)
{
	ag->bytes -= e->length;
	free(e->last);
	e->last = NULL;
	e->length = 0;
}

/* Those behind it that were put off by it move up. */
static void remove_entry(struct aggregate *ag, struct entry *e)
{
	unsigned hole = (unsigned)(e - ag->entries), at = hole;

	let_go(ag, e);
	ag->used--;
	for (;;) {
		unsigned home;

		ag->entries[hole].is_used = false;
		do {
			at = (at + 1) % TABLE_SIZE;
			if (!ag->entries[at].is_used)
				return;
			home = home_of(&ag->entries[at].key);
			/* It may stay where its way from home does not pass the hole. */
		} while ((at - home) % TABLE_SIZE < (at - hole) % TABLE_SIZE);
		ag->entries[hole] = ag->entries[at];
		ag->entries[at].last = NULL;
		ag->entries[at].length = 0;
		hole = at;
	}
}

static bool keep_last(struct aggregate *ag, struct entry *e, struct span payload)
{
	uint8_t *copy;

	if (ag->bytes - e->length + payload.n > AGGREGATE_BYTES)
		return e->last != NULL;
	copy = malloc(payload.n);
	if (copy == NULL)
		return e->last != NULL;
	memcpy(copy, payload.p, payload.n);
	let_go(ag, e);
	e->last = copy;
	e->length = payload.n;
	ag->bytes += payload.n;
	return true;
}

bool aggregate_holds(struct aggregate *ag, const struct alert_frame *alert, struct span payload,
		     struct mono now)
{
	struct uuid key = key_of(ag, alert);
	struct entry *e = find(ag, &key);

	if (!e->is_used && ag->used == AGGREGATE_KEYS)
		return false;
	if (!e->is_used) {
		*e = (struct entry){ .is_used = true,
				     .key = key,
				     .until = mono_after(now, ag->window_ns) };
		ag->used++;
		return false;
	}
	if (payload.n == 0 || !keep_last(ag, e, payload))
		return false;
	if (e->repeats == 0)
		e->first_ns = alert->ts_ns;
	e->last_ns = alert->ts_ns;
	e->repeats++;
	return true;
}

/* ---- summaries ---- */

static void put_field(struct alert_frame *a, const char *name, uint64_t value)
{
	if (a->nfields == ALERT_MAX_FIELDS)
		return;
	a->fields[a->nfields++] =
		(struct alert_field){ span_str(name), { .kind = ALERT_UINT, .u = value } };
}

/* What the alert said, and how often it came again; what does not fit is left out of the former. */
static void put_message(struct aggregate *ag, const struct entry *e, struct alert_frame *a)
{
	size_t room = TEXT_BYTES - 256;
	struct line t;
	ssize_t n;

	line_init(&t, ag->text, sizeof(ag->text));
	line_put(&t, span_of(a->message.p, a->message.n < room ? a->message.n : room));
	line_puts(&t, " (again ");
	line_put_uint(&t, e->repeats);
	line_puts(&t, e->repeats == 1 ? " time, at " : " times, from ");
	format_put_utc(&t, e->first_ns, "Z");
	if (e->repeats > 1) {
		line_puts(&t, " to ");
		format_put_utc(&t, e->last_ns, "Z");
	}
	line_put_char(&t, ')');
	n = line_length(&t);
	if (n > 0)
		a->message = span_of(ag->text, (size_t)n);
}

static bool make(struct aggregate *ag, const struct entry *e, struct alert_frame *ret)
{
	if (wire_decode_alert(span_of(e->last, e->length), ret) < 0)
		return false;
	ret->origin_generation = ret->origin_seq = 0; /* of several events */
	put_message(ag, e, ret);
	put_field(ret, "mews.repeats", e->repeats);
	put_field(ret, "mews.repeats.first", e->first_ns);
	put_field(ret, "mews.repeats.last", e->last_ns);
	return true;
}

bool aggregate_next(struct aggregate *ag, struct mono now, bool all, struct alert_frame *ret)
{
	for (; ag->next < TABLE_SIZE && ag->used > 0; ag->next++) {
		struct entry *e = &ag->entries[ag->next];

		if (!e->is_used || (!all && e->until.ns > now.ns))
			continue;
		if (e->repeats == 0) { /* its last window was quiet */
			remove_entry(ag, e);
			if (e->is_used) /* another one has moved there */
				ag->next--;
			continue;
		}
		e->until = mono_after(now, ag->window_ns);
		if (make(ag, e, ret)) {
			e->repeats = 0;
			ag->next++;
			return true;
		}
		e->repeats = 0;
	}
	ag->next = 0;
	return false;
}
