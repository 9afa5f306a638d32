/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_MODEL_TRI_H
#define NP_MODEL_TRI_H

/* Kleene's three truth values: no < unknown < yes, so that AND is the minimum and OR the maximum. */

enum np_tri {
    NP_NO = 0,
    NP_UNKNOWN = 1,
    NP_YES = 2,
};

static inline enum np_tri np_tri_and(enum np_tri a, enum np_tri b)
{
    return a < b ? a : b;
}

static inline enum np_tri np_tri_or(enum np_tri a, enum np_tri b)
{
    return a > b ? a : b;
}

static inline enum np_tri np_tri_not(enum np_tri a)
{
    return (enum np_tri)(NP_YES - a);
}

#endif
