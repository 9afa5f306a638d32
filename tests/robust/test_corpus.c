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

static void test_verdicts(void **state)
{
    static const char *const modes[] = {"strict", "server", "stored"};
    size_t wrong = 0, accepted = 0, refused = 0;

    (void)state;
    for (size_t i = 0; i < n_rows; i++) {
        struct row row = row_at(i);
        bool accept = strcmp(row.expect, "accept") == 0, reject = strcmp(row.expect, "reject") == 0 && has_our_kind(&row);
        char path[1024], first[256];

        path_of(&row, path, sizeof path);
        for (int32_t mode = CNIPOL_MODE_STRICT; mode <= CNIPOL_MODE_STORED; mode++) {
            int status;
            size_t errors = load_file(path, mode, &status, first, sizeof first);
            bool bad = accept ? errors || status : reject && mode != CNIPOL_MODE_STORED && (!errors || status != CNIPOL_E_INVALID);

            if ((errors > 0) != (status != CNIPOL_OK))
                fail_msg("%s in mode %s: %zu errors, but %s", row.path, modes[mode], errors, cnipol_status_text(status));
            if (!bad || exception_of(row.path))
                continue;
            print_error("%s in mode %s: expected %s %s, got %s %s\n", row.path, modes[mode], row.expect, row.why,
                        cnipol_status_text(status), first);
            wrong++;
        }
        accepted += accept;
        refused += reject;
    }
    print_message("%zu files to accept, %zu to refuse, %zu open\n", accepted, refused, n_rows - accepted - refused);
    assert_int_equal(wrong, 0);
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
    (void)state;
    for (size_t i = 0; i < n_rows; i++) {
        struct row row = row_at(i);
        struct input input = {.name = row.path};
        char path[1024], *text;

        path_of(&row, path, sizeof path);
        input.bytes = text = slurp(path, &input.size);
        for (int32_t mode = CNIPOL_MODE_STRICT; mode <= CNIPOL_MODE_STORED; mode++) {
            struct run run = {.inputs = &input, .n_inputs = 1, .mode = mode, .questions = 4};

            assert_int_equal(run_pipeline(&run), CNIPOL_OK);
            assert_non_null(run.said.text);
            sink_free(&run.said);
        }
        free(text);
    }
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

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_verdicts), cmocka_unit_test(test_whole_pipeline),
                                       cmocka_unit_test(test_all_together)};
    int rc;

    if (argc != 2)
        return 2;
    folder = argv[1];
    read_index();
    rc = cmocka_run_group_tests_name("corpus", tests, NULL, NULL);
    for (size_t i = 0; i < n_rows; i++)
        json_object_put(rows[i]);
    free(rows);
    return rc;
}
