/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_IMAGE_CHECK_H
#define NP_IMAGE_CHECK_H

/*
 * The proof that bytes are an image that can be evaluated: what its parts share.
 *
 * The parts run in order, each trusting what the ones before it found: header and sections (verify.c), then the
 * view and the decision tables (verify_tables.c), then the rule lists (verify_rules.c). Everything is arbitrary
 * until it was looked at: sums and products are taken in 64 bits, and nothing is read before its bounds are known.
 */

#include "image/image.h"

struct np_image_check {
    struct cnipol_ctx *ctx;
    const char *name; /* the file's, in messages */
    const uint8_t *bytes;
    uint64_t n;
    const struct cnipol_image_section *tables;
    const struct cnipol_image_section *rules;
    const struct cnipol_image_view *view;
};

/* Says why not, and where; CNIPOL_E_INVALID. */
int np_image_refuse(const struct np_image_check *check, enum np_code code, uint64_t at, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* The header alone, O(1): what opening an image trusts. */
int np_image_check_header(const struct np_image_check *check);
int np_image_check_tables(const struct np_image_check *check);
int np_image_check_rules(const struct np_image_check *check);
/* All. CNIPOL_OK, CNIPOL_E_INVALID with a diagnostic, CNIPOL_E_NOMEM. */
int np_image_check_all(struct cnipol_ctx *ctx, const char *name, const void *bytes, size_t n);

/* A table of n elements lies within the tables or the rules. */
int np_image_check_extent(const struct np_image_check *check, const char *what, uint32_t offset, uint64_t n, uint32_t size, uint32_t align);

#endif
