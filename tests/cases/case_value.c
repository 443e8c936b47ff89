/* SPDX-License-Identifier: Apache-2.0
 *
 * case_value.c -- see case_value.h.  Names come from our own tables where they
 * have them; the rest is what the cases themselves use.
 */
#include "case_value.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "names.h"

/* ---- memory ---- */

static struct piece {
	struct piece *next;
	uint8_t bytes[];
} * pieces;

uint8_t *case_bytes(size_t n)
{
	struct piece *p = calloc(1, sizeof(*p) + n + 1);

	if (p == NULL)
		abort();
	p->next = pieces;
	pieces = p;
	return p->bytes;
}

void case_values_clear(void)
{
	while (pieces != NULL) {
		struct piece *p = pieces;

		pieces = p->next;
		free(p);
	}
}

/* ---- names ---- */

static const struct {
	const char *name;
	int64_t value;
} numbers[] = {
	{ "INIT_TID", 1 },
	{ "INIT_PID", 1 },
	{ "INIT_PTID", 0 },
	{ "DEFAULT_VALUE", 0 },
	{ "DEFAULT_CLIENT_PORT", 54321 },
	{ "DEFAULT_SERVER_PORT", 443 },
	{ "open_params::default_fd", 4 },
	{ "socket_params::default_fd", 5 },
	{ "SOCK_STREAM", 1 },
	{ "SOCK_DGRAM", 2 },
	{ "SOCK_RAW", 3 },
	{ "IPPROTO_IP", 0 },
	{ "IPPROTO_ICMP", 1 },
	{ "IPPROTO_TCP", 6 },
	{ "IPPROTO_UDP", 17 },
	{ "IPPROTO_RAW", 255 },
	{ "PPM_AT_FDCWD", -100 },
	{ "AT_FDCWD", -100 },
	{ "INT32_MAX", INT32_MAX },
	{ "UINT16_MAX", UINT16_MAX },
	{ "UINT32_MAX", UINT32_MAX },
	{ "INT64_MAX", INT64_MAX },
	{ "UINT64_MAX", -1 },
};

static const struct {
	const char *name, *value;
} strings[] = {
	{ "DEFAULT_IPV4_CLIENT_STRING", "172.40.111.222" },
	{ "DEFAULT_IPV4_SERVER_STRING", "142.251.111.147" },
	{ "DEFAULT_IPV6_CLIENT_STRING", "::1" },
	{ "DEFAULT_IPV6_SERVER_STRING", "2001:4860:4860::8888" },
};

const char *case_string(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(strings); i++)
		if (strcmp(strings[i].name, name) == 0)
			return strings[i].value;
	return NULL;
}

static bool flag_of(unsigned table, const char *name, int64_t *ret)
{
	const struct flag_table *t = flag_table(table);

	for (unsigned i = 0; i < t->count; i++)
		if (strcmp(t->flags[i].name, name) == 0) {
			*ret = t->flags[i].value;
			return true;
		}
	return false;
}

/* The names of flags as C has them are those of the tables behind a prefix. */
static bool flag_number(const char *name, unsigned table, int64_t *ret)
{
	static const char *const prefixes[] = { "PPM_CL_", "PPM_EXVAT_", "PPM_FCNTL_", "PPM_", "" };
	char whole[192];

	if (strncmp(name, "PPM_CL_CHILD", 12) == 0) {
		snprintf(whole, sizeof(whole), "CLONE_%s", name + 7);
		return flag_of(FLAG_TABLE_clone_flags, whole, ret);
	}
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		const char *rest = name + strlen(prefixes[i]);

		if (strncmp(name, prefixes[i], strlen(prefixes[i])) != 0)
			continue;
		if (flag_of(table, rest, ret))
			return true;
		for (unsigned t = 1; t < FLAG_TABLE_COUNT; t++)
			if (flag_of(t, rest, ret))
				return true;
	}
	return false;
}

static bool errno_number(const char *name, int64_t *ret)
{
	name += strncmp(name, "SE_", 3) == 0 ? 3 : 0;
	for (int64_t e = 1; e < 4096; e++)
		if (name_of_errno(e) != NULL && strcmp(name_of_errno(e), name) == 0) {
			*ret = e;
			return true;
		}
	return false;
}

static bool name_number(const char *name, unsigned table, int64_t *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		if (strcmp(numbers[i].name, name) == 0) {
			*ret = numbers[i].value;
			return true;
		}
	return flag_number(name, table, ret) || errno_number(name, ret);
}

/* ---- sums ---- */

struct reader {
	const char *p;
	unsigned table;
};

static bool read_sum(struct reader *r, int64_t *ret);

static void skip_blanks(struct reader *r)
{
	while (*r->p == ' ')
		r->p++;
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == ':' || c == '.';
}

static bool read_word(struct reader *r, int64_t *ret)
{
	char word[128], *end;
	size_t n = 0;

	while (is_word(r->p[n]))
		n++;
	if (n == 0 || n >= sizeof(word))
		return false;
	memcpy(word, r->p, n);
	word[n] = '\0';
	r->p += n;
	if (word[0] < '0' || word[0] > '9')
		return name_number(word, r->table, ret);
	*ret = (int64_t)strtoull(word, &end, 0);
	return end[strspn(end, "uUlL")] == '\0';
}

static bool read_term(struct reader *r, int64_t *ret)
{
	skip_blanks(r);
	if (*r->p == '-') {
		r->p++;
		if (!read_term(r, ret))
			return false;
		*ret = -*ret;
		return true;
	}
	if (*r->p == '(') {
		r->p++;
		if (!read_sum(r, ret))
			return false;
		skip_blanks(r);
		return *r->p++ == ')';
	}
	return read_word(r, ret);
}

static bool read_sum(struct reader *r, int64_t *ret)
{
	int64_t next;

	if (!read_term(r, ret))
		return false;
	for (skip_blanks(r); *r->p == '|' || *r->p == '+'; skip_blanks(r)) {
		char op = *r->p++;

		if (!read_term(r, &next))
			return false;
		*ret = op == '|' ? *ret | next : *ret + next;
	}
	return true;
}

bool case_number(const char *text, unsigned table, int64_t *ret)
{
	struct reader r = { text, table };

	if (!read_sum(&r, ret))
		return false;
	skip_blanks(&r);
	return *r.p == '\0';
}

/* ---- bytes ---- */

struct span case_json_bytes(const json_t *s)
{
	const uint8_t *p = (const uint8_t *)json_string_value(s);
	size_t n = json_string_length(s), out = 0;
	uint8_t *bytes = case_bytes(n);

	for (size_t i = 0; i < n; i++) {
		if ((p[i] == 0xc2 || p[i] == 0xc3) && i + 1 < n) {
			bytes[out++] = (uint8_t)(p[i] << 6 | (p[i + 1] & 0x3f));
			i++;
		} else {
			bytes[out++] = p[i];
		}
	}
	return span_of(bytes, out);
}

/* ---- socket addresses ---- */

enum { UNIX = 1, INET = 2, INET6 = 10 };

static bool number_of(const json_t *v, unsigned table, int64_t *ret)
{
	const char *text = json_string_value(json_object_get(v, "v"));

	if (text == NULL)
		text = json_string_value(json_object_get(v, "const"));
	return text != NULL && case_number(text, table, ret);
}

static const char *string_of(const json_t *v)
{
	if (json_is_string(v))
		return json_string_value(v);
	v = json_object_get(v, "const");
	return json_is_string(v) ? case_string(json_string_value(v)) : NULL;
}

/* One end, [PORT, ADDRESS] or [PATH], behind AT: how many bytes; 0: not known. */
static size_t put_end(const json_t *end, uint8_t *at, uint8_t *ret_family)
{
	const json_t *v4 = json_object_get(end, "sockaddr_in");
	const json_t *v6 = json_object_get(end, "sockaddr_in6");
	const json_t *un = json_object_get(end, "sockaddr_un");
	const json_t *ip = v4 != NULL ? v4 : v6;
	size_t n = v4 != NULL ? 4 : 16;
	const char *text;
	int64_t port;

	if (un != NULL) {
		struct span path = case_json_bytes(json_array_get(un, 0));

		*ret_family = UNIX;
		memcpy(at, path.p, path.n);
		at[path.n] = 0;
		return path.n + 1;
	}
	text = string_of(json_array_get(ip, 1));
	if (text == NULL || !number_of(json_array_get(ip, 0), FLAG_TABLE_NONE, &port) ||
	    inet_pton(v4 != NULL ? AF_INET : AF_INET6, text, at) != 1)
		return 0;
	*ret_family = v4 != NULL ? INET : INET6;
	at[n] = (uint8_t)port;
	at[n + 1] = (uint8_t)(port >> 8);
	return n + 2;
}

static bool put_ends(const json_t *ends, struct param *ret)
{
	uint8_t *p = case_bytes(1 + 2 * 128);
	size_t n = 1, i;

	for (i = 0; i < json_array_size(ends) && i < 2; i++) {
		size_t len = put_end(json_array_get(ends, i), p + n, p);

		if (len == 0)
			return false;
		n += len;
	}
	*ret = (struct param){ .kind = PARAM_BYTES, .s = span_of(p, n) };
	return i > 0;
}

/* "POINTER, POINTER, name.c_str()": the path stands in the event's address. */
static bool put_unix_tuple(const char *text, const json_t *all, struct param *ret)
{
	unsigned long long from, to;
	struct span path = SPAN_NONE;
	uint8_t *p;

	if (sscanf(text, "%llx, %llx", &from, &to) != 2)
		return false;
	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *address = json_object_get(json_array_get(all, i), "packed_sockaddr");
		const json_t *un = json_object_get(json_array_get(address, 0), "sockaddr_un");

		if (un != NULL)
			path = case_json_bytes(json_array_get(un, 0));
	}
	p = case_bytes(17 + path.n + 1);
	p[0] = UNIX;
	memcpy(p + 1, &from, 8);
	memcpy(p + 9, &to, 8);
	if (path.n > 0)
		memcpy(p + 17, path.p, path.n);
	*ret = (struct param){ .kind = PARAM_BYTES, .s = span_of(p, 17 + path.n + 1) };
	return true;
}

/* ---- parameters ---- */

/* The length of the event's buffer, if it is written as NAME. */
static bool buffer_length(const char *name, const json_t *all, int64_t *ret)
{
	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *v = json_array_get(all, i);
		const char *len = json_string_value(json_object_get(v, "len"));

		if (len != NULL && strcmp(len, name) == 0) {
			*ret = (int64_t)case_json_bytes(json_object_get(v, "bytes")).n;
			return true;
		}
	}
	return false;
}

/* Each string with its NUL. */
static struct span strings_of(const json_t *list)
{
	size_t n = 0;
	uint8_t *p;

	for (size_t i = 0; i < json_array_size(list); i++)
		n += case_json_bytes(json_array_get(list, i)).n + 1;
	p = case_bytes(n);
	n = 0;
	for (size_t i = 0; i < json_array_size(list); i++) {
		struct span s = case_json_bytes(json_array_get(list, i));

		memcpy(p + n, s.p, s.n);
		n += s.n + 1;
	}
	return span_of(p, n);
}

/* As many bits as the parameter has on the wire. */
static uint64_t cut_to(int64_t v, unsigned type)
{
	unsigned size = param_type_size(type);
	uint64_t u = (uint64_t)v;

	if (size == 0 || size >= 8)
		return u;
	u &= (UINT64_C(1) << size * 8) - 1;
	if (param_type_is_signed(type) && u >> (size * 8 - 1) != 0)
		u |= ~UINT64_C(0) << size * 8;
	return u;
}

static bool put_number(const char *text, const struct event_param *info, const json_t *all,
		       struct param *ret)
{
	int64_t v;

	if (strcmp(text, "NULL") == 0 || strcmp(text, "nullptr") == 0) {
		*ret = (struct param){ .kind = PARAM_EMPTY };
		return true;
	}
	if (!case_number(text, info->table, &v) && !buffer_length(text, all, &v))
		return false;
	if (param_type_size(info->type) == 0)
		return false;
	*ret = (struct param){ .kind = PARAM_INT, .u = cut_to(v, info->type) };
	return true;
}

static struct param bytes_or_empty(struct span s)
{
	if (s.n == 0)
		return (struct param){ .kind = PARAM_EMPTY };
	return (struct param){ .kind = PARAM_BYTES, .s = s };
}

bool case_param(const json_t *value, const struct event_param *info, const json_t *all,
		struct param *ret)
{
	const json_t *v;
	const char *text;

	if (json_is_null(value)) {
		*ret = (struct param){ .kind = PARAM_EMPTY };
		return true;
	}
	if (json_is_string(value)) {
		*ret = (struct param){ .kind = PARAM_BYTES, .s = case_json_bytes(value) };
		return param_type_size(info->type) == 0;
	}
	if (json_is_integer(value)) {
		*ret = (struct param){ .kind = PARAM_INT,
				       .u = cut_to(json_integer_value(value), info->type) };
		return param_type_size(info->type) != 0;
	}
	if ((v = json_object_get(value, "strings")) != NULL)
		*ret = bytes_or_empty(strings_of(v));
	else if ((v = json_object_get(value, "bytes")) != NULL)
		*ret = bytes_or_empty(case_json_bytes(v));
	else if ((v = json_object_get(value, "packed_sockaddr")) != NULL ||
		 (v = json_object_get(value, "packed_socktuple")) != NULL)
		return put_ends(v, ret);
	else if ((v = json_object_get(value, "packed_unix_socktuple")) != NULL)
		return put_unix_tuple(json_string_value(v), all, ret);
	else if ((text = json_string_value(json_object_get(value, "v"))) != NULL ||
		 (text = json_string_value(json_object_get(value, "const"))) != NULL)
		return put_number(text, info, all, ret);
	else
		return false;
	return true;
}
