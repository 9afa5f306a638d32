/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_SUPPORT_FAILING_H
#define TESTS_SUPPORT_FAILING_H

/*
 * An allocator that refuses: from a request on, or that one alone. It counts requests and what lives.
 *
 *     struct failing failing = {0};
 *     const struct cnipol_alloc hooks = failing_hooks(&failing);
 *
 *     failing_arm(&failing, 3, true);     the third request from here on gets nothing, and only that one
 *     failing_arm(&failing, 0, false);    all get something
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include <cnipol/alloc.h>

struct failing {
    uint64_t asked;
    uint64_t victim; /* from this request on; 0: never */
    bool once;       /* that one alone */
    uint64_t refused;
    size_t live;
};

static inline bool failing_refuses(struct failing *f)
{
    uint64_t n = ++f->asked;
    bool fails = f->victim && (f->once ? n == f->victim : n >= f->victim);

    f->refused += fails;
    return fails;
}

static inline void *failing_take(void *user, size_t size)
{
    struct failing *f = user;
    void *block = failing_refuses(f) ? NULL : malloc(size ? size : 1);

    f->live += block != NULL;
    return block;
}

static inline void *failing_take_more(void *user, void *block, size_t old_size, size_t new_size)
{
    struct failing *f = user;
    void *moved = failing_refuses(f) ? NULL : realloc(block, new_size ? new_size : 1);

    (void)old_size;
    f->live += moved && !block;
    return moved;
}

static inline void failing_give(void *user, void *block, size_t size)
{
    struct failing *f = user;

    (void)size;
    f->live -= block != NULL;
    free(block);
}

static inline struct cnipol_alloc failing_hooks(struct failing *f)
{
    return (struct cnipol_alloc){failing_take, failing_take_more, failing_give, f};
}

static inline void failing_arm(struct failing *f, uint64_t victim, bool once)
{
    f->asked = f->refused = 0;
    f->victim = victim;
    f->once = once;
}

#endif
