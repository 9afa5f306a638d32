/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_DOC_NODE_H
#define NP_DOC_NODE_H

/*
 * The document tree: what a YAML or JSON source says, every node with its bytes.
 *
 * Both readers make the same tree, the one that Kubernetes sees behind its YAML-to-JSON step: scalars
 * are resolved, aliases expanded, merge keys merged, map keys turned into strings. Nodes of a list
 * and pairs of a map lie side by side in the document's arena. A tree is read-only once made.
 *
 * Spans of aliased content point to the anchor's text; of merged pairs, to where they were written.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/source.h"
#include "base/str.h"

enum np_node_kind {
    NP_NODE_NULL = 0,
    NP_NODE_BOOL,
    NP_NODE_INT,  /* fits int64 */
    NP_NODE_UINT, /* above INT64_MAX */
    NP_NODE_FLOAT,
    NP_NODE_STRING,
    NP_NODE_LIST,
    NP_NODE_MAP,
};

enum np_node_flag {
    NP_NODE_QUOTED = 1u << 0,  /* a scalar in quotes, or a block scalar */
    NP_NODE_ALIASED = 1u << 1, /* came through an alias or a merge key */
    NP_NODE_REPAIRED = 1u << 2 /* !!binary bytes that are no UTF-8 became U+FFFD */
};

struct np_pair;

struct np_node {
    uint8_t kind;
    uint8_t flags;
    uint32_t n; /* bytes of a string, items of a list, pairs of a map */
    uint32_t start;
    uint32_t end;
    union {
        bool b;
        int64_t i;
        uint64_t u;
        double f;
        const char *s; /* NUL-terminated; may hold NULs before n */
        const struct np_node *items;
        const struct np_pair *pairs; /* in the order of writing; a repeated key keeps its last value */
    };
};

struct np_pair {
    struct np_node key; /* always a string */
    struct np_node value;
};

static inline struct np_str np_node_str(const struct np_node *node)
{
    return (struct np_str){node->s, node->n};
}

/* The value under a key, or NULL; also NULL where `map` is NULL or no map. */
const struct np_node *np_map_get(const struct np_node *map, const char *key);
/* The pair, for its key's span. */
const struct np_pair *np_map_pair(const struct np_node *map, const char *key);
/* As np_map_get, but a null value counts as absent, as in the API server's decoding. */
const struct np_node *np_map_value(const struct np_node *map, const char *key);
/* "null", "bool", "number", "string", "array", "object": the words of Go's encoding/json. */
const char *np_node_kind_name(const struct np_node *node);

#endif
