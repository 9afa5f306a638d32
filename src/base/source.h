/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_BASE_SOURCE_H
#define NP_BASE_SOURCE_H

/*
 * Sources and spans: where something was written.
 *
 * A source is a name and its bytes, kept as long as the context. A span is a source number and two
 * byte offsets. Lines and columns exist only when somebody asks (np_sources_place): the first
 * question about a source indexes its lines.
 *
 * A source may also be known by its places alone (np_sources_add_places), where the bytes are not at
 * hand: then a span's start is the number of a place, which names its own file.
 */

#include <stdint.h>

#include <cnipol/diag.h>

#include "base/mem.h"
#include "base/str.h"

struct np_span {
    uint32_t source; /* NP_NONE: nowhere */
    uint32_t start;  /* byte offsets */
    uint32_t end;    /* one past the last byte */
};

#define NP_NOWHERE ((struct np_span){NP_NONE, 0, 0})

struct np_source {
    const char *name; /* as given: a path, or <stdin> */
    const char *bytes;
    size_t size;
    uint32_t *lines; /* start offset of each line; NULL until asked for */
    uint32_t n_lines;
    uint32_t last_line; /* where the last column was counted; last_column 0: none was */
    uint32_t last_offset;
    uint32_t last_column;
    size_t owned;                      /* bytes to give back to np_mem; 0: the caller's memory */
    const struct cnipol_place *places; /* NULL: known by its bytes */
    uint32_t n_places;
};

struct np_sources {
    struct np_mem *mem;
    struct np_arena arena; /* names */
    struct np_source *items;
    uint32_t n;
    uint32_t cap;
};

void np_sources_init(struct np_sources *sources, struct np_mem *mem);
void np_sources_free(struct np_sources *sources);
/*
 * Adds a source and returns its number, or NP_NONE when out of memory. With `copy`, the bytes are
 * copied; else they must outlive the context. At most INT32_MAX bytes.
 */
uint32_t np_sources_add(struct np_sources *sources, const char *name, const char *bytes, size_t size, bool copy);
/* The same, taking over a block that was allocated from the same np_mem with `owned` bytes. */
uint32_t np_sources_adopt(struct np_sources *sources, const char *name, char *bytes, size_t size, size_t owned);
/*
 * Adds a source that is known by `n` places; a place's `file` lives as long as the context. Returns the
 * zeroed places to be filled, and the source's number; NULL: out of memory. A span is then (source, i, i).
 */
struct cnipol_place *np_sources_add_places(struct np_sources *sources, uint32_t n, uint32_t *source);
/* Line, column and line text of a span. 0, or CNIPOL_E_NOMEM. A span that is nowhere gives a zeroed place. */
int np_sources_place(struct np_sources *sources, struct np_span span, struct cnipol_place *out);

#endif
