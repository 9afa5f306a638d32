/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_BPF_SMALL_IMAGE_H
#define TESTS_BPF_SMALL_IMAGE_H

/*
 * An image written by hand, as docs/image-format.md has it: peer id `subject` is isolated for ingress and takes one
 * protocol to one port from one peer, and what is established; nobody else is policed. Both ways of evaluation are in it. Just what an evaluation
 * reads: no header.
 */

#include <cnipol/format.h>

struct small {
    uint32_t n_ids;
    uint32_t subject;
    uint32_t from;
    uint16_t port;    /* ICMP: of no account */
    uint8_t protocol; /* 0: TCP */
    uint8_t by_list;  /* the subject's root says: rule list */
};

#define SMALL_VIEW 64u
#define SMALL_BYTES 65536u

/* Writes SMALL_BYTES bytes at `image`; n_ids is at most 256. */
void small_write(const struct small *small, uint8_t *image);

#endif
