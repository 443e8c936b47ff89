/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd_page.c -- `mews page`: where the web page is, with its token, as the emitter left it in the run
 * directory for whoever may read it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "mews.h"
#include "rundir.h"

#define ADDRESS_MAX 512

static int say_why(int err, const char *run_dir)
{
	if (err == ENOENT)
		log_error("there is no web page in '%s': is a pipeline running, with "
			  "webserver.enabled and webserver.page.enabled?",
			  run_dir);
	else
		log_error("cannot read the web page's address in '%s': %s", run_dir, strerror(err));
	return EXIT_INPUT;
}

int cmd_page(int argc, char **argv)
{
	char path[RUN_DIR_PATH_MAX], line[ADDRESS_MAX];
	const char *run_dir;
	unsigned none;
	int code = parse_simple(argc, argv, &run_dir, NULL, 0, &none);
	FILE *f;

	if (code != -1)
		return code;
	if (strlen(run_dir) > RUN_DIR_MAX)
		return say_why(ENAMETOOLONG, run_dir);
	run_dir_path(path, run_dir, PAGE_ADDRESS, "");
	f = fopen(path, "re");
	if (f == NULL)
		return say_why(errno, run_dir);
	if (fgets(line, sizeof(line), f) == NULL)
		line[0] = '\0';
	fclose(f);
	if (strncmp(line, "http", 4) != 0)
		return say_why(EPROTO, run_dir);
	fputs(line, stdout);
	return EXIT_OK;
}
