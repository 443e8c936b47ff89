/* SPDX-License-Identifier: Apache-2.0
 *
 * conf_convert.h -- takes over the settings of Falco.
 */
#ifndef MEWS_CONF_CONVERT_H
#define MEWS_CONF_CONVERT_H

#include <stdio.h>

#include "diag.h"

/* Write to OUT what makes mews behave as FILE, a falco.yaml, and the files that it names make Falco.  Keys
 * that have no meaning here stand there as comments, with the reason; what is lost by that is said.  0;
 * negative errno with DIAG. */
int conf_convert(const char *file, FILE *out, void (*say)(const struct diag *), struct diag *diag);

#endif
