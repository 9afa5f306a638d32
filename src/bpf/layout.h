/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef NP_BPF_LAYOUT_H
#define NP_BPF_LAYOUT_H

/*
 * What the programs in the kernel and their loader have in common: the knobs that are set before load, the
 * publication behind an image in its map value, and what is counted.
 *
 * An image lies in the first bytes of its map value, so offsets within the image are offsets within the
 * value. NP_BPF_SLACK more bytes follow, so that what is at a constant distance from any offset is within the
 * value, too; they begin with the publication. Included by BPF: fixed widths only.
 */

#include <stdint.h>

#define NP_BPF_SLACK 4096u /* bytes of a value behind the image's */

/* Constants to the verifier: it sees through `const volatile` data that is frozen before load. */
struct np_bpf_knobs {
    uint32_t map_size; /* of the address map: a power of two */
    uint32_t flags;    /* enum cnipol_bpf_flag */
    uint32_t flows;    /* connections that are kept in mind; 0: none are */
    uint32_t reserved;
};

/* A generation of 0: nothing was published yet, and nothing passes. */
struct np_bpf_publication {
    uint64_t generation;
    uint32_t view; /* offset within the image */
    uint32_t map;  /* which of the address maps goes with it: 0, 1 */
    uint32_t reserved[12];
};

/* What becomes of a packet; each is counted. */
enum np_bpf_counter {
    NP_BPF_ALLOWED = 0,
    NP_BPF_DENIED = 1,
    NP_BPF_UNDEFINED = 2,
    NP_BPF_REDIRECTED = 3,
    NP_BPF_MALFORMED = 4,
    NP_BPF_OTHER = 5,
    NP_BPF_UNREADY = 6,
    NP_BPF_COUNTERS = 8
};

struct np_bpf_counts {
    uint64_t n[NP_BPF_COUNTERS];
};

#endif
