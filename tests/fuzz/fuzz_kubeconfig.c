/* SPDX-License-Identifier: Apache-2.0
 *
 * A kubeconfig file with anything in it.  What is read can stand in a request's line,
 * and what is not read is an error with a reason.
 */
#include <stdlib.h>
#include <string.h>

#include "kubeconfig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kubeconfig k = { 0 };
	struct diag diag = { 0 };
	int err = kubeconfig_parse(span_of(data, size), &k, &diag);

	if (err < 0 && diag.message[0] == '\0')
		abort();
	if (err == 0 && strncmp(k.part[KUBECONFIG_SERVER], "https://", 8) != 0)
		abort();
	for (const char *p = k.part[KUBECONFIG_TOKEN]; p != NULL && *p != '\0'; p++)
		if (*p <= ' ')
			abort();
	kubeconfig_release(&k);
	return 0;
}
