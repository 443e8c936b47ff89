/* SPDX-License-Identifier: Apache-2.0
 *
 * field_infra.c -- evt.infra.docker.*: what old captures tell of Docker, as a text like
 * "Event: start; ID: 0123...; Image: busybox; Name: web" in an event of its own.
 */
#include "field_class.h"

enum { DESCRIPTION = 2, SHORT_ID = 12 };

static struct span trim(struct span s)
{
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = span_of(s.p + 1, s.n - 1);
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

/* The value of KEY, which has its colon, in the list S. */
static bool find(struct span s, struct span key, struct span *ret)
{
	while (s.n > 0) {
		const uint8_t *end = memchr(s.p, ';', s.n);
		size_t n = end != NULL ? (size_t)(end - s.p) : s.n;
		struct span part = trim(span_of(s.p, n));

		if (span_starts(part, key)) {
			*ret = trim(span_of(part.p + key.n, part.n - key.n));
			return true;
		}
		n += end != NULL;
		s = span_of(s.p + n, s.n - n);
	}
	return false;
}

static const char *key_of(enum field_id id)
{
	switch (id) {
	case FIELD_evt_infra_docker_container_id:
		return "ID:";
	case FIELD_evt_infra_docker_container_name:
		return "Name:";
	case FIELD_evt_infra_docker_container_image:
		return "Image:";
	default:
		return "Event:";
	}
}

bool field_infra_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	struct span text, found;

	if (e->ev->code != EVENT_INFRASTRUCTURE_EVENT_E ||
	    !event_param_span(e, DESCRIPTION, &text) ||
	    !find(text, span_str(key_of(ref->id)), &found))
		return false;
	if (ref->id == FIELD_evt_infra_docker_container_id && found.n > SHORT_ID)
		found.n = SHORT_ID;
	return value_string(ret, found);
}
