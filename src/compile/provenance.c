/* SPDX-License-Identifier: BSD-2-Clause */
/* Machine and directory in peer ids: see provenance.h. */

#include "compile/provenance.h"

#include <cnipol/status.h>

#include "compile/atoms.h"
#include "compile/emit.h"
#include "reference/peers.h"

static const struct np_ip *ips_of(const struct cnipol_model *model, uint32_t end, uint32_t *n)
{
    if (end < model->n_pods) {
        *n = model->pods[end].n_ips;
        return model->pods[end].ips;
    }
    *n = model->nodes[end - model->n_pods].n_ips;
    return model->nodes[end - model->n_pods].ips;
}

static int fill_ends(const struct np_space *space, struct np_arena *arena, struct np_peers *out)
{
    static const struct np_ip none;
    uint32_t *first = np_arena_array(arena, space->n_ends + 1u, sizeof *first), *ids, at = 0, n;

    if (!first)
        return CNIPOL_E_NOMEM;
    for (uint32_t end = 0; end < space->n_ends; end++) {
        first[end] = at;
        (void)ips_of(space->model, end, &n);
        at += n + 1;
    }
    first[space->n_ends] = at;
    ids = np_arena_array(arena, at, sizeof *ids);
    if (!ids)
        return CNIPOL_E_NOMEM;
    for (uint32_t end = 0; end < space->n_ends; end++) {
        const struct np_ip *ips = ips_of(space->model, end, &n);
        uint32_t as = end < space->model->n_pods ? np_model_pod_end(space->model, end) : end;

        for (uint32_t i = 0; i < n; i++)
            ids[first[end] + i] = np_space_peer(space, as, &ips[i]);
        ids[first[end] + n] = np_space_peer(space, as, &none);
    }
    out->first = first;
    out->ids = ids;
    return CNIPOL_OK;
}

static struct np_peer_atom *fill_atoms(const struct np_space *space, struct np_arena *arena, uint32_t family)
{
    struct np_peer_atom *atoms = np_arena_array(arena, space->n_atoms[family], sizeof *atoms);

    for (uint32_t i = 0; atoms && i < space->n_atoms[family]; i++)
        atoms[i] = (struct np_peer_atom){np_atom_ip(space->atoms[family][i].from, family ? 6 : 4), space->atoms[family][i].id};
    return atoms;
}

int np_space_peers(const struct np_space *space, struct np_arena *arena, struct np_peers *out)
{
    *out = (struct np_peers){.n_ids = space->n_ids, .n_ends = space->n_ends, .n_v4 = space->n_atoms[0], .n_v6 = space->n_atoms[1]};
    out->v4 = fill_atoms(space, arena, 0);
    out->v6 = fill_atoms(space, arena, 1);
    return out->v4 && out->v6 ? fill_ends(space, arena, out) : CNIPOL_E_NOMEM;
}

/* Ranges of yes and of maybe. */
static struct np_set *sets_by_id(const struct np_space *space, const struct np_idsets *idsets, struct np_arena *arena)
{
    uint32_t n_sets = space->model->machine.n_sets;
    struct np_set *sets = np_arena_zalloc(arena, (n_sets + 1u) * sizeof *sets);

    for (uint32_t i = 0; sets && i < n_sets; i++) {
        uint32_t n;
        const uint32_t *words = np_idset_words(idsets, space->sets[i], &n);
        struct np_range *yes = np_arena_array(arena, n, sizeof *yes), *maybe = np_arena_array(arena, n, sizeof *maybe);

        if (!yes || !maybe)
            return NULL;
        for (uint32_t k = 0; k < n; k++) {
            struct np_range range = {words[k] >> 2, k + 1 < n ? words[k + 1] >> 2 : space->n_ids};

            if ((words[k] & 3) == NP_YES)
                yes[sets[i].n_yes++] = range;
            if ((words[k] & 3) == NP_UNKNOWN)
                maybe[sets[i].n_maybe++] = range;
        }
        sets[i].yes = yes;
        sets[i].maybe = maybe;
    }
    return sets;
}

int np_emit_provenance(const struct np_space *space, const struct np_idsets *idsets, const char *root, struct np_buf *machine,
                       struct np_buf *directory)
{
    struct np_arena arena;
    struct np_peers peers;
    const struct np_set *sets;
    int rc;

    np_arena_init(&arena, space->mem);
    sets = sets_by_id(space, idsets, &arena);
    rc = sets ? np_space_peers(space, &arena, &peers) : CNIPOL_E_NOMEM;
    if (!rc)
        rc = np_emit_machine(space->model, sets, root, machine);
    if (!rc)
        rc = np_emit_directory(space->model, &peers, directory);
    np_arena_free(&arena);
    return rc;
}
