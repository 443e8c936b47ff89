/* SPDX-License-Identifier: Apache-2.0
 *
 * path_view.h -- an event as it would be if its files had been named by another
 * path: a rule that asks for /etc/shadow must not miss it because a link led there.
 *
 * The view shares everything with the event but the files' names.  Core.
 */
#ifndef MEWS_PATH_VIEW_H
#define MEWS_PATH_VIEW_H

#include "ast.h"
#include "program.h"

struct path_view {
	struct field_event event;
	struct file_info files[EVENT_MAX_FILES];
};

/* Is a view of use for the condition TREE, compiled into P: does it look at paths, and at nothing that
 * changes by being looked at? */
bool path_view_is_for(const struct program *p, const struct node *tree);

/* E by the paths that the kernel knows its files by.  *RET_PATH: the one of the event's own file, or
 * of the first that has another name than E says.  False: they are E's. */
bool path_view_open(struct path_view *v, const struct field_event *e, struct span *ret_path);

/* E with its own file called NAME. */
void path_view_name(struct path_view *v, const struct field_event *e, struct span name);

#endif
