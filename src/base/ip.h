/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_BASE_IP_H
#define NP_BASE_IP_H

/*
 * Addresses and prefixes of both families.
 *
 * An address keeps its family; IPv4 uses the first four bytes. An IPv4-mapped IPv6 address
 * (::ffff:a.b.c.d) is the IPv4 address, as Go's net.IP has it. Nothing converts between families:
 * an IPv4 address is in no IPv6 prefix.
 *
 * Parsing follows what Kubernetes does (k8s.io/utils/net sloppy parsers, KEP-4858): the lenient form
 * takes leading zeros (as decimal) and host bits and reports them as flags, so that the caller can
 * refuse, warn or mask.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct np_ip {
    uint8_t family; /* 0: none, 4, 6 */
    uint8_t bytes[16];
};

struct np_prefix {
    struct np_ip ip; /* masked to `len` */
    uint8_t len;
};

/* What a lenient parse passed over. */
enum np_ip_flaw {
    NP_IP_LEADING_ZEROS = 1u << 0, /* 010.0.0.1, or /08 */
    NP_IP_HOST_BITS = 1u << 1,     /* 10.0.0.1/8 */
    NP_IP_MAPPED = 1u << 2,        /* ::ffff:10.0.0.1 */
};

/* False if it is no address at all. `flaws` may be NULL. Zones (fe80::1%eth0) are refused. */
bool np_ip_parse(struct np_str text, struct np_ip *out, unsigned *flaws);
/* False if it is no prefix at all. The result is masked. `unmasked` (may be NULL) is the address as written. */
bool np_prefix_parse(struct np_str text, struct np_prefix *out, struct np_ip *unmasked, unsigned *flaws);

bool np_ip_eq(const struct np_ip *a, const struct np_ip *b);
int np_ip_cmp(const struct np_ip *a, const struct np_ip *b); /* family first */
bool np_prefix_holds(const struct np_prefix *prefix, const struct np_ip *ip);
/* Is `inner` a subset of `outer`, equal included? */
bool np_prefix_within(const struct np_prefix *inner, const struct np_prefix *outer);
bool np_prefix_eq(const struct np_prefix *a, const struct np_prefix *b);
/* The whole-address prefix (/32, /128). */
struct np_prefix np_prefix_of(const struct np_ip *ip);

/* Longest text of an address or prefix, with NUL. */
#define NP_IP_TEXT 64
/* Canonical text (RFC 5952). `out` has NP_IP_TEXT bytes; returns its length. */
uint32_t np_ip_print(const struct np_ip *ip, char *out);
uint32_t np_prefix_print(const struct np_prefix *prefix, char *out);

#endif
