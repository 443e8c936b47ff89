/* SPDX-License-Identifier: Apache-2.0
 *
 * enrich_kit.h -- the enricher's core between hands: frames as ring raw would bring them go in, what comes out is
 * kept.  For one source file a program, whose suite has setup() and teardown().
 */
#ifndef MEWS_ENRICH_KIT_H
#define MEWS_ENRICH_KIT_H

#include <errno.h>
#include <stdlib.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "enrich.h"
#include "raw_kit.h"

enum { MAX_OUT = 4096, MAX_ENTRIES = 64 };

/* What came out since the last clear. */
static struct {
	uint16_t type;
	uint8_t *payload;
	size_t len;
} out[MAX_OUT];
static unsigned nout;
static uint8_t room[WIRE_MAX_PAYLOAD], scratch[WIRE_MAX_PAYLOAD];
static bool sink_full;
static uint64_t counts[ENRICHER_COUNTERS];
static struct enrich *en;
static uint64_t written_at, read_at; /* of what went out, and came to its reader, in frames */
static uint16_t again;		     /* flags of what is given */
static uint64_t seq, now = UINT64_C(1700000000000000000);

static inline uint8_t *reserve(void *ctx, size_t cap)
{
	(void)ctx;
	return sink_full || cap > sizeof(room) ? NULL : room;
}

static inline void submit(void *ctx, uint16_t type, size_t len)
{
	(void)ctx;
	cr_assert(lt(uint, nout, MAX_OUT));
	out[nout].type = type;
	out[nout].payload = malloc(len + 1);
	memcpy(out[nout].payload, room, len);
	out[nout++].len = len;
	written_at++;
}

static uint64_t written(void *ctx)
{
	(void)ctx;
	return written_at;
}

static inline uint64_t read_by_now(void *ctx)
{
	(void)ctx;
	return read_at;
}

static inline void abandon(void *ctx)
{
	(void)ctx;
	cr_assert(false, "a frame was given up");
}

static inline void clear(void)
{
	while (nout > 0)
		free(out[--nout].payload);
}

/* What was asked for, if it may be. */
static struct ring_ask asks[256];
static unsigned nasks;
static bool may_ask;

static inline bool read_again(void *ctx, const struct ring_ask *ask)
{
	(void)ctx;
	if (!may_ask)
		return false;
	cr_assert(lt(uint, nasks, ARRAY_LEN(asks)));
	asks[nasks++] = *ask;
	return true;
}

static inline void make(uint32_t threads, bool capture)
{
	struct enrich_params p = { .sink = { NULL, reserve, submit, abandon },
				   .read_again = read_again,
				   .written = capture ? NULL : written,
				   .read = capture ? NULL : read_by_now,
				   .counts = counts,
				   .seed = 7,
				   .threads = threads,
				   .users = 64,
				   .containers = 4,
				   .capture = capture };

	cr_assert_eq(enrich_new(&p, &en), 0);
}

static inline void setup(void)
{
	make(256, false);
}

static inline void setup_capture(void)
{
	make(256, true);
}

static inline void teardown(void)
{
	cr_assert_eq(counts[ENRICHER_IN],
		     counts[ENRICHER_OUT] + counts[ENRICHER_FOLDED] + counts[ENRICHER_REFUSED]);
	enrich_free(en);
	clear();
}

/* ---- in ---- */

static inline int give(uint16_t type, ssize_t len)
{
	struct ring_frame f = {
		.type = type, .flags = again, .seq = ++seq, .payload = span_of(scratch, 0)
	};

	cr_assert(ge(i64, len, 0));
	f.payload.n = (size_t)len;
	return enrich_frame(en, &f, 99);
}

static inline struct raw_event event(unsigned code, int64_t tid)
{
	struct raw_event ev = raw_event(code, tid);

	ev.ts_ns = now += 1000;
	return ev;
}

static inline int send_event(const struct raw_event *ev)
{
	return give(FRAME_RAW_EVENT, wire_encode_raw_event(scratch, sizeof(scratch), ev));
}

static inline void task(int64_t tid, int64_t pid, int64_t ptid, uint64_t start_ns, const char *comm)
{
	struct task_frame f = { .start_ns = start_ns };

	f.info.tid = f.info.vtid = tid;
	f.info.pid = f.info.vpid = pid;
	f.info.ptid = ptid;
	f.info.comm = f.info.exe = span_str(comm);
	f.info.cwd = span_str("/home/user");
	f.info.cgroups = span_of("cpu=/\0", 6);
	give(FRAME_TASK, wire_encode_task(scratch, sizeof(scratch), &f));
}

static inline void begin(void)
{
	give(FRAME_SNAPSHOT_BEGIN, wire_encode_empty(scratch, sizeof(scratch)));
}

static inline void end(void)
{
	give(FRAME_SNAPSHOT_END, wire_encode_empty(scratch, sizeof(scratch)));
}

/* A process as the first of a pid namespace is listed, or one of those in it. */
static inline void task_in_ns(int64_t tid, int64_t ptid, int64_t vtid)
{
	struct task_frame f = { .info.tid = tid, .info.pid = tid, .info.ptid = ptid };

	f.info.vtid = f.info.vpid = vtid;
	give(FRAME_TASK, wire_encode_task(scratch, sizeof(scratch), &f));
}

/* init and a shell, 1 and 10. */
static inline void two_tasks(void)
{
	begin();
	task(10, 10, 1, 0, "bash");
	task(1, 1, 0, 0, "init");
	end();
	clear();
}

static inline int64_t open_file(int64_t tid, int64_t fd, const char *name, int64_t flags)
{
	struct raw_event ev = event(EVENT_SYSCALL_OPENAT_2_X, tid);

	set_int(&ev, "fd", fd);
	set_int(&ev, "dirfd", -100);
	set_text(&ev, "name", name);
	set_int(&ev, "flags", flags);
	set_int(&ev, "dev", 0x10);
	set_int(&ev, "ino", 1234);
	send_event(&ev);
	return fd;
}

static inline void close_file(int64_t tid, int64_t fd)
{
	struct raw_event ev = event(EVENT_SYSCALL_CLOSE_X, tid);

	set_int(&ev, "res", 0);
	set_int(&ev, "fd", fd);
	send_event(&ev);
}

static inline struct raw_event clone_event(int64_t tid, int64_t res, int64_t pid, int64_t ptid,
					   int64_t flags)
{
	struct raw_event ev = event(EVENT_SYSCALL_CLONE_20_X, tid);

	set_int(&ev, "res", res);
	set_text(&ev, "exe", "bash");
	set_bytes(&ev, "args", span_of("-c\0x\0", 5));
	set_int(&ev, "tid", tid);
	set_int(&ev, "pid", pid);
	set_int(&ev, "ptid", ptid);
	set_text(&ev, "comm", "bash");
	set_bytes(&ev, "cgroups", span_of("cpu=/\0", 6));
	set_int(&ev, "flags", flags);
	set_int(&ev, "uid", 1000);
	set_int(&ev, "gid", 1000);
	set_int(&ev, "vtid", tid);
	set_int(&ev, "vpid", pid);
	set_int(&ev, "fdlimit", 1024);
	return ev;
}

static inline void exec(int64_t tid, const char *exe, const char *cgroups)
{
	struct raw_event ev = event(EVENT_SYSCALL_EXECVE_19_X, tid);

	set_int(&ev, "res", 0);
	set_text(&ev, "exe", exe);
	set_bytes(&ev, "args", span_of("arg\0", 4));
	set_int(&ev, "tid", tid);
	set_int(&ev, "pid", tid);
	set_text(&ev, "comm", exe);
	set_text(&ev, "trusted_exepath", "/usr/bin/prog");
	set_text(&ev, "cgroups", cgroups);
	set_int(&ev, "uid", 0);
	set_int(&ev, "gid", 0);
	send_event(&ev);
}

static inline void procexit(int64_t tid)
{
	struct raw_event ev = event(EVENT_PROCEXIT_1_E, tid);

	set_int(&ev, "status", 0);
	set_int(&ev, "reaper_tid", 0);
	send_event(&ev);
}

static inline void add_socket(int64_t tid, int64_t fd, enum file_type type, const char ip[4],
			      uint16_t sport, uint16_t dport)
{
	struct task_file_frame f = { .tid = tid };

	f.file = (struct file_info){ .fd = fd, .type = (uint8_t)type, .l4proto = L4_TCP };
	f.file.sport = sport;
	f.file.dport = dport;
	memcpy(f.file.sip, ip, 4);
	memcpy(f.file.dip, "\x0a\x00\x00\x02", 4);
	give(FRAME_TASK_FILE, wire_encode_task_file(scratch, sizeof(scratch), &f));
}

/* ---- out ---- */

static inline unsigned count_of(uint16_t type)
{
	unsigned n = 0;

	for (unsigned i = 0; i < nout; i++)
		n += out[i].type == type;
	return n;
}

/* The Nth frame of TYPE. */
static inline struct span frame(uint16_t type, unsigned n)
{
	for (unsigned i = 0; i < nout; i++)
		if (out[i].type == type && n-- == 0)
			return span_of(out[i].payload, out[i].len);
	cr_assert(false, "no such frame of type %u", type);
	return SPAN_NONE;
}

static inline struct event_frame last_event(void)
{
	struct event_frame f;

	cr_assert_eq(wire_decode_event(frame(FRAME_EVENT, count_of(FRAME_EVENT) - 1), &f), 0);
	return f;
}

static inline struct process_frame process(unsigned n)
{
	struct process_frame f;

	cr_assert_eq(wire_decode_process(frame(FRAME_PROCESS, n), &f), 0);
	return f;
}

static inline bool own_file_is(const struct event_frame *f, const char *name)
{
	return f->fd_file >= 0 && span_is(f->files[f->fd_file].name, name);
}

static inline struct event_frame read_of(int64_t fd)
{
	struct raw_event ev = event(EVENT_SYSCALL_READ_X, 10);

	set_int(&ev, "res", 5);
	set_int(&ev, "fd", fd);
	send_event(&ev);
	return last_event();
}

#endif
