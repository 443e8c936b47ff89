/* SPDX-License-Identifier: Apache-2.0
 *
 * mews.h -- what the commands of the operator's program share.  Each command is
 * a function that gets its own words and returns the exit code.
 */
#ifndef MEWS_MEWS_H
#define MEWS_MEWS_H

#include "clock.h"
#include "asker.h"
#include "log.h"

#define ASK_TIMEOUT_NS (2 * NS_PER_SEC)

/* argv[0] is the command's name. */
int cmd_run(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_top(int argc, char **argv);
int cmd_alerts(int argc, char **argv);
int cmd_page(int argc, char **argv);
int cmd_events(int argc, char **argv);
int cmd_record(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_validate(int argc, char **argv);
int cmd_test(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_config(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_containers(int argc, char **argv);
int cmd_pods(int argc, char **argv);
int cmd_reload(int argc, char **argv);
int cmd_restart(int argc, char **argv);
int cmd_stop(int argc, char **argv);
int cmd_log_level(int argc, char **argv);

/* Says how COMMAND is used, on stderr; returns EXIT_USAGE. */
int usage_of(const char *command);

/* "WHAT 'WORD'", escaped, then how COMMAND is used; returns EXIT_USAGE. */
int usage_error(const char *command, const char *what, const char *word);

/* Parse the options of a command that has --run-dir only, and at most MOST other
 * words, which land in WORDS.  -1: go on; else the exit code. */
int parse_simple(int argc, char **argv, const char **ret_run_dir, const char **words, unsigned most,
		 unsigned *ret_count);

/* The same for a command that shows something, as a table or with --json. */
int parse_view(int argc, char **argv, bool *ret_json, const char **ret_run_dir);

#endif
