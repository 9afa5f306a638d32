/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_SUPPORT_LIVE_TOWN_H
#define TESTS_SUPPORT_LIVE_TOWN_H

/*
 * A live policy set under random edits, and everything that it can be held against.
 *
 * Texts are single objects of random clusters (random_cluster.h), so that few names, labels and addresses meet again and
 * again. A source is usually named after its object; now and then it is another name, so that one object is given twice,
 * or it holds several. What the sources are is kept here, too, and a fresh model of them is the truth.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cnipol/cnipol.h>
#include <cnipol/eval_core.h>
#include <cnipol/image.h>
#include <cnipol/live.h>

#include "random_cluster.h"

#define TOWN_SOURCES 128
#define TOWN_LINES 4096

struct town_source {
    char name[96];
    char *text;
};

/* What edits are drawn from. */
enum town_kind { TOWN_POLICY, TOWN_POD, TOWN_OTHER, TOWN_KINDS, TOWN_NAMESPACE = TOWN_KINDS, TOWN_PLAIN, TOWN_LISTS };

struct town_mix {
    uint32_t policy, pod, other; /* percent */
    uint32_t namespace, plain;   /* percent, of others: namespaces; all but workloads */
    uint32_t other_name;         /* percent: under a name that is not the object's own */
    uint32_t many;               /* percent: several objects in a source */
    uint32_t refused;            /* percent: text that nobody can read */
};

struct live_town {
    uint64_t seed;
    struct random_cluster draw;
    struct random_cluster *pools;
    uint32_t n_pools;
    const char *lines[TOWN_LISTS][TOWN_LINES];
    uint32_t n_lines[TOWN_LISTS];
    struct town_source sources[TOWN_SOURCES];
    uint32_t n_sources;
    struct cnipol_ctx *ctx;
    struct cnipol_live *live;
    uint8_t *copy; /* kept by patches */
    uint32_t copied;
    /* the truth */
    struct cnipol_ctx *fresh_ctx;
    struct cnipol_cluster *fresh_cluster;
    struct cnipol_model *fresh;
    char last[8192]; /* the last edit, for messages */
    uint64_t asked, by_address, unaskable;
    uint32_t changes[3], refusals;
};

/* `alloc` may be NULL; `room` as in the options. */
void town_open(struct live_town *t, uint64_t seed, const struct cnipol_alloc *alloc, uint64_t room);
/* The same with options of one's own. */
void town_open_with(struct live_town *t, uint64_t seed, const struct cnipol_alloc *alloc, const struct cnipol_live_opts *opts);
void town_close(struct live_town *t);

/* Makes the text of that name what it says, NULL: takes it away, here and there. What the live set says of it. */
int town_put(struct live_town *t, const char *name, const char *text);
/* A random edit. */
int town_edit(struct live_town *t, const struct town_mix *mix);
/* A random object of a kind. */
const char *town_line(struct live_town *t, enum town_kind kind);
/* The name of the object's own source. */
void town_name_of(const char *line, char *name, size_t size);

/* Builds the truth anew. */
void town_refresh(struct live_town *t);
/* All pairs of ends, all kinds of questions: the present snapshot, the copy and the truth say the same. */
void town_compare(struct live_town *t);
/* The present image's bytes are those of compiling the truth. */
void town_same_bytes(struct live_town *t);

#endif
