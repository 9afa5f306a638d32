/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_SUPPORT_BUILD_MACHINE_H
#define TESTS_SUPPORT_BUILD_MACHINE_H

/*
 * Machines from tables, for tests that need neither inventory nor dialect.
 *
 * Everything is text. A predicate is words, "|" between alternatives, "!" for not:
 *
 *     any  never  in:web  net:10.0.0.0/8,2001:db8::/32  tcp  proto:1-5  port:80  port:80-90  sport:1024-65535
 *     named:http  named:http/tcp  type:8  code:0  self  hairpin  same-node  own-node  to-own-node
 *     new  established  related  ?
 *
 * An outcome is an action and attributes, and for a guarded list its guards before an else:
 *
 *     allow  deny  pass  pass:2  log  next  undefined  deny+reject+log+audit  allow+auth:2
 *     yes=>allow no=>deny ?=>deny+reject else next
 *
 * where the guards say yes, no or unknown to any request. A question is "FROM TO", then what is asked:
 *
 *     tcp:80  udp:53  sctp:9  icmp:8/0  icmp  fragment  sport:40000  established  self  own-node  request
 *
 * Ends are named by a machine's `ends`; "-" is nobody at an address of its own.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "reference/evaluate.h"

#define BM_ROWS 24
#define BM_COUNT(array) (sizeof(array) / sizeof(array)[0])

struct bm_end {
    const char *name;
    const char *ip;
    const char *ports; /* "http=80/tcp dns=53/udp" */
    bool unpoliced;
};

struct bm_set {
    const char *name;
    const char *yes; /* names of ends, ascending */
    const char *maybe;
};

struct bm_policy {
    const char *name;
    const char *subject;
    bool is_staged;
};

struct bm_rule {
    const char *policy; /* NULL: the engine's own */
    uint64_t rank;
    uint32_t tie;
    const char *subject, *local, *remote, *l4; /* NULL: any */
    const char *outcome;                       /* NULL ends the rows */
};

struct bm_default {
    const char *remote, *l4;
    const char *outcome; /* NULL ends the rows */
    const char *reason;
};

struct bm_stage {
    const char *name;
    enum np_combine combine;
    bool ties_undefined;
    const char *pass_to;   /* NULL: the next stage */
    const char *governing; /* names of policies */
    struct bm_rule rules[BM_ROWS];
    struct bm_default defaults[4];
};

struct bm_checkpoint {
    const char *name;
    enum np_end_role direction, subject;
    enum np_after_allow after_allow;
    const char *at_end; /* NULL: allow */
    const struct bm_stage *stages;
    uint32_t n_stages;
};

struct bm_machine {
    struct bm_end ends[12];
    struct bm_set sets[8];
    struct bm_policy policies[12];
    const struct bm_checkpoint *checkpoints;
    uint32_t n_checkpoints;
    np_path_fn *path; /* NULL: all checkpoints in order */
    bool staged_scope;
};

struct bm_built {
    struct np_mem mem;
    struct np_machine machine;
    const struct bm_machine *from;
    struct np_fact_end ends[12];
    uint32_t n_ends;
};

/* Fails the test where a table cannot be read. */
void bm_build(struct bm_built *built, const struct bm_machine *from);
void bm_free(struct bm_built *built);
struct np_facts bm_facts(const struct bm_built *built, const char *question);
struct np_pred bm_pred(struct bm_built *built, const char *text);
struct np_evaluation bm_ask(const struct bm_built *built, const char *question);

const char *bm_decision(uint8_t decision);

/* A question, and "allow", "redirect", "undefined" or "deny". */
struct bm_row {
    const char *question;
    const char *expected;
};
void bm_expect(const struct bm_machine *from, const struct bm_row *rows, size_t n);
#define BM_EXPECT(machine, rows) bm_expect(machine, rows, BM_COUNT(rows))

/* One ingress checkpoint of the stages. */
#define BM_INGRESS(of)                                                                                                              \
    {                                                                                                                               \
        .name = "ingress", .direction = NP_END_DESTINATION, .subject = NP_END_DESTINATION, .stages = (of), .n_stages = BM_COUNT(of) \
    }
#define BM_EGRESS(of)                                                                                                    \
    {                                                                                                                    \
        .name = "egress", .direction = NP_END_SOURCE, .subject = NP_END_SOURCE, .stages = (of), .n_stages = BM_COUNT(of) \
    }

#endif
