/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_DECODER_H
#define NP_FLOW_DECODER_H

/* Decoding one frame that is at hand whole: tests of formats, and test vectors. */

#include <cnipol/decode.h>

/* Called for each record of the frame, which lives for the call; non-zero ends the work and is returned. */
typedef int np_flow_fn(void *user, const struct cnipol_flow *flow);

/*
 * Decodes `bytes` as exactly one frame of the format that the decoder was made for (opts.format set), whatever the framing of
 * streams would say. CNIPOL_OK, CNIPOL_E_NOMEM, or the status of its flaw (cnipol_decoder_flaw).
 */
int np_decoder_frame(struct cnipol_decoder *decoder, const void *bytes, size_t size, np_flow_fn *fn, void *user);

#endif
