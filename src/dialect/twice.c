/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Policies that are given twice: see policies.h. Of objects without a name nobody can say that they are
 * one, so they replace nothing.
 */

#include "dialect/policies.h"

struct identity {
    uint32_t kind; /* 0: NetworkPolicy; else 1 + enum np_cnp_kind */
    np_atom ns;
    np_atom name;
};

static struct identity identity_of(const struct np_policies *policies, uint32_t value)
{
    uint32_t i = value / 2;

    if (value % 2)
        return (struct identity){1u + policies->cnps[i].kind, NP_ATOM_NONE, policies->cnps[i].name};
    return (struct identity){0, policies->netpols[i].ns, policies->netpols[i].name};
}

static bool is_identity(const void *ctx, const void *key, uint32_t value)
{
    struct identity other = identity_of(ctx, value);

    return memcmp(key, &other, sizeof other) == 0;
}

static void tell(struct np_policies *policies, const char *kind, const struct identity *id, struct np_span earlier, struct np_span later)
{
    struct np_diags *diags = &policies->ctx->diags;
    const struct np_atoms *atoms = &policies->ctx->atoms;
    const char *ns = id->ns == NP_ATOM_NONE ? "" : np_atoms_str(atoms, id->ns).s;
    struct np_diag *d = np_diag_raise(diags, NP_LINT_TWICE, later, "%s %s%s%s is given twice, and this later one counts", kind, ns,
                                      *ns ? "/" : "", np_atoms_str(atoms, id->name).s);

    np_diag_label(diags, d, "this one counts");
    np_diag_second(diags, d, earlier, "this one is lost");
    np_diag_help(diags, d, "rename one of the two, or remove the one that is not meant");
}

static void replace(struct np_policies *policies, const char *kind, const struct identity *id, uint32_t earlier, uint32_t later)
{
    bool of_cnps = later % 2;
    uint32_t i = earlier / 2, k = later / 2;

    if (of_cnps)
        policies->cnps[i].replaced_by = k;
    else
        policies->netpols[i].replaced_by = k;
    tell(policies, kind, id, of_cnps ? policies->cnps[i].span : policies->netpols[i].span,
         of_cnps ? policies->cnps[k].span : policies->netpols[k].span);
}

int np_policies_mind_twice(struct np_policies *policies, const char *kind, bool of_cnps)
{
    uint32_t value = of_cnps ? 2 * (policies->n_cnps - 1) + 1 : 2 * (policies->n_netpols - 1), earlier;
    struct identity id = identity_of(policies, value);
    uint64_t hash = np_hash(&id, sizeof id);

    if (id.name == NP_ATOM_NONE || !np_atoms_str(&policies->ctx->atoms, id.name).n)
        return CNIPOL_OK;
    earlier = np_hmap_get(&policies->latest, hash, is_identity, policies, &id);
    if (earlier == NP_NONE)
        return np_hmap_put(&policies->latest, hash, value);
    np_hmap_replace(&policies->latest, hash, earlier, value);
    replace(policies, kind, &id, earlier, value);
    return CNIPOL_OK;
}
