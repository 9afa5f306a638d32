/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets as they are read: a table of them, every beginning of each, each with bytes changed, and any bytes.
 *
 * Each is parsed where exactly its bytes were allocated, so that the sanitizer sees a read beyond them.
 */

#include "base/testing.h"

#include "image/packet_rows.h"
#include "support/packet_holds.h"

static uint8_t *room;

static int setup(void **state)
{
    (void)state;
    room = malloc(PACKET_ROOM);
    return room ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    free(room);
    return 0;
}

static struct built build(const struct packet_row *row)
{
    memset(room, 0, PACKET_ROOM);
    return build_packet(room, row->parts);
}

typedef enum cnipol_packet_result (*parse_fn)(const void *data, uint32_t length, struct cnipol_packet *out);

/* Parses a copy of exactly n bytes into fields that were all ones, and sees to what holds of any answer. */
static enum cnipol_packet_result parse(const char *name, parse_fn fn, const uint8_t *bytes, uint32_t n, struct cnipol_packet *out)
{
    uint8_t *volatile exact = malloc(n ? n : 1); /* volatile: GCC 12 at -O3 takes the parser's cursor for what is freed */
    enum cnipol_packet_result result;
    const char *wrong;

    assert_non_null(exact);
    memcpy(exact, bytes, n);
    memset(out, 0xff, sizeof *out);
    result = fn(exact, n, out);
    free(exact);
    wrong = packet_holds(result, out, n);
    if (wrong)
        fail_msg("%s, %u bytes: %s", name, n, wrong);
    return result;
}

static void expect_ends(const char *name, const struct cnipol_packet *p)
{
    static const uint8_t v4[2][16] = {{10, 0, 0, 1}, {10, 0, 0, 2}};
    static const uint8_t v6[2][16] = {{0x20, 1, 0xd, 0xb8, [15] = 1}, {0x20, 1, 0xd, 0xb8, [15] = 2}};

    expect_number(name, "source", memcmp(p->source, p->family == 4 ? v4[0] : v6[0], 16), 0);
    expect_number(name, "destination", memcmp(p->destination, p->family == 4 ? v4[1] : v6[1], 16), 0);
    expect_number(name, "hops", p->hop_limit, 64);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < PACKET_ROWS; i++) {
        const struct packet_row *row = &packet_rows[i];
        struct built b = build(row);
        struct cnipol_packet p;
        enum cnipol_packet_result result = parse(row->name, cnipol_packet_parse_ethernet, b.bytes, b.n, &p);
        char got[200], expected[200];

        describe(got, sizeof got, result, &p, b.end);
        snprintf(expected, sizeof expected, "malformed: %s", cnipol_packet_reason_text(row->reason));
        expect_text(row->name, got, row->expected ? row->expected : expected);
        if (result != CNIPOL_PACKET_IP)
            continue;
        expect_ends(row->name, &p);
        expect_number(row->name, "the IP header's place", p.l3_offset, b.l3);
    }
}

/* From the IP header on, the same is read; only the frame's own fields are missing. */
static void test_without_frame(void **state)
{
    (void)state;
    for (size_t i = 0; i < PACKET_ROWS; i++) {
        const struct packet_row *row = &packet_rows[i];
        struct built b = build(row);
        struct cnipol_packet whole, bare;
        enum cnipol_packet_result result;

        if (parse(row->name, cnipol_packet_parse_ethernet, b.bytes, b.n, &whole) != CNIPOL_PACKET_IP)
            continue;
        result = parse(row->name, cnipol_packet_parse_ip, b.bytes + b.l3, b.n - b.l3, &bare);
        expect_number(row->name, "result", result, CNIPOL_PACKET_IP);
        bare.flags |= whole.flags & CNIPOL_PACKET_TAGGED;
        bare.ethertype = whole.ethertype;
        bare.vlan = whole.vlan;
        bare.inner_vlan = whole.inner_vlan;
        bare.tags = whole.tags;
        bare.l3_offset += b.l3;
        bare.l4_offset += b.l3;
        bare.end += b.l3;
        expect_number(row->name, "difference", memcmp(&bare, &whole, sizeof whole), 0);
    }
}

/* Without a frame a malformed packet is malformed for the same reason. */
static void test_refused_without_frame(void **state)
{
    (void)state;
    for (size_t i = 0; i < PACKET_ROWS; i++) {
        const struct packet_row *row = &packet_rows[i];
        struct built b = build(row);
        struct cnipol_packet p;

        if (row->expected || b.l3 > b.n || row->reason == CNIPOL_PACKET_TOO_MANY_TAGS || row->reason == CNIPOL_PACKET_BAD_VERSION)
            continue;
        expect_number(row->name, "result", parse(row->name, cnipol_packet_parse_ip, b.bytes + b.l3, b.n - b.l3, &p),
                      CNIPOL_PACKET_MALFORMED);
        expect_number(row->name, "reason", p.reason, row->reason);
    }
}

/* No such length field can tell a frame that lost bytes. */
static bool is_merged(const struct cnipol_packet *p)
{
    return p->flags & CNIPOL_PACKET_JUMBO && !p->extensions;
}

/* The first n bytes of a frame: malformed where IP misses a byte, the whole's answer where only padding is missing. */
static void expect_beginning(const struct packet_row *row, const struct built *b, enum cnipol_packet_result of_whole,
                             const struct cnipol_packet *whole, uint32_t n)
{
    struct cnipol_packet p;
    enum cnipol_packet_result result = parse(row->name, cnipol_packet_parse_ethernet, b->bytes, n, &p);
    uint32_t end = of_whole == CNIPOL_PACKET_IP ? whole->end : 14u + 4u * whole->tags;

    if (is_merged(whole) && n > whole->l3_offset + 65535)
        return;
    if (of_whole == CNIPOL_PACKET_MALFORMED || n < end)
        expect_number(row->name, "result of a beginning", result, CNIPOL_PACKET_MALFORMED);
    else if (memcmp(&p, whole, sizeof p))
        fail_msg("%s: %u of %u bytes are read differently", row->name, n, b->n);
}

static void test_beginnings(void **state)
{
    (void)state;
    for (size_t i = 0; i < PACKET_ROWS; i++) {
        struct built b = build(&packet_rows[i]);
        struct cnipol_packet whole;
        enum cnipol_packet_result result = parse(packet_rows[i].name, cnipol_packet_parse_ethernet, b.bytes, b.n, &whole);

        for (uint32_t n = 0; n <= b.n; n++) {
            if (n == 300 && b.n > 600)
                n = b.n - 100;
            expect_beginning(&packet_rows[i], &b, result, &whole, n);
        }
    }
}

static uint32_t next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33);
}

/* Each packet with up to four bytes of its headers changed, and perhaps cut off: whatever is read holds. */
static void test_changed_bytes(void **state)
{
    uint64_t seed = 1;

    (void)state;
    for (size_t i = 0; i < PACKET_ROWS; i++) {
        struct built b = build(&packet_rows[i]);
        uint32_t headers = b.n < 140 ? b.n : 140;

        for (int k = 0; k < 2000 && headers && b.n < 1000; k++) {
            uint8_t changed[1000];
            struct cnipol_packet p;

            memcpy(changed, b.bytes, b.n);
            for (uint32_t c = next_random(&seed) % 4 + 1; c; c--)
                changed[next_random(&seed) % headers] = (uint8_t)next_random(&seed);
            parse(packet_rows[i].name, cnipol_packet_parse_ethernet, changed, b.n - (k % 8 ? 0 : next_random(&seed) % b.n), &p);
        }
    }
}

static void test_any_bytes(void **state)
{
    static const uint8_t starts[] = {0x45, 0x46, 0x4f, 0x60, 0};
    uint64_t seed = 2;

    (void)state;
    for (int k = 0; k < 100000; k++) {
        uint8_t bytes[120];
        uint32_t n = next_random(&seed) % sizeof bytes;
        struct cnipol_packet p;

        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)next_random(&seed);
        bytes[0] = starts[(size_t)k % COUNT(starts)];
        bytes[2] = bytes[4] = 0;
        parse("any bytes", cnipol_packet_parse_ip, bytes, n, &p);
    }
}

static void test_no_bytes(void **state)
{
    struct cnipol_packet p;

    (void)state;
    expect_number("no frame", "result", cnipol_packet_parse_ethernet(NULL, 0, &p), CNIPOL_PACKET_MALFORMED);
    expect_number("no packet", "result", cnipol_packet_parse_ip(NULL, 0, &p), CNIPOL_PACKET_MALFORMED);
    expect_number("no packet", "reason", p.reason, CNIPOL_PACKET_SHORT_HEADER);
    expect_number("IP version 0", "result", cnipol_packet_parse_ip("", 1, &p), CNIPOL_PACKET_MALFORMED);
    expect_number("IP version 0", "reason", p.reason, CNIPOL_PACKET_BAD_VERSION);
}

/* The loader itself: bytes of the span, and none beyond it, wherever the numbers wrap. */
static void test_load(void **state)
{
    static const struct {
        uint32_t offset, size;
        int expected;
    } rows[] = {{0, 1, 0},  {0, 4, 0},  {3, 1, 0},  {2, 2, 0},           {0, 5, -1},
                {1, 4, -1}, {4, 1, -1}, {5, 1, -1}, {UINT32_MAX, 1, -1}, {UINT32_MAX, 4, -1}};
    uint8_t bytes[4] = {1, 2, 3, 4};
    struct cnipol_packet_span span = {bytes, bytes + 4};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t to[8] = {0};
        char name[32];

        snprintf(name, sizeof name, "%u bytes at %u", rows[i].size, rows[i].offset);
        expect_number(name, "result", cnipol_packet_load(&span, rows[i].offset, to, rows[i].size), rows[i].expected);
        expect_number(name, "first byte", to[0], rows[i].expected ? 0 : bytes[rows[i].offset]);
        expect_number(name, "byte behind", to[rows[i].size], 0);
    }
}

/* Each reason has a row of the table, and a text of its own. */
static void test_reasons(void **state)
{
    (void)state;
    for (int32_t reason = 0; reason < CNIPOL_PACKET_N_REASONS; reason++) {
        size_t i = 0;

        while (reason && i < PACKET_ROWS && (packet_rows[i].expected || packet_rows[i].reason != (enum cnipol_packet_reason)reason))
            i++;
        expect_number(cnipol_packet_reason_text(reason), "untested", i == PACKET_ROWS, 0);
        for (int32_t other = 0; other < reason; other++)
            assert_string_not_equal(cnipol_packet_reason_text(reason), cnipol_packet_reason_text(other));
    }
    expect_text("beyond", cnipol_packet_reason_text(CNIPOL_PACKET_N_REASONS), "unknown reason");
    expect_text("below", cnipol_packet_reason_text(-1), "unknown reason");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),       cmocka_unit_test(test_without_frame), cmocka_unit_test(test_refused_without_frame),
        cmocka_unit_test(test_beginnings), cmocka_unit_test(test_changed_bytes), cmocka_unit_test(test_any_bytes),
        cmocka_unit_test(test_no_bytes),   cmocka_unit_test(test_load),          cmocka_unit_test(test_reasons),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
