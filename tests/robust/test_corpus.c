/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Manifests as people publish them (tests/corpus): each loads in every mode and goes through the whole
 * pipeline; what the real server takes is taken, what it refuses is refused.
 *
 * The index speaks of every kind; a verdict is asserted where all that stands against a file concerns a
 * kind of this library. `accept` is asserted in every mode, since the index calls a pruned field unknown.
 */

#include "base/testing.h"
#include "pipeline.h"

#include <json.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const our_kinds[] = {
    "networking.k8s.io/v1 NetworkPolicy", "policy.networking.k8s.io/", "v1 ", "apps/v1 ", "batch/v1 ", "discovery.k8s.io/v1 "};

/* Where the index and this library rightly differ. */
static const struct {
    const char *path;
    const char *why;
} exceptions[] = {
    {"calico-docs/networking-configuring-qos-controls-01.yaml", "a placeholder stands for a pod's spec; the index looks at metadata only"},
    {"network-policy-api/policy-assistant/test/example-policies/anps/anp-list.yaml",
     "the index wants metadata of the list itself; clients open a list and send its items"},
};

struct row {
    const char *path;
    const char *expect;
    const char *why;
    json_object *kinds;
};

static const char *folder;
static json_object **rows;
static size_t n_rows;

static const char *text_at(json_object *row, const char *key)
{
    json_object *value;

    return json_object_object_get_ex(row, key, &value) ? json_object_get_string(value) : "";
}

static struct row row_at(size_t i)
{
    struct row row = {text_at(rows[i], "path"), text_at(rows[i], "expect"), text_at(rows[i], "why"), NULL};

    assert_true(json_object_object_get_ex(rows[i], "kinds", &row.kinds));
    return row;
}

static bool has_our_kind(const struct row *row)
{
    for (size_t i = 0; i < json_object_array_length(row->kinds); i++)
        for (size_t k = 0; k < COUNT(our_kinds); k++)
            if (strncmp(json_object_get_string(json_object_array_get_idx(row->kinds, i)), our_kinds[k], strlen(our_kinds[k])) == 0)
                return true;
    return false;
}

static const char *exception_of(const char *path)
{
    for (size_t i = 0; i < COUNT(exceptions); i++)
        if (strcmp(exceptions[i].path, path) == 0)
            return exceptions[i].why;
    return NULL;
}

static void path_of(const struct row *row, char *path, size_t size)
{
    int n = snprintf(path, size, "%s/%s", folder, row->path);

    assert_in_range(n, 1, size - 1);
}

/* Loads a file; the first error's text goes to `first`. Returns how many errors were raised. */
static size_t load_file(const char *path, int32_t mode, int *status, char *first, size_t size)
{
    struct cnipol_cluster_opts opts = CNIPOL_CLUSTER_OPTS_INIT;
    struct cnipol_cluster *cluster;
    struct cnipol_ctx *ctx;
    struct cnipol_diag diag;
    size_t errors;

    opts.mode = mode;
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_new(ctx, &opts, &cluster), CNIPOL_OK);
    *status = cnipol_cluster_load_path(cluster, path);
    errors = cnipol_diag_raised(ctx, CNIPOL_SEVERITY_ERROR);
    first[0] = '\0';
    for (size_t i = 0; i < cnipol_diag_count(ctx) && !first[0]; i++)
        if (cnipol_diag_get(ctx, i, &diag) == CNIPOL_OK && diag.severity == CNIPOL_SEVERITY_ERROR)
            (void)snprintf(first, size, "NP%d %s line %u: %s", diag.code, diag.path ? diag.path : "", diag.place.line, diag.message);
    cnipol_cluster_free(cluster);
    cnipol_ctx_free(ctx);
    return errors;
}

static const char *const mode_names[] = {"strict", "server", "stored"};

/* A file in a mode. */
struct probe {
    char *name;
    struct row row;
    int32_t mode;
};

static void test_verdict(void **state)
{
    const struct probe *probe = *state;
    const struct row *row = &probe->row;
    bool accept = strcmp(row->expect, "accept") == 0, reject = strcmp(row->expect, "reject") == 0 && has_our_kind(row);
    char path[1024], first[256];
    size_t errors;
    int status;
    bool bad;

    path_of(row, path, sizeof path);
    errors = load_file(path, probe->mode, &status, first, sizeof first);
    if ((errors > 0) != (status != CNIPOL_OK))
        fail_msg("%zu errors, but %s", errors, cnipol_status_text(status));
    bad = accept ? errors || status : reject && probe->mode != CNIPOL_MODE_STORED && (!errors || status != CNIPOL_E_INVALID);
    if (bad && !exception_of(row->path))
        fail_msg("expected %s %s, got %s %s", row->expect, row->why, cnipol_status_text(status), first);
}

static char *slurp(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    char *text = malloc(1 << 21);

    assert_non_null(file);
    assert_non_null(text);
    *size = fread(text, 1, 1 << 21, file);
    fclose(file);
    return text;
}

static void test_whole_pipeline(void **state)
{
    const struct row *row = *state;
    struct input input = {.name = row->path};
    char path[1024], *text;

    path_of(row, path, sizeof path);
    input.bytes = text = slurp(path, &input.size);
    for (int32_t mode = CNIPOL_MODE_STRICT; mode <= CNIPOL_MODE_STORED; mode++) {
        struct run run = {.inputs = &input, .n_inputs = 1, .mode = mode, .questions = 4};

        assert_int_equal(run_pipeline(&run), CNIPOL_OK);
        assert_non_null(run.said.text);
        sink_free(&run.said);
    }
    free(text);
}

static void test_all_together(void **state)
{
    char first[256];
    int status;

    (void)state;
    for (int32_t mode = CNIPOL_MODE_STRICT; mode <= CNIPOL_MODE_STORED; mode++)
        assert_true(load_file(folder, mode, &status, first, sizeof first) > 0);
}

static void read_index(void)
{
    char path[1024], *line = NULL;
    size_t cap = 0;
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/index.jsonl", folder);
    file = fopen(path, "rb");
    assert_non_null(file);
    while (getline(&line, &cap, file) > 0) {
        rows = realloc(rows, (n_rows + 1) * sizeof(json_object *));
        assert_non_null(rows);
        rows[n_rows] = json_tokener_parse(line);
        assert_non_null(rows[n_rows]);
        n_rows++;
    }
    free(line);
    fclose(file);
}

#define MODES 3u

static void add_probes(struct probe *probes, struct CMUnitTest *tests)
{
    for (size_t i = 0; i < n_rows; i++)
        for (size_t mode = 0; mode < MODES; mode++) {
            struct probe *probe = &probes[i * MODES + mode];

            *probe = (struct probe){.row = row_at(i), .mode = (int32_t)mode};
            assert_true(asprintf(&probe->name, "%s %s", mode_names[mode], probe->row.path) > 0);
            tests[i * MODES + mode] = (struct CMUnitTest){probe->name, test_verdict, NULL, NULL, probe};
        }
}

static int run_all(struct probe *probes, struct CMUnitTest *tests)
{
    const struct CMUnitTest together[] = {cmocka_unit_test(test_all_together)};
    size_t n = n_rows * MODES;
    int rc;

    add_probes(probes, tests);
    rc = _cmocka_run_group_tests("corpus, file by file", tests, n, NULL, NULL);
    for (size_t i = 0; i < n_rows; i++)
        tests[i] = (struct CMUnitTest){probes[i * MODES].row.path, test_whole_pipeline, NULL, NULL, &probes[i * MODES].row};
    rc += _cmocka_run_group_tests("corpus, whole pipeline", tests, n_rows, NULL, NULL);
    rc += cmocka_run_group_tests_name("corpus, all at once", together, NULL, NULL);
    for (size_t i = 0; i < n; i++)
        free(probes[i].name);
    return rc;
}

int main(int argc, char **argv)
{
    struct CMUnitTest *tests;
    struct probe *probes;
    int rc = 1;

    if (argc != 2)
        return 2;
    folder = argv[1];
    read_index();
    probes = calloc(n_rows * MODES, sizeof *probes);
    tests = calloc(n_rows * MODES, sizeof *tests);
    if (probes && tests)
        rc = run_all(probes, tests);
    free(tests);
    free(probes);
    for (size_t i = 0; i < n_rows; i++)
        json_object_put(rows[i]);
    free(rows);
    return rc ? 1 : 0;
}
