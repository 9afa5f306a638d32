/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_DOC_BUILD_H
#define NP_DOC_BUILD_H

/*
 * The tree builder under both readers.
 *
 * Nodes wait on one stack until their list or map closes; then they are copied, side by side, into
 * the document's arena, and the list or map takes their place on the stack. In an open map, keys and
 * values alternate. A merge key (YAML's <<) keeps its place as a marked pair and is expanded when its
 * map closes. A closed tree shares what aliases repeat: `weight` and `height` of each closed node
 * bound what a walk over it costs, so limits hold for the expanded tree too.
 */

#include "base/ctx.h"
#include "doc/reader.h"

/* In np_node.flags while building, and never in a finished tree. */
#define NP_NODE_MERGE (1u << 7)

struct np_frame {
    uint32_t base; /* first node on the stack */
    uint32_t start;
    uint32_t end;    /* of the last child as written */
    uint32_t height; /* levels below this one */
    bool map;
    bool merges;    /* has merge keys */
    bool nonfinite; /* has an infinite or NaN value, which JSON cannot hold */
};

struct np_build {
    struct cnipol_ctx *ctx;
    struct np_doc doc;
    struct np_node *nodes;
    uint32_t n;
    uint32_t cap;
    struct np_frame *frames;
    uint32_t depth;
    uint32_t frames_cap;
    uint32_t *slots; /* of the duplicate search: pair numbers by hash of the key */
    uint32_t slots_cap;
    struct np_pair *merged; /* the pairs of a map with merge keys */
    uint32_t merged_cap;
    uint64_t count;    /* nodes of the document so far */
    uint64_t expanded; /* nodes that aliases and merge keys added */
    uint32_t height;   /* of the node closed last */
};

void np_build_init(struct np_build *build, struct cnipol_ctx *ctx, uint32_t source);
void np_build_free(struct np_build *build);
/* Begins a document. */
void np_build_reset(struct np_build *build, uint32_t index);
/* The root, once everything is closed. 0, or CNIPOL_E_SYNTAX for an infinite number. */
int np_build_finish(struct np_build *build);

/* Is a key expected? */
static inline bool np_build_at_key(const struct np_build *build)
{
    const struct np_frame *frame = build->depth ? &build->frames[build->depth - 1] : NULL;

    return frame && frame->map && (build->n - frame->base) % 2 == 0;
}

/* A copy of the bytes, for a string's node. False: out of memory. */
bool np_build_text(struct np_build *build, struct np_str text, struct np_node *node);
/* A key, or a value: `height` is 0 for a scalar. */
int np_build_put(struct np_build *build, struct np_node node, uint32_t height);
/* The last child was written up to here: for an alias, whose node has its anchor's span. */
static inline void np_build_reach(struct np_build *build, uint32_t end)
{
    if (build->depth)
        build->frames[build->depth - 1].end = end;
}

int np_build_open(struct np_build *build, bool map, uint32_t start);
/* `end` 0: that of the last child. */
int np_build_close(struct np_build *build, uint32_t end, uint8_t flags);
/* Counts nodes that an alias or a merge key adds. */
int np_build_expand(struct np_build *build, uint64_t more, struct np_span span);
/* Raises a limit's diagnostic and returns CNIPOL_E_LIMIT. */
int np_build_limit(struct np_build *build, enum np_code code, enum cnipol_limit limit, struct np_span span);

#endif
