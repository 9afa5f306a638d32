/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_ENGINE_ENGINE_H
#define NP_ENGINE_ENGINE_H

/*
 * Engines: who enforces. An engine is one file that lowers what dialects parsed into a machine, and a
 * row in engine.c.
 */

#include "dialect/policies.h"
#include "engine/knobs.h"
#include "inventory/view.h"
#include "model/machine.h"

struct np_engine_input {
    struct cnipol_ctx *ctx;
    const struct np_policies *policies;
    const struct np_view *view;
    const struct cnipol_knobs *knobs;
};

struct np_engine {
    const char *name;
    /*
     * Fills an initialised machine: sets are selections still, to be resolved. It may keep pointers to
     * what policies and view point to, but none into the arrays of policies, which move when more are
     * loaded. 0 or CNIPOL_E_NOMEM.
     */
    int (*lower)(const struct np_engine_input *input, struct np_machine *machine);
    /* Of every machine that this engine makes. */
    np_path_fn *path;
    uint32_t n_checkpoints;
};

extern const struct np_engine np_engine_kubernetes;

/* By name, NULL if there is none. */
const struct np_engine *np_engine_find(const char *name);

#endif
