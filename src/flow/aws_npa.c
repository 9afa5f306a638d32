/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * aws-npa: the ring buffer events of AWS's network policy agent, one a frame.
 *
 * An event's fields lie where they always lay; releases have added some at the end, so the length tells which are there. Numbers are
 * in host order, least byte first, addresses in network order. A verdict or a tier that is not known reads as the agent prints it:
 * DENY and ERROR. Source: aws/aws-network-policy-agent pkg/ebpf/events/events.go, pkg/ebpf/c/tc.v4ingress.bpf.c and tc.v6ingress.bpf.c, v1.4.1.
 */

#include "flow/aws_npa.h"

#include <string.h>

#include "flow/record.h"

/* An event by its length. */
struct layout {
    uint8_t length;
    bool is_v6;
    bool has_size, has_direction, has_tier;
};

static const struct layout layouts[] = {
    {24, false, false, false, false}, {28, false, true, false, false}, {29, false, true, true, false}, {30, false, true, true, true},
    {32, false, true, true, true},    {48, true, false, false, false}, {52, true, true, false, false}, {53, true, true, true, false},
    {54, true, true, true, true},     {56, true, true, true, true},
};

/* Offsets behind the addresses' family. */
struct offsets {
    uint8_t src_port, dst, dst_port, protocol, verdict, size, is_egress, tier;
};

static const struct offsets v4 = {4, 8, 12, 16, 20, 24, 28, 29};
static const struct offsets v6 = {16, 20, 36, 40, 44, 48, 52, 53};

static uint32_t u32_at(const uint8_t *bytes, uint8_t at)
{
    return (uint32_t)bytes[at] | (uint32_t)bytes[at + 1] << 8 | (uint32_t)bytes[at + 2] << 16 | (uint32_t)bytes[at + 3] << 24;
}

/* The policy that decided is known by its tier only; the default tier and an error name none. */
static bool add_policy(struct np_flow_run *run, const struct np_npa_event *event, struct cnipol_flow *flow)
{
    struct np_flow_list list = {0};
    struct cnipol_flow_policy *policy;

    if (!event->tier.s || np_text_is(event->tier, "DEFAULT") || np_text_is(event->tier, "ERROR"))
        return true;
    policy = np_flow_list_add(run, &list, sizeof *policy);
    if (!policy)
        return false;
    policy->tier = event->tier;
    policy->action = np_text_is(event->verdict, "DENY") ? np_text_of("deny") : np_text_of("accept");
    policy->direction = flow->direction;
    flow->policies = policy;
    flow->n_policies = 1;
    return true;
}

bool np_npa_fill(struct np_flow_run *run, const struct np_npa_event *event, struct np_flow_extras *extras, struct cnipol_flow *flow)
{
    bool deny = np_text_is(event->verdict, "DENY"), accept = np_text_is(event->verdict, "ACCEPT");

    np_flow_verdict(flow, deny ? CNIPOL_FLOW_DROPPED : accept ? CNIPOL_FLOW_FORWARDED : CNIPOL_FLOW_UNKNOWN);
    if (event->tier.s && !np_extra_text(run, extras, CNIPOL_EXTRA_TIER, event->tier))
        return false;
    return add_policy(run, event, flow);
}

static const struct layout *layout_of(size_t n)
{
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
        if (layouts[i].length == n)
            return &layouts[i];
    return NULL;
}

static void read_ends(const struct layout *layout, const struct offsets *at, const uint8_t *bytes, struct cnipol_flow *flow)
{
    void (*const set)(struct cnipol_flow_end *, const uint8_t *) = layout->is_v6 ? np_end_ip6 : np_end_ip4;

    set(&flow->src, bytes);
    set(&flow->dst, bytes + at->dst);
    np_end_port(&flow->src, (uint16_t)u32_at(bytes, at->src_port));
    np_end_port(&flow->dst, (uint16_t)u32_at(bytes, at->dst_port));
    np_flow_protocol(flow, (uint8_t)u32_at(bytes, at->protocol));
    if (layout->has_direction)
        np_flow_direction(flow, bytes[at->is_egress] ? CNIPOL_FLOW_EGRESS : CNIPOL_FLOW_INGRESS);
}

static bool read_rest(struct np_flow_run *run, const struct layout *layout, const struct offsets *at, const uint8_t *bytes,
                      struct cnipol_flow *flow)
{
    static const struct cnipol_text verdicts[] = {NP_TEXT("DENY"), NP_TEXT("ACCEPT"), NP_TEXT("EXPIRED/DELETED")};
    static const struct cnipol_text tiers[] = {NP_TEXT("ERROR"), NP_TEXT("ADMIN"), NP_TEXT("NETWORK_POLICY"), NP_TEXT("BASELINE"),
                                               NP_TEXT("DEFAULT")};
    struct np_flow_extras extras = {0};
    uint32_t verdict = u32_at(bytes, at->verdict);
    struct np_npa_event event = {.verdict = verdicts[verdict < 3 ? verdict : 0]};

    if (layout->has_tier)
        event.tier = tiers[bytes[at->tier] < 5 ? bytes[at->tier] : 0];
    if (verdict == 2 && !np_extra_text(run, &extras, CNIPOL_EXTRA_VERDICT, event.verdict))
        return false;
    if (layout->has_size && !np_extra_number(run, &extras, CNIPOL_EXTRA_BYTES, u32_at(bytes, at->size)))
        return false;
    if (!np_npa_fill(run, &event, &extras, flow))
        return false;
    np_extras_done(&extras, flow);
    return true;
}

static int next(struct np_flow_run *run, struct cnipol_flow *flow)
{
    const struct layout *layout = layout_of(run->n);
    const struct offsets *at;

    if (!layout)
        return np_flawf(run, NP_FLOW_SYNTAX, 0, "an event has 24 to 32 bytes (IPv4) or 48 to 56 (IPv6), not %zu", run->n);
    at = layout->is_v6 ? &v6 : &v4;
    read_ends(layout, at, (const uint8_t *)run->frame, flow);
    if (!read_rest(run, layout, at, (const uint8_t *)run->frame, flow))
        return CNIPOL_E_NOMEM;
    return 1;
}

/* Does an address begin with the byte that a pod, or who talks with one, may have? */
static bool is_address(bool is_v6, uint8_t first)
{
    return is_v6 ? (first >= 0x20 && first < 0x40) || first >= 0xfc : first > 0 && first < 240;
}

/* Is it what the agent could write? Of what it pads with, and of what it does not know, nobody can say. */
static bool is_event(const struct layout *layout, const uint8_t *bytes)
{
    const struct offsets *at = layout->is_v6 ? &v6 : &v4;

    if (!is_address(layout->is_v6, bytes[0]) || !is_address(layout->is_v6, bytes[at->dst]))
        return false;
    return (u32_at(bytes, at->src_port) | u32_at(bytes, at->dst_port)) <= UINT16_MAX && u32_at(bytes, at->protocol) <= UINT8_MAX &&
           u32_at(bytes, at->verdict) < 3 && (!layout->has_direction || bytes[at->is_egress] < 2) &&
           (!layout->has_tier || bytes[at->tier] < 5);
}

/* Events have no mark, but few lengths and many bytes that are 0. All that are there whole must be some. */
static int recognise(const char *bytes, size_t n)
{
    const uint8_t *p = (const uint8_t *)bytes;
    size_t at = 0;

    while (n - at >= 4) {
        uint32_t size = u32_at(p + at, 0);
        const struct layout *layout = size <= UINT8_MAX ? layout_of(size) : NULL;

        if (layout && n - at - 4 < size)
            break;
        if (!layout || !is_event(layout, p + at + 4))
            return 0;
        at += 4 + size;
    }
    return at ? 50 : 0;
}

const struct np_format np_format_aws_npa = {
    .row = {"aws-npa", "AWS network policy agent", "ring buffer events, each behind its length in four bytes"},
    .framing = NP_FRAME_U32,
    .next = next,
    .recognise = recognise,
    .is_single = true,
};
