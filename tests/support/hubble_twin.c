/* SPDX-License-Identifier: BSD-2-Clause */
/* See hubble_twin.h. Types are those of cilium/cilium v1.20.2 api/v1/flow/flow.proto. */

#include "hubble_twin.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow/format.h"
#include "flow/words.h"

struct twin {
    struct np_arena *arena;
    struct cnipol_flow *flow;
    bool bad;
};

typedef struct json_object *node;

static node refuse(struct twin *t)
{
    t->bad = true;
    return NULL;
}

/* A member by either spelling; NULL where it is not there or null. Both at once are refused. */
static node member(struct twin *t, node o, const char *name)
{
    char camel[64];
    node a = NULL, b = NULL;
    bool has_a, has_b;
    size_t n = 0;

    for (const char *p = name; *p; p++)
        if (*p != '_')
            camel[n++] = p > name && p[-1] == '_' ? (char)toupper((unsigned char)*p) : *p;
    camel[n] = '\0';
    has_a = json_object_object_get_ex(o, name, &a);
    has_b = strcmp(camel, name) != 0 && json_object_object_get_ex(o, camel, &b);
    return has_a && has_b ? refuse(t) : has_a ? a : b;
}

static bool is_there(node o, const char *name)
{
    return json_object_object_get_ex(o, name, NULL);
}

/* The short form's spelling, where the member itself is not there and what stands there fits: an object, or a word or number. */
static node loose(struct twin *t, node o, const char *name, const char *other)
{
    bool wants_object = strcmp(other, "type") != 0;
    node value = NULL;

    if (!is_there(o, name) && json_object_object_get_ex(o, other, &value) &&
        (wants_object ? json_object_is_type(value, json_type_object)
                      : json_object_is_type(value, json_type_string) ||
                            ((json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double)) &&
                             json_object_get_string(value)[0] != '-')))
        return value;
    return member(t, o, name);
}

static node object(struct twin *t, node value)
{
    return value && !json_object_is_type(value, json_type_object) ? refuse(t) : value;
}

static struct cnipol_text keep(struct twin *t, const char *s, size_t n)
{
    char *copy = np_arena_strndup(t->arena, s, n);

    return (struct cnipol_text){copy, (uint32_t)n};
}

static struct cnipol_text text_of(struct twin *t, node value)
{
    if (!value || !json_object_is_type(value, json_type_string)) {
        refuse(t);
        return (struct cnipol_text){NULL, 0};
    }
    return keep(t, json_object_get_string(value), (size_t)json_object_get_string_len(value));
}

static struct cnipol_text text(struct twin *t, node o, const char *name)
{
    node value = member(t, o, name);
    struct cnipol_text none = {NULL, 0}, said = value ? text_of(t, value) : none;

    return said.n ? said : none;
}

static struct cnipol_text address(struct twin *t, node o, const char *name)
{
    struct cnipol_text said = text(t, o, name);
    unsigned char room[16];

    if (said.s && (strlen(said.s) != said.n || (inet_pton(AF_INET, said.s, room) != 1 && inet_pton(AF_INET6, said.s, room) != 1)))
        refuse(t);
    return said;
}

static const struct cnipol_text *texts(struct twin *t, node o, const char *name, uint32_t *n)
{
    node value = member(t, o, name);
    struct cnipol_text *items;

    *n = 0;
    if (!value)
        return NULL;
    if (!json_object_is_type(value, json_type_array)) {
        refuse(t);
        return NULL;
    }
    *n = (uint32_t)json_object_array_length(value);
    items = *n ? np_arena_array(t->arena, *n, sizeof *items) : NULL;
    for (uint32_t i = 0; i < *n; i++)
        items[i] = text_of(t, json_object_array_get_idx(value, i));
    return items;
}

/* JSON's grammar of numbers. */
static bool is_number(const char *s)
{
    s += *s == '-';
    if (!isdigit((unsigned char)*s))
        return false;
    s += *s == '0' ? 1 : strspn(s, "0123456789");
    if (*s == '.') {
        if (!isdigit((unsigned char)s[1]))
            return false;
        s += 1 + strspn(s + 1, "0123456789");
    }
    if (*s == 'e' || *s == 'E') {
        s += 1 + (s[1] == '+' || s[1] == '-');
        if (!isdigit((unsigned char)*s))
            return false;
        s += strspn(s, "0123456789");
    }
    return *s == '\0';
}

static long double number_of(struct twin *t, node value, long double least, long double most)
{
    const char *s = json_object_get_string(value);
    long double number;

    if (json_object_is_type(value, json_type_boolean) || json_object_is_type(value, json_type_array) ||
        json_object_is_type(value, json_type_object) || (json_object_is_type(value, json_type_string) && strlen(s) != (size_t)json_object_get_string_len(value)) ||
        !is_number(s)) {
        refuse(t);
        return 0;
    }
    number = strtold(s, NULL);
    if (number != floorl(number) || number < least || number > most) {
        refuse(t);
        return 0;
    }
    return number;
}

static uint64_t u(struct twin *t, node o, const char *name, uint64_t most)
{
    node value = member(t, o, name);

    return value ? (uint64_t)number_of(t, value, 0, (long double)most) : 0;
}

static int32_t i32(struct twin *t, node o, const char *name)
{
    node value = member(t, o, name);

    return value ? (int32_t)number_of(t, value, INT32_MIN, INT32_MAX) : 0;
}

static bool boolean(struct twin *t, node o, const char *name)
{
    node value = member(t, o, name);

    if (value && !json_object_is_type(value, json_type_boolean))
        refuse(t);
    return value && json_object_get_boolean(value);
}

/* 0 for a word that is not known, which is *unknown then. */
static int32_t word_of(struct twin *t, node value, const struct np_words *words, struct cnipol_text *unknown)
{
    struct cnipol_text said;
    int32_t found = 0;

    if (!json_object_is_type(value, json_type_string))
        return (int32_t)number_of(t, value, INT32_MIN, INT32_MAX);
    said = text_of(t, value);
    if (words ? np_word_find(words, said, &found) : (found = (int32_t)np_drop_reason_find(said)) != 0 || strcmp(said.s, "DROP_REASON_UNKNOWN") == 0)
        return found;
    if (unknown)
        *unknown = said;
    return 0;
}

static int32_t word(struct twin *t, node value, const struct np_words *words)
{
    return value ? word_of(t, value, words, NULL) : 0;
}

static uint32_t digits(struct twin *t, const char **s, int least, int most, uint32_t last)
{
    uint32_t value = 0;
    int n = 0;

    for (; n < most && isdigit((unsigned char)**s); n++)
        value = value * 10 + (uint32_t)(*(*s)++ - '0');
    if (n < least || value > last)
        refuse(t);
    return value;
}

static void literal(struct twin *t, const char **s, char c)
{
    if (**s != c)
        refuse(t);
    else
        ++*s;
}

static uint32_t fraction(struct twin *t, const char **s)
{
    bool is_point = **s == '.';
    uint32_t nanos = 0, n = 0;

    if ((**s != '.' && **s != ',') || !isdigit((unsigned char)(*s)[1]))
        return 0;
    for (++*s; isdigit((unsigned char)**s); ++*s)
        if (n++ < 9)
            nanos = nanos * 10 + (uint32_t)(**s - '0');
    if (is_point && n > 9)
        refuse(t);
    for (; n < 9; n++)
        nanos *= 10;
    return nanos;
}

static int64_t days_before(int64_t year, uint32_t month)
{
    static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int64_t y = year - 1;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return y * 365 + (y >= 0 ? y / 4 - y / 100 + y / 400 : -1) + before[month - 1] + (leap && month > 2);
}

static bool time_of(struct twin *t, node o, const char *name, struct cnipol_time *out)
{
    node value = member(t, o, name);
    struct cnipol_text said = value ? text_of(t, value) : (struct cnipol_text){NULL, 0};
    uint32_t year, month, day, hour, minute, second;
    int64_t ahead = 0, length;
    const char *s = said.s;

    if (!s)
        return false;
    year = digits(t, &s, 4, 4, 9999);
    literal(t, &s, '-');
    month = digits(t, &s, 2, 2, 12);
    literal(t, &s, '-');
    day = digits(t, &s, 2, 2, 31);
    literal(t, &s, 'T');
    hour = digits(t, &s, 1, 2, 23);
    literal(t, &s, ':');
    minute = digits(t, &s, 2, 2, 59);
    literal(t, &s, ':');
    second = digits(t, &s, 2, 2, 59);
    out->nanos = fraction(t, &s);
    if (*s == '+' || *s == '-') {
        bool behind = *s++ == '-';

        ahead = digits(t, &s, 2, 2, 24) * 3600;
        literal(t, &s, ':');
        ahead += digits(t, &s, 2, 2, 60) * 60;
        ahead = behind ? -ahead : ahead;
    } else {
        literal(t, &s, 'Z');
    }
    if (t->bad || month == 0 || day == 0 || s != said.s + said.n)
        return refuse(t) != NULL;
    length = days_before(month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1) - days_before(year, month);
    if (day > length)
        return refuse(t) != NULL;
    out->seconds = (days_before(year, month) + day - 1 - days_before(1970, 1)) * 86400 + hour * 3600 + minute * 60 + second - ahead;
    if (out->seconds < -62135596800 || out->seconds > 253402300799)
        refuse(t);
    return true;
}

/* The one member of a oneof that is set; NULL: none. */
static node one_of(struct twin *t, node o, const char *const *names, const char *const *others, uint32_t *which)
{
    node found = NULL;

    for (uint32_t i = 0; names[i]; i++) {
        node value = others ? loose(t, o, names[i], others[i]) : member(t, o, names[i]);

        if (!value)
            continue;
        if (found)
            return refuse(t);
        found = value;
        *which = i;
    }
    return object(t, found);
}

static void ports(struct twin *t, node o, uint16_t *src, uint16_t *dst)
{
    *src = (uint16_t)u(t, o, "source_port", 65535);
    *dst = (uint16_t)u(t, o, "destination_port", 65535);
}

static uint16_t tcp_flags(struct twin *t, node o)
{
    static const char *const names[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "NS"};
    uint16_t flags = 0;

    for (uint32_t i = 0; i < 9; i++)
        flags = (uint16_t)(flags | (boolean(t, o, names[i]) ? 1u << i : 0));
    return flags;
}

static const char *const l4_names[] = {"TCP", "UDP", "ICMPv4", "ICMPv6", "SCTP", "VRRP", "IGMP", NULL};
static const char *const l4_others[] = {"tcp", "udp", "icmpv4", "icmpv6", "sctp", "vrrp", "igmp", NULL};

static void l4(struct twin *t, node o)
{
    static const uint8_t numbers[] = {6, 17, 1, 58, 132, 112, 2};
    struct cnipol_flow *flow = t->flow;
    uint32_t which = 0;
    node p = one_of(t, o, l4_names, l4_others, &which), flags;

    if (!p)
        return;
    flow->protocol = numbers[which];
    flow->has |= CNIPOL_HAS_PROTOCOL;
    if (which == 0 || which == 1 || which == 4) {
        ports(t, p, &flow->src.port, &flow->dst.port);
    } else {
        flow->has |= CNIPOL_HAS_ICMP;
        flow->icmp_type = (uint8_t)u(t, p, "type", 255);
    }
    if (which == 2 || which == 3)
        flow->icmp_code = (uint8_t)u(t, p, "code", 255);
    if (which == 4)
        flow->sctp_chunk_type = (uint32_t)word(t, member(t, p, "chunk_type"), &np_words_sctp_chunk);
    if (which == 5) {
        (void)u(t, p, "vrid", UINT32_MAX);
        (void)u(t, p, "priority", UINT32_MAX);
    }
    if (which == 6)
        (void)text(t, p, "group_address");
    flags = which == 0 ? object(t, member(t, p, "flags")) : NULL;
    if (flags) {
        flow->has |= CNIPOL_HAS_TCP_FLAGS;
        flow->tcp_flags = tcp_flags(t, flags);
    }
}

static void tunnel_l4(struct twin *t, node o)
{
    uint32_t which = 0;
    node p = one_of(t, o, l4_names, NULL, &which), flags;

    if (!p)
        return;
    if (which == 0 || which == 1 || which == 4)
        ports(t, p, &t->flow->tunnel_src_port, &t->flow->tunnel_dst_port);
    else
        (void)u(t, p, "type", UINT32_MAX);
    if (which == 2 || which == 3)
        (void)u(t, p, "code", UINT32_MAX);
    if (which == 4)
        (void)word(t, member(t, p, "chunk_type"), &np_words_sctp_chunk);
    if (which == 5) {
        (void)u(t, p, "vrid", UINT32_MAX);
        (void)u(t, p, "priority", UINT32_MAX);
    }
    if (which == 6)
        (void)text(t, p, "group_address");
    flags = which == 0 ? object(t, member(t, p, "flags")) : NULL;
    if (flags)
        (void)tcp_flags(t, flags);
}

static void tunnel(struct twin *t, node o)
{
    struct cnipol_flow *flow = t->flow;
    node ip = object(t, member(t, o, "IP")), under = object(t, member(t, o, "l4"));

    flow->has |= CNIPOL_HAS_TUNNEL;
    flow->tunnel_protocol = word(t, member(t, o, "protocol"), &np_words_tunnel);
    flow->tunnel_vni = (uint32_t)u(t, o, "vni", UINT32_MAX);
    if (ip) {
        flow->tunnel_src = address(t, ip, "source");
        flow->tunnel_dst = address(t, ip, "destination");
        (void)word(t, member(t, ip, "ipVersion"), &np_words_ip_version);
        (void)boolean(t, ip, "encrypted");
        (void)text(t, ip, "source_xlated");
    }
    if (under)
        tunnel_l4(t, under);
}

static node list(struct twin *t, node o, const char *name, uint32_t *n)
{
    node value = member(t, o, name);

    if (value && !json_object_is_type(value, json_type_array))
        value = refuse(t);
    *n = value ? (uint32_t)json_object_array_length(value) : 0;
    return value;
}

static node element(struct twin *t, node items, uint32_t i)
{
    node value = json_object_array_get_idx(items, i);

    return value ? object(t, value) : refuse(t);
}

static void endpoint(struct twin *t, node o, struct cnipol_flow_end *end)
{
    struct cnipol_flow_workload *workloads;
    uint32_t n;
    node items = list(t, o, "workloads", &n);

    end->has |= CNIPOL_FLOW_END_ENDPOINT;
    end->id = (uint32_t)u(t, o, "ID", UINT32_MAX);
    end->identity = (uint32_t)u(t, o, "identity", UINT32_MAX);
    end->has |= (end->id ? CNIPOL_FLOW_END_ID : 0) | (end->identity ? CNIPOL_FLOW_END_IDENTITY : 0);
    end->cluster = text(t, o, "cluster_name");
    end->ns = text(t, o, "namespace");
    end->pod = text(t, o, "pod_name");
    end->labels = texts(t, o, "labels", &end->n_labels);
    workloads = n ? np_arena_zalloc(t->arena, n * sizeof *workloads) : NULL;
    for (uint32_t i = 0; i < n && !t->bad; i++) {
        node w = element(t, items, i);

        if (!w)
            break;
        workloads[i].name = text(t, w, "name");
        workloads[i].kind = text(t, w, "kind");
    }
    end->workloads = workloads;
    end->n_workloads = n;
}

static void service(struct twin *t, node o, struct cnipol_flow_end *end)
{
    end->has |= CNIPOL_FLOW_END_SERVICE;
    end->service = text(t, o, "name");
    end->service_ns = text(t, o, "namespace");
}

static void dns(struct twin *t, node o, struct cnipol_flow_l7 *l7)
{
    l7->query = text(t, o, "query");
    l7->ips = texts(t, o, "ips", &l7->n_ips);
    l7->ttl = (uint32_t)u(t, o, "ttl", UINT32_MAX);
    l7->cnames = texts(t, o, "cnames", &l7->n_cnames);
    l7->observation_source = text(t, o, "observation_source");
    l7->rcode = (uint32_t)u(t, o, "rcode", UINT32_MAX);
    l7->qtypes = texts(t, o, "qtypes", &l7->n_qtypes);
    l7->rrtypes = texts(t, o, "rrtypes", &l7->n_rrtypes);
    l7->has |= (l7->ttl ? CNIPOL_L7_TTL : 0) | (l7->rcode ? CNIPOL_L7_RCODE : 0);
}

static void http(struct twin *t, node o, struct cnipol_flow_l7 *l7)
{
    struct cnipol_flow_pair *headers;
    uint32_t n;
    node items = list(t, o, "headers", &n);

    l7->code = (uint32_t)u(t, o, "code", UINT32_MAX);
    l7->has |= l7->code ? CNIPOL_L7_CODE : 0;
    l7->method = text(t, o, "method");
    l7->url = text(t, o, "url");
    l7->protocol = text(t, o, "protocol");
    headers = n ? np_arena_zalloc(t->arena, n * sizeof *headers) : NULL;
    for (uint32_t i = 0; i < n && !t->bad; i++) {
        node h = element(t, items, i);

        if (!h)
            break;
        headers[i].key = text(t, h, "key");
        headers[i].value = text(t, h, "value");
    }
    l7->headers = headers;
    l7->n_headers = n;
}

static void kafka(struct twin *t, node o, struct cnipol_flow_l7 *l7)
{
    l7->error_code = i32(t, o, "error_code");
    l7->api_version = i32(t, o, "api_version");
    l7->api_key = text(t, o, "api_key");
    l7->correlation_id = i32(t, o, "correlation_id");
    l7->topic = text(t, o, "topic");
    l7->has |= (l7->error_code ? CNIPOL_L7_ERROR_CODE : 0) | (l7->api_version ? CNIPOL_L7_API_VERSION : 0) |
               (l7->correlation_id ? CNIPOL_L7_CORRELATION_ID : 0);
}

static void layer7(struct twin *t, node o)
{
    static const char *const names[] = {"dns", "http", "kafka", NULL};
    static const char *const types[] = {NULL, "request", "response", "sample", "unknown"};
    static void (*const kinds[])(struct twin *, node, struct cnipol_flow_l7 *) = {dns, http, kafka};
    struct cnipol_flow_l7 *l7 = np_arena_zalloc(t->arena, sizeof *l7);
    int32_t type = word(t, member(t, o, "type"), &np_words_l7_type);
    uint32_t which = 0;
    node record = one_of(t, o, names, NULL, &which);

    t->flow->l7 = l7;
    if (type) {
        type = type > 0 && type < 4 ? type : 4;
        l7->type = keep(t, types[type], strlen(types[type]));
        l7->has |= CNIPOL_L7_TYPE;
    }
    l7->latency_ns = u(t, o, "latency_ns", UINT64_MAX);
    l7->has |= l7->latency_ns ? CNIPOL_L7_LATENCY : 0;
    if (!record)
        return;
    l7->kind = (int32_t)which + 1;
    kinds[which](t, record, l7);
}

/* The members of the record that are lists of policies, in the order that they stand there. */
static void policies(struct twin *t, node o)
{
    static const struct {
        const char *name, *camel;
        int32_t direction;
        const char *action;
    } rows[] = {
        {"egress_allowed_by", "egressAllowedBy", 2, "allow"},
        {"ingress_allowed_by", "ingressAllowedBy", 1, "allow"},
        {"egress_denied_by", "egressDeniedBy", 2, "deny"},
        {"ingress_denied_by", "ingressDeniedBy", 1, "deny"},
    };
    struct cnipol_flow_policy *items = NULL;
    uint32_t total = 0, n;

    for (uint32_t i = 0; i < 4; i++) {
        node of = list(t, o, rows[i].name, &n);

        if (!items && n)
            items = np_arena_zalloc(t->arena, 4096 * sizeof *items);
        for (uint32_t k = 0; k < n && total < 4096 && !t->bad; k++) {
            node p = element(t, of, k);
            struct cnipol_flow_policy *policy = &items[total++];

            if (!p)
                return;
            policy->direction = rows[i].direction;
            policy->action = keep(t, rows[i].action, strlen(rows[i].action));
            policy->name = text(t, p, "name");
            policy->ns = text(t, p, "namespace");
            policy->kind = text(t, p, "kind");
            policy->labels = texts(t, p, "labels", &policy->n_labels);
            policy->revision = u(t, p, "revision", UINT64_MAX);
            policy->has = policy->revision ? CNIPOL_POLICY_REVISION : 0;
        }
    }
    t->flow->policies = items;
    t->flow->n_policies = total;
}

static void drop_reason(struct twin *t, node o)
{
    struct cnipol_flow *flow = t->flow;
    struct cnipol_text unknown = {NULL, 0};
    node value = member(t, o, "drop_reason_desc");
    int32_t said = value ? word_of(t, value, NULL, &unknown) : 0;
    struct cnipol_text name = {NULL, 0};

    flow->drop_reason = (uint32_t)u(t, o, "drop_reason", UINT32_MAX);
    if (said)
        flow->drop_reason = (uint32_t)said;
    flow->has |= flow->drop_reason ? CNIPOL_HAS_DROP_REASON : 0;
    if (flow->drop_reason)
        name = np_drop_reason_name(flow->drop_reason);
    else if (unknown.n)
        flow->drop_reason_name = unknown;
    if (name.s)
        flow->drop_reason_name = keep(t, name.s, name.n);
}

static void has(struct twin *t, bool is, uint32_t bit)
{
    t->flow->has |= is ? bit : 0;
}

static void enumerations(struct twin *t, node o)
{
    struct cnipol_flow *flow = t->flow;
    node verdict = member(t, o, "verdict"), direction = member(t, o, "traffic_direction");
    int32_t number;

    has(t, verdict != NULL, CNIPOL_HAS_VERDICT);
    number = word(t, verdict, &np_words_verdict);
    flow->verdict = number >= 0 && number <= 7 ? number : 0;
    has(t, direction != NULL, CNIPOL_HAS_DIRECTION);
    number = word(t, direction, &np_words_direction);
    flow->direction = number >= 0 && number <= 2 ? number : 0;
    has(t, (flow->auth_type = word(t, member(t, o, "auth_type"), &np_words_auth_type)) != 0, CNIPOL_HAS_AUTH_TYPE);
    has(t, (flow->flow_type = word(t, loose(t, o, "Type", "type"), &np_words_flow_type)) != 0, CNIPOL_HAS_FLOW_TYPE);
    has(t, (flow->observation_point = word(t, member(t, o, "trace_observation_point"), &np_words_observation_point)) != 0,
        CNIPOL_HAS_OBSERVATION_POINT);
    has(t, (flow->trace_reason = word(t, member(t, o, "trace_reason"), &np_words_trace_reason)) != 0, CNIPOL_HAS_TRACE_REASON);
    has(t, (flow->capture_point = word(t, member(t, o, "debug_capture_point"), &np_words_capture_point)) != 0, CNIPOL_HAS_CAPTURE_POINT);
    has(t, (flow->xlate_point = word(t, member(t, o, "sock_xlate_point"), &np_words_xlate_point)) != 0, CNIPOL_HAS_SOCK);
}

static void scalars(struct twin *t, node o)
{
    struct cnipol_flow *flow = t->flow;

    has(t, time_of(t, o, "time", &flow->time), CNIPOL_HAS_TIME);
    flow->uuid = text(t, o, "uuid");
    flow->node = text(t, o, "node_name");
    flow->summary = text(t, o, "Summary");
    flow->node_labels = texts(t, o, "node_labels", &flow->n_node_labels);
    flow->src.names = texts(t, o, "source_names", &flow->src.n_names);
    flow->dst.names = texts(t, o, "destination_names", &flow->dst.n_names);
    flow->policy_log = texts(t, o, "policy_log", &flow->n_policy_log);
    has(t, (flow->match_type = (uint32_t)u(t, o, "policy_match_type", UINT32_MAX)) != 0, CNIPOL_HAS_MATCH_TYPE);
    has(t, (flow->proxy_port = (uint32_t)u(t, o, "proxy_port", UINT32_MAX)) != 0, CNIPOL_HAS_PROXY_PORT);
    has(t, (flow->socket_cookie = u(t, o, "socket_cookie", UINT64_MAX)) != 0, CNIPOL_HAS_SOCK);
    has(t, (flow->cgroup_id = u(t, o, "cgroup_id", UINT64_MAX)) != 0, CNIPOL_HAS_SOCK);
    has(t, (flow->reply = boolean(t, o, "reply")) != 0, CNIPOL_HAS_REPLY);
    if (member(t, o, "is_reply")) {
        flow->reply = boolean(t, o, "is_reply");
        flow->has |= CNIPOL_HAS_REPLY;
    }
    (void)object(t, member(t, o, "extensions"));
}

static void small_messages(struct twin *t, node o)
{
    struct cnipol_flow *flow = t->flow;
    node m;

    if ((m = object(t, member(t, o, "emitter")))) {
        flow->emitter_name = text(t, m, "name");
        flow->emitter_version = text(t, m, "version");
    }
    if ((m = object(t, member(t, o, "ethernet")))) {
        flow->has |= CNIPOL_HAS_ETHERNET;
        flow->src_mac = text(t, m, "source");
        flow->dst_mac = text(t, m, "destination");
    }
    if ((m = object(t, member(t, o, "event_type")))) {
        flow->has |= CNIPOL_HAS_EVENT_TYPE;
        flow->event_type = i32(t, m, "type");
        flow->event_sub_type = i32(t, m, "sub_type");
    }
    if ((m = object(t, member(t, o, "file")))) {
        flow->has |= CNIPOL_HAS_FILE;
        flow->file_name = text(t, m, "name");
        flow->file_line = (uint32_t)u(t, m, "line", UINT32_MAX);
    }
    if ((m = object(t, member(t, o, "ip_trace_id")))) {
        flow->has |= CNIPOL_HAS_IP_TRACE;
        flow->ip_trace_id = u(t, m, "trace_id", UINT64_MAX);
        flow->ip_option_type = (uint32_t)u(t, m, "ip_option_type", UINT32_MAX);
    }
    if ((m = object(t, member(t, o, "interface")))) {
        has(t, (flow->interface_index = (uint32_t)u(t, m, "index", UINT32_MAX)) != 0, CNIPOL_HAS_INTERFACE);
        flow->interface_name = text(t, m, "name");
    }
    if ((m = object(t, member(t, o, "trace_context")))) {
        flow->has |= CNIPOL_HAS_TRACE_CONTEXT;
        if ((m = object(t, member(t, m, "parent"))))
            flow->trace_id = text(t, m, "trace_id");
    }
    if ((m = object(t, member(t, o, "aggregate")))) {
        flow->has |= CNIPOL_HAS_AGGREGATE;
        flow->n_ingress_flows = (uint32_t)u(t, m, "ingress_flow_count", UINT32_MAX);
        flow->n_egress_flows = (uint32_t)u(t, m, "egress_flow_count", UINT32_MAX);
        flow->n_unknown_flows = (uint32_t)u(t, m, "unknown_direction_flow_count", UINT32_MAX);
    }
}

static void ip(struct twin *t, node o)
{
    struct cnipol_flow *flow = t->flow;
    int32_t version = word(t, member(t, o, "ipVersion"), &np_words_ip_version);

    flow->has |= CNIPOL_HAS_IP;
    flow->src.ip = address(t, o, "source");
    flow->dst.ip = address(t, o, "destination");
    flow->src_xlated = address(t, o, "source_xlated");
    flow->ip_version = version == 1 ? 4 : version == 2 ? 6 : 0;
    has(t, (flow->encrypted = boolean(t, o, "encrypted")) != 0, CNIPOL_HAS_ENCRYPTED);
}

/* The short form's port; flow.proto has no such member. */
static void top_port(struct twin *t, node o)
{
    node value = NULL;

    if (json_object_object_get_ex(o, "destination_port", &value) && value &&
        (json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double)) && json_object_get_string(value)[0] != '-') {
        uint16_t port = (uint16_t)number_of(t, value, 0, 65535);

        if (!t->flow->dst.port)
            t->flow->dst.port = port;
    }
}

static void read_flow(struct twin *t, node o)
{
    struct cnipol_flow *flow = t->flow;
    node m;

    scalars(t, o);
    enumerations(t, o);
    small_messages(t, o);
    drop_reason(t, o);
    if ((m = object(t, loose(t, o, "IP", "ip"))))
        ip(t, m);
    if ((m = object(t, member(t, o, "l4")))) {
        flow->has |= CNIPOL_HAS_L4;
        l4(t, m);
    }
    if ((m = object(t, member(t, o, "tunnel"))))
        tunnel(t, m);
    if ((m = object(t, member(t, o, "source"))))
        endpoint(t, m, &flow->src);
    if ((m = object(t, member(t, o, "destination"))))
        endpoint(t, m, &flow->dst);
    if ((m = object(t, member(t, o, "source_service"))))
        service(t, m, &flow->src);
    if ((m = object(t, member(t, o, "destination_service"))))
        service(t, m, &flow->dst);
    if ((m = object(t, member(t, o, "l7"))))
        layer7(t, m);
    policies(t, o);
    top_port(t, o);
    flow->src.has |= flow->src.port ? CNIPOL_FLOW_END_PORT : 0;
    flow->dst.has |= flow->dst.port ? CNIPOL_FLOW_END_PORT : 0;
}

/* The word of a number that is not 0, or its digits. */
static struct cnipol_text name_of(struct twin *t, int32_t number, const struct np_words *words)
{
    const char *name = np_word_of(words, number);
    char digits[16];

    (void)snprintf(digits, sizeof digits, "%d", (int)number);
    return number ? keep(t, name ? name : digits, strlen(name ? name : digits)) : (struct cnipol_text){NULL, 0};
}

static void read_lost(struct twin *t, node o, struct cnipol_flow_event *event)
{
    node cpu = member(t, o, "cpu");

    event->source = name_of(t, word(t, member(t, o, "source"), &np_words_lost_source), &np_words_lost_source);
    event->n_lost = u(t, o, "num_events_lost", UINT64_MAX);
    event->cpu = i32(t, o, "cpu");
    event->has = (event->n_lost ? CNIPOL_EVENT_COUNT : 0) | (cpu ? CNIPOL_EVENT_CPU : 0);
    event->has |= time_of(t, o, "first", &event->first) ? CNIPOL_EVENT_FIRST : 0;
    event->has |= time_of(t, o, "last", &event->last) ? CNIPOL_EVENT_LAST : 0;
}

static void read_status(struct twin *t, node o, struct cnipol_flow_event *event)
{
    static const struct np_word states[] = {{0, "UNKNOWN_NODE_STATE"}, {1, "NODE_CONNECTED"}, {2, "NODE_UNAVAILABLE"}, {3, "NODE_GONE"}, {4, "NODE_ERROR"}};
    static const struct np_words words = {states, 5};

    event->state = name_of(t, word(t, member(t, o, "state_change"), &words), &words);
    event->nodes = texts(t, o, "node_names", &event->n_nodes);
    event->message = text(t, o, "message");
}

static void read_record(struct twin *t, node o)
{
    static const char *const names[] = {"flow", "lost_events", "node_status", "agent_event", "debug_event", NULL};
    static const char *const camels[] = {"flow", "lostEvents", "nodeStatus", "agentEvent", "debugEvent", NULL};
    struct cnipol_flow_event *event;
    struct cnipol_time time = {0, 0, 0};
    struct cnipol_text host = {NULL, 0};
    bool is_wrapper = false, has_time;
    uint32_t which = 0;
    node one;

    for (uint32_t i = 0; names[i]; i++)
        is_wrapper |= is_there(o, names[i]) || is_there(o, camels[i]);
    if (!is_wrapper) {
        read_flow(t, o);
        return;
    }
    one = one_of(t, o, names, NULL, &which);
    has_time = time_of(t, o, "time", &time);
    host = text(t, o, "node_name");
    if (one && which == 0) {
        read_flow(t, one);
    } else if (one) {
        event = np_arena_zalloc(t->arena, sizeof *event);
        event->kind = (int32_t)which;
        t->flow->event = event;
        if (which == 1)
            read_lost(t, one, event);
        if (which == 2)
            read_status(t, one, event);
        if (which > 2 && (event->type = word(t, member(t, one, "type"), which == 3 ? &np_words_agent_event : &np_words_debug_event)))
            event->has |= CNIPOL_EVENT_TYPE;
    }
    if (has_time && !(t->flow->has & CNIPOL_HAS_TIME)) {
        t->flow->time = time;
        t->flow->has |= CNIPOL_HAS_TIME;
    }
    if (!t->flow->node.s)
        t->flow->node = host;
}

bool hubble_twin_read(const char *bytes, size_t n, struct np_arena *arena, struct cnipol_flow *out)
{
    struct twin t = {.arena = arena, .flow = out};
    node root = hubble_twin_parse(bytes, n);

    *out = (struct cnipol_flow){0};
    if (!root || !json_object_is_type(root, json_type_object))
        t.bad = true;
    else
        read_record(&t, root);
    json_object_put(root);
    return !t.bad;
}
