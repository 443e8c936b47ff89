/* SPDX-License-Identifier: Apache-2.0
 *
 * kube_kit.h -- for tests of what reads an API server's answers: recorded ones, and
 * objects of our own.
 */
#ifndef MEWS_KUBE_KIT_H
#define MEWS_KUBE_KIT_H

#include <stdio.h>
#include <stdlib.h>

#include "span.h"

/* A recorded answer; NULL: they are not here.  The caller's to free. */
static inline char *recorded(const char *name, size_t *ret_n)
{
	const char *dir = getenv("MEWS_FIXTURES");
	char path[512];
	char *text = NULL;
	long n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/k8s/%s", dir != NULL ? dir : "../shared/fixtures", name);
	f = fopen(path, "r");
	if (f == NULL)
		return NULL;
	if (fseek(f, 0, SEEK_END) == 0 && (n = ftell(f)) >= 0 && fseek(f, 0, SEEK_SET) == 0 &&
	    (text = malloc((size_t)n + 1)) != NULL) {
		*ret_n = fread(text, 1, (size_t)n, f);
		text[*ret_n] = '\0';
	}
	fclose(f);
	return text;
}

#define KUBE_POD_TEXT(name, ns, uid, labels, rest)                                                 \
	"{\"kind\":\"Pod\",\"metadata\":{\"name\":\"" name "\",\"namespace\":\"" ns                \
	"\",\"uid\":\"" uid "\",\"resourceVersion\":\"7\",\"labels\":{" labels "}" rest

#endif
