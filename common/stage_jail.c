/* SPDX-License-Identifier: Apache-2.0
 *
 * stage_jail.c -- the way into the jail: from here on nothing can be opened that it forbids, and no
 * system call made that the stage does not need.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#ifdef MEWS_ATTACKED /* tests/jail: a stage that somebody has taken over */
#include "attack.h"
#endif
#include "jail_calls.h"
#include "log.h"
#include "stage_core.h"

#ifdef __SANITIZE_ADDRESS__
/* Who looks for leaks at the end traces himself, from another process: behind the jail there is neither.
 * The unit tests look for them. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}
#endif

int stage_enter_jail(struct runtime *rt)
{
	int err = jail_enter(rt->st.jail, &rt->st.wants);

	if (err < 0) {
		log_error("cannot drop privileges: %s", strerror(-err));
		return EXIT_HOST;
	}
	err = rt->st.nplaces == 0 ? 0 : confine_enter(rt->st.places, rt->st.nplaces);
	if (err == -EOPNOTSUPP) {
		log_info(
			"this kernel has no Landlock: its user's rights are all that binds this stage");
	} else if (err < 0) {
		log_error("cannot let go of the file system: %s", strerror(-err));
		return EXIT_HOST;
	}
	/* A change of user has cleared it, so it is asked for here and not before. */
	if (rt->supervisor != 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != rt->supervisor) {
			log_error("the supervisor is gone");
			return EXIT_STAGE;
		}
	}
	err = jail_calls_enter(rt->st.jail);
	if (err == -EOPNOTSUPP) {
		log_warning("this kernel has no seccomp: no system call is refused this stage");
	} else if (err < 0) {
		log_error("cannot let go of system calls: %s", strerror(-err));
		return EXIT_HOST;
	}
#ifdef MEWS_ATTACKED
	attack_from_inside(&rt->st);
#endif
	return EXIT_OK;
}
