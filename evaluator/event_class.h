/* SPDX-License-Identifier: Apache-2.0
 *
 * event_class.h -- the inside of the rule index, between its two files.
 */
#ifndef MEWS_EVENT_CLASS_H
#define MEWS_EVENT_CLASS_H

#include "lookup.h"
#include "name_memo.h"
#include "rule_index.h"

/* A few predicates that are cheap and that many rules of the class stand or fall with (is the
 * file opened for writing?).  Their truths, a bit each, are the outcome: what only rules ask for
 * that are false then is not looked up. */
enum { MAX_GUARDS = 3, MAX_OUTCOMES = 1 << MAX_GUARDS };

/* A field and what is asked of it. */
struct probe {
	uint32_t expr;
	uint8_t parts; /* enum lookup_part */
	bool any;      /* several values: each is looked up */
	const struct lookup *lookup;
};

struct probes {
	struct pool_vec lookups; /* struct probe */
	struct pool_vec single;	 /* uint32_t: predicates that no look-up finds */
};

/* The rules that a predicate wakes, by their places in the class. */
struct covered {
	uint32_t predicate, n, cap; /* cap 0: an empty place */
	uint32_t *rules;
};

struct cover_map {
	uint32_t mask;
	struct covered *slots;
};

/* Event codes for which the same rules are left, woken by the same predicates. */
struct event_class {
	unsigned number, nrules, nwords;
	uint32_t *rules; /* as they are tried; a bit of the words is a place here */
	unsigned nguards;
	uint32_t guards[MAX_GUARDS];	   /* predicates */
	struct probes event[MAX_OUTCOMES]; /* what wakes rules at each event, by outcome */
	struct probes process;		   /* ... and once per version of a process */
	struct cover_map covered;
	uint64_t *always;	    /* woken by every event */
	uint64_t *for_each_process; /* to be worked out for every process */
	uint64_t *fixed;	    /* predicates (a bit each) that the code decides */
	bool has_gate;		    /* some rules depend on the process */
	uint32_t by_name;	    /* outcomes (a bit each) at which only names wake rules */
	uint64_t *settled;	    /* predicates (a bit each) that code, outcome and name decide */
	uint64_t *of_open; /* predicates (a bit each) that are the same for opens that are alike */
	bool counts;	   /* some rule has to see each event */
};

#define NO_EXPR UINT32_MAX

struct rule_index {
	const struct program *program;
	struct event_class *by_code[EVENT_CODE_COUNT];
	uint32_t *starts; /* by rule: its first step */
	struct process_memos *memos;
	struct name_memos *names;
	uint32_t name, nameraw;	     /* the expressions fd.name, ...; NO_EXPR: nobody asks for it */
	uint64_t *woken, *gate_bits; /* of the largest class */
	uint32_t *gate_list;
};

#endif
