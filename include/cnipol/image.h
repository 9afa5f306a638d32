/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CNIPOL_IMAGE_H
#define CNIPOL_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include <cnipol/ctx.h>
#include <cnipol/eval_base.h>
#include <cnipol/model.h>

/**
 * Images: compiled policy sets (format.h), made of a model, kept as bytes, asked in nanoseconds.
 *
 *     struct cnipol_image *image;
 *
 *     if (cnipol_compile(ctx, model, NULL, &image) == CNIPOL_OK) {
 *         struct cnipol_key key = {.source = a, .destination = b, .protocol = 6, .destination_port = 5432};
 *         struct cnipol_answer answer;
 *
 *         cnipol_image_ask(image, &key, &answer);
 *         cnipol_image_free(image);
 *     }
 *
 * An image does not change and does not need the model that it was made of. Threads: any number may ask it;
 * everything that takes a context belongs to the context's thread.
 */

#ifdef __cplusplus
extern "C" {
#endif

struct cnipol_image;

/** Zero what is not set; `sz` is sizeof(struct cnipol_compile_opts). */
struct cnipol_compile_opts {
    size_t sz;
    const char *node;       /**< a slice: only this node's pods are subjects; NULL: all */
    uint64_t max_bytes;     /**< of the decision tables; 0: 64 MiB. What does not fit is left to the rule lists */
    uint64_t max_steps;     /**< work units of classes and tables; 0: 2^31; beyond, no tables. The same for the same input everywhere */
    uint32_t max_columns;   /**< of 64 L4 points each; 0: 1024. More: no tables, rule lists only */
    uint8_t only_rules;     /**< 1: no tables at all */
    uint8_t no_checksums;   /**< 1: sections without checksums */
    uint8_t no_explanation; /**< 1: without CNIPOL_SECTION_MACHINE and _DIRECTORY: cannot be explained or asked by name */
    uint8_t reserved[5];
    const char *root; /**< files below this folder are named as from there, wherever it is; NULL: as they were given */
};

/**
 * Compiles a model. The same model content gives the same bytes everywhere. CNIPOL_OK, CNIPOL_E_NOMEM,
 * CNIPOL_E_LIMIT (a rule list or a table beyond what the format holds; a diagnostic says which),
 * CNIPOL_E_NOTFOUND (no such node), CNIPOL_E_USAGE (options of a later version; a model that was read from an image).
 * `opts` NULL: defaults. The image is freed before the context.
 * Cost: about linear in distinct subjects and what their policies can tell apart; bounded by the options.
 */
CNIPOL_API int cnipol_compile(struct cnipol_ctx *ctx, const struct cnipol_model *model, const struct cnipol_compile_opts *opts,
                              struct cnipol_image **out);

/**
 * Bytes as an image. cnipol_image_open() trusts them (it looks at the header only, O(1)) and borrows them: they must
 * live as long as the image. cnipol_image_load() reads a file and verifies it. Reads: what was proved of a mapped
 * file could be undone by whoever writes to it; who wants to share one maps it, verifies and opens it.
 * CNIPOL_E_INVALID with a diagnostic where they are not an image that this version reads; CNIPOL_E_USAGE where they
 * do not begin at a multiple of 64; CNIPOL_E_IO, CNIPOL_E_NOMEM.
 */
CNIPOL_API int cnipol_image_open(struct cnipol_ctx *ctx, const void *bytes, size_t n, struct cnipol_image **out);
CNIPOL_API int cnipol_image_load(struct cnipol_ctx *ctx, const char *path, struct cnipol_image **out);
/** Frees it, and its bytes unless they are borrowed. NULL is fine. */
CNIPOL_API void cnipol_image_free(struct cnipol_image *image);

/**
 * Proves that no evaluation of these bytes can read out of bounds or run on for ever, and, where they carry
 * checksums, that none of them was altered. CNIPOL_OK, CNIPOL_E_INVALID (a diagnostic says what and where), CNIPOL_E_NOMEM,
 * CNIPOL_E_USAGE where they do not begin at a multiple of 64.
 * Cost: linear in the bytes. Without checksums nothing is said about what the verdicts will be.
 */
CNIPOL_API int cnipol_image_verify(struct cnipol_ctx *ctx, const void *bytes, size_t n);

/** The bytes; they live as long as the image. */
CNIPOL_API const void *cnipol_image_bytes(const struct cnipol_image *image, size_t *n);
/** Writes the file in one step: a temporary file beside it, renamed. CNIPOL_OK, CNIPOL_E_IO with a diagnostic, CNIPOL_E_NOMEM. */
CNIPOL_API int cnipol_image_write(struct cnipol_ctx *ctx, const struct cnipol_image *image, const char *path);

/** Asks. Never fails: what cannot be asked is CNIPOL_UNDEFINED. No allocation, lock or system call. Cost: some ten loads for each direction. */
CNIPOL_API void cnipol_image_ask(const struct cnipol_image *image, const struct cnipol_key *key, struct cnipol_answer *out);
/** The same, by the rule lists alone: slower, equal. */
CNIPOL_API void cnipol_image_ask_rules(const struct cnipol_image *image, const struct cnipol_key *key, struct cnipol_answer *out);
/** n questions at once, in stages with prefetching: the fastest way for many. */
CNIPOL_API void cnipol_image_ask_batch(const struct cnipol_image *image, const struct cnipol_key *keys, size_t n,
                                       struct cnipol_answer *out);

/** How many peer ids there are. */
CNIPOL_API uint32_t cnipol_image_ids(const struct cnipol_image *image);

/**
 * The model that an image holds beside its tables: who there is and what the policies say, without a cluster. Ask it,
 * explain from it, find ends in it by name. Independent of the image's bytes; belongs to the context.
 * CNIPOL_OK, CNIPOL_E_NOMEM, CNIPOL_E_NOTFOUND (compiled without, or by another engine) or CNIPOL_E_INVALID, with a
 * diagnostic. Cost: linear in the image.
 */
CNIPOL_API int cnipol_image_model(struct cnipol_ctx *ctx, const struct cnipol_image *image, struct cnipol_model **out);

/** The two ways to the same answer. */
enum cnipol_image_way { CNIPOL_IMAGE_TABLES = 0, CNIPOL_IMAGE_RULES = 1 };

/**
 * Asks a question about ends as cnipol_ask() does, of the image that the model was read from: Services stand for their
 * backends, each of which is asked. `way`: enum cnipol_image_way. No allocation, lock or system call. Any thread.
 */
CNIPOL_API void cnipol_image_ask_question(const struct cnipol_image *image, const struct cnipol_model *model,
                                          const struct cnipol_question *question, int32_t way, struct cnipol_verdict *out);

/** Answers one question in numbers, somewhere: an image on the host, an image in the kernel. */
typedef void (*cnipol_answer_fn)(void *user, const struct cnipol_key *key, struct cnipol_answer *out);
/** The same walk, with each key answered by whoever it may be. */
CNIPOL_API void cnipol_ask_keys(const struct cnipol_model *model, const struct cnipol_question *question, cnipol_answer_fn answer,
                                void *user, struct cnipol_verdict *out);

/**
 * A question as a key of the image that the model was read from. CNIPOL_OK; CNIPOL_E_NOTFOUND where it does not come to
 * exactly one key (an end is not known, or a Service has not just one backend); CNIPOL_E_USAGE where the model was not
 * read from an image.
 */
CNIPOL_API int cnipol_image_key(const struct cnipol_model *model, const struct cnipol_question *question, struct cnipol_key *out);

/** One table of an image. A checkpoint's have its number, the others -1. */
struct cnipol_image_table {
    const char *name; /**< a static string: "leaves", "pages", ... */
    int32_t checkpoint;
    int32_t section; /**< row of the section table that it lies in */
    uint32_t offset;
    uint32_t row_bytes;
    uint64_t n; /**< rows */
};

/** The i-th table; CNIPOL_E_NOTFOUND behind the last one. */
CNIPOL_API int cnipol_image_table_at(const struct cnipol_image *image, size_t i, struct cnipol_image_table *out);

/** What a checkpoint's subjects come to. */
struct cnipol_image_checkpoint_stat {
    uint32_t by_tables; /**< subjects that the decision tables answer for */
    uint32_t by_list;   /**< subjects whose rule list is walked */
    uint32_t absent;    /**< ids that nothing polices here */
    uint32_t unclassed; /**< ids that the tables do not know as peers */
    uint32_t n_classes;
    uint32_t n_rows;  /**< distinct ones */
    uint32_t n_lines; /**< rows and their other columns */
    uint32_t longest_list;
    uint64_t list_items; /**< of all policed subjects' lists, each subject's counted */
};

struct cnipol_image_stat {
    uint64_t bytes;
    uint64_t by_temperature[3]; /**< sections: HOT, WARM, COLD */
    uint32_t n_ids;
    uint32_t n_checkpoints;
    struct cnipol_image_checkpoint_stat checkpoints[CNIPOL_IMAGE_CHECKPOINTS];
};

/** Counts. The image is trusted, or verified. Cost: linear in ids. */
CNIPOL_API void cnipol_image_stat(const struct cnipol_image *image, struct cnipol_image_stat *out);

#define CNIPOL_IMAGE_DIFF_EXAMPLES 16

/** A question that two images answer differently, in one direction. */
struct cnipol_image_difference {
    struct cnipol_key key;
    struct cnipol_answer before;
    struct cnipol_answer after;
};

/** How the verdicts of two images differ. That something asked at all (the flags ..._ASKED) is no difference. */
struct cnipol_image_diff {
    uint8_t same_bytes;
    uint8_t is_comparable; /**< ids and checkpoints mean the same; else nothing below is said */
    uint8_t is_complete;   /**< all was compared; else the budget of steps ran out */
    uint8_t n_checkpoints;
    uint32_t n_ids;
    uint32_t subjects[CNIPOL_IMAGE_CHECKPOINTS]; /**< how many have other verdicts there */
    uint32_t n_examples;
    struct cnipol_image_difference examples[CNIPOL_IMAGE_DIFF_EXAMPLES]; /**< of the first subjects that differ, one for each root */
};

/**
 * Compares all that can be asked, by what both images tell apart. Ids mean the same where there are equally many and the
 * images' directories are the same bytes. `max_steps` 0: 2^31 comparisons. CNIPOL_OK, CNIPOL_E_NOMEM.
 */
CNIPOL_API int cnipol_image_diff(struct cnipol_ctx *ctx, const struct cnipol_image *before, const struct cnipol_image *after,
                                 uint64_t max_steps, struct cnipol_image_diff *out);

#ifdef __cplusplus
}
#endif
#endif
