/* SPDX-License-Identifier: BSD-2-Clause */
/* Changes to an address map: see include/cnipol/addrmap.h and image/addrmap.h. */

#include "image/addrmap.h"

#include <stddef.h>

#define AT(type, member) ((uint32_t)offsetof(struct cnipol_addrmap_##type, member))

#define SMALL 64u /* records below a link that are rather rebuilt than given a node above */

/* What a change does: the prefix's words go from one record to another. */
struct sweep {
    struct cnipol_addrmap *map;
    uint32_t rank;
    uint32_t from, to;
    uint64_t entry; /* of `to` */
};

/* Where a prefix belongs: the nodes on its way, and the word or node where the way ends. */
struct way {
    struct np_am_ref ref;                       /* the last word; its depth is below the prefix's length unless it is at home in the root */
    struct np_am_ref refs[NP_AM_MAX_DEPTH + 1]; /* words on the way, the root's first */
    uint32_t n;                                 /* of refs: their links' nodes hold the prefix */
    struct np_am_node home;                     /* the node it is at home in */
    bool at_home, is_root;
};

static uint64_t word_of(struct cnipol_addrmap_entry entry)
{
    return (uint64_t)entry.owner << 32 | entry.peer;
}

static uint32_t total_at(uint64_t link)
{
    return cnipol_addrmap_node_at(link) + AT(node, total);
}

static uint32_t built_at(uint64_t link)
{
    return cnipol_addrmap_node_at(link) + AT(node, built);
}

static void add_to(char *base, uint32_t at, int32_t change)
{
    np_am_store32(base, at, np_am_half(base, at) + (uint32_t)change);
}

/* Is every prefix of the key and length below or in the node? */
static bool is_inside(const char *base, const struct np_am_node *node, struct np_am_key key, uint32_t len)
{
    return len >= node->start && np_am_common(np_am_node_key(base, node), key) >= node->start;
}

static void find_way(const char *base, uint32_t family, struct np_am_key key, uint32_t len, struct way *way)
{
    way->ref = np_am_root(family);
    way->n = 0;
    way->is_root = len == 0;
    way->at_home = way->is_root;
    while (!way->at_home && way->n <= NP_AM_MAX_DEPTH) {
        uint64_t word = np_am_word(base, way->ref.word);
        struct np_am_node node;

        if (!(word & CNIPOL_ADDRMAP_LINK))
            return;
        node = np_am_node_of(base, word);
        if (!is_inside(base, &node, key, len) || (!node.width && len > node.end))
            return;
        way->refs[way->n++] = way->ref;
        way->at_home = len <= node.end;
        way->home = node;
        way->ref = np_am_ref_of(&node, np_am_index(key, node.start, node.width));
    }
}

/* The longest record that holds the prefix, itself included, given that its way ends at `rec`. */
static uint32_t holder(const char *base, uint32_t rec, uint32_t rank)
{
    while (np_am_rec_rank(base, rec) > rank)
        rec = np_am_rec_parent(base, rec);
    return rec;
}

static void sweep_word(const struct sweep *sweep, struct np_am_ref ref)
{
    char *base = sweep->map->base;
    uint32_t rec = np_am_half(base, ref.rec), up;
    uint64_t word = np_am_word(base, ref.word);
    struct np_am_node node;

    if (rec != sweep->from) {
        while (up = np_am_rec_parent(base, rec), np_am_rec_rank(base, up) > sweep->rank)
            rec = up;
        if (np_am_rec_rank(base, rec) > sweep->rank)
            np_am_set_parent(sweep->map, rec, sweep->to);
        return;
    }
    np_am_store32(base, ref.rec, sweep->to);
    if (!(word & CNIPOL_ADDRMAP_LINK)) {
        np_am_store64(base, ref.word, sweep->entry);
        return;
    }
    node = np_am_node_of(base, word);
    np_am_store64(base, node.at, sweep->entry);
    for (uint32_t i = 0; i < 1u << node.width; i++)
        sweep_word(sweep, np_am_ref_of(&node, i));
}

static void sweep_home(const struct sweep *sweep, const struct way *way, uint32_t len)
{
    uint32_t n;

    if (way->is_root) {
        sweep_word(sweep, way->ref);
        return;
    }
    n = 1u << (way->home.end - len);
    for (uint32_t i = 0; i < n; i++)
        sweep_word(sweep, (struct np_am_ref){way->ref.word + 8 * i, way->ref.rec + 4 * i, way->ref.depth});
}

static bool comes_before(const struct np_am_item *a, const struct np_am_item *b)
{
    if (a->key.hi != b->key.hi)
        return a->key.hi < b->key.hi;
    if (a->key.lo != b->key.lo)
        return a->key.lo < b->key.lo;
    return a->len < b->len;
}

static uint32_t insert_item(struct np_am_item *items, uint32_t n, struct np_am_item item)
{
    uint32_t i = n;

    for (; i > 0 && comes_before(&item, &items[i - 1]); i--)
        items[i] = items[i - 1];
    items[i] = item;
    return i;
}

/* Gives the new record at `i` its parent, and to it what the parent held of what it holds. */
static void adopt(struct cnipol_addrmap *map, const struct np_am_item *items, uint32_t n, uint32_t i)
{
    uint32_t parent = np_am_rec_parent(map->base, items[i].rec);

    for (uint32_t k = i; k-- > 0;)
        if (np_am_common(items[k].key, items[i].key) >= items[k].len) {
            parent = items[k].rec;
            break;
        }
    np_am_set_parent(map, items[i].rec, parent);
    for (uint32_t k = i + 1; k < n && np_am_common(items[k].key, items[i].key) >= items[i].len; k++)
        if (np_am_rec_parent(map->base, items[k].rec) == parent)
            np_am_set_parent(map, items[k].rec, items[i].rec);
}

/* Builds the tree at `ref` anew, with one more record or (NP_AM_NONE) without; family by the root. */
static int rebuild(struct cnipol_addrmap *map, uint32_t family, struct np_am_ref ref, uint32_t rec)
{
    uint64_t old = np_am_word(map->base, ref.word), link;
    int64_t n = np_am_gather(map, ref, 1);
    struct np_am_item item = {.rec = rec};
    uint32_t i = 0;

    if (n < 0)
        return (int)n;
    if (rec != NP_AM_NONE) {
        item.key = np_am_rec_key(map->base, rec);
        item.len = np_am_rec_rank(map->base, rec) - 1;
        i = insert_item(map->items, (uint32_t)n++, item);
    }
    link = np_am_build(map, family, map->items, (uint32_t)n, np_am_half(map->base, ref.rec));
    if (!link)
        return CNIPOL_E_LIMIT;
    if (rec != NP_AM_NONE)
        adopt(map, map->items, (uint32_t)n, i);
    np_am_store64(map->base, ref.word, link);
    if (old & CNIPOL_ADDRMAP_LINK)
        np_am_free_below(map, old);
    return 0;
}

/* Where a new node above a large one begins, so that it is four bits wide and ends no later; NP_AM_NONE. */
static uint32_t upper_start(const char *base, uint64_t word, struct np_am_key key, uint32_t len, uint32_t depth)
{
    struct np_am_node node = np_am_node_of(base, word);
    uint32_t common = np_am_common(np_am_node_key(base, &node), key), start;

    if (node.start < depth + 4)
        return NP_AM_NONE;
    start = node.start - 4;
    start = common < start ? common : start;
    start = len < start ? len : start;
    if (node.family && start < 64 && start + 4 > 64)
        start = 60;
    return start >= depth ? start : NP_AM_NONE;
}

/* The record that is all of the node's range, if the new word above stands for just that: it is at home there. */
static void raise_record(struct cnipol_addrmap *map, const struct np_am_node *node, struct np_am_ref above, uint64_t link)
{
    uint32_t rec = holder(map->base, np_am_half(map->base, node->recs), node->start + 1);

    if (node->start != above.depth || np_am_rec_rank(map->base, rec) != node->start + 1)
        return;
    np_am_store32(map->base, above.rec, rec);
    np_am_store64(map->base, node->at, np_am_rec_entry(map->base, rec));
    add_to(map->base, total_at(link), -1);
}

/* Puts a node above the large one at `ref`, so that the prefix finds a place; CNIPOL_E_LIMIT. */
static int put_above(struct cnipol_addrmap *map, struct np_am_ref ref, uint32_t start)
{
    uint64_t old = np_am_word(map->base, ref.word);
    struct np_am_node node = np_am_node_of(map->base, old), above;
    struct np_am_key key = np_am_node_key(map->base, &node);
    uint64_t link = np_am_node_new(map, node.family, key, start, 4, np_am_half(map->base, ref.rec));
    uint32_t total = np_am_half(map->base, total_at(old));
    struct np_am_ref place;

    if (!link)
        return CNIPOL_E_LIMIT;
    above = np_am_node_of(map->base, link);
    place = np_am_ref_of(&above, np_am_index(key, start, 4));
    np_am_store32(map->base, total_at(link), total);
    np_am_store32(map->base, built_at(link), total);
    np_am_store64(map->base, place.word, np_am_relink(map, old));
    np_am_store64(map->base, ref.word, link);
    raise_record(map, &node, place, old);
    return 0;
}

static bool has_links(const char *base, uint64_t link)
{
    struct np_am_node node = np_am_node_of(base, link);

    for (uint32_t i = 0; i < 1u << node.width; i++)
        if (np_am_word(base, np_am_ref_of(&node, i).word) & CNIPOL_ADDRMAP_LINK)
            return true;
    return false;
}

/* Counts a record on its way, and builds anew what it made far fuller, or far emptier, than it was built for. */
static void count_way(struct cnipol_addrmap *map, uint32_t family, const struct way *way, int32_t change)
{
    char *base = map->base;

    for (uint32_t i = 0; i < way->n; i++)
        add_to(base, total_at(np_am_word(base, way->refs[i].word)), change);
    for (uint32_t i = 0; i < way->n; i++) {
        uint64_t link = np_am_word(base, way->refs[i].word);
        uint32_t total = np_am_half(base, total_at(link)), built = np_am_half(base, built_at(link));

        if (total <= 2 * (uint64_t)built + 8 && total >= built / 4)
            continue;
        if ((total > built && !has_links(base, link)) || rebuild(map, family, way->refs[i], NP_AM_NONE))
            np_am_store32(base, built_at(link), total);
        else
            return;
    }
}

/* A place for a prefix that is at home nowhere: `way` ends at a word below which it is alone, or beside others. */
static int make_place(struct cnipol_addrmap *map, uint32_t family, struct way *way, uint32_t rec, struct np_am_key key, uint32_t len)
{
    uint64_t word = np_am_word(map->base, way->ref.word);
    uint32_t start = NP_AM_NONE;
    int rc;

    if ((word & CNIPOL_ADDRMAP_LINK) && np_am_half(map->base, total_at(word)) > SMALL)
        start = upper_start(map->base, word, key, len, way->ref.depth);
    if (start == NP_AM_NONE)
        return rebuild(map, family, way->ref, rec);
    rc = put_above(map, way->ref, start);
    if (rc)
        return rc;
    find_way(map->base, family, key, len, way);
    return way->at_home ? 0 : make_place(map, family, way, rec, key, len);
}

static int insert(struct cnipol_addrmap *map, uint32_t family, struct np_am_key key, uint32_t len, uint64_t entry, struct way *way)
{
    uint32_t parent = holder(map->base, np_am_half(map->base, way->ref.rec), len + 1);
    uint32_t rec = np_am_record_new(map, family, key, len + 1, entry);
    struct sweep sweep = {map, len + 1, parent, rec, entry};
    int rc = 0;

    if (rec == NP_AM_NONE)
        return CNIPOL_E_LIMIT;
    np_am_set_parent(map, rec, parent);
    if (!way->at_home)
        rc = make_place(map, family, way, rec, key, len);
    if (rc) {
        np_am_record_free(map, rec);
        return rc;
    }
    if (way->at_home)
        sweep_home(&sweep, way, len);
    add_to(map->base, AT(header, prefixes) + 4 * family, 1);
    count_way(map, family, way, 1);
    return 0;
}

int cnipol_addrmap_put(struct cnipol_addrmap *map, const struct cnipol_addrmap_prefix *prefix)
{
    uint32_t family, rec;
    struct np_am_key key;
    struct way way;
    struct sweep sweep;

    if (!np_am_read_prefix(prefix, &family, &key) || prefix->entry.peer > CNIPOL_ADDRMAP_NO_PEER)
        return CNIPOL_E_USAGE;
    find_way(map->base, family, key, prefix->length, &way);
    rec = holder(map->base, np_am_half(map->base, way.ref.rec), prefix->length + 1u);
    if (np_am_rec_rank(map->base, rec) != prefix->length + 1u)
        return insert(map, family, key, prefix->length, word_of(prefix->entry), &way);
    sweep = (struct sweep){map, prefix->length + 1u, rec, rec, word_of(prefix->entry)};
    np_am_set_entry(map, rec, sweep.entry);
    sweep_home(&sweep, &way, prefix->length);
    return 0;
}

/* Takes the first node on the way away below which nothing is left. */
static void drop_empty(struct cnipol_addrmap *map, struct way *way)
{
    char *base = map->base;

    for (uint32_t i = 0; i < way->n; i++) {
        uint64_t link = np_am_word(base, way->refs[i].word);

        if (np_am_half(base, total_at(link)) != 1)
            continue;
        np_am_store64(base, way->refs[i].word, np_am_rec_entry(base, np_am_half(base, way->refs[i].rec)));
        np_am_free_below(map, link);
        way->n = i;
    }
}

/* The way to a prefix that is there, and its record. CNIPOL_E_USAGE; CNIPOL_E_NOTFOUND. */
static int find_record(const struct cnipol_addrmap *map, const struct cnipol_addrmap_prefix *prefix, uint32_t *family, struct way *way,
                       uint32_t *rec)
{
    struct np_am_key key;

    if (!np_am_read_prefix(prefix, family, &key))
        return CNIPOL_E_USAGE;
    find_way(map->base, *family, key, prefix->length, way);
    *rec = holder(map->base, np_am_half(map->base, way->ref.rec), prefix->length + 1u);
    return np_am_rec_rank(map->base, *rec) == prefix->length + 1u ? CNIPOL_OK : CNIPOL_E_NOTFOUND;
}

int cnipol_addrmap_delete(struct cnipol_addrmap *map, const struct cnipol_addrmap_prefix *prefix)
{
    uint32_t family, rec, parent;
    struct way way;
    int rc = find_record(map, prefix, &family, &way, &rec);

    if (rc)
        return rc;
    parent = np_am_rec_parent(map->base, rec);
    sweep_home(&(struct sweep){map, prefix->length + 1u, rec, parent, np_am_rec_entry(map->base, parent)}, &way, prefix->length);
    drop_empty(map, &way);
    np_am_record_free(map, rec);
    add_to(map->base, AT(header, prefixes) + 4 * family, -1);
    count_way(map, family, &way, -1);
    return 0;
}

int cnipol_addrmap_get(const struct cnipol_addrmap *map, struct cnipol_addrmap_prefix *prefix)
{
    uint32_t family, rec;
    struct way way;
    int rc = find_record(map, prefix, &family, &way, &rec);

    if (!rc)
        prefix->entry = cnipol_addrmap_entry_of(np_am_rec_entry(map->base, rec));
    return rc;
}

int cnipol_addrmap_set_default(struct cnipol_addrmap *map, uint8_t family, struct cnipol_addrmap_entry entry)
{
    struct sweep sweep = {map, 0, family == 6, family == 6, word_of(entry)};

    if ((family != 4 && family != 6) || entry.peer > CNIPOL_ADDRMAP_NO_PEER)
        return CNIPOL_E_USAGE;
    np_am_set_entry(map, sweep.to, sweep.entry);
    sweep_word(&sweep, np_am_root(family == 6));
    return 0;
}

int cnipol_addrmap_set_node(struct cnipol_addrmap *map, uint32_t owner, uint32_t node_word)
{
    if (owner >= np_am_half(map->base, AT(header, owners)))
        return CNIPOL_E_USAGE;
    np_am_store32(map->base, np_am_half(map->base, AT(header, nodes_at)) + 4 * (uint64_t)owner, node_word);
    return 0;
}
