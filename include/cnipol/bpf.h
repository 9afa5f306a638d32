/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CNIPOL_BPF_H
#define CNIPOL_BPF_H

#include <stddef.h>
#include <stdint.h>

#include <cnipol/alloc.h>
#include <cnipol/eval_base.h>
#include <cnipol/status.h>

/**
 * The evaluator in the kernel: an image in BPF maps, and programs that judge packets by it. A library of its
 * own, libcnipol-bpf (pkg-config cnipol-bpf), which needs libbpf 1.1 or newer and Linux 5.17 or newer.
 *
 *     struct cnipol_bpf_opts opts = {.sz = sizeof opts};
 *     struct cnipol_bpf *bpf;
 *
 *     if (cnipol_bpf_open(&opts, &bpf) == CNIPOL_OK &&
 *         cnipol_bpf_publish(bpf, image, n, view, 1) == CNIPOL_OK)
 *         cnipol_bpf_attach_tc(bpf, ifindex, CNIPOL_BPF_TC_INGRESS, CNIPOL_BPF_JUDGE_EGRESS);
 *
 * The kernel holds two map values, each with room for an image: the one that programs read, and the one that
 * the next publication is written to. Publishing fills the other one and swaps: a packet is judged wholly by
 * the old image or wholly by the new one. Patching writes to the one in use, in the order given.
 *
 * It fails closed. Before the first publication no IP packet passes; malformed ones never do; an undefined
 * verdict is a denial. Attached programs stay where they are when the object is freed or its process dies,
 * and go on with the last image; attaching again at the same place takes their place, without a gap.
 *
 * With `flows`, packets of a connection that was allowed, and its replies, ask as established ones; the image
 * says whether those pass. Later fragments and ICMP errors are always new: where they must pass, policy has to say so.
 *
 * Threads: one at a time for one object; the kernel's side needs no lock. libbpf allocates with malloc(3) and
 * speaks through libbpf_set_print(), which is the caller's to set: this library never touches it.
 */

#ifdef __cplusplus
extern "C" {
#endif

struct cnipol_bpf;

enum cnipol_bpf_flag {
    CNIPOL_BPF_DROP_OTHER = 1u << 0, /**< drop what is not IP, ARP among it; by default it passes */
    CNIPOL_BPF_EVENTS = 1u << 1,     /**< tell of denied packets: cnipol_bpf_events */
    CNIPOL_BPF_TESTS = 1u << 2       /**< load the programs that tests and benchmarks run, too */
};

struct cnipol_bpf_opts {
    size_t sz;                        /**< sizeof of this struct */
    const struct cnipol_alloc *alloc; /**< NULL: malloc(3); copied */
    uint32_t flags;                   /**< enum cnipol_bpf_flag */
    uint32_t image_size;              /**< room for images that need not grow, in bytes; 0: the smallest class */
    uint32_t addrmap_size;            /**< room for the address map, which does not grow: 1 (0: that) to 256 MiB */
    uint32_t log_size;                /**< bytes at `log` */
    char *log;                        /**< where the kernel's verifier says why it refused, as long as the object lives; NULL: nowhere */
    uint32_t flows;                   /**< allowed connections to keep in mind, at most; 0: every packet is new */
    uint32_t reserved;                /**< 0 */
};

/** NULL if this process may load programs; else the reason, in English, static. Any thread. */
CNIPOL_API const char *cnipol_bpf_unavailable(void);

/**
 * Loads the programs. CNIPOL_OK, CNIPOL_E_NOMEM, CNIPOL_E_USAGE, CNIPOL_E_LIMIT (no class is that large) or
 * CNIPOL_E_SYSTEM: the kernel refused, errno says how.
 */
CNIPOL_API int cnipol_bpf_open(const struct cnipol_bpf_opts *opts, struct cnipol_bpf **out);
/** Frees the object; what is attached stays attached. NULL is fine. */
CNIPOL_API void cnipol_bpf_free(struct cnipol_bpf *bpf);

/**
 * Publishes an image, of which what an evaluation reads is enough (the header's eval_bytes). `view`: the offset
 * that questions start from; 0: the header's, and no more than its eval_bytes are taken. `generation`: the
 * caller's count of publications, not 0. An image larger than the present class loads the programs anew and
 * replaces the attached ones one by one. The image must be a trusted or verified one (image.h). On failure the
 * last good image stays. CNIPOL_E_INVALID: without a view, and with a header that is none.
 */
CNIPOL_API int cnipol_bpf_publish(struct cnipol_bpf *bpf, const void *image, uint32_t n, uint32_t view, uint64_t generation);

/** Bytes to be written at an offset of the image. */
struct cnipol_bpf_patch {
    const void *bytes;
    uint32_t offset;
    uint32_t n;
};

/**
 * Writes to the image in use while programs read it, then sets view and generation. Whoever makes the list
 * puts what no question reaches yet first. An aligned patch of 4 or 8 bytes is seen whole or not at all.
 * CNIPOL_E_USAGE, and nothing is written, if a patch lies outside the image's room. A list is what
 * cnipol_live_patches() (live.h) visits; where that leads on from nothing, publish the snapshot. A second patch after a
 * publication waits, as publishing does, for the programs that began before the first. CNIPOL_E_SYSTEM.
 */
CNIPOL_API int cnipol_bpf_patch(struct cnipol_bpf *bpf, const struct cnipol_bpf_patch *patches, uint32_t n, uint32_t view,
                                uint64_t generation);

/** The generation that is in use; 0 before the first publication. */
CNIPOL_API uint64_t cnipol_bpf_generation(const struct cnipol_bpf *bpf);
/** Room for an image in the present class, in bytes. */
CNIPOL_API uint32_t cnipol_bpf_image_size(const struct cnipol_bpf *bpf);

/**
 * The memory that the programs look addresses up in, `*n` bytes, as long as the object lives; the caller writes there as
 * addrmap.h says: cnipol_addrmap_new() before the first publication, then what changes while peer ids stay what they are, in
 * the order that docs/live.md gives. Until there is a map, nobody is known.
 */
CNIPOL_API void *cnipol_bpf_addrmap(struct cnipol_bpf *bpf, uint32_t *n);

/**
 * Memory for another map, emptied, where no program looks: for an image whose peer ids are others. Make and fill a map there
 * (cnipol_addrmap_new), then publish both.
 */
CNIPOL_API void *cnipol_bpf_addrmap_spare(struct cnipol_bpf *bpf, uint32_t *n);

/**
 * As cnipol_bpf_publish, with the spare map in the place of the present one: each packet is judged by the new image and the
 * new map or by the old ones, never by one of each. On success cnipol_bpf_addrmap() gives the new one.
 */
CNIPOL_API int cnipol_bpf_publish_both(struct cnipol_bpf *bpf, const void *image, uint32_t n, uint32_t view, uint64_t generation);

/** Which hook of the interface: tc's words, seen from the interface. */
enum cnipol_bpf_hook { CNIPOL_BPF_TC_INGRESS = 1, CNIPOL_BPF_TC_EGRESS = 2 };

/** Whose policies are asked. On the host's end of a pod's veth: ingress there is the pod's egress. */
enum cnipol_bpf_judge { CNIPOL_BPF_JUDGE_BOTH = 0, CNIPOL_BPF_JUDGE_EGRESS = 1, CNIPOL_BPF_JUDGE_INGRESS = 2 };

/**
 * Attaches to the clsact qdisc, which is made where it is missing, as filter 1 of priority 1, in place of an
 * earlier such filter. CNIPOL_E_USAGE for an interface whose packets have no Ethernet header (tunnels): the
 * programs would take other bytes for one. CNIPOL_E_NOMEM; CNIPOL_E_SYSTEM.
 */
CNIPOL_API int cnipol_bpf_attach_tc(struct cnipol_bpf *bpf, uint32_t ifindex, int32_t hook, int32_t judge);
/** Takes it away; CNIPOL_E_NOTFOUND if nothing of this object is there. The qdisc stays. */
CNIPOL_API int cnipol_bpf_detach_tc(struct cnipol_bpf *bpf, uint32_t ifindex, int32_t hook);

/** What became of the packets that the programs saw, over all CPUs. */
struct cnipol_bpf_counters {
    uint64_t allowed;
    uint64_t denied;    /**< by policy */
    uint64_t undefined; /**< dropped: an unknown could have changed the verdict */
    uint64_t redirected;
    uint64_t malformed; /**< dropped: not what its headers say */
    uint64_t other;     /**< not IP */
    uint64_t unready;   /**< dropped: nothing was published yet */
    uint64_t reserved;
};

/** Sums up since the programs were first loaded. CNIPOL_OK, CNIPOL_E_NOMEM, CNIPOL_E_SYSTEM. */
CNIPOL_API int cnipol_bpf_counters(const struct cnipol_bpf *bpf, struct cnipol_bpf_counters *out);

/** A packet that did not pass. Fixed layout, no padding; what is not known of it is 0. */
struct cnipol_bpf_event {
    uint64_t ns;      /**< since the machine was started, its sleep left out */
    uint32_t ifindex; /**< where it was judged */
    uint32_t source;  /**< peer ids */
    uint32_t destination;
    uint16_t source_port;
    uint16_t destination_port;
    uint8_t source_address[16]; /**< IPv4: the first four bytes */
    uint8_t destination_address[16];
    uint8_t family; /**< 4, 6; 0: malformed */
    uint8_t protocol;
    uint8_t icmp_type;
    uint8_t icmp_code;
    uint8_t counter; /**< what it was counted as: a field of struct cnipol_bpf_counters, `allowed` is 0 */
    uint8_t judge;   /**< enum cnipol_bpf_judge */
    uint8_t egress;  /**< enum cnipol_decision: the source's part */
    uint8_t ingress;
    uint8_t reason; /**< enum cnipol_packet_reason (packet.h), where it is malformed */
    uint8_t reserved[7];
};

/**
 * Calls `tell` for each packet that did not pass since the last call, with CNIPOL_BPF_EVENTS; waits for the first one
 * that long, -1: for ever. Where nobody asks, the newest ones are lost when there are some 2,000 of them. A `tell` that
 * returns other than 0 ends the call. *told: how many there were (NULL: of no interest). CNIPOL_E_USAGE without the flag.
 */
CNIPOL_API int cnipol_bpf_events(struct cnipol_bpf *bpf, int (*tell)(void *user, const struct cnipol_bpf_event *event), void *user,
                                 int32_t milliseconds, uint32_t *told);

/** Size and cost of a loaded program, as the kernel says. Exact: the same for the same kernel and compiler. */
struct cnipol_bpf_figures {
    const char *name;        /**< lives as long as the object, until an image outgrows its class */
    uint32_t verified_insns; /**< instructions that the verifier walked through */
    uint32_t xlated_bytes;   /**< the program after rewriting */
    uint32_t jited_bytes;    /**< the machine code; 0 where there is no JIT */
    uint32_t reserved;
};

/** Programs are numbered from 0; CNIPOL_E_NOTFOUND after the last. */
CNIPOL_API int cnipol_bpf_figures(const struct cnipol_bpf *bpf, uint32_t program, struct cnipol_bpf_figures *out);

/**
 * Gives an Ethernet frame to a program, without any interface. *passed: 1 or 0. CNIPOL_E_USAGE for a frame under
 * 14 bytes.
 */
CNIPOL_API int cnipol_bpf_run_packet(struct cnipol_bpf *bpf, int32_t judge, const void *frame, uint32_t n, int32_t *passed);

/**
 * Asks the published image n questions in the kernel, with CNIPOL_BPF_TESTS. `only_rules` 1: by the rule lists
 * alone. CNIPOL_E_USAGE without the flag or before the first publication.
 */
CNIPOL_API int cnipol_bpf_ask(struct cnipol_bpf *bpf, const struct cnipol_key *keys, uint32_t n, int32_t only_rules,
                              struct cnipol_answer *answers);

/** A measurement: 64 questions in each of `runs` runs of a program, each question waiting for the answer before it. */
struct cnipol_bpf_measure {
    const struct cnipol_key *keys; /**< taken in turn; at most 64 of them count */
    uint32_t n_keys;               /**< a power of two, 1 to 64 */
    uint32_t n_ids;                /**< not 0: both ids of each question are drawn below it, uniformly */
    uint64_t seed;                 /**< not 0; afterwards: what a next measurement goes on from */
    uint32_t runs;
    uint32_t only_rules;
    double ns;       /**< of one question: the time of a run less that of an empty program, divided by 64 */
    double ns_empty; /**< of one run of the empty program */
    uint64_t sum;    /**< over all decisions: sum = sum * 31 + decision, from 0. */
};

/** Fills in seed, ns, ns_empty and sum. CNIPOL_E_USAGE as above, or where the numbers are not what they must be. */
CNIPOL_API int cnipol_bpf_measure(struct cnipol_bpf *bpf, struct cnipol_bpf_measure *measure);

/**
 * The keys that the same measurement draws, for an answer on the host: the i-th call gives the i-th question.
 * `seed` begins as the measurement's.
 */
CNIPOL_API void cnipol_bpf_draw(const struct cnipol_bpf_measure *measure, uint32_t i, uint64_t *seed, struct cnipol_key *key);

#ifdef __cplusplus
}
#endif
#endif
