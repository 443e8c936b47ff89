/* SPDX-License-Identifier: Apache-2.0
 *
 * activity.c -- see activity.h.
 *
 * Few of all threads had an event within a second, so the table of those that had is
 * small; what does not fit in it any more is not among the busiest by much.
 */
#include "activity.h"

#include <stdlib.h>
#include <string.h>

#include "jout.h"

enum { TABLE = 4096, TABLE_FULL = TABLE * 3 / 4 };

/* A process, by its id, or a container, by its own. */
struct busy {
	int64_t pid;
	struct span container;
	const struct mirror_process *any; /* a thread of it */
	uint64_t events;
};

struct table {
	unsigned used;
	struct busy rows[TABLE]; /* free: events is 0 */
};

static uint64_t hash(int64_t pid, struct span container)
{
	uint64_t h = (uint64_t)pid * UINT64_C(0x9e3779b97f4a7c15);

	for (size_t i = 0; i < container.n; i++)
		h = (h ^ container.p[i]) * UINT64_C(0x100000001b3);
	return h ^ h >> 32;
}

static void add(struct table *t, int64_t pid, struct span container, const struct mirror_process *p,
		uint64_t events)
{
	uint64_t at = hash(pid, container) % TABLE;

	while (t->rows[at].events > 0 &&
	       !(t->rows[at].pid == pid && span_eq(t->rows[at].container, container)))
		at = (at + 1) % TABLE;
	if (t->rows[at].events == 0) {
		if (t->used == TABLE_FULL)
			return;
		t->used++;
		t->rows[at] = (struct busy){ .pid = pid, .container = container, .any = p };
	}
	t->rows[at].events += events;
}

static int busiest_first(const void *a, const void *b)
{
	const struct busy *x = a, *y = b;

	return (x->events < y->events) - (x->events > y->events);
}

/* Of the container that LINE tells of, what a runtime told, as it told it. */
static void put_told(struct line *line, const struct contmeta *meta, unsigned member,
		     const char *key)
{
	if (meta == NULL || meta->members[member].n == 0)
		return;
	line_puts(line, key);
	line_put(line, meta->members[member]);
}

static void put_container(struct line *line, const struct mirror *m, const struct busy *b)
{
	const struct mirror_container *c = mirror_container(m, b->container);
	struct jout j;

	jout_init(&j, line);
	jout_object(&j, NULL);
	jout_string(&j, "container", b->container);
	jout_uint(&j, "events", b->events);
	put_told(line, c == NULL ? NULL : c->meta, CONTMETA_NAME, ",\"name\":");
	put_told(line, c == NULL ? NULL : c->meta, CONTMETA_IMAGE, ",\"image\":");
	jout_end(&j);
}

static void put_process(struct line *line, const struct mirror *m, const struct busy *b)
{
	const struct mirror_process *main = mirror_main(m, b->any);
	struct jout j;

	jout_init(&j, line);
	jout_object(&j, NULL);
	jout_int(&j, "process", b->pid);
	jout_uint(&j, "events", b->events);
	jout_string(&j, "name", main->info.comm);
	jout_string(&j, "exe", main->info.exepath);
	jout_string(&j, "container", main->info.container_id);
	jout_end(&j);
}

static size_t put_table(struct table *t, const struct mirror *m,
			void (*put)(struct line *, const struct mirror *, const struct busy *),
			uint8_t *buf, size_t cap)
{
	size_t n = 0;

	qsort(t->rows, TABLE, sizeof(t->rows[0]), busiest_first);
	for (unsigned i = 0; i < ACTIVITY_MOST && t->rows[i].events > 0; i++) {
		struct line line;

		line_init(&line, buf + n, cap - n);
		put(&line, m, &t->rows[i]);
		line_put_char(&line, '\n');
		if (line_length(&line) < 0)
			break;
		n += (size_t)line_length(&line);
	}
	return n;
}

size_t activity_list(const struct mirror *m, uint32_t second, uint8_t *buf, size_t cap)
{
	static struct table processes, containers; /* large, and one thread asks */
	const struct mirror_process *p;
	uint32_t at = 0;
	size_t n;

	memset(&processes, 0, sizeof(processes));
	memset(&containers, 0, sizeof(containers));
	while ((p = mirror_each(m, &at)) != NULL) {
		uint32_t events = mirror_events(p, second);

		if (events == 0)
			continue;
		add(&processes, p->info.pid, SPAN_NONE, p, events);
		if (p->info.container_id.n > 0)
			add(&containers, 0, p->info.container_id, p, events);
	}
	n = put_table(&containers, m, put_container, buf, cap);
	return n + put_table(&processes, m, put_process, buf + n, cap - n);
}
