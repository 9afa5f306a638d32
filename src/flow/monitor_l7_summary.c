/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hubble's line on a record of L7: what was asked, and how it was answered.
 *
 * Sources: cilium/cilium v1.16.8 to v1.20.2 pkg/hubble/parser/seven/{parser,dns,http,kafka}.go. Names of DNS answers are quoted as Go's
 * %q does, but that which characters beyond ASCII can be printed is taken from blocks, not from Unicode's whole table.
 */

#include <inttypes.h>

#include "base/utf8.h"
#include "flow/monitor_l7.h"
#include "flow/record.h"
#include "flow/words.h"

static void put(struct np_buf *line, struct cnipol_text text)
{
    np_buf_add(line, text.s ? text.s : "", text.n);
}

static bool is_printable(uint32_t code)
{
    static const struct {
        uint32_t first, last;
    } hidden[] = {
        {0x7f, 0xa0},     {0xad, 0xad},     {0x61c, 0x61c},   {0x1680, 0x1680}, {0x180e, 0x180e},   {0x2000, 0x200f},
        {0x2028, 0x202f}, {0x205f, 0x206f}, {0x3000, 0x3000}, {0xe000, 0xf8ff}, {0xfeff, 0xfeff},   {0xfff0, 0xfffb},
        {0xfffe, 0xffff}, {0xe0000, 0xe00ff}, {0xe01f0, 0x10ffff},
    };

    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        if (code >= hidden[i].first && code <= hidden[i].last)
            return false;
    return code >= 0x20;
}

/* Go's escape for a character that cannot be printed. */
static void put_escape(struct np_buf *line, uint32_t code)
{
    static const char letters[] = "abtnvfr"; /* 7 to 13 */

    if (code >= 7 && code <= 13)
        np_buf_addf(line, "\\%c", letters[code - 7]);
    else if (code < 0x80)
        np_buf_addf(line, "\\x%02" PRIx32, code);
    else if (code < 0x10000)
        np_buf_addf(line, "\\u%04" PRIx32, code);
    else
        np_buf_addf(line, "\\U%08" PRIx32, code);
}

/* Inside quotes. */
static void put_quotable(struct np_buf *line, struct cnipol_text text)
{
    for (uint32_t at = 0, n; at < text.n; at += n) {
        uint32_t code;

        n = np_utf8_next(text.s + at, text.n - at, &code);
        if (code == '"' || code == '\\')
            np_buf_addc(line, '\\');
        if (is_printable(code))
            np_buf_add(line, text.s + at, n);
        else
            put_escape(line, code);
    }
}

/* All of them in one pair of quotes. */
static void put_quoted(struct np_buf *line, const struct cnipol_text *texts, uint32_t n)
{
    np_buf_addc(line, '"');
    for (uint32_t i = 0; i < n; i++) {
        np_buf_adds(line, i ? "," : "");
        put_quotable(line, texts[i]);
    }
    np_buf_addc(line, '"');
}

static void put_http(struct np_monitor_l7 *l7, const struct cnipol_flow_l7 *out)
{
    const struct np_access_http *http = &l7->log.http;
    bool is_response = np_text_is(l7->log.type, "Response");

    if (!is_response && !np_text_is(l7->log.type, "Request"))
        return;
    put(&l7->line, http->protocol);
    if (is_response)
        np_buf_addf(&l7->line, " %" PRId64 " %" PRIu64 "ms (", http->code, out->latency_ns / 1000000);
    else
        np_buf_addc(&l7->line, ' ');
    put(&l7->line, http->method);
    np_buf_addc(&l7->line, ' ');
    put(&l7->line, http->url);
    np_buf_adds(&l7->line, is_response ? ")" : "");
}

static void put_kafka(struct np_monitor_l7 *l7, const struct cnipol_flow_l7 *out)
{
    bool is_request = np_text_is(l7->log.type, "Request");

    if (out->kind != CNIPOL_L7_KAFKA)
        return;
    np_buf_addf(&l7->line, "Kafka %s ", is_request ? "request" : "response");
    put(&l7->line, out->api_key);
    np_buf_addf(&l7->line, " correlation id %" PRId32 " topic '", out->correlation_id);
    put(&l7->line, out->topic);
    np_buf_addc(&l7->line, '\'');
    if (!is_request)
        np_buf_addf(&l7->line, " return code %" PRId32, out->error_code);
}

static void put_answer(struct np_monitor_l7 *l7, const struct cnipol_text *ips)
{
    const struct np_access_dns *dns = &l7->log.dns;

    if (dns->rcode & 0xff) {
        np_buf_addf(&l7->line, "RCode: %s", np_dns_code((uint32_t)dns->rcode & 0xff, l7->minor));
        return;
    }
    if (dns->ips.n)
        put_quoted(&l7->line, ips, dns->ips.n);
    if (!dns->cnames.n)
        return;
    np_buf_adds(&l7->line, dns->ips.n ? " CNAMEs: " : "CNAMEs: ");
    put_quoted(&l7->line, dns->cnames.items, dns->cnames.n);
}

static void put_qtypes(struct np_monitor_l7 *l7)
{
    const uint64_t *types = l7->log.dns.qtypes.items;

    np_buf_addc(&l7->line, ' ');
    for (uint32_t i = 0; i < l7->log.dns.qtypes.n; i++) {
        np_buf_adds(&l7->line, i ? "," : "");
        np_buf_adds(&l7->line, np_dns_type((uint32_t)types[i], l7->minor));
    }
}

static void put_dns(struct np_monitor_l7 *l7, const struct cnipol_text *ips)
{
    const struct np_access_dns *dns = &l7->log.dns;

    if (np_text_is(l7->log.type, "Request")) {
        np_buf_adds(&l7->line, "DNS Query ");
        put(&l7->line, dns->query);
        put_qtypes(l7);
    } else if (np_text_is(l7->log.type, "Response")) {
        np_buf_adds(&l7->line, "DNS Answer ");
        put_answer(l7, ips);
        np_buf_addf(&l7->line, " TTL: %" PRIu64 " (%s ", dns->ttl, np_text_is(dns->source, "proxy") ? "Proxy" : "Query");
        put(&l7->line, dns->query);
        put_qtypes(l7);
        np_buf_addc(&l7->line, ')');
    }
}

/* As Go prints a map. */
static void put_generic(struct np_monitor_l7 *l7)
{
    const struct cnipol_flow_pair *pairs = l7->log.l7.fields.items;
    uint32_t n = l7->log.l7.fields.n;

    np_access_sort(&l7->log.l7.fields);
    put(&l7->line, l7->log.l7.protocol);
    np_buf_adds(&l7->line, " Fields: map[");
    for (uint32_t i = 0; i < n; i++) {
        np_buf_adds(&l7->line, i ? " " : "");
        put(&l7->line, pairs[i].key);
        np_buf_addc(&l7->line, ':');
        put(&l7->line, pairs[i].value);
    }
    np_buf_addc(&l7->line, ']');
}

void np_monitor_l7_summary(struct np_monitor_l7 *l7, const struct cnipol_text *ips, const struct cnipol_flow_l7 *out)
{
    uint32_t has = l7->log.has;

    np_buf_clear(&l7->line);
    if (has & NP_ACCESS_HAS_HTTP)
        put_http(l7, out);
    else if (has & NP_ACCESS_HAS_KAFKA)
        put_kafka(l7, out);
    else if (has & NP_ACCESS_HAS_DNS)
        put_dns(l7, ips);
    else if (has & NP_ACCESS_HAS_L7)
        put_generic(l7);
}
