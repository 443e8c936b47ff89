/* SPDX-License-Identifier: Apache-2.0
 *
 * confine.c -- see confine.h.  The kernel's own header may be older than the kernel,
 * so what came to it later is named here.
 */
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Rights by the version that brought them. */
#define RIGHTS_1      ((UINT64_C(1) << 13) - 1) /* all that there were at first */
#define RIGHT_REFER   (UINT64_C(1) << 13)	/* 2 */
#define RIGHT_TRUNC   (UINT64_C(1) << 14)	/* 3 */
#define RIGHT_IOCTL   (UINT64_C(1) << 15)	/* 5 */
#define NET_TCP	      UINT64_C(3)		/* 4: bind, connect */
#define SCOPES	      UINT64_C(3)		/* 6: abstract sockets, signals */
#define VERSION_REFER 2
#define VERSION_TRUNC 3
#define VERSION_NET   4
#define VERSION_IOCTL 5
#define VERSION_SCOPE 6

struct ruleset_attr {
	uint64_t fs, net, scoped;
};

/* An old kernel takes no more than it knows. */
static size_t attr_size(int version)
{
	return version >= VERSION_SCOPE ? sizeof(struct ruleset_attr)
	       : version >= VERSION_NET ? offsetof(struct ruleset_attr, scoped)
					: offsetof(struct ruleset_attr, net);
}

int confine_version(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0,
			       LANDLOCK_CREATE_RULESET_VERSION);

	if (version >= 1)
		return (int)version;
	return errno == ENOSYS || errno == EOPNOTSUPP ? -EOPNOTSUPP : -errno;
}

static int make_ruleset(bool keeps_tcp, uint64_t *ret_rights)
{
	struct ruleset_attr attr = { .fs = RIGHTS_1 };
	int version = confine_version();
	long fd;

	if (version < 0)
		return version;
	if (version >= VERSION_REFER)
		attr.fs |= RIGHT_REFER;
	if (version >= VERSION_TRUNC)
		attr.fs |= RIGHT_TRUNC;
	if (version >= VERSION_IOCTL)
		attr.fs |= RIGHT_IOCTL;
	if (version >= VERSION_NET && !keeps_tcp)
		attr.net = NET_TCP;
	if (version >= VERSION_SCOPE)
		attr.scoped = SCOPES;
	fd = syscall(SYS_landlock_create_ruleset, &attr, attr_size(version), 0u);
	*ret_rights = attr.fs;
	return fd == -1 ? -errno : (int)fd;
}

static uint64_t rights_of(enum confine_use use)
{
	switch (use) {
	case CONFINE_READ:
		return LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
	case CONFINE_SOCKETS:
		return LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REMOVE_FILE;
	case CONFINE_FILES:
		return LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_WRITE_FILE | RIGHT_TRUNC;
	case CONFINE_OWN:
		return LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |
		       LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE |
		       LANDLOCK_ACCESS_FS_WRITE_FILE | RIGHT_TRUNC;
	default:
		return 0;
	}
}

static int allow(int ruleset, const struct confine_place *place, uint64_t rights)
{
	struct landlock_path_beneath_attr attr = { .allowed_access =
							   rights_of(place->use) & rights };
	int err = 0;

	if (place->path == NULL)
		return 0;
	attr.parent_fd = open(place->path, O_PATH | O_DIRECTORY | O_CLOEXEC |
						   (place->use == CONFINE_OWN ? O_NOFOLLOW : 0));
	if (attr.parent_fd == -1)
		return 0;
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &attr, 0u) == -1)
		err = -errno;
	close(attr.parent_fd);
	return err;
}

int confine_enter(const struct confine_place *places, unsigned n)
{
	uint64_t rights = 0;
	bool keeps_tcp = false;
	int err = 0, ruleset;

	for (unsigned i = 0; i < n; i++)
		keeps_tcp = keeps_tcp || places[i].use == CONFINE_TCP;
	ruleset = make_ruleset(keeps_tcp, &rights);
	if (ruleset < 0)
		return ruleset;
	for (unsigned i = 0; i < n && err == 0; i++)
		err = allow(ruleset, &places[i], rights);
	if (err == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0u) == -1)
		err = -errno;
	close(ruleset);
	return err;
}
