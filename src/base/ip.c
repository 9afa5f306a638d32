/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses and prefixes: see ip.h.
 *
 * IPv6 text goes through inet_pton(3) and inet_ntop(3); IPv4 is read here, because inet_pton refuses
 * the leading zeros that stored Kubernetes objects may have.
 */

#include "base/ip.h"

#include <arpa/inet.h>
#include <stdio.h>

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A decimal number up to `max` at s[*at]; moves *at behind it. */
static bool read_number(struct np_str text, uint32_t *at, uint32_t max, uint32_t *out, unsigned *flaws)
{
    uint32_t first = *at;
    uint32_t value = 0;

    while (*at < text.n && digit(text.s[*at])) {
        value = value * 10 + (uint32_t)(text.s[*at] - '0');
        if (value > max)
            return false;
        ++*at;
    }
    if (*at == first)
        return false;
    if (*at - first > 1 && text.s[first] == '0')
        *flaws |= NP_IP_LEADING_ZEROS;
    *out = value;
    return true;
}

static bool parse_v4(struct np_str text, struct np_ip *out, unsigned *flaws)
{
    uint32_t at = 0;

    *out = (struct np_ip){.family = 4};
    for (int i = 0; i < 4; i++) {
        uint32_t octet;

        if (i > 0 && (at >= text.n || text.s[at++] != '.'))
            return false;
        if (!read_number(text, &at, 255, &octet, flaws))
            return false;
        out->bytes[i] = (uint8_t)octet;
    }
    return at == text.n;
}

static bool is_mapped(const uint8_t bytes[16])
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

    return memcmp(bytes, mapped, sizeof mapped) == 0;
}

static bool hex_digit(char c)
{
    return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* The dotted tail of ::ffff:010.0.0.1 without leading zeros. Returns bytes written, 0 if it is no IPv4 address. */
static size_t tidy_tail(struct np_str tail, char *out, size_t size, unsigned *flaws)
{
    struct np_ip v4;
    int n;

    if (!parse_v4(tail, &v4, flaws))
        return 0;
    n = snprintf(out, size, "%u.%u.%u.%u", v4.bytes[0], v4.bytes[1], v4.bytes[2], v4.bytes[3]);
    return n > 0 && (size_t)n < size ? (size_t)n : 0;
}

/* What inet_pton refuses and Kubernetes' lenient parser takes: zeros in front of groups and octets. */
static bool tidy_v6(struct np_str text, char *out, size_t size, unsigned *flaws)
{
    size_t n = 0;

    for (uint32_t i = 0; i < text.n;) {
        uint32_t run = 0;

        while (i + run < text.n && hex_digit(text.s[i + run]))
            run++;
        if (i + run < text.n && text.s[i + run] == '.') {
            size_t tail = tidy_tail((struct np_str){text.s + i, text.n - i}, out + n, size - n, flaws);

            out[n + tail] = '\0';
            return tail > 0;
        }
        for (; run > 4 && text.s[i] == '0'; i++, run--)
            *flaws |= NP_IP_LEADING_ZEROS;
        run += i + run < text.n;
        if (run > 5 || n + run + 1 > size)
            return false;
        memcpy(out + n, text.s + i, run);
        n += run;
        i += run;
    }
    out[n] = '\0';
    return true;
}

static bool parse_v6(struct np_str text, struct np_ip *out, unsigned *flaws)
{
    char buf[NP_IP_TEXT];

    if (!tidy_v6(text, buf, sizeof buf, flaws))
        return false;
    *out = (struct np_ip){.family = 6};
    return inet_pton(AF_INET6, buf, out->bytes) == 1;
}

static bool parse_raw(struct np_str text, struct np_ip *out, unsigned *flaws)
{
    if (text.n == 0 || memchr(text.s, '\0', text.n))
        return false;
    if (memchr(text.s, ':', text.n))
        return parse_v6(text, out, flaws);
    return parse_v4(text, out, flaws);
}

/* ::ffff:a.b.c.d becomes a.b.c.d. */
static bool unmap(struct np_ip *ip)
{
    struct np_ip v4 = {.family = 4};

    if (ip->family != 6 || !is_mapped(ip->bytes))
        return false;
    memcpy(v4.bytes, ip->bytes + 12, 4);
    *ip = v4;
    return true;
}

bool np_ip_parse(struct np_str text, struct np_ip *out, unsigned *flaws)
{
    unsigned seen = 0;
    struct np_ip ip;

    if (!parse_raw(text, &ip, &seen))
        return false;
    if (unmap(&ip))
        seen |= NP_IP_MAPPED;
    *out = ip;
    if (flaws)
        *flaws = seen;
    return true;
}

static void mask_bytes(uint8_t *bytes, uint32_t size, uint32_t len)
{
    for (uint32_t i = 0; i < size; i++) {
        uint32_t bits = len > i * 8 ? len - i * 8 : 0;

        if (bits < 8)
            bytes[i] &= (uint8_t)(0xff00u >> bits);
    }
}

bool np_prefix_parse(struct np_str text, struct np_prefix *out, struct np_ip *unmasked, unsigned *flaws)
{
    const char *slash = text.n ? memchr(text.s, '/', text.n) : NULL;
    unsigned seen = 0;
    struct np_prefix prefix;
    struct np_ip written;
    uint32_t at, len;

    if (!slash || !parse_raw((struct np_str){text.s, (uint32_t)(slash - text.s)}, &written, &seen))
        return false;
    at = (uint32_t)(slash - text.s) + 1;
    if (!read_number(text, &at, written.family == 4 ? 32 : 128, &len, &seen) || at != text.n)
        return false;
    if (written.family == 6 && is_mapped(written.bytes))
        seen |= NP_IP_MAPPED;
    prefix.ip = written;
    prefix.len = (uint8_t)len;
    mask_bytes(prefix.ip.bytes, written.family == 4 ? 4 : 16, len);
    if (!np_ip_eq(&prefix.ip, &written))
        seen |= NP_IP_HOST_BITS;
    if (len >= 96 && unmap(&prefix.ip))
        prefix.len = (uint8_t)(len - 96);
    *out = prefix;
    if (unmasked)
        *unmasked = written;
    if (flaws)
        *flaws = seen;
    return true;
}

bool np_ip_eq(const struct np_ip *a, const struct np_ip *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

int np_ip_cmp(const struct np_ip *a, const struct np_ip *b)
{
    if (a->family != b->family)
        return a->family < b->family ? -1 : 1;
    return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

bool np_prefix_holds(const struct np_prefix *prefix, const struct np_ip *ip)
{
    uint32_t whole = prefix->len / 8, rest = prefix->len % 8;

    if (prefix->ip.family != ip->family || memcmp(prefix->ip.bytes, ip->bytes, whole) != 0)
        return false;
    if (rest == 0)
        return true;
    return ((prefix->ip.bytes[whole] ^ ip->bytes[whole]) & (0xff00u >> rest) & 0xffu) == 0;
}

bool np_prefix_within(const struct np_prefix *inner, const struct np_prefix *outer)
{
    return inner->len >= outer->len && np_prefix_holds(outer, &inner->ip);
}

bool np_prefix_eq(const struct np_prefix *a, const struct np_prefix *b)
{
    return a->len == b->len && np_ip_eq(&a->ip, &b->ip);
}

struct np_prefix np_prefix_of(const struct np_ip *ip)
{
    return (struct np_prefix){*ip, ip->family == 4 ? 32 : 128};
}

/* Records in binary have addresses in numbers: this is many times as fast as inet_ntop(). */
static uint32_t print_v4(const uint8_t bytes[4], char *out)
{
    char *at = out;

    for (int i = 0; i < 4; i++) {
        uint8_t octet = bytes[i];

        if (octet > 99)
            *at++ = (char)('0' + octet / 100);
        if (octet > 9)
            *at++ = (char)('0' + octet / 10 % 10);
        *at++ = (char)('0' + octet % 10);
        *at++ = '.';
    }
    *--at = '\0';
    return (uint32_t)(at - out);
}

uint32_t np_ip_print(const struct np_ip *ip, char *out)
{
    if (ip->family == 4)
        return print_v4(ip->bytes, out);
    if (ip->family == 0 || !inet_ntop(AF_INET6, ip->bytes, out, NP_IP_TEXT))
        out[0] = '\0';
    return (uint32_t)strlen(out);
}

uint32_t np_prefix_print(const struct np_prefix *prefix, char *out)
{
    uint32_t n = np_ip_print(&prefix->ip, out);

    return n + (uint32_t)snprintf(out + n, NP_IP_TEXT - n, "/%u", prefix->len);
}
