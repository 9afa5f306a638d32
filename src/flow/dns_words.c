/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DNS' record types and response codes, as Hubble writes them. It has them from gopacket, which learnt some with time.
 *
 * Sources: layers/dns.go (DNSType.String, DNSResponseCode.String) of google/gopacket v1.1.19 (Cilium 1.16) and gopacket/gopacket v1.3.1
 * (1.17), v1.5.0 (1.19), v1.6.1 (1.20).
 */

#include "flow/words.h"

/* Known since Cilium 1.`since`. */
struct dns_word {
    uint16_t number;
    uint8_t since;
    const char *word;
};

static const struct dns_word types[] = {
    {1, 0, "A"}, {2, 0, "NS"}, {3, 0, "MD"}, {4, 0, "MF"}, {5, 0, "CNAME"}, {6, 0, "SOA"}, {7, 0, "MB"}, {8, 0, "MG"}, {9, 0, "MR"}, {10, 0, "NULL"}, {11, 0, "WKS"},
    {12, 0, "PTR"}, {13, 0, "HINFO"}, {14, 0, "MINFO"}, {15, 0, "MX"}, {16, 0, "TXT"}, {28, 0, "AAAA"}, {33, 0, "SRV"}, {35, 20, "NAPTR"}, {41, 0, "OPT"},
    {46, 17, "RRSIG"}, {48, 17, "DNSKEY"}, {64, 17, "SVCB"}, {65, 17, "HTTPS"}, {256, 0, "URI"},
};

static const struct dns_word codes[] = {
    {0, 0, "No Error"}, {1, 0, "Format Error"}, {2, 0, "Server Failure"}, {3, 0, "Non-Existent Domain"}, {4, 0, "Not Implemented"},
    {5, 0, "Query Refused"}, {6, 0, "Name Exists when it should not"}, {7, 0, "RR Set Exists when it should not"},
    {8, 0, "RR Set that should exist does not"}, {9, 0, "Server Not Authoritative for zone"}, {10, 0, "Name not contained in zone"},
    {16, 0, "Bad OPT Version"}, {17, 0, "Key not recognized"}, {18, 0, "Signature out of time window"}, {19, 0, "Bad TKEY Mode"},
    {20, 0, "Duplicate key name"}, {21, 0, "Algorithm not supported"}, {22, 0, "Bad Truncation"}, {23, 0, "Bad Cookie"},
};

static const char *find(const struct dns_word *words, size_t n, uint32_t number, unsigned minor)
{
    for (size_t i = 0; i < n; i++)
        if (words[i].number == number)
            return minor && minor < words[i].since ? "Unknown" : words[i].word;
    return "Unknown";
}

const char *np_dns_type(uint32_t type, unsigned minor)
{
    return find(types, sizeof types / sizeof *types, type, minor);
}

const char *np_dns_code(uint32_t code, unsigned minor)
{
    if (code == 2 && minor == 16)
        return "Server Failure "; /* sic */
    return find(codes, sizeof codes / sizeof *codes, code, minor);
}
