/* SPDX-License-Identifier: Apache-2.0
 *
 * page_gate.c -- see page_gate.h.
 */
#include "page_gate.h"

#include <arpa/inet.h>
#include <strings.h>

#define HOST_MAX 253 /* as names go */

static bool is_letter_or_digit(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool page_gate_is_token(struct span text)
{
	if (text.n < PAGE_TOKEN_LEAST || text.n > PAGE_TOKEN_MOST)
		return false;
	for (size_t i = 0; i < text.n; i++)
		if (!is_letter_or_digit(text.p[i]) && memchr("-._", text.p[i], 3) == NULL)
			return false;
	return true;
}

bool page_gate_has_token(struct span authorization, struct span token)
{
	static const char scheme[] = "Bearer ";
	const size_t skip = sizeof(scheme) - 1;
	volatile uint8_t different = 0;

	if (authorization.n != skip + token.n || token.n == 0 ||
	    strncasecmp((const char *)authorization.p, scheme, skip) != 0)
		return false;
	for (size_t i = 0; i < token.n; i++)
		different = different | (authorization.p[skip + i] ^ token.p[i]);
	return different == 0;
}

static bool is_port(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n <= 5;
}

/* The name in NAME or NAME:PORT or [ADDRESS]:PORT; false: it is none of these. */
static bool take_name(struct span host, char name[HOST_MAX + 1], bool *ret_is_bracketed)
{
	const uint8_t *end;
	struct span rest;
	bool is_bracketed = host.n > 0 && host.p[0] == '[';

	if (is_bracketed)
		host = span_of(host.p + 1, host.n - 1);
	end = host.n == 0 ? NULL : memchr(host.p, is_bracketed ? ']' : ':', host.n);
	if (end == NULL && is_bracketed)
		return false;
	rest = end == NULL ? SPAN_NONE : span_of(end, host.n - (size_t)(end - host.p));
	if (is_bracketed)
		rest = span_of(rest.p + 1, rest.n - 1);
	if (rest.n > 0 && (rest.p[0] != ':' || !is_port(span_of(rest.p + 1, rest.n - 1))))
		return false;
	host.n = end == NULL ? host.n : (size_t)(end - host.p);
	if (host.n == 0 || host.n > HOST_MAX || memchr(host.p, '\0', host.n) != NULL)
		return false;
	memcpy(name, host.p, host.n);
	name[host.n] = '\0';
	*ret_is_bracketed = is_bracketed;
	return true;
}

bool page_gate_knows_host(struct span host, const struct conf_list *names)
{
	char name[HOST_MAX + 1];
	struct in6_addr address;
	bool is_bracketed;

	if (!take_name(host, name, &is_bracketed))
		return false;
	if (is_bracketed)
		return inet_pton(AF_INET6, name, &address) == 1;
	if (inet_pton(AF_INET, name, &address) == 1 || strcasecmp(name, "localhost") == 0)
		return true;
	for (unsigned i = 0; i < names->count; i++)
		if (strcasecmp(name, names->item[i]) == 0)
			return true;
	return false;
}

bool page_gate_number(const char *text, uint64_t standard, uint64_t *ret)
{
	uint64_t n = 0;

	if (text == NULL) {
		*ret = standard;
		return true;
	}
	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9' || n > (UINT64_MAX - 9) / 10)
			return false;
		n = n * 10 + (uint64_t)(*text - '0');
	}
	*ret = n;
	return true;
}
