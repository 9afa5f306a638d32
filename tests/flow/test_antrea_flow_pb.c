/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Antrea's record in protobuf. Messages are written as fields: 7=6 a varint, 1"text", 2#0a000005 bytes, 3{...} a message.
 */

#include <ctype.h>

#include "antrea_testing.h"

#define FLOW(more) \
    "1{3{1=1700000000} 4{1=1700000060 2=5} 5=2 6{1=4 2#0a000005 3#0a010006} 7{1=6 2=40000 3=80 4{1\"ESTABLISHED\"}} " more "}"
#define ENDS "10.0.0.5:40000 > 10.1.0.6:80"

static const struct line_case messages[] = {
    {FLOW(""), "forwarded 6 " ENDS " x0=1700000000 x20=active timeout x23=ESTABLISHED"},
    {FLOW("8{1=2 2\"shop\" 3\"web\" 5{1{1\"a\" 2\"b\"} 1{1\"c\"}} 6\"n0\" 8\"data\" 9\"db\" 11{} 12\"n1\" 15=8080 16\"data/db:http\" "
          "35#0a600009}"),
     "forwarded 6 10.0.0.5:40000 shop/web a=b c= > 10.1.0.6:80 data/db service_ns=data service=db:http {} x0=1700000000 x16=8080 "
     "x20=active timeout x22=InterNode x12=n0 x13=n1 x23=ESTABLISHED x15=10.96.0.9"},
    {FLOW("8{18=1 20\"np\" 19\"data\" 23=1 24=3 26\"no\" 28\"r\" 29=2 30\"eg\" 31#c0000209 32\"n2\"}"),
     "dropped egress 6 " ENDS " {in K8sNetworkPolicy data/np allow} {out AntreaClusterNetworkPolicy no rule=r drop} x0=1700000000 "
     "x20=active timeout x23=ESTABLISHED x17=eg x18=192.0.2.9 x19=n2"},
    {FLOW("9{1=7 3=70} 10{} 13{11=9}"),
     "forwarded 6 " ENDS " x0=1700000000 x2=7 x1=70 x4=0 x3=0 x6=0 x5=0 x8=0 x7=0 x9=9 x10=0 x20=active timeout x23=ESTABLISHED"},
    {FLOW("12=1 2{3=7 4\"172.18.0.2\"} 11{1\"http\" 2\"{}\"}"),
     "forwarded egress 6 " ENDS " l7=http http {} x0=1700000000 x24=7 x20=active timeout x23=ESTABLISHED x21=172.18.0.2"},
    {"1{6{2#fd000000000000000000000000000001}} 1{12=255} 2=3 9=9", "forwarded fd00::1 > \nforwarded none  > \nevent   > "},
    {"1{7=6 1=2 99\"x\"}", "forwarded  > "}, /* other wire types, unknown fields */
    {"", ""},
    {"1{7{2=65536}}", "flaw 4: a port is above 65535"},
    {"1{7{1=256}}", "flaw 4: this is no protocol"},
    {"1{6{2#0a0000}}", "flaw 6: an address has neither 4 nor 16 bytes"},
    {"1{3{1=300000000000}}", "flaw 4: this is no time of the years 1 to 9999"},
    {"1{8{2#ff}}", "flaw 6: a text is not UTF-8"},
};

static size_t put_varint(uint8_t *out, uint64_t value)
{
    size_t n = 0;

    for (; value >= 0x80; value >>= 7)
        out[n++] = (uint8_t)(value | 0x80);
    out[n++] = (uint8_t)value;
    return n;
}

/* Bytes of a field: those between the delimiters, or of the fields between braces. *text moves behind them. */
static size_t assemble(const char **text, uint8_t *out);

static size_t put_bytes(const char **text, uint8_t *out, char kind)
{
    uint8_t inner[512];
    size_t n = 0, at;

    if (kind == '{')
        n = assemble(text, inner);
    for (; kind == '"' && **text != '"'; (*text)++)
        inner[n++] = (uint8_t) * *text;
    for (unsigned byte; kind == '#' && isxdigit((unsigned char)**text) && sscanf(*text, "%2x", &byte) == 1; *text += 2)
        inner[n++] = (uint8_t)byte;
    *text += kind != '#';
    at = put_varint(out, n);
    memcpy(out + at, inner, n);
    return at + n;
}

static size_t assemble(const char **text, uint8_t *out)
{
    size_t n = 0;

    while (**text && **text != '}') {
        char *end;
        uint64_t number = strtoull(*text, &end, 10);
        char kind = *end;

        *text = end + 1;
        n += put_varint(out + n, number << 3 | (kind == '=' ? 0 : 2));
        if (kind == '=') {
            n += put_varint(out + n, strtoull(*text, &end, 10));
            *text = end;
        } else {
            n += put_bytes(text, out + n, kind);
        }
        while (**text == ' ')
            (*text)++;
    }
    return n;
}

static void test_messages(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(messages); i++) {
        struct bench *bench = malloc(sizeof *bench);
        const char *text = messages[i].input;
        uint8_t bytes[1024];

        assert_non_null(bench);
        bench_open(bench, "antrea-flow-pb");
        bench_frame(bench, bytes, assemble(&text, bytes));
        expect_text(messages[i].input, bench->out, messages[i].expected);
        bench_close(bench);
        free(bench);
    }
}

/* Cut anywhere, and with any byte changed: an answer. */
static void test_hostile(void **state)
{
    const char *text = messages[1].input;
    uint8_t bytes[1024];
    size_t n = assemble(&text, bytes);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        struct bench *bench = malloc(sizeof *bench);
        uint8_t was = bytes[i];

        assert_non_null(bench);
        bench_open(bench, "antrea-flow-pb");
        if (i)
            assert_true(bench_frame(bench, bytes, i) < 0);
        bytes[i] ^= 0xff;
        bench_frame(bench, bytes, n);
        bytes[i] = was;
        bench_close(bench);
        free(bench);
    }
}

static void test_memory(void **state)
{
    const char *text = messages[1].input;
    uint8_t bytes[1024];

    (void)state;
    expect_no_memory_survived("antrea-flow-pb", bytes, assemble(&text, bytes), messages[1].expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
