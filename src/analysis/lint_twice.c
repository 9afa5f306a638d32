/* SPDX-License-Identifier: BSD-2-Clause */
/* Policies that are given twice. The later one is what the cluster has; other lints see only that one. */

#include "analysis/lint.h"

struct identity {
    uint32_t kind; /* 0: NetworkPolicy; else 1 + enum np_cnp_kind */
    np_atom ns;
    np_atom name;
};

struct twice {
    struct np_lint *lint;
    struct np_hmap map; /* identity -> position from the end of its list */
    bool of_cnps;
};

static struct identity identity_of(const struct twice *t, uint32_t i)
{
    const struct np_policies *policies = t->lint->policies;

    if (t->of_cnps)
        return (struct identity){1u + policies->cnps[i].kind, NP_ATOM_NONE, policies->cnps[i].name};
    return (struct identity){0, policies->netpols[i].ns, policies->netpols[i].name};
}

static bool is_identity(const void *ctx, const void *key, uint32_t value)
{
    struct identity other = identity_of(ctx, value);

    return memcmp(key, &other, sizeof other) == 0;
}

static void tell(struct np_lint *lint, struct np_span earlier, struct np_span later)
{
    struct np_diag *d = np_diag_raise(lint->diags, NP_LINT_TWICE, later, "%s is given twice, and this later one counts", lint->title);

    np_diag_label(lint->diags, d, "this one counts");
    np_diag_second(lint->diags, d, earlier, "this one is lost");
    np_diag_help(lint->diags, d, "rename one of the two, or remove the one that is not meant");
}

static void keep(struct twice *t, uint32_t i)
{
    struct np_lint *lint = t->lint;

    if (t->of_cnps)
        lint->cnps[lint->n_cnps++] = &lint->policies->cnps[i];
    else
        lint->netpols[lint->n_netpols++] = &lint->policies->netpols[i];
}

static void tell_policies(struct twice *t, uint32_t earlier, uint32_t later)
{
    const struct np_policies *policies = t->lint->policies;

    if (t->of_cnps) {
        np_lint_on_cnp(t->lint, &policies->cnps[later]);
        tell(t->lint, policies->cnps[earlier].span, policies->cnps[later].span);
    } else {
        np_lint_on_netpol(t->lint, &policies->netpols[later]);
        tell(t->lint, policies->netpols[earlier].span, policies->netpols[later].span);
    }
}

/* From the last to the first, so that the one that counts is met first. */
static int list(struct np_lint *lint, uint32_t n, bool of_cnps)
{
    struct twice t = {.lint = lint, .of_cnps = of_cnps};
    int rc = CNIPOL_OK;

    np_hmap_init(&t.map, &lint->ctx->mem);
    for (uint32_t i = n; i-- > 0 && !rc;) {
        struct identity id = identity_of(&t, i);
        uint64_t hash = np_hash(&id, sizeof id);
        uint32_t later = np_hmap_get(&t.map, hash, is_identity, &t, &id);

        if (later != NP_NONE) {
            tell_policies(&t, i, later);
            continue;
        }
        rc = np_hmap_put(&t.map, hash, i);
        keep(&t, i);
    }
    np_hmap_free(&t.map);
    return rc;
}

static void reverse_netpols(const struct np_netpol **items, uint32_t n)
{
    for (uint32_t i = 0; i < n / 2; i++) {
        const struct np_netpol *other = items[i];

        items[i] = items[n - 1 - i];
        items[n - 1 - i] = other;
    }
}

static void reverse_cnps(const struct np_cnp **items, uint32_t n)
{
    for (uint32_t i = 0; i < n / 2; i++) {
        const struct np_cnp *other = items[i];

        items[i] = items[n - 1 - i];
        items[n - 1 - i] = other;
    }
}

int np_lint_twice(struct np_lint *lint)
{
    const struct cnipol_model *model = lint->model;
    int rc;

    lint->netpols = np_arena_array(&lint->picks.arena, model->n_netpols, sizeof *lint->netpols);
    lint->cnps = np_arena_array(&lint->picks.arena, model->n_cnps, sizeof *lint->cnps);
    if (!lint->netpols || !lint->cnps)
        return CNIPOL_E_NOMEM;
    rc = list(lint, model->n_netpols, false);
    if (!rc)
        rc = list(lint, model->n_cnps, true);
    reverse_netpols(lint->netpols, lint->n_netpols);
    reverse_cnps(lint->cnps, lint->n_cnps);
    return rc;
}
