/* SPDX-License-Identifier: BSD-2-Clause */
/* Boxes say of each question what the terms say that they come from: alone, negated, two at a time. */

#include "small.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const char *const terms[] = {
    "tcp",
    "!tcp",
    "proto:0-255",
    "!proto:0-255",
    "proto:0-16",
    "!proto:6-131",
    "icmp",
    "!icmpv6",
    "port:80",
    "!port:80",
    "port:79-90",
    "!port:79-90",
    "port:0",
    "!port:0",
    "port:0-65535",
    "!port:0-65535",
    "port:1-65535",
    "!port:1-65535",
    "port:90-79",
    "!port:90-79",
    "sport:1024-65535",
    "!sport:1024-65535",
    "sport:0-65535",
    "!sport:0-65535",
    "sport:1",
    "!sport:1",
    "sport:9-8",
    "type:0-255",
    "!type:0-255",
    "type:8",
    "!type:8",
    "type:9-8",
    "code:0",
    "!code:0",
    "code:1-255",
    "!code:0-255",
    "self",
    "!self",
    "hairpin",
    "!same-node",
    "own-node",
    "!to-own-node",
    "new",
    "!new",
    "established",
    "!related",
    "?",
    "!?",
};

static const uint16_t ports[] = {0, 1, 79, 80, 90, 91, 65535}, sources[] = {0, 1, 1023, 1024, 65535};
static const uint8_t protocols[] = {1, 6, 17, 47, 58, 132};
static const uint8_t relations[] = {0, 1, 2, 4, 8, 16, 20, 31};
static const struct {
    bool known;
    uint8_t type, code;
} icmps[] = {{false, 0, 0}, {true, 0, 0}, {true, 8, 0}, {true, 8, 1}, {true, 255, 255}};

/* Every combination of the above, by number; those that are the same question come up several times. */
#define QUESTIONS (6u * 8u * 5u * 5u * 8u * 3u)

static struct np_facts facts_of(uint32_t n)
{
    uint32_t port = n / 6 % 8, icmp = n / 48 / 5 % 5;
    struct np_facts facts = {.protocol = protocols[n % 6],
                             .source_port = sources[n / 48 % 5],
                             .relations = relations[n / 48 / 25 % 8],
                             .state = (uint8_t)(n / 48 / 25 / 8 % 3)};
    bool may_have = facts.protocol == 6 || facts.protocol == 17 || facts.protocol == 132;

    facts.has_ports = may_have && icmp != 4; /* else a later fragment */
    facts.port_unknown = facts.has_ports && port == 7;
    facts.port = (uint16_t)(facts.has_ports && port < 7 ? ports[port] : 0);
    facts.has_icmp = (facts.protocol == 1 || facts.protocol == 58) && icmps[icmp].known;
    facts.icmp_type = facts.has_icmp ? icmps[icmp].type : 0;
    facts.icmp_code = facts.has_icmp ? icmps[icmp].code : 0;
    if (!facts.has_ports)
        facts.source_port = 0;
    return facts;
}

static uint32_t best_of(const struct np_box *boxes, uint32_t n, const struct cnipol_key *key)
{
    uint32_t best = CNIPOL_NO;

    for (uint32_t i = 0; i < n; i++) {
        uint32_t truth = (uint32_t)small_box(&boxes[i], key);

        best = truth > best ? truth : best;
    }
    return best;
}

static void test_terms(void **state)
{
    static const struct bm_machine empty = {0};
    struct bm_built built;

    (void)state;
    bm_build(&built, &empty);
    for (size_t t = 0; t < COUNT(terms); t++) {
        struct np_pred pred = bm_pred(&built, terms[t]);
        struct np_box boxes[NP_BOX_TERM_MAX];
        uint32_t n = np_box_of_term(&pred.any[0].terms[0], boxes);

        assert_true(n <= NP_BOX_TERM_MAX);
        for (uint32_t i = 0; i < QUESTIONS; i++) {
            struct np_facts facts = facts_of(i);
            struct cnipol_key key = small_key(&facts);
            uint32_t expected = (uint32_t)np_pred_eval(&built.machine, &facts, NP_END_SOURCE, &pred), got = best_of(boxes, n, &key);

            if (got != expected)
                fail_msg("%s: %u, expected %u, of protocol %u port %u%s", terms[t], got, expected, key.protocol, key.destination_port,
                         facts.port_unknown ? " (unknown)" : "");
        }
    }
    bm_free(&built);
}

/* All pairs of boxes of two terms: their conjunction. */
static uint32_t meet(const struct np_term *a, const struct np_term *b, struct np_box *out)
{
    struct np_box of_a[NP_BOX_TERM_MAX], of_b[NP_BOX_TERM_MAX];
    uint32_t n_a = np_box_of_term(a, of_a), n_b = np_box_of_term(b, of_b), n = 0;

    for (uint32_t i = 0; i < n_a; i++)
        for (uint32_t k = 0; k < n_b; k++)
            n += np_box_and(&of_a[i], &of_b[k], &out[n]);
    return n;
}

static void test_two_terms(void **state)
{
    static const struct bm_machine empty = {0};
    struct bm_built built;

    (void)state;
    bm_build(&built, &empty);
    for (uint32_t pair = 0; pair < COUNT(terms) * COUNT(terms); pair++) {
        const char *texts[] = {terms[pair / COUNT(terms)], terms[pair % COUNT(terms)]};
        struct np_pred a = bm_pred(&built, texts[0]), b = bm_pred(&built, texts[1]);
        struct np_term both[] = {a.any[0].terms[0], b.any[0].terms[0]};
        const struct np_conj conj = {both, 2};
        struct np_box boxes[NP_BOX_TERM_MAX * NP_BOX_TERM_MAX];
        uint32_t n = meet(&both[0], &both[1], boxes);

        for (uint32_t i = pair % 29; i < QUESTIONS; i += 29) {
            struct np_facts facts = facts_of(i);
            struct cnipol_key key = small_key(&facts);

            if (best_of(boxes, n, &key) != (uint32_t)np_conj_eval(&built.machine, &facts, NP_END_SOURCE, &conj))
                fail_msg("%s and %s: protocol %u port %u", texts[0], texts[1], key.protocol, key.destination_port);
        }
    }
    bm_free(&built);
}

/* A block of a policy map says nothing of an unknown port. */
static void test_blocks(void **state)
{
    static const struct {
        const char *with;
        uint16_t lo, hi, port;
        bool unknown;
        uint32_t expected;
    } rows[] = {
        {"tcp", 80, 95, 80, false, CNIPOL_YES},        {"tcp", 80, 95, 96, false, CNIPOL_NO},
        {"tcp", 80, 95, 0, true, CNIPOL_NO},           {"?", 80, 95, 95, false, CNIPOL_PERHAPS},
        {"port:90-99", 80, 95, 90, false, CNIPOL_YES}, {"port:90-99", 80, 95, 0, true, CNIPOL_NO},
        {"port:96-99", 80, 95, 95, false, CNIPOL_NO},  {"port:1-65535", 80, 95, 0, true, CNIPOL_NO},
    };
    static const struct bm_machine empty = {0};
    struct bm_built built;

    (void)state;
    bm_build(&built, &empty);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct np_pred pred = bm_pred(&built, rows[i].with);
        struct np_box block = np_box_any, boxes[NP_BOX_TERM_MAX], both;
        struct cnipol_key key = {.protocol = 6, .destination_port = rows[i].port, .flags = rows[i].unknown ? CNIPOL_KEY_PORT_UNKNOWN : 0};

        block.flags = CNIPOL_BOX_PORTS | CNIPOL_BOX_DESTINATION | CNIPOL_BOX_BLOCK;
        block.destination_lo = rows[i].lo;
        block.destination_hi = rows[i].hi;
        assert_int_equal(np_box_of_term(&pred.any[0].terms[0], boxes), 1);
        assert_int_equal(np_box_and(&block, &boxes[0], &both) ? (uint32_t)small_box(&both, &key) : CNIPOL_NO, rows[i].expected);
    }
    bm_free(&built);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_terms), cmocka_unit_test(test_two_terms), cmocka_unit_test(test_blocks)};

    return cmocka_run_group_tests_name("box", tests, NULL, NULL);
}
