/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Filters of addresses: see filter.h.
 *
 * An address is compared as text, so FD00::1 is not fd00::1; a prefix holds the addresses that are in it. An address of a binary
 * record has the text that Go would print for it. Families never mix: ::ffff:10.0.0.1 is IPv6.
 *
 * Sources: Cilium v1.20.2 pkg/hubble/filters/ip.go; Go 1.26 net/netip (ParseAddr, ParsePrefix, Prefix.Contains).
 */

#include "flow/filter.h"

#include <string.h>

#include "flow/filter_prefix.h"

struct address {
    struct np_str text;
    struct np_ip ip;
    bool canonical; /* the text is what is printed for `ip` */
};

struct addresses {
    uint32_t n_addresses, n_prefixes;
    struct address *addresses;
    struct np_flow_prefix *prefixes;
};

/* As netip.ParseAddr: no leading zeros; a mapped address keeps its family. A zone (of IPv6 only) is reported. */
static bool parse_address(struct np_str text, struct np_ip *out, bool *has_zone)
{
    const char *percent = memchr(text.s, '%', text.n);
    unsigned flaws = 0;

    *has_zone = percent != NULL;
    if (percent) {
        if (percent + 1 == text.s + text.n)
            return false;
        text.n = (uint32_t)(percent - text.s);
    }
    if (!np_ip_parse(text, out, &flaws) || flaws & NP_IP_LEADING_ZEROS)
        return false;
    if (flaws & NP_IP_MAPPED) {
        memmove(out->bytes + 12, out->bytes, 4);
        memset(out->bytes, 0, 10);
        memset(out->bytes + 10, 0xff, 2);
        out->family = 6;
    }
    return !percent || out->family == 6;
}

/* As netip.ParsePrefix; bits behind the length are passed over. */
static bool parse_prefix(struct np_str text, struct np_flow_prefix *out)
{
    const char *slash = memrchr(text.s, '/', text.n);
    struct np_str address = {text.s, slash ? (uint32_t)(slash - text.s) : 0};
    struct np_str length = slash ? (struct np_str){slash + 1, text.n - address.n - 1} : address;
    uint64_t number;
    bool has_zone;

    if (!slash || !parse_address(address, &out->ip, &has_zone) || has_zone)
        return false;
    if ((length.n > 1 && length.s[0] == '0') || !np_word_uint(length, false, out->ip.family == 4 ? 32 : 128, &number))
        return false;
    out->length = (uint32_t)number;
    return true;
}

bool np_flow_prefix_of_label(struct np_str key, struct np_flow_prefix *out)
{
    char text[NP_IP_TEXT];

    if (key.n > sizeof text)
        return false;
    for (uint32_t i = 0; i < key.n; i++)
        text[i] = key.s[i] == '-' ? ':' : key.s[i];
    return parse_prefix((struct np_str){text, key.n}, out);
}

bool np_flow_prefix_holds(const struct np_flow_prefix *prefix, const struct np_ip *ip)
{
    uint32_t bytes = prefix->length / 8, bits = prefix->length % 8;

    if (ip->family != prefix->ip.family || memcmp(ip->bytes, prefix->ip.bytes, bytes) != 0)
        return false;
    return bits == 0 || ((ip->bytes[bytes] ^ prefix->ip.bytes[bytes]) >> (8 - bits)) == 0;
}

static bool in_prefixes(const struct addresses *all, const struct np_ip *ip)
{
    for (uint32_t i = 0; i < all->n_prefixes; i++)
        if (np_flow_prefix_holds(&all->prefixes[i], ip))
            return true;
    return false;
}

static int text_matches(const struct addresses *all, struct np_str text)
{
    struct np_ip ip;
    bool has_zone;

    if (text.n == 0)
        return 0;
    for (uint32_t i = 0; i < all->n_addresses; i++)
        if (np_str_eq(all->addresses[i].text, text))
            return 1;
    return all->n_prefixes && parse_address(text, &ip, &has_zone) && !has_zone && in_prefixes(all, &ip);
}

static int binary_matches(const struct addresses *all, const struct cnipol_flow_end *end)
{
    struct np_ip ip = {.family = end->family};

    memcpy(ip.bytes, end->address, sizeof ip.bytes);
    for (uint32_t i = 0; i < all->n_addresses; i++)
        if (all->addresses[i].canonical && np_ip_eq(&all->addresses[i].ip, &ip))
            return 1;
    return in_prefixes(all, &ip);
}

static int matches_ip(const struct np_test *test, const struct cnipol_flow *flow)
{
    const struct cnipol_flow_end *end = np_test_end(test, flow);

    return end->ip.s || !end->family ? text_matches(test->data, np_str_of_text(end->ip)) : binary_matches(test->data, end);
}

static int matches_xlated(const struct np_test *test, const struct cnipol_flow *flow)
{
    return text_matches(test->data, np_str_of_text(flow->src_xlated));
}

static bool add_address(struct addresses *all, struct np_str text)
{
    struct address *address = &all->addresses[all->n_addresses];
    char canonical[NP_IP_TEXT];
    bool has_zone;

    if (memchr(text.s, '/', text.n))
        return parse_prefix(text, &all->prefixes[all->n_prefixes++]);
    if (!parse_address(text, &address->ip, &has_zone))
        return false;
    address->text = text;
    address->canonical = !has_zone && np_str_eq(text, (struct np_str){canonical, np_ip_print(&address->ip, canonical)});
    all->n_addresses++;
    return true;
}

static int with_addresses(struct np_filter_job *job, const struct np_spec_list *values, struct np_test *out)
{
    struct addresses *all = np_arena_zalloc(&job->filter->arena, sizeof *all);

    if (!all)
        return CNIPOL_E_NOMEM;
    all->addresses = np_arena_array(&job->filter->arena, values->n, sizeof *all->addresses);
    all->prefixes = np_arena_array(&job->filter->arena, values->n, sizeof *all->prefixes);
    if (!all->addresses || !all->prefixes)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < values->n; i++)
        if (!add_address(all, values->items[i].text))
            return np_filter_wrong_value(job, &values->items[i], "this is neither an IP address nor a prefix");
    out->data = all;
    return CNIPOL_OK;
}

int np_test_ip(struct np_filter_job *job, const struct np_spec_list *values, struct np_test *out)
{
    out->matches = matches_ip;
    return with_addresses(job, values, out);
}

int np_test_xlated(struct np_filter_job *job, const struct np_spec_list *values, struct np_test *out)
{
    out->matches = matches_xlated;
    return with_addresses(job, values, out);
}
