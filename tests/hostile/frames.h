/* SPDX-License-Identifier: Apache-2.0
 *
 * frames.h -- frames as a liar makes them: good ones of every type by the real encoders, with
 * numbers that vary, and then bent: lengths, types, nesting and counts of msgpack, or plain bytes.
 */
#ifndef MEWS_HOSTILE_FRAMES_H
#define MEWS_HOSTILE_FRAMES_H

#include "ring.h"

/* One of TYPES (0 ends) into BUF of CAP bytes; its length.  BENT: how many of 16 are not good. */
size_t frame_make(uint8_t *buf, size_t cap, const uint16_t *types, unsigned bent,
		  uint16_t *ret_type);

/* Bend the msgpack of N bytes in BUF, which has room for CAP: the new length. */
size_t frame_bend(uint8_t *buf, size_t n, size_t cap);

#endif
