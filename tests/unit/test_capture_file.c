/* SPDX-License-Identifier: Apache-2.0
 *
 * Files of captures: their names, their bounds, what is read of one whose writer is gone.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture_file.h"

static char dir[64], prefix[80], path[256];
static struct capture_place place;
static const struct capture_frame match = { .ts_ns = 1700000000123456789u, .num = 70000 };

static void setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/mews-capture-file.XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	snprintf(prefix, sizeof(prefix), "%s/cap", dir);
	snprintf(path, sizeof(path), "%s_01700000000123456789_00000000000000070000.scap", prefix);
}

static void teardown(void)
{
	char command[128];

	capture_place_close(&place);
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	cr_assert(eq(int, system(command), 0));
}

TestSuite(capture_file, .init = setup, .fini = teardown);

static uint64_t size_on_disk(void)
{
	struct stat st;

	cr_assert(eq(int, stat(path, &st), 0));
	return (uint64_t)st.st_size;
}

/* What gzip makes of it, whole or not. */
static uint64_t bytes_inside(void)
{
	char command[320];
	uint64_t n = 0;
	FILE *p;

	snprintf(command, sizeof(command), "gzip -dc '%s' 2>/dev/null | wc -c", path);
	p = popen(command, "r");
	cr_assert_not_null(p);
	cr_assert(eq(int, fscanf(p, "%lu", &n), 1));
	pclose(p);
	return n;
}

static void begin(uint64_t most_bytes)
{
	cr_assert(eq(int, capture_place_open(&place, prefix, most_bytes), 0));
	cr_assert(eq(int, capture_file_open(&place, &match), 0));
}

Test(capture_file, is_named_after_the_event_and_for_its_owner_alone)
{
	uint64_t size;
	struct stat st;

	begin(0);
	cr_assert(eq(int, capture_file_write(&place, span_str("hello")), 0));
	cr_assert(eq(int, capture_file_close(&place, &size), 0));
	cr_assert(eq(u64, size, size_on_disk()));
	cr_assert(eq(int, stat(path, &st), 0));
	cr_assert(eq(int, (int)(st.st_mode & 07777), 0600));
	cr_assert(eq(u64, bytes_inside(), 5));
}

Test(capture_file, one_that_is_there_is_not_touched)
{
	FILE *f = fopen(path, "w");

	cr_assert_not_null(f);
	fputs("mine", f);
	fclose(f);
	cr_assert(eq(int, capture_place_open(&place, prefix, 0), 0));
	cr_assert(eq(int, capture_file_open(&place, &match), -EEXIST));
	cr_assert(eq(u64, size_on_disk(), 4));
}

Test(capture_file, a_link_is_not_followed)
{
	char target[128];

	snprintf(target, sizeof(target), "%s/target", dir);
	cr_assert(eq(int, symlink(target, path), 0));
	cr_assert(eq(int, capture_place_open(&place, prefix, 0), 0));
	cr_assert(lt(int, capture_file_open(&place, &match), 0));
	cr_assert(eq(int, access(target, F_OK), -1));
}

Test(capture_file, what_is_no_path_is_refused)
{
	static char longer[5000];

	memset(longer, 'x', sizeof(longer) - 1);
	cr_assert(eq(int, capture_place_open(&place, "", 0), -EINVAL));
	cr_assert(eq(int, capture_place_open(&place, longer, 0), -EINVAL));
}

Test(capture_file, what_was_synced_is_read_though_nothing_comes_behind_it)
{
	static uint8_t bytes[100000];

	begin(0);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * i >> 7);
	cr_assert(eq(int, capture_file_write(&place, span_of(bytes, sizeof(bytes))), 0));
	capture_file_sync(&place, mono_now());
	cr_assert(eq(u64, bytes_inside(), sizeof(bytes)));
	/* And goes on as if nothing had been. */
	cr_assert(eq(int, capture_file_write(&place, span_of(bytes, sizeof(bytes))), 0));
	cr_assert(eq(int, capture_file_close(&place, &(uint64_t){ 0 }), 0));
	cr_assert(eq(u64, bytes_inside(), 2 * sizeof(bytes)));
}

/* Writes of LEN bytes, of which each NOISE-th is random, until it is too large. */
static void fill(size_t len, unsigned noise)
{
	enum { MOST = 1 << 20 };
	static uint8_t bytes[256 * 1024];
	uint64_t size, given = 0;
	unsigned seed = 3;
	int err = 0;

	begin(MOST);
	while (err == 0) {
		for (size_t i = 0; i < len; i += noise)
			bytes[i] = (uint8_t)rand_r(&seed);
		err = capture_file_write(&place, span_of(bytes, len));
		given += err == 0 ? len : 0;
	}
	cr_assert(eq(int, err, -EFBIG));
	cr_assert(eq(int, capture_file_close(&place, &size), 0));
	cr_assert(eq(u64, size, size_on_disk()));
	cr_assert(le(u64, size, MOST), "%zu bytes at a time, noise %u", len, noise);
	cr_assert(ge(u64, size, MOST - len - 4096), "%zu bytes at a time, noise %u", len, noise);
	cr_assert(eq(u64, bytes_inside(), given));
	capture_place_close(&place);
	cr_assert(eq(int, unlink(path), 0));
}

Test(capture_file, is_never_larger_than_it_may_be_and_whole)
{
	fill(1000, 1);
	fill(1000, 10);
	fill(100000, 1);
	fill(100000, 7);
	fill(250000, 3);
}
