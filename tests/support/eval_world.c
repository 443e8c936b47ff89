/* SPDX-License-Identifier: Apache-2.0
 *
 * eval_world.c -- made through the same frames that the enricher sends.
 */
#include "eval_world.h"

#include <stdlib.h>

#include "parse.h"

static void put(struct eval_world *w, const struct process_frame *f)
{
	static uint8_t buf[65536];
	ssize_t n = wire_encode_process(buf, sizeof(buf), f);

	if (n < 0 || mirror_apply(w->mirror, FRAME_PROCESS, span_of(buf, (size_t)n)) < 0)
		abort();
}

static struct process_frame process(uint64_t key, int64_t pid, int64_t ptid, const char *comm,
				    const char *exepath)
{
	return (struct process_frame){
		.key = key,
		.version = 1,
		.mask = PROCESS_ALL,
		.info = { .tid = pid,
			  .pid = pid,
			  .ptid = ptid,
			  .vtid = pid,
			  .vpid = pid,
			  .comm = span_str(comm),
			  .exe = span_str(exepath),
			  .exepath = span_str(exepath),
			  .args = span_of("-c\0cat /etc/shadow\0", 19),
			  .cwd = span_str("/root/"),
			  .uid = 1000,
			  .gid = 1000,
			  .loginuid = 1000 },
	};
}

void eval_world_init(struct eval_world *w)
{
	struct mirror_limits limits = { 64, 16, 16, 16, 1, 0 };
	struct process_frame f;

	memset(w, 0, sizeof(*w));
	if (mirror_new(&limits, &w->mirror) < 0)
		abort();
	arena_init(&w->arena, w->bytes, sizeof(w->bytes));
	f = process(1, 1, -1, "systemd", "/sbin/init");
	put(w, &f);
	f = process(2, 10, 1, "sshd", "/usr/sbin/sshd");
	put(w, &f);
	f = process(3, 42, 10, "bash", "/bin/bash");
	put(w, &f);

	w->open = (struct event_frame){
		.code = EVENT_SYSCALL_OPENAT_2_X,
		.cpu = 1,
		.ts_ns = UINT64_C(1700000000000000000),
		.num = 7,
		.origin_generation = 1,
		.origin_seq = 1,
		.process = 3,
		.version = 1,
		.tid = 42,
		.fd = 3,
		.fd_file = 0,
		.nfiles = 1,
		.nparams = 7,
	};
	w->open.files[0] = (struct file_info){ .fd = 3,
					       .type = FILE_REGULAR,
					       .name = span_str("/etc/shadow") };
	w->open.params[0] = (struct param){ .kind = PARAM_INT, .i = 3 };
	w->open.params[1] = (struct param){ .kind = PARAM_INT, .i = -100 };
	w->open.params[2] = (struct param){ .kind = PARAM_BYTES, .s = span_str("/etc/shadow") };
	w->open.params[3] = (struct param){ .kind = PARAM_INT, .u = 1 }; /* O_RDONLY */
	for (unsigned i = 4; i < 7; i++)
		w->open.params[i] = (struct param){ .kind = PARAM_INT, .u = 0 };
	w->event = (struct field_event){
		.ev = &w->open,
		.info = event_info(w->open.code),
		.mirror = w->mirror,
		.process = mirror_process(w->mirror, 3),
		.arena = &w->arena,
		.source = "syscall",
		.context = &w->context,
	};
}

void eval_world_release(struct eval_world *w)
{
	mirror_free(w->mirror);
}

int eval_ask(struct field_event *e, const char *condition, struct diag *diag)
{
	struct compile_error error;
	struct program_memo memo;
	struct program program;
	struct pool pool;
	struct node *tree;
	uint32_t start;
	int answer = -1;

	pool_init(&pool, 64 * 1024 * 1024);
	program_init(&program, &pool);
	if (parse_condition(span_str(condition), PARSE_DEPTH_DEFAULT, &pool, &tree, diag, NULL) ==
		    0 &&
	    compile_condition(&program, tree, &start, diag, &error) == 0 &&
	    program_memo_init(&memo, &program, &pool)) {
		arena_clear(e->arena);
		program_memo_next(&memo, &program);
		answer = program_run(&program, &memo, start, e);
	}
	program_release(&program);
	pool_release(&pool);
	return answer;
}

int eval_world_ask(struct eval_world *w, const char *condition, struct diag *diag)
{
	return eval_ask(&w->event, condition, diag);
}
