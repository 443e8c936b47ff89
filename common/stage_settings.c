/* SPDX-License-Identifier: Apache-2.0
 *
 * stage_settings.c -- what a stage's settings are: from files, or from the supervisor that
 * started it, and the words of the command line on top of either.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "stage_core.h"
#include "supply.h"

#define SUPPLY_MS 10000 /* until the supervisor has said what the settings are */

static void warn_diag(const struct diag *d)
{
	char text[1024];

	diag_format(d, text, sizeof(text));
	log_warning("%s", text);
}

void stage_follow_log(const struct conf *conf)
{
	enum log_level level = LOG_LEVEL_INFO;

	(void)log_level_parse(conf->log_level, &level);
	log_set_level(level);
	log_set_places(conf->log_stderr, conf->log_syslog);
}

/* -r, in place of what the settings say. */
static int add_rules(struct runtime *rt, struct conf *conf)
{
	int err = 0;

	if (rt->nrules > 0)
		conf_clear_rules(conf);
	for (unsigned i = 0; err == 0 && i < rt->nrules; i++)
		err = conf_add_rules(conf, rt->rules[i]);
	return err;
}

/* The first word of the supervisor's. */
static int wait_for_bundle(struct runtime *rt)
{
	struct pollfd p = { .fd = rt->supply_fd, .events = POLLIN };
	struct supply_message m;
	int err;

	if (poll(&p, 1, SUPPLY_MS) != 1)
		return -ETIMEDOUT;
	err = supply_receive(rt->supply_fd, &m);
	if (err < 0)
		return err;
	err = m.kind == SUPPLY_START && m.fd != -1 ? supply_read(m.fd, &rt->st.bundle) : -EPROTO;
	if (m.fd != -1)
		close(m.fd);
	return err;
}

int stage_read_settings(struct runtime *rt, struct span bundle, struct conf *ret, struct diag *diag)
{
	/* Of what the supervisor has read before us it has said already what there is to be said. */
	void (*warn)(const struct diag *) = rt->supervisor == 0 ? warn_diag : NULL;
	int err;

	if (bundle.n > 0)
		err = conf_load_bundle(bundle, rt->options, rt->noptions, warn, ret, diag);
	else
		err = conf_load(rt->conf_file, rt->options, rt->noptions, warn, ret, diag);
	if (err == 0 && (err = add_rules(rt, ret)) < 0) {
		diag_set(diag, "cannot keep the rules' names: %s", strerror(-err));
		conf_release(ret);
	}
	return err;
}

int stage_load_settings(struct runtime *rt)
{
	struct diag diag;
	char text[1024];
	int err = rt->supply_fd == -1 ? 0 : wait_for_bundle(rt);

	if (err < 0) {
		log_error("the supervisor does not say what the settings are: %s", strerror(-err));
		return EXIT_STAGE;
	}
	if (stage_read_settings(rt, rt->st.bundle, &rt->st.conf, &diag) < 0) {
		diag_format(&diag, text, sizeof(text));
		log_error("%s", text);
		return EXIT_INPUT;
	}
	stage_follow_log(&rt->st.conf);
	return EXIT_OK;
}
