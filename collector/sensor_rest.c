/* SPDX-License-Identifier: Apache-2.0
 *
 * sensor_rest.c -- the rest of the kernel side, which a thread loads when events come already.
 */
#include "log.h"
#include "sensor_core.h"

void sensor_prepare_rest(struct sensor *s)
{
	s->rest_coverage = s->coverage;
	s->programs.loader.coverage = &s->rest_coverage;
	programs_put_off(&s->programs, &s->coverage);
}

int sensor_begin_rest(struct source *source, void (*done)(void *ctx), void *ctx)
{
	return programs_begin_rest(&sensor_of(source)->programs, done, ctx);
}

/* ERR: what came of loading. */
static int rest_settle(struct sensor *s, int err)
{
	if (err == 0)
		err = sensor_fill_families(s);
	if (err < 0) {
		if (!s->programs.loader.said)
			sensor_explain("load the rest of the kernel side", err);
		return err;
	}
	s->coverage = s->rest_coverage;
	sensor_find_traces(s);
	sensor_want(&s->source, &s->selection);
	return 1;
}

int sensor_take_rest(struct source *source)
{
	struct sensor *s = sensor_of(source);

	return programs_rest_is_done(&s->programs) ? rest_settle(s, programs_end_rest(&s->programs))
						   : 0;
}

int sensor_complete(struct source *source)
{
	struct sensor *s = sensor_of(source);

	return rest_settle(s, programs_load(&s->programs, PROGRAMS_REST)) < 0 ? EXIT_HOST : EXIT_OK;
}
