/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef NP_BPF_LAYOUT_H
#define NP_BPF_LAYOUT_H

/*
 * What the programs in the kernel and their loader have in common: the knobs that are set before load, the
 * publication at the end of an image's map value, a question beside its answer, and how events look.
 *
 * An image lies in the first bytes of its map value, so offsets within the image are offsets within the
 * value. The value's last NP_BPF_CONTROL bytes are the publication. Included by BPF: fixed widths only.
 */

#include <linux/types.h>

#define NP_BPF_CONTROL 64u /* bytes of a value's end that are not the image's */

/* Constants to the verifier: it sees through `const volatile` data that is frozen before load. */
struct np_bpf_knobs {
    __u32 image_size; /* of the value: a power of two */
    __u32 map_size;   /* the same for the address map */
    __u32 flags;      /* enum np_bpf_flag */
    __u32 reserved;
};

enum np_bpf_flag {
    NP_BPF_DROP_OTHER = 1u << 0, /* what is not IP does not pass */
    NP_BPF_EVENTS = 1u << 1,     /* denied packets are told of */
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
    NP_BPF_COUNTERS = 8,
};

struct np_bpf_counts {
    __u64 n[NP_BPF_COUNTERS];
};

/* A generation of 0: nothing was published yet, and nothing passes. */
struct np_bpf_publication {
    __u64 generation;
    __u32 view; /* offset within the image */
    __u32 reserved[13];
};

#endif
