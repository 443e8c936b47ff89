/* SPDX-License-Identifier: Apache-2.0
 *
 * The two boxes between the metadata thread and the event loop: copies, bounds,
 * order, and both ends at once.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "mailbox.h"

static struct mailbox box;
static struct wishbox wishes;

static void setup(void)
{
	cr_assert(eq(int, mailbox_init(&box, 8, 4096), 0));
	cr_assert(eq(int, wishbox_init(&wishes, 4), 0));
}

static void teardown(void)
{
	mailbox_release(&box);
	wishbox_release(&wishes);
}

TestSuite(mailbox, .init = setup, .fini = teardown);

static int put(const char *id, const char *text)
{
	return mailbox_put(&box, &(struct meta_update){ .kind = META_CONTAINER,
							.type = 7,
							.id = span_str(id),
							.text = span_str(text) });
}

Test(mailbox, what_is_put_is_taken_as_a_copy)
{
	char id[] = "abc", text[] = "{}";
	struct meta_update *u;

	cr_assert_not(mailbox_has_mail(&box));
	cr_assert(eq(int, put(id, text), 0));
	id[0] = text[0] = '?';
	cr_assert(mailbox_has_mail(&box));
	u = mailbox_take(&box);
	cr_assert_not_null(u);
	cr_assert(eq(int, (int)u->kind, META_CONTAINER));
	cr_assert(eq(int, (int)u->type, 7));
	cr_assert(span_is(u->id, "abc"));
	cr_assert(span_is(u->text, "{}"));
	free(u);
	cr_assert_null(mailbox_take(&box));
	cr_assert_not(mailbox_has_mail(&box));
}

Test(mailbox, slots_are_bounded)
{
	for (unsigned i = 0; i < 8; i++)
		cr_assert(eq(int, put("a", ""), 0));
	cr_assert(eq(int, put("b", ""), -EAGAIN));
	free(mailbox_take(&box));
	cr_assert(eq(int, put("b", ""), 0));
}

Test(mailbox, bytes_are_bounded)
{
	char text[3000];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	cr_assert(eq(int, put("a", text), 0));
	cr_assert(eq(int, put("b", text), -EAGAIN));
	free(mailbox_take(&box));
	cr_assert(eq(int, put("b", text), 0));
	cr_assert(eq(int,
		     mailbox_put(&box, &(struct meta_update){ .text = span_of(text, 1u << 20) }),
		     -EMSGSIZE));
}

Test(mailbox, slots_are_a_power_of_two)
{
	struct mailbox m;

	cr_assert(eq(int, mailbox_init(&m, 6, 100), -EINVAL));
	cr_assert(eq(int, mailbox_init(&m, 0, 100), -EINVAL));
}

Test(mailbox, wishes_go_the_other_way)
{
	struct meta_wish w = { .kind = WISH_CONTAINER, .type = 11, .id = "abc", .space = "s" }, got;

	cr_assert(wishbox_is_empty(&wishes));
	for (unsigned i = 0; i < 4; i++)
		cr_assert(wishbox_put(&wishes, &w));
	cr_assert_not(wishbox_put(&wishes, &w));
	cr_assert(wishbox_take(&wishes, &got));
	cr_assert_str_eq(got.id, "abc");
	cr_assert_str_eq(got.space, "s");
	cr_assert_not(wishbox_is_empty(&wishes));
	cr_assert(wishbox_put(&wishes, &w));
}

enum { MANY = 100000 };

static void *write_many(void *arg)
{
	char text[32];

	(void)arg;
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(text, sizeof(text), "%u", i);
		while (put("id", text) == -EAGAIN)
			sched_yield();
	}
	return NULL;
}

Test(mailbox, order_holds_with_both_ends_at_work)
{
	pthread_t writer;

	cr_assert(eq(int, pthread_create(&writer, NULL, write_many, NULL), 0));
	for (unsigned i = 0; i < MANY;) {
		struct meta_update *u = mailbox_take(&box);
		char text[32];

		if (u == NULL) {
			sched_yield();
			continue;
		}
		snprintf(text, sizeof(text), "%u", i++);
		cr_assert(span_is(u->text, text));
		free(u);
	}
	pthread_join(writer, NULL);
	cr_assert_not(mailbox_has_mail(&box));
}
