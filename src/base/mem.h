/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_BASE_MEM_H
#define NP_BASE_MEM_H

/*
 * Memory: the context's allocator with a running total, and arenas on top of it.
 *
 * Every byte that the library keeps comes from one np_mem, which counts what is in use and refuses
 * to pass its limit. Long-lived structures are bump-allocated from arenas: nothing in an arena is
 * freed alone, and an arena owns nothing but its chunks. A NULL return means out of memory and is
 * always checked; the caller then unwinds with CNIPOL_E_NOMEM.
 *
 * Threads: one np_mem belongs to one thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cnipol/alloc.h>

struct np_mem {
    struct cnipol_alloc hooks;
    size_t used;
    size_t peak;
    size_t limit; /* bytes; 0 is no limit */
};

/* Uses malloc(3) where `hooks` is NULL. */
void np_mem_init(struct np_mem *mem, const struct cnipol_alloc *hooks, size_t limit);

void *np_alloc(struct np_mem *mem, size_t size);
void *np_zalloc(struct np_mem *mem, size_t size);
void *np_realloc(struct np_mem *mem, void *block, size_t old_size, size_t new_size);
void np_free(struct np_mem *mem, void *block, size_t size);

/*
 * Room for at least `need` elements of `size` bytes in a growable array, doubling. Returns the
 * array, moved or not, with *cap updated; NULL leaves array and *cap as they were.
 *
 *     void *grown = np_grow(mem, v->items, &v->cap, v->n + 1, sizeof *v->items);
 *     if (!grown)
 *         return CNIPOL_E_NOMEM;
 *     v->items = grown;
 */
void *np_grow(struct np_mem *mem, void *array, uint32_t *cap, uint32_t need, size_t size);

struct np_arena_chunk;

struct np_arena {
    struct np_mem *mem;
    struct np_arena_chunk *chunks; /* newest first */
    char *cur;
    char *end;
};

void np_arena_init(struct np_arena *arena, struct np_mem *mem);
/* 16-byte aligned, uninitialised. A zero size gives a valid pointer. */
void *np_arena_alloc(struct np_arena *arena, size_t size);
void *np_arena_zalloc(struct np_arena *arena, size_t size);
/* Checked multiplication; NULL on overflow. */
void *np_arena_array(struct np_arena *arena, size_t count, size_t size);
/* A NUL-terminated copy. */
char *np_arena_strndup(struct np_arena *arena, const char *s, size_t n);
/* Forgets everything but keeps the largest chunk for reuse. */
void np_arena_reset(struct np_arena *arena);
void np_arena_free(struct np_arena *arena);

#endif
