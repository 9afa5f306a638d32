/* SPDX-License-Identifier: BSD-2-Clause */
/* The structs of Cilium's access log and agent events, a row for each member that is wanted: see access_log.h. */

#include "flow/access_log.h"

#include <stdlib.h>

#include "base/str.h"

#define AT(type, member) offsetof(struct np_access_##type, member)
#define TEXT(name, type, member) {name, NP_GOB_TEXT, AT(type, member), 0, 0, NULL}
#define NUMBER(name, type, member, most) {name, NP_GOB_NUMBER, AT(type, member), 0, most, NULL}
#define INTEGER(name, type, member, most) {name, NP_GOB_INTEGER, AT(type, member), 0, most, NULL}
#define STRUCT(name, type, member, shape) {name, NP_GOB_STRUCT, AT(type, member), 0, 0, &(shape)}
#define LIST(name, want, type, member, most) {name, want, AT(type, member), 0, most, NULL}
#define SHAPE(rows) {rows, sizeof(rows) / sizeof *(rows)}

static const struct np_gob_row label_rows[] = {
    TEXT("Key", label, key),
    TEXT("Value", label, value),
    TEXT("Source", label, source),
};
static const struct np_gob_shape label_shape = SHAPE(label_rows);

static const struct np_gob_row end_rows[] = {
    NUMBER("ID", end, id, UINT64_MAX),
    TEXT("IPv4", end, ip4),
    TEXT("IPv6", end, ip6),
    NUMBER("Port", end, port, UINT16_MAX),
    NUMBER("Identity", end, identity, UINT64_MAX),
    {"Labels", NP_GOB_STRUCTS, AT(end, labels), sizeof(struct np_access_label), 0, &label_shape},
};
static const struct np_gob_shape end_shape = SHAPE(end_rows);

static const struct np_gob_row http_rows[] = {
    INTEGER("Code", http, code, INT64_MAX),
    TEXT("Method", http, method),
    {"URL", NP_GOB_MARSHALED, AT(http, url), 0, 0, NULL},
    TEXT("Protocol", http, protocol),
    LIST("Headers", NP_GOB_PAIR_LISTS, http, headers, 0),
};
static const struct np_gob_shape http_shape = SHAPE(http_rows);

static const struct np_gob_row dns_rows[] = {
    TEXT("Query", dns, query),
    LIST("IPs", NP_GOB_ADDRESSES, dns, ips, 0),
    NUMBER("TTL", dns, ttl, UINT32_MAX),
    LIST("CNAMEs", NP_GOB_TEXTS, dns, cnames, 0),
    TEXT("ObservationSource", dns, source),
    INTEGER("RCode", dns, rcode, INT64_MAX),
    LIST("QTypes", NP_GOB_NUMBERS, dns, qtypes, UINT16_MAX),
    LIST("AnswerTypes", NP_GOB_NUMBERS, dns, types, UINT16_MAX),
};
static const struct np_gob_shape dns_shape = SHAPE(dns_rows);

static const struct np_gob_row topic_rows[] = {TEXT("Topic", topic, name)};
static const struct np_gob_shape topic_shape = SHAPE(topic_rows);

static const struct np_gob_row kafka_rows[] = {
    INTEGER("ErrorCode", kafka, error_code, INT64_MAX),
    INTEGER("APIVersion", kafka, api_version, INT16_MAX),
    TEXT("APIKey", kafka, api_key),
    INTEGER("CorrelationID", kafka, correlation_id, INT32_MAX),
    STRUCT("Topic", kafka, topic, topic_shape),
};
static const struct np_gob_shape kafka_shape = SHAPE(kafka_rows);

static const struct np_gob_row l7_rows[] = {
    TEXT("Proto", l7, protocol),
    LIST("Fields", NP_GOB_PAIRS, l7, fields, 0),
};
static const struct np_gob_shape l7_shape = SHAPE(l7_rows);

/* The order is that of NP_ACCESS_HAS_*. */
static const struct np_gob_row log_rows[] = {
    TEXT("Type", log, type),
    TEXT("Timestamp", log, timestamp),
    TEXT("ObservationPoint", log, point),
    STRUCT("SourceEndpoint", log, src, end_shape),
    STRUCT("DestinationEndpoint", log, dst, end_shape),
    NUMBER("IPVersion", log, ip_version, UINT8_MAX),
    TEXT("Verdict", log, verdict),
    NUMBER("TransportProtocol", log, protocol, UINT16_MAX),
    STRUCT("HTTP", log, http, http_shape),
    STRUCT("DNS", log, dns, dns_shape),
    STRUCT("Kafka", log, kafka, kafka_shape),
    STRUCT("L7", log, l7, l7_shape),
};
const struct np_gob_shape np_access_log_shape = SHAPE(log_rows);

static const struct np_gob_row notify_rows[] = {
    {"Type", NP_GOB_NUMBER, offsetof(struct np_agent_notify, type), 0, UINT32_MAX, NULL},
    {"Text", NP_GOB_TEXT, offsetof(struct np_agent_notify, text), 0, 0, NULL},
};
const struct np_gob_shape np_agent_notify_shape = SHAPE(notify_rows);

static int by_key(const void *pa, const void *pb)
{
    const struct cnipol_flow_pair *a = pa, *b = pb;
    int order = np_str_cmp((struct np_str){a->key.s, a->key.n}, (struct np_str){b->key.s, b->key.n});

    return order ? order : (a->value.s > b->value.s) - (a->value.s < b->value.s);
}

void np_access_sort(const struct np_flow_list *pairs)
{
    if (pairs->n)
        qsort(pairs->items, pairs->n, sizeof(struct cnipol_flow_pair), by_key);
}
