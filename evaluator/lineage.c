/* SPDX-License-Identifier: Apache-2.0
 *
 * lineage.c -- see lineage.h.
 */
#include "lineage.h"

#include "mirror.h"

#define CMDLINE_MAX    512u /* bytes of each */
#define PATH_MAX_SHOWN 512u

static struct span cut(struct span s, size_t most)
{
	return span_of(s.p, s.n < most ? s.n : most);
}

/* Name and arguments with blanks between, as proc.cmdline. */
static struct span cmdline(struct arena *arena, const struct process_info *p)
{
	size_t cap = p->comm.n + 1 + p->args.n, n = p->comm.n;
	struct span args = p->args;
	uint8_t *text;

	while (args.n > 0 && args.p[args.n - 1] == '\0')
		args.n--;
	if (args.n == 0)
		return cut(p->comm, CMDLINE_MAX);
	cap = cap < CMDLINE_MAX ? cap : CMDLINE_MAX;
	text = arena_get(arena, cap);
	if (text == NULL || n + 1 >= cap)
		return cut(p->comm, CMDLINE_MAX);
	memcpy(text, p->comm.p, n);
	text[n++] = ' ';
	for (size_t i = 0; i < args.n && n < cap; i++)
		text[n++] = args.p[i] == '\0' ? ' ' : args.p[i];
	return span_of(text, n);
}

/* A chain may be a loop. */
static bool was_there(const struct alert_frame *a, int64_t pid)
{
	for (unsigned i = 0; i < a->nlineage; i++)
		if (a->lineage[i].pid == pid)
			return true;
	return false;
}

void lineage_put(const struct field_event *e, struct alert_frame *a)
{
	const struct mirror_process *p =
		e->process == NULL ? NULL : mirror_main(e->mirror, e->process);

	a->nlineage = 0;
	while (p != NULL && a->nlineage < ALERT_MAX_LINEAGE && !was_there(a, p->info.pid)) {
		a->lineage[a->nlineage++] = (struct alert_process){
			.pid = p->info.pid,
			.uid = (uint32_t)p->info.uid,
			.name = p->info.comm,
			.exepath = cut(p->info.exepath, PATH_MAX_SHOWN),
			.cmdline = cmdline(e->arena, &p->info),
		};
		p = mirror_parent(e->mirror, p);
	}
}

void lineage_put_place(struct field_event *e, struct alert_frame *a)
{
	static const char *const names[] = { "container.id", "container.name",
					     "container.image.repository", "k8s.ns.name",
					     "k8s.pod.name" };
	struct field_ref ref;
	struct diag diag;

	_Static_assert(ARRAY_LEN(names) <= ALERT_MAX_PLACE, "there is room");
	a->nplace = 0;
	for (unsigned i = 0; i < ARRAY_LEN(names) && e->process != NULL; i++) {
		struct alert_field *f = &a->place[a->nplace];

		if (field_parse(span_str(names[i]), &ref, &diag) < 0)
			continue;
		f->name = span_str(names[i]);
		field_alert_value(&ref, e, &f->value);
		f->value.s =
			f->value.kind == ALERT_STRING ? cut(f->value.s, PATH_MAX_SHOWN) : SPAN_NONE;
		if (f->value.s.n > 0)
			a->nplace++;
	}
}
