/* SPDX-License-Identifier: Apache-2.0
 *
 * netaddr.c -- socket addresses; see netaddr.h.
 */
#include "netaddr.h"
#include "mapped_address.h"

enum { TUPLE4 = 13, TUPLE6 = 37, ADDR4 = 7, ADDR6 = 19, TUPLE_UNIX = 17 };

static uint16_t load16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint64_t load64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* Up to the first NUL: what stands behind it is not the path's. */
static struct span path_of(const uint8_t *p, size_t n)
{
	const uint8_t *end = n > 0 ? memchr(p, 0, n) : NULL;

	return span_of(p, end != NULL ? (size_t)(end - p) : n);
}

bool net_parse_tuple(struct span s, struct net_tuple *ret)
{
	struct net_tuple t = { 0 };

	if (s.n == 0)
		return false;
	t.family = s.p[0];
	if (t.family == FAMILY_INET && s.n >= TUPLE4) {
		memcpy(t.sip, s.p + 1, 4);
		t.sport = load16(s.p + 5);
		memcpy(t.dip, s.p + 7, 4);
		t.dport = load16(s.p + 11);
	} else if (t.family == FAMILY_INET6 && s.n >= TUPLE6) {
		memcpy(t.sip, s.p + 1, 16);
		t.sport = load16(s.p + 17);
		memcpy(t.dip, s.p + 19, 16);
		t.dport = load16(s.p + 35);
	} else if (t.family == FAMILY_UNIX && s.n >= TUPLE_UNIX) {
		t.source = load64(s.p + 1);
		t.dest = load64(s.p + 9);
		t.path = path_of(s.p + TUPLE_UNIX, s.n - TUPLE_UNIX);
	} else {
		return false;
	}
	*ret = t;
	return true;
}

bool net_parse_addr(struct span s, struct net_tuple *ret)
{
	struct net_tuple t = { 0 };

	if (s.n == 0)
		return false;
	t.family = s.p[0];
	if (t.family == FAMILY_INET && s.n >= ADDR4) {
		memcpy(t.dip, s.p + 1, 4);
		t.dport = load16(s.p + 5);
	} else if (t.family == FAMILY_INET6 && s.n >= ADDR6) {
		memcpy(t.dip, s.p + 1, 16);
		t.dport = load16(s.p + 17);
	} else if (t.family == FAMILY_UNIX) {
		t.path = path_of(s.p + 1, s.n - 1);
	} else {
		return false;
	}
	*ret = t;
	return true;
}

static void unmap(uint8_t *ip)
{
	memmove(ip, ip + 12, 4);
	memset(ip + 4, 0, 12);
}

void net_unmap(struct net_tuple *t)
{
	if (t->family != FAMILY_INET6 || !address_is_mapped(t->sip) || !address_is_mapped(t->dip))
		return;
	t->family = FAMILY_INET;
	unmap(t->sip);
	unmap(t->dip);
}

void net_unmap_addr(struct net_tuple *t)
{
	if (t->family != FAMILY_INET6 || !address_is_mapped(t->dip))
		return;
	t->family = FAMILY_INET;
	unmap(t->dip);
}

/* ---- text ---- */

static size_t put_text(char *out, size_t n, const char *s)
{
	size_t len = strlen(s);

	memcpy(out + n, s, len);
	return n + len;
}

static size_t put_uint(char *out, size_t n, uint64_t v, unsigned base)
{
	char digits[20];
	unsigned k = 0;

	do {
		digits[k++] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v != 0);
	while (k > 0)
		out[n++] = digits[--k];
	return n;
}

static size_t put_ipv4(char *out, size_t n, const uint8_t *ip)
{
	for (int i = 0; i < 4; i++) {
		if (i > 0)
			out[n++] = '.';
		n = put_uint(out, n, ip[i], 10);
	}
	return n;
}

/* Where the longest run of zero groups begins, and its length (0: none of two). */
static int zero_run(const uint8_t *ip, int *ret_len)
{
	int best = -1, best_len = 1;

	for (int i = 0; i < 8;) {
		int j = i;

		while (j < 8 && ip[2 * j] == 0 && ip[2 * j + 1] == 0)
			j++;
		if (j - i > best_len) {
			best = i;
			best_len = j - i;
		}
		i = j + (j == i);
	}
	*ret_len = best < 0 ? 0 : best_len;
	return best;
}

/* As inet_ntop() writes it. */
static size_t put_ipv6(char *out, size_t n, const uint8_t *ip)
{
	int run_len, run = zero_run(ip, &run_len);
	bool v4 = run == 0 && (run_len == 6 || (run_len == 5 && address_is_mapped(ip)));

	for (int i = 0; i < 8; i++) {
		if (run >= 0 && i >= run && i < run + run_len) {
			if (i == run)
				out[n++] = ':';
			continue;
		}
		if (i != 0)
			out[n++] = ':';
		if (i == 6 && v4)
			return put_ipv4(out, n, ip + 12);
		n = put_uint(out, n, (unsigned)ip[2 * i] << 8 | ip[2 * i + 1], 16);
	}
	if (run >= 0 && run + run_len == 8)
		out[n++] = ':';
	return n;
}

static size_t put_ip(char *out, size_t n, const uint8_t *ip, bool is_ipv6)
{
	return is_ipv6 ? put_ipv6(out, n, ip) : put_ipv4(out, n, ip);
}

static size_t put_port(char *out, size_t n, uint16_t port)
{
	out[n++] = ':';
	return put_uint(out, n, port, 10);
}

static size_t put_path(char *out, size_t n, struct span path)
{
	size_t room = NET_TEXT - n;
	size_t len = path.n < room ? path.n : room;

	if (len > 0)
		memcpy(out + n, path.p, len);
	return n + len;
}

size_t net_addr_text(char *out, const struct net_tuple *t)
{
	size_t n = 0;

	if (t->family == FAMILY_UNIX)
		return put_path(out, 0, t->path);
	n = put_ip(out, n, t->dip, t->family == FAMILY_INET6);
	return put_port(out, n, t->dport);
}

size_t net_tuple_text(char *out, const struct net_tuple *t, enum file_type type, unsigned l4)
{
	bool v6 = type == FILE_IPV6 || type == FILE_IPV6_SERVER;
	bool ports = l4 == L4_TCP || l4 == L4_UDP;
	size_t n = 0;

	switch (type) {
	case FILE_IPV4:
	case FILE_IPV6:
		if (!ports && l4 != L4_ICMP && l4 != L4_RAW)
			return put_text(out, 0, "<unknown>");
		n = put_ip(out, n, t->sip, v6);
		if (ports)
			n = put_port(out, n, t->sport);
		n = put_text(out, n, "->");
		n = put_ip(out, n, t->dip, v6);
		return ports ? put_port(out, n, t->dport) : n;
	case FILE_IPV4_SERVER:
	case FILE_IPV6_SERVER:
		n = put_ip(out, n, t->dip, v6);
		return put_port(out, n, t->dport);
	case FILE_UNIX:
		n = put_uint(out, n, t->source, 16);
		n = put_text(out, n, "->");
		n = put_uint(out, n, t->dest, 16);
		out[n++] = ' ';
		return put_path(out, n, t->path);
	default:
		return 0;
	}
}

/* ---- the machine's own addresses ---- */

void net_local_set(struct net_local *l, const struct host_frame *host)
{
	l->count = host->naddrs < HOST_MAX_ADDRS ? host->naddrs : HOST_MAX_ADDRS;
	for (unsigned i = 0; i < l->count; i++) {
		l->addr[i] = host->addrs[i];
		l->addr[i].name = SPAN_NONE;
	}
}

bool net_is_zero(const uint8_t *ip, bool is_ipv6)
{
	static const uint8_t zero[16];

	return memcmp(ip, zero, is_ipv6 ? 16 : 4) == 0;
}

static bool is_loopback(const uint8_t *ip, bool is_ipv6)
{
	static const uint8_t one[16] = { [15] = 1 };

	return is_ipv6 ? memcmp(ip, one, 16) == 0 : ip[0] == 127;
}

/* IPv4 loopback is always local, IPv6 loopback only if an interface has it; of an
 * IPv6 address the network's half decides. */
bool net_local_has(const struct net_local *l, const uint8_t *ip, bool is_ipv6)
{
	if (!is_ipv6 && is_loopback(ip, false))
		return true;
	for (unsigned i = 0; i < l->count; i++)
		if (l->addr[i].is_ipv6 == is_ipv6 &&
		    memcmp(l->addr[i].addr, ip, is_ipv6 ? 8 : 4) == 0)
			return true;
	return false;
}

static bool same_net(const struct interface_addr *a, const uint8_t *peer)
{
	for (unsigned i = 0; i < (a->is_ipv6 ? 16u : 4u); i++)
		if ((a->addr[i] & a->mask[i]) != (peer[i] & a->mask[i]))
			return false;
	return true;
}

void net_infer(const struct net_local *l, const uint8_t *peer, bool is_ipv6, uint8_t *out)
{
	const struct interface_addr *found = NULL;
	unsigned n = is_ipv6 ? 16 : 4;

	for (unsigned i = 0; i < l->count && found == NULL; i++)
		if (l->addr[i].is_ipv6 == is_ipv6 && memcmp(l->addr[i].addr, peer, n) == 0)
			found = &l->addr[i];
	for (unsigned i = 0; i < l->count && found == NULL; i++)
		if (l->addr[i].is_ipv6 == is_ipv6 && same_net(&l->addr[i], peer))
			found = &l->addr[i];
	for (unsigned i = 0; i < l->count && found == NULL; i++)
		if (l->addr[i].is_ipv6 == is_ipv6 && !is_loopback(l->addr[i].addr, is_ipv6))
			found = &l->addr[i];
	memset(out, 0, 16);
	if (found != NULL)
		memcpy(out, found->addr, n);
}
