/* SPDX-License-Identifier: Apache-2.0
 *
 * Which addresses are this machine's, and by which it would talk to another.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "netaddr.h"

static void set(uint8_t out[16], const char *text)
{
	memset(out, 0, 16);
	cr_assert(inet_pton(strchr(text, ':') != NULL ? AF_INET6 : AF_INET, text, out) == 1);
}

static struct net_local machine(void)
{
	static const struct {
		const char *addr, *mask;
	} addrs[] = {
		{ "127.0.0.1", "255.0.0.0" },
		{ "192.168.7.9", "255.255.255.0" },
		{ "fe80::17", "ffff:ffff:ffff:ffff::" },
	};
	struct host_frame host = { .naddrs = ARRAY_LEN(addrs) };
	struct net_local l;

	for (size_t i = 0; i < ARRAY_LEN(addrs); i++) {
		host.addrs[i].is_ipv6 = strchr(addrs[i].addr, ':') != NULL;
		set(host.addrs[i].addr, addrs[i].addr);
		set(host.addrs[i].mask, addrs[i].mask);
	}
	net_local_set(&l, &host);
	return l;
}

Test(netaddr, what_is_local_says_the_list_of_interfaces_and_ipv4_loopback)
{
	static const struct {
		const char *addr;
		bool local, local_without_list;
	} cases[] = {
		{ "127.0.0.1", true, true },	{ "127.8.8.8", true, true },
		{ "192.168.7.9", true, false }, { "192.168.7.8", false, false },
		{ "::1", false, false },	{ "fe80::17", true, false },
		{ "fe80::99", true, false },	{ "fe80:1::17", false, false },
	};
	struct net_local some = machine(), none = { 0 };
	uint8_t ip[16];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		bool v6 = strchr(cases[i].addr, ':') != NULL;

		set(ip, cases[i].addr);
		cr_assert(net_local_has(&some, ip, v6) == cases[i].local, "%s", cases[i].addr);
		cr_assert(net_local_has(&none, ip, v6) == cases[i].local_without_list, "%s",
			  cases[i].addr);
	}
}

Test(netaddr, the_nearest_address_talks)
{
	static const struct {
		const char *peer, *mine;
	} cases[] = {
		{ "127.0.0.1", "127.0.0.1" },	  { "127.0.0.2", "127.0.0.1" },
		{ "192.168.7.1", "192.168.7.9" }, { "10.1.1.1", "192.168.7.9" },
		{ "2001:db8::1", "fe80::17" },
	};
	struct net_local l = machine();
	uint8_t peer[16], mine[16], want[16];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		set(peer, cases[i].peer);
		set(want, cases[i].mine);
		net_infer(&l, peer, strchr(cases[i].peer, ':') != NULL, mine);
		cr_assert_eq(memcmp(mine, want, 16), 0, "%s", cases[i].peer);
	}
}
