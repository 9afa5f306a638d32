/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hubble's records from JSON to protobuf: see hubble_encode.h. A table a message; a field is written in the order of its table, as often
 * as its JSON list has items. Source: cilium/cilium v1.20.2 api/v1/flow/flow.proto, api/v1/observer/observer.proto.
 */

#include "hubble_encode.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json.h>

#include "flow/format.h"
#include "flow/parse.h"
#include "flow/record.h"
#include "flow/words.h"

enum kind { TEXT, NUMBER, BOOL, ENUM, REASON, TIME, BOXED_BOOL, BOXED_NUMBER, MESSAGE };

struct field {
    const char *name; /* NULL ends a table */
    uint32_t number;
    enum kind kind;
    const struct np_words *words;
    const struct field *message;
};

#define SUB(name, number, message)           \
    {                                        \
        name, number, MESSAGE, NULL, message \
    }
#define WORD(name, number, words)                   \
    {                                               \
        name, number, ENUM, &np_words_##words, NULL \
    }
#define PLAIN(name, number, kind)      \
    {                                  \
        name, number, kind, NULL, NULL \
    }
#define END                       \
    {                             \
        NULL, 0, TEXT, NULL, NULL \
    }

static const struct field emitter[] = {PLAIN("name", 1, TEXT), PLAIN("version", 2, TEXT), END};
static const struct field ethernet[] = {PLAIN("source", 1, TEXT), PLAIN("destination", 2, TEXT), END};
static const struct field ip[] = {PLAIN("source", 1, TEXT),    PLAIN("destination", 2, TEXT),   WORD("ipVersion", 3, ip_version),
                                  PLAIN("encrypted", 4, BOOL), PLAIN("source_xlated", 5, TEXT), END};
static const struct field flags[] = {
    PLAIN("FIN", 1, BOOL), PLAIN("SYN", 2, BOOL), PLAIN("RST", 3, BOOL), PLAIN("PSH", 4, BOOL), PLAIN("ACK", 5, BOOL),
    PLAIN("URG", 6, BOOL), PLAIN("ECE", 7, BOOL), PLAIN("CWR", 8, BOOL), PLAIN("NS", 9, BOOL),  END};
static const struct field tcp[] = {PLAIN("source_port", 1, NUMBER), PLAIN("destination_port", 2, NUMBER), SUB("flags", 3, flags), END};
static const struct field udp[] = {PLAIN("source_port", 1, NUMBER), PLAIN("destination_port", 2, NUMBER), END};
static const struct field sctp[] = {PLAIN("source_port", 1, NUMBER), PLAIN("destination_port", 2, NUMBER),
                                    WORD("chunk_type", 3, sctp_chunk), END};
static const struct field icmp[] = {PLAIN("type", 1, NUMBER), PLAIN("code", 2, NUMBER), END};
static const struct field vrrp[] = {PLAIN("type", 1, NUMBER), PLAIN("vrid", 2, NUMBER), PLAIN("priority", 3, NUMBER), END};
static const struct field igmp[] = {PLAIN("type", 1, NUMBER), PLAIN("group_address", 2, TEXT), END};
static const struct field l4[] = {SUB("TCP", 1, tcp),   SUB("UDP", 2, udp),   SUB("ICMPv4", 3, icmp), SUB("ICMPv6", 4, icmp),
                                  SUB("SCTP", 5, sctp), SUB("VRRP", 6, vrrp), SUB("IGMP", 7, igmp),   END};
static const struct field tunnel[] = {WORD("protocol", 1, tunnel), SUB("IP", 2, ip), SUB("l4", 3, l4), PLAIN("vni", 4, NUMBER), END};
static const struct field workload[] = {PLAIN("name", 1, TEXT), PLAIN("kind", 2, TEXT), END};
static const struct field endpoint[] = {
    PLAIN("ID", 1, NUMBER),     PLAIN("identity", 2, NUMBER),  PLAIN("namespace", 3, TEXT),    PLAIN("labels", 4, TEXT),
    PLAIN("pod_name", 5, TEXT), SUB("workloads", 6, workload), PLAIN("cluster_name", 7, TEXT), END};
static const struct field event_type[] = {PLAIN("type", 1, NUMBER), PLAIN("sub_type", 2, NUMBER), END};
static const struct field service[] = {PLAIN("name", 1, TEXT), PLAIN("namespace", 2, TEXT), END};
static const struct field file[] = {PLAIN("name", 1, TEXT), PLAIN("line", 2, NUMBER), END};
static const struct field ip_trace[] = {PLAIN("trace_id", 1, NUMBER), PLAIN("ip_option_type", 2, NUMBER), END};
static const struct field interface[] = {PLAIN("index", 1, NUMBER), PLAIN("name", 2, TEXT), END};
static const struct field parent[] = {PLAIN("trace_id", 1, TEXT), END};
static const struct field trace_context[] = {SUB("parent", 1, parent), END};
static const struct field policy[] = {PLAIN("name", 1, TEXT),       PLAIN("namespace", 2, TEXT), PLAIN("labels", 3, TEXT),
                                      PLAIN("revision", 4, NUMBER), PLAIN("kind", 5, TEXT),      END};
static const struct field aggregate[] = {PLAIN("ingress_flow_count", 1, NUMBER), PLAIN("egress_flow_count", 2, NUMBER),
                                         PLAIN("unknown_direction_flow_count", 3, NUMBER), END};
static const struct field dns[] = {PLAIN("query", 1, TEXT),
                                   PLAIN("ips", 2, TEXT),
                                   PLAIN("ttl", 3, NUMBER),
                                   PLAIN("cnames", 4, TEXT),
                                   PLAIN("observation_source", 5, TEXT),
                                   PLAIN("rcode", 6, NUMBER),
                                   PLAIN("qtypes", 7, TEXT),
                                   PLAIN("rrtypes", 8, TEXT),
                                   END};
static const struct field header[] = {PLAIN("key", 1, TEXT), PLAIN("value", 2, TEXT), END};
static const struct field http[] = {PLAIN("code", 1, NUMBER),   PLAIN("method", 2, TEXT),  PLAIN("url", 3, TEXT),
                                    PLAIN("protocol", 4, TEXT), SUB("headers", 5, header), END};
static const struct field kafka[] = {PLAIN("error_code", 1, NUMBER),     PLAIN("api_version", 2, NUMBER), PLAIN("api_key", 3, TEXT),
                                     PLAIN("correlation_id", 4, NUMBER), PLAIN("topic", 5, TEXT),         END};
static const struct field l7[] = {WORD("type", 1, l7_type), PLAIN("latency_ns", 2, NUMBER), SUB("dns", 100, dns),
                                  SUB("http", 101, http),   SUB("kafka", 102, kafka),       END};

static const struct field flow[] = {
    PLAIN("time", 1, TIME),
    WORD("verdict", 2, verdict),
    PLAIN("drop_reason", 3, NUMBER),
    SUB("ethernet", 4, ethernet),
    SUB("IP", 5, ip),
    SUB("l4", 6, l4),
    SUB("source", 8, endpoint),
    SUB("destination", 9, endpoint),
    WORD("Type", 10, flow_type),
    PLAIN("node_name", 11, TEXT),
    PLAIN("source_names", 13, TEXT),
    PLAIN("destination_names", 14, TEXT),
    SUB("l7", 15, l7),
    PLAIN("reply", 16, BOOL),
    SUB("event_type", 19, event_type),
    SUB("source_service", 20, service),
    SUB("destination_service", 21, service),
    WORD("traffic_direction", 22, direction),
    PLAIN("policy_match_type", 23, NUMBER),
    WORD("trace_observation_point", 24, observation_point),
    PLAIN("drop_reason_desc", 25, REASON),
    PLAIN("is_reply", 26, BOXED_BOOL),
    WORD("debug_capture_point", 27, capture_point),
    SUB("interface", 28, interface),
    PLAIN("proxy_port", 29, NUMBER),
    SUB("trace_context", 30, trace_context),
    WORD("sock_xlate_point", 31, xlate_point),
    PLAIN("socket_cookie", 32, NUMBER),
    PLAIN("cgroup_id", 33, NUMBER),
    PLAIN("uuid", 34, TEXT),
    WORD("auth_type", 35, auth_type),
    WORD("trace_reason", 36, trace_reason),
    PLAIN("node_labels", 37, TEXT),
    SUB("file", 38, file),
    SUB("tunnel", 39, tunnel),
    SUB("ip_trace_id", 40, ip_trace),
    SUB("emitter", 41, emitter),
    SUB("egress_allowed_by", 21001, policy),
    SUB("ingress_allowed_by", 21002, policy),
    SUB("egress_denied_by", 21004, policy),
    SUB("ingress_denied_by", 21005, policy),
    PLAIN("policy_log", 21006, TEXT),
    SUB("aggregate", 21007, aggregate),
    PLAIN("Summary", 100000, TEXT),
    END,
};

static const struct np_word states[] = {{1, "NODE_CONNECTED"}, {2, "NODE_UNAVAILABLE"}, {3, "NODE_GONE"}, {4, "NODE_ERROR"}};
static const struct np_words np_words_state = {states, sizeof states / sizeof *states};
static const struct field node_status[] = {WORD("state_change", 1, state), PLAIN("node_names", 2, TEXT), PLAIN("message", 3, TEXT), END};
static const struct field lost[] = {WORD("source", 1, lost_source), PLAIN("num_events_lost", 2, NUMBER),
                                    PLAIN("cpu", 3, BOXED_NUMBER),  PLAIN("first", 4, TIME),
                                    PLAIN("last", 5, TIME),         END};
static const struct field nothing[] = {END};
static const struct field top[] = {
    SUB("flow", 1, flow),           SUB("node_status", 2, node_status), SUB("lost_events", 3, lost), SUB("agent_event", 4, nothing),
    SUB("debug_event", 5, nothing), PLAIN("node_name", 1000, TEXT),     PLAIN("time", 1001, TIME),   END};

static void put(struct hubble_bytes *out, const void *bytes, size_t n)
{
    if (out->n + n > out->cap) {
        out->cap = 2 * (out->n + n) + 64;
        out->bytes = realloc(out->bytes, out->cap);
        if (!out->bytes)
            abort();
    }
    if (n)
        memcpy(out->bytes + out->n, bytes, n);
    out->n += n;
}

static void put_varint(struct hubble_bytes *out, uint64_t value)
{
    uint8_t bytes[10];
    size_t n = 0;

    for (; value >= 0x80; value >>= 7)
        bytes[n++] = (uint8_t)(value | 0x80);
    bytes[n++] = (uint8_t)value;
    put(out, bytes, n);
}

static void put_number(struct hubble_bytes *out, uint32_t number, uint64_t value)
{
    if (!value)
        return;
    put_varint(out, (uint64_t)number << 3);
    put_varint(out, value);
}

static void put_bytes(struct hubble_bytes *out, uint32_t number, const void *bytes, size_t n)
{
    put_varint(out, (uint64_t)number << 3 | 2);
    put_varint(out, n);
    put(out, bytes, n);
}

static uint64_t number_of(json_object *value)
{
    const char *text = json_object_get_string(value);

    return *text == '-' ? (uint64_t)strtoll(text, NULL, 10) : strtoull(text, NULL, 10);
}

static int enum_of(const struct field *field, json_object *value, uint64_t *out)
{
    struct cnipol_text text = np_text_of(json_object_get_string(value));
    int32_t number = 0;

    if (json_object_is_type(value, json_type_int)) {
        *out = number_of(value);
        return 0;
    }
    if (field->kind == REASON) {
        *out = np_drop_reason_find(text);
        return *out ? 0 : -1;
    }
    if (!np_word_find(field->words, text, &number) && strncmp(text.s, "DBG_CAPTURE_POINT_UNKNOWN", text.n) != 0)
        return -1;
    *out = (uint64_t)(int64_t)number;
    return 0;
}

static int put_message(struct hubble_bytes *out, const struct field *message, json_object *object);

static int put_time(struct hubble_bytes *out, const struct field *field, json_object *value)
{
    struct hubble_bytes inner = {0};
    struct cnipol_time time;
    int rc = np_parse_rfc3339(np_text_of(json_object_get_string(value)), &time) ? 0 : -1;

    put_number(&inner, 1, (uint64_t)time.seconds);
    put_number(&inner, 2, time.nanos);
    put_bytes(out, field->number, inner.bytes, inner.n);
    free(inner.bytes);
    return rc;
}

static int put_value(struct hubble_bytes *out, const struct field *field, bool is_item, json_object *value)
{
    struct hubble_bytes inner = {0};
    uint64_t number = 0;
    size_t n;
    int rc = 0;

    switch (field->kind) {
    case TEXT:
        n = (size_t)json_object_get_string_len(value);
        if (n || is_item)
            put_bytes(out, field->number, json_object_get_string(value), n);
        return 0;
    case NUMBER:
        put_number(out, field->number, number_of(value));
        return 0;
    case BOOL:
        put_number(out, field->number, json_object_get_boolean(value));
        return 0;
    case ENUM:
    case REASON:
        rc = enum_of(field, value, &number);
        put_number(out, field->number, number);
        return rc;
    case TIME:
        return put_time(out, field, value);
    case BOXED_BOOL:
        put_number(&inner, 1, json_object_get_boolean(value));
        break;
    case BOXED_NUMBER:
        put_number(&inner, 1, number_of(value));
        break;
    default:
        rc = put_message(&inner, field->message, value);
        break;
    }
    put_bytes(out, field->number, inner.bytes, inner.n);
    free(inner.bytes);
    return rc;
}

static bool knows(const struct field *message, const char *name)
{
    while (message->name && strcmp(message->name, name) != 0)
        message++;
    return message->name || message == nothing;
}

static int put_message(struct hubble_bytes *out, const struct field *message, json_object *object)
{
    struct json_object_iterator at = json_object_iter_begin(object), end = json_object_iter_end(object);
    int rc = 0;

    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
        if (!knows(message, json_object_iter_peek_name(&at)))
            return -1;
    for (const struct field *field = message; field->name && !rc; field++) {
        json_object *found;

        if (!json_object_object_get_ex(object, field->name, &found) || !found)
            continue;
        if (!json_object_is_type(found, json_type_array))
            rc = put_value(out, field, false, found);
        else
            for (size_t i = 0; i < json_object_array_length(found) && !rc; i++)
                rc = put_value(out, field, true, json_object_array_get_idx(found, i));
    }
    return rc;
}

int hubble_encode(const char *json, const char *message, struct hubble_bytes *out)
{
    json_object *object = json_tokener_parse(json);
    int rc = object && json_object_is_type(object, json_type_object) ? 0 : -1;

    if (!rc)
        rc = put_message(out, strcmp(message, "Flow") == 0 ? flow : top, object);
    json_object_put(object);
    return rc;
}

int hubble_encode_delimited(const char *json, const char *message, struct hubble_bytes *out)
{
    struct hubble_bytes inner = {0};
    int rc = hubble_encode(json, message, &inner);

    put_varint(out, inner.n);
    put(out, inner.bytes, inner.n);
    free(inner.bytes);
    return rc;
}
