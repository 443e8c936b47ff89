/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd_containers.c -- `mews containers`, `mews pods`: what the enricher knows of them,
 * page by page.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "asker.h"
#include "jread.h"
#include "line_file.h"
#include "mews.h"
#include "no_pipeline.h"
#include "rundir.h"

struct listing {
	enum control_kind kind;
	void (*print_head)(void);
	void (*print_row)(struct span line);
};

/* ---- a line ---- */

static void print_text(struct span value, int width)
{
	uint8_t *buf = malloc(value.n + 1);
	char clean[256] = "";
	struct span s;

	if (buf != NULL && jread_string(value, buf, &s) && s.n > 0) {
		char text[128];

		s.n = s.n < sizeof(text) ? s.n : sizeof(text) - 1;
		memcpy(text, s.p, s.n);
		text[s.n] = '\0';
		log_escape(clean, sizeof(clean), text);
	}
	printf("%-*s ", width, clean[0] == '\0' ? "-" : clean);
	free(buf);
}

static void print_container_head(void)
{
	printf("%-12s %-11s %7s %-10s %-24s %-40s %-12s %s\n", "ID", "TYPE", "THREADS", "METADATA",
	       "NAME", "IMAGE", "NAMESPACE", "POD");
}

static void print_container(struct span line)
{
	struct span top = jread_value(line), told = jread_member(top, "container"),
		    labels = jread_member(told, "labels");
	uint64_t threads = 0;

	(void)jread_uint(jread_member(top, "threads"), &threads);
	print_text(jread_member(top, "id"), 12);
	print_text(jread_member(top, "type"), 11);
	printf("%7" PRIu64 " ", threads);
	print_text(jread_member(top, "metadata"), 10);
	print_text(jread_member(told, "name"), 24);
	print_text(jread_member(told, "image"), 40);
	print_text(jread_member(labels, "io.kubernetes.pod.namespace"), 12);
	print_text(jread_member(labels, "io.kubernetes.pod.name"), 1);
	putchar('\n');
}

static void print_pod_head(void)
{
	printf("%-16s %-44s %-15s %-14s %-32s %-7s %s\n", "NAMESPACE", "NAME", "IP", "KIND",
	       "WORKLOAD", "SERVICES", "UID");
}

static uint64_t count_elements(struct span array)
{
	struct jread_walk w = jread_begin(array);
	struct span key, value;
	uint64_t n = 0;

	while (jread_next(&w, &key, &value))
		n++;
	return n;
}

static void print_pod(struct span line)
{
	struct span pod = jread_member(jread_value(line), "pod"),
		    workload = jread_member(pod, "workload");

	print_text(jread_member(pod, "namespace"), 16);
	print_text(jread_member(pod, "name"), 44);
	print_text(jread_member(pod, "ip"), 15);
	print_text(jread_member(workload, "kind"), 14);
	print_text(jread_member(workload, "name"), 32);
	printf("%8" PRIu64 " ", count_elements(jread_member(pod, "svc")));
	print_text(jread_member(pod, "uid"), 1);
	putchar('\n');
}

static void print_lines(const struct listing *l, struct span page, bool json, uint64_t *count)
{
	while (page.n > 0) {
		const uint8_t *end = memchr(page.p, '\n', page.n);
		struct span line = span_of(page.p, end == NULL ? page.n : (size_t)(end - page.p));

		if (!json) {
			l->print_row(line);
		} else {
			printf("%s", (*count)++ == 0 ? "[" : ",\n");
			line_show(stdout, line);
		}
		page = end == NULL ? SPAN_NONE : span_of(end + 1, page.n - line.n - 1);
	}
}

/* ---- all of them ---- */

static int print_all(const struct listing *l, struct asker *c, bool json)
{
	struct control_request req = { .kind = l->kind, .argument = "0" };
	struct control_answer a;
	uint64_t count = 0;
	int err;

	if (!json)
		l->print_head();
	do {
		err = asker_ask(c, &req, &a);
		if (err == 0)
			err = a.result;
		if (err < 0) {
			log_error("cannot ask the enricher: %s",
				  a.text[0] != '\0' ? a.text : strerror(-err));
			return EXIT_INPUT;
		}
		print_lines(l, a.page, json, &count);
		snprintf(req.argument, sizeof(req.argument), "%" PRIu64, a.next);
	} while (a.next != 0);
	if (json)
		printf("%s]\n", count == 0 ? "[" : "");
	return fflush(stdout) == 0 ? EXIT_OK : EXIT_HOST;
}

static int list(const struct listing *l, int argc, char **argv)
{
	struct asker *c;
	char path[RUN_DIR_PATH_MAX];
	const char *run_dir = NULL;
	bool json;
	int code = parse_view(argc, argv, &json, &run_dir);

	if (code != -1)
		return code;
	if (strlen(run_dir) <= RUN_DIR_MAX)
		run_dir_path(path, run_dir, "enricher", ".ctl");
	if (strlen(run_dir) > RUN_DIR_MAX || asker_open(path, ASK_TIMEOUT_NS, &c) < 0)
		return no_pipeline(run_dir);
	code = print_all(l, c, json);
	asker_close(c);
	return code;
}

int cmd_containers(int argc, char **argv)
{
	static const struct listing containers = { CONTROL_CONTAINERS, print_container_head,
						   print_container };

	return list(&containers, argc, argv);
}

int cmd_pods(int argc, char **argv)
{
	static const struct listing pods = { CONTROL_PODS, print_pod_head, print_pod };

	return list(&pods, argc, argv);
}
