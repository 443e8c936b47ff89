/* SPDX-License-Identifier: Apache-2.0
 *
 * The run directory is for all stages: whoever clears it, root as a rule, takes away what pipelines make
 * there, and reaches nothing that somebody else has put in its place.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rundir.h"
#include "spool_dir.h"

enum { SOMEBODY = 64862 };

static char top[64], run[80], spool[96], other[80];

static void make_file(const char *dir, const char *name)
{
	char path[192];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	cr_assert(ge(int, fd, 0));
	close(fd);
}

static bool is_there(const char *dir, const char *name)
{
	char path[192];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return lstat(path, &st) == 0;
}

static void setup(void)
{
	snprintf(top, sizeof(top), "/tmp/mews-rundir.XXXXXX");
	cr_assert_not_null(mkdtemp(top));
	snprintf(run, sizeof(run), "%s/run", top);
	snprintf(spool, sizeof(spool), "%s/spool", run);
	snprintf(other, sizeof(other), "%s/other", top);
	cr_assert(eq(int, mkdir(run, 0700), 0));
	cr_assert(eq(int, mkdir(other, 0700), 0));
	make_file(other, "precious");
	make_file(other, "lock");
	make_file(other, "http.cursor");
}

static void teardown(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", top);
	cr_assert(eq(int, system(command), 0));
}

TestSuite(rundir, .init = setup, .fini = teardown);

static void make_spool(void)
{
	cr_assert(eq(int, mkdir(spool, 0700), 0));
	make_file(spool, "lock");
	make_file(spool, "http.cursor");
}

Test(rundir, what_a_pipeline_has_left_goes)
{
	make_file(run, "evaluator.held");
	make_file(run, "lock");
	make_spool();
	run_dir_clear(run);
	cr_assert_not(is_there(run, "evaluator.held"));
	cr_assert_not(is_there(run, "spool"));
	cr_assert(is_there(run, "lock")); /* its holder's */
}

Test(rundir, alerts_that_wait_stay)
{
	make_spool();
	make_file(spool, "00000000000000000007.mewsjrn");
	run_dir_clear(run);
	cr_assert(is_there(spool, "00000000000000000007.mewsjrn"));
	cr_assert(is_there(spool, "http.cursor"));
}

Test(rundir, a_link_in_the_place_of_the_spool_leads_nowhere)
{
	cr_assert(eq(int, symlink(other, spool), 0));
	run_dir_clear(run);
	cr_assert_not(is_there(run, "spool"));
	cr_assert(is_there(other, "precious"));
	cr_assert(is_there(other, "lock"));
	cr_assert(is_there(other, "http.cursor"));
}

Test(rundir, what_the_spool_does_not_make_stays)
{
	make_spool();
	make_file(spool, "precious");
	run_dir_clear(run);
	cr_assert(is_there(spool, "precious"));
	cr_assert_not(is_there(spool, "http.cursor"));
}

Test(rundir, nor_is_another_ones_directory_emptied)
{
	if (geteuid() != 0)
		cr_skip_test("needs root");
	make_spool();
	cr_assert(eq(int, chown(spool, SOMEBODY, (gid_t)-1), 0));
	run_dir_clear(run);
	cr_assert(is_there(spool, "http.cursor"));
}

/* ---- where the emitter makes it ---- */

static int make(const char *setting, char ret[PATH_MAX])
{
	int err = spool_dir_choose(setting, run, ret);

	return err < 0 ? err : spool_dir_make(ret, run, jail_identity(STAGE_EMITTER));
}

Test(rundir, a_spool_is_made)
{
	char dir[PATH_MAX];

	cr_assert(eq(int, make("", dir), 0));
	cr_assert_str_eq(dir, spool);
	cr_assert(is_there(run, "spool"));
	cr_assert(eq(int, make("", dir), 0)); /* and found again */
}

Test(rundir, in_the_run_directory_a_link_is_no_spool)
{
	static const char *const names[] = { "run/spool", "run/spool//", "run/./spool",
					     "run//spool", "same/spool" };
	char dir[PATH_MAX], setting[128], same[80];

	snprintf(same, sizeof(same), "%s/same", top);
	cr_assert(eq(int, symlink(run, same), 0));
	cr_assert(eq(int, symlink(other, spool), 0));
	cr_assert(eq(int, make("", dir), -ENOTDIR));
	for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(setting, sizeof(setting), "%s/%s", top, names[i]);
		cr_assert(eq(int, make(setting, dir), -ENOTDIR), "%s", names[i]);
	}
}

Test(rundir, nor_is_another_ones_directory)
{
	char dir[PATH_MAX];

	if (geteuid() != 0)
		cr_skip_test("needs root");
	make_spool();
	cr_assert(eq(int, make("", dir), 0));
	cr_assert(eq(int, chown(spool, SOMEBODY, (gid_t)-1), 0));
	cr_assert(eq(int, make("", dir), -EPERM));
}

Test(rundir, a_link_that_the_settings_name_is_followed_once)
{
	char dir[PATH_MAX], link[96];

	snprintf(link, sizeof(link), "%s/link", top);
	cr_assert(eq(int, symlink(other, link), 0));
	cr_assert(eq(int, make(link, dir), 0));
	cr_assert_str_eq(dir, other);
}
