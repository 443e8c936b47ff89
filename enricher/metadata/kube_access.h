/* SPDX-License-Identifier: Apache-2.0
 *
 * kube_access.h -- where the API server is, and how we get in: found before the jail,
 * from the settings, a kubeconfig file, or what a pod is given.  Shell.
 *
 * Certificates and keys are read once.  A token changes: the kubelet writes a new one
 * long before the old one ends.  Behind the jail its directory may be out of reach, so a
 * descriptor of the directory is kept, and the name is looked up in it each time (the
 * file itself is another one after each change).
 */
#ifndef MEWS_KUBE_ACCESS_H
#define MEWS_KUBE_ACCESS_H

#include <limits.h>

#include "clock.h"
#include "conf.h"
#include "kube_json.h"

#define KUBE_SERVER_MAX 256
#define KUBE_TOKEN_MAX	(16 << 10)

struct kube_access {
	bool found;	 /* there is a cluster to ask */
	char error[256]; /* and why it cannot be; "" */
	char server[KUBE_SERVER_MAX];
	char node[KUBE_NAME_MAX + 1];
	struct span ca, cert, key; /* PEM; empty: none */
	bool insecure;

	int token_dir; /* -1: the token is for good, or there is none */
	char token_place[PATH_MAX], token_name[256]; /* its directory, its name there */
	char token[KUBE_TOKEN_MAX];		     /* "": none */
	struct mono token_read;
	bool token_warned;
};

/* What CONF says, or (auto) what there is. */
void kube_access_open(const struct conf *conf, struct kube_access *a);
void kube_access_close(struct kube_access *a);

/* Read the token anew, if it is a file's and some time has gone by.  True: it is another. */
enum kube_why { KUBE_BY_TIME, KUBE_WAS_REFUSED };
bool kube_access_refresh(struct kube_access *a, enum kube_why why, struct mono now);

#endif
