/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_MODEL_SELECTOR_H
#define NP_MODEL_SELECTOR_H

/*
 * Labels and label selectors (meta/v1 LabelSelector).
 *
 * A selector is the AND of its requirements; without any it selects everything. matchLabels entries
 * become In requirements of one value. NotIn and DoesNotExist hold where the key is missing. A
 * selector that a document did not give is a NULL pointer, which is another thing than an empty one.
 *
 * Matching is three-valued: labels may be incompletely known (a namespace that only policies
 * mention), and then a key that is not there is unknown instead of absent.
 */

#include "base/source.h"
#include "base/str.h"
#include "model/tri.h"

struct np_label {
    np_atom key;
    np_atom value;
};

/* Sorted by key, each key once. */
struct np_labels {
    const struct np_label *items;
    uint32_t n;
    bool partial; /* there may be more labels than these */
};

enum np_selector_op {
    NP_SELECTOR_IN = 0,
    NP_SELECTOR_NOT_IN,
    NP_SELECTOR_EXISTS,
    NP_SELECTOR_NOT_EXISTS,
    NP_SELECTOR_OPAQUE, /* stored, but nobody can say what it means: always unknown */
};

struct np_requirement {
    np_atom key;
    uint32_t op; /* enum np_selector_op */
    const np_atom *values;
    uint32_t n_values;
};

struct np_selector {
    const struct np_requirement *items;
    uint32_t n;
    struct np_span span;
};

enum np_tri np_requirement_matches(const struct np_requirement *req, const struct np_labels *labels);
enum np_tri np_selector_matches(const struct np_selector *selector, const struct np_labels *labels);
/* Sorts by key. Repeated keys must have been removed before. */
void np_labels_sort(struct np_label *items, uint32_t n);
/* Does either say what the other says? */
bool np_labels_eq(const struct np_labels *a, const struct np_labels *b);
/* The value of a key, or NP_ATOM_NONE. O(log n). */
np_atom np_labels_get(const struct np_labels *labels, np_atom key);
/* Canonical text, as kubectl writes it: app=web,tier in (a,b),!old. */
void np_selector_print(const struct np_selector *selector, const struct np_atoms *atoms, struct np_buf *out);

#endif
