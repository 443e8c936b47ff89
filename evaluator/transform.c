/* SPDX-License-Identifier: Apache-2.0
 *
 * transform.c -- the transformers.  Each is a check of types at load and a
 * function at an event.
 */
#include "transform.h"

#include <errno.h>

#include "base64.h"

static bool is_string(const struct transform_type *t)
{
	return t->type == PT_CHARBUF || t->type == PT_FSPATH || t->type == PT_FSRELPATH;
}

static int bad_type(const struct transform *t, const struct transform_type *a, struct diag *diag)
{
	diag_set(diag,
		 "can't add field transformer: type '%s' is not supported by '%s' transformer",
		 param_type_name(a->type), t->name);
	return -EINVAL;
}

static int one_argument(const struct transform *t, unsigned n, const struct span *arg,
			struct diag *diag)
{
	if (n != 1) {
		diag_set(diag, "unknown multivalue transformer '%s': it takes one argument",
			 t->name);
		return -EINVAL;
	}
	if (arg != NULL) {
		diag_set(diag, "filter error: transformer '%s' does not support field arguments",
			 t->name);
		return -EINVAL;
	}
	return 0;
}

/* ---- the ones with a single argument ---- */

static int check_string(const struct transform *t, const struct transform_type *args, unsigned n,
			const struct span *arg, struct transform_type *ret, struct diag *diag)
{
	if (one_argument(t, n, arg, diag) < 0)
		return -EINVAL;
	if (!is_string(&args[0]))
		return bad_type(t, &args[0], diag);
	*ret = args[0];
	return 0;
}

static int check_text(const struct transform *t, const struct transform_type *args, unsigned n,
		      const struct span *arg, struct transform_type *ret, struct diag *diag)
{
	if (one_argument(t, n, arg, diag) < 0)
		return -EINVAL;
	if (args[0].type != PT_CHARBUF && args[0].type != PT_BYTEBUF)
		return bad_type(t, &args[0], diag);
	*ret = args[0];
	return 0;
}

static int check_len(const struct transform *t, const struct transform_type *args, unsigned n,
		     const struct span *arg, struct transform_type *ret, struct diag *diag)
{
	if (one_argument(t, n, arg, diag) < 0)
		return -EINVAL;
	if (!args[0].is_list && !is_string(&args[0]) && args[0].type != PT_BYTEBUF)
		return bad_type(t, &args[0], diag);
	*ret = (struct transform_type){ .type = PT_UINT64 };
	return 0;
}

static int check_val(const struct transform *t, const struct transform_type *args, unsigned n,
		     const struct span *arg, struct transform_type *ret, struct diag *diag)
{
	if (one_argument(t, n, arg, diag) < 0)
		return -EINVAL;
	*ret = args[0];
	return 0;
}

typedef bool text_function(struct span in, struct arena *arena, struct span *ret);

/* Apply F to a string, or to each element of a list of them. */
static bool apply_each(text_function *f, const struct value *in, struct arena *arena,
		       struct value *ret)
{
	struct value *items;

	if (in->kind != VALUE_LIST) {
		if (in->kind != VALUE_STRING && in->kind != VALUE_BYTES)
			return false;
		*ret = *in;
		return f(span_chomp(in->s), arena, &ret->s);
	}
	items = arena_get(arena, in->list.n * sizeof(*items));
	if (items == NULL)
		return false;
	for (unsigned i = 0; i < in->list.n; i++) {
		const struct value *v = &in->list.items[i];

		if (v->kind != VALUE_STRING && v->kind != VALUE_BYTES)
			return false;
		items[i] = *v;
		if (!f(span_chomp(v->s), arena, &items[i].s))
			return false;
	}
	*ret = *in;
	ret->list.items = items;
	return true;
}

static bool map_bytes(struct span in, struct arena *arena, uint8_t from, uint8_t to,
		      struct span *ret)
{
	uint8_t *out = arena_get(arena, in.n);

	if (out == NULL)
		return false;
	for (size_t i = 0; i < in.n; i++) {
		uint8_t c = in.p[i];

		out[i] = c >= from && c < from + 26 ? (uint8_t)(c - from + to) : c;
	}
	*ret = span_of(out, in.n);
	return true;
}

static bool text_lower(struct span in, struct arena *arena, struct span *ret)
{
	return map_bytes(in, arena, 'A', 'a', ret);
}

static bool text_upper(struct span in, struct arena *arena, struct span *ret)
{
	return map_bytes(in, arena, 'a', 'A', ret);
}

static bool text_basename(struct span in, struct arena *arena, struct span *ret)
{
	const uint8_t *slash = in.n == 0 ? NULL : memrchr(in.p, '/', in.n);

	(void)arena;
	*ret = slash == NULL ? in : span_of(slash + 1, in.n - (size_t)(slash + 1 - in.p));
	return true;
}

static bool text_unbase64(struct span in, struct arena *arena, struct span *ret)
{
	uint8_t *out = arena_get(arena, in.n + 1);
	unsigned bits = 0, nbits = 0;
	size_t n = 0;

	if (out == NULL)
		return false;
	for (unsigned i = 0; i < 2 && in.n > 0 && in.p[in.n - 1] == '='; i++)
		in.n--;
	if (in.n % 4 == 1)
		return false;
	for (size_t i = 0; i < in.n; i++) {
		int digit = base64_digit(in.p[i]);

		if (digit < 0)
			return false;
		bits = bits << 6 | (unsigned)digit;
		nbits += 6;
		if (nbits >= 8) {
			nbits -= 8;
			out[n++] = (uint8_t)(bits >> nbits);
			bits &= (1u << nbits) - 1;
		}
	}
	if (bits != 0)
		return false; /* bits that encode nothing must be zero */
	*ret = span_of(out, n);
	return true;
}

#define APPLY_EACH(name, function)                                                                 \
	static bool name(const struct value *args, unsigned n, const struct span *arg,             \
			 struct arena *arena, struct value *ret)                                   \
	{                                                                                          \
		(void)n;                                                                           \
		(void)arg;                                                                         \
		return apply_each(function, &args[0], arena, ret);                                 \
	}
APPLY_EACH(apply_lower, text_lower)
APPLY_EACH(apply_upper, text_upper)
APPLY_EACH(apply_basename, text_basename)

static bool apply_b64(const struct value *args, unsigned n, const struct span *arg,
		      struct arena *arena, struct value *ret)
{
	(void)n;
	(void)arg;
	if (!apply_each(text_unbase64, &args[0], arena, ret))
		return false;
	if (ret->kind == VALUE_STRING) { /* a string ends at its first NUL */
		const uint8_t *nul = ret->s.n == 0 ? NULL : memchr(ret->s.p, 0, ret->s.n);

		if (nul != NULL)
			ret->s.n = (size_t)(nul - ret->s.p);
	}
	return true;
}

static bool apply_len(const struct value *args, unsigned n, const struct span *arg,
		      struct arena *arena, struct value *ret)
{
	uint64_t len;

	(void)n;
	(void)arg;
	(void)arena;
	if (args[0].kind == VALUE_LIST)
		len = args[0].list.n;
	else if (args[0].kind == VALUE_STRING || args[0].kind == VALUE_BYTES)
		len = args[0].s.n;
	else
		return false;
	*ret = (struct value){ .kind = VALUE_UINT, .type = PT_UINT64, .u = len };
	return true;
}

static bool apply_val(const struct value *args, unsigned n, const struct span *arg,
		      struct arena *arena, struct value *ret)
{
	(void)n;
	(void)arg;
	(void)arena;
	*ret = args[0];
	return true;
}

/* ---- join, concat ---- */

static struct value string_value(struct span s)
{
	return (struct value){ .kind = VALUE_STRING, .type = PT_CHARBUF, .s = s };
}

bool transform_number_text(const struct value *v, struct arena *arena, struct value *ret)
{
	uint64_t u = v->kind == VALUE_INT ? (uint64_t)v->i : v->u;
	bool minus = v->kind == VALUE_INT && v->i < 0;
	uint8_t buf[24], *at = buf + sizeof(buf), *out;
	size_t n;

	if (v->kind != VALUE_INT && v->kind != VALUE_UINT)
		return false;
	if (minus)
		u = -u;
	do {
		*--at = (uint8_t)('0' + u % 10);
		u /= 10;
	} while (u != 0);
	if (minus)
		*--at = '-';
	n = (size_t)(buf + sizeof(buf) - at);
	out = arena_get(arena, n);
	if (out == NULL)
		return false;
	memcpy(out, at, n);
	*ret = string_value(span_of(out, n));
	return true;
}

static int check_join(const struct transform *t, const struct transform_type *args, unsigned n,
		      const struct span *arg, struct transform_type *ret, struct diag *diag)
{
	if (n != 2) {
		diag_set(diag,
			 "unknown field transfomer '%s' with %u arguments: it takes a separator "
			 "and a list",
			 t->name, n);
		return -EINVAL;
	}
	if (arg != NULL) {
		diag_set(diag, "filter error: transformer '%s' does not support field arguments",
			 t->name);
		return -EINVAL;
	}
	if (args[0].is_list || !is_string(&args[0]))
		return bad_type(t, &args[0], diag);
	if (!args[1].is_list || !is_string(&args[1]))
		return bad_type(t, &args[1], diag);
	*ret = (struct transform_type){ .type = PT_CHARBUF };
	return 0;
}

/* N strings, SEPARATOR between them. */
static bool join(const struct value *items, unsigned n, struct span separator, struct arena *arena,
		 struct value *ret)
{
	size_t len = 0, at = 0;
	uint8_t *out;

	for (unsigned i = 0; i < n; i++) {
		if (items[i].kind != VALUE_STRING)
			return false;
		len += items[i].s.n + (i > 0 ? separator.n : 0);
	}
	out = arena_get(arena, len);
	if (out == NULL)
		return false;
	for (unsigned i = 0; i < n; i++) {
		if (i > 0 && separator.n > 0) {
			memcpy(out + at, separator.p, separator.n);
			at += separator.n;
		}
		if (items[i].s.n > 0)
			memcpy(out + at, items[i].s.p, items[i].s.n);
		at += items[i].s.n;
	}
	*ret = string_value(span_of(out, len));
	return true;
}

static bool apply_join(const struct value *args, unsigned n, const struct span *arg,
		       struct arena *arena, struct value *ret)
{
	(void)n;
	(void)arg;
	if (args[0].kind != VALUE_STRING || args[1].kind != VALUE_LIST)
		return false;
	return join(args[1].list.items, args[1].list.n, args[0].s, arena, ret);
}

static int check_concat(const struct transform *t, const struct transform_type *args, unsigned n,
			const struct span *arg, struct transform_type *ret, struct diag *diag)
{
	if (n < 2) {
		diag_set(diag,
			 "unknown field transfomer '%s' with one argument: it takes two or "
			 "more",
			 t->name);
		return -EINVAL;
	}
	if (arg != NULL) {
		diag_set(diag, "filter error: transformer '%s' does not support field arguments",
			 t->name);
		return -EINVAL;
	}
	for (unsigned i = 0; i < n; i++)
		if (args[i].is_list || !is_string(&args[i]))
			return bad_type(t, &args[i], diag);
	*ret = (struct transform_type){ .type = PT_CHARBUF };
	return 0;
}

static bool apply_concat(const struct value *args, unsigned n, const struct span *arg,
			 struct arena *arena, struct value *ret)
{
	(void)arg;
	return join(args, n, SPAN_NONE, arena, ret);
}

/* ---- getopt ---- */

static int check_getopt(const struct transform *t, const struct transform_type *args, unsigned n,
			const struct span *arg, struct transform_type *ret, struct diag *diag)
{
	if (n != 2) {
		diag_set(diag,
			 "unknown field transfomer '%s' with %u arguments: it takes a list and a "
			 "string of options",
			 t->name, n);
		return -EINVAL;
	}
	if (!args[0].is_list || !is_string(&args[0]))
		return bad_type(t, &args[0], diag);
	if (args[1].is_list || !is_string(&args[1]))
		return bad_type(t, &args[1], diag);
	if (arg != NULL && arg->n != 1) {
		diag_set(diag, "the argument of transformer '%s' must be one character", t->name);
		return -EINVAL;
	}
	*ret = (struct transform_type){ .type = PT_CHARBUF, .is_list = arg == NULL };
	return 0;
}

/* What getopt finds goes here: all of it, or the last value of one option. */
struct options {
	struct value *items;
	unsigned n, cap;
	bool only, found;
	uint8_t letter;
	struct span last;
};

static void option_put(struct options *o, struct span s)
{
	if (o->n < o->cap)
		o->items[o->n++] = string_value(s);
}

/* TAKES: it is one with a value, VALUE; NULL: that is not there, and the option
 * is listed as an empty text, without its letter. */
static void option_found(struct options *o, const uint8_t *letter, bool known, bool takes,
			 const struct span *value)
{
	static const uint8_t unknown = '?';
	struct span text = value != NULL ? *value : span_str("");

	if (o->only) {
		if (known && *letter == o->letter) {
			o->found = true;
			o->last = takes ? text : span_of(letter, 1);
		}
		return;
	}
	if (!takes || value != NULL)
		option_put(o, span_of(known ? letter : &unknown, 1));
	if (takes)
		option_put(o, text);
}

/* One cluster "-abc"; true if the last option took NEXT as its value. */
static bool option_cluster(struct options *o, struct span token, struct span spec,
			   const struct span *next)
{
	for (size_t i = 1; i < token.n; i++) {
		const uint8_t *letter = token.p + i;
		const uint8_t *at = *letter == ':' ? NULL : memchr(spec.p, *letter, spec.n);
		bool takes = at != NULL && at + 1 < spec.p + spec.n && at[1] == ':';
		struct span rest = span_of(token.p + i + 1, token.n - i - 1);

		if (!takes) {
			option_found(o, letter, at != NULL, false, NULL);
			continue;
		}
		if (rest.n > 0) {
			option_found(o, letter, true, true, &rest);
			return false;
		}
		option_found(o, letter, true, true, next);
		return next != NULL;
	}
	return false;
}

static bool apply_getopt(const struct value *args, unsigned n, const struct span *arg,
			 struct arena *arena, struct value *ret)
{
	struct options o = { .cap = TRANSFORM_MAX_ITEMS, .only = arg != NULL };
	struct span spec = args[1].s;

	(void)n;
	if (args[0].kind != VALUE_LIST || args[1].kind != VALUE_STRING)
		return false;
	if (o.only)
		o.letter = arg->p[0];
	else
		o.items = arena_get(arena, o.cap * sizeof(*o.items));
	if (!o.only && o.items == NULL)
		return false;
	if (spec.p == NULL)
		spec = span_str("");
	for (unsigned i = 0; i < args[0].list.n; i++) {
		const struct value *v = &args[0].list.items[i];
		bool more = i + 1 < args[0].list.n;

		if (v->kind != VALUE_STRING)
			return false;
		if (v->s.n < 2 || v->s.p[0] != '-' || span_is(v->s, "--"))
			break;
		if (v->s.p[1] == '-')
			continue;
		i += option_cluster(&o, v->s, spec, more ? &args[0].list.items[i + 1].s : NULL);
	}
	if (o.only) {
		*ret = string_value(o.last);
		return o.found;
	}
	*ret = (struct value){ .kind = VALUE_LIST, .type = PT_CHARBUF };
	ret->list.items = o.items;
	ret->list.n = o.n;
	return true;
}

static const struct transform transforms[] = {
	{ "tolower", check_string, apply_lower, "the text in lower case" },
	{ "toupper", check_string, apply_upper, "the text in upper case" },
	{ "b64", check_text, apply_b64, "the bytes that the base64 text stands for" },
	{ "basename", check_string, apply_basename, "what is behind the last slash" },
	{ "len", check_len, apply_len, "bytes of a text, elements of a list" },
	{ "join", check_join, apply_join, "join(separator, list): the elements as one text" },
	{ "concat", check_concat, apply_concat, "all arguments as one text" },
	{ "getopt", check_getopt, apply_getopt,
	  "getopt(arguments, options)[letter]: what a program's options would be" },
	{ "val", check_val, apply_val, "the field itself, on the right side" },
};

const struct transform *transform_find(struct span name)
{
	for (unsigned i = 0; i < ARRAY_LEN(transforms); i++)
		if (span_is(name, transforms[i].name))
			return &transforms[i];
	return NULL;
}
