/* SPDX-License-Identifier: Apache-2.0
 *
 * log.h -- what a stage says to people, on stderr or to the system's log: one line each, with the
 * program's name, escaped, so that bytes from the host cannot forge a line.
 * Shell only.  log_*() may be called from any thread.
 *
 * Wording: lower case, what went wrong first, names in 'quotes', what happens
 * next after a comma.
 */
#ifndef MEWS_LOG_H
#define MEWS_LOG_H

#include <stdarg.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* NAME must live on; LEVEL: what is less urgent is not printed. */
void log_open(const char *name, enum log_level level);
void log_set_level(enum log_level level);

/* Where lines go; before anybody says so, to stderr.  The system's log is opened now: a jail may not
 * let that be later. */
void log_set_places(int to_stderr, int to_syslog);

/* "error", "warning", "info", "debug", and Falco's words for what lies between; -EINVAL. */
int log_level_parse(const char *text, enum log_level *ret);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* At most one line in 10 s from one place in the code; says how many it kept back. */
#define log_rationed(level, ...)                                                                   \
	do {                                                                                       \
		static struct log_ration log_ration_here;                                          \
		log_rationed_at(&log_ration_here, level, __VA_ARGS__);                             \
	} while (0)

struct log_ration {
	unsigned long last_s, held_back;
};
void log_rationed_at(struct log_ration *ration, enum log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* TEXT into BUF (always terminated, cut if it must be): printable UTF-8 stays, every other byte
 * and every control character becomes \xHH.  Returns the length. */
unsigned long log_escape(char *buf, unsigned long cap, const char *text);

/* Prints and ends the program with EXIT_CODE.  Only at set-up, never after the jail. */
_Noreturn void fatal(int exit_code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Exit codes of all programs (interface: scripts rely on them). */
enum {
	EXIT_OK = 0,
	EXIT_INPUT = 1, /* a rule, setting or input is wrong */
	EXIT_USAGE = 2,
	EXIT_HOST = 3,	/* the host cannot do it: privilege, kernel */
	EXIT_STAGE = 4, /* a stage failed for good */
	EXIT_DROPS = 5, /* of a stage: the settings say to end when events are dropped */
};

/* An invariant of ours is broken: say where and abort; the supervisor restarts the stage. */
#define BUG_ON(cond)                                                                               \
	do {                                                                                       \
		if (__builtin_expect(!!(cond), 0))                                                 \
			__builtin_trap();                                                          \
	} while (0)

#endif
