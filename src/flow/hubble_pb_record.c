/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hubble's protobuf: from a message that was read to our record.
 *
 * proto3 does not tell a zero from nothing, so zeros and empty texts say nothing here, but a message that is there says so.
 * drop_reason_desc counts before the older drop_reason, is_reply before the older reply, and the flow's own node and time
 * before those beside it.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "flow/hubble_address.h"
#include "flow/hubble_pb.h"
#include "flow/words.h"

/* 0001-01-01T00:00:00Z to 9999-12-31T23:59:59Z. */
#define TIME_FIRST (-62135596800)
#define TIME_LAST 253402300799

static int bad_field(struct np_flow_run *run, const char *at, const char *message)
{
    return np_flaw(run, NP_FLOW_FIELD, at ? (size_t)(at - run->frame) : 0, message);
}

static int settle_time(struct np_flow_run *run, const struct np_pb_time *time, struct cnipol_time *out)
{
    int64_t seconds = (int64_t)time->seconds;

    if (seconds < TIME_FIRST || seconds > TIME_LAST || time->nanos > 999999999)
        return bad_field(run, NULL, "a time that is outside the years 1 to 9999, or of more than 999999999 nanoseconds");
    *out = (struct cnipol_time){.seconds = seconds, .nanos = time->nanos};
    return CNIPOL_OK;
}

static int settle_addresses(struct np_flow_run *run, const struct cnipol_flow *flow)
{
    const struct cnipol_text *const addresses[] = {&flow->src.ip, &flow->dst.ip, &flow->src_xlated, &flow->tunnel_src, &flow->tunnel_dst};

    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
        if (addresses[i]->s && !np_hubble_is_address(addresses[i]->s, addresses[i]->n))
            return bad_field(run, addresses[i]->s, "a text that is no address");
    return CNIPOL_OK;
}

static const struct {
    uint8_t number; /* of the protocol */
    bool has_ports;
    bool is_icmp;
} protocols[] = {
    {0, false, false}, {6, true, false},   {17, true, false},  {1, false, true},
    {58, false, true}, {132, true, false}, {112, false, true}, {2, false, true},
};

static int settle_l4(struct np_flow_run *run, const struct np_pb_raw *raw, struct cnipol_flow *flow)
{
    const struct np_pb_l4 *l4 = &raw->l4;
    uint32_t chosen = raw->chosen[NP_PB_ONEOF_L4];

    if (!chosen)
        return CNIPOL_OK;
    np_flow_protocol(flow, protocols[chosen].number);
    if (protocols[chosen].has_ports) {
        if ((l4->src | l4->dst) > UINT16_MAX)
            return bad_field(run, NULL, "a port above 65535");
        np_end_port(&flow->src, (uint16_t)l4->src);
        np_end_port(&flow->dst, (uint16_t)l4->dst);
    } else {
        if ((l4->src | l4->dst) > UINT8_MAX)
            return bad_field(run, NULL, "an ICMP type or code above 255");
        flow->icmp_type = (uint8_t)l4->src;
        flow->icmp_code = (uint8_t)l4->dst;
    }
    if (protocols[chosen].is_icmp)
        flow->has |= CNIPOL_HAS_ICMP;
    if (raw->seen & NP_PB_SEEN_FLAGS)
        flow->has |= CNIPOL_HAS_TCP_FLAGS;
    flow->tcp_flags = l4->flags;
    flow->sctp_chunk_type = l4->chunk;
    return CNIPOL_OK;
}

static int settle_tunnel(struct np_flow_run *run, const struct np_pb_raw *raw, struct cnipol_flow *flow)
{
    const struct np_pb_l4 *l4 = &raw->tunnel_l4;

    if (!protocols[raw->chosen[NP_PB_ONEOF_TUNNEL_L4]].has_ports)
        return CNIPOL_OK;
    if ((l4->src | l4->dst) > UINT16_MAX)
        return bad_field(run, NULL, "a port above 65535");
    flow->tunnel_src_port = (uint16_t)l4->src;
    flow->tunnel_dst_port = (uint16_t)l4->dst;
    return CNIPOL_OK;
}

static int settle_policies(struct np_flow_run *run, const struct np_pb_raw *raw, struct cnipol_flow *flow)
{
    static const struct cnipol_text actions[] = {NP_TEXT("allow"), NP_TEXT("deny")};
    struct cnipol_flow_policy *all = NULL;
    uint32_t n = 0, total = 0;

    if (!(raw->policies[0].n | raw->policies[1].n | raw->policies[2].n | raw->policies[3].n))
        return CNIPOL_OK;
    for (int i = 0; i < 4; i++) {
        for (uint32_t j = 0; j < raw->policies[i].n; j++) {
            struct cnipol_flow_policy *policy = &raw->policies[i].items[j];

            policy->action = actions[i / 2];
            policy->direction = i & 1 ? CNIPOL_FLOW_INGRESS : CNIPOL_FLOW_EGRESS;
            if (policy->revision)
                policy->has |= CNIPOL_POLICY_REVISION;
        }
        if (raw->policies[i].n)
            all = raw->policies[i].items;
        n = raw->policies[i].n ? raw->policies[i].n : n;
        total += raw->policies[i].n;
    }
    if (total != n) {
        all = np_arena_array(&run->arena, total, sizeof *all);
        if (!all)
            return CNIPOL_E_NOMEM;
        n = 0;
        for (int i = 0; i < 4; i++) {
            if (raw->policies[i].n)
                memcpy(&all[n], raw->policies[i].items, raw->policies[i].n * sizeof *all);
            n += raw->policies[i].n;
        }
    }
    flow->policies = all;
    flow->n_policies = n;
    return CNIPOL_OK;
}

static inline uint32_t bit_if(uint64_t value, uint32_t bit)
{
    return value ? bit : 0;
}

/* A bit for each number that is not zero. */
static void settle_numbers(struct cnipol_flow *flow)
{
    uint64_t sock = flow->socket_cookie | flow->cgroup_id | (uint32_t)flow->xlate_point;

    flow->has |= bit_if(flow->match_type, CNIPOL_HAS_MATCH_TYPE) | bit_if((uint32_t)flow->observation_point, CNIPOL_HAS_OBSERVATION_POINT) |
                 bit_if((uint32_t)flow->trace_reason, CNIPOL_HAS_TRACE_REASON) |
                 bit_if((uint32_t)flow->capture_point, CNIPOL_HAS_CAPTURE_POINT) | bit_if((uint32_t)flow->auth_type, CNIPOL_HAS_AUTH_TYPE) |
                 bit_if((uint32_t)flow->flow_type, CNIPOL_HAS_FLOW_TYPE) | bit_if(flow->proxy_port, CNIPOL_HAS_PROXY_PORT) |
                 bit_if(flow->interface_index, CNIPOL_HAS_INTERFACE) | bit_if(sock, CNIPOL_HAS_SOCK) |
                 bit_if(flow->encrypted, CNIPOL_HAS_ENCRYPTED);
}

static void settle_end(struct cnipol_flow_end *end, bool is_there, bool has_service)
{
    end->has |= (is_there ? CNIPOL_FLOW_END_ENDPOINT : 0) | (has_service ? CNIPOL_FLOW_END_SERVICE : 0) |
                (end->id ? CNIPOL_FLOW_END_ID : 0) | (end->identity ? CNIPOL_FLOW_END_IDENTITY : 0);
}

static void settle_drop_reason(const struct np_pb_raw *raw, struct cnipol_flow *flow)
{
    uint32_t reason = raw->drop_reason_desc ? raw->drop_reason_desc : raw->drop_reason;

    if (!reason)
        return;
    flow->drop_reason = reason;
    flow->drop_reason_name = np_drop_reason_name(reason);
    flow->has |= CNIPOL_HAS_DROP_REASON;
}

static void settle_reply(const struct np_pb_raw *raw, struct cnipol_flow *flow)
{
    if (!(raw->seen & NP_PB_SEEN_IS_REPLY) && !raw->reply)
        return;
    flow->has |= CNIPOL_HAS_REPLY;
    flow->reply = raw->seen & NP_PB_SEEN_IS_REPLY ? raw->is_reply : 1;
}

static void settle_words(const struct np_pb_raw *raw, struct cnipol_flow *flow)
{
    static const uint8_t versions[] = {0, 4, 6};

    if (raw->verdict)
        np_flow_verdict(flow, np_verdict_of_proto((int32_t)raw->verdict));
    if (raw->direction)
        np_flow_direction(flow, raw->direction <= 2 ? (enum cnipol_flow_direction)raw->direction : CNIPOL_FLOW_NO_DIRECTION);
    flow->ip_version = raw->ip_version < sizeof versions ? versions[raw->ip_version] : 0;
}

static void settle_l7(struct np_pb_l7 *l7, uint32_t chosen, struct cnipol_flow *flow)
{
    static const uint8_t kinds[] = {CNIPOL_L7_DNS, CNIPOL_L7_HTTP, CNIPOL_L7_KAFKA};
    static const struct cnipol_text types[] = {{NULL, 0}, NP_TEXT("request"), NP_TEXT("response"), NP_TEXT("sample"), NP_TEXT("unknown")};
    struct cnipol_flow_l7 *out = &l7->l7;
    out->kind = chosen ? kinds[chosen - 100] : CNIPOL_L7_NONE;
    out->type = types[l7->type < 4 ? l7->type : 4];
    out->has = bit_if(out->latency_ns, CNIPOL_L7_LATENCY) | bit_if(out->code, CNIPOL_L7_CODE) | bit_if(out->ttl, CNIPOL_L7_TTL) |
               bit_if(out->rcode, CNIPOL_L7_RCODE) | bit_if((uint32_t)out->error_code, CNIPOL_L7_ERROR_CODE) |
               bit_if((uint32_t)out->api_version, CNIPOL_L7_API_VERSION) | bit_if((uint32_t)out->correlation_id, CNIPOL_L7_CORRELATION_ID) |
               bit_if(l7->type, CNIPOL_L7_TYPE);
    flow->l7 = out;
}

/* The word of an enumeration's number, or its digits; absent where it is 0. False: no memory. */
static bool word(struct np_flow_run *run, const struct np_words *words, uint32_t number, struct cnipol_text *out)
{
    const char *name = number ? np_word_of(words, (int32_t)number) : NULL;
    char digits[16];
    int n;

    if (!number)
        return true;
    if (name) {
        *out = np_text(name, strlen(name));
        return true;
    }
    n = snprintf(digits, sizeof digits, "%" PRId32, (int32_t)number);
    *out = np_text(np_arena_strndup(&run->arena, digits, (size_t)n), (size_t)n);
    return out->s != NULL;
}

static int settle_event_times(struct np_flow_run *run, const struct np_pb_raw *raw, struct np_pb_event *from)
{
    struct cnipol_flow_event *event = &from->event;
    int rc = CNIPOL_OK;

    if (raw->seen & NP_PB_SEEN_FIRST) {
        event->has |= CNIPOL_EVENT_FIRST;
        rc = settle_time(run, &from->first, &event->first);
    }
    if (!rc && (raw->seen & NP_PB_SEEN_LAST)) {
        event->has |= CNIPOL_EVENT_LAST;
        rc = settle_time(run, &from->last, &event->last);
    }
    return rc;
}

static int settle_event(struct np_flow_run *run, const struct np_pb_raw *raw, struct cnipol_flow *flow)
{
    static const struct np_word states[] = {{1, "NODE_CONNECTED"}, {2, "NODE_UNAVAILABLE"}, {3, "NODE_GONE"}, {4, "NODE_ERROR"}};
    static const struct np_words state_words = {states, sizeof states / sizeof *states};
    static const uint8_t kinds[] = {0, 0, CNIPOL_EVENT_NODE, CNIPOL_EVENT_LOST, CNIPOL_EVENT_AGENT, CNIPOL_EVENT_DEBUG};
    struct np_pb_event *from = raw->event;
    struct cnipol_flow_event *event = &from->event;
    int rc = settle_event_times(run, raw, from);

    if (rc)
        return rc;
    event->kind = kinds[raw->chosen[NP_PB_ONEOF_RESPONSE]];
    if (event->n_lost)
        event->has |= CNIPOL_EVENT_COUNT;
    if (raw->seen & NP_PB_SEEN_CPU) {
        event->has |= CNIPOL_EVENT_CPU;
        event->cpu = (int32_t)from->cpu;
    }
    if (event->kind == CNIPOL_EVENT_LOST && !word(run, &np_words_lost_source, from->number, &event->source))
        return CNIPOL_E_NOMEM;
    if (event->kind == CNIPOL_EVENT_NODE && !word(run, &state_words, from->number, &event->state))
        return CNIPOL_E_NOMEM;
    if (event->kind == CNIPOL_EVENT_AGENT && from->number) {
        event->has |= CNIPOL_EVENT_TYPE;
        event->type = (int32_t)from->number;
    }
    flow->event = event;
    return CNIPOL_OK;
}

static int settle_flow_time(struct np_flow_run *run, const struct np_pb_raw *raw, struct cnipol_flow *flow)
{
    struct cnipol_time time = {0};
    int rc = CNIPOL_OK;

    if (raw->seen & NP_PB_SEEN_TOP_TIME)
        rc = settle_time(run, &raw->top_time, &time);
    if (!rc && (raw->seen & NP_PB_SEEN_TIME))
        rc = settle_time(run, &raw->time, &time);
    if (!rc && (raw->seen & (NP_PB_SEEN_TIME | NP_PB_SEEN_TOP_TIME)))
        np_flow_time(flow, time);
    return rc;
}

int np_pb_settle(struct np_flow_run *run, struct np_pb *pb, struct cnipol_flow *flow)
{
    const struct np_pb_raw *raw = &pb->raw;
    int rc;

    flow->has |= (uint32_t)raw->seen;
    if (!flow->node.s)
        flow->node = raw->top_node;
    rc = settle_flow_time(run, raw, flow);
    if (rc || raw->event)
        return rc ? rc : settle_event(run, raw, flow);
    settle_words(raw, flow);
    settle_reply(raw, flow);
    settle_drop_reason(raw, flow);
    settle_numbers(flow);
    settle_end(&flow->src, raw->seen & NP_PB_SEEN_SRC, raw->seen & NP_PB_SEEN_SRC_SERVICE);
    settle_end(&flow->dst, raw->seen & NP_PB_SEEN_DST, raw->seen & NP_PB_SEEN_DST_SERVICE);
    if (raw->l7)
        settle_l7(raw->l7, raw->chosen[NP_PB_ONEOF_L7], flow);
    rc = settle_addresses(run, flow);
    if (!rc)
        rc = settle_l4(run, raw, flow);
    if (!rc)
        rc = settle_tunnel(run, raw, flow);
    return rc ? rc : settle_policies(run, raw, flow);
}
