/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CNIPOL_FILTER_H
#define CNIPOL_FILTER_H

#include <cnipol/ctx.h>
#include <cnipol/flow.h>

/**
 * Filters of flow records, with the flags of `hubble observe` and their meaning (Cilium 1.20): docs/flow-filters.md.
 *
 *     const char *args[] = {"--from-pod", "shop/", "--not", "--verdict=FORWARDED"};
 *
 *     cnipol_filter_new(ctx, args, 4, &filter);
 *     ...
 *     if (cnipol_filter_matches(filter, &flow) > 0)
 *         ...
 *
 * A filter is compiled once. It is then read-only: any number of threads may ask it, each about its own record, and nothing is
 * allocated. It must be freed before its context.
 */

#ifdef __cplusplus
extern "C" {
#endif

struct cnipol_filter;

/** A flag. Strings are static. */
struct cnipol_filter_flag {
    const char *name;  /**< "from-pod", without hyphens */
    char letter;       /**< 'n' of -n; NUL: none */
    uint8_t has_value; /**< 0: the flag stands alone */
    uint8_t reserved[6];
    const char *value; /**< what its value is called in help: "[NS/]PREFIX"; NULL: none */
    const char *about; /**< one line */
    const char *group; /**< heading that it stands under: "Endpoints" */
};

/** The i-th row of the table of flags, in the order of help; NULL past the last. Any thread. */
CNIPOL_API const struct cnipol_filter_flag *cnipol_filter_flag_at(size_t i);

/**
 * The flag that an argument of the command line is, or NULL: --name, --name=value, -x, -xvalue, -x=value. *n_args is how many
 * arguments belong to it: 2 where its value is the next argument, else 1. Any thread.
 */
CNIPOL_API const struct cnipol_filter_flag *cnipol_filter_takes(const char *arg, size_t *n_args);

/**
 * Compiles a filter from arguments as on the command line; without any it lets everything through. Strings are copied.
 * CNIPOL_OK; CNIPOL_E_NOMEM; CNIPOL_E_USAGE: a diagnostic says what is wrong, and where in an expression. *out is NULL then.
 */
CNIPOL_API int cnipol_filter_new(struct cnipol_ctx *ctx, const char *const *args, size_t n, struct cnipol_filter **out);
/** NULL is fine. */
CNIPOL_API void cnipol_filter_free(struct cnipol_filter *filter);

/**
 * Does the filter let the record through? 1 or 0; CNIPOL_E_LIMIT: a regular expression and a text of the record are together too
 * much (docs/flow-filters.md says when), so that nobody can say. Any thread. No allocation; needs 160 KiB of the stack where the
 * filter has regular expressions. O(tests of the filter × what they look at); fields that it looks at must have been wanted of the decoder.
 */
CNIPOL_API int cnipol_filter_matches(const struct cnipol_filter *filter, const struct cnipol_flow *flow);

/** The fields that the filter looks at, for cnipol_decoder_opts.fields; none where it lets everything through. */
CNIPOL_API void cnipol_filter_fields(const struct cnipol_filter *filter, struct cnipol_fields *out);

#ifdef __cplusplus
}
#endif
#endif
