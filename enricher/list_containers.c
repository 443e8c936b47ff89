/* SPDX-License-Identifier: Apache-2.0
 *
 * list_containers.c -- what is known of containers, for people who ask: a line of JSON
 * for each, a page at a time.
 */
#include "container_type.h"
#include "enrich_core.h"
#include "jout.h"

enum detail { ALL, IDENTITY };

static ssize_t write_one(const struct container *c, enum detail detail, uint8_t *buf, size_t cap)
{
	static const char *const waits[] = { [CONTAINER_NOT_AWAITED] = "",
					     [CONTAINER_AWAITED] = "awaited",
					     [CONTAINER_UNANSWERED] = "unanswered" };
	struct line line;
	struct jout j;

	line_init(&line, buf, cap);
	jout_init(&j, &line);
	jout_object(&j, NULL);
	jout_string(&j, "id", blob_span(c->id));
	jout_str(&j, "type", container_type_name(c->type));
	jout_uint(&j, "threads", c->id->refs - 1);
	jout_bool(&j, "gone", c->is_gone);
	jout_str(&j, "metadata",
		 c->json != NULL	      ? "known"
		 : c->wait < ARRAY_LEN(waits) ? waits[c->wait]
					      : "");
	if (c->json != NULL && detail == ALL) {
		/* It is an object already. */
		line_puts(&line, ",\"container\":");
		line_put(&line, blob_span(c->json));
	}
	jout_end(&j);
	line_put_char(&line, '\n');
	return line_length(&line);
}

size_t enrich_list_containers(const struct enrich *en, uint64_t *from, uint8_t *buf, size_t cap)
{
	const struct conttab *ct = &en->conttab;
	size_t n = 0;

	for (; *from < ct->fresh; ++*from) {
		const struct container *c = &ct->slots[*from];
		ssize_t len;

		if (c->id == NULL)
			continue;
		len = write_one(c, ALL, buf + n, cap - n);
		if (len < 0 && n == 0) /* no page has room for all of it */
			len = write_one(c, IDENTITY, buf, cap);
		if (len < 0)
			return n;
		n += (size_t)len;
	}
	*from = 0;
	return n;
}
