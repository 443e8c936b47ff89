/* SPDX-License-Identifier: Apache-2.0
 *
 * collector_source.c -- where the collector's events come from: the kernel, or a capture.
 */
#include <unistd.h>

#include "collector.h"
#include "log.h"
#include "replay.h"
#include "sensor.h"
#include "sensor_probe.h"
#include "sockets.h"

#ifdef MEWS_BPF
static struct sensor_params params_of(const struct stage *st)
{
	static const enum stage_id behind[] = { STAGE_ENRICHER, STAGE_EVALUATOR, STAGE_EMITTER,
						STAGE_RECORDER };
	struct sensor_params p = { .buffer_bytes = st->conf.kernel_buffer_bytes,
				   .snaplen = (unsigned)st->conf.snaplen,
				   .cpus_per_buffer = st->conf.cpus_per_buffer,
				   .drop_failed = st->conf.drop_failed,
				   .beats = st->conf.heartbeat_ns > 0 };

	_Static_assert(ARRAY_LEN(behind) <= ARRAY_LEN(p.quiet_uids), "room for each");
	/* Where they are all one user, he may be somebody else as well. */
	for (unsigned i = 0; i < ARRAY_LEN(behind); i++)
		if (jail_identity(behind[i]).uid != geteuid())
			p.quiet_uids[p.nquiet++] = (uint32_t)jail_identity(behind[i]).uid;
	return p;
}
#endif

#ifdef MEWS_BPF
/* The kernel's buffers, each of whose pages is mapped twice; and all sockets, for a snapshot. */
static uint64_t may_grow(const struct source *source)
{
	struct sensor_inside in;

	sensor_look_inside(source, &in);
	return 2 * in.buffer_bytes + sockets_most_bytes();
}
#endif

/* A file is open already.  Who looks at the host's processes is not confined: Landlock would hide them all. */
static int open_capture(struct stage *st, struct collector *c)
{
	static struct confine_place place;

	place = (struct confine_place){ st->run_dir, CONFINE_SOCKETS };
	st->places = &place;
	st->nplaces = 1;
	st->jail = JAIL_REPLAY;
	return replay_open(c->capture, &c->source);
}

int collector_open_source(struct stage *st, struct collector *c)
{
	if (c->capture != NULL)
		return open_capture(st, c);
	if (st->conf.engine >= CONF_ENGINE_REPLAY) {
		log_error("'engine.kind' says that no events come from the kernel: for a capture "
			  "there is 'mews replay FILE'");
		return EXIT_INPUT;
	}
	if (st->conf.engine == CONF_ENGINE_KMOD)
		log_info(
			"'engine.kind' is kmod: there is no kernel module, its settings hold for eBPF");
#ifdef MEWS_BPF
	struct sensor_params params = params_of(st);

	int code;

	params.at_once = c->at_once;
	code = sensor_open(&params, &c->source);
	if (code == EXIT_OK)
		st->grows_bytes = may_grow(c->source);
	return code;
#else
	log_error("cannot see system calls: built without the kernel side, this can only --replay");
	return EXIT_HOST;
#endif
}

int collector_probe(const struct stage *st)
{
#ifdef MEWS_BPF
	struct sensor_params params = params_of(st);

	return sensor_probe(&params);
#else
	(void)st;
	log_error("built without the kernel side: there is nothing to probe");
	return EXIT_HOST;
#endif
}
