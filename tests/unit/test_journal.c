/* SPDX-License-Identifier: Apache-2.0
 *
 * The spool: what goes in comes out, in order, for each reader; what was lost on the way is counted.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backoff.h"
#include "cursor_file.h"
#include "journal_file.h"
#include "log.h"
#include "tail.h"

#define MIB (UINT64_C(1) << 20)

static const struct journal_key key = { 0x01020304, 99 };

/* ---- the form ---- */

static size_t put(uint8_t *buf, size_t cap, uint64_t number, const char *text)
{
	struct journal_record r = {
		.number = number, .id = { { 1, 2, 3 } }, .flags = 5, .payload = span_str(text)
	};
	ssize_t n = journal_encode(key, buf, cap, &r);

	cr_assert(n > 0);
	return (size_t)n;
}

Test(journal, the_sum_is_crc32c)
{
	cr_assert(eq(u32, journal_crc(0, span_str("123456789")), 0xe3069283));
}

Test(journal, a_record_comes_back)
{
	uint8_t buf[256];
	size_t n = put(buf, sizeof(buf), 77, "seven"), start, end;
	struct journal_record r;

	cr_assert(journal_next(key, span_of(buf, n), &r, &start, &end));
	cr_assert(eq(sz, start, 0));
	cr_assert(eq(sz, end, n));
	cr_assert(eq(u64, r.number, 77));
	cr_assert(eq(u32, r.flags, 5));
	cr_assert(eq(u8, r.id.byte[2], 3));
	cr_assert(span_is(r.payload, "seven"));
	cr_assert(eq(sz, journal_length(key, span_of(buf, n)), n));
	cr_assert(eq(i64, journal_encode(key, buf, n - 1, &r), -ENOSPC));
	r.payload.n = WIRE_MAX_PAYLOAD + 1;
	cr_assert(eq(i64, journal_encode(key, buf, sizeof(buf), &r), -EMSGSIZE));
}

Test(journal, a_number_that_leaves_none_for_others_is_refused)
{
	uint8_t buf[512];
	size_t n = put(buf, sizeof(buf), JOURNAL_NUMBER_MAX + 1, "lie"), start, end;
	struct journal_record r;

	n += put(buf + n, sizeof(buf) - n, 5, "five");
	cr_assert(journal_next(key, span_of(buf, n), &r, &start, &end));
	cr_assert(eq(u64, r.number, 5));
}

Test(journal, each_byte_that_is_flipped_costs_one_record)
{
	uint8_t buf[512];
	size_t one = put(buf, sizeof(buf), 1, "one"), n = one;
	struct journal_record r;
	size_t start, end;

	n += put(buf + n, sizeof(buf) - n, 2, "two");
	n += put(buf + n, sizeof(buf) - n, 3, "three");
	for (size_t i = 0; i < one; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			buf[i] ^= (uint8_t)(1 << bit);
			cr_assert(journal_next(key, span_of(buf, n), &r, &start, &end));
			cr_assert(eq(u64, r.number, 2), "byte %zu bit %u", i, bit);
			cr_assert(eq(sz, start, one));
			buf[i] ^= (uint8_t)(1 << bit);
		}
	}
}

Test(journal, what_is_torn_wants_more)
{
	uint8_t buf[512];
	size_t one = put(buf, sizeof(buf), 1, "one");
	size_t two = put(buf + one, sizeof(buf) - one, 2, "two");
	struct journal_record r;
	size_t start, end;

	for (size_t n = 1; n < two; n++) {
		cr_assert_not(journal_next(key, span_of(buf + one, n), &r, &start, &end));
		cr_assert(eq(sz, start, 0), "%zu", n);
		cr_assert(eq(sz, end, n));
	}
}

/* An alert's text may look like a record: without the key it is none. */
Test(journal, nobody_else_can_make_a_record)
{
	uint8_t inner[256], buf[1024];
	const struct journal_key other = { 0x01020304, 98 };
	struct journal_record r = { .number = 9, .payload = span_str("forged") };
	ssize_t n = journal_encode(other, inner, sizeof(inner), &r);
	size_t start, end;

	r.payload = span_of(inner, (size_t)n);
	n = journal_encode(key, buf, sizeof(buf), &r);
	buf[17] ^= 1;
	cr_assert_not(journal_next(key, span_of(buf, (size_t)n), &r, &start, &end));
}

/* Each place that may be a record's beginning says the same length, and none is one. */
static void fill_with_beginnings(uint8_t *buf, size_t n, uint32_t mark)
{
	for (size_t i = 0; i < n; i++)
		buf[i] = (uint8_t)(mark >> 8 * (i % 4));
}

Test(journal, who_wrote_the_key_cannot_have_all_of_it_summed_over_and_over)
{
	const struct journal_key lie = { 0x00030000, 1 };
	struct journal_record r = { .number = 3, .payload = span_str("three") };
	size_t n = (size_t)1 << 20, start, end;
	uint64_t patience = JOURNAL_PATIENCE;
	uint8_t *buf = malloc(n);
	ssize_t length;

	fill_with_beginnings(buf, n, lie.mark);
	length = journal_encode(lie, buf + n - 1024, 1024, &r);
	cr_assert(length > 0);
	cr_assert_not(journal_search(lie, span_of(buf, n), &patience, &r, &start, &end));
	cr_assert(eq(u64, patience, 0));
	cr_assert(eq(sz, start, n));
	/* Four in vain are no reason to give up. */
	patience = JOURNAL_PATIENCE;
	memset(buf, 1, n);
	for (unsigned i = 0; i < 4; i++)
		fill_with_beginnings(buf + (size_t)i * 64, 8, lie.mark);
	length = journal_encode(lie, buf + n - 1024, 1024, &r);
	cr_assert(length > 0);
	cr_assert(journal_search(lie, span_of(buf, n), &patience, &r, &start, &end));
	cr_assert(eq(sz, start, n - 1024));
	cr_assert(eq(u64, r.number, 3));
	free(buf);
}

Test(journal, a_segment_says_what_it_is)
{
	uint8_t header[JOURNAL_SEGMENT_HEADER];
	struct journal_key k;
	uint64_t first;

	journal_encode_header(header, 1234, key);
	cr_assert(journal_decode_header(span_of(header, sizeof(header)), &first, &k));
	cr_assert(first == 1234 && k.mark == key.mark && k.seed == key.seed);
	for (unsigned i = 0; i < 28; i++) {
		header[i] ^= 4;
		cr_assert_not(journal_decode_header(span_of(header, sizeof(header)), &first, &k));
		header[i] ^= 4;
	}
	cr_assert_not(journal_decode_header(span_of(header, 31), &first, &k));
}

/* ---- the tail ---- */

Test(tail, it_holds_the_youngest)
{
	static uint8_t mem[1024];
	struct tail t;
	struct tail_place place = { 0 };
	uint64_t reader = 100;

	tail_init(&t, mem, sizeof(mem), 100);
	for (uint64_t n = 100; n < 5000; n++) {
		uint8_t text[300];
		size_t length = 1 + n * 37 % 299;

		memset(text, (int)(n % 251), sizeof(text));
		tail_put(&t, span_of(text, length));
		cr_assert(eq(u64, t.next, n + 1));
		cr_assert(lt(u64, t.first, t.next));
		for (uint64_t k = t.first; k < t.next; k++) {
			struct tail_place afresh = { 0 };
			struct span s = tail_get(&t, k, &afresh);

			cr_assert(eq(sz, s.n, 1 + k * 37 % 299));
			cr_assert(s.p[0] == k % 251 && s.p[s.n - 1] == k % 251);
		}
		if (n % 3 == 0) { /* one that is late now and then */
			reader = reader < t.first ? t.first : reader;
			for (; reader < t.next; reader++)
				cr_assert(eq(sz, tail_get(&t, reader, &place).n,
					     1 + reader * 37 % 299));
		}
		if (n % 97 == 0) {
			tail_clear(&t, n + 1);
			cr_assert(eq(sz, tail_get(&t, n, &place).n, 0));
		}
	}
}

/* ---- files ---- */

static char dir[64];

static void setup(void)
{
	log_open("test", LOG_LEVEL_ERROR);
	snprintf(dir, sizeof(dir), "/tmp/mews-journal.XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
}

static void teardown(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	cr_assert(eq(int, system(command), 0));
}

TestSuite(spool, .init = setup, .fini = teardown);

static struct journal *open_journal(uint64_t disk_bytes)
{
	struct journal_params p = { .dir = dir,
				    .disk_bytes = disk_bytes,
				    .memory_bytes = MIB,
				    .fsync = JOURNAL_FSYNC_INTERVAL,
				    .fsync_ns = NS_PER_MSEC };
	struct journal *j;

	cr_assert(eq(int, journal_open(&p, &j), 0));
	cr_assert(eq(int, journal_start(j), 0));
	return j;
}

/* COUNT records of SIZE bytes, each of which is its number. */
static void append(struct journal *j, unsigned count, size_t size)
{
	uint8_t *text = calloc(1, size), *buf = malloc(size + JOURNAL_RECORD_HEADER);

	for (unsigned i = 0; i < count; i++) {
		struct journal_record r = { .number = journal_next_number(j),
					    .payload = span_of(text, size) };
		ssize_t n;

		memcpy(text, &r.number, sizeof(r.number));
		memcpy(r.id.byte, &r.number, sizeof(r.number));
		n = journal_encode(journal_key_of(j), buf, size + JOURNAL_RECORD_HEADER, &r);
		cr_assert(n > 0);
		journal_append(j, span_of(buf, (size_t)n), 1);
	}
	free(text);
	free(buf);
}

/* Read all there is; how many, and *RET_MISSED. */
static unsigned drain(struct journal_reader *r, uint64_t *ret_missed)
{
	struct journal_record record;
	uint64_t missed = 0, last = 0, number;
	unsigned n = 0;

	*ret_missed = 0;
	while (journal_read(r, &record, &missed) > 0) {
		*ret_missed += missed;
		memcpy(&number, record.payload.p, sizeof(number));
		cr_assert(eq(u64, number, record.number));
		cr_assert(n == 0 || number > last);
		last = number;
		n++;
		journal_done(r, number + 1);
	}
	*ret_missed += missed;
	return n;
}

static unsigned count_files(const char *suffix)
{
	DIR *d = opendir(dir);
	const struct dirent *e;
	unsigned n = 0;

	while ((e = readdir(d)) != NULL)
		n += span_ends(span_str(e->d_name), span_str(suffix));
	closedir(d);
	return n;
}

Test(spool, readers_read_at_their_own_pace)
{
	struct journal *j = open_journal(64 * MIB);
	struct journal_reader *fast = journal_reader_new(j, 0), *slow = journal_reader_new(j, 0);
	uint64_t missed;

	for (unsigned i = 0; i < 30; i++) {
		append(j, 100, 1000);
		cr_assert(eq(uint, drain(fast, &missed), 100));
		cr_assert(eq(u64, missed, 0));
	}
	cr_assert(eq(u64, journal_pending(slow), 3000));
	cr_assert(eq(uint, drain(slow, &missed), 3000)); /* more than memory holds */
	cr_assert(eq(u64, missed, 0));
	append(j, 1, 10);
	cr_assert(eq(uint, drain(slow, &missed), 1));
	cr_assert(eq(uint, drain(fast, &missed), 1));
	journal_close(j);
}

Test(spool, a_successor_has_what_is_left)
{
	struct journal *j = open_journal(64 * MIB);
	struct journal_reader *r;
	uint64_t missed;

	append(j, 5000, 500);
	journal_close(j);
	j = open_journal(64 * MIB);
	cr_assert(eq(u64, journal_next_number(j), 5000));
	r = journal_reader_new(j, 1234);
	append(j, 10, 500);
	cr_assert(eq(uint, drain(r, &missed), 5010 - 1234));
	cr_assert(eq(u64, missed, 0));
	journal_close(j);
}

static uint64_t found[8];
static unsigned nfound;

static void take(void *ctx, const struct journal_record *r)
{
	(void)ctx;
	memcpy(&found[nfound++], r->id.byte, sizeof(found[0]));
}

/* A predecessor's note may be a lie: then nothing would be delivered any more. */
Test(spool, no_note_skips_all_that_is_to_come)
{
	struct journal *j = open_journal(64 * MIB);

	journal_skip_to(j, UINT64_MAX);
	cr_assert(lt(u64, journal_next_number(j), 100));
	journal_close(j);
}

Test(spool, the_last_records_are_found_again)
{
	struct journal *j = open_journal(64 * MIB);

	journal_look_back(j, 5, take, NULL);
	cr_assert(eq(uint, nfound, 0));
	append(j, 20, 100);
	journal_close(j);
	j = open_journal(64 * MIB);
	journal_look_back(j, 5, take, NULL);
	cr_assert(eq(uint, nfound, 5));
	cr_assert(found[0] == 15 && found[4] == 19);
	journal_close(j);
}

Test(spool, when_it_is_full_the_oldest_go_and_are_counted)
{
	struct journal *j = open_journal(8 * MIB);
	struct journal_reader *fast = journal_reader_new(j, 0), *slow = journal_reader_new(j, 0);
	struct journal_status s;
	uint64_t missed;
	unsigned n;

	for (unsigned i = 0; i < 200; i++) {
		append(j, 10, 10000);
		cr_assert(eq(uint, drain(fast, &missed), 10));
		cr_assert(eq(u64, missed, 0));
		journal_status(j, &s);
		cr_assert(le(u64, s.bytes_on_disk, 8 * MIB));
	}
	cr_assert(s.dropped > 0);
	n = drain(slow, &missed);
	cr_assert(eq(u64, n + missed, 2000));
	cr_assert(n > 600 && n < 840, "%u", n);
	journal_close(j);
}

Test(spool, what_everybody_has_goes)
{
	struct journal *j = open_journal(8 * MIB);
	struct journal_reader *r = journal_reader_new(j, 0);
	uint64_t missed;

	append(j, 400, 10000);
	cr_assert(ge(uint, count_files(".mewsjrn"), 7));
	cr_assert(eq(uint, drain(r, &missed), 400));
	journal_tick(j, mono_now());
	cr_assert(eq(uint, count_files(".mewsjrn"), 1));
	journal_close(j);
}

/* One byte of the only segment, at AT from its end. */
static void flip(off_t at)
{
	DIR *d = opendir(dir);
	const struct dirent *e;

	while ((e = readdir(d)) != NULL) {
		uint8_t byte;
		int fd;
		struct stat st;

		if (!span_ends(span_str(e->d_name), span_str(".mewsjrn")))
			continue;
		fd = openat(dirfd(d), e->d_name, O_RDWR);
		cr_assert(ge(int, fd, 0));
		fstat(fd, &st);
		cr_assert(eq(i64, pread(fd, &byte, 1, st.st_size - at), 1));
		byte ^= 0x10;
		cr_assert(eq(i64, pwrite(fd, &byte, 1, st.st_size - at), 1));
		close(fd);
	}
	closedir(d);
}

Test(spool, a_flipped_byte_costs_one_record)
{
	for (off_t at = 1; at <= 140 * 12; at += 29) {
		struct journal *j = open_journal(8 * MIB);
		uint64_t before = journal_next_number(j), missed;
		struct journal_reader *r;
		struct journal_status s;

		append(j, 20, 100);
		journal_close(j);
		flip(at);
		j = open_journal(8 * MIB);
		/* The ring, or the place of an output, knows how many there were. */
		journal_skip_to(j, before + 20);
		r = journal_reader_new(j, before);
		append(j, 5, 100);
		cr_assert(eq(uint, drain(r, &missed), 24), "at %ld", (long)at);
		cr_assert(eq(u64, missed, 1));
		journal_status(j, &s);
		cr_assert(ge(u64, s.damaged, 1));
		journal_close(j);
		teardown();
		setup();
	}
}

Test(spool, a_torn_end_is_no_loss)
{
	for (off_t cut = 1; cut < 140; cut += 13) {
		struct journal *j = open_journal(8 * MIB);
		struct journal_reader *r;
		char path[128];
		struct stat st;
		uint64_t missed;

		append(j, 20, 100);
		journal_close(j);
		snprintf(path, sizeof(path), "%s/%020d.mewsjrn", dir, 0);
		cr_assert(eq(int, stat(path, &st), 0));
		cr_assert(eq(int, truncate(path, st.st_size - cut), 0));
		j = open_journal(8 * MIB);
		cr_assert(eq(u64, journal_next_number(j), 19));
		r = journal_reader_new(j, 0);
		append(j, 1, 100);
		cr_assert(eq(uint, drain(r, &missed), 20));
		cr_assert(eq(u64, missed, 0));
		journal_close(j);
		teardown();
		setup();
	}
}

Test(spool, garbage_is_no_segment)
{
	char path[128];
	struct journal *j;
	int fd;

	snprintf(path, sizeof(path), "%s/%020d.mewsjrn", dir, 7);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	cr_assert(eq(i64, write(fd, path, sizeof(path)), sizeof(path)));
	close(fd);
	j = open_journal(8 * MIB);
	cr_assert(eq(u64, journal_next_number(j), 0));
	cr_assert(eq(uint, count_files(".mewsjrn"), 0));
	journal_close(j);
}

static uint64_t cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_SEC + (uint64_t)ts.tv_nsec;
}

static void write_segment(uint64_t first, struct journal_key k, struct span bytes, off_t size)
{
	uint8_t header[JOURNAL_SEGMENT_HEADER];
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%020llu.mewsjrn", dir, (unsigned long long)first);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	cr_assert(ge(int, fd, 0));
	journal_encode_header(header, first, k);
	cr_assert(eq(i64, write(fd, header, sizeof(header)), sizeof(header)));
	if (bytes.n > 0)
		cr_assert(eq(i64, write(fd, bytes.p, bytes.n), (ssize_t)bytes.n));
	if (size > 0)
		cr_assert(eq(int, ftruncate(fd, size), 0));
	close(fd);
}

/* Minutes of CPU for each when all that may be a record was summed. */
Test(spool, what_a_liar_has_left_takes_as_long_as_its_length)
{
	static uint8_t bytes[1 << 20];
	const struct journal_key lie = { 0x00030000, 1 };
	struct journal_record r = { .number = 42, .payload = span_str("forty-two") };
	struct journal_status s;
	uint64_t before = cpu_ns();
	struct journal *j;
	ssize_t n;

	fill_with_beginnings(bytes, sizeof(bytes), lie.mark);
	for (uint64_t first = 0; first < 4; first++)
		write_segment(first, lie, span_of(bytes, sizeof(bytes)), 0);
	n = journal_encode(lie, bytes, sizeof(bytes), &r);
	write_segment(42, lie, span_of(bytes, (size_t)n), 0);
	j = open_journal(64 * MIB);
	cr_assert(lt(u64, cpu_ns() - before, 5 * NS_PER_SEC));
	cr_assert(eq(u64, journal_next_number(j), 43));
	journal_status(j, &s);
	cr_assert(eq(u64, s.damaged, 4));
	cr_assert(eq(u64, s.segments, 1));
	journal_close(j);
}

/* As when a smaller spool is asked for, or somebody has left more than fits. */
Test(spool, what_there_is_no_room_for_is_not_read)
{
	struct journal_record r = { .number = 42, .payload = span_str("forty-two") };
	struct journal_status s;
	struct journal *j;
	uint8_t buf[128];
	ssize_t n = journal_encode(key, buf, sizeof(buf), &r);

	write_segment(7, key, SPAN_NONE, (off_t)1 << 40);
	write_segment(42, key, span_of(buf, (size_t)n), 0);
	j = open_journal(8 * MIB);
	journal_status(j, &s);
	cr_assert(eq(u64, s.dropped, 1));
	cr_assert(eq(u64, s.segments, 1));
	cr_assert(eq(u64, s.next, 43));
	cr_assert(eq(uint, count_files(".mewsjrn"), 1));
	journal_close(j);
}

Test(spool, without_a_directory_memory_is_used)
{
	struct journal_params p = { .dir = "/nonexistent", .memory_bytes = MIB };
	struct journal_reader *r;
	struct journal_status s;
	struct journal *j;
	uint64_t missed;
	unsigned n;

	cr_assert(eq(int, journal_open(&p, &j), 0));
	r = journal_reader_new(j, 0);
	append(j, 100, 1000);
	cr_assert(eq(uint, drain(r, &missed), 100));
	append(j, 2000, 1000);
	n = drain(r, &missed);
	cr_assert(eq(u64, n + missed, 2000));
	cr_assert(n > 900 && n < 1048, "%u", n);
	journal_status(j, &s);
	cr_assert_not(s.on_disk);
	cr_assert_str_eq(s.why, "No such file or directory");
	journal_close(j);
}

/* Where one is followed, somebody else has done that. */
Test(spool, a_link_is_no_directory)
{
	char link[80];
	struct journal_params p = { .dir = link, .memory_bytes = MIB };
	struct journal_status s;
	struct journal *j;

	snprintf(link, sizeof(link), "%s/link", dir);
	cr_assert(eq(int, symlink(dir, link), 0));
	cr_assert(eq(int, journal_open(&p, &j), 0));
	journal_status(j, &s);
	cr_assert_not(s.on_disk);
	cr_assert_str_eq(s.why, "Not a directory");
	journal_close(j);
}

Test(spool, one_directory_has_one_journal)
{
	struct journal *a = open_journal(8 * MIB), *b = open_journal(8 * MIB);
	struct journal_status s;

	journal_status(b, &s);
	cr_assert_not(s.on_disk);
	cr_assert_str_eq(s.why, "another process has it");
	journal_close(b);
	journal_close(a);
}

enum { RACE = 20000 };

static void *read_all(void *ctx)
{
	struct journal_reader *r = ctx;
	uint64_t missed, n = 0;

	while (n < RACE) {
		journal_wait(r, NS_PER_SEC);
		n += drain(r, &missed);
		n += missed;
		cr_assert(eq(u64, missed, 0));
	}
	return NULL;
}

Test(spool, readers_run_beside_the_writer)
{
	struct journal *j = open_journal(64 * MIB);
	struct journal_reader *r[3];
	pthread_t t[3];

	for (unsigned i = 0; i < 3; i++)
		r[i] = journal_reader_new(j, 0);
	for (unsigned i = 0; i < 3; i++)
		cr_assert(eq(int, pthread_create(&t[i], NULL, read_all, r[i]), 0));
	append(j, RACE, 300);
	for (unsigned i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	journal_close(j);
}

/* ---- places ---- */

Test(spool, a_place_outlives_its_process)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY);
	struct cursor_file c;
	bool is_new;

	cursor_file_open(&c, fd, "http", 40, &is_new);
	cr_assert(is_new && c.place.number == 40 && c.place.begun == 40);
	c.place.number = 50;
	c.place.delivered = 7;
	c.place.filtered = 3;
	cursor_file_save(&c);
	cursor_file_close(&c);
	cursor_file_open(&c, fd, "http", 99, &is_new);
	cr_assert(c.place.number == 50 && !is_new && c.place.delivered == 7);
	cursor_file_close(&c);
	cursor_file_sweep(fd, 0, (const char *const[]){ "file", "http" }, 2);
	cr_assert(eq(uint, count_files(".cursor"), 1));
	cursor_file_sweep(fd, 0, (const char *const[]){ "file" }, 1);
	cr_assert(eq(uint, count_files(".cursor"), 0));
	close(fd);
}

/* Wherever it is cut while it is written, the one before is whole. */
Test(spool, one_place_is_whole_at_any_time)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY), file;
	uint8_t before[4096], after[4096];
	struct cursor_file c;
	bool is_new;

	cursor_file_open(&c, fd, "x", 0, &is_new);
	file = openat(fd, "x.cursor", O_RDWR);
	c.place.number = c.place.delivered = 1;
	cursor_file_save(&c);
	cr_assert(eq(i64, pread(file, before, sizeof(before), 0), sizeof(before)));
	c.place.number = c.place.delivered = 2;
	cursor_file_save(&c);
	cr_assert(eq(i64, pread(file, after, sizeof(after), 0), sizeof(after)));
	cursor_file_close(&c);
	for (size_t i = 0; i < sizeof(after); i++) {
		uint8_t mixed[4096];
		struct cursor_file again;

		if (before[i] == after[i])
			continue;
		memcpy(mixed, before, sizeof(mixed));
		memcpy(mixed, after, i);
		cr_assert(eq(i64, pwrite(file, mixed, sizeof(mixed), 0), sizeof(mixed)));
		cursor_file_open(&again, fd, "x", 9, &is_new);
		cr_assert_not(is_new);
		cr_assert(again.place.number == 1 || again.place.number == 2);
		cursor_file_close(&again);
	}
	close(file);
	close(fd);
}

Test(spool, pauses_grow_and_differ)
{
	struct backoff b = { .least_ns = 100, .most_ns = 30000, .random = 5 };
	uint64_t base = 100;
	bool differs = false;

	for (unsigned i = 0; i < 50; i++) {
		uint64_t pause = backoff_next(&b);

		cr_assert(pause >= base / 2 && pause <= base);
		differs = differs || (pause != base / 2 && pause != base);
		base = 2 * base > 30000 ? 30000 : 2 * base;
	}
	cr_assert(differs);
	backoff_clear(&b);
	cr_assert(le(u64, backoff_next(&b), 100));
}
