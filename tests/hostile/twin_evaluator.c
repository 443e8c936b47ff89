/* SPDX-License-Identifier: Apache-2.0
 *
 * twin_evaluator.c -- in the evaluator's place: it reads the enricher's ring; emitter and recorder read
 * its.  What it leaves in evaluator.held the next evaluator will find.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kit.h"
#include "park.h"
#include "rundir.h"
#include "wire.h"

/* The owner's name is left, or nothing would be looked at. */
static void scribble(void)
{
	char path[RUN_DIR_PATH_MAX];
	uint8_t bytes[512];
	int fd;

	run_dir_path(path, twin_run_dir, "evaluator", ".held");
	fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return;
	for (unsigned i = 0; i < 64; i++) {
		struct park_slot slot = { 0 };
		off_t at = (off_t)(offsetof(struct park_area, slots) +
				   chance_below(PARK_EVENTS) * sizeof(slot));

		slot.held = chance_below(4);
		slot.generation = chance_word();
		slot.seq = chance_word();
		slot.first = (uint32_t)chance_word();
		slot.bytes = (uint32_t)chance_word();
		slot.ndone = (uint32_t)chance_word();
		slot.awaited = slot.needs = (uint8_t)chance();
		(void)!pwrite(fd, &slot, sizeof(slot), at);
		chance_fill(bytes, sizeof(bytes));
		(void)!pwrite(fd, bytes, sizeof(bytes),
			      (off_t)(offsetof(struct park_area, blocks) +
				      chance_below(PARK_BLOCKS) * PARK_BLOCK_BYTES));
	}
	if (one_in(32))
		(void)!ftruncate(fd, (off_t)(sizeof(struct park_area) * (1 + chance_below(16))));
	close(fd);
	did(DEED_MUTATIONS, 128);
}

int main(int argc, char **argv)
{
	static const struct twin t = {
		.self = STAGE_EVALUATOR,
		.writes = { { "alerts", STAGE_EMITTER, { FRAME_ALERT } },
			    { "captures", STAGE_RECORDER, { FRAME_CAPTURE } } },
		.reads = { { "enriched", STAGE_ENRICHER } },
		.scribble = scribble,
	};

	return twin_main(&t, argc, argv);
}
