/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shrinking a difference: see include/cnipol/prove.h.
 *
 * The objects of all sources are kept as trees. First whole objects are left out, many at once and then one by one;
 * then, object by object, each item of each list and each key of each map. What is left is loaded, compiled and proved
 * anew each time, in a context of its own; whatever still differs stays. A case of docs/test-vectors.md says the rest.
 */

#include <string.h>

#include "analysis/prove.h"
#include "doc/reader.h"
#include "doc/tojson.h"
#include "engine/knobs.h"

#define DEFAULT_TRIALS 4000u
#define TRIAL_QUESTIONS (4u << 20)

struct objects {
    const struct np_node **items;
    uint32_t n, cap;
};

struct shrinking {
    struct cnipol_ctx *ctx;
    struct np_mem *mem;
    const struct cnipol_knobs *knobs; /* NULL: defaults */
    struct cnipol_prove_opts opts;
    uint32_t trials; /* left */
    struct np_arena arena;
    struct objects objects;
    struct cnipol_proof proof; /* of the smallest that still differs */
};

/* A context for one try, with the allocator and the limits of the caller's. */
static struct cnipol_ctx *new_ctx(const struct shrinking *s)
{
    struct cnipol_ctx *ctx = NULL;

    if (cnipol_ctx_new(&s->mem->hooks, &ctx))
        return NULL;
    for (int32_t i = 0; i < CNIPOL_LIMIT_COUNT; i++)
        (void)cnipol_ctx_set_limit(ctx, i, cnipol_ctx_limit(s->ctx, i));
    return ctx;
}

static int push(struct shrinking *s, const struct np_node *object)
{
    void *grown = np_grow(s->mem, s->objects.items, &s->objects.cap, s->objects.n + 1, sizeof *s->objects.items);

    if (!grown)
        return CNIPOL_E_NOMEM;
    s->objects.items = grown;
    s->objects.items[s->objects.n++] = object;
    return CNIPOL_OK;
}

/* What is left out: the number of a list's item or a map's pair, counted from the root on; NP_NONE: nothing. */
struct copying {
    struct np_arena *arena;
    uint32_t at, skip;
    bool failed;
};

static struct np_node copy_node(struct copying *c, const struct np_node *from);

static void copy_items(struct copying *c, const struct np_node *from, struct np_node *to)
{
    struct np_node *items = np_arena_array(c->arena, from->n + 1u, sizeof *items);

    to->n = 0;
    to->items = items;
    c->failed = c->failed || !items;
    for (uint32_t i = 0; i < from->n && !c->failed; i++)
        if (c->at++ != c->skip)
            items[to->n++] = copy_node(c, &from->items[i]);
}

static void copy_pairs(struct copying *c, const struct np_node *from, struct np_node *to)
{
    struct np_pair *pairs = np_arena_array(c->arena, from->n + 1u, sizeof *pairs);

    to->n = 0;
    to->pairs = pairs;
    c->failed = c->failed || !pairs;
    for (uint32_t i = 0; i < from->n && !c->failed; i++)
        if (c->at++ != c->skip) {
            pairs[to->n].key = copy_node(c, &from->pairs[i].key);
            pairs[to->n++].value = copy_node(c, &from->pairs[i].value);
        }
}

static struct np_node copy_node(struct copying *c, const struct np_node *from)
{
    struct np_node to = *from;

    if (from->kind == NP_NODE_STRING) {
        to.s = np_arena_strndup(c->arena, from->s, from->n);
        c->failed = c->failed || !to.s;
    } else if (from->kind == NP_NODE_LIST) {
        copy_items(c, from, &to);
    } else if (from->kind == NP_NODE_MAP) {
        copy_pairs(c, from, &to);
    }
    return to;
}

/* NULL: out of memory, or (*is_past) there are not so many parts. */
static const struct np_node *copy_without(struct np_arena *arena, const struct np_node *object, uint32_t skip, bool *is_past)
{
    struct copying c = {.arena = arena, .skip = skip};
    struct np_node *to = np_arena_alloc(arena, sizeof *to);

    if (!to)
        return NULL;
    *to = copy_node(&c, object);
    *is_past = skip != NP_NONE && c.at <= skip;
    return c.failed || *is_past ? NULL : to;
}

static bool is_object(const struct np_node *node)
{
    const struct np_node *kind = np_map_value(node, "kind");

    return kind && kind->kind == NP_NODE_STRING;
}

static int take_object(struct shrinking *s, const struct np_node *node)
{
    const struct np_node *copy = copy_without(&s->arena, node, NP_NONE, &(bool){false});

    return copy ? push(s, copy) : CNIPOL_E_NOMEM;
}

/* Lists are opened where their members can stand alone. */
static int take_document(void *user, struct np_doc *doc)
{
    const struct np_node *kind = np_map_value(&doc->root, "kind"), *items = np_map_value(&doc->root, "items");
    struct shrinking *s = user;
    int rc = CNIPOL_OK;

    if (!is_object(&doc->root))
        return CNIPOL_OK;
    if (!np_str_is(np_node_str(kind), "List") || !items || items->kind != NP_NODE_LIST)
        return take_object(s, &doc->root);
    for (uint32_t i = 0; i < items->n && !rc; i++)
        if (is_object(&items->items[i]))
            rc = take_object(s, &items->items[i]);
    return rc;
}

static int take_sources(struct shrinking *s)
{
    const struct np_sources *sources = &s->ctx->sources;
    struct cnipol_ctx *ctx = new_ctx(s);
    int rc = ctx ? CNIPOL_OK : CNIPOL_E_NOMEM;

    for (uint32_t i = 0; i < sources->n && !rc; i++) {
        const struct np_source *from = &sources->items[i];
        uint32_t source;

        if (from->places)
            continue;
        source = np_sources_add(&ctx->sources, from->name, from->bytes, from->size, false);
        rc = source == NP_NONE ? CNIPOL_E_NOMEM : np_doc_read(ctx, source, NP_DOC_AUTO, take_document, s);
        if (rc != CNIPOL_E_NOMEM)
            rc = CNIPOL_OK;
    }
    cnipol_ctx_free(ctx);
    return rc;
}

static int copy_dns(const struct cnipol_knobs *from, struct cnipol_knobs *to)
{
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < from->n_dns && !rc; i++) {
        const char *name = np_atoms_str(&from->ctx->atoms, from->dns[i].name).s;

        rc = cnipol_knobs_add_dns(to, name, NULL);
        for (uint32_t k = 0; k < from->dns[i].n_ips && !rc; k++) {
            char text[NP_IP_TEXT];

            (void)np_ip_print(&from->dns[i].ips[k], text);
            rc = cnipol_knobs_add_dns(to, name, text);
        }
    }
    return rc;
}

static int copy_knobs(const struct shrinking *s, struct cnipol_ctx *ctx, struct cnipol_knobs **out)
{
    int rc = cnipol_knobs_new(ctx, out);

    if (rc || !s->knobs)
        return rc;
    memcpy((*out)->values, s->knobs->values, sizeof s->knobs->values);
    return copy_dns(s->knobs, *out);
}

static int load(const struct objects *objects, struct cnipol_cluster *cluster, struct np_buf *text)
{
    for (uint32_t i = 0; i < objects->n; i++) {
        if (np_tojson(objects->items[i], text))
            return CNIPOL_E_NOMEM;
        np_buf_addc(text, '\n');
    }
    if (np_buf_failed(text))
        return CNIPOL_E_NOMEM;
    if (!text->n)
        return CNIPOL_E_INVALID;
    return cnipol_cluster_load_bytes(cluster, "case", text->s, text->n);
}

static int open_ways(const struct shrinking *s, const struct cnipol_image *image)
{
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < s->opts.n_ways && !rc; i++)
        if (s->opts.ways[i].open)
            rc = s->opts.ways[i].open(s->opts.ways[i].user, image);
    return rc;
}

static int prove(struct shrinking *s, struct cnipol_ctx *ctx, const struct cnipol_model *model, struct cnipol_proof *proof)
{
    const struct cnipol_compile_opts how = {.sz = sizeof how, .node = s->opts.node};
    struct cnipol_image *image = NULL;
    int rc = cnipol_compile(ctx, model, &how, &image);

    if (!rc)
        rc = open_ways(s, image);
    if (!rc)
        rc = np_prove_by(ctx, model, image, &s->opts, &(struct np_prove_how){.only_named = true}, proof);
    cnipol_image_free(image);
    return rc;
}

static int try_loaded(struct shrinking *s, struct cnipol_ctx *ctx, struct cnipol_cluster *cluster, struct cnipol_proof *proof)
{
    struct cnipol_knobs *knobs = NULL;
    struct cnipol_model *model = NULL;
    int rc = copy_knobs(s, ctx, &knobs);

    if (!rc)
        rc = cnipol_model_new(cluster, NULL, knobs, &model);
    if (!rc)
        rc = prove(s, ctx, model, proof);
    cnipol_model_free(model);
    cnipol_knobs_free(knobs);
    return rc;
}

/* CNIPOL_OK and *differs, or CNIPOL_E_NOMEM. Whatever else goes wrong with these objects, they are not a case. */
static int try_objects(struct shrinking *s, const struct objects *objects, bool *differs)
{
    const struct cnipol_cluster_opts opts = {.sz = sizeof opts, .mode = CNIPOL_MODE_STORED};
    struct cnipol_ctx *ctx = new_ctx(s);
    struct cnipol_cluster *cluster = NULL;
    struct cnipol_proof proof = {0};
    struct np_buf text;
    int rc = ctx ? cnipol_cluster_new(ctx, &opts, &cluster) : CNIPOL_E_NOMEM;

    s->trials -= s->trials > 0;
    np_buf_init(&text, s->mem);
    if (!rc)
        rc = load(objects, cluster, &text);
    if (!rc && !cluster->lost)
        rc = try_loaded(s, ctx, cluster, &proof);
    *differs = rc == CNIPOL_E_INVALID && proof.result == CNIPOL_PROOF_VERDICT && proof.is_askable;
    if (*differs)
        s->proof = proof;
    np_buf_free(&text);
    cnipol_cluster_free(cluster);
    cnipol_ctx_free(ctx);
    return rc == CNIPOL_E_NOMEM ? rc : CNIPOL_OK;
}

/* Without the `n` objects from `from` on; keeps it so where the difference lasts. */
static int try_without(struct shrinking *s, uint32_t from, uint32_t n, bool *differs)
{
    struct objects less = {.n = s->objects.n - n};
    int rc;

    less.items = np_alloc(s->mem, (less.n + 1u) * sizeof *less.items);
    if (!less.items)
        return CNIPOL_E_NOMEM;
    less.cap = less.n + 1;
    memcpy(less.items, s->objects.items, from * sizeof *less.items);
    memcpy(less.items + from, s->objects.items + from + n, (less.n - from) * sizeof *less.items);
    rc = try_objects(s, &less, differs);
    if (!rc && *differs) {
        np_free(s->mem, s->objects.items, s->objects.cap * sizeof *s->objects.items);
        s->objects = less;
    } else {
        np_free(s->mem, less.items, less.cap * sizeof *less.items);
    }
    return rc;
}

static int drop_objects(struct shrinking *s)
{
    int rc = CNIPOL_OK;

    for (uint32_t size = s->objects.n / 2 ? s->objects.n / 2 : 1; size > 0 && !rc; size /= 2)
        for (uint32_t from = 0; from < s->objects.n && s->trials && !rc;) {
            uint32_t n = s->objects.n - from < size ? s->objects.n - from : size;
            bool differs = false;

            rc = try_without(s, from, n, &differs);
            from += differs ? 0 : n;
        }
    return rc;
}

/* Parts of one object: lists' items and maps' keys. */
static int drop_parts(struct shrinking *s, uint32_t object)
{
    for (uint32_t part = 0; s->trials;) {
        const struct np_node *whole = s->objects.items[object], *less;
        bool is_past = false, differs = false;

        less = copy_without(&s->arena, whole, part, &is_past);
        if (!less)
            return is_past ? CNIPOL_OK : CNIPOL_E_NOMEM;
        s->objects.items[object] = less;
        if (try_objects(s, &s->objects, &differs))
            return CNIPOL_E_NOMEM;
        if (!differs) {
            s->objects.items[object] = whole;
            part++;
        }
    }
    return CNIPOL_OK;
}

static int shrink(struct shrinking *s)
{
    bool differs = false;
    int rc = take_sources(s);

    if (!rc)
        rc = try_objects(s, &s->objects, &differs);
    if (!rc && !differs)
        return CNIPOL_E_NOTFOUND;
    if (!rc)
        rc = drop_objects(s);
    for (uint32_t i = 0; i < s->objects.n && !rc; i++)
        rc = drop_parts(s, i);
    return rc ? rc : drop_objects(s);
}

static void print_options(const struct shrinking *s, struct np_buf *out)
{
    const struct cnipol_knobs *knobs = s->knobs;
    const char *comma = "";

    np_buf_adds(out, "options: {");
    for (uint32_t i = 0; i < NP_KNOB_COUNT && knobs; i++)
        if (knobs->values[i]) {
            np_buf_addf(out, "%s%s: \"%s\"", comma, cnipol_knob_at(i)->name, cnipol_knob_at(i)->values[knobs->values[i]]);
            comma = ", ";
        }
    if (knobs && knobs->n_dns)
        np_buf_addf(out, "%sdns: {", comma);
    for (uint32_t i = 0; knobs && i < knobs->n_dns; i++) {
        np_buf_addf(out, "%s\"%s\": [", i ? ", " : "", np_atoms_str(&knobs->ctx->atoms, knobs->dns[i].name).s);
        for (uint32_t k = 0; k < knobs->dns[i].n_ips; k++) {
            char text[NP_IP_TEXT];

            (void)np_ip_print(&knobs->dns[i].ips[k], text);
            np_buf_addf(out, "%s\"%s\"", k ? ", " : "", text);
        }
        np_buf_adds(out, "]");
    }
    np_buf_adds(out, knobs && knobs->n_dns ? "}}\n" : "}\n");
}

/* Only what a case can say is a question here: np_prove_by() passes over the rest. */
static void print_test(const struct cnipol_proof *proof, struct np_buf *out)
{
    static const char *const directions[] = {"both", "egress", "ingress"}, *const states[] = {"new", "established", "related"};
    const struct cnipol_question *q = &proof->question;
    const char *protocol = cnipol_protocol_text(q->protocol);

    np_buf_addf(out, "- {from: \"%s\", to: \"%s\", ", proof->source, proof->destination);
    if (protocol)
        np_buf_addf(out, "protocol: %s, ", protocol);
    else
        np_buf_addf(out, "protocol: %u, ", q->protocol);
    if (!q->port_unknown)
        np_buf_addf(out, "port: %u, ", q->destination_port);
    if (q->source_port)
        np_buf_addf(out, "sourcePort: %u, ", q->source_port);
    if (q->has_icmp)
        np_buf_addf(out, "icmpType: %u, icmpCode: %u, ", q->icmp_type, q->icmp_code);
    if (q->is_fragment)
        np_buf_adds(out, "fragment: later, ");
    if (q->connection_state)
        np_buf_addf(out, "state: %s, ", states[q->connection_state]);
    np_buf_addf(out, "family: %u, direction: %s, expect: %s}\n", q->family, directions[q->direction],
                cnipol_decision_text(proof->expected.decision));
}

static int print_case(const struct shrinking *s, struct np_buf *out)
{
    np_buf_addf(out, "name: \"%s by the policies, %s by the image's %s\"\n", cnipol_decision_text(s->proof.expected.decision),
                cnipol_decision_text(s->proof.got.decision), s->proof.way);
    print_options(s, out);
    np_buf_adds(out, "objects:\n");
    for (uint32_t i = 0; i < s->objects.n; i++) {
        np_buf_adds(out, "- ");
        if (np_tojson(s->objects.items[i], out))
            return CNIPOL_E_NOMEM;
        np_buf_addc(out, '\n');
    }
    np_buf_adds(out, "tests:\n");
    print_test(&s->proof, out);
    return np_buf_failed(out) ? CNIPOL_E_NOMEM : CNIPOL_OK;
}

int cnipol_prove_shrink(struct cnipol_ctx *ctx, const struct cnipol_knobs *knobs, const struct cnipol_prove_opts *given,
                        uint32_t max_trials, cnipol_write_fn write, void *user)
{
    struct shrinking s = {.ctx = ctx, .mem = &ctx->mem, .knobs = knobs, .trials = max_trials ? max_trials : DEFAULT_TRIALS};
    struct np_buf text;
    int rc = np_prove_take_opts(given, &s.opts);

    if (rc)
        return rc;
    s.opts.progress = NULL;
    if (!s.opts.max_questions)
        s.opts.max_questions = TRIAL_QUESTIONS;
    np_arena_init(&s.arena, s.mem);
    np_buf_init(&text, s.mem);
    rc = shrink(&s);
    if (!rc)
        rc = print_case(&s, &text);
    if (!rc && write(user, text.s, text.n))
        rc = CNIPOL_E_IO;
    np_buf_free(&text);
    np_free(s.mem, s.objects.items, s.objects.cap * sizeof *s.objects.items);
    np_arena_free(&s.arena);
    return rc;
}
