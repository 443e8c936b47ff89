/* SPDX-License-Identifier: Apache-2.0
 *
 * host.c -- see host.h.
 */
#include "host.h"

#include <errno.h>
#include <string.h>
#include <sys/capability.h>
#include <unistd.h>

#include "log.h"
#include "span.h"

/* What the collector and the change of users need. */
static const struct host_capability needed[] = {
	{ CAP_BPF, "CAP_BPF", "programs and maps of the kernel side", false },
	{ CAP_PERFMON, "CAP_PERFMON", "reading the kernel's memory, and its trace points", false },
	{ CAP_SYS_PTRACE, "CAP_SYS_PTRACE", "/proc of other users' processes", true },
	{ CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH", "files that /proc leads to", true },
	{ CAP_SETUID, "CAP_SETUID", "each stage becomes a user of its own", false },
	{ CAP_SETGID, "CAP_SETGID", "each stage becomes a user of its own", false },
	{ CAP_SETPCAP, "CAP_SETPCAP", "each stage gives up what it does not need", false },
	{ CAP_CHOWN, "CAP_CHOWN", "the run directory is the group's", false },
};

const struct host_capability *host_capabilities(size_t *ret_count)
{
	*ret_count = ARRAY_LEN(needed);
	return needed;
}

bool host_has(const struct host_capability *c)
{
	cap_t caps = cap_get_proc();
	cap_flag_value_t value;
	bool ret = caps != NULL &&
		   cap_get_flag(caps, (cap_value_t)c->number, CAP_EFFECTIVE, &value) == 0 &&
		   value == CAP_SET;

	cap_free(caps);
	return ret;
}

static int check_privilege(void)
{
	int code = EXIT_OK;

	if (geteuid() != 0) {
		log_error("not root: live events need root to start (each stage then drops to a "
			  "user of its own)");
		return EXIT_HOST;
	}
	for (size_t i = 0; i < ARRAY_LEN(needed); i++) {
		if (host_has(&needed[i]) || needed[i].is_optional)
			continue;
		log_error("%s is missing: give it to this container or service", needed[i].name);
		code = EXIT_HOST;
	}
	return code;
}

int host_check_live(void)
{
	int code = check_privilege();

	if (access(KERNEL_BTF, R_OK) == -1) {
		log_error("this kernel has no type information (" KERNEL_BTF
			  ": %s): it must be built with CONFIG_DEBUG_INFO_BTF",
			  strerror(errno));
		code = EXIT_HOST;
	}
	return code;
}
