/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef CNIPOL_DECISION_H
#define CNIPOL_DECISION_H

/**
 * Decisions and flags, for the library, for programs in the kernel and for readers of an image alike. Nothing
 * but constants: the header can be included from a BPF program.
 */

/** In the order in which one end's answer outweighs the other's. */
enum cnipol_decision {
    CNIPOL_NO_DECISION = 0, /**< nobody has asked yet: what a zeroed verdict says. Never an answer */
    CNIPOL_ALLOW = 1,
    CNIPOL_REDIRECT = 2,  /**< allowed at L3/L4; the L7 proxy decides */
    CNIPOL_UNDEFINED = 3, /**< an unknown could change the answer; an enforcing caller denies */
    CNIPOL_DENY = 4
};

enum cnipol_verdict_flag {
    CNIPOL_VERDICT_LOG = 1u << 0,
    CNIPOL_VERDICT_AUDIT = 1u << 1,
    CNIPOL_VERDICT_REJECT = 1u << 2,
    CNIPOL_VERDICT_EGRESS_ASKED = 1u << 3, /**< the source is subject to policy */
    CNIPOL_VERDICT_INGRESS_ASKED = 1u << 4
};

#endif
