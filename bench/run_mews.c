/* SPDX-License-Identifier: Apache-2.0
 *
 * run_mews.c -- see run_mews.h.
 */
#include "run_mews.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "span.h"

_Noreturn void mews_fail(const char *what, const char *name)
{
	fprintf(stderr, "%s: %s '%s': %s\n", program_invocation_short_name, what, name,
		strerror(errno));
	exit(EXIT_FAILURE);
}

double mews_number(const char *at, const char *key)
{
	char quoted[64];
	const char *p;

	snprintf(quoted, sizeof(quoted), "\"%s\":", key);
	p = strstr(at, quoted);
	return p == NULL ? 0 : strtod(p + strlen(quoted), NULL);
}

static void find_mews(struct mews_words *w)
{
	ssize_t n = readlink("/proc/self/exe", w->mews, sizeof(w->mews) - 6);
	char *slash;

	if (n <= 0)
		mews_fail("cannot find", "mews");
	w->mews[n] = '\0';
	slash = strrchr(w->mews, '/');
	memcpy(slash, "/mews", 6);
}

void mews_words_begin(struct mews_words *w, const char *command)
{
	find_mews(w);
	w->n = 0;
	mews_word(w, "mews");
	mews_word(w, command);
}

void mews_word(struct mews_words *w, const char *word)
{
	if (w->n + 1 == MEWS_WORDS)
		mews_fail("too many words at", word);
	w->word[w->n++] = word;
	w->word[w->n] = NULL;
}

void mews_official_rules(struct mews_words *w)
{
	static const char *const official[] = { "../shared/rules/falco_rules.yaml",
						"../shared/rules/falco-incubating_rules.yaml",
						"../shared/rules/falco-sandbox_rules.yaml" };
	unsigned n = w->n;

	for (unsigned i = 0; i < ARRAY_LEN(official); i++) {
		if (access(official[i], R_OK) == 0) {
			mews_word(w, "-r");
			mews_word(w, official[i]);
		}
	}
	if (w->n == n) {
		mews_word(w, "-r");
		mews_word(w, "rules/mews_rules.yaml");
	}
}

_Noreturn void mews_exec(const struct mews_words *w)
{
	execv(w->mews, (char **)(uintptr_t)w->word);
	mews_fail("cannot run", w->mews);
}
