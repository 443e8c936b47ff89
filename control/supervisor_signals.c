/* SPDX-License-Identifier: Apache-2.0
 *
 * supervisor_signals.c -- what signals mean here: a child has ended, all is to end (at once, the second
 * time), reload, or that the terminal is gone.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "log.h"
#include "supervisor_core.h"

static bool has_terminal(void)
{
	int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	if (fd == -1)
		return false;
	close(fd);
	return true;
}

int supervisor_open_signals(struct supervisor *sv)
{
	struct sigaction hangup;
	sigset_t set;

	sv->of_terminal = has_terminal() && sigaction(SIGHUP, NULL, &hangup) == 0 &&
			  hangup.sa_handler != SIG_IGN;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	sv->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return sv->signal_fd == -1 ? -errno : 0;
}

/* The terminal is gone, and who started us with it; or somebody wants a reload. */
static void on_hangup(struct supervisor *sv)
{
	if (sv->of_terminal && !has_terminal()) {
		supervisor_begin_stop(sv, EXIT_OK);
		return;
	}
	if (sv->p->launch != NULL)
		reload_ask(&sv->reload, mono_now());
}

static void on_end(struct supervisor *sv, int signal)
{
	if (sv->stopping) {
		supervisor_kill_all(sv);
		return;
	}
	sv->signal = signal;
	supervisor_begin_stop(sv, EXIT_OK);
}

void supervisor_hear_signals(struct supervisor *sv, struct mono now)
{
	struct signalfd_siginfo si;

	while (read(sv->signal_fd, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		if (si.ssi_signo == SIGCHLD)
			supervisor_reap(sv, now);
		else if (si.ssi_signo == SIGHUP)
			on_hangup(sv);
		else
			on_end(sv, (int)si.ssi_signo);
	}
}
