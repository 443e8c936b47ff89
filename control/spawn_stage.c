/* SPDX-License-Identifier: Apache-2.0
 *
 * spawn_stage.c -- see spawn_stage.h.  The new process has standard input, output and error, then what was kept for it
 * (systemd's order: from 3 on), then the socket of its settings, and nothing else.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "log.h"
#include "spawn_stage.h"

#define FIRST_FD (STDERR_FILENO + 1)
#define MAX_FDS	 (FDSTORE_FDS + 1)
#define PID_ROOM 12

struct prepared {
	int fds[MAX_FDS]; /* from FIRST_FD on */
	unsigned nfds, nkept;
	char names[sizeof("LISTEN_FDNAMES=") + FDSTORE_FDS * NOTIFY_NAME_MAX];
	char notify[96], count[32];
	char pid[sizeof("LISTEN_PID=") + PID_ROOM]; /* the number is the child's to write */
	char **envp;
};

int spawn_supply_number(const struct spawn *s)
{
	int fds[FDSTORE_FDS];
	char names[FDSTORE_FDS * NOTIFY_NAME_MAX];

	return FIRST_FD + (int)(s->store == NULL ? 0 : fdstore_list(s->store, fds, names));
}

/* ---- in the child, after fork and before exec: nothing but system calls ---- */

static void write_number(char *to, unsigned long n)
{
	char digits[PID_ROOM];
	unsigned count = 0;

	do
		digits[count++] = (char)('0' + n % 10);
	while ((n /= 10) != 0);
	while (count > 0)
		*to++ = digits[--count];
	*to = '\0';
}

static bool place(int fd, int number)
{
	int got;

	do
		got = dup2(fd, number);
	while (got == -1 && errno == EINTR);
	return got != -1;
}

/* All of P's descriptors at their numbers, by way of numbers where they do not meet. */
static bool place_fds(struct prepared *p)
{
	for (unsigned i = 0; i < p->nfds; i++)
		if ((p->fds[i] = fcntl(p->fds[i], F_DUPFD, FIRST_FD + MAX_FDS)) == -1)
			return false;
	for (unsigned i = 0; i < p->nfds; i++)
		if (!place(p->fds[i], FIRST_FD + (int)i))
			return false;
	return true;
}

static bool place_all(const struct spawn *s, struct prepared *p)
{
	int null = open("/dev/null", O_RDWR);

	return null != -1 && place(null, STDIN_FILENO) &&
	       place(s->out == -1 ? null : s->out, STDOUT_FILENO) && place_fds(p);
}

static _Noreturn void give_up(void)
{
	static const char text[] = "mews: error: cannot start a stage's program\n";
	ssize_t written = write(STDERR_FILENO, text, sizeof(text) - 1);

	(void)written;
	_exit(EXIT_HOST);
}

static _Noreturn void become_stage(const struct spawn *s, struct prepared *p)
{
	sigset_t none;

	/* A group of its own: the terminal's Ctrl-C is for the supervisor alone. */
	setpgid(0, 0);
	if (!place_all(s, p))
		give_up();
	close_range(FIRST_FD + p->nfds, ~0u, 0);
	write_number(p->pid + strlen(p->pid), (unsigned long)getpid());
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	if (s->renice)
		(void)setpriority(PRIO_PROCESS, 0, s->nice); /* better, not needed */
	signal(SIGTTOU, SIG_IGN); /* alerts reach the terminal from that group too */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execve(s->path, s->argv, p->envp);
	give_up();
}

/* ---- before ---- */

static bool is_ours(const char *entry)
{
	return strncmp(entry, "NOTIFY_SOCKET=", 14) == 0 || strncmp(entry, "LISTEN_", 7) == 0;
}

/* The environment with the place where readiness is told, and what is handed over. */
static bool make_environment(const struct spawn *s, struct prepared *p)
{
	unsigned n = 0, at = 0;

	while (environ[n] != NULL)
		n++;
	p->envp = calloc(n + 5, sizeof(*p->envp));
	if (p->envp == NULL)
		return false;
	for (unsigned i = 0; i < n; i++)
		if (!is_ours(environ[i]))
			p->envp[at++] = environ[i];
	snprintf(p->notify, sizeof(p->notify), "NOTIFY_SOCKET=%s", s->notify_name);
	p->envp[at++] = p->notify;
	if (p->nkept == 0)
		return true;
	snprintf(p->count, sizeof(p->count), "LISTEN_FDS=%u", p->nkept);
	snprintf(p->pid, sizeof(p->pid), "LISTEN_PID=");
	p->envp[at++] = p->count;
	p->envp[at++] = p->names;
	p->envp[at++] = p->pid;
	return true;
}

pid_t spawn_start(const struct spawn *s)
{
	struct prepared p = { .names = "LISTEN_FDNAMES=" };
	pid_t pid;

	if (s->store != NULL)
		p.nkept = fdstore_list(s->store, p.fds, p.names + strlen(p.names));
	p.nfds = p.nkept;
	if (s->supply != -1)
		p.fds[p.nfds++] = s->supply;
	if (!make_environment(s, &p))
		return -ENOMEM;
	pid = fork();
	if (pid == 0)
		become_stage(s, &p);
	free(p.envp);
	return pid == -1 ? -ENOMEM : pid;
}
