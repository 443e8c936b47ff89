/* SPDX-License-Identifier: Apache-2.0
 *
 * valueset.c -- open addressing with the hash beside the key.  Most values are
 * told apart by their length and last byte, before anything is hashed.
 */
#include "valueset.h"

struct slot {
	uint64_t hash; /* 0: empty */
	struct span key;
	unsigned number;
};

struct valueset {
	uint64_t lengths;  /* bit n % 64: a key of n bytes is there */
	uint64_t tails[4]; /* bit: a key that ends with this byte is there */
	unsigned mask, count;
	struct slot *slots;
};

struct key_buf {
	uint8_t bytes[17];
};

static uint64_t hash_of(struct span s)
{
	uint64_t h = s.n * 0x9e3779b97f4a7c15;
	size_t i = 0;

	for (; i + 8 <= s.n; i += 8) {
		uint64_t w;

		memcpy(&w, s.p + i, 8);
		h = (h ^ w) * 0xff51afd7ed558ccd;
		h ^= h >> 32;
	}
	for (; i < s.n; i++)
		h = (h ^ s.p[i]) * 0x100000001b3;
	h ^= h >> 29;
	return h | 1;
}

static uint8_t tail_of(struct span key)
{
	return key.n > 0 ? key.p[key.n - 1] : 0;
}

static struct span number_key(uint64_t u, struct key_buf *buf)
{
	memcpy(buf->bytes, &u, sizeof(u));
	return span_of(buf->bytes, sizeof(u));
}

static struct span ip_key(const struct ip_addr *ip, struct key_buf *buf)
{
	size_t n = ip->family == 4 ? 4 : 16;

	buf->bytes[0] = ip->family;
	memcpy(buf->bytes + 1, ip->addr, n);
	return span_of(buf->bytes, 1 + n);
}

static struct span key_of_right(enum op_group group, const struct op_right *r, struct key_buf *buf)
{
	switch (group) {
	case GROUP_NUMBER:
	case GROUP_BOOL:
		return number_key(r->u, buf);
	case GROUP_IP:
		return ip_key(&r->ip, buf);
	default:
		return r->s;
	}
}

static bool key_of_value(const struct value *v, struct key_buf *buf, struct span *ret)
{
	switch (v->kind) {
	case VALUE_STRING:
	case VALUE_BYTES:
		*ret = v->s;
		return true;
	case VALUE_INT:
		*ret = number_key((uint64_t)v->i, buf);
		return true;
	case VALUE_UINT:
		*ret = number_key(v->u, buf);
		return true;
	case VALUE_BOOL:
		*ret = number_key(v->b, buf);
		return true;
	case VALUE_IP:
		*ret = ip_key(&v->ip, buf);
		return true;
	default:
		return false;
	}
}

static struct slot *slot_of(const struct valueset *s, struct span key, uint64_t hash)
{
	for (uint64_t i = hash >> 8;; i++) {
		struct slot *slot = &s->slots[i & s->mask];

		if (slot->hash == 0 || (slot->hash == hash && span_eq(slot->key, key)))
			return slot;
	}
}

struct valueset *valueset_new(struct pool *pool, enum op_group group, const struct op_right *items,
			      unsigned n)
{
	struct valueset *s = pool_get(pool, sizeof(*s));
	unsigned cap = 4;

	while (cap < n * 2 && cap < (1u << 30))
		cap *= 2;
	if (s == NULL)
		return NULL;
	s->mask = cap - 1;
	s->slots = pool_array(pool, cap, sizeof(*s->slots));
	if (s->slots == NULL)
		return NULL;
	for (unsigned i = 0; i < n; i++) {
		struct key_buf buf;
		struct span key = key_of_right(group, &items[i], &buf);
		uint64_t hash = hash_of(key);
		struct slot *slot = slot_of(s, key, hash);

		if (slot->hash != 0)
			continue;
		key = pool_copy(pool, key);
		if (key.p == NULL)
			return NULL;
		*slot = (struct slot){ hash, key, ++s->count };
		s->lengths |= UINT64_C(1) << (key.n % 64);
		s->tails[tail_of(key) / 64] |= UINT64_C(1) << (tail_of(key) % 64);
	}
	return s;
}

unsigned valueset_find(const struct valueset *s, const struct value *v)
{
	struct key_buf buf;
	struct span key;

	if (!key_of_value(v, &buf, &key) || (s->lengths >> (key.n % 64) & 1) == 0 ||
	    (s->tails[tail_of(key) / 64] >> (tail_of(key) % 64) & 1) == 0)
		return 0;
	return slot_of(s, key, hash_of(key))->number;
}

bool valueset_has(const struct valueset *s, const struct value *v)
{
	return valueset_find(s, v) != 0;
}

unsigned valueset_number(const struct valueset *s, enum op_group group, const struct op_right *r)
{
	struct key_buf buf;
	struct span key = key_of_right(group, r, &buf);

	return slot_of(s, key, hash_of(key))->number;
}

unsigned valueset_count(const struct valueset *s)
{
	return s->count;
}
