/* SPDX-License-Identifier: BSD-2-Clause */
/* Rules as cells: one of them holds where the rule does; what a policy map orders is in order. */

/* The tables keep their own layout, which clang-format would take away. */
/* clang-format off */

#include "small.h"

#include <cnipol/status.h>

#include "compile/points.h"
#include "compile/subjects.h"
#include "compile/peer_classes.h"

#define ENDS {{"web", "10.0.0.1", "http=80/tcp dns=53/udp"}, {"db", "10.0.0.2", "http=81/tcp"}, {"cache", "10.1.0.3"}, {"lost"}, {"node", "10.2.0.1", .unpoliced = true}}
#define SETS {{"web", "web"}, {"db", "db"}, {"both", "web db"}, {"perhaps", "cache", "web"}}
#define MACHINE(of) {.ends = ENDS, .sets = SETS, .policies = {{"p", "in:both"}, {"q", "?"}, {"r", "in:perhaps"}}, .checkpoints = of, .n_checkpoints = BM_COUNT(of)}

static const char *const questions[] = {
    "web db tcp:80", "web db tcp:81", "web db tcp:0", "web db tcp:65535", "db web tcp:80", "db web tcp:81", "cache web udp:53", "cache db sctp:80",
    "lost web tcp:80", "web lost tcp:80", "node db tcp:81 own-node", "web node tcp:80 established", "web db icmp:8/0", "web db icmp", "web db gre",
    "web db tcp:80 fragment", "web db tcp:80 sport:40000", "10.0.0.9 db tcp:80", "10.1.0.9 web tcp:80", "web 172.16.0.1 tcp:80", "cache cache tcp:90 self",
};

/* The best truth of a rule's cells. */
static enum np_tri cells_say(const struct small *small, const struct np_cells *cells, const struct np_facts *facts, uint32_t rule)
{
    struct cnipol_key key = small_key(facts);
    enum np_tri best = NP_NO;

    for (uint32_t i = 0; i < cells->n; i++) {
        const struct np_cell *cell = &cells->items[i];
        enum np_tri truth = NP_YES;

        if (cell->rule != rule)
            continue;
        for (uint32_t role = 0; role < 2; role++) {
            uint32_t id = np_space_peer(&small->space, facts->ends[role].id, &facts->ends[role].ip);

            truth = np_tri_and(truth, np_idset_has(&small->idsets, role == NP_END_DESTINATION ? cell->subject : cell->remote, id));
        }
        truth = np_tri_and(truth, small_box(np_cell_box(cells, cell->box), &key));
        best = np_tri_or(best, truth);
    }
    return best;
}

static void test_rules_hold_as_their_cells(void **state)
{
    static const struct bm_stage stages[] = {{"only", .rules = {
        {"p", .subject = "in:both", .remote = "in:web | in:perhaps !in:db", .l4 = "tcp port:80 | udp", .outcome = "allow"},
        {"p", .subject = "!in:web", .local = "net:10.0.0.0/24", .remote = "net:10.0.0.0/8 !net:10.1.0.0/16", .outcome = "allow"},
        {"q", .remote = "any", .l4 = "named:http", .outcome = "allow"}, {"q", .l4 = "named:http/tcp | !named:dns/udp", .outcome = "allow"},
        {"q", .l4 = "!named:http", .outcome = "allow"}, {"q", .l4 = "!port:80 !port:81 | type:8", .outcome = "deny"},
        {"q", .subject = "? in:both | in:perhaps", .remote = "never", .outcome = "deny"}, {"q", .remote = "in:web | !in:web", .outcome = "deny"},
        {"q", .l4 = "!self sport:1024-65535 | established", .outcome = "deny"}, {"q", .remote = "net:0.0.0.0/0", .l4 = "named:none", .outcome = "deny"}}}};
    static const struct bm_checkpoint points_of[] = {BM_INGRESS(stages)};
    static const struct bm_machine machine = MACHINE(points_of);
    struct small small;
    struct np_cells cells;
    const char *why;

    (void)state;
    small_build(&small, &machine);
    assert_int_equal(np_cells_init(&cells, &small.space, &small.idsets, &why), CNIPOL_OK);
    for (uint32_t i = 0; i < small.built.machine.checkpoints[0].stages[0].n_rules; i++)
        for (size_t q = 0; q < BM_COUNT(questions); q++) {
            const struct np_rule *rule = &small.built.machine.checkpoints[0].stages[0].rules[i];
            struct np_facts facts = bm_facts(&small.built, questions[q]);
            const struct np_pred *preds[] = {&rule->subject, &rule->local, &rule->l4};
            enum np_tri expected = np_pred_eval(&small.built.machine, &facts, NP_END_SOURCE, &rule->remote), got;

            for (uint32_t k = 0; k < 3; k++)
                expected = np_tri_and(expected, np_pred_eval(&small.built.machine, &facts, NP_END_DESTINATION, preds[k]));
            got = cells_say(&small, &cells, &facts, i);
            if (got != expected)
                fail_msg("rule %u, %s: %d, expected %d", i, questions[q], (int)got, (int)expected);
        }
    np_cells_free(&cells);
    small_free(&small);
}

static struct cnipol_key key_of(const struct np_raw_point *raw, const struct np_raw_variant *variant)
{
    static const uint8_t flags[] = {[NP_POINT_FRAGMENT] = CNIPOL_KEY_FRAGMENT, [NP_POINT_UNKNOWN] = CNIPOL_KEY_PORT_UNKNOWN, [NP_POINT_ICMP] = CNIPOL_KEY_ICMP};

    return (struct cnipol_key){.protocol = raw->protocol, .flags = flags[raw->kind], .icmp_type = raw->icmp_type, .icmp_code = raw->icmp_code,
                               .destination_port = raw->port, .source_port = variant->source, .relations = variant->relations, .state = variant->state};
}

/* At each point of each variant a box holds as it does for the questions that those stand for. */
static void test_points(void **state)
{
    static const struct { const char *l4[4]; uint32_t points, variants; } rows[] = {
        {{"any"}, 1, 1}, {{"tcp"}, 2, 1}, {{"tcp", "udp"}, 3, 1}, {{"tcp port:80"}, 3, 1}, /* 80, unknown, all else */
        {{"tcp port:80", "tcp port:80-90"}, 4, 1}, {{"tcp port:80", "tcp port:90"}, 4, 1}, {{"self"}, 1, 2}, {{"self", "hairpin"}, 1, 4},
        {{"established"}, 1, 3}, {{"tcp sport:1024-65535"}, 2, 3}, {{"type:8 code:0"}, 3, 1}, {{"?"}, 1, 1}, {{"proto:10-20"}, 2, 1},
    };

    (void)state;
    for (size_t i = 0; i < BM_COUNT(rows); i++) {
        struct bm_stage stages[] = {{.name = "only"}};
        const struct bm_checkpoint points_of[] = {BM_INGRESS(stages)};
        const struct bm_machine machine = MACHINE(points_of);
        struct small small;
        struct np_cells cells;
        struct np_points points;
        const char *why;

        for (uint32_t k = 0; k < 4 && rows[i].l4[k]; k++)
            stages[0].rules[k] = (struct bm_rule){"p", .l4 = rows[i].l4[k], .outcome = "allow"};
        small_build(&small, &machine);
        assert_int_equal(np_cells_init(&cells, &small.space, &small.idsets, &why), CNIPOL_OK);
        assert_int_equal(np_points_init(&points, &cells, 1024, UINT64_MAX), CNIPOL_OK);
        for (uint32_t r = 0; r < points.n_raw; r++)
            for (uint32_t v = 0; v < points.n_variants; v++)
                for (uint32_t box = 0; box < cells.boxes.n; box++) {
                    struct cnipol_key key = key_of(&points.raw[r], &points.variants[v]);

                    assert_int_equal(small_box(np_cell_box(&cells, box), &key),
                                     np_tri_and((enum np_tri)points.at_point[box * points.n_points + points.point_of[r]],
                                                (enum np_tri)points.at_variant[box * points.n_variants + v]));
                }
        if (points.n_points != rows[i].points || points.n_variants != rows[i].variants)
            fail_msg("%s: %u points, %u variants", rows[i].l4[0], points.n_points, points.n_variants);
        np_points_free(&points);
        np_cells_free(&cells);
        small_free(&small);
    }
}

/* Neighbours that differ in their peers alone are one cell; cells of nobody are none. */
static void test_how_many_cells(void **state)
{
    static const struct { const char *remote, *l4; uint32_t n; } rows[] = {
        {"any", "any", 1}, {"in:web | in:db | in:perhaps", "any", 1}, {"in:web | in:db", "tcp port:80 | tcp port:81 | udp", 3}, {"never", "tcp", 0},
        {"in:web !in:web", "any", 0}, {"any", "tcp udp", 0}, {"any", "named:http/tcp", 2}, {"any", "named:http", 2}, {"any", "named:none", 0},
        {"any", "!port:80", 2}, {"any", "!port:0", 1}, {"net:10.0.0.0/8", "any", 1},
    };

    (void)state;
    for (size_t i = 0; i < BM_COUNT(rows); i++) {
        const struct bm_stage stages[] = {{"only", .rules = {{"p", .remote = rows[i].remote, .l4 = rows[i].l4, .outcome = "allow"}}}};
        const struct bm_checkpoint points_of[] = {BM_INGRESS(stages)};
        const struct bm_machine machine = MACHINE(points_of);
        struct small small;
        struct np_cells cells;
        const char *why;

        small_build(&small, &machine);
        assert_int_equal(np_cells_init(&cells, &small.space, &small.idsets, &why), CNIPOL_OK);
        if (cells.n != rows[i].n)
            fail_msg("%s, %s: %u cells", rows[i].remote, rows[i].l4, cells.n);
        np_cells_free(&cells);
        small_free(&small);
    }
}

/* Cells of a map: rank, deny, length of the match, exact peer; "key:rule" of each. */
static void test_map_order(void **state)
{
    static const struct { struct bm_rule rules[6]; const char *expected; } rows[] = {
        {{{"p", 1, .l4 = "tcp", .outcome = "allow"}, {"p", 0, .l4 = "tcp", .outcome = "allow"}}, "0:1 1:0 "},
        {{{"p", .l4 = "tcp port:1", .outcome = "allow"}, {"p", .outcome = "deny"}}, "0:1 1:0 1:0 "},
        {{{"p", .l4 = "tcp", .outcome = "allow"}, {"p", .l4 = "tcp port:1", .outcome = "allow"}}, "0:1 0:1 1:0 "},
        {{{"p", .l4 = "tcp", .outcome = "allow"}, {"p", .remote = "in:web", .l4 = "tcp", .outcome = "allow"}}, "0:1 1:0 "},
        {{{"p", .l4 = "tcp", .outcome = "allow"}, {"p", .l4 = "udp", .outcome = "allow"}}, "0:0 0:1 "},
        {{{"p", .remote = "in:web", .l4 = "tcp", .outcome = "deny"}, {"p", .l4 = "tcp port:1", .outcome = "deny"}}, "0:0 0:1 0:1 "},
        {{{"p", .l4 = "tcp port:80-95", .outcome = "allow"}, {"p", .l4 = "tcp port:80-96", .outcome = "allow"}}, "0:0 0:1 0:1 1:0 1:1 "},
        {{{"p", .l4 = "tcp port:0-65535", .outcome = "allow"}}, "0:0 "}, {{{"p", .l4 = "tcp port:0", .outcome = "allow"}}, "0:0 "},
        {{{"p", .outcome = "log"}, {"p", .outcome = "next"}, {"p", .outcome = "allow"}}, "0:2 "},
        {{{"p", .remote = "in:web | any", .l4 = "tcp | any", .outcome = "allow"}}, "0:0 1:0 2:0 3:0 "},
    };

    (void)state;
    for (size_t i = 0; i < BM_COUNT(rows); i++) {
        struct bm_stage stages[] = {{.name = "map", .combine = NP_COMBINE_MAP}};
        const struct bm_checkpoint points_of[] = {BM_INGRESS(stages)};
        const struct bm_machine machine = MACHINE(points_of);
        struct small small;
        struct np_cells cells;
        const char *why;
        char got[128], *at = got;

        memcpy(stages[0].rules, rows[i].rules, sizeof rows[i].rules);
        small_build(&small, &machine);
        assert_int_equal(np_cells_init(&cells, &small.space, &small.idsets, &why), CNIPOL_OK);
        *at = '\0';
        for (uint32_t k = 0; k < cells.n; k++)
            at += sprintf(at, "%u:%u ", cells.items[k].key, cells.items[k].rule);
        if (strcmp(got, rows[i].expected) != 0)
            fail_msg("row %zu: %s, expected %s", i, got, rows[i].expected);
        np_cells_free(&cells);
        small_free(&small);
    }
}

static void test_refused(void **state)
{
    static const struct bm_stage by_port[] = {{"only", .governing = "p", .rules = {{"p", .outcome = "allow"}}}},
                                 by_subject[] = {{"only", .governing = "p", .defaults = {{.l4 = "in:web", .outcome = "allow"}}}};
    static const struct { const struct bm_stage *stages; const char *subject, *why; } rows[] = {
        {by_port, "tcp", "depends on the packet"}, {by_port, "port:80", "depends on the packet"}, {by_subject, "any", "a default that depends on"}, {by_port, "?", NULL},
    };

    (void)state;
    for (size_t i = 0; i < BM_COUNT(rows); i++) {
        const struct bm_checkpoint points_of[] = {{.name = "ingress", .direction = 1, .subject = 1, .stages = rows[i].stages, .n_stages = 1}};
        const struct bm_machine machine = {.ends = ENDS, .sets = SETS, .policies = {{"p", rows[i].subject}}, .checkpoints = points_of, .n_checkpoints = 1};
        struct small small;
        struct np_cells cells;
        const char *why = NULL;

        small_build(&small, &machine);
        assert_int_equal(np_cells_init(&cells, &small.space, &small.idsets, &why), rows[i].why ? CNIPOL_E_LIMIT : CNIPOL_OK);
        if (rows[i].why)
            assert_non_null(strstr(why, rows[i].why));
        np_cells_free(&cells);
        small_free(&small);
    }
}

/* Which ids have one rule list; which ids no rule tells apart as peers. A letter for each id. */
static void test_classes(void **state)
{
    static const struct { struct bm_rule rules[4]; const char *governing, *subjects, *peers; } rows[] = {
        /* ids: web, db, cache, lost, and the node, which is like the rest of the world */
        {{{0}}, NULL, "aaaaa", "aaaaa"},
        {{{"p", .subject = "in:web", .outcome = "allow"}}, NULL, "abbbb", "aaaaa"},
        {{{"p", .subject = "in:both", .remote = "in:web", .outcome = "allow"}}, NULL, "aabbb", "abbbb"},
        {{{"p", .subject = "in:both", .outcome = "allow"}, {"p", .subject = "in:perhaps", .outcome = "allow"}}, NULL, "abcdd", "aaaaa"},
        {{{"p", .remote = "in:perhaps", .outcome = "allow"}}, "p", "aabbb", "abcbb"},
        {{{"p", .remote = "in:web", .outcome = "allow"}, {"p", .remote = "in:both", .outcome = "allow"}}, "r", "abcbb", "abccc"},
    };

    (void)state;
    for (size_t i = 0; i < BM_COUNT(rows); i++) {
        struct bm_stage stages[] = {{"only", .governing = rows[i].governing}};
        const struct bm_checkpoint points_of[] = {BM_INGRESS(stages)};
        const struct bm_machine machine = MACHINE(points_of);
        struct small small;
        struct np_cells cells;
        struct np_subjects subjects;
        struct np_peer_classes peers;
        const char *why;
        uint64_t effort = UINT64_MAX;
        char got[2][16] = {{0}};

        memcpy(stages[0].rules, rows[i].rules, sizeof rows[i].rules);
        small_build(&small, &machine);
        assert_int_equal(np_cells_init(&cells, &small.space, &small.idsets, &why), CNIPOL_OK);
        assert_int_equal(np_subjects_init(&subjects, &cells, 0, NULL, &effort), CNIPOL_OK);
        assert_int_equal(np_peer_classes_init(&peers, &cells, 0, &effort), CNIPOL_OK);
        for (uint32_t id = 0; id < small.space.n_ids; id++) {
            got[0][id] = (char)('a' + subjects.class_of[id]);
            got[1][id] = (char)('a' + peers.class_of[id]);
        }
        if (strcmp(got[0], rows[i].subjects) != 0 || strcmp(got[1], rows[i].peers) != 0)
            fail_msg("row %zu: subjects %s, peers %s", i, got[0], got[1]);
        np_peer_classes_free(&peers);
        np_subjects_free(&subjects);
        np_cells_free(&cells);
        small_free(&small);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rules_hold_as_their_cells), cmocka_unit_test(test_points), cmocka_unit_test(test_how_many_cells), cmocka_unit_test(test_map_order),
                                       cmocka_unit_test(test_refused), cmocka_unit_test(test_classes)};

    return cmocka_run_group_tests_name("cell", tests, NULL, NULL);
}
