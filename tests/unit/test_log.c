/* SPDX-License-Identifier: Apache-2.0
 *
 * The log: nothing that a host names can forge a line or steer a terminal.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <unistd.h>

#include "log.h"

static const char *escaped(const char *text)
{
	static char buf[256];

	log_escape(buf, sizeof(buf), text);
	return buf;
}

Test(log, what_can_be_printed_stays)
{
	cr_assert_str_eq(escaped("a 'b' \\ ~"), "a 'b' \\ ~");
	cr_assert_str_eq(escaped("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\xa6\x85"),
			 "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\xa6\x85");
}

Test(log, control_characters_and_broken_bytes_are_escaped)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "a\nb", "a\\x0ab" },
		{ "\x1b[2J", "\\x1b[2J" },
		{ "\x7f", "\\x7f" },
		{ "\xc2\x9b"
		  "2J",
		  "\\xc2\\x9b2J" },				/* a C1 control */
		{ "\xe2\x80\xae", "\\xe2\\x80\\xae" },		/* right-to-left override */
		{ "\xff", "\\xff" },				/* no UTF-8 */
		{ "\xc0\xaf", "\\xc0\\xaf" },			/* overlong */
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },		/* a surrogate */
		{ "\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80" }, /* beyond Unicode */
		{ "\xe2\x82", "\\xe2\\x82" },			/* cut */
		{ "\x80", "\\x80" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_expect_str_eq(escaped(cases[i].text), cases[i].want);
}

Test(log, a_text_that_does_not_fit_is_cut_at_a_character)
{
	char buf[6];

	cr_assert(eq(ulong, log_escape(buf, sizeof(buf), "abcd\xc3\xbc"), 4));
	cr_assert_str_eq(buf, "abcd");
	cr_assert(eq(ulong, log_escape(buf, sizeof(buf), "ab\n"), 2));
	cr_assert(eq(ulong, log_escape(buf, 1, "ab"), 0));
	cr_assert_str_eq(buf, "");
}

Test(log, levels_have_falcos_words_too)
{
	enum log_level level;

	cr_assert(eq(int, log_level_parse("debug", &level), 0));
	cr_assert(eq(int, (int)level, LOG_LEVEL_DEBUG));
	cr_assert(eq(int, log_level_parse("critical", &level), 0));
	cr_assert(eq(int, (int)level, LOG_LEVEL_ERROR));
	cr_assert(lt(int, log_level_parse("loud", &level), 0));
	cr_assert(lt(int, log_level_parse("", &level), 0));
}

/* What goes to stderr while FN runs, the first bytes of it. */
static void captured(void (*fn)(void), char *buf, size_t cap)
{
	int p[2], saved = dup(STDERR_FILENO);
	ssize_t n;

	cr_assert(eq(int, pipe2(p, O_NONBLOCK), 0));
	dup2(p[1], STDERR_FILENO);
	fn();
	dup2(saved, STDERR_FILENO);
	n = read(p[0], buf, cap - 1);
	buf[n > 0 ? n : 0] = '\0';
	close(p[0]);
	close(p[1]);
	close(saved);
}

static void say_something(void)
{
	log_open("mews-test", LOG_LEVEL_INFO);
	log_debug("hidden");
	log_warning("cannot open '%s'", "a\nmews-test: error: forged");
	log_info("done");
}

Test(log, a_line_is_a_line_with_name_and_level)
{
	char buf[512];

	captured(say_something, buf, sizeof(buf));
	cr_assert_str_eq(buf, "mews-test: warning: cannot open 'a\\x0amews-test: error: forged'\n"
			      "mews-test: done\n");
}

static void say_much(void)
{
	log_open("mews-test", LOG_LEVEL_INFO);
	for (int i = 0; i < 1000; i++)
		log_rationed(LOG_LEVEL_WARNING, "again %d", i);
}

Test(log, repeats_are_rationed)
{
	char buf[512];

	captured(say_much, buf, sizeof(buf));
	cr_assert_str_eq(buf, "mews-test: warning: again 0\n");
}

static void flood(void)
{
	log_open("mews-test", LOG_LEVEL_INFO);
	for (int i = 0; i < 10000; i++)
		log_info("%1000d", i);
}

Test(log, a_reader_who_does_not_read_stops_nobody, .timeout = 10)
{
	char buf[64];
	int p[2], saved = dup(STDERR_FILENO);

	/* A pipe that blocks: writing all of it would take for ever. */
	cr_assert(eq(int, pipe2(p, 0), 0));
	dup2(p[1], STDERR_FILENO);
	flood();
	dup2(saved, STDERR_FILENO);
	cr_assert(lt(long, 0, (long)read(p[0], buf, sizeof(buf))));
}
