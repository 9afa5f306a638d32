/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_DOC_READERS_H
#define NP_DOC_READERS_H

/* What reader.c puts together: one function per format, over a source whose size was checked. */

#include "doc/reader.h"

struct np_doc_job {
    struct cnipol_ctx *ctx;
    uint32_t source;
    const char *bytes;
    size_t size;
    uint32_t bom; /* bytes of a UTF-8 byte order mark: 0 or 3 */
    np_doc_fn *fn;
    void *user;
};

int np_yaml_read(const struct np_doc_job *job);
int np_json_read(const struct np_doc_job *job);
/* Is all of it JSON? CNIPOL_OK, CNIPOL_E_SYNTAX, or another status to give up with (then raised). */
int np_json_check(const struct np_doc_job *job);

#endif
