/* SPDX-License-Identifier: BSD-2-Clause */
/* The decision tables as bytes: see emit_tables.h. */

#include "compile/emit_tables.h"

#include <string.h>

#include <cnipol/status.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "images are little-endian and written as they lie in memory");

uint32_t np_emission_add(struct np_emission *emission, const void *bytes, size_t n)
{
    static const char zeros[CNIPOL_IMAGE_ALIGN];
    uint32_t at;

    np_buf_add(&emission->bytes, zeros, (CNIPOL_IMAGE_ALIGN - emission->bytes.n % CNIPOL_IMAGE_ALIGN) % CNIPOL_IMAGE_ALIGN);
    at = (uint32_t)(emission->base + emission->bytes.n);
    np_buf_add(&emission->bytes, bytes, n);
    return at;
}

/* Numbers as 2 or 4 bytes each. */
static uint32_t add_indexes(struct np_emission *out, const uint32_t *numbers, uint32_t n, bool is_wide)
{
    uint32_t at = np_emission_add(out, NULL, 0);

    if (is_wide) {
        np_buf_add(&out->bytes, (const char *)numbers, (size_t)n * sizeof *numbers);
        return at;
    }
    for (uint32_t i = 0; i < n; i++) {
        uint16_t narrow = (uint16_t)numbers[i];

        np_buf_add(&out->bytes, (const char *)&narrow, sizeof narrow);
    }
    return at;
}

/* Blocks of 256 ports, each once. */
struct port_blocks {
    struct np_intern table;
    uint32_t block[128]; /* two entries to a word */
};

static void set_port(struct port_blocks *blocks, uint32_t port, uint32_t value)
{
    uint32_t shift = port % 2 * 16;

    blocks->block[port % 256 / 2] = (blocks->block[port % 256 / 2] & ~(0xffffu << shift)) | value << shift;
}

/* values: by interval, `cuts` where each begins, the first at 0. */
static int fill_ports(struct port_blocks *blocks, const uint32_t *cuts, const uint32_t *values, uint32_t n, struct cnipol_image_ports *out)
{
    uint32_t at = 0;

    for (uint32_t port = 0; port < 65536; port++) {
        uint32_t number;

        while (at + 1 < n && cuts[at + 1] <= port)
            at++;
        set_port(blocks, port, values[at]);
        if (port % 256 != 255)
            continue;
        number = np_intern(&blocks->table, blocks->block, 128);
        if (number == NP_NONE)
            return CNIPOL_E_NOMEM;
        out->high[port >> 8] = (uint16_t)number;
    }
    return CNIPOL_OK;
}

/* The protocol tables under way: what each protocol's raw points come to. */
struct protocols {
    struct np_compilation *c;
    struct np_emission *out;
    struct port_blocks *blocks;
    struct cnipol_image_protocol rows[256];
    struct np_words cuts, values;
};

static int emit_ports(struct protocols *p, uint8_t protocol, uint32_t first, uint32_t n)
{
    const struct np_points *points = &p->c->points;
    struct cnipol_image_ports table = {0};
    struct cnipol_image_protocol *row = &p->rows[protocol];

    p->cuts.n = p->values.n = 0;
    for (uint32_t i = first; i < first + n; i++) {
        const struct np_raw_point *raw = &points->raw[i];

        if (raw->kind == NP_POINT_FRAGMENT)
            row->point = points->point_of[i];
        else if (raw->kind == NP_POINT_UNKNOWN)
            table.unknown = points->point_of[i];
        else if (!np_words_push(&p->cuts, p->c->mem, raw->port) || !np_words_push(&p->values, p->c->mem, points->point_of[i]))
            return CNIPOL_E_NOMEM;
    }
    if (fill_ports(p->blocks, p->cuts.items, p->values.items, p->cuts.n, &table))
        return CNIPOL_E_NOMEM;
    row->kind = CNIPOL_L4_PORTS;
    row->table = np_emission_add(p->out, &table, sizeof table);
    return CNIPOL_OK;
}

/* The pairs lie type by type, each with the same codes. */
static void emit_types(struct protocols *p, uint8_t protocol, uint32_t first, uint32_t n)
{
    const struct np_points *points = &p->c->points;
    const struct np_raw_point *pairs = &points->raw[first + 1];
    struct cnipol_image_icmp table = {0};
    struct cnipol_image_protocol *row = &p->rows[protocol];

    row->point = points->point_of[first];
    row->kind = CNIPOL_L4_ICMP;
    while (table.n_codes < n - 1 && pairs[table.n_codes].icmp_type == pairs[0].icmp_type)
        table.n_codes++;
    table.n_types = (uint16_t)((n - 1) / table.n_codes);
    for (uint32_t value = 0, type = 0, code = 0; value < 256; value++) {
        while (type + 1 < table.n_types && pairs[(type + 1) * table.n_codes].icmp_type <= value)
            type++;
        while (code + 1 < table.n_codes && pairs[code + 1].icmp_code <= value)
            code++;
        table.type_class[value] = (uint8_t)type;
        table.code_class[value] = (uint8_t)code;
    }
    row->table = np_emission_add(p->out, &table, sizeof table);
    np_buf_add(&p->out->bytes, (const char *)&points->point_of[first + 1], (n - 1) * sizeof *points->point_of);
}

/* Plain points of protocols without a table: each holds until the next one of them. */
static void emit_plain(struct protocols *p)
{
    const struct np_points *points = &p->c->points;
    uint16_t point = 0;
    uint32_t i = 0;

    while (i < points->n_raw && (points->raw[i].kind != NP_POINT_PLAIN || points->raw[i].protocol == CNIPOL_PROTOCOL_ICMP ||
                                 points->raw[i].protocol == CNIPOL_PROTOCOL_ICMPV6))
        i++;
    for (uint32_t protocol = 0; protocol < 256; protocol++) {
        if (i < points->n_raw && points->raw[i].protocol == protocol)
            point = points->point_of[i++];
        if (p->rows[protocol].kind == CNIPOL_L4_PLAIN)
            p->rows[protocol].point = point;
    }
}

/* Raw points lie protocol by protocol. */
static int emit_protocols(struct protocols *p)
{
    const struct np_points *points = &p->c->points;
    int rc = CNIPOL_OK;

    for (uint32_t first = 0, n; first < points->n_raw && !rc; first += n) {
        uint8_t protocol = points->raw[first].protocol;

        for (n = 1; first + n < points->n_raw && points->raw[first + n].protocol == protocol; n++)
            ;
        if (points->raw[first].kind == NP_POINT_PORT)
            rc = emit_ports(p, protocol, first, n);
        else if (protocol == CNIPOL_PROTOCOL_ICMP || protocol == CNIPOL_PROTOCOL_ICMPV6)
            emit_types(p, protocol, first, n);
    }
    if (!rc)
        emit_plain(p);
    return rc;
}

/* Source ports: class 0 for port 0, which means unknown, then the intervals. */
static int emit_sources(struct np_compilation *c, struct np_emission *out, struct port_blocks *blocks, struct cnipol_image_view *view)
{
    struct cnipol_image_ports table = {0};
    struct np_words cuts = {0}, values = {0};
    int rc = CNIPOL_OK;

    view->n_source_classes = c->points.n_source_classes;
    if (c->points.n_source_classes == 1)
        return CNIPOL_OK;
    for (uint32_t i = 0; i < c->points.n_source_classes && !rc; i++)
        if (!np_words_push(&cuts, c->mem, i ? c->points.source_cuts.items[i - 1] : 0) || !np_words_push(&values, c->mem, i))
            rc = CNIPOL_E_NOMEM;
    if (!rc)
        rc = fill_ports(blocks, cuts.items, values.items, cuts.n, &table);
    if (!rc)
        view->source_ports = np_emission_add(out, &table, sizeof table);
    np_words_free(&cuts, c->mem);
    np_words_free(&values, c->mem);
    return rc;
}

static int emit_l4(struct np_compilation *c, struct np_emission *out, struct cnipol_image_view *view)
{
    struct port_blocks blocks = {0};
    struct protocols p = {.c = c, .out = out, .blocks = &blocks};
    int rc;

    np_intern_init(&blocks.table, c->mem);
    rc = emit_protocols(&p);
    if (!rc)
        rc = emit_sources(c, out, &blocks, view);
    if (!rc) {
        view->protocols = np_emission_add(out, p.rows, sizeof p.rows);
        view->port_blocks = np_emission_add(out, blocks.table.words, blocks.table.n_words * sizeof *blocks.table.words);
        view->n_port_blocks = blocks.table.n;
        memcpy(view->state_class, c->points.state_class, sizeof view->state_class);
        memcpy(view->relation_class, c->points.relation_class, sizeof view->relation_class);
    }
    np_words_free(&p.cuts, c->mem);
    np_words_free(&p.values, c->mem);
    np_intern_free(&blocks.table);
    return rc;
}

/* Without tables every question is at one point, which no table is asked for. */
static void emit_no_l4(struct np_emission *out, struct cnipol_image_view *view)
{
    static const struct cnipol_image_protocol rows[256];

    view->protocols = np_emission_add(out, rows, sizeof rows);
    view->port_blocks = np_emission_add(out, NULL, 0);
    view->n_source_classes = 1;
}

static const uint16_t *final_row(const struct np_compilation *c, uint32_t final)
{
    uint32_t n;

    return (const uint16_t *)(const void *)np_interned(&c->rows.finals, final, &n);
}

/* Lines of 64 leaves: rows' first columns, then what other columns need beside them, each once. */
struct lines {
    struct np_intern extra; /* two leaves to a word */
    struct np_words columns;
};

static int gather_lines(struct np_compilation *c, const struct np_table *table, struct lines *lines)
{
    uint32_t n_columns = c->points.n_columns;

    for (uint32_t row = 0; row < table->finals.n; row++)
        for (uint32_t column = 1; column < n_columns; column++) {
            const uint16_t *leaves = final_row(c, table->finals.items[row]) + (size_t)column * 64;
            uint32_t number = np_intern(&lines->extra, (const uint32_t *)(const void *)leaves, 32);

            if (number == NP_NONE || !np_words_push(&lines->columns, c->mem, table->finals.n + number))
                return CNIPOL_E_NOMEM;
        }
    return CNIPOL_OK;
}

static void add_leaves(struct np_emission *out, const uint16_t *leaves, uint32_t leaf_shift)
{
    uint8_t narrow[64];

    for (uint32_t i = 0; i < 64; i++)
        narrow[i] = (uint8_t)leaves[i];
    if (leaf_shift)
        np_buf_add(&out->bytes, (const char *)leaves, 64 * sizeof *leaves);
    else
        np_buf_add(&out->bytes, (const char *)narrow, sizeof narrow);
}

static void emit_lines(struct np_compilation *c, const struct np_table *table, const struct lines *lines, uint32_t leaf_shift,
                       struct np_emission *out, struct cnipol_image_checkpoint *to)
{
    to->lines = np_emission_add(out, NULL, 0);
    for (uint32_t row = 0; row < table->finals.n; row++)
        add_leaves(out, final_row(c, table->finals.items[row]), leaf_shift);
    for (uint32_t i = 0; i < lines->extra.n; i++)
        add_leaves(out, (const uint16_t *)(const void *)(lines->extra.words + (size_t)i * 32), leaf_shift);
    to->n_rows = table->finals.n;
    to->n_lines = table->finals.n + lines->extra.n;
}

static uint32_t root_word(const struct np_compilation *c, const struct np_compiled *compiled, uint32_t id)
{
    uint32_t group = compiled->subjects.class_of[id], root;

    if (group == NP_NONE)
        return CNIPOL_ROOT_ABSENT << 30;
    root = c->has_tables ? compiled->table.root_of.items[group] : NP_NONE;
    return root == NP_NONE ? CNIPOL_ROOT_LIST << 30 : CNIPOL_ROOT_DAG << 30 | root;
}

static int emit_ids(struct np_compilation *c, const struct np_compiled *compiled, struct np_emission *out,
                    struct cnipol_image_checkpoint *to)
{
    struct np_words words = {0};
    int rc = CNIPOL_OK;

    for (uint32_t id = 0; id < c->space.n_ids && !rc; id++)
        rc = np_words_push(&words, c->mem, root_word(c, compiled, id)) ? CNIPOL_OK : CNIPOL_E_NOMEM;
    if (!rc)
        to->roots = np_emission_add(out, words.items, words.n * sizeof *words.items);
    np_words_free(&words, c->mem);
    to->peers = np_emission_add(out, compiled->peers.class_of, c->space.n_ids * sizeof *compiled->peers.class_of);
    return rc;
}

static void emit_radix(const struct np_table *table, bool is_wide, struct np_emission *out, struct cnipol_image_checkpoint *to)
{
    to->n_roots = table->l1.n;
    to->l1 = add_indexes(out, table->l1.words, table->l1.n_words, is_wide);
    to->n_chunks = table->chunks.n;
    to->chunks = add_indexes(out, table->chunks.words, table->chunks.n_words, is_wide);
    to->n_pages = table->pages.n;
    to->pages = add_indexes(out, table->pages.words, table->pages.n_words, is_wide);
}

static void emit_checkpoint_tables(struct np_compilation *c, const struct np_compiled *compiled, const struct lines *lines,
                                   const struct cnipol_image_view *view, struct np_emission *out, struct cnipol_image_checkpoint *to)
{
    bool is_wide = view->index_shift == 2;

    emit_radix(&compiled->table, is_wide, out, to);
    emit_lines(c, &compiled->table, lines, view->leaf_shift, out, to);
    to->columns = add_indexes(out, lines->columns.items, lines->columns.n, is_wide);
}

/* Numbers of all tables fit in 16 bits? */
static bool needs_wide(const struct np_compilation *c, const struct lines *lines)
{
    for (uint32_t i = 0; i < c->model->machine.n_checkpoints; i++) {
        const struct np_table *table = &c->checkpoints[i].table;

        if (table->chunks.n > 65536 || table->pages.n > 65536 || table->finals.n + lines[i].extra.n > 65536)
            return true;
    }
    return false;
}

static int emit_checkpoints(struct np_compilation *c, struct lines *lines, struct np_emission *out, struct cnipol_image_view *view)
{
    const struct np_machine *m = &c->model->machine;
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < m->n_checkpoints && !rc && c->has_tables; i++)
        rc = gather_lines(c, &c->checkpoints[i].table, &lines[i]);
    if (rc)
        return rc;
    view->index_shift = needs_wide(c, lines) ? 2 : 1;
    view->leaf_shift = c->rows.leaves.n > 256;
    for (uint32_t i = 0; i < m->n_checkpoints && !rc; i++) {
        struct cnipol_image_checkpoint *to = &view->checkpoints[i];

        to->direction = m->checkpoints[i].direction;
        to->subject = m->checkpoints[i].subject;
        to->after_allow = m->checkpoints[i].after_allow == NP_AFTER_ALLOW_END;
        to->n_stages = (uint8_t)m->checkpoints[i].n_stages;
        to->n_classes = c->checkpoints[i].peers.first_id.n;
        to->l1_entries = to->n_classes > 256 ? (to->n_classes + 255) / 256 : 1;
        rc = emit_ids(c, &c->checkpoints[i], out, to);
        emit_checkpoint_tables(c, &c->checkpoints[i], &lines[i], view, out, to);
    }
    return rc;
}

int np_emit_tables(struct np_compilation *c, struct np_emission *out, struct cnipol_image_view *view)
{
    struct lines lines[CNIPOL_IMAGE_CHECKPOINTS] = {0};
    int rc = CNIPOL_OK;

    np_emission_add(out, view, sizeof *view);
    view->n_ids = c->space.n_ids;
    view->n_checkpoints = (uint8_t)c->model->machine.n_checkpoints;
    view->n_state_classes = (uint8_t)(c->has_tables ? c->points.n_state_classes : 1);
    view->n_columns = c->has_tables ? c->points.n_columns : 1;
    view->point_columns = c->has_tables ? c->points.point_columns : 1;
    view->n_points = c->has_tables ? c->points.n_points : 1;
    if (c->has_tables)
        rc = emit_l4(c, out, view);
    else
        emit_no_l4(out, view);
    for (uint32_t i = 0; i < CNIPOL_IMAGE_CHECKPOINTS; i++)
        np_intern_init(&lines[i].extra, c->mem);
    if (!rc)
        rc = emit_checkpoints(c, lines, out, view);
    view->leaves = np_emission_add(out, c->rows.leaves.words, c->rows.leaves.n_words * sizeof *c->rows.leaves.words);
    view->n_leaves = c->rows.leaves.n;
    for (uint32_t i = 0; i < CNIPOL_IMAGE_CHECKPOINTS; i++) {
        np_words_free(&lines[i].columns, c->mem);
        np_intern_free(&lines[i].extra);
    }
    return rc ? rc : np_buf_failed(&out->bytes) ? CNIPOL_E_NOMEM : CNIPOL_OK;
}
