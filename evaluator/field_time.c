/* SPDX-License-Identifier: Apache-2.0
 *
 * field_time.c -- evt.time and its kin: when an event was, as text, as a number, since the
 * first one, since the last one that the same reference saw, since the last switch.
 */
#include "field_class.h"

/* Year, month and day of the day DAYS after 1970-01-01: eras of 400 years,
 * their years counted from March. */
static void civil_date(uint64_t days, struct tm *ret)
{
	uint64_t z = days + 719468;
	uint64_t era = z / 146097, of_era = z % 146097;
	uint64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	uint64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	uint64_t month = (5 * of_year + 2) / 153;

	ret->tm_mday = (int)(of_year - (153 * month + 2) / 5 + 1);
	ret->tm_mon = (int)(month < 10 ? month + 2 : month - 10);
	ret->tm_year = (int)(year + era * 400 + (ret->tm_mon <= 1) - 1900);
}

static void utc(uint64_t epoch_s, struct tm *ret)
{
	civil_date(epoch_s / 86400, ret);
	ret->tm_hour = (int)(epoch_s / 3600 % 24);
	ret->tm_min = (int)(epoch_s / 60 % 60);
	ret->tm_sec = (int)(epoch_s % 60);
}

void field_put_time(struct text *t, const struct field_event *e, uint64_t ts_ns, unsigned form)
{
	struct tm tm = { 0 };

	if (!(form & FORM_UTC) && e->context != NULL && e->context->local != NULL)
		e->context->local(ts_ns / 1000000000, &tm);
	else
		utc(ts_ns / 1000000000, &tm);
	if (form & FORM_DATE) {
		text_padded(t, (uint64_t)(tm.tm_year + 1900), 4);
		text_char(t, '-');
		text_padded(t, (uint64_t)tm.tm_mon + 1, 2);
		text_char(t, '-');
		text_padded(t, (uint64_t)tm.tm_mday, 2);
		text_char(t, form & FORM_ISO ? 'T' : ' ');
	}
	text_padded(t, (uint64_t)tm.tm_hour, 2);
	text_char(t, ':');
	text_padded(t, (uint64_t)tm.tm_min, 2);
	text_char(t, ':');
	text_padded(t, (uint64_t)tm.tm_sec, 2);
	if (form & FORM_NS) {
		text_char(t, '.');
		text_padded(t, ts_ns % 1000000000, 9);
	}
	if (form & FORM_ISO)
		text_str(t, "+0000");
}

static bool time_text(const struct field_event *e, unsigned form, struct value *ret)
{
	struct text t;

	text_begin(&t, e->arena);
	field_put_time(&t, e, e->ev->ts_ns, form);
	return value_string(ret, text_end(&t));
}

/* Since the first event of the machine or capture. */
static uint64_t relative(const struct field_event *e)
{
	const struct host_frame *h = mirror_host(e->mirror);

	return h != NULL && h->first_event_ns != 0 ? e->ev->ts_ns - h->first_event_ns
						   : e->ev->ts_ns;
}

/* ns since the event that this very reference saw last.  Outputs see 0: each
 * is an instance of its own that sees one event. */
static uint64_t delta(const struct field_ref *ref, struct field_event *e)
{
	struct field_context *c = e->context;
	uint64_t since;

	if (c == NULL || e->printing)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(c->delta); i++) {
		if (c->delta[i].ref != NULL && c->delta[i].ref != ref)
			continue;
		since = c->delta[i].ref == ref ? e->ev->ts_ns - c->delta[i].ts_ns : 0;
		c->delta[i].ref = ref;
		c->delta[i].ts_ns = e->ev->ts_ns;
		return since;
	}
	return 0;
}

/* ns since the last switch on the event's CPU that was looked at, whoever looks again; 0: none was. */
static uint64_t since_switch(const struct field_event *e)
{
	struct field_context *c = e->context;
	unsigned cpu = e->ev->cpu;

	if (e->ev->code != EVENT_SCHEDSWITCH_6_E || c == NULL || cpu >= ARRAY_LEN(c->switches))
		return 0;
	if (c->switches[cpu].ts_ns < e->ev->ts_ns) {
		c->switches[cpu].before_ns = c->switches[cpu].ts_ns;
		c->switches[cpu].ts_ns = e->ev->ts_ns;
	}
	/* One that had to wait for a name may come after younger ones. */
	if (c->switches[cpu].ts_ns > e->ev->ts_ns || c->switches[cpu].before_ns == 0)
		return 0;
	return e->ev->ts_ns - c->switches[cpu].before_ns;
}

bool field_exectime_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	(void)ref;
	return value_uint(ret, PT_RELTIME, since_switch(e));
}

bool field_time_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	uint64_t ts = e->ev->ts_ns, s = UINT64_C(1000000000);
	uint64_t since;

	switch (ref->id) {
	case FIELD_evt_time:
	case FIELD_evt_outputtime:
		return time_text(e, FORM_NS, ret);
	case FIELD_evt_time_s:
		return time_text(e, 0, ret);
	case FIELD_evt_time_iso8601:
		return time_text(e, FORM_DATE | FORM_NS | FORM_UTC | FORM_ISO, ret);
	case FIELD_evt_datetime:
		return time_text(e, FORM_DATE | FORM_NS, ret);
	case FIELD_evt_datetime_s:
		return time_text(e, FORM_DATE, ret);
	case FIELD_evt_rawtime:
		return value_uint(ret, PT_ABSTIME, ts);
	case FIELD_evt_rawtime_s:
		return value_uint(ret, PT_ABSTIME, ts / s);
	case FIELD_evt_rawtime_ns:
		return value_uint(ret, PT_ABSTIME, ts % s);
	case FIELD_evt_reltime:
		return value_uint(ret, PT_RELTIME, relative(e));
	case FIELD_evt_reltime_s:
		return value_uint(ret, PT_RELTIME, relative(e) / s);
	case FIELD_evt_reltime_ns:
		return value_uint(ret, PT_RELTIME, relative(e) % s);
	default:
		since = delta(ref, e);
		if (ref->id == FIELD_evt_deltatime_s)
			since /= s;
		else if (ref->id == FIELD_evt_deltatime_ns)
			since %= s;
		return value_uint(ret, PT_RELTIME, since);
	}
}
