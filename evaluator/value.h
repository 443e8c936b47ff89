/* SPDX-License-Identifier: Apache-2.0
 *
 * value.h -- what a field is worth at one event.  Spans and items live as long
 * as the event and its arena.
 */
#ifndef MEWS_VALUE_H
#define MEWS_VALUE_H

#include "event.h"

enum value_kind {
	VALUE_MISSING, /* extraction gave nothing: every comparison is false */
	VALUE_STRING,  /* no NUL in it or behind it */
	VALUE_BYTES,
	VALUE_INT,
	VALUE_UINT,
	VALUE_BOOL,
	VALUE_DOUBLE,
	VALUE_IP,
	VALUE_LIST,
};

struct ip_addr {
	uint8_t family;	  /* 4 or 6 */
	uint8_t addr[16]; /* network order, 4 or 16 bytes used */
};

struct value {
	uint8_t kind; /* enum value_kind */
	uint8_t type; /* enum param_type: how it compares and prints */
	union {
		struct span s;
		int64_t i;
		uint64_t u;
		bool b;
		double d;
		struct ip_addr ip;
		struct {
			const struct value *items;
			unsigned n;
		} list;
	};
};

#endif
