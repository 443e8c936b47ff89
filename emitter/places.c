/* SPDX-License-Identifier: Apache-2.0
 *
 * places.c -- see places.h.
 */
#include "places.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "resolv_conf.h"

static int put(struct places *p, const char *path, enum confine_use use)
{
	if (p->n == PLACES_MAX)
		return -ENOSPC;
	p->place[p->n++] = (struct confine_place){ path, use };
	return 0;
}

/* The directory that FILE is in. */
static int put_dir_of(struct places *p, const char *file, enum confine_use use)
{
	const char *slash = strrchr(file, '/');
	char *dir;

	if (file[0] == '\0')
		return 0;
	if (p->ndirs == PLACES_MAX)
		return -ENOSPC;
	if (slash == NULL)
		dir = strdup(".");
	else if (slash == file)
		dir = strdup("/");
	else
		dir = strndup(file, (size_t)(slash - file));
	if (dir == NULL)
		return -ENOMEM;
	p->dirs[p->ndirs++] = dir;
	return put(p, dir, use);
}

static bool needs_network(const struct output *o)
{
	const struct conf_output *c = o->sink.conf;

	return o->sink.ops->needs_network &&
	       !(c->kind == OUTPUT_SYSLOG && c->protocol == CONF_SYSLOG_UNIX);
}

/* Users and hosts are looked up by libraries that the C library loads when it must. */
static int put_base(struct places *p, const char *run_dir)
{
	static const char *const read[] = { "/etc",	  "/sys/devices/system/cpu",
					    "/lib",	  "/lib64",
					    "/usr/lib",	  "/run/systemd/resolve",
					    "/usr/share", "/run/resolvconf" };
	int err = put(p, run_dir, CONFINE_SOCKETS);

	for (unsigned i = 0; i < ARRAY_LEN(read) && err == 0; i++)
		err = put(p, read[i], CONFINE_READ);
	return err;
}

static int put_output(struct places *p, const struct output *o)
{
	const struct conf_output *c = o->sink.conf;
	const char *const files[] = { c->token_file, c->ca_cert, c->ca_bundle, c->client_cert,
				      c->client_key };
	int err = 0;

	if (c->kind == OUTPUT_FILE)
		return put_dir_of(p, c->filename, CONFINE_FILES);
	if (!needs_network(o))
		return 0;
	for (unsigned i = 0; i < ARRAY_LEN(files) && err == 0; i++)
		err = put_dir_of(p, files[i], CONFINE_READ);
	if (err == 0 && c->ca_path[0] != '\0')
		err = put(p, c->ca_path, CONFINE_READ);
	return err;
}

/* Receivers' names are looked up by the C library. */
static int put_network(struct places *p)
{
	int err = put(p, NULL, CONFINE_TCP);

	return err == 0 && resolv_conf_dir(p->resolver) ? put(p, p->resolver, CONFINE_READ) : err;
}

int places_find(struct places *p, const char *run_dir, const char *spool, const char *metrics,
		const struct outputs *os)
{
	int err = put_base(p, run_dir);

	if (err == 0 && spool[0] != '\0')
		err = put(p, spool, CONFINE_OWN);
	if (err == 0)
		err = put_dir_of(p, metrics, CONFINE_FILES);
	for (unsigned i = 0; i < os->count && err == 0; i++) {
		p->network = p->network || needs_network(&os->all[i]);
		err = put_output(p, &os->all[i]);
	}
	return err == 0 && p->network ? put_network(p) : err;
}

int places_add_tcp(struct places *p)
{
	return put(p, NULL, CONFINE_TCP);
}

void places_release(struct places *p)
{
	for (unsigned i = 0; i < p->ndirs; i++)
		free(p->dirs[i]);
	p->n = p->ndirs = 0;
}
