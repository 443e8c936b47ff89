/* SPDX-License-Identifier: Apache-2.0
 *
 * syslog_form.c -- see syslog_form.h.
 */
#include "syslog_form.h"

#include <errno.h>

#include "format_parts.h"
#include "line.h"

#define MAX_HOSTNAME 255
#define MAX_IDENT    48

static void put_priority(struct line *t, const struct syslog_head *h)
{
	line_put_char(t, '<');
	line_put_uint(t, h->facility * 8 + h->severity);
	line_put_char(t, '>');
}

ssize_t syslog_rfc3164(const struct syslog_head *h, struct span line, uint8_t *buf, size_t cap)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct line t;

	line_init(&t, buf, cap);
	put_priority(&t, h);
	line_put(&t, span_of(months + 3 * (h->month % 12), 3));
	line_puts(&t, h->day < 10 ? "  " : " ");
	line_put_uint(&t, h->day);
	line_put_char(&t, ' ');
	line_put_padded(&t, h->hour, 2);
	line_put_char(&t, ':');
	line_put_padded(&t, h->minute, 2);
	line_put_char(&t, ':');
	line_put_padded(&t, h->second, 2);
	line_put_char(&t, ' ');
	line_put(&t, h->ident);
	line_puts(&t, ": ");
	line_put(&t, line);
	return line_length(&t);
}

/* Only printable ASCII without blanks. */
static void put_name(struct line *t, struct span name, size_t most)
{
	size_t n = 0;

	for (size_t i = 0; i < name.n && n < most; i++) {
		if (name.p[i] <= ' ' || name.p[i] >= 0x7f)
			continue;
		line_put_char(t, (char)name.p[i]);
		n++;
	}
	if (n == 0)
		line_put_char(t, '-');
}

/* 2026-11-23T19:33:57.000001Z: six digits are all that it may have. */
static void put_time(struct line *t, uint64_t ts_ns)
{
	uint8_t text[64];
	struct line time;
	ssize_t n;

	line_init(&time, text, sizeof(text));
	format_put_utc(&time, ts_ns, "");
	n = line_length(&time);
	line_put(t, span_of(text, n > 3 ? (size_t)n - 3 : 0));
	line_put_char(t, 'Z');
}

ssize_t syslog_rfc5424(const struct syslog_head *h, struct span line, uint8_t *buf, size_t cap)
{
	struct line t;

	line_init(&t, buf, cap);
	put_priority(&t, h);
	line_puts(&t, "1 ");
	put_time(&t, h->ts_ns);
	line_put_char(&t, ' ');
	put_name(&t, h->hostname, MAX_HOSTNAME);
	line_put_char(&t, ' ');
	put_name(&t, h->ident, MAX_IDENT);
	line_puts(&t, " - - ");
	if (h->uuid.n == 0) {
		line_put_char(&t, '-');
	} else {
		line_puts(&t, "[mews@32473 uuid=\"");
		line_put(&t, h->uuid);
		line_puts(&t, "\"]");
	}
	line_put_char(&t, ' ');
	line_put(&t, line);
	return line_length(&t);
}

ssize_t syslog_frame(struct span message, uint8_t *buf, size_t cap)
{
	struct line t;

	line_init(&t, buf, cap);
	line_put_uint(&t, message.n);
	line_put_char(&t, ' ');
	line_put(&t, message);
	return line_length(&t);
}

static bool copy(char *ret, size_t cap, const char *text, size_t n)
{
	if (n >= cap)
		return false;
	memcpy(ret, text, n);
	ret[n] = '\0';
	return true;
}

bool syslog_address(const char *text, const char *default_port, char *ret_host, char *ret_port,
		    size_t cap)
{
	const char *port = NULL, *end;
	size_t n;

	if (*text == '[') {
		end = strchr(++text, ']');
		if (end == NULL || (end[1] != '\0' && end[1] != ':'))
			return false;
		n = (size_t)(end - text);
		port = end[1] == ':' ? end + 2 : NULL;
	} else {
		end = strchr(text, ':');
		/* With two colons it is an address of IPv6, and nothing else. */
		if (end != NULL && strchr(end + 1, ':') == NULL)
			port = end + 1;
		n = port == NULL ? strlen(text) : (size_t)(end - text);
	}
	if (n == 0) {
		text = "127.0.0.1";
		n = strlen(text);
	}
	if (port == NULL || *port == '\0')
		port = default_port;
	return copy(ret_host, cap, text, n) && copy(ret_port, cap, port, strlen(port));
}
