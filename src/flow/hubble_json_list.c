/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists in Hubble's JSON: of texts, and of messages.
 *
 * Texts go into room that was made for all of a record's, workloads too where they are the one that Hubble usually writes; other
 * messages into lists in the arena. null is no element.
 */

#include "flow/hubble_json.h"

/* Into a list: at its first element, *more true, or behind an empty one. */
static inline struct np_place open_list(struct np_hubble *h, struct np_place at, bool *more)
{
    *more = false;
    if (*at.p != '[')
        return np_hubble_unfit(h, at, "a list is wanted here");
    at.p = np_json_next(&h->json, at.p + 1);
    *more = at.p >= h->json.end || *at.p != ']';
    at.p += !*more;
    return at;
}

/* Behind an element: as np_json_step(), but the text may not end where another element should begin. */
static struct np_place next_element(struct np_hubble *h, struct np_place at, bool *more)
{
    at = np_json_step(&h->json, at, ']', more);
    if (at.p && *more && at.p >= h->json.end)
        return np_json_unexpected(&h->json, at.p, "a value");
    return at;
}

static struct np_place read_any_texts(struct np_hubble *h, struct np_place at, struct cnipol_text *items, uint32_t *n)
{
    bool more;

    *n = 0;
    at = open_list(h, at, &more);
    while (at.p && more) {
        struct np_json_text text = {NULL, 0};

        at = np_hubble_text(h, at, &text);
        if (!at.p)
            return at;
        items[(*n)++] = (struct cnipol_text){text.s, text.n};
        at = next_element(h, at, &more);
    }
    return at;
}

/* The same of ["a","b"] in a value without escapes. p of the result is NULL where it is not that. */
static inline struct np_place read_plain_texts(const struct np_json *json, struct np_place at, struct cnipol_text *items, uint32_t *n)
{
    const uint32_t *quotes = json->quotes + at.q;
    const char *p = at.p + 1, *end = p;

    for (*n = 0; p == json->s + quotes[0]; quotes += 2) {
        end = json->s + quotes[1];
        items[(*n)++] = (struct cnipol_text){p + 1, (uint32_t)(end - p - 1)};
        if (end[1] != ',')
            return (struct np_place){end[1] == ']' ? end + 2 : NULL, at.q + 2 * *n};
        p = end + 2;
    }
    return (struct np_place){NULL, 0};
}

struct np_place np_hubble_read_texts(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    struct cnipol_text *items = h->texts + h->n_texts;
    struct np_place behind = {NULL, 0};
    uint32_t n;

    if (*at.p == '[' && !h->json.unusual)
        behind = read_plain_texts(&h->json, at, items, &n);
    at = behind.p ? behind : read_any_texts(h, at, items, &n);
    h->n_texts += n;
    *(const struct cnipol_text **)(void *)(base + row->offset) = n ? items : NULL;
    *(uint32_t *)(void *)(base + row->has_at) = n;
    return at;
}

/* A list of messages, each into a new item of the list. */
static struct np_place read_items(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, struct np_flow_list *list, size_t size)
{
    bool more;

    at = open_list(h, at, &more);
    while (at.p && more) {
        char *item = np_flow_list_add(h->run, list, size);

        if (!item)
            return np_json_no_memory(&h->json);
        at = np_hubble_object(h, at, row->more, item);
        if (at.p)
            at = next_element(h, at, &more);
    }
    return at;
}

/* The same, for a list that one member is. */
static struct np_place read_list(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base, size_t size)
{
    struct np_flow_list list = {0};

    at = read_items(h, at, row, &list, size);
    *(const void **)(void *)(base + row->offset) = list.items;
    *(uint32_t *)(void *)(base + row->has_at) = list.n;
    return at;
}

_Static_assert(sizeof(struct cnipol_flow_workload) == 2 * sizeof(struct cnipol_text) && offsetof(struct cnipol_flow_workload, kind) == 0,
               "a workload is two texts, its kind first");

/* [{"name":"…","kind":"…"}] as Hubble writes it, into two of the texts. p of the result is NULL where it is not that. */
static struct np_place read_one_workload(struct np_hubble *h, struct np_place at, struct cnipol_text *out)
{
    const char *name = at.p + 10, *kind, *name_end, *kind_end;

    if (h->json.unusual || h->json.n_quotes - at.q < 8 || memcmp(at.p, "[{\"name\":\"", 10) != 0)
        return (struct np_place){NULL, 0};
    name_end = np_json_quote(&h->json, at, 3);
    kind_end = np_json_quote(&h->json, at, 7);
    kind = name_end + 10;
    if (memcmp(name_end, "\",\"kind\":\"", 10) != 0 || memcmp(kind_end, "\"}]", 3) != 0)
        return (struct np_place){NULL, 0};
    out[1] = np_text(name, (size_t)(name_end - name));
    out[0] = np_text(kind, (size_t)(kind_end - kind));
    return (struct np_place){kind_end + 3, at.q + 8};
}

struct np_place np_hubble_read_workloads(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    struct cnipol_text *texts = h->texts + h->n_texts;
    struct np_place behind = read_one_workload(h, at, texts);

    if (behind.p && texts[0].n && texts[1].n) {
        h->n_texts += 2;
        *(const void **)(void *)(base + row->offset) = texts;
        *(uint32_t *)(void *)(base + row->has_at) = 1;
        return behind;
    }
    return read_list(h, at, row, base, sizeof(struct cnipol_flow_workload));
}

struct np_place np_hubble_read_headers(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    return read_list(h, at, row, base, sizeof(struct cnipol_flow_pair));
}

struct np_place np_hubble_read_policies(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    uint32_t n = h->policies.n;

    (void)base;
    at = read_items(h, at, row, &h->policies, sizeof(struct cnipol_flow_policy));
    for (; n < h->policies.n; n++) {
        struct cnipol_flow_policy *policy = (struct cnipol_flow_policy *)h->policies.items + n;

        policy->direction = (int32_t)(row->has & 3);
        policy->action = row->has & NP_HUBBLE_ALLOWS ? np_text("allow", 5) : np_text("deny", 4);
    }
    return at;
}
