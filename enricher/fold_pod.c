/* SPDX-License-Identifier: Apache-2.0
 *
 * fold_pod.c -- what Kubernetes tells of pods.  Which of them a thread is in, its
 * control groups say, wherever they are looked at: nothing is folded into threads.
 */
#include "enrich_core.h"

void enrich_pod(struct enrich *en, struct span uid, struct span json)
{
	struct pod *p = podtab_put(&en->podtab, uid, json);

	if (p != NULL)
		emit_pod(en, p);
}

void enrich_pod_gone(struct enrich *en, struct span uid)
{
	struct pod *p = podtab_find(&en->podtab, uid);

	if (p == NULL)
		return;
	emit_pod_gone(en, blob_span(p->uid));
	podtab_remove(&en->podtab, p);
}
