/* SPDX-License-Identifier: Apache-2.0
 *
 * scenario_call.c -- see scenario_call.h.  Each helper has its row; arguments
 * that a call leaves out have the helper's default.
 */
#include "scenario_call.h"

struct call {
	struct state_world *w;
	const json_t *args;
	bool bad; /* an argument could not be told */
};

/* ---- arguments ---- */

static int64_t arg_int(struct call *c, size_t i, int64_t missing)
{
	const json_t *v = json_array_get(c->args, i);
	const char *text = json_string_value(json_object_get(v, "v"));
	int64_t n;

	if (v == NULL)
		return missing;
	if (json_is_integer(v))
		return json_integer_value(v);
	if (text == NULL)
		text = json_string_value(json_object_get(v, "const"));
	if (text != NULL && case_number(text, FLAG_TABLE_NONE, &n))
		return n;
	c->bad = true;
	return missing;
}

static struct span arg_str(struct call *c, size_t i, const char *missing)
{
	const json_t *v = json_array_get(c->args, i);

	if (v == NULL)
		return span_str(missing);
	if (json_is_string(v))
		return case_json_bytes(v);
	c->bad = true;
	return SPAN_NONE;
}

/* A vector of strings, each ended by NUL. */
static struct span arg_list(struct call *c, size_t i)
{
	const json_t *v = json_array_get(c->args, i);
	static const struct event_param bytes = { "list", PT_BYTEBUF, PF_NA, FLAG_TABLE_NONE, -1 };
	struct param p = { .kind = PARAM_EMPTY };

	if (v != NULL && !case_param(v, &bytes, NULL, &p))
		c->bad = true;
	return p.kind == PARAM_BYTES ? p.s : SPAN_NONE;
}

/* ---- events ---- */

static struct raw_event begin(int64_t tid, unsigned code)
{
	return (struct raw_event){ .code = (uint16_t)code, .tid = tid, .pid = -1 };
}

static void add_int(struct raw_event *ev, int64_t v)
{
	ev->params[ev->nparams++] = (struct param){ .kind = PARAM_INT, .i = v };
}

static void add_str(struct raw_event *ev, struct span s)
{
	ev->params[ev->nparams++] = (struct param){ .kind = PARAM_BYTES, .s = s };
}

static void add_bytes(struct raw_event *ev, struct span s)
{
	ev->params[ev->nparams++] =
		(struct param){ .kind = s.n > 0 ? PARAM_BYTES : PARAM_EMPTY, .s = s };
}

static void add_empty(struct raw_event *ev, unsigned n)
{
	while (n-- > 0)
		ev->params[ev->nparams++] = (struct param){ .kind = PARAM_EMPTY };
}

static enum call_result send(struct call *c, struct raw_event *ev)
{
	if (c->bad)
		return CALL_UNKNOWN;
	return state_world_event(c->w, ev) < 0 ? CALL_UNKNOWN : CALL_DONE;
}

/* ---- the helpers ---- */

static const uint8_t init_args[] = "context\0ls\0--format\0{{json .}}";
static const uint8_t init_env[] = "TEST_ENV_PARENT_LINEAGE=secret\0HOME=/home/user/parent";

static struct task_frame plain_task(int64_t tid, int64_t pid, int64_t ptid, struct span comm)
{
	return (struct task_frame){ .info = { .tid = tid,
					      .pid = pid,
					      .ptid = ptid,
					      .vtid = tid,
					      .vpid = pid,
					      .sid = 0,
					      .vpgid = 1,
					      .pgid = 1,
					      .comm = comm,
					      .cwd = span_str("/root/"),
					      .fdlimit = 1024 } };
}

static enum call_result init_thread(struct call *c)
{
	struct task_frame t = plain_task(1, 1, 0, span_str("init"));

	t.info.exe = t.info.exepath = span_str("/sbin/init");
	t.info.args = span_of(init_args, sizeof(init_args));
	t.info.env = span_of(init_env, sizeof(init_env));
	return state_world_task(c->w, &t) < 0 ? CALL_UNKNOWN : CALL_DONE;
}

/* tid, pid, ptid, comm */
static enum call_result simple_thread(struct call *c)
{
	struct task_frame t = plain_task(arg_int(c, 0, -1), arg_int(c, 1, -1), arg_int(c, 2, -1),
					 arg_str(c, 3, "random"));

	t.info.exe = t.info.comm;
	if (c->bad)
		return CALL_UNKNOWN;
	return state_world_task(c->w, &t) < 0 ? CALL_UNKNOWN : CALL_DONE;
}

/* result, tid, pid, ptid, flags, vtid, vpid, name, cgroups */
static enum call_result clone_exit(struct call *c)
{
	int64_t tid = arg_int(c, 1, 0), pid = arg_int(c, 2, 0);
	int64_t vtid = arg_int(c, 5, 0), vpid = arg_int(c, 6, 0);
	struct span name = arg_str(c, 7, "bash");
	struct raw_event ev = begin(tid, EVENT_SYSCALL_CLONE_20_X);

	add_int(&ev, arg_int(c, 0, 0));
	add_str(&ev, name);
	add_bytes(&ev, SPAN_NONE);
	add_int(&ev, tid);
	add_int(&ev, pid);
	add_int(&ev, arg_int(c, 3, 0));
	add_str(&ev, span_str(""));
	add_int(&ev, 1024);
	for (unsigned i = 0; i < 5; i++)
		add_int(&ev, 0);
	add_str(&ev, name);
	add_bytes(&ev, arg_list(c, 8));
	add_int(&ev, arg_int(c, 4, 0));
	add_int(&ev, 0);
	add_int(&ev, 0);
	add_int(&ev, vtid != 0 ? vtid : tid);
	add_int(&ev, vpid != 0 ? vpid : pid);
	add_int(&ev, 0);
	return send(c, &ev);
}

struct exec {
	int64_t res, tid, pid, ptid, pgid;
	struct span path, comm, trusted, cgroups;
};

/* result, old tid, new tid, pid, ptid, path, comm, trusted path, cgroups, pgid */
static struct exec exec_of(struct call *c)
{
	return (struct exec){ .res = arg_int(c, 0, 0),
			      .tid = arg_int(c, 2, 0),
			      .pid = arg_int(c, 3, 0),
			      .ptid = arg_int(c, 4, 0),
			      .path = arg_str(c, 5, "/bin/test-exe"),
			      .comm = arg_str(c, 6, "test-exe"),
			      .trusted = arg_str(c, 7, "/bin/test-exe"),
			      .cgroups = arg_list(c, 8),
			      .pgid = arg_int(c, 9, 0) };
}

static struct raw_event exec_event(const struct exec *x, unsigned code)
{
	struct raw_event ev = begin(x->tid, code);

	add_int(&ev, x->res);
	add_str(&ev, x->path);
	add_bytes(&ev, SPAN_NONE);
	add_int(&ev, x->tid);
	add_int(&ev, x->pid);
	add_int(&ev, x->ptid);
	add_str(&ev, span_str(""));
	for (unsigned i = 0; i < 6; i++)
		add_int(&ev, 0);
	add_str(&ev, x->comm);
	add_bytes(&ev, x->cgroups);
	add_bytes(&ev, SPAN_NONE);
	for (unsigned i = 16; i < 27; i++)
		add_int(&ev, 0);
	add_str(&ev, x->trusted);
	add_int(&ev, x->pgid);
	add_int(&ev, 0);
	add_str(&ev, x->path);
	return ev;
}

static enum call_result execve_both(struct call *c)
{
	struct exec x = exec_of(c);
	struct raw_event enter = begin(arg_int(c, 1, 0), EVENT_SYSCALL_EXECVE_19_E);
	struct raw_event exit = exec_event(&x, EVENT_SYSCALL_EXECVE_19_X);

	add_str(&enter, x.path);
	return send(c, &enter) == CALL_DONE ? send(c, &exit) : CALL_UNKNOWN;
}

static enum call_result execveat_both(struct call *c)
{
	struct exec x = exec_of(c);
	struct raw_event enter = begin(arg_int(c, 1, 0), EVENT_SYSCALL_EXECVEAT_E);
	struct raw_event exit = exec_event(&x, EVENT_SYSCALL_EXECVEAT_X);

	add_int(&enter, -100);
	add_str(&enter, x.path);
	add_int(&enter, 0);
	return send(c, &enter) == CALL_DONE ? send(c, &exit) : CALL_UNKNOWN;
}

/* pid, exe, comm */
static struct exec exec_short(struct call *c)
{
	struct exec x = { .tid = arg_int(c, 0, 1),
			  .path = arg_str(c, 1, "/bin/test-exe"),
			  .comm = arg_str(c, 2, "test-exe") };

	x.pid = x.tid;
	x.trusted = x.path;
	return x;
}

static enum call_result execve_default(struct call *c)
{
	struct exec x = exec_short(c);
	struct raw_event ev = exec_event(&x, EVENT_SYSCALL_EXECVE_19_X);

	return send(c, &ev);
}

/* What came late to the event is empty, as in old captures. */
static enum call_result execve_empty(struct call *c)
{
	struct exec x = exec_short(c);
	struct raw_event ev = exec_event(&x, EVENT_SYSCALL_EXECVE_19_X);

	ev.nparams = 18;
	add_empty(&ev, 13);
	return send(c, &ev);
}

static enum call_result getcwd_failed(struct call *c)
{
	struct raw_event ev = begin(arg_int(c, 0, 1), EVENT_SYSCALL_GETCWD_X);

	add_int(&ev, -3);
	add_str(&ev, span_str("/test/dir"));
	return send(c, &ev);
}

/* tid, reaper */
static enum call_result proc_exit(struct call *c)
{
	struct raw_event ev = begin(arg_int(c, 0, 0), EVENT_PROCEXIT_1_E);

	for (unsigned i = 0; i < 4; i++)
		add_int(&ev, 0);
	add_int(&ev, arg_int(c, 1, 0));
	return send(c, &ev);
}

/* The removal of an exit is left to the event that follows. */
static enum call_result remove_thread(struct call *c)
{
	struct raw_event ev = begin(1, EVENT_SYSCALL_GETCWD_X);

	if (proc_exit(c) != CALL_DONE)
		return CALL_UNKNOWN;
	add_int(&ev, -3);
	add_str(&ev, span_str("/test/dir"));
	return send(c, &ev);
}

static enum call_result open_exit(struct call *c)
{
	struct raw_event ev = begin(1, EVENT_SYSCALL_OPEN_X);

	if (json_array_size(c->args) != 0)
		return CALL_UNKNOWN;
	add_int(&ev, 4);
	add_str(&ev, span_str("/home/file.txt"));
	add_int(&ev, 3);
	add_int(&ev, 0);
	add_int(&ev, 5);
	add_int(&ev, 123);
	return send(c, &ev);
}

/* fd, domain, type, protocol: only scenarios.json gives them one by one */
static enum call_result socket_exit(struct call *c)
{
	struct raw_event ev = begin(1, EVENT_SOCKET_SOCKET_X);

	add_int(&ev, arg_int(c, 0, 5));
	add_int(&ev, arg_int(c, 1, 2));
	add_int(&ev, arg_int(c, 2, 1));
	add_int(&ev, arg_int(c, 3, 0));
	add_int(&ev, 0);
	return send(c, &ev);
}

static enum call_result open_inspector(struct call *c)
{
	return state_world_end(c->w) < 0 ? CALL_UNKNOWN : CALL_DONE;
}

static enum call_result ignore(struct call *c)
{
	(void)c;
	return CALL_IGNORED;
}

static const struct {
	const char *name;
	enum call_result (*run)(struct call *c);
} helpers[] = {
	{ "add_default_init_thread", init_thread },
	{ "add_simple_thread", simple_thread },
	{ "open_inspector", open_inspector },
	{ "generate_clone_x_event", clone_exit },
	{ "generate_execve_enter_and_exit_event", execve_both },
	{ "generate_execveat_enter_and_exit_event", execveat_both },
	{ "generate_execve_exit_event_with_default_params", execve_default },
	{ "generate_execve_exit_event_with_empty_params", execve_empty },
	{ "generate_getcwd_failed_entry_event", getcwd_failed },
	{ "generate_random_event", getcwd_failed },
	{ "generate_proc_exit_event", proc_exit },
	{ "remove_thread", remove_thread },
	{ "generate_open_x_event", open_exit },
	{ "generate_socket_exit_event", socket_exit },
	/* caches, metrics, who watches */
	{ "m_inspector.set_observer", ignore },
	{ "m_inspector.get_thread_pool", ignore },
	{ "m_inspector.get_capture_stats", ignore },
	{ "m_inspector.clear_suppress_events_comm", ignore },
	{ "m_inspector.set_buffer_format", ignore },
	{ "m_inspector.close", ignore },
	{ "m_inspector.register_plugin", ignore }, /* its fields are not to be had */
};

enum call_result call_run(struct state_world *w, const char *name, const json_t *args)
{
	struct call c = { .w = w, .args = args };

	for (size_t i = 0; i < ARRAY_LEN(helpers); i++)
		if (strcmp(helpers[i].name, name) == 0)
			return helpers[i].run(&c);
	return CALL_UNKNOWN;
}
