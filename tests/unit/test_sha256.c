/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-256: the digests that the standard gives as examples.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "sha256.h"

static const char *digest_of(const char *piece, unsigned times)
{
	static char text[SHA256_TEXT];
	uint8_t digest[SHA256_BYTES];
	struct sha256 s;

	sha256_begin(&s);
	for (unsigned i = 0; i < times; i++)
		sha256_add(&s, span_str(piece));
	sha256_end(&s, digest);
	sha256_text(digest, text);
	return text;
}

Test(sha256, digests_are_those_of_the_standard)
{
	cr_assert_str_eq(digest_of("", 1),
			 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	cr_assert_str_eq(digest_of("abc", 1),
			 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	cr_assert_str_eq(digest_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1),
			 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	cr_assert_str_eq(digest_of("aaaaaaaaaa", 100000),
			 "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

Test(sha256, pieces_of_any_length_make_the_same_as_the_whole)
{
	uint8_t bytes[200], whole[SHA256_BYTES], pieces[SHA256_BYTES];
	struct sha256 s;

	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	for (size_t n = 0; n <= sizeof(bytes); n++) {
		sha256_begin(&s);
		sha256_add(&s, span_of(bytes, n));
		sha256_end(&s, whole);
		for (size_t cut = 0; cut <= n; cut += 13) {
			sha256_begin(&s);
			sha256_add(&s, span_of(bytes, cut));
			sha256_add(&s, span_of(bytes + cut, n - cut));
			sha256_end(&s, pieces);
			cr_assert_arr_eq(pieces, whole, SHA256_BYTES);
		}
	}
}
