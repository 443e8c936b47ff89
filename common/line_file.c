/* SPDX-License-Identifier: Apache-2.0
 *
 * line_file.c -- see line_file.h.
 */
#include "line_file.h"

bool line_to_file(void *ctx, struct span bytes)
{
	return fwrite(bytes.p, 1, bytes.n, (FILE *)ctx) == bytes.n;
}
