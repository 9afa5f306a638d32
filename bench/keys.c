/* SPDX-License-Identifier: BSD-2-Clause */
/* See keys.h. */

#include "keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

struct cnipol_image *keys_compile(const struct world *w, uint32_t node)
{
    struct cnipol_compile_opts opts = {.sz = sizeof opts};
    struct cnipol_image *image = NULL;
    char name[256];
    int rc;

    if (node != NP_NONE) {
        struct np_str text = np_atoms_str(&w->ctx->atoms, w->model->nodes[node].name);

        (void)snprintf(name, sizeof name, "%.*s", (int)text.n, text.s);
        opts.node = name;
    }
    rc = cnipol_compile(w->ctx, w->model, &opts, &image);
    if (rc)
        fprintf(stderr, "compile: %s\n", cnipol_status_text(rc));
    return image;
}

void keys_free(struct keys *keys)
{
    free(keys->pool);
    free(keys->decisions);
    *keys = (struct keys){0};
}

bool keys_draw(struct keys *keys, const struct world *w, const struct world_mix *mix)
{
    struct world_mix now = *mix;
    uint64_t seed = BENCH_SEED;

    *keys = (struct keys){.pool = calloc(KEYS_POOL, sizeof *keys->pool), .decisions = calloc(KEYS_POOL, 1)};
    if (!keys->pool || !keys->decisions)
        return false;
    now.either = false;
    for (uint32_t i = 0; i < KEYS_POOL; i++) {
        struct cnipol_question q;
        struct cnipol_verdict verdict;

        if (mix->either)
            now.direction = i / KEYS_BLOCK % 2 ? CNIPOL_ASK_INGRESS : CNIPOL_ASK_EGRESS;
        world_ask(w, &now, &seed, &q);
        if (cnipol_image_key(w->read, &q, &keys->pool[i]))
            return false;
        cnipol_ask(w->model, &q, &verdict);
        keys->decisions[i] = verdict.decision;
    }
    return true;
}

void keys_prepare(struct keys *keys)
{
    memcpy(keys->block, keys->pool + (size_t)keys->next * KEYS_BLOCK, sizeof keys->block);
    keys->next = (keys->next + 1) % KEYS_BLOCKS;
}
