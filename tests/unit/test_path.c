/* SPDX-License-Identifier: Apache-2.0
 *
 * A name seen from a directory becomes the path that it means.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "path.h"

Test(path, names_are_put_behind_their_directory_and_normalised)
{
	static const struct {
		const char *dir, *name, *path;
	} cases[] = {
		{ "/a/b/", "c", "/a/b/c" },
		{ "/a/b/", "./c/../d", "/a/b/d" },
		{ "/a/b/", "../../../../etc//passwd", "/etc/passwd" },
		{ "/a/b/", "..", "/a" },
		{ "/a/b/", "c/.", "/a/b/c" },
		{ "/a/b/", "c/", "/a/b/c" },
		{ "/a/b/", "...", "/a/b/..." },
		{ "/a/b/", ".c/..d/e..", "/a/b/.c/..d/e.." },
		{ "/", "../x", "/x" },
		{ "/", "..", "/" },
		{ "/", ".", "/" },
		{ "/tmp/", ".", "/tmp" },
		{ "/x", "//etc//./shadow", "/etc/shadow" },
		{ "/x/", "/etc/../../shadow/", "/shadow" },
		{ "/x/", "/", "/" },
		{ "/x/", "///", "/" },
		{ "/x/", "/..", "/" },
		{ "/x/", "", "" },
		{ "", "", "" },
		{ "", "a/../b", "b" },
		{ "", "../", "" },
		{ "<UNKNOWN>", "f", "<UNKNOWN>f" },
		{ "<UNKNOWN>/", "f/./g", "<UNKNOWN>/f/g" },
		{ "a//b/", "c", "a//b/c" },
		{ "/", "/usr/lib/x86_64-linux-gnu/libc.so.6",
		  "/usr/lib/x86_64-linux-gnu/libc.so.6" },
		{ "/", "/usr/lib/x86_64-linux-gnu/..", "/usr/lib" },
		{ "/", "/usr/lib/x86_64-linux-gnu/.", "/usr/lib/x86_64-linux-gnu" },
		{ "/", "/usr/lib//x86_64-linux-gnu/", "/usr/lib/x86_64-linux-gnu" },
		{ "/", "/usr/./lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu" },
		{ "/", "/0123456/./0123456789", "/0123456/0123456789" },
		{ "/", "/01234567/../0123456789", "/0123456789" },
		{ "/", "/012345678//0123456789", "/012345678/0123456789" },
		{ "/home/u/", "0123456789/.0123456789", "/home/u/0123456789/.0123456789" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint8_t out[PATH_CAP + 1] = { 0 };
		size_t n =
			path_concat(out, PATH_CAP, span_str(cases[i].dir), span_str(cases[i].name));

		out[n] = 0;
		cr_assert_str_eq((char *)out, cases[i].path, "'%s' + '%s' is '%s', not '%s'",
				 cases[i].dir, cases[i].name, cases[i].path, (char *)out);
	}
}

Test(path, what_could_be_too_long_is_said_to_be)
{
	uint8_t name[PATH_CAP], out[PATH_CAP];

	memset(name, 'x', sizeof(name));
	cr_assert(
		eq(sz, path_concat(out, sizeof(out), span_str("/d/"), span_of(name, 1020)), 1023));
	cr_assert(eq(sz, path_concat(out, sizeof(out), span_str("/d/"), span_of(name, 1021)),
		     strlen(PATH_TOO_LONG)));
	cr_assert_eq(memcmp(out, PATH_TOO_LONG, strlen(PATH_TOO_LONG)), 0);
	cr_assert(eq(sz, path_concat(out, 10, span_str("/"), span_str("a")), 0));
}
