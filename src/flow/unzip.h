/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_UNZIP_H
#define NP_FLOW_UNZIP_H

/*
 * What unpacks one member of gzip, or one frame of zstd, after another: a row for each library. unpack.c finds where they begin.
 *
 * A state is made once for a stream and begun anew for each member; it may be fed any pieces.
 */

#include <stddef.h>

#include "base/mem.h"

struct np_unzip_io {
    const char *in; /* both move on by what was used and made */
    size_t n;
    char *out;
    size_t room;
};

struct np_unzip {
    const char *name;    /* "gzip" */
    const char *damaged; /* the flaw's message */
    const char *early;   /* the same, where the stream ends within a member */
    /* A state; NULL: no memory. */
    void *(*open)(struct np_mem *mem);
    void (*close)(struct np_mem *mem, void *state);
    void (*begin)(void *state);
    /* 1: the member has ended; 0: go on; CNIPOL_E_SYNTAX: damaged, behind what was made; CNIPOL_E_NOMEM. */
    int (*step)(void *state, struct np_unzip_io *io);
};

extern const struct np_unzip np_unzip_gzip, np_unzip_zstd;

#endif
