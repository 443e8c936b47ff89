/* SPDX-License-Identifier: Apache-2.0
 *
 * Frames of ring raw become a capture: each snapshot a section, each event a block, in
 * pieces that are whole blocks.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>

#include "recording.h"

static uint8_t file[8 << 20];
static size_t file_len;
static int write_error;

static int write_bytes(void *ctx, struct span bytes)
{
	(void)ctx;
	if (write_error < 0)
		return write_error;
	cr_assert(le(sz, bytes.n, sizeof(file) - file_len));
	memcpy(file + file_len, bytes.p, bytes.n);
	file_len += bytes.n;
	return 0;
}

static struct recording *begin(size_t state_bytes)
{
	struct recording_params p = { .write = write_bytes, .state_bytes = state_bytes };
	struct recording *r;

	file_len = 0;
	write_error = 0;
	cr_assert(eq(int, recording_new(&p, &r), 0));
	return r;
}

/* The types of the file's blocks, a letter each. */
static const char *blocks(void)
{
	static char text[256];
	size_t at = 0, n = 0;

	while (at < file_len && n + 1 < sizeof(text)) {
		uint32_t type, total, again;

		memcpy(&type, file + at, 4);
		memcpy(&total, file + at + 4, 4);
		cr_assert(ge(u32, total, 12));
		cr_assert(le(sz, total, file_len - at));
		memcpy(&again, file + at + total - 4, 4);
		cr_assert(eq(u32, again, total));
		text[n++] = type == SCAP_BLOCK_SECTION	     ? 'S'
			    : type == SCAP_BLOCK_MACHINE     ? 'M'
			    : type == SCAP_BLOCK_INTERFACES  ? 'I'
			    : type == SCAP_BLOCK_USERS	     ? 'U'
			    : type == SCAP_BLOCK_TASKS	     ? 'T'
			    : type == SCAP_BLOCK_FILES	     ? 'F'
			    : type == SCAP_BLOCK_EVENT	     ? 'e'
			    : type == SCAP_BLOCK_EVENT_FLAGS ? 's'
							     : '?';
		at += total;
	}
	cr_assert(eq(sz, at, file_len));
	text[n] = '\0';
	return text;
}

static void blocks_are(const char *want)
{
	const char *have = blocks();

	cr_assert(strcmp(have, want) == 0, "%s, not %s", have, want);
}

static uint8_t buf[WIRE_MAX_PAYLOAD];

static void state(struct recording *r, uint16_t type, ssize_t n)
{
	cr_assert(ge(int, (int)n, 0));
	cr_assert(eq(int, recording_state(r, type, span_of(buf, (size_t)n)), 0));
}

static void task(struct recording *r, int64_t tid)
{
	struct task_frame f = { .info = { .tid = tid, .pid = tid, .comm = span_str("sh") } };

	state(r, FRAME_TASK, wire_encode_task(buf, sizeof(buf), &f));
}

static void open_file(struct recording *r, int64_t tid, int64_t fd)
{
	struct task_file_frame f = {
		.tid = tid, .file = { .fd = fd, .type = FILE_REGULAR, .name = span_str("/f") }
	};

	state(r, FRAME_TASK_FILE, wire_encode_task_file(buf, sizeof(buf), &f));
}

static void host(struct recording *r)
{
	struct host_frame h = { .hostname = span_str("box"), .num_cpus = 1 };

	state(r, FRAME_HOST, wire_encode_host(buf, sizeof(buf), &h));
}

static void mark(struct recording *r, uint16_t type)
{
	state(r, type, wire_encode_empty(buf, sizeof(buf)));
}

static void snapshot(struct recording *r)
{
	mark(r, FRAME_SNAPSHOT_BEGIN);
	host(r);
	task(r, 1);
	open_file(r, 1, 0);
	open_file(r, 1, 1);
	task(r, 2);
	open_file(r, 2, 0);
	mark(r, FRAME_SNAPSHOT_END);
}

static void event(struct recording *r, uint32_t flags)
{
	struct raw_event ev = { .code = EVENT_SYSCALL_CLOSE_X, .flags = flags, .nparams = 1 };

	ev.params[0] = (struct param){ .kind = PARAM_INT, .i = 0 };
	cr_assert(eq(int, recording_event(r, &ev), 0));
}

Test(recording, a_snapshot_is_a_section_and_events_follow)
{
	struct recording *r = begin(1 << 20);
	struct user_frame root = { .name = span_str("root") };
	struct group_frame group = { .name = span_str("root") };

	recording_user(r, &root);
	recording_group(r, &group);
	snapshot(r);
	event(r, 0);
	event(r, EVENT_HEARTBEAT);
	event(r, EVENT_STATE_ONLY);
	cr_assert(eq(int, recording_flush(r), 0));
	blocks_are("SMIUTFFes");
	cr_assert(eq(u64, recording_counts(r)->events, 2));
	cr_assert(eq(u64, recording_counts(r)->state_only, 1));
	recording_free(r);
}

Test(recording, a_second_snapshot_is_a_second_section_with_the_same_people)
{
	struct recording *r = begin(1 << 20);
	struct user_frame root = { .name = span_str("root") };

	recording_user(r, &root);
	snapshot(r);
	event(r, 0);
	snapshot(r);
	event(r, 0);
	cr_assert(eq(int, recording_flush(r), 0));
	blocks_are("SMIUTFFeSMIUTFFe");
	cr_assert(eq(u64, recording_counts(r)->sections, 2));
	recording_free(r);
}

Test(recording, people_of_containers_are_not_the_hosts)
{
	struct recording *r = begin(1 << 20);
	struct user_frame u = { .name = span_str("root"), .container_id = span_str("abc") };

	recording_user(r, &u);
	u = (struct user_frame){ .name = span_str("root"), .gone = true };
	recording_user(r, &u);
	event(r, 0);
	cr_assert(eq(int, recording_flush(r), 0));
	blocks_are("Se");
	recording_free(r);
}

Test(recording, without_a_snapshot_there_is_a_section_all_the_same)
{
	struct recording *r = begin(1 << 20);

	host(r);
	event(r, 0);
	cr_assert(eq(int, recording_flush(r), 0));
	blocks_are("SMIe");
	recording_free(r);
}

Test(recording, a_snapshot_that_an_event_breaks_off_is_not_lost)
{
	struct recording *r = begin(1 << 20);

	mark(r, FRAME_SNAPSHOT_BEGIN);
	task(r, 1);
	open_file(r, 1, 0);
	event(r, 0);
	cr_assert(eq(int, recording_flush(r), 0));
	blocks_are("STFe");
	recording_free(r);
}

Test(recording, what_a_snapshot_has_no_room_for_is_left_out_and_counted)
{
	struct recording *r = begin(4096);

	mark(r, FRAME_SNAPSHOT_BEGIN);
	for (int64_t tid = 1; tid < 100; tid++)
		task(r, tid);
	mark(r, FRAME_SNAPSHOT_END);
	event(r, 0);
	cr_assert(eq(int, recording_flush(r), 0));
	blocks_are("STe");
	cr_assert(ge(u64, recording_counts(r)->left_out, 50));
	cr_assert(lt(u64, recording_counts(r)->left_out, 99));
	recording_free(r);
}

Test(recording, gaps_and_nonsense_are_counted)
{
	struct recording *r = begin(1 << 20);
	struct gap_frame gap = { .cause = GAP_RING, .count = 17 };

	state(r, FRAME_GAP, wire_encode_gap(buf, sizeof(buf), &gap));
	gap.count = 0;
	state(r, FRAME_GAP, wire_encode_gap(buf, sizeof(buf), &gap));
	buf[0] = 0xc1;
	for (unsigned type = FRAME_TASK; type <= FRAME_GROUP; type++)
		if (type != FRAME_SNAPSHOT_BEGIN && type != FRAME_SNAPSHOT_END)
			state(r, (uint16_t)type, 1);
	cr_assert(eq(u64, recording_counts(r)->lost, 17));
	cr_assert(eq(u64, recording_counts(r)->gaps_unknown, 1));
	/* Tasks, where no snapshot is, are passed over whatever they say. */
	cr_assert(eq(u64, recording_counts(r)->refused, 4));
	recording_free(r);
}

Test(recording, a_file_that_cannot_be_written_ends_it)
{
	struct recording *r = begin(1 << 20);
	struct raw_event ev = { .code = EVENT_SYSCALL_CLOSE_X, .nparams = 0 };
	int err = 0;

	snapshot(r);
	write_error = -ENOSPC;
	for (unsigned i = 0; err == 0 && i < 100000; i++)
		err = recording_event(r, &ev);
	cr_assert(eq(int, err, -ENOSPC));
	recording_free(r);
}

Test(recording, many_events_come_out_whole)
{
	struct recording *r = begin(1 << 20);
	size_t at = 0, n = 0;

	for (unsigned i = 0; i < 20000; i++)
		event(r, 0);
	cr_assert(eq(int, recording_flush(r), 0));
	for (uint32_t total; at < file_len; at += total, n++)
		memcpy(&total, file + at + 4, 4);
	cr_assert(eq(sz, at, file_len));
	cr_assert(eq(sz, n, 20001));
	recording_free(r);
}
