/* SPDX-License-Identifier: Apache-2.0
 *
 * conf_check.c -- what no single value shows: settings that ask for each other, and those with which
 * nothing could start.  Whatever can be told from settings alone is told here, with the place of
 * the value that would have to change, so that no stage has to look at it again.
 */
#include <arpa/inet.h>
#include <errno.h>

#include "clock.h"
#include "conf_loader.h"
#include "conf_node.h"
#include "duration.h"

#define LEAST_METRICS_NS (100 * NS_PER_MSEC)

/* ---- places ---- */

static void place_at(struct loader *ld, const char *key)
{
	const yaml_node_t *node = conf_doc_at(&ld->doc, key);

	if (node != NULL)
		loader_place(ld, node);
}

/* At O's sub-key KEY, or where O begins. */
static void place_output(struct loader *ld, const struct conf_output *o, const char *key)
{
	const yaml_node_pair_t *p;

	if (o->node == 0)
		return; /* nobody wrote it */
	p = conf_doc_find(&ld->doc, (int)o->node, key);
	loader_place(ld, conf_doc_node(&ld->doc, p == NULL ? (int)o->node : p->value));
}

/* ---- the checks ---- */

static int check_output(struct loader *ld, unsigned i)
{
	const char *key;
	int err;

	*ld->diag = (struct diag){ 0 };
	err = conf_output_check(ld->conf, i, ld->diag, &key);
	if (err < 0)
		place_output(ld, &ld->conf->outputs[i], key);
	return err;
}

static bool has_output(const struct conf *c)
{
	unsigned i = 0;

	while (i < c->output_count && !c->outputs[i].enabled)
		i++;
	return i < c->output_count;
}

static int check_outputs(struct loader *ld)
{
	struct conf *c = ld->conf;
	int err;

	/* Nobody spoke of it: it is there, as the defaults say. */
	if (conf_output_at(c, OUTPUT_STDOUT, 0) == NULL &&
	    loader_add_output(ld, OUTPUT_STDOUT) == NULL)
		return -EINVAL;
	err = conf_output_settle(c);
	for (unsigned i = 0; i < c->output_count && err == 0; i++)
		err = loader_settle(ld, check_output(ld, i));
	if (err < 0 || has_output(c))
		return err;
	*ld->diag = (struct diag){ 0 };
	place_output(ld, conf_output_at(c, OUTPUT_STDOUT, 0), "enabled");
	diag_set(ld->diag, "no output is enabled, set 'stdout_output.enabled' or that of another");
	return -EINVAL;
}

static int check_drops(struct loader *ld)
{
	if ((ld->conf->drops_actions & 1) == 0 || ld->conf->drops_actions == 1)
		return 0;
	place_at(ld, "syscall_event_drops.actions");
	diag_set(ld->diag, "'syscall_event_drops.actions': to ignore is all that can be done then");
	return -EINVAL;
}

static int check_metrics_output(struct loader *ld)
{
	const struct conf *c = ld->conf;

	if (!c->metrics_enabled || c->metrics_rule || c->metrics_file[0] != '\0' || c->web_metrics)
		return 0;
	place_at(ld, "metrics.enabled");
	diag_set(ld->diag, "'metrics.enabled': metrics go nowhere, set 'metrics.output_rule', "
			   "'metrics.output_file' or 'webserver.prometheus_metrics_enabled'");
	return -EINVAL;
}

/* As in Falco, wherever they go. */
static int check_metrics_interval(struct loader *ld)
{
	const struct conf *c = ld->conf;

	if (!c->metrics_enabled || duration_parse(c->metrics_interval) >= LEAST_METRICS_NS)
		return 0;
	place_at(ld, "metrics.interval");
	diag_set(ld->diag, "'metrics.interval': '%s' is no duration of 100ms or more, as 1h30m is",
		 c->metrics_interval);
	return -EINVAL;
}

static int check_web(struct loader *ld)
{
	const char *address = ld->conf->web_address;
	struct in6_addr ignored;

	if (!ld->conf->web_enabled || inet_pton(AF_INET, address, &ignored) == 1 ||
	    inet_pton(AF_INET6, address, &ignored) == 1)
		return 0;
	place_at(ld, "webserver.listen_address");
	diag_set(ld->diag, "'webserver.listen_address': '%s' is no IPv4 or IPv6 address", address);
	return -EINVAL;
}

static bool names_capture(struct loader *ld)
{
	const yaml_node_t *node = conf_doc_at(&ld->doc, "engine.replay.capture_file");

	return node != NULL && node->type == YAML_SCALAR_NODE && !conf_is_nothing(node) &&
	       conf_node_text(node).n > 0;
}

/* Only for who asks whether settings are good: a replay is told of its capture elsewhere, and takes them
 * as they are. */
static int check_engine(struct loader *ld)
{
	if (!ld->all || ld->conf->engine < CONF_ENGINE_REPLAY)
		return 0;
	place_at(ld, "engine.kind");
	if (ld->conf->engine == CONF_ENGINE_REPLAY && !names_capture(ld)) {
		diag_set(ld->diag, "'engine.kind': replay needs 'engine.replay.capture_file'");
		return -EINVAL;
	}
	loader_complain(ld, CONF_FOUND_OTHER,
			"'engine.kind': no events come from the kernel then, and `mews run' does "
			"not start: for a capture there is `mews replay'");
	return 0;
}

/* Two keys for one thing. */
static void follow_engine(struct conf *c)
{
	if (c->engine != CONF_ENGINE_KMOD)
		return;
	c->kernel_buffer_bytes = c->kmod_buffer_bytes;
	c->drop_failed = c->kmod_drop_failed;
}

int loader_check(struct loader *ld)
{
	static int (*const checks[])(
		struct loader * ld) = { check_outputs,		check_drops, check_metrics_output,
					check_metrics_interval, check_web,   check_engine };
	int err = 0;

	follow_engine(ld->conf);
	for (unsigned i = 0; i < ARRAY_LEN(checks) && err == 0; i++) {
		*ld->diag = (struct diag){ 0 };
		err = loader_settle(ld, checks[i](ld));
	}
	return err;
}
