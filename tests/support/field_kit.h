/* SPDX-License-Identifier: Apache-2.0
 *
 * field_kit.h -- a mirror, an arena and one event, put together by hand, for
 * the tests that ask fields of it.
 */
#ifndef MEWS_FIELD_KIT_H
#define MEWS_FIELD_KIT_H

#include <criterion/criterion.h>

#include "field.h"
#include "mirror.h"

struct kit {
	struct mirror *mirror;
	struct arena arena;
	struct event_frame ev;
	struct field_event e;
	struct field_context context;
	uint8_t frame[65536], block[262144], extra[4096];
	struct wire_extra x;
};

static inline void kit_begin(struct kit *k, unsigned code)
{
	struct mirror_limits limits = { 64, 64, 64, 8, 42, 0 };

	if (k->mirror == NULL)
		cr_assert(mirror_new(&limits, &k->mirror) == 0);
	arena_init(&k->arena, k->block, sizeof(k->block));
	k->ev = (struct event_frame){ .code = (uint16_t)code,
				      .ts_ns = 1795462519444612290,
				      .num = 600,
				      .fd = FD_NONE,
				      .fd_file = -1 };
	k->e = (struct field_event){ .ev = &k->ev,
				     .info = event_info(code),
				     .mirror = k->mirror,
				     .arena = &k->arena,
				     .source = "syscall",
				     .context = &k->context };
	wire_extra_begin(&k->x, k->extra, sizeof(k->extra));
}

/* A process of the mirror; the one of the event by kit_is(). */
static inline void kit_process(struct kit *k, uint64_t key, struct process_info info)
{
	struct process_frame f = { .key = key, .version = 1, .mask = PROCESS_ALL, .info = info };
	const struct mirror_process *p = mirror_process(k->mirror, key);
	ssize_t n;

	if (p != NULL)
		f.version = p->version + 1;
	n = wire_encode_process(k->frame, sizeof(k->frame), &f);
	cr_assert(n > 0);
	cr_assert(mirror_apply(k->mirror, FRAME_PROCESS, span_of(k->frame, (size_t)n)) == 0);
}

static inline void kit_is(struct kit *k, uint64_t key)
{
	k->e.process = mirror_process(k->mirror, key);
	cr_assert(k->e.process != NULL);
	k->ev.process = key;
	k->ev.tid = k->e.process->info.tid;
}

static inline void kit_user(struct kit *k, const char *container, uint32_t uid, const char *name)
{
	struct user_frame f = { .container_id = span_str(container),
				.uid = uid,
				.name = span_str(name),
				.home = span_str("/root"),
				.shell = span_str("/bin/bash") };
	ssize_t n = wire_encode_user(k->frame, sizeof(k->frame), &f);

	cr_assert(mirror_apply(k->mirror, FRAME_USER, span_of(k->frame, (size_t)n)) == 0);
}

static inline void kit_group(struct kit *k, uint32_t gid, const char *name)
{
	struct group_frame f = { .gid = gid, .name = span_str(name) };
	ssize_t n = wire_encode_group(k->frame, sizeof(k->frame), &f);

	cr_assert(mirror_apply(k->mirror, FRAME_GROUP, span_of(k->frame, (size_t)n)) == 0);
}

static inline void kit_host(struct kit *k, struct host_frame host)
{
	ssize_t n = wire_encode_host(k->frame, sizeof(k->frame), &host);

	cr_assert(mirror_apply(k->mirror, FRAME_HOST, span_of(k->frame, (size_t)n)) == 0);
}

/* The names of an address, N of them. */
static inline void kit_names(struct kit *k, const void *ip, size_t bytes, const char *const *names,
			     unsigned n)
{
	struct address_frame f = { .address = span_of(ip, bytes), .nnames = (uint8_t)n };
	ssize_t len;

	for (unsigned i = 0; i < n; i++)
		f.names[i] = span_str(names[i]);
	len = wire_encode_address(k->frame, sizeof(k->frame), &f);
	cr_assert(len > 0);
	cr_assert(mirror_apply(k->mirror, FRAME_ADDRESS, span_of(k->frame, (size_t)len)) == 0);
}

static const uint8_t kit_env[] = "HOME=/root\0PATH=/bin\0EMPTY=";
static const uint8_t kit_args[] = "-o\0BatchMode=yes\0"
				  "127.0.0.1";
static const uint8_t kit_cgroups[] = "cpuset=/\0memory=/hostwork.slice";

/* supervisor 1 -> sshd 40 -> bash 50 (session 50) -> ssh 60, and a thread 61 of it. */
static inline void kit_family(struct kit *k, unsigned code)
{
	struct process_info p = { .tid = 1,
				  .pid = 1,
				  .ptid = 0,
				  .sid = 1,
				  .vtid = 1,
				  .vpid = 1,
				  .vpgid = 1,
				  .pgid = 1,
				  .comm = span_str("supervisor"),
				  .exe = span_str("/sbin/sv"),
				  .exepath = span_str("/usr/sbin/sv"),
				  .cwd = span_str("/"),
				  .loginuid = UINT32_MAX,
				  .fdlimit = 1024 };

	kit_begin(k, code);
	kit_process(k, 1, p);
	p.tid = p.pid = p.vtid = p.vpid = p.sid = p.vpgid = p.pgid = 40;
	p.ptid = 1;
	p.comm = span_str("sshd");
	p.exe = p.exepath = span_str("/usr/sbin/sshd");
	kit_process(k, 2, p);
	p.tid = p.pid = p.vtid = p.vpid = p.sid = p.vpgid = p.pgid = 50;
	p.ptid = 40;
	p.comm = span_str("bash");
	p.exe = span_str("-bash");
	p.exepath = span_str("/usr/bin/bash");
	p.args = span_of("-l", 3);
	p.env = span_of(kit_env, sizeof(kit_env));
	p.clone_ts = 1795462519302480150;
	p.cwd = span_str("/srv/");
	kit_process(k, 3, p);
	p.tid = p.pid = p.vtid = p.vpid = p.vpgid = p.pgid = 60;
	p.ptid = 50;
	p.comm = span_str("ssh");
	p.exe = span_str("ssh");
	p.exepath = span_str("/usr/bin/ssh");
	p.args = span_of(kit_args, sizeof(kit_args));
	p.clone_ts = 1795462519433870889;
	p.cgroups = span_of(kit_cgroups, sizeof(kit_cgroups));
	p.exe_ino = 248068;
	p.exe_ctime = 1746701666147483648;
	p.exe_ctime_to_clone = p.clone_ts - p.exe_ctime;
	p.exe_flags = 1;
	p.cap_effective = 0x3;
	p.vmsize = 1492;
	p.pfmajor = 1;
	kit_process(k, 4, p);
	p.tid = p.vtid = 61;
	p.comm = span_str("worker");
	kit_process(k, 5, p);
	kit_is(k, 4);
}

/* Parameters, in order. */
static inline void kit_int(struct kit *k, int64_t v)
{
	k->ev.params[k->ev.nparams++] = (struct param){ .kind = PARAM_INT, .i = v };
}

static inline void kit_bytes(struct kit *k, const void *p, size_t n)
{
	k->ev.params[k->ev.nparams++] = (struct param){ .kind = PARAM_BYTES, .s = span_of(p, n) };
}

static inline void kit_str(struct kit *k, const char *s)
{
	kit_bytes(k, s, strlen(s));
}

static inline void kit_empty(struct kit *k)
{
	k->ev.params[k->ev.nparams++] = (struct param){ .kind = PARAM_EMPTY };
}

/* A file of the event. */
static inline struct file_info *kit_file(struct kit *k, int64_t fd, unsigned type, const char *name)
{
	struct file_info *f = &k->ev.files[k->ev.nfiles++];

	*f = (struct file_info){ .fd = fd, .type = (uint8_t)type, .name = span_str(name) };
	return f;
}

/* The same, and it is the event's own. */
static inline struct file_info *kit_own_file(struct kit *k, int64_t fd, unsigned type,
					     const char *name)
{
	k->ev.fd = fd;
	k->ev.fd_file = (int8_t)k->ev.nfiles;
	return kit_file(k, fd, type, name);
}

static inline struct field_ref kit_ref(const char *name)
{
	struct field_ref ref;
	struct diag diag = { 0 };

	cr_assert(field_parse(span_str(name), &ref, &diag) == 0, "%s: %s", name, diag.message);
	return ref;
}

/* The text of a field as outputs print it, as a C string; the arena is cleared before. */
static inline const char *kit_text(struct kit *k, const char *name)
{
	static char buf[16384];
	struct field_ref ref = kit_ref(name);
	struct span s;

	k->ev.extra = wire_extra_end(&k->x);
	arena_clear(&k->arena);
	s = field_text(&ref, &k->e);
	cr_assert(s.n < sizeof(buf));
	if (s.n > 0)
		memcpy(buf, s.p, s.n);
	buf[s.n] = 0;
	return buf;
}

static inline bool kit_get(struct kit *k, const char *name, struct value *ret)
{
	static struct field_ref refs[8];
	static unsigned at;
	struct field_ref *ref = &refs[at++ % ARRAY_LEN(refs)];

	*ref = kit_ref(name);
	k->ev.extra = wire_extra_end(&k->x);
	return field_get(ref, &k->e, ret);
}

static inline bool kit_has(struct kit *k, const char *name)
{
	struct value v;

	return kit_get(k, name, &v);
}

struct kit_case {
	const char *field, *text;
};

/* Each field's text; NULL: the field is missing (its text is then <NA>). */
static inline void kit_check(struct kit *k, const struct kit_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool have = kit_has(k, cases[i].field);

		cr_assert(have == (cases[i].text != NULL), "%s is %s", cases[i].field,
			  have ? "there" : "missing");
		cr_assert_str_eq(
			kit_text(k, cases[i].field), cases[i].text != NULL ? cases[i].text : "<NA>",
			"%s is '%s', not '%s'", cases[i].field, kit_text(k, cases[i].field),
			cases[i].text != NULL ? cases[i].text : "<NA>");
	}
}

#define KIT_CHECK(k, ...)                                                                          \
	do {                                                                                       \
		static const struct kit_case cases_[] = { __VA_ARGS__ };                           \
		kit_check(k, cases_, ARRAY_LEN(cases_));                                           \
	} while (0)

#endif
