/* SPDX-License-Identifier: Apache-2.0
 *
 * scene_set_proc.c -- what is said of processes, their users and groups.
 */
#include <errno.h>

#include "names.h"
#include "scene_set.h"

enum {
	COMM_MAX = 15,	  /* bytes of a name, as the kernel keeps it */
	OTHER_UID = 1001, /* of somebody who logged in as another */
};

/* ---- the process ---- */

static void *member_of(struct process_info *info, unsigned field)
{
	static const uint16_t offsets[PROCESS_FIELD_COUNT] = {
#define PROC_I64(member, text)	 [PROCESS_##member] = offsetof(struct process_info, member),
#define PROC_U64(member, text)	 PROC_I64(member, text)
#define PROC_BYTES(member, text) PROC_I64(member, text)
#include "process.def"
#undef PROC_I64
#undef PROC_U64
#undef PROC_BYTES
	};

	return (uint8_t *)info + offsets[field];
}

static void say(struct scene_process *p, unsigned field)
{
	p->said |= UINT64_C(1) << field;
}

int said_set_text(struct said *x)
{
	struct span *to = member_of(&x->p->info, x->row->what);

	*to = x->text;
	say(x->p, x->row->what);
	return 0;
}

int said_set_name(struct said *x)
{
	if (x->text.n > COMM_MAX)
		return said_refuse(x, "is cut to 15 bytes by the kernel: no event ever has this");
	return said_set_text(x);
}

int said_set_number(struct said *x)
{
	int64_t *to = member_of(&x->p->info, x->row->what);

	*to = x->number;
	say(x->p, x->row->what);
	return 0;
}

int said_set_cwd(struct said *x)
{
	struct pool_text path = { .pool = x->s->pool };

	pool_text_add(&path, x->text);
	if (!span_ends(x->text, span_str("/")))
		pool_text_str(&path, "/");
	x->text = pool_text_span(&path);
	return said_set_text(x);
}

int said_set_strings(struct said *x)
{
	struct span strings;
	int err = scene_strings(x->s->pool, x->value, &strings, x->diag);

	if (err < 0)
		return err;
	x->text = strings;
	return said_set_text(x);
}

/* proc.args[N], proc.env[NAME]: one of them. */
int said_set_args(struct said *x)
{
	if (x->ref->has_index && x->row->who != WHO_ANCESTOR)
		return said_refuse(x, "cannot be said alone: say proc.args");
	return said_set_strings(x);
}

/* One more NAME=VALUE in the list. */
static int add_named(struct said *x)
{
	struct span *list = member_of(&x->p->info, x->row->what);
	struct pool_text all = { .pool = x->s->pool };

	pool_text_add(&all, *list);
	pool_text_add(&all, x->ref->key);
	pool_text_str(&all, "=");
	pool_text_add(&all, x->text);
	pool_text_add(&all, span_of("", 1));
	x->text = pool_text_span(&all);
	return said_set_text(x);
}

int said_set_env(struct said *x)
{
	if (!x->ref->has_key)
		return said_set_strings(x);
	if (x->value->kind != YNODE_SCALAR)
		return said_refuse(x, "takes one text");
	return add_named(x);
}

int said_set_cgroup(struct said *x)
{
	return add_named(x);
}

/* A name and the arguments behind it; WHAT is where the first word goes.  What was
 * said apart of these stays: then this line only has to agree. */
int said_set_line(struct said *x)
{
	struct span line = scene_trim(scene_join(x->s->pool, x->value, " ")), rest;
	const uint8_t *blank = line.n == 0 ? NULL : memchr(line.p, ' ', line.n);
	size_t n = blank == NULL ? line.n : (size_t)(blank - line.p);
	struct ynode words = { .kind = YNODE_SCALAR, .text = span_of(line.p + n, line.n - n) };
	int err = scene_strings(x->s->pool, &words, &rest, x->diag);

	if (err < 0)
		return err;
	if ((x->p->said & PROCESS_BIT(args)) == 0)
		x->p->info.args = rest;
	say(x->p, PROCESS_args);
	if ((x->p->said >> x->row->what & 1) != 0)
		return 0;
	x->text = span_of(line.p, n);
	return x->row->what == PROCESS_comm ? said_set_name(x) : said_set_text(x);
}

int said_set_pid(struct said *x)
{
	x->p->info.pid = x->number;
	say(x->p, PROCESS_pid);
	return 0;
}

int said_set_tid(struct said *x)
{
	x->s->tid = x->number;
	x->s->said_tid = true;
	return 0;
}

/* WHAT is a bit of the executable's flags. */
int said_set_exe_flag(struct said *x)
{
	if (x->number != 0)
		x->p->info.exe_flags |= x->row->what;
	say(x->p, PROCESS_exe_flags);
	return 0;
}

/* True: the id WHAT is the process's own, whatever that will be. */
int said_set_leads(struct said *x)
{
	int64_t *id = member_of(&x->p->info, x->row->what);

	if (x->number == 0)
		return 0; /* as it is anyway, or scene_check() says so */
	*id = x->row->what == PROCESS_pgid ? x->p->info.pid : x->p->info.vpid;
	say(x->p, x->row->what);
	if (x->row->what == PROCESS_pgid ? (x->p->said & PROCESS_BIT(pid)) != 0
					 : (x->p->said & PROCESS_BIT(vpid)) != 0)
		return 0;
	*id = INT64_MIN; /* scene_finish() knows the number */
	return 0;
}

int said_set_age(struct said *x)
{
	x->p->info.clone_ts = x->s->ts_ns - (uint64_t)x->number;
	say(x->p, PROCESS_clone_ts);
	return 0;
}

/* Names of capabilities, in a list or with blanks between. */
int said_set_capabilities(struct said *x)
{
	uint64_t *set = member_of(&x->p->info, x->row->what);
	struct span names, name;
	int err = scene_strings(x->s->pool, x->value, &names, x->diag);

	*set = 0;
	while (err == 0 && names.n > 0) {
		unsigned bit = 0;

		name = span_of(names.p, strlen((const char *)names.p));
		while (bit < 64 &&
		       (name_of_capability(bit) == NULL || !span_is(name, name_of_capability(bit))))
			bit++;
		if (bit == 64)
			return said_refuse(x, "takes names of capabilities, as CAP_SYS_ADMIN");
		*set |= UINT64_C(1) << bit;
		names = span_of(names.p + name.n + 1, names.n - name.n - 1);
	}
	say(x->p, x->row->what);
	return err;
}

/* ---- users and groups: WHAT is the part of the account ---- */

int said_set_account(struct said *x)
{
	struct process_info *info = &x->s->chain[0].info;

	switch (x->row->what) {
	case ACCOUNT_HOME:
		x->s->user.home = x->text;
		return 0;
	case ACCOUNT_SHELL:
		x->s->user.shell = x->text;
		return 0;
	case ACCOUNT_GROUP:
		x->s->group = x->text;
		return 0;
	case ACCOUNT_LOGIN:
		x->s->login.name = x->text;
		if ((x->s->chain[0].said & PROCESS_BIT(loginuid)) != 0)
			return 0;
		info->loginuid = span_is(x->text, "root") ? 0 : OTHER_UID;
		say(&x->s->chain[0], PROCESS_loginuid);
		return 0;
	default:
		x->s->user.name = x->text;
		if (!span_is(x->text, "root") || (x->s->chain[0].said & PROCESS_BIT(uid)))
			return 0;
		info->uid = 0;
		say(&x->s->chain[0], PROCESS_uid);
		return 0;
	}
}

int said_set_loginuid(struct said *x)
{
	x->number = x->number < 0 ? UINT32_MAX : x->number;
	return said_set_number(x);
}
