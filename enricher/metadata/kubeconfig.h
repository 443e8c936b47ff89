/* SPDX-License-Identifier: Apache-2.0
 *
 * kubeconfig.h -- what a kubeconfig file says of its current context: where the API
 * server is, and who we are there.  The file is the administrator's, and bounded all the
 * same.  What it asks for and we do not do (to run a program, a proxy) is an error that
 * says so.  Memory only: whoever calls reads the files that it names.
 */
#ifndef MEWS_KUBECONFIG_H
#define MEWS_KUBECONFIG_H

#include "diag.h"
#include "span.h"

#define KUBECONFIG_BYTES_MAX (1u << 20)

enum kubeconfig_part {
	KUBECONFIG_SERVER,
	KUBECONFIG_CA_FILE,
	KUBECONFIG_CA, /* PEM, as all that was base64 in the file */
	KUBECONFIG_CERT_FILE,
	KUBECONFIG_CERT,
	KUBECONFIG_KEY_FILE,
	KUBECONFIG_KEY,
	KUBECONFIG_TOKEN_FILE,
	KUBECONFIG_TOKEN,
	KUBECONFIG_PART_COUNT
};

struct kubeconfig {
	char *part[KUBECONFIG_PART_COUNT]; /* NULL: not said */
	bool insecure;			   /* the server may be anybody */
};

/* 0; -EINVAL with DIAG; -ENOMEM. */
int kubeconfig_parse(struct span text, struct kubeconfig *ret, struct diag *diag);
void kubeconfig_release(struct kubeconfig *k);

#endif
