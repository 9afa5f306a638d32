/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is done to a live policy set between a compaction's begin and its finish, and what comes of it: all that a change can
 * express is patched into what was compiled, and nothing is compiled again.
 */

#include "live_town.h"

#define POLICY(name, spec)                                                                                                     \
    "{\"apiVersion\":\"networking.k8s.io/v1\",\"kind\":\"NetworkPolicy\",\"metadata\":{\"namespace\":\"ns0\",\"name\":\"" name \
    "\"},\"spec\":{\"podSelector\":" spec "}}"

#define POD(app)                                                                                                              \
    "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"namespace\":\"ns0\",\"name\":\"api\",\"labels\":{\"app\":\"" app \
    "\"}},\"spec\":{\"nodeName\":\"n0\"},\"status\":{\"phase\":\"Running\",\"podIPs\":[{\"ip\":\"10.0.0.9\"}]}}\n"

static const char inventory[] =
    "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"ns0\"}}\n"
    "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"n0\"},\"status\":{\"addresses\":[{\"type\":\"InternalIP\","
    "\"address\":\"172.18.0.1\"}]}}\n"
    "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"n1\"}}\n"
    "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"namespace\":\"ns0\",\"name\":\"web\",\"labels\":{\"app\":\"web\"}},\"spec\":"
    "{\"nodeName\":\"n0\"},\"status\":{\"phase\":\"Running\",\"podIPs\":[{\"ip\":\"10.0.0.1\"}]}}\n"
    "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"namespace\":\"ns0\",\"name\":\"db\",\"labels\":{\"app\":\"db\"}},\"spec\":"
    "{\"nodeName\":\"n1\"},\"status\":{\"phase\":\"Running\",\"podIPs\":[{\"ip\":\"10.0.0.3\"}]}}\n";

static const struct {
    char name;
    const char *text;
} texts[] = {
    {'-', NULL},
    {'i', inventory},
    {'n', "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"n2\"}}"},
    /* three texts of one policy, and two more policies */
    {'1', POLICY("p", "{},\"ingress\":[]")},
    {'2', POLICY("p", "{\"matchLabels\":{\"app\":\"db\"}},\"ingress\":[{\"ports\":[{\"port\":80}]}]")},
    {'3', POLICY("p", "{},\"ingress\":[{\"from\":[{\"ipBlock\":{\"cidr\":\"203.0.113.0/25\"}},{\"podSelector\":{\"matchLabels\":{\"app\":"
                      "\"web\"}}}]}]")},
    {'q',
     POLICY("q", "{\"matchLabels\":{\"app\":\"db\"}},\"ingress\":[{\"from\":[{\"podSelector\":{\"matchLabels\":{\"app\":\"web\"}}}]}]")},
    {'e', POLICY("e", "{},\"policyTypes\":[\"Egress\"],\"egress\":[{\"to\":[{\"ipBlock\":{\"cidr\":\"10.0.0.0/31\"}}]}]")},
    {'h', POLICY("q", "{},\"ingress\":[{\"ports\":[{\"port\":\"http\"}]}]")},
    {'w', POD("api")},
    {'v', POD("web2")},
    {'m', POLICY("q", "{}") "\n" POLICY("e", "{}")},
};

/* Sources and their texts, by letter, before begin and before finish: what finish says, and how many compilations it takes. */
static const struct {
    const char *before, *meanwhile;
    int result;
    uint32_t n_patched, n_compiled;
} rows[] = {
    {"a1", "", CNIPOL_LIVE_COMPILED, 0, 0},
    {"a1 bq ce", "", CNIPOL_LIVE_COMPILED, 0, 0},
    {"a1", "a2", CNIPOL_LIVE_PATCHED, 1, 0},
    {"a1", "a3", CNIPOL_LIVE_PATCHED, 1, 0},
    {"a1", "a-", CNIPOL_LIVE_PATCHED, 1, 0},
    {"", "a1", CNIPOL_LIVE_PATCHED, 1, 0},
    {"a1", "bq ce", CNIPOL_LIVE_PATCHED, 2, 0},
    /* only what is another in the end counts */
    {"a1", "a2 a3 a1", CNIPOL_LIVE_COMPILED, 0, 0},
    {"a1", "bq b-", CNIPOL_LIVE_COMPILED, 0, 0},
    {"a1", "a- a3", CNIPOL_LIVE_PATCHED, 1, 0},
    {"a1 bq", "b- be bq ce", CNIPOL_LIVE_PATCHED, 1, 0},
    /* one policy moves to another source, behind it and before it */
    {"a1", "a- b1", CNIPOL_LIVE_PATCHED, 2, 0},
    {"b1", "b- a1", CNIPOL_LIVE_PATCHED, 2, 0},
    {"b1 ce", "b- a3 bq c-", CNIPOL_LIVE_PATCHED, 3, 0},
    {"", "a3 bq ce", CNIPOL_LIVE_PATCHED, 3, 0},
    {"a3 bq ce", "a- b- c-", CNIPOL_LIVE_PATCHED, 3, 0},
    /* pods */
    {"a1 bq", "dw", CNIPOL_LIVE_PATCHED, 1, 0},
    {"a1 bq dw", "dv", CNIPOL_LIVE_PATCHED, 1, 0},
    {"a1 bq dw", "d- a3", CNIPOL_LIVE_PATCHED, 2, 0},
    {"a1 dw", "d- ew", CNIPOL_LIVE_PATCHED, 2, 0},
    /* not patched: a policy given twice, a port's new name, several objects */
    {"a1", "b2", CNIPOL_LIVE_COMPILED, 0, 1},
    {"a1", "bh", CNIPOL_LIVE_COMPILED, 0, 1},
    {"a1", "bm", CNIPOL_LIVE_COMPILED, 0, 1},
    {"bm", "bq", CNIPOL_LIVE_COMPILED, 0, 1},
};

static const char *text_of(char name)
{
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i].name == name)
            return texts[i].text;
    fail_msg("no text %c", name);
    return NULL;
}

static void put(struct live_town *t, const char *edits)
{
    for (; *edits; edits += edits[2] ? 3 : 2) {
        const char name[] = {edits[0], '\0'};

        if (town_put(t, name, text_of(edits[1])) < 0)
            fail_msg("%s", edits);
    }
}

static void open_town(struct live_town *t, const char *before)
{
    town_open(t, 1, NULL, 0);
    put(t, "ii");
    put(t, before);
}

static struct cnipol_compaction *begin(struct live_town *t)
{
    struct cnipol_compaction *work;

    assert_int_equal(cnipol_live_compact_begin(t->live, &work), CNIPOL_OK);
    assert_int_equal(cnipol_compaction_run(work), CNIPOL_OK);
    return work;
}

static void check(struct live_town *t)
{
    town_refresh(t);
    town_compare(t);
}

static void sources_change_meanwhile(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cnipol_live_stats was, is;
        struct cnipol_compaction *work;
        struct live_town t;
        int rc;

        open_town(&t, rows[i].before);
        work = begin(&t);
        put(&t, rows[i].meanwhile);
        cnipol_live_stats(t.live, &was);
        rc = cnipol_live_compact_finish(t.live, work);
        cnipol_live_stats(t.live, &is);
        if (rc != rows[i].result || is.n_patched - was.n_patched != rows[i].n_patched ||
            is.n_compiled - was.n_compiled != rows[i].n_compiled)
            fail_msg("%s, then %s: %d, %u patched, %u compiled", rows[i].before, rows[i].meanwhile, rc,
                     (unsigned)(is.n_patched - was.n_patched), (unsigned)(is.n_compiled - was.n_compiled));
        check(&t);
        if (rc == CNIPOL_LIVE_COMPILED)
            town_same_bytes(&t);
        put(&t, "a2");
        check(&t);
        put(&t, "a-");
        check(&t);
        assert_int_equal(cnipol_live_compact(t.live), CNIPOL_LIVE_COMPILED);
        check(&t);
        town_same_bytes(&t);
        town_close(&t);
    }
}

/* Between begin and end nothing is published. */
static void many_change_meanwhile(void **state)
{
    struct cnipol_compaction *work;
    const struct cnipol_snapshot *s;
    struct live_town t;
    uint64_t generation;

    (void)state;
    open_town(&t, "a1");
    work = begin(&t);
    s = cnipol_live_acquire(t.live);
    generation = s->generation;
    cnipol_live_release(t.live, s);
    cnipol_live_begin(t.live);
    put(&t, "bq");
    assert_int_equal(cnipol_live_compact_finish(t.live, work), CNIPOL_LIVE_NOTHING);
    assert_int_equal(cnipol_live_compact(t.live), CNIPOL_LIVE_NOTHING);
    s = cnipol_live_acquire(t.live);
    assert_int_equal(s->generation, generation);
    cnipol_live_release(t.live, s);
    assert_int_equal(cnipol_live_end(t.live), CNIPOL_LIVE_COMPILED);
    check(&t);
    town_same_bytes(&t);
    town_close(&t);
}

/* What is taken of the room grows with patches, and is given back by a compaction. */
static void room_is_taken_and_given_back(void **state)
{
    struct cnipol_live_stats stats, more;
    struct live_town t;

    (void)state;
    open_town(&t, "a1 bq");
    assert_int_equal(cnipol_live_compact(t.live), CNIPOL_LIVE_COMPILED);
    cnipol_live_stats(t.live, &stats);
    assert_int_equal(stats.room, 16u << 20);
    assert_int_equal(stats.used, 0);
    for (uint32_t i = 0; i < 20; i++) {
        put(&t, i % 2 ? "bq" : "b-");
        put(&t, i % 2 ? "a1" : "a3");
        cnipol_live_stats(t.live, &more);
        assert_true(more.used >= stats.used && more.used < more.room / 2);
        stats = more;
    }
    assert_true(stats.used > 0);
    assert_int_equal(cnipol_live_compact(t.live), CNIPOL_LIVE_COMPILED);
    cnipol_live_stats(t.live, &stats);
    assert_int_equal(stats.used, 0);
    town_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sources_change_meanwhile),
        cmocka_unit_test(many_change_meanwhile),
        cmocka_unit_test(room_is_taken_and_given_back),
    };

    return cmocka_run_group_tests_name("live compact", tests, NULL, NULL);
}
