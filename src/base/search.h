/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_BASE_SEARCH_H
#define NP_BASE_SEARCH_H

/* Binary search in ascending lists of numbers. */

#include <stdint.h>

/* The first position whose number is not below `value`; n if there is none. */
static inline uint32_t np_lower_bound(const uint32_t *items, uint32_t n, uint32_t value)
{
    uint32_t lo = 0, hi = n;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;

        if (items[mid] < value)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

#endif
