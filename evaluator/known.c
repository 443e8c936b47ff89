/* SPDX-License-Identifier: Apache-2.0
 *
 * known.c -- an event with nothing in it is asked for what all of its kind answer alike.
 */
#include "known.h"

#include "field_class.h"

static void ask(const struct program *p, struct program_memo *m, uint32_t i, struct field_event *e,
		uint8_t *known)
{
	arena_clear(e->arena);
	known[i] = program_test(p, m, i, e) ? KNOWN_TRUE : KNOWN_FALSE;
}

/* The field that predicate I holds against what is constant; NULL: it is not so simple. */
static const struct field_ref *field_of(const struct program *p, uint32_t i)
{
	const struct predicate *q = program_predicate(p, i);
	const struct expr *left = program_expr(p, q->left);

	return left->kind == EXPR_FIELD && q->kind != PREDICATE_FIELDS ? &left->field : NULL;
}

void known_of_code(const struct program *p, struct program_memo *m, struct arena *arena,
		   unsigned code, uint8_t *known)
{
	struct event_frame ev = { .code = (uint16_t)code, .fd = FD_NONE, .fd_file = -1 };
	struct field_event e = {
		.ev = &ev, .info = event_info(code), .arena = arena, .source = "syscall"
	};

	program_memo_next(m, p);
	for (uint32_t i = 0; i < p->predicates.n; i++) {
		const struct field_ref *ref = field_of(p, i);

		known[i] = KNOWN_NOT;
		if (ref != NULL && field_is_of_code(ref, code))
			ask(p, m, i, &e, known);
	}
}

void known_of_file(const struct program *p, struct program_memo *m, struct arena *arena,
		   unsigned code, uint8_t *known)
{
	struct event_frame ev = { .code = (uint16_t)code, .nfiles = 1 };
	struct field_event e = {
		.ev = &ev, .info = event_info(code), .arena = arena, .source = "syscall"
	};

	ev.files[0].type = FILE_REGULAR;
	program_memo_next(m, p);
	for (uint32_t i = 0; i < p->predicates.n; i++) {
		const struct field_ref *ref = field_of(p, i);

		if (known[i] == KNOWN_NOT && ref != NULL &&
		    (ref->id == FIELD_fd_type || ref->id == FIELD_fd_typechar))
			ask(p, m, i, &e, known);
	}
}

void known_of_param(const struct program *p, struct program_memo *m, struct arena *arena,
		    unsigned code, unsigned param, uint64_t v, uint8_t *known)
{
	struct event_frame ev = { .code = (uint16_t)code,
				  .fd = FD_NONE,
				  .fd_file = -1,
				  .nparams = (uint8_t)(param + 1) };
	struct field_event e = {
		.ev = &ev, .info = event_info(code), .arena = arena, .source = "syscall"
	};

	ev.params[param] = (struct param){ .kind = PARAM_INT, .u = v };
	program_memo_next(m, p);
	for (uint32_t i = 0; i < p->predicates.n; i++) {
		const struct field_ref *ref = field_of(p, i);

		if (known[i] == KNOWN_NOT && ref != NULL &&
		    (ref->id == FIELD_evt_arg || ref->id == FIELD_evt_rawarg) &&
		    field_param(ref, code) == (int)param)
			ask(p, m, i, &e, known);
	}
}

static bool is_of_result(const struct field_ref *ref)
{
	return ref->id == FIELD_evt_rawres || ref->id == FIELD_evt_res ||
	       ref->id == FIELD_evt_failed;
}

/* It is settled if all of them answer alike. */
static void ask_failures(const struct program *p, struct program_memo *m, uint32_t i,
			 struct field_event *e, struct event_frame *ev, uint8_t *known)
{
	enum { LAST_ERRNO = 4095 };
	uint8_t first;

	ev->params[0].i = -1;
	program_memo_next(m, p);
	ask(p, m, i, e, known);
	first = known[i];
	for (int64_t error = 2; error <= LAST_ERRNO && known[i] == first; error++) {
		ev->params[0].i = -error;
		program_memo_next(m, p);
		ask(p, m, i, e, known);
	}
	if (known[i] != first)
		known[i] = KNOWN_NOT;
}

void known_of_failure(const struct program *p, struct program_memo *m, struct arena *arena,
		      unsigned code, uint8_t *known)
{
	struct event_frame ev = {
		.code = (uint16_t)code, .fd = FD_NONE, .fd_file = -1, .nparams = 1
	};
	struct field_event e = {
		.ev = &ev, .info = event_info(code), .arena = arena, .source = "syscall"
	};

	ev.params[0] = (struct param){ .kind = PARAM_INT };
	for (uint32_t i = 0; i < p->predicates.n; i++) {
		const struct field_ref *ref = field_of(p, i);

		if (known[i] == KNOWN_NOT && ref != NULL && is_of_result(ref))
			ask_failures(p, m, i, &e, &ev, known);
	}
}
