/* SPDX-License-Identifier: Apache-2.0
 *
 * mapped_address.h -- addresses of IPv4 as IPv6 writes them.
 */
#ifndef MEWS_MAPPED_ADDRESS_H
#define MEWS_MAPPED_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Is IP, in network order, an address of IPv4, in its last 4 bytes?  As Falco has it that of nobody (::) is one, too. */
static inline bool address_is_mapped(const uint8_t ip[16])
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff }, nobody[16];

	return memcmp(ip, prefix, sizeof(prefix)) == 0 || memcmp(ip, nobody, sizeof(nobody)) == 0;
}

#endif
