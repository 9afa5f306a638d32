/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_BASE_FILE_H
#define NP_BASE_FILE_H

/* Files and folders: whole files into sources, sorted folder listings. */

#include "base/ctx.h"

/*
 * Reads a file ("-": standard input) into a source of the context. Gzip is unpacked where `gzip` is
 * set and the content says so. CNIPOL_OK, CNIPOL_E_IO, CNIPOL_E_LIMIT (raised as diagnostics), CNIPOL_E_NOMEM.
 */
int np_file_read(struct cnipol_ctx *ctx, const char *path, bool gzip, uint32_t *source);

/* Called for each file; non-zero ends the listing and becomes its result. */
typedef int np_file_fn(void *user, const char *path);

/*
 * A file, or all manifests below a folder (*.yaml, *.yml, *.json, *.jsonl, in any case), in byte order of their
 * paths. Hidden names are left out; links to folders are not followed, with a warning. CNIPOL_E_IO if the path cannot be read.
 */
int np_file_list(struct cnipol_ctx *ctx, const char *path, np_file_fn *fn, void *user);

#endif
