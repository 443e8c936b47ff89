/* SPDX-License-Identifier: Apache-2.0
 *
 * losses.h -- what was lost, by cause, processor and event: a table of cells that
 * only grow.  There may be more of these than cells; then a loss is counted without its
 * processor, at last without its event, but counted it is: what the cells of a cause add
 * up to is the cause's counter, always.
 *
 * The table outlives its process on a *sheet* in the ring's memory (docs/wire.md): the
 * collector writes it there, mews shows it.  Core.
 */
#ifndef MEWS_LOSSES_H
#define MEWS_LOSSES_H

#include <sys/types.h>

#include "wire.h"

#define LOSSES_CELLS 1000
#define LOSSES_SLOTS 2048 /* a power of two, twice as many and no fewer */

/* Not known, or of no room for it. */
#define LOSS_ANY_CPU  UINT16_MAX
#define LOSS_ANY_CODE UINT16_MAX

struct loss {
	uint16_t cpu, code;
	uint8_t cause; /* enum gap_cause */
	uint64_t count;
};

struct losses {
	unsigned count;
	struct loss cell[LOSSES_CELLS];
	uint16_t slot[LOSSES_SLOTS]; /* of cells, plus one; 0: none */
};

/* LOSS happened; the number of the cell that counts it. */
unsigned losses_add(struct losses *l, const struct loss *loss);

/* All of CAUSE. */
uint64_t losses_sum(const struct losses *l, enum gap_cause cause);

/* An array of numbers: VERSION, then cause, processor, event and count of each cell.  The length,
 * or -ENOSPC; LOSSES_SHEET bytes are enough. */
#define LOSSES_SHEET (16u * 1024)
ssize_t losses_encode(uint8_t *buf, size_t cap, uint64_t version, const struct losses *l);

/* What lies in SHEET, with whatever behind it, if it is of VERSION.  -EPROTO: it is not, or makes no
 * sense; *RET is then as it was. */
int losses_decode(struct span sheet, uint64_t version, struct losses *ret);

/* Add PART to the N that are in PARTS, GAP_MAX_PARTS places; how many they are then. */
unsigned gap_part_add(struct gap_part *parts, unsigned n, const struct gap_part *part);

/* "kernel_buffer" ...; "other" for what this program does not know. */
const char *loss_cause_name(unsigned cause);

#endif
