/* SPDX-License-Identifier: Apache-2.0
 *
 * scap_state.c -- see scap_state.h.
 */
#include "scap_state.h"

#include <stdlib.h>

/* What may be due, in this order. */
enum {
	DUE_HOST = 1 << 0,
	DUE_BEGIN = 1 << 1,
	DUE_ITEM = 1 << 2,
	DUE_END = 1 << 3,
	DUE_GONE = 1 << 4, /* one for each of PEOPLE */
};

void scap_state_init(struct scap_state *s)
{
	memset(s, 0, sizeof(*s));
}

void scap_state_release(struct scap_state *s)
{
	free(s->people);
	s->people = NULL;
	s->npeople = s->max_people = 0;
}

/* ---- the host ---- */

static void begin_section(struct scap_state *s)
{
	s->begins_anew = s->had_event;
	s->host = (struct host_frame){ 0 };
	s->is_host_told = false;
}

static void take_machine(struct scap_state *s, const struct host_frame *h)
{
	size_t n = h->hostname.n < sizeof(s->hostname) ? h->hostname.n : sizeof(s->hostname);

	if (n > 0)
		memcpy(s->hostname, h->hostname.p, n);
	s->host.hostname = span_of(s->hostname, n);
	s->host.boot_ts_ns = h->boot_ts_ns;
	s->host.memory_bytes = h->memory_bytes;
	s->host.num_cpus = h->num_cpus;
	s->is_host_told = false;
}

static void take_interface(struct scap_state *s, const struct interface_addr *a)
{
	unsigned i = s->host.naddrs;
	size_t n = a->name.n < sizeof(s->names[0]) ? a->name.n : sizeof(s->names[0]);

	s->lacks_addrs = i == HOST_MAX_ADDRS;
	if (s->lacks_addrs)
		return;
	s->host.addrs[i] = *a;
	if (n > 0)
		memcpy(s->names[i], a->name.p, n);
	s->host.addrs[i].name = span_of(s->names[i], n);
	s->host.naddrs++;
	s->is_host_told = false;
}

/* ---- its people ---- */

/* Who finds no room here stays when another list comes. */
static void remember(struct scap_state *s, uint32_t id, bool is_group)
{
	if (s->npeople == s->max_people) {
		uint32_t max = s->max_people == 0 ? 64 : 2 * s->max_people;
		struct scap_person *people;

		if (max > SCAP_MAX_PEOPLE)
			return;
		people = realloc(s->people, max * sizeof(*people));
		s->no_memory |= people == NULL;
		if (people == NULL)
			return;
		s->people = people;
		s->max_people = max;
	}
	s->people[s->npeople++] = (struct scap_person){ id, is_group };
}

static ssize_t encode_gone(struct scap_state *s, uint8_t *buf, uint16_t *ret_type)
{
	struct scap_person p = s->people[--s->npeople];
	struct group_frame g = { .gid = p.id, .gone = true };
	struct user_frame u = { .uid = p.id, .gone = true };

	*ret_type = p.is_group ? FRAME_GROUP : FRAME_USER;
	if (s->npeople > 0)
		s->due |= DUE_GONE;
	return p.is_group ? wire_encode_group(buf, WIRE_MAX_PAYLOAD, &g)
			  : wire_encode_user(buf, WIRE_MAX_PAYLOAD, &u);
}

/* ---- what is due ---- */

static void meet_event(struct scap_state *s)
{
	if (!s->is_host_told)
		s->due |= DUE_HOST;
	if (s->begins_anew)
		s->due |= DUE_BEGIN;
	if (s->begins_anew || s->in_snapshot)
		s->due |= DUE_END;
	s->had_event = true;
	s->begins_anew = s->in_snapshot = false;
}

void scap_state_meet(struct scap_state *s, const struct scap_item *item)
{
	s->due = 0;
	switch (item->kind) {
	case SCAP_SECTION:
		begin_section(s);
		return;
	case SCAP_MACHINE:
		take_machine(s, &item->host);
		return;
	case SCAP_INTERFACES:
		s->host.naddrs = 0;
		s->lacks_addrs = false;
		return;
	case SCAP_INTERFACE:
		take_interface(s, &item->addr);
		return;
	case SCAP_TASKS:
		if (!s->in_snapshot)
			s->due = DUE_HOST | DUE_BEGIN;
		s->in_snapshot = true;
		s->begins_anew = false;
		return;
	case SCAP_PEOPLE:
		s->due = s->npeople > 0 ? DUE_GONE : 0;
		return;
	case SCAP_USER:
		remember(s, item->user.uid, false);
		s->due = DUE_ITEM;
		return;
	case SCAP_GROUP:
		remember(s, item->group.gid, true);
		s->due = DUE_ITEM;
		return;
	case SCAP_TASK:
	case SCAP_TASK_FILE:
		s->due = DUE_ITEM;
		return;
	case SCAP_EVENT:
	case SCAP_OVERSIZE:
		meet_event(s);
		return;
	case SCAP_NOTHING:
		return;
	}
}

static ssize_t encode_item(const struct scap_item *item, uint8_t *buf, uint16_t *ret_type)
{
	switch (item->kind) {
	case SCAP_USER:
		*ret_type = FRAME_USER;
		return wire_encode_user(buf, WIRE_MAX_PAYLOAD, &item->user);
	case SCAP_GROUP:
		*ret_type = FRAME_GROUP;
		return wire_encode_group(buf, WIRE_MAX_PAYLOAD, &item->group);
	case SCAP_TASK:
		*ret_type = FRAME_TASK;
		return wire_encode_task(buf, WIRE_MAX_PAYLOAD, &item->task);
	default:
		*ret_type = FRAME_TASK_FILE;
		return wire_encode_task_file(buf, WIRE_MAX_PAYLOAD, &item->file);
	}
}

ssize_t scap_state_next(struct scap_state *s, const struct scap_item *item, uint8_t *buf,
			uint16_t *ret_type)
{
	unsigned first = s->due & -s->due;

	s->due &= ~first;
	switch (first) {
	case DUE_HOST:
		s->is_host_told = true;
		*ret_type = FRAME_HOST;
		return wire_encode_host(buf, WIRE_MAX_PAYLOAD, &s->host);
	case DUE_BEGIN:
		*ret_type = FRAME_SNAPSHOT_BEGIN;
		return wire_encode_empty(buf, WIRE_MAX_PAYLOAD);
	case DUE_ITEM:
		return encode_item(item, buf, ret_type);
	case DUE_GONE:
		return encode_gone(s, buf, ret_type);
	case DUE_END:
		*ret_type = FRAME_SNAPSHOT_END;
		return wire_encode_empty(buf, WIRE_MAX_PAYLOAD);
	default:
		return 0;
	}
}
