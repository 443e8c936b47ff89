/* SPDX-License-Identifier: Apache-2.0
 *
 * The mirror holds what the frames told, no more than it may, and survives
 * frames that make no sense.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>

#include "activity.h"
#include "mirror.h"

static struct mirror *mirror_of(unsigned processes)
{
	struct mirror_limits limits = { processes, 4, 4, 2, 0x1234, 0 };
	struct mirror *m;

	cr_assert(eq(int, mirror_new(&limits, &m), 0));
	return m;
}

static unsigned entries(const struct mirror *m)
{
	struct mirror_status s;

	mirror_status(m, &s);
	return s.processes;
}

static int put(struct mirror *m, const struct process_frame *f)
{
	static uint8_t buf[65536];
	ssize_t n = wire_encode_process(buf, sizeof(buf), f);

	cr_assert(lt(i64, 0, (int64_t)n));
	return mirror_apply(m, FRAME_PROCESS, span_of(buf, (size_t)n));
}

static int put_gone(struct mirror *m, uint64_t key)
{
	uint8_t buf[32];
	ssize_t n = wire_encode_process_gone(buf, sizeof(buf),
					     &(struct process_gone_frame){ .key = key });

	return mirror_apply(m, FRAME_PROCESS_GONE, span_of(buf, (size_t)n));
}

static struct process_frame whole(uint64_t key, int64_t tid, int64_t ptid, const char *comm)
{
	return (struct process_frame){
		.key = key,
		.version = 1,
		.mask = PROCESS_ALL,
		.info = { .tid = tid,
			  .pid = tid,
			  .ptid = ptid,
			  .comm = span_str(comm),
			  .exe = span_str("/bin/x"),
			  .args = span_of("-a\0b\0", 5),
			  .uid = 1000 },
	};
}

Test(mirror, an_entry_is_found_by_its_key_and_by_its_tid)
{
	struct mirror *m = mirror_of(16);
	struct process_frame f = whole(7, 100, 1, "sshd");
	const struct mirror_process *p;

	cr_assert(eq(int, put(m, &f), 0));
	p = mirror_process(m, 7);
	cr_assert_not_null(p);
	cr_assert(span_is(p->info.comm, "sshd"));
	cr_assert(eq(u64, p->info.uid, 1000));
	cr_assert(eq(sz, p->info.args.n, 5));
	cr_assert_eq(mirror_process_by_tid(m, 100), p);
	cr_assert_null(mirror_process(m, 8));
	cr_assert_null(mirror_process_by_tid(m, 101));
	cr_assert(eq(uint, entries(m), 1));
	mirror_free(m);
}

Test(mirror, a_change_keeps_what_its_mask_leaves_out)
{
	struct mirror *m = mirror_of(16);
	struct process_frame f = whole(7, 100, 1, "bash");
	struct process_frame change = { .key = 7,
					.version = 2,
					.base = 7,
					.mask = PROCESS_BIT(comm) | PROCESS_BIT(args),
					.info = { .comm = span_str("cat"), .uid = 5 } };
	const struct mirror_process *p;

	put(m, &f);
	p = mirror_process(m, 7);
	cr_assert(eq(int, put(m, &change), 0));
	cr_assert_eq(mirror_process(m, 7), p, "the entry stays where it is");
	cr_assert(span_is(p->info.comm, "cat"));
	cr_assert(eq(sz, p->info.args.n, 0));
	cr_assert(span_is(p->info.exe, "/bin/x"));
	cr_assert(eq(u64, p->info.uid, 1000));
	cr_assert(eq(u64, p->version, 2));
	mirror_free(m);
}

Test(mirror, a_version_that_is_not_newer_is_ignored)
{
	struct mirror *m = mirror_of(16);
	struct process_frame f = whole(7, 100, 1, "old");

	f.version = 5;
	put(m, &f);
	f.info.comm = span_str("new");
	cr_assert(eq(int, put(m, &f), 0));
	cr_assert(span_is(mirror_process(m, 7)->info.comm, "old"));
	f.version = 4;
	cr_assert(eq(int, put(m, &f), 0));
	cr_assert(span_is(mirror_process(m, 7)->info.comm, "old"));
	f.version = 6;
	put(m, &f);
	cr_assert(span_is(mirror_process(m, 7)->info.comm, "new"));
	mirror_free(m);
}

Test(mirror, a_clone_takes_from_its_parent_and_outlives_it)
{
	struct mirror *m = mirror_of(16);
	struct process_frame f = whole(7, 100, 1, "bash");
	struct process_frame child = { .key = 8,
				       .version = 1,
				       .base = 7,
				       .mask = PROCESS_BIT(tid) | PROCESS_BIT(pid) |
					       PROCESS_BIT(ptid),
				       .info = { .tid = 101, .pid = 101, .ptid = 100 } };
	const struct mirror_process *p;

	put(m, &f);
	cr_assert(eq(int, put(m, &child), 0));
	p = mirror_process(m, 8);
	cr_assert_eq(p->info.exe.p, mirror_process(m, 7)->info.exe.p, "the string is shared");
	put_gone(m, 7);
	cr_assert_null(mirror_process(m, 7));
	cr_assert(span_is(p->info.exe, "/bin/x"));
	cr_assert(eq(i64, p->info.tid, 101));
	mirror_free(m);
}

Test(mirror, a_base_that_is_not_there_may_be_its_parent_under_another_key)
{
	struct mirror *m = mirror_of(16);
	struct process_frame parent = { .key = 100, .version = 1, .mask = PROCESS_ALL },
			     child = { .key = 9,
				       .version = 1,
				       .base = 1,
				       .mask = PROCESS_BIT(tid) | PROCESS_BIT(ptid),
				       .info = { .tid = 5, .ptid = 4 } };

	parent.info.tid = parent.info.pid = 4;
	parent.info.comm = span_str("sh");
	cr_assert(eq(int, put(m, &parent), 0));
	cr_assert(eq(int, put(m, &child), -ENOENT), "it is a guess");
	cr_assert(span_is(mirror_process(m, 9)->info.comm, "sh"));
	mirror_free(m);
}

Test(mirror, a_base_that_is_not_there_gives_defaults_and_an_error)
{
	struct mirror *m = mirror_of(16);
	struct process_frame f = {
		.key = 9, .version = 1, .base = 1, .mask = PROCESS_BIT(tid), .info = { .tid = 5 }
	};
	const struct mirror_process *p;

	cr_assert(eq(int, put(m, &f), -ENOENT));
	p = mirror_process_by_tid(m, 5);
	cr_assert_not_null(p);
	cr_assert(span_is(p->info.comm, "<NA>"));
	cr_assert(eq(i64, p->info.pid, -1));
	cr_assert(eq(u64, p->info.uid, UINT32_MAX));
	cr_assert(eq(u64, p->info.loginuid, UINT32_MAX));
	cr_assert_eq(mirror_main(m, p), p);
	cr_assert_null(mirror_parent(m, p));
	mirror_free(m);
}

Test(mirror, of_two_entries_with_one_tid_the_younger_answers)
{
	struct mirror *m = mirror_of(16);
	struct process_frame old = whole(7, 100, 1, "old"), fresh = whole(9, 100, 1, "new");

	put(m, &fresh);
	put(m, &old);
	cr_assert(span_is(mirror_process_by_tid(m, 100)->info.comm, "new"));
	put_gone(m, 9);
	cr_assert(span_is(mirror_process_by_tid(m, 100)->info.comm, "old"));
	mirror_free(m);
}

Test(mirror, one_step_up_is_the_main_thread_of_the_parent)
{
	struct mirror *m = mirror_of(16);
	struct process_frame parent = whole(1, 10, 0, "init"), thread = whole(2, 11, 0, "pool"),
			     child = whole(3, 20, 11, "job"), worker = whole(4, 21, 5, "job2"),
			     self = whole(5, 30, 30, "odd");

	thread.info.pid = 10;
	worker.info.pid = 20;
	put(m, &parent);
	put(m, &thread);
	put(m, &child);
	put(m, &worker);
	put(m, &self);
	cr_assert(span_is(mirror_main(m, mirror_process(m, 4))->info.comm, "job"));
	cr_assert(span_is(mirror_parent(m, mirror_process(m, 4))->info.comm, "init"));
	cr_assert(span_is(mirror_parent(m, mirror_process(m, 3))->info.comm, "init"));
	cr_assert_null(mirror_parent(m, mirror_process(m, 1)));
	cr_assert_null(mirror_parent(m, mirror_process(m, 5)));
	mirror_free(m);
}

Test(mirror, a_full_table_refuses_and_a_gone_entry_makes_room)
{
	struct mirror *m = mirror_of(2);
	struct process_frame a = whole(1, 1, 0, "a"), b = whole(2, 2, 0, "b"),
			     c = whole(3, 3, 0, "c");

	put(m, &a);
	put(m, &b);
	cr_assert(eq(int, put(m, &c), -ENOSPC));
	cr_assert_null(mirror_process_by_tid(m, 3));
	cr_assert(eq(int, put_gone(m, 99), 0));
	cr_assert(eq(int, put_gone(m, 1), 0));
	cr_assert(eq(int, put(m, &c), 0));
	cr_assert(eq(uint, entries(m), 2));
	mirror_free(m);
}

static int put_user(struct mirror *m, const char *container, uint32_t uid, const char *name,
		    bool gone)
{
	uint8_t buf[256];
	struct user_frame f = { .container_id = span_str(container),
				.uid = uid,
				.name = span_str(name),
				.home = span_str("/h"),
				.gone = gone };
	ssize_t n = wire_encode_user(buf, sizeof(buf), &f);

	return mirror_apply(m, FRAME_USER, span_of(buf, (size_t)n));
}

Test(mirror, users_belong_to_their_container)
{
	struct mirror *m = mirror_of(2);

	cr_assert(eq(int, put_user(m, "", 0, "root", false), 0));
	cr_assert(eq(int, put_user(m, "abc", 0, "toor", false), 0));
	cr_assert(span_is(mirror_user(m, span_str(""), 0)->name, "root"));
	cr_assert(span_is(mirror_user(m, span_str("abc"), 0)->name, "toor"));
	cr_assert_null(mirror_user(m, span_str("abd"), 0));
	put_user(m, "", 0, "admin", false);
	cr_assert(span_is(mirror_user(m, span_str(""), 0)->name, "admin"));
	put_user(m, "", 0, "", true);
	cr_assert_null(mirror_user(m, span_str(""), 0));
	put_user(m, "", 1, "a", false);
	put_user(m, "", 2, "b", false);
	put_user(m, "", 3, "c", false);
	cr_assert(eq(int, put_user(m, "", 4, "d", false), -ENOSPC));
	cr_assert(span_is(mirror_user(m, span_str(""), 3)->name, "c"));
	mirror_free(m);
}

Test(mirror, groups_containers_and_the_host_are_kept_too)
{
	struct mirror *m = mirror_of(2);
	struct group_frame g = { .gid = 4, .name = span_str("adm") };
	struct container_frame c = { .id = span_str("3f5ae0a1b2c3"), .type = 7 };
	struct host_frame h = { .hostname = span_str("box"), .num_cpus = 2 };
	uint8_t buf[4096];
	ssize_t n = wire_encode_group(buf, sizeof(buf), &g);

	cr_assert_null(mirror_host(m));
	cr_assert(eq(int, mirror_apply(m, FRAME_GROUP, span_of(buf, (size_t)n)), 0));
	n = wire_encode_container(buf, sizeof(buf), &c);
	cr_assert(eq(int, mirror_apply(m, FRAME_CONTAINER, span_of(buf, (size_t)n)), 0));
	n = wire_encode_host(buf, sizeof(buf), &h);
	cr_assert(eq(int, mirror_apply(m, FRAME_HOST, span_of(buf, (size_t)n)), 0));
	memset(buf, 0xff, sizeof(buf)); /* the mirror has copies of its own */
	cr_assert(span_is(mirror_group(m, span_str(""), 4)->name, "adm"));
	cr_assert(eq(u32, mirror_container(m, span_str("3f5ae0a1b2c3"))->frame.type, 7));
	cr_assert(span_is(mirror_host(m)->hostname, "box"));
	n = wire_encode_container_gone(buf, sizeof(buf), span_str("3f5ae0a1b2c3"));
	cr_assert(eq(int, mirror_apply(m, FRAME_CONTAINER_GONE, span_of(buf, (size_t)n)), 0));
	cr_assert_null(mirror_container(m, span_str("3f5ae0a1b2c3")));
	mirror_free(m);
}

Test(mirror, a_snapshot_replaces_all)
{
	struct mirror *m = mirror_of(4);
	struct process_frame f = whole(7, 100, 1, "sshd");
	uint8_t buf[8];
	ssize_t n = wire_encode_empty(buf, sizeof(buf));

	put(m, &f);
	put_user(m, "", 0, "root", false);
	cr_assert(eq(int, mirror_apply(m, FRAME_SNAPSHOT_BEGIN, span_of(buf, (size_t)n)), 0));
	cr_assert(eq(uint, entries(m), 0));
	cr_assert_null(mirror_process_by_tid(m, 100));
	cr_assert_null(mirror_user(m, span_str(""), 0));
	cr_assert(eq(int, put(m, &f), 0));
	cr_assert(eq(int, mirror_apply(m, FRAME_SNAPSHOT_END, span_of(buf, (size_t)n)), 0));
	cr_assert(eq(uint, entries(m), 1));
	mirror_free(m);
}

static int snapshot(struct mirror *m, bool begins)
{
	return mirror_apply(m, begins ? FRAME_SNAPSHOT_BEGIN : FRAME_SNAPSHOT_END, SPAN_NONE);
}

/* What an enricher says of a thread of which only its number is known. */
static struct process_frame placeholder(uint64_t key, int64_t tid)
{
	struct process_frame f = whole(key, tid, 0, "<NA>");

	f.info.pid = -1;
	f.info.uid = UINT32_MAX;
	return f;
}

Test(mirror, who_was_known_before_a_snapshot_fills_in_for_who_is_not_known_behind_it)
{
	struct mirror *m = mirror_of(4);
	struct process_frame old = whole(7, 100, 50, "sshd"), parent = whole(8, 50, 1, "init"),
			     unknown = placeholder(20, 100);

	put(m, &old);
	put(m, &parent);
	cr_assert(eq(int, snapshot(m, true), 0));
	cr_assert(eq(int, snapshot(m, false), 0));
	cr_assert(eq(uint, entries(m), 0));
	cr_assert_null(mirror_process(m, 7));
	cr_assert(eq(int, put(m, &unknown), 0));
	cr_assert_not_null(mirror_process(m, 20));
	cr_assert(span_is(mirror_process(m, 20)->info.comm, "sshd"));
	cr_assert(eq(i64, mirror_process(m, 20)->info.ptid, 50));
	cr_assert(span_is(mirror_parent(m, mirror_process(m, 20))->info.comm, "init"));
	cr_assert_null(mirror_process_by_tid(m, 50));
	mirror_free(m);
}

Test(mirror, who_had_ended_when_a_snapshot_was_made_is_who_it_was)
{
	struct mirror *m = mirror_of(4);
	struct process_frame old = whole(7, 100, 50, "sshd"), ended = whole(20, 100, 1, "sshd");

	put(m, &old);
	ended.info.exe = ended.info.args = SPAN_NONE;
	cr_assert(eq(int, snapshot(m, true), 0));
	cr_assert(eq(int, put(m, &ended), 0));
	cr_assert(span_is(mirror_process(m, 20)->info.exe, "/bin/x"));
	cr_assert(eq(sz, mirror_process(m, 20)->info.args.n, 5));
	cr_assert(eq(i64, mirror_process(m, 20)->info.ptid, 1));
	mirror_free(m);
}

Test(mirror, who_comes_again_behind_a_snapshot_is_who_it_says)
{
	struct mirror *m = mirror_of(4);
	struct process_frame old = whole(7, 100, 50, "sshd"), known = whole(20, 100, 50, "cat"),
			     unknown = placeholder(21, 100), same = whole(7, 100, 50, "sshd");

	put(m, &old);
	cr_assert(eq(int, snapshot(m, true), 0));
	cr_assert(eq(int, put(m, &known), 0));
	cr_assert(eq(int, put(m, &unknown), 0));
	cr_assert(span_is(mirror_process(m, 21)->info.comm, "<NA>"),
		  "the number is another's by now");
	cr_assert(eq(int, snapshot(m, true), 0));
	cr_assert(eq(int, put(m, &same), 0));
	cr_assert(eq(uint, entries(m), 1), "the same writer's, told once more");
	cr_assert_not_null(mirror_process(m, 7));
	mirror_free(m);
}

Test(mirror, the_state_before_takes_nobodys_room_and_ends)
{
	struct mirror *m = mirror_of(4);

	for (uint64_t i = 0; i < 4; i++) {
		struct process_frame f = whole(1 + i, 100 + (int64_t)i, 1, "old");

		cr_assert(eq(int, put(m, &f), 0));
	}
	cr_assert(eq(int, snapshot(m, true), 0));
	for (uint64_t i = 0; i < 4; i++) {
		struct process_frame f = whole(11 + i, 200 + (int64_t)i, 1, "new");

		cr_assert(eq(int, put(m, &f), 0));
	}
	cr_assert(eq(uint, entries(m), 4));
	cr_assert(eq(int, snapshot(m, true), 0));
	mirror_forget_former(m);
	for (uint64_t i = 0; i < 4; i++) {
		struct process_frame f = placeholder(21 + i, 200 + (int64_t)i);

		cr_assert(eq(int, put(m, &f), 0));
		cr_assert(span_is(mirror_process(m, 21 + i)->info.comm, "<NA>"));
	}
	mirror_free(m);
}

Test(mirror, frames_that_are_none_are_refused_and_change_nothing)
{
	struct mirror *m = mirror_of(4);
	struct process_frame f = whole(7, 100, 1, "sshd");
	uint8_t buf[4096];
	ssize_t n = wire_encode_process(buf, sizeof(buf), &f);

	for (size_t i = 0; i < (size_t)n; i++)
		cr_assert(lt(int, mirror_apply(m, FRAME_PROCESS, span_of(buf, i)), 0));
	cr_assert(eq(u8, buf[1], 7), "the key is the first element");
	buf[1] = 0;
	cr_assert(lt(int, mirror_apply(m, FRAME_PROCESS, span_of(buf, (size_t)n)), 0));
	cr_assert(eq(int, mirror_apply(m, FRAME_EVENT, span_of(buf, (size_t)n)), -EPROTO));
	cr_assert(eq(int, mirror_apply(m, FRAME_USER, SPAN_NONE), -EPROTO));
	cr_assert(eq(uint, entries(m), 0));
	mirror_free(m);
}

Test(mirror, the_epoch_moves_when_what_others_rest_on_changes)
{
	struct mirror *m = mirror_of(8);
	struct process_frame parent = whole(1, 10, 0, "bash"), child = whole(2, 20, 10, "cat"),
			     late = whole(3, 30, 40, "x"), its = whole(4, 40, 0, "y");
	struct process_frame change = { .key = 1,
					.version = 2,
					.base = 1,
					.mask = PROCESS_BIT(comm),
					.info = { .comm = span_str("zsh") } };
	uint64_t before;

	put(m, &parent);
	put(m, &child);
	before = mirror_epoch(m);
	cr_assert(lt(u64, 0, before));
	put(m, &late);
	cr_assert(eq(u64, mirror_epoch(m), before), "nobody rests on it");
	mirror_parent(m, mirror_process(m, 2));
	cr_assert(eq(int, put(m, &change), 0));
	cr_assert(lt(u64, before, mirror_epoch(m)), "the child's parent has another name");
	mirror_parent(m, mirror_process(m, 3));
	before = mirror_epoch(m);
	put(m, &its);
	cr_assert(lt(u64, before, mirror_epoch(m)), "a parent that was missing came");
	before = mirror_epoch(m);
	put_user(m, "", 0, "root", false);
	cr_assert(lt(u64, before, mirror_epoch(m)));
	mirror_free(m);
}

/* ---- floods ---- */

enum { FLOOD_BYTES = 1 << 20 };

static struct mirror *small_mirror(void)
{
	struct mirror_limits limits = { 100000, 1000, 1000, 1000, 1, FLOOD_BYTES };
	struct mirror *m;

	cr_assert(eq(int, mirror_new(&limits, &m), 0));
	return m;
}

Test(mirror, texts_stop_at_the_ceiling_and_small_ones_last_longest)
{
	static uint8_t env[20000];
	struct mirror *m = small_mirror();
	struct process_frame f;
	struct mirror_status s;
	uint64_t cut;

	for (uint64_t key = 1; key <= 1000; key++) {
		f = whole(key, (int64_t)key, 0, "comm");
		memset(env, 'a' + (int)(key % 26), sizeof(env));
		memcpy(env, &key, sizeof(key));
		f.info.env = span_of(env, sizeof(env));
		cr_assert(eq(int, put(m, &f), 0));
		mirror_status(m, &s);
		cr_assert(le(sz, s.bytes, FLOOD_BYTES));
	}
	cut = mirror_take_cut(m);
	cr_assert(lt(u64, 900, cut));
	cr_assert(eq(u64, mirror_take_cut(m), 0));
	cr_assert(span_is(mirror_process(m, 1000)->info.comm, "comm"), "there is room for names");
	cr_assert(eq(sz, mirror_process(m, 1000)->info.env.n, 0));
	for (uint64_t key = 1; key <= 1000; key++)
		put_gone(m, key);
	mirror_status(m, &s);
	cr_assert(eq(sz, s.bytes, 0), "all of it comes back");
	mirror_free(m);
}

Test(mirror, records_stop_at_the_ceiling)
{
	static uint8_t json[100000], frame[100200];
	struct mirror *m = small_mirror();
	struct mirror_status s;
	unsigned taken = 0;
	char id[16];

	memset(json, 'x', sizeof(json));
	for (unsigned i = 0; i < 100; i++) {
		struct container_frame c = { .id = span_of(id, (size_t)snprintf(id, sizeof(id),
										"c%u", i)),
					     .json = span_of(json, sizeof(json)) };
		ssize_t n = wire_encode_container(frame, sizeof(frame), &c);
		int err = mirror_apply(m, FRAME_CONTAINER, span_of(frame, (size_t)n));

		cr_assert(err == 0 || err == -ENOSPC);
		taken += err == 0;
	}
	mirror_status(m, &s);
	cr_assert(le(sz, s.bytes, FLOOD_BYTES));
	cr_assert(lt(uint, 5, taken));
	cr_assert(lt(uint, taken, 12));
	mirror_free(m);
}

/* A container, of which more is awaited or not. */
static void tell_container(struct mirror *m, const char *id, enum container_wait wait,
			   const char *json)
{
	struct container_frame f = { .id = span_str(id),
				     .type = 6,
				     .has_metadata = json != NULL,
				     .json = json != NULL ? span_str(json) : SPAN_NONE,
				     .wait = (uint8_t)wait };
	uint8_t buf[256];
	ssize_t n = wire_encode_container(buf, sizeof(buf), &f);

	cr_assert(lt(i64, 0, (int64_t)n));
	cr_assert(eq(int, mirror_apply(m, FRAME_CONTAINER, span_of(buf, (size_t)n)), 0));
}

Test(mirror, it_knows_which_containers_are_awaited)
{
	struct mirror *m = mirror_of(16);
	struct process_frame in = whole(7, 100, 1, "sh"), out = whole(8, 101, 1, "sh");
	uint64_t version = mirror_metadata_version(m);

	in.info.container_id = span_str("abc");
	cr_assert(eq(int, put(m, &in), 0));
	cr_assert(eq(int, put(m, &out), 0));
	cr_assert(eq(uint, mirror_awaited(m, mirror_process(m, 7)), 0));
	tell_container(m, "abc", CONTAINER_AWAITED, NULL);
	cr_assert(ne(uint, mirror_awaited(m, mirror_process(m, 7)), 0));
	cr_assert(eq(uint, mirror_awaited(m, mirror_process(m, 8)), 0));
	cr_assert(eq(uint, mirror_awaited(m, NULL), 0));
	cr_assert(lt(u64, version, mirror_metadata_version(m)));
	tell_container(m, "other", CONTAINER_AWAITED, NULL);
	tell_container(m, "abc", CONTAINER_UNANSWERED, NULL);
	cr_assert(eq(uint, mirror_awaited(m, mirror_process(m, 7)), 0));
	tell_container(m, "abc", CONTAINER_AWAITED, NULL);
	tell_container(m, "abc", CONTAINER_NOT_AWAITED, "{\"name\":\"n\"}");
	cr_assert(eq(uint, mirror_awaited(m, mirror_process(m, 7)), 0));
	cr_assert(eq(int, mirror_apply(m, FRAME_SNAPSHOT_BEGIN, SPAN_NONE), 0));
	cr_assert(eq(uint, mirror_awaited(m, mirror_process(m, 7)), 0));
	mirror_free(m);
}

#define POD_UID "4348581d-93ad-4c9c-93fd-c71bd2cb4d20"

static void tell_pod(struct mirror *m, enum container_wait wait, const char *json)
{
	struct pod_frame f = { .uid = span_str(POD_UID),
			       .json = json != NULL ? span_str(json) : SPAN_NONE,
			       .wait = (uint8_t)wait };
	uint8_t buf[256];
	ssize_t n = wire_encode_pod(buf, sizeof(buf), &f);

	cr_assert(lt(i64, 0, (int64_t)n));
	cr_assert(eq(int, mirror_apply(m, FRAME_POD, span_of(buf, (size_t)n)), 0));
}

static void metadata_are(struct mirror *m, unsigned told, unsigned awaited, unsigned unanswered)
{
	struct mirror_metadata now;

	mirror_metadata(m, mirror_process(m, 7), &now);
	cr_assert(eq(uint, now.told, told));
	cr_assert(eq(uint, now.awaited, awaited));
	cr_assert(eq(uint, now.unanswered, unanswered));
	cr_assert(eq(uint, mirror_awaited(m, mirror_process(m, 7)), awaited));
}

/* What either of them tells is there as soon as one has told, and awaited as long as one may. */
Test(mirror, it_knows_which_pods_are_awaited)
{
	enum { C = METADATA_CONTAINER, P = METADATA_POD, E = METADATA_EITHER };
	struct mirror *m = mirror_of(16);
	struct process_frame in = whole(7, 100, 1, "sh");
	uint64_t version = mirror_metadata_version(m);

	in.info.container_id = span_str("abc");
	in.info.cgroups = span_str("cpu=/kubepods/burstable/pod" POD_UID "/abc");
	cr_assert(eq(int, put(m, &in), 0));
	metadata_are(m, 0, 0, 0);
	tell_pod(m, CONTAINER_AWAITED, NULL);
	cr_assert(lt(u64, version, mirror_metadata_version(m)));
	metadata_are(m, 0, P | E, 0);
	tell_container(m, "abc", CONTAINER_AWAITED, NULL);
	metadata_are(m, 0, C | P | E, 0);
	tell_container(m, "abc", CONTAINER_UNANSWERED, NULL);
	metadata_are(m, 0, P | E, C);
	tell_pod(m, CONTAINER_UNANSWERED, NULL);
	metadata_are(m, 0, 0, C | P | E);
	tell_container(m, "abc", CONTAINER_NOT_AWAITED, "{\"name\":\"n\"}");
	metadata_are(m, C | E, 0, P);
	tell_pod(m, CONTAINER_AWAITED, NULL);
	metadata_are(m, C | E, P, 0);
	tell_pod(m, CONTAINER_NOT_AWAITED, "{\"name\":\"web\"}");
	metadata_are(m, C | P | E, 0, 0);
	tell_container(m, "abc", CONTAINER_AWAITED, NULL);
	metadata_are(m, P | E, C, 0);
	cr_assert(eq(int, mirror_apply(m, FRAME_SNAPSHOT_BEGIN, SPAN_NONE), 0));
	cr_assert(eq(uint, mirror_awaited(m, mirror_process(m, 7)), 0));
	mirror_free(m);
}

Test(mirror, what_is_frozen_stays_and_containers_go_on)
{
	struct mirror *m = mirror_of(16), *then;
	struct process_frame parent = whole(6, 1, 0, "init"), f = whole(7, 100, 1, "sh");
	const struct mirror_process *p;
	struct mirror_status before, after;

	mirror_status(m, &before);
	f.info.container_id = span_str("abc");
	cr_assert(eq(int, put(m, &parent), 0));
	cr_assert(eq(int, put(m, &f), 0));
	then = mirror_freeze(m, mirror_process(m, 7));
	cr_assert_not_null(then);

	f.version = 2;
	f.info.comm = span_str("cat");
	cr_assert(eq(int, put(m, &f), 0));
	cr_assert(eq(int, put_gone(m, 6), 0));
	tell_container(m, "abc", CONTAINER_NOT_AWAITED, "{\"name\":\"n\"}");

	p = mirror_process(then, 7);
	cr_assert(p != NULL && span_is(p->info.comm, "sh"));
	cr_assert(eq(u64, p->version, 1));
	p = mirror_parent(then, p);
	cr_assert(p != NULL && span_is(p->info.comm, "init"));
	cr_assert(span_is(mirror_process(m, 7)->info.comm, "cat"));
	cr_assert_null(mirror_process(m, 6));
	cr_assert(mirror_container(then, span_str("abc"))->frame.has_metadata);

	cr_assert(eq(int, put_gone(m, 7), 0));
	mirror_free(then);
	cr_assert(eq(int, mirror_apply(m, FRAME_SNAPSHOT_BEGIN, SPAN_NONE), 0));
	mirror_status(m, &after);
	cr_assert(eq(sz, after.bytes, before.bytes), "what both shared is given back");
	mirror_free(m);
}

/* ---- names of addresses ---- */

/* Up to two names; NULL: none. */
static int name_address(struct mirror *m, const void *ip, size_t n, const char *a, const char *b)
{
	struct address_frame f = { .address = span_of(ip, n) };
	uint8_t buf[512];
	ssize_t len;

	if (a != NULL)
		f.names[f.nnames++] = span_str(a);
	if (b != NULL)
		f.names[f.nnames++] = span_str(b);
	len = wire_encode_address(buf, sizeof(buf), &f);
	cr_assert(lt(i64, 0, (int64_t)len));
	len = mirror_apply(m, FRAME_ADDRESS, span_of(buf, (size_t)len));
	memset(buf, 0xff, sizeof(buf)); /* what the mirror keeps is its own */
	return (int)len;
}

Test(mirror, an_address_has_the_names_that_were_told_last)
{
	static const uint8_t v4[4] = { 10, 0, 0, 1 }, v6[16] = { 10, 0, 0, 1 };
	struct mirror *m = mirror_of(4);
	const struct address_frame *a;
	uint64_t epoch = mirror_epoch(m);

	cr_assert_null(mirror_address(m, span_of(v4, 4)));
	cr_assert(eq(int, name_address(m, v4, 4, "a.example", "b.example"), 0));
	cr_assert(eq(int, name_address(m, v6, 16, "six.example", NULL), 0));
	a = mirror_address(m, span_of(v4, 4));
	cr_assert_not_null(a);
	cr_assert(eq(u8, a->nnames, 2));
	cr_assert(span_is(a->names[0], "a.example"));
	cr_assert(span_is(a->names[1], "b.example"));
	cr_assert(span_is(mirror_address(m, span_of(v6, 16))->names[0], "six.example"));
	cr_assert(eq(int, name_address(m, v4, 4, "c.example", NULL), 0));
	a = mirror_address(m, span_of(v4, 4));
	cr_assert(eq(u8, a->nnames, 1));
	cr_assert(span_is(a->names[0], "c.example"));
	cr_assert(eq(int, name_address(m, v4, 4, NULL, NULL), 0));
	cr_assert_null(mirror_address(m, span_of(v4, 4)));
	cr_assert_not_null(mirror_address(m, span_of(v6, 16)));
	cr_assert(eq(int, name_address(m, v4, 4, NULL, NULL), 0), "gone twice");
	cr_assert(eq(u64, mirror_epoch(m), epoch), "nothing of a process rests on it");
	mirror_free(m);
}

Test(mirror, a_snapshot_forgets_names_and_a_frozen_mirror_sees_those_there_are)
{
	static const uint8_t v4[4] = { 10, 0, 0, 1 };
	struct mirror *m = mirror_of(4), *then;
	struct process_frame f = whole(7, 100, 1, "sh");
	struct mirror_status before, after;

	cr_assert(eq(int, put(m, &f), 0));
	then = mirror_freeze(m, mirror_process(m, 7));
	mirror_status(m, &before);
	cr_assert(eq(int, name_address(m, v4, 4, "a", NULL), 0));
	cr_assert(span_is(mirror_address(then, span_of(v4, 4))->names[0], "a"));
	cr_assert(eq(int, name_address(m, v4, 4, "b", NULL), 0));
	cr_assert(span_is(mirror_address(then, span_of(v4, 4))->names[0], "b"));
	cr_assert(eq(int, mirror_apply(m, FRAME_SNAPSHOT_BEGIN, SPAN_NONE), 0));
	cr_assert_null(mirror_address(m, span_of(v4, 4)));
	cr_assert_null(mirror_address(then, span_of(v4, 4)));
	mirror_status(m, &after);
	cr_assert(eq(sz, after.bytes, before.bytes));
	mirror_free(then);
	mirror_free(m);
}

Test(mirror, addresses_are_bounded_and_one_that_goes_makes_room)
{
	enum { MOST = 16384 };
	struct mirror *m = mirror_of(4);
	uint8_t ip[4] = { 10 };

	for (unsigned i = 0; i < MOST; i++) {
		ip[2] = (uint8_t)(i >> 8);
		ip[3] = (uint8_t)i;
		cr_assert(eq(int, name_address(m, ip, 4, "a", NULL), 0));
	}
	cr_assert(eq(int, name_address(m, "\x7f\0\0\1", 4, "a", NULL), -ENOSPC));
	cr_assert_null(mirror_address(m, span_of("\x7f\0\0\1", 4)));
	cr_assert(eq(int, name_address(m, ip, 4, "b", NULL), 0), "one that is there may change");
	cr_assert(eq(int, name_address(m, ip, 4, NULL, NULL), 0));
	cr_assert(eq(int, name_address(m, "\x7f\0\0\1", 4, "a", NULL), 0));
	mirror_free(m);
}

Test(mirror, names_of_addresses_stop_at_the_ceiling)
{
	struct mirror *m = small_mirror();
	struct mirror_status s;
	uint8_t ip[4] = { 10 };
	unsigned taken = 0;

	for (unsigned i = 0; i < 2048; i++) {
		ip[2] = (uint8_t)(i >> 8);
		ip[3] = (uint8_t)i;
		taken += name_address(m, ip, 4, "a", NULL) == 0;
	}
	mirror_status(m, &s);
	cr_assert(le(sz, s.bytes, FLOOD_BYTES));
	cr_assert(lt(uint, 0, taken));
	cr_assert(lt(uint, taken, 2048));
	memset(ip + 2, 0, 2);
	cr_assert(eq(int, name_address(m, ip, 4, NULL, NULL), 0), "to go needs no memory");
	cr_assert_null(mirror_address(m, span_of(ip, 4)));
	mirror_free(m);
}

Test(mirror, an_address_that_is_none_is_refused)
{
	struct mirror *m = mirror_of(4);

	cr_assert(eq(int, mirror_apply(m, FRAME_ADDRESS, SPAN_NONE), -EPROTO));
	cr_assert(eq(int, mirror_apply(m, FRAME_ADDRESS, span_of("\x92\xc4\3\1\2\3\x91\xc4\1a", 9)),
		     -EPROTO));
	mirror_free(m);
}

/* ---- who had the most events ---- */

static void count(struct mirror *m, uint64_t key, uint32_t second, unsigned events)
{
	while (events-- > 0)
		mirror_count_event(m, mirror_process(m, key), second);
}

static const char *listed(const struct mirror *m, uint32_t second)
{
	static uint8_t text[4096];
	size_t n = activity_list(m, second, text, sizeof(text) - 1);

	text[n] = '\0';
	return (const char *)text;
}

Test(mirror, the_busiest_come_first)
{
	struct mirror *m = mirror_of(16);
	struct process_frame sh = whole(7, 100, 1, "sh"), thread = whole(8, 101, 1, "worker"),
			     in = whole(9, 200, 1, "in");

	thread.info.pid = 100; /* of the first */
	in.info.container_id = span_str("abc");
	cr_assert(eq(int, put(m, &sh), 0));
	cr_assert(eq(int, put(m, &thread), 0));
	cr_assert(eq(int, put(m, &in), 0));
	tell_container(m, "abc", CONTAINER_NOT_AWAITED, "{\"name\":\"n\",\"image\":\"i:1\"}");
	count(m, 7, 50, 2);
	count(m, 8, 50, 3);
	count(m, 9, 50, 4);
	cr_assert(eq(str, (char *)listed(m, 50), (char *)""));
	cr_assert(eq(
		str, (char *)listed(m, 51),
		(char *)"{\"container\":\"abc\",\"events\":4,\"name\":\"n\",\"image\":\"i:1\"}\n"
			"{\"process\":100,\"events\":5,\"name\":\"sh\",\"exe\":\"\",\"container\":\"\"}\n"
			"{\"process\":200,\"events\":4,\"name\":\"in\",\"exe\":\"\",\"container\":\"abc\"}\n"));
	cr_assert(eq(str, (char *)listed(m, 52), (char *)""));
	mirror_free(m);
}

Test(mirror, a_second_is_counted_by_itself)
{
	struct mirror *m = mirror_of(16);
	struct process_frame f = whole(7, 100, 1, "sh");

	cr_assert(eq(int, put(m, &f), 0));
	count(m, 7, 50, 9);
	count(m, 7, 51, 2);
	cr_assert(eq(uint, mirror_events(mirror_process(m, 7), 51), 9));
	cr_assert(eq(uint, mirror_events(mirror_process(m, 7), 52), 2));
	count(m, 7, 54, 1);
	cr_assert(eq(uint, mirror_events(mirror_process(m, 7), 54), 0));
	cr_assert(eq(int, put(m, &f), 0)); /* told again: that is no event */
	cr_assert(eq(uint, mirror_events(mirror_process(m, 7), 55), 1));
	mirror_free(m);
}
