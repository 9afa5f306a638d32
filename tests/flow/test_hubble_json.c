/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hubble's JSON: records that test vectors have not, flaws and where they are, and every way to read against every other.
 *
 * A record is read by each indexer, by names and by tracks, wanting all fields and one, and by a second reader on json-c. All must
 * agree, on the vectors, on a sample of a busy cluster, and on what becomes of both when bytes are changed.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>
#include <zlib.h>

#include <cnipol/cnipol.h>

#include "../support/hubble_twin.h"
#include "base/ctx.h"
#include "flow/format.h"
#include "flow/hubble_json.h"
#include "flow/record_json.h"

/* A decoder's run alone, without a stream. */
struct reader {
    struct np_flow_run run;
    struct np_mem mem;
    char *bytes;
    size_t cap;
};

static void open_reader(struct reader *r, const struct np_json_indexer *indexer, bool by_names, const struct cnipol_fields *fields)
{
    struct np_hubble *h;

    memset(r, 0, sizeof *r);
    np_mem_init(&r->mem, NULL, 0);
    r->run.mem = &r->mem;
    r->run.format = &np_format_hubble_json;
    r->run.fields = fields ? *fields : (struct cnipol_fields){{UINT64_MAX, UINT64_MAX}};
    np_arena_init(&r->run.arena, &r->mem);
    assert_int_equal(np_format_hubble_json.open(&r->run), CNIPOL_OK);
    h = r->run.state;
    h->by_names = by_names;
    if (indexer)
        h->indexer = indexer;
}

static void close_reader(struct reader *r)
{
    np_format_hubble_json.close(&r->run);
    np_arena_free(&r->run.arena);
    free(r->bytes);
    assert_int_equal(r->mem.used, 0);
}

/* In memory of its own, with odd bytes behind it. */
static int read_one(struct reader *r, const char *bytes, size_t n, struct cnipol_flow *flow)
{
    if (r->cap < n + NP_FRAME_SLACK) {
        r->cap = n * 2 + NP_FRAME_SLACK;
        r->bytes = realloc(r->bytes, r->cap);
        assert_non_null(r->bytes);
    }
    memcpy(r->bytes, bytes, n);
    for (size_t i = 0; i < NP_FRAME_SLACK; i++)
        r->bytes[n + i] = "\"}],:{[1 \\\0t"[i % 12];
    np_arena_reset(&r->run.arena);
    memset(flow, 0, sizeof *flow);
    r->run.frame = r->bytes;
    r->run.n = n;
    r->run.at = 0;
    return np_format_hubble_json.next(&r->run, flow);
}

/* What was made of a record, for comparing: all of it, or the flaw and its place. */
static char *told(struct reader *r, int rc, const struct cnipol_flow *flow)
{
    char *text;

    if (rc == 1)
        return flow_dump(flow);
    text = malloc(256);
    assert_non_null(text);
    (void)snprintf(text, 256, "flaw %d at %u: %s", (int)r->run.flaw_code, r->run.flaw_at, r->run.flaw);
    return text;
}

/* ---- Records ---- */

static const struct {
    const char *name, *record, *expect;
} records[] = {
    {"tunnel: the outer packet",
     "{\"flow\":{\"tunnel\":{\"protocol\":\"GENEVE\",\"IP\":{\"source\":\"192.168.1.1\",\"destination\":\"192.168.1.2\"},"
     "\"l4\":{\"UDP\":{\"source_port\":8472,\"destination_port\":6081}},\"vni\":7}}}",
     "tunnel 2 8472 6081\n"},
    {"an end's own bits", "{\"flow\":{\"source\":{\"ID\":3,\"identity\":0},\"destination\":{}}}", "end has 9\n"},
    {"a policy's revision and labels",
     "{\"flow\":{\"egress_denied_by\":[{\"name\":\"p\",\"labels\":[\"a\",\"b\"],\"revision\":\"18446744073709551615\"}]}}",
     "revision=18446744073709551615\nname=1:p\naction=4:deny\nlabels of 2\nlabels=1:a\nlabels=1:b\n"},
    {"a number may have an exponent that says nothing", "{\"flow\":{\"l4\":{\"TCP\":{\"destination_port\":8e}}}}", "port=8\n"},
    {"offsets of 24:60 are Go's", "{\"flow\":{\"time\":\"1970-01-02T01:00:00+24:60\"}}", "time=0.0\n"},
    {"any number of digits behind a comma", "{\"flow\":{\"time\":\"1970-01-01T00:00:00,12345678901Z\"}}", "time=0.123456789\n"},
    {"the first day", "{\"flow\":{\"time\":\"0000-12-31T23:30:00-01:00\"}}", "time=-62135595000.0\n"},
    {"a loose spelling beside the member itself is unknown", "{\"flow\":{\"type\":[],\"Type\":\"L7\"}}", "types 2 0 0\n"},
    {"a loose spelling after it", "{\"flow\":{\"Type\":\"L7\",\"type\":[]}}", "types 2 0 0\n"},
    {"an Any has one type", "{\"flow\":{\"extensions\":{\"@type\":\"a\",\"@type\":\"b\"}}}", NULL},
    {"a type that says something", "{\"flow\":{\"extensions\":{\"x\":[],\"@type\":\"\"}}}", NULL},
    {"an Any of any type", "{\"flow\":{\"extensions\":{\"x\":{},\"@type\":\"a\",\"x\":1},\"uuid\":\"u\"}}", "uuid=1:u\n"},
    {"flow and its members in the wrapper", "{\"verdict\":\"DROPPED\",\"flow\":{}}", "verdict 0"},
    {"a bare flow is read again", "{\"time\":\"1970-01-01T00:00:01Z\",\"node_name\":\"n\"}", "node=1:n\n"},
    {"a number for a source of lost events that has no name", "{\"lost_events\":{\"source\":99}}", "source=2:99\n"},
    {"a number for a node's state that has no name", "{\"node_status\":{\"state_change\":-1}}", "state=2:-1\n"},
    {"a number for an L7 type that has no name", "{\"flow\":{\"l7\":{\"type\":-1}}}", "type=7:unknown\n"},
    {"the newer reason of a drop beats the older", "{\"flow\":{\"drop_reason\":133,\"drop_reason_desc\":\"POLICY_DENY\"}}",
     "drop_reason=181\n"},
    {"a reason without a name beats the older", "{\"flow\":{\"drop_reason\":133,\"drop_reason_desc\":99}}", "drop_reason=99\n"},
    {"a word that is none does not", "{\"flow\":{\"drop_reason\":133,\"drop_reason_desc\":\"X\"}}", "drop_reason=133\n"},
    {"names of both spellings with escapes", "{\"flow\":{\"tr\\u0061fficDirection\":\"EGRESS\"}}", "direction 2"},
};

static void test_records(void **state)
{
    struct cnipol_flow flow;
    struct reader r;

    (void)state;
    open_reader(&r, NULL, false, NULL);
    for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
        for (int again = 0; again < 3; again++) {
            int rc = read_one(&r, records[i].record, strlen(records[i].record), &flow);
            char *text = told(&r, rc, &flow);

            if (records[i].expect ? !strstr(text, records[i].expect) : rc == 1)
                fail_msg("%s: expected %s, got\n%s", records[i].name, records[i].expect ? records[i].expect : "a flaw", text);
            free(text);
        }
    }
    close_reader(&r);
}

#define TEN_NULS "\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000"

static const struct {
    const char *name, *record;
    uint32_t at;
    enum np_code code;
} flaws[] = {
    {"no JSON at all", "hello", 0, NP_FLOW_SYNTAX},
    {"nothing", "", 0, NP_FLOW_SYNTAX},
    {"cut in a text", "{\"flow\":{\"uuid\":\"ef34", 16, NP_FLOW_SYNTAX},
    {"cut behind a value", "{\"flow\":{\"uuid\":\"ef34\"", 22, NP_FLOW_SYNTAX},
    {"a comma too many", "{\"flow\":{\"uuid\":\"a\",}}", 20, NP_FLOW_SYNTAX},
    {"a text for a list", "{\"flow\":{\"source\":{\"labels\":\"a\"}}}", 28, NP_FLOW_FIELD},
    {"no port", "{\"flow\":{\"l4\":{\"TCP\":{\"source_port\":65536}}}}", 36, NP_FLOW_FIELD},
    {"no address", "{\"flow\":{\"IP\":{\"source\":\"10.0.0.256\"}}}", 24, NP_FLOW_FIELD},
    {"no time", "{\"flow\":{\"time\":\"2026-02-30T00:00:00Z\"}}", 16, NP_FLOW_FIELD},
    {"no time, though nothing was read yet", "{\"flow\":{\"time\":\"" TEN_NULS TEN_NULS TEN_NULS "\"}}", 16, NP_FLOW_FIELD},
    {"no UTF-8", "{\"flow\":{\"uuid\":\"a\xff\"}}", 18, NP_FLOW_SYNTAX},
    {"half a pair", "{\"flow\":{\"uuid\":\"a\\ud800\"}}", 18, NP_FLOW_SYNTAX},
    {"twice", "{\"flow\":{\"uuid\":\"a\",\"uuid\":\"b\"}}", 27, NP_FLOW_FIELD},
    {"twice, where nobody looks into it", "{\"flow\":{\"extensions\":{},\"uuid\":\"a\",\"extensions\":{}}}", 49, NP_FLOW_FIELD},
    {"two of a oneof", "{\"flow\":{\"l4\":{\"TCP\":{},\"UDP\":{}}}}", 30, NP_FLOW_FIELD},
    {"something behind it", "{\"flow\":{}}x", 11, NP_FLOW_SYNTAX},
};

static void test_flaws_are_located(void **state)
{
    struct cnipol_flow flow;
    struct reader r;

    (void)state;
    open_reader(&r, NULL, false, NULL);
    for (size_t i = 0; i < sizeof flaws / sizeof *flaws; i++) {
        int rc = read_one(&r, flaws[i].record, strlen(flaws[i].record), &flow);

        if (rc >= 0 || r.run.flaw_at != flaws[i].at || r.run.flaw_code != flaws[i].code)
            fail_msg("%s: %d, code %d at %u: %s", flaws[i].name, rc, (int)r.run.flaw_code, r.run.flaw_at, rc < 0 ? r.run.flaw : "");
    }
    close_reader(&r);
}

/* ---- Every way ---- */

#define MAX_WAYS 16

struct ways {
    struct reader readers[MAX_WAYS], few[MAX_WAYS]; /* few: of a few fields, by names and by tracks */
    uint32_t n, n_compared, n_taken;
    struct np_mem mem;
    struct np_arena arena;
};

static void open_ways(struct ways *w)
{
    static const struct cnipol_fields few = {{1ull << CNIPOL_FIELD_TIME | 1ull << CNIPOL_FIELD_VERDICT | 1ull << CNIPOL_FIELD_DST_POD, 0}};
    const struct np_json_indexer *indexer;

    memset(w, 0, sizeof *w);
    for (size_t i = 0; (indexer = np_json_indexer_at(i)); i++) {
        if (!indexer->is_there())
            continue;
        for (int by_names = 1; by_names >= 0; by_names--, w->n++) {
            open_reader(&w->readers[w->n], indexer, by_names, NULL);
            open_reader(&w->few[w->n], indexer, by_names, &few);
        }
    }
    np_mem_init(&w->mem, NULL, 0);
    np_arena_init(&w->arena, &w->mem);
}

static void close_ways(struct ways *w)
{
    for (uint32_t i = 0; i < w->n; i++) {
        close_reader(&w->readers[i]);
        close_reader(&w->few[i]);
    }
    np_arena_free(&w->arena);
}

static void check_twin(struct ways *w, const char *bytes, size_t n, int rc, const char *text)
{
    struct cnipol_flow flow;
    bool taken, can_tell = hubble_twin_can_tell(bytes, n);
    char *other;

    np_arena_reset(&w->arena);
    taken = hubble_twin_read(bytes, n, &w->arena, &flow);
    if (can_tell && taken != (rc == 1))
        fail_msg("json-c %s it:\n%.*s\n%s", taken ? "takes" : "refuses", (int)n, bytes, text);
    if (!taken || rc != 1 || !can_tell)
        return;
    other = flow_dump(&flow);
    if (strcmp(text, other) != 0)
        fail_msg("%.*s\nwe:\n%s\njson-c:\n%s", (int)n, bytes, text, other);
    free(other);
    w->n_compared++;
}

/* What all readers say. */
static char *agreed(struct reader *readers, uint32_t n_readers, const char *bytes, size_t n, int *rc)
{
    struct cnipol_flow flow;
    char *first = NULL;

    for (uint32_t i = 0; i < n_readers; i++) {
        char *text;

        *rc = read_one(&readers[i], bytes, n, &flow);
        text = told(&readers[i], *rc, &flow);
        if (first && strcmp(first, text) != 0)
            fail_msg("%.*s\nthe first way:\n%s\nway %u:\n%s", (int)n, bytes, first, i, text);
        if (first)
            free(text);
        else
            first = text;
    }
    return first;
}

static void check_ways(struct ways *w, const char *bytes, size_t n)
{
    int rc;
    char *text = agreed(w->readers, w->n, bytes, n, &rc);

    w->n_taken += rc == 1;
    check_twin(w, bytes, n, rc, text);
    free(text);
    free(agreed(w->few, w->n, bytes, n, &rc));
}

typedef void each_fn(void *user, const char *bytes, size_t n);

/* Lines of a file, perhaps packed. */
static void each_line(const char *path, uint32_t step, each_fn *fn, void *user)
{
    gzFile f = gzopen(path, "rb");
    size_t cap = 1 << 18;
    char *line = malloc(cap);
    uint32_t number = 0;

    assert_non_null(f);
    assert_non_null(line);
    while (gzgets(f, line, (int)cap))
        if (number++ % step == 0)
            fn(user, line, strcspn(line, "\n"));
    free(line);
    gzclose(f);
}

static void check_line(void *user, const char *bytes, size_t n)
{
    check_ways(user, bytes, n);
}

/* A vector's input, but for the very long ones. */
static void each_input(const char *bytes, size_t n, each_fn *fn, void *user)
{
    struct json_tokener *tokener = json_tokener_new_ex(64);
    struct json_object *row = json_tokener_parse_ex(tokener, bytes, (int)n), *input = NULL;

    assert_non_null(row);
    if (json_object_object_get_ex(row, "input", &input) && json_object_get_string_len(input) < 10000)
        fn(user, json_object_get_string(input), (size_t)json_object_get_string_len(input));
    json_object_put(row);
    json_tokener_free(tokener);
}

static void check_vector(void *user, const char *bytes, size_t n)
{
    each_input(bytes, n, check_line, user);
}

/* Each piece of the last record was seen before. */
static void test_what_is_passed_over_may_not_repeat(void **state)
{
    static const char *const lines[] = {
        "{\"flow\":{\"Summary\":\"s\",\"emitter\":{},\"node_name\":\"n\",\"uuid\":\"a\",\"verdict\":\"DROPPED\"}}",
        "{\"flow\":{\"Summary\":\"s\",\"node_name\":\"n\",\"uuid\":\"a\",\"emitter\":{},\"verdict\":\"DROPPED\"}}",
        "{\"flow\":{\"Summary\":\"s\",\"emitter\":{},\"node_name\":\"n\",\"uuid\":\"a\",\"emitter\":{},\"verdict\":\"DROPPED\"}}",
    };
    struct ways w;
    int rc = 0;

    (void)state;
    open_ways(&w);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        free(agreed(w.few, w.n, lines[i], strlen(lines[i]), &rc));
        assert_int_equal(rc > 0, i < 2);
    }
    close_ways(&w);
}

/* What stands where a list of texts is passed over. */
static void test_lists_that_are_passed_over(void **state)
{
    static const char *const lists[] = {
        "[\"a\"]", "[]", "[\"a\",\"b\"]", "[\"\",\"\",\"\"]", "[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\"]",
        "[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\"]", "[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"10\"]", "[\"a\":\"b\"]",
        "[\"a\" \"b\"]", "[\"a\", \"b\"]", "[ \"a\"]", "[\"a\",]", "[\"a\",1]", "[\"a\",\"b\"}", "[\"a\"\"b\"]", "[\"a\",\"b\";\"c\"]", "[1]", "true", "[\"a\"",
    };
    char line[512];
    struct ways w;
    int rc;

    (void)state;
    open_ways(&w);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        for (size_t list = 0; list <= i; list += i ? i : 1) {
            (void)snprintf(line, sizeof line, "{\"flow\":{\"source\":{\"labels\":%s,\"pod_name\":\"p\"},\"uuid\":\"u\"}}", lists[list]);
            check_ways(&w, line, strlen(line));
            (void)snprintf(line, sizeof line, "{\"flow\":{\"source\":{\"labels\":%s", lists[list]);
            free(agreed(w.few, w.n, line, strlen(line), &rc));
        }
    }
    close_ways(&w);
}

/* Texts of every kind where plain ones stood, each place in turn. */
static void test_odd_texts_on_tracks(void **state)
{
    static const char *const texts[] = {
        "a", "", "\\u0041", "\\\"", "\\\\", "a\\\\\\\"b", "\\n", "\\ud83d\\ude00", "\xc3\xa9", "0123456789abcdef\xc3\xa9", "\\u0000",
        "\\x", "\\ud800", "\xff", "\xc3", "\x01", "0123456789abcde\\", "\\u00", "\t", "\x7f",
    };
    char line[512];
    struct ways w;

    (void)state;
    open_ways(&w);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (uint32_t place = 0; place < 5; place++) {
#define IN(n) (place == (n) ? texts[i] : "1")
            (void)snprintf(line, sizeof line, "{\"flow\":{\"uuid\":\"%s\",\"emitter\":{\"name\":\"%s\"},\"source\":{\"identity\":\"%s\",\"labels\":[\"a\",\"%s\"],"
                           "\"pod_name\":\"p\"},\"verdict\":\"DROPPED\"},\"node_name\":\"%s\"}", IN(0), IN(1), IN(2), IN(3), IN(4));
#undef IN
            check_ways(&w, line, strlen(line));
        }
    close_ways(&w);
}

static void test_sample_every_way(void **state)
{
    struct ways w;

    (void)state;
    open_ways(&w);
    each_line(SAMPLE, 1, check_line, &w);
    assert_int_equal(w.n_taken, 2500);
    assert_int_equal(w.n_compared, 2500);
    close_ways(&w);
}

static void test_vectors_every_way(void **state)
{
    struct ways w;

    (void)state;
    open_ways(&w);
    each_line(VECTORS, 1, check_vector, &w);
    each_line(VECTORS, 1, check_vector, &w); /* by tracks, this time */
    assert_true(w.n_compared > 600);
    close_ways(&w);
}

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    return *seed ^= *seed << 17;
}

/* A byte changed, taken out, put in; a piece doubled or taken out; the end cut off. */
static size_t mutate(char *bytes, size_t n, uint64_t *seed)
{
    static const char alphabet[] = "{}[]\",:0123456789eE.+-tfnu\\ \n\"\"aZ\xc3\xa9";
    size_t at = (size_t)(next_random(seed) % n), length = 1 + next_random(seed) % 40;
    char c = alphabet[next_random(seed) % (sizeof alphabet - 1)];

    length = length < n - at ? length : n - at;
    switch (next_random(seed) % 6) {
    case 0:
        bytes[at] = c;
        return n;
    case 1:
        memmove(bytes + at, bytes + at + 1, n - at - 1);
        return n - 1;
    case 2:
        memmove(bytes + at + 1, bytes + at, n - at);
        bytes[at] = c;
        return n + 1;
    case 3:
        memmove(bytes + at + length, bytes + at, n - at);
        return n + length;
    case 4:
        memmove(bytes + at, bytes + at + length, n - at - length);
        return n - length;
    default:
        return at ? at : 1;
    }
}

struct mutating {
    struct ways ways;
    uint64_t seed;
    uint32_t times;
};

static void check_mutants(void *user, const char *bytes, size_t n)
{
    struct mutating *m = user;
    char *mutant = malloc(n + 4096);

    assert_non_null(mutant);
    check_ways(&m->ways, bytes, n); /* so that tracks know it */
    for (uint32_t i = 0; i < m->times; i++) {
        size_t length = n;

        memcpy(mutant, bytes, n);
        for (uint64_t k = 0; k <= next_random(&m->seed) % 3 && length; k++)
            length = mutate(mutant, length, &m->seed);
        check_ways(&m->ways, mutant, length);
    }
    free(mutant);
}

static void check_vector_mutants(void *user, const char *bytes, size_t n)
{
    each_input(bytes, n, check_mutants, user);
}

static void test_mutants_every_way(void **state)
{
    struct mutating m = {.seed = 0x5eed, .times = 40};

    (void)state;
    open_ways(&m.ways);
    each_line(SAMPLE, 13, check_mutants, &m);
    each_line(VECTORS, 1, check_vector_mutants, &m);
    each_line(SAMPLE, 13, check_mutants, &m);
    assert_true(m.ways.n_compared > 1000);
    close_ways(&m.ways);
}

/* ---- Fields ---- */

struct wanting {
    struct reader all, one;
    int32_t id;
    uint32_t n_there;
};

static void check_field(void *user, const char *bytes, size_t n)
{
    struct wanting *w = user;
    struct cnipol_flow all, one;
    struct cnipol_value a, b;

    assert_int_equal(read_one(&w->all, bytes, n, &all), 1);
    assert_int_equal(read_one(&w->one, bytes, n, &one), 1);
    cnipol_field_get(&all, w->id, &a);
    cnipol_field_get(&one, w->id, &b);
    assert_int_equal(a.type, b.type);
    assert_int_equal(a.number, b.number);
    assert_int_equal(a.n, b.n);
    assert_int_equal(a.text.n, b.text.n);
    if (a.text.n)
        assert_memory_equal(a.text.s, b.text.s, a.text.n);
    w->n_there += a.type != CNIPOL_VALUE_NONE;
}

/* What is wanted alone is what it is among all. */
static void test_each_field_alone(void **state)
{
    uint32_t n_there = 0;

    (void)state;
    for (int32_t id = 0; id < CNIPOL_N_FIELDS; id++) {
        struct cnipol_fields fields = {{0, 0}};
        struct wanting w = {.id = id};

        fields.bits[id / 64] = (uint64_t)1 << (id % 64);
        open_reader(&w.all, NULL, false, NULL);
        open_reader(&w.one, NULL, false, &fields);
        each_line(SAMPLE, 9, check_field, &w);
        n_there += w.n_there > 0;
        close_reader(&w.all);
        close_reader(&w.one);
    }
    assert_true(n_there > 50);
}

/* ---- Bounds ---- */

static void test_nothing_is_allocated_once_warm(void **state)
{
    struct cnipol_flow flow;
    struct ways w;
    size_t used;

    (void)state;
    open_ways(&w);
    each_line(SAMPLE, 1, check_line, &w);
    used = w.readers[1].mem.used;
    for (uint32_t i = 0; i < 3; i++)
        each_line(SAMPLE, 1, check_line, &w);
    assert_int_equal(w.readers[1].mem.used, used);
    assert_true(used < 4u << 20);
    assert_int_equal(read_one(&w.readers[1], "{}", 2, &flow), 1);
    close_ways(&w);
}

/* A record of many small things. */
static void test_big_records(void **state)
{
    static const struct {
        const char *head, *item, *tail;
        uint32_t n;
        bool is_taken;
    } rows[] = {
        {"{\"flow\":{\"source\":{\"labels\":[\"x\"", ",\"k8s:a=b\"", "]}}}", 1000000, true},
        {"{\"flow\":{\"source\":{\"workloads\":[{}", ",{}", "]}}}", 100000, true},
        {"{\"flow\":{\"a\":\"", "xxxxxxxx", "\"}}", 1300000, true},
        {"{\"flow\":{\"a\":", "[", "", 1000000, false},
        {"{\"flow\":{\"a\":", "{\"a\":", "", 100000, false},
        {"{\"flow\":{\"a\":\"", "\\\\\\\"", "\"}}", 1000000, true},
        {"", "\"", "", 1000001, false},
        {"", "\n", "{}", 1000000, true},
    };
    struct cnipol_flow flow;
    struct reader r;

    (void)state;
    open_reader(&r, NULL, false, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t item = strlen(rows[i].item), n = strlen(rows[i].head);
        char *bytes = malloc(n + item * rows[i].n + strlen(rows[i].tail) + 1);

        assert_non_null(bytes);
        memcpy(bytes, rows[i].head, n);
        for (uint32_t k = 0; k < rows[i].n; k++, n += item)
            memcpy(bytes + n, rows[i].item, item);
        memcpy(bytes + n, rows[i].tail, strlen(rows[i].tail));
        n += strlen(rows[i].tail);
        assert_int_equal(read_one(&r, bytes, n, &flow) == 1, rows[i].is_taken);
        free(bytes);
    }
    close_reader(&r);
}

/* Memory runs out at the n-th request, for each n; then there is some, and the record is read. */
struct failing {
    uint64_t left;
};

static void *fail_alloc(void *user, size_t size)
{
    struct failing *f = user;

    return f->left && f->left-- ? malloc(size) : NULL;
}

static void *fail_realloc(void *user, void *block, size_t old_size, size_t new_size)
{
    struct failing *f = user;

    (void)old_size;
    return f->left && f->left-- ? realloc(block, new_size) : NULL;
}

static void fail_free(void *user, void *block, size_t size)
{
    (void)user;
    (void)size;
    free(block);
}

static void test_memory_runs_out(void **state)
{
    static const char record[] = "{\"flow\":{\"uuid\":\"a\\n\",\"l7\":{\"http\":{\"headers\":[{\"key\":\"a\"}]}},\"egress_allowed_by\":[{\"name\":\"p\"}]}}";
    bool done = false;

    (void)state;
    for (uint64_t n = 0; !done; n++) {
        struct failing failing = {n};
        struct cnipol_alloc hooks = {fail_alloc, fail_realloc, fail_free, &failing};
        struct np_flow_run run = {.format = &np_format_hubble_json, .fields = {{UINT64_MAX, UINT64_MAX}}};
        char bytes[sizeof record + NP_FRAME_SLACK] = {0};
        struct cnipol_flow flow;
        struct np_mem mem;
        int rc;

        np_mem_init(&mem, &hooks, 0);
        run.mem = &mem;
        np_arena_init(&run.arena, &mem);
        memcpy(bytes, record, sizeof record - 1);
        run.frame = bytes;
        run.n = sizeof record - 1;
        memset(&flow, 0, sizeof flow);
        rc = np_format_hubble_json.open(&run);
        if (!rc)
            rc = np_format_hubble_json.next(&run, &flow);
        assert_true(rc == 1 || rc == CNIPOL_E_NOMEM);
        done = rc == 1;
        np_format_hubble_json.close(&run);
        np_arena_free(&run.arena);
        assert_int_equal(mem.used, 0);
        assert_true(n < 1000);
    }
}

static void test_recognised(void **state)
{
    (void)state;
    assert_int_equal(np_format_hubble_json.recognise("{\"flow\":{\"verdict\":\"", 19), 95);
    assert_int_equal(np_format_hubble_json.recognise(" {\"lost_events\":{},\"time\"", 25), 95);
    assert_int_equal(np_format_hubble_json.recognise("time,verdict", 12), 0);
    assert_int_equal(np_format_hubble_json.recognise("", 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records),
        cmocka_unit_test(test_flaws_are_located),
        cmocka_unit_test(test_what_is_passed_over_may_not_repeat),
        cmocka_unit_test(test_lists_that_are_passed_over),
        cmocka_unit_test(test_odd_texts_on_tracks),
        cmocka_unit_test(test_sample_every_way),
        cmocka_unit_test(test_vectors_every_way),
        cmocka_unit_test(test_mutants_every_way),
        cmocka_unit_test(test_each_field_alone),
        cmocka_unit_test(test_nothing_is_allocated_once_warm),
        cmocka_unit_test(test_big_records),
        cmocka_unit_test(test_memory_runs_out),
        cmocka_unit_test(test_recognised),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
