/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CNIPOL_KNOBS_H
#define CNIPOL_KNOBS_H

#include <stddef.h>
#include <stdint.h>

#include <cnipol/ctx.h>

/**
 * Knobs: named points where engines, versions or readings of the specification differ.
 *
 * Each knob has a fixed set of values, the first one being its default; docs/semantics/kubernetes.md
 * says who does what. An engine is a set of knob values. The `dns` table (name to addresses, for
 * domainNames) travels with them. Thread safety: one thread at a time.
 */

#ifdef __cplusplus
extern "C" {
#endif

struct cnipol_knobs;

struct cnipol_knob {
    const char *name;          /**< "self-traffic" */
    const char *const *values; /**< NULL-terminated, the default first: "allow", "evaluate", "undefined" */
    const char *summary;       /**< one line */
};

/** The i-th knob of the generic `kubernetes` engine, or NULL past the end. Static; any thread. */
CNIPOL_API const struct cnipol_knob *cnipol_knob_at(size_t i);

/** All defaults. Freed before the context. CNIPOL_OK or CNIPOL_E_NOMEM. */
CNIPOL_API int cnipol_knobs_new(struct cnipol_ctx *ctx, struct cnipol_knobs **out);
/** NULL is fine; models keep a copy. */
CNIPOL_API void cnipol_knobs_free(struct cnipol_knobs *knobs);

/** Sets one knob. CNIPOL_E_NOTFOUND: no such knob; CNIPOL_E_USAGE: no such value. */
CNIPOL_API int cnipol_knobs_set(struct cnipol_knobs *knobs, const char *name, const char *value);
/** The present value, or NULL for an unknown knob. */
CNIPOL_API const char *cnipol_knobs_get(const struct cnipol_knobs *knobs, const char *name);

/**
 * Adds an address under a domain name (lower-cased, a final dot dropped); `address` NULL adds the bare
 * name, which then resolves to nothing instead of being unknown. CNIPOL_E_USAGE: not an address.
 */
CNIPOL_API int cnipol_knobs_add_dns(struct cnipol_knobs *knobs, const char *name, const char *address);

#ifdef __cplusplus
}
#endif
#endif
