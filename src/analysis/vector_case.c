/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Policy cases: a cluster from `objects` and `manifests`, knobs from `options`, then every question.
 *
 * Objects stand as a cluster would return them and are loaded like stored ones; manifests are what
 * somebody is about to apply, and are read strictly. An object that is refused, and one that is left out
 * because nobody understands it, makes the case unusable. What was said of a case that fails goes to the
 * caller's context, with the places.
 */

#include "analysis/vector.h"
#include "dialect/cluster.h"

struct vector_case {
    struct np_vector_run *run;
    struct cnipol_ctx *ctx; /* the case's own */
    struct cnipol_cluster *cluster;
    struct cnipol_knobs *knobs;
    struct cnipol_model *model;
    struct np_vector_sides sides;
};

static const char *const case_keys[] = {"name",  "origin", "engine", "options", "objects", "manifests",
                                        "tests", "info",   "note",   "why",     NULL};

static int add_address(struct vector_case *c, const char *name, const struct np_node *address)
{
    int rc = CNIPOL_E_USAGE;

    if (address->kind == NP_NODE_STRING)
        rc = cnipol_knobs_add_dns(c->knobs, name, address->s);
    return rc == CNIPOL_E_USAGE ? np_vector_unusable(c->run, address, "options.dns: %s does not name an address", name) : rc;
}

static int add_names(struct vector_case *c, const struct np_node *dns)
{
    int rc = CNIPOL_OK;

    if (dns->kind != NP_NODE_MAP)
        return np_vector_unusable(c->run, dns, "options.dns is no map");
    for (uint32_t i = 0; i < dns->n && !rc && !c->run->unusable; i++) {
        const struct np_node *addresses = &dns->pairs[i].value;
        const char *name = dns->pairs[i].key.s;

        if (addresses->kind != NP_NODE_LIST)
            return np_vector_unusable(c->run, addresses, "options.dns: %s is no list of addresses", name);
        rc = cnipol_knobs_add_dns(c->knobs, name, NULL);
        if (rc == CNIPOL_E_USAGE)
            return np_vector_unusable(c->run, dns, "options.dns: a name is empty");
        for (uint32_t k = 0; k < addresses->n && !rc && !c->run->unusable; k++)
            rc = add_address(c, name, &addresses->items[k]);
    }
    return rc;
}

static const char *knob_text(const struct np_node *value)
{
    if (value->kind == NP_NODE_BOOL)
        return value->b ? "true" : "false";
    return value->kind == NP_NODE_STRING ? value->s : "";
}

static int set_options(struct vector_case *c, const struct np_node *options)
{
    int rc = CNIPOL_OK;

    if (options->kind != NP_NODE_MAP)
        return np_vector_unusable(c->run, options, "options is no map");
    for (uint32_t i = 0; i < options->n && !rc && !c->run->unusable; i++) {
        const struct np_node *value = &options->pairs[i].value;
        const char *name = options->pairs[i].key.s;

        if (strcmp(name, "dns") == 0) {
            rc = add_names(c, value);
            continue;
        }
        rc = cnipol_knobs_set(c->knobs, name, knob_text(value));
        if (rc == CNIPOL_E_NOTFOUND)
            return np_vector_unusable(c->run, value, "there is no option %s", name);
        if (rc == CNIPOL_E_USAGE)
            return np_vector_unusable(c->run, value, "option %s does not take this value", name);
    }
    return rc;
}

static int refused(struct vector_case *c, const struct np_node *at, const char *what)
{
    if (np_vector_print_error(c->run, c->ctx))
        return CNIPOL_E_NOMEM;
    if (!c->run->got.n)
        return np_vector_unusable(c->run, at, "%s cannot be used", what);
    c->run->unusable = true;
    np_buf_clear(&c->run->question);
    np_buf_clear(&c->run->expected);
    np_buf_addf(&c->run->expected, "%s that can be used", what);
    return np_vector_tell(c->run, at, false, 1, NULL);
}

/* The document's bytes become a source of the case's context, so that places in it are known there. */
static int load_objects(struct vector_case *c, const struct np_node *objects)
{
    struct np_doc *doc = c->run->doc;
    const struct np_source *file = &c->run->ctx->sources.items[doc->source];
    uint32_t outer = doc->source;
    int rc = CNIPOL_OK, worst = CNIPOL_OK;

    if (objects->kind != NP_NODE_LIST)
        return np_vector_unusable(c->run, objects, "objects is no list");
    doc->source = np_sources_add(&c->ctx->sources, file->name, file->bytes, file->size, false);
    if (doc->source == NP_NONE)
        rc = CNIPOL_E_NOMEM;
    c->cluster->dialect.mode = NP_MODE_STORED;
    for (uint32_t i = 0; i < objects->n && !rc; i++)
        rc = np_cluster_load_object(c->cluster, doc, &objects->items[i], &worst);
    doc->source = outer;
    if (!rc && (worst || c->cluster->lost))
        rc = refused(c, objects, "objects");
    return rc;
}

/* A manifest's path, from the test file's folder. */
static int manifest_path(struct vector_case *c, const char *relative, struct np_buf *out)
{
    const char *slash = strrchr(c->run->path, '/');

    np_buf_clear(out);
    if (slash && relative[0] != '/')
        np_buf_add(out, c->run->path, (size_t)(slash - c->run->path) + 1);
    np_buf_adds(out, relative);
    return np_buf_failed(out) ? CNIPOL_E_NOMEM : CNIPOL_OK;
}

static int load_manifest(struct vector_case *c, const struct np_node *manifest, struct np_buf *path)
{
    int rc;

    if (manifest->kind != NP_NODE_STRING || !manifest->n || strcmp(manifest->s, "-") == 0)
        return np_vector_unusable(c->run, manifest, "a manifest is the path of a file or folder");
    rc = manifest_path(c, manifest->s, path);
    if (!rc)
        rc = cnipol_cluster_load_path(c->cluster, path->s);
    return (rc == CNIPOL_OK && !c->cluster->lost) || rc == CNIPOL_E_NOMEM ? rc : refused(c, manifest, manifest->s);
}

static int load_manifests(struct vector_case *c, const struct np_node *manifests)
{
    struct np_buf path;
    int rc = CNIPOL_OK;

    if (manifests->kind != NP_NODE_LIST)
        return np_vector_unusable(c->run, manifests, "manifests is no list");
    np_buf_init(&path, &c->run->ctx->mem);
    c->cluster->dialect.mode = NP_MODE_STRICT;
    for (uint32_t i = 0; i < manifests->n && !rc && !c->run->unusable; i++)
        rc = load_manifest(c, &manifests->items[i], &path);
    np_buf_free(&path);
    return rc;
}

static int prepare(struct vector_case *c)
{
    static const struct {
        const char *key;
        int (*take)(struct vector_case *, const struct np_node *);
    } parts[] = {{"options", set_options}, {"objects", load_objects}, {"manifests", load_manifests}};
    int rc = cnipol_cluster_new(c->ctx, NULL, &c->cluster);

    if (!rc)
        rc = cnipol_knobs_new(c->ctx, &c->knobs);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && !rc && !c->run->unusable; i++) {
        const struct np_node *part = np_map_value(c->run->row, parts[i].key);

        if (part)
            rc = parts[i].take(c, part);
    }
    if (!rc && !c->run->unusable)
        rc = cnipol_model_new(c->cluster, "kubernetes", c->knobs, &c->model);
    if (!rc && !c->run->unusable)
        rc = np_vector_sides_open(c->run, c->ctx, c->model, &c->sides);
    return rc;
}

int np_vector_case(struct np_vector_run *run)
{
    const struct np_node *tests = np_map_value(run->row, "tests");
    struct vector_case c = {.run = run};
    const char *unknown = np_vector_unknown_key(run->row, case_keys);
    uint64_t failed = run->counts.failed;
    int rc;

    if (unknown)
        return np_vector_unusable(run, run->row, "nobody reads the key %s of a case", unknown);
    if (!tests || tests->kind != NP_NODE_LIST || !tests->n)
        return np_vector_unusable(run, run->row, "the case has no list of tests");
    c.ctx = np_vector_ctx(run);
    if (!c.ctx)
        return CNIPOL_E_NOMEM;
    rc = prepare(&c);
    for (uint32_t i = 0; i < tests->n && !rc && c.sides.n; i++)
        rc = np_vector_test(run, &c.sides, &tests->items[i]);
    if (!rc && run->counts.failed != failed)
        rc = np_vector_keep_diags(run, c.ctx);
    np_vector_sides_close(&c.sides);
    cnipol_model_free(c.model);
    cnipol_knobs_free(c.knobs);
    cnipol_cluster_free(c.cluster);
    cnipol_ctx_free(c.ctx);
    return rc;
}
