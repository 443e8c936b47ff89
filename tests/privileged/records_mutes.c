/* SPDX-License-Identifier: Apache-2.0
 *
 * Opens that are muted make no record; those that differ in anything do.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "records.h"

static char plain[256], other[256], link_to[256], twin[256];

static int opened(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
	return fd;
}

/* The record of an open of PATH; NULL: it has none. */
static const struct rig_record *record_of(struct rig *rig, const char *path, int flags)
{
	unsigned from = 0;

	records_restart(rig);
	opened(path, flags);
	rig_collect(rig);
	return rig_find(rig, EVENT_SYSCALL_OPENAT_2_X, (uint32_t)getpid(), &from);
}

static bool has_mute(struct rig *rig, const char *path, int flags)
{
	const struct rig_record *r = record_of(rig, path, flags);

	return r != NULL && r->head.mute != 0;
}

static void mute(struct rig *rig, const char *path)
{
	const struct rig_record *r = record_of(rig, path, O_RDONLY);

	if (r != NULL && r->head.mute != 0)
		rig_mute(rig, r);
}

static void test_which(struct rig *rig)
{
	char longer[600];

	tap_ok(has_mute(rig, plain, O_RDONLY), "an open by an absolute name can be muted");
	tap_ok(has_mute(rig, plain, O_WRONLY), "for writing, too");
	tap_ok(has_mute(rig, link_to, O_RDONLY), "and by a link");
	tap_ok(!has_mute(rig, plain, O_RDWR | O_CREAT), "not one that may make the file");
	tap_ok(!has_mute(rig, "records_mutes", O_RDONLY), "not one that failed");
	tap_ok(!has_mute(rig, records_dir(), O_RDONLY | O_DIRECTORY), "not one of a directory");
	memset(longer, '/', 64);
	snprintf(longer + 64, sizeof(longer) - 64, "%s", plain);
	tap_ok(!has_mute(rig, longer, O_RDONLY), "not one by a long name");
	if (chdir(records_dir()) == 0) {
		tap_ok(!has_mute(rig, strrchr(plain, '/') + 1, O_RDONLY),
		       "not one by a relative name");
		if (chdir("/") != 0)
			tap_ok(false, "back to where it was");
	}
	if (link(plain, twin) == 0) {
		tap_ok(!has_mute(rig, plain, O_RDONLY), "not one of a file with two names");
		unlink(twin);
	}
	close(0);
	tap_ok(!has_mute(rig, plain, O_RDONLY), "not one that is a standard descriptor");
	if (open("/dev/null", O_RDONLY) != 0)
		tap_ok(false, "descriptor 0 is open again");
}

static void test_muted(struct rig *rig)
{
	struct kernel_counts before = rig_counts(rig, EVENT_SYSCALL_OPENAT_2_X), after;

	mute(rig, plain);
	tap_ok(record_of(rig, plain, O_RDONLY) == NULL, "what is muted makes no record");
	after = rig_counts(rig, EVENT_SYSCALL_OPENAT_2_X);
	tap_number(after.muted - before.muted, 1, "and is counted apart");
	tap_ok(record_of(rig, plain, O_WRONLY) != NULL, "with other flags it is told of");
	tap_ok(record_of(rig, plain, O_RDONLY | O_CREAT) != NULL, "so it is if it may be made");
	tap_ok(record_of(rig, other, O_RDONLY) != NULL, "so is another file");
	tap_ok(record_of(rig, link_to, O_RDONLY) != NULL, "and the same by a link");
	unlink(link_to);
	mute(rig, plain);
	if (symlink(other, link_to) == 0) {
		mute(rig, link_to);
		tap_ok(record_of(rig, link_to, O_RDONLY) == NULL, "a link's name can be muted");
		unlink(link_to);
		if (symlink(plain, link_to) == 0)
			tap_ok(record_of(rig, link_to, O_RDONLY) != NULL,
			       "but not when it leads elsewhere");
	}
	if (link(plain, twin) == 0) {
		tap_ok(record_of(rig, plain, O_RDONLY) != NULL,
		       "nor what has another name meanwhile");
		unlink(twin);
	}
	rig_muting(rig, true);
	tap_ok(record_of(rig, plain, O_RDONLY) != NULL, "what is forgotten is told of again");
	mute(rig, plain);
	rig_muting(rig, false);
	tap_ok(!has_mute(rig, plain, O_RDONLY), "who does not mute is told of no mutes");
}

void test_mutes(struct rig *rig)
{
	snprintf(plain, sizeof(plain), "%s/plain", records_dir());
	snprintf(other, sizeof(other), "%s/other", records_dir());
	snprintf(link_to, sizeof(link_to), "%s/link", records_dir());
	snprintf(twin, sizeof(twin), "%s/twin", records_dir());
	opened(plain, O_CREAT | O_WRONLY);
	opened(other, O_CREAT | O_WRONLY);
	if (symlink(plain, link_to) != 0)
		tap_ok(false, "a link");
	rig_muting(rig, true);
	test_which(rig);
	test_muted(rig);
	unlink(plain);
	unlink(other);
	unlink(link_to);
}
