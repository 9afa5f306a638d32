/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPFIX as RFC 7011 has it. A stream is a list of messages, each the number of its observation domain and its sets in hexadecimal; each
 * message is a frame of its own, but in test_one_frame.
 */

#include "antrea_testing.h"

#define MAX_MESSAGES 5

struct stream {
    const char *name;
    const char *messages[MAX_MESSAGES]; /* "domain sets", blanks between digits do not count */
    const char *expected;
};

/* Four fields: protocol, two ports, an octet counter. */
#define FIELDS "0004 0001 0007 0002 000b 0002 0055 0008 "
#define TEMPLATE "0002 0018 0100 0004 " FIELDS
#define RECORD "06 9c40 0050 0000000000000007 "
#define DATA "0100 0011 " RECORD
#define FLOW "forwarded 6 :40000 > :80 x1=7"

static const struct stream streams[] = {
    {"template, then data", {"1 " TEMPLATE, "1 " DATA}, FLOW},
    {"both in a message", {"1 " TEMPLATE DATA}, FLOW},
    {"several sets and records",
     {"1 " TEMPLATE "0100 001e " RECORD "11 0001 0035 0000000000000000 " DATA},
     FLOW "\nforwarded 17 :1 > :53 x1=0\n" FLOW},
    {"several templates in a set",
     {"1 0002 001c 0101 0001 0004 0001 0100 0003 0004 0001 0007 0002 000b 0002 0101 0005 11"},
     "forwarded 17  > "},
    {"padding", {"1 0002 001c 0100 0004 " FIELDS "00000000 0100 0014 " RECORD "000000"}, FLOW},
    {"what is no padding", {"1 " TEMPLATE "0100 0014 " RECORD "000001"}, FLOW "\nflaw 57: a data record ends before its last field"},
    {"a record cut short", {"1 " TEMPLATE "0100 0006 069c"}, "flaw 44: a data record ends before its last field"},
    {"reduced size", {"1 0002 0010 0100 0002 0055 0003 0004 0001 0100 0008 01000006"}, "forwarded 6  >  x1=65536"},
    {"wider than its type",
     {"1 0002 000c 0100 0001 0007 0004 0100 000c 00009c40 00010000"},
     "forwarded :40000 > \nflaw 36: sourceTransportPort is too large"},
    {"a number of variable length",
     {"1 0002 000c 0100 0001 0055 ffff 0100 000a 02 0100 00 0107"},
     "forwarded  >  x1=256\nforwarded  >  x1=0\nforwarded  >  x1=7"},
    {"lengths of one and three bytes",
     {"1 0002 0010 0100 0001 8065 ffff 0000dcba 0100 0011 01 61 ff 0002 6263 ff 0000 00 0164"},
     "forwarded a > \nforwarded bc > \nforwarded  > \nforwarded  > \nforwarded d > "},
    {"a text of fixed length", {"1 0002 0010 0100 0001 8065 0004 0000dcba 0100 0008 61620000"}, "forwarded ab > "},
    {"a variable length past the set",
     {"1 0002 0010 0100 0001 8065 ffff 0000dcba 0100 0007 05 6162"},
     "flaw 37: a data record ends before its last field"},
    {"a length cut short",
     {"1 0002 0010 0100 0001 8065 ffff 0000dcba 0100 0006 ff 00"},
     "flaw 37: a data record ends before its last field"},
    {"numbers are of an enterprise",
     {"1 0002 0024 0100 0004 0088 0001 8088 ffff 0000dcba 8056 0008 00007279 8004 0001 00000009 0100 0010 02 0145 0000000000000009 11"},
     "forwarded  >  x6=9 x20=active timeout x23=E"},
    {"unknown fields are stepped over",
     {"1 0002 0020 0100 0005 012c 0002 012d 0003 0004 0001 812e ffff 00000001 0007 0002 0100 0010 0102 030405 06 02ffff 9c40 00"},
     "forwarded 6 :40000 > "},
    {"addresses",
     {"1 0002 001c 0100 0005 0008 0004 000c 0004 001b 0010 001c 0010 806a 0004 0000dcba 0100 0030 0a000005 00000000 "
      "00000000000000000000000000000000 fd000000000000000000000000000001 0a600009"},
     "flaw 40: a template has more fields than its set has room for"},
    {"addresses of both families",
     {"1 0002 0020 0100 0005 0008 0004 000c 0004 001b 0010 001c 0010 806a 0004 0000dcba 0100 0030 0a000005 00000000 "
      "00000000000000000000000000000000 fd000000000000000000000000000001 0a600009"},
     "forwarded 10.0.0.5 > fd00::1 x14=10.96.0.9"},
    {"options are passed over", {"1 0003 0016 0100 0003 0001 0004 0001 0007 0002 000b 0002 0100 0009 06 9c40 0050"}, ""},
    {"data before its template", {"1 " DATA DATA, "2 " TEMPLATE, "1 " TEMPLATE DATA}, FLOW "\n" FLOW "\n" FLOW},
    {"a domain has its own templates",
     {"1 " TEMPLATE, "2 0002 000c 0100 0001 0004 0001 0100 0005 11", "1 " DATA},
     "forwarded 17  > \n" FLOW},
    {"a template replaces another", {"1 0002 000c 0100 0001 0055 0008", "1 " TEMPLATE, "1 " DATA}, FLOW},
    {"a template never comes",
     {"7 " DATA DATA "0101 0006 0000"},
     "flaw 0: 2 data sets of template 256 in domain 7 without that template\nflaw 0: 1 data set of template 257 in domain 7 without that "
     "template"},
    {"withdrawal",
     {"1 " TEMPLATE, "1 0002 0008 0100 0000", "1 " DATA},
     "flaw 0: 1 data set of template 256 in domain 1 without that template"},
    {"withdrawal of all",
     {"1 " TEMPLATE, "1 0002 0008 0002 0000", "1 " DATA},
     "flaw 0: 1 data set of template 256 in domain 1 without that template"},
    {"withdrawal of all in another domain", {"1 " TEMPLATE, "2 0002 0008 0002 0000", "1 " DATA}, FLOW},
    {"a template again after withdrawal of all", {"1 " TEMPLATE, "1 0002 0008 0002 0000", "1 " TEMPLATE DATA}, FLOW},
    {"a template of options that was one of data",
     {"1 " TEMPLATE, "1 0003 000e 0100 0001 0001 0004 0001", "1 0002 0008 0002 0000 0100 0005 06", "1 0003 0008 0003 0000 0100 0005 06"},
     "flaw 0: 1 data set of template 256 in domain 1 without that template"},
    {"withdrawal of all options", {"1 " TEMPLATE, "1 0003 0008 0003 0000", "1 " DATA}, FLOW},
    {"reserved sets", {"1 0004 0006 ffff " TEMPLATE DATA}, FLOW},
    {"no set", {"1 "}, ""},
    {"sets of NetFlow", {"1 0000 0004"}, "flaw 16: a set has a number that IPFIX does not use"},
    {"a set shorter than its header", {"1 0002 0003"}, "flaw 18: a set is shorter than its header"},
    {"a set longer than its message", {"1 0002 0010 0100"}, "flaw 18: a set is longer than its message"},
    {"a message that ends in a header", {"1 " TEMPLATE "0000"}, "flaw 40: the message ends within the header of a set"},
    {"a number below 256", {"1 0002 000c 00ff 0001 0004 0001"}, "flaw 20: a template's number is below 256"},
    {"a template cut short", {"1 0002 000c 0100 0002 0004 0001"}, "flaw 28: a template has more fields than its set has room for"},
    {"a template of many fields", {"1 0002 000c 0100 ffff 0004 0001"}, "flaw 20: a template has more fields than its set has room for"},
    {"records without a byte", {"1 0002 000c 0100 0001 012c 0000"}, "flaw 28: a template describes records without a byte"},
    {"an address of five bytes", {"1 0002 000c 0100 0001 0008 0005"}, "flaw 24: sourceIPv4Address cannot have 5 bytes"},
    {"an address of variable length",
     {"1 0002 000c 0100 0001 0008 ffff 0100 000c 04 0a000005 02 0a0a"},
     "forwarded 10.0.0.5 > \nflaw 38: an address has not the bytes of its family"},
    {"options without scope",
     {"1 0003 000e 0100 0001 0000 0004 0001"},
     "flaw 20: an options template has no scope, or more scope fields than fields"},
    {"another bad template is forgotten",
     {"1 " TEMPLATE, "1 0002 000c 0100 0001 012c 0000", "1 " DATA},
     "flaw 28: a template describes records without a byte\nflaw 0: 1 data set of template 256 in domain 1 without that template"},
};

static unsigned digit_of(char c)
{
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a' + 10);
}

static void put16(uint8_t *p, size_t value)
{
    p[0] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)value;
}

/* The bytes of a message. */
static size_t assemble(const char *text, uint8_t *out)
{
    size_t n = 16, half = 0;

    memset(out, 0, 16);
    put16(out, 10);
    out[15] = (uint8_t)strtoul(text, NULL, 10);
    for (text = strchr(text, ' '); *text; text++) {
        if (*text == ' ')
            continue;
        out[n] = (uint8_t)(half ? out[n] << 4 | digit_of(*text) : digit_of(*text));
        n += half;
        half = !half;
    }
    assert_true(half == 0);
    put16(out + 2, n);
    return n;
}

static struct bench *bench_new(void)
{
    struct bench *bench = malloc(sizeof *bench);

    assert_non_null(bench);
    bench_open(bench, "antrea-ipfix");
    return bench;
}

static void bench_delete(struct bench *bench)
{
    bench_close(bench);
    free(bench);
}

static void run_end(struct bench *bench)
{
    while (bench_end(bench) < 0)
        ;
}

static void test_streams(void **state)
{
    uint8_t bytes[512];

    (void)state;
    for (size_t i = 0; i < COUNT(streams); i++) {
        struct bench *bench = bench_new();

        for (size_t k = 0; k < MAX_MESSAGES && streams[i].messages[k]; k++)
            bench_frame(bench, bytes, assemble(streams[i].messages[k], bytes));
        run_end(bench);
        expect_text(streams[i].name, bench->out, streams[i].expected);
        bench_delete(bench);
    }
}

/* The messages of a stream in one frame give the same, as long as none is bad. */
static void test_one_frame(void **state)
{
    uint8_t bytes[2048];

    (void)state;
    for (size_t i = 0; i < COUNT(streams); i++) {
        struct bench *bench;
        size_t n = 0;

        if (strstr(streams[i].expected, "flaw"))
            continue;
        bench = bench_new();
        for (size_t k = 0; k < MAX_MESSAGES && streams[i].messages[k]; k++)
            n += assemble(streams[i].messages[k], bytes + n);
        bench_frame(bench, bytes, n);
        expect_text(streams[i].name, bench->out, streams[i].expected);
        bench_delete(bench);
    }
}

static void test_reset(void **state)
{
    struct bench *bench = bench_new();
    uint8_t bytes[512];

    (void)state;
    bench_frame(bench, bytes, assemble("1 " TEMPLATE, bytes));
    bench->run.format->reset(&bench->run);
    bench_frame(bench, bytes, assemble("1 " DATA, bytes));
    run_end(bench);
    expect_text("reset", bench->out, "flaw 0: 1 data set of template 256 in domain 1 without that template");
    bench_delete(bench);
}

/* Data that waits is bounded, and so are templates. */
static void test_room(void **state)
{
    struct bench *bench = bench_new();
    uint8_t bytes[64 * 1024] = {0};
    uint32_t held = 0;

    (void)state;
    put16(bytes, 10);
    put16(bytes + 2, 60000);
    put16(bytes + 16, 256);
    put16(bytes + 18, 60000 - 16);
    while (held < 1000 && bench_frame(bench, bytes, 60000) == 0)
        held++;
    expect_text("room", bench->out, "flaw 20: more data waits for its template than is kept (4 MiB)");
    expect_number("room", "messages", held, (4 << 20) / (60000 - 20));
    assert_true(bench->mem.peak < 5 << 20);
    bench_delete(bench);
}

static void test_templates_are_bounded(void **state)
{
    struct bench *bench = bench_new();
    uint8_t bytes[64 * 1024];
    int rc = 0;

    (void)state;
    for (uint32_t domain = 0; domain < 256 && rc == 0; domain++) {
        size_t n = assemble("1 0002 0004", bytes);

        bytes[15] = (uint8_t)domain;
        for (uint32_t id = 256; n < 64000; id++, n += 8) {
            put16(bytes + n, id);
            put16(bytes + n + 2, 1);
            put16(bytes + n + 4, 4);
            put16(bytes + n + 6, 1);
        }
        put16(bytes + 2, n);
        put16(bytes + 18, n - 16);
        rc = bench_frame(bench, bytes, n);
    }
    assert_non_null(strstr(bench->out, "the stream has more templates than are kept (4 MiB)"));
    assert_true(bench->mem.peak < 20 << 20);
    bench_delete(bench);
}

static void test_memory(void **state)
{
    uint8_t bytes[512];

    (void)state;
    expect_no_memory_survived("antrea-ipfix", bytes, assemble("1 " DATA TEMPLATE DATA, bytes), FLOW "\n" FLOW);
}

/* Every byte of a good stream set to what is there and to the ends of its range: an answer, and no more records than bytes. */
static void test_any_byte(void **state)
{
    static const uint8_t values[] = {0, 1, 0x7f, 0x80, 0xff};
    uint8_t bytes[512];
    size_t n = assemble("1 " DATA TEMPLATE "0100 0014 " RECORD "000000 0002 0010 0101 0001 8065 ffff 0000dcba 0101 0007 026162", bytes);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < COUNT(values); k++) {
            struct bench *bench = bench_new();
            uint8_t was = bytes[i];

            bytes[i] = values[k];
            bench_frame(bench, bytes, n);
            bytes[i] = was;
            run_end(bench);
            assert_true(bench->records <= n);
            bench_delete(bench);
        }
    }
}

static void test_recognised(void **state)
{
    const struct np_format *format = np_format_find("antrea-ipfix");
    uint8_t bytes[512];
    size_t n = assemble("1 " TEMPLATE, bytes);

    (void)state;
    assert_true(format->recognise((const char *)bytes, n) > 50);
    assert_int_equal(format->recognise((const char *)bytes, 10), 0);
    bytes[1] = 9;
    assert_int_equal(format->recognise((const char *)bytes, n), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_streams),
        cmocka_unit_test(test_one_frame),
        cmocka_unit_test(test_reset),
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_templates_are_bounded),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_any_byte),
        cmocka_unit_test(test_recognised),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
