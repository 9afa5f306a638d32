/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_REFERENCE_NAIVE_H
#define TESTS_REFERENCE_NAIVE_H

/*
 * A naive evaluator, to hold the reference evaluator to.
 *
 * It is two-valued: each unknown term and guard of the machine is a coin, numbered when it is first
 * looked at, and `fallen` says how each fell. It knows sets, protocols, ports and unknowns. It shares
 * the machine's structures with the evaluator, and no code.
 */

#include "build_machine.h"

#define COINS_MAX 11

struct naive {
    const struct np_machine *machine;
    const struct np_facts *facts;
    const struct np_checkpoint *checkpoint;
    uint32_t fallen; /* bit by coin */
    const void *coins[COINS_MAX + 1];
    uint32_t n_coins;
};

/* Decision and parts alone; more than COINS_MAX coins seen: worth nothing. */
void naive_path(struct naive *n, struct np_evaluation *out);

#endif
