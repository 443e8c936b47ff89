/* SPDX-License-Identifier: Apache-2.0
 *
 * losses.c -- see losses.h.  Cells are found by hash; none is ever taken out.
 */
#include "losses.h"

#include "cursor.h"
#include "pack.h"

/* Up to here a cell of its own for each cause, processor and event; then for each cause and
 * event; the last ones are for the causes. */
#define WITH_CPU  (LOSSES_CELLS / 4 * 3)
#define WITH_CODE (LOSSES_CELLS - GAP_CAUSE_COUNT)

_Static_assert(LOSSES_SLOTS >= 2 * LOSSES_CELLS, "a search ends soon");
_Static_assert(LOSSES_SHEET >=
		       PACK_MAX_HEADER + PACK_MAX_INT + LOSSES_CELLS * (1 + 3 + 3 + PACK_MAX_INT),
	       "a full table fits a sheet");

static unsigned slot_of(const struct losses *l, const struct loss *loss)
{
	uint32_t key = (uint32_t)loss->code << 16 ^ (uint32_t)loss->cpu << 3 ^ loss->cause;
	unsigned at = (key * UINT32_C(2654435761)) >> 16 & (LOSSES_SLOTS - 1);

	for (; l->slot[at] != 0; at = (at + 1) & (LOSSES_SLOTS - 1)) {
		const struct loss *c = &l->cell[l->slot[at] - 1];

		if (c->code == loss->code && c->cpu == loss->cpu && c->cause == loss->cause)
			break;
	}
	return at;
}

/* Into the cell of exactly this kind; its number, or LOSSES_CELLS: there is none, and all up to LIMIT
 * are taken. */
static unsigned add_to(struct losses *l, const struct loss *loss, unsigned limit)
{
	unsigned at = slot_of(l, loss);

	if (l->slot[at] == 0) {
		if (l->count >= limit)
			return LOSSES_CELLS;
		l->cell[l->count] = *loss;
		l->cell[l->count++].count = 0;
		l->slot[at] = (uint16_t)l->count;
	}
	l->cell[l->slot[at] - 1].count += loss->count;
	return l->slot[at] - 1u;
}

unsigned losses_add(struct losses *l, const struct loss *loss)
{
	struct loss any = *loss;
	unsigned at;

	if (any.cause >= GAP_CAUSE_COUNT)
		any.cause = GAP_NONE;
	at = add_to(l, &any, any.cpu == LOSS_ANY_CPU ? WITH_CODE : WITH_CPU);
	if (at < LOSSES_CELLS)
		return at;
	any.cpu = LOSS_ANY_CPU;
	at = add_to(l, &any, WITH_CODE);
	if (at < LOSSES_CELLS)
		return at;
	any.code = LOSS_ANY_CODE;
	return add_to(l, &any, LOSSES_CELLS);
}

uint64_t losses_sum(const struct losses *l, enum gap_cause cause)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < l->count; i++)
		if (l->cell[i].cause == cause)
			sum += l->cell[i].count;
	return sum;
}

ssize_t losses_encode(uint8_t *buf, size_t cap, uint64_t version, const struct losses *l)
{
	struct pack pk;

	pack_init(&pk, buf, cap);
	pack_array(&pk, 1 + 4 * l->count);
	pack_uint64(&pk, version);
	for (unsigned i = 0; i < l->count; i++) {
		pack_uint8(&pk, l->cell[i].cause);
		pack_uint16(&pk, l->cell[i].cpu);
		pack_uint16(&pk, l->cell[i].code);
		pack_uint64(&pk, l->cell[i].count);
	}
	return pack_length(&pk);
}

int losses_decode(struct span sheet, uint64_t version, struct losses *ret)
{
	struct losses l = { 0 };
	struct cursor c = cursor_start(sheet);

	if (cursor_uint(&c, 0) != version || c.left % 4 != 0)
		return -EPROTO;
	for (unsigned n = 0; c.left > 0; n++) {
		struct loss loss;

		loss.cause = cursor_u8(&c);
		loss.cpu = cursor_u16(&c);
		loss.code = cursor_u16(&c);
		loss.count = cursor_uint(&c, 0);
		if (n == LOSSES_CELLS)
			cursor_fail(&c);
		if (!c.bad)
			losses_add(&l, &loss);
	}
	if (c.bad)
		return -EPROTO;
	*ret = l;
	return 0;
}

unsigned gap_part_add(struct gap_part *parts, unsigned n, const struct gap_part *part)
{
	unsigned i = 0, of = part->of;

	while (i < n && parts[i].of != of)
		i++;
	if (i == n && n >= GAP_MAX_PARTS - 1) { /* the last place is the others' */
		i = GAP_MAX_PARTS - 1;
		of = GAP_OTHERS;
	}
	if (i >= n) {
		parts[i] = (struct gap_part){ .of = (uint16_t)of };
		n = i + 1;
	}
	parts[i].count += part->count;
	return n;
}

const char *loss_cause_name(unsigned cause)
{
	static const char *const names[GAP_CAUSE_COUNT] = {
		[GAP_NONE] = "other",	     [GAP_KERNEL_BUFFER] = "kernel_buffer",
		[GAP_RING] = "ring",	     [GAP_RESTART] = "restart",
		[GAP_NOT_MADE] = "not_made", [GAP_PASSED_OVER] = "passed_over",
	};

	return cause < GAP_CAUSE_COUNT ? names[cause] : names[GAP_NONE];
}
