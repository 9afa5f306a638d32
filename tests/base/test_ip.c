/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses and prefixes as people write them, and what Kubernetes' lenient parsers take. */

#include "testing.h"

#include <stdio.h>

#include "base/ip.h"

#define LZ NP_IP_LEADING_ZEROS
#define HB NP_IP_HOST_BITS
#define MP NP_IP_MAPPED

/* An address and its canonical text; NULL: refused. */
static const struct {
    const char *text;
    const char *canonical;
    unsigned flaws;
} addresses[] = {
    {"0.0.0.0", "0.0.0.0", 0},
    {"10.0.0.1", "10.0.0.1", 0},
    {"255.255.255.255", "255.255.255.255", 0},
    {"010.0.0.1", "10.0.0.1", LZ},
    {"10.000.00.001", "10.0.0.1", LZ},
    {"10.08.0.9", "10.8.0.9", LZ}, /* decimal, never octal */
    {"0000000010.0.0.1", "10.0.0.1", LZ},
    {"256.0.0.1", NULL, 0},
    {"10.0.0", NULL, 0},
    {"10.0.0.", NULL, 0},
    {"10.0.0.1.", NULL, 0},
    {"10.0.0.1.2", NULL, 0},
    {".10.0.0.1", NULL, 0},
    {"10..0.1", NULL, 0},
    {"10.0.0.-1", NULL, 0},
    {"10.0.0.0x1", NULL, 0},
    {"167772161", NULL, 0},
    {" 10.0.0.1", NULL, 0},
    {"10.0.0.1 ", NULL, 0},
    {"10.0.0.1\n", NULL, 0},
    {"99999999999999999999.0.0.1", NULL, 0},
    {"", NULL, 0},
    {"localhost", NULL, 0},
    {"::", "::", 0},
    {"::1", "::1", 0},
    {"2001:DB8::A", "2001:db8::a", 0},
    {"2001:db8:0:0:0:0:0:1", "2001:db8::1", 0},
    {"2001:0db8:0000::0001", "2001:db8::1", 0},
    {"::00001", "::1", NP_IP_LEADING_ZEROS},
    {"::ffff:010.0.0.1", "10.0.0.1", NP_IP_LEADING_ZEROS | NP_IP_MAPPED},
    {"1:0:0:2:0:0:0:3", "1:0:0:2::3", 0},
    {"64:ff9b::192.0.2.1", "64:ff9b::c000:201", 0},
    {"64:ff9b::192.0.02.1", "64:ff9b::c000:201", LZ},
    {"::ffff:10.0.0.1", "10.0.0.1", MP},
    {"::ffff:010.0.0.1", "10.0.0.1", MP | LZ},
    {"::ffff:a00:1", "10.0.0.1", MP},
    {"0:0:0:0:0:FFFF:10.0.0.1", "10.0.0.1", MP},
    {"::10.0.0.1", "::10.0.0.1", 0},
    {":::1", NULL, 0},
    {"1::2::3", NULL, 0},
    {"1:2:3:4:5:6:7", NULL, 0},
    {"1:2:3:4:5:6:7:8:9", NULL, 0},
    {"12345::", NULL, 0},
    {"g::", NULL, 0},
    {"::1%eth0", NULL, 0},
    {"fe80::1%25", NULL, 0},
    {"[::1]", NULL, 0},
    {"::ffff:10.0.0", NULL, 0},
    {"::ffff:10.0.0.256", NULL, 0},
    {"10.0.0.1:80", NULL, 0},
    {":", NULL, 0},
    {"1111:2222:3333:4444:5555:6666:255.255.255.255", "1111:2222:3333:4444:5555:6666:ffff:ffff", 0},
    {"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:dddd:eeee:ffff", NULL, 0},
};

static void test_addresses(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(addresses); i++) {
        struct np_ip ip;
        char text[NP_IP_TEXT];
        unsigned flaws = 99, length;
        bool taken = np_ip_parse(np_str_of(addresses[i].text), &ip, &flaws);

        expect_number(addresses[i].text, "taken", taken, addresses[i].canonical != NULL);
        if (!taken)
            continue;
        length = np_ip_print(&ip, text);
        expect_number(addresses[i].text, "length", length, (long long)strlen(text));
        expect_text(addresses[i].text, text, addresses[i].canonical);
        expect_number(addresses[i].text, "flaws", flaws, addresses[i].flaws);
    }
}

static const struct {
    const char *text;
    const char *canonical;
    const char *written; /* the address before the mask */
    unsigned flaws;
} prefixes[] = {
    {"10.0.0.0/8", "10.0.0.0/8", "10.0.0.0", 0},
    {"0.0.0.0/0", "0.0.0.0/0", "0.0.0.0", 0},
    {"10.1.2.3/32", "10.1.2.3/32", "10.1.2.3", 0},
    {"10.1.2.3/8", "10.0.0.0/8", "10.1.2.3", HB},
    {"10.0.0.129/25", "10.0.0.128/25", "10.0.0.129", HB},
    {"10.0.0.1/31", "10.0.0.0/31", "10.0.0.1", HB},
    {"10.0.0.0/08", "10.0.0.0/8", "10.0.0.0", LZ},
    {"010.0.0.0/8", "10.0.0.0/8", "10.0.0.0", LZ},
    {"10.0.0.0/33", NULL, NULL, 0},
    {"10.0.0.0/-1", NULL, NULL, 0},
    {"10.0.0.0/+8", NULL, NULL, 0},
    {"10.0.0.0/", NULL, NULL, 0},
    {"10.0.0.0", NULL, NULL, 0},
    {"/8", NULL, NULL, 0},
    {"/", NULL, NULL, 0},
    {"", NULL, NULL, 0},
    {"10.0.0.0/8/8", NULL, NULL, 0},
    {"10.0.0.0/8 ", NULL, NULL, 0},
    {"10.0.0.0 /8", NULL, NULL, 0},
    {"10.0.0.0/255.0.0.0", NULL, NULL, 0},
    {"10.0.0/8", NULL, NULL, 0},
    {"::/0", "::/0", "::", 0},
    {"2001:db8::/32", "2001:db8::/32", "2001:db8::", 0},
    {"2001:db8::1/32", "2001:db8::/32", "2001:db8::1", HB},
    {"2001:db8::1/128", "2001:db8::1/128", "2001:db8::1", 0},
    {"2001:db8::/129", NULL, NULL, 0},
    {"2001:db8:8000::/33", "2001:db8:8000::/33", "2001:db8:8000::", 0},
    {"::ffff:10.0.0.0/104", "10.0.0.0/8", NULL, MP},
    {"::ffff:10.1.0.0/104", "10.0.0.0/8", NULL, MP | HB},
    {"::ffff:10.0.0.1/128", "10.0.0.1/32", NULL, MP},
    {"::ffff:0:0/96", "0.0.0.0/0", NULL, MP},
    {"fe80::1%eth0/64", NULL, NULL, 0},
};

static void test_prefixes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(prefixes); i++) {
        struct np_prefix prefix;
        struct np_ip written;
        char text[NP_IP_TEXT];
        unsigned flaws = 99;
        bool taken = np_prefix_parse(np_str_of(prefixes[i].text), &prefix, &written, &flaws);

        expect_number(prefixes[i].text, "taken", taken, prefixes[i].canonical != NULL);
        if (!taken)
            continue;
        (void)np_prefix_print(&prefix, text);
        expect_text(prefixes[i].text, text, prefixes[i].canonical);
        expect_number(prefixes[i].text, "flaws", flaws, prefixes[i].flaws);
        if (!prefixes[i].written)
            continue;
        (void)np_ip_print(&written, text);
        expect_text(prefixes[i].text, text, prefixes[i].written);
    }
}

static const struct {
    const char *prefix;
    const char *ip;
    bool holds;
} holdings[] = {
    {"10.0.0.0/8", "10.255.255.255", true},
    {"10.0.0.0/8", "11.0.0.0", false},
    {"10.0.0.128/25", "10.0.0.127", false},
    {"10.0.0.128/25", "10.0.0.128", true},
    {"10.0.0.2/31", "10.0.0.3", true},
    {"10.0.0.2/31", "10.0.0.4", false},
    {"10.0.0.1/32", "10.0.0.1", true},
    {"10.0.0.1/32", "10.0.0.2", false},
    {"0.0.0.0/0", "255.255.255.255", true},
    {"0.0.0.0/0", "::1", false},
    {"::/0", "2001:db8::1", true},
    {"::/0", "10.0.0.1", false},
    {"::/0", "::ffff:10.0.0.1", false},
    {"0.0.0.0/0", "::ffff:10.0.0.1", true},
    {"2001:db8::/33", "2001:db8:7fff::1", true},
    {"2001:db8::/33", "2001:db8:8000::1", false},
    {"2001:db8::1/128", "2001:db8::1", true},
    {"2001:db8::1/128", "2001:db8::2", false},
};

static void test_holds(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(holdings); i++) {
        struct np_prefix prefix;
        struct np_ip ip;

        assert_true(np_prefix_parse(np_str_of(holdings[i].prefix), &prefix, NULL, NULL));
        assert_true(np_ip_parse(np_str_of(holdings[i].ip), &ip, NULL));
        expect_number(holdings[i].prefix, holdings[i].ip, np_prefix_holds(&prefix, &ip), holdings[i].holds);
    }
}

static const struct {
    const char *inner;
    const char *outer;
    bool within;
} nestings[] = {
    {"10.0.0.0/8", "10.0.0.0/8", true},  {"10.1.0.0/16", "10.0.0.0/8", true},      {"10.0.0.0/8", "10.1.0.0/16", false},
    {"10.0.0.0/7", "10.0.0.0/8", false}, {"11.0.0.0/8", "10.0.0.0/8", false},      {"0.0.0.0/0", "0.0.0.0/0", true},
    {"10.0.0.0/8", "::/0", false},       {"2001:db8::/48", "2001:db8::/32", true},
};

static void test_within(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(nestings); i++) {
        struct np_prefix inner, outer;

        assert_true(np_prefix_parse(np_str_of(nestings[i].inner), &inner, NULL, NULL));
        assert_true(np_prefix_parse(np_str_of(nestings[i].outer), &outer, NULL, NULL));
        expect_number(nestings[i].inner, nestings[i].outer, np_prefix_within(&inner, &outer), nestings[i].within);
    }
}

/* Every length of both families: the mask keeps exactly that many bits. */
static void test_every_length(void **state)
{
    (void)state;
    for (int family = 4; family <= 6; family += 2) {
        unsigned bits = family == 4 ? 32 : 128;

        for (unsigned len = 0; len <= bits; len++) {
            char text[NP_IP_TEXT];
            struct np_prefix prefix;
            unsigned ones = 0;

            (void)snprintf(text, sizeof text, family == 4 ? "255.255.255.255/%u" : "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/%u", len);
            assert_true(np_prefix_parse(np_str_of(text), &prefix, NULL, NULL));
            for (unsigned i = 0; i < 16; i++)
                ones += (unsigned)__builtin_popcount(prefix.ip.bytes[i]);
            assert_int_equal(ones, len);
            assert_int_equal(prefix.len, len);
        }
    }
}

static void test_order(void **state)
{
    static const char *const ascending[] = {"0.0.0.0", "9.255.255.255", "10.0.0.0", "255.0.0.0", "::", "::1", "2001:db8::", "ffff::"};
    struct np_ip ips[COUNT(ascending)];

    (void)state;
    for (size_t i = 0; i < COUNT(ascending); i++)
        assert_true(np_ip_parse(np_str_of(ascending[i]), &ips[i], NULL));
    for (size_t i = 0; i < COUNT(ascending); i++)
        for (size_t j = 0; j < COUNT(ascending); j++) {
            int order = np_ip_cmp(&ips[i], &ips[j]);

            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
            assert_int_equal(np_ip_eq(&ips[i], &ips[j]), i == j);
        }
}

static void test_whole_address(void **state)
{
    struct np_ip ip;
    struct np_prefix prefix;
    char text[NP_IP_TEXT];

    (void)state;
    assert_true(np_ip_parse(NP_STR("10.0.0.1"), &ip, NULL));
    prefix = np_prefix_of(&ip);
    (void)np_prefix_print(&prefix, text);
    assert_string_equal(text, "10.0.0.1/32");
    assert_true(np_prefix_holds(&prefix, &ip));
    assert_true(np_ip_parse(NP_STR("2001:db8::1"), &ip, NULL));
    prefix = np_prefix_of(&ip);
    (void)np_prefix_print(&prefix, text);
    assert_string_equal(text, "2001:db8::1/128");
    assert_int_equal(np_ip_print(&(struct np_ip){0}, text), 0);
    assert_string_equal(text, "");
}

static void test_embedded_nul(void **state)
{
    struct np_ip ip;
    struct np_prefix prefix;

    (void)state;
    assert_false(np_ip_parse(NP_STR("10.0.0.1\0"), &ip, NULL));
    assert_false(np_ip_parse(NP_STR("::1\0x"), &ip, NULL));
    assert_false(np_prefix_parse(NP_STR("::\0/8"), &prefix, NULL, NULL));
    assert_false(np_prefix_parse(NP_STR("10.0.0.0/8\0"), &prefix, NULL, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),     cmocka_unit_test(test_prefixes),     cmocka_unit_test(test_holds),
        cmocka_unit_test(test_within),        cmocka_unit_test(test_every_length), cmocka_unit_test(test_order),
        cmocka_unit_test(test_whole_address), cmocka_unit_test(test_embedded_nul),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
