/* SPDX-License-Identifier: Apache-2.0
 *
 * Whatever a runtime sends for a list, an event, a container or an image: it is read
 * or refused, and what is made of a container is an object that our reader of JSON reads,
 * with an id.
 */
#include <stdlib.h>

#include "container_record.h"
#include "docker_answer.h"
#include "jread.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t out[RECORD_JSON_MAX];
static size_t seen;

static void each(void *ctx, struct span id)
{
	(void)ctx;
	seen += id.n;
}

static void read_container(struct span text, const json_t *names)
{
	json_t *inspect = json_bounded_read(text);
	ssize_t n = inspect == NULL ? -1 : docker_write(inspect, names, 0, out, sizeof(out));
	struct span id;
	uint8_t buf[256];

	json_decref(inspect);
	if (n < 0)
		return;
	id = jread_member(jread_value(span_of(out, (size_t)n)), "id");
	if (id.n == 0 || id.n > sizeof(buf) || !jread_string(id, buf, &id) || id.n == 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_of(data, size);
	struct docker_event ev;
	struct image_name name;
	json_t *names = docker_read_image(text);

	(void)docker_read_list(text, each, NULL);
	if (docker_read_event(text, &ev) && ev.attributes != NULL)
		(void)docker_write_event(span_str(ev.id), ev.attributes, 0, out, sizeof(out));
	json_decref(ev.attributes);
	if (image_id_plain(text).n > text.n ||
	    (image_name_split(text, &name) &&
	     name.repository.n + name.tag.n + name.digest.n > text.n))
		abort();
	read_container(text, names);
	read_container(text, NULL);
	json_decref(names);
	return 0;
}
