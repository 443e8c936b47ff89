/* SPDX-License-Identifier: Apache-2.0
 *
 * log.c -- one write(2) per line on stderr, one datagram to the system's log.  A reader that does not
 * read must not stop a stage: a line that does not fit now is let go, and the
 * next one says how many were.
 */
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

#define LINE_MAX_BYTES 2048 /* below PIPE_BUF: a line is never torn */
#define RATION_S       10

static const char *log_name = "mews";
static _Atomic int log_threshold = LOG_LEVEL_INFO;
static _Atomic unsigned long log_lost;
static _Atomic bool log_is_quiet;   /* nothing to stderr */
static _Atomic int log_socket = -1; /* of the system's log */

static const char *const level_names[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};

void log_open(const char *name, enum log_level level)
{
	log_name = name;
	log_set_level(level);
}

void log_set_level(enum log_level level)
{
	atomic_store_explicit(&log_threshold, (int)level, memory_order_relaxed);
}

int log_level_parse(const char *text, enum log_level *ret)
{
	/* Falco's words, each on the nearest of ours. */
	static const struct {
		const char *word;
		enum log_level level;
	} words[] = {
		{ "emergency", LOG_LEVEL_ERROR }, { "alert", LOG_LEVEL_ERROR },
		{ "critical", LOG_LEVEL_ERROR },  { "error", LOG_LEVEL_ERROR },
		{ "warning", LOG_LEVEL_WARNING }, { "notice", LOG_LEVEL_INFO },
		{ "info", LOG_LEVEL_INFO },	  { "debug", LOG_LEVEL_DEBUG },
	};

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(text, words[i].word) == 0) {
			*ret = words[i].level;
			return 0;
		}
	}
	return -EINVAL;
}

/* Length of the printable UTF-8 character at P, 0 if there is none.  P ends with a NUL. */
static unsigned printable(const unsigned char *p)
{
	static const unsigned least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned n = p[0] < 0x80 ? 1 : (p[0] & 0xe0) == 0xc0 ? 2 : (p[0] & 0xf0) == 0xe0 ? 3 : 4;
	unsigned long c;

	if (n == 1)
		return p[0] >= 0x20 && p[0] != 0x7f;
	if (n == 4 && (p[0] & 0xf8) != 0xf0)
		return 0;
	c = p[0] & (0x7fu >> n);
	for (unsigned i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80) /* a NUL ends it too */
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	/* Overlong, C1 controls, line and paragraph separators, bidirectional overrides, surrogates. */
	if (c < least[n] || c < 0xa0 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ||
	    (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069))
		return 0;
	return n;
}

unsigned long log_escape(char *buf, unsigned long cap, const char *text)
{
	static const char hex[] = "0123456789abcdef";
	unsigned long at = 0;

	if (cap == 0)
		return 0;
	for (const unsigned char *p = (const unsigned char *)text; *p != '\0';) {
		unsigned n = printable(p);

		if (at + (n > 0 ? n : 4) >= cap)
			break;
		if (n > 0) {
			memcpy(buf + at, p, n);
			at += n;
			p += n;
		} else {
			memcpy(buf + at, (char[]){ '\\', 'x', hex[*p >> 4], hex[*p & 15] }, 4);
			at += 4;
			p++;
		}
	}
	buf[at] = '\0';
	return at;
}

/* ---- the system's log ---- */

static int connect_syslog(int fd)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", "/dev/log");
	return connect(fd, (const struct sockaddr *)&at, sizeof(at));
}

void log_set_places(int to_stderr, int to_syslog)
{
	int fd = atomic_load(&log_socket);

	if (to_syslog && fd == -1) {
		tzset(); /* reads a file */
		fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (fd != -1 && connect_syslog(fd) == -1)
			log_warning("cannot reach the system's log at '/dev/log': %s, what is said "
				    "goes there as soon as it can",
				    strerror(errno));
	} else if (!to_syslog && fd != -1) {
		close(fd);
		fd = -1;
	}
	atomic_store(&log_socket, fd);
	atomic_store(&log_is_quiet, !to_stderr);
}

/* As syslog(3) has it.  Whoever listened may have been started again. */
static void send_syslog(int fd, enum log_level level, const char *text)
{
	static const int severities[] = {
		[LOG_LEVEL_ERROR] = LOG_ERR,
		[LOG_LEVEL_WARNING] = LOG_WARNING,
		[LOG_LEVEL_INFO] = LOG_INFO,
		[LOG_LEVEL_DEBUG] = LOG_DEBUG,
	};
	char line[LINE_MAX_BYTES], when[32];
	time_t now = time(NULL);
	struct tm tm;
	int n;

	if (localtime_r(&now, &tm) == NULL || strftime(when, sizeof(when), "%b %e %T", &tm) == 0)
		when[0] = '\0';
	n = snprintf(line, sizeof(line), "<%d>%s %s[%d]: ", LOG_DAEMON | severities[level], when,
		     log_name, (int)getpid());
	n += (int)log_escape(line + n, sizeof(line) - (size_t)n, text);
	if (send(fd, line, (size_t)n, MSG_NOSIGNAL) == -1 && errno != EAGAIN &&
	    connect_syslog(fd) == 0)
		(void)!send(fd, line, (size_t)n, MSG_NOSIGNAL);
}

/* ---- lines ---- */

static bool would_block(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int n;

	/* Who was stopped and goes on has been interrupted. */
	do
		n = poll(&p, 1, 0);
	while (n == -1 && errno == EINTR);
	return n != 1 || (p.revents & POLLOUT) == 0;
}

static bool write_once(int fd, const char *line, size_t n)
{
	ssize_t written;

	do
		written = write(fd, line, n);
	while (written == -1 && errno == EINTR);
	return written == (ssize_t)n;
}

/* False: it was let go. */
static bool write_stderr(enum log_level level, const char *text, unsigned long lost)
{
	char line[LINE_MAX_BYTES];
	int n;

	if (level == LOG_LEVEL_INFO)
		n = snprintf(line, sizeof(line), "%s: ", log_name);
	else
		n = snprintf(line, sizeof(line), "%s: %s: ", log_name, level_names[level]);
	if (lost > 0)
		n += snprintf(line + n, sizeof(line) - (size_t)n, "(%lu lines let go) ", lost);
	n += (int)log_escape(line + n, sizeof(line) - (size_t)n - 1, text);
	line[n++] = '\n';
	return !would_block(STDERR_FILENO) && write_once(STDERR_FILENO, line, (size_t)n);
}

static void write_line(enum log_level level, const char *text)
{
	unsigned long lost = atomic_exchange_explicit(&log_lost, 0, memory_order_relaxed);
	int fd = atomic_load_explicit(&log_socket, memory_order_relaxed);

	if (fd != -1)
		send_syslog(fd, level, text);
	if (!atomic_load_explicit(&log_is_quiet, memory_order_relaxed) &&
	    !write_stderr(level, text, lost))
		atomic_fetch_add_explicit(&log_lost, lost + 1, memory_order_relaxed);
}

__attribute__((format(printf, 2, 0))) static void vlog(enum log_level level, const char *format,
						       va_list ap)
{
	char text[LINE_MAX_BYTES];
	int saved = errno;

	if ((int)level > atomic_load_explicit(&log_threshold, memory_order_relaxed))
		return;
	if (vsnprintf(text, sizeof(text), format, ap) >= 0)
		write_line(level, text);
	errno = saved;
}

#define LOG_FUNCTION(name, level)                                                                  \
	void name(const char *format, ...)                                                         \
	{                                                                                          \
		va_list ap;                                                                        \
                                                                                                   \
		va_start(ap, format);                                                              \
		vlog(level, format, ap);                                                           \
		va_end(ap);                                                                        \
	}
LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_warning, LOG_LEVEL_WARNING)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)

void log_rationed_at(struct log_ration *ration, enum log_level level, const char *format, ...)
{
	char text[LINE_MAX_BYTES], more[64] = "";
	struct timespec now;
	unsigned long now_s;
	va_list ap;
	int n;

	if ((int)level > atomic_load_explicit(&log_threshold, memory_order_relaxed))
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	now_s = (unsigned long)now.tv_sec + RATION_S; /* never 0, which means: not yet */
	if (ration->last_s != 0 && now_s - ration->last_s < RATION_S) {
		ration->held_back++;
		return;
	}
	if (ration->held_back > 0)
		snprintf(more, sizeof(more), " (%lu more like this)", ration->held_back);
	*ration = (struct log_ration){ .last_s = now_s };
	va_start(ap, format);
	n = vsnprintf(text, sizeof(text) - sizeof(more), format, ap);
	va_end(ap);
	if (n < 0)
		return;
	memcpy(text + strlen(text), more, strlen(more) + 1);
	write_line(level, text);
}

void fatal(int exit_code, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vlog(LOG_LEVEL_ERROR, format, ap);
	va_end(ap);
	exit(exit_code);
}
