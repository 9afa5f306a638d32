/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_COMPILE_RANDOM_MACHINE_H
#define TESTS_COMPILE_RANDOM_MACHINE_H

/* Random machines over the town's cluster: every kind of term, outcome and stage. */

#include "twin.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

struct machine_shape {
    uint32_t n_checkpoints;
    np_path_fn *path;   /* NULL: the engine's */
    bool few_kinds;     /* each machine has but some kinds of terms, so that its questions are few */
    bool fixed_subject; /* whom policies select depends on no packet, and no default on its subject */
};

struct random {
    uint64_t state;
    struct cnipol_ctx *ctx;
    struct np_machine *machine;
    const struct machine_shape *shape;
    uint32_t kinds; /* bits of term kinds that are not drawn */
    uint32_t n_ends;
    np_atom names[3];
    const struct np_guarded *guards[2]; /* two lists that several rules share */
};

uint32_t draw(struct random *r, uint32_t n);
bool percent(struct random *r, uint32_t chance);
void open_town(struct random *r, struct cnipol_cluster **cluster, struct cnipol_model **model);
void close_town(struct random *r, struct cnipol_cluster *cluster, struct cnipol_model *model);
/* In place of the model's machine. */
void random_machine(struct random *r, struct cnipol_model *model, const struct machine_shape *shape);

#endif
