/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The proof, against bytes that somebody altered: with checksums each altered or missing byte is refused; without, what
 * passes can be asked anything, in a block that ends where what an evaluation may read ends.
 */

#include "wild.h"

#define SEED 9u

static void expect_refused(struct bench *bench, const uint8_t *bytes, size_t n, const char *what, size_t at)
{
    if (cnipol_image_verify(bench->ctx, bytes, n) != CNIPOL_E_INVALID)
        fail_msg("%s %zu was taken", what, at);
    assert_int_equal(cnipol_diag_count(bench->ctx), 1);
    cnipol_diag_clear(bench->ctx);
}

static void test_each_byte(void **state)
{
    struct bench bench;
    uint8_t *bytes;

    (void)state;
    bench_random(&bench, SEED, CNIPOL_FEATURE_CHECKSUMS);
    bytes = bench.block.bytes;
    for (size_t i = 0; i < bench.block.n; i++) {
        const uint8_t was = bytes[i], others[] = {was ^ 1, was ^ 0x80, (uint8_t)~was, 0, (uint8_t)(was + 1)};

        for (size_t k = 0; k < COUNT(others); k++) {
            bytes[i] = others[k];
            if (others[k] != was)
                expect_refused(&bench, bytes, bench.block.n, "altered byte", i);
        }
        bytes[i] = was;
    }
    assert_int_equal(cnipol_image_verify(bench.ctx, bytes, bench.block.n), CNIPOL_OK);
    bench_end(&bench);
}

static void test_each_length(void **state)
{
    struct bench bench;
    uint8_t *longer;

    (void)state;
    bench_random(&bench, SEED, CNIPOL_FEATURE_CHECKSUMS);
    for (size_t n = 0; n < bench.block.n; n += n < 1000 || n + 100 > bench.block.n ? 1 : 61) {
        uint8_t *copy = exact_copy(bench.block.bytes, n);

        expect_refused(&bench, copy, n, "length", n);
        free(copy);
    }
    longer = aligned_alloc(64, bench.block.n + 64);
    assert_non_null(longer);
    memset(longer, 0, bench.block.n + 64);
    memcpy(longer, bench.block.bytes, bench.block.n);
    expect_refused(&bench, longer, bench.block.n + 64, "length", bench.block.n + 64);
    free(longer);
    bench_end(&bench);
}

static void test_checksums_cannot_be_switched_off(void **state)
{
    struct bench bench;
    struct cnipol_image_header *header;

    (void)state;
    bench_random(&bench, SEED, CNIPOL_FEATURE_CHECKSUMS);
    header = (struct cnipol_image_header *)bench.block.bytes;
    header->features = 0;
    expect_refused(&bench, bench.block.bytes, bench.block.n, "flag", 0);
    for (uint32_t i = 0; i < header->n_sections; i++)
        memset(bench.block.bytes + 64 + i * 40 + 24, 0, 16);
    expect_refused(&bench, bench.block.bytes, bench.block.n, "flag", 1);
    seal_header(bench.block.bytes);
    assert_int_equal(cnipol_image_verify(bench.ctx, bench.block.bytes, bench.block.n), CNIPOL_OK);
    bench_end(&bench);
}

/* Where an alteration is made: in the header, a row of the section table, the view, a checkpoint, or what they name. */
enum place { HEADER, SECTION_1, SECTION_2, SECTION_3, VIEW, CHECKPOINT, PROTOCOL, PORTS, SOURCES, ICMP, LEAVES, CELL, RULE, SET, LIST, AT };

#define IN(type, field) offsetof(struct cnipol_image_##type, field), sizeof(((struct cnipol_image_##type *)0)->field)

static const struct alteration {
    const char *what;
    enum place place;
    size_t offset, size;
    uint64_t value;
    int32_t code; /* 0: taken */
} alterations[] = {
    {"another beginning", HEADER, IN(header, magic), 0x0a1a6c6f706943, NP_IMAGE_FOREIGN},
    {"another major", HEADER, IN(header, major), 2, NP_IMAGE_VERSION},
    {"major 0", HEADER, IN(header, major), 0, NP_IMAGE_VERSION},
    {"a higher minor", HEADER, IN(header, minor), 9, 0},
    {"too many bytes", HEADER, IN(header, total_bytes), 1 << 30, NP_IMAGE_CUT},
    {"no sections", HEADER, IN(header, n_sections), 0, NP_IMAGE_SECTIONS},
    {"more sections", HEADER, IN(header, n_sections), 4, NP_IMAGE_SECTIONS},
    {"many sections", HEADER, IN(header, n_sections), UINT32_MAX, NP_IMAGE_SECTIONS},
    {"header bytes", HEADER, IN(header, header_bytes), UINT32_MAX, NP_IMAGE_SECTIONS},
    {"hot bytes", HEADER, IN(header, hot_bytes), 4096, NP_IMAGE_SECTIONS},
    {"eval bytes", HEADER, IN(header, eval_bytes), UINT32_MAX, NP_IMAGE_SECTIONS},
    {"the view is not aligned", HEADER, IN(header, view), 193, NP_IMAGE_SECTIONS},
    {"the view is in the header", HEADER, IN(header, view), 64, NP_IMAGE_TABLE},
    {"the view is at the end", HEADER, IN(header, view), UINT32_MAX - 3, NP_IMAGE_SECTIONS},
    {"an unknown section", SECTION_3, IN(section, kind), 1000, 0},
    {"an unknown section that is required", SECTION_3, IN(section, flags), 1, NP_IMAGE_VERSION},
    {"section kind 0", SECTION_3, IN(section, kind), 0, 0},
    {"the tables twice", SECTION_3, IN(section, kind), 1, NP_IMAGE_SECTIONS},
    {"no tables", SECTION_1, IN(section, kind), 70, NP_IMAGE_SECTIONS},
    {"no rules", SECTION_2, IN(section, kind), 70, NP_IMAGE_SECTIONS},
    {"cold tables", SECTION_1, IN(section, temperature), 2, NP_IMAGE_SECTIONS},
    {"hot rules", SECTION_2, IN(section, temperature), 0, NP_IMAGE_SECTIONS},
    {"temperature 3", SECTION_3, IN(section, temperature), 3, NP_IMAGE_SECTIONS},
    {"a place that is not aligned", SECTION_2, IN(section, offset), 200, NP_IMAGE_SECTIONS},
    {"a place in another section", SECTION_2, IN(section, offset), 256, NP_IMAGE_SECTIONS},
    {"a place in the header", SECTION_1, IN(section, offset), 64, NP_IMAGE_SECTIONS},
    {"a place far out", SECTION_3, IN(section, offset), UINT64_MAX - 63, NP_IMAGE_SECTIONS},
    {"too long", SECTION_3, IN(section, bytes), UINT64_MAX, NP_IMAGE_SECTIONS},
    {"a checksum without the feature", SECTION_1, IN(section, checksum), 1, NP_IMAGE_ALTERED},
    {"many ids", VIEW, IN(view, n_ids), 1u << 30, NP_IMAGE_TABLE},
    {"very many ids", VIEW, IN(view, n_ids), UINT32_MAX, NP_IMAGE_TABLE},
    {"index shift 0", VIEW, IN(view, index_shift), 0, NP_IMAGE_TABLE},
    {"index shift 3", VIEW, IN(view, index_shift), 3, NP_IMAGE_TABLE},
    {"leaf shift 2", VIEW, IN(view, leaf_shift), 2, NP_IMAGE_TABLE},
    {"nine checkpoints", VIEW, IN(view, n_checkpoints), 9, NP_IMAGE_TABLE},
    {"no state classes", VIEW, IN(view, n_state_classes), 0, NP_IMAGE_TABLE},
    {"many state classes", VIEW, IN(view, n_state_classes), 255, NP_IMAGE_TABLE},
    {"no columns", VIEW, IN(view, n_columns), 0, NP_IMAGE_TABLE},
    {"few columns", VIEW, IN(view, n_columns), 23, NP_IMAGE_TABLE},
    {"many columns", VIEW, IN(view, n_columns), UINT32_MAX, NP_IMAGE_TABLE},
    {"no points", VIEW, IN(view, n_points), 0, NP_IMAGE_TABLE},
    {"many points", VIEW, IN(view, n_points), 129, NP_IMAGE_TABLE},
    {"few points", VIEW, IN(view, n_points), 94, NP_IMAGE_TABLE},
    {"many point columns", VIEW, IN(view, point_columns), UINT32_MAX, NP_IMAGE_TABLE},
    {"no source classes", VIEW, IN(view, n_source_classes), 0, NP_IMAGE_TABLE},
    {"one source class", VIEW, IN(view, n_source_classes), 1, NP_IMAGE_TABLE},
    {"two source classes", VIEW, IN(view, n_source_classes), 2, NP_IMAGE_TABLE},
    {"no leaves", VIEW, IN(view, n_leaves), 0, NP_IMAGE_TABLE},
    {"many leaves", VIEW, IN(view, n_leaves), UINT32_MAX, NP_IMAGE_TABLE},
    {"leaves not aligned", VIEW, IN(view, leaves), 1026, NP_IMAGE_TABLE},
    {"leaves in the header", VIEW, IN(view, leaves), 0, NP_IMAGE_TABLE},
    {"protocols far out", VIEW, IN(view, protocols), UINT32_MAX - 3, NP_IMAGE_TABLE},
    {"source ports far out", VIEW, IN(view, source_ports), UINT32_MAX - 3, NP_IMAGE_TABLE},
    {"no source ports", VIEW, IN(view, source_ports), 0, NP_IMAGE_TABLE},
    {"port blocks far out", VIEW, IN(view, port_blocks), UINT32_MAX - 3, NP_IMAGE_TABLE},
    {"no port blocks", VIEW, IN(view, n_port_blocks), 0, NP_IMAGE_TABLE},
    {"many port blocks", VIEW, IN(view, n_port_blocks), UINT32_MAX, NP_IMAGE_TABLE},
    {"lists far out", VIEW, IN(view, lists), UINT32_MAX - 3, NP_IMAGE_TABLE},
    {"no lists", VIEW, IN(view, n_lists), 0, NP_IMAGE_TABLE},
    {"many lists", VIEW, IN(view, n_lists), UINT32_MAX, NP_IMAGE_TABLE},
    {"items far out", VIEW, IN(view, items), UINT32_MAX - 3, NP_IMAGE_TABLE},
    {"few items", VIEW, IN(view, n_items), 1, NP_IMAGE_TABLE},
    {"many items", VIEW, IN(view, n_items), UINT32_MAX, NP_IMAGE_TABLE},
    {"cells far out", VIEW, IN(view, cells), UINT32_MAX - 3, NP_IMAGE_TABLE},
    {"few cells", VIEW, IN(view, n_cells), 1, NP_IMAGE_TABLE},
    {"many cells", VIEW, IN(view, n_cells), UINT32_MAX, NP_IMAGE_TABLE},
    {"sets far out", VIEW, IN(view, sets), UINT32_MAX - 3, NP_IMAGE_TABLE},
    {"no sets", VIEW, IN(view, n_sets), 0, NP_IMAGE_TABLE},
    {"many sets", VIEW, IN(view, n_sets), UINT32_MAX, NP_IMAGE_TABLE},
    {"members of all", VIEW, IN(view, first_member), 0, NP_IMAGE_TABLE},
    {"no words", VIEW, IN(view, n_words), 0, NP_IMAGE_TABLE},
    {"many words", VIEW, IN(view, n_words), UINT32_MAX, NP_IMAGE_TABLE},
    {"words far out", VIEW, IN(view, words), UINT32_MAX - 3, NP_IMAGE_TABLE},
    {"a class of states", VIEW, IN(view, state_class), 0x000200, NP_IMAGE_TABLE},
    {"a class of relations", VIEW, offsetof(struct cnipol_image_view, relation_class) + 31, 1, 2, NP_IMAGE_TABLE},
    {"direction 2", CHECKPOINT, IN(checkpoint, direction), 2, NP_IMAGE_TABLE},
    {"subject 2", CHECKPOINT, IN(checkpoint, subject), 2, NP_IMAGE_TABLE},
    {"after allow 2", CHECKPOINT, IN(checkpoint, after_allow), 2, NP_IMAGE_TABLE},
    {"no stages", CHECKPOINT, IN(checkpoint, n_stages), 0, NP_IMAGE_TABLE},
    {"64 stages", CHECKPOINT, IN(checkpoint, n_stages), 64, NP_IMAGE_TABLE},
    {"roots far out", CHECKPOINT, IN(checkpoint, roots), UINT32_MAX - 3, NP_IMAGE_TABLE},
    {"lists of subjects far out", CHECKPOINT, IN(checkpoint, lists), UINT32_MAX - 3, NP_IMAGE_TABLE},
    {"peers far out", CHECKPOINT, IN(checkpoint, peers), UINT32_MAX - 3, NP_IMAGE_TABLE},
    {"no roots", CHECKPOINT, IN(checkpoint, n_roots), 0, NP_IMAGE_TABLE},
    {"many roots", CHECKPOINT, IN(checkpoint, n_roots), UINT32_MAX, NP_IMAGE_TABLE},
    {"no L1 entries", CHECKPOINT, IN(checkpoint, l1_entries), 0, NP_IMAGE_TABLE},
    {"many L1 entries", CHECKPOINT, IN(checkpoint, l1_entries), UINT32_MAX, NP_IMAGE_TABLE},
    {"no classes", CHECKPOINT, IN(checkpoint, n_classes), 0, NP_IMAGE_TABLE},
    {"many classes", CHECKPOINT, IN(checkpoint, n_classes), UINT32_MAX, NP_IMAGE_TABLE},
    {"L1 far out", CHECKPOINT, IN(checkpoint, l1), UINT32_MAX - 3, NP_IMAGE_TABLE},
    {"chunks far out", CHECKPOINT, IN(checkpoint, chunks), UINT32_MAX - 3, NP_IMAGE_TABLE},
    {"no chunks", CHECKPOINT, IN(checkpoint, n_chunks), 0, NP_IMAGE_TABLE},
    {"many chunks", CHECKPOINT, IN(checkpoint, n_chunks), UINT32_MAX, NP_IMAGE_TABLE},
    {"pages far out", CHECKPOINT, IN(checkpoint, pages), UINT32_MAX - 3, NP_IMAGE_TABLE},
    {"no pages", CHECKPOINT, IN(checkpoint, n_pages), 0, NP_IMAGE_TABLE},
    {"many pages", CHECKPOINT, IN(checkpoint, n_pages), UINT32_MAX, NP_IMAGE_TABLE},
    {"lines far out", CHECKPOINT, IN(checkpoint, lines), UINT32_MAX - 3, NP_IMAGE_TABLE},
    {"no rows", CHECKPOINT, IN(checkpoint, n_rows), 0, NP_IMAGE_TABLE},
    {"many rows", CHECKPOINT, IN(checkpoint, n_rows), UINT32_MAX, NP_IMAGE_TABLE},
    {"no lines", CHECKPOINT, IN(checkpoint, n_lines), 0, NP_IMAGE_TABLE},
    {"many lines", CHECKPOINT, IN(checkpoint, n_lines), UINT32_MAX, NP_IMAGE_TABLE},
    {"columns far out", CHECKPOINT, IN(checkpoint, columns), UINT32_MAX - 3, NP_IMAGE_TABLE},
    {"protocol kind 3", PROTOCOL, IN(protocol, kind), 3, NP_IMAGE_TABLE},
    {"a protocol's point", PROTOCOL, IN(protocol, point), 95, NP_IMAGE_TABLE},
    {"a protocol's table", PROTOCOL, IN(protocol, table), UINT32_MAX - 1, NP_IMAGE_TABLE},
    {"an unknown port's point", PORTS, IN(ports, unknown), 95, NP_IMAGE_TABLE},
    {"a block", PORTS, offsetof(struct cnipol_image_ports, high) + 510, 2, 500, NP_IMAGE_TABLE},
    {"an unknown source port's class", SOURCES, IN(ports, unknown), 3, NP_IMAGE_TABLE},
    {"a block of points for source ports", SOURCES, offsetof(struct cnipol_image_ports, high) + 510, 2, 0, NP_IMAGE_TABLE},
    {"257 types", ICMP, IN(icmp, n_types), 257, NP_IMAGE_TABLE},
    {"no codes", ICMP, IN(icmp, n_codes), 0, NP_IMAGE_TABLE},
    {"a class of types", ICMP, offsetof(struct cnipol_image_icmp, type_class) + 255, 1, 2, NP_IMAGE_TABLE},
    {"a class of codes", ICMP, offsetof(struct cnipol_image_icmp, code_class) + 255, 1, 2, NP_IMAGE_TABLE},
    {"a point of ICMP", ICMP, sizeof(struct cnipol_image_icmp) + 6, 2, 95, NP_IMAGE_TABLE},
    {"a leaf's outcome", LEAVES, IN(leaf, can), 1u << 5, NP_IMAGE_TABLE},
    {"a leaf's flags", LEAVES, IN(leaf, flags), 8, NP_IMAGE_TABLE},
    {"cell kind 0", CELL, IN(cell, kind), 0, NP_IMAGE_TABLE},
    {"cell kind 6", CELL, IN(cell, kind), 6, NP_IMAGE_TABLE},
    {"a rule first", CELL, IN(cell, kind), CNIPOL_CELL_RULE, NP_IMAGE_TABLE},
    {"combine 3", CELL, IN(cell, combine), 3, NP_IMAGE_TABLE},
    {"stage 63", CELL, IN(cell, stage), 63, NP_IMAGE_TABLE},
    {"action 6", CELL, IN(cell, action), 6, NP_IMAGE_TABLE},
    {"target 64", CELL, IN(cell, target), 64, NP_IMAGE_TABLE},
    {"cell flags", CELL, IN(cell, flags), 8, NP_IMAGE_TABLE},
    {"a cell's set", CELL, IN(cell, set), 8, NP_IMAGE_TABLE},
    {"governed 3", CELL, IN(cell, governed), 3, NP_IMAGE_TABLE},
    {"a pass backwards", RULE, offsetof(struct cnipol_image_cell, action), 2, CNIPOL_ACT_PASS, NP_IMAGE_TABLE},
    {"a pass far ahead", RULE, offsetof(struct cnipol_image_cell, action), 2, CNIPOL_ACT_PASS | 63 << 8, NP_IMAGE_TABLE},
    {"a set's words", SET, IN(set, first), UINT32_MAX, NP_IMAGE_TABLE},
    {"another set's words", SET, IN(set, n), 99, NP_IMAGE_TABLE},
    {"a list's items", LIST, IN(list, first), UINT32_MAX, NP_IMAGE_TABLE},
    {"no items", LIST, IN(list, n), 0, NP_IMAGE_TABLE},
    {"a list without an end", LIST, IN(list, n), 2, NP_IMAGE_TABLE},
    {"a byte behind the header", AT, 184, 1, 1, NP_IMAGE_SECTIONS},
};

/* The first rule of a list that no proxy decides. */
static size_t rule_of(const struct np_image_block *block, const struct cnipol_image_view *view)
{
    const struct cnipol_image_list *lists = (const struct cnipol_image_list *)(block->bytes + view->lists);
    const uint32_t *items = (const uint32_t *)(block->bytes + view->items);

    for (uint32_t i = 0; i < view->n_lists; i++)
        for (uint32_t k = 0; k < lists[i].n; k++) {
            size_t at = view->cells + (items[lists[i].first + k] & ~CNIPOL_ITEM_MAYBE) * sizeof(struct cnipol_image_cell);
            const struct cnipol_image_cell *cell = (const struct cnipol_image_cell *)(block->bytes + at);

            if (cell->kind == CNIPOL_CELL_RULE && !cell->program)
                return at;
        }
    fail_msg("there are no rules");
    return 0;
}

static size_t place_of(const struct np_image_block *block, enum place place)
{
    const struct cnipol_image_header *header = np_image_header(block->bytes);
    const struct cnipol_image_view *view = (const struct cnipol_image_view *)(block->bytes + header->view);
    const struct cnipol_image_protocol *protocols = (const struct cnipol_image_protocol *)(block->bytes + view->protocols);
    const size_t places[] = {
        [HEADER] = 0,
        [SECTION_1] = 64,
        [SECTION_2] = 104,
        [SECTION_3] = 144,
        [VIEW] = header->view,
        [CHECKPOINT] = header->view + offsetof(struct cnipol_image_view, checkpoints),
        [PROTOCOL] = view->protocols + 6 * sizeof *protocols,
        [PORTS] = protocols[6].table,
        [SOURCES] = view->source_ports,
        [ICMP] = protocols[1].table,
        [LEAVES] = view->leaves,
        [CELL] = view->cells,
        [RULE] = rule_of(block, view),
        [SET] = view->sets,
        [LIST] = view->lists,
        [AT] = 0,
    };

    return places[place];
}

static void test_alterations(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(alterations); i++) {
        const struct alteration *a = &alterations[i];
        struct bench bench;
        int rc;

        bench_random(&bench, SEED, 0);
        memcpy(bench.block.bytes + place_of(&bench.block, a->place) + a->offset, &a->value, a->size < 8 ? a->size : 8);
        if (a->place != HEADER || (a->offset != offsetof(struct cnipol_image_header, header_bytes)))
            seal_header(bench.block.bytes);
        rc = cnipol_image_verify(bench.ctx, bench.block.bytes, bench.block.n);
        if (rc != (a->code ? CNIPOL_E_INVALID : CNIPOL_OK) || (rc && last_code(bench.ctx) != a->code))
            fail_msg("%s: status %d, code %d, expected %d: %s", a->what, rc, rc ? last_code(bench.ctx) : 0, a->code,
                     last_message(bench.ctx));
        bench_end(&bench);
    }
}

/* A later id is in the sets that its stretch of words names, or like an earlier one: a chain that ends. */
static void test_later_ids(void **state)
{
    static const struct {
        uint32_t n;
        int32_t more; /* than the id's own number; not CNIPOL_MEMBERS_LIKE: than there are words */
        int rc;
    } rows[] = {
        {CNIPOL_MEMBERS_LIKE, -1, CNIPOL_OK},
        {CNIPOL_MEMBERS_LIKE, 0, CNIPOL_E_INVALID},
        {CNIPOL_MEMBERS_LIKE, 1, CNIPOL_E_INVALID},
        {CNIPOL_MEMBERS_LIKE, 1 << 20, CNIPOL_E_INVALID},
        {0, 9, CNIPOL_OK},
        {1, 0, CNIPOL_E_INVALID},
    };
    uint64_t seen = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++)
        for (size_t i = 0; i < COUNT(rows); i++) {
            struct bench bench;
            const struct cnipol_image_view *view;
            struct cnipol_image_list *members;

            bench_random(&bench, seed, 0);
            view = (const struct cnipol_image_view *)(bench.block.bytes + np_image_header(bench.block.bytes)->view);
            members = (struct cnipol_image_list *)(bench.block.bytes + view->members);
            if (view->first_member < view->n_ids) {
                members->n = rows[i].n;
                members->first = (rows[i].n == CNIPOL_MEMBERS_LIKE ? view->first_member : view->n_words) + (uint32_t)rows[i].more;
                assert_int_equal(cnipol_image_verify(bench.ctx, bench.block.bytes, bench.block.n), rows[i].rc);
                seen++;
            }
            bench_end(&bench);
        }
    assert_true(seen > 5 * COUNT(rows));
}

static void test_mutations(void **state)
{
    const char *rounds_text = getenv("IMAGE_ROUNDS");
    uint32_t rounds = rounds_text ? (uint32_t)atoi(rounds_text) : 400, taken = 0, all = 0;
    uint64_t random = 99;

    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct bench bench;
        uint8_t *copy;
        uint32_t view;

        bench_random(&bench, seed, 0);
        view = np_image_header(bench.block.bytes)->view;
        for (uint32_t round = 0; round < rounds; round++, all++) {
            copy = exact_copy(bench.block.bytes, bench.block.n);
            mutate(&random, copy, bench.block.n, view);
            if (cnipol_image_verify(bench.ctx, copy, bench.block.n) == CNIPOL_OK) {
                ask_wildly(copy, &random);
                taken++;
            }
            cnipol_diag_clear(bench.ctx);
            free(copy);
        }
        bench_end(&bench);
    }
    print_message("%u of %u mutations were taken\n", taken, all);
    assert_true(taken > all / 20 && taken < all / 2 + all / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_byte),   cmocka_unit_test(test_each_length), cmocka_unit_test(test_checksums_cannot_be_switched_off),
        cmocka_unit_test(test_alterations), cmocka_unit_test(test_later_ids),   cmocka_unit_test(test_mutations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
