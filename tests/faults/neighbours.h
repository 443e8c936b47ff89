/* SPDX-License-Identifier: Apache-2.0
 *
 * neighbours.h -- one stage in a run directory of its own, between two neighbours that are this process: it
 * writes the stage's rings, reads its ring, hears when it is ready, asks it by its control socket.
 */
#ifndef MEWS_NEIGHBOURS_H
#define MEWS_NEIGHBOURS_H

#include <sys/types.h>

#include "control.h"
#include "door.h"
#include "fault.h"

/* Frames, kept. */
struct frames {
	size_t n, room;
	struct ring_frame *frame;
};
void frames_add(struct frames *f, const struct ring_frame *frame);

enum { NEIGHBOURS_WORDS = 24, NEIGHBOURS_RINGS = 2 };

struct neighbours;

struct neighbours_params {
	const char *program, *stage; /* its file; "enricher" */
	const char *command;	     /* of `mews`, whose words tell when it is ready; NULL */
	const char *words[NEIGHBOURS_WORDS]; /* options; "@" at the front is the run directory */
	const char *in[NEIGHBOURS_RINGS];    /* rings that it reads, "raw" */
	const char *out;		     /* that it writes; NULL: none */
	int page_fd;
	void (*begin)(void *ctx, const struct neighbours *nb); /* before it starts; NULL: nothing */
	void (*frame)(void *ctx, const struct ring_frame *f);  /* that it wrote; NULL: nothing */
	void *ctx;					       /* of both */
	const struct ring_wants *wants; /* NULL: all that is no work for a recorder */
};

/* What is to be done at each step, too; NULL: nothing. */
extern void (*neighbours_tick)(void);

struct neighbours {
	const struct neighbours_params *p;
	char dir[64];
	pid_t pid;	  /* 0: it has ended */
	int status;	  /* how */
	int notify, said; /* its words: a socket; its standard error */
	bool ready;
	struct outlet *in[NEIGHBOURS_RINGS];
	struct inlet *out;
	struct frames *keep; /* what it writes goes there, too; NULL: it is counted only */
	size_t frames;	     /* that it wrote */
	bool end;	     /* its last one */
};

/* Start it.  False: this process cannot. */
bool neighbours_begin(struct neighbours *nb, const struct neighbours_params *p);

/* Look after all of it for a moment. */
void neighbours_step(struct neighbours *nb);

/* Until IS_DONE, it has ended, or MS are over: whether it is done. */
bool neighbours_wait(struct neighbours *nb, bool (*is_done)(struct neighbours *nb), unsigned ms);

/* For that: it says so, or is watching; nothing is, so that time goes by; it is gone. */
bool neighbours_is_ready(struct neighbours *nb);
bool neighbours_never(struct neighbours *nb);
bool neighbours_has_ended(struct neighbours *nb);

/* How many descriptors it has open. */
unsigned neighbours_fds(const struct neighbours *nb);

/* Frames FROM to TO of F into ring RING. */
bool neighbours_feed(struct neighbours *nb, unsigned ring, const struct frames *f, size_t from,
		     size_t to);
/* It has committed all of that, and we have all that it wrote. */
bool neighbours_drained(struct neighbours *nb);

/* Both neighbours end, and there are new ones. */
bool neighbours_renew(struct neighbours *nb);

/* 0, or what its control socket says. */
int neighbours_ask(struct neighbours *nb, enum control_kind kind, const char *argument,
		   struct control_answer *ret);

/* What it said on standard error, to be freed. */
char *neighbours_words(struct neighbours *nb);

/* It is ended, if it has not. */
void neighbours_kill(struct neighbours *nb);
/* Everything is gone, the process, too. */
void neighbours_end(struct neighbours *nb);

#endif
