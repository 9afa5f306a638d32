/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_COMPILE_LIVE_BASE_H
#define NP_COMPILE_LIVE_BASE_H

/*
 * A base: everything compiled at one time, and what changes since then have added to it.
 *
 * A base has a context of its own, so that it can be built in another thread and freed as a whole. Readers see its
 * region only. Snapshots keep a base alive; the writer frees it when none is left.
 *
 * Ids that a change had to split lie behind the base's own. Each says which id it was split from (`like`): old sets
 * hold the one where they hold the other.
 */

#include <cnipol/addrmap.h>
#include <cnipol/live.h>

#include "compile/region.h"

/* Numbers of objects that are no policies: with one of these in the two highest bits. */
#define NP_LIVE_KIND(number) ((number)&0xc0000000u)
#define NP_LIVE_INDEX(number) ((number)&0x3fffffffu)
enum { NP_LIVE_POLICY = 0, NP_LIVE_POD = 0x40000000 };
#define NP_LIVE_NAMESPACE 0x80000000u
#define NP_LIVE_NODE 0xc0000000u

/* A source as it was handed over. */
struct np_live_source {
    char *name;
    char *text;
    size_t size;
    uint32_t policy;   /* the base's number of its only object, a policy, or with NP_LIVE_POD a pod, ...; NP_NONE: it is something else */
    uint32_t numbered; /* the same in the base that was built last, which may have been refused */
};

/* live_source.c: a copy of a text, with a NUL behind it; NULL: out of memory. */
char *np_live_copy(struct np_mem *mem, const char *text, size_t size);
void np_live_free_copy(struct np_mem *mem, const char *text);
int np_live_source_make(struct np_mem *mem, const char *name, const char *text, size_t size, struct np_live_source *out);
void np_live_source_free(struct np_mem *mem, struct np_live_source *source);
void np_live_sources_free(struct np_mem *mem, struct np_live_source *sources, uint32_t n, uint32_t cap);

/* How a set of ids is to be read: ids at or beyond `space` are like others. */
struct np_live_set {
    uint32_t set;
    uint32_t space;
};

/* By id and stage: how many policies govern the id, two words each: surely, perhaps. No words: none does. */
struct np_live_governors {
    struct np_words stages[64];
};

/* A policy that was added by a change. */
struct np_live_policy {
    struct np_policy policy;   /* names are the base's atoms */
    struct np_machine machine; /* its own, and what that was lowered from; NULL: a policy of the base's own cluster */
    struct cnipol_cluster *cluster;
    bool has_machine;
    struct np_live_set governed[CNIPOL_IMAGE_CHECKPOINTS][64]; /* by stage */
};

/* A source that is one pod. */
struct np_live_pod {
    np_atom ns, name;
    uint32_t pod;  /* the view's number; NP_NONE: it is not shown */
    bool is_alive; /* false: the source is gone, or another pod */
};

struct np_live_base {
    struct cnipol_ctx *ctx;
    struct cnipol_cluster *cluster;
    struct cnipol_knobs *knobs;
    struct cnipol_model *model;
    struct np_compilation c;
    struct np_ruleset rules;
    struct cnipol_image *image;
    struct np_region region;
    void *addrmap_block;
    size_t addrmap_size;
    struct cnipol_addrmap *addrmap;
    uint64_t number;
    int (*publish)(void *user); /* the region's present view, by whoever has the slot */
    void *user;
    uint32_t n_snapshots;
    uint32_t n_shown;      /* ids that the present snapshot knows */
    bool has_twins;        /* some object is given twice: when one goes, the other counts */
    bool is_spent;         /* a change began and did not end: only what was published is whole */
    bool has_engine_rules; /* of the engine itself, that depend on a policy */
    /* growth */
    struct np_words like;      /* by id behind the base's own */
    uint32_t depth;            /* of the longest chain of ids that are like another */
    struct np_words n_entries; /* by id: addresses of ends and atoms that have it */
    struct np_words roots[CNIPOL_IMAGE_CHECKPOINTS];
    struct np_words peers[CNIPOL_IMAGE_CHECKPOINTS];
    struct np_live_governors governors[CNIPOL_IMAGE_CHECKPOINTS];
    struct np_words counts, truths; /* scratch of changes, by id; counts are 0 in between */
    struct np_words gone;           /* policies that count no more, by number: 1 */
    struct np_words now;            /* by number: the policy that stands for one since its ends changed; NP_NONE */
    struct np_hmap by_name;         /* policies, those that count no more among them */
    struct np_live_policy **extra;  /* policies from machine.n_policies on; each in ctx->mem */
    uint32_t n_extra, cap_extra;
    struct np_live_pod *pods; /* sources that are one pod each */
    uint32_t n_pods, cap_pods;
    struct np_hmap pod_names;
    struct cnipol_addrmap_prefix *later; /* what the address map is to say once the last change is public */
    uint32_t n_later, cap_later;
};

struct np_live_config {
    struct cnipol_alloc alloc;
    const char *engine;
    char **knobs; /* NULL at the end */
    struct cnipol_compile_opts compile;
    struct cnipol_cluster_opts cluster;
    uint64_t room;
    bool with_addrmap;
};

/* CNIPOL_OK or what loading and compiling say. On failure *out is NULL, or, with diagnostics to read, a base without a region. */
int np_live_base_build(const struct np_live_config *config, struct np_live_source *sources, uint32_t n, struct np_live_base **out);
void np_live_base_free(struct np_live_base *base);

/* What the address map is to say of addresses once the last change is public. */
void np_live_settle(struct np_live_base *base);

/* Writes what is new to the region, and a view of it. 0, CNIPOL_E_NOMEM, or CNIPOL_E_LIMIT: the region is full. */
int np_live_base_write(struct np_live_base *base);

/* Is the id in a set of ids as it was when there were `space` of them? */
enum np_tri np_live_member(const struct np_live_base *base, struct np_live_set set, uint32_t id);

/* The key of `by_name`. */
uint64_t np_live_policy_hash(const struct np_policy *policy);
/* Rules of the engine itself that depend on a policy cannot be told from others of their kind. */
bool np_live_has_engine_rules(const struct np_machine *machine);

/* live_govern.c: adds a policy of the base's machine (n 1) or takes it away (n -1), and does the same with a set of ids in one stage. */
int np_live_govern_policy(struct np_live_base *base, uint32_t policy, int n);
int np_live_govern_set(struct np_live_base *base, uint32_t checkpoint, uint32_t stage, struct np_live_set set, int n);
enum np_tri np_live_governed(const struct np_live_base *base, uint32_t checkpoint, uint32_t stage, uint32_t id);
/* All of the machine's policies. CNIPOL_OK, CNIPOL_E_NOMEM. */
int np_live_govern_all(struct np_live_base *base);

/* Calls for each id of a set, as far as it knows ids, and of those that came later. What is not 0 ends it and is returned. */
typedef int np_live_visit_fn(void *user, uint32_t id, enum np_tri member);
int np_live_each(const struct np_live_base *base, struct np_live_set set, np_live_visit_fn *visit, void *user);

/* What comes of a patch, beside failures, and 0: it takes compiling. */
enum { NP_LIVE_DONE = 1, NP_LIVE_SAME = 2 /* nothing changed that can be asked */ };

/* live_object.c: one object instead of another (`old`: its number or NP_NONE; `text` NULL: none instead). 1: done and written, to
   be published, and then np_live_settle(); 2: nothing changed that can be asked; 0: this takes compiling; CNIPOL_E_INVALID and the
   like: refused. *number: the new object's. */
int np_live_patch(struct np_live_base *base, const struct np_live_config *config, uint32_t old, const char *name, const char *text,
                  size_t size, uint32_t *number);

#endif
