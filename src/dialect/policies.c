/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of kinds: see policies.h.
 *
 * An object of another family is none of our business (0). One that looks as if it were meant for a
 * family that is known here (an old version, a misspelt kind, a missing apiVersion) is refused, because
 * a policy that is silently left out is the worst kind of policy. Of the versions in the table all kinds
 * are known, so that whatever else is of them exists nowhere.
 */

#include "dialect/policies.h"

#include <strings.h>

#include "base/suggest.h"
#include "dialect/cnp_parse.h"
#include "dialect/metadata.h"
#include "dialect/netpol_parse.h"

typedef int taker(struct np_take *take, const struct np_node *object, const struct np_node *old);

static int take_cnp(struct np_take *take, const struct np_node *object, const struct np_node *old)
{
    (void)old;
    return np_cnp_take(take, NP_CNP, object);
}

static int take_anp(struct np_take *take, const struct np_node *object, const struct np_node *old)
{
    (void)old;
    return np_cnp_take(take, NP_ANP, object);
}

static int take_banp(struct np_take *take, const struct np_node *object, const struct np_node *old)
{
    (void)old;
    return np_cnp_take(take, NP_BANP, object);
}

static const struct {
    const char *version;
    const char *kind;
    taker *take;
} kinds[] = {
    {"networking.k8s.io/v1", "NetworkPolicy", np_netpol_take},
    {"policy.networking.k8s.io/v1alpha2", "ClusterNetworkPolicy", take_cnp},
    {"policy.networking.k8s.io/v1alpha1", "AdminNetworkPolicy", take_anp},
    {"policy.networking.k8s.io/v1alpha1", "BaselineAdminNetworkPolicy", take_banp},
};

#define N_KINDS (sizeof kinds / sizeof kinds[0])

void np_policies_init(struct np_policies *policies, struct cnipol_ctx *ctx)
{
    *policies = (struct np_policies){.ctx = ctx};
    np_arena_init(&policies->arena, &ctx->mem);
    np_hmap_init(&policies->latest, &ctx->mem);
}

void np_policies_free(struct np_policies *policies)
{
    struct np_mem *mem;

    if (!policies->ctx)
        return;
    mem = &policies->ctx->mem;
    np_free(mem, policies->netpols, (size_t)policies->cap_netpols * sizeof *policies->netpols);
    np_free(mem, policies->cnps, (size_t)policies->cap_cnps * sizeof *policies->cnps);
    np_hmap_free(&policies->latest);
    np_arena_free(&policies->arena);
    *policies = (struct np_policies){0};
}

static struct np_str group_of(struct np_str version)
{
    const char *slash = version.n ? memchr(version.s, '/', version.n) : NULL;

    return slash ? (struct np_str){version.s, (uint32_t)(slash - version.s)} : NP_STR("");
}

static bool alike(struct np_str a, const char *b)
{
    size_t n = strlen(b);

    return a.n >= n && a.n <= n + 2 && strncasecmp(a.s, b, n) == 0;
}

/* Groups that have, or once had, these kinds. The core group is a slip of the pen. */
static bool plausible_group(struct np_str version)
{
    static const char *const groups[] = {"networking.k8s.io", "policy.networking.k8s.io", "extensions"};
    struct np_str group = group_of(version);

    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        if (group.n == strlen(groups[i]) && strncasecmp(group.s, groups[i], group.n) == 0)
            return true;
    return np_str_is(version, "v1");
}

/* The row whose kind was probably meant. */
static size_t meant(struct np_str kind)
{
    const char *names[N_KINDS], *near;
    size_t i = 0;

    while (i < N_KINDS && !alike(kind, kinds[i].kind))
        i++;
    if (i < N_KINDS)
        return i;
    for (i = 0; i < N_KINDS; i++)
        names[i] = kinds[i].kind;
    near = np_suggest(kind, names, N_KINDS);
    for (i = 0; i < N_KINDS && near != names[i];)
        i++;
    return i;
}

static bool is_version_read(struct np_str version)
{
    for (size_t i = 0; i < N_KINDS; i++)
        if (np_str_is(version, kinds[i].version))
            return true;
    return false;
}

/* What else lives in networking.k8s.io. */
static bool is_neighbour(struct np_str kind)
{
    static const char *const neighbours[] = {"Ingress", "IngressClass", "IPAddress", "ServiceCIDR"};

    for (size_t i = 0; i < sizeof neighbours / sizeof neighbours[0]; i++) {
        size_t n = strlen(neighbours[i]);

        if (kind.n >= n && memcmp(kind.s, neighbours[i], n) == 0 && (kind.n == n || strcmp(kind.s + n, "List") == 0))
            return true;
    }
    return false;
}

bool np_policies_know(struct np_str version, struct np_str kind)
{
    for (size_t i = 0; i < N_KINDS; i++)
        if (np_str_is(version, kinds[i].version) && np_str_is(kind, kinds[i].kind))
            return true;
    return false;
}

static int refuse_missing(struct np_take *take, const struct np_node *object, bool has_version, struct np_str kind, struct np_str version)
{
    const struct np_sources *sources = &take->ctx->sources;
    const struct np_source *source = take->doc->source < sources->n ? &sources->items[take->doc->source] : NULL;
    struct np_diag *d;

    if (has_version ? !plausible_group(version) || np_str_is(version, "v1") : meant(kind) == N_KINDS)
        return 0;
    d = np_take_refuse(take, has_version ? NP_OBJECT_NO_KIND : NP_OBJECT_NO_VERSION, object, NULL, "the object has no `%s`",
                       has_version ? "kind" : "apiVersion");
    if (source && source->size < 4096)
        np_take_upstream(take, d, "Object '%s' is missing in '%.*s'", has_version ? "Kind" : "apiVersion", (int)source->size,
                         source->bytes);
    return np_take_status(take);
}

/* Upstream's words name a line of its own source; it is that of v1.36. */
static int refuse_stranger(struct np_take *take, const struct np_node *object, struct np_str version, struct np_str kind)
{
    size_t row = meant(kind);
    struct np_diag *d;

    if (is_neighbour(kind) || !(row < N_KINDS ? plausible_group(version) : is_version_read(version)))
        return 0;
    d = np_take_refuse(take, NP_OBJECT_NO_SUCH_KIND, object, NULL, "there is no kind \"%.*s\" in \"%.*s\"", (int)kind.n, kind.s,
                       (int)version.n, version.s);
    if (row < N_KINDS)
        np_diag_help(&take->ctx->diags, d, "did you mean `apiVersion: %s`, `kind: %s`?", kinds[row].version, kinds[row].kind);
    np_take_upstream(take, d, "no kind \"%.*s\" is registered for version \"%.*s\" in scheme \"pkg/runtime/scheme.go:111\"", (int)kind.n,
                     kind.s, (int)version.n, version.s);
    return np_take_status(take);
}

/* A key given twice is told where it is read; here it gets its path, and counts. */
static void mind_duplicates(struct np_take *take, const struct np_node *object)
{
    if (!take->doc->duplicates)
        return;
    np_take_duplicates(take, object);
    if (take->opts->mode == NP_MODE_STRICT)
        np_take_refuse(take, NP_OBJECT_DUPLICATES, object, NULL, "the document repeats a key, which strict decoding refuses");
}

static int take_known(struct np_take *take, size_t row, const struct np_node *object, const struct np_node *old)
{
    uint32_t n_cnps = take->policies->n_cnps;
    int status;

    np_meta_announce(take, kinds[row].kind, object);
    mind_duplicates(take, object);
    status = kinds[row].take(take, object, old);
    if (status == CNIPOL_OK && take->errors)
        status = CNIPOL_E_INVALID;
    if (status == CNIPOL_OK)
        status = np_policies_mind_twice(take->policies, kinds[row].kind, take->policies->n_cnps != n_cnps);
    take->ctx->diags.object = (struct np_diag_object){0};
    return status == CNIPOL_OK ? 1 : status;
}

int np_policies_add(struct np_policies *policies, const struct np_dialect_opts *opts, const struct np_doc *doc,
                    const struct np_node *object, const struct np_node *old)
{
    struct np_take take = {.ctx = policies->ctx, .policies = policies, .opts = opts, .doc = doc};
    struct np_str version = np_string_at(object, "apiVersion"), kind = np_string_at(object, "kind");

    if (object->kind != NP_NODE_MAP)
        return 0;
    for (size_t i = 0; i < N_KINDS; i++)
        if (np_str_is(version, kinds[i].version) && np_str_is(kind, kinds[i].kind))
            return take_known(&take, i, object, old);
    if (version.n == 0 || kind.n == 0)
        return refuse_missing(&take, object, version.n > 0, kind, version);
    return refuse_stranger(&take, object, version, kind);
}
