/* SPDX-License-Identifier: BSD-2-Clause */
/* What an image consists of: its tables one by one, and counts. See include/cnipol/image.h. */

#include "image/image.h"

#define VIEW(field) offsetof(struct cnipol_image_view, field)
#define CHECKPOINT(field) offsetof(struct cnipol_image_checkpoint, field)

/* Where a table's offset and number of rows are; row_bytes 0: it depends. */
struct table_row {
    const char *name;
    size_t offset;
    size_t n;
    uint32_t row_bytes;
};

enum view_table { LEAVES, PROTOCOLS, SOURCE_PORTS, PORT_BLOCKS, LISTS, ITEMS, CELLS, SETS, MEMBERS, WORDS, VIEW_TABLES };

static const struct table_row view_tables[VIEW_TABLES] = {
    [LEAVES] = {"leaves", VIEW(leaves), VIEW(n_leaves), sizeof(struct cnipol_image_leaf)},
    [PROTOCOLS] = {"protocols", VIEW(protocols), 0, sizeof(struct cnipol_image_protocol)},
    [SOURCE_PORTS] = {"source ports", VIEW(source_ports), 0, sizeof(struct cnipol_image_ports)},
    [PORT_BLOCKS] = {"port blocks", VIEW(port_blocks), VIEW(n_port_blocks), 512},
    [LISTS] = {"rule lists", VIEW(lists), VIEW(n_lists), sizeof(struct cnipol_image_list)},
    [ITEMS] = {"items", VIEW(items), VIEW(n_items), 4},
    [CELLS] = {"cells", VIEW(cells), VIEW(n_cells), sizeof(struct cnipol_image_cell)},
    [SETS] = {"sets", VIEW(sets), VIEW(n_sets), sizeof(struct cnipol_image_set)},
    [MEMBERS] = {"members", VIEW(members), 0, sizeof(struct cnipol_image_list)},
    [WORDS] = {"words", VIEW(words), VIEW(n_words), 4},
};

enum checkpoint_table { ROOTS, PEERS, SUBJECT_LISTS, L1, CHUNKS, PAGES, COLUMNS, LINES, CHECKPOINT_TABLES };

static const struct table_row checkpoint_tables[CHECKPOINT_TABLES] = {
    [ROOTS] = {"roots", CHECKPOINT(roots), 0, 4},
    [PEERS] = {"peers", CHECKPOINT(peers), 0, 4},
    [SUBJECT_LISTS] = {"lists of subjects", CHECKPOINT(lists), 0, 4},
    [L1] = {"L1 nodes", CHECKPOINT(l1), CHECKPOINT(n_roots), 0},
    [CHUNKS] = {"chunks", CHECKPOINT(chunks), CHECKPOINT(n_chunks), 0},
    [PAGES] = {"pages", CHECKPOINT(pages), CHECKPOINT(n_pages), 0},
    [COLUMNS] = {"columns", CHECKPOINT(columns), CHECKPOINT(n_rows), 0},
    [LINES] = {"lines", CHECKPOINT(lines), CHECKPOINT(n_lines), 0},
};

static uint32_t number_at(const void *base, size_t offset)
{
    return *(const uint32_t *)((const uint8_t *)base + offset);
}

static void read_view_table(const struct cnipol_image_view *view, uint32_t i, struct cnipol_image_table *out)
{
    const struct table_row *row = &view_tables[i];

    *out = (struct cnipol_image_table){.name = row->name, .checkpoint = -1, .row_bytes = row->row_bytes};
    out->offset = number_at(view, row->offset);
    if (i == PROTOCOLS)
        out->n = 256;
    else if (i == SOURCE_PORTS)
        out->n = view->n_source_classes > 1;
    else if (i == MEMBERS)
        out->n = view->n_ids > view->first_member ? view->n_ids - view->first_member : 0;
    else
        out->n = number_at(view, row->n);
}

static void read_checkpoint_table(const struct cnipol_image_view *view, uint32_t checkpoint, uint32_t i, struct cnipol_image_table *out)
{
    const struct cnipol_image_checkpoint *cp = &view->checkpoints[checkpoint];
    const struct table_row *row = &checkpoint_tables[i];
    const uint32_t sizes[CHECKPOINT_TABLES] = {
        [L1] = cp->l1_entries << view->index_shift, [CHUNKS] = 16u << view->index_shift,
        [PAGES] = 16u << view->index_shift,         [COLUMNS] = (view->n_columns - 1) << view->index_shift,
        [LINES] = 64u << view->leaf_shift,
    };

    *out = (struct cnipol_image_table){.name = row->name, .checkpoint = (int32_t)checkpoint, .row_bytes = row->row_bytes};
    out->offset = number_at(cp, row->offset);
    out->n = row->n ? number_at(cp, row->n) : view->n_ids;
    if (!row->row_bytes)
        out->row_bytes = sizes[i];
}

static int32_t section_of(const struct cnipol_image *image, uint32_t offset)
{
    const struct cnipol_image_section *sections = np_image_sections(image->bytes);

    for (uint32_t i = 0; i < np_image_header(image->bytes)->n_sections; i++)
        if (offset >= sections[i].offset && offset - sections[i].offset < sections[i].bytes)
            return (int32_t)i;
    return -1;
}

int cnipol_image_table_at(const struct cnipol_image *image, size_t i, struct cnipol_image_table *out)
{
    const struct cnipol_image_view *view = np_image_view(image);

    if (i >= VIEW_TABLES + (size_t)view->n_checkpoints * CHECKPOINT_TABLES)
        return CNIPOL_E_NOTFOUND;
    if (i < VIEW_TABLES)
        read_view_table(view, (uint32_t)i, out);
    else
        read_checkpoint_table(view, (uint32_t)(i - VIEW_TABLES) / CHECKPOINT_TABLES, (uint32_t)(i - VIEW_TABLES) % CHECKPOINT_TABLES, out);
    out->section = section_of(image, out->offset);
    return CNIPOL_OK;
}

static void count_checkpoint(const struct cnipol_image *image, const struct cnipol_image_checkpoint *cp,
                             struct cnipol_image_checkpoint_stat *out)
{
    const struct cnipol_image_view *view = np_image_view(image);
    const struct cnipol_image_list *lists = (const struct cnipol_image_list *)(image->bytes + view->lists);
    const uint32_t *roots = (const uint32_t *)(image->bytes + cp->roots), *peers = (const uint32_t *)(image->bytes + cp->peers);
    const uint32_t *numbers = (const uint32_t *)(image->bytes + cp->lists);

    *out = (struct cnipol_image_checkpoint_stat){.n_classes = cp->n_classes, .n_rows = cp->n_rows, .n_lines = cp->n_lines};
    for (uint32_t i = 0; i < view->n_ids; i++) {
        uint32_t kind = CNIPOL_ROOT_KIND(roots[i]), items;

        out->unclassed += peers[i] == CNIPOL_PEER_UNCLASSED;
        out->absent += kind == CNIPOL_ROOT_ABSENT;
        if (kind == CNIPOL_ROOT_ABSENT)
            continue;
        out->by_tables += kind == CNIPOL_ROOT_DAG;
        out->by_list += kind != CNIPOL_ROOT_DAG;
        items = lists[numbers[i]].n;
        out->list_items += items;
        out->longest_list = items > out->longest_list ? items : out->longest_list;
    }
}

void cnipol_image_stat(const struct cnipol_image *image, struct cnipol_image_stat *out)
{
    const struct cnipol_image_section *sections = np_image_sections(image->bytes);
    const struct cnipol_image_view *view = np_image_view(image);

    *out = (struct cnipol_image_stat){.bytes = image->n, .n_ids = view->n_ids, .n_checkpoints = view->n_checkpoints};
    for (uint32_t i = 0; i < np_image_header(image->bytes)->n_sections; i++)
        if (sections[i].temperature <= CNIPOL_COLD)
            out->by_temperature[sections[i].temperature] += sections[i].bytes;
    for (uint32_t i = 0; i < view->n_checkpoints; i++)
        count_checkpoint(image, &view->checkpoints[i], &out->checkpoints[i]);
}
