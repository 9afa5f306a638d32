/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CNIPOL_MODEL_H
#define CNIPOL_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include <cnipol/cluster.h>
#include <cnipol/decision.h>
#include <cnipol/knobs.h>

/**
 * A model: a cluster under one engine and one set of knobs, resolved, ready to be asked.
 *
 *     struct cnipol_question q;
 *     struct cnipol_verdict v;
 *
 *     if (cnipol_question_init(model, "shop/web", "shop/db", &q) == CNIPOL_OK) {
 *         q.protocol = CNIPOL_PROTOCOL_TCP;
 *         q.destination_port = 5432;
 *         cnipol_ask(model, &q, &v);
 *     }
 *
 * A model shows the cluster as it was when the model was built. A cluster may have any number of models
 * at once, under different knobs, and may be loaded further while they live; what is new shows in models
 * that are built later. Models are freed in any order, but before their cluster.
 *
 * A model is immutable: any number of threads may ask it at once, also while the context's thread loads
 * or builds something else. Asking does not allocate. Ends are found by text (cnipol_end_parse,
 * cnipol_question_init) among the context's names: that may run in many threads at once, but not while
 * the context's thread loads or builds.
 */

#ifdef __cplusplus
extern "C" {
#endif

struct cnipol_model;

/**
 * Builds a model. `engine`: "kubernetes" (NULL means that). `knobs` NULL: defaults; they are copied.
 * CNIPOL_OK, CNIPOL_E_NOMEM, CNIPOL_E_NOTFOUND (no such engine). Cost: about linear in policies and pods.
 */
CNIPOL_API int cnipol_model_new(struct cnipol_cluster *cluster, const char *engine, const struct cnipol_knobs *knobs,
                                struct cnipol_model **out);
/** NULL is fine. */
CNIPOL_API void cnipol_model_free(struct cnipol_model *model);

/** IP protocol numbers that have names here. */
enum cnipol_protocol {
    CNIPOL_PROTOCOL_ICMP = 1,
    CNIPOL_PROTOCOL_TCP = 6,
    CNIPOL_PROTOCOL_UDP = 17,
    CNIPOL_PROTOCOL_ICMPV6 = 58,
    CNIPOL_PROTOCOL_SCTP = 132
};

enum cnipol_end_kind {
    CNIPOL_END_UNKNOWN = 0, /**< a name that is not in the cluster, or an address that several pods claim: every answer is undefined */
    CNIPOL_END_ADDRESS = 1, /**< an address that no pod, node or Service owns */
    CNIPOL_END_POD = 2,
    CNIPOL_END_NODE = 3,
    CNIPOL_END_SERVICE = 4 /**< a Service's cluster or external address; destinations only */
};

/** One end of a question. Fill it with cnipol_end_parse; `address` may be set to another one that the end owns. */
struct cnipol_end {
    uint32_t kind;  /**< enum cnipol_end_kind */
    uint32_t id;    /**< pod, node or service number of the model; else 0 */
    uint8_t has_v4; /**< whether v4 holds an address */
    uint8_t has_v6;
    uint8_t first_family; /**< 4 or 6: which one the end lists first; 0: none */
    uint8_t reserved[5];
    uint8_t v4[4];
    uint8_t v6[16];
    uint8_t reserved2[4];
};

enum cnipol_ask_direction {
    CNIPOL_ASK_BOTH = 0,   /**< egress at the source and ingress at the destination */
    CNIPOL_ASK_EGRESS = 1, /**< only the source's policies */
    CNIPOL_ASK_INGRESS = 2 /**< only the destination's policies */
};

/**
 * May `source` open this connection to, or send this packet to, `destination`? Fixed layout. A field with a
 * value that is not named here, `reserved` among them, makes the answer CNIPOL_UNDEFINED.
 */
struct cnipol_question {
    struct cnipol_end source;
    struct cnipol_end destination;
    uint8_t family;    /**< 0: the first that both ends have, in the source's order; 4; 6 */
    uint8_t protocol;  /**< IP protocol number, 1 to 255 */
    uint8_t direction; /**< enum cnipol_ask_direction */
    uint8_t icmp_type; /**< for ICMP and ICMPv6, where has_icmp */
    uint8_t icmp_code;
    uint8_t has_icmp;
    uint8_t is_fragment;       /**< a later fragment: there are no ports */
    uint8_t connection_state;  /**< 0: new; 1: established or reply; 2: related */
    uint16_t source_port;      /**< 0: unknown */
    uint16_t destination_port; /**< 0: none */
    uint8_t port_unknown;      /**< 1: the destination port is not known; what depends on it is unknown too */
    uint8_t reserved[3];       /**< 0 */
};

/**
 * Finds an end by text: "namespace/pod", "node/NAME", "service/NAMESPACE/NAME" or an address. An
 * address becomes whoever owns it. A well-formed name that is not in the cluster gives
 * CNIPOL_END_UNKNOWN and CNIPOL_OK, and so, with the address in it, does an address that several live
 * pods claim; text that is none of these, CNIPOL_E_USAGE.
 */
CNIPOL_API int cnipol_end_parse(const struct cnipol_model *model, const char *text, struct cnipol_end *out);

/** A zeroed question about TCP between two ends given as text, as cnipol_end_parse() takes it and with its results. */
CNIPOL_API int cnipol_question_init(const struct cnipol_model *model, const char *source, const char *destination,
                                    struct cnipol_question *out);

/** Protocol by name (any case) or number; 0 if it is neither. */
CNIPOL_API int cnipol_protocol_parse(const char *text);
/** The name of a protocol number ("TCP"), or NULL where it has none here. Static; any thread. */
CNIPOL_API const char *cnipol_protocol_text(int32_t protocol);

/** "allow", "redirect", "undefined", "deny". Static; any thread. */
CNIPOL_API const char *cnipol_decision_text(int32_t decision);

struct cnipol_verdict {
    uint8_t decision; /**< enum cnipol_decision: the worse of the two, in its order */
    uint8_t egress;   /**< the source's part; CNIPOL_ALLOW where nothing polices it */
    uint8_t ingress;  /**< the destination's part */
    uint8_t reserved;
    uint32_t flags; /**< enum cnipol_verdict_flag */
};

/**
 * Asks. Never fails: a question that cannot be answered is CNIPOL_UNDEFINED. No allocation, lock or
 * system call. Cost: the rules of the policies that select the two ends. Thread safety: any thread.
 */
CNIPOL_API void cnipol_ask(const struct cnipol_model *model, const struct cnipol_question *question, struct cnipol_verdict *out);

/** Pods of the model, sorted by namespace and name. */
CNIPOL_API uint32_t cnipol_model_pods(const struct cnipol_model *model);
/** "namespace/name" of a pod, NULL outside the range; lives as long as the model. */
CNIPOL_API const char *cnipol_model_pod_name(const struct cnipol_model *model, uint32_t pod);
/** The end that is a pod. CNIPOL_E_USAGE outside the range. */
CNIPOL_API int cnipol_end_pod(const struct cnipol_model *model, uint32_t pod, struct cnipol_end *out);

#ifdef __cplusplus
}
#endif
#endif
