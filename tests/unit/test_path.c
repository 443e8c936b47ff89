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

Test(path, slashes_in_a_row_become_one_and_nothing_else_changes)
{
	static const struct {
		const char *path, *merged;
	} cases[] = {
		{ "", "" },
		{ "/", "/" },
		{ "///", "/" },
		{ "/abs//y", "/abs/y" },
		{ "a//b/../c/", "a/b/../c/" },
		{ ".//./x////", "././x/" },
		{ "//host//share", "/host/share" },
		{ "/0123456//89", "/0123456/89" },
		{ "/01234567//9", "/01234567/9" },
		{ "/012345/7//9/", "/012345/7/9/" },
		{ "/0/1/2/3/4/5/6/7//", "/0/1/2/3/4/5/6/7/" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint8_t out[64] = { 0 };
		size_t n = path_merge_slashes(out, sizeof(out) - 1, span_str(cases[i].path));

		cr_assert(eq(sz, n, strlen(cases[i].merged)));
		cr_assert_str_eq((char *)out, cases[i].merged);
		cr_assert_eq(path_has_two_slashes(span_str(cases[i].path)),
			     n != strlen(cases[i].path));
	}
}

Test(path, what_is_merged_is_cut_where_there_is_no_room)
{
	uint8_t out[3];

	cr_assert(eq(sz, path_merge_slashes(out, sizeof(out), span_str("//abc")), 3));
	cr_assert_eq(memcmp(out, "/ab", 3), 0);
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

Test(path, a_plain_path_is_what_putting_it_together_makes_of_it)
{
	static const char letters[] = "/./ab";
	uint8_t name[64], out[PATH_CAP];
	unsigned plain = 0;
	uint32_t state = 3;

	for (unsigned i = 0; i < 200000; i++) {
		size_t n = 1 + i % sizeof(name);

		for (size_t k = 0; k < n; k++) {
			state = state * 1664525 + 1013904223;
			name[k] = (uint8_t)(k % 3 ? 'c' : letters[(state >> 16) % 5]);
		}
		if (!path_is_plain(span_of(name, n)))
			continue;
		plain++;
		cr_assert(eq(sz, path_concat(out, sizeof(out), SPAN_NONE, span_of(name, n)), n));
		cr_assert(memcmp(out, name, n) == 0);
	}
	cr_assert(plain > 1000);
	cr_assert(path_is_plain(span_str("/")));
	cr_assert(path_is_plain(span_str("/usr/lib/x86_64-linux-gnu/libc.so.6")));
	cr_assert(not(path_is_plain(span_str("/usr/lib/x86_64-linux-gnu/../libc.so.6"))));
	cr_assert(not(path_is_plain(span_str("/usr/lib/x86_64-linux-gnu/libc.so.6/"))));
	cr_assert(not(path_is_plain(span_str("/usr/lib/x86_64-linux-gnu//libc.so.6"))));
	cr_assert(not(path_is_plain(span_str("usr"))));
	cr_assert(not(path_is_plain(SPAN_NONE)));
}
