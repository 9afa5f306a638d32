/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_BASE_CTX_H
#define NP_BASE_CTX_H

/* The context: what every room is handed. See include/cnipol/ctx.h for its contract. */

#include <cnipol/ctx.h>

#include "base/diag.h"
#include "base/mem.h"
#include "base/source.h"
#include "base/str.h"

struct cnipol_ctx {
    struct np_mem mem;
    struct np_atoms atoms; /* names, label keys and values of all objects */
    struct np_sources sources;
    struct np_diags diags;
    uint64_t limits[CNIPOL_LIMIT_COUNT];
};

/* Whether options of `sz` bytes can be read as the first `known` of them: what is beyond those must be zero. */
bool np_opts_fit(const void *opts, size_t sz, size_t known);

#endif
