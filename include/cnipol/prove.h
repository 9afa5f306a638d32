/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CNIPOL_PROVE_H
#define CNIPOL_PROVE_H

#include <cnipol/image.h>
#include <cnipol/report.h>

/**
 * Proving that an image answers as the reference does: everybody against everybody, with every L4 question that
 * the policies can tell apart. Nothing is drawn at random and nothing of what the compiler found out is believed.
 *
 *     struct cnipol_prove_opts opts = {.sz = sizeof opts};
 *     struct cnipol_proof proof;
 *
 *     if (cnipol_prove(ctx, model, image, &opts, &proof) == CNIPOL_OK)
 *         puts("the image says what the policies say");
 *
 * First, every address of every end, and every range of addresses that no prefix of a policy cuts, is looked up in the
 * image's directory: whatever shares a peer id must be the same to each single term of the policies. Then all pairs of
 * peer ids are asked all questions, cut at the borders of those same terms: in the decision tables, in batches, and by
 * the rule lists. Where there are too many pairs, ids that the image's bytes and the policies' terms do not distinguish
 * stand for each other; that, too, is looked at for each of them.
 */

#ifdef __cplusplus
extern "C" {
#endif

/** Another way to ask the image n questions. What is not CNIPOL_OK ends the proof and is its result. */
typedef int (*cnipol_prove_fn)(void *user, const struct cnipol_key *keys, uint32_t n, struct cnipol_answer *out);

struct cnipol_prove_way {
    const char *name; /**< "kernel" */
    cnipol_prove_fn ask;
    void *user;
    int (*open)(void *user, const struct cnipol_image *image); /**< before an image is asked: cnipol_prove_shrink() has many. NULL: nothing to do */
};

/** Called now and then. What is not 0 ends the proof as if its limit had been reached. */
typedef int (*cnipol_prove_progress_fn)(void *user, uint64_t done, uint64_t all);

/** Zero what is not set. */
struct cnipol_prove_opts {
    size_t sz;              /**< sizeof of this struct */
    const char *node;       /**< the image is that node's slice; NULL: it is whole */
    uint64_t max_questions; /**< 0: as many as there are */
    uint64_t max_pairs;     /**< of single ids; with more, ids stand for each other. 0: 250,000 */
    const struct cnipol_prove_way *ways; /**< beside the image's own three */
    uint32_t n_ways;                     /**< at most 5 */
    uint32_t reserved;                   /**< 0 */
    cnipol_prove_progress_fn progress;   /**< NULL: none */
    void *user;
};

/** What a proof came upon. */
enum cnipol_proof_result {
    CNIPOL_PROOF_HOLDS = 0,
    CNIPOL_PROOF_UNFINISHED = 1, /**< no difference so far, but `left` questions were not asked */
    CNIPOL_PROOF_ENDS = 2,       /**< the image's directory does not have the same ends, or not all of them */
    CNIPOL_PROOF_IDENTITY = 3,   /**< source and destination share a peer id, but some term tells them apart */
    CNIPOL_PROOF_VERDICT = 4     /**< another answer */
};

#define CNIPOL_PROOF_NAME 328

struct cnipol_proof {
    int32_t result;   /**< enum cnipol_proof_result */
    uint32_t ids;     /**< peer ids that somebody has */
    uint32_t members; /**< ends with an address, and ranges of addresses */
    uint32_t atoms;   /**< L4 questions to each pair */
    uint64_t pairs;
    uint64_t questions; /**< that were asked, each in every way */
    uint64_t left;      /**< that were not */
    uint8_t by_class;   /**< 1: ids stood for each other */
    uint8_t is_askable; /**< 1: `question` is about `source` and `destination` and comes to this key */
    uint8_t reserved[6];
    /* The first difference. */
    char way[16];
    char source[CNIPOL_PROOF_NAME];
    char destination[CNIPOL_PROOF_NAME];
    struct cnipol_question question;
    struct cnipol_key key;
    struct cnipol_answer expected; /**< without programs, of which only images know */
    struct cnipol_answer got;
};

/**
 * CNIPOL_OK: it holds. CNIPOL_E_INVALID: `out` has the difference. CNIPOL_E_LIMIT: unfinished. CNIPOL_E_NOTFOUND (no
 * such node, or the image was compiled without names), CNIPOL_E_USAGE (a model that was read from an image; a slice
 * without a node or the other way round), CNIPOL_E_NOMEM. Memory is of the context while it runs.
 * Cost: pairs times atoms, about a microsecond each.
 */
CNIPOL_API int cnipol_prove(struct cnipol_ctx *ctx, const struct cnipol_model *model, const struct cnipol_image *image,
                            const struct cnipol_prove_opts *opts, struct cnipol_proof *out);

/**
 * Makes a difference small. All that was loaded into the context (`ctx` has nothing else loaded) is loaded again, under
 * these knobs (NULL: defaults), with ever more left out: objects, then parts of them, as long as what is left, compiled
 * anew, still has a difference that a test case can ask about. Writes that case (docs/test-vectors.md), which fails in
 * `cnipol test --with all`. `max_trials` 0: 4000. Ways and node are those of `opts`.
 * CNIPOL_OK; CNIPOL_E_NOTFOUND: no such difference to begin with; CNIPOL_E_USAGE, CNIPOL_E_IO (`write` failed), CNIPOL_E_NOMEM.
 */
CNIPOL_API int cnipol_prove_shrink(struct cnipol_ctx *ctx, const struct cnipol_knobs *knobs, const struct cnipol_prove_opts *opts,
                                   uint32_t max_trials, cnipol_write_fn write, void *user);

#ifdef __cplusplus
}
#endif
#endif
