/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of engines: see engine.h. */

#include "engine/engine.h"

const struct np_engine *np_engine_find(const char *name)
{
    static const struct np_engine *const engines[] = {&np_engine_kubernetes};

    for (size_t i = 0; i < sizeof engines / sizeof engines[0]; i++)
        if (strcmp(engines[i]->name, name) == 0)
            return engines[i];
    return NULL;
}
