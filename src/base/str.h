/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_BASE_STR_H
#define NP_BASE_STR_H

/*
 * Strings: a view (pointer and length), a growable buffer, and interned strings.
 *
 * A view owns nothing. A buffer remembers its first failure: append as often as you like and ask
 * np_buf_failed() once. An atom is a dense number that stands for one distinct string; equal strings
 * have equal atoms, atoms of one table compare as integers, and 0 is no atom. An interned string is
 * NUL-terminated and lives as long as its table.
 */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/hmap.h"
#include "base/mem.h"

struct np_str {
    const char *s;
    uint32_t n;
};

#define NP_STR(literal) ((struct np_str){(literal), (uint32_t)(sizeof(literal) - 1)})

static inline struct np_str np_str_of(const char *s)
{
    return (struct np_str){s, s ? (uint32_t)strlen(s) : 0};
}

static inline bool np_str_eq(struct np_str a, struct np_str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.s, b.s, a.n) == 0);
}

static inline bool np_str_is(struct np_str a, const char *b)
{
    return np_str_eq(a, np_str_of(b));
}

/* Byte order, shorter first among equals: the order of names in attribution and output. */
int np_str_cmp(struct np_str a, struct np_str b);

struct np_buf {
    struct np_mem *mem;
    char *s; /* NUL-terminated once something was appended */
    size_t n;
    size_t cap;
    bool failed;
};

void np_buf_init(struct np_buf *buf, struct np_mem *mem);
void np_buf_add(struct np_buf *buf, const char *s, size_t n);
void np_buf_adds(struct np_buf *buf, const char *s);
void np_buf_addstr(struct np_buf *buf, struct np_str s);
void np_buf_addc(struct np_buf *buf, char c);
void np_buf_addf(struct np_buf *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void np_buf_addv(struct np_buf *buf, const char *fmt, va_list args) __attribute__((format(printf, 2, 0)));
static inline bool np_buf_failed(const struct np_buf *buf)
{
    return buf->failed;
}
/* Keeps the storage. */
void np_buf_clear(struct np_buf *buf);
void np_buf_free(struct np_buf *buf);

typedef uint32_t np_atom;
#define NP_ATOM_NONE 0u

struct np_atoms {
    struct np_mem *mem;
    struct np_arena arena;
    struct np_hmap map;
    struct np_str *strs; /* by atom; [0] is the empty view */
    uint32_t n;
    uint32_t cap;
};

int np_atoms_init(struct np_atoms *atoms, struct np_mem *mem);
void np_atoms_free(struct np_atoms *atoms);
/* NP_ATOM_NONE means out of memory. The empty string has an atom of its own. */
np_atom np_atoms_add(struct np_atoms *atoms, struct np_str s);
/* The atom if the string is there, else NP_ATOM_NONE. */
np_atom np_atoms_find(const struct np_atoms *atoms, struct np_str s);
static inline struct np_str np_atoms_str(const struct np_atoms *atoms, np_atom atom)
{
    return atoms->strs[atom];
}

#endif
