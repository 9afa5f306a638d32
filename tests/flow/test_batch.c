/* SPDX-License-Identifier: BSD-2-Clause */
/* Batches: columns as Arrow lays them out, handed over without a copy, whole rows or none where memory runs out. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <cnipol/cnipol.h>

#include "../support/failing.h"

#define TEXT(s) {s, sizeof s - 1}

static const struct cnipol_text labels[] = {TEXT("k8s:app=web"), TEXT("bad\xff")};
static const struct cnipol_flow rows[] = {
    {.has = CNIPOL_HAS_TIME | CNIPOL_HAS_VERDICT | CNIPOL_HAS_REPLY, .time = {.seconds = 1, .nanos = 5}, .verdict = CNIPOL_FLOW_DROPPED, .reply = 1,
     .src = {.pod = TEXT("web"), .labels = labels, .n_labels = 2}, .dst = {.has = CNIPOL_FLOW_END_PORT, .port = 443}},
    {.src = {.labels = labels, .n_labels = 0}},
    {.has = CNIPOL_HAS_TIME | CNIPOL_HAS_REPLY, .time = {.seconds = 253402300799}, .src = {.pod = TEXT("")}, .dst = {.has = CNIPOL_FLOW_END_PORT, .port = 1}},
};

static struct cnipol_fields fields(void)
{
    static const int32_t ids[] = {CNIPOL_FIELD_TIME, CNIPOL_FIELD_VERDICT, CNIPOL_FIELD_REPLY, CNIPOL_FIELD_SRC_POD, CNIPOL_FIELD_SRC_LABELS,
                                  CNIPOL_FIELD_DST_PORT};
    struct cnipol_fields out = {{0, 0}};

    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        cnipol_fields_add(&out, (uint32_t)ids[i]);
    return out;
}

/* In the order of the table: time, verdict, reply, src.pod, src.labels, dst.port. */
enum { TIME, VERDICT, REPLY, POD, LABELS, PORT };

static void add_all(struct cnipol_batch *batch)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(cnipol_batch_add(batch, &rows[i]), 1);
}

static void check_text(const struct cnipol_batch_column *column, const int32_t *offsets, uint32_t i, const char *text)
{
    int32_t n = offsets[i + 1] - offsets[i];

    assert_int_equal(n, strlen(text));
    assert_memory_equal(column->bytes + offsets[i], text, (size_t)n);
}

static void check_columns(const struct cnipol_batch *batch)
{
    static const struct {
        const char *name, *format;
        uint8_t validity;
        uint64_t n_null;
    } expect[] = {{"time", "tsn:UTC", 1, 2},  {"verdict", "u", 1, 2}, {"reply", "b", 5, 1},
                  {"src_pod", "u", 5, 1},     {"src_labels", "+l", 3, 1}, {"dst_port", "L", 5, 1}};
    struct cnipol_batch_column columns[6];

    for (uint32_t i = 0; i < 6; i++) {
        assert_int_equal(cnipol_batch_column(batch, i, &columns[i]), CNIPOL_OK);
        assert_string_equal(columns[i].field->column, expect[i].name);
        assert_string_equal(columns[i].format, expect[i].format);
        assert_int_equal(columns[i].validity[0], expect[i].validity);
        assert_int_equal(columns[i].n_null, expect[i].n_null);
        assert_int_equal((uintptr_t)columns[i].validity % 64, 0);
    }
    assert_int_equal(((const int64_t *)columns[TIME].values)[0], 1000000005);
    assert_int_equal(((const uint8_t *)columns[REPLY].values)[0], 1);
    assert_int_equal(((const uint64_t *)columns[PORT].values)[0], 443);
    assert_int_equal(((const uint64_t *)columns[PORT].values)[2], 1);
    check_text(&columns[VERDICT], columns[VERDICT].offsets, 0, "dropped");
    check_text(&columns[VERDICT], columns[VERDICT].offsets, 1, "");
    check_text(&columns[POD], columns[POD].offsets, 0, "web");
    assert_int_equal(columns[LABELS].offsets[1], 2);
    assert_int_equal(columns[LABELS].offsets[3], 2);
    check_text(&columns[LABELS], columns[LABELS].items, 0, "k8s:app=web");
    check_text(&columns[LABELS], columns[LABELS].items, 1, "bad\xef\xbf\xbd");
}

static void test_columns(void **state)
{
    struct cnipol_ctx *ctx = NULL;
    struct cnipol_batch *batch;
    struct cnipol_batch_column column;
    struct cnipol_fields wanted = fields(), none = {{0, 0}};

    (void)state;
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    assert_int_equal(cnipol_batch_new(ctx, &none, 3, &batch), CNIPOL_E_USAGE);
    assert_int_equal(cnipol_batch_new(ctx, &wanted, 0, &batch), CNIPOL_E_USAGE);
    assert_int_equal(cnipol_batch_new(ctx, &wanted, 3, &batch), CNIPOL_OK);
    for (int round = 0; round < 2; round++) {
        add_all(batch);
        assert_int_equal(cnipol_batch_add(batch, &rows[0]), 0);
        assert_int_equal(cnipol_batch_rows(batch), 3);
        check_columns(batch);
        assert_int_equal(cnipol_batch_column(batch, 6, &column), CNIPOL_E_NOTFOUND);
        cnipol_batch_clear(batch);
    }
    cnipol_batch_free(batch);
    cnipol_ctx_free(ctx);
}

static void test_export_takes_over(void **state)
{
    struct cnipol_ctx *ctx = NULL;
    struct cnipol_batch *batch;
    struct cnipol_batch_column port;
    struct cnipol_fields wanted = fields();
    struct ArrowSchema schema;
    struct ArrowArray array, moved;

    (void)state;
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    assert_int_equal(cnipol_batch_new(ctx, &wanted, 100, &batch), CNIPOL_OK);
    add_all(batch);
    assert_int_equal(cnipol_batch_column(batch, PORT, &port), CNIPOL_OK);
    assert_int_equal(cnipol_batch_export(batch, &schema, &array), CNIPOL_OK);
    assert_string_equal(schema.format, "+s");
    assert_int_equal(schema.n_children, 6);
    assert_string_equal(schema.children[LABELS]->children[0]->format, "u");
    assert_int_equal(array.length, 3);
    assert_int_equal(array.children[TIME]->null_count, 2);
    assert_ptr_equal(array.children[PORT]->buffers[1], port.values); /* the very bytes */
    assert_int_equal(array.children[LABELS]->children[0]->length, 2);
    assert_int_equal(array.children[LABELS]->children[0]->n_buffers, 3);
    moved = *array.children[POD]; /* as importers do */
    array.children[POD]->release = NULL;
    add_all(batch);
    check_columns(batch);
    cnipol_batch_free(batch);
    array.release(&array);
    assert_null(array.release);
    schema.release(&schema);
    assert_memory_equal(moved.buffers[2], "web", 3);
    moved.release(&moved);
    cnipol_ctx_free(ctx);
}

static void test_an_empty_batch(void **state)
{
    struct cnipol_ctx *ctx = NULL;
    struct cnipol_batch *batch;
    struct cnipol_fields wanted = fields();
    struct ArrowSchema schema;
    struct ArrowArray array;

    (void)state;
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    assert_int_equal(cnipol_batch_new(ctx, &wanted, 100, &batch), CNIPOL_OK);
    assert_int_equal(cnipol_batch_export(batch, &schema, &array), CNIPOL_OK);
    assert_int_equal(array.length, 0);
    assert_int_equal(*(const int32_t *)array.children[POD]->buffers[1], 0);
    array.release(&array);
    schema.release(&schema);
    cnipol_batch_free(batch);
    cnipol_ctx_free(ctx);
}

static void test_memory_that_runs_out(void **state)
{
    struct failing failing = {0};
    const struct cnipol_alloc hooks = failing_hooks(&failing);
    struct cnipol_fields wanted = fields();
    bool done = false;

    (void)state;
    for (int n = 0; !done; n++) {
        struct cnipol_ctx *ctx = NULL;
        struct cnipol_batch *batch = NULL;
        struct ArrowSchema schema = {.release = NULL};
        struct ArrowArray array = {.release = NULL};

        failing_arm(&failing, 0, false);
        assert_int_equal(cnipol_ctx_new(&hooks, &ctx), CNIPOL_OK);
        failing_arm(&failing, (uint64_t)n + 1, false);
        if (cnipol_batch_new(ctx, &wanted, 3, &batch) == CNIPOL_OK) {
            int rc = cnipol_batch_add(batch, &rows[0]);

            assert_true(rc == 1 || (rc == CNIPOL_E_NOMEM && cnipol_batch_rows(batch) == 0));
            failing_arm(&failing, 0, false);
            if (rc == 1)
                cnipol_batch_clear(batch);
            add_all(batch);
            check_columns(batch);
            failing_arm(&failing, rc == 1 ? (uint64_t)n + 1 : 1, false);
            if (cnipol_batch_export(batch, &schema, &array) == CNIPOL_OK) {
                done = true;
                array.release(&array);
                schema.release(&schema);
            } else {
                check_columns(batch);
            }
        }
        cnipol_batch_free(batch);
        cnipol_ctx_free(ctx);
        assert_int_equal(failing.live, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_export_takes_over),
        cmocka_unit_test(test_an_empty_batch),
        cmocka_unit_test(test_memory_that_runs_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
