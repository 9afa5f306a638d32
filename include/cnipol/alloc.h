/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CNIPOL_ALLOC_H
#define CNIPOL_ALLOC_H

#include <stddef.h>

/**
 * The allocator that a context uses for everything it makes.
 *
 * Sizes are given back on realloc and free, so an allocator needs no headers of its own. A returned
 * block must be aligned for any type. Returning NULL is an ordinary event: the call in progress ends
 * with CNIPOL_E_NOMEM and leaks nothing. Exceptions: libyaml and json-c call malloc(3) themselves for
 * the time of one call; nothing of theirs outlives it.
 */

#ifdef __cplusplus
extern "C" {
#endif

struct cnipol_alloc {
    void *(*alloc)(void *user, size_t size);
    void *(*realloc)(void *user, void *block, size_t old_size, size_t new_size);
    void (*free)(void *user, void *block, size_t size);
    void *user; /**< passed to each of the three */
};

#ifdef __cplusplus
}
#endif
#endif
