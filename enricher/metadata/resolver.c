/* SPDX-License-Identifier: Apache-2.0
 *
 * resolver.c -- see resolver.h.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "resolver.h"

#define STACK_BYTES ((size_t)256 << 10)

enum stand { STAND_IDLE, STAND_ASKED, STAND_DONE };

struct resolver {
	pthread_mutex_t lock;
	pthread_cond_t asked;
	enum stand stand;
	bool is_over; /* who asked is gone: the thread frees this */
	char name[HOST_NAME_LONGEST + 1];
	struct lookup_answer answer;
	uint64_t took_ns;
};

static void destroy(struct resolver *r)
{
	pthread_cond_destroy(&r->asked);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

/* ---- the thread ---- */

static void take_addresses(const struct addrinfo *all, struct lookup_answer *ret)
{
	for (const struct addrinfo *a = all; a != NULL; a = a->ai_next) {
		const struct sockaddr_in *v4 = (const void *)a->ai_addr;
		const struct sockaddr_in6 *v6 = (const void *)a->ai_addr;

		if (a->ai_family == AF_INET)
			lookup_add(ret, (const void *)&v4->sin_addr, 4);
		else if (a->ai_family == AF_INET6)
			lookup_add(ret, v6->sin6_addr.s6_addr, 16);
	}
	ret->end = ret->n > 0 ? LOOKUP_FOUND : LOOKUP_NONE;
}

static void look_up(const char *name, struct lookup_answer *ret)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	struct addrinfo *all = NULL;
	int err = getaddrinfo(name, NULL, &hints, &all);

	*ret = (struct lookup_answer){ .end = LOOKUP_FAILED };
	if (err == 0)
		take_addresses(all, ret);
	else if (err == EAI_NONAME || err == EAI_NODATA)
		ret->end = LOOKUP_NONE;
	if (all != NULL)
		freeaddrinfo(all);
}

static void *thread_main(void *ctx)
{
	struct resolver *r = ctx;

	prctl(PR_SET_NAME, "names");
	pthread_mutex_lock(&r->lock);
	while (!r->is_over) {
		char name[sizeof(r->name)];
		struct lookup_answer answer;
		struct mono start;

		if (r->stand != STAND_ASKED) {
			pthread_cond_wait(&r->asked, &r->lock);
			continue;
		}
		memcpy(name, r->name, sizeof(name));
		pthread_mutex_unlock(&r->lock);
		start = mono_now();
		look_up(name, &answer);
		pthread_mutex_lock(&r->lock);
		r->answer = answer;
		r->took_ns = mono_since(start, mono_now());
		r->stand = STAND_DONE;
	}
	pthread_mutex_unlock(&r->lock);
	destroy(r);
	return NULL;
}

/* ---- who asks ---- */

static int start_thread(struct resolver *r)
{
	pthread_attr_t attr;
	sigset_t all, old;
	pthread_t thread;
	int err;

	/* Signals are the event loop's.  Nobody waits for the end: it may be half a minute away. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	err = -pthread_create(&thread, &attr, thread_main, r);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return err;
}

int resolver_new(struct resolver **ret)
{
	struct resolver *r = calloc(1, sizeof(*r));
	int err;

	if (r == NULL)
		return -ENOMEM;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->asked, NULL);
	err = start_thread(r);
	if (err < 0) {
		destroy(r);
		return err;
	}
	*ret = r;
	return 0;
}

bool resolver_ask(struct resolver *r, const char *name)
{
	bool is_idle;

	pthread_mutex_lock(&r->lock);
	is_idle = r->stand == STAND_IDLE;
	if (is_idle) {
		snprintf(r->name, sizeof(r->name), "%s", name);
		r->stand = STAND_ASKED;
		pthread_cond_signal(&r->asked);
	}
	pthread_mutex_unlock(&r->lock);
	return is_idle;
}

bool resolver_take(struct resolver *r, char name[HOST_NAME_LONGEST + 1], struct lookup_answer *ret,
		   uint64_t *ret_took_ns)
{
	bool is_done;

	pthread_mutex_lock(&r->lock);
	is_done = r->stand == STAND_DONE;
	if (is_done) {
		memcpy(name, r->name, sizeof(r->name));
		*ret = r->answer;
		*ret_took_ns = r->took_ns;
		r->stand = STAND_IDLE;
	}
	pthread_mutex_unlock(&r->lock);
	return is_done;
}

void resolver_free(struct resolver *r)
{
	if (r == NULL)
		return;
	pthread_mutex_lock(&r->lock);
	r->is_over = true;
	pthread_cond_signal(&r->asked);
	pthread_mutex_unlock(&r->lock);
}
