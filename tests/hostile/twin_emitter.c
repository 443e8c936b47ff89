/* SPDX-License-Identifier: Apache-2.0
 *
 * twin_emitter.c -- in the emitter's place: it reads the evaluator's ring.  What it leaves in its spool
 * ($HOSTILE_SPOOL) the next emitter will find.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kit.h"
#include "span.h"

static void scribble_into(int fd)
{
	uint8_t bytes[4096];
	struct stat st;

	if (fd == -1 || fstat(fd, &st) == -1)
		return;
	for (unsigned i = 0; i < 16; i++) {
		size_t n = chance_below(one_in(4) ? sizeof(bytes) : 16);

		chance_fill(bytes, n);
		(void)!pwrite(fd, bytes, n, (off_t)chance_below((uint64_t)st.st_size + 64));
	}
	if (one_in(8))
		(void)!ftruncate(fd, (off_t)chance_below(one_in(8) ? UINT64_C(1) << 40 : 65536));
	did(DEED_MUTATIONS, 16);
}

/* Files that are there are bent; names that the spool knows, and others, come into being. */
static void scribble(void)
{
	static const char *const names[] = { "key",
					     "lock",
					     "stdout.cursor",
					     "cursor",
					     "0000000000000001.mewsjrn",
					     "ffffffffffffffff.mewsjrn",
					     "18446744073709551615.mewsjrn",
					     "x.mewsjrn",
					     "..mewsjrn" };
	const char *dir = getenv("HOSTILE_SPOOL");
	DIR *d = dir == NULL ? NULL : opendir(dir);
	const struct dirent *e;
	char name[64];

	if (d == NULL)
		return;
	while ((e = readdir(d)) != NULL) {
		int fd = one_in(2) ? -1
				   : openat(dirfd(d), e->d_name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);

		scribble_into(fd);
		if (fd != -1)
			close(fd);
	}
	if (one_in(8)) {
		int fd;

		snprintf(name, sizeof(name), "%s", names[chance_below(ARRAY_LEN(names))]);
		if (one_in(8))
			(void)!symlinkat("/etc/passwd", dirfd(d), name);
		fd = openat(dirfd(d), name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
		scribble_into(fd);
		if (fd != -1)
			close(fd);
	}
	closedir(d);
}

int main(int argc, char **argv)
{
	static const struct twin t = {
		.self = STAGE_EMITTER,
		.reads = { { "alerts", STAGE_EVALUATOR } },
		.scribble = scribble,
	};

	return twin_main(&t, argc, argv);
}
