/* SPDX-License-Identifier: BSD-2-Clause */
/* The vector runner: right answers pass, wrong ones fail, and what nobody reads never passes. */

#include <stdlib.h>
#include <stdio.h>
#include <unistd.h>

#include <cnipol/vector.h>

#include "base/testing.h"

/* The last result told, and a folder for the files. */
struct seen {
    struct cnipol_vector_counts counts;
    int status;
    int told;
    char got[512];
    char expected[512];
    char question[256];
    char chain[512];
};

static void keep(char *out, size_t size, const char *text)
{
    (void)snprintf(out, size, "%s", text ? text : "");
}

static void on_result(void *user, const struct cnipol_vector_result *r)
{
    struct seen *seen = user;

    seen->told++;
    keep(seen->got, sizeof seen->got, r->got);
    keep(seen->expected, sizeof seen->expected, r->expected);
    keep(seen->question, sizeof seen->question, r->question);
    keep(seen->chain, sizeof seen->chain, r->chain);
}

static void run_text(const char *suffix, const char *text, const struct cnipol_vector_opts *opts, const struct cnipol_alloc *alloc,
                     struct seen *seen)
{
    char path[64];
    struct cnipol_ctx *ctx;
    FILE *f;

    (void)snprintf(path, sizeof path, "/tmp/cnipol-vector-%d%s", (int)getpid(), suffix);
    f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    *seen = (struct seen){.status = cnipol_ctx_new(alloc, &ctx)};
    if (seen->status == CNIPOL_OK) {
        seen->status = cnipol_vector_run(ctx, path, opts, on_result, seen, &seen->counts);
        cnipol_ctx_free(ctx);
    }
    (void)unlink(path);
}

static void run(const char *text, struct seen *seen)
{
    run_text(".yaml", text, NULL, NULL, seen);
}

#define EVERYONE (CNIPOL_WITH_REFERENCE | CNIPOL_WITH_IMAGE | CNIPOL_WITH_RULES)

static void run_with(uint32_t with, const struct cnipol_vector_other *other, const char *text, struct seen *seen)
{
    const struct cnipol_vector_opts opts = {.sz = sizeof opts, .with = with, .other = other};

    run_text(".yaml", text, &opts, NULL, seen);
}

#define CLUSTER                                                                                                       \
    "name: c\norigin: here\nengine: kubernetes\nobjects:\n"                                                           \
    "- {apiVersion: v1, kind: Namespace, metadata: {name: x, labels: {team: x}}}\n"                                   \
    "- {apiVersion: v1, kind: Pod, metadata: {name: a, namespace: x, labels: {app: a}}, status: {podIP: 10.0.0.1}}\n" \
    "- {apiVersion: v1, kind: Pod, metadata: {name: b, namespace: x, labels: {app: b}}, status: {podIP: 10.0.0.2}}\n" \
    "- {apiVersion: v1, kind: Pod, metadata: {name: c, namespace: x, labels: {app: c}}, status: {podIP: 10.0.0.3}}\n" \
    "- {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: x},\n"                  \
    "   spec: {podSelector: {matchLabels: {app: a}}, ingress: [{from: [{podSelector: {matchLabels: {app: b}}}]}]}}\n"

#define STRANGER "- {apiVersion: projectcalico.org/v3, kind: GlobalNetworkPolicy, metadata: {name: g}, spec: {}}\n"

#define GUARD                                                                                                                  \
    "- {apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: g}, spec: {tier: Admin,\n" \
    "   priority: 1, subject: {namespaces: {}}, ingress: [{action: Pass, from: [{namespaces: {}}]}]}}\n"

static const struct {
    const char *name;
    const char *text;
    unsigned passed;
    unsigned failed;
    const char *got; /* of the last failure; NULL: not looked at */
} rows[] = {
    {"right", CLUSTER "tests: [{from: x/b, to: x/a, port: 80, expect: allow}]", 1, 0, NULL},
    {"wrong", CLUSTER "tests: [{from: x/c, to: x/a, port: 80, expect: allow}]", 0, 1, "deny"},
    {"wrong the other way", CLUSTER "tests: [{from: x/b, to: x/a, port: 80, expect: deny}]", 0, 1, "allow"},
    {"nobody there", CLUSTER "tests: [{from: x/z, to: x/a, expect: undefined}]", 1, 0, NULL},
    {"undefined is no deny", CLUSTER "tests: [{from: x/z, to: x/a, expect: deny}]", 0, 1, "undefined"},
    {"direction", CLUSTER "tests: [{from: x/c, to: x/a, direction: egress, expect: allow}]", 1, 0, NULL},
    {"address", CLUSTER "tests: [{from: 203.0.113.1, to: 10.0.0.1, expect: deny}]", 1, 0, NULL},
    {"matrix", CLUSTER "tests: [{port: 80, pods: [x/a, x/b, x/c], matrix: ['#..', '.#.', 'X.#']}]", 6, 0, NULL},
    {"matrix, two cells wrong", CLUSTER "tests: [{port: 80, pods: [x/a, x/b, x/c], matrix: ['#..', 'X#.', '..#']}]", 4, 2, "deny"},
    {"matrix of nothing", CLUSTER "tests: [{pods: [x/a], matrix: ['#']}]", 0, 0, NULL},
    {"by", CLUSTER "tests: [{from: x/b, to: x/a, expect: allow, by: {kind: NetworkPolicy, namespace: x, name: p, rule: 0}}]", 1, 0, NULL},
    {"by another rule", CLUSTER "tests: [{from: x/b, to: x/a, expect: allow, by: {kind: NetworkPolicy, namespace: x, name: p, rule: 1}}]",
     0, 1, "allow by NetworkPolicy x/p rule 0"},
    {"by another namespace", CLUSTER "tests: [{from: x/b, to: x/a, expect: allow, by: {kind: NetworkPolicy, namespace: y, name: p}}]", 0, 1,
     NULL},
    {"by isolation", CLUSTER "tests: [{from: x/c, to: x/a, expect: deny, by: {kind: NetworkPolicy, namespace: x, name: p}}]", 1, 0, NULL},
    {"by isolation, not a rule", CLUSTER "tests: [{from: x/c, to: x/a, expect: deny, by: {kind: NetworkPolicy, name: p, rule: 0}}]", 0, 1,
     NULL},
    {"by in the wrong direction",
     CLUSTER "tests: [{from: x/c, to: x/a, expect: deny, by: {kind: NetworkPolicy, name: p, direction: egress}}]", 0, 1, NULL},
    {"by where a default decides", CLUSTER "tests: [{from: x/a, to: x/b, expect: allow, by: {kind: NetworkPolicy, name: p}}]", 0, 1,
     "allow by no policy"},
    {"via",
     CLUSTER GUARD
     "tests: [{from: x/b, to: x/a, expect: allow, by: {kind: NetworkPolicy, name: p, rule: 0}, via: [{kind: ClusterNetworkPolicy, "
     "tier: Admin, name: g, rule: 0}]}]",
     1, 0, NULL},
    {"via nobody", CLUSTER GUARD "tests: [{from: x/b, to: x/a, expect: allow, via: [{kind: ClusterNetworkPolicy, name: h, rule: 0}]}]", 0,
     1, NULL},
    {"via in another tier",
     CLUSTER GUARD "tests: [{from: x/b, to: x/a, expect: allow, via: [{kind: ClusterNetworkPolicy, tier: Baseline, name: g}]}]", 0, 1,
     NULL},
    {"option", CLUSTER "options: {self-traffic: evaluate}\ntests: [{from: x/a, to: x/a, expect: deny}]", 1, 0, NULL},
    {"boolean option", CLUSTER "options: {ipblock-matches-pods: false}\ntests: [{from: x/b, to: x/a, expect: allow}]", 1, 0, NULL},
    {"stored objects are taken as they are",
     "name: c\nobjects: [{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: x}, surprise: 1}]\ntests: [{from: x/a, to: x/a, "
     "expect: allow}]",
     1, 0, NULL},
    {"scalar", "name: s\nwhat: yaml-scalar\npattern: 'v: yes'\ninput: null\nexpect: {v: true}", 1, 0, NULL},
    {"scalar wrong", "name: s\nwhat: yaml-scalar\npattern: 'v: yes'\nexpect: {v: 'yes'}", 0, 1, "{\"v\":true}"},
    {"scalar error", "name: s\nwhat: yaml-scalar\npattern: 'v: ['\nexpect: error", 1, 0, NULL},
    {"scalar no error", "name: s\nwhat: yaml-scalar\npattern: 'v: 1'\nexpect: error", 0, 1, "{\"v\":1}"},
    {"validation",
     "name: v\nobject: {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: np, namespace: x}, spec: {}}\nexpect: "
     "accept",
     1, 0, NULL},
    {"validation wrong",
     "name: v\nobject: {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: np, namespace: x}, spec: {}}\nexpect: "
     "reject",
     0, 1, NULL},
    {"selector", "name: s\nselector: {matchLabels: {a: b}}\nlabels: {a: b}\nexpect: true", 1, 0, NULL},
    {"selector misses", "name: s\nselector: {matchExpressions: [{key: a, operator: NotIn, values: [b]}]}\nexpect: true", 1, 0, NULL},
    {"selector wrong", "name: s\nselector: {matchLabels: {a: b}}\nlabels: {a: c}\nexpect: true", 0, 1, "false"},
    {"selector error", "name: s\nselector: {matchExpressions: [{key: a, operator: Gt, values: ['1']}]}\nexpect: error", 1, 0, NULL},
    {"selector of a wrong type", "name: s\nselector: {matchExpressions: 3}\nexpect: error", 1, 0, NULL},
    {"several documents",
     CLUSTER "tests: [{from: x/b, to: x/a, expect: allow}]\n---\n" CLUSTER "tests: [{from: x/c, to: x/a, expect: deny}]", 2, 0, NULL},
    {"a list of rows", "[{name: s, selector: {}, expect: true}, {name: t, selector: {}, expect: false}]", 1, 1, "true"},
};

static void test_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct seen seen;

        run(rows[i].text, &seen);
        expect_number(rows[i].name, "status", seen.status, CNIPOL_OK);
        expect_number(rows[i].name, "passed", (long long)seen.counts.passed, rows[i].passed);
        expect_number(rows[i].name, "failed", (long long)seen.counts.failed, rows[i].failed);
        expect_number(rows[i].name, "told", seen.told, rows[i].failed);
        if (rows[i].got)
            expect_text(rows[i].name, seen.got, rows[i].got);
    }
}

static void test_an_image_answers_alike(void **state)
{
    static const uint32_t with[] = {CNIPOL_WITH_IMAGE, CNIPOL_WITH_RULES, EVERYONE};

    (void)state;
    for (size_t i = 0; i < COUNT(rows) * COUNT(with); i++) {
        size_t row = i / COUNT(with);
        struct seen seen;

        run_with(with[i % COUNT(with)], NULL, rows[row].text, &seen);
        expect_number(rows[row].name, "status", seen.status, CNIPOL_OK);
        expect_number(rows[row].name, "passed", (long long)seen.counts.passed, rows[row].passed);
        expect_number(rows[row].name, "failed", (long long)seen.counts.failed, rows[row].failed);
        if (rows[row].got)
            expect_text(rows[row].name, seen.got, rows[row].got);
    }
}

/* Somebody who answers by the image, but for what is told him. */
struct liar {
    const struct cnipol_image *image;
    uint32_t images;
    uint16_t port; /* about which he says no */
    int status;
};

static int take_image(void *user, const struct cnipol_image *image)
{
    struct liar *liar = user;

    liar->image = image;
    liar->images++;
    return liar->status;
}

static void lie(void *user, const struct cnipol_key *key, struct cnipol_answer *out)
{
    struct liar *liar = user;

    cnipol_image_ask(liar->image, key, out);
    if (key->destination_port == liar->port)
        out->decision = out->parts[1] = CNIPOL_DENY;
}

static void test_somebody_else_answers(void **state)
{
    struct liar liar = {.port = 81};
    const struct cnipol_vector_other other = {"liar", take_image, lie, &liar};
    struct seen seen;

    (void)state;
    run_with(0, &other, CLUSTER "tests: [{from: x/b, to: x/a, port: 80, expect: allow}]", &seen);
    expect_number("alone", "passed", (long long)seen.counts.passed, 1);
    expect_number("alone", "images", liar.images, 1);
    run_with(0, &other, CLUSTER "tests: [{from: x/b, to: x/a, port: 81, expect: allow}]", &seen);
    expect_text("alone", seen.got, "deny");
    run_with(EVERYONE, &other, CLUSTER "tests: [{from: x/b, to: x/a, port: 81, expect: allow}]", &seen);
    expect_number("with others", "failed", (long long)seen.counts.failed, 1);
    expect_text("with others", seen.got,
                "allow (reference: egress allow, ingress allow, flags 0x18), allow (image: egress allow, ingress allow, flags 0x18), "
                "allow (rules: egress allow, ingress allow, flags 0x18), deny (liar: egress allow, ingress deny, flags 0x18)");
    run_with(EVERYONE, &other, CLUSTER "tests: [{port: 81, pods: [x/a, x/b, x/c], matrix: ['#..', '.#.', 'X.#']}]", &seen);
    expect_number("in a matrix", "passed", (long long)seen.counts.passed, 1);
    expect_number("in a matrix", "failed", (long long)seen.counts.failed, 5);
}

static void test_somebody_else_cannot(void **state)
{
    struct liar liar = {.status = CNIPOL_E_LIMIT};
    const struct cnipol_vector_other other = {"liar", take_image, lie, &liar};
    struct seen seen;

    (void)state;
    run_with(CNIPOL_WITH_REFERENCE, &other, CLUSTER "tests: [{from: x/b, to: x/a, port: 80, expect: allow}]", &seen);
    expect_number("cannot", "passed", (long long)seen.counts.passed, 0);
    expect_number("cannot", "failed", (long long)seen.counts.failed, 1);
    expect_text("cannot", seen.expected, "an image that can be asked elsewhere");
}

static void test_options_of_later_versions(void **state)
{
    struct cnipol_vector_opts later[2] = {{.sz = sizeof later, .with = 0}, {.sz = 1}};
    struct seen seen;

    (void)state;
    run_text(".yaml", "17", later, NULL, &seen);
    assert_int_equal(seen.status, CNIPOL_E_USAGE);
    run_with(1u << 31, NULL, "17", &seen);
    assert_int_equal(seen.status, CNIPOL_E_USAGE);
}

/* Each is one failure, and the message speaks of it. */
static const struct {
    const char *text;
    const char *says;
} unusable[] = {
    {CLUSTER "tests: [{from: x/b, to: x/a, expect: allow, ports: 80}]", "key ports"},
    {CLUSTER "tests: [{from: x/b, to: x/a, expect: allow, http: {method: GET}}]", "http"},
    {CLUSTER "tests: [{from: x/b, to: x/a, expect: allow, dns: {query: a}}]", "dns"},
    {CLUSTER "tests: [{from: x/b, to: x/a, expect: allow, tls: {sni: a}}]", "tls"},
    {CLUSTER "tests: [{from: x/b, to: x/a, expect: accept}]", "expect is"},
    {CLUSTER "tests: [{from: x/b, to: x/a}]", "expect is"},
    {CLUSTER "tests: [{from: b, to: x/a, expect: allow}]", "from and to"},
    {CLUSTER "tests: [{to: x/a, expect: allow}]", "from and to"},
    {CLUSTER "tests: [{from: x/b, to: x/a, port: http, expect: allow}]", "port"},
    {CLUSTER "tests: [{from: x/b, to: x/a, port: 70000, expect: allow}]", "port"},
    {CLUSTER "tests: [{from: x/b, to: x/a, protocol: TPC, expect: allow}]", "protocol"},
    {CLUSTER "tests: [{from: x/b, to: x/a, protocol: 0, expect: allow}]", "protocol"},
    {CLUSTER "tests: [{from: x/b, to: x/a, family: 5, expect: allow}]", "family"},
    {CLUSTER "tests: [{from: x/b, to: x/a, direction: out, expect: allow}]", "direction"},
    {CLUSTER "tests: [{from: x/b, to: x/a, fragment: first, expect: allow}]", "fragment"},
    {CLUSTER "tests: [{from: x/b, to: x/a, fragment: true, expect: allow}]", "fragment"},
    {CLUSTER "tests: [{from: x/b, to: x/a, state: old, expect: allow}]", "state"},
    {CLUSTER "tests: [{from: x/b, to: x/a, protocol: ICMP, icmpType: 256, expect: allow}]", "icmpType"},
    {CLUSTER "tests: [{from: x/b, to: x/a, expect: allow, by: {name: p}}]", "by and via"},
    {CLUSTER "tests: [{from: x/b, to: x/a, expect: allow, by: {kind: NetworkPolicy, name: p, index: 0}}]", "by and via"},
    {CLUSTER "tests: [{from: x/b, to: x/a, expect: allow, by: {kind: NetworkPolicy, name: p, rule: -1}}]", "rule"},
    {CLUSTER "tests: [{from: x/b, to: x/a, expect: allow, by: {kind: NetworkPolicy, name: p, direction: in}}]", "direction"},
    {CLUSTER "tests: [{from: x/b, to: x/a, expect: allow, via: {kind: A, name: p}}]", "via"},
    {CLUSTER "tests: [{pods: [x/a, x/b], matrix: ['..']}]", "row for each"},
    {CLUSTER "tests: [{pods: [x/a, x/b], matrix: ['..', '.']}]", "cell for each"},
    {CLUSTER "tests: [{pods: [x/a, x/b], matrix: ['..', '.x']}]", "one of"},
    {CLUSTER "tests: [{pods: [x/a, b], matrix: ['..', '..']}]", "pods are"},
    {CLUSTER "tests: [{pods: [x/a], matrix: ['.'], expect: allow}]", "key expect"},
    {CLUSTER "tests: []", "no list of tests"},
    {CLUSTER "tests: [17]", "a map"},
    {CLUSTER "test: [{from: x/b, to: x/a, expect: allow}]", "no kind"},
    {CLUSTER "policies: []\ntests: [{from: x/b, to: x/a, expect: allow}]", "key policies"},
    {CLUSTER "options: {self-trafic: allow}\ntests: [{from: x/b, to: x/a, expect: allow}]", "no option self-trafic"},
    {CLUSTER "options: {self-traffic: sometimes}\ntests: [{from: x/b, to: x/a, expect: allow}]", "does not take"},
    {CLUSTER "options: {dns: {a.example: [nowhere]}}\ntests: [{from: x/b, to: x/a, expect: allow}]", "address"},
    {CLUSTER "options: {dns: {a.example: 10.0.0.9}}\ntests: [{from: x/b, to: x/a, expect: allow}]", "no list"},
    {CLUSTER "options: []\ntests: [{from: x/b, to: x/a, expect: allow}]", "no map"},
    {"name: c\nengine: calico\ntests: [{from: x/b, to: x/a, expect: allow}]", "engine"},
    {"name: c\nengine: [kubernetes, cilium]\ntests: [{from: x/b, to: x/a, expect: allow}]", "engine"},
    {"engine: kubernetes\ntests: [{from: x/b, to: x/a, expect: undefined}]", "no name"},
    {"name: c\nobjects: [17]\ntests: [{from: x/b, to: x/a, expect: undefined}]", "NP1040"},
    {CLUSTER STRANGER "tests: [{from: x/b, to: x/a, expect: allow}]", "NP1042"},
    {CLUSTER "- {apiVersion: v1, kind: Pod, metadata: {namespace: x}}\ntests: [{from: x/b, to: x/a, expect: allow}]", "NP1800"},
    {CLUSTER "- {apiVersion: v1, kind: Pod, metadata: {namespace: x, name: d}, status: {podIP: nowhere}}\n"
             "tests: [{from: x/b, to: x/a, expect: allow}]",
     "NP1810"},
    {"name: c\nobjects: 17\ntests: [{from: x/b, to: x/a, expect: undefined}]", "no list"},
    {"name: c\nmanifests: [/nowhere/at/all]\ntests: [{from: x/b, to: x/a, expect: undefined}]", "NP1001"},
    {"name: c\nmanifests: all\ntests: [{from: x/b, to: x/a, expect: undefined}]", "no list"},
    {"name: c\nmanifests: ['-']\ntests: [{from: x/b, to: x/a, expect: undefined}]", "path"},
    {"name: m\nwhat: fqdn\npattern: a\ninput: b\nexpect: true", "yaml-scalar"},
    {"name: m\nwhat: yaml-scalar\nexpect: {}", "pattern"},
    {"name: v\nobject: {}\nexpect: acept", "accept"},
    {"name: v\nobject: {}\nexpect: reject\nwhen: now", "key when"},
    {"name: s\nselector: 'a == b'\nlabels: {}\nexpect: true", "LabelSelector"},
    {"name: s\nselector: {}\nlabels: {a: 1}\nexpect: true", "labels"},
    {"name: s\nselector: {}\nexpect: 'yes'", "expects"},
    {"name: c\nname: d\nselector: {}\nexpect: true", "twice"},
    {"17", "a map"},
};

static void test_unusable_rows_fail(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(unusable); i++) {
        struct seen seen;

        run(unusable[i].text, &seen);
        expect_number(unusable[i].says, "status", seen.status, CNIPOL_OK);
        expect_number(unusable[i].says, "passed", (long long)seen.counts.passed, 0);
        expect_number(unusable[i].says, "failed", (long long)seen.counts.failed, 1);
        if (!strstr(seen.got, unusable[i].says))
            fail_msg("row %zu says \"%s\", not \"%s\"", i, seen.got, unusable[i].says);
    }
}

static void test_a_failure_says_all(void **state)
{
    struct seen seen;

    (void)state;
    run(CLUSTER "tests: [{from: x/c, to: x/a, port: 80, family: 4, direction: ingress, expect: allow}]", &seen);
    expect_text("question", seen.question, "x/c \u2192 x/a TCP 80 IPv4 ingress");
    expect_text("expected", seen.expected, "allow");
    expect_text("got", seen.got, "deny");
    assert_non_null(strstr(seen.chain, "[NetworkPolicy] deny"));
}

static void test_all_results_are_told_on_demand(void **state)
{
    const struct cnipol_vector_opts all = {.sz = sizeof all, .all = 1};
    struct seen seen;

    (void)state;
    run_text(".yaml", CLUSTER "tests: [{from: x/b, to: x/a, expect: allow}, {pods: [x/a, x/b, x/c], matrix: ['#..', '.#.', '..#']}]", &all,
             NULL, &seen);
    expect_number("all", "passed", (long long)seen.counts.passed, 6);
    expect_number("all", "failed", (long long)seen.counts.failed, 1);
    expect_number("all", "told", seen.told, 3);
}

static void test_lines_of_json(void **state)
{
    struct seen seen;

    (void)state;
    run_text(".jsonl", "{\"name\":\"a\",\"selector\":{},\"expect\":true}\n{\"name\":\"b\",\"selector\":{},\"expect\":false}\n", NULL, NULL,
             &seen);
    expect_number("jsonl", "cases", (long long)seen.counts.cases, 2);
    expect_number("jsonl", "passed", (long long)seen.counts.passed, 1);
    expect_number("jsonl", "failed", (long long)seen.counts.failed, 1);
}

static void test_files_that_cannot_be_read(void **state)
{
    struct seen seen;
    struct cnipol_ctx *ctx;

    (void)state;
    run_text(".jsonl", "{\"name\":\"a\",\"selector\":{},\"expect\":true}\n{", NULL, NULL, &seen);
    expect_number("cut off", "status", seen.status, CNIPOL_E_SYNTAX);
    expect_number("cut off", "passed", (long long)seen.counts.passed, 1);
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    assert_int_equal(cnipol_vector_run(ctx, "/nowhere/at/all.yaml", NULL, NULL, NULL, &seen.counts), CNIPOL_E_IO);
    cnipol_ctx_free(ctx);
}

/* An allocator whose n-th allocation fails, and that counts what is out. */
struct faulty {
    long left;
    long out;
};

static void *faulty_alloc(void *user, size_t size)
{
    struct faulty *f = user;

    if (f->left-- <= 0)
        return NULL;
    f->out++;
    return malloc(size);
}

static void *faulty_realloc(void *user, void *block, size_t old_size, size_t new_size)
{
    struct faulty *f = user;

    (void)old_size;
    if (f->left-- <= 0)
        return NULL;
    f->out += block == NULL;
    return realloc(block, new_size);
}

static void faulty_free(void *user, void *block, size_t size)
{
    struct faulty *f = user;

    (void)size;
    f->out -= block != NULL;
    free(block);
}

static void sweep(const char *name, const char *text)
{
    const struct cnipol_vector_opts all = {.sz = sizeof all, .with = EVERYONE, .all = 1};
    struct seen seen = {.status = CNIPOL_E_NOMEM};

    for (long n = 0; seen.status == CNIPOL_E_NOMEM; n++) {
        struct faulty faulty = {.left = n};
        struct cnipol_alloc alloc = {faulty_alloc, faulty_realloc, faulty_free, &faulty};

        run_text(".yaml", text, &all, &alloc, &seen);
        expect_number(name, "blocks that leaked", faulty.out, 0);
    }
    expect_number(name, "status", seen.status, CNIPOL_OK);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    sweep("case", CLUSTER GUARD
          "options: {dns: {a.example: [10.9.9.9]}}\ntests: [{from: x/b, to: x/a, expect: allow, by: {kind: NetworkPolicy, name: p, "
          "rule: 0}, via: [{kind: ClusterNetworkPolicy, name: g}]}, {pods: [x/a, x/c], matrix: ['#.', '.#']}]");
    sweep("scalar", "name: s\nwhat: yaml-scalar\npattern: 'v: yes'\nexpect: {v: true}");
    sweep("validation",
          "name: v\nobject: {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: np, namespace: x}, spec: "
          "{}}\nexpect: accept");
    sweep("selector", "name: s\nselector: {matchLabels: {a: b}}\nlabels: {a: b}\nexpect: true");
    sweep("unusable", CLUSTER "tests: [{from: x/b, to: x/a, expect: accept}]");
    sweep("not understood", CLUSTER STRANGER "tests: [{from: x/b, to: x/a, expect: allow}]");
    sweep("given twice and failed", CLUSTER GUARD GUARD "tests: [{from: x/b, to: x/a, expect: deny}]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_an_image_answers_alike),
        cmocka_unit_test(test_somebody_else_answers),
        cmocka_unit_test(test_somebody_else_cannot),
        cmocka_unit_test(test_options_of_later_versions),
        cmocka_unit_test(test_unusable_rows_fail),
        cmocka_unit_test(test_a_failure_says_all),
        cmocka_unit_test(test_all_results_are_told_on_demand),
        cmocka_unit_test(test_lines_of_json),
        cmocka_unit_test(test_files_that_cannot_be_read),
        cmocka_unit_test(test_out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
