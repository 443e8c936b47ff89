/* SPDX-License-Identifier: Apache-2.0
 *
 * field_fd.c -- fd.* and fdlist.*: the descriptor that the event is about, as
 * the enricher's record of the file in the event says; and what can still be
 * said when there is no such record.
 */
#include "field_class.h"
#include "param_text.h"

static const struct {
	const char *text;
	char c;
} types[FILE_TYPE_COUNT] = {
	[FILE_UNKNOWN] = { "<NA>", 'o' },
	[FILE_REGULAR] = { "file", 'f' },
	[FILE_DIRECTORY] = { "directory", 'd' },
	[FILE_IPV4] = { "ipv4", '4' },
	[FILE_IPV6] = { "ipv6", '6' },
	[FILE_IPV4_SERVER] = { "ipv4", '4' },
	[FILE_IPV6_SERVER] = { "ipv6", '6' },
	[FILE_FIFO] = { "pipe", 'p' },
	[FILE_UNIX] = { "unix", 'u' },
	[FILE_EVENT] = { "event", 'e' },
	[FILE_UNSUPPORTED] = { "<NA>", 'X' },
	[FILE_SIGNALFD] = { "signalfd", 's' },
	[FILE_EVENTPOLL] = { "eventpoll", 'l' },
	[FILE_INOTIFY] = { "inotify", 'i' },
	[FILE_TIMERFD] = { "timerfd", 't' },
	[FILE_NETLINK] = { "netlink", 'n' },
	[FILE_REGULAR_V2] = { "file", 'f' },
	[FILE_BPF] = { "bpf", 'b' },
	[FILE_USERFAULTFD] = { "userfaultfd", 'u' },
	[FILE_IO_URING] = { "io_uring", 'r' },
	[FILE_MEMFD] = { "memfd", 'm' },
	[FILE_PIDFD] = { "pidfd", 'P' },
};

const char *file_type_text(unsigned type)
{
	return type < FILE_TYPE_COUNT ? types[type].text : "<NA>";
}

char file_type_char(unsigned type)
{
	return type < FILE_TYPE_COUNT ? types[type].c : '?';
}

bool file_is_ip_server(const struct file_info *f)
{
	return f->type == FILE_IPV4_SERVER || f->type == FILE_IPV6_SERVER;
}

bool file_is_ipv6(const struct file_info *f)
{
	return f->type == FILE_IPV6 || f->type == FILE_IPV6_SERVER;
}

bool file_is_ip(const struct file_info *f)
{
	return f->type == FILE_IPV4 || f->type == FILE_IPV6 || file_is_ip_server(f);
}

unsigned file_l4proto(const struct file_info *f)
{
	if (!file_is_ip(f))
		return L4_NA;
	return file_is_ip_server(f) || f->l4proto == L4_RAW ||
			       (f->flags & (FILE_ROLE_CLIENT | FILE_ROLE_SERVER))
		       ? f->l4proto
		       : L4_NA;
}

static bool is_regular(const struct file_info *f)
{
	return f->type == FILE_REGULAR || f->type == FILE_REGULAR_V2;
}

static bool has_fd(const struct field_event *e)
{
	return e->info->flags & (EF_CREATES_FD | EF_USES_FD | EF_DESTROYS_FD);
}

/* ---- a descriptor that is not in the table ---- */

static char char_by_event(unsigned code)
{
	const struct event_info *info = event_info(code);
	static const struct {
		const char *event;
		char c;
	} chars[] = {
		{ "openat", 'f' },	   { "openat2", 'f' },	    { "creat", 'f' },
		{ "socket", '4' },	   { "accept", '4' },	    { "accept4", '4' },
		{ "pipe", 'p' },	   { "pipe2", 'p' },	    { "eventfd", 'e' },
		{ "eventfd2", 'e' },	   { "signalfd", 's' },	    { "signalfd4", 's' },
		{ "timerfd_create", 't' }, { "inotify_init", 'i' }, { "inotify_init1", 'i' },
	};

	for (size_t i = 0; info != NULL && i < ARRAY_LEN(chars); i++)
		if (strcmp(info->name, chars[i].event) == 0)
			return chars[i].c;
	return 'o';
}

/* What the event itself says of the name.  False: missing. */
static bool name_by_event(const struct field_event *e, struct span *ret)
{
	struct text t;
	int64_t dirfd;

	switch (e->ev->code) {
	case EVENT_SYSCALL_OPEN_X:
	case EVENT_SYSCALL_CREAT_X:
		if (!field_param_path(e, 1, ret))
			*ret = span_str("<NA>");
		return true;
	case EVENT_SYSCALL_OPENAT_2_X:
	case EVENT_SYSCALL_OPENAT2_X:
		return event_param_int(e, 1, &dirfd) && field_param_path(e, 2, ret);
	case EVENT_SOCKET_CONNECT_X:
	case EVENT_SOCKET_ACCEPT_5_X:
	case EVENT_SOCKET_ACCEPT4_6_X:
		text_begin(&t, e->arena);
		param_text_put(&t, e, 1);
		*ret = text_end(&t);
		return true;
	case EVENT_SYSCALL_OPEN_BY_HANDLE_AT_X:
		return event_param_span(e, event_param_index(e->ev->code, span_str("path")), ret);
	default:
		*ret = span_str("");
		return event_is_exit(e->ev->code);
	}
}

/* As the enricher has it of files that are open: one slash where there were several. */
static struct span merged(const struct field_event *e, struct span raw)
{
	uint8_t *p;

	if (!path_has_two_slashes(raw))
		return raw;
	p = arena_get(e->arena, raw.n);
	return p == NULL ? raw : span_of(p, path_merge_slashes(p, raw.n, raw));
}

/* The path as the program gave it, where the event has one. */
static void raw_name_by_event(const struct field_event *e, struct span *ret)
{
	int i = event_is_open(e->ev->code) || e->ev->code == EVENT_SYSCALL_CREAT_X
			? event_param_index(e->ev->code, span_str("name"))
			: -1;

	event_param_span(e, i, ret);
}

/* The commonest of these, without looking for what a relative name means. */
static bool raw_name_of_openat(const struct field_event *e, struct span *ret)
{
	int64_t dirfd;

	return e->ev->code == EVENT_SYSCALL_OPENAT_2_X && event_param_int(e, 1, &dirfd) &&
	       event_param_span(e, 2, ret);
}

static bool raw_name(const struct field_event *e, struct span *ret)
{
	if (!raw_name_of_openat(e, ret)) {
		if (!name_by_event(e, ret))
			return false;
		raw_name_by_event(e, ret);
	}
	*ret = merged(e, *ret);
	return true;
}

/* PATH up to its last slash; "/" if there is none, or only the first. */
static struct span directory_of(struct span path)
{
	size_t n = path.n - text_basename(path).n;

	return n <= 1 ? span_str("/") : span_of(path.p, n - 1);
}

/* PATH behind its last slash.  As in Falco: "/" if there is none, and all of it if nothing is. */
static struct span filename_of(struct span path)
{
	struct span base = text_basename(path);

	if (base.n == path.n)
		return span_str("/");
	return base.n > 0 ? base : path;
}

static bool name_field(enum field_id id, const struct field_event *e, const struct file_info *f,
		       struct span *ret)
{
	if (f == NULL) {
		if (id == FIELD_fd_nameraw)
			return raw_name(e, ret);
		if (!name_by_event(e, ret))
			return false;
		if (id == FIELD_fd_directory)
			*ret = directory_of(*ret);
		return true;
	}
	*ret = id == FIELD_fd_nameraw ? f->name_raw : f->name;
	if (id != FIELD_fd_directory || f->type == FILE_DIRECTORY)
		return true;
	*ret = directory_of(f->name);
	return is_regular(f);
}

/* The container's id, a colon, and the name or directory. */
static bool container_name(enum field_id id, const struct field_event *e, const struct file_info *f,
			   struct value *ret)
{
	struct span name;
	struct text t;

	if (!name_field(id == FIELD_fd_containername ? FIELD_fd_name : FIELD_fd_directory, e, f,
			&name))
		return false;
	text_begin(&t, e->arena);
	if (e->process != NULL)
		text_put(&t, e->process->info.container_id);
	text_char(&t, ':');
	text_put(&t, name);
	return value_string(ret, text_end(&t));
}

/* ---- addresses ---- */

enum end { END_NONE, END_SOURCE, END_DEST };

/* Which end of F the field speaks of, by role and by what is local. */
static enum end end_of(enum field_id id, const struct file_info *f)
{
	bool has_role = f->flags & (FILE_ROLE_CLIENT | FILE_ROLE_SERVER);
	enum end local = f->flags & FILE_SIP_LOCAL ? END_SOURCE : END_DEST;

	if (!file_is_ip(f))
		return END_NONE;
	if (file_is_ip_server(f)) {
		if (id == FIELD_fd_sport)
			return END_DEST;
		return (id == FIELD_fd_sip || id == FIELD_fd_snet || id == FIELD_fd_sip_name) &&
				       has_role
			       ? END_DEST
			       : END_NONE;
	}
	if (!has_role)
		return END_NONE;
	switch (id) {
	case FIELD_fd_cip:
	case FIELD_fd_cip_name:
	case FIELD_fd_cnet:
	case FIELD_fd_cport:
	case FIELD_fd_cproto:
		return END_SOURCE;
	case FIELD_fd_sip:
	case FIELD_fd_sip_name:
	case FIELD_fd_snet:
	case FIELD_fd_sport:
	case FIELD_fd_sproto:
		return END_DEST;
	case FIELD_fd_lip:
	case FIELD_fd_lip_name:
	case FIELD_fd_lnet:
	case FIELD_fd_lport:
	case FIELD_fd_lproto:
		return local;
	default:
		return local == END_SOURCE ? END_DEST : END_SOURCE;
	}
}

static bool address_of(const struct file_info *f, enum end end, unsigned type, struct value *ret)
{
	return value_ip(ret, type, file_is_ipv6(f) ? 6 : 4, end == END_SOURCE ? f->sip : f->dip);
}

/* The names that END's address has as far as rules ask for any; NULL: none. */
static const struct address_frame *names_of_end(const struct field_event *e,
						const struct file_info *f, enum end end)
{
	const uint8_t *address = end == END_SOURCE ? f->sip : f->dip;

	return mirror_address(e->mirror, span_of(address, file_is_ipv6(f) ? 16 : 4));
}

static uint16_t port_of(const struct file_info *f, enum end end)
{
	return end == END_SOURCE ? f->sport : f->dport;
}

static bool socket_field(enum field_id id, const struct field_event *e, const struct file_info *f,
			 struct value *ret)
{
	enum end end = end_of(id, f);
	const struct address_frame *names;
	struct text t;

	switch (id) {
	case FIELD_fd_cip_name:
	case FIELD_fd_sip_name:
	case FIELD_fd_lip_name:
	case FIELD_fd_rip_name:
		names = end == END_NONE ? NULL : names_of_end(e, f, end);
		return names != NULL && value_string(ret, names->names[0]);
	case FIELD_fd_cip:
	case FIELD_fd_sip:
	case FIELD_fd_lip:
	case FIELD_fd_rip:
		return end != END_NONE && address_of(f, end, PT_IPADDR, ret);
	case FIELD_fd_cnet:
	case FIELD_fd_snet:
	case FIELD_fd_lnet:
	case FIELD_fd_rnet:
		return end != END_NONE && address_of(f, end, PT_IPNET, ret);
	case FIELD_fd_cport:
	case FIELD_fd_sport:
	case FIELD_fd_lport:
	case FIELD_fd_rport:
		return end != END_NONE && value_uint(ret, PT_PORT, port_of(f, end));
	case FIELD_fd_cproto:
	case FIELD_fd_sproto:
		if (file_is_ip_server(f))
			return value_str(ret, "");
		/* fallthrough */
	default:
		if (end == END_NONE)
			return false;
		text_begin(&t, e->arena);
		text_unsigned(&t, port_of(f, end));
		return value_string(ret, text_end(&t));
	}
}

static bool is_zero(const uint8_t *addr, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (addr[i] != 0)
			return false;
	return true;
}

static bool is_server(const struct file_info *f)
{
	if (!file_is_ip(f))
		return false;
	/* The empty IPv6 address counts as local. */
	return file_is_ip_server(f) || (f->flags & FILE_DIP_LOCAL) ||
	       (f->type == FILE_IPV6 && is_zero(f->dip, sizeof(f->dip)));
}

/* Of an end that has none of the names which rules ask for, "!=" is true and "=" is not: that is what the
 * empty text does, which is nobody's name.  Only of no end is nothing true. */
static unsigned names_of(enum field_id id, const struct field_event *e, const struct file_info *f,
			 struct value *out)
{
	enum end end = end_of(id, f);
	const struct address_frame *names;

	if (end == END_NONE)
		return 0;
	names = names_of_end(e, f, end);
	if (names == NULL)
		return value_str(&out[0], "");
	for (unsigned i = 0; i < names->nnames; i++)
		value_string(&out[i], names->names[i]);
	return names->nnames;
}

unsigned field_fd_get_any(const struct field_ref *ref, struct field_event *e, struct value *out)
{
	const struct file_info *f = event_file(e);
	bool is_port = ref->id == FIELD_fd_port || ref->id == FIELD_fd_proto;
	unsigned type = ref->id == FIELD_fd_net ? PT_IPNET : PT_IPADDR, n = 0;

	if (f == NULL || !file_is_ip(f))
		return 0;
	if (field_is_host_name(ref))
		return has_fd(e) ? names_of(ref->id, e, f, out) : 0;
	for (enum end end = file_is_ip_server(f) ? END_DEST : END_SOURCE; end <= END_DEST; end++) {
		if (is_port)
			value_uint(&out[n++], PT_PORT, port_of(f, end));
		else
			address_of(f, end, type, &out[n++]);
	}
	return n;
}

/* `exists` of a field with two ends: true for every file that is known. */
static bool either_end(enum field_id id, const struct file_info *f, struct value *ret)
{
	bool is_port = id == FIELD_fd_port || id == FIELD_fd_proto;

	if (is_port)
		return file_is_ip(f) && value_uint(ret, PT_PORT, f->dport);
	return address_of(f, END_DEST, id == FIELD_fd_net ? PT_IPNET : PT_IPADDR, ret);
}

static const char *l4_text(unsigned l4)
{
	switch (l4) {
	case L4_TCP:
		return "tcp";
	case L4_UDP:
		return "udp";
	case L4_ICMP:
		return "icmp";
	case L4_RAW:
		return "raw";
	default:
		return "<NA>";
	}
}

/* ---- all types of the process ---- */

static bool nth_type(uint64_t fd, const struct field_event *e, uint8_t *ret)
{
	struct wire_stdio stdio[3];
	const struct file_info *f = fd <= INT64_MAX ? field_event_file(e, (int64_t)fd) : NULL;

	if (f != NULL) {
		*ret = f->type;
		return true;
	}
	if (wire_extra_get_fd_named(e->ev->extra, fd, ret))
		return true;
	if (fd >= ARRAY_LEN(stdio) || !wire_extra_get_stdio(e->ev->extra, stdio) ||
	    !stdio[fd].is_open)
		return false;
	*ret = stdio[fd].type;
	return true;
}

/* A list, too, of one. */
static bool type_of(uint64_t fd, const struct field_event *e, struct value *ret)
{
	struct value *item = arena_get(e->arena, sizeof(*item));
	uint8_t type;

	if (item == NULL || !nth_type(fd, e, &type))
		return false;
	value_str(item, file_type_text(type));
	*ret = (struct value){ .kind = VALUE_LIST, .type = PT_CHARBUF };
	ret->list.items = item;
	ret->list.n = 1;
	return true;
}

/* Each type's text once. */
static bool all_types(const struct field_event *e, struct value *ret)
{
	struct value *items;
	unsigned n = 0;
	uint32_t set;

	if (!wire_extra_get_fd_types(e->ev->extra, &set))
		return false;
	items = arena_get(e->arena, FILE_TYPE_COUNT * sizeof(*items));
	if (items == NULL)
		return false;
	for (unsigned type = 0; type < FILE_TYPE_COUNT; type++) {
		bool have = !(set >> type & 1);

		for (unsigned i = 0; i < n && !have; i++)
			have = span_is(items[i].s, types[type].text);
		if (!have)
			value_str(&items[n++], types[type].text);
	}
	*ret = (struct value){ .kind = VALUE_LIST, .type = PT_CHARBUF };
	ret->list.items = items;
	ret->list.n = n;
	return true;
}

/* ---- the fields ---- */

static int64_t event_fd(const struct field_event *e)
{
	return e->ev->fd == FD_NONE ? -1 : e->ev->fd;
}

static bool unique_id(const struct field_event *e, struct value *ret)
{
	struct text t;

	text_begin(&t, e->arena);
	text_signed(&t, e->ev->tid);
	text_signed(&t, event_fd(e));
	return value_string(ret, text_end(&t));
}

/* A new descriptor's name has changed, too, if it has one. */
static bool name_changed(const struct field_event *e, const struct file_info *f)
{
	return (f->flags & FILE_NAME_CHANGED) ||
	       ((e->info->flags & (EF_CREATES_FD | EF_USES_FD)) == EF_CREATES_FD && f->name.n > 0);
}

/* The fields that need the file's record. */
static bool file_field(enum field_id id, const struct field_event *e, const struct file_info *f,
		       struct value *ret)
{
	switch (id) {
	case FIELD_fd_type:
		return value_str(ret, file_type_text(f->type));
	case FIELD_fd_filename:
		return is_regular(f) && value_string(ret, filename_of(f->name));
	case FIELD_fd_ip:
	case FIELD_fd_net:
	case FIELD_fd_port:
	case FIELD_fd_proto:
		return either_end(id, f, ret);
	case FIELD_fd_l4proto:
		return value_str(ret, l4_text(file_l4proto(f)));
	case FIELD_fd_sockfamily:
		if (f->type == FILE_UNIX)
			return value_str(ret, "unix");
		return file_is_ip(f) && value_str(ret, "ip");
	case FIELD_fd_is_server:
		return value_bool(ret, is_server(f));
	case FIELD_fd_connected:
		return value_bool(ret, f->flags & FILE_CONNECTED);
	case FIELD_fd_name_changed:
		return value_bool(ret, name_changed(e, f));
	case FIELD_fd_is_upper_layer:
		return value_bool(ret, f->flags & FILE_UPPER_LAYER);
	case FIELD_fd_is_lower_layer:
		return value_bool(ret, f->flags & FILE_LOWER_LAYER);
	case FIELD_fd_dev:
		return value_int(ret, PT_INT32, (int32_t)f->dev);
	case FIELD_fd_dev_major:
		return value_int(ret, PT_INT32, f->dev >> 8 & 0xfff);
	case FIELD_fd_dev_minor:
		return value_int(ret, PT_INT32, (f->dev & 0xff) | (f->dev >> 12 & 0xfff00));
	case FIELD_fd_ino:
		return value_int(ret, PT_INT64, (int64_t)f->ino);
	case FIELD_fd_path_resolved:
		return f->resolved.n > 0 && value_string(ret, f->resolved);
	case FIELD_fd_is_hard_linked:
		return value_bool(ret, f->flags & FILE_HARD_LINKED);
	case FIELD_fd_mnt_id:
		return f->mnt_id != 0 && value_uint(ret, PT_UINT64, f->mnt_id);
	default:
		return socket_field(id, e, f, ret);
	}
}

bool field_fd_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	const struct file_info *f = event_file(e);
	struct span name;
	char *c;

	if (!has_fd(e))
		return false;
	switch (ref->id) {
	case FIELD_fd_num:
		return value_int(ret, PT_INT64, event_fd(e));
	case FIELD_fd_name:
	case FIELD_fd_nameraw:
	case FIELD_fd_directory:
		return name_field(ref->id, e, f, &name) && value_string(ret, name);
	case FIELD_fd_containername:
	case FIELD_fd_containerdirectory:
		return container_name(ref->id, e, f, ret);
	case FIELD_fd_typechar:
		c = arena_get(e->arena, 1);
		if (c == NULL)
			return false;
		*c = f != NULL ? file_type_char(f->type) : char_by_event(e->ev->code);
		return value_string(ret, span_of(c, 1));
	case FIELD_fd_uid:
		return unique_id(e, ret);
	case FIELD_fd_types:
		return ref->has_index ? type_of(ref->index, e, ret) : all_types(e, ret);
	default:
		return f != NULL && file_field(ref->id, e, f, ret);
	}
}

/* ---- those that many rules look at, when the file is known ---- */

static bool num_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	(void)ref;
	return has_fd(e) && value_int(ret, PT_INT64, event_fd(e));
}

static bool name_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	const struct file_info *f = event_file(e);

	if (f == NULL || !has_fd(e))
		return field_fd_get(ref, e, ret);
	return value_string(ret, f->name);
}

static bool nameraw_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	const struct file_info *f = event_file(e);

	if (f == NULL || !has_fd(e))
		return field_fd_get(ref, e, ret);
	return value_string(ret, f->name_raw);
}

static bool directory_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	const struct file_info *f = event_file(e);

	if (f == NULL || !is_regular(f) || !has_fd(e))
		return field_fd_get(ref, e, ret);
	return value_string(ret, directory_of(f->name));
}

field_getter *field_fd_getter(enum field_id id)
{
	switch (id) {
	case FIELD_fd_num:
		return num_get;
	case FIELD_fd_name:
		return name_get;
	case FIELD_fd_nameraw:
		return nameraw_get;
	case FIELD_fd_directory:
		return directory_get;
	default:
		return field_fd_get;
	}
}

/* ---- fdlist ---- */

enum { FDLIST_MAX = 64 };

/* Does the list have anything of F?  As in Falco addresses and ports are those of connections, and a
 * socket that listens has a server's address, but no port; whatever else is polled is left out. */
static bool is_listed(enum field_id id, const struct file_info *f)
{
	if (id == FIELD_fdlist_nums || id == FIELD_fdlist_names)
		return true;
	return f != NULL && file_is_ip(f) && (id == FIELD_fdlist_sips || !file_is_ip_server(f));
}

/* Descriptor FD's part of the list; F: what is known of it, or NULL. */
static void put_listed(struct text *t, enum field_id id, int64_t fd, const struct file_info *f)
{
	enum end end = id == FIELD_fdlist_cips || id == FIELD_fdlist_cports ? END_SOURCE : END_DEST;
	struct value v;

	switch (id) {
	case FIELD_fdlist_nums:
		text_signed(t, fd);
		break;
	case FIELD_fdlist_names:
		text_put(t, f != NULL && f->name.n > 0 ? f->name : span_str("<NA>"));
		break;
	case FIELD_fdlist_cports:
	case FIELD_fdlist_sports:
		text_unsigned(t, port_of(f, end));
		break;
	default:
		address_of(f, end, PT_IPADDR, &v);
		text_value(t, &v, PF_NA);
	}
}

bool field_fdlist_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	struct param_fdlist list;
	struct file_info *files;
	ssize_t nfiles;
	struct text t;

	if (!param_fdlist_start(e, &list))
		return false;
	files = arena_get(e->arena, FDLIST_MAX * sizeof(*files));
	nfiles = files == NULL ? 0 : wire_extra_get_fdlist(e->ev->extra, files, FDLIST_MAX);
	text_begin(&t, e->arena);
	while (param_fdlist_next(&list)) {
		const struct file_info *f = NULL;

		for (ssize_t i = 0; i < nfiles && f == NULL; i++)
			if (files[i].fd == list.fd)
				f = &files[i];
		if (!is_listed(ref->id, f))
			continue;
		if (t.n > 0)
			text_char(&t, ',');
		put_listed(&t, ref->id, list.fd, f);
	}
	/* A list of nothing is no list. */
	return t.n > 0 && value_string(ret, text_end(&t));
}
