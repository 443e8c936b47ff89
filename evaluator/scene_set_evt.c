/* SPDX-License-Identifier: Apache-2.0
 *
 * scene_set_evt.c -- what is said of the event itself, of what rides in it, and of
 * the container.
 */
#include <errno.h>

#include "scene_set.h"

/* ---- what rides in the event ---- */

int said_set_rides(struct said *x)
{
	uint64_t *to = x->row->what == RIDES_FDS       ? &x->s->fd_count
		       : x->row->what == RIDES_THREADS ? &x->s->threads
						       : &x->s->other_threads;

	*to = (uint64_t)x->number;
	return 0;
}

/* WHAT: the descriptor, and 4 for its name. */
int said_set_stdio(struct said *x)
{
	struct wire_stdio *io = &x->s->stdio[x->row->what & 3];
	struct said type = *x;
	struct scene other = { .pool = x->s->pool };
	struct said_row by_name = { .set = said_set_fd_type };
	int err;

	if (x->value->null) {
		io->is_open = false;
		return 0;
	}
	io->is_open = true;
	if ((x->row->what & 4) != 0) {
		io->name = x->text;
		return 0;
	}
	type.s = &other;
	type.row = &by_name;
	err = said_set_fd_type(&type);
	if (err == 0)
		io->type = other.file.type;
	return err;
}

/* ---- the event ---- */

int said_set_time(struct said *x)
{
	if (!scene_time(x->text, &x->s->ts_ns))
		return said_refuse(x, "takes nanoseconds since the epoch, or a time as "
				      "2026-01-02T03:04:05.678Z");
	return 0;
}

int said_set_event(struct said *x)
{
	if (x->row->what == EVENT_NUM)
		x->s->num = (uint64_t)x->number;
	else if (x->row->what == EVENT_CPU)
		x->s->cpu = (uint16_t)x->number;
	else
		x->s->hostname = x->text;
	return 0;
}

static int set_result_to(struct said *x, int64_t result)
{
	if (x->s->info->nparams == 0 || (strcmp(x->s->info->params[0].name, "res") != 0 &&
					 strcmp(x->s->info->params[0].name, "fd") != 0))
		return said_refuse(x, "cannot be: the event has no result");
	scene_put_param_int(x->s, 0, result);
	return 0;
}

/* evt.res, evt.rawres, evt.buflen, evt.failed. */
int said_set_result(struct said *x)
{
	int64_t result;

	if (!scene_result(x->text, &result) && !scene_number(x->text, PT_INT64, &result))
		return said_refuse(x, "takes SUCCESS, an error's name as ENOENT, or a number");
	/* A new descriptor comes out of success. */
	if (result == 0 && span_is(x->text, "SUCCESS"))
		return 0;
	return set_result_to(x, result);
}

int said_set_failed(struct said *x)
{
	return x->number != 0 ? set_result_to(x, -1) : 0;
}

int said_set_buffer(struct said *x)
{
	int index = scene_find_param(x->s, span_str("data"), x->diag);

	if (index < 0)
		return -EINVAL;
	scene_put_param_bytes(x->s, (unsigned)index, x->text);
	return 0;
}

int said_set_arg(struct said *x)
{
	int index = field_param(x->ref, x->s->code);

	if (index < 0 && x->ref->has_key)
		index = scene_find_param(x->s, x->ref->key, x->diag);
	else if (index < 0)
		return said_refuse(x, "is more than the event has parameters");
	return index < 0 ? -EINVAL : scene_set_param(x->s, (unsigned)index, x->value, x->diag);
}

/* WHAT: bits of file_flags that say so. */
int said_set_open_flag(struct said *x)
{
	int index = scene_find_param(x->s, span_str("flags"), x->diag);
	int64_t flags;

	if (index < 0)
		return -EINVAL;
	flags = (x->s->params_said >> index & 1) != 0 ? x->s->params[index].i : 0;
	flags = x->number != 0 ? flags | x->row->what : flags & ~(int64_t)x->row->what;
	scene_put_param_int(x->s, (unsigned)index, flags);
	return 0;
}

int said_set_open_exec(struct said *x)
{
	int index = scene_find_param(x->s, span_str("mode"), x->diag);

	if (index < 0)
		return -EINVAL;
	if ((x->s->params_said >> index & 1) == 0)
		scene_put_param_int(x->s, (unsigned)index, x->number != 0 ? 0755 : 0644);
	return x->number != 0 && x->s->code != EVENT_SYSCALL_CREAT_X ? said_set_open_flag(x) : 0;
}

int said_set_truncated(struct said *x)
{
	x->s->truncated = x->number != 0;
	return 0;
}

int said_set_path(struct said *x)
{
	(void)x;
	return -EAGAIN;
}

/* ---- containers ---- */

int said_set_container_id(struct said *x)
{
	if (span_is(x->text, "host"))
		x->text = SPAN_NONE;
	return said_set_text(x);
}

int said_set_container_type(struct said *x)
{
	static const char *const names[] = { "docker", "lxc", "libvirt-lxc", "mesos",
					     "rkt",    NULL,  "cri",	     "containerd",
					     "cri-o",  "bpm", NULL,	     "podman" };

	for (unsigned i = 0; i < ARRAY_LEN(names); i++)
		if (names[i] != NULL && span_is(x->text, names[i])) {
			x->s->container.type = i;
			x->s->said_container = true;
			return 0;
		}
	return said_refuse(x,
			   "takes docker, podman, containerd, cri, cri-o, lxc, libvirt-lxc or bpm");
}

int said_set_container_full_id(struct said *x)
{
	x->s->container.full_id = x->text;
	x->s->said_container = true;
	return 0;
}
