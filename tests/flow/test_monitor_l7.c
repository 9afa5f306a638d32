/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Access logs and agent events of Cilium's monitor.
 *
 * The table is a file of what Cilium itself wrote and made of it: name, release, the event in hexadecimal as the agent of that release
 * encodes it, and the flow that the release's own Hubble made of the same record, or "!" where it refused. An event must give the
 * record that the flow gives as Hubble's JSON. Rows of a release are one stream, as responses follow their requests.
 */

#include "binary_testing.h"

#include <zlib.h>


#define LINE_BYTES (256u << 10)

struct line {
    char *name, *version, *hex, *flow;
};

static gzFile open_table(void)
{
    gzFile file = gzopen(TABLE, "rb");

    assert_non_null(file);
    return file;
}

static bool read_line(gzFile file, char *text, struct line *out)
{
    char **parts[] = {&out->name, &out->version, &out->hex, &out->flow};

    if (!gzgets(file, text, LINE_BYTES))
        return false;
    assert_non_null(strchr(text, '\n'));
    text[strcspn(text, "\n")] = '\0';
    for (size_t i = 0; i < 4; i++) {
        *parts[i] = text;
        text += strcspn(text, "\t");
        if (i < 3)
            *text++ = '\0';
    }
    return true;
}

struct streams {
    struct cnipol_ctx *ctx;
    struct cnipol_decoder *monitor, *json;
    char *text;
    uint8_t *bytes;
    struct flow_rows_out *got, *wanted;
    char version[16];
};

static int add_all(void *user, const struct cnipol_flow *flow)
{
    struct flow_rows_out *out = user;

    out->n = np_record_print_json(flow, NP_RECORD_ALL, out->text, sizeof out->text);
    assert_true(out->n < sizeof out->text);
    return CNIPOL_OK;
}

static void start(struct streams *s, const char *version)
{
    struct cnipol_decoder_opts monitor = {.sz = sizeof monitor, .format = "cilium-monitor", .version = version};
    struct cnipol_decoder_opts json = {.sz = sizeof json, .format = "hubble-json"};

    cnipol_decoder_free(s->monitor);
    cnipol_decoder_free(s->json);
    (void)snprintf(s->version, sizeof s->version, "%s", version);
    assert_int_equal(cnipol_decoder_new(s->ctx, &monitor, &s->monitor), CNIPOL_OK);
    assert_int_equal(cnipol_decoder_new(s->ctx, &json, &s->json), CNIPOL_OK);
}

static void open_streams(struct streams *s)
{
    *s = (struct streams){.ctx = NULL};
    assert_int_equal(cnipol_ctx_new(NULL, &s->ctx), CNIPOL_OK);
    s->text = malloc(LINE_BYTES);
    s->bytes = malloc(LINE_BYTES);
    s->got = malloc(sizeof *s->got);
    s->wanted = malloc(sizeof *s->wanted);
    assert_true(s->text && s->bytes && s->got && s->wanted);
}

static void close_streams(struct streams *s)
{
    cnipol_decoder_free(s->monitor);
    cnipol_decoder_free(s->json);
    cnipol_ctx_free(s->ctx);
    free(s->text);
    free(s->bytes);
    free(s->got);
    free(s->wanted);
}

static void decode(struct cnipol_decoder *decoder, const void *bytes, size_t n, struct flow_rows_out *out)
{
    struct cnipol_flaw flaw;

    out->text[0] = '\0';
    if (!np_decoder_frame(decoder, bytes, n, add_all, out))
        return;
    assert_int_equal(cnipol_decoder_flaw(decoder, &flaw), 1);
    (void)snprintf(out->text, sizeof out->text, "!");
}

static void expect_line(struct streams *s, const struct line *line)
{
    if (strcmp(line->version, s->version) != 0)
        start(s, line->version);
    decode(s->monitor, s->bytes, bytes_of(line->hex, s->bytes), s->got);
    if (*line->flow == '!')
        (void)snprintf(s->wanted->text, sizeof s->wanted->text, "!");
    else
        decode(s->json, line->flow, strlen(line->flow), s->wanted);
    expect_text(line->name, s->got->text, s->wanted->text);
}

static void test_as_hubble_does(void **state)
{
    gzFile file = open_table();
    struct streams s;
    struct line line;
    unsigned n = 0;

    (void)state;
    open_streams(&s);
    while (read_line(file, s.text, &line)) {
        if (strncmp(line.name, "agent/", 6) == 0)
            continue;
        expect_line(&s, &line);
        n++;
    }
    expect_number("rows", "number", n > 200, 1);
    close_streams(&s);
    (void)gzclose(file);
}

/* Finds a row of the newest release; its bytes are in s->bytes. */
static size_t find_row(struct streams *s, const char *name)
{
    gzFile file = open_table();
    struct line line;
    size_t n = 0;

    while (!n && read_line(file, s->text, &line))
        if (strcmp(line.name, name) == 0 && strcmp(line.version, "1.20") == 0)
            n = bytes_of(line.hex, s->bytes);
    (void)gzclose(file);
    assert_true(n > 0);
    return n;
}

static void test_agent_events(void **state)
{
    static const struct {
        const char *row, *expected;
    } rows[] = {
        {"agent/0", "{\"event\":\"agent_event\",\"message\":\"{\\\"time\\\":\\\"2026-04-24T08:00:00.000000005Z\\\"}\",\"event_type\":\"agent\","
                    "\"event_sub_type\":0}"},
        {"agent/2", "{\"event\":\"agent_event\",\"message\":\"{\\\"revision\\\":8,\\\"rule_count\\\":1}\",\"event_type\":\"agent\","
                    "\"event_sub_type\":0}"},
    };
    struct streams s;

    (void)state;
    open_streams(&s);
    start(&s, "1.20");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t n = find_row(&s, rows[i].row);

        decode(s.monitor, s.bytes, n, s.got);
        expect_text(rows[i].row, s.got->text, rows[i].expected);
    }
    close_streams(&s);
}

static void feed(struct streams *s, const char *name, const char *part, bool is_there)
{
    decode(s->monitor, s->bytes, find_row(s, name), s->got);
    expect_number(name, part, strstr(s->got->text, part) != NULL, is_there);
}

/* Requests are of their stream. */
static void test_requests_are_forgotten_with_their_stream(void **state)
{
    struct streams s;

    (void)state;
    open_streams(&s);
    start(&s, "1.20");
    feed(&s, "pair/0/request", "latency", false);
    feed(&s, "pair/0/response", "\"latency_ns\":1500000000", true);
    feed(&s, "pair/0/response", "latency", false);
    feed(&s, "pair/0/request", "latency", false);
    cnipol_decoder_reset(s.monitor);
    feed(&s, "pair/0/response", "latency", false);
    close_streams(&s);
}

static void test_pods_are_those_of_the_table(void **state)
{
    static const struct cnipol_endpoint web = {.id = 9, .ip = "10.244.0.97", .ns = "shop", .pod = "web-0"};
    struct cnipol_decoder_opts opts = {.sz = sizeof opts, .format = "cilium-monitor"};
    struct cnipol_endpoints *table = NULL;
    struct streams s;

    (void)state;
    open_streams(&s);
    assert_int_equal(cnipol_endpoints_new(s.ctx, &table), CNIPOL_OK);
    assert_int_equal(cnipol_endpoints_add(table, &web), CNIPOL_OK);
    opts.endpoints = table;
    assert_int_equal(cnipol_decoder_new(s.ctx, &opts, &s.monitor), CNIPOL_OK);
    feed(&s, "nothing/Request", "\"pod\":\"web-0\"", true);
    feed(&s, "nothing/Request", "\"src.id\":502", true);
    cnipol_decoder_free(s.monitor);
    s.monitor = NULL;
    cnipol_endpoints_free(table);
    close_streams(&s);
}

/* What no agent writes. R is a description of type 64, LogRecord, with a member of the given name and type; 00 ends. */
#define MEMBER(length, name, type) "81 " length " 7f 03 01 01 01 41 00 01 01 01 " name " 01 " type " 00 00 00 "
static void test_hostile(void **state)
{
    static const struct {
        const char *name, *hex, *expected;
    } rows[] = {
        {"nothing", "81", "!1"},
        {"a length without its bytes", "81 05 7f", "!1"},
        {"a length of nine bytes", "81 f7 000000000000000001", "!1"},
        {"a value of no type", "81 02 ff 80", "!4"},
        {"a value of a type of gob's own", "81 02 04 00", "!3"},
        {"a description of nothing", "81 02 7f 00", "!3"},
        {"a description of an eighth kind", "81 03 7f 08 00", "!3"},
        {"bytes behind a description", "81 07 7f 05 01 00 00 00 ff", "!8"},
        {"a type twice", "81 06 7f 05 01 00 00 00 06 7f 05 01 00 00 00", "!10"},
        {"a member of another kind: Type is a number", MEMBER("14", "04 54797065", "06") "04 ff 80 01 01", "!26"},
        {"a member that the type does not have", MEMBER("14", "04 54797065", "0c") "04 ff 80 02 01", "!25"},
        {"a text that is not UTF-8", MEMBER("14", "04 54797065", "0c") "05 ff 80 01 01 ff", "!26"},
        {"a text beyond the end", MEMBER("14", "04 54797065", "0c") "05 ff 80 01 09 41", "!26"},
        {"a type that is not described", MEMBER("15", "04 54797065", "ff 90") "05 ff 80 01 01 00", "!27"},
        {"an interface", MEMBER("11", "01 58", "10") "05 ff 80 01 01 00", "!23"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cnipol_decoder_opts opts = {.sz = sizeof opts, .format = "cilium-monitor"};

        expect_frame(rows[i].name, &opts, rows[i].hex, rows[i].expected);
    }
}

static void test_cut_and_without_memory(void **state)
{
    static const char *const names[] = {"http/Response", "dns/Response", "generic/Request", "agent/1"};
    struct cnipol_decoder_opts opts = {.sz = sizeof opts, .format = "cilium-monitor"};
    struct streams s;

    (void)state;
    open_streams(&s);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t n = find_row(&s, names[i]);

        cut_everywhere(&opts, s.bytes, n);
        fail_everywhere(&opts, s.bytes, n);
    }
    close_streams(&s);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_hubble_does),
        cmocka_unit_test(test_agent_events),
        cmocka_unit_test(test_requests_are_forgotten_with_their_stream),
        cmocka_unit_test(test_pods_are_those_of_the_table),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_cut_and_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
