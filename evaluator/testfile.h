/* SPDX-License-Identifier: Apache-2.0
 *
 * testfile.h -- rules and their tests from the disk, ready to be run: what
 * `mews test` and `mews explain` both begin with.  Shell.
 */
#ifndef MEWS_TESTFILE_H
#define MEWS_TESTFILE_H

#include "rulefile.h"
#include "ruletest.h"

struct testfile {
	struct rulefile_load load;
	struct ruletests *tests;
	struct ruletest_stage *stage;
	char *made[CONF_MAX_LIST]; /* names of files that stand beside others */
	unsigned nmade;
};

/* Load RULES, then FILES, and behind each NAME.yaml of these NAME_test.yaml if there is one
 * (without RULES, before a NAME_test.yaml NAME.yaml, too); take the tests of FILES and of
 * the test files beside them.  0; EXIT_INPUT or EXIT_HOST, with words
 * on ERR, and one line in WHY.  RET is to be released in any case. */
int testfile_load(const struct conf_list *rules, const struct conf_list *files, FILE *err,
		  struct testfile *ret, char why[static 256]);
void testfile_release(struct testfile *t);

#endif
