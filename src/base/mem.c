/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory: see mem.h.
 *
 * Arena chunks double from 4 KiB to 1 MiB, so that a small case costs little and a large one takes
 * few calls. A request above a quarter of the next chunk gets a chunk of its own, linked behind the
 * current one, and the current chunk goes on being filled.
 */

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define ARENA_ALIGN 16u
#ifndef NP_ARENA_CHUNK_MIN /* a test of failing memory makes every request an allocation */
#define NP_ARENA_CHUNK_MIN 4096
#define NP_ARENA_CHUNK_MAX (1 << 20)
#endif
#define ARENA_CHUNK_MIN ((size_t)NP_ARENA_CHUNK_MIN)
#define ARENA_CHUNK_MAX ((size_t)NP_ARENA_CHUNK_MAX)

struct np_arena_chunk {
    struct np_arena_chunk *next;
    size_t size; /* whole chunk, header included */
};

#define ARENA_HEADER ((sizeof(struct np_arena_chunk) + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1))

static void *libc_alloc(void *user, size_t size)
{
    (void)user;
    return malloc(size);
}

static void *libc_realloc(void *user, void *block, size_t old_size, size_t new_size)
{
    (void)user;
    (void)old_size;
    return realloc(block, new_size);
}

static void libc_free(void *user, void *block, size_t size)
{
    (void)user;
    (void)size;
    free(block);
}

void np_mem_init(struct np_mem *mem, const struct cnipol_alloc *hooks, size_t limit)
{
    static const struct cnipol_alloc libc_hooks = {libc_alloc, libc_realloc, libc_free, NULL};

    *mem = (struct np_mem){.hooks = hooks ? *hooks : libc_hooks, .limit = limit};
}

static bool mem_admits(const struct np_mem *mem, size_t more)
{
    return mem->limit == 0 || (mem->used <= mem->limit && more <= mem->limit - mem->used);
}

static void mem_account(struct np_mem *mem, size_t more)
{
    mem->used += more;
    if (mem->used > mem->peak)
        mem->peak = mem->used;
}

/* What the allocator is asked for: a zero size still gives a block of its own. */
static size_t asked(size_t size)
{
    return size ? size : 1;
}

void *np_alloc(struct np_mem *mem, size_t size)
{
    void *block;

    if (!mem_admits(mem, size))
        return NULL;
    block = mem->hooks.alloc(mem->hooks.user, asked(size));
    if (block)
        mem_account(mem, size);
    return block;
}

void *np_zalloc(struct np_mem *mem, size_t size)
{
    void *block = np_alloc(mem, size);

    if (block)
        memset(block, 0, size);
    return block;
}

void *np_realloc(struct np_mem *mem, void *block, size_t old_size, size_t new_size)
{
    void *moved;

    if (!block)
        return np_alloc(mem, new_size);
    if (new_size > old_size && !mem_admits(mem, new_size - old_size))
        return NULL;
    moved = mem->hooks.realloc(mem->hooks.user, block, asked(old_size), asked(new_size));
    if (!moved)
        return NULL;
    mem->used -= old_size;
    mem_account(mem, new_size);
    return moved;
}

void np_free(struct np_mem *mem, void *block, size_t size)
{
    if (!block)
        return;
    mem->hooks.free(mem->hooks.user, block, asked(size));
    mem->used -= size;
}

void *np_grow(struct np_mem *mem, void *array, uint32_t *cap, uint32_t need, size_t size)
{
    uint32_t grown = *cap < 8 ? 8 : *cap;
    void *moved;

    if (array && need <= *cap)
        return array;
    while (grown < need) {
        if (grown > UINT32_MAX / 2)
            return NULL;
        grown *= 2;
    }
    moved = np_realloc(mem, array, (size_t)*cap * size, (size_t)grown * size);
    if (moved)
        *cap = grown;
    return moved;
}

void np_arena_init(struct np_arena *arena, struct np_mem *mem)
{
    *arena = (struct np_arena){.mem = mem};
}

static struct np_arena_chunk *arena_chunk(struct np_arena *arena, size_t size)
{
    struct np_arena_chunk *chunk = np_alloc(arena->mem, size);

    if (chunk)
        chunk->size = size;
    return chunk;
}

/* A request too large for a shared chunk: its own chunk goes behind the current one. */
static void *arena_alloc_alone(struct np_arena *arena, size_t size)
{
    struct np_arena_chunk *chunk = arena_chunk(arena, ARENA_HEADER + size);

    if (!chunk)
        return NULL;
    if (arena->chunks) {
        chunk->next = arena->chunks->next;
        arena->chunks->next = chunk;
    } else {
        chunk->next = NULL;
        arena->chunks = chunk;
        arena->cur = arena->end = (char *)chunk + chunk->size;
    }
    return (char *)chunk + ARENA_HEADER;
}

static void *arena_alloc_fresh(struct np_arena *arena, size_t size)
{
    size_t next = arena->chunks ? arena->chunks->size * 2 : ARENA_CHUNK_MIN;
    struct np_arena_chunk *chunk;

    if (next > ARENA_CHUNK_MAX)
        next = ARENA_CHUNK_MAX;
    if (size > next / 4)
        return arena_alloc_alone(arena, size);
    chunk = arena_chunk(arena, next);
    if (!chunk)
        return NULL;
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    arena->cur = (char *)chunk + ARENA_HEADER + size;
    arena->end = (char *)chunk + next;
    return (char *)chunk + ARENA_HEADER;
}

void *np_arena_alloc(struct np_arena *arena, size_t size)
{
    char *block = arena->cur;

    if (size > SIZE_MAX - ARENA_HEADER - ARENA_ALIGN)
        return NULL;
    size = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    if (size == 0)
        size = ARENA_ALIGN;
    if ((size_t)(arena->end - arena->cur) < size)
        return arena_alloc_fresh(arena, size);
    arena->cur += size;
    return block;
}

void *np_arena_zalloc(struct np_arena *arena, size_t size)
{
    void *block = np_arena_alloc(arena, size);

    if (block)
        memset(block, 0, size);
    return block;
}

void *np_arena_array(struct np_arena *arena, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        return NULL;
    return np_arena_alloc(arena, count * size);
}

char *np_arena_strndup(struct np_arena *arena, const char *s, size_t n)
{
    char *copy = n == SIZE_MAX ? NULL : np_arena_alloc(arena, n + 1);

    if (!copy)
        return NULL;
    if (n)
        memcpy(copy, s, n);
    copy[n] = '\0';
    return copy;
}

void np_arena_reset(struct np_arena *arena)
{
    struct np_arena_chunk *keep = NULL;
    struct np_arena_chunk *chunk = arena->chunks;

    while (chunk) {
        struct np_arena_chunk *next = chunk->next;
        struct np_arena_chunk *drop = chunk;

        if (chunk->size <= ARENA_CHUNK_MAX && (!keep || chunk->size > keep->size)) {
            drop = keep;
            keep = chunk;
        }
        if (drop)
            np_free(arena->mem, drop, drop->size);
        chunk = next;
    }
    arena->chunks = keep;
    arena->cur = arena->end = NULL;
    if (keep) {
        keep->next = NULL;
        arena->cur = (char *)keep + ARENA_HEADER;
        arena->end = (char *)keep + keep->size;
    }
}

void np_arena_free(struct np_arena *arena)
{
    while (arena->chunks) {
        struct np_arena_chunk *next = arena->chunks->next;

        np_free(arena->mem, arena->chunks, arena->chunks->size);
        arena->chunks = next;
    }
    arena->cur = arena->end = NULL;
}
