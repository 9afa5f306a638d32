/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rows of yaml-scalar-match.jsonl, each a case of its own: what sigs.k8s.io/yaml makes of a YAML
 * text, as exact JSON, and whether its strict form refuses it. The file's name is the argument.
 */

#include "testing.h"

#include <stdio.h>
#include <stdlib.h>

#include <json-c/json.h>

static const char *field(struct json_object *row, const char *name)
{
    struct json_object *value;

    return json_object_object_get_ex(row, name, &value) ? json_object_get_string(value) : NULL;
}

static void test_row(void **state)
{
    struct json_object *row = *state, *pattern = json_object_object_get(row, "pattern");
    const char *json = field(row, "json"), *strict = field(row, "strict");
    struct reading reading;

    reading_open(&reading);
    reading.stop_after = 1;
    reading_read(&reading, json_object_get_string(pattern), (size_t)json_object_get_string_len(pattern), NP_DOC_YAML);
    if (!json) {
        assert_int_equal(reading.status, CNIPOL_E_SYNTAX);
        assert_non_null(reading_diag(&reading).place.file);
    } else {
        if (reading.documents == 0 && reading.status == CNIPOL_OK)
            np_buf_adds(&reading.json, "null\n");
        assert_true(reading.status == CNIPOL_OK || reading.status == 1);
        reading.json.s[reading.json.n - 1] = '\0';
        assert_string_equal(reading.json.s, json);
        assert_int_equal(reading.duplicates, strict != NULL);
    }
    reading_close(&reading);
}

int main(int argc, char **argv)
{
    static struct CMUnitTest tests[4096];
    static char line[1 << 16];
    size_t n = 0;
    FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
    int failed;

    if (!file)
        return 2;
    while (n < COUNT(tests) && fgets(line, sizeof line, file)) {
        struct json_object *row = json_tokener_parse(line);

        if (!row || !field(row, "name"))
            return 2;
        tests[n++] = (struct CMUnitTest){.name = field(row, "name"), .test_func = test_row, .initial_state = row};
    }
    fclose(file);
    failed = _cmocka_run_group_tests("yaml-scalar-match", tests, n, NULL, NULL);
    for (size_t i = 0; i < n; i++)
        json_object_put(tests[i].initial_state);
    return failed;
}
