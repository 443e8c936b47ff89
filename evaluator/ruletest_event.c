/* SPDX-License-Identifier: Apache-2.0
 *
 * ruletest_event.c -- what was said of one event to its frames.  Then they are
 * read back: whatever somebody said must be what the rules will see, or it is an
 * error of the test, with its place.
 */
#include <errno.h>
#include <stdlib.h>

#include "codes.h"
#include "ruletest_read.h"

#define SECOND UINT64_C(1000000000)

static int complain(struct reader *r, const struct saying *s, const struct diag *diag)
{
	return rule_problem_add(&r->t->problems, PROBLEM_LOAD_ERR_TEST, s->where, NULL, 0, "%s",
				diag->message);
}

/* ---- which event ---- */

static const struct ynode *said_type(const struct reader *r)
{
	const struct saying *all = r->said.items;

	for (unsigned i = r->said.n; i-- > 0;)
		if (!all[i].is_param && span_is(all[i].field, "evt.type"))
			return all[i].value;
	return NULL;
}

static int find_event(struct reader *r, const struct ynode *type, const struct ynode *at,
		      unsigned *ret_code, unsigned *ret_sc)
{
	const char *near;

	if (type == NULL)
		type = said_type(r);
	if (type == NULL)
		return reader_problem(r, at, "which event? say it, as in `event: openat`");
	if (type->kind != YNODE_SCALAR || type->null)
		return reader_problem(r, type, "an event's name is wanted here");
	if (scene_event_code(type->text, ret_code, ret_sc))
		return 0;
	near = codes_suggest(type->text);
	return reader_problem(r, type, "there is no event '%.*s'%s%s%s", SHOW_TEXT(type->text),
			      near == NULL ? "" : ", did you mean '", near == NULL ? "" : near,
			      near == NULL ? "" : "'?");
}

/* ---- what was said, in order ---- */

static int by_order(const void *a, const void *b)
{
	const struct saying *const *x = a, *const *y = b;

	if ((*x)->order != (*y)->order)
		return (*x)->order < (*y)->order ? -1 : 1;
	return *x < *y ? -1 : *x > *y; /* as it was written */
}

/* Is something that the event says put in the place of S, which the test says for all? */
static bool is_overridden(const struct reader *r, const struct saying *s)
{
	const struct saying *all = r->said.items;

	if (s >= all + r->shared)
		return false;
	for (unsigned i = r->shared; i < r->said.n; i++)
		if (all[i].is_param == s->is_param && span_eq(all[i].field, s->field))
			return true;
	return false;
}

static int arrange(struct reader *r, struct pool *scratch, const struct saying ***ret,
		   unsigned *ret_n)
{
	struct saying *all = r->said.items;
	const struct saying **list = pool_array(scratch, r->said.n, sizeof(const struct saying *));
	unsigned n = 0;

	r->t->nsaid += r->said.n;
	if (list == NULL || r->t->nsaid > RULETEST_MAX_ALL_SAID)
		return -ENOMEM;
	for (unsigned i = 0; i < r->said.n; i++) {
		if (is_overridden(r, &all[i]))
			continue;
		all[i].order = all[i].is_param ? 0 : scene_field_order(all[i].field);
		list[n++] = &all[i];
	}
	if (n > 0)
		qsort(list, n, sizeof(const struct saying *), by_order);
	*ret = list;
	*ret_n = n;
	return 0;
}

/* ---- trying it out ---- */

/* S as the rules would see it. */
static int try_scene(struct reader *r, const struct scene *s, struct pool *scratch,
		     struct field_event **ret)
{
	struct scene_frames frames = { .pool = scratch, .next_key = &r->t->check_key };
	struct scene *whole = pool_get(scratch, sizeof(*whole));
	int err;

	if (whole == NULL)
		return -ENOMEM;
	*whole = *s;
	scene_finish(whole);
	err = scene_emit(whole, &frames);
	if (err == 0)
		err = ruletest_stage_clear(r->t->stage);
	if (err < 0)
		return err;
	return ruletest_stage_play(r->t->stage, frames.out.items, frames.out.n, ret);
}

static bool may_be_path(const struct scene *s, unsigned index)
{
	unsigned type = s->info->params[index].type;

	return (s->params_said >> index & 1) == 0 &&
	       (type == PT_FSPATH || type == PT_FSRELPATH || type == PT_CHARBUF);
}

/* fs.path.* and evt.abspath: the parameter in which the path makes the field say so;
 * else the name of the file. */
static int place_path(struct reader *r, struct scene *s, const struct saying *what,
		      struct pool *scratch)
{
	struct field_event *e;
	struct diag diag = { .message = "" };
	struct scene trial;
	int err;

	for (unsigned i = 0; i <= s->info->nparams; i++) {
		trial = *s;
		if (i < s->info->nparams && !may_be_path(s, i))
			continue;
		if (i < s->info->nparams) {
			scene_put_param_bytes(&trial, i, what->value->text);
		} else {
			trial.file.name = what->value->text;
			trial.file_said |= SAID_FD_NAME;
		}
		err = try_scene(r, &trial, scratch, &e);
		if (err < 0)
			return err;
		if (scene_check(what->field, what->value, e, &diag) == 0) {
			*s = trial;
			return 0;
		}
	}
	return 0; /* the check of all that was said will tell */
}

static int say_one(struct reader *r, struct scene *s, const struct saying *what,
		   struct pool *scratch)
{
	struct diag diag = { .message = "" };
	int err, index;

	if (what->is_param) {
		index = scene_find_param(s, what->field, &diag);
		err = index < 0 ? -EINVAL : scene_set_param(s, (unsigned)index, what->value, &diag);
	} else {
		err = scene_set(s, what->field, what->value, &diag);
	}
	if (err == -EAGAIN)
		return place_path(r, s, what, scratch);
	return err == -EINVAL ? complain(r, what, &diag) : err;
}

/* Does all hold that was said?  What does not is a problem each. */
static int check_all(struct reader *r, const struct scene *s, const struct saying *const *said,
		     unsigned n, struct pool *scratch)
{
	struct field_event *e;
	int err = try_scene(r, s, scratch, &e), bad = 0;

	for (unsigned i = 0; err == 0 && i < n; i++) {
		struct diag diag = { .message = "" };

		if (said[i]->is_param || span_is(said[i]->field, "evt.type"))
			continue;
		arena_clear(e->arena);
		if (scene_check(said[i]->field, said[i]->value, e, &diag) < 0)
			bad = complain(r, said[i], &diag);
	}
	return err < 0 ? err : bad;
}

static int compile(struct reader *r, struct scene *s, struct pool *scratch)
{
	const struct saying **said;
	unsigned n;
	int err = arrange(r, scratch, &said, &n), bad = 0;

	for (unsigned i = 0; err == 0 && i < n; i++) {
		err = say_one(r, s, said[i], scratch);
		if (err == -EINVAL) {
			bad = err;
			err = 0;
		}
	}
	if (err < 0 || bad < 0)
		return err < 0 ? err : bad;
	return check_all(r, s, said, n, scratch);
}

int ruletest_compile(struct reader *r, const struct ynode *type, const struct ynode *at,
		     unsigned number, struct scene_frames *frames, struct ruletest_event *ret)
{
	struct pool scratch;
	struct scene *s;
	unsigned code, sc;
	int err = find_event(r, type, at, &code, &sc);

	if (err < 0)
		return err;
	pool_init(&scratch, RULETEST_LIMIT);
	s = pool_get(&scratch, sizeof(*s));
	if (s == NULL)
		return -ENOMEM;
	scene_init(s, &scratch, code, sc);
	s->since_ns = number * SECOND;
	s->ts_ns += s->since_ns;
	s->num += number;
	err = compile(r, s, &scratch);
	frames->out = (struct pool_vec){ 0 };
	if (err == 0) {
		scene_finish(s);
		err = scene_emit(s, frames);
	}
	pool_release(&scratch);
	if (err == -E2BIG)
		return reader_problem(r, at, "the event is too long");
	ret->type = code == EVENT_GENERIC_X ? syscall_info(sc)->name : event_info(code)->name;
	ret->frames = frames->out.items;
	ret->nframes = frames->out.n;
	return err;
}
