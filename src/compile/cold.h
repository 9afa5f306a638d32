/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_COMPILE_COLD_H
#define NP_COMPILE_COLD_H

/*
 * Blocks of parts, as machine and directory are written: the writer, and the reader that checks.
 *
 * Writing goes twice over the same rows. The first time only strings count: they are collected, and
 * sorted when it is over. The second time each string has its number. So whoever writes rows need not
 * know which strings there will be.
 *
 * Reading takes rows by copy, so the bytes need no alignment, and remembers that something was wrong
 * (`bad`) instead of stopping: numbers that lead nowhere give what is harmless, and the caller asks
 * once at the end.
 */

#include <cnipol/format_cold.h>

#include "base/str.h"

#define NP_COLD_PARTS_MAX 20

/* What a kind of block is made of. */
struct np_cold_kind {
    uint32_t magic;
    uint32_t n_parts;
    uint8_t row_size[NP_COLD_PARTS_MAX];
};

extern const struct np_cold_kind np_cold_machine;
extern const struct np_cold_kind np_cold_directory;

struct np_cold_writer {
    struct np_mem *mem;
    const struct np_cold_kind *kind;
    struct np_buf parts[NP_COLD_PARTS_MAX];
    struct np_str *strings;
    uint32_t n_strings, cap_strings;
    struct np_hmap string_map;
    uint32_t *numbers; /* by string as collected; NULL: still collecting */
    bool failed;
};

void np_cold_begin(struct np_cold_writer *w, struct np_mem *mem, const struct np_cold_kind *kind);
void np_cold_end(struct np_cold_writer *w);
/* Between the two times: sorts the strings and forgets the rows. */
void np_cold_sort(struct np_cold_writer *w);
/* Appends the block. 0, CNIPOL_E_NOMEM or CNIPOL_E_LIMIT. */
int np_cold_finish(struct np_cold_writer *w, struct np_buf *out);

/* Adds a row and returns its number. */
uint32_t np_cold_add(struct np_cold_writer *w, uint32_t part, const void *row);
/* How many rows the part has so far. */
uint32_t np_cold_count(const struct np_cold_writer *w, uint32_t part);
/* Numbers of strings; NULL and NP_ATOM_NONE are CNIPOL_COLD_NONE. */
uint32_t np_cold_put_str(struct np_cold_writer *w, struct np_str s);
uint32_t np_cold_put_text(struct np_cold_writer *w, const char *s);
uint32_t np_cold_put_atom(struct np_cold_writer *w, const struct np_atoms *atoms, np_atom atom);

struct np_cold_reader {
    const unsigned char *bytes;
    const struct np_cold_kind *kind;
    struct np_atoms *atoms;
    struct cnipol_cold_part parts[NP_COLD_PARTS_MAX];
    uint32_t taken[NP_COLD_PARTS_MAX]; /* rows, by np_cold_take */
    np_atom *strings;                  /* interned, by number */
    bool bad;
};

/* Checks head, parts and strings. 0, CNIPOL_E_INVALID or CNIPOL_E_NOMEM. `tmp` must live as long as the reader. */
int np_cold_open(struct np_cold_reader *r, const struct np_cold_kind *kind, const void *bytes, size_t size, struct np_atoms *atoms,
                 struct np_arena *tmp);
static inline uint32_t np_cold_rows(const struct np_cold_reader *r, uint32_t part)
{
    return r->parts[part].count;
}
/* Copies row `i`, which must be there. */
void np_cold_get(const struct np_cold_reader *r, uint32_t part, uint32_t i, void *row);
/* Remembers that something is wrong unless `ok`, and returns it. */
static inline bool np_cold_check(struct np_cold_reader *r, bool ok)
{
    r->bad = r->bad || !ok;
    return ok;
}
/* Takes the next `n` rows of a part, which must begin at `first`: no two rows share those they speak of. */
bool np_cold_take(struct np_cold_reader *r, uint32_t part, uint32_t first, uint32_t n);
/* A string that must be there; NP_ATOM_NONE if it is not. */
np_atom np_cold_name(struct np_cold_reader *r, uint32_t number);
/* The same, where CNIPOL_COLD_NONE is no string. */
np_atom np_cold_name_or_none(struct np_cold_reader *r, uint32_t number);
/* Their texts; never NULL, and NULL for none. */
const char *np_cold_text(struct np_cold_reader *r, uint32_t number);
const char *np_cold_text_or_none(struct np_cold_reader *r, uint32_t number);

/* Is this an address of family 4 or 6, with zeros behind IPv4? */
struct np_ip;
bool np_cold_ip(struct np_cold_reader *r, uint8_t family, const uint8_t *bytes, struct np_ip *out);

/* read_machine.c and read_directory.c, for read_model.c */
struct cnipol_model;
int np_read_machine(struct cnipol_model *model, const void *bytes, size_t size, struct np_arena *tmp);
int np_read_directory(struct cnipol_model *model, const void *bytes, size_t size, struct np_arena *tmp);

#endif
