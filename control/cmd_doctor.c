/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd_doctor.c -- `mews doctor`: what can be seen on this host, what cannot, and why.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "jstdout.h"
#include "mews.h"
#include "rundir.h"

static const char *const words[] = {
	[FINDING_OK] = "ok",
	[FINDING_LIMITED] = "limited",
	[FINDING_MISSING] = "missing",
};

static bool as_json, is_verbose;

struct finding *finding_add(struct findings *f, const char *area, const char *name,
			    enum finding_state state, const char *advice, const char *format, ...)
{
	struct finding *one = &f->at[f->n < FINDINGS_MAX ? f->n++ : FINDINGS_MAX - 1];
	va_list args;

	free(one->log);
	*one = (struct finding){ .state = state, .area = area };
	snprintf(one->name, sizeof(one->name), "%s", name);
	snprintf(one->advice, sizeof(one->advice), "%s", state == FINDING_OK ? "" : advice);
	va_start(args, format);
	vsnprintf(one->found, sizeof(one->found), format, args);
	va_end(args);
	return one;
}

static enum finding_state worst(const struct findings *f)
{
	enum finding_state ret = FINDING_OK;

	for (unsigned i = 0; i < f->n; i++)
		if (f->at[i].state > ret)
			ret = f->at[i].state;
	return ret;
}

/* ---- for people ---- */

static void print_log(const char *log)
{
	while (log != NULL && *log != '\0') {
		size_t n = strcspn(log, "\n");
		char line[1024], clean[sizeof(line) * 4];

		snprintf(line, sizeof(line), "%.*s", (int)n, log);
		log_escape(clean, sizeof(clean), line);
		printf("    | %s\n", clean);
		log += n + (log[n] == '\n');
	}
}

static void print_finding(const struct finding *one)
{
	char clean[sizeof(one->found) * 4];

	log_escape(clean, sizeof(clean), one->found);
	printf("%-8s %-9s %-20s %s", words[one->state], one->area, one->name, clean);
	log_escape(clean, sizeof(clean), one->advice);
	printf("%s%s\n", clean[0] == '\0' ? "" : "; ", clean);
	if (is_verbose)
		print_log(one->log);
}

static int print_all(const struct findings *f)
{
	static const char *const verdicts[] = {
		[FINDING_OK] = "all can be seen here",
		[FINDING_LIMITED] = "not all can be seen or known here",
		[FINDING_MISSING] = "live events cannot be had like this",
	};

	for (unsigned i = 0; i < f->n; i++)
		print_finding(&f->at[i]);
	printf("%s\n", verdicts[worst(f)]);
	return fflush(stdout);
}

/* ---- for scripts ---- */

static int json_all(const struct findings *f)
{
	static struct jstdout out;
	struct jout *j = jstdout_begin(&out);

	jout_object(j, NULL);
	jout_str(j, "verdict", words[worst(f)]);
	jout_array(j, "checks");
	for (unsigned i = 0; i < f->n; i++) {
		const struct finding *one = &f->at[i];

		jout_object(j, NULL);
		jout_str(j, "area", one->area);
		jout_str(j, "name", one->name);
		jout_str(j, "state", words[one->state]);
		jout_str(j, "found", one->found);
		jout_str(j, "advice", one->advice);
		if (one->log != NULL)
			jout_str(j, "log", one->log);
		jout_end(j);
	}
	jout_end(j);
	jout_end(j);
	return jstdout_end(&out);
}

/* ---- the command ---- */

static int take_option(struct launch *l, int opt, const char *arg)
{
	if (opt == 'j')
		as_json = true;
	else if (opt == 'v')
		is_verbose = true;
	else
		l->run_dir_option = arg;
	return -1;
}

int cmd_doctor(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "run-dir", required_argument, NULL, 'd' },
		{ "json", no_argument, NULL, 'j' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	static const int codes[] = {
		[FINDING_OK] = EXIT_OK,
		[FINDING_LIMITED] = EXIT_INPUT,
		[FINDING_MISSING] = EXIT_HOST,
	};
	static struct launch l = { .command = "doctor" };
	static struct findings f;
	int code = launch_parse(&l, argc, argv, longs, take_option), err;

	if (code != -1)
		return code;
	if (optind < argc)
		return usage_error("doctor", "not expected", argv[optind]);
	if ((code = launch_find_programs(&l)) != -1 ||
	    (code = launch_set_run_dir(&l, run_dir_choose(l.run_dir_option))) != -1)
		return code;
	doctor_host(&f, &l);
	doctor_kernel(&f, &l);
	err = as_json ? json_all(&f) : print_all(&f);
	code = codes[worst(&f)];
	for (unsigned i = 0; i < f.n; i++)
		free(f.at[i].log);
	return err == 0 ? code : EXIT_HOST;
}
