/* SPDX-License-Identifier: BSD-2-Clause */
/* See world.h. */
#include "world.h"

#include <stdlib.h>

static void put(struct world *world, uint8_t family, uint32_t id)
{
    struct cnipol_addrmap_prefix prefix = {.family = family, .length = family == 4 ? 32 : 128, .entry = {id, id}};

    prefix.address[0] = family == 4 ? 10 : 0xfd;
    prefix.address[family == 4 ? 3 : 15] = (uint8_t)id;
    assert_int_equal(cnipol_addrmap_put(world->addresses, &prefix), CNIPOL_OK);
}

void world_open(struct world *world, const struct cnipol_bpf_opts *opts)
{
    const struct cnipol_addrmap_entry other = {WORLD_ELSE, CNIPOL_ADDRMAP_NOBODY};
    uint32_t n;
    void *block;

    *world = (struct world){0};
    assert_int_equal(cnipol_ctx_new(NULL, &world->ctx), CNIPOL_OK);
    assert_int_equal(cnipol_bpf_open(opts, &world->bpf), CNIPOL_OK);
    block = cnipol_bpf_addrmap(world->bpf, &n);
    assert_int_equal(cnipol_addrmap_new(world->ctx, block, n, WORLD_IDS, &world->addresses), CNIPOL_OK);
    for (uint32_t id = 1; id < WORLD_IDS; id++) {
        put(world, 4, id);
        put(world, 6, id);
        assert_int_equal(cnipol_addrmap_set_node(world->addresses, id, CNIPOL_ADDRMAP_NO_NODE), CNIPOL_OK);
    }
    assert_int_equal(cnipol_addrmap_set_default(world->addresses, 4, other), CNIPOL_OK);
    assert_int_equal(cnipol_addrmap_set_default(world->addresses, 6, other), CNIPOL_OK);
}

void world_close(struct world *world)
{
    cnipol_addrmap_close(world->addresses);
    cnipol_bpf_free(world->bpf);
    cnipol_ctx_free(world->ctx);
}

void world_publish_small(struct world *world, const struct small *small, uint32_t n)
{
    uint32_t size = n > SMALL_BYTES ? n : SMALL_BYTES;
    uint8_t *image = calloc(1, size);
    struct small of_world = *small;

    assert_non_null(image);
    of_world.n_ids = WORLD_IDS;
    if (!of_world.subject)
        of_world.subject = WORLD_POD;
    small_write(&of_world, image);
    assert_int_equal(cnipol_bpf_publish(world->bpf, image, size, SMALL_VIEW, ++world->generation), CNIPOL_OK);
    assert_true(cnipol_bpf_generation(world->bpf) == world->generation);
    free(image);
}

void world_publish(struct world *world, uint32_t from, uint16_t port, int by_list, uint32_t n)
{
    const struct small small = {.from = from, .port = port, .by_list = (uint8_t)by_list};

    world_publish_small(world, &small, n);
}
