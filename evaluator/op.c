/* SPDX-License-Identifier: Apache-2.0
 *
 * op.c -- the operator table and the comparisons behind it.  Each comparison is
 * a pure function of two values: bytes compare as bytes, case is ASCII's.
 */
#include "op.h"

#include "glob.h"
#include "regex_shim.h"

#define BIT(g) (1u << GROUP_##g)

enum {
	EQUALITY = BIT(NUMBER) | BIT(BOOL) | BIT(IP) | BIT(NET) | BIT(STRING) | BIT(BYTES),
	ANY_GROUP = EQUALITY | BIT(LIST) | BIT(OTHER),
	/* With a modifier: strings, and addresses for = and !=. */
	EQUALITY_MOD = BIT(STRING) | BIT(IP) | BIT(NET),
};

static const struct op_info ops[OP_COUNT] = {
	[OP_NONE] = { "", ARITY_NONE, false, 0, 0, "" },
	[OP_EXISTS] = { "exists", ARITY_NONE, false, ANY_GROUP, 0, "the event has the field" },
	[OP_LE] = { "<=", ARITY_NUMBER, false, BIT(NUMBER) | BIT(STRING), 0,
		    "the field is at most the value" },
	[OP_LT] = { "<", ARITY_NUMBER, false, BIT(NUMBER) | BIT(STRING), 0,
		    "the field is less than the value" },
	[OP_GE] = { ">=", ARITY_NUMBER, false, BIT(NUMBER) | BIT(STRING), 0,
		    "the field is at least the value" },
	[OP_GT] = { ">", ARITY_NUMBER, false, BIT(NUMBER) | BIT(STRING), 0,
		    "the field is more than the value" },
	[OP_EQ2] = { "==", ARITY_STRING, true, EQUALITY, EQUALITY_MOD, "the field is the value" },
	[OP_EQ] = { "=", ARITY_STRING, true, EQUALITY, EQUALITY_MOD, "the field is the value" },
	[OP_NE] = { "!=", ARITY_STRING, true, EQUALITY, EQUALITY_MOD,
		    "the event has the field, and it is not the value" },
	[OP_GLOB] = { "glob", ARITY_STRING, true, BIT(STRING), BIT(STRING),
		      "the value, with * ? [], is a pattern of the whole field" },
	[OP_IGLOB] = { "iglob", ARITY_STRING, true, BIT(STRING), BIT(STRING),
		       "as glob, without regard to case" },
	[OP_CONTAINS] = { "contains", ARITY_STRING, true, BIT(STRING) | BIT(BYTES),
			  BIT(STRING) | BIT(BYTES), "the field has the value in it" },
	[OP_ICONTAINS] = { "icontains", ARITY_STRING, true, BIT(STRING), BIT(STRING),
			   "as contains, without regard to case" },
	[OP_BCONTAINS] = { "bcontains", ARITY_STRING, true, BIT(BYTES), BIT(BYTES),
			   "the field has the bytes, given in hexadecimal, in it" },
	[OP_STARTSWITH] = { "startswith", ARITY_STRING, true, BIT(STRING) | BIT(BYTES),
			    BIT(STRING) | BIT(BYTES), "the field begins with the value" },
	[OP_BSTARTSWITH] = { "bstartswith", ARITY_STRING, true, BIT(BYTES), BIT(BYTES),
			     "the field begins with the bytes, given in hexadecimal" },
	[OP_ENDSWITH] = { "endswith", ARITY_STRING, true, BIT(STRING) | BIT(BYTES),
			  BIT(STRING) | BIT(BYTES), "the field ends with the value" },
	[OP_REGEX] = { "regex", ARITY_STRING, true, BIT(STRING), BIT(STRING),
		       "the value, a POSIX regular expression, matches the whole field" },
	[OP_INTERSECTS] = { "intersects", ARITY_LIST, false, EQUALITY | BIT(LIST), 0,
			    "at least one element of the field is one of the values" },
	[OP_IN] = { "in", ARITY_LIST, false, EQUALITY | BIT(LIST), 0,
		    "the field, or every element of it, is one of the values" },
	[OP_PMATCH] = { "pmatch", ARITY_LIST, false, BIT(STRING), 0,
			"one of the values is the field's path or a directory above it" },
};

/* A row that nobody wrote would have no name. */
_Static_assert(ARRAY_LEN(ops) == OP_COUNT, "every operator has its row");

const struct op_info *op_info(enum op_id op)
{
	return &ops[(unsigned)op < OP_COUNT ? op : OP_NONE];
}

const char *op_modifier_name(enum op_modifier m)
{
	static const char *const names[MODIFIER_COUNT] = { "", "oneof", "anyof", "allof" };

	return (unsigned)m < MODIFIER_COUNT ? names[m] : "";
}

enum op_id op_find(struct span name)
{
	for (enum op_id op = OP_NONE + 1; op < OP_COUNT; op++)
		if (span_is(name, ops[op].name))
			return op;
	return OP_NONE;
}

/* ---- types to groups ---- */

static enum op_group scalar_group(unsigned type)
{
	switch ((enum param_type)type) {
	case PT_INT8:
	case PT_INT16:
	case PT_INT32:
	case PT_INT64:
	case PT_UINT8:
	case PT_UINT16:
	case PT_UINT32:
	case PT_UINT64:
	case PT_ERRNO:
	case PT_FD:
	case PT_PID:
	case PT_SYSCALLID:
	case PT_SIGTYPE:
	case PT_RELTIME:
	case PT_ABSTIME:
	case PT_PORT:
	case PT_FLAGS8:
	case PT_FLAGS16:
	case PT_FLAGS32:
	case PT_ENUMFLAGS8:
	case PT_ENUMFLAGS16:
	case PT_ENUMFLAGS32:
	case PT_MODE:
	case PT_DOUBLE:
		return GROUP_NUMBER;
	case PT_BOOL:
		return GROUP_BOOL;
	case PT_IPV4ADDR:
	case PT_IPV6ADDR:
	case PT_IPADDR:
		return GROUP_IP;
	case PT_IPNET:
		return GROUP_NET;
	case PT_CHARBUF:
	case PT_FSPATH:
	case PT_FSRELPATH:
		return GROUP_STRING;
	case PT_BYTEBUF:
		return GROUP_BYTES;
	default:
		return GROUP_OTHER;
	}
}

enum op_group op_group_of(unsigned type, bool is_list)
{
	if (!is_list)
		return scalar_group(type);
	switch ((enum param_type)type) {
	case PT_CHARBUF:
	case PT_UINT64:
	case PT_RELTIME:
	case PT_ABSTIME:
	case PT_BOOL:
	case PT_IPADDR:
	case PT_IPNET:
		return GROUP_LIST;
	default:
		return GROUP_OTHER;
	}
}

const char *op_group_name(enum op_group group)
{
	static const char *const names[GROUP_COUNT] = {
		[GROUP_OTHER] = "this type of",
		[GROUP_NUMBER] = "numeric",
		[GROUP_BOOL] = "boolean",
		[GROUP_IP] = "ip address and network",
		[GROUP_NET] = "ip address and network",
		[GROUP_STRING] = "string",
		[GROUP_BYTES] = "buffer",
		[GROUP_LIST] = "list",
	};

	return (unsigned)group < GROUP_COUNT ? names[group] : names[GROUP_OTHER];
}

/* ---- numbers and booleans ---- */

/* Less than, equal to, greater than 0.  A kind that is no number is never equal
 * and never ordered: false is all a comparison can be then. */
static bool order(const struct value *l, const struct op_right *r, int *ret)
{
	int64_t i;

	switch (l->kind) {
	case VALUE_INT:
		i = (int64_t)r->u;
		*ret = (l->i > i) - (l->i < i);
		return true;
	case VALUE_UINT:
		*ret = (l->u > r->u) - (l->u < r->u);
		return true;
	case VALUE_BOOL:
		*ret = ((uint64_t)l->b > r->u) - ((uint64_t)l->b < r->u);
		return true;
	case VALUE_DOUBLE:
		*ret = (l->d > r->d) - (l->d < r->d);
		return true;
	default:
		return false;
	}
}

#define NUMBER_COMPARISON(name, way_of, relation)                                                  \
	static bool name(const struct value *l, const struct op_right *r)                          \
	{                                                                                          \
		int way;                                                                           \
                                                                                                   \
		return way_of(l, r, &way) && way relation 0;                                       \
	}
NUMBER_COMPARISON(number_eq, order, ==)
NUMBER_COMPARISON(number_ne, order, !=)
NUMBER_COMPARISON(number_lt, order, <)
NUMBER_COMPARISON(number_le, order, <=)
NUMBER_COMPARISON(number_gt, order, >)
NUMBER_COMPARISON(number_ge, order, >=)

static bool order_retyped(const struct value *l, const struct op_right *r, int *ret)
{
	struct op_right as_left = *r;

	as_left.u = op_narrow(r->u, param_type_size(l->type), param_type_is_signed(l->type));
	return order(l, &as_left, ret);
}

NUMBER_COMPARISON(retyped_eq, order_retyped, ==)
NUMBER_COMPARISON(retyped_ne, order_retyped, !=)
NUMBER_COMPARISON(retyped_lt, order_retyped, <)
NUMBER_COMPARISON(retyped_le, order_retyped, <=)
NUMBER_COMPARISON(retyped_gt, order_retyped, >)
NUMBER_COMPARISON(retyped_ge, order_retyped, >=)

/* ---- strings and buffers ---- */

static bool is_text(const struct value *l)
{
	return l->kind == VALUE_STRING || l->kind == VALUE_BYTES;
}

/* As strcmp(): a shorter string that is the beginning of the other is less. */
static int text_order(struct span a, struct span b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int way = n == 0 ? 0 : memcmp(a.p, b.p, n);

	return way != 0 ? way : (a.n > b.n) - (a.n < b.n);
}

#define TEXT_COMPARISON(name, expression)                                                          \
	static bool name(const struct value *l, const struct op_right *r)                          \
	{                                                                                          \
		return is_text(l) && (expression);                                                 \
	}
TEXT_COMPARISON(text_eq, span_eq(l->s, r->s))
TEXT_COMPARISON(text_ne, !span_eq(l->s, r->s))
TEXT_COMPARISON(text_lt, text_order(l->s, r->s) < 0)
TEXT_COMPARISON(text_le, text_order(l->s, r->s) <= 0)
TEXT_COMPARISON(text_gt, text_order(l->s, r->s) > 0)
TEXT_COMPARISON(text_ge, text_order(l->s, r->s) >= 0)
TEXT_COMPARISON(text_contains,
		r->s.n == 0 || (l->s.n >= r->s.n && memmem(l->s.p, l->s.n, r->s.p, r->s.n) != NULL))
TEXT_COMPARISON(text_startswith, span_starts(l->s, r->s))
TEXT_COMPARISON(text_endswith, span_ends(l->s, r->s))
TEXT_COMPARISON(text_glob, glob_match(r->s, l->s, GLOB_EXACT))
TEXT_COMPARISON(text_iglob, glob_match(r->s, l->s, GLOB_FOLD))
TEXT_COMPARISON(text_regex, regex_shim_match(r->regex, l->s.p, l->s.n))

static uint8_t fold(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static bool text_icontains(const struct value *l, const struct op_right *r)
{
	if (!is_text(l))
		return false;
	for (size_t at = 0; r->s.n <= l->s.n - at; at++) {
		size_t i = 0;

		while (i < r->s.n && fold(l->s.p[at + i]) == fold(r->s.p[i]))
			i++;
		if (i == r->s.n)
			return true;
		if (at == l->s.n)
			break;
	}
	return false;
}

/* ---- addresses ---- */

static bool same_family(const struct value *l, uint8_t family)
{
	return l->kind == VALUE_IP && l->ip.family == family;
}

static bool ip_eq(const struct value *l, const struct op_right *r)
{
	return same_family(l, r->ip.family) &&
	       memcmp(l->ip.addr, r->ip.addr, r->ip.family == 4 ? 4 : 16) == 0;
}

static bool ip_ne(const struct value *l, const struct op_right *r)
{
	return l->kind == VALUE_IP && !ip_eq(l, r);
}

static bool net_eq(const struct value *l, const struct op_right *r)
{
	unsigned bytes = r->net.prefix / 8, bits = r->net.prefix % 8;

	if (!same_family(l, r->net.ip.family))
		return false;
	if (memcmp(l->ip.addr, r->net.ip.addr, bytes) != 0)
		return false;
	return bits == 0 || ((l->ip.addr[bytes] ^ r->net.ip.addr[bytes]) >> (8 - bits)) == 0;
}

static bool net_ne(const struct value *l, const struct op_right *r)
{
	return l->kind == VALUE_IP && !net_eq(l, r);
}

/* ---- which is for whom ---- */

op_compare *op_comparison(enum op_id op, enum op_group group)
{
	static op_compare *const table[OP_COUNT][GROUP_COUNT] = {
		[OP_LE] = { [GROUP_NUMBER] = number_le, [GROUP_STRING] = text_le },
		[OP_LT] = { [GROUP_NUMBER] = number_lt, [GROUP_STRING] = text_lt },
		[OP_GE] = { [GROUP_NUMBER] = number_ge, [GROUP_STRING] = text_ge },
		[OP_GT] = { [GROUP_NUMBER] = number_gt, [GROUP_STRING] = text_gt },
#define EQUAL_ROW                                                                                  \
	{ [GROUP_NUMBER] = number_eq, [GROUP_BOOL] = number_eq, [GROUP_IP] = ip_eq,                \
	  [GROUP_NET] = net_eq,	      [GROUP_STRING] = text_eq, [GROUP_BYTES] = text_eq }
		[OP_EQ2] = EQUAL_ROW,
		[OP_EQ] = EQUAL_ROW,
		[OP_NE] = { [GROUP_NUMBER] = number_ne,
			    [GROUP_BOOL] = number_ne,
			    [GROUP_IP] = ip_ne,
			    [GROUP_NET] = net_ne,
			    [GROUP_STRING] = text_ne,
			    [GROUP_BYTES] = text_ne },
		[OP_GLOB] = { [GROUP_STRING] = text_glob },
		[OP_IGLOB] = { [GROUP_STRING] = text_iglob },
		[OP_CONTAINS] = { [GROUP_STRING] = text_contains, [GROUP_BYTES] = text_contains },
		[OP_ICONTAINS] = { [GROUP_STRING] = text_icontains },
		[OP_BCONTAINS] = { [GROUP_BYTES] = text_contains },
		[OP_STARTSWITH] = { [GROUP_STRING] = text_startswith,
				    [GROUP_BYTES] = text_startswith },
		[OP_BSTARTSWITH] = { [GROUP_BYTES] = text_startswith },
		[OP_ENDSWITH] = { [GROUP_STRING] = text_endswith, [GROUP_BYTES] = text_endswith },
		[OP_REGEX] = { [GROUP_STRING] = text_regex },
	};

	if ((unsigned)op >= OP_COUNT || (unsigned)group >= GROUP_COUNT)
		return NULL;
	return table[op][group];
}

op_compare *op_retyped_comparison(enum op_id op)
{
	static op_compare *const table[OP_COUNT] = {
		[OP_LE] = retyped_le, [OP_LT] = retyped_lt,  [OP_GE] = retyped_ge,
		[OP_GT] = retyped_gt, [OP_EQ2] = retyped_eq, [OP_EQ] = retyped_eq,
		[OP_NE] = retyped_ne,
	};

	return (unsigned)op < OP_COUNT ? table[op] : NULL;
}
