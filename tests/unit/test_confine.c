/* SPDX-License-Identifier: Apache-2.0
 *
 * Confined, a process can do in each directory what the directory is there for, and nothing
 * anywhere else, root or not.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "confine.h"
#include "span.h"

static char top[64], readable[80], sockets[80], written[80], owned[80], other[80], linked[80];

static void make_dir(char path[80], const char *name)
{
	char file[128];
	int fd;

	snprintf(path, 80, "%s/%s", top, name);
	cr_assert(eq(int, mkdir(path, 0700), 0));
	snprintf(file, sizeof(file), "%s/there", path);
	fd = open(file, O_WRONLY | O_CREAT, 0600);
	cr_assert(ge(int, fd, 0));
	close(fd);
}

static void setup(void)
{
	snprintf(top, sizeof(top), "/tmp/mews-confine.XXXXXX");
	cr_assert_not_null(mkdtemp(top));
	make_dir(readable, "readable");
	make_dir(sockets, "sockets");
	make_dir(written, "written");
	make_dir(owned, "owned");
	make_dir(other, "other");
	snprintf(linked, sizeof(linked), "%s/linked", top);
	cr_assert(eq(int, symlink(other, linked), 0));
}

static void teardown(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", top);
	cr_assert(eq(int, system(command), 0));
}

TestSuite(confine, .init = setup, .fini = teardown);

/* ---- tries: 0 or an errno ---- */

static int try_open(const char *dir, const char *name, int flags)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, flags | O_CLOEXEC, 0600);
	if (fd == -1)
		return errno;
	close(fd);
	return 0;
}

static int try_remove(const char *dir)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/there", dir);
	return unlink(path) == -1 ? errno : 0;
}

static int try_socket(const char *dir)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	int err;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/socket", dir);
	err = bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == -1 ? errno : 0;
	close(fd);
	return err;
}

static int try_program(void)
{
	execl("/bin/true", "true", (char *)NULL);
	return errno;
}

/* ---- in a child ---- */

#define EXPECT(what, want)                                                                         \
	do {                                                                                       \
		int have_ = (what);                                                                \
		if (have_ != (want)) {                                                             \
			fprintf(stderr, "%s: %d, not %d\n", #what, have_, (want));                 \
			return 1;                                                                  \
		}                                                                                  \
	} while (0)

static int look_around(int open_before)
{
	EXPECT(try_open(readable, "there", O_RDONLY), 0);
	EXPECT(try_open(readable, "there", O_WRONLY), EACCES);
	EXPECT(try_open(readable, "new", O_WRONLY | O_CREAT), EACCES);
	EXPECT(try_remove(readable), EACCES);
	EXPECT(try_socket(readable), EACCES);

	EXPECT(try_socket(sockets), 0);
	EXPECT(try_remove(sockets), 0); /* a socket that somebody has left */
	EXPECT(try_open(sockets, "new", O_WRONLY | O_CREAT), EACCES);

	EXPECT(try_open(written, "new", O_WRONLY | O_CREAT | O_EXCL), 0);
	EXPECT(try_open(written, "there", O_WRONLY), 0);
	EXPECT(try_open(written, "there", O_RDONLY), EACCES);
	EXPECT(try_remove(written), EACCES);
	EXPECT(try_socket(written), EACCES);

	EXPECT(try_open(owned, "new", O_RDWR | O_CREAT | O_EXCL), 0);
	EXPECT(try_open(owned, "there", O_RDWR | O_TRUNC), 0);
	EXPECT(try_open(owned, ".", O_RDONLY | O_DIRECTORY), 0);
	EXPECT(try_remove(owned), 0);
	EXPECT(try_socket(owned), EACCES);

	EXPECT(try_open(other, "there", O_RDONLY), EACCES);
	EXPECT(try_open(other, "new", O_WRONLY | O_CREAT), EACCES);
	EXPECT(try_open("/etc", "passwd", O_RDONLY), EACCES);
	EXPECT(try_program(), EACCES);
	EXPECT(write(open_before, "x", 1) == 1 ? 0 : errno, 0);
	return 0;
}

static int confined(void)
{
	struct confine_place places[] = {
		{ readable, CONFINE_READ },	      { sockets, CONFINE_SOCKETS },
		{ written, CONFINE_FILES },	      { owned, CONFINE_OWN },
		{ "/nowhere/at/all", CONFINE_FILES }, { linked, CONFINE_OWN },
	};
	char path[128];
	int fd, err;

	snprintf(path, sizeof(path), "%s/there", other);
	fd = open(path, O_WRONLY);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	err = confine_enter(places, ARRAY_LEN(places));
	if (err == -EOPNOTSUPP)
		return 77;
	return err < 0 ? 2 : look_around(fd);
}

Test(confine, each_directory_is_for_what_it_is_named_for)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(confined());
	cr_assert(eq(int, waitpid(pid, &status, 0), pid));
	cr_assert_neq(WIFEXITED(status), 0);
	if (WEXITSTATUS(status) == 77)
		cr_skip_test("this kernel has no Landlock");
	cr_assert(eq(int, WEXITSTATUS(status), 0));
}
