/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory that runs out at each request in turn: whoever calls again gets the same records, and nothing is left behind. */

#include <limits.h>

#include "rows.h"

static const struct {
    const char *format, *columns, *input;
} streams[] = {
    {"goldmane-json", NULL,
     "{\"Key\":{\"source_name\":\"\\u0061\",\"source_namespace\":\"n\",\"dest_name\":\"pub\",\"dest_type\":4,\"reporter\":2,\"action\":1,\"policies\":"
     "{\"enforced_policies\":[{\"kind\":42,\"policy_index\":1},{\"kind\":10,\"trigger\":{\"kind\":43}}],\"pending_policies\":[{}]}},"
     "\"source_labels\":[\"a=b\",\"c\\n\"],\"bytes_in\":3}\n{\"Key\":{\"action\":2}}\n"},
    {"whisker-json", NULL,
     "{\"items\":[{\"source_labels\":\"a=b | c=d\",\"action\":\"Allow\",\"policies\":{\"enforced\":[{\"name\":\"\\u0061\"},null]}},"
     "{\"dest_labels\":\"x=y\",\"dest_name\":\"\\u0062\"},{\"action\":\"Deny\"}],\"total\":{}}\n{\"action\":\"Pass\"}\n"},
    {"calico-flowlog-json", NULL,
     "{\"source_labels\":{\"labels\":[\"a=b\"]},\"policies\":{\"enforced_policies\":[\"1|t|gnp\\u003ab|allow|0\",\"0|t|gnp:a|pass|0\"]}}\n{\"action\":\"deny\"}\n"},
    {"calico-policy-string", NULL, "0|t|gnp:a|pass|0\n0|t|gnp:b|pass|0\n"},
    {"csv", "src.pod=a,src.labels=\"b \"\"c\"\"\",l7.http.method=d,dst.workload=e[x=\"y/z\"],extra.bytes=f",
     "a,\"b \"\"c\"\"\",d,e,f\n\"x\"\"y\",\"k=v,l=w\",GET,x,12\n1,2,3,4,\n"},
    {"csv", NULL, "src_pod,dst_labels,policies,extra\nx,\"a b\",np:n/p#1=deny,bytes=3\ny,,,\n"},
    {"jsonl", "src.pod=a.b,dst.labels=l,node=n.1", "{\"a\":{\"b\":\"\\u0061\"},\"l\":{\"x\":\"y\"},\"n\":[1,2]}\n{\"l\":[\"a\"]}\n"},
    {"jsonl", NULL,
     "{\"src\":{\"labels\":{\"a\":\"b\"},\"workload\":\"D/w\",\"pod\":\"\\u0061\"},\"l7\":{\"http\":{\"code\":200,\"headers\":[{\"key\":\"k\"}]}},\"policies\":"
     "[{\"labels\":[\"x\"]}],\"extra\":{\"bytes\":1}}\n{\"event\":\"node_status\",\"nodes\":[\"a\"]}\n"},
};

struct failing {
    long until; /* the request that fails; negative: none */
    long used;
};

static void *failing_alloc(void *user, size_t size)
{
    struct failing *failing = user;
    void *block = failing->until-- == 0 ? NULL : malloc(size);

    failing->used += block != NULL;
    return block;
}

static void *failing_realloc(void *user, void *block, size_t old_size, size_t new_size)
{
    struct failing *failing = user;
    void *moved = failing->until-- == 0 ? NULL : realloc(block, new_size);

    (void)old_size;
    failing->used += moved && !block;
    return moved;
}

static void failing_free(void *user, void *block, size_t size)
{
    struct failing *failing = user;

    (void)size;
    failing->used -= block != NULL;
    free(block);
}

static void read_all(struct cnipol_decoder *decoder, struct flow_rows_out *out)
{
    struct cnipol_flow flow;
    int rc, refused = 0;

    while ((rc = cnipol_decoder_next(decoder, &flow)) != 0) {
        if (rc > 0)
            (void)flow_rows_add(out, &flow);
        else
            expect_number("a stream", "status", refused++ ? 0 : rc, CNIPOL_E_NOMEM);
    }
}

/* True: the n-th request was one too many. */
static bool try(size_t row, long n, struct flow_rows_out *out)
{
    struct failing failing = {.until = -1};
    const struct cnipol_alloc hooks = {failing_alloc, failing_realloc, failing_free, &failing};
    struct cnipol_decoder_opts opts = {.sz = sizeof opts, .format = streams[row].format, .columns = streams[row].columns};
    struct cnipol_decoder *decoder;
    struct cnipol_ctx *ctx;
    int rc;

    out->n = 0;
    out->text[0] = '\0';
    assert_int_equal(cnipol_ctx_new(&hooks, &ctx), CNIPOL_OK);
    failing.until = n;
    rc = cnipol_decoder_new(ctx, &opts, &decoder);
    if (rc) {
        expect_number(streams[row].format, "status", rc, CNIPOL_E_NOMEM);
        assert_int_equal(cnipol_decoder_new(ctx, &opts, &decoder), CNIPOL_OK);
    }
    assert_int_equal(cnipol_decoder_feed(decoder, streams[row].input, strlen(streams[row].input)), CNIPOL_OK);
    read_all(decoder, out);
    assert_int_equal(cnipol_decoder_finish(decoder), CNIPOL_OK);
    read_all(decoder, out);
    cnipol_decoder_free(decoder);
    cnipol_ctx_free(ctx);
    expect_number(streams[row].format, "memory left", failing.used, 0);
    return failing.until >= 0;
}

static void test_memory_runs_out(void **state)
{
    static struct flow_rows_out whole, got;

    (void)state;
    for (size_t row = 0; row < COUNT(streams); row++) {
        (void)try(row, LONG_MAX, &whole);
        assert_true(whole.n > 0);
        for (long n = 0; !try(row, n, &got); n++)
            expect_text(streams[row].format, got.text, whole.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_memory_runs_out)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
