/* SPDX-License-Identifier: Apache-2.0
 *
 * netinfo.c -- see netinfo.h.
 */
#include "netinfo.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

_Static_assert(sizeof(((struct metrics_addresses *)0)->interface) >= IFNAMSIZ,
	       "an interface's name fits");

/* NULL: it is no address of that kind. */
static const char *print(const struct sockaddr *sa, char text[static INET6_ADDRSTRLEN])
{
	if (sa->sa_family == AF_INET)
		return inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)sa)->sin_addr,
				 text, INET6_ADDRSTRLEN);
	if (sa->sa_family == AF_INET6)
		return inet_ntop(AF_INET6,
				 &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, text,
				 INET6_ADDRSTRLEN);
	return NULL;
}

static struct metrics_addresses *find(struct metrics_addresses *all, unsigned *n, unsigned cap,
				      const char *interface, const char *protocol)
{
	for (unsigned i = 0; i < *n; i++)
		if (strcmp(all[i].interface, interface) == 0 &&
		    strcmp(all[i].protocol, protocol) == 0)
			return &all[i];
	if (*n == cap)
		return NULL;
	all[*n] = (struct metrics_addresses){ .protocol = protocol };
	snprintf(all[*n].interface, sizeof(all[*n].interface), "%s", interface);
	return &all[(*n)++];
}

/* Whole, or not at all. */
static void append(struct metrics_addresses *a, const char *text)
{
	size_t n = strlen(a->text);

	if (n + 1 + strlen(text) < sizeof(a->text))
		snprintf(a->text + n, sizeof(a->text) - n, "%s%s", n == 0 ? "" : ",", text);
}

unsigned netinfo_read(struct metrics_addresses *all, unsigned cap)
{
	struct ifaddrs *list;
	unsigned n = 0;

	if (getifaddrs(&list) == -1)
		return 0;
	for (const struct ifaddrs *i = list; i != NULL; i = i->ifa_next) {
		char buf[INET6_ADDRSTRLEN];
		const char *text = i->ifa_addr == NULL ? NULL : print(i->ifa_addr, buf);
		struct metrics_addresses *a;

		if (text == NULL || strcmp(i->ifa_name, "lo") == 0)
			continue;
		a = find(all, &n, cap, i->ifa_name,
			 i->ifa_addr->sa_family == AF_INET ? "ipv4" : "ipv6");
		if (a != NULL)
			append(a, text);
	}
	freeifaddrs(list);
	return n;
}
