/* SPDX-License-Identifier: Apache-2.0
 *
 * outputs.c -- see outputs.h.
 */
#include "outputs.h"

#include <stdio.h>
#include <string.h>

#include "log.h"

static void open_one(struct outputs *os, const struct conf_output *conf, const struct format *form)
{
	struct output *o = &os->all[os->count];
	const struct sink_ops *ops = sink_find(conf_output_key(conf->kind));

	if (ops == NULL) {
		log_error("cannot open output '%s': this program has no %s", conf->name,
			  conf_output_key(conf->kind));
		return;
	}
	*o = (struct output){ .sink = { .ops = ops, .conf = conf }, .format = *form };
	o->format.json = conf->json == CONF_JSON_YES;
	o->format.bare = conf->bare;
	if (ops->open(&o->sink, jail_identity(STAGE_EMITTER)) == 0)
		os->count++;
}

int outputs_open(struct outputs *os, const struct conf *conf, const struct format *form)
{
	os->count = 0;
	for (unsigned i = 0; i < conf->output_count; i++)
		if (conf->outputs[i].enabled)
			open_one(os, &conf->outputs[i], form);
	if (os->count == 0)
		log_error("no output can be opened");
	return os->count == 0 ? EXIT_INPUT : EXIT_OK;
}

void outputs_close(struct outputs *os)
{
	for (unsigned i = 0; i < os->count; i++)
		os->all[i].sink.ops->close(&os->all[i].sink);
	os->count = 0;
}

void outputs_names(const struct outputs *os, char *ret, size_t cap)
{
	size_t at = 0;

	ret[0] = '\0';
	for (unsigned i = 0; i < os->count && at < cap; i++)
		at += (size_t)snprintf(ret + at, cap - at, "%s%s", i > 0 ? " " : "",
				       os->all[i].sink.conf->name);
}
