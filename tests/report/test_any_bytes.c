/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every format over made-up sources: pieces that are hard to show, in any order, with spans anywhere.
 *
 * Text and lines hold no byte that commands a terminal, and no line of text is wider than the window allows;
 * the data formats parse.
 */

#include "testing.h"

#include <json-c/json.h>

#define ROUNDS 1500

static const char *const pieces[] = {"a",      "\t",     "\u4f60", "\xff",   "\x80",       "\x1b[31m",
                                     "\n",     "\r\n",   "\r",     "\u0301", "\U0001f980", "x: y",
                                     "\u202e", "\ufeff", "\xc3",   "\u200b", "{\"",        "                                        "};

static uint32_t next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (uint32_t)(*seed >> 20);
}

/* Exactly as long as its text, so that a sanitizer sees any step beyond. */
static char *make_source(uint64_t *seed, size_t *size)
{
    char buf[4096];
    uint32_t count = next(seed) % (next(seed) % 8 ? 12 : 90);
    char *exact;

    *size = 0;
    while (count-- > 0) {
        const char *piece = pieces[next(seed) % COUNT(pieces)];
        size_t n = strlen(piece);

        for (uint32_t times = next(seed) % 8 ? 1 : 1 + next(seed) % 30; times > 0 && *size + n <= sizeof buf; times--) {
            memcpy(buf + *size, piece, n);
            *size += n;
        }
    }
    exact = malloc(*size ? *size : 1);
    assert_non_null(exact);
    memcpy(exact, buf, *size);
    return exact;
}

static void raise_some(struct bench *b, uint64_t *seed, uint32_t size)
{
    for (int i = 0; i < 3; i++) {
        uint32_t start = next(seed) % (size + 3);
        struct np_span span = {0, start, next(seed) % 3 ? start + next(seed) % 6 : next(seed) % (size + 3)};
        struct np_diag *d = np_diag_raise(&b->ctx->diags, NP_YAML_SYNTAX, span, "bad \x1b");

        if (next(seed) % 2)
            np_diag_label(&b->ctx->diags, d, "label");
        if (next(seed) % 2)
            np_diag_second(&b->ctx->diags, d, (struct np_span){0, next(seed) % (size + 3), next(seed) % (size + 3)}, "second");
    }
}

static void check_harmless(const char *text)
{
    for (const char *s = text; *s; s++)
        if (((unsigned char)*s < 0x20 && *s != '\n') || *s == 0x7f)
            fail_msg("byte %02x in\n%s", (unsigned char)*s, text);
}

static void check_width(const char *text)
{
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1) {
        size_t columns = 0;

        for (const char *s = line; *s != '\n'; s++)
            columns += ((unsigned char)*s & 0xc0) != 0x80;
        if (columns > 150 + 4 * 120 * (strstr(line, "\u0301") != NULL))
            fail_msg("%zu columns in\n%s", columns, text);
    }
}

static void check_parses(const char *text)
{
    struct json_object *o = json_tokener_parse(text);

    assert_non_null(o);
    json_object_put(o);
}

static void test_any_bytes(void **state)
{
    uint64_t seed = 88172645463325252u;

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct bench b;
        size_t size;
        char *bytes = make_source(&seed, &size);

        bench_open(&b);
        np_sources_add(&b.ctx->sources, "f\x1b\n", bytes, size, false);
        raise_some(&b, &seed, (uint32_t)size);
        check_harmless(bench_report(&b, CNIPOL_FORMAT_TEXT, 0));
        check_width(b.text);
        check_harmless(bench_report(&b, CNIPOL_FORMAT_GCC, 0));
        check_harmless(bench_report(&b, CNIPOL_FORMAT_GITHUB, 0));
        check_parses(bench_report(&b, CNIPOL_FORMAT_JSON, 0));
        check_parses(bench_report(&b, CNIPOL_FORMAT_SARIF, 0));
        bench_close(&b);
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_any_bytes)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
