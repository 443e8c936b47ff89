/* SPDX-License-Identifier: Apache-2.0
 *
 * field.h -- the field table: which fields there are, how a reference to one
 * is read ("proc.aname[2]", "evt.arg.name"), and what it is worth at an event.
 * What each field means: the compatibility notes on fields, with docs/fields.5.
 * Core: no I/O, no allocation at an event.
 */
#ifndef MEWS_FIELD_H
#define MEWS_FIELD_H

#include <time.h>

#include "arena.h"
#include "diag.h"
#include "static_fields.h"
#include "value.h"
#include "wire.h"

enum {
	FF_ARG_REQUIRED = 1 << 0,
	FF_ARG_ALLOWED = 1 << 1,
	FF_ARG_INDEX = 1 << 2,
	FF_ARG_KEY = 1 << 3,
	FF_IS_LIST = 1 << 4,
	FF_FILTER_ONLY = 1 << 5, /* not in outputs */
	FF_PRINT_ONLY = 1 << 6,	 /* not in conditions */
	FF_NO_RHS = 1 << 7,	 /* not inside val() */
	FF_NO_TRANSFORMER = 1 << 8,
	FF_NO_PTR_STABILITY = 1 << 9,
	FF_TABLE_ONLY = 1 << 10, /* hidden from lists, still usable */
	FF_DEPRECATED = 1 << 11,
	FF_FORMAT_SUGGESTED = 1 << 12,
};

enum field_id {
	FIELD_NONE,
#define FIELD(id, name, type, flags, print, cls, text) FIELD_##id,
#include "field.def"
#undef FIELD
	FIELD_COUNT
};

struct field_info {
	const char *name, *cls, *text;
	uint32_t flags; /* FF_* */
	uint8_t type;	/* enum param_type; PT_DYN for evt.rawarg */
	uint8_t print;	/* enum param_format */
};

const struct field_info *field_info(enum field_id id);

/* A field as a rule names it. */
struct field_ref {
	enum field_id id;
	uint8_t type; /* of its values; resolved for evt.rawarg.X */
	bool is_list;
	bool has_index, has_key;
	uint64_t index;	  /* [2] */
	struct span key;  /* [HOME], .name of evt.arg.name; points into the text given */
	struct span text; /* as written */
};

/* Read TEXT, whole: a field name with its argument.  -ENOENT: no such field
 * ("filter_check called with nonexistent field X"), -EINVAL: bad argument;
 * DIAG's message says which. */
int field_parse(struct span text, struct field_ref *ret, struct diag *diag);

/* Is it static.NAME, with a NAME that is not one of STATICS?  Of NULL each is one. */
bool field_is_undefined(const struct field_ref *ref, const struct static_fields *statics);

/* evt.rawarg.X and evt.arg.X name a parameter: its index in event CODE, -1 if it has none. */
int field_param(const struct field_ref *ref, unsigned code);

/* The known field whose name is nearest to TEXT, for "did you mean"; NULL if none is near. */
const char *field_suggest(struct span text);

/* DIAG says that there is no field TEXT, as field_parse() does, and which may be meant. */
void field_unknown(struct span text, struct diag *diag);

/* Which wants (bits of enum want_extra) the field needs upstream. */
uint64_t field_wants(const struct field_ref *ref);

/* Is it, or does it show, the path of a file that other paths may lead to as well? */
bool field_is_path(const struct field_ref *ref);

/* True if the value depends on the process, its ancestors, its user and its
 * container alone: it may be remembered per process version. */
bool field_is_of_process(const struct field_ref *ref);

/* Of what a runtime or an API server has to tell of a container or a pod it is: METADATA_*.  It may
 * be missing first and come later. */
uint8_t field_metadata(const struct field_ref *ref);

/* Is it the name of a host, that of one end of a connection?  Who has which name changes with time. */
bool field_is_host_name(const struct field_ref *ref);

/* Does its value depend on fd.name, fd.nameraw and the type of the event's file alone? */
bool field_is_of_name(const struct field_ref *ref);

/* True if at events of CODE such values are the event's own, whatever its process is. */
bool field_process_is_told(unsigned code);

/* True if the value is the same at all events of CODE, or missing at all of them. */
bool field_is_of_code(const struct field_ref *ref, unsigned code);

/* True if each look at the value changes what the next one sees (evt.deltatime, thread.exectime, util.cnt): it
 * must be looked at when the condition says so, no more and no less often. */
bool field_is_stateful(const struct field_ref *ref);

/* ---- at an event ---- */

struct mirror;
struct mirror_process;

/* What fields remember from event to event, and how they print; one per
 * evaluator, zeroed, then its settings filled in. */
struct field_context {
	/* The local time of EPOCH_S; NULL: UTC.  The core has no time zone. */
	void (*local)(uint64_t epoch_s, struct tm *ret);
	bool buffer_base64; /* buffer_format_base64 */
	struct static_fields statics;

	uint64_t util_count;
	struct {
		const void *ref;
		uint64_t ts_ns;
	} delta[16]; /* evt.deltatime, by instance */
	struct {
		uint64_t ts_ns, before_ns;
	} switches[512]; /* thread.exectime: the last two that were looked at, by CPU */
};

struct field_event {
	const struct event_frame *ev;
	const struct event_info *info;
	struct mirror *mirror;
	const struct mirror_process *process; /* NULL: the event has none */
	struct arena *arena;		      /* cleared before each event */
	const char *source;		      /* "syscall" */
	struct field_context *context;	      /* NULL: UTC, and nothing remembered */
	const struct file_info *files;	      /* NULL: EV's; else as many, by other names */
	bool printing;			      /* set inside: the value goes to an output */
	bool plain_buffers;		      /* set inside: whatever outputs have */
};

/* The value of REF at E.  False: it is missing. */
bool field_get(const struct field_ref *ref, struct field_event *e, struct value *ret);

/* The function that answers for REF: field_get() without the way there. */
typedef bool field_getter(const struct field_ref *ref, struct field_event *e, struct value *ret);
field_getter *field_getter_of(const struct field_ref *ref);

/* Fields for which a comparison is tried with several values (any ancestor of
 * proc.aname, both ends of fd.ip, fd.port, fd.net, all names of fd.sip.name): all of them.
 * How many were written; 0: missing.  FIELD_ANY_MAX bounds it. */
#define FIELD_ANY_MAX 64
bool field_is_any(const struct field_ref *ref);
unsigned field_get_any(const struct field_ref *ref, struct field_event *e,
		       struct value out[FIELD_ANY_MAX]);

/* ---- as text ---- */

/* The text of REF at E for outputs: "<NA>" when missing; into the event's arena. */
struct span field_text(const struct field_ref *ref, struct field_event *e);

/* The same for JSON's output_fields: typed as outputs-config.md 1.2 says. */
void field_alert_value(const struct field_ref *ref, struct field_event *e, struct alert_value *ret);

#endif
