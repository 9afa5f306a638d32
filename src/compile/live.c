/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Live policy sets: see include/cnipol/live.h.
 *
 * The writer keeps the sources, sorted by name, and the base that readers' snapshots are of (live_base.h). A source
 * that is one policy, before and after, is patched into the base; everything else, and a base that is full, is built
 * anew. Sources are what counts: whatever a patch did, compiling them again gives what a fresh start would give.
 */

#include <stdlib.h>
#include <string.h>

#include "compile/key.h"
#include "compile/live.h"
#include "compile/live_pod.h"

#define DEFAULT_ROOM (16ull << 20)

/* Where the source is, or would be. */
static uint32_t place_of(const struct cnipol_live *live, const char *name, bool *is_there)
{
    uint32_t lo = 0, hi = live->n_sources;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;

        if (strcmp(live->sources[mid].name, name) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    *is_there = lo < live->n_sources && strcmp(live->sources[lo].name, name) == 0;
    return lo;
}

/* Room for one source more. */
static int reserve_source(struct cnipol_live *live)
{
    void *grown = np_grow(live->mem, live->sources, &live->cap_sources, live->n_sources + 1, sizeof *live->sources);

    if (!grown)
        return CNIPOL_E_NOMEM;
    live->sources = grown;
    return CNIPOL_OK;
}

/* There is room. */
static void insert_source(struct cnipol_live *live, uint32_t at, const struct np_live_source *source)
{
    memmove(live->sources + at + 1, live->sources + at, (live->n_sources - at) * sizeof *live->sources);
    live->sources[at] = *source;
    live->n_sources++;
}

static void remove_source(struct cnipol_live *live, uint32_t at)
{
    live->n_sources--;
    memmove(live->sources + at, live->sources + at + 1, (live->n_sources - at) * sizeof *live->sources);
}

/* Frees the bases that no snapshot is of. */
static void reclaim(struct cnipol_live *live)
{
    for (uint32_t i = 0; i < NP_SLOT_PLACES; i++) {
        struct np_live_base *base = live->slot.places[i].holds;

        if (!base || !np_slot_is_done(&live->slot, i))
            continue;
        live->slot.places[i].holds = NULL;
        np_region_hold(&base->region, live->slot.places[i].snapshot.view, -1);
        if (--base->n_snapshots == 0 && base != live->base)
            np_live_base_free(base);
    }
}

/* Makes the base's present view what readers get. CNIPOL_E_LIMIT: they hold on to too many snapshots. */
static int publish(struct cnipol_live *live, struct np_live_base *base)
{
    struct np_slot_place *place;

    reclaim(live);
    place = np_slot_free_place(&live->slot);
    if (!place)
        return CNIPOL_E_LIMIT;
    place->holds = base;
    base->n_snapshots++;
    np_region_hold(&base->region, base->region.view_at, 1);
    place->snapshot = (struct cnipol_snapshot){
        .bytes = base->region.block.bytes,
        .view = base->region.view_at,
        .n_bytes = base->region.used,
        .generation = ++live->generation,
        .addrmap = base->addrmap_block,
        .base = base->number,
    };
    base->n_shown = base->region.view.n_ids;
    np_slot_publish(&live->slot, place);
    return CNIPOL_OK;
}

/* What was patched and cannot be shown is in the base all the same: nobody may patch it further. */
static int publish_patch(struct cnipol_live *live)
{
    live->base->is_spent = publish(live, live->base) != 0;
    live->n_patched += !live->base->is_spent;
    if (!live->base->is_spent)
        np_live_settle(live->base);
    return live->base->is_spent ? 0 : 1;
}

static int publish_present(void *user)
{
    struct cnipol_live *live = user;

    return publish(live, live->base);
}

void np_live_forget_refused(struct cnipol_live *live)
{
    np_live_base_free(live->refused);
    live->refused = NULL;
}

int np_live_adopt(struct cnipol_live *live, struct np_live_base *base)
{
    struct np_live_base *old = live->base;
    int rc;

    base->number = ++live->n_bases;
    base->publish = publish_present;
    base->user = live;
    np_live_settle(base);
    rc = publish(live, base);
    if (rc) {
        np_live_base_free(base);
        return rc;
    }
    live->base = base;
    if (old && !old->n_snapshots)
        np_live_base_free(old);
    reclaim(live);
    live->is_stale = false;
    return CNIPOL_OK;
}

void np_live_renumber(struct cnipol_live *live)
{
    for (uint32_t i = 0; i < live->n_sources; i++)
        live->sources[i].policy = live->sources[i].numbered;
}

int np_live_rebuild(struct cnipol_live *live)
{
    struct np_live_base *base;
    int rc = np_live_base_build(&live->config, live->sources, live->n_sources, &base);

    np_live_forget_refused(live);
    if (rc) {
        live->refused = base;
        return rc;
    }
    rc = np_live_adopt(live, base);
    if (rc)
        return rc;
    np_live_renumber(live);
    live->n_compiled++;
    return CNIPOL_LIVE_COMPILED;
}

/* Compiles, or at the end of what is put at once. */
static int rebuild_in_time(struct cnipol_live *live)
{
    if (!live->is_open)
        return np_live_rebuild(live);
    live->is_stale = true;
    return CNIPOL_LIVE_NOTHING;
}

/* What was put counts, unless it cannot be compiled: then the source is as it was. */
static int settle(struct cnipol_live *live, uint32_t at, bool was_there, struct np_live_source *before)
{
    int rc = rebuild_in_time(live);

    if (rc >= 0) {
        if (was_there)
            np_live_source_free(live->mem, before);
        return rc;
    }
    np_live_source_free(live->mem, &live->sources[at]);
    if (was_there)
        live->sources[at] = *before;
    else
        remove_source(live, at);
    return rc;
}

int np_live_replace(const struct cnipol_live *live, struct np_live_base *base, uint32_t old, const struct np_live_source *fresh,
                    uint32_t *number)
{
    static const struct np_live_source none = {0};
    const struct np_live_source *source = fresh ? fresh : &none;

    *number = NP_NONE;
    return np_live_patch(base, &live->config, old, source->name, source->text, source->size, number);
}

/* A patch may be published twice. Where readers leave no place for that nothing is begun that could not be ended. */
static bool has_places(struct cnipol_live *live)
{
    uint32_t n = 0;

    reclaim(live);
    for (uint32_t i = 0; i < NP_SLOT_PLACES; i++)
        n += !live->slot.places[i].holds;
    return n >= 2;
}

/* A patch that began and failed has left the base behind what readers see; nobody may write to it any more. */
static int patch(struct cnipol_live *live, uint32_t old, const struct np_live_source *fresh, uint32_t *number)
{
    int rc;

    *number = NP_NONE;
    if (live->is_open || live->base->is_spent || !has_places(live))
        return 0;
    rc = np_live_replace(live, live->base, old, fresh, number);
    return rc == 1 ? publish_patch(live) : rc;
}

bool np_live_is_same(const struct np_live_source *a, const struct np_live_source *b)
{
    return a->size == b->size && memcmp(a->text, b->text, a->size) == 0;
}

int cnipol_live_put(struct cnipol_live *live, const char *name, const char *text, size_t size)
{
    struct np_live_source source, before = {0};
    bool was_there;
    uint32_t at = place_of(live, name, &was_there), number = NP_NONE;
    int rc = reserve_source(live);

    if (!rc)
        rc = np_live_source_make(live->mem, name, text, size, &source);
    if (rc)
        return rc;
    np_live_forget_refused(live);
    if (was_there && np_live_is_same(&live->sources[at], &source)) {
        np_live_source_free(live->mem, &source);
        return CNIPOL_LIVE_NOTHING;
    }
    live->serial++;
    rc = was_there && live->sources[at].policy == NP_NONE ? 0
                                                          : patch(live, was_there ? live->sources[at].policy : NP_NONE, &source, &number);
    if (rc < 0) {
        np_live_source_free(live->mem, &source);
        return rc;
    }
    if (was_there) {
        before = live->sources[at];
        live->sources[at] = source;
    } else {
        insert_source(live, at, &source);
    }
    live->sources[at].policy = number;
    if (rc) {
        np_live_source_free(live->mem, &before);
        return rc == 1 ? CNIPOL_LIVE_PATCHED : CNIPOL_LIVE_NOTHING;
    }
    return settle(live, at, was_there, &before);
}

/* A source that leaves comes back where the rest cannot be compiled without it. */
static int delete_compiled(struct cnipol_live *live, uint32_t at, struct np_live_source *source)
{
    int rc = rebuild_in_time(live);

    if (rc < 0)
        insert_source(live, at, source);
    else
        np_live_source_free(live->mem, source);
    return rc;
}

int cnipol_live_delete(struct cnipol_live *live, const char *name)
{
    bool is_there;
    uint32_t at = place_of(live, name, &is_there), number;
    struct np_live_source source;
    int rc = 0;

    if (!is_there)
        return CNIPOL_E_NOTFOUND;
    np_live_forget_refused(live);
    source = live->sources[at];
    live->serial++;
    if (source.policy != NP_NONE)
        rc = patch(live, source.policy, NULL, &number);
    remove_source(live, at);
    if (rc > 0) {
        np_live_source_free(live->mem, &source);
        return rc == 1 ? CNIPOL_LIVE_PATCHED : CNIPOL_LIVE_NOTHING;
    }
    return delete_compiled(live, at, &source);
}

void cnipol_live_begin(struct cnipol_live *live)
{
    live->is_open = true;
}

int cnipol_live_end(struct cnipol_live *live)
{
    live->is_open = false;
    return live->is_stale ? np_live_rebuild(live) : CNIPOL_LIVE_NOTHING;
}

int cnipol_live_compact(struct cnipol_live *live)
{
    return rebuild_in_time(live);
}

void cnipol_live_stats(const struct cnipol_live *live, struct cnipol_live_stats *out)
{
    const struct np_live_base *base = live->base;
    uint64_t room = live->config.room, split = room * base->depth / CNIPOL_LIKE_MAX, taken = np_region_taken(&base->region, room);
    uint64_t guests = room * base->model->n_guests / NP_LIVE_GUESTS;

    taken = taken > split ? taken : split;
    *out = (struct cnipol_live_stats){room, taken > guests ? taken : guests, live->n_patched, live->n_compiled};
    if (base->is_spent)
        out->used = room;
}

const struct cnipol_snapshot *cnipol_live_acquire(struct cnipol_live *live)
{
    return np_slot_acquire(&live->slot);
}

void cnipol_live_release(struct cnipol_live *live, const struct cnipol_snapshot *snapshot)
{
    np_slot_release(&live->slot, snapshot);
}

const struct cnipol_image *cnipol_live_image(const struct cnipol_live *live)
{
    return live->base->image;
}

const struct cnipol_model *cnipol_live_model(const struct cnipol_live *live)
{
    return live->base->model;
}

struct cnipol_ctx *cnipol_live_ctx(struct cnipol_live *live)
{
    return live->refused ? live->refused->ctx : live->base->ctx;
}

/* An id as what readers see knows it: one that a failed change split off is still like the other. */
static uint32_t shown(const struct np_live_base *base, uint32_t id)
{
    uint32_t first = base->c.space.n_ids - base->like.n;

    while (id != NP_NONE && id >= base->n_shown && id >= first)
        id = base->like.items[id - first];
    return id;
}

/* The only key that a question comes to. It is answered so that what else the question comes to shows. */
struct key_taker {
    const struct np_live_base *base;
    struct cnipol_key key;
    uint32_t n;
};

static void take_key(void *user, const struct np_asking *asking, struct np_evaluation *out)
{
    struct key_taker *taker = user;
    struct np_asking by_id = *asking;

    *out = (struct np_evaluation){.decision = CNIPOL_ALLOW};
    for (uint32_t i = 0; i < 2; i++)
        by_id.facts.ends[i].id =
            shown(taker->base, np_space_peer(&taker->base->c.space, asking->facts.ends[i].id, &asking->facts.ends[i].ip));
    taker->key = np_key_of(&by_id);
    taker->n += by_id.facts.ends[0].id == NP_NONE || by_id.facts.ends[1].id == NP_NONE ? 2 : 1; /* a pod that waits for an address */
}

int cnipol_live_key(const struct cnipol_live *live, const struct cnipol_question *question, struct cnipol_key *out)
{
    struct key_taker taker = {.base = live->base};
    struct np_evaluation evaluation = np_evaluation_undefined;

    np_ask(live->base->model, question, &(struct np_asker){take_key, NULL, &taker}, &evaluation);
    if (taker.n != 1 || evaluation.decision != CNIPOL_ALLOW)
        return CNIPOL_E_NOTFOUND;
    *out = taker.key;
    return CNIPOL_OK;
}

int cnipol_live_patches(struct cnipol_live *live, cnipol_patch_fn *visit, void *user)
{
    struct np_region *region = &live->base->region;
    uint32_t n = region->n_patches;

    region->n_patches = 0;
    region->copied_view = region->view_at;
    if (!region->is_followed) {
        region->is_followed = true;
        return CNIPOL_E_NOTFOUND;
    }
    for (uint32_t i = 0; i < n; i++)
        visit(user, region->patches[i].offset, region->block.bytes + region->patches[i].offset, region->patches[i].n);
    return (int)n;
}

static int copy_knobs(struct cnipol_live *live, const char *const *knobs)
{
    uint32_t n = 0;

    while (knobs && knobs[n])
        n++;
    live->config.knobs = np_zalloc(live->mem, (n + 1) * sizeof(char *));
    if (!live->config.knobs)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < n; i++) {
        live->config.knobs[i] = np_live_copy(live->mem, knobs[i], strlen(knobs[i]));
        if (!live->config.knobs[i])
            return CNIPOL_E_NOMEM;
    }
    return CNIPOL_OK;
}

static int configure(struct cnipol_live *live, const struct cnipol_live_opts *opts)
{
    static const struct cnipol_cluster_opts cluster = CNIPOL_CLUSTER_OPTS_INIT;
    struct np_live_config *config = &live->config;

    config->cluster = opts->cluster ? *opts->cluster : cluster;
    config->compile = opts->compile;
    config->compile.sz = sizeof config->compile;
    config->compile.node = config->compile.root = NULL;
    config->room = opts->room ? opts->room : DEFAULT_ROOM;
    config->with_addrmap = opts->with_addrmap;
    if (opts->engine)
        config->engine = np_live_copy(live->mem, opts->engine, strlen(opts->engine));
    if (opts->compile.node)
        config->compile.node = np_live_copy(live->mem, opts->compile.node, strlen(opts->compile.node));
    if (opts->compile.root)
        config->compile.root = np_live_copy(live->mem, opts->compile.root, strlen(opts->compile.root));
    if ((opts->engine && !config->engine) || (opts->compile.node && !config->compile.node) || (opts->compile.root && !config->compile.root))
        return CNIPOL_E_NOMEM;
    return copy_knobs(live, opts->knobs);
}

int cnipol_live_new(struct cnipol_ctx *ctx, const struct cnipol_live_opts *opts, struct cnipol_live **out)
{
    static const struct cnipol_live_opts defaults = {.sz = sizeof defaults};
    struct cnipol_live *live;
    struct cnipol_ctx *own;
    int rc;

    if (!opts)
        opts = &defaults;
    if (!np_opts_fit(opts, opts->sz, sizeof *opts) || opts->sz < sizeof *opts)
        return CNIPOL_E_USAGE;
    rc = cnipol_ctx_new(&ctx->mem.hooks, &own);
    if (rc)
        return rc;
    live = np_zalloc(&own->mem, sizeof *live);
    if (!live) {
        cnipol_ctx_free(own);
        return CNIPOL_E_NOMEM;
    }
    live->own = own;
    live->mem = &own->mem;
    live->config.alloc = ctx->mem.hooks;
    rc = configure(live, opts);
    if (!rc)
        rc = np_live_rebuild(live);
    live->n_compiled = 0;
    if (rc < 0) {
        cnipol_live_free(live);
        return rc;
    }
    *out = live;
    return CNIPOL_OK;
}

void cnipol_live_free(struct cnipol_live *live)
{
    struct cnipol_ctx *own;
    uint32_t n = 0;

    if (!live)
        return;
    own = live->own;
    reclaim(live);
    np_live_forget_refused(live);
    np_live_base_free(live->base);
    np_live_sources_free(live->mem, live->sources, live->n_sources, live->cap_sources);
    for (; live->config.knobs && live->config.knobs[n]; n++)
        np_live_free_copy(live->mem, live->config.knobs[n]);
    np_free(live->mem, live->config.knobs, (n + 1) * sizeof(char *));
    np_live_free_copy(live->mem, live->config.engine);
    np_live_free_copy(live->mem, live->config.compile.node);
    np_live_free_copy(live->mem, live->config.compile.root);
    np_free(live->mem, live, sizeof *live);
    cnipol_ctx_free(own);
}
