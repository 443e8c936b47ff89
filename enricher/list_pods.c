/* SPDX-License-Identifier: Apache-2.0
 *
 * list_pods.c -- what is known of pods, for people who ask: a line of JSON for each, a
 * page at a time.
 */
#include "enrich_core.h"
#include "jout.h"

size_t enrich_list_pods(const struct enrich *en, uint64_t *from, uint8_t *buf, size_t cap)
{
	const struct podtab *pt = &en->podtab;
	size_t n = 0;

	for (; *from < pt->count; ++*from) {
		struct pod_frame f = pod_frame(&pt->pods[*from]);
		struct line line;
		struct jout j;
		ssize_t len;

		if (f.json.n == 0)
			continue;
		line_init(&line, buf + n, cap - n);
		jout_init(&j, &line);
		jout_object(&j, NULL);
		jout_string(&j, "cgroup_uid", f.uid);
		/* It is an object already, and shorter than a page. */
		line_puts(&line, ",\"pod\":");
		line_put(&line, f.json);
		jout_end(&j);
		line_put_char(&line, '\n');
		len = line_length(&line);
		if (len < 0)
			return n;
		n += (size_t)len;
	}
	*from = 0;
	return n;
}
