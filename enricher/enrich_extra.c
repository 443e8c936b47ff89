/* SPDX-License-Identifier: Apache-2.0
 *
 * enrich_extra.c -- what only some rules need and then rides in the event: counts
 * and types of open files, the standard descriptors and those that rules name,
 * polled files, threads.
 */
#include "enrich_core.h"

enum { POLLED_MAX = 64 };

static uint8_t told_type(const struct fd_slot *slot)
{
	return slot->file->type == FILE_REGULAR_V2 ? FILE_REGULAR : slot->file->type;
}

static void put_stdio(struct enrich *en, struct wire_extra *x, const struct fds *fds)
{
	struct wire_stdio stdio[3] = { 0 };

	for (int fd = 0; fd < 3; fd++) {
		const struct fd_slot *slot = fds_find(&en->fdtab, fds, fd);

		if (slot == NULL)
			continue;
		stdio[fd].is_open = true;
		stdio[fd].type = told_type(slot);
		stdio[fd].name = blob_span(slot->file->name);
	}
	wire_extra_put_stdio(x, stdio);
}

static void put_types(struct wire_extra *x, const struct fds *fds)
{
	const struct fd_slot *slot;
	uint32_t pos = 0, types = 0;

	while (fds != NULL && (slot = fds_next(fds, &pos)) != NULL)
		types |= UINT32_C(1) << told_type(slot);
	wire_extra_put_fd_types(x, types);
}

/* Those that rules name by their numbers. */
static void put_named(struct enrich *en, struct wire_extra *x, const struct fds *fds)
{
	struct wire_fd_type named[WANT_FD_LAST + 1];
	size_t n = 0;

	for (unsigned fd = WANT_FD_FIRST; fd <= WANT_FD_LAST; fd++) {
		const struct fd_slot *slot = NULL;

		if ((en->wants.extras & want_fd(fd)) == want_fd(fd))
			slot = fds_find(&en->fdtab, fds, fd);
		if (slot != NULL)
			named[n++] = (struct wire_fd_type){ fd, told_type(slot) };
	}
	wire_extra_put_fd_named(x, named, n);
}

/* FDLIST: a count of 16 bits, then 64 bits of descriptor and 16 of flags each. */
static void put_polled(struct enrich *en, struct wire_extra *x, const struct fds *fds)
{
	struct span list = bytes_param(en, 1);
	struct file_info *files = (struct file_info *)en->scratch;
	size_t n = 0;

	if (list.n < 2)
		return;
	for (size_t at = 2; at + 10 <= list.n && n < POLLED_MAX; at += 10) {
		const struct fd_slot *slot;
		int64_t fd;

		memcpy(&fd, list.p + at, sizeof(fd));
		slot = fds_find(&en->fdtab, fds, fd);
		if (slot != NULL)
			file_record(en, fds, slot, &files[n++]);
	}
	wire_extra_put_fdlist(x, files, n);
}

static void put_threads(struct enrich *en, struct wire_extra *x)
{
	const struct thread *main = proctab_main(&en->proctab, en->th);
	unsigned live = thread_group_alive(en->th);
	unsigned but_leader = main != NULL && !main->dead && live > 0 ? live - 1 : live;

	wire_extra_put_threads(x, live, but_leader);
}

struct span extra_encode(struct enrich *en)
{
	uint64_t wants = en->wants.extras;
	const struct thread *main;
	const struct fds *fds; /* the process's */
	struct wire_extra x;

	if ((en->turn->traits & TURN_POLLS) == 0)
		wants &= ~(UINT64_C(1) << WANT_FDLIST);
	if (wants == 0 || en->th == NULL)
		return SPAN_NONE;
	main = proctab_main(&en->proctab, en->th);
	fds = main == NULL ? NULL : &main->fds;
	wire_extra_begin(&x, en->extra, sizeof(en->extra));
	if ((wants >> WANT_FD_COUNT & 1) != 0)
		wire_extra_put_fd_count(&x, fds_count(fds));
	if ((wants >> WANT_STDIO & 1) != 0)
		put_stdio(en, &x, fds);
	if ((wants >> WANT_FD_TYPES & 1) != 0) /* the event's: a placeholder is in no process */
		put_types(&x, event_fds(en));
	if ((wants >> WANT_FD_NAMED & 1) != 0)
		put_named(en, &x, event_fds(en));
	if ((wants >> WANT_FDLIST & 1) != 0)
		put_polled(en, &x, fds);
	if ((wants >> WANT_THREADS & 1) != 0)
		put_threads(en, &x);
	return wire_extra_end(&x);
}
