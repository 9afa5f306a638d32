/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a frame and as an IP packet: what holds of every answer holds, bytes behind the packet's end change
 * nothing, and without its last byte it is malformed.
 */

#include "fuzz.h"

#include <string.h>

#include <cnipol/packet.h>

#include "../tests/support/packet_holds.h"

typedef enum cnipol_packet_result (*parse_fn)(const void *data, uint32_t length, struct cnipol_packet *out);

/* A copy of its own, so that the sanitizer sees a read beyond n bytes. */
static enum cnipol_packet_result parse(parse_fn fn, const uint8_t *data, uint32_t n, struct cnipol_packet *out)
{
    uint8_t *volatile exact = malloc(n ? n : 1); /* volatile: GCC 12 at -O3 takes the parser's cursor for what is freed */
    enum cnipol_packet_result result;
    const char *wrong;

    FUZZ_CHECK(exact);
    if (n)
        memcpy(exact, data, n);
    result = fn(exact, n, out);
    free(exact);
    wrong = packet_holds(result, out, n);
    if (wrong)
        fprintf(stderr, "%s\n", wrong);
    FUZZ_CHECK(!wrong);
    return result;
}

static void check(parse_fn fn, const uint8_t *data, uint32_t n)
{
    struct cnipol_packet p, again;

    if (parse(fn, data, n, &p) != CNIPOL_PACKET_IP)
        return;
    FUZZ_CHECK(parse(fn, data, p.end, &again) == CNIPOL_PACKET_IP && !memcmp(&p, &again, sizeof p));
    if (!(p.flags & CNIPOL_PACKET_JUMBO) || p.extensions)
        FUZZ_CHECK(parse(fn, data, p.end - 1, &again) == CNIPOL_PACKET_MALFORMED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 1 << 20)
        return 0;
    check(cnipol_packet_parse_ethernet, data, (uint32_t)size);
    check(cnipol_packet_parse_ip, data, (uint32_t)size);
    return 0;
}
