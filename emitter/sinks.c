/* SPDX-License-Identifier: Apache-2.0
 *
 * sinks.c -- the table of sinks: a row for each kind.
 */
#include <string.h>

#include "sink.h"

extern const struct sink_ops sink_file, sink_stdout, sink_syslog, sink_program, sink_http,
	sink_loki, sink_elasticsearch, sink_otlp, sink_alertmanager, sink_slack, sink_webhook,
	sink_kafka, sink_nats;

/* clang-format off: one row, one kind */
const struct sink_ops *const sink_kinds[] = {
	&sink_file,  &sink_stdout,  &sink_syslog,	 &sink_program, &sink_http,
	&sink_kafka, &sink_loki,    &sink_elasticsearch, &sink_otlp,	&sink_alertmanager,
	&sink_slack, &sink_webhook, &sink_nats,
};
/* clang-format on */
const unsigned sink_kind_count = ARRAY_LEN(sink_kinds);

const struct sink_ops *sink_find(const char *key)
{
	for (unsigned i = 0; i < sink_kind_count; i++)
		if (strcmp(sink_kinds[i]->key, key) == 0)
			return sink_kinds[i];
	return NULL;
}

ssize_t sink_form_line(struct sink *s, const struct letter *l, const struct format *f, uint8_t *buf,
		       size_t cap)
{
	struct format with = *f;

	if (!s->conf->include_uuid)
		return format_alert(f, l->alert, buf, cap);
	with.uuid = span_str(l->uuid);
	return format_alert(&with, l->alert, buf, cap);
}
