/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Classes of ids: see prove.h. An evaluation of the image reads of an id no more than its root word and rule list where
 * it is the subject, and its peer class and memberships in the cells' sets where it is not; one by the reference
 * no more than the truth of terms. What is equal in all of that is answered alike, whoever asks.
 */

#include <cnipol/eval_core.h>

#include "analysis/prove.h"

struct classing {
    struct np_prove *p;
    uint32_t roles;
    struct np_intern signatures, classes;
    struct np_words sets; /* that cells of the asked checkpoints name */
    struct np_words line;
};

/* The sets that the rule lists of a checkpoint look at. */
static int note_sets(struct classing *c, const struct cnipol_image_checkpoint *cp, bool *seen)
{
    const struct cnipol_image *image = c->p->image;
    const struct cnipol_image_view *view = np_image_view(image);
    const struct cnipol_image_list *lists = (const struct cnipol_image_list *)(const void *)(image->bytes + view->lists);
    const uint32_t *of_id = (const uint32_t *)(const void *)(image->bytes + cp->lists);
    const uint32_t *items = (const uint32_t *)(const void *)(image->bytes + view->items);
    const struct cnipol_image_cell *cells = (const struct cnipol_image_cell *)(const void *)(image->bytes + view->cells);
    uint32_t last = NP_NONE;

    for (uint32_t id = 0; id < c->p->n_ids; id++) {
        struct cnipol_image_list list = lists[of_id[id]];

        if (of_id[id] == last)
            continue;
        last = of_id[id];
        for (uint32_t i = list.first; i < list.first + list.n; i++) {
            uint32_t set = cells[items[i] & ~CNIPOL_ITEM_MAYBE].set;

            if (set == CNIPOL_SET_ALL || seen[set])
                continue;
            seen[set] = true;
            if (!np_words_push(&c->sets, c->p->mem, set))
                return CNIPOL_E_NOMEM;
        }
    }
    return CNIPOL_OK;
}

static int gather_sets(struct classing *c)
{
    const struct cnipol_image_view *view = np_image_view(c->p->image);
    bool *seen = np_zalloc(c->p->mem, view->n_sets + 1u);
    int rc = seen ? CNIPOL_OK : CNIPOL_E_NOMEM;

    for (uint32_t i = 0; i < view->n_checkpoints && !rc; i++)
        if (c->roles & NP_ROLE_OTHER(view->checkpoints[i].direction))
            rc = note_sets(c, &view->checkpoints[i], seen);
    if (seen)
        np_free(c->p->mem, seen, view->n_sets + 1u);
    return rc;
}

static uint32_t at(const struct np_prove *p, uint32_t table, uint32_t id)
{
    return cnipol_load32(p->image->bytes, table + id * 4);
}

/* What the image's bytes say about an id in these roles. */
static bool describe(struct classing *c, uint32_t id)
{
    const struct np_prove *p = c->p;
    const struct cnipol_image_view *view = np_image_view(p->image);
    bool fine = true;

    for (uint32_t i = 0; i < view->n_checkpoints && fine; i++) {
        const struct cnipol_image_checkpoint *cp = &view->checkpoints[i];

        if (c->roles & NP_ROLE_SUBJECT(cp->direction))
            fine = np_words_push(&c->line, p->mem, at(p, cp->roots, id)) && np_words_push(&c->line, p->mem, at(p, cp->lists, id));
        if (fine && c->roles & NP_ROLE_OTHER(cp->direction))
            fine = np_words_push(&c->line, p->mem, at(p, cp->peers, id));
    }
    for (uint32_t i = 0; i < c->sets.n && fine; i += 16) {
        uint32_t word = 0;

        for (uint32_t k = i; k < i + 16 && k < c->sets.n; k++)
            word = word << 2 | cnipol_set_has(p->image->bytes, p->image->view, c->sets.items[k], id);
        fine = np_words_push(&c->line, p->mem, word);
    }
    return fine;
}

static int classify(struct classing *c, struct np_words *out)
{
    struct np_prove *p = c->p;

    for (uint32_t id = 0; id < p->n_ids; id++) {
        uint32_t signature, number;

        if (p->first[id] == NP_NONE)
            continue;
        signature = np_prove_signature(p, &p->members[p->first[id]], c->roles, &c->signatures);
        c->line.n = 0;
        if (signature == NP_NONE || !np_words_push(&c->line, p->mem, signature) ||
            !np_words_push(&c->line, p->mem, p->wanted && p->wanted[id]) || !describe(c, id))
            return CNIPOL_E_NOMEM;
        number = np_intern(&c->classes, c->line.items, c->line.n);
        if (number == NP_NONE || (number == out->n && !np_words_push(out, p->mem, id)))
            return CNIPOL_E_NOMEM;
    }
    return CNIPOL_OK;
}

int np_prove_classes(struct np_prove *p, uint32_t roles, struct np_words *out)
{
    struct classing c = {.p = p, .roles = roles};
    int rc;

    np_intern_init(&c.signatures, p->mem);
    np_intern_init(&c.classes, p->mem);
    rc = gather_sets(&c);
    if (!rc)
        rc = classify(&c, out);
    np_words_free(&c.sets, p->mem);
    np_words_free(&c.line, p->mem);
    np_intern_free(&c.signatures);
    np_intern_free(&c.classes);
    return rc;
}
