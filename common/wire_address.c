/* SPDX-License-Identifier: Apache-2.0
 *
 * wire_address.c -- the names of hosts: those that rules ask for, and those that an address has.
 */
#include "wire_parts.h"

enum { ADDRESS_ELEMENTS = 2 };

static bool is_name_byte(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_' || c == '.';
}

bool is_host_name(struct span s)
{
	if (s.n == 0 || s.n > HOST_NAME_LONGEST || s.p[0] == '.' || s.p[0] == '-')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!is_name_byte(s.p[i]))
			return false;
	return true;
}

static bool put_names(struct pack *pk, const struct span *names, unsigned n)
{
	pack_array(pk, n);
	for (unsigned i = 0; i < n; i++) {
		if (!is_host_name(names[i]))
			return false;
		pack_span(pk, names[i]);
	}
	return true;
}

static unsigned get_names(struct cursor *c, struct span *ret, unsigned most)
{
	unsigned n = 0;

	for (; c->left > 0 && !c->bad; n++) {
		if (n == most) {
			cursor_fail(c);
			break;
		}
		ret[n] = cursor_span(c);
		if (!is_host_name(ret[n]))
			cursor_fail(c);
	}
	return c->bad ? 0 : n;
}

static bool is_address(struct span s)
{
	return s.n == 4 || s.n == 16;
}

/* ---- ADDRESS ---- */

ssize_t wire_encode_address(uint8_t *buf, size_t cap, const struct address_frame *f)
{
	struct pack pk;

	if (!is_address(f->address) || f->nnames > ADDRESS_MAX_NAMES)
		return -EINVAL;
	pack_init(&pk, buf, cap);
	pack_array(&pk, ADDRESS_ELEMENTS);
	pack_span(&pk, f->address);
	return put_names(&pk, f->names, f->nnames) ? pack_length(&pk) : -EINVAL;
}

int wire_decode_address(struct span payload, struct address_frame *ret)
{
	struct cursor c = wire_start(payload);
	size_t outer;

	ret->address = cursor_span(&c);
	ret->nnames = 0;
	if (!is_address(ret->address) || !cursor_enter(&c, &outer)) {
		cursor_fail(&c);
		return cursor_finish(&c);
	}
	ret->nnames = (uint8_t)get_names(&c, ret->names, ADDRESS_MAX_NAMES);
	cursor_leave(&c, outer);
	return cursor_finish(&c);
}

size_t wire_address_bound(const struct address_frame *f)
{
	size_t n = 2 * (size_t)PACK_MAX_HEADER + pack_span_bound(f->address);

	for (unsigned i = 0; i < f->nnames; i++)
		n += pack_span_bound(f->names[i]);
	return n;
}

/* ---- what is asked for ---- */

ssize_t wire_encode_host_names(uint8_t *buf, size_t cap, const struct host_names *names)
{
	struct pack pk;

	if (names->n > HOST_NAMES_MAX)
		return -EINVAL;
	pack_init(&pk, buf, cap);
	return put_names(&pk, names->name, names->n) ? pack_length(&pk) : -EINVAL;
}

int wire_decode_host_names(struct span payload, struct host_names *ret)
{
	struct cursor c = wire_start(payload);

	ret->n = (uint16_t)get_names(&c, ret->name, HOST_NAMES_MAX);
	return cursor_finish(&c);
}
