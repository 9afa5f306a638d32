/* SPDX-License-Identifier: BSD-2-Clause */
/* See small_image.h. Tables stand at fixed offsets, far enough apart. */
#include "small_image.h"

#include <string.h>

#include <cnipol/decision.h>

enum {
    LEAVES = 1024,
    PROTOCOLS = 2048,
    PORTS = 4096 + 4,
    BLOCKS = 5120,
    ROOTS = 8192,
    PEERS = 9216,
    L1 = 10240,
    CHUNKS = 10304,
    PAGES = 10368,
    LINES = 10432,
    COLUMNS = 10688,
    LISTS_OF = 12288,
    LISTS = 13312,
    ITEMS = 13376,
    CELLS = 13440,
    SETS = 13824,
    WORDS = 13888,
    ALLOW = 1,
    DENY = 2
};

static void write_view(const struct small *small, uint8_t *image)
{
    struct cnipol_image_view view = {
        .n_ids = small->n_ids,
        .index_shift = 1,
        .n_checkpoints = 1,
        .n_state_classes = 2,
        .state_class = {0, 1, 0},
        .n_columns = 2,
        .n_points = 2,
        .point_columns = 1,
        .n_source_classes = 1,
        .leaves = LEAVES,
        .n_leaves = 3,
        .protocols = PROTOCOLS,
        .port_blocks = BLOCKS,
        .n_port_blocks = 2,
        .lists = LISTS,
        .n_lists = 1,
        .items = ITEMS,
        .n_items = 5,
        .cells = CELLS,
        .n_cells = 5,
        .sets = SETS,
        .n_sets = 1,
        .first_member = small->n_ids,
        .words = WORDS,
        .n_words = 3,
        .checkpoints = {{
            .direction = 1,
            .subject = 1,
            .n_stages = 1,
            .roots = ROOTS,
            .lists = LISTS_OF,
            .peers = PEERS,
            .n_roots = 1,
            .l1_entries = 1,
            .n_classes = 2,
            .l1 = L1,
            .chunks = CHUNKS,
            .n_chunks = 1,
            .pages = PAGES,
            .n_pages = 1,
            .lines = LINES,
            .n_rows = 2,
            .n_lines = 3,
            .columns = COLUMNS,
        }},
    };

    memcpy(image + SMALL_VIEW, &view, sizeof view);
}

static uint8_t protocol_of(const struct small *small)
{
    return small->protocol ? small->protocol : 6;
}

static int has_ports(const struct small *small)
{
    return protocol_of(small) == 6 || protocol_of(small) == 17 || protocol_of(small) == 132;
}

/* Point 1 is what is let in, line 2 is for established connections, point 0 all else; class 1 is the peer that is let in. */
static void write_tables(const struct small *small, uint8_t *image)
{
    const struct cnipol_image_leaf leaves[3] = {{0}, {.can = 1u << CNIPOL_ALLOW}, {.can = 1u << CNIPOL_DENY}};
    struct cnipol_image_protocol *protocols = (void *)(image + PROTOCOLS);
    struct cnipol_image_ports *ports = (void *)(image + PORTS);
    uint16_t *blocks = (void *)(image + BLOCKS), *page = (void *)(image + PAGES), *columns = (void *)(image + COLUMNS);
    uint32_t *roots = (void *)(image + ROOTS), *peers = (void *)(image + PEERS);

    memcpy(image + LEAVES, leaves, sizeof leaves);
    if (has_ports(small))
        protocols[protocol_of(small)] = (struct cnipol_image_protocol){.kind = CNIPOL_L4_PORTS, .table = PORTS};
    else
        protocols[protocol_of(small)].point = 1;
    ports->high[small->port >> 8] = 1;
    blocks[256 + (small->port & 255)] = 1;
    for (uint32_t i = 0; i < small->n_ids; i++)
        roots[i] = CNIPOL_ROOT_ABSENT << 30;
    roots[small->subject] = (small->by_list ? CNIPOL_ROOT_LIST : CNIPOL_ROOT_DAG) << 30;
    peers[small->from] = 1;
    page[1] = 1;
    memset(image + LINES, DENY, 128);
    image[LINES + 64 + 1] = ALLOW;
    memset(image + LINES + 128, ALLOW, 64);
    columns[0] = columns[1] = 2;
}

static void write_rules(const struct small *small, uint8_t *image)
{
    struct cnipol_image_cell *cells = (void *)(image + CELLS);
    uint32_t *words = (void *)(image + WORDS), *items = (void *)(image + ITEMS);

    *(struct cnipol_image_list *)(void *)(image + LISTS) = (struct cnipol_image_list){.n = 5};
    *(struct cnipol_image_set *)(void *)(image + SETS) = (struct cnipol_image_set){.n = 3, .space = small->n_ids};
    words[0] = 0;
    words[1] = small->from * 4 + 2;
    words[2] = (small->from + 1) * 4;
    for (uint32_t i = 0; i < 5; i++) {
        items[i] = i;
        cells[i].protocol_hi = 255;
        cells[i].state_hi = 2;
    }
    cells[0].kind = CNIPOL_CELL_STAGE;
    cells[0].combine = CNIPOL_COMBINE_UNION;
    cells[1].kind = CNIPOL_CELL_RULE;
    cells[1].protocol_lo = cells[1].protocol_hi = protocol_of(small);
    cells[1].box_flags = has_ports(small) ? CNIPOL_BOX_PORTS | CNIPOL_BOX_DESTINATION : 0;
    cells[1].destination_lo = cells[1].destination_hi = small->port;
    cells[2].kind = CNIPOL_CELL_RULE;
    cells[2].set = CNIPOL_SET_ALL;
    cells[2].state_lo = cells[2].state_hi = 1;
    cells[3].kind = CNIPOL_CELL_UNMATCHED;
    cells[3].governed = 2;
    cells[4].kind = CNIPOL_CELL_END;
    cells[4].action = CNIPOL_ACT_NEXT;
}

void small_write(const struct small *small, uint8_t *image)
{
    memset(image, 0, SMALL_BYTES);
    write_view(small, image);
    write_tables(small, image);
    write_rules(small, image);
}
