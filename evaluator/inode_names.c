/* SPDX-License-Identifier: Apache-2.0
 *
 * inode_names.c -- one table of inodes in sets of four; what was lately made, in a ring, so
 * that a file that is written apart and moved onto a name is known by it at once.
 */
#include "inode_names.h"

#include "field_class.h"

enum { SETS = 256, WAYS = 4, NAMES_MAX = 4096, MADE = 64 };

enum { PPM_O_CREAT_BIT = 1 << 2 }; /* of Falco's flags of open */
enum { RENAME_EXCHANGE_BIT = 2 };  /* of renameat2's */

struct inode_entry {
	uint64_t ino, mnt_id;
	uint32_t dev;
	uint32_t name; /* 1 is the first; 0: no entry */
};

/* A file that was opened to be made, and under which path. */
struct made {
	uint64_t path, ino, mnt_id;
	uint32_t dev;
};

struct inode_names {
	struct pool *pool;
	struct strmap by_name;
	struct pool_vec names; /* struct span */
	uint64_t ends[256]; /* by a name's length: a bit for its last character's last six bits */
	unsigned victim, next_made, changes;
	struct inode_entry sets[SETS][WAYS];
	struct made made[MADE];
};

struct inode_names *inode_names_new(struct pool *pool)
{
	struct inode_names *x = pool_get(pool, sizeof(*x));

	if (x != NULL) {
		x->pool = pool;
		x->by_name.pool = pool;
	}
	return x;
}

/* ---- names ---- */

static bool add_name(struct inode_names *x, struct span name)
{
	struct strmap_entry *e;
	struct span *slot;

	if (name.n < 2 || name.n > 255 || name.p[0] != '/' || x->names.n == NAMES_MAX)
		return true;
	e = strmap_entry(&x->by_name, name);
	if (e == NULL || e->value != 0)
		return e != NULL;
	slot = pool_push(x->pool, &x->names, sizeof(*slot));
	if (slot == NULL)
		return false;
	*slot = name;
	e->value = x->names.n;
	x->ends[name.n] |= UINT64_C(1) << (name.p[name.n - 1] % 64);
	return true;
}

static bool add_check(struct inode_names *x, const struct program *p, const struct predicate *q)
{
	const struct expr *left = program_expr(p, q->left);

	if (left->kind != EXPR_FIELD || left->field.id != FIELD_fd_name)
		return true;
	if (q->kind != PREDICATE_SET &&
	    (q->kind != PREDICATE_COMPARE || (q->op != OP_EQ && q->op != OP_EQ2)))
		return true;
	for (unsigned i = 0; i < q->n; i++)
		if (!add_name(x, q->rights[i].s))
			return false;
	return true;
}

/* What is named only to be left out hides behind no link. */
bool inode_names_add(struct inode_names *x, const struct program *p, const struct node *n)
{
	if (n->kind == NODE_NOT)
		return true;
	if (n->kind == NODE_CHECK)
		return add_check(x, p, program_predicate(p, n->predicate - 1));
	for (unsigned i = 0; i < n->n; i++)
		if (!inode_names_add(x, p, n->child[i]))
			return false;
	return true;
}

unsigned inode_names_count(const struct inode_names *x)
{
	return x->names.n;
}

struct span inode_names_at(const struct inode_names *x, unsigned i)
{
	return ((const struct span *)x->names.items)[i];
}

/* Counted from 1; 0: PATH is none of them. */
static uint32_t name_of(const struct inode_names *x, struct span path)
{
	if (path.n == 0 || path.n > 255 || (x->ends[path.n] >> (path.p[path.n - 1] % 64) & 1) == 0)
		return 0; /* as with most */
	return strmap_find(&x->by_name, path);
}

/* ---- inodes ---- */

static unsigned set_of(uint32_t dev, uint64_t ino)
{
	return (unsigned)(((ino ^ (uint64_t)dev << 32) * UINT64_C(0x9e3779b97f4a7c15)) >> 56) %
	       SETS;
}

static const struct inode_entry *entry_of(const struct inode_names *x, uint32_t dev, uint64_t ino)
{
	const struct inode_entry *set = x->sets[set_of(dev, ino)];

	for (unsigned i = 0; i < WAYS; i++)
		if (set[i].name != 0 && set[i].ino == ino && set[i].dev == dev)
			return &set[i];
	return NULL;
}

void inode_names_learn(struct inode_names *x, unsigned i, uint32_t dev, uint64_t ino,
		       uint64_t mnt_id)
{
	struct inode_entry entry = { .ino = ino, .mnt_id = mnt_id, .dev = dev, .name = i + 1 };
	struct inode_entry *set = x->sets[set_of(dev, ino)], *to = NULL;

	for (unsigned w = 0; w < WAYS; w++)
		if (set[w].ino == ino && set[w].dev == dev)
			to = &set[w];
	for (unsigned w = 0; w < WAYS && to == NULL; w++)
		if (set[w].name == 0)
			to = &set[w];
	if (to == NULL)
		to = &set[x->victim++ % WAYS];
	if (memcmp(to, &entry, sizeof(entry)) == 0)
		return;
	*to = entry;
	x->changes++;
}

static void forget(struct inode_names *x, uint32_t name)
{
	for (unsigned s = 0; s < SETS; s++)
		for (unsigned w = 0; w < WAYS; w++)
			if (x->sets[s][w].name == name) {
				x->sets[s][w] = (struct inode_entry){ 0 };
				x->changes++;
			}
}

bool inode_names_is_settled(const struct inode_names *x, const struct file_info *f)
{
	const struct inode_entry *entry = entry_of(x, f->dev, f->ino);
	uint32_t name = name_of(x, f->resolved);

	if (!span_eq(f->name, f->resolved) && name_of(x, f->name) != 0)
		return false;
	if (entry == NULL)
		return name == 0;
	return entry->name == name && entry->mnt_id == f->mnt_id;
}

unsigned inode_names_changes(const struct inode_names *x)
{
	return x->changes;
}

bool inode_names_find(const struct inode_names *x, const struct file_info *f, struct span *ret)
{
	const struct inode_entry *entry;
	struct span name;

	if (f->ino == 0 || f->mnt_id == 0)
		return false;
	entry = entry_of(x, f->dev, f->ino);
	if (entry == NULL)
		return false;
	if ((f->flags & FILE_HARD_LINKED) == 0 &&
	    (entry->mnt_id == 0 || f->mnt_id == entry->mnt_id))
		return false;
	name = inode_names_at(x, entry->name - 1);
	if (span_eq(name, f->name) || span_eq(name, f->resolved))
		return false;
	*ret = name;
	return true;
}

/* ---- events ---- */

const uint16_t inode_names_codes[] = { EVENT_SYSCALL_RENAME_X, EVENT_SYSCALL_RENAMEAT_X,
				       EVENT_SYSCALL_RENAMEAT2_X, EVENT_SYSCALL_UNLINK_2_X,
				       EVENT_SYSCALL_UNLINKAT_2_X };
const unsigned inode_names_ncodes = ARRAY_LEN(inode_names_codes);

static uint64_t hash_of(struct span s)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ s.p[i]) * UINT64_C(0x100000001b3);
	return h;
}

static bool get_path(const struct field_ref *ref, struct field_event *e, struct span *ret)
{
	struct value v;

	if (!field_get(ref, e, &v))
		return false;
	*ret = v.s;
	return true;
}

/* The path parameter ID of E; false: the call failed, or has none. */
static bool path_at(struct field_event *e, enum field_id id, struct span *ret)
{
	return get_path(&(struct field_ref){ .id = id }, e, ret);
}

/* Both names of a rename.  fs.path.* of renameat is Falco's: it knows no directory but the
 * working one. */
static bool renamed(struct field_event *e, struct span *ret_from, struct span *ret_to)
{
	struct field_ref from = { .id = FIELD_evt_abspath, .has_key = true };
	struct field_ref to = from;

	if (!path_at(e, FIELD_fs_path_source, ret_from) ||
	    !path_at(e, FIELD_fs_path_target, ret_to))
		return false;
	if (e->ev->code != EVENT_SYSCALL_RENAMEAT_X)
		return true;
	from.key = span_str("src");
	to.key = span_str("dst");
	return get_path(&from, e, ret_from) && get_path(&to, e, ret_to);
}

static bool is_exchange(const struct field_event *e)
{
	const int flags = 5;
	int64_t v;

	return e->ev->code == EVENT_SYSCALL_RENAMEAT2_X && event_param_int(e, flags, &v) &&
	       (v & RENAME_EXCHANGE_BIT) != 0;
}

static void follow_open(struct inode_names *x, const struct file_info *f)
{
	uint32_t name;

	if (f == NULL || f->resolved.n == 0 || f->ino == 0 ||
	    (f->type != FILE_REGULAR && f->type != FILE_REGULAR_V2))
		return;
	name = name_of(x, f->resolved);
	if (name != 0)
		inode_names_learn(x, name - 1, f->dev, f->ino, f->mnt_id);
	else if (f->open_flags & PPM_O_CREAT_BIT)
		x->made[x->next_made++ % MADE] =
			(struct made){ hash_of(f->resolved), f->ino, f->mnt_id, f->dev };
}

/* NAME is what was lately made as what PATH is the hash of, if we saw it made. */
static void learn_made(struct inode_names *x, uint32_t name, uint64_t path)
{
	for (unsigned i = 1; i <= MADE; i++) {
		const struct made *m = &x->made[(x->next_made - i) % MADE];

		if (m->path != path || m->ino == 0)
			continue;
		inode_names_learn(x, name - 1, m->dev, m->ino, m->mnt_id);
		return;
	}
}

/* The name is another file's now: that of FROM. */
static void follow_rename(struct inode_names *x, struct span from, struct span to)
{
	uint32_t old = name_of(x, from), name = name_of(x, to);

	if (old != 0)
		forget(x, old);
	if (name == 0)
		return;
	forget(x, name);
	learn_made(x, name, hash_of(from));
}

/* What ENTRY is of is called NAME now; 0: as no rule names it. */
static void call_it(struct inode_names *x, struct inode_entry *entry, uint32_t name)
{
	if (name == 0)
		*entry = (struct inode_entry){ 0 };
	else
		entry->name = name;
	x->changes++;
}

/* Both files are there, each under the other's name. */
static void follow_exchange(struct inode_names *x, struct span a, struct span b)
{
	uint32_t name_a = name_of(x, a), name_b = name_of(x, b);
	uint64_t path_a = hash_of(a), path_b = hash_of(b);

	if (name_a == name_b) /* no name of ours, or one file */
		return;
	for (unsigned s = 0; s < SETS; s++)
		for (unsigned w = 0; w < WAYS; w++) {
			struct inode_entry *entry = &x->sets[s][w];

			if (entry->name != 0 && entry->name == name_a)
				call_it(x, entry, name_b);
			else if (entry->name != 0 && entry->name == name_b)
				call_it(x, entry, name_a);
		}
	if (name_a != 0)
		learn_made(x, name_a, path_b);
	if (name_b != 0)
		learn_made(x, name_b, path_a);
}

void inode_names_follow(struct inode_names *x, struct field_event *e)
{
	struct span path, to;
	uint32_t name;

	switch (e->ev->code) {
	case EVENT_SYSCALL_OPEN_X:
	case EVENT_SYSCALL_OPENAT_2_X:
	case EVENT_SYSCALL_OPENAT2_X:
	case EVENT_SYSCALL_CREAT_X:
	case EVENT_SYSCALL_OPEN_BY_HANDLE_AT_X:
		follow_open(x, event_file(e));
		return;
	case EVENT_SYSCALL_RENAME_X:
	case EVENT_SYSCALL_RENAMEAT_X:
	case EVENT_SYSCALL_RENAMEAT2_X:
		if (!renamed(e, &path, &to))
			return;
		if (is_exchange(e))
			follow_exchange(x, path, to);
		else
			follow_rename(x, path, to);
		return;
	case EVENT_SYSCALL_UNLINK_2_X:
	case EVENT_SYSCALL_UNLINKAT_2_X:
		name = path_at(e, FIELD_fs_path_name, &path) ? name_of(x, path) : 0;
		if (name != 0)
			forget(x, name);
		return;
	default:
		return;
	}
}
