/* SPDX-License-Identifier: Apache-2.0
 *
 * stage_renew.c -- a reload: settings and rules that are to be in force from now on, by
 * control, by SIGHUP, or from the supervisor.  What came of it the stage says when it is there.
 */
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf_change.h"
#include "log.h"
#include "notify.h"
#include "stage_core.h"
#include "supply.h"

void stage_renewed(struct stage *st, int result, const char *text)
{
	struct runtime *rt = runtime_of(st);
	struct renewing *r = &rt->renewing;

	r->pending = false;
	r->result = result;
	snprintf(r->text, sizeof(r->text), "%s", text);
	malloc_trim(0);
	if (result == 0 && r->kept[0] != '\0') {
		r->result = CONTROL_NEEDS_RESTART;
		snprintf(r->text, sizeof(r->text),
			 "%.200s%sin force only behind `mews restart %s': %s", text,
			 text[0] == '\0' ? "" : "; ", stage_name(rt->ops->id), r->kept);
		log_warning("reloaded: %s", r->text);
	} else if (result < 0) {
		log_error("cannot reload, what was stays in force: %s", text);
	} else if (text[0] != '\0') {
		log_info("reloaded: %s", text);
	}
	if (r->for_supplier)
		(void)supply_send(rt->supply_fd, result < 0 ? SUPPLY_REFUSED : SUPPLY_DONE, -1,
				  text);
}

/* What is outside, of a stage that keeps its settings. */
static void look_again(struct runtime *rt)
{
	char text[sizeof(rt->renewing.text)] = "";
	int err = 0;

	if (rt->ops->reload != NULL)
		err = rt->ops->reload(&rt->st, rt->st.ctx, text, sizeof(text));
	stage_renewed(&rt->st, err, text);
}

static void note_kept(void *ctx, const char *key, struct conf_change change)
{
	struct runtime *rt = ctx;
	char *kept = rt->renewing.kept;
	size_t n = strlen(kept);

	if ((change.again | change.by_hand) & 1u << rt->ops->id)
		snprintf(kept + n, sizeof(rt->renewing.kept) - n, "%s%s", n > 0 ? ", " : "", key);
}

/* All that is to be in force from now on, from BUNDLE, or, n 0, from files.  Whoever supplies a bundle starts
 * again by itself what needs it. */
static void renew(struct runtime *rt, struct span bundle, bool for_supplier)
{
	struct conf fresh;
	struct diag diag;
	char text[1024];

	rt->renewing = (struct renewing){ .pending = true,
					  .for_supplier = for_supplier,
					  .ticket = rt->renewing.ticket + 1 };
	if (stage_read_settings(rt, bundle, &fresh, &diag) < 0) {
		diag_format(&diag, text, sizeof(text));
		free((void *)(uintptr_t)bundle.p);
		stage_renewed(&rt->st, -EINVAL, text);
		return;
	}
	stage_follow_log(&fresh);
	if (!for_supplier)
		(void)conf_compare(&rt->st.conf, &fresh, note_kept, rt);
	if (rt->ops->renew != NULL) {
		rt->ops->renew(&rt->st, rt->st.ctx, &fresh, bundle);
		return;
	}
	conf_release(&fresh);
	free((void *)(uintptr_t)bundle.p);
	look_again(rt);
}

void stage_answer_reload(struct runtime *rt, const char *ticket, struct control_answer *a)
{
	if (rt->supply_fd != -1) {
		a->result = -EOPNOTSUPP;
		snprintf(a->text, sizeof(a->text), "ask the supervisor");
		return;
	}
	if (rt->in_reserve) {
		a->result = -EBUSY;
		snprintf(a->text, sizeof(a->text), "the next stage does not keep up, try again");
		return;
	}
	if (ticket[0] == '\0' && !rt->renewing.pending)
		renew(rt, SPAN_NONE, false);
	a->result = rt->renewing.result;
	snprintf(a->text, sizeof(a->text), "%s", rt->renewing.text);
	if (ticket[0] != '\0' && strtoul(ticket, NULL, 10) != rt->renewing.ticket) {
		a->result = -ESTALE;
		snprintf(a->text, sizeof(a->text), "another reload has begun since");
	} else if (rt->renewing.pending) {
		a->result = -EINPROGRESS;
		snprintf(a->text, sizeof(a->text), "%u", rt->renewing.ticket);
	}
}

void stage_reload_by_signal(struct runtime *rt)
{
	if (rt->supply_fd != -1)
		stage_say(&rt->st, NOTIFY_RELOAD);
	else
		renew(rt, SPAN_NONE, false);
}

static void take_bundle(struct runtime *rt, int fd)
{
	struct span bundle;
	int err = fd == -1 ? -EPROTO : supply_read(fd, &bundle);

	if (err < 0) {
		rt->renewing.for_supplier = true;
		stage_renewed(&rt->st, err, strerror(-err));
		return;
	}
	renew(rt, bundle, true);
}

void stage_hear_supplier(struct runtime *rt)
{
	struct supply_message m;
	int err;

	while (rt->supply_fd != -1 && !rt->renewing.pending &&
	       (err = supply_receive(rt->supply_fd, &m)) != -EAGAIN) {
		if (err == -EPROTO)
			continue;
		if (err < 0) { /* it is gone, and with it we will be */
			close(rt->supply_fd);
			rt->supply_fd = -1;
			return;
		}
		if (m.kind == SUPPLY_RELOAD)
			take_bundle(rt, m.fd);
		else if (m.kind == SUPPLY_FAILED && rt->ops->reload_failed != NULL)
			rt->ops->reload_failed(&rt->st, rt->st.ctx, m.text);
		if (m.fd != -1)
			close(m.fd);
	}
}
