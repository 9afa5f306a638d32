/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pods and namespaces that change in a live policy set: what is patched, what is compiled, and that both say what a fresh
 * model of the same sources says, by name and by address, in tables, in lists and in a copy that is kept by patches.
 */

#include "live_town.h"
#include "reference/model.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

#define POD_ON(node, ns, name, labels, ports, ips)                                                                                       \
    "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"namespace\":\"" ns "\",\"name\":\"" name "\",\"labels\":{" labels           \
    "}},\"spec\":{\"nodeName\":\"" node "\",\"containers\":[{\"name\":\"c\",\"ports\":[" ports "]}]},\"status\":{\"phase\":\"Running\"," \
    "\"podIPs\":[" ips "]}}"
#define POD(ns, name, labels, ips) POD_ON("n0", ns, name, labels, "", ips)
#define WEB "\"app\":\"web\""
#define DB "\"app\":\"db\""
#define IP(address) "{\"ip\":\"" address "\"}"
#define HTTP(port) "{\"name\":\"http\",\"containerPort\":" port "}"
#define NAMESPACE(name, labels) \
    "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"" name "\",\"labels\":{" labels "}}}"
#define POLICY(name, spec)                                                                                                     \
    "{\"apiVersion\":\"networking.k8s.io/v1\",\"kind\":\"NetworkPolicy\",\"metadata\":{\"namespace\":\"ns0\",\"name\":\"" name \
    "\"},\"spec\":{" spec "}}"

/* What every row begins with. */
static const struct {
    const char *name, *text;
} scene[] = {
    {"nodes", "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"n0\"},\"status\":{\"addresses\":[{\"type\":\"InternalIP\","
              "\"address\":\"172.18.0.1\"}]}}\n{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"n1\"},\"status\":{"
              "\"addresses\":[{\"type\":\"InternalIP\",\"address\":\"172.18.0.2\"}]}}"},
    {"ns0", NAMESPACE("ns0", "\"team\":\"a\"")},
    {"ns1", NAMESPACE("ns1", "\"team\":\"b\"")},
    {"web", POD("ns0", "web", WEB, IP("10.0.0.1"))},
    {"db", POD("ns0", "db", DB, IP("10.0.0.2") "," IP("fd00:10::1"))},
    {"far", POD("ns1", "far", WEB, IP("10.0.1.2"))},
    {"service", "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"namespace\":\"ns0\",\"name\":\"s\"},\"spec\":{\"clusterIP\":"
                "\"10.96.0.1\",\"ports\":[{\"port\":80}]}}"},
    {"p-db",
     POLICY("db", "\"podSelector\":{\"matchLabels\":{" DB "}},\"ingress\":[{\"from\":[{\"podSelector\":{\"matchLabels\":{" WEB
                  "}}}],\"ports\":[{\"port\":80}]},{\"from\":[{\"namespaceSelector\":{\"matchLabels\":{\"team\":\"b\"}}}],\"ports\":"
                  "[{\"port\":\"http\"}]}]")},
    {"p-out", POLICY("out", "\"podSelector\":{\"matchLabels\":{" WEB "}},\"policyTypes\":[\"Egress\"],\"egress\":[{\"to\":[{\"ipBlock\":{"
                            "\"cidr\":\"10.0.0.0/24\"}}]},{\"to\":[{\"podSelector\":{\"matchExpressions\":[{\"key\":\"tier\",\"operator\":"
                            "\"Exists\"}]}}]}]")},
};

#define PATCHED CNIPOL_LIVE_PATCHED
#define COMPILED CNIPOL_LIVE_COMPILED
#define NOTHING CNIPOL_LIVE_NOTHING

/* Sources and their texts, one after the other; "-": gone. */
static const struct {
    const char *what;
    struct {
        const char *name, *text;
        int result;
    } edits[6];
} rows[] = {
    {"an identity that is there", {{"new", POD("ns0", "new", WEB, IP("10.0.0.3")), PATCHED}, {"new", "-", PATCHED}}},
    {"one there, at another atom", {{"new", POD("ns0", "new", WEB, IP("10.0.1.4")), PATCHED}, {"new", "-", PATCHED}}},
    {"labels that nobody has", {{"new", POD("ns0", "new", "\"tier\":\"x\"", IP("10.0.0.3")), PATCHED}, {"new", "-", PATCHED}}},
    {"two policies' labels", {{"new", POD("ns0", "new", DB ",\"tier\":\"x\"", IP("10.0.0.3")), PATCHED}}},
    {"no labels", {{"new", POD("ns0", "new", "", IP("10.0.0.3")), PATCHED}}},
    {"two families", {{"new", POD("ns0", "new", DB, IP("10.0.0.3") "," IP("2001:db8::9")), PATCHED}, {"new", "-", PATCHED}}},
    {"a twin of a guest's",
     {{"a", POD("ns0", "a", "\"tier\":\"x\"", IP("10.0.0.3")), PATCHED},
      {"b", POD("ns0", "b", "\"tier\":\"x\"", IP("10.0.1.4")), PATCHED},
      {"a", "-", PATCHED},
      {"c", POD("ns0", "c", "\"tier\":\"x\"", IP("10.0.0.77")), PATCHED}}},
    {"another port behind a name",
     {{"new", POD_ON("n0", "ns0", "new", DB, HTTP("8080"), IP("10.0.0.3")), PATCHED},
      {"new", POD_ON("n0", "ns0", "new", DB, HTTP("9090"), IP("10.0.0.3")), PATCHED}}},
    {"relabelled",
     {{"web", POD("ns0", "web", DB, IP("10.0.0.1")), PATCHED}, {"web", POD("ns0", "web", WEB ",\"tier\":\"x\"", IP("10.0.0.1")), PATCHED}}},
    {"a guest relabelled",
     {{"new", POD("ns0", "new", WEB, IP("10.0.0.3")), PATCHED},
      {"new", POD("ns0", "new", DB, IP("10.0.0.3")), PATCHED},
      {"new", POD("ns0", "new", "", IP("10.0.0.3")), PATCHED}}},
    {"gone", {{"web", "-", PATCHED}, {"db", "-", PATCHED}}},
    {"gone and back", {{"web", "-", PATCHED}, {"web", POD("ns0", "web", WEB, IP("10.0.0.1")), PATCHED}}},
    {"another address", {{"db", POD("ns0", "db", DB, IP("10.0.1.1")), PATCHED}, {"db", POD("ns0", "db", DB, IP("10.0.0.77")), PATCHED}}},
    {"an address more", {{"web", POD("ns0", "web", WEB, IP("10.0.0.1") "," IP("fd00:10::3")), PATCHED}}},
    {"another node", {{"web", POD_ON("n1", "ns0", "web", WEB, "", IP("10.0.0.1")), PATCHED}}},
    {"another name", {{"web", POD("ns0", "bew", WEB, IP("10.0.0.1")), PATCHED}, {"bew", POD("ns0", "web", WEB, IP("10.0.0.3")), PATCHED}}},
    {"an address that was another's",
     {{"web", "-", PATCHED}, {"new", POD("ns0", "new", DB, IP("10.0.0.1")), PATCHED}, {"new", "-", PATCHED}}},
    {"it waits for an address",
     {{"new", POD("ns0", "new", DB, ""), PATCHED},
      {"new", POD("ns0", "new", DB, IP("10.0.0.3")), PATCHED},
      {"new", POD("ns0", "new", DB, ""), PATCHED}}},
    {"it has finished",
     {{"web",
       "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"namespace\":\"ns0\",\"name\":\"web\"},\"status\":{\"phase\":"
       "\"Succeeded\",\"podIP\":\"10.0.0.1\"}}",
       PATCHED},
      {"web", "-", NOTHING}}},
    {"what nobody looks at", {{"web", POD("ns0", "web", WEB, IP("10.0.0.1")) " ", NOTHING}}},
    {"on its node's network",
     {{"host",
       "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"namespace\":\"ns0\",\"name\":\"host\"},\"spec\":{\"nodeName\":\"n0\","
       "\"hostNetwork\":true},\"status\":{\"phase\":\"Running\",\"podIP\":\"172.18.0.1\"}}",
       PATCHED},
      {"host", "-", PATCHED}}},
    {"a policy between",
     {{"new", POD("ns0", "new", "\"tier\":\"x\"", IP("10.0.0.3")), PATCHED},
      {"p-new",
       POLICY("new", "\"podSelector\":{\"matchLabels\":{\"tier\":\"x\"}},\"ingress\":[{\"from\":[{\"ipBlock\":{\"cidr\":"
                     "\"10.0.0.0/31\"}}]}]"),
       PATCHED},
      {"new", POD("ns0", "new", WEB, IP("10.0.0.3")), PATCHED},
      {"old", POD("ns0", "old", "\"tier\":\"x\"", IP("10.0.0.77")), PATCHED},
      {"p-new", "-", PATCHED},
      {"p-db", "-", PATCHED}}},
    {"a prefix cuts where a pod was",
     {{"web", "-", PATCHED},
      {"p-out",
       POLICY("out", "\"podSelector\":{},\"policyTypes\":[\"Egress\"],\"egress\":[{\"to\":[{\"ipBlock\":{\"cidr\":\"10.0.0.1/32\"}}]}]"),
       PATCHED},
      {"web", POD("ns0", "web", WEB, IP("10.0.0.1")), PATCHED},
      {"web", "-", PATCHED},
      {"db", "-", PATCHED}}},
    {"a namespace's labels",
     {{"ns0", NAMESPACE("ns0", "\"team\":\"b\""), PATCHED},
      {"new", POD("ns0", "new", WEB, IP("10.0.0.3")), PATCHED},
      {"ns0", NAMESPACE("ns0", ""), PATCHED},
      {"ns1", NAMESPACE("ns1", "\"team\":\"b\",\"x\":\"y\""), NOTHING}}},
    {"an address that two claim",
     {{"new", POD("ns0", "new", WEB, IP("10.0.0.1")), COMPILED}, {"new", "-", COMPILED}, {"web", "-", PATCHED}}},
    {"a Service's address", {{"new", POD("ns0", "new", WEB, IP("10.96.0.1")), COMPILED}, {"new", "-", COMPILED}}},
    {"given twice", {{"again", POD("ns0", "web", DB, IP("10.0.0.1")), COMPILED}, {"again", "-", COMPILED}}},
    {"nobody spoke of the namespace",
     {{"new", POD("ns9", "new", WEB, IP("10.0.0.3")), PATCHED},
      {"ns9", NAMESPACE("ns9", "\"team\":\"b\""), PATCHED},
      {"again", NAMESPACE("ns9", "\"team\":\"c\""), COMPILED}}},
    {"a namespace comes and goes",
     {{"ns2", NAMESPACE("ns2", "\"team\":\"b\""), NOTHING},
      {"new", POD("ns2", "new", WEB, IP("10.0.0.3")), PATCHED},
      {"old", POD("ns2", "old", DB, IP("10.0.1.4")), PATCHED},
      {"ns2", "-", PATCHED},
      {"ns2", NAMESPACE("ns2", "\"team\":\"b\""), PATCHED},
      {"new", "-", PATCHED}}},
    {"a node that stays what it was",
     {{"node", "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"n2\"}}", COMPILED},
      {"node", "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"n2\"},\"status\":{\"x\":1}}", NOTHING},
      {"node", "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"n2\",\"labels\":{\"a\":\"b\"}}}", COMPILED}}},
    {"a workload's template",
     {{"later",
       "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"namespace\":\"ns0\",\"name\":\"later\"},\"spec\":{"
       "\"template\":{\"metadata\":{\"labels\":{" WEB "}}}}}",
       COMPILED},
      {"web", "-", COMPILED}}},
};

static void a_pod_changes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct live_town t;

        town_open(&t, 1, NULL, 0);
        cnipol_live_begin(t.live);
        for (size_t k = 0; k < COUNT(scene); k++)
            assert_true(town_put(&t, scene[k].name, scene[k].text) >= 0);
        assert_int_equal(cnipol_live_end(t.live), COMPILED);
        for (size_t k = 0; k < COUNT(rows[i].edits) && rows[i].edits[k].name; k++) {
            const char *text = rows[i].edits[k].text;
            int rc = town_put(&t, rows[i].edits[k].name, strcmp(text, "-") == 0 ? NULL : text);

            if (rc != rows[i].edits[k].result)
                fail_msg("%s, edit %zu: %d instead of %d", rows[i].what, k, rc, rows[i].edits[k].result);
            town_refresh(&t);
            town_compare(&t);
        }
        assert_int_equal(cnipol_live_compact(t.live), COMPILED);
        town_compare(&t);
        town_same_bytes(&t);
        town_close(&t);
    }
}

#define TOWNS 8
#define EDITS 80

static const struct town_mix settling = {.policy = 25, .pod = 40, .namespace = 15, .plain = 20};
static const struct town_mix changing = {.policy = 30, .pod = 55, .namespace = 15};

static uint64_t first_seed;

/* Pods, namespaces and policies, each in a source of its own. Most changes are patched. */
static void everything_changes(void **state)
{
    uint32_t changes[3] = {0};
    uint64_t by_address = 0;

    (void)state;
    for (uint64_t seed = first_seed; seed < first_seed + TOWNS; seed++) {
        struct live_town t;

        town_open(&t, seed, NULL, 0);
        cnipol_live_begin(t.live);
        for (uint32_t i = 0; i < 36; i++)
            (void)town_edit(&t, &settling);
        assert_true(cnipol_live_end(t.live) >= 0);
        memset(t.changes, 0, sizeof t.changes);
        for (uint32_t i = 0; i < EDITS; i++) {
            (void)town_edit(&t, &changing);
            town_refresh(&t);
            town_compare(&t);
            if (i % 27 == 26) {
                assert_int_equal(cnipol_live_compact(t.live), COMPILED);
                town_compare(&t);
                town_same_bytes(&t);
            }
        }
        for (uint32_t i = 0; i < 3; i++)
            changes[i] += t.changes[i];
        by_address += t.by_address;
        town_close(&t);
    }
    print_message("%u edits changed nothing, %u patched, %u compiled; %llu questions by address\n", changes[0], changes[1], changes[2],
                  (unsigned long long)by_address);
    assert_true(changes[1] > changes[2]);
}

/* One direction between two pods, which the slice has. */
static void compare_part(struct live_town *t, uint32_t from, uint32_t to, uint8_t direction, uint64_t *asked)
{
    const char *a = cnipol_model_pod_name(t->fresh, from), *b = cnipol_model_pod_name(t->fresh, to);
    const struct cnipol_snapshot *s = cnipol_live_acquire(t->live);
    struct cnipol_question fresh, live;
    struct cnipol_verdict expected;
    struct cnipol_answer got;
    struct cnipol_key key;

    assert_int_equal(cnipol_question_init(t->fresh, a, b, &fresh), CNIPOL_OK);
    assert_int_equal(cnipol_question_init(cnipol_live_model(t->live), a, b, &live), CNIPOL_OK);
    fresh.direction = live.direction = direction;
    for (uint16_t port = 79; port < 82; port++) {
        fresh.destination_port = live.destination_port = port;
        cnipol_ask(t->fresh, &fresh, &expected);
        if (cnipol_live_key(t->live, &live, &key))
            continue;
        cnipol_eval(s->bytes, s->view, &key, &got);
        if (got.decision != expected.decision)
            fail_msg("seed %llu, %s: %s to %s, direction %u, port %u: %s, not %s", (unsigned long long)t->seed, t->last, a, b, direction,
                     port, cnipol_decision_text(got.decision), cnipol_decision_text(expected.decision));
        (*asked)++;
    }
    cnipol_live_release(t->live, s);
}

static void compare_slice(struct live_town *t, uint32_t node, uint64_t *asked)
{
    for (uint32_t from = 0; from < t->fresh->n_pods; from++)
        for (uint32_t to = 0; to < t->fresh->n_pods; to++) {
            if (t->fresh->node_of[from] == node)
                compare_part(t, from, to, CNIPOL_ASK_EGRESS, asked);
            if (t->fresh->node_of[to] == node)
                compare_part(t, from, to, CNIPOL_ASK_INGRESS, asked);
        }
}

/* A node's slice, without an address map: whoever is on the node is policed as in the whole. */
static void a_slice_changes(void **state)
{
    static const struct town_mix mix = {.policy = 25, .pod = 60, .namespace = 15};
    static const char node[] =
        "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"n0\"},\"status\":{\"addresses\":[{\"type\":"
        "\"InternalIP\",\"address\":\"172.18.0.1\"}]}}";
    uint64_t asked = 0, patched = 0;

    (void)state;
    for (uint64_t seed = first_seed; seed < first_seed + TOWNS; seed++) {
        struct live_town t;

        town_open_with(&t, seed, NULL, &(struct cnipol_live_opts){.compile = {.node = "n0"}});
        cnipol_live_begin(t.live);
        assert_true(town_put(&t, "node", node) >= 0);
        for (uint32_t i = 0; i < 30; i++)
            (void)town_edit(&t, &mix);
        assert_true(cnipol_live_end(t.live) >= 0);
        for (uint32_t i = 0; i < EDITS; i++) {
            if (i % 20 == 19)
                assert_int_equal(cnipol_live_compact(t.live), COMPILED);
            patched += town_edit(&t, &mix) == PATCHED;
            town_refresh(&t);
            compare_slice(&t, 0, &asked);
        }
        town_close(&t);
    }
    print_message("%llu questions, %llu edits patched\n", (unsigned long long)asked, (unsigned long long)patched);
    assert_true(asked > 10000 && patched > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_pod_changes), cmocka_unit_test(everything_changes),
                                       cmocka_unit_test(a_slice_changes)};
    const char *seed = getenv("CNIPOL_TEST_SEED");

    first_seed = seed ? strtoull(seed, NULL, 10) : 1;
    return cmocka_run_group_tests_name("live ends", tests, NULL, NULL);
}
