/* SPDX-License-Identifier: Apache-2.0
 *
 * utf8.h -- characters in bytes that may be no text at all.  Core.
 */
#ifndef MEWS_UTF8_H
#define MEWS_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_MAX_BYTES 4 /* of a character */

/* Length of the character at P, of N > 0 bytes, or of the part of one there that is
 * replaced as one; *RET_VALID says which. */
size_t utf8_length(const uint8_t *p, size_t n, bool *ret_valid);

/* The number of the valid character of LENGTH bytes at P. */
uint32_t utf8_number(const uint8_t *p, size_t length);

/* The bytes of character NUMBER to OUT; how many they are. */
size_t utf8_put(uint8_t *out, uint32_t number);

#endif
