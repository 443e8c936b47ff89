/* SPDX-License-Identifier: Apache-2.0
 *
 * literal.c -- numbers as sscanf() would take them, addresses, networks, ports
 * by name, hexadecimal bytes, patterns.
 */
#include "literal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>

#include "regex_shim.h"

#define SHOW(s) (int)((s).n < 200 ? (s).n : 200), (const char *)(s).p

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* The number that the digits at S are, at most UINT64_MAX, and whether it is more.  False: not
 * digits only. */
static bool digits_or_more(struct span s, uint64_t *ret, bool *ret_more)
{
	bool more = false;
	uint64_t u = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (!is_digit(s.p[i]))
			return false;
		more |= __builtin_mul_overflow(u, 10, &u) ||
			__builtin_add_overflow(u, (uint64_t)(s.p[i] - '0'), &u);
	}
	*ret = more ? UINT64_MAX : u;
	*ret_more = more;
	return s.n > 0;
}

static bool digits(struct span s, uint64_t *ret)
{
	bool more;

	return digits_or_more(s, ret, &more);
}

static int parse_number(struct span text, unsigned type, struct op_right *ret, struct diag *diag)
{
	bool is_signed = param_type_is_signed(type), minus, more;
	unsigned bytes = type == PT_DOUBLE ? 4 : param_type_size(type);
	struct span s = text;
	uint64_t u;

	while (s.n > 0 && (s.p[0] == ' ' || (s.p[0] >= '\t' && s.p[0] <= '\r')))
		s = span_of(s.p + 1, s.n - 1);
	minus = s.n > 0 && s.p[0] == '-';
	if (s.n > 0 && (minus || s.p[0] == '+'))
		s = span_of(s.p + 1, s.n - 1);
	if (!digits_or_more(s, &u, &more)) {
		diag_set(diag, "%.*s is not a valid number", SHOW(text));
		return -EINVAL;
	}
	if (is_signed && u > (uint64_t)INT64_MAX)
		u = minus ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
	if (minus && (is_signed || !more)) /* too much stays all ones, below 0 as well */
		u = -u;
	ret->u = op_narrow(u, bytes, is_signed);
	ret->d = (double)(int32_t)u;
	return 0;
}

static int parse_port(struct span text, struct op_right *ret, struct diag *diag)
{
	char name[64];
	const struct servent *service;
	uint64_t u;

	ret->u = 0;
	if (text.n == 0)
		return 0;
	if (is_digit(text.p[0]) && digits(text, &u)) {
		ret->u = (uint16_t)u;
		return 0;
	}
	/* The one look outside that a core takes: the services database, at load. */
	service = NULL;
	if (text.n < sizeof(name)) {
		memcpy(name, text.p, text.n);
		name[text.n] = '\0';
		service = getservbyname(name, NULL);
	}
	if (service == NULL) {
		diag_set(diag, "unrecognized protocol %.*s", SHOW(text));
		return -EINVAL;
	}
	ret->u = ntohs((uint16_t)service->s_port);
	return 0;
}

static bool parse_address(struct span text, struct ip_addr *ret)
{
	bool dotted = text.n > 0 && memchr(text.p, '.', text.n) != NULL;
	char buf[INET6_ADDRSTRLEN + 1];

	if (text.n == 0 || text.n >= sizeof(buf))
		return false;
	memcpy(buf, text.p, text.n);
	buf[text.n] = '\0';
	*ret = (struct ip_addr){ .family = dotted ? 4 : 6 };
	return inet_pton(dotted ? AF_INET : AF_INET6, buf, ret->addr) == 1;
}

static int parse_ip(struct span text, struct op_right *ret, struct diag *diag)
{
	if (parse_address(text, &ret->ip))
		return 0;
	diag_set(diag, "unrecognized IP address %.*s", SHOW(text));
	return -EINVAL;
}

static int parse_net(struct span text, struct op_right *ret, struct diag *diag)
{
	const uint8_t *slash = text.n == 0 ? NULL : memchr(text.p, '/', text.n);
	struct ip_addr ip;
	uint64_t prefix;

	if (slash != NULL && parse_address(span_of(text.p, (size_t)(slash - text.p)), &ip) &&
	    digits(span_of(slash + 1, text.n - (size_t)(slash + 1 - text.p)), &prefix) &&
	    prefix <= (ip.family == 4 ? 32 : 128) && (ip.family == 4 || prefix > 0)) {
		ret->net.ip = ip;
		ret->net.prefix = (uint8_t)prefix;
		return 0;
	}
	diag_set(diag, "unrecognized IP network %.*s", SHOW(text));
	return -EINVAL;
}

static int parse_bool(struct span text, struct op_right *ret, struct diag *diag)
{
	if (span_is(text, "true")) {
		ret->u = 1;
	} else if (span_is(text, "false")) {
		ret->u = 0;
	} else {
		diag_set(diag,
			 "filter error: unrecognized boolean value %.*s, "
			 "must be 'true' or 'false'",
			 SHOW(text));
		return -EINVAL;
	}
	return 0;
}

static int hex_digit(uint8_t c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int parse_hex(struct span text, struct pool *pool, struct op_right *ret, struct diag *diag)
{
	uint8_t *out = pool_get(pool, text.n / 2);

	if (out == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < text.n; i++) {
		int digit = hex_digit(text.p[i]);

		if (digit < 0 || text.n % 2 != 0) {
			diag_set(diag, "bcontains and bstartswith operator support hex strings "
				       "only");
			return -EINVAL;
		}
		out[i / 2] = (uint8_t)(out[i / 2] << 4 | digit);
	}
	ret->s = span_of(out, text.n / 2);
	return 0;
}

static int parse_text(struct span text, unsigned type, enum op_id op, struct pool *pool,
		      struct op_right *ret, struct diag *diag)
{
	char error[200] = "";
	struct regex *regex;

	if (op == OP_BCONTAINS || op == OP_BSTARTSWITH)
		return parse_hex(text, pool, ret, diag);
	if (type != PT_BYTEBUF && text.n > LITERAL_MAX_STRING) {
		diag_set(diag, "filter parameter too long: %zu bytes, at most %d are allowed",
			 text.n, LITERAL_MAX_STRING);
		return -EINVAL;
	}
	if (op == OP_REGEX) {
		regex = regex_shim_new(text.p, text.n, error, sizeof(error));
		if (regex == NULL && error[0] == '\0') {
			pool_starve(pool);
			return -ENOMEM;
		}
		if (regex == NULL) {
			diag_set(diag, "invalid regex pattern: %s", error);
			return -EINVAL;
		}
		ret->regex = regex;
		return 0;
	}
	ret->s = pool_copy(pool, text);
	return ret->s.p == NULL ? -ENOMEM : 0;
}

int literal_parse(struct span text, unsigned type, enum op_id op, struct pool *pool,
		  struct op_right *ret, struct diag *diag)
{
	enum op_group group = op_group_of(type, false);

	*ret = (struct op_right){ .u = 0 };
	if (group != GROUP_BYTES && text.n > 0 && memchr(text.p, 0, text.n) != NULL) {
		diag_set(diag, "a NUL byte cannot be part of this value");
		return -EINVAL;
	}
	switch (group) {
	case GROUP_NUMBER:
		return type == PT_PORT ? parse_port(text, ret, diag)
				       : parse_number(text, type, ret, diag);
	case GROUP_BOOL:
		return parse_bool(text, ret, diag);
	case GROUP_IP:
		return parse_ip(text, ret, diag);
	case GROUP_NET:
		return parse_net(text, ret, diag);
	case GROUP_STRING:
	case GROUP_BYTES:
		return parse_text(text, type, op, pool, ret, diag);
	default:
		diag_set(diag, "a field of type %s cannot be compared with a constant",
			 param_type_name(type));
		return -EINVAL;
	}
}
