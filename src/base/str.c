/* SPDX-License-Identifier: BSD-2-Clause */
/* Strings: see str.h. */

#include "base/str.h"

#include <stdio.h>

#include <cnipol/status.h>

int np_str_cmp(struct np_str a, struct np_str b)
{
    uint32_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.s, b.s, n) : 0;

    if (order)
        return order;
    return a.n < b.n ? -1 : a.n > b.n;
}

void np_buf_init(struct np_buf *buf, struct np_mem *mem)
{
    *buf = (struct np_buf){.mem = mem};
}

static bool buf_reserve(struct np_buf *buf, size_t more)
{
    size_t cap = buf->cap ? buf->cap : 64;
    char *moved;

    if (buf->failed)
        return false;
    if (more < buf->cap - buf->n)
        return true;
    while (cap - buf->n <= more)
        cap *= 2;
    moved = np_realloc(buf->mem, buf->s, buf->cap, cap);
    if (!moved) {
        buf->failed = true;
        return false;
    }
    buf->s = moved;
    buf->cap = cap;
    return true;
}

void np_buf_add(struct np_buf *buf, const char *s, size_t n)
{
    if (!buf_reserve(buf, n))
        return;
    if (n)
        memcpy(buf->s + buf->n, s, n);
    buf->n += n;
    buf->s[buf->n] = '\0';
}

void np_buf_adds(struct np_buf *buf, const char *s)
{
    np_buf_add(buf, s, strlen(s));
}

void np_buf_addstr(struct np_buf *buf, struct np_str s)
{
    np_buf_add(buf, s.s, s.n);
}

void np_buf_addc(struct np_buf *buf, char c)
{
    np_buf_add(buf, &c, 1);
}

void np_buf_addv(struct np_buf *buf, const char *fmt, va_list args)
{
    va_list again;
    int n;

    va_copy(again, args);
    n = vsnprintf(NULL, 0, fmt, args);
    if (n >= 0 && buf_reserve(buf, (size_t)n)) {
        (void)vsnprintf(buf->s + buf->n, buf->cap - buf->n, fmt, again);
        buf->n += (size_t)n;
    }
    va_end(again);
}

void np_buf_addf(struct np_buf *buf, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    np_buf_addv(buf, fmt, args);
    va_end(args);
}

void np_buf_clear(struct np_buf *buf)
{
    buf->n = 0;
    if (buf->s)
        buf->s[0] = '\0';
}

void np_buf_free(struct np_buf *buf)
{
    np_free(buf->mem, buf->s, buf->cap);
    *buf = (struct np_buf){.mem = buf->mem};
}

int np_atoms_init(struct np_atoms *atoms, struct np_mem *mem)
{
    *atoms = (struct np_atoms){.mem = mem};
    np_arena_init(&atoms->arena, mem);
    np_hmap_init(&atoms->map, mem);
    atoms->strs = np_grow(mem, NULL, &atoms->cap, 1, sizeof *atoms->strs);
    if (!atoms->strs)
        return CNIPOL_E_NOMEM;
    atoms->strs[0] = NP_STR("");
    atoms->n = 1;
    return CNIPOL_OK;
}

void np_atoms_free(struct np_atoms *atoms)
{
    np_hmap_free(&atoms->map);
    np_free(atoms->mem, atoms->strs, (size_t)atoms->cap * sizeof *atoms->strs);
    np_arena_free(&atoms->arena);
    *atoms = (struct np_atoms){.mem = atoms->mem};
}

static bool atom_eq(const void *ctx, const void *key, uint32_t value)
{
    const struct np_atoms *atoms = ctx;

    return np_str_eq(*(const struct np_str *)key, atoms->strs[value]);
}

np_atom np_atoms_find(const struct np_atoms *atoms, struct np_str s)
{
    uint32_t found = np_hmap_get(&atoms->map, np_hash(s.s, s.n), atom_eq, atoms, &s);

    return found == NP_NONE ? NP_ATOM_NONE : found;
}

np_atom np_atoms_add(struct np_atoms *atoms, struct np_str s)
{
    uint64_t hash = np_hash(s.s, s.n);
    uint32_t found = np_hmap_get(&atoms->map, hash, atom_eq, atoms, &s);
    void *grown;
    char *copy;

    if (found != NP_NONE)
        return found;
    grown = np_grow(atoms->mem, atoms->strs, &atoms->cap, atoms->n + 1, sizeof *atoms->strs);
    if (!grown)
        return NP_ATOM_NONE;
    atoms->strs = grown;
    copy = np_arena_strndup(&atoms->arena, s.s, s.n);
    if (!copy || np_hmap_put(&atoms->map, hash, atoms->n))
        return NP_ATOM_NONE;
    atoms->strs[atoms->n] = (struct np_str){copy, s.n};
    return atoms->n++;
}
