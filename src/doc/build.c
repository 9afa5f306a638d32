/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tree builder: see build.h.
 *
 * A map looks for repeated keys when it closes. Small maps compare all pairs; larger ones use an open
 * addressed table that is kept from map to map. Its hash is seeded with an address, so a writer of
 * documents cannot choose keys that collide. Merge keys are worked off in the order of writing: each
 * pair of the merged map is set as if written there, so it replaces an earlier pair and a later pair
 * replaces it, as in go-yaml v2 (decode.go, merge and setMapIndex), which in its strict form takes
 * every such replacement for a repeated key.
 */

#include "doc/build.h"

#include <math.h>

#include <xxhash.h>

#include "doc/scalar.h"

#define SMALL_MAP 12u

void np_build_init(struct np_build *build, struct cnipol_ctx *ctx, uint32_t source)
{
    *build = (struct np_build){.ctx = ctx};
    build->doc.source = source;
    np_arena_init(&build->doc.arena, &ctx->mem);
}

void np_build_free(struct np_build *build)
{
    struct np_mem *mem = &build->ctx->mem;

    np_free(mem, build->nodes, (size_t)build->cap * sizeof *build->nodes);
    np_free(mem, build->frames, (size_t)build->frames_cap * sizeof *build->frames);
    np_free(mem, build->slots, (size_t)build->slots_cap * sizeof *build->slots);
    np_free(mem, build->merged, (size_t)build->merged_cap * sizeof *build->merged);
    np_arena_free(&build->doc.arena);
}

void np_build_reset(struct np_build *build, uint32_t index)
{
    np_arena_reset(&build->doc.arena);
    build->doc.index = index;
    build->doc.root = (struct np_node){0};
    build->doc.duplicates = false;
    build->n = 0;
    build->depth = 0;
    build->count = 0;
    build->expanded = 0;
    build->height = 0;
}

int np_build_limit(struct np_build *build, enum np_code code, enum cnipol_limit limit, struct np_span span)
{
    const struct cnipol_code *row = cnipol_code_find((int32_t)code);

    np_diag_raise(&build->ctx->diags, code, span, "%s: the limit is %llu", row ? row->title : "a limit was passed",
                  (unsigned long long)build->ctx->limits[limit]);
    return CNIPOL_E_LIMIT;
}

bool np_build_text(struct np_build *build, struct np_str text, struct np_node *node)
{
    node->s = np_arena_strndup(&build->doc.arena, text.s, text.n);
    node->n = text.n;
    return node->s != NULL;
}

static struct np_span span_of(const struct np_build *build, const struct np_node *node)
{
    return (struct np_span){build->doc.source, node->start, node->end};
}

int np_build_expand(struct np_build *build, uint64_t more, struct np_span span)
{
    build->expanded += more;
    if (build->expanded <= build->ctx->limits[CNIPOL_LIMIT_ALIASES])
        return CNIPOL_OK;
    return np_build_limit(build, NP_LIMIT_ALIASES, CNIPOL_LIMIT_ALIASES, span);
}

static int count_node(struct np_build *build, uint32_t start, uint32_t end)
{
    if (++build->count <= build->ctx->limits[CNIPOL_LIMIT_NODES])
        return CNIPOL_OK;
    return np_build_limit(build, NP_LIMIT_NODES, CNIPOL_LIMIT_NODES, (struct np_span){build->doc.source, start, end});
}

static bool is_nonfinite(const struct np_node *node)
{
    return node->kind == NP_NODE_FLOAT && !isfinite(node->f);
}

static int refuse_nonfinite(struct np_build *build, const struct np_node *node)
{
    struct np_diag *d = np_diag_raise(&build->ctx->diags, NP_YAML_SYNTAX, span_of(build, node),
                                      "JSON, and so the API server, has no infinite number and no NaN");

    np_diag_help(&build->ctx->diags, d, "write it in quotes if a string is meant");
    return CNIPOL_E_SYNTAX;
}

/* Room for one more node on the stack. */
static int reserve(struct np_build *build)
{
    void *grown;

    if (build->n < build->cap)
        return CNIPOL_OK;
    grown = np_grow(&build->ctx->mem, build->nodes, &build->cap, build->n + 1, sizeof *build->nodes);
    if (!grown)
        return CNIPOL_E_NOMEM;
    build->nodes = grown;
    return CNIPOL_OK;
}

static int push(struct np_build *build, struct np_node node)
{
    if (reserve(build))
        return CNIPOL_E_NOMEM;
    build->nodes[build->n++] = node;
    return CNIPOL_OK;
}

/* Tells the open level what was put into it. */
static int note_child(struct np_build *build, const struct np_node *node, uint32_t height)
{
    struct np_frame *frame;

    build->height = height;
    if (build->depth + height > build->ctx->limits[CNIPOL_LIMIT_DEPTH])
        return np_build_limit(build, NP_LIMIT_DEPTH, CNIPOL_LIMIT_DEPTH, span_of(build, node));
    if (!build->depth)
        return CNIPOL_OK;
    frame = &build->frames[build->depth - 1];
    frame->end = node->end;
    if (height > frame->height)
        frame->height = height;
    frame->merges |= (node->flags & NP_NODE_MERGE) != 0;
    frame->nonfinite |= is_nonfinite(node);
    return CNIPOL_OK;
}

int np_build_put(struct np_build *build, struct np_node node, uint32_t height)
{
    int rc = count_node(build, node.start, node.end);

    if (!rc)
        rc = note_child(build, &node, height);
    return rc ? rc : push(build, node);
}

int np_build_open(struct np_build *build, bool map, uint32_t start)
{
    void *grown;
    int rc = count_node(build, start, start + 1);

    if (rc)
        return rc;
    if (build->depth >= build->ctx->limits[CNIPOL_LIMIT_DEPTH])
        return np_build_limit(build, NP_LIMIT_DEPTH, CNIPOL_LIMIT_DEPTH, (struct np_span){build->doc.source, start, start + 1});
    if (reserve(build))
        return CNIPOL_E_NOMEM;
    grown = np_grow(&build->ctx->mem, build->frames, &build->frames_cap, build->depth + 1, sizeof *build->frames);
    if (!grown)
        return CNIPOL_E_NOMEM;
    build->frames = grown;
    build->frames[build->depth++] = (struct np_frame){.base = build->n, .start = start, .end = start, .map = map};
    return CNIPOL_OK;
}

/* The pairs of a map while its keys are told apart. */
struct pairs {
    struct np_build *build;
    struct np_pair *items;
    uint32_t n;
    uint32_t mask; /* of the table; 0: compare one by one */
    uint64_t seed;
};

static uint32_t *slot_of(const struct pairs *pairs, struct np_str key)
{
    uint32_t i = (uint32_t)XXH3_64bits_withSeed(key.s, key.n, pairs->seed) & pairs->mask;
    uint32_t *slots = pairs->build->slots;

    while (slots[i] != NP_NONE && !np_str_eq(np_node_str(&pairs->items[slots[i]].key), key))
        i = (i + 1) & pairs->mask;
    return &slots[i];
}

/* The earlier pair with this key, or NULL with *slot (may be NULL) where the new one goes. */
static struct np_pair *find_pair(const struct pairs *pairs, struct np_str key, uint32_t **slot)
{
    *slot = NULL;
    if (pairs->mask) {
        *slot = slot_of(pairs, key);
        return **slot == NP_NONE ? NULL : &pairs->items[**slot];
    }
    for (uint32_t i = 0; i < pairs->n; i++)
        if (pairs->items[i].key.n == key.n && memcmp(pairs->items[i].key.s, key.s, key.n) == 0)
            return &pairs->items[i];
    return NULL;
}

static void raise_duplicate(struct np_build *build, const struct np_pair *first, const struct np_pair *again)
{
    struct np_diags *diags = &build->ctx->diags;
    struct np_diag *d =
        np_diag_raise(diags, NP_DUPLICATE_KEY, span_of(build, &again->key), "the key `%s` is given twice in one map", again->key.s);

    np_diag_severity(diags, d, CNIPOL_SEVERITY_WARNING);
    np_diag_label(diags, d, again->key.flags & NP_NODE_ALIASED ? "merged in here, and counts" : "this one counts");
    np_diag_second(diags, d, span_of(build, &first->key), "first given here");
    build->doc.duplicates = true;
}

/* Adds a pair, or lets it replace the one with its key. `items` has room. */
static void set_pair(struct pairs *pairs, const struct np_pair *pair)
{
    uint32_t *slot;
    struct np_pair *earlier = find_pair(pairs, np_node_str(&pair->key), &slot);

    if (earlier) {
        raise_duplicate(pairs->build, earlier, pair);
        *earlier = *pair;
        return;
    }
    if (slot)
        *slot = pairs->n;
    pairs->items[pairs->n++] = *pair; /* NOLINT(clang-analyzer-core.NullDereference): there is room */
}

/* Makes ready for at most `most` pairs. */
static int init_pairs(struct pairs *pairs, struct np_build *build, struct np_pair *items, uint32_t most)
{
    void *grown;
    uint32_t size = 32;

    *pairs = (struct pairs){build, items, 0, 0, (uint64_t)(uintptr_t)build * UINT64_C(0x9e3779b97f4a7c15)};
    if (most <= SMALL_MAP)
        return CNIPOL_OK;
    while (size / 2 < most && size < UINT32_C(1) << 31)
        size *= 2;
    grown = np_grow(&build->ctx->mem, build->slots, &build->slots_cap, size, sizeof *build->slots);
    if (!grown)
        return CNIPOL_E_NOMEM;
    build->slots = grown;
    memset(build->slots, 0xff, (size_t)size * sizeof *build->slots);
    pairs->mask = size - 1;
    return CNIPOL_OK;
}

/* The maps that a merge key's value names: itself, or its items. */
static const struct np_node *merge_maps(const struct np_node *value, uint32_t *n)
{
    *n = value->kind == NP_NODE_LIST ? value->n : 1;
    return value->kind == NP_NODE_LIST ? value->items : value;
}

static int refuse_merge(struct np_build *build, const struct np_node *node)
{
    np_diag_raise(&build->ctx->diags, NP_YAML_SYNTAX, span_of(build, node), "a merge key needs a map, or a list of maps");
    return CNIPOL_E_SYNTAX;
}

/* Checks a merge key's value and adds up its pairs. */
static int check_merge(struct np_build *build, const struct np_node *value, uint64_t *total)
{
    const struct np_node *maps;
    uint32_t n;

    if (value->kind == NP_NODE_LIST && (value->flags & NP_NODE_ALIASED))
        return refuse_merge(build, value);
    maps = merge_maps(value, &n);
    for (uint32_t i = 0; i < n; i++) {
        if (maps[i].kind != NP_NODE_MAP)
            return refuse_merge(build, &maps[i]);
        *total += maps[i].n;
    }
    return CNIPOL_OK;
}

/* Of several maps the first named wins, so they are set from last to first. */
static void set_merge(struct pairs *pairs, const struct np_node *value)
{
    uint32_t n;
    const struct np_node *maps = merge_maps(value, &n);

    while (n-- > 0) {
        for (uint32_t i = 0; i < maps[n].n; i++) {
            struct np_pair pair = maps[n].pairs[i];

            pair.key.flags |= NP_NODE_ALIASED;
            pair.value.flags |= NP_NODE_ALIASED;
            set_pair(pairs, &pair);
        }
    }
}

/* Expands merge keys into build->merged, where the pairs then are. */
static int merge_pairs(struct np_build *build, const struct np_pair *written, uint32_t n, struct pairs *pairs)
{
    uint64_t total = 0;
    void *grown;
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < n && !rc; i++)
        if (written[i].key.flags & NP_NODE_MERGE)
            rc = check_merge(build, &written[i].value, &total);
    if (!rc)
        rc = np_build_expand(build, total, span_of(build, &written[0].key));
    if (rc)
        return rc;
    grown = np_grow(&build->ctx->mem, build->merged, &build->merged_cap, (uint32_t)total + n, sizeof *build->merged);
    if (!grown)
        return CNIPOL_E_NOMEM;
    build->merged = grown;
    rc = init_pairs(pairs, build, build->merged, (uint32_t)total + n);
    for (uint32_t i = 0; i < n && !rc; i++) {
        if (written[i].key.flags & NP_NODE_MERGE)
            set_merge(pairs, &written[i].value);
        else
            set_pair(pairs, &written[i]);
    }
    return rc;
}

/* Settles the pairs of the map on top of the stack into its node. */
static int close_map(struct np_build *build, const struct np_frame *frame, struct np_node *map)
{
    struct np_pair *written = (struct np_pair *)(void *)(build->nodes + frame->base), *kept;
    uint32_t n = (build->n - frame->base) / 2;
    struct pairs pairs;
    int rc;

    if (frame->merges) {
        rc = merge_pairs(build, written, n, &pairs);
    } else {
        rc = init_pairs(&pairs, build, written, n);
        for (uint32_t i = 0; i < n && !rc; i++)
            set_pair(&pairs, &written[i]);
    }
    if (rc)
        return rc;
    for (uint32_t i = 0; i < pairs.n && frame->nonfinite; i++)
        if (is_nonfinite(&pairs.items[i].value))
            return refuse_nonfinite(build, &pairs.items[i].value);
    kept = np_arena_array(&build->doc.arena, pairs.n, sizeof *kept);
    if (!kept)
        return CNIPOL_E_NOMEM;
    if (pairs.n)
        memcpy(kept, pairs.items, pairs.n * sizeof *kept);
    map->n = pairs.n;
    map->pairs = kept;
    return CNIPOL_OK;
}

static int close_list(struct np_build *build, const struct np_frame *frame, struct np_node *list)
{
    const struct np_node *items = build->nodes + frame->base;
    uint32_t n = build->n - frame->base;
    struct np_node *kept = np_arena_array(&build->doc.arena, n, sizeof *kept);

    if (!kept)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < n && frame->nonfinite; i++)
        if (is_nonfinite(&items[i]))
            return refuse_nonfinite(build, &items[i]);
    if (n)
        memcpy(kept, items, n * sizeof *kept);
    list->n = n;
    list->items = kept;
    return CNIPOL_OK;
}

int np_build_close(struct np_build *build, uint32_t end, uint8_t flags)
{
    struct np_frame frame = build->frames[build->depth - 1];
    struct np_node node = {.kind = frame.map ? NP_NODE_MAP : NP_NODE_LIST, .flags = flags, .start = frame.start, .end = end};
    int rc;

    if (!end)
        node.end = frame.end;
    rc = frame.map ? close_map(build, &frame, &node) : close_list(build, &frame, &node);
    if (rc)
        return rc;
    build->n = frame.base;
    build->depth--;
    rc = note_child(build, &node, frame.height + 1);
    return rc ? rc : push(build, node);
}

int np_build_finish(struct np_build *build)
{
    if (build->n)
        build->doc.root = build->nodes[0];
    return is_nonfinite(&build->doc.root) ? refuse_nonfinite(build, &build->doc.root) : CNIPOL_OK;
}
