/* SPDX-License-Identifier: Apache-2.0
 *
 * body.h -- an alert as each kind of receiver wants it: the piece that one alert is in a
 * request, and what stands before, between and behind the pieces.  JSON always; F->uuid is the
 * alert's id.  False: the alert cannot be said.  Core; a file per kind.
 */
#ifndef MEWS_BODY_H
#define MEWS_BODY_H

#include "labels.h"

/* Loki: a stream with one line, the whole alert.  L's labels come beside rule, source, priority,
 * hostname, tags, k8s_ns_name and k8s_pod_name, or instead of one that has the same name. */
#define BODY_LOKI_BEFORE  "{\"streams\":["
#define BODY_LOKI_BETWEEN ","
#define BODY_LOKI_AFTER	  "]}"
bool body_loki(struct line *t, const struct format *f, const struct alert_frame *a,
	       const struct labels *l);

/* Elasticsearch, OpenSearch: two lines of a bulk request.  The id makes an alert that comes again
 * the same document.  INDEX: NULL if the URL names it. */
bool body_elastic(struct line *t, const struct format *f, const struct alert_frame *a,
		  const struct template *index);
/* TEXT as the name of an index, with - for what no name can have, into BUF. */
void body_elastic_index(struct line *t, struct span text);

/* OTLP by HTTP: a log record.  L's labels are attributes of it. */
void body_otlp_before(struct line *t, const struct format *f);
#define BODY_OTLP_BETWEEN ","
#define BODY_OTLP_AFTER	  "]}]}]}"
bool body_otlp(struct line *t, const struct format *f, const struct alert_frame *a,
	       const struct labels *l);

/* Alertmanager: an alert whose labels are alertname, priority, severity, source, hostname, those of
 * the container and the pod, and L's; all else are annotations. */
#define BODY_ALERTMANAGER_BEFORE  "["
#define BODY_ALERTMANAGER_BETWEEN ","
#define BODY_ALERTMANAGER_AFTER	  "]"
bool body_alertmanager(struct line *t, const struct format *f, const struct alert_frame *a,
		       const struct labels *l);

/* Slack, and what takes the same: a message.  CHANNEL may be empty; TEXT: what it says, NULL: an
 * attachment with the alert's parts. */
bool body_slack(struct line *t, const struct format *f, const struct alert_frame *a,
		struct span channel, const struct template *text);

#endif
