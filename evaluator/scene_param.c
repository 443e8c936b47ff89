/* SPDX-License-Identifier: Apache-2.0
 *
 * scene_param.c -- parameters of events as people write them: "O_RDONLY|O_CREAT",
 * "ENOENT", "0755", "10.0.0.1:4000->10.0.0.2:80", a list of arguments.
 */
#include <errno.h>
#include <stdlib.h>

#include "literal.h"
#include "names.h"
#include "nearest.h"
#include "scene_value.h"

#define SHOW(s) (int)((s).n < 100 ? (s).n : 100), (const char *)(s).p

int scene_find_param(const struct scene *s, struct span name, struct diag *diag)
{
	int index = event_param_index(s->code, name);
	struct nearest near;

	if (index >= 0)
		return index;
	nearest_begin(&near, name);
	for (unsigned i = 0; i < s->info->nparams; i++)
		nearest_try(&near, s->info->params[i].name);
	diag_set(diag, "event '%s' has no parameter '%.*s'%s%s%s", s->info->name, SHOW(name),
		 near.best == NULL ? "" : ", did you mean '", near.best == NULL ? "" : near.best,
		 near.best == NULL ? "" : "'?");
	return -1;
}

void scene_put_param_int(struct scene *s, unsigned index, int64_t v)
{
	s->params[index] = (struct param){ .kind = PARAM_INT, .i = v };
	s->params_said |= 1u << index;
}

void scene_put_param_bytes(struct scene *s, unsigned index, struct span bytes)
{
	s->params[index] = (struct param){ .kind = PARAM_BYTES, .s = bytes };
	s->params_said |= 1u << index;
}

/* ---- numbers ---- */

static int not_a(const char *what, struct span text, struct diag *diag)
{
	diag_set(diag, "'%.*s' is not %s", SHOW(text), what);
	return -EINVAL;
}

static int number_param(struct span text, const struct event_param *info, int64_t *ret,
			struct diag *diag)
{
	bool octal =
		info->type == PT_MODE || info->format == PF_OCT || strcmp(info->name, "mode") == 0;

	if (octal ? scene_octal(text, ret) : scene_number(text, info->type, ret))
		return 0;
	return not_a(octal ? "an octal number" : "a number that fits here", text, diag);
}

/* ERRNO: a number, SUCCESS, or the name of an error. */
static int result_param(struct span text, const struct event_param *info, int64_t *ret,
			struct diag *diag)
{
	if (scene_result(text, ret))
		return 0;
	if (text.n > 0 && text.p[0] >= 'A' && text.p[0] <= 'Z')
		return not_a("an error's name", text, diag);
	return number_param(text, info, ret, diag);
}

static int fd_param(struct span text, const struct event_param *info, int64_t *ret,
		    struct diag *diag)
{
	if (span_is(text, "AT_FDCWD")) {
		*ret = SCENE_AT_FDCWD;
		return 0;
	}
	return result_param(text, info, ret, diag);
}

static int signal_param(struct span text, const struct event_param *info, int64_t *ret,
			struct diag *diag)
{
	for (unsigned i = 1; i < 65; i++) {
		const char *name = name_of_signal(i);

		if (name != NULL && span_is(text, name)) {
			*ret = i;
			return 0;
		}
	}
	return number_param(text, info, ret, diag);
}

static int syscall_param(struct span text, const struct event_param *info, int64_t *ret,
			 struct diag *diag)
{
	for (unsigned sc = 0; sc < SC_COUNT; sc++)
		if (syscall_info(sc) != NULL && span_is(text, syscall_info(sc)->name)) {
			*ret = sc;
			return 0;
		}
	return number_param(text, info, ret, diag);
}

static int bool_param(struct span text, const struct event_param *info, int64_t *ret,
		      struct diag *diag)
{
	(void)info;
	*ret = span_is(text, "true");
	if (*ret != 0 || span_is(text, "false"))
		return 0;
	return not_a("true or false", text, diag);
}

/* ---- flags ---- */

static int unknown_flag(struct span name, const struct flag_table *table, struct diag *diag)
{
	struct nearest near;

	nearest_begin(&near, name);
	for (unsigned i = 0; i < table->count; i++)
		nearest_try(&near, table->flags[i].name);
	diag_set(diag, "no flag '%.*s' here%s%s%s", SHOW(name),
		 near.best == NULL ? "" : ", did you mean '", near.best == NULL ? "" : near.best,
		 near.best == NULL ? "" : "'?");
	return -EINVAL;
}

static int one_flag(struct span name, const struct event_param *info, uint64_t *ret,
		    struct diag *diag)
{
	const struct flag_table *table = flag_table(info->table);
	int64_t v;
	int err;

	for (unsigned i = 0; i < table->count; i++)
		if (span_is(name, table->flags[i].name)) {
			*ret |= table->flags[i].value;
			return 0;
		}
	if (name.n == 0 || name.p[0] < '0' || name.p[0] > '9')
		return unknown_flag(name, table, diag);
	err = number_param(name, info, &v, diag);
	*ret |= err == 0 ? (uint64_t)v : 0;
	return err;
}

/* Names and numbers with | between them. */
static int flags_param(struct span text, const struct event_param *info, int64_t *ret,
		       struct diag *diag)
{
	uint64_t v = 0;
	int err = 0;

	while (err == 0) {
		const uint8_t *bar = text.n == 0 ? NULL : memchr(text.p, '|', text.n);
		size_t n = bar == NULL ? text.n : (size_t)(bar - text.p);

		err = one_flag(scene_trim(span_of(text.p, n)), info, &v, diag);
		if (bar == NULL)
			break;
		text = span_of(bar + 1, text.n - n - 1);
	}
	*ret = (int64_t)v;
	return err;
}

/* ---- addresses: families and byte order as captures have them ---- */

enum { FAMILY_UNIX = 1, FAMILY_INET = 2, FAMILY_INET6 = 10 };

static uint8_t *put_endpoint(uint8_t *p, const struct ip_addr *ip, uint16_t port)
{
	size_t n = ip->family == 4 ? 4 : 16;

	memcpy(p, ip->addr, n);
	memcpy(p + n, &port, sizeof(port));
	return p + n + sizeof(port);
}

struct span scene_sockaddr(struct pool *pool, const struct ip_addr *ip, uint16_t port)
{
	uint8_t *p = pool_get(pool, 19);

	if (p == NULL)
		return SPAN_NONE;
	*p = ip->family == 4 ? FAMILY_INET : FAMILY_INET6;
	return span_of(p, (size_t)(put_endpoint(p + 1, ip, port) - p));
}

struct span scene_tuple(struct pool *pool, const struct ip_addr *sip, uint16_t sport,
			const struct ip_addr *dip, uint16_t dport)
{
	uint8_t *p = pool_get(pool, 37);

	if (p == NULL)
		return SPAN_NONE;
	*p = sip->family == 4 ? FAMILY_INET : FAMILY_INET6;
	return span_of(p, (size_t)(put_endpoint(put_endpoint(p + 1, sip, sport), dip, dport) - p));
}

struct span scene_unix_path(struct pool *pool, struct span path, bool is_tuple)
{
	size_t head = is_tuple ? 17 : 1;
	uint8_t *p = pool_get(pool, head + path.n + 1);

	if (p == NULL)
		return SPAN_NONE;
	*p = FAMILY_UNIX;
	if (path.n > 0)
		memcpy(p + head, path.p, path.n);
	return span_of(p, head + path.n + 1);
}

static int address_param(struct scene *s, struct span text, const struct event_param *info,
			 struct span *ret, struct diag *diag)
{
	bool is_tuple = info->type == PT_SOCKTUPLE;
	struct scene_endpoint from, to;

	if (text.n > 0 && text.p[0] == '/')
		*ret = scene_unix_path(s->pool, text, is_tuple);
	else if (is_tuple && scene_connection(text, &from, &to))
		*ret = scene_tuple(s->pool, &from.ip, from.port, &to.ip, to.port);
	else if (!is_tuple && scene_endpoint(text, &to))
		*ret = scene_sockaddr(s->pool, &to.ip, to.port);
	else
		return not_a(is_tuple ? "a connection, as 10.0.0.1:4000->10.0.0.2:80, or a path"
				      : "an address with a port, or a path",
			     text, diag);
	return 0;
}

/* ---- any type ---- */

typedef int read_int(struct span text, const struct event_param *info, int64_t *ret,
		     struct diag *diag);

static read_int *int_reader(unsigned type)
{
	switch (type) {
	case PT_ERRNO:
		return result_param;
	case PT_FD:
	case PT_FD32:
		return fd_param;
	case PT_SIGTYPE:
		return signal_param;
	case PT_SYSCALLID:
		return syscall_param;
	case PT_BOOL:
		return bool_param;
	case PT_FLAGS8:
	case PT_FLAGS16:
	case PT_FLAGS32:
	case PT_ENUMFLAGS8:
	case PT_ENUMFLAGS16:
	case PT_ENUMFLAGS32:
	case PT_MODE:
		return flags_param;
	case PT_CHARBUF:
	case PT_BYTEBUF:
	case PT_FSPATH:
	case PT_FSRELPATH:
	case PT_SOCKADDR:
	case PT_SOCKTUPLE:
	case PT_CHARBUFARRAY:
	case PT_CHARBUF_PAIR_ARRAY:
	case PT_FDLIST:
	case PT_SIGSET:
	case PT_DYN:
		return NULL;
	default:
		return number_param;
	}
}

static bool is_text(unsigned type)
{
	return type == PT_CHARBUF || type == PT_BYTEBUF || type == PT_FSPATH ||
	       type == PT_FSRELPATH || type == PT_CHARBUFARRAY;
}

/* "args" is a buffer, but of strings. */
static bool is_strings(const struct event_param *info)
{
	return info->type == PT_CHARBUFARRAY || strcmp(info->name, "args") == 0 ||
	       strcmp(info->name, "env") == 0 || strcmp(info->name, "cgroups") == 0;
}

static int set_bytes(struct scene *s, unsigned index, struct span text, struct diag *diag)
{
	const struct event_param *info = &s->info->params[index];
	struct span bytes = text;
	int err;

	if (is_text(info->type)) {
		scene_put_param_bytes(s, index, bytes);
		return 0;
	}
	if (info->type != PT_SOCKADDR && info->type != PT_SOCKTUPLE) {
		diag_set(diag, "parameter '%s' has no form in which it could be written here",
			 info->name);
		return -EINVAL;
	}
	err = address_param(s, text, info, &bytes, diag);
	if (err == 0)
		scene_put_param_bytes(s, index, bytes);
	return err;
}

/* A list: of strings, or of flags. */
static int set_list(struct scene *s, unsigned index, const struct ynode *value, struct diag *diag)
{
	const struct event_param *info = &s->info->params[index];
	bool flags = int_reader(info->type) == flags_param;
	struct span bytes;
	int64_t v, all = 0;
	int err = 0;

	if (flags) {
		for (unsigned i = 0; err == 0 && i < value->n; i++) {
			err = value->items[i]->kind != YNODE_SCALAR
				      ? not_a("a flag", value->items[i]->text, diag)
				      : flags_param(value->items[i]->text, info, &v, diag);
			all |= err == 0 ? v : 0;
		}
		if (err == 0)
			scene_put_param_int(s, index, all);
		return err;
	}
	if (!is_strings(info)) {
		diag_set(diag, "parameter '%s' takes one value, not a list", info->name);
		return -EINVAL;
	}
	err = scene_strings(s->pool, value, &bytes, diag);
	if (err == 0)
		scene_put_param_bytes(s, index, bytes);
	return err;
}

int scene_set_param(struct scene *s, unsigned index, const struct ynode *value, struct diag *diag)
{
	const struct event_param *info = &s->info->params[index];
	read_int *reader = int_reader(info->type);
	int64_t v;
	int err;

	if (value->kind == YNODE_MAPPING) {
		diag_set(diag, "parameter '%s' takes a value, not a mapping", info->name);
		return -EINVAL;
	}
	if (value->kind == YNODE_SEQUENCE)
		return set_list(s, index, value, diag);
	if (value->null) {
		s->params[index] = (struct param){ .kind = PARAM_EMPTY };
		s->params_said |= 1u << index;
		return 0;
	}
	if (reader == NULL)
		return is_strings(info) ? set_list(s, index, value, diag)
					: set_bytes(s, index, value->text, diag);
	err = reader(value->text, info, &v, diag);
	if (err == 0)
		scene_put_param_int(s, index, v);
	return err;
}
