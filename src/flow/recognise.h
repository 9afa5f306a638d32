/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_RECOGNISE_H
#define NP_FLOW_RECOGNISE_H

/*
 * Recognising a stream's format from its first bytes.
 *
 * Text is decided at the end of its first line that is not blank, if a format knows it by then; all else at NP_RECOGNISE_BYTES, or at the
 * stream's end, and then by the second line, too, as the first may be the rest of one. The answer depends on the bytes alone, not on the pieces that they come in.
 */

#include "flow/format.h"

#define NP_RECOGNISE_BYTES 4096u

/* 1: *out is the format. 0: more bytes are wanted. -1: no format knows them. `is_all`: no more will come. */
int np_recognise(const char *bytes, size_t n, bool is_all, const struct np_format **out);
/* Nothing but blanks and line ends: a text without records. */
bool np_is_blank(const char *bytes, size_t n);
/* What to say of bytes that no format knows; static. */
const char *np_unrecognised(const char *bytes, size_t n);

#endif
