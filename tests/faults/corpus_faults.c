/* SPDX-License-Identifier: Apache-2.0
 *
 * corpus_faults.c -- a fuzz target's inputs once more, with one allocation failing: nothing crashes, hangs
 * or is left behind.  corpus_faults [--share PERCENT] [--seed N] FILE...
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fault.h"
#include "points.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct corpus {
	unsigned n;
	struct {
		uint8_t *p;
		size_t n;
	} files[64];
};

static int run(void *ctx)
{
	const struct corpus *c = ctx;

	for (unsigned i = 0; i < c->n; i++)
		(void)LLVMFuzzerTestOneInput(c->files[i].p, c->files[i].n);
	return 0;
}

static void add(struct corpus *c, const char *path)
{
	FILE *f = fopen(path, "rb");
	long n = -1;

	if (f == NULL || c->n == sizeof(c->files) / sizeof(c->files[0]))
		return;
	if (fseek(f, 0, SEEK_END) == 0 && (n = ftell(f)) >= 0 && fseek(f, 0, SEEK_SET) == 0) {
		c->files[c->n].p = malloc((size_t)n + 1);
		c->files[c->n].n = fread(c->files[c->n].p, 1, (size_t)n, f);
		c->n++;
	}
	fclose(f);
}

int main(int argc, char **argv)
{
	static struct corpus corpus;
	const char *name = strstr(argv[0], "faults_");
	struct points_options o;
	struct scenario s = { name == NULL ? argv[0] : name + strlen("faults_"), run, &corpus,
			      NULL };
	int at = points_options(argc, argv, &o);

	while (at < argc)
		add(&corpus, argv[at++]);
	return points_try(&s, &o) ? EXIT_SUCCESS : EXIT_FAILURE;
}
