/* SPDX-License-Identifier: Apache-2.0
 *
 * control.h -- questions to a running stage, and its answers: in the form of nng's REQ/REP over
 * ipc:// in the run directory (STAGE.ctl; the supervisor's is mews.ctl), msgpack
 * messages.  Never on the event path: with every control socket dead, events
 * flow on.
 *
 * request: [version, kind, argument]
 * answer: [version, result, text, status, supervised, page, next]
 * result: 0 or a negative errno; text: for people; status: nil or a struct stage_status;
 * supervised: nil or an array of struct supervised; page: lines of JSON, next: the argument that
 * asks for those behind them, 0 if there are none.  Texts are bin, structs arrays that may
 * grow at the end.
 */
#ifndef MEWS_CONTROL_H
#define MEWS_CONTROL_H

#include <errno.h>
#include <sys/types.h>

#include "gauge.h"
#include "histogram.h"
#include "losses.h"
#include "span.h"

enum control_kind {
	CONTROL_NONE,
#define CONTROL(name, wire, who, text) CONTROL_##name = wire,
#include "control.def"
#undef CONTROL
	CONTROL_COUNT
};

#define CONTROL_MAX_MESSAGE (64u * 1024)
#define CONTROL_PAGE_BYTES  (60u * 1024) /* of a page, at most */
#define CONTROL_MAX_RINGS   2
#define CONTROL_MAX_GAPS    32
#define CONTROL_GAP_PROGRAM 32
#define CONTROL_GAP_REASON  192

struct control_request {
	enum control_kind kind;
	char argument[256];
};

struct ring_status {
	char name[16]; /* "raw", "enriched", "alerts" */
	uint64_t capacity, used, lost, generation;
	bool attached;	  /* the other side is there */
	uint64_t refused; /* what came from there, or in its name, and made no sense */
};

/* Events that the collector cannot see on this host, all of one program of its kernel side. */
struct coverage_gap {
	char program[CONTROL_GAP_PROGRAM];
	char reason[CONTROL_GAP_REASON]; /* why it could not be loaded or attached */
	uint64_t events[8], wanted[8]; /* a bit per event code: not seen; and asked for by rules */
	bool of_ring;		       /* seen as system calls, but not through io_uring */
	bool of_state;		       /* the state of processes and files is folded from some */
};

/* Who can be asked of containers and pods: the enricher's. */
enum source_state {
	SOURCE_ABSENT,	   /* nobody is there */
	SOURCE_CONNECTING, /* somebody is, and is being asked for the first time, or again */
	SOURCE_CONNECTED,  /* lists are read, events are followed */
	SOURCE_FAILING,	   /* TEXT says how; tried again */
	SOURCE_FAILED,	   /* for good */
	SOURCE_STATE_COUNT
};

#define SOURCE_PLACE_MAX    128
#define CONTROL_MAX_SOURCES 24

struct source_status {
	char name[16];
	char place[SOURCE_PLACE_MAX];
	char text[128]; /* why it is not connected; "" */
	enum source_state state;
	uint64_t last_contact_ns; /* how long ago; 0: never */
	uint64_t latency_ns;	  /* of the last answer */
	uint64_t objects;	  /* that it told of, and that are there */
	uint64_t asked, misses;	  /* requests; those that came to nothing */
	uint64_t reconnects;
};

/* What the stage's process takes, as it sees it itself. */
struct stage_usage {
	uint64_t cpu_ns, rss_bytes, vsz_bytes;
	uint64_t
		ceiling_bytes; /* rss_bytes never is more, whatever happens on the host; 0: not known yet */
};

/* The emitter's ways out. */
enum output_state {
	OUTPUT_STATE_OK,
	OUTPUT_STATE_RETRYING, /* the receiver takes nothing; LAST_ERROR says why */
	OUTPUT_STATE_COUNT
};

#define CONTROL_MAX_OUTPUTS 32

/* Heartbeats: events that the collector makes to see that they come out. */
enum heartbeat_state {
	HEARTBEAT_OFF, /* none are made, or none are wanted here */
	HEARTBEAT_OK,
	HEARTBEAT_MISSING, /* for three times as long as they should take to come */
	HEARTBEAT_STATE_COUNT
};

struct heartbeat_status {
	enum heartbeat_state state;
	uint64_t count;	     /* that came here, since the process is there */
	uint64_t last_ns;    /* when the last one did, since the epoch; 0: never */
	uint64_t latency_ns; /* since its event */
};

/* journalled = delivered + filtered + pending + lost + refused. */
struct output_status {
	char name[32], kind[32];
	char last_error[128];
	enum output_state state;
	uint64_t journalled; /* alerts that there were for outputs since this one is there */
	uint64_t delivered;
	uint64_t filtered; /* it does not want them */
	uint64_t pending;
	uint64_t lost;	  /* let go by the spool before it could have them */
	uint64_t refused; /* the receiver will never take them, or they cannot be said */
	uint64_t retries;
	uint64_t last_delivery_ns; /* since the epoch; 0: never */
	struct histogram latency;  /* from an alert's event to its delivery */
	struct heartbeat_status heartbeat;
};

/* The emitter's journal. */
struct spool_status {
	bool is_used; /* false: there is none, as in a replay */
	bool on_disk; /* false: in memory, WHY */
	char why[96];
	uint64_t records, bytes, segments; /* on disk */
	uint64_t dropped;		   /* segments that had to go for room */
	uint64_t damaged;		   /* places that could not be read */
};

struct stage_status {
	enum stage_id stage;
	int64_t pid;
	uint64_t uptime_ns;
	struct ring_counts counts;
	unsigned nrings;
	struct ring_status rings[CONTROL_MAX_RINGS]; /* in, out */
	char detail[256]; /* one line for people, "" if there is nothing to say */
	bool mid_event;	  /* waits for room: one event is read and not yet written */
	unsigned ngaps;	  /* the collector's */
	struct coverage_gap gaps[CONTROL_MAX_GAPS];
	unsigned nsources; /* the enricher's */
	struct source_status sources[CONTROL_MAX_SOURCES];
	struct losses losses; /* the collector's */
	struct stage_gauges gauges;
	/* From an event's time to when the stage was done with it; of the first of each turn. */
	struct histogram latency;
	struct stage_usage usage;
	unsigned noutputs; /* the emitter's */
	struct output_status outputs[CONTROL_MAX_OUTPUTS];
	struct spool_status spool;
	struct heartbeat_status heartbeat; /* the emitter's: that came to it */
};

/* What the supervisor knows of the stages that it started. */
enum supervised_state {
	SUPERVISED_NONE,
	SUPERVISED_STARTING,
	SUPERVISED_RUNNING,
	SUPERVISED_STOPPING, /* told to end */
	SUPERVISED_WAITING,  /* ended; starts again when the back-off is over */
	SUPERVISED_STATE_COUNT
};

struct supervised {
	enum stage_id stage;
	enum supervised_state state;
	int64_t pid; /* 0: none now */
	uint64_t restarts;
};

/* A reload's result: it is done, but for settings that are in force only when the stage is started again; the
 * answer's text says which. */
#define CONTROL_NEEDS_RESTART (-ERESTART)

struct control_answer {
	int result;
	char text[512];
	bool has_status;
	struct stage_status status;
	unsigned nsupervised;
	struct supervised supervised[STAGE_COUNT]; /* from the supervisor only */
	struct span page; /* the answerer's own memory; of an answer: see who gave it */
	uint64_t next;
};

/* Who may ask for what. */
enum control_who { CONTROL_WHO_NOBODY, CONTROL_WHO_ANY, CONTROL_WHO_ROOT };
enum control_who control_permission(enum control_kind kind);

/* "starting" ...; "?" for others. */
const char *supervised_state_name(enum supervised_state state);
const char *source_state_name(enum source_state state);
const char *output_state_name(enum output_state state);
const char *heartbeat_state_name(enum heartbeat_state state);

/* core: encode and decode, side by side in control.c */
ssize_t control_encode_request(uint8_t *buf, size_t cap, const struct control_request *r);
int control_decode_request(struct span msg, struct control_request *ret);
ssize_t control_encode_answer(uint8_t *buf, size_t cap, const struct control_answer *a);
/* RET->page lies in MSG. */
int control_decode_answer(struct span msg, struct control_answer *ret);

/* shell: control_server.c answers, control_socket.c asks */
struct control_server;

/* PATH: the socket's file; -EADDRINUSE: somebody answers there, -EEXIST: it is no socket.  Peers are root, this process's uid, and for what is
 * open to ANY members of the socket's group. */
int control_server_open(const char *path, struct control_server **ret);
void control_server_close(struct control_server *s);

/* A descriptor that is readable while a request waits.  Without descriptors nobody is let in for a moment, and it is not;
 * then the moment ends at control_server_due(), and else at no time (UINT64_MAX). */
int control_server_fd(const struct control_server *s);
struct mono control_server_due(const struct control_server *s);

/* Answer what waits, at most a few; never blocks.  ANSWER is called for each. */
void control_server_poll(struct control_server *s,
			 void (*answer)(void *ctx, const struct control_request *req,
					struct control_answer *ret),
			 void *ctx);

/* A connection for several questions. */
struct control_client;
int control_client_open(const char *path, uint64_t timeout_ns, struct control_client **ret);
/* RET->page is valid until the next question. */
int control_client_ask(struct control_client *c, const struct control_request *req,
		       struct control_answer *ret);
void control_client_close(struct control_client *c);

/* A copy of A's page in *KEPT, in place of the one that was there: it outlives the message that A came in.
 * -ENOMEM: A has none then. */
int control_keep_page(uint8_t **kept, struct control_answer *a);

/* Ask once and wait for the answer.  -ETIMEDOUT, -ECONNREFUSED, -ENOENT, -EPROTO ... */
int control_ask(const char *path, const struct control_request *req, uint64_t timeout_ns,
		struct control_answer *ret);

#endif
