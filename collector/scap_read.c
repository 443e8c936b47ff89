/* SPDX-License-Identifier: Apache-2.0
 *
 * scap_read.c -- see scap_read.h; scap_format.h has what a file looks like.
 */
#include "scap_read.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "scap_format.h"

enum { MAX_ENTRY = 4 * UINT16_MAX }; /* what we know of any entry is shorter */

/* ---- bytes ---- */

struct bytes {
	const uint8_t *start, *p, *end;
	bool cut; /* there were not enough; what was read since is 0 */
	const char *too_long;
};

static uint64_t get(struct bytes *b, unsigned n)
{
	uint64_t v = 0;

	if ((size_t)(b->end - b->p) < n) {
		b->cut = true;
		b->p = b->end;
		return 0;
	}
	memcpy(&v, b->p, n);
	b->p += n;
	return v;
}

static uint8_t get8(struct bytes *b)
{
	return (uint8_t)get(b, 1);
}

static uint16_t get16(struct bytes *b)
{
	return (uint16_t)get(b, 2);
}

static uint32_t get32(struct bytes *b)
{
	return (uint32_t)get(b, 4);
}

static uint64_t get64(struct bytes *b)
{
	return get(b, 8);
}

static int64_t get_i64(struct bytes *b)
{
	return (int64_t)get(b, 8);
}

static struct span get_bytes(struct bytes *b, size_t n)
{
	struct span s = span_of(b->p, n);

	if ((size_t)(b->end - b->p) < n) {
		b->cut = true;
		b->p = b->end;
		return SPAN_NONE;
	}
	b->p += n;
	return s;
}

static void get_address(struct bytes *b, uint8_t ret[static 16], unsigned n)
{
	struct span s = get_bytes(b, n);

	memset(ret, 0, 16);
	if (s.n > 0)
		memcpy(ret, s.p, s.n);
}

/* A string behind its length; WHAT is it, if it is longer than MOST. */
static struct span get_text(struct bytes *b, size_t most, const char *what)
{
	size_t n = get16(b);

	if (n > most && b->too_long == NULL)
		b->too_long = what;
	return get_bytes(b, n);
}

/* ---- the reader ---- */

static int fail(struct scap_reader *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int fail(struct scap_reader *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(r->why, sizeof(r->why), format, args);
	va_end(args);
	return -EPROTO;
}

void scap_reader_init(struct scap_reader *r)
{
	*r = (struct scap_reader){ 0 };
}

void scap_give(struct scap_reader *r, struct span bytes, bool is_last)
{
	r->in = bytes;
	r->is_last = is_last;
}

/* N bytes of IN are dealt with. */
static void advance(struct scap_reader *r, size_t n)
{
	r->in.p += n;
	r->in.n -= n;
	r->offset += n;
	r->left -= n;
}

static void pass_over(struct scap_reader *r)
{
	size_t n = r->skip < r->in.n ? (size_t)r->skip : r->in.n;

	advance(r, n);
	r->skip -= n;
}

/* What there is of the block's body: its end is the second length. */
static struct bytes bytes_of_body(const struct scap_reader *r)
{
	uint64_t body = r->left - 4;
	size_t n = body < r->in.n ? (size_t)body : r->in.n;

	return (struct bytes){ .start = r->in.p, .p = r->in.p, .end = r->in.p + n };
}

static size_t consumed(const struct bytes *b)
{
	return (size_t)(b->p - b->start);
}

/* Was it read whole?  0: there must be more bytes first. */
static int check_bytes(struct scap_reader *r, const struct bytes *b, const char *what)
{
	if (b->cut && r->in.n < r->left - 4)
		return 0;
	if (b->cut)
		return fail(r, "%s reaches beyond its block", what);
	if (b->too_long != NULL)
		return fail(r, "the %s of %s is too long", b->too_long, what);
	return 1;
}

/* An entry is read, and is ENTRY_LEN bytes long as it says (0: it does not say). */
static int end_entry(struct scap_reader *r, const struct bytes *b, uint64_t entry_len,
		     const char *what)
{
	int err = check_bytes(r, b, what);

	if (err <= 0)
		return err;
	if (entry_len == 0)
		entry_len = consumed(b);
	if (entry_len < consumed(b) || entry_len > r->left - 4)
		return fail(r, "the length of %s, %llu, cannot be", what,
			    (unsigned long long)entry_len);
	r->skip = entry_len - consumed(b);
	advance(r, consumed(b));
	return 1;
}

/* An entry that says how long it is, is there, or as much of it as can mean anything. */
static int wait_for_entry(struct scap_reader *r, uint64_t entry_len)
{
	uint64_t need = entry_len < MAX_ENTRY ? entry_len : MAX_ENTRY;

	if (entry_len > r->left - 4)
		return fail(r, "the length of an entry, %llu, leads beyond its block",
			    (unsigned long long)entry_len);
	return r->in.n >= need;
}

/* ---- block types ---- */

enum block_class {
	BLOCK_UNKNOWN,
	BLOCK_SECTION,
	BLOCK_MACHINE,
	BLOCK_INTERFACES,
	BLOCK_USERS,
	BLOCK_TASKS,
	BLOCK_FILES,
	BLOCK_EVENT,
};

/* VERSION: of a list; of an event SCAP_HAS_FLAGS and so on. */
static enum block_class block_class(uint32_t type, unsigned *version)
{
	switch (type) {
#define SCAP_BLOCK(name, number, class, v) SCAP_BLOCK_OLD(number, class, v)
#define SCAP_BLOCK_OLD(number, class, v)                                                           \
	case number:                                                                               \
		*version = (v);                                                                    \
		return BLOCK_##class;
#include "scap_block.def"
#undef SCAP_BLOCK
#undef SCAP_BLOCK_OLD
	default:
		*version = 0;
		return BLOCK_UNKNOWN;
	}
}

/* ---- section and machine ---- */

static int read_section(struct scap_reader *r, struct scap_item *ret)
{
	struct bytes b = bytes_of_body(r);
	uint32_t magic = get32(&b);
	unsigned major = get16(&b);
	int err;

	get16(&b); /* minor: block types say all that it says */
	get64(&b); /* length: not known to who writes it */
	err = check_bytes(r, &b, "the section's header");
	if (err <= 0)
		return err;
	if (magic == SCAP_MAGIC_SWAPPED)
		return fail(r, "it was written by a machine of the other byte order");
	if (magic != SCAP_MAGIC)
		return fail(r, "it is not a capture");
	if (major > 1)
		return fail(r, "its format is version %u, 1 is the newest that is known", major);
	r->had_header = true;
	r->had_event = false;
	advance(r, consumed(&b));
	r->skip = r->left - 4; /* options */
	ret->kind = SCAP_SECTION;
	return 1;
}

static int read_machine(struct scap_reader *r, struct scap_item *ret)
{
	struct bytes b = bytes_of_body(r);
	struct host_frame *h = &ret->host;
	struct span name;
	int err;

	h->num_cpus = get32(&b);
	h->memory_bytes = get64(&b);
	get64(&b); /* the largest pid */
	name = get_bytes(&b, SCAP_HOSTNAME_SIZE);
	h->boot_ts_ns = get64(&b);
	get_bytes(&b, 3 * 8); /* flags, and what is reserved */
	err = check_bytes(r, &b, "the machine");
	if (err <= 0)
		return err;
	h->hostname = span_of(name.p, strnlen((const char *)name.p, name.n));
	h->naddrs = 0;
	advance(r, consumed(&b));
	r->skip = r->left - 4;
	ret->kind = SCAP_MACHINE;
	return 1;
}

/* ---- interfaces and users ---- */

static int read_interface(struct scap_reader *r, unsigned version, struct scap_item *ret)
{
	struct bytes b = bytes_of_body(r);
	uint64_t entry_len = version >= 2 ? UINT64_C(4) + get32(&b) : 0;
	unsigned type = get16(&b), name_len = get16(&b);
	unsigned n = type == SCAP_ADDRESS_V4 || type == SCAP_ADDRESS_V4_OLD ? 4 : 16;

	ret->kind = SCAP_INTERFACE;
	ret->addr.is_ipv6 = n == 16;
	if (type < SCAP_ADDRESS_V4 || type > SCAP_ADDRESS_V6_OLD) {
		if (version < 2 && !b.cut)
			return fail(r, "an address of a type that is not known, %u", type);
		ret->kind = SCAP_NOTHING; /* a newer writer's: its length says where it ends */
		return end_entry(r, &b, entry_len, "an interface");
	}
	get_address(&b, ret->addr.addr, n);
	get_address(&b, ret->addr.mask, n);
	get_bytes(&b, n); /* broadcast */
	if (type == SCAP_ADDRESS_V4 || type == SCAP_ADDRESS_V6)
		get64(&b); /* speed */
	ret->addr.name = get_bytes(&b, name_len);
	return end_entry(r, &b, entry_len, "an interface");
}

static int read_user(struct scap_reader *r, unsigned version, struct scap_item *ret)
{
	struct bytes b = bytes_of_body(r);
	uint64_t entry_len = version >= 2 ? get32(&b) : 0;

	if (get8(&b) == SCAP_ENTRY_USER) {
		ret->kind = SCAP_USER;
		ret->user = (struct user_frame){ .uid = get32(&b) };
		ret->user.gid = get32(&b);
		ret->user.name = get_text(&b, SCAP_MAX_NAME, "name");
		ret->user.home = get_text(&b, SCAP_MAX_PATH, "directory");
		ret->user.shell = get_text(&b, SCAP_MAX_PATH, "shell");
		return end_entry(r, &b, entry_len, "a user");
	}
	ret->kind = SCAP_GROUP;
	ret->group = (struct group_frame){ .gid = get32(&b) };
	ret->group.name = get_text(&b, SCAP_MAX_NAME, "name");
	return end_entry(r, &b, entry_len, "a group");
}

/* ---- tasks ---- */

/* Fields that newer writers put behind the others, each if the entry has room for it.
 * Older ones did not write the first two of them, and then few bytes are left. */
static void read_task_tail(struct bytes *b, struct process_info *p)
{
	enum { LEFT_BY_OLD = 29 };
#define IF_THERE(n) if ((size_t)(b->end - b->p) >= (n))
	IF_THERE(LEFT_BY_OLD + 1u)
	{
		p->pidns_init_start_ts = get64(b);
		p->tty = get32(b);
	}
	IF_THERE(4) p->loginuid = get32(b);
	IF_THERE(1) p->exe_flags |= get8(b) != 0 ? SCAP_EXE_WRITABLE : 0;
	IF_THERE(8) p->cap_inheritable = get64(b);
	IF_THERE(8) p->cap_permitted = get64(b);
	IF_THERE(8) p->cap_effective = get64(b);
	IF_THERE(1) p->exe_flags |= get8(b) != 0 ? SCAP_EXE_UPPER_LAYER : 0;
	IF_THERE(8) p->exe_ino = get64(b);
	IF_THERE(8) p->exe_ctime = get64(b);
	IF_THERE(8) p->exe_mtime = get64(b);
	IF_THERE(1) p->exe_flags |= get8(b) != 0 ? SCAP_EXE_FROM_MEMFD : 0;
	IF_THERE(1) p->exe_flags |= get8(b) != 0 ? SCAP_EXE_LOWER_LAYER : 0;
	IF_THERE(8) p->pgid = get_i64(b);
#undef IF_THERE
}

static void read_task_fields(struct bytes *b, unsigned version, struct process_info *p)
{
	*p = (struct process_info){
		.sid = -1, .vtid = -1, .vpid = -1, .vpgid = -1, .pgid = -1, .loginuid = UINT32_MAX
	};
	p->tid = get_i64(b);
	p->pid = get_i64(b);
	p->ptid = get_i64(b);
	if (version >= 6)
		p->sid = get_i64(b);
	if (version >= 8)
		p->vpgid = get_i64(b);
	p->comm = get_text(b, SCAP_MAX_PATH, "name");
	p->exe = get_text(b, SCAP_MAX_PATH, "command");
	if (version >= 7)
		p->exepath = get_text(b, SCAP_MAX_PATH, "executable");
	p->args = get_text(b, SCAP_MAX_ARGS, "arguments");
	p->cwd = get_text(b, SCAP_MAX_PATH, "directory");
	p->fdlimit = get_i64(b);
	p->flags = get32(b);
	p->uid = get32(b);
	p->gid = get32(b);
	if (version >= 2) {
		p->vmsize = get32(b);
		p->vmrss = get32(b);
		p->vmswap = get32(b);
		p->pfmajor = get64(b);
		p->pfminor = get64(b);
	}
	if (version >= 3)
		p->env = get_text(b, SCAP_MAX_ARGS, "environment");
	if (version >= 4) {
		p->vtid = get_i64(b);
		p->vpid = get_i64(b);
		p->cgroups = get_text(b, SCAP_MAX_ARGS, "cgroups");
	}
	if (version >= 5)
		p->root = get_text(b, SCAP_MAX_PATH, "root");
}

static int read_task(struct scap_reader *r, unsigned version, struct scap_item *ret)
{
	struct bytes b = bytes_of_body(r);
	uint64_t entry_len = version >= 9 ? get32(&b) : 0;
	int err = wait_for_entry(r, entry_len);

	if (err <= 0)
		return err;
	ret->kind = SCAP_TASK;
	ret->task.start_ns = ret->task.cgroup_id = 0;
	read_task_fields(&b, version, &ret->task.info);
	if (entry_len > consumed(&b)) {
		if (entry_len < (size_t)(b.end - b.start))
			b.end = b.start + entry_len;
		read_task_tail(&b, &ret->task.info);
	}
	return end_entry(r, &b, entry_len, "a task");
}

/* ---- open files ---- */

static void read_file_by_type(struct bytes *b, struct file_info *f)
{
	unsigned n = f->type == FILE_IPV6 || f->type == FILE_IPV6_SERVER ? 16 : 4;

	switch (f->type) {
	case FILE_UNKNOWN:
		return;
	case FILE_IPV4:
	case FILE_IPV6:
		get_address(b, f->sip, n);
		get_address(b, f->dip, n);
		f->sport = get16(b);
		f->dport = get16(b);
		f->l4proto = get8(b);
		return;
	case FILE_IPV4_SERVER:
	case FILE_IPV6_SERVER:
		get_address(b, f->dip, n);
		f->dport = get16(b);
		f->l4proto = get8(b);
		return;
	case FILE_UNIX:
		f->source = get64(b);
		f->dest = get64(b);
		f->name = get_text(b, SCAP_MAX_TEXT, "name");
		return;
	case FILE_REGULAR_V2:
		f->open_flags = get32(b);
		f->name = get_text(b, SCAP_MAX_PATH - 1, "name");
		return;
	default:
		f->name = get_text(b, SCAP_MAX_PATH - 1, "name");
	}
}

static int read_file(struct scap_reader *r, unsigned version, struct scap_item *ret)
{
	struct bytes b = bytes_of_body(r);
	uint64_t entry_len = version >= 2 ? get32(&b) : 0;
	struct file_info *f = &ret->file.file;
	int err = wait_for_entry(r, entry_len);
	unsigned type;

	if (err <= 0)
		return err;
	ret->kind = SCAP_TASK_FILE;
	ret->file.tid = r->fds_of;
	*f = (struct file_info){ .fd = get_i64(&b) };
	f->ino = get64(&b);
	type = get8(&b);
	if (type >= FILE_TYPE_COUNT) {
		if (version < 2 && !b.cut)
			return fail(r, "an open file of a type that is not known, %u", type);
		f->type = FILE_UNSUPPORTED;
		f->name = span_of(ret->name, (size_t)snprintf(ret->name, sizeof(ret->name),
							      "unknown-type:[%u]", type));
	} else {
		f->type = (uint8_t)type;
		read_file_by_type(&b, f);
		if (f->type == FILE_REGULAR_V2 && entry_len >= consumed(&b) + 4)
			f->dev = get32(&b);
		if (f->l4proto > L4_RAW)
			f->l4proto = L4_UNKNOWN;
	}
	return end_entry(r, &b, entry_len, "an open file");
}

/* ---- events ---- */

static size_t sum_of_lens(const struct scap_event *ev)
{
	size_t sum = 0;

	for (unsigned i = 0; i < ev->nparams; i++)
		sum += scap_param_len(ev, i);
	return sum;
}

/* An event of the time when they did not say how many parameters they have: as many
 * as its event had then, which is the number at which all lengths fit. */
static int count_params(struct scap_reader *r, struct scap_event *ev, uint32_t len)
{
	const struct event_info *info = event_info(ev->code);
	size_t width = ev->wide ? 4 : 2, body;
	struct span all = ev->data;

	/* The writers of these counted three bytes too many. */
	if (ev->code == EVENT_NOTIFICATION_E || ev->code == EVENT_INFRASTRUCTURE_EVENT_E)
		len -= len >= 3 ? 3 : 0;
	if (len < SCAP_EVENT_HEADER_V1 || len - SCAP_EVENT_HEADER_V1 > all.n)
		return fail(r, "the length of an event, %u, cannot be", len);
	body = len - SCAP_EVENT_HEADER_V1;
	ev->lens = all.p;
	for (unsigned n = info->nparams + 1; n-- > 0;) {
		ev->nparams = n;
		if (width * n > body || width * n + sum_of_lens(ev) != body)
			continue;
		ev->data = span_of(all.p + width * n, body - width * n);
		return 1;
	}
	return fail(r, "no number of parameters fits the length of an event '%s', %u", info->name,
		    len);
}

static bool is_wide(unsigned code)
{
	switch (code) {
#define EVENT(code, sym, name, category, source, flags, ...)                                       \
	case code:                                                                                 \
		return (flags)&EF_LARGE_PAYLOAD;
#include "event.def"
#undef EVENT
	default:
		return false;
	}
}

/* An event that says all of itself.  P: its header, behind which there are N bytes. */
static inline int read_event_v2(struct scap_reader *r, const uint8_t *p, size_t n, uint32_t len,
				struct scap_event *ev)
{
	uint32_t left, lens;

	if (n < SCAP_EVENT_HEADER || len < SCAP_EVENT_HEADER || len > n)
		return fail(r, "the length of an event, %u, cannot be", len);
	memcpy(&ev->nparams, p + SCAP_EVENT_HEADER_V1, 4);
	left = len - SCAP_EVENT_HEADER;
	if (ev->nparams > left / (ev->wide ? 4 : 2))
		return fail(r, "an event of %u bytes says that it has %u parameters", len,
			    ev->nparams);
	lens = ev->nparams * (ev->wide ? 4 : 2);
	ev->lens = p + SCAP_EVENT_HEADER;
	ev->data = span_of(ev->lens + lens, left - lens);
	return 1;
}

/* The block's body, N bytes at P.  FLAVOUR: what its type says.  0: an event that nobody
 * knows. */
static inline int read_event(struct scap_reader *r, const uint8_t *p, size_t n, unsigned flavour,
			     struct scap_event *ev)
{
	size_t before = 2 + (flavour & SCAP_HAS_FLAGS ? 4 : 0);
	uint32_t len, flags = 0;

	if (n < before + SCAP_EVENT_HEADER_V1)
		return fail(r, "an event reaches beyond its block");
	memcpy(&ev->cpu, p, 2);
	if (flavour & SCAP_HAS_FLAGS)
		memcpy(&flags, p + 2, 4);
	p += before;
	n -= before;
	ev->state_only = flags & SCAP_STATE_ONLY;
	memcpy(&ev->ts_ns, p, 8);
	memcpy(&ev->tid, p + 8, 8);
	memcpy(&len, p + 16, 4);
	memcpy(&ev->code, p + 20, 2);
	if (__builtin_expect(ev->code >= EVENT_CODE_COUNT, 0))
		return 0;
	ev->wide = is_wide(ev->code);
	if (flavour & SCAP_IS_V2)
		return read_event_v2(r, p, n, len, ev);
	ev->data = span_of(p + SCAP_EVENT_HEADER_V1, n - SCAP_EVENT_HEADER_V1);
	return count_params(r, ev, len);
}

static int take_event(struct scap_reader *r, unsigned flavour, struct scap_item *ret)
{
	int err;

	if (r->left > SCAP_MAX_ITEM) {
		ret->kind = SCAP_OVERSIZE;
		r->skip = r->left;
		return 1;
	}
	if (r->in.n < r->left)
		return 0;
	err = read_event(r, r->in.p, r->left - 4, flavour, &ret->event);
	if (err < 0)
		return err;
	ret->kind = err == 0 ? SCAP_NOTHING : SCAP_EVENT;
	advance(r, r->left);
	return 1;
}

/* ---- blocks ---- */

static int check_block(struct scap_reader *r, enum block_class class, unsigned version)
{
	if (!r->had_header && class != BLOCK_SECTION)
		return fail(r, "it is not a capture");
	if (r->total < SCAP_BLOCK_FRAME)
		return fail(r, "the length of a block, %u, cannot be", r->total);
	if (r->had_event && class != BLOCK_EVENT && class != BLOCK_SECTION)
		return fail(r, "a block of type 0x%x among the events", r->type);
	if (class == BLOCK_EVENT && !(version & SCAP_IS_LARGE) &&
	    r->total - SCAP_BLOCK_HEADER > SCAP_EVENT_MAX_BLOCK)
		return fail(r, "an event's block of %u bytes, %u is the most", r->total,
			    SCAP_EVENT_MAX_BLOCK + SCAP_BLOCK_HEADER);
	if (class == BLOCK_FILES && r->total < SCAP_BLOCK_FRAME + sizeof(r->fds_of))
		return fail(r, "a list of open files of nobody");
	return 1;
}

static int begin_block(struct scap_reader *r, struct scap_item *ret)
{
	enum block_class class;
	unsigned version;
	int err;

	if (r->in.n < SCAP_BLOCK_HEADER)
		return 0;
	memcpy(&r->type, r->in.p, 4);
	memcpy(&r->total, r->in.p + 4, 4);
	class = block_class(r->type, &version);
	if (class == BLOCK_FILES && r->in.n < SCAP_BLOCK_HEADER + sizeof(r->fds_of))
		return 0;
	r->block++;
	r->block_offset = r->offset;
	err = check_block(r, class, version);
	if (err < 0)
		return err;
	r->left = r->total;
	advance(r, SCAP_BLOCK_HEADER);
	ret->kind = SCAP_NOTHING;
	if (class == BLOCK_FILES) {
		memcpy(&r->fds_of, r->in.p, sizeof(r->fds_of));
		advance(r, sizeof(r->fds_of));
	} else if (class == BLOCK_TASKS) {
		ret->kind = SCAP_TASKS;
	} else if (class == BLOCK_INTERFACES) {
		ret->kind = SCAP_INTERFACES;
	} else if (class == BLOCK_USERS) {
		ret->kind = SCAP_PEOPLE;
	} else if (class == BLOCK_UNKNOWN) {
		r->skip = r->left; /* a newer writer's, which we can do without */
	}
	r->had_event |= class == BLOCK_EVENT;
	return 1;
}

static int end_block(struct scap_reader *r, struct scap_item *ret)
{
	uint32_t total;

	if (r->in.n < r->left)
		return 0;
	memcpy(&total, r->in.p + r->left - 4, 4);
	if (total != r->total)
		return fail(r, "the two lengths of a block, %u and %u, differ", r->total, total);
	advance(r, r->left);
	ret->kind = SCAP_NOTHING;
	return 1;
}

/* Inside of a block, LEFT bytes before its end. */
static int read_on(struct scap_reader *r, struct scap_item *ret)
{
	unsigned version;
	enum block_class class = block_class(r->type, &version);
	bool is_whole = r->left == r->total - SCAP_BLOCK_HEADER;

	if (class == BLOCK_EVENT)
		return take_event(r, version, ret);
	if (class == BLOCK_SECTION && is_whole)
		return read_section(r, ret);
	if (class == BLOCK_MACHINE && is_whole)
		return read_machine(r, ret);
	if (r->left - 4 < 4)
		return end_block(r, ret);
	switch (class) {
	case BLOCK_INTERFACES:
		return read_interface(r, version, ret);
	case BLOCK_USERS:
		return read_user(r, version, ret);
	case BLOCK_TASKS:
		return read_task(r, version, ret);
	case BLOCK_FILES:
		return read_file(r, version, ret);
	default:
		return end_block(r, ret);
	}
}

/* One step: RET->kind may be SCAP_NOTHING. */
static int step(struct scap_reader *r, struct scap_item *ret)
{
	if (r->skip > 0) {
		pass_over(r);
		ret->kind = SCAP_NOTHING;
		return r->skip == 0;
	}
	return r->left == 0 ? begin_block(r, ret) : read_on(r, ret);
}

/* What all but a few blocks of a capture are, without detours: a whole event of today's
 * kind.  0: it is something else, and nothing was done. */
static inline int read_straight(struct scap_reader *r, struct scap_item *ret)
{
	uint32_t type, total;
	int err;

	if (!r->had_event || r->left != 0 || r->in.n < SCAP_BLOCK_FRAME)
		return 0;
	memcpy(&type, r->in.p, 4);
	memcpy(&total, r->in.p + 4, 4);
	if (type != SCAP_BLOCK_EVENT || total < SCAP_BLOCK_FRAME || total > r->in.n ||
	    total > SCAP_BLOCK_HEADER + SCAP_EVENT_MAX_BLOCK)
		return 0;
	r->block++;
	r->block_offset = r->offset;
	err = read_event(r, r->in.p + SCAP_BLOCK_HEADER, total - SCAP_BLOCK_FRAME, SCAP_IS_V2,
			 &ret->event);
	if (err < 0)
		return err;
	ret->kind = err == 0 ? SCAP_NOTHING : SCAP_EVENT;
	r->in.p += total;
	r->in.n -= total;
	r->offset += total;
	return 1;
}

int scap_read(struct scap_reader *r, struct scap_item *ret)
{
	int err = read_straight(r, ret);

	if (__builtin_expect(err < 0 || (err == 1 && ret->kind == SCAP_EVENT), 1))
		return err;
	do
		err = step(r, ret);
	while (err == 1 && ret->kind == SCAP_NOTHING);
	if (err != 0 || !r->is_last)
		return err;
	if (r->left > 0)
		return fail(r, "it ends %llu bytes before the end of a block",
			    (unsigned long long)(r->left - r->in.n));
	r->block_offset = r->offset;
	r->block++;
	if (r->in.n > 0)
		return fail(r, "it ends inside of a block's header");
	if (!r->had_header)
		return fail(r, "it is empty");
	return 0;
}
