/* SPDX-License-Identifier: Apache-2.0
 *
 * param_text.c -- one function per form of a parameter's type; see param_text.h.
 * The bytes of a parameter come from a peer: each length is looked at.
 */
#include <stdio.h>

#include "field_class.h"
#include "mapped_address.h"
#include "names.h"
#include "param_text.h"

enum { FAMILY_UNIX = 1, FAMILY_INET = 2, FAMILY_INET6 = 10 };

static const struct event_param *param_info(const struct field_event *e, int index)
{
	return index >= 0 && index < e->info->nparams ? &e->info->params[index] : NULL;
}

static uint64_t load(const uint8_t *p, unsigned n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | p[n];
	return v;
}

/* ---- numbers ---- */

static void put_int(struct text *t, const struct event_param *info, uint64_t v)
{
	struct value value = { .kind = VALUE_UINT, .type = info->type, .u = v };

	if (param_type_is_signed(info->type))
		value.kind = VALUE_INT;
	text_value(t, &value, info->format);
}

static void put_names(struct text *t, unsigned table_id, uint32_t v)
{
	const struct flag_table *table = flag_table(table_id);
	uint32_t left = v;
	bool first = true;

	for (unsigned i = 0; i < table->count; i++) {
		const struct flag *f = &table->flags[i];

		if (f->value != 0 ? (v & f->value) != f->value || (left & f->value) == 0 : v != 0)
			continue;
		if (!first)
			text_char(t, '|');
		text_str(t, f->name);
		first = false;
		left &= ~f->value;
	}
}

static void put_equal_names(struct text *t, unsigned table_id, uint32_t v)
{
	const struct flag_table *table = flag_table(table_id);
	bool first = true;

	for (unsigned i = 0; i < table->count; i++) {
		if (table->flags[i].value != v)
			continue;
		if (!first)
			text_char(t, '|');
		text_str(t, table->flags[i].name);
		first = false;
	}
}

static void put_errno(struct text *t, int64_t v)
{
	const char *name = v < 0 && v > -4096 ? name_of_errno(-v) : NULL;

	if (name != NULL)
		text_str(t, name);
}

/* All ones: no time at all. */
static void put_ns(struct text *t, uint64_t ns)
{
	if (ns == UINT64_MAX)
		text_str(t, "none");
	else
		text_unsigned(t, ns);
}

static void put_seconds(struct text *t, uint64_t ns)
{
	char buf[40];

	if (ns == UINT64_MAX)
		return;
	snprintf(buf, sizeof(buf), "%gs", (double)ns / 1e9);
	text_str(t, buf);
}

static void put_signals(struct text *t, uint64_t set)
{
	bool first = true;

	for (unsigned i = 0; i < 32; i++) {
		const char *name = set >> i & 1 ? name_of_signal(i + 1) : NULL;

		if (name == NULL)
			continue;
		if (!first)
			text_char(t, ' ');
		text_str(t, name);
		first = false;
	}
}

static struct span container_of(const struct field_event *e)
{
	return e->process != NULL ? e->process->info.container_id : SPAN_NONE;
}

static void put_user(struct text *t, const struct field_event *e, uint32_t uid)
{
	const struct user_frame *u = mirror_user(e->mirror, container_of(e), uid);

	if (uid == UINT32_MAX)
		text_str(t, "<NONE>");
	else if (u != NULL)
		text_put(t, u->name);
	else
		text_str(t, "<NA>");
}

static void put_group(struct text *t, const struct field_event *e, uint32_t gid)
{
	const struct group_frame *g = mirror_group(e->mirror, container_of(e), gid);

	if (gid == UINT32_MAX)
		text_str(t, "<NONE>");
	else if (g != NULL)
		text_put(t, g->name);
	else
		text_str(t, "<NA>");
}

static void put_file(struct text *t, const struct field_event *e, int64_t fd)
{
	static const char l4[] = {
		[L4_TCP] = 't', [L4_UDP] = 'u', [L4_ICMP] = 'i', [L4_RAW] = 'r'
	};
	const struct file_info *f;
	unsigned proto;

	if (fd == AT_FDCWD_PPM) {
		text_str(t, "AT_FDCWD");
		return;
	}
	if (fd < 0) {
		put_errno(t, fd);
		return;
	}
	f = field_event_file(e, fd);
	if (f == NULL)
		return;
	text_char(t, '<');
	text_char(t, file_type_char(f->type));
	proto = file_l4proto(f);
	if (proto < sizeof(l4) && l4[proto] != 0)
		text_char(t, l4[proto]);
	text_char(t, '>');
	text_put(t, f->name);
}

static void put_comm(struct text *t, const struct field_event *e, int64_t tid)
{
	const struct mirror_process *p = mirror_process_by_tid(e->mirror, tid);

	if (p != NULL)
		text_put(t, p->info.comm);
}

static void put_syscall(struct text *t, uint64_t sc)
{
	const struct syscall_info *info = sc <= UINT16_MAX ? syscall_info((unsigned)sc) : NULL;

	if (info != NULL)
		text_str(t, info->name);
}

/* ---- sockets ---- */

static void put_address(struct text *t, bool is_ipv6, const uint8_t *p)
{
	if (is_ipv6)
		text_ipv6(t, p);
	else
		text_ipv4(t, p);
}

static void put_endpoint(struct text *t, bool is_ipv6, const uint8_t *p)
{
	put_address(t, is_ipv6, p);
	text_char(t, ':');
	text_unsigned(t, load(p + (is_ipv6 ? 16 : 4), 2));
}

/* Family; address, port. */
static void put_sockaddr(struct text *t, struct span s)
{
	if (s.n >= 1 && s.p[0] == FAMILY_UNIX)
		text_put(t, span_chomp(span_of(s.p + 1, s.n - 1)));
	else if (s.n >= 7 && s.p[0] == FAMILY_INET)
		put_endpoint(t, false, s.p + 1);
	else if (s.n >= 19 && s.p[0] == FAMILY_INET6)
		put_endpoint(t, true, s.p + 1);
	else
		text_str(t, "<NA>");
}

/* ICMP and raw sockets have none. */
static bool has_ports(const struct field_event *e)
{
	const struct file_info *f = event_file(e);
	unsigned l4 = f != NULL ? file_l4proto(f) : (unsigned)L4_NA;

	return l4 != L4_ICMP && l4 != L4_RAW;
}

/* Address, port; address, port. */
static void put_ends(struct text *t, const struct field_event *e, bool is_ipv6, const uint8_t *p)
{
	void (*put)(struct text *, bool, const uint8_t *) =
		has_ports(e) ? put_endpoint : put_address;
	const uint8_t *other = p + (is_ipv6 ? 18 : 6);
	size_t skip = 0;

	if (is_ipv6 && address_is_mapped(p) && address_is_mapped(other)) {
		is_ipv6 = false;
		skip = 12;
	}
	put(t, is_ipv6, p + skip);
	text_str(t, "->");
	put(t, is_ipv6, other + skip);
}

/* Family; two addresses with their ports, or two pointers and a path. */
static void put_tuple(struct text *t, const struct field_event *e, struct span s)
{
	if (s.n >= 17 && s.p[0] == FAMILY_UNIX) {
		text_hex(t, load(s.p + 1, 8));
		text_str(t, "->");
		text_hex(t, load(s.p + 9, 8));
		text_char(t, ' ');
		text_put(t, span_chomp(span_of(s.p + 17, s.n - 17)));
	} else if (s.n >= 13 && s.p[0] == FAMILY_INET) {
		put_ends(t, e, false, s.p + 1);
	} else if (s.n >= 37 && s.p[0] == FAMILY_INET6) {
		put_ends(t, e, true, s.p + 1);
	} else {
		text_str(t, "NULL");
	}
}

/* ---- lists ---- */

static bool start_list(struct span s, struct param_fdlist *ret)
{
	if (s.n < 2)
		return false;
	*ret = (struct param_fdlist){ .rest = span_of(s.p + 2, s.n - 2),
				      .left = (unsigned)load(s.p, 2) };
	return true;
}

bool param_fdlist_start(const struct field_event *e, struct param_fdlist *ret)
{
	for (int i = 0; i < e->info->nparams; i++) {
		const struct param *p;

		if (e->info->params[i].type != PT_FDLIST)
			continue;
		p = event_param(e, i);
		return p != NULL && p->kind == PARAM_BYTES && start_list(p->s, ret);
	}
	return false;
}

bool param_fdlist_next(struct param_fdlist *list)
{
	if (list->left == 0 || list->rest.n < 10)
		return false;
	list->left--;
	list->fd = (int64_t)load(list->rest.p, 8);
	list->events = (uint16_t)load(list->rest.p + 8, 2);
	list->rest = span_of(list->rest.p + 10, list->rest.n - 10);
	return true;
}

/* The type of a polled descriptor, if the event carries it. */
static char polled_type(const struct field_event *e, int64_t fd)
{
	enum { MOST = 16 };
	struct file_info files[MOST];
	const struct file_info *f = field_event_file(e, fd);
	ssize_t n;

	if (f != NULL)
		return file_type_char(f->type);
	n = wire_extra_get_fdlist(e->ev->extra, files, MOST);
	for (ssize_t i = 0; i < n && i < MOST; i++)
		if (files[i].fd == fd)
			return file_type_char(files[i].type);
	return '?';
}

static void put_fdlist(struct text *t, const struct field_event *e, struct span s)
{
	struct param_fdlist list;

	if (!start_list(s, &list))
		return;
	for (bool first = true; param_fdlist_next(&list); first = false) {
		if (!first)
			text_char(t, ' ');
		text_signed(t, list.fd);
		text_char(t, ':');
		text_char(t, polled_type(e, list.fd));
		text_hex(t, list.events);
	}
}

/* Strings that end in NUL each, with BETWEEN[0], BETWEEN[1], ... in turn. */
static void put_strings(struct text *t, struct span s, const char *between)
{
	size_t turns = strlen(between);

	s = span_chomp(s);
	for (size_t i = 0, n = 0; i < s.n; i++) {
		if (s.p[i] == 0)
			text_char(t, between[n++ % turns]);
		else
			text_char(t, (char)s.p[i]);
	}
}

static void put_buffer(struct text *t, const struct field_event *e, struct span s)
{
	if (!e->plain_buffers && e->context != NULL && e->context->buffer_base64)
		text_base64(t, s);
	else
		text_dotted(t, s);
}

/* ---- dynamic types: a selector, then a value of the selected type ---- */

/* What the selector of the event's DYN parameters means. */
static struct event_param dyn_info(const struct field_event *e, const struct event_param *info,
				   uint8_t selector)
{
	static const uint8_t sockopt[] = { PT_BYTEBUF, PT_ERRNO, PT_UINT32, PT_UINT64, PT_RELTIME };
	static const uint8_t ptrace[] = { PT_UINT64, PT_SIGTYPE };
	static const uint8_t bpf[] = { PT_FD, PT_ERRNO };
	static const uint8_t keyctl[] = { PT_INT64, PT_CHARBUF };
	static const struct {
		const char *event;
		const uint8_t *types;
		size_t count;
	} dyns[] = {
		{ "setsockopt", sockopt, ARRAY_LEN(sockopt) },
		{ "getsockopt", sockopt, ARRAY_LEN(sockopt) },
		{ "ptrace", ptrace, ARRAY_LEN(ptrace) },
		{ "bpf", bpf, ARRAY_LEN(bpf) },
		{ "keyctl", keyctl, ARRAY_LEN(keyctl) },
	};
	struct event_param of = {
		.name = info->name, .type = PT_BYTEBUF, .format = info->format, .dirfd = -1
	};

	for (size_t i = 0; i < ARRAY_LEN(dyns); i++)
		if (strcmp(dyns[i].event, e->info->name) == 0 && selector < dyns[i].count)
			of.type = dyns[i].types[selector];
	return of;
}

/* The value inside a DYN parameter as a parameter of its own. */
static bool dyn_open(const struct field_event *e, const struct event_param *info, struct span s,
		     struct event_param *ret_info, struct param *ret)
{
	unsigned size;

	if (s.n < 1)
		return false;
	*ret_info = dyn_info(e, info, s.p[0]);
	size = param_type_size(ret_info->type);
	*ret = (struct param){ .kind = PARAM_BYTES, .s = span_of(s.p + 1, s.n - 1) };
	if (size == 0)
		return true;
	if (size > 8 || s.n - 1 < size)
		return false;
	ret->kind = PARAM_INT;
	ret->u = load(s.p + 1, size);
	if (param_type_is_signed(ret_info->type) && size < 8 && ret->u >> (size * 8 - 1) != 0)
		ret->u |= ~UINT64_C(0) << size * 8;
	return true;
}

/* ---- raw and resolved ---- */

static bool prints_null(unsigned type)
{
	return type == PT_BYTEBUF || type == PT_SOCKTUPLE || type == PT_FDLIST ||
	       type == PT_CHARBUFARRAY || type == PT_DYN;
}

static void put_raw_int(struct text *t, const struct field_event *e, const struct event_param *info,
			const struct param *p)
{
	switch (info->type) {
	case PT_INT8:
	case PT_INT16:
	case PT_INT32:
	case PT_INT64:
	case PT_UINT8:
	case PT_UINT16:
	case PT_UINT32:
	case PT_UINT64:
		put_int(t, info, p->u);
		break;
	case PT_UID:
	case PT_GID:
		if ((uint32_t)p->u == UINT32_MAX)
			text_str(t, "-1");
		else
			text_unsigned(t, (uint32_t)p->u);
		break;
	case PT_MODE:
		text_octal(t, p->u);
		break;
	case PT_RELTIME:
		put_ns(t, p->u);
		break;
	case PT_ABSTIME:
		field_put_time(t, e, p->u, FORM_DATE | FORM_NS);
		break;
	case PT_BOOL:
		text_str(t, p->u != 0 ? "true" : "false");
		break;
	default:
		if (param_type_is_signed(info->type))
			text_signed(t, p->i);
		else
			text_unsigned(t, p->u);
	}
}

static void put_raw_bytes(struct text *t, const struct field_event *e,
			  const struct event_param *info, struct span s)
{
	switch (info->type) {
	case PT_BYTEBUF:
		put_buffer(t, e, s);
		break;
	case PT_SOCKADDR:
		put_sockaddr(t, s);
		break;
	case PT_SOCKTUPLE:
		put_tuple(t, e, s);
		break;
	case PT_FDLIST:
		put_fdlist(t, e, s);
		break;
	case PT_CHARBUFARRAY:
		put_strings(t, s, " ");
		break;
	case PT_CHARBUF_PAIR_ARRAY:
		put_strings(t, s, ":,");
		break;
	case PT_IPV4ADDR:
		if (s.n >= 4)
			text_ipv4(t, s.p);
		break;
	case PT_IPV6ADDR:
		if (s.n >= 16)
			text_ipv6(t, s.p);
		break;
	default:
		s = span_chomp(s);
		text_put(t, span_is(s, "(NULL)") ? span_str("<NA>") : s);
	}
}

static void put_raw(struct text *t, const struct field_event *e, const struct event_param *info,
		    const struct param *p)
{
	struct event_param inner_info;
	struct param inner;

	if (p == NULL || (p->kind == PARAM_BYTES && p->s.n == 0 && prints_null(info->type)))
		text_str(t, prints_null(info->type) ? "NULL" : "<NA>");
	else if (p->kind == PARAM_INT)
		put_raw_int(t, e, info, p);
	else if (info->type != PT_DYN)
		put_raw_bytes(t, e, info, p->s);
	else if (dyn_open(e, info, p->s, &inner_info, &inner))
		put_raw(t, e, &inner_info, &inner);
	else
		text_str(t, "NULL");
}

/* What stands for no path at all is below no directory. */
static void put_resolved_path(struct text *t, const struct field_event *e,
			      const struct event_param *info, struct span name)
{
	uint8_t path[PATH_CAP], buf[PATH_CAP];
	struct span dir = field_cwd(e);
	int64_t dirfd;

	if (name.n == 0 || name.p[0] == '/' || span_is(name, "(NULL)") || span_is(name, "<NA>"))
		return;
	if (info->type == PT_FSRELPATH) {
		if (!event_param_int(e, info->dirfd, &dirfd))
			return;
		dir = field_dirfd_text(e, dirfd, buf);
	}
	text_put(t, span_of(path, path_concat(path, sizeof(path), dir, name)));
}

static void put_resolved(struct text *t, const struct field_event *e,
			 const struct event_param *info, const struct param *p)
{
	struct event_param inner_info;
	struct param inner;

	if (p == NULL)
		return;
	if (p->kind == PARAM_BYTES) {
		if (info->type == PT_FSPATH || info->type == PT_FSRELPATH)
			put_resolved_path(t, e, info, span_chomp(p->s));
		else if (info->type == PT_DYN && dyn_open(e, info, p->s, &inner_info, &inner))
			put_resolved(t, e, &inner_info, &inner);
		return;
	}
	switch (info->type) {
	case PT_FD:
	case PT_FD32:
		put_file(t, e, p->i);
		break;
	case PT_PID:
	case PT_PID32:
		put_comm(t, e, p->i);
		break;
	case PT_ERRNO:
		put_errno(t, p->i);
		break;
	case PT_SYSCALLID:
		put_syscall(t, p->u);
		break;
	case PT_FLAGS8:
	case PT_FLAGS16:
	case PT_FLAGS32:
	case PT_MODE:
		put_names(t, info->table, (uint32_t)p->u);
		break;
	case PT_ENUMFLAGS8:
	case PT_ENUMFLAGS16:
	case PT_ENUMFLAGS32:
		put_equal_names(t, info->table, (uint32_t)p->u);
		break;
	case PT_UID:
		put_user(t, e, (uint32_t)p->u);
		break;
	case PT_GID:
		put_group(t, e, (uint32_t)p->u);
		break;
	case PT_SIGTYPE:
		if (name_of_signal((unsigned)(p->u & 0xff)) != NULL)
			text_str(t, name_of_signal((unsigned)(p->u & 0xff)));
		break;
	case PT_SIGSET:
		put_signals(t, p->u);
		break;
	case PT_RELTIME:
		put_seconds(t, p->u);
		break;
	default:
		break;
	}
}

void param_text_put_raw(struct text *t, const struct field_event *e, int index)
{
	const struct event_param *info = param_info(e, index);

	if (info != NULL)
		put_raw(t, e, info, event_param(e, index));
}

void param_text_put_resolved(struct text *t, const struct field_event *e, int index)
{
	const struct event_param *info = param_info(e, index);

	if (info != NULL)
		put_resolved(t, e, info, event_param(e, index));
}

void param_text_put(struct text *t, const struct field_event *e, int index)
{
	size_t before = t->n;

	param_text_put_resolved(t, e, index);
	if (t->n == before)
		param_text_put_raw(t, e, index);
}

void param_text_put_all(struct text *t, const struct field_event *e)
{
	for (int i = 0; i < e->info->nparams && i < e->ev->nparams; i++) {
		size_t at;

		if (i > 0)
			text_char(t, ' ');
		text_str(t, e->info->params[i].name);
		text_char(t, '=');
		param_text_put_raw(t, e, i);
		at = t->n;
		text_char(t, '(');
		param_text_put_resolved(t, e, i);
		if (t->n == at + 1)
			t->n = at; /* nothing to resolve */
		else if (t->n > at)
			text_char(t, ')');
	}
}
