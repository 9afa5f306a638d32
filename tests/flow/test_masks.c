/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sets of fields: of every record of the vector files, a decoder that is asked for some fields gives them as one that is asked for all does.
 * Each field alone, all but one, random sets; and what printers and filters say that they need. Arguments: vector files (JSON Lines).
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <json.h>

#include <cnipol/filter.h>
#include <cnipol/flow_report.h>

#include "../support/flow_streams.h"

static void put(FILE *f, struct cnipol_text text)
{
    fprintf(f, text.s ? "%u:" : "-", text.n);
    (void)fwrite(text.s ? text.s : "", 1, text.n, f);
}

static void put_texts(FILE *f, const struct cnipol_text *texts, uint32_t n)
{
    fprintf(f, "[%u ", n);
    for (uint32_t i = 0; i < n; i++)
        put(f, texts[i]);
}

static void put_time(FILE *f, struct cnipol_time time)
{
    fprintf(f, "%lld.%u ", (long long)time.seconds, time.nanos);
}

static void put_policy(FILE *f, const struct cnipol_flow_policy *p)
{
    fprintf(f, "{%x %d %lld %lld %lld %llu ", p->has, p->direction, (long long)p->rule_number, (long long)p->index,
            (long long)p->kind_number, (unsigned long long)p->revision);
    put_texts(f, &p->kind, 1);
    put_texts(f, &p->ns, 1);
    put_texts(f, &p->name, 1);
    put_texts(f, &p->tier, 1);
    put_texts(f, &p->rule, 1);
    put_texts(f, &p->action, 1);
    put_texts(f, &p->trigger_kind, 1);
    put_texts(f, &p->trigger_ns, 1);
    put_texts(f, &p->trigger_name, 1);
    put_texts(f, &p->trigger_tier, 1);
    put_texts(f, p->labels, p->n_labels);
}

static void put_extra(FILE *f, const struct cnipol_flow_extra *extra)
{
    fprintf(f, "{%u %u %llu ", extra->id, extra->type, (unsigned long long)extra->number);
    put(f, extra->text);
    put_time(f, extra->time);
}

static void put_items(FILE *f, const struct cnipol_value *value)
{
    const struct cnipol_flow_policy *policies = value->items;
    const struct cnipol_flow_extra *extras = value->items;

    fprintf(f, "[%u ", value->n);
    for (uint32_t i = 0; i < value->n; i++)
        if (value->type == CNIPOL_VALUE_POLICIES)
            put_policy(f, &policies[i]);
        else if (value->type == CNIPOL_VALUE_EXTRAS)
            put_extra(f, &extras[i]);
        else if (value->type == CNIPOL_VALUE_WORKLOADS || value->type == CNIPOL_VALUE_PAIRS)
            put_texts(f, (const struct cnipol_text *)value->items + (size_t)2 * i, 2);
        else
            put(f, ((const struct cnipol_text *)value->items)[i]);
}

static void put_event(FILE *f, const struct cnipol_flow_event *event)
{
    fprintf(f, "{%d %x %llu %lld %d ", event->kind, event->has, (unsigned long long)event->n_lost, (long long)event->cpu, event->type);
    put(f, event->source);
    put_time(f, event->first);
    put_time(f, event->last);
    put(f, event->state);
    put_texts(f, event->nodes, event->n_nodes);
    put(f, event->message);
}

/* A field as text that differs where values differ; "" where it is absent. free() it. */
static char *told(const struct cnipol_flow *flow, int32_t id)
{
    struct cnipol_value value;
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);

    assert_non_null(f);
    cnipol_field_get(flow, id, &value);
    if (value.type) {
        fprintf(f, "%d %llu ", value.type, (unsigned long long)value.number);
        put(f, value.text);
        put_time(f, value.type == CNIPOL_VALUE_TIME ? value.time : (struct cnipol_time){0});
        if (value.type >= CNIPOL_VALUE_NAME)
            put_items(f, &value);
        if (id == CNIPOL_FIELD_EVENT)
            put_event(f, flow->event);
    }
    (void)fclose(f);
    return text;
}

/* Records through two decoders, one asked for all fields and one for some, compared by `compare`. */
struct pair {
    const struct flow_stream *stream;
    struct cnipol_decoder *all, *some;
    struct cnipol_fields fields;
    void (*compare)(struct pair *pair, const struct cnipol_flow *all, const struct cnipol_flow *some);
    const struct cnipol_flow_printer_opts *printing;
    const struct cnipol_filter *filter;
    uint64_t records;
};

static void complain(const struct pair *pair, const char *what, const char *whole, const char *part, const struct cnipol_flow *flow)
{
    print_error("%s: %s is %s, with all fields %s, of %.*s\n", pair->stream->key, what, part, whole,
                (int)(flow->raw.n < 600 ? flow->raw.n : 600), flow->raw.s);
}

static void compare_fields(struct pair *pair, const struct cnipol_flow *all, const struct cnipol_flow *some)
{
    for (uint32_t id = 0; id < CNIPOL_N_FIELDS; id++) {
        char *whole, *part;

        if (!cnipol_fields_has(&pair->fields, id))
            continue;
        whole = told(all, (int32_t)id);
        part = told(some, (int32_t)id);
        if (strcmp(whole, part) != 0)
            complain(pair, cnipol_field_at(id)->name, whole, part, all);
        assert_string_equal(whole, part);
        free(whole);
        free(part);
    }
}

static void expect_same(struct pair *pair, const struct cnipol_flow *all, const struct cnipol_flow *some)
{
    assert_int_equal(all->number, some->number);
    assert_int_equal(all->offset, some->offset);
    assert_int_equal(all->event ? all->event->kind : 0, some->event ? some->event->kind : 0);
    pair->compare(pair, all, some);
    pair->records++;
}

static void feed(struct cnipol_decoder *decoder, const char *bytes, size_t n)
{
    cnipol_decoder_reset(decoder);
    assert_int_equal(cnipol_decoder_feed(decoder, bytes, n), CNIPOL_OK);
}

/* 1: both are at a record; 0: both are at the end; -1: the record is bad, and what a smaller set makes of that is its own. */
static int step(struct pair *pair, struct cnipol_flow *all, struct cnipol_flow *some)
{
    int rc = cnipol_decoder_next(pair->all, all);

    if (rc < 0)
        return -1;
    assert_int_equal(cnipol_decoder_next(pair->some, some), rc);
    return rc;
}

static void drop(struct cnipol_decoder *decoder)
{
    struct cnipol_flow flow;

    while (cnipol_decoder_next(decoder, &flow))
        continue;
}

static void check_row(struct pair *pair, uint32_t row)
{
    const struct flow_stream *stream = pair->stream;
    size_t start = stream->starts[row], end = row + 1 < stream->rows ? stream->starts[row + 1] : stream->n;
    struct cnipol_flow all, some;
    int rc;

    feed(pair->all, stream->bytes + start, end - start);
    feed(pair->some, stream->bytes + start, end - start);
    while ((rc = step(pair, &all, &some)) > 0)
        expect_same(pair, &all, &some);
    if (rc == 0) {
        assert_int_equal(cnipol_decoder_finish(pair->all), CNIPOL_OK);
        assert_int_equal(cnipol_decoder_finish(pair->some), CNIPOL_OK);
        while (step(pair, &all, &some) > 0)
            expect_same(pair, &all, &some);
    }
    drop(pair->all);
    drop(pair->some);
}

/* Each `every`-th row of a stream. */
static void check_stream(struct pair *pair, const struct flow_stream *stream, uint32_t every)
{
    struct cnipol_decoder_opts opts = flow_stream_opts(stream);
    struct cnipol_endpoints *endpoints;
    struct cnipol_ctx *ctx = NULL;

    pair->stream = stream;
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    endpoints = flow_stream_endpoints(stream, ctx);
    opts.endpoints = endpoints;
    assert_int_equal(cnipol_decoder_new(ctx, &opts, &pair->all), CNIPOL_OK);
    opts.fields = &pair->fields;
    assert_int_equal(cnipol_decoder_new(ctx, &opts, &pair->some), CNIPOL_OK);
    for (uint32_t row = (uint32_t)rand() % every; row < stream->rows; row += every)
        check_row(pair, row);
    cnipol_decoder_free(pair->all);
    cnipol_decoder_free(pair->some);
    cnipol_endpoints_free(endpoints);
    cnipol_ctx_free(ctx);
}

static void check_all(const struct cnipol_fields *fields)
{
    struct pair pair = {.fields = *fields, .compare = compare_fields};

    for (size_t i = 0; i < n_flow_streams; i++)
        check_stream(&pair, &flow_streams[i], 1);
    assert_true(pair.records > 0);
}

static void test_one_field(void **state)
{
    (void)state;
    for (uint32_t id = 0; id < CNIPOL_N_FIELDS; id++) {
        struct cnipol_fields fields = {{0, 0}};

        cnipol_fields_add(&fields, id);
        check_all(&fields);
    }
}

static void test_none_and_all_but_one(void **state)
{
    struct cnipol_fields fields = {{0, 0}};

    (void)state;
    check_all(&fields);
    for (uint32_t id = 0; id < CNIPOL_N_FIELDS; id += 5) {
        fields = (struct cnipol_fields){{UINT64_MAX, UINT64_MAX}};
        fields.bits[id / 64] &= ~((uint64_t)1 << id % 64);
        check_all(&fields);
    }
}

/* Sparse, half and dense ones. */
static void test_random_sets(void **state)
{
    (void)state;
    srand(11);
    for (int round = 0; round < 24; round++) {
        struct cnipol_fields fields = {{0, 0}};
        int in_eight = 1 + round % 7;

        for (uint32_t id = 0; id < CNIPOL_N_FIELDS; id++)
            if (rand() / 7 % 8 < in_eight)
                cnipol_fields_add(&fields, id);
        check_all(&fields);
    }
}

static int gather(void *user, const char *bytes, size_t n)
{
    return fwrite(bytes, 1, n, user) == n ? CNIPOL_OK : CNIPOL_E_NOMEM;
}

static struct cnipol_flow_printer *open_printer(struct cnipol_ctx *ctx, const struct cnipol_flow_printer_opts *opts, FILE *out)
{
    struct cnipol_flow_printer *printer = NULL;

    assert_int_equal(cnipol_flow_printer_new(ctx, opts, gather, out, &printer), CNIPOL_OK);
    return printer;
}

static char *printed(const struct cnipol_flow_printer_opts *opts, const struct cnipol_flow *flow)
{
    struct cnipol_flow_printer *printer;
    struct cnipol_ctx *ctx = NULL;
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);

    assert_non_null(out);
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    printer = open_printer(ctx, opts, out);
    assert_int_equal(cnipol_flow_printer_print(printer, flow), CNIPOL_OK);
    assert_int_equal(cnipol_flow_printer_finish(printer), CNIPOL_OK);
    cnipol_ctx_free(ctx);
    (void)fclose(out);
    return text;
}

static void compare_printed(struct pair *pair, const struct cnipol_flow *all, const struct cnipol_flow *some)
{
    char *whole = printed(pair->printing, all), *part = printed(pair->printing, some);

    if (strcmp(whole, part) != 0)
        complain(pair, "the print", whole, part, all);
    assert_string_equal(whole, part);
    free(whole);
    free(part);
}

/* What a printer says that it prints is enough for it. */
static void test_fields_of_printers(void **state)
{
    static const struct cnipol_flow_printer_opts rows[] = {
        {.output = CNIPOL_FLOW_COMPACT},
        {.output = CNIPOL_FLOW_COMPACT, .color = 1, .node_names = 1, .policy_names = 1, .numeric = 1},
        {.output = CNIPOL_FLOW_COMPACT, .addresses = 1},
        {.output = CNIPOL_FLOW_TABLE, .node_names = 1},
        {.output = CNIPOL_FLOW_DICT, .policy_names = 1},
        {.output = CNIPOL_FLOW_JSON},
        {.output = CNIPOL_FLOW_JSONL},
        {.output = CNIPOL_FLOW_CSV},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cnipol_flow_printer_opts opts = rows[i];
        struct pair pair = {.compare = compare_printed, .printing = &opts};
        struct cnipol_flow_printer *printer;
        struct cnipol_ctx *ctx = NULL;
        FILE *out = fopen("/dev/null", "w");

        opts.sz = sizeof opts;
        assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
        printer = open_printer(ctx, &opts, out);
        cnipol_flow_printer_fields(printer, &pair.fields);
        assert_int_equal(cnipol_flow_printer_finish(printer), CNIPOL_OK);
        cnipol_ctx_free(ctx);
        (void)fclose(out);
        for (size_t k = 0; k < n_flow_streams; k++)
            check_stream(&pair, &flow_streams[k], 1);
        assert_true(pair.records > 0);
    }
}

static void compare_matches(struct pair *pair, const struct cnipol_flow *all, const struct cnipol_flow *some)
{
    bool whole = cnipol_filter_matches(pair->filter, all) > 0, part = cnipol_filter_matches(pair->filter, some) > 0;

    if (whole != part)
        complain(pair, "the answer", whole ? "yes" : "no", part ? "yes" : "no", all);
    assert_int_equal(whole, part);
}

static void check_filter(struct json_object *flags)
{
    struct pair pair = {.compare = compare_matches};
    struct cnipol_filter *filter = NULL;
    struct cnipol_ctx *ctx = NULL;
    const char *args[64];
    size_t n = json_object_array_length(flags);

    assert_true(n <= sizeof args / sizeof *args);
    for (size_t i = 0; i < n; i++)
        args[i] = json_object_get_string(json_object_array_get_idx(flags, i));
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    if (cnipol_filter_new(ctx, args, n, &filter) == CNIPOL_OK) {
        cnipol_filter_fields(filter, &pair.fields);
        pair.filter = filter;
        for (size_t i = 0; i < n_flow_streams; i++)
            check_stream(&pair, &flow_streams[i], 16);
    }
    cnipol_filter_free(filter);
    cnipol_ctx_free(ctx);
}

/* What a filter says that it looks at is enough for it. */
static void test_fields_of_filters(void **state)
{
    FILE *file = fopen(FILTERS, "r");
    char *line = NULL;
    size_t cap = 0;

    (void)state;
    assert_non_null(file);
    for (unsigned i = 0; getline(&line, &cap, file) > 0; i++) {
        struct json_object *row = json_tokener_parse(line), *flags = NULL;

        assert_true(json_object_object_get_ex(row, "filter", &flags));
        if (i % 4 == 0)
            check_filter(flags);
        json_object_put(row);
    }
    free(line);
    (void)fclose(file);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_field),          cmocka_unit_test(test_none_and_all_but_one), cmocka_unit_test(test_random_sets),
        cmocka_unit_test(test_fields_of_printers), cmocka_unit_test(test_fields_of_filters),
    };

    return flow_streams_run(argc, argv, tests, sizeof tests / sizeof *tests);
}
