/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The proof's second part, the view and its decision tables: see check.h.
 *
 * Each entry of a table is below the number of elements of the table that it leads to, and the numbers of points,
 * variants and columns go together. What is left to the evaluator to check is a key's ids, protocol and classes.
 */

#include "image/check.h"

#include <string.h>

struct tables {
    const struct np_image_check *check;
    const struct cnipol_image_view *view;
    uint16_t *block_max; /* by port block: its largest entry */
    uint32_t index_size;
    uint32_t leaf_size;
};

static uint64_t entry_at(const uint8_t *table, uint64_t i, uint32_t size)
{
    if (size == 1)
        return table[i];
    return size == 2 ? ((const uint16_t *)table)[i] : ((const uint32_t *)table)[i];
}

/* Each of n entries is below `bound`. */
static int check_entries(const struct np_image_check *check, const char *what, uint32_t offset, uint64_t n, uint32_t size, uint64_t bound)
{
    const uint8_t *table = check->bytes + offset;
    int rc = np_image_check_extent(check, what, offset, n, size, size);

    for (uint64_t i = 0; i < n && !rc; i++)
        if (entry_at(table, i, size) >= bound)
            return np_image_refuse(check, NP_IMAGE_TABLE, offset + i * size, "%s: entry %llu is %llu, but there are %llu", what,
                                   (unsigned long long)i, (unsigned long long)entry_at(table, i, size), (unsigned long long)bound);
    return rc;
}

static int wrong(const struct tables *t, const void *at, const char *what)
{
    return np_image_refuse(t->check, NP_IMAGE_TABLE, (uint64_t)((const uint8_t *)at - t->check->bytes), "%s", what);
}

static int check_numbers(const struct tables *t)
{
    const struct cnipol_image_view *view = t->view;

    if (view->n_ids > 1u << 30)
        return wrong(t, &view->n_ids, "more than 2^30 peer ids");
    if (view->index_shift < 1 || view->index_shift > 2 || view->leaf_shift > 1)
        return wrong(t, &view->index_shift, "indexes have 2 or 4 bytes, leaves 1 or 2");
    if (view->n_checkpoints > CNIPOL_IMAGE_CHECKPOINTS)
        return wrong(t, &view->n_checkpoints, "more than 8 checkpoints");
    if (!view->n_points || view->n_points > 65536 || view->n_points > (uint64_t)view->point_columns * 64)
        return wrong(t, &view->n_points, "points do not fit in their columns");
    if (!view->n_source_classes || (view->n_source_classes > 1) != (view->source_ports != 0))
        return wrong(t, &view->n_source_classes, "classes of source ports do not go with their table");
    return CNIPOL_OK;
}

/* The largest variant's last column is one. */
static int check_variants(const struct tables *t)
{
    const struct cnipol_image_view *view = t->view;
    uint64_t relations = 0, columns;

    for (uint32_t i = 0; i < CNIPOL_IMAGE_RELATIONS; i++)
        if (view->relation_class[i] >= relations)
            relations = view->relation_class[i] + 1u;
    for (uint32_t i = 0; i < CNIPOL_IMAGE_STATES; i++)
        if (view->state_class[i] >= view->n_state_classes)
            return wrong(t, &view->state_class[i], "no such class of states");
    columns = relations * view->n_state_classes * view->n_source_classes; /* below 2^48 */
    if (columns > view->n_columns || columns * view->point_columns > view->n_columns)
        return wrong(t, &view->n_columns, "variants do not fit in the columns");
    return CNIPOL_OK;
}

static int check_leaves(const struct tables *t)
{
    const struct cnipol_image_view *view = t->view;
    const struct cnipol_image_leaf *leaves = (const struct cnipol_image_leaf *)(t->check->bytes + view->leaves);
    const uint32_t can = 1u << CNIPOL_ALLOW | 1u << CNIPOL_REDIRECT | 1u << CNIPOL_UNDEFINED | 1u << CNIPOL_DENY | CNIPOL_CAN_END;
    int rc = np_image_check_extent(t->check, "leaves", view->leaves, view->n_leaves, sizeof *leaves, 4);

    for (uint32_t i = 0; i < view->n_leaves && !rc; i++)
        if (leaves[i].can & ~can || leaves[i].flags & ~(CNIPOL_VERDICT_LOG | CNIPOL_VERDICT_AUDIT | CNIPOL_VERDICT_REJECT))
            rc = wrong(t, &leaves[i], "a leaf with an outcome that there is not");
    return rc;
}

/* Blocks of ports; what may be in them depends on who refers to them. */
static int measure_blocks(struct tables *t)
{
    const struct cnipol_image_view *view = t->view;
    const uint16_t *entries = (const uint16_t *)(t->check->bytes + view->port_blocks);
    int rc = np_image_check_extent(t->check, "port blocks", view->port_blocks, view->n_port_blocks, 512, 2);

    if (rc)
        return rc;
    t->block_max = np_zalloc(&t->check->ctx->mem, (size_t)view->n_port_blocks * sizeof *t->block_max);
    if (!t->block_max)
        return CNIPOL_E_NOMEM;
    for (uint64_t i = 0; i < (uint64_t)view->n_port_blocks * 256; i++)
        if (entries[i] > t->block_max[i >> 8])
            t->block_max[i >> 8] = entries[i];
    return CNIPOL_OK;
}

static int check_ports(const struct tables *t, uint32_t offset, uint32_t bound)
{
    const struct cnipol_image_ports *ports = (const struct cnipol_image_ports *)(t->check->bytes + offset);
    int rc = np_image_check_extent(t->check, "a table of ports", offset, 1, sizeof *ports, 2);

    if (rc)
        return rc;
    if (ports->unknown >= bound)
        return wrong(t, &ports->unknown, "an unknown port's point is none");
    for (uint32_t i = 0; i < 256; i++)
        if (ports->high[i] >= t->view->n_port_blocks || t->block_max[ports->high[i]] >= bound)
            return wrong(t, &ports->high[i], "a block of ports is not there, or has a point that is none");
    return CNIPOL_OK;
}

static int check_icmp(const struct tables *t, uint32_t offset)
{
    const struct cnipol_image_icmp *icmp = (const struct cnipol_image_icmp *)(t->check->bytes + offset);
    int rc = np_image_check_extent(t->check, "a table of ICMP", offset, 1, sizeof *icmp, 2);

    if (rc)
        return rc;
    if (icmp->n_types > 256 || icmp->n_codes > 256)
        return wrong(t, icmp, "more than 256 classes of ICMP types or codes");
    for (uint32_t i = 0; i < 256; i++)
        if (icmp->type_class[i] >= icmp->n_types || icmp->code_class[i] >= icmp->n_codes)
            return wrong(t, icmp, "no such class of ICMP types or codes");
    if (offset > UINT32_MAX - sizeof *icmp)
        return wrong(t, icmp, "a table of ICMP at the end");
    return check_entries(t->check, "points of ICMP", offset + (uint32_t)sizeof *icmp, (uint64_t)icmp->n_types * icmp->n_codes, 2,
                         t->view->n_points);
}

static int check_protocols(const struct tables *t)
{
    const struct cnipol_image_protocol *rows = (const struct cnipol_image_protocol *)(t->check->bytes + t->view->protocols);
    int rc = np_image_check_extent(t->check, "protocols", t->view->protocols, 256, sizeof *rows, 4);

    for (uint32_t i = 0; i < 256 && !rc; i++) {
        if (rows[i].kind > CNIPOL_L4_ICMP || rows[i].point >= t->view->n_points)
            return wrong(t, &rows[i], "a protocol of an unknown kind, or whose point is none");
        if (rows[i].kind == CNIPOL_L4_PORTS)
            rc = check_ports(t, rows[i].table, t->view->n_points);
        else if (rows[i].kind == CNIPOL_L4_ICMP)
            rc = check_icmp(t, rows[i].table);
    }
    if (!rc && t->view->source_ports)
        rc = check_ports(t, t->view->source_ports, t->view->n_source_classes);
    return rc;
}

static int check_subjects(const struct tables *t, const struct cnipol_image_checkpoint *cp)
{
    const uint32_t *roots = (const uint32_t *)(t->check->bytes + cp->roots), *peers = (const uint32_t *)(t->check->bytes + cp->peers);
    int rc = np_image_check_extent(t->check, "roots", cp->roots, t->view->n_ids, 4, 4);

    if (!rc)
        rc = np_image_check_extent(t->check, "peers", cp->peers, t->view->n_ids, 4, 4);
    for (uint32_t i = 0; i < t->view->n_ids && !rc; i++) {
        if (CNIPOL_ROOT_KIND(roots[i]) > CNIPOL_ROOT_ABSENT ||
            (CNIPOL_ROOT_KIND(roots[i]) == CNIPOL_ROOT_DAG && CNIPOL_ROOT_INDEX(roots[i]) >= cp->n_roots))
            rc = wrong(t, &roots[i], "a root that there is not");
        else if (peers[i] >= cp->n_classes && peers[i] != CNIPOL_PEER_UNCLASSED)
            rc = wrong(t, &peers[i], "a class of peers that there is not");
    }
    return rc;
}

static int check_checkpoint(const struct tables *t, const struct cnipol_image_checkpoint *cp)
{
    const struct {
        const char *what;
        uint64_t n;
        uint64_t bound;
        uint32_t offset, size;
    } levels[] = {
        {"L1 nodes", (uint64_t)cp->n_roots * cp->l1_entries, cp->n_chunks, cp->l1, t->index_size},
        {"chunks", (uint64_t)cp->n_chunks * 16, cp->n_pages, cp->chunks, t->index_size},
        {"pages", (uint64_t)cp->n_pages * 16, cp->n_rows, cp->pages, t->index_size},
        {"columns", cp->n_rows * (uint64_t)(t->view->n_columns - 1), cp->n_lines, cp->columns, t->index_size},
        {"lines", (uint64_t)cp->n_lines * 64, t->view->n_leaves, cp->lines, t->leaf_size},
    };
    int rc = CNIPOL_OK;

    if (cp->direction > 1 || cp->subject > 1 || cp->after_allow > 1 || cp->n_stages > 63)
        return wrong(t, cp, "a checkpoint with numbers that there are not");
    if (cp->n_classes > (uint64_t)cp->l1_entries * 256 || cp->n_rows > cp->n_lines)
        return wrong(t, cp, "classes of peers do not fit in L1 nodes, or rows in lines");
    for (uint32_t i = 0; i < sizeof levels / sizeof levels[0] && !rc; i++)
        rc = check_entries(t->check, levels[i].what, levels[i].offset, levels[i].n, levels[i].size, levels[i].bound);
    return rc ? rc : check_subjects(t, cp);
}

int np_image_check_tables(const struct np_image_check *check)
{
    struct tables t = {.check = check, .view = check->view};
    int rc = check_numbers(&t);

    t.index_size = 1u << (t.view->index_shift & 3);
    t.leaf_size = 1u << (t.view->leaf_shift & 1);
    if (!rc)
        rc = check_variants(&t);
    if (!rc)
        rc = check_leaves(&t);
    if (!rc)
        rc = measure_blocks(&t);
    if (!rc)
        rc = check_protocols(&t);
    for (uint32_t i = 0; i < t.view->n_checkpoints && !rc; i++)
        rc = check_checkpoint(&t, &t.view->checkpoints[i]);
    np_free(&check->ctx->mem, t.block_max, t.block_max ? (size_t)t.view->n_port_blocks * sizeof *t.block_max : 0);
    return rc;
}
