/* SPDX-License-Identifier: Apache-2.0
 *
 * netaddr.h -- socket addresses as parameters carry them, their text, and which
 * of them belong to this machine.  The encodings are those of captures: family,
 * address, port in host order.  Lengths are checked before anything is read.
 * Core; pure functions but for the interface list, which its owner fills.
 */
#ifndef MEWS_NETADDR_H
#define MEWS_NETADDR_H

#include "wire.h"

enum { FAMILY_UNIX = 1, FAMILY_INET = 2, FAMILY_INET6 = 10, FAMILY_NETLINK = 16 };

/* SOCKADDR or SOCKTUPLE; of an address alone only the destination is set. */
struct net_tuple {
	uint8_t family;		  /* FAMILY_*; 0: none */
	uint8_t sip[16], dip[16]; /* 4 or 16 bytes used */
	uint16_t sport, dport;
	uint64_t source, dest; /* unix */
	struct span path;
};

/* False: it is not one (empty, unknown family, wrong length). */
bool net_parse_tuple(struct span s, struct net_tuple *ret);
bool net_parse_addr(struct span s, struct net_tuple *ret);

/* ::ffff:a.b.c.d or :: on both ends (an address alone: on that): make it IPv4, as Falco does. */
void net_unmap(struct net_tuple *t);
void net_unmap_addr(struct net_tuple *t);

/* Text into OUT of NET_TEXT bytes; its length.  TYPE is the file type that says
 * how: FILE_IPV4, FILE_IPV6, FILE_*_SERVER, FILE_UNIX. */
#define NET_TEXT 1200
size_t net_tuple_text(char *out, const struct net_tuple *t, enum file_type type, unsigned l4);
size_t net_addr_text(char *out, const struct net_tuple *t);

/* ---- the machine's own addresses ---- */

struct net_local {
	unsigned count;
	struct interface_addr addr[HOST_MAX_ADDRS]; /* without names */
};

void net_local_set(struct net_local *l, const struct host_frame *host);
/* As Falco has it: of an IPv6 address the first half says it. */
bool net_local_has(const struct net_local *l, const uint8_t *ip, bool is_ipv6);
bool net_is_zero(const uint8_t *ip, bool is_ipv6);

/* The local address that would talk to PEER: the same, the same net, or the
 * first that is no loopback; zeros if there is none. */
void net_infer(const struct net_local *l, const uint8_t *peer, bool is_ipv6, uint8_t *out);

#endif
