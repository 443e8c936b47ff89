/* SPDX-License-Identifier: Apache-2.0
 *
 * wire_parts.h -- the parts that several frames have: parameters, file records,
 * process fields.  Only for wire_*.c; the contract is wire.h.
 *
 * put_*() pack, get_*() read at a cursor, both in the same order; *_bound() say
 * how long it can become.
 */
#ifndef MEWS_WIRE_PARTS_H
#define MEWS_WIRE_PARTS_H

#include "cursor.h"
#include "pack.h"
#include "wire.h"

static inline struct cursor wire_start(struct span payload)
{
	return cursor_start(payload.n <= WIRE_MAX_PAYLOAD ? payload : SPAN_NONE);
}

/* ---- parameters: nil, an int or a bin ---- */

/* False: there are more than an event can have, or one is of no known kind. */
bool put_params(struct pack *pk, uint16_t code, const struct param *params, unsigned n);
void get_params(struct cursor *c, struct param *params, uint8_t *ret_n);

static inline size_t params_bound(const struct param *params, unsigned n)
{
	size_t sum = PACK_MAX_HEADER;

	for (unsigned i = 0; i < n; i++)
		sum += params[i].kind == PARAM_BYTES ? pack_span_bound(params[i].s) : PACK_MAX_INT;
	return sum;
}

/* ---- file records ---- */

enum { FILE_ELEMENTS = 17, FILE_ELEMENTS_LOCAL = 10 };

void put_file(struct pack *pk, const struct file_info *f);
void get_file(struct cursor *c, struct file_info *ret);

static inline size_t file_bound(const struct file_info *f)
{
	return PACK_MAX_HEADER + FILE_ELEMENTS * PACK_MAX_INT + 2 * sizeof(f->sip) +
	       pack_span_bound(f->name) + pack_span_bound(f->name_raw) +
	       pack_span_bound(f->resolved);
}

/* ---- fields of an entry of the thread table ---- */

void put_process_info(struct pack *pk, const struct process_info *info, uint64_t mask);
/* Fields outside MASK, and those that the frame does not have, are zero or empty. */
void get_process_info(struct cursor *c, struct process_info *ret, uint64_t mask);
size_t process_info_bound(const struct process_info *info, uint64_t mask);

#endif
