/* SPDX-License-Identifier: Apache-2.0
 *
 * must.h -- what holds for any bytes, or it is a finding.
 */
#ifndef MEWS_FUZZ_MUST_H
#define MEWS_FUZZ_MUST_H

#include <stdbool.h>
#include <stdlib.h>

static inline void must(bool is_so)
{
	if (!is_so)
		abort();
}

#endif
