/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_RECOGNISE_H
#define NP_FLOW_RECOGNISE_H

/*
 * Recognising a stream's format from its first bytes.
 *
 * Text is decided at the end of its first line that is not blank, if a format knows it by then; all else at NP_RECOGNISE_BYTES, or at the
 * stream's end. The answer depends on the bytes alone, not on the pieces that they come in.
 */

#include "flow/format.h"

#define NP_RECOGNISE_BYTES 4096u

/* 1: *out is the format. 0: more bytes are wanted. -1: no format knows them. `is_all`: no more will come. */
int np_recognise(const char *bytes, size_t n, bool is_all, const struct np_format **out);

#endif
