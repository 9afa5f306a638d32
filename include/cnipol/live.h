/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CNIPOL_LIVE_H
#define CNIPOL_LIVE_H

#include <cnipol/addrmap_core.h>
#include <cnipol/eval_base.h>
#include <cnipol/image.h>

/**
 * A policy set that changes while it is asked: for agents.
 *
 * The writer is handed sources, each a name and text (one object or many), as they come and go. Readers acquire
 * snapshots: an image, a view into it, and the address map that belongs to it. A snapshot never changes, so what a
 * reader asks of one snapshot is answered by one state of the cluster, the old or the new, never by a mixture:
 *
 *     const struct cnipol_snapshot *s = cnipol_live_acquire(live);
 *
 *     cnipol_eval(s->bytes, s->view, &key, &answer);
 *     cnipol_live_release(live, s);
 *
 * Peer ids belong to the snapshot that they were looked up in.
 *
 * Acquire first, then look addresses up in the snapshot's map: that map goes on changing, and what it says of an address by
 * then is either what the snapshot means by it, or an id that the snapshot does not know: CNIPOL_UNDEFINED, which an
 * enforcing reader denies, or asks again of a newer snapshot.
 *
 * A changed policy takes effect at once: the subjects that it concerns, before and after, get new rule lists beside
 * the tables that are being read, and another view is published. A prefix that cuts ranges of addresses, or a selector
 * that tells ends apart, gives new ids to the parts. So it is with a pod that comes, goes or changes, and with a namespace's
 * labels: ids are given to the addresses, and the policies that see a difference are made anew. What a change like that cannot
 * express compiles everything anew: a source that is not one policy, one pod or one namespace, before and after (nodes, Services,
 * several objects), a port name that no rule mentioned, an object that is given twice, an address that two claim, a full room
 * (see cnipol_live_stats()). That is what cnipol_live_compact() does, too: it folds rule lists back into tables, and gives the
 * bytes that compiling the present state from scratch would give.
 *
 * With 10,000 identities and 5,000 policies a change of one policy takes 0.02 to 0.4 ms, of one pod 0.03 to 1 ms, compiling
 * 0.5 s; docs/live.md tells what costs what.
 *
 * Threads: one writer at a time; any number of readers, which neither lock nor wait. Reading does not allocate. The
 * allocator is called by the writer and by cnipol_compaction_run(), perhaps at once: it must bear that.
 */

#ifdef __cplusplus
extern "C" {
#endif

struct cnipol_live;

/** What a reader asks. Valid until released. */
struct cnipol_snapshot {
    const uint8_t *bytes; /**< offsets count from here, as in an image */
    uint32_t view;        /**< what cnipol_eval() (eval_core.h) is handed */
    uint32_t n_bytes;     /**< how many a copy needs */
    uint64_t generation;  /**< counts publications, 1 first */
    const void *addrmap;  /**< addrmap_core.h; NULL: not asked for */
    uint64_t base;        /**< counts the images that the snapshots were made of: where it changes, patches do not lead on */
};

/** Zero what is not set. */
struct cnipol_live_opts {
    size_t sz;                                 /**< sizeof of this struct */
    const char *engine;                        /**< NULL: "kubernetes" */
    const char *const *knobs;                  /**< "name=value", NULL at the end; may be NULL */
    struct cnipol_compile_opts compile;        /**< sz 0: defaults. `node` makes it a slice */
    const struct cnipol_cluster_opts *cluster; /**< NULL: defaults */
    uint64_t room;                             /**< bytes for changes between compactions; 0: 16 MiB */
    uint8_t with_addrmap;                      /**< 1: keep an address map beside the image */
    uint8_t reserved[7];
};

/**
 * An empty cluster, published. `ctx` gives the allocator; it and `opts`' strings need not outlive the call, the allocator must.
 * `opts` NULL: defaults. CNIPOL_OK, CNIPOL_E_NOMEM, CNIPOL_E_USAGE (options, or a knob without '=' or of no such value),
 * CNIPOL_E_NOTFOUND (no such engine or knob). With `compile.node` a change that brings pods, and not that node, is refused
 * with CNIPOL_E_NOTFOUND, too: begin with the node.
 */
CNIPOL_API int cnipol_live_new(struct cnipol_ctx *ctx, const struct cnipol_live_opts *opts, struct cnipol_live **out);
/** All snapshots must have been released, all compactions finished. NULL is fine. */
CNIPOL_API void cnipol_live_free(struct cnipol_live *live);

/** How a change was made. */
enum cnipol_live_change {
    CNIPOL_LIVE_NOTHING = 0, /**< it changed nothing that can be asked */
    CNIPOL_LIVE_PATCHED = 1, /**< rule lists beside the present tables: about linear in ends, and in the policies of whom it concerns */
    CNIPOL_LIVE_COMPILED = 2 /**< everything anew: the cost of cnipol_compile() and of reading all sources */
};

/**
 * The source of that name is now this text, which is copied; published when the call returns. Returns enum cnipol_live_change, or
 * CNIPOL_E_INVALID, _SYNTAX, _LIMIT (refused: nothing changed, cnipol_live_ctx() has the diagnostics), CNIPOL_E_NOMEM.
 * CNIPOL_E_LIMIT without a diagnostic: readers hold on to 64 snapshots. Cost: see enum cnipol_live_change.
 * Names order sources, as paths of files do: of two objects of one name the one in the later source counts.
 */
CNIPOL_API int cnipol_live_put(struct cnipol_live *live, const char *name, const char *text, size_t size);
/** The source of that name is gone. As put; CNIPOL_E_NOTFOUND: there was none. */
CNIPOL_API int cnipol_live_delete(struct cnipol_live *live, const char *name);
/**
 * Many sources at once, compiled once: between begin and end nothing is published. End returns as put does; where it is
 * refused, readers keep what they had, and what was put in between waits until all of it compiles: end may be called again.
 */
CNIPOL_API void cnipol_live_begin(struct cnipol_live *live);
CNIPOL_API int cnipol_live_end(struct cnipol_live *live);

/** Compiles the present state into tables and publishes it. As put. */
CNIPOL_API int cnipol_live_compact(struct cnipol_live *live);
/**
 * The same in the background: begin copies what there is (writer's thread), run compiles (any thread, once), finish
 * publishes (writer's thread; frees the work, whatever comes of it). Sources that have changed in between are patched into
 * what was compiled before anybody reads it, at the cost of so many changes; where one cannot be patched, finish compiles the
 * present sources, at full cost. Begin and run: CNIPOL_OK or a failure. Finish: CNIPOL_LIVE_COMPILED, all tables;
 * CNIPOL_LIVE_PATCHED, tables with changes beside them; CNIPOL_LIVE_NOTHING between cnipol_live_begin() and _end(), which
 * compiles; or a failure as put. A run that had not memory enough may be run again.
 */
struct cnipol_compaction;
CNIPOL_API int cnipol_live_compact_begin(struct cnipol_live *live, struct cnipol_compaction **out);
CNIPOL_API int cnipol_compaction_run(struct cnipol_compaction *work);
CNIPOL_API int cnipol_live_compact_finish(struct cnipol_live *live, struct cnipol_compaction *work);

/** What has been done, and what there is room for. */
struct cnipol_live_stats {
    uint64_t room;       /**< as in the options */
    uint64_t used;       /**< of `room`: where it reaches it, the next change is compiled; so compact in time */
    uint64_t n_patched;  /**< changes that were patched */
    uint64_t n_compiled; /**< compilations that the writer did and waited for */
};
/** Writer's thread. */
CNIPOL_API void cnipol_live_stats(const struct cnipol_live *live, struct cnipol_live_stats *out);

/** The present snapshot. Any thread; never waits, never fails. One atomic addition, and one for the release. */
CNIPOL_API const struct cnipol_snapshot *cnipol_live_acquire(struct cnipol_live *live);
CNIPOL_API void cnipol_live_release(struct cnipol_live *live, const struct cnipol_snapshot *snapshot);

/** The image that the last compaction gave: what `cnipol compile` would write. Writer's thread, until the next change. */
CNIPOL_API const struct cnipol_image *cnipol_live_image(const struct cnipol_live *live);
/** The model of that image, which finds ends by name, also pods that came since; diagnostics of the last call. Writer's thread, until the next change. */
CNIPOL_API const struct cnipol_model *cnipol_live_model(const struct cnipol_live *live);
CNIPOL_API struct cnipol_ctx *cnipol_live_ctx(struct cnipol_live *live);
/** A question about that model's ends as a key of the present snapshot; CNIPOL_E_NOTFOUND where it is no single one. Writer's thread. */
CNIPOL_API int cnipol_live_key(const struct cnipol_live *live, const struct cnipol_question *question, struct cnipol_key *out);

/**
 * What was written since the last call, in order, for who keeps a copy elsewhere (a BPF map): `bytes` at `offset`.
 * After the last one the copy's view offset is to be set to the snapshot's. Returns the number of patches, or
 * CNIPOL_E_NOTFOUND where the copy is of another base: then it is to be replaced by the whole snapshot.
 */
typedef void cnipol_patch_fn(void *user, uint32_t offset, const void *bytes, uint32_t n);
CNIPOL_API int cnipol_live_patches(struct cnipol_live *live, cnipol_patch_fn *visit, void *user);

#ifdef __cplusplus
}
#endif
#endif
