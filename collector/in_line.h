/* SPDX-License-Identifier: Apache-2.0
 *
 * in_line.h -- all state once more, behind the events: for a reader whose state is wrong since some were lost.  It
 * takes room that events need, so it is told when the reader has caught up enough for it, and not too often.  Shell.
 */
#ifndef MEWS_IN_LINE_H
#define MEWS_IN_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "clock.h"
#include "door.h"

struct in_line {
	struct mono next; /* not before */
	size_t budget; /* bytes, of the snapshot that is being told in line; 0: it is not in line */
};

/* How many bytes a snapshot may have that is told now, at the door or in line. */
size_t in_line_budget(const struct in_line *l);

/* Tell it by OUT's snapshot(), if it is time, and the next one GAP_NS later.  False: not now.  RET: 0 or negative errno. */
bool in_line_tell(struct in_line *l, struct outlet *out, uint64_t gap_ns, struct mono now,
		  int *ret);

#endif
