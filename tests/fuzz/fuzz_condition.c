/* SPDX-License-Identifier: Apache-2.0
 *
 * A condition from anybody: parsed, shown, compiled, and asked about an event.
 */
#include <stdlib.h>

#include "eval_world.h"
#include "parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* False: it does not parse; else what it shows. */
static bool shown(struct span text, struct pool *pool, struct span *ret)
{
	struct pool_text out = { .pool = pool };
	struct diag diag = { .message = "" };
	struct node *n;

	if (parse_condition(text, PARSE_DEPTH_DEFAULT, pool, &n, &diag, NULL) < 0 ||
	    !ast_render(n, &out))
		return false;
	*ret = pool_text_span(&out);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct eval_world world;
	static bool ready;
	struct diag diag = { .message = "" };
	struct span first;
	struct pool pool;
	char *text;

	if (!ready)
		eval_world_init(&world);
	ready = true;
	pool_init(&pool, 32 * 1024 * 1024);
	if (shown(span_of(data, size), &pool, &first) && first.n == 0)
		abort(); /* no condition shows as nothing */
	pool_release(&pool);
	text = strndup((const char *)data, size);
	if (text != NULL)
		eval_world_ask(&world, text, &diag);
	free(text);
	return 0;
}
