/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hook through which a program of the kernel reads packets: it is asked for bytes of the frame alone, seldom, and a
 * read that fails never gives an answer about IP.
 */

#include "base/testing.h"

struct reader {
    const uint8_t *bytes;
    uint32_t n;
    uint32_t reads;
    uint32_t failing; /* this one, counted from 1, fails */
};

static int read_bytes(void *ctx, uint32_t offset, void *to, uint32_t size)
{
    struct reader *reader = ctx;

    if (offset > reader->n || size > reader->n - offset)
        fail_msg("%u bytes at %u are asked for, of %u", size, offset, reader->n);
    if (++reader->reads == reader->failing)
        return -14;
    memcpy(to, reader->bytes + offset, size);
    return 0;
}

#define CNIPOL_PACKET_LOAD(ctx, offset, to, size) read_bytes(ctx, offset, to, size)

#include "image/packet_rows.h"
#include "support/packet_holds.h"

static void expect_failing_reads(const struct packet_row *row, uint32_t reads, struct reader *reader)
{
    struct cnipol_packet p;

    for (uint32_t k = 1; k <= reads; k++) {
        reader->reads = 0;
        reader->failing = k;
        expect_number(row->name, "result of a failing read", cnipol_packet_read_ethernet(reader, reader->n, &p), CNIPOL_PACKET_MALFORMED);
        expect_text(row->name, packet_holds(CNIPOL_PACKET_MALFORMED, &p, reader->n), NULL);
    }
}

static void test_reads(void **state)
{
    uint8_t *room = malloc(PACKET_ROOM);
    uint32_t most = 0;

    (void)state;
    assert_non_null(room);
    for (size_t i = 0; i < PACKET_ROWS; i++) {
        const struct packet_row *row = &packet_rows[i];
        struct built b;
        struct reader reader = {.bytes = room};
        struct cnipol_packet p;
        char got[200];

        memset(room, 0, PACKET_ROOM);
        b = build_packet(room, row->parts);
        reader.n = b.n;
        describe(got, sizeof got, cnipol_packet_read_ethernet(&reader, b.n, &p), &p, b.end);
        if (row->expected)
            expect_text(row->name, got, row->expected);
        if (reader.reads > most)
            most = reader.reads;
        expect_failing_reads(row, reader.reads, &reader);
    }
    free(room);
    expect_number("any packet", "reads", most <= 48, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_reads)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
