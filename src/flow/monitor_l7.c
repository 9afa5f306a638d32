/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Access logs of Cilium's proxies, and events of its agent: what `cilium-dbg monitor` is sent beside the ring's events.
 *
 *     129, a LogRecord     a request or response, as Hubble makes a flow of it
 *     130, an AgentNotify  what the agent did
 *
 * both in Go's encoding/gob (gob.h). A response has the latency and the trace of the request with the same X-Request-Id, if that came
 * before. Passwords in URLs are hidden, as in Hubble unless it is told otherwise. Kafka's records ended with Cilium 1.19.
 *
 * Sources: cilium/cilium v1.16.8 to v1.20.2 pkg/monitor/agent/agent.go (SendEvent), pkg/hubble/parser/seven, pkg/hubble/parser/agent;
 * go.opentelemetry.io/otel v1.27.0 (Cilium 1.16), v1.41.0 (1.19), v1.44.0 (1.20) propagation/trace_context.go.
 */

#include "flow/monitor_l7.h"

#include <stdlib.h>

#include "base/ip.h"
#include "flow/endpoints.h"
#include "flow/hubble_json.h"
#include "flow/parse.h"
#include "flow/record.h"
#include "flow/words.h"

static struct np_monitor_l7 *get(struct np_flow_run *run, struct np_monitor_l7 **l7, uint8_t minor)
{
    if (*l7)
        return *l7;
    *l7 = np_zalloc(run->mem, sizeof **l7);
    if (!*l7)
        return NULL;
    np_buf_init(&(*l7)->line, run->mem);
    (*l7)->minor = minor;
    return *l7;
}

void np_monitor_l7_free(struct np_mem *mem, struct np_monitor_l7 *l7)
{
    if (!l7)
        return;
    np_request_cache_free(l7->times);
    np_request_cache_free(l7->traces);
    np_buf_free(&l7->line);
    np_free(mem, l7, sizeof *l7);
}

void np_monitor_l7_reset(struct np_monitor_l7 *l7)
{
    if (!l7 || !l7->times)
        return;
    np_request_cache_clear(l7->times);
    np_request_cache_clear(l7->traces);
}

static int flaw_of_gob(struct np_flow_run *run, const struct np_gob *gob)
{
    return gob->flaw ? np_flaw(run, NP_FLOW_SYNTAX, (size_t)(gob->flaw_at - (const uint8_t *)run->frame), gob->flaw) : CNIPOL_E_NOMEM;
}

static int unfit(struct np_flow_run *run, struct cnipol_text text, const char *why)
{
    return np_flaw(run, NP_FLOW_FIELD, text.s ? (size_t)(text.s - run->frame) : 0, why);
}

static struct cnipol_text copy(struct np_flow_run *run, const char *s, size_t n)
{
    return np_text(np_arena_strndup(&run->arena, s, n), n);
}

/* ---- Ends ---- */

static bool join_label(struct np_flow_run *run, const struct np_access_label *label, struct cnipol_text *out)
{
    size_t n = label->source.n + 1 + (size_t)label->key.n + (label->value.n ? 1 + (size_t)label->value.n : 0);
    char *at = np_arena_alloc(&run->arena, n);

    *out = np_text(at, n);
    if (!at)
        return false;
    memcpy(at, label->source.s ? label->source.s : "", label->source.n);
    at += label->source.n;
    *at++ = ':';
    memcpy(at, label->key.s ? label->key.s : "", label->key.n);
    at += label->key.n;
    if (label->value.n) {
        *at++ = '=';
        memcpy(at, label->value.s, label->value.n);
    }
    return true;
}

static bool set_labels(struct np_flow_run *run, const struct np_access_end *in, struct cnipol_flow_end *end)
{
    const struct np_access_label *labels = in->labels.items;
    struct cnipol_text *texts = in->labels.n ? np_arena_array(&run->arena, in->labels.n, sizeof *texts) : NULL;

    if (in->labels.n && !texts)
        return false;
    for (uint32_t i = 0; i < in->labels.n; i++) {
        if (!join_label(run, &labels[i], &texts[i]))
            return false;
        if (!end->cluster.s && np_text_is(labels[i].source, "k8s") && np_text_is(labels[i].key, "io.cilium.k8s.policy.cluster"))
            end->cluster = labels[i].value;
    }
    if (texts)
        qsort(texts, in->labels.n, sizeof *texts, np_text_order);
    end->labels = texts;
    end->n_labels = in->labels.n;
    return true;
}

/* The address, and what the table of endpoints knows of it. */
static int set_address(struct np_flow_run *run, struct cnipol_text text, struct cnipol_flow_end *end)
{
    const struct np_endpoint *known;
    struct np_ip ip;
    unsigned flaws = 0;

    if (!text.n)
        return CNIPOL_OK;
    if (!np_ip_parse((struct np_str){text.s, text.n}, &ip, &flaws) || (flaws & NP_IP_LEADING_ZEROS))
        return unfit(run, text, "a text that is no address");
    known = np_endpoint_by_address(run->opts.endpoints, ip.family, ip.bytes);
    end->ip = text;
    end->ns = known->ns;
    end->pod = known->pod;
    return CNIPOL_OK;
}

static int set_end(struct np_flow_run *run, const struct np_access_end *in, bool is_ip6, struct cnipol_flow_end *end)
{
    int rc = set_address(run, is_ip6 ? in->ip6 : in->ip4, end);

    end->id = (uint32_t)in->id;
    end->identity = (uint32_t)in->identity;
    end->has |= CNIPOL_FLOW_END_ENDPOINT | (end->id ? CNIPOL_FLOW_END_ID : 0) | (end->identity ? CNIPOL_FLOW_END_IDENTITY : 0);
    if (rc)
        return rc;
    return set_labels(run, in, end) ? CNIPOL_OK : CNIPOL_E_NOMEM;
}

/* Numbers are cut to the eight bits of Hubble's protocol. */
static void set_l4(const struct np_access_log *log, struct cnipol_flow *flow)
{
    uint8_t protocol = (uint8_t)log->protocol;

    if (protocol != 6 && protocol != 17 && protocol != 132)
        return;
    np_flow_protocol(flow, protocol);
    flow->has |= CNIPOL_HAS_L4;
    np_end_port(&flow->src, (uint16_t)log->src.port);
    np_end_port(&flow->dst, (uint16_t)log->dst.port);
}

/* ---- HTTP ---- */

static bool is_of_scheme(char c, bool is_first)
{
    return ((unsigned)c | 0x20) - 'a' < 26 || (!is_first && ((unsigned)c - '0' < 10 || c == '+' || c == '-' || c == '.'));
}

/* The text between "//" and the first / ? or #; s of the result is NULL where there is none. */
static struct cnipol_text authority_of(struct cnipol_text url)
{
    uint32_t from = 0, to;

    while (from < url.n && is_of_scheme(url.s[from], from == 0))
        from++;
    from += from && from < url.n && url.s[from] == ':';
    if ((from && url.s[from - 1] != ':') || url.n - from < 2 || memcmp(url.s + from, "//", 2) != 0)
        return (struct cnipol_text){NULL, 0};
    for (from += 2, to = from; to < url.n && !memchr("/?#", url.s[to], 3);)
        to++;
    return np_text(url.s + from, to - from);
}

/* The URL without its password. False: no memory. */
static bool hide_password(struct np_flow_run *run, struct cnipol_text *url)
{
    static const char hidden[] = "HUBBLE_REDACTED";
    struct cnipol_text authority = authority_of(*url);
    const char *at = authority.n ? memrchr(authority.s, '@', authority.n) : NULL;
    const char *colon = at ? memchr(authority.s, ':', (size_t)(at - authority.s)) : NULL;
    size_t before, behind;
    char *out;

    if (!colon)
        return true;
    before = (size_t)(colon + 1 - url->s);
    behind = url->n - (size_t)(at - url->s);
    out = np_arena_alloc(&run->arena, before + sizeof hidden - 1 + behind);
    if (!out)
        return false;
    memcpy(out, url->s, before);
    memcpy(out + before, hidden, sizeof hidden - 1);
    memcpy(out + before + sizeof hidden - 1, at, behind);
    *url = np_text(out, before + sizeof hidden - 1 + behind);
    return true;
}

static void set_http(const struct np_access_http *http, bool is_request, struct cnipol_flow_l7 *out)
{
    struct cnipol_flow_pair *headers = http->headers.items;

    np_access_sort(&http->headers);
    for (uint32_t i = 0; i < http->headers.n; i++)
        headers[i].value.s = headers[i].value.n ? headers[i].value.s : NULL;
    out->kind = CNIPOL_L7_HTTP;
    out->code = is_request ? 0 : (uint32_t)http->code;
    out->has |= out->code ? CNIPOL_L7_CODE : 0;
    out->method = http->method;
    out->url = http->url;
    out->protocol = http->protocol;
    out->headers = headers;
    out->n_headers = http->headers.n;
}

static struct cnipol_text header_of(const struct np_access_http *http, const char *key)
{
    const struct cnipol_flow_pair *headers = http->headers.items;

    for (uint32_t i = 0; i < http->headers.n; i++)
        if (np_text_is(headers[i].key, key))
            return headers[i].value;
    return (struct cnipol_text){NULL, 0};
}

/* ---- DNS and Kafka ---- */

static bool print_address(struct np_flow_run *run, const struct np_gob_bytes *in, struct cnipol_text *out)
{
    struct np_ip ip = {.family = in->bytes.n == 4 ? 4 : 6};
    bool is_mapped = in->bytes.n == 16 && memcmp(in->bytes.s, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) == 0;
    char text[NP_IP_TEXT];
    uint32_t n;

    if (in->bytes.n != 4 && (in->is_marshaled ? in->bytes.n < 16 : in->bytes.n != 16)) {
        *out = np_text_of(in->is_marshaled ? "invalid IP" : "<nil>");
        return true;
    }
    if (is_mapped && !in->is_marshaled)
        ip.family = 4;
    memcpy(ip.bytes, in->bytes.s + (ip.family == 4 ? in->bytes.n - 4 : 0), ip.family == 4 ? 4 : 16);
    n = np_ip_print(&ip, text);
    if (in->bytes.n > 16) {
        char *zoned = np_arena_alloc(&run->arena, n + 1 + in->bytes.n - 16);

        *out = np_text(zoned, n + 1 + in->bytes.n - 16);
        if (!zoned)
            return false;
        memcpy(zoned, text, n);
        zoned[n] = '%';
        memcpy(zoned + n + 1, in->bytes.s + 16, in->bytes.n - 16);
        return true;
    }
    *out = copy(run, text, n);
    return out->s != NULL;
}

/* The addresses as texts. False: no memory. */
static bool print_addresses(struct np_flow_run *run, const struct np_access_dns *dns, const struct cnipol_text **out)
{
    const struct np_gob_bytes *ips = dns->ips.items;
    struct cnipol_text *texts = dns->ips.n ? np_arena_array(&run->arena, dns->ips.n, sizeof *texts) : NULL;

    *out = texts;
    if (dns->ips.n && !texts)
        return false;
    for (uint32_t i = 0; i < dns->ips.n; i++)
        if (!print_address(run, &ips[i], &texts[i]))
            return false;
    return true;
}

static bool name_types(struct np_flow_run *run, const struct np_flow_list *types, unsigned minor, const struct cnipol_text **out, uint32_t *n)
{
    const uint64_t *numbers = types->items;
    struct cnipol_text *texts = types->n ? np_arena_array(&run->arena, types->n, sizeof *texts) : NULL;

    *out = texts;
    *n = types->n;
    if (types->n && !texts)
        return false;
    for (uint32_t i = 0; i < types->n; i++)
        texts[i] = np_text_of(np_dns_type((uint32_t)numbers[i], minor));
    return true;
}

static bool set_dns(struct np_flow_run *run, const struct np_monitor_l7 *l7, bool is_request, const struct cnipol_text *ips, struct cnipol_flow_l7 *out)
{
    const struct np_access_dns *dns = &l7->log.dns;

    out->kind = CNIPOL_L7_DNS;
    out->query = dns->query;
    out->observation_source = dns->source;
    if (!name_types(run, &dns->qtypes, l7->minor, &out->qtypes, &out->n_qtypes))
        return false;
    if (is_request)
        return true;
    out->ips = ips;
    out->n_ips = dns->ips.n;
    out->cnames = dns->cnames.items;
    out->n_cnames = dns->cnames.n;
    out->ttl = (uint32_t)dns->ttl;
    out->rcode = (uint32_t)dns->rcode;
    out->has |= (out->ttl ? CNIPOL_L7_TTL : 0) | (out->rcode ? CNIPOL_L7_RCODE : 0);
    return name_types(run, &dns->types, l7->minor, &out->rrtypes, &out->n_rrtypes);
}

static void set_kafka(const struct np_access_kafka *kafka, bool is_request, struct cnipol_flow_l7 *out)
{
    out->kind = CNIPOL_L7_KAFKA;
    out->error_code = is_request ? 0 : (int32_t)kafka->error_code;
    out->api_version = (int32_t)kafka->api_version;
    out->correlation_id = (int32_t)kafka->correlation_id;
    out->api_key = kafka->api_key;
    out->topic = kafka->topic.name;
    out->has |= (out->error_code ? CNIPOL_L7_ERROR_CODE : 0) | (out->api_version ? CNIPOL_L7_API_VERSION : 0) |
                (out->correlation_id ? CNIPOL_L7_CORRELATION_ID : 0);
}

/* ---- Requests and their responses ---- */

/* Lower-case digits of a part that has n of them, and a '-' or the end behind; *p is put behind it. */
static bool is_hex_part(const char **p, const char *end, size_t n)
{
    const char *dash = memchr(*p, '-', (size_t)(end - *p)), *stop = dash ? dash : end;

    if ((size_t)(stop - *p) != n)
        return false;
    for (; *p < stop; (*p)++)
        if (!((unsigned)**p - '0' < 10 || (unsigned)**p - 'a' < 6))
            return false;
    *p = dash ? dash + 1 : end;
    return true;
}

static bool is_zero(const char *digits, size_t n)
{
    return strspn(digits, "0") >= n;
}

/* The trace's id in W3C's traceparent: version, trace, parent, flags; since Cilium 1.20 two of these. s of the result is NULL where it is none. */
static struct cnipol_text trace_of(struct cnipol_text parent, unsigned minor)
{
    const char most = minor && minor < 20 ? '2' : '3';
    const struct cnipol_text none = {NULL, 0};
    const char *p = parent.s ? parent.s : "", *end = p + parent.n, *trace, *span, *flags;

    if (!is_hex_part(&p, end, 2) || memcmp(parent.s, "ff", 2) == 0)
        return none;
    trace = p;
    if (!is_hex_part(&p, end, 32))
        return none;
    span = p;
    if (!is_hex_part(&p, end, 16))
        return none;
    flags = p;
    if (!is_hex_part(&p, end, 2) || (memcmp(parent.s, "00", 2) == 0 && (p != end || flags[0] != '0' || flags[1] > most)))
        return none;
    return is_zero(trace, 32) || is_zero(span, 16) ? none : np_text(trace, 32);
}

/* Go's Sub(): what does not fit is cut to what does; nothing is negative here. */
static uint64_t since(struct cnipol_time from, struct cnipol_time to)
{
    int64_t seconds = to.seconds - from.seconds, nanos = (int64_t)to.nanos - (int64_t)from.nanos;

    if (seconds > INT64_MAX / 1000000000 - 1)
        return INT64_MAX;
    if (seconds < 0)
        return 0;
    nanos += seconds * 1000000000;
    return nanos < 0 ? 0 : (uint64_t)nanos;
}

/* False: no memory. */
static bool make_caches(struct np_flow_run *run, struct np_monitor_l7 *l7)
{
    if (l7->times)
        return true;
    l7->times = np_request_cache_new(run->mem);
    l7->traces = l7->times ? np_request_cache_new(run->mem) : NULL;
    if (l7->traces)
        return true;
    np_request_cache_free(l7->times);
    l7->times = NULL;
    return false;
}

/* What the request says of this, which is it or its response. False: no memory. */
static bool match_request(struct np_flow_run *run, struct np_monitor_l7 *l7, struct cnipol_text id, struct cnipol_flow *flow, struct cnipol_flow_l7 *out)
{
    const struct np_request_value *value;

    if (np_text_is(l7->log.type, "Request"))
        flow->trace_id = trace_of(header_of(&l7->log.http, "Traceparent"), l7->minor);
    if (!id.n)
        return true;
    if (!make_caches(run, l7))
        return false;
    if (!np_text_is(l7->log.type, "Response"))
        return true;
    value = np_request_cache_find(l7->times, id);
    out->latency_ns = value ? since(value->time, flow->time) : 0;
    out->has |= out->latency_ns ? CNIPOL_L7_LATENCY : 0;
    value = np_request_cache_find(l7->traces, id);
    if (value)
        flow->trace_id = copy(run, value->trace_id, sizeof value->trace_id);
    return !value || flow->trace_id.s;
}

/* Once nothing can fail any more. */
static void remember_request(struct np_monitor_l7 *l7, struct cnipol_text id, const struct cnipol_flow *flow)
{
    struct np_request_value value = {.time = flow->time};

    if (!id.n)
        return;
    if (np_text_is(l7->log.type, "Response")) {
        np_request_cache_remove(l7->times, id);
        np_request_cache_remove(l7->traces, id);
    } else if (np_text_is(l7->log.type, "Request")) {
        np_request_cache_add(l7->times, id, &value);
        if (!flow->trace_id.s)
            return;
        memcpy(value.trace_id, flow->trace_id.s, sizeof value.trace_id);
        np_request_cache_add(l7->traces, id, &value);
    }
}

/* ---- The record ---- */

static int set_time(struct np_flow_run *run, struct cnipol_text text, struct cnipol_flow *flow)
{
    struct np_hubble_clock clock = {.midnight = 0};
    struct cnipol_time time;

    if (!text.n || (!np_parse_rfc3339(text, &time) && !np_hubble_time(&clock, text, &time)))
        return unfit(run, text, "a text that is no time");
    np_flow_time(flow, time);
    return CNIPOL_OK;
}

/* Words of the access log, each with what it means. */
struct meaning {
    const char *word;
    int value;
};

static int meaning_of(const struct meaning *words, struct cnipol_text text)
{
    for (; words->word; words++)
        if (np_text_is(text, words->word))
            return words->value;
    return 0;
}

static void set_words(const struct np_access_log *log, struct cnipol_flow *flow)
{
    static const struct meaning verdicts[] = {{"Denied", CNIPOL_FLOW_DROPPED},
                                              {"Forwarded", CNIPOL_FLOW_FORWARDED},
                                              {"Redirected", CNIPOL_FLOW_REDIRECTED},
                                              {"Error", CNIPOL_FLOW_ERROR},
                                              {NULL, 0}};
    static const struct meaning points[] = {{"Ingress", CNIPOL_FLOW_INGRESS}, {"Egress", CNIPOL_FLOW_EGRESS}, {NULL, 0}};
    int verdict = meaning_of(verdicts, log->verdict), direction = meaning_of(points, log->point);

    if (verdict)
        np_flow_verdict(flow, (enum cnipol_flow_verdict)verdict);
    if (direction)
        np_flow_direction(flow, (enum cnipol_flow_direction)direction);
    flow->reply = np_text_is(log->type, "Response");
    flow->flow_type = 2;
    flow->event_type = 129;
    flow->has |= CNIPOL_HAS_REPLY | CNIPOL_HAS_FLOW_TYPE | CNIPOL_HAS_EVENT_TYPE | CNIPOL_HAS_IP;
    flow->ip_version = log->ip_version ? 6 : 4;
}

static int set_l7(struct np_flow_run *run, struct np_monitor_l7 *l7, const struct cnipol_text *ips, struct cnipol_flow_l7 *out)
{
    static const struct meaning types[] = {{"Request", 1}, {"Response", 2}, {"Sample", 3}, {NULL, 0}};
    static const struct cnipol_text words[] = {{NULL, 0}, NP_TEXT("request"), NP_TEXT("response"), NP_TEXT("sample")};
    const struct np_access_log *log = &l7->log;
    int type = meaning_of(types, log->type);

    out->type = words[type];
    out->has |= type ? CNIPOL_L7_TYPE : 0;
    if (log->has & NP_ACCESS_HAS_DNS)
        return set_dns(run, l7, type == 1, ips, out) ? CNIPOL_OK : CNIPOL_E_NOMEM;
    if (log->has & NP_ACCESS_HAS_HTTP)
        set_http(&log->http, type == 1, out);
    else if (log->has & NP_ACCESS_HAS_KAFKA)
        set_kafka(&log->kafka, type == 1, out);
    return CNIPOL_OK;
}

static int set_summary(struct np_flow_run *run, struct np_monitor_l7 *l7, const struct cnipol_text *ips, struct cnipol_flow *flow)
{
    np_monitor_l7_summary(l7, ips, flow->l7);
    if (np_buf_failed(&l7->line))
        return CNIPOL_E_NOMEM;
    if (!l7->line.n)
        return CNIPOL_OK;
    flow->summary = copy(run, l7->line.s, l7->line.n);
    return flow->summary.s ? CNIPOL_OK : CNIPOL_E_NOMEM;
}

static int set_ends(struct np_flow_run *run, const struct np_access_log *log, struct cnipol_flow *flow)
{
    int rc;

    if (log->ip_version > 1)
        return np_flaw(run, NP_FLOW_FIELD, 0, "an access log of an IP version that is neither 4 nor 6");
    rc = set_time(run, log->timestamp, flow);
    if (!rc)
        rc = set_end(run, &log->src, log->ip_version != 0, &flow->src);
    return rc ? rc : set_end(run, &log->dst, log->ip_version != 0, &flow->dst);
}

static int set_record(struct np_flow_run *run, struct np_monitor_l7 *l7, struct cnipol_flow *flow)
{
    struct cnipol_flow_l7 *out = np_arena_zalloc(&run->arena, sizeof *out);
    struct cnipol_text id = header_of(&l7->log.http, "X-Request-Id");
    const struct cnipol_text *ips;
    int rc = set_ends(run, &l7->log, flow);

    if (rc)
        return rc;
    if (!out || !hide_password(run, &l7->log.http.url) || !print_addresses(run, &l7->log.dns, &ips) || !match_request(run, l7, id, flow, out))
        return CNIPOL_E_NOMEM;
    flow->l7 = out;
    flow->has |= flow->trace_id.s ? CNIPOL_HAS_TRACE_CONTEXT : 0;
    set_words(&l7->log, flow);
    set_l4(&l7->log, flow);
    rc = set_l7(run, l7, ips, out);
    if (!rc && np_flow_wants(run, CNIPOL_FIELD_SUMMARY))
        rc = set_summary(run, l7, ips, flow);
    if (rc)
        return rc;
    remember_request(l7, id, flow);
    return 1;
}

int np_monitor_access_log(struct np_flow_run *run, struct np_monitor_l7 **state, uint8_t minor, struct cnipol_flow *flow)
{
    struct np_monitor_l7 *l7 = get(run, state, minor);

    if (!l7)
        return CNIPOL_E_NOMEM;
    l7->log = (struct np_access_log){.has = 0};
    if (!np_gob_read(&l7->gob, run, (const uint8_t *)run->frame + 1, run->n - 1, &np_access_log_shape, &l7->log))
        return flaw_of_gob(run, &l7->gob);
    return set_record(run, l7, flow);
}

int np_monitor_agent_event(struct np_flow_run *run, struct np_monitor_l7 **state, uint8_t minor, struct cnipol_flow *flow)
{
    /* flow.proto's AgentEventType by AgentNotification. */
    static const uint8_t types[] = {0, 0, 2, 5, 6, 3, 4, 7, 8, 9, 10};
    struct np_monitor_l7 *l7 = get(run, state, minor);
    struct np_agent_notify notify = {.has = 0};
    struct cnipol_flow_event *event = np_arena_zalloc(&run->arena, sizeof *event);

    if (!l7 || !event)
        return CNIPOL_E_NOMEM;
    if (!np_gob_read(&l7->gob, run, (const uint8_t *)run->frame + 1, run->n - 1, &np_agent_notify_shape, &notify))
        return flaw_of_gob(run, &l7->gob);
    event->kind = CNIPOL_EVENT_AGENT;
    event->type = notify.type < sizeof types ? types[notify.type] : 0;
    event->has = event->type ? CNIPOL_EVENT_TYPE : 0;
    event->message = notify.text;
    flow->event = event;
    flow->event_type = 130;
    flow->has |= CNIPOL_HAS_EVENT_TYPE;
    return 1;
}
