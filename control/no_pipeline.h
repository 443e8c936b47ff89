/* SPDX-License-Identifier: Apache-2.0
 *
 * no_pipeline.h -- what is said when nobody in a run directory answers: no pipeline is there, or we may
 * not look.  Shell.
 */
#ifndef MEWS_NO_PIPELINE_H
#define MEWS_NO_PIPELINE_H

#include <stdbool.h>

/* We may not look into RUN_DIR, so that nobody knows what is in it. */
bool run_dir_is_closed(const char *run_dir);

/* Says which of the two it is.  Returns EXIT_INPUT. */
int no_pipeline(const char *run_dir);

#endif
