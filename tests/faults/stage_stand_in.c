/* SPDX-License-Identifier: Apache-2.0
 *
 * stage_stand_in.c -- what a supervisor needs to see of a stage, and nothing else: by its own name it is any of them.  It
 * reads its settings, has two descriptors kept, is ready, answers reloads, and ends when it is told to.  On
 * standard error goes what it was given: "NAME has N kept", and descriptors that are not its.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "notify.h"
#include "span.h"
#include "supply.h"

enum { FIRST_FD = STDERR_FILENO + 1, LAST_FD = 256 };

static int memory(void)
{
	int fd = memfd_create("kept", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd == -1 || ftruncate(fd, 4096) == -1 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == -1)
		abort();
	return fd;
}

/* One line at once: others write there, too. */
__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
	char text[128];
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	(void)!write(STDERR_FILENO, text, (size_t)n);
}

static void look_at_own(const char *name, int supply)
{
	const char *count = getenv("LISTEN_FDS");
	int kept = count == NULL ? 0 : (int)strtol(count, NULL, 10);
	int end = FIRST_FD + kept + (supply != -1);

	for (int fd = STDIN_FILENO; fd < LAST_FD; fd++)
		if ((fcntl(fd, F_GETFD) != -1) != (fd < end))
			say("%s is given descriptors that are wrong: %d\n", name, fd);
	say("%s has %d kept\n", name, kept);
}

static void obey(int supply, bool answers)
{
	struct supply_message m;
	int err;

	while ((err = supply_receive(supply, &m)) != -EAGAIN) {
		if (err == -EPIPE)
			exit(EXIT_SUCCESS);
		if (err < 0)
			continue;
		if (m.fd != -1)
			close(m.fd);
		if (answers && m.kind == SUPPLY_RELOAD)
			(void)supply_send(supply, SUPPLY_DONE, -1, "rules");
	}
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '-') == NULL ? argv[0] : strrchr(argv[0], '-') + 1;
	bool evaluates = strcmp(name, "evaluator") == 0;
	int supply = -1, kept[NOTIFY_FDS], notify;
	struct pollfd p;

	signal(SIGHUP, SIG_IGN);
	for (int i = 1; i + 1 < argc; i++)
		if (strcmp(argv[i], "--supply") == 0)
			supply = (int)strtol(argv[i + 1], NULL, 10);
	look_at_own(name, supply);
	notify = notify_open();
	for (unsigned i = 0; i < NOTIFY_FDS; i++)
		kept[i] = memory();
	(void)notify_say_with(notify, NOTIFY_STORE "ring", kept, NOTIFY_FDS);
	if (evaluates)
		(void)notify_say(notify, NOTIFY_CAPTURES "1");
	(void)notify_say(notify, NOTIFY_READY);
	p = (struct pollfd){ .fd = supply, .events = POLLIN };
	for (;;) {
		(void)poll(&p, 1, -1);
		if (supply != -1)
			obey(supply, evaluates);
	}
}
