/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Input that means harm, through the whole public interface.
 *
 * Each case is made here, loaded under a memory limit, and goes through model, questions, traces,
 * matrices and every report. What must hold: nothing crashes, what is refused is refused with an error
 * that has a place, and what is harmless is taken. Time and memory are printed, not judged.
 */

#include "base/testing.h"
#include "pipeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MEMORY_LIMIT (512ull << 20)

#define POD(name) \
    "{apiVersion: v1, kind: Pod, metadata: {namespace: ns1, name: " name ", labels: {app: a}}, status: {podIP: 10.0.0.1}}\n---\n"
#define NETPOL(spec) "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {namespace: ns1, name: p}, spec: {" spec "}}\n"
#define CNP(spec)                                                                                                                    \
    "{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: p}, spec: {tier: Admin, subject: " \
    "{namespaces: {}}, " spec "}}\n"

static void put(struct sink *out, const char *text)
{
    sink_write(out, text, strlen(text));
}

static void repeat(struct sink *out, const char *text, size_t times)
{
    while (times-- > 0)
        put(out, text);
}

/* `format` takes one number. */
static void count_up(struct sink *out, const char *separator, size_t times, const char *before, const char *after)
{
    for (size_t i = 0; i < times; i++)
        sink_print(out, "%s%s%zu%s", i ? separator : "", before, i, after);
}

enum expected {
    TAKEN,   /* CNIPOL_OK, no error */
    REFUSED, /* an error with a place, and a status that is not CNIPOL_OK */
    EITHER,
};

struct bad {
    const char *name;
    enum expected expected;
    void (*make)(struct sink *out);
};

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void expect_outcome(const char *name, const struct run *run, int status, enum expected expected)
{
    if (status == CNIPOL_E_NOMEM)
        fail_msg("%s: %s ran out of memory", name, run->failing);
    if (run->placeless)
        fail_msg("%s: %zu diagnostics have no place", name, run->placeless);
    if ((run->errors > 0) != (run->load_status != CNIPOL_OK))
        fail_msg("%s: %zu errors, but loading said %s", name, run->errors, cnipol_status_text(run->load_status));
    if (expected == TAKEN && run->errors)
        fail_msg("%s: refused (%s): %.300s", name, cnipol_status_text(run->load_status), run->said.text);
    if (expected == REFUSED && !run->errors)
        fail_msg("%s: taken", name);
}

static struct run go(const char *name, const struct sink *text, int32_t mode, enum expected expected)
{
    struct input input = {"bad.yaml", text->text ? text->text : "", text->n};
    struct run run = {.inputs = &input, .n_inputs = 1, .mode = mode, .questions = 6, .memory = MEMORY_LIMIT};
    int status = run_pipeline(&run);

    expect_outcome(name, &run, status, expected);
    return run;
}

static void test_bad(void **state)
{
    const struct bad *bad = *state;
    struct sink text = {0};
    struct run run;
    double before;

    bad->make(&text);
    before = seconds();
    run = go(bad->name, &text, CNIPOL_MODE_SERVER, bad->expected);
    print_message("%-40s %7.1f MB: %6.2f s, %6.1f MB, %s\n", bad->name, (double)text.n / 1e6, seconds() - before, (double)run.peak / 1e6,
                  cnipol_status_text(run.load_status));
    sink_free(&run.said);
    sink_free(&text);
}

/* Nine lists, each of ten aliases of the one before. */
static void alias_bomb(struct sink *out)
{
    put(out, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 10; i++) {
        sink_print(out, "a%d: &a%d [", i, i);
        for (int k = 0; k < 10; k++)
            sink_print(out, "%s*a%d", k ? ", " : "", i - 1);
        put(out, "]\n");
    }
    put(out, "apiVersion: v1\nkind: ConfigMap\n");
}

static void merge_bomb(struct sink *out)
{
    put(out, "m0: &m0 {k: v}\n");
    for (int i = 1; i < 30; i++)
        sink_print(out, "m%d: &m%d {<<: [*m%d, *m%d, *m%d], k%d: {<<: *m%d}, l%d: {<<: *m%d}}\n", i, i, i - 1, i - 1, i - 1, i, i - 1, i,
                   i - 1);
    put(out, "apiVersion: v1\nkind: ConfigMap\n");
}

static void merge_wide(struct sink *out)
{
    put(out, "base: &b {");
    count_up(out, ", ", 10000, "k", ": v");
    put(out, "}\nall:\n");
    for (int i = 0; i < 10000; i++)
        put(out, "- {<<: *b}\n");
}

static void alias_to_itself(struct sink *out)
{
    put(out, "&a {apiVersion: v1, kind: ConfigMap, data: *a}\n");
}

static void deep_json_lists(struct sink *out)
{
    put(out, "{\"a\":");
    repeat(out, "[", 1000000);
}

static void deep_json_closed(struct sink *out)
{
    repeat(out, "{\"a\":", 1000000);
    put(out, "1");
    repeat(out, "}", 1000000);
}

static void deep_flow_lists(struct sink *out)
{
    put(out, "a: ");
    repeat(out, "[", 1000000);
}

static void deep_flow_maps(struct sink *out)
{
    put(out, "a: ");
    repeat(out, "{a: ", 1000000);
}

static void deep_block_dashes(struct sink *out)
{
    repeat(out, "- ", 1000000);
}

static void deep_block_questions(struct sink *out)
{
    repeat(out, "? ", 1000000);
}

static void deep_block_maps(struct sink *out)
{
    for (int i = 0; i < 5000; i++)
        sink_print(out, "%*sa:\n", i, "");
}

static void long_line_json(struct sink *out)
{
    put(out, "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\"},\"data\":{\"a\":\"");
    repeat(out, "0123456789abcdefghij0123456789abcdefghij0123456789", 2000000);
    put(out, "\"}}");
}

static void long_line_wrong(struct sink *out)
{
    long_line_json(out);
    put(out, "]");
}

static void long_line_yaml(struct sink *out)
{
    put(out, "{apiVersion: v1, kind: ConfigMap, data: {a: ");
    repeat(out, "0123456789abcdefghij0123456789abcdefghij0123456789", 2000000);
    put(out, "}}");
}

static void million_keys(struct sink *out)
{
    put(out, "apiVersion: v1\nkind: ConfigMap\ndata:\n");
    count_up(out, "", 1000000, "  k", ": v\n");
}

static void million_labels(struct sink *out)
{
    put(out, "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  namespace: ns1\n  labels:\n");
    count_up(out, "", 1000000, "    k", ": v\n");
}

static void million_unknown_fields(struct sink *out)
{
    put(out, "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: ns1}\nspec:\n  podSelector: {}\n");
    count_up(out, "", 1000000, "  podSelecter", ": v\n");
}

static void million_duplicates(struct sink *out)
{
    put(out, "apiVersion: v1\nkind: ConfigMap\ndata:\n");
    repeat(out, "  k: v\n", 1000000);
}

static void million_duplicates_of_ours(struct sink *out)
{
    put(out,
        "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: ns1}, spec: {podSelector: {}, ingress: [{");
    repeat(out, "from: [], ", 1000000);
    put(out, "}]}}\n");
}

static void million_documents(struct sink *out)
{
    repeat(out, "---\n", 1000000);
}

static void million_maps(struct sink *out)
{
    repeat(out, "---\n{}\n", 1000000);
}

static void million_json_documents(struct sink *out)
{
    repeat(out, "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\"}\n", 1000000);
}

static void million_anchors(struct sink *out)
{
    count_up(out, "", 300000, "- &a", " x\n");
}

static void many_rules(struct sink *out)
{
    put(out, POD("a") "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: ns1}\nspec:\n  podSelector: "
                      "{}\n  ingress:\n");
    count_up(out, "", 100000, "  - {from: [{podSelector: {matchLabels: {app: a", "}}}], ports: [{port: 80}]}\n");
}

static void many_peers(struct sink *out)
{
    put(out, POD("a") "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: ns1}\nspec:\n  podSelector: "
                      "{}\n  ingress:\n  - from:\n");
    for (unsigned i = 0; i < 100000; i++)
        sink_print(out, "    - {ipBlock: {cidr: 10.%u.%u.%u/32}}\n", i >> 16, (i >> 8) & 255, i & 255);
}

static void many_ports(struct sink *out)
{
    put(out, POD("a") "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: ns1}\nspec:\n  podSelector: "
                      "{}\n  ingress:\n  - ports:\n");
    for (unsigned i = 0; i < 100000; i++)
        sink_print(out, "    - {port: %u}\n", i % 65535 + 1);
}

static void many_exceptions(struct sink *out)
{
    put(out, POD("a") "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: ns1}\nspec:\n  podSelector: "
                      "{}\n  ingress:\n  - from:\n    - ipBlock:\n        cidr: 10.0.0.0/8\n        except:\n");
    for (unsigned i = 0; i < 100000; i++)
        sink_print(out, "        - 10.%u.%u.%u/32\n", i >> 16, (i >> 8) & 255, i & 255);
}

static void wrong_exceptions(struct sink *out)
{
    put(out, "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: ns1}\nspec:\n  podSelector: {}\n  "
             "ingress:\n  - from:\n    - ipBlock:\n        cidr: 10.0.0.0/8\n        except:\n");
    count_up(out, "", 100000, "        - 11.0.0.", "\n");
}

static void many_values(struct sink *out)
{
    put(out, POD("a") "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: ns1}\nspec:\n  podSelector:\n "
                      "   matchExpressions:\n    - {key: app, operator: In, values: [");
    count_up(out, ", ", 100000, "v", "");
    put(out, ", a]}\n");
}

static void many_expressions(struct sink *out)
{
    put(out, POD("a") "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: ns1}\nspec:\n  podSelector:\n "
                      "   matchExpressions:\n");
    count_up(out, "", 100000, "    - {key: k", ", operator: DoesNotExist}\n");
}

static void many_cluster_rules(struct sink *out)
{
    put(out, "apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {name: p}\nspec:\n  tier: Admin\n  "
             "priority: 1\n  subject: {namespaces: {}}\n  ingress:\n");
    count_up(out, "", 100000, "  - {name: r", ", action: Deny, from: [{namespaces: {}}]}\n");
}

static void same_pod(struct sink *out)
{
    repeat(out, POD("a"), 20000);
}

static void same_policy(struct sink *out)
{
    repeat(out, "---\n" NETPOL("podSelector: {}"), 20000);
}

static void megabyte_label_key(struct sink *out)
{
    put(out, "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: ns1}\nspec:\n  podSelector: "
             "{matchLabels: {? ");
    repeat(out, "abcdefghij", 100000);
    put(out, " : v}}\n");
}

static void megabyte_pod_label(struct sink *out)
{
    put(out, "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  namespace: ns1\n  labels: {\"");
    repeat(out, "abcdefghij", 100000);
    put(out, "\": \"");
    repeat(out, "abcdefghij", 100000);
    put(out, "\"}\n");
}

static void megabyte_names(struct sink *out)
{
    for (int i = 0; i < 4; i++) {
        sink_print(out, "---\n{apiVersion: v1, kind: Pod, metadata: {namespace: ns1, name: p%d", i);
        repeat(out, "abcdefghij", 100000);
        put(out, "}, status: {podIP: 10.0.0.1}}\n");
    }
}

static void megabyte_field(struct sink *out)
{
    put(out, "{\"apiVersion\":\"networking.k8s.io/"
             "v1\",\"kind\":\"NetworkPolicy\",\"metadata\":{\"name\":\"p\"},\"spec\":{\"podSelector\":{},\"");
    repeat(out, "podSelecto", 100000);
    put(out, "\":1}}");
}

static void colons(struct sink *out)
{
    repeat(out, "a: ", 100000);
}

static void quotes_without_end(struct sink *out)
{
    put(out, "a: \"");
    repeat(out, "x\n", 1000000);
}

static void dashes_and_tabs(struct sink *out)
{
    put(out, "a:\n");
    repeat(out, "\t-\t", 300000);
}

static void commas(struct sink *out)
{
    put(out, "{a: [");
    repeat(out, "1,", 1000000);
    put(out, "]}");
}

static struct bad bads[] = {
    {"alias bomb", REFUSED, alias_bomb},
    {"merge bomb", REFUSED, merge_bomb},
    {"wide merges", REFUSED, merge_wide},
    {"alias to itself", REFUSED, alias_to_itself},
    {"10^6 deep JSON lists, open", REFUSED, deep_json_lists},
    {"10^6 deep JSON maps", REFUSED, deep_json_closed},
    {"10^6 deep flow lists", REFUSED, deep_flow_lists},
    {"10^6 deep flow maps", REFUSED, deep_flow_maps},
    {"10^6 dashes", REFUSED, deep_block_dashes},
    {"10^6 question marks", REFUSED, deep_block_questions},
    {"5000 deep block maps", REFUSED, deep_block_maps},
    {"100 MB on a line, JSON", TAKEN, long_line_json},
    {"100 MB on a line, then a slip", REFUSED, long_line_wrong},
    {"100 MB on a line, YAML", TAKEN, long_line_yaml},
    {"10^6 keys", TAKEN, million_keys},
    {"10^6 labels", TAKEN, million_labels},
    {"10^6 unknown fields", TAKEN, million_unknown_fields},
    {"10^6 times one key", TAKEN, million_duplicates},
    {"10^6 times one key, in a policy", TAKEN, million_duplicates_of_ours},
    {"10^6 empty documents", TAKEN, million_documents},
    {"10^6 empty maps", REFUSED, million_maps},
    {"10^6 JSON documents", TAKEN, million_json_documents},
    {"300,000 anchors", REFUSED, million_anchors},
    {"10^5 rules", TAKEN, many_rules},
    {"10^5 peers", TAKEN, many_peers},
    {"10^5 ports", TAKEN, many_ports},
    {"10^5 exceptions", TAKEN, many_exceptions},
    {"10^5 wrong exceptions", REFUSED, wrong_exceptions},
    {"10^5 values", TAKEN, many_values},
    {"10^5 expressions", TAKEN, many_expressions},
    {"10^5 rules of a cluster policy", REFUSED, many_cluster_rules},
    {"20,000 times one pod", TAKEN, same_pod},
    {"20,000 times one policy", EITHER, same_policy},
    {"a selector's key of 1 MB", REFUSED, megabyte_label_key},
    {"a pod's label of 1 MB", EITHER, megabyte_pod_label},
    {"names of 1 MB", EITHER, megabyte_names},
    {"a field's name of 1 MB", TAKEN, megabyte_field},
    {"10^5 colons", REFUSED, colons},
    {"a string without end", REFUSED, quotes_without_end},
    {"tabs", REFUSED, dashes_and_tabs},
    {"10^6 commas", REFUSED, commas},
};

/* Numbers that must not wrap, and what else must not be a port. */
static const char *const numbers[] = {
    NETPOL("podSelector: {}, ingress: [{ports: [{port: 65536}]}]"),
    NETPOL("podSelector: {}, ingress: [{ports: [{port: 4294967376}]}]"),
    NETPOL("podSelector: {}, ingress: [{ports: [{port: 18446744073709551696}]}]"),
    NETPOL("podSelector: {}, ingress: [{ports: [{port: 99999999999999999999999999999999999999999}]}]"),
    NETPOL("podSelector: {}, ingress: [{ports: [{port: -1}]}]"),
    NETPOL("podSelector: {}, ingress: [{ports: [{port: -65456}]}]"),
    NETPOL("podSelector: {}, ingress: [{ports: [{port: 80.5}]}]"),
    NETPOL("podSelector: {}, ingress: [{ports: [{port: .inf}]}]"),
    NETPOL("podSelector: {}, ingress: [{ports: [{port: .nan}]}]"),
    NETPOL("podSelector: {}, ingress: [{ports: [{port: 1, endPort: 65536}]}]"),
    NETPOL("podSelector: {}, ingress: [{ports: [{port: 1, endPort: 4294967376}]}]"),
    NETPOL("podSelector: {}, ingress: [{ports: [{port: 1, endPort: 9223372036854775808}]}]"),
    NETPOL("podSelector: {}, ingress: [{ports: [{port: 1, endPort: -4294967216}]}]"),
    NETPOL("podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/4294967304}}]}]"),
    NETPOL("podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/-8}}]}]"),
    NETPOL("podSelector: {}, ingress: [{from: [{ipBlock: {cidr: '::/129'}}]}]"),
    NETPOL("podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 4294967306.0.0.0/8}}]}]"),
    CNP("priority: 1001, ingress: [{action: Deny, from: [{namespaces: {}}]}]"),
    CNP("priority: -1, ingress: [{action: Deny, from: [{namespaces: {}}]}]"),
    CNP("priority: 4294967297, ingress: [{action: Deny, from: [{namespaces: {}}]}]"),
    CNP("priority: 18446744073709551617, ingress: [{action: Deny, from: [{namespaces: {}}]}]"),
    CNP("priority: 9223372036854775808, ingress: [{action: Deny, from: [{namespaces: {}}]}]"),
    CNP("priority: 1, ingress: [{action: Deny, from: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {number: 4294967376}}}]}]"),
    CNP("priority: 1, ingress: [{action: Deny, from: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {range: {start: 1, end: "
        "4294967376}}}}]}]"),
    "{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: ns1}, spec: {containers: [{ports: [{containerPort: 4294967376}]}]}}",
    "{apiVersion: v1, kind: Service, metadata: {name: a, namespace: ns1}, spec: {ports: [{port: 4294967376}]}}",
};

static void test_numbers_do_not_wrap(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(numbers); i++) {
        struct sink text = {0};
        struct run run;

        put(&text, numbers[i]);
        run = go(numbers[i], &text, CNIPOL_MODE_SERVER, REFUSED);
        sink_free(&run.said);
        run = go(numbers[i], &text, CNIPOL_MODE_STORED, EITHER);
        sink_free(&run.said);
        sink_free(&text);
    }
}

#define BYTES(s)         \
    {                    \
        s, sizeof(s) - 1 \
    }
#define MAP "apiVersion: v1\nkind: ConfigMap\n"

/* Encodings, line ends and bytes that are no text. `expected` is of mode server. */
static const struct {
    struct {
        const char *s;
        size_t n;
    } text;
    enum expected expected;
} encodings[] = {
    {BYTES(""), TAKEN},
    {BYTES("\n"), TAKEN},
    {BYTES("\0"), REFUSED},
    {BYTES("\0\0\0\0"), REFUSED},
    {BYTES("\0" MAP), REFUSED},
    {BYTES(MAP "a: x\0y\n"), REFUSED},
    {BYTES(MAP "a: \"x\0y\"\n"), REFUSED},
    {BYTES(MAP "a: \"x\\0y\"\n"), TAKEN},
    {BYTES("{\"apiVersion\":\"v1\",\"kind\":\"Config\\u0000Map\"}"), TAKEN},
    {BYTES("{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\"}\0"), REFUSED},
    {BYTES("\xef\xbb\xbf" MAP), TAKEN},
    {BYTES("\xef\xbb\xbf\xef\xbb\xbf" MAP), EITHER},
    {BYTES("\xef\xbb"), REFUSED},
    {BYTES("\xef\xbb\xbf"), EITHER},
    {BYTES("\xef\xbb\xbf{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\"}"), TAKEN},
    {BYTES(MAP "---\n\xef\xbb\xbf" MAP), EITHER},
    {BYTES("\xff\xfe"), EITHER},
    {BYTES("\xfe\xff"), EITHER},
    {BYTES("\xff\xfe{\0a\0:\0 \0"), REFUSED},
    {BYTES("\xff\xfe{\0}\0"), EITHER},
    {BYTES("\xff\xfe{\0}"), REFUSED},
    {BYTES("\xfe\xff\0{\0}"), EITHER},
    {BYTES("\xff\xfe\0\xd8\0\xd8"), REFUSED},
    {BYTES("{\0}\0"), REFUSED},
    {BYTES("\0{\0}"), REFUSED},
    {BYTES("\xff\xfe\0\0{\0\0\0}\0\0\0"), REFUSED},
    {BYTES("\0\0\xfe\xff\0\0\0{\0\0\0}"), REFUSED},
    {BYTES(MAP "a: \xc0\x80\n"), REFUSED},
    {BYTES(MAP "a: \xed\xa0\x80\n"), REFUSED},
    {BYTES(MAP "a: \xf4\x90\x80\x80\n"), REFUSED},
    {BYTES(MAP "a: \xe2\x82\n"), REFUSED},
    {BYTES(MAP "a: \xff\n"), REFUSED},
    {BYTES(MAP "a: \x80\n"), REFUSED},
    {BYTES(MAP "a: \xf0\x9f\x98\x80\n"), TAKEN},
    {BYTES("{\"apiVersion\":\"v1\",\"kind\":\"\xff\"}"), EITHER},
    {BYTES("{\"apiVersion\":\"v1\",\"kind\":\"\\ud800\"}"), EITHER},
    {BYTES("apiVersion: v1\rkind: ConfigMap\r"), TAKEN},
    {BYTES("apiVersion: v1\r\nkind: ConfigMap\r\n"), TAKEN},
    {BYTES("apiVersion: v1\n\rkind: ConfigMap\n\r"), TAKEN},
    {BYTES("\r\r\r"), TAKEN},
    {BYTES("apiVersion: v1\r---\rkind: ConfigMap"), EITHER},
    {BYTES("apiVersion: v1\xc2\x85kind: ConfigMap\xc2\x85"), EITHER},
    {BYTES("apiVersion: v1\xe2\x80\xa8kind: ConfigMap"), EITHER},
    {BYTES(MAP "a: \x1b[31m\n"), REFUSED},
    {BYTES(MAP "a: \x7f\n"), EITHER},
    {BYTES("%YAML 9.9\n---\n" MAP), EITHER},
    {BYTES("%TAG ! tag:example.com,2000:\n---\n" MAP), TAKEN},
    {BYTES("%"), REFUSED},
    {BYTES("!!binary aGk="), REFUSED},
    {BYTES("!!python/object:os.system x"), REFUSED},
    {BYTES("*a"), REFUSED},
    {BYTES("&"), REFUSED},
    {BYTES("? "), REFUSED},
    {BYTES("<<: 1"), REFUSED},
    {BYTES("{<<: {<<: {apiVersion: v1, kind: ConfigMap}}}"), TAKEN},
    {BYTES("[]"), REFUSED},
    {BYTES("~"), TAKEN},
    {BYTES("--- --- ---"), REFUSED},
    {BYTES("...\n...\n"), EITHER},
    {BYTES("#"), TAKEN},
};

static void test_encodings(void **state)
{
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(encodings); i++) {
        struct input input = {"bytes.yaml", encodings[i].text.s, encodings[i].text.n};

        for (int32_t mode = CNIPOL_MODE_STRICT; mode <= CNIPOL_MODE_STORED; mode++) {
            struct run run = {.inputs = &input, .n_inputs = 1, .mode = mode, .questions = 2, .memory = MEMORY_LIMIT};
            enum expected expected = encodings[i].expected;
            int status = run_pipeline(&run);

            if (expected != EITHER && (run.errors > 0) != (expected == REFUSED)) {
                print_error("row %zu (%s), mode %d: %s, %s\n", i, encodings[i].text.s, mode, cnipol_status_text(run.load_status),
                            run.said.text);
                wrong++;
            }
            expect_outcome(encodings[i].text.s, &run, status, EITHER);
            sink_free(&run.said);
        }
    }
    assert_int_equal(wrong, 0);
}

static char *mid;
static size_t mid_size;

/* Every prefix, the first bytes one by one, then with a stride. */
static void test_cut_anywhere(void **state)
{
    size_t cuts = 0;

    (void)state;
    for (size_t n = 0; n < mid_size; n += n < 3000 ? 1 : 23) {
        struct sink text = {0};
        struct run run;

        sink_write(&text, mid, n);
        run = go("a manifest cut short", &text, CNIPOL_MODE_STORED, EITHER);
        if (run.load_status != CNIPOL_OK && run.load_status != CNIPOL_E_SYNTAX && run.load_status != CNIPOL_E_INVALID)
            fail_msg("cut at %zu: %s", n, cnipol_status_text(run.load_status));
        sink_free(&run.said);
        sink_free(&text);
        cuts++;
    }
    print_message("%zu cuts\n", cuts);
}

/* One byte changed, everywhere. */
static void test_changed_anywhere(void **state)
{
    static const char others[] = "\0\t\n\r {}[]:-&*!|>'\"%@`#,?~0\x80\xff";

    (void)state;
    for (size_t i = 0; i < mid_size; i += 29) {
        struct sink text = {0};
        struct run run;

        sink_write(&text, mid, mid_size);
        text.text[i] = others[i / 29 % (sizeof others - 1)];
        run = go("a manifest with a changed byte", &text, (int32_t)(i % 3), EITHER);
        sink_free(&run.said);
        sink_free(&text);
    }
}

#define EVIL "x\\e[31m\\n::error::y\\r\\x7f\\x9b\\u202e\\\"'<&`|=,\\t\\0z"

/* Names that a terminal, a CI runner or a parser would act on. */
static const char evil[] =
    "{apiVersion: v1, kind: Namespace, metadata: {name: \"" EVIL "\"}}\n---\n"
    "{apiVersion: v1, kind: Pod, metadata: {namespace: \"" EVIL "\", name: \"" EVIL "\", labels: {\"" EVIL "\": \"" EVIL "\"}}, "
    "spec: {nodeName: \"" EVIL "\"}, status: {podIP: \"" EVIL "\"}}\n---\n"
    "{apiVersion: v1, kind: Pod, metadata: {namespace: ns1, name: \"" EVIL
    "\", labels: {app: a}}, spec: {containers: [{ports: [{name: \"" EVIL "\", containerPort: 80}]}]}, status: {podIP: 10.0.0.1}}\n---\n"
    "{apiVersion: v1, kind: Node, metadata: {name: \"" EVIL "\"}}\n---\n"
    "{apiVersion: v1, kind: Service, metadata: {namespace: \"" EVIL "\", name: \"" EVIL "\"}, spec: {clusterIP: \"" EVIL "\"}}\n---\n"
    "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {namespace: ns1, name: \"" EVIL
    "\"}, spec: {podSelector: {}, \"" EVIL "\": 1, ingress: [{from: [{podSelector: {matchLabels: {\"" EVIL "\": \"" EVIL
    "\"}}}], ports: [{port: \"" EVIL "\"}]}]}}\n---\n"
    "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {namespace: \"" EVIL "\", name: \"" EVIL
    "\"}, spec: {podSelector: {}, policyTypes: [\"" EVIL "\"]}}\n---\n"
    "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {namespace: ns1, name: \"" EVIL
    "\"}, spec: {podSelector: {}}}\n---\n"
    "{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: \"" EVIL "\"}, spec: {tier: Admin, "
    "priority: 1, subject: {namespaces: {}}, ingress: [{name: \"" EVIL
    "\", action: Deny, from: [{namespaces: {}}]}], egress: [{action: \"" EVIL "\"}]}}\n---\n"
    "{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: \"" EVIL "\"}, spec: {tier: Admin, "
    "priority: 1, subject: {namespaces: {}}, ingress: [{name: \"" EVIL "\", action: Deny, from: [{namespaces: {}}]}]}}\n---\n"
    "{apiVersion: \"cilium.io/" EVIL "\", kind: \"" EVIL "\"}\n---\n"
    "{\"" EVIL "\": 1, \"" EVIL "\": 2}\n";

static bool harmful(const unsigned char *s, size_t left)
{
    if (s[0] < 0x20)
        return s[0] != '\n';
    if (s[0] == 0x7f || (left > 1 && s[0] == 0xc2 && s[1] >= 0x80 && s[1] < 0xa0))
        return true;
    return left > 2 && s[0] == 0xe2 && ((s[1] == 0x80 && s[2] >= 0xaa && s[2] <= 0xae) || (s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9));
}

static void expect_harmless(const struct sink *said, int32_t mode)
{
    for (size_t i = 0; i < said->n; i++) {
        const char *at = said->text + i;
        size_t start = i > 150 ? i - 150 : 0;

        if (harmful((const unsigned char *)at, said->n - i))
            fail_msg("mode %d: byte %02x in: %.300s", mode, (unsigned char)*at, said->text + start);
        if (*at == '\n' && said->n - i > 9 && memcmp(at, "\n::error::", 10) == 0)
            fail_msg("mode %d: a line begins with a runner's command: %.300s", mode, said->text + start);
    }
}

static void test_names_are_rendered_harmlessly(void **state)
{
    struct input input = {"\033[31mevil\n::error::\177.yaml", evil, sizeof evil - 1};

    (void)state;
    for (int32_t mode = CNIPOL_MODE_STRICT; mode <= CNIPOL_MODE_STORED; mode++) {
        struct run run = {.inputs = &input, .n_inputs = 1, .mode = mode, .questions = 12, .no_names = true};

        assert_int_equal(run_pipeline(&run), CNIPOL_OK);
        assert_true(run.errors > 0 || mode == CNIPOL_MODE_STORED);
        expect_harmless(&run.said, mode);
        sink_free(&run.said);
    }
}

/* A gigabyte on one line, where ROBUST_GIGABYTE is set to json or yaml. */
static void test_gigabyte(void **state)
{
    struct sink text = {0};
    double before = seconds();
    struct input input = {.name = "gigabyte"};

    (void)state;
    if (!getenv("ROBUST_GIGABYTE")) {
        print_message("skip: test_gigabyte: a gigabyte takes half a minute and 3 GB; set ROBUST_GIGABYTE to json or yaml\n");
        skip();
    }
    put(&text, "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"data\":{\"a\":\"");
    repeat(&text, "0123456789abcdefghij0123456789abcdefghij0123456789", 20000000);
    put(&text, getenv("ROBUST_GIGABYTE")[0] == 'y' ? "\"},}" : "\"}}"); /* a comma too many for JSON: read as YAML */
    input.bytes = text.text;
    input.size = text.n;
    for (uint64_t memory = 1ull << 30; memory <= 4ull << 30; memory *= 2) {
        struct run run = {.inputs = &input, .n_inputs = 1, .mode = CNIPOL_MODE_SERVER, .memory = memory};
        int status;

        before = seconds();
        status = run_pipeline(&run);
        print_message("limit %llu MB: %s, %s, %.2f s, peak %.1f MB\n", (unsigned long long)(memory >> 20), cnipol_status_text(status),
                      cnipol_status_text(run.load_status), seconds() - before, (double)run.peak / 1e6);
        sink_free(&run.said);
    }
    sink_free(&text);
}

static void read_mid(const char *path)
{
    FILE *file = fopen(path, "rb");

    assert_non_null(file);
    mid = malloc(1 << 20);
    assert_non_null(mid);
    mid_size = fread(mid, 1, 1 << 20, file);
    fclose(file);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest rest[] = {
        cmocka_unit_test(test_numbers_do_not_wrap),
        cmocka_unit_test(test_encodings),
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_changed_anywhere),
        cmocka_unit_test(test_names_are_rendered_harmlessly),
        cmocka_unit_test(test_gigabyte),
    };
    struct CMUnitTest tests[COUNT(bads)];
    int rc;

    if (argc != 2)
        return 2;
    read_mid(argv[1]);
    if (getenv("ROBUST_ONLY"))
        cmocka_set_test_filter(getenv("ROBUST_ONLY"));
    for (size_t i = 0; i < COUNT(bads); i++)
        tests[i] = (struct CMUnitTest){bads[i].name, test_bad, NULL, NULL, &bads[i]};
    rc = cmocka_run_group_tests_name("hostile bytes", rest, NULL, NULL);
    rc += cmocka_run_group_tests_name("hostile sizes", tests, NULL, NULL);
    free(mid);
    return rc;
}
