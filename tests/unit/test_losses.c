/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of losses: nothing that is put in is ever missing from its sums, however full it
 * is, and what stands on a sheet is read back as it was, or not at all.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <errno.h>

#include "losses.h"

static struct losses l, again;
static uint8_t sheet[LOSSES_SHEET];

static unsigned lose(unsigned cause, unsigned cpu, unsigned code, uint64_t count)
{
	struct loss loss = { .cause = (uint8_t)cause,
			     .cpu = (uint16_t)cpu,
			     .code = (uint16_t)code,
			     .count = count };

	return losses_add(&l, &loss);
}

static void begin(void)
{
	memset(&l, 0, sizeof(l));
	memset(&again, 0xa5, sizeof(again));
}

Test(losses, what_is_alike_is_one_cell, .init = begin)
{
	unsigned at = lose(GAP_RING, 1, 7, 3);

	cr_assert(eq(uint, lose(GAP_RING, 1, 7, 4), at));
	cr_assert(ne(uint, lose(GAP_RING, 2, 7, 1), at));
	cr_assert(ne(uint, lose(GAP_RING, 1, 8, 1), at));
	cr_assert(ne(uint, lose(GAP_KERNEL_BUFFER, 1, 7, 1), at));
	cr_assert(eq(u64, l.cell[at].count, 7));
	cr_assert(eq(u64, losses_sum(&l, GAP_RING), 9));
	cr_assert(eq(u64, losses_sum(&l, GAP_KERNEL_BUFFER), 1));
}

Test(losses, a_full_table_still_counts_all_of_them, .init = begin)
{
	unsigned without_cpu = 0, without_code = 0;

	for (unsigned code = 0; code < 400; code++)
		for (unsigned cpu = 0; cpu < 64; cpu++)
			for (unsigned cause = 1; cause < GAP_CAUSE_COUNT; cause++)
				lose(cause, cpu, code, 2);
	cr_assert(le(uint, l.count, LOSSES_CELLS));
	for (unsigned cause = 1; cause < GAP_CAUSE_COUNT; cause++)
		cr_assert(eq(u64, losses_sum(&l, cause), 2 * 400 * 64));
	for (unsigned i = 0; i < l.count; i++) {
		without_cpu += l.cell[i].cpu == LOSS_ANY_CPU && l.cell[i].code != LOSS_ANY_CODE;
		without_code += l.cell[i].code == LOSS_ANY_CODE;
	}
	cr_assert(lt(uint, 100, without_cpu), "first it lets the processors go");
	cr_assert(eq(uint, without_code, GAP_CAUSE_COUNT - 1));
}

Test(losses, a_sheet_is_read_back_cell_by_cell_whatever_lies_behind_it, .init = begin)
{
	ssize_t n;

	for (unsigned i = 0; i < 5000; i++)
		lose(1 + i % (GAP_CAUSE_COUNT - 1), i % 70, i % 300, UINT64_MAX / 8192 - i);
	memset(sheet, 0xff, sizeof(sheet));
	n = losses_encode(sheet, sizeof(sheet), 77, &l);
	cr_assert(lt(int, 0, (int)n));
	cr_assert(eq(int, losses_decode(span_of(sheet, sizeof(sheet)), 77, &again), 0));
	cr_assert(eq(uint, again.count, l.count));
	for (unsigned i = 0; i < l.count; i++) {
		cr_assert(eq(uint, again.cell[i].cause, l.cell[i].cause));
		cr_assert(eq(uint, again.cell[i].cpu, l.cell[i].cpu));
		cr_assert(eq(uint, again.cell[i].code, l.cell[i].code));
		cr_assert(eq(u64, again.cell[i].count, l.cell[i].count));
	}
	cr_assert(eq(int, losses_decode(span_of(sheet, (size_t)n - 1), 77, &again), -EPROTO));
}

Test(losses, a_sheet_of_another_version_or_none_at_all_is_refused, .init = begin)
{
	static const uint8_t zeros[64], hand[] = { 0x94, 0x07, 0x02, 0x01, 0xcd, 0x01, 0x33 };

	cr_assert(eq(int, losses_decode(span_of(hand, sizeof(hand)), 8, &again), -EPROTO));
	cr_assert(eq(int, losses_decode(span_of(zeros, sizeof(zeros)), 7, &again), -EPROTO));
	cr_assert(eq(int, losses_decode(SPAN_NONE, 7, &again), -EPROTO));
	cr_assert(eq(int, losses_decode(span_of(hand, sizeof(hand)), 7, &again), -EPROTO),
		  "a cell without its count");
}

Test(losses, bytes_made_by_hand_are_understood, .init = begin)
{
	static const uint8_t hand[] = {
		0x95, 0x07, 0x02, 0x01, 0xcd, 0x01, 0x33, 0xcd, 0x01, 0x00
	};

	cr_assert(eq(int, losses_decode(span_of(hand, sizeof(hand)), 7, &again), 0));
	cr_assert(eq(uint, again.count, 1));
	cr_assert(eq(uint, again.cell[0].cause, GAP_RING));
	cr_assert(eq(uint, again.cell[0].cpu, 1));
	cr_assert(eq(uint, again.cell[0].code, 307));
	cr_assert(eq(u64, again.cell[0].count, 256));
}
