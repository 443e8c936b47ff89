/* SPDX-License-Identifier: Apache-2.0
 *
 * op.h -- the operators: what they are called, what stands on their right,
 * which values they compare, and how.  One table; the parser, the checker, the
 * evaluator and the manual read the same rows.
 */
#ifndef MEWS_OP_H
#define MEWS_OP_H

#include "value.h"

/* In the order in which the parser tries them. */
enum op_id {
	OP_NONE,
	OP_EXISTS,
	OP_LE,
	OP_LT,
	OP_GE,
	OP_GT,
	OP_EQ2, /* "==": as "=", but shown as written */
	OP_EQ,
	OP_NE,
	OP_GLOB,
	OP_IGLOB,
	OP_CONTAINS,
	OP_ICONTAINS,
	OP_BCONTAINS,
	OP_STARTSWITH,
	OP_BSTARTSWITH,
	OP_ENDSWITH,
	OP_REGEX,
	OP_INTERSECTS,
	OP_IN,
	OP_PMATCH,
	OP_COUNT
};

/* What the grammar wants on the right. */
enum op_arity { ARITY_NONE, ARITY_NUMBER, ARITY_STRING, ARITY_LIST };

enum op_modifier { MODIFIER_NONE, MODIFIER_ONEOF, MODIFIER_ANYOF, MODIFIER_ALLOF, MODIFIER_COUNT };

/* Kinds of values that compare alike. */
enum op_group {
	GROUP_OTHER, /* only `exists` */
	GROUP_NUMBER,
	GROUP_BOOL,
	GROUP_IP,
	GROUP_NET,
	GROUP_STRING,
	GROUP_BYTES,
	GROUP_LIST, /* of any of the above but OTHER */
	GROUP_COUNT
};

/* The right side of one comparison, as compiled. */
struct op_right {
	union {
		uint64_t u; /* NUMBER, BOOL; signed types as two's complement */
		struct span s;
		struct ip_addr ip;
		struct {
			struct ip_addr ip;
			uint8_t prefix;
		} net;
		const struct regex *regex;
	};
	double d; /* NUMBER: the same for PT_DOUBLE */
};

/* True if LEFT stands in this relation to RIGHT.  LEFT is of the group that the
 * function is for. */
typedef bool op_compare(const struct value *left, const struct op_right *right);

/* U cut to the BYTES that a type has, and widened again by its sign. */
static inline uint64_t op_narrow(uint64_t u, unsigned bytes, bool is_signed)
{
	unsigned drop = 64 - bytes * 8;

	if (bytes == 0 || bytes >= 8)
		return u;
	return is_signed ? (uint64_t)((int64_t)(u << drop) >> drop) : u << drop >> drop;
}

struct op_info {
	const char *name;
	enum op_arity arity;
	bool modifiers;		  /* oneof, anyof, allof may follow */
	uint32_t groups;	  /* bit per enum op_group that it is for */
	uint32_t modifier_groups; /* ... with a modifier */
	const char *text;
};

const struct op_info *op_info(enum op_id op); /* never NULL */
const char *op_modifier_name(enum op_modifier m);

/* The comparison of OP for values of GROUP; NULL when there is none (set
 * operators are not here: sets and pmatch have structures of their own). */
op_compare *op_comparison(enum op_id op, enum op_group group);

/* The same for numbers whose type each event says anew (evt.rawarg.X): the constant, as wide as
 * it was read and without a sign, is read again as LEFT's type. */
op_compare *op_retyped_comparison(enum op_id op);

/* Find OP by its name; OP_NONE. */
enum op_id op_find(struct span name);

/* The group of values of a field of TYPE (enum param_type). */
enum op_group op_group_of(unsigned type, bool is_list);

/* The words that say which kind of filter does not support an operator. */
const char *op_group_name(enum op_group group);

#endif
