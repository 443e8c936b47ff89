/* SPDX-License-Identifier: Apache-2.0
 *
 * sources.c -- the table of all kinds of sources; each has a file of its own.
 */
#include "meta_source.h"

const struct source_ops *const source_rows[] = {
	NULL,
};
const unsigned source_row_count = 0;
