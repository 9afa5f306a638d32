/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Compactions of live policy sets: see include/cnipol/live.h.
 *
 * A compaction compiles copies of the sources. What has changed in the sources by the time that it is to be published is
 * found by comparing the two, and patched into the new base, which nobody reads yet: first what is gone, then what is
 * another text, at last what came, so that an object which moved to another source is never there twice. What cannot be
 * patched is compiled, once more.
 */

#include <string.h>

#include "compile/live.h"

struct cnipol_compaction {
    struct cnipol_live *live;
    struct cnipol_ctx *own;
    struct np_live_source *sources;
    uint32_t n, cap;
    uint64_t serial;
    struct np_live_base *base;
    int rc;
};

enum pass { GONE, CHANGED, CAME, PASSES };

static void free_compaction(struct cnipol_compaction *work)
{
    struct cnipol_ctx *own = work->own;

    if (work->sources)
        np_live_sources_free(&own->mem, work->sources, work->n, work->cap);
    np_live_base_free(work->base);
    np_free(&own->mem, work, sizeof *work);
    cnipol_ctx_free(own);
}

static int copy_sources(struct cnipol_compaction *work, const struct cnipol_live *live)
{
    int rc = CNIPOL_OK;

    work->cap = live->n_sources + 1;
    work->sources = np_zalloc(&work->own->mem, work->cap * sizeof *work->sources);
    if (!work->sources)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < live->n_sources && !rc; i++) {
        const struct np_live_source *from = &live->sources[i];

        rc = np_live_source_make(&work->own->mem, from->name, from->text, from->size, &work->sources[i]);
        work->n += !rc;
    }
    return rc;
}

int cnipol_live_compact_begin(struct cnipol_live *live, struct cnipol_compaction **out)
{
    struct cnipol_ctx *own;
    struct cnipol_compaction *work;
    int rc = cnipol_ctx_new(&live->config.alloc, &own);

    if (rc)
        return rc;
    work = np_zalloc(&own->mem, sizeof *work);
    if (!work) {
        cnipol_ctx_free(own);
        return CNIPOL_E_NOMEM;
    }
    *work = (struct cnipol_compaction){.live = live, .own = own, .serial = live->serial, .rc = CNIPOL_E_USAGE};
    rc = copy_sources(work, live);
    if (rc)
        free_compaction(work);
    else
        *out = work;
    return rc;
}

int cnipol_compaction_run(struct cnipol_compaction *work)
{
    np_live_base_free(work->base);
    work->rc = np_live_base_build(&work->live->config, work->sources, work->n, &work->base);
    return work->rc;
}

static int publish_nothing(void *user)
{
    (void)user;
    return CNIPOL_OK;
}

/* A source as it was compiled and as it is now, either may be NULL. 1: the base has it as it is now. */
static int replay_source(struct cnipol_compaction *work, const struct np_live_source *was, struct np_live_source *is, enum pass pass)
{
    struct cnipol_live *live = work->live;
    uint32_t old = was ? was->numbered : NP_NONE, number;
    int rc;

    if (pass != (!is ? GONE : !was ? CAME : CHANGED))
        return 1;
    if (was && is && np_live_is_same(was, is)) {
        is->numbered = old;
        return 1;
    }
    if (was && old == NP_NONE)
        return 0;
    rc = np_live_replace(live, work->base, old, is, &number);
    if (is)
        is->numbered = number;
    live->n_patched += rc == 1;
    return rc > 0 ? 1 : rc;
}

/* Both are sorted by name. */
static int replay_pass(struct cnipol_compaction *work, enum pass pass)
{
    struct cnipol_live *live = work->live;
    uint32_t i = 0, k = 0;
    int rc = 1;

    while ((i < work->n || k < live->n_sources) && rc == 1) {
        struct np_live_source *was = i < work->n ? &work->sources[i] : NULL, *is = k < live->n_sources ? &live->sources[k] : NULL;
        int order = !was ? 1 : !is ? -1 : strcmp(was->name, is->name);

        rc = replay_source(work, order <= 0 ? was : NULL, order >= 0 ? is : NULL, pass);
        i += order <= 0;
        k += order >= 0;
    }
    return rc;
}

/* Patches what has changed since into the compaction's base. 1; 0: that takes compiling; CNIPOL_E_NOMEM. */
static int replay(struct cnipol_compaction *work)
{
    int rc = 1;

    work->base->publish = publish_nothing;
    for (enum pass pass = GONE; pass < PASSES && rc == 1; pass++)
        rc = replay_pass(work, pass);
    return rc < 0 && rc != CNIPOL_E_NOMEM ? 0 : rc;
}

static int publish_work(struct cnipol_live *live, struct cnipol_compaction *work)
{
    uint64_t n_patched = live->n_patched;
    struct np_live_base *base = work->base;
    int rc = replay(work);

    if (rc <= 0) {
        live->n_patched = n_patched;
        return rc ? rc : np_live_rebuild(live);
    }
    work->base = NULL;
    rc = np_live_adopt(live, base);
    if (rc)
        return rc;
    np_live_renumber(live);
    return live->n_patched == n_patched ? CNIPOL_LIVE_COMPILED : CNIPOL_LIVE_PATCHED;
}

int cnipol_live_compact_finish(struct cnipol_live *live, struct cnipol_compaction *work)
{
    int rc = work->rc;

    np_live_forget_refused(live);
    if (rc) {
        live->refused = work->base;
        work->base = NULL;
    } else if (live->is_open) {
        live->is_stale = true;
        rc = CNIPOL_LIVE_NOTHING;
    } else {
        rc = publish_work(live, work);
    }
    free_compaction(work);
    return rc;
}
