/* SPDX-License-Identifier: BSD-2-Clause */
/* Inverted index of labels: see label_index.h. Two passes: count, then fill. */

#include "resolve/label_index.h"

#include <cnipol/status.h>

static bool label_eq(const void *ctx, const void *key, uint32_t value)
{
    const struct np_label_index *index = ctx;
    const struct np_label *a = key, *b = &index->labels[value];

    return a->key == b->key && a->value == b->value;
}

static uint64_t label_hash(const struct np_label *label)
{
    return np_hash(label, sizeof *label);
}

static uint32_t list_of(const struct np_label_index *index, const struct np_label *label)
{
    return np_hmap_get(&index->map, label_hash(label), label_eq, index, label);
}

static uint32_t list_add(struct np_label_index *index, const struct np_label *label)
{
    uint32_t list = list_of(index, label);
    void *grown;

    if (list != NP_NONE)
        return list;
    grown = np_grow(index->mem, index->labels, &index->cap_labels, index->n_lists + 1, sizeof *index->labels);
    if (!grown)
        return NP_NONE;
    index->labels = grown;
    index->labels[index->n_lists] = *label;
    if (np_hmap_put(&index->map, label_hash(label), index->n_lists))
        return NP_NONE;
    return index->n_lists++;
}

static int note_partial(struct np_label_index *index, uint32_t carrier)
{
    void *grown = np_grow(index->mem, index->partial, &index->cap_partial, index->n_partial + 1, sizeof *index->partial);

    if (!grown)
        return CNIPOL_E_NOMEM;
    index->partial = grown;
    index->partial[index->n_partial++] = carrier;
    return CNIPOL_OK;
}

static int collect(struct np_label_index *index, np_labels_of *labels_of, const void *user, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct np_labels *labels = labels_of(user, i);

        for (uint32_t k = 0; k < labels->n; k++)
            if (list_add(index, &labels->items[k]) == NP_NONE)
                return CNIPOL_E_NOMEM;
        if (labels->partial && note_partial(index, i))
            return CNIPOL_E_NOMEM;
        index->n_items += labels->n;
    }
    return CNIPOL_OK;
}

static int fill(struct np_label_index *index, np_labels_of *labels_of, const void *user, uint32_t n)
{
    uint32_t sum = 0;

    index->first = np_zalloc(index->mem, (index->n_lists + 1) * sizeof *index->first);
    index->items = np_alloc(index->mem, index->n_items * sizeof *index->items);
    if (!index->first || !index->items)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < labels_of(user, i)->n; k++)
            index->first[list_of(index, &labels_of(user, i)->items[k])]++;
    for (uint32_t list = 0; list <= index->n_lists; list++) {
        uint32_t count = index->first[list];

        index->first[list] = sum;
        sum += count;
    }
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < labels_of(user, i)->n; k++) {
            uint32_t list = list_of(index, &labels_of(user, i)->items[k]);

            index->items[index->first[list]++] = i;
        }
    return CNIPOL_OK;
}

/* fill() left each list's end where its start belongs. */
static void shift_offsets(struct np_label_index *index)
{
    for (uint32_t list = index->n_lists; list > 0; list--)
        index->first[list] = index->first[list - 1];
    index->first[0] = 0;
}

int np_label_index_build(struct np_label_index *index, struct np_mem *mem, np_labels_of *labels_of, const void *user, uint32_t n)
{
    *index = (struct np_label_index){.mem = mem};
    np_hmap_init(&index->map, mem);
    if (collect(index, labels_of, user, n) || fill(index, labels_of, user, n)) {
        np_label_index_free(index);
        return CNIPOL_E_NOMEM;
    }
    shift_offsets(index);
    return CNIPOL_OK;
}

void np_label_index_free(struct np_label_index *index)
{
    if (!index->mem)
        return;
    np_free(index->mem, index->labels, index->cap_labels * sizeof *index->labels);
    if (index->first)
        np_free(index->mem, index->first, (index->n_lists + 1) * sizeof *index->first);
    np_free(index->mem, index->items, index->n_items * sizeof *index->items);
    np_free(index->mem, index->partial, index->cap_partial * sizeof *index->partial);
    np_hmap_free(&index->map);
    *index = (struct np_label_index){0};
}

struct np_postings np_label_index_find(const struct np_label_index *index, struct np_label label)
{
    uint32_t list = list_of(index, &label);

    if (list == NP_NONE)
        return (struct np_postings){NULL, 0};
    return (struct np_postings){index->items + index->first[list], index->first[list + 1] - index->first[list]};
}
