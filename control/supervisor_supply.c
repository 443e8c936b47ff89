/* SPDX-License-Identifier: Apache-2.0
 *
 * supervisor_supply.c -- the sockets by which the stages get their settings, at their start and in a
 * reload, and what they say of them.
 */
#include <errno.h>
#include <unistd.h>

#include "supervisor_core.h"
#include "supply.h"

void supervisor_close_supply(struct child *c)
{
	if (c->supply != -1)
		close(c->supply);
	c->supply = -1;
}

int supervisor_open_supply(struct supervisor *sv, struct child *c)
{
	int ends[2];

	supervisor_close_supply(c);
	if (sv->p->launch == NULL || supply_pair(ends) < 0)
		return -1;
	if (supply_send(ends[0], SUPPLY_START, sv->reload.fd, "") < 0) {
		close(ends[0]);
		close(ends[1]);
		return -1;
	}
	c->supply = ends[0];
	return ends[1];
}

static bool tell(void *ctx, enum stage_id stage, enum supply_kind kind, int fd, const char *text)
{
	const struct child *c = supervisor_child(ctx, stage);

	return c->pid != 0 && !c->asked && c->supply != -1 &&
	       supply_send(c->supply, kind, fd, text) == 0;
}

static bool restart(void *ctx, enum stage_id stage)
{
	struct child *c = supervisor_child(ctx, stage);
	bool runs = c->pid != 0;

	/* One that is on its way out may have settings that are neither. */
	supervisor_ask_to_end(c, mono_now());
	return runs;
}

const struct reload_ops supervisor_reload_ops = { .tell = tell, .restart = restart };

static void hear(struct supervisor *sv, struct child *c)
{
	struct supply_message m;
	int err;

	while (c->supply != -1 && (err = supply_receive(c->supply, &m)) != -EAGAIN) {
		if (err == -EPROTO)
			continue;
		if (err < 0) {
			supervisor_close_supply(c);
			return;
		}
		reload_heard(&sv->reload, c->stage->id, &m);
		if (m.fd != -1)
			close(m.fd);
	}
}

void supervisor_hear_supplied(struct supervisor *sv)
{
	for (unsigned i = 0; i < PLAN_PROCESSES; i++)
		hear(sv, &sv->child[i]);
}
