/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages that must be understood alone, in one line, and where they point. */

#include "testing.h"

#include <stdio.h>

#include <cnipol/cluster.h>

#define RULE(rule) CNP("egress: [{action: Accept, " rule "}]")

static const struct row {
    const char *name;
    const char *text;
    const char *said; /* line:column-line:column: message; then the help, if there is one */
} rows[] = {
    {"no kind", "metadata:\n  name: x\nspec: {}\n", "1:1-1:9: an object needs apiVersion and kind, both as text"},
    {"no kind, JSON", "{\"apiVersion\": \"v1\",\n\"spec\": {}}", "1:2-1:14: an object needs apiVersion and kind, both as text"},
    {"nothing in it", "{}", "1:1-1:3: an object needs apiVersion and kind, both as text"},
    {"a list", "- a\n- b\n", "1:1-1:4: this is no Kubernetes object: it is not a map"},
    {"a word", "word\n", "1:1-1:5: this is no Kubernetes object: it is not a map"},
    {"a text of two lines", "'one\n  two'\n", "1:1-1:5: this is no Kubernetes object: it is not a map"},
    {"a word that is nearly known", CNP("egress: [{action: acept, to: [{namespaces: {}}]}]"),
     "\"acept\" is none of the words of `action`; did you mean \"Accept\"? The words are \"Accept\", \"Deny\", \"Pass\""},
    {"a word that is not", CNP("egress: [{action: Log, to: [{namespaces: {}}]}]"),
     "\"Log\" is none of the words of `action`; the words are \"Accept\", \"Deny\", \"Pass\""},
    {"below", RULE("to: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {number: 0}}}]"), "`number` is 0, below its minimum of 1"},
    {"above", RULE("to: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {number: 65536}}}]"),
     "`number` is 65536, above its maximum of 65535"},
    {"too few", RULE("to: []"), "`to` has 0 items, fewer than 1"},
    {"too few in an item", RULE("to: [{}]"), "an item of `to` has 0 properties, fewer than 1"},
    {"an item of the wrong type", RULE("to: [{networks: [7]}]"), "an item of `networks` must be of type string, and is of type integer"},
    {"a repeated item", RULE("to: [{networks: [10.0.0.0/8, 10.0.0.0/8]}]"), "\"10.0.0.0/8\" is in `networks` already"},
    {"a Go type", NETPOL("podSelector: {}, ingress: [7]"), "an item of `ingress` must be a map, not number"},
    {"a Go type in a map of strings", NETPOL("podSelector: {matchLabels: {a: 1}}"),
     "a value in `matchLabels` must be a string, not number; put the value in quotes"},
    {"a Go number", PORTS("{port: 80.5}"), "`port` must be a whole number or a name, not the number 80.5"},
};

/* With places where the row has them. */
static void describe(const struct row *row, const struct cnipol_diag *d, char *out, size_t size)
{
    char place[64] = "";

    if (row->said[0] >= '0' && row->said[0] <= '9')
        snprintf(place, sizeof place, "%u:%u-%u:%u: ", d->place.line, d->place.column, d->place.end_line, d->place.end_column);
    snprintf(out, size, "%s%s%s%s", place, d->message, d->help ? "; " : "", d->help ? d->help : "");
}

static void test_row(void **state)
{
    const struct row *row = *state;
    struct cnipol_cluster *cluster;
    struct cnipol_ctx *ctx;
    struct cnipol_diag d;
    char got[512];

    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_new(ctx, NULL, &cluster), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_load_bytes(cluster, "test.yaml", row->text, strlen(row->text)), CNIPOL_E_INVALID);
    assert_int_equal(cnipol_diag_get(ctx, 0, &d), CNIPOL_OK);
    describe(row, &d, got, sizeof got);
    cnipol_cluster_free(cluster);
    cnipol_ctx_free(ctx);
    assert_string_equal(got, row->said);
}

int main(void)
{
    struct CMUnitTest tests[sizeof rows / sizeof rows[0]];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        tests[i] = (struct CMUnitTest){rows[i].name, test_row, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    return cmocka_run_group_tests_name("dialect words", tests, NULL, NULL);
}
