/* SPDX-License-Identifier: Apache-2.0
 *
 * Every table of the enricher under a flood: it fills to its ceiling and no
 * further, what finds no room is counted, the events go on, and what was taken
 * comes back.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "enrich_core.h"
#include "support/raw_kit.h"

enum { THREADS = 256, FDS = 32, USERS = 64, CONTAINERS = 16 };
#define MEMORY ((size_t)16 << 20)

static uint8_t room[WIRE_MAX_PAYLOAD], frame[WIRE_MAX_PAYLOAD];
static uint64_t counts[ENRICHER_COUNTERS];
static struct enrich *en;
static uint64_t seq;

static uint8_t *reserve(void *ctx, size_t cap)
{
	(void)ctx;
	return cap <= sizeof(room) ? room : NULL;
}

static void submit(void *ctx, uint16_t type, size_t len)
{
	(void)ctx;
	(void)type;
	(void)len;
}

static void abandon(void *ctx)
{
	(void)ctx;
	cr_assert(false, "a frame was given up");
}

static void setup(void)
{
	struct enrich_params p = { .sink = { NULL, reserve, submit, abandon },
				   .counts = counts,
				   .seed = 7,
				   .threads = THREADS,
				   .fds_per_process = FDS,
				   .users = USERS,
				   .containers = CONTAINERS,
				   .memory_bytes = MEMORY };

	memset(counts, 0, sizeof(counts));
	cr_assert(eq(int, enrich_new(&p, &en), 0));
}

static void teardown(void)
{
	enrich_free(en);
}

TestSuite(bounds, .init = setup, .fini = teardown);

static struct raw_event event(unsigned code, int64_t tid)
{
	struct raw_event ev = raw_event(code, tid);

	ev.ts_ns = 1 + seq;
	return ev;
}

/* Send it, and look that nothing has grown beyond its ceiling. */
static void send_event(const struct raw_event *ev)
{
	struct ring_frame f = { .type = FRAME_RAW_EVENT, .seq = ++seq };
	ssize_t n = wire_encode_raw_event(frame, sizeof(frame), ev);
	struct enrich_status s;

	cr_assert(ge(i64, n, 0));
	f.payload = span_of(frame, (size_t)n);
	cr_assert(eq(int, enrich_frame(en, &f, 1), 0));
	enrich_status(en, &s);
	cr_assert(le(u32, s.threads.used, THREADS));
	cr_assert(le(u32, s.users.used, USERS));
	cr_assert(le(u32, s.containers.used, CONTAINERS));
	cr_assert(le(sz, s.memory_bytes, MEMORY));
}

static void clone_child(int64_t tid, int64_t pid, int64_t ptid)
{
	struct raw_event ev = event(EVENT_SYSCALL_CLONE_20_X, tid);

	set_int(&ev, "res", 0);
	set_int(&ev, "tid", tid);
	set_int(&ev, "pid", pid);
	set_int(&ev, "ptid", ptid);
	set_int(&ev, "vtid", tid);
	set_int(&ev, "vpid", pid);
	set_int(&ev, "flags", pid == tid ? 0 : CL_THREAD);
	set_bytes(&ev, "comm", span_str("worker"));
	send_event(&ev);
}

static void execve_with(int64_t tid, struct span args, const char *cgroups)
{
	struct raw_event ev = event(EVENT_SYSCALL_EXECVE_19_X, tid);

	set_int(&ev, "res", 0);
	set_int(&ev, "pid", tid);
	set_bytes(&ev, "comm", span_str("prog"));
	set_bytes(&ev, "exe", span_str("prog"));
	set_bytes(&ev, "args", args);
	set_bytes(&ev, "env", args);
	set_bytes(&ev, "cgroups", span_str(cgroups));
	send_event(&ev);
}

static void exit_of(int64_t tid)
{
	struct raw_event ev = event(EVENT_PROCEXIT_1_E, tid);

	send_event(&ev);
}

static void open_at(int64_t tid, int64_t fd, struct span name)
{
	struct raw_event ev = event(EVENT_SYSCALL_OPENAT_2_X, tid);

	set_int(&ev, "fd", fd);
	set_int(&ev, "dirfd", -100);
	set_bytes(&ev, "name", name);
	send_event(&ev);
}

static struct enrich_status status(void)
{
	struct enrich_status s;

	enrich_status(en, &s);
	return s;
}

Test(bounds, threads_that_nobody_told_of)
{
	for (int64_t tid = 1; tid <= 20 * THREADS; tid++)
		open_at(tid, 3, span_str("/tmp/x"));
	cr_assert(eq(u32, status().threads.used, THREADS));
	cr_assert(eq(u64, counts[ENRICHER_PROCESSES], THREADS));
	cr_assert(eq(u64, counts[ENRICHER_PROCESSES_EVICTED], 19 * THREADS));
	cr_assert(eq(u64, counts[ENRICHER_OUT], 20 * THREADS), "the events go on without them");
}

Test(bounds, threads_of_one_process_and_the_room_they_leave)
{
	clone_child(2, 2, 1);
	for (int64_t tid = 3; tid <= 4 * THREADS; tid++)
		clone_child(tid, 2, 1);
	cr_assert(eq(u32, status().threads.used, THREADS));
	cr_assert(lt(u64, 3 * THREADS - 8, counts[ENRICHER_PROCESSES_EVICTED]));
	for (int64_t tid = 3; tid <= 4 * THREADS; tid++)
		exit_of(tid);
	exit_of(2);
	open_at(5000, 3, span_str("/tmp/x"));
	cr_assert(eq(u32, status().threads.used, 2), "all but the parent that they named");
	clone_child(6000, 6000, 1);
	cr_assert(eq(u32, status().threads.used, 3));
}

Test(bounds, descriptors_of_one_process)
{
	clone_child(2, 2, 1);
	for (int64_t fd = 0; fd < 50 * FDS; fd++)
		open_at(2, fd, span_str("/tmp/x"));
	cr_assert(eq(u32, fds_count(&proctab_find(&en->proctab, 2)->fds), FDS));
	cr_assert(eq(u64, counts[ENRICHER_FILES_EVICTED], 49 * FDS));
	cr_assert(eq(u64, counts[ENRICHER_OUT], 50 * FDS + 1));
}

Test(bounds, long_paths_and_arguments_of_many)
{
	static uint8_t text[20000];
	struct thread *last;
	size_t full;

	for (int64_t tid = 2; tid < THREADS; tid++) {
		clone_child(tid, tid, 1);
		memset(text, 'a', sizeof(text));
		for (unsigned i = 0; i < 100; i++) {
			for (int64_t fd = 0; fd < FDS; fd += 8) {
				memcpy(text + 1, &tid, sizeof(tid));
				memcpy(text + 9, &fd, sizeof(fd));
				text[0] = '/';
				for (unsigned j = 1; j < 17; j++)
					text[j] |= 0x40;
				open_at(tid, fd, span_of(text, 1000));
			}
		}
		memcpy(text, &tid, sizeof(tid));
		execve_with(tid, span_of(text, sizeof(text)), "cpu=/");
	}
	cr_assert(lt(u64, 0, counts[ENRICHER_MEMORY_REFUSED]));
	last = proctab_find(&en->proctab, THREADS - 1);
	cr_assert_not_null(last);
	cr_assert(span_is(blob_span(last->f.comm), "prog"), "names have room yet");
	cr_assert_null(last->f.args);
	full = status().memory_bytes;
	for (int64_t tid = 2; tid < THREADS; tid++)
		exit_of(tid);
	execve_with(9999, span_of(text, sizeof(text)), "cpu=/");
	last = proctab_find(&en->proctab, 9999);
	cr_assert(eq(sz, blob_span(last->f.args).n, sizeof(text)), "what they had is there again");
	cr_assert(eq(sz, status().memory_bytes, full));
}

Test(bounds, users_of_events)
{
	char name[32];

	for (uint32_t uid = 0; uid < 10 * USERS; uid++) {
		struct raw_event ev = event(EVENT_USER_ADDED_E, -1);

		set_int(&ev, "uid", uid);
		snprintf(name, sizeof(name), "u%u", uid);
		set_bytes(&ev, "name", span_str(name));
		set_bytes(&ev, "container_id", span_str(uid % 2 ? "c0ffee" : ""));
		send_event(&ev);
	}
	cr_assert(eq(u32, status().users.used, USERS));
	cr_assert(eq(u64, counts[ENRICHER_USERS_REFUSED], 9 * USERS));
	for (uint32_t uid = 0; uid < USERS; uid++) {
		struct raw_event ev = event(EVENT_USER_DELETED_E, -1);

		set_int(&ev, "uid", uid);
		set_bytes(&ev, "container_id", span_str(uid % 2 ? "c0ffee" : ""));
		send_event(&ev);
	}
	cr_assert(eq(u32, status().users.used, 0));
}

Test(bounds, containers_of_one_process)
{
	char cgroups[128];

	clone_child(2, 2, 1);
	for (unsigned i = 0; i < 10 * CONTAINERS; i++) {
		snprintf(cgroups, sizeof(cgroups), "cpu=/docker/%012x%052x", i, i);
		execve_with(2, SPAN_NONE, cgroups);
	}
	cr_assert(eq(u32, status().containers.used, CONTAINERS));
	cr_assert(eq(u64, counts[ENRICHER_CONTAINERS_EVICTED], 9 * CONTAINERS));
}

Test(bounds, a_table_says_what_it_may_take)
{
	struct enrich_status s = status();

	cr_assert(eq(u32, s.threads.max, THREADS));
	cr_assert(eq(u32, s.threads.entry_bytes,
		     sizeof(struct thread) + sizeof(struct thread_group)));
	cr_assert(eq(u32, s.users.max, USERS));
	cr_assert(eq(u32, s.containers.max, CONTAINERS));
	cr_assert(eq(u32, s.fds_per_process, FDS));
	cr_assert(eq(sz, s.memory_max, MEMORY));
}
