/* SPDX-License-Identifier: BSD-2-Clause */
/* Images from tables: see build_image.h. */

#include "build_image.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <cnipol/status.h>

#define PORTS_FIRST 1000u
#define PORTS_N 40u
#define ROW_CHUNK 16u

/* Points. TCP and UDP have one of each of the middle ones. */
enum { P_OTHER, P_ICMP_UNKNOWN, P_ICMP_ECHO, P_ICMP_ECHO_CODE, P_ICMP_REST, P_TCP, P_PER_PROTOCOL = PORTS_N + 5 };
enum { P_FRAGMENT, P_UNKNOWN, P_REST, P_80, P_443, P_FIRST };
#define N_POINTS (P_TCP + 2 * P_PER_PROTOCOL)
#define POINT_COLUMNS ((N_POINTS + 63) / 64)
#define N_SOURCES 3u
#define N_VARIANTS (2 * 2 * N_SOURCES)
#define N_COLUMNS (N_VARIANTS * POINT_COLUMNS)

_Static_assert(N_POINTS == BI_POINTS && N_VARIANTS == BI_VARIANTS, "as the header says");

/* Bytes that grow. */
struct bytes {
    uint8_t *s;
    size_t n, cap;
};

static uint32_t append(struct bytes *b, const void *what, size_t n, size_t align)
{
    size_t at = (b->n + align - 1) / align * align;

    if (at + n > b->cap) {
        b->cap = (at + n) * 2;
        b->s = realloc(b->s, b->cap);
        if (!b->s)
            abort();
    }
    if (n) {
        memset(b->s + b->n, 0, at - b->n);
        memcpy(b->s + at, what, n);
    }
    b->n = n ? at + n : b->n;
    return (uint32_t)at;
}

static uint32_t append32(struct bytes *b, uint32_t value)
{
    return append(b, &value, 4, 4);
}

/* The number of a row of `size` bytes in a table of such rows, added if need be. */
static uint32_t intern(struct bytes *table, const void *row, size_t size)
{
    uint32_t n = (uint32_t)(table->n / size);

    for (uint32_t i = 0; i < n; i++)
        if (memcmp(table->s + i * size, row, size) == 0)
            return i;
    append(table, row, size, 1);
    return n;
}

struct builder {
    const struct bi_spec *spec;
    struct cnipol_image_view view; /* offsets within tables or rules until the end */
    struct bytes tables, rules;
    struct bytes leaves;
    uint32_t *classes; /* by id */
    uint32_t *heads;   /* by class: an id of it */
    uint32_t n_classes;
};

static uint32_t add_stretches(struct builder *b, struct bytes *of, const struct bi_set *sets, uint32_t n, size_t size)
{
    struct bytes rows = {0};
    uint32_t at;

    for (uint32_t i = 0; i < n; i++) {
        struct cnipol_image_set row = {b->view.n_words, sets[i].n, sets[i].space, 0};

        for (uint32_t k = 0; k < sets[i].n; k++)
            append32(of, sets[i].words[k]);
        b->view.n_words += sets[i].n;
        append(&rows, &row, size, 1);
    }
    at = append(&b->rules, rows.s, rows.n, 4);
    free(rows.s);
    return at;
}

static void add_rules(struct builder *b)
{
    const struct bi_spec *spec = b->spec;
    struct bytes lists = {0}, items = {0}, words = {0};

    for (uint32_t i = 0; i < spec->n_lists; i++) {
        struct cnipol_image_list row = {(uint32_t)(items.n / 4), spec->lists[i].n};

        append(&lists, &row, sizeof row, 4);
        append(&items, spec->lists[i].items, spec->lists[i].n * 4, 4);
    }
    b->view.n_lists = spec->n_lists;
    b->view.n_items = (uint32_t)(items.n / 4);
    b->view.n_cells = spec->n_cells;
    b->view.n_sets = spec->n_sets;
    b->view.first_member = spec->first_member;
    b->view.lists = append(&b->rules, lists.s, lists.n, 4);
    b->view.items = append(&b->rules, items.s, items.n, 4);
    b->view.cells = append(&b->rules, spec->cells, spec->n_cells * sizeof spec->cells[0], 4);
    b->view.sets = add_stretches(b, &words, spec->sets, spec->n_sets, sizeof(struct cnipol_image_set));
    b->view.members = add_stretches(b, &words, spec->members, spec->n_ids - spec->first_member, sizeof(struct cnipol_image_list));
    b->view.words = append(&b->rules, words.s, words.n, 4);
    free(lists.s);
    free(items.s);
    free(words.s);
}

/* An image of the rules alone, to walk lists in: its view behind them. */
static uint32_t rules_view(struct builder *b)
{
    struct bytes copy = {0};

    append(&copy, b->rules.s, b->rules.n, 1);
    append(&copy, &b->view, sizeof b->view, 4);
    free(b->rules.s);
    b->rules = copy;
    return (uint32_t)(copy.n - sizeof b->view);
}

static void classify(struct builder *b, uint32_t view)
{
    const struct bi_spec *spec = b->spec;
    uint32_t *seen = calloc(6561, sizeof *seen), stride = spec->class_stride ? spec->class_stride : 1; /* 3^8 */

    if (!seen)
        abort();
    for (uint32_t id = 0; id < spec->n_ids; id++) {
        uint32_t signature = 0;

        for (uint32_t s = 0; s < spec->n_sets; s++)
            signature = signature * 3 + cnipol_set_has(b->rules.s, view, s, id);
        if (!seen[signature]) {
            seen[signature] = b->n_classes + 1;
            b->heads[b->n_classes] = id;
            b->n_classes += stride;
        }
        b->classes[id] = seen[signature] - 1;
    }
    free(seen);
}

struct cnipol_key bi_representative(uint32_t variant, uint32_t point)
{
    static const uint16_t sources[N_SOURCES] = {0, 7, 2000}, ports[] = {0, 0, 9, 80, 443};
    struct cnipol_key key = {.protocol = 47, .source_port = sources[variant % N_SOURCES]};
    uint32_t k;

    key.state = variant / N_SOURCES % 2;
    key.relations = (uint8_t)(variant / N_SOURCES / 2);
    if (point >= P_ICMP_UNKNOWN && point < P_TCP) {
        key.protocol = 1;
        key.flags = point == P_ICMP_UNKNOWN ? 0 : CNIPOL_KEY_ICMP;
        key.icmp_type = point == P_ICMP_ECHO || point == P_ICMP_ECHO_CODE ? 8 : 3;
        key.icmp_code = point == P_ICMP_ECHO_CODE ? 1 : 0;
    } else if (point >= P_TCP) {
        k = (point - P_TCP) % P_PER_PROTOCOL;
        key.protocol = point < P_TCP + P_PER_PROTOCOL ? 6 : 17;
        key.flags = k == P_FRAGMENT ? CNIPOL_KEY_FRAGMENT : k == P_UNKNOWN ? CNIPOL_KEY_PORT_UNKNOWN : 0;
        key.destination_port = (uint16_t)(k >= P_FIRST ? PORTS_FIRST + k - P_FIRST : ports[k]);
    }
    return key;
}

static uint32_t leaf_of(struct builder *b, uint32_t view, uint32_t lists_at, uint32_t subject, uint32_t peer, struct cnipol_key key)
{
    struct cnipol_image_checkpoint cp = {.lists = lists_at};
    struct cnipol_partial part = {0, 0, 0, 0};
    struct cnipol_image_leaf leaf;
    uint32_t cp_at = view + (uint32_t)offsetof(struct cnipol_image_view, checkpoints);

    memcpy(b->rules.s + cp_at, &cp, sizeof cp);
    cnipol_ask_list(b->rules.s, view, cp_at, &key, subject, peer, &part);
    leaf = (struct cnipol_image_leaf){(uint8_t)part.can, (uint8_t)part.flags, 0, part.auth, part.program};
    return intern(&b->leaves, &leaf, sizeof leaf);
}

/* One checkpoint's tables under construction. */
struct dag {
    struct bytes lines, rows; /* rows: N_COLUMNS line numbers each, 32 bits */
    struct bytes pages, chunks, l1;
    uint32_t first_row;
};

static void add_index(struct bytes *table, uint32_t value, uint32_t size)
{
    append(table, &value, size, 1);
}

static uint32_t row_of(struct builder *b, struct dag *dag, uint32_t view, uint32_t lists_at, uint32_t subject, uint32_t peer)
{
    uint32_t lines[N_COLUMNS], leaf_size = 1u << b->spec->leaf_shift;

    for (uint32_t column = 0; column < N_COLUMNS; column++) {
        uint8_t line[128] = {0};

        for (uint32_t p = 0; p < 64 && column % POINT_COLUMNS * 64 + p < N_POINTS; p++) {
            uint32_t point = column % POINT_COLUMNS * 64 + p;
            uint32_t leaf = leaf_of(b, view, lists_at, subject, peer, bi_representative(column / POINT_COLUMNS, point));

            memcpy(line + p * leaf_size, &leaf, leaf_size);
        }
        lines[column] = intern(&dag->lines, line, (size_t)64 * leaf_size);
    }
    return intern(&dag->rows, lines, sizeof lines);
}

/* An L1 node: pages of 16 rows, chunks of 16 pages. Returns its number. */
static uint32_t root_of(struct builder *b, struct dag *dag, uint32_t l1_entries, const uint32_t *rows)
{
    uint32_t size = 1u << b->spec->index_shift;
    struct bytes node = {0};
    uint32_t number;

    for (uint32_t i = 0; i < l1_entries; i++) {
        struct bytes chunk = {0};

        for (uint32_t k = 0; k < 16; k++) {
            struct bytes page = {0};

            for (uint32_t c = 0; c < 16; c++)
                add_index(&page, rows[i * 256 + k * 16 + c], size);
            add_index(&chunk, intern(&dag->pages, page.s, (size_t)16 * size), size);
            free(page.s);
        }
        add_index(&node, intern(&dag->chunks, chunk.s, (size_t)16 * size), size);
        free(chunk.s);
    }
    number = intern(&dag->l1, node.s, (size_t)l1_entries * size);
    free(node.s);
    return number;
}

/* Lines that are rows' first ones come first: where two rows share one, it is there twice. */
static void finish_lines(struct builder *b, struct dag *dag, struct cnipol_image_checkpoint *cp)
{
    uint32_t size = 1u << b->spec->index_shift, n_rows = (uint32_t)(dag->rows.n / (N_COLUMNS * 4)), line = 64u << b->spec->leaf_shift;
    const uint32_t *rows = (const uint32_t *)(const void *)dag->rows.s;
    struct bytes lines = {0}, columns = {0};

    for (uint32_t r = 0; r < n_rows; r++)
        append(&lines, dag->lines.s + (size_t)rows[r * N_COLUMNS] * line, line, 1);
    append(&lines, dag->lines.s, dag->lines.n, 1);
    for (uint32_t r = 0; r < n_rows; r++)
        for (uint32_t c = 1; c < N_COLUMNS; c++)
            add_index(&columns, n_rows + rows[r * N_COLUMNS + c], size);
    cp->n_rows = n_rows;
    cp->n_lines = (uint32_t)(lines.n / line);
    cp->lines = append(&b->tables, lines.s, lines.n, 64);
    cp->columns = append(&b->tables, columns.s, columns.n, 4);
    free(lines.s);
    free(columns.s);
}

static void add_dag(struct builder *b, struct dag *dag, struct cnipol_image_checkpoint *cp)
{
    uint32_t size = 1u << b->spec->index_shift;

    finish_lines(b, dag, cp);
    cp->pages = append(&b->tables, dag->pages.s, dag->pages.n, 64);
    cp->chunks = append(&b->tables, dag->chunks.s, dag->chunks.n, 64);
    cp->l1 = append(&b->tables, dag->l1.s, dag->l1.n, 64);
    cp->n_pages = (uint32_t)(dag->pages.n / 16 / size);
    cp->n_chunks = (uint32_t)(dag->chunks.n / 16 / size);
    cp->n_roots = (uint32_t)(dag->l1.n / cp->l1_entries / size);
    free(dag->lines.s);
    free(dag->rows.s);
    free(dag->pages.s);
    free(dag->chunks.s);
    free(dag->l1.s);
}

static uint32_t subject_root(struct builder *b, struct dag *dag, uint32_t l1_entries, uint32_t view, uint32_t lists_at, uint32_t id)
{
    uint32_t *rows = calloc((size_t)l1_entries * 256, sizeof *rows), stride = b->spec->class_stride ? b->spec->class_stride : 1, root;

    if (!rows)
        abort();
    for (uint32_t c = 0; c < b->n_classes; c += stride)
        rows[c] = row_of(b, dag, view, lists_at, id, b->heads[c]);
    root = root_of(b, dag, l1_entries, rows);
    free(rows);
    return root;
}

static void add_checkpoint(struct builder *b, uint32_t view, uint32_t lists_at, const struct bi_checkpoint *from,
                           struct cnipol_image_checkpoint *cp)
{
    const struct bi_spec *spec = b->spec;
    struct bytes roots = {0}, lists = {0}, peers = {0};
    struct dag dag = {0};
    uint32_t known[BI_LISTS];

    memset(known, 0xff, sizeof known);
    *cp = (struct cnipol_image_checkpoint){from->direction, from->subject, from->after_allow, from->n_stages};
    cp->n_classes = b->n_classes;
    cp->l1_entries = (b->n_classes + 255) / 256;
    for (uint32_t id = 0; id < spec->n_ids; id++) {
        uint32_t list = from->first_list + id % from->n_lists;
        char kind = from->roots[id % strlen(from->roots)];

        if (kind == 'D' && known[list] == UINT32_MAX)
            known[list] = subject_root(b, &dag, cp->l1_entries, view, lists_at, id);
        append32(&roots, kind == 'D' ? known[list] : (kind == 'L' ? CNIPOL_ROOT_LIST : CNIPOL_ROOT_ABSENT) << 30);
        append32(&lists, list);
        append32(&peers, spec->unclassed_every && id % spec->unclassed_every == 0 ? CNIPOL_PEER_UNCLASSED : b->classes[id]);
    }
    add_dag(b, &dag, cp);
    cp->roots = append(&b->tables, roots.s, roots.n, 4);
    cp->lists = append(&b->tables, lists.s, lists.n, 4);
    cp->peers = append(&b->tables, peers.s, peers.n, 4);
    free(roots.s);
    free(lists.s);
    free(peers.s);
}

static void fill_block(struct bytes *blocks, const uint16_t block[256], uint16_t *high)
{
    *high = (uint16_t)intern(blocks, block, 512);
}

static struct cnipol_image_ports port_table(struct bytes *blocks, uint32_t base)
{
    struct cnipol_image_ports table = {.unknown = (uint16_t)(base + P_UNKNOWN)};

    for (uint32_t high = 0; high < 256; high++) {
        uint16_t block[256];

        for (uint32_t low = 0; low < 256; low++) {
            uint32_t port = high * 256 + low, k = P_REST;

            if (port >= PORTS_FIRST && port < PORTS_FIRST + PORTS_N)
                k = P_FIRST + port - PORTS_FIRST;
            else if (port == 80 || port == 443)
                k = port == 80 ? P_80 : P_443;
            block[low] = (uint16_t)(base + k);
        }
        fill_block(blocks, block, &table.high[high]);
    }
    return table;
}

static struct cnipol_image_ports source_table(struct bytes *blocks)
{
    struct cnipol_image_ports table = {0};

    for (uint32_t high = 0; high < 256; high++) {
        uint16_t block[256];

        for (uint32_t low = 0; low < 256; low++)
            block[low] = high * 256 + low == 0 ? 0 : high < 4 ? 1 : 2;
        fill_block(blocks, block, &table.high[high]);
    }
    return table;
}

static uint32_t icmp_table(struct bytes *tables)
{
    static const uint16_t points[] = {P_ICMP_REST, P_ICMP_REST, P_ICMP_ECHO, P_ICMP_ECHO_CODE};
    struct cnipol_image_icmp table = {.n_types = 2, .n_codes = 2};
    uint32_t at;

    table.type_class[8] = 1;
    memset(table.code_class + 1, 1, 255);
    at = append(tables, &table, sizeof table, 4);
    append(tables, points, sizeof points, 2);
    return at;
}

static void add_l4(struct builder *b)
{
    struct cnipol_image_protocol rows[256] = {{0}};
    struct bytes blocks = {0};
    struct cnipol_image_ports tcp = port_table(&blocks, P_TCP), udp = port_table(&blocks, P_TCP + P_PER_PROTOCOL),
                              source = source_table(&blocks);

    rows[1] = (struct cnipol_image_protocol){CNIPOL_L4_ICMP, P_ICMP_UNKNOWN, icmp_table(&b->tables)};
    rows[6] = (struct cnipol_image_protocol){CNIPOL_L4_PORTS, P_TCP + P_FRAGMENT, append(&b->tables, &tcp, sizeof tcp, 4)};
    rows[17] =
        (struct cnipol_image_protocol){CNIPOL_L4_PORTS, P_TCP + P_PER_PROTOCOL + P_FRAGMENT, append(&b->tables, &udp, sizeof udp, 4)};
    b->view.source_ports = append(&b->tables, &source, sizeof source, 4);
    b->view.port_blocks = append(&b->tables, blocks.s, blocks.n, 2);
    b->view.n_port_blocks = (uint32_t)(blocks.n / 512);
    b->view.protocols = append(&b->tables, rows, sizeof rows, 4);
    b->view.n_points = N_POINTS;
    b->view.point_columns = POINT_COLUMNS;
    b->view.n_columns = N_COLUMNS;
    b->view.n_source_classes = N_SOURCES;
    b->view.n_state_classes = 2;
    b->view.state_class[1] = b->view.state_class[2] = 1;
    for (uint32_t i = 0; i < CNIPOL_IMAGE_RELATIONS; i++)
        b->view.relation_class[i] = i & 1;
    free(blocks.s);
}

static void move_offsets(struct cnipol_image_view *view, uint32_t tables, uint32_t rules)
{
    uint32_t *const in_tables[] = {&view->leaves, &view->protocols, &view->source_ports, &view->port_blocks};
    uint32_t *const in_rules[] = {&view->lists, &view->items, &view->cells, &view->sets, &view->members, &view->words};

    for (size_t i = 0; i < sizeof in_tables / sizeof in_tables[0]; i++)
        *in_tables[i] += tables;
    for (size_t i = 0; i < sizeof in_rules / sizeof in_rules[0]; i++)
        *in_rules[i] += rules;
    for (uint32_t i = 0; i < view->n_checkpoints; i++) {
        struct cnipol_image_checkpoint *cp = &view->checkpoints[i];
        uint32_t *const of[] = {&cp->roots, &cp->lists, &cp->peers, &cp->l1, &cp->chunks, &cp->pages, &cp->lines, &cp->columns};

        for (size_t k = 0; k < sizeof of / sizeof of[0]; k++)
            *of[k] += tables;
    }
}

static void assemble(struct builder *b, struct np_mem *mem, size_t rules_n, struct np_image_block *out)
{
    static const char names[] = "names";
    uint32_t at = (uint32_t)np_image_first_offset(3), protocols = b->view.protocols;
    struct np_image_part parts[] = {
        {CNIPOL_SECTION_TABLES, CNIPOL_HOT, 0, b->tables.s, b->tables.n},
        {CNIPOL_SECTION_RULES, CNIPOL_WARM, 0, b->rules.s, rules_n},
        {77, CNIPOL_COLD, 0, names, sizeof names},
    };
    struct np_image_plan plan = {parts, 3, b->spec->features, at};

    for (uint32_t i = 0; i < 256; i++) { /* tables that the protocols name */
        struct cnipol_image_protocol *row = (struct cnipol_image_protocol *)(void *)(b->tables.s + protocols) + i;

        row->table += row->kind ? at : 0;
    }
    move_offsets(&b->view, at, (uint32_t)np_image_align(at + b->tables.n));
    memcpy(b->tables.s, &b->view, sizeof b->view);
    if (np_image_assemble(mem, &plan, out))
        abort();
}

/* Each id's list, for the brute force. */
static uint32_t add_numbers(struct builder *b, const struct bi_checkpoint *from)
{
    uint32_t at = (uint32_t)((b->rules.n + 3) & ~(size_t)3);

    for (uint32_t id = 0; id < b->spec->n_ids; id++)
        append32(&b->rules, from->first_list + id % from->n_lists);
    return at;
}

void bi_build(struct np_mem *mem, const struct bi_spec *spec, struct np_image_block *out)
{
    struct builder b = {.spec = spec};
    uint32_t view, numbers[CNIPOL_IMAGE_CHECKPOINTS];
    size_t rules_n;

    b.classes = calloc(spec->n_ids, sizeof *b.classes);
    b.heads = calloc((size_t)spec->n_ids * (spec->class_stride + 1), sizeof *b.heads);
    if (!b.classes || !b.heads)
        abort();
    b.view.n_ids = spec->n_ids;
    b.view.index_shift = spec->index_shift;
    b.view.leaf_shift = spec->leaf_shift;
    b.view.n_checkpoints = (uint8_t)spec->n_checkpoints;
    append(&b.tables, &b.view, sizeof b.view, 4);
    add_rules(&b);
    rules_n = b.rules.n;
    for (uint32_t i = 0; i < spec->n_checkpoints; i++)
        numbers[i] = add_numbers(&b, &spec->checkpoints[i]);
    view = rules_view(&b);
    classify(&b, view);
    for (uint32_t i = 0; i < spec->n_checkpoints; i++)
        add_checkpoint(&b, view, numbers[i], &spec->checkpoints[i], &b.view.checkpoints[i]);
    add_l4(&b);
    b.view.n_leaves = (uint32_t)(b.leaves.n / sizeof(struct cnipol_image_leaf));
    b.view.leaves = append(&b.tables, b.leaves.s, b.leaves.n, 4);
    assemble(&b, mem, rules_n, out);
    free(b.tables.s);
    free(b.rules.s);
    free(b.leaves.s);
    free(b.classes);
    free(b.heads);
}

static struct cnipol_image_cell box_random(uint64_t *state)
{
    static const uint16_t ports[][2] = {{80, 80}, {443, 443}, {1003, 1020}, {80, 443}, {0, 0}, {0, 65535}};
    const uint16_t *range = ports[bi_below(state, 4)];
    struct cnipol_image_cell cell = {.protocol_hi = 255, .state_hi = 2};

    switch (bi_below(state, 8)) {
    case 0:
        cell.protocol_lo = cell.protocol_hi = 1;
        cell.box_flags = CNIPOL_BOX_ICMP | CNIPOL_BOX_ICMP_TYPE;
        cell.icmp_type_lo = cell.icmp_type_hi = 8;
        break;
    case 1:
    case 2:
    case 3:
        cell.protocol_lo = cell.protocol_hi = 6;
        cell.box_flags = CNIPOL_BOX_PORTS | CNIPOL_BOX_DESTINATION;
        break;
    case 4:
        cell.protocol_lo = 6, cell.protocol_hi = 17;
        cell.box_flags = CNIPOL_BOX_PORTS | CNIPOL_BOX_DESTINATION | CNIPOL_BOX_SOURCE;
        break;
    default:
        break;
    }
    if (range[0] == 80 && range[1] == 443) /* only what the points tell apart */
        range = ports[5];
    cell.destination_lo = range[0], cell.destination_hi = range[1];
    cell.source_lo = 1024, cell.source_hi = 65535;
    cell.relation_mask = bi_below(state, 6) == 0;
    cell.relation_bits = cell.relation_mask;
    cell.state_lo = bi_below(state, 6) == 0;
    cell.box_flags |= bi_below(state, 10) == 0 ? CNIPOL_BOX_MAYBE : 0;
    return cell;
}

static uint32_t add_cell(struct bi_spec *spec, struct cnipol_image_cell cell)
{
    assert(spec->n_cells < BI_CELLS);
    spec->cells[spec->n_cells] = cell;
    return spec->n_cells++;
}

static uint32_t rule_random(uint64_t *state, struct bi_spec *spec, uint32_t kind, uint32_t stage, uint32_t n_stages)
{
    static const uint8_t actions[] = {CNIPOL_ACT_ALLOW, CNIPOL_ACT_ALLOW, CNIPOL_ACT_DENY, CNIPOL_ACT_PASS,
                                      CNIPOL_ACT_LOG,   CNIPOL_ACT_NEXT,  CNIPOL_ACT_DENY, CNIPOL_ACT_UNDEFINED};
    struct cnipol_image_cell cell = box_random(state);

    cell.kind = (uint8_t)kind;
    cell.stage = (uint8_t)stage;
    cell.action = actions[bi_below(state, sizeof actions)];
    cell.target = (uint8_t)(stage + 1 + bi_below(state, n_stages - stage));
    cell.flags = (uint8_t)bi_below(state, 8) & (uint8_t)bi_below(state, 8);
    cell.set = bi_below(state, 4) == 0 ? CNIPOL_SET_ALL : bi_below(state, spec->n_sets);
    cell.policy = bi_below(state, 3);
    cell.tie = bi_below(state, 2);
    cell.auth = bi_below(state, 8) == 0 ? 2 : 0;
    cell.program = bi_below(state, 9) == 0 ? 1 + bi_below(state, 3) : 0;
    return add_cell(spec, cell);
}

static void set_random(uint64_t *state, uint32_t bound, struct bi_set *set, bool is_members)
{
    uint32_t start = 0;

    for (set->n = 0; set->n < BI_WORDS && start < bound; set->n++) {
        set->words[set->n] = start * 4 + bi_below(state, 3);
        start += 1 + bi_below(state, is_members ? 2 : bound / 4 + 1);
    }
}

/* Items of a list; kinds in order, stages ascending. */
static void list_random(uint64_t *state, struct bi_list *list, const uint32_t *heads, uint32_t n_stages)
{
    list->n = 0;
    for (uint32_t stage = 0; stage < n_stages; stage++) {
        uint32_t first = heads[stage * 4], n_rules = heads[stage * 4 + 1], unmatched = heads[stage * 4 + 2] + bi_below(state, 3);

        list->items[list->n++] = first;
        for (uint32_t k = 0; k < n_rules; k++)
            if (bi_below(state, 3))
                list->items[list->n++] = (first + 1 + k) | (bi_below(state, 9) == 0 ? CNIPOL_ITEM_MAYBE : 0);
        list->items[list->n++] = unmatched;
        if (bi_below(state, 2))
            list->items[list->n++] = heads[stage * 4 + 3];
    }
    list->items[list->n++] = heads[n_stages * 4];
}

static void stages_random(uint64_t *state, struct bi_spec *spec, uint32_t n_stages, uint32_t *heads)
{
    struct cnipol_image_cell end = {.kind = CNIPOL_CELL_END, .stage = (uint8_t)n_stages, .set = CNIPOL_SET_ALL};

    for (uint32_t stage = 0; stage < n_stages; stage++) {
        struct cnipol_image_cell cell = {.kind = CNIPOL_CELL_STAGE, .stage = (uint8_t)stage, .set = CNIPOL_SET_ALL};
        uint32_t n_rules = 2 + bi_below(state, 4);

        cell.combine = (uint8_t)bi_below(state, 2);
        cell.ties = (uint8_t)bi_below(state, 2);
        heads[stage * 4] = add_cell(spec, cell);
        heads[stage * 4 + 1] = n_rules;
        for (uint32_t k = 0; k < n_rules; k++)
            rule_random(state, spec, CNIPOL_CELL_RULE, stage, n_stages);
        cell.kind = CNIPOL_CELL_UNMATCHED;
        for (uint32_t governed = 0; governed < 3; governed++) {
            cell.governed = (uint8_t)governed;
            cell.combine = cell.ties = 0;
            heads[stage * 4 + 2] = add_cell(spec, cell) - governed;
        }
        heads[stage * 4 + 3] = rule_random(state, spec, CNIPOL_CELL_DEFAULT, stage, n_stages);
    }
    end.action = bi_below(state, 4) == 0 ? CNIPOL_ACT_DENY : bi_below(state, 2) ? CNIPOL_ACT_NEXT : CNIPOL_ACT_ALLOW;
    heads[n_stages * 4] = add_cell(spec, end);
}

void bi_spec_random(uint64_t seed, struct bi_spec *spec)
{
    static const char *const roots[] = {"D", "DDL", "DADDLDD", "L", "DDDDA", "ADL"};
    uint64_t state = seed * 0x9e3779b97f4a7c15u + 88172645463325252u;
    uint32_t n_stages = 1 + bi_below(&state, 3), heads[16], n_late = bi_below(&state, 3) * 3;

    *spec = (struct bi_spec){.n_ids = 3 + n_late + bi_below(&state, 60), .leaf_shift = (uint8_t)bi_below(&state, 2)};
    spec->index_shift = (uint8_t)(1 + bi_below(&state, 2));
    spec->features = bi_below(&state, 2) ? CNIPOL_FEATURE_CHECKSUMS : 0;
    spec->class_stride = bi_below(&state, 3) == 0 ? 90 : 1;
    spec->unclassed_every = bi_below(&state, 2) ? 0 : 3 + bi_below(&state, 9);
    spec->first_member = spec->n_ids - n_late;
    spec->n_sets = 1 + bi_below(&state, 4);
    for (uint32_t i = 0; i < spec->n_sets; i++) {
        spec->sets[i].space = spec->first_member;
        set_random(&state, spec->first_member, &spec->sets[i], false);
    }
    for (uint32_t i = 0; i < n_late; i++)
        set_random(&state, spec->n_sets, &spec->members[i], true);
    stages_random(&state, spec, n_stages, heads);
    spec->n_lists = 1 + bi_below(&state, 5);
    for (uint32_t i = 0; i < spec->n_lists; i++)
        list_random(&state, &spec->lists[i], heads, n_stages);
    spec->n_checkpoints = bi_below(&state, 3) ? 2 : bi_below(&state, 6);
    for (uint32_t i = 0; i < spec->n_checkpoints; i++) {
        uint32_t first = bi_below(&state, spec->n_lists), direction = spec->n_checkpoints == 2 ? i : bi_below(&state, 2);

        spec->checkpoints[i] = (struct bi_checkpoint){(uint8_t)direction, (uint8_t)direction, 0, (uint8_t)n_stages, "", first, 0};
        spec->checkpoints[i].after_allow = bi_below(&state, 4) == 0;
        spec->checkpoints[i].roots = roots[bi_below(&state, sizeof roots / sizeof roots[0])];
        spec->checkpoints[i].n_lists = spec->n_lists - first;
    }
}

struct cnipol_key bi_key_random(uint64_t *state, uint32_t n_ids)
{
    static const uint8_t protocols[] = {6, 6, 6, 6, 17, 1, 47, 255};
    static const uint16_t ports[] = {80, 443, 999, 1000, 1003, 1020, 1021, 1039, 1040, 65535, 0}, sources[] = {0, 1, 1023, 1024, 40000};
    struct cnipol_key key = {.source = bi_below(state, n_ids), .destination = bi_below(state, n_ids)};

    key.protocol = protocols[bi_below(state, sizeof protocols)];
    key.flags = (uint8_t)bi_below(state, 8);
    key.icmp_type = bi_below(state, 2) ? 8 : 3;
    key.icmp_code = (uint8_t)bi_below(state, 2);
    key.source_port = sources[bi_below(state, 5)];
    key.destination_port = ports[bi_below(state, 11)];
    key.relations = (uint8_t)bi_below(state, 32);
    key.state = (uint8_t)bi_below(state, 3);
    key.directions = (uint8_t)bi_below(state, 4);
    return key;
}
