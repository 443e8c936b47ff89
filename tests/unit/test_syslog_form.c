/* SPDX-License-Identifier: Apache-2.0
 *
 * What the system's log is told, and where it is.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>

#include "syslog_form.h"

#define S(text) span_of(text, sizeof(text) - 1)

static uint8_t buf[4096];

static const char *text_of(ssize_t n)
{
	cr_assert(n >= 0 && (size_t)n < sizeof(buf));
	buf[n] = '\0';
	return (const char *)buf;
}

static struct syslog_head head(void)
{
	return (struct syslog_head){
		.facility = 16,
		.severity = 4,
		.hostname = S("perch"),
		.ident = S("mews"),
		.ts_ns = UINT64_C(1795462437000001002),
		.month = 10,
		.day = 3,
		.hour = 9,
		.minute = 8,
		.second = 7,
	};
}

Test(syslog_form, as_the_c_library_writes_it)
{
	struct syslog_head h = head();

	cr_assert_str_eq(text_of(syslog_rfc3164(&h, S("a line"), buf, sizeof(buf))),
			 "<132>Nov  3 09:08:07 mews: a line");
	h.day = 23;
	h.facility = 1;
	cr_assert_str_eq(text_of(syslog_rfc3164(&h, S("x"), buf, sizeof(buf))),
			 "<12>Nov 23 09:08:07 mews: x");
}

Test(syslog_form, as_rfc_5424_has_it)
{
	struct syslog_head h = head();

	cr_assert_str_eq(text_of(syslog_rfc5424(&h, S("a line"), buf, sizeof(buf))),
			 "<132>1 2026-11-23T19:33:57.000001Z perch mews - - - a line");
	h.hostname = S("a b\n\xc3\xa4");
	h.ident = S("");
	h.uuid = S("01234567-89ab-8def-8123-456789abcdef");
	cr_assert_str_eq(text_of(syslog_rfc5424(&h, S("x"), buf, sizeof(buf))),
			 "<132>1 2026-11-23T19:33:57.000001Z ab - - - "
			 "[mews@32473 uuid=\"01234567-89ab-8def-8123-456789abcdef\"] x");
}

Test(syslog_form, names_are_as_long_as_they_may_be)
{
	static char name[300];
	struct syslog_head h = head();
	const char *text;

	memset(name, 'n', sizeof(name));
	h.hostname = h.ident = span_of(name, sizeof(name));
	text = text_of(syslog_rfc5424(&h, S("x"), buf, sizeof(buf)));
	cr_assert(eq(sz, strspn(strchr(text, 'Z') + 2, "n"), 255));
	cr_assert(eq(sz, strspn(strchr(text, 'Z') + 2 + 256, "n"), 48));
}

Test(syslog_form, what_does_not_fit_is_said)
{
	struct syslog_head h = head();

	for (size_t cap = 0; cap < 30; cap++) {
		cr_assert(eq(i64, syslog_rfc3164(&h, S("a line"), buf, cap), -ENOSPC));
		cr_assert(eq(i64, syslog_rfc5424(&h, S("a line"), buf, cap), -ENOSPC));
	}
	cr_assert(eq(i64, syslog_frame(S("123456789"), buf, 10), -ENOSPC));
	cr_assert_str_eq(text_of(syslog_frame(S("1234567890"), buf, sizeof(buf))), "10 1234567890");
}

Test(syslog_form, addresses)
{
	static const struct {
		const char *text, *host, *port; /* host NULL: none */
	} cases[] = {
		{ "", "127.0.0.1", "514" },
		{ ":99", "127.0.0.1", "99" },
		{ "log.example", "log.example", "514" },
		{ "log.example:", "log.example", "514" },
		{ "10.0.0.1:1514", "10.0.0.1", "1514" },
		{ "[::1]:1514", "::1", "1514" },
		{ "[::1]", "::1", "514" },
		{ "fe80::1", "fe80::1", "514" },
		{ "[::1", NULL, NULL },
		{ "[::1]x", NULL, NULL },
		{ "a-name-that-is-longer-than-the-room-for-it", NULL, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char host[32], port[32];
		bool good = syslog_address(cases[i].text, "514", host, port, sizeof(host));

		cr_assert(good == (cases[i].host != NULL), "%s", cases[i].text);
		if (!good)
			continue;
		cr_assert_str_eq(host, cases[i].host);
		cr_assert_str_eq(port, cases[i].port);
	}
}
