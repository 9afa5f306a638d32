/* SPDX-License-Identifier: BSD-2-Clause */
/* Peer ids of ends at their addresses, and of addresses that nobody owns. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "reference/peers.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static struct np_ip ip_of(const char *text)
{
    struct np_ip ip = {0};

    if (*text)
        assert_true(np_ip_parse(np_str_of(text), &ip, NULL));
    return ip;
}

/* Two ends: one with two addresses, one with none. */
static void test_ends(void **state)
{
    static const struct {
        uint32_t end;
        const char *ip;
        uint32_t peer;
    } rows[] = {{0, "10.0.0.1", 7}, {0, "fd00::1", 3}, {0, "10.0.0.2", 9}, {0, "", 9}, {1, "", 4}, {1, "10.0.0.1", 4}};
    const struct np_ip ips[] = {ip_of("10.0.0.1"), ip_of("fd00::1")};
    const uint32_t first[] = {0, 3, 4}, ids[] = {7, 3, 9, 4};
    const struct np_peers peers = {.n_ids = 10, .n_ends = 2, .first = first, .ids = ids};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct np_ip ip = ip_of(rows[i].ip);

        assert_int_equal(np_peers_of_end(&peers, rows[i].end, rows[i].end ? NULL : ips, &ip), rows[i].peer);
    }
}

static void test_addresses(void **state)
{
    static const struct {
        const char *ip;
        uint32_t peer;
    } rows[] = {{"9.255.255.255", NP_NONE}, {"10.0.0.0", 1},   {"10.255.255.255", 1}, {"11.0.0.0", 2}, {"255.255.255.255", 2}, {"::", 3},
                {"2001:db7::", 3},          {"2001:db8::", 4}, {"ffff::", 4},         {"", NP_NONE}};
    const struct np_peer_atom v4[] = {{ip_of("10.0.0.0"), 1}, {ip_of("11.0.0.0"), 2}};
    const struct np_peer_atom v6[] = {{ip_of("::"), 3}, {ip_of("2001:db8::"), 4}};
    const struct np_peers peers = {.n_ids = 5, .v4 = v4, .v6 = v6, .n_v4 = 2, .n_v6 = 2};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct np_ip ip = ip_of(rows[i].ip);

        if (np_peers_of_address(&peers, &ip) != rows[i].peer)
            fail_msg("%s is %u", rows[i].ip, np_peers_of_address(&peers, &ip));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ends), cmocka_unit_test(test_addresses)};

    return cmocka_run_group_tests_name("peers", tests, NULL, NULL);
}
