/* SPDX-License-Identifier: Apache-2.0
 *
 * fdtab.c -- descriptor tables; see fdtab.h.  Open addressing with linear
 * probing; a removed slot is closed up by moving its followers back, so that
 * there are no tombstones to wade through.
 */
#include "fdtab.h"

#define FIRST_CAP  8u
#define STDIO_LAST 2

void fdtab_init(struct fdtab *ft, struct slab *slab, uint32_t per_table, uint64_t seed)
{
	*ft = (struct fdtab){ .slab = slab, .per_table = per_table, .seed = seed };
}

/* ---- files ---- */

struct file *file_new(struct fdtab *ft, enum file_type type)
{
	struct file *f = slab_get(ft->slab, sizeof(*f));

	if (f != NULL)
		*f = (struct file){ .refs = 1, .type = type };
	return f;
}

struct file *file_copy(struct fdtab *ft, const struct file *from)
{
	struct file *f = slab_get(ft->slab, sizeof(*f));

	if (f == NULL)
		return NULL;
	*f = *from;
	f->refs = 1;
	blob_hold(f->name);
	blob_hold(f->name_raw);
	blob_hold(f->resolved);
	return f;
}

void file_drop(struct fdtab *ft, struct file *f)
{
	if (f == NULL || --f->refs > 0)
		return;
	blob_drop(ft->slab, f->name);
	blob_drop(ft->slab, f->name_raw);
	blob_drop(ft->slab, f->resolved);
	slab_put(ft->slab, f, sizeof(*f));
}

struct blob *file_text(struct fdtab *ft, struct span text, struct blob *same)
{
	if (text.n > FILE_MAX_BYTES)
		text.n = FILE_MAX_BYTES;
	return blob_new(ft->slab, text, same);
}

void file_set_name(struct fdtab *ft, struct file *f, struct span name)
{
	struct blob *b;

	if (blob_is(f->name, name))
		return;
	b = file_text(ft, name, f->name_raw); /* mostly what the program said */
	blob_drop(ft->slab, f->name);
	f->name = b;
}

/* ---- tables ---- */

static size_t table_bytes(uint32_t cap)
{
	return sizeof(struct fd_table) + (size_t)cap * sizeof(struct fd_slot);
}

static struct fd_table *table_new(struct fdtab *ft, uint32_t cap)
{
	struct fd_table *t = slab_get(ft->slab, table_bytes(cap));

	if (t == NULL)
		return NULL;
	t->refs = 1;
	t->count = 0;
	t->cap = cap;
	for (uint32_t i = 0; i < cap; i++)
		t->slot[i].fd = -1;
	return t;
}

static void table_drop(struct fdtab *ft, struct fd_table *t)
{
	if (t == NULL || --t->refs > 0)
		return;
	for (uint32_t i = 0; i < t->cap; i++)
		if (t->slot[i].fd >= 0)
			file_drop(ft, t->slot[i].file);
	ft->held -= t->count;
	slab_put(ft->slab, t, table_bytes(t->cap));
}

static uint32_t home(const struct fdtab *ft, const struct fd_table *t, int32_t fd)
{
	uint64_t h = ((uint64_t)(uint32_t)fd ^ ft->seed) * UINT64_C(0x9e3779b97f4a7c15);

	return (uint32_t)(h >> 40) & (t->cap - 1);
}

/* FD's slot, or the free one where it would go (there is always a free one). */
static uint32_t probe(const struct fdtab *ft, const struct fd_table *t, int32_t fd)
{
	uint32_t i = home(ft, t, fd);

	while (t->slot[i].fd >= 0 && t->slot[i].fd != fd)
		i = (i + 1) & (t->cap - 1);
	return i;
}

/* A table of our own with room for one more of CAP at least; the old one goes. */
static bool rebuild(struct fdtab *ft, struct fds *fds, uint32_t cap)
{
	struct fd_table *old = fds->table, *t = table_new(ft, cap);

	if (t == NULL)
		return false;
	for (uint32_t i = 0; old != NULL && i < old->cap; i++) {
		const struct fd_slot *s = &old->slot[i];
		uint32_t at;

		if (s->fd < 0)
			continue;
		at = probe(ft, t, s->fd);
		t->slot[at] = *s;
		if (fds->all_cloned)
			t->slot[at].flags |= FILE_CLONED;
		s->file->refs++;
	}
	t->count = old == NULL ? 0 : old->count;
	ft->held += t->count;
	table_drop(ft, old);
	fds->table = t;
	fds->all_cloned = false;
	return true;
}

/* Make the table changeable.  False: no room, nothing changed. */
static bool own_table(struct fdtab *ft, struct fds *fds)
{
	if (fds->table == NULL || (fds->table->refs == 1 && !fds->all_cloned))
		return true;
	return rebuild(ft, fds, fds->table->cap);
}

static void remove_at(struct fdtab *ft, struct fd_table *t, uint32_t at)
{
	uint32_t mask = t->cap - 1, hole = at;

	file_drop(ft, t->slot[at].file);
	t->slot[at].fd = -1;
	t->count--;
	ft->held--;
	ft->removed++;
	for (uint32_t i = (at + 1) & mask; t->slot[i].fd >= 0; i = (i + 1) & mask) {
		uint32_t h = home(ft, t, t->slot[i].fd);

		/* May it stand in the hole?  Yes, unless its home lies behind it. */
		if (((i - h) & mask) < ((i - hole) & mask))
			continue;
		t->slot[hole] = t->slot[i];
		t->slot[i].fd = -1;
		hole = i;
	}
}

const struct fd_slot *fds_find(const struct fdtab *ft, const struct fds *fds, int64_t fd)
{
	const struct fd_slot *s;

	if (fds == NULL || fds->table == NULL || fd < 0 || fd > FDTAB_MAX_FD)
		return NULL;
	s = &fds->table->slot[probe(ft, fds->table, (int32_t)fd)];
	return s->fd >= 0 ? s : NULL;
}

uint32_t fds_count(const struct fds *fds)
{
	return fds == NULL || fds->table == NULL ? 0 : fds->table->count;
}

uint16_t fds_flags(const struct fds *fds, const struct fd_slot *slot)
{
	unsigned flags = slot->file->flags | slot->flags;

	return (uint16_t)(fds->all_cloned ? flags | FILE_CLONED : flags);
}

/* A descriptor near FD's place goes; not one that every program has. */
static bool give_one_up(struct fdtab *ft, struct fds *fds, int32_t fd)
{
	struct fd_table *t;
	uint32_t at;

	if (!ft->replaces || !own_table(ft, fds))
		return false;
	t = fds->table;
	at = home(ft, t, fd);
	for (uint32_t left = t->cap; left > 0 && t->slot[at].fd <= STDIO_LAST; left--)
		at = (at + 1) & (t->cap - 1);
	if (t->slot[at].fd <= STDIO_LAST)
		return false;
	remove_at(ft, t, at);
	ft->evicted++;
	return true;
}

/* Room for FD in a table of our own. */
static bool make_room(struct fdtab *ft, struct fds *fds, int32_t fd)
{
	const struct fd_table *t = fds->table;

	if (t == NULL)
		return rebuild(ft, fds, FIRST_CAP);
	if (t->count >= ft->per_table)
		return give_one_up(ft, fds, fd);
	if ((t->count + 1) * 4 > t->cap * 3)
		return rebuild(ft, fds, t->cap * 2);
	return own_table(ft, fds);
}

struct file *fds_put(struct fdtab *ft, struct fds *fds, int64_t fd, struct file *file,
		     uint16_t flags)
{
	bool there = fds_find(ft, fds, fd) != NULL;
	struct fd_slot *s;

	if (file == NULL)
		return NULL;
	if (fd < 0 || fd > FDTAB_MAX_FD ||
	    !(there ? own_table(ft, fds) : make_room(ft, fds, (int32_t)fd))) {
		ft->evicted++;
		file_drop(ft, file);
		return NULL;
	}
	s = &fds->table->slot[probe(ft, fds->table, (int32_t)fd)];
	if (s->fd >= 0) {
		file_drop(ft, s->file);
	} else {
		fds->table->count++;
		ft->held++;
		ft->added++;
	}
	s->fd = (int32_t)fd;
	s->flags = flags & (FILE_CLOEXEC | FILE_CLONED);
	s->file = file;
	return file;
}

struct file *fds_own(struct fdtab *ft, struct fds *fds, int64_t fd)
{
	struct fd_slot *s;

	if (fds_find(ft, fds, fd) == NULL || !own_table(ft, fds))
		return NULL;
	s = &fds->table->slot[probe(ft, fds->table, (int32_t)fd)];
	if (s->file->refs > 1) {
		struct file *f = file_copy(ft, s->file);

		if (f == NULL)
			return NULL;
		file_drop(ft, s->file);
		s->file = f;
	}
	return s->file;
}

void fds_set_cloexec(struct fdtab *ft, struct fds *fds, int64_t fd, bool on)
{
	const struct fd_slot *have = fds_find(ft, fds, fd);
	struct fd_slot *s;

	if (have == NULL || ((have->flags & FILE_CLOEXEC) != 0) == on || !own_table(ft, fds))
		return;
	s = &fds->table->slot[probe(ft, fds->table, (int32_t)fd)];
	s->flags = (uint16_t)(on ? s->flags | FILE_CLOEXEC : s->flags & ~FILE_CLOEXEC);
}

void fds_remove(struct fdtab *ft, struct fds *fds, int64_t fd)
{
	if (fds_find(ft, fds, fd) == NULL || !own_table(ft, fds))
		return;
	remove_at(ft, fds->table, probe(ft, fds->table, (int32_t)fd));
}

/* Remove what MATCHES; slots move under the walk, so it looks again at each. */
static void remove_if(struct fdtab *ft, struct fds *fds, uint32_t first, uint32_t last,
		      uint16_t flag)
{
	bool any = false;
	struct fd_table *t = fds->table;

	for (uint32_t i = 0; t != NULL && i < t->cap; i++)
		any |= t->slot[i].fd >= 0 && (uint32_t)t->slot[i].fd >= first &&
		       (uint32_t)t->slot[i].fd <= last && (t->slot[i].flags & flag) == flag;
	if (!any || !own_table(ft, fds))
		return;
	t = fds->table;
	for (uint32_t i = 0; i < t->cap;) {
		const struct fd_slot *s = &t->slot[i];

		if (s->fd >= 0 && (uint32_t)s->fd >= first && (uint32_t)s->fd <= last &&
		    (s->flags & flag) == flag)
			remove_at(ft, t, i);
		else
			i++;
	}
}

void fds_remove_range(struct fdtab *ft, struct fds *fds, uint32_t first, uint32_t last)
{
	remove_if(ft, fds, first, last, 0);
}

void fds_exec(struct fdtab *ft, struct fds *fds)
{
	remove_if(ft, fds, 0, UINT32_MAX, FILE_CLOEXEC);
}

void fds_cloexec_range(struct fdtab *ft, struct fds *fds, uint32_t first, uint32_t last)
{
	if (fds->table == NULL || !own_table(ft, fds))
		return;
	for (uint32_t i = 0; i < fds->table->cap; i++) {
		struct fd_slot *s = &fds->table->slot[i];

		if (s->fd >= 0 && (uint32_t)s->fd >= first && (uint32_t)s->fd <= last)
			s->flags |= FILE_CLOEXEC;
	}
}

void fds_fork(struct fds *child, const struct fds *parent)
{
	child->table = parent->table;
	child->all_cloned = parent->table != NULL;
	if (child->table != NULL)
		child->table->refs++;
}

void fds_clear(struct fdtab *ft, struct fds *fds)
{
	table_drop(ft, fds->table);
	*fds = (struct fds){ 0 };
}

const struct fd_slot *fds_next(const struct fds *fds, uint32_t *pos)
{
	while (fds->table != NULL && *pos < fds->table->cap) {
		const struct fd_slot *s = &fds->table->slot[(*pos)++];

		if (s->fd >= 0)
			return s;
	}
	return NULL;
}
