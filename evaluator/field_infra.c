/* SPDX-License-Identifier: Apache-2.0
 *
 * field_infra.c -- evt.infra.docker.*: what old captures tell of Docker, as a text like
 * "Event: start; ID: 0123...; Image: busybox; name: web" in an event of its own.
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

/* The list's part that begins with KEY, from behind its colon on. */
static bool find(struct span s, struct span key, struct span *ret)
{
	while (s.n > 0) {
		const uint8_t *end = memchr(s.p, ';', s.n);
		size_t n = end != NULL ? (size_t)(end - s.p) : s.n;
		struct span part = trim(span_of(s.p, n));
		const uint8_t *colon = part.n > 0 ? memchr(part.p, ':', part.n) : NULL;

		if (colon != NULL && span_starts(part, key)) {
			n = (size_t)(colon - part.p) + 1;
			*ret = span_of(part.p + n, part.n - n);
			return true;
		}
		n += end != NULL;
		s = span_of(s.p + n, s.n - n);
	}
	return false;
}

static struct span until(struct span s, char c)
{
	const uint8_t *end = s.n > 0 ? memchr(s.p, c, s.n) : NULL;

	return end != NULL ? span_of(s.p, (size_t)(end - s.p)) : s;
}

/* As in Falco a value ends with the next colon: an image loses its tag, or what is behind its
 * registry's port.  One that is named by its hash alone is whole. */
static struct span value_of(enum field_id id, struct span s)
{
	struct span value = until(s, ':'), name = until(value, '@');

	if (id != FIELD_evt_infra_docker_container_image)
		return trim(value);
	if (name.n == value.n && name.n > 0 && memmem(name.p, name.n, "sha256", 6) != NULL)
		return trim(s);
	return trim(name);
}

static const char *key_of(enum field_id id)
{
	switch (id) {
	case FIELD_evt_infra_docker_container_id:
		return "ID";
	case FIELD_evt_infra_docker_container_name:
		return "name";
	case FIELD_evt_infra_docker_container_image:
		return "Image";
	default:
		return "Event";
	}
}

bool field_infra_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	struct span text, found;

	if (e->ev->code != EVENT_INFRASTRUCTURE_EVENT_E ||
	    !event_param_span(e, DESCRIPTION, &text) ||
	    !find(text, span_str(key_of(ref->id)), &found))
		return false;
	found = value_of(ref->id, found);
	if (ref->id == FIELD_evt_infra_docker_container_id && found.n > SHORT_ID)
		found.n = SHORT_ID;
	return value_string(ret, found);
}
