/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Antrea: what a record means.
 *
 * Verdict: a flow that either policy drops or rejects is dropped, any other is forwarded; Antrea exports no third kind. Direction:
 * what the exporter says (flowDirection), else that of the policy that dropped, the egress one first, as packets meet it first. A
 * policy is there as soon as anything of it is: Kubernetes isolation is an action and a type without a name.
 *
 * Sources: antrea-io/antrea docs/network-flow-visibility.md, pkg/apis/flow/v1alpha1/flow.proto, v2.7.0; RFC 5102 for flowEndReason.
 */

#include "base/ip.h"
#include "flow/antrea.h"

static bool has(const struct np_antrea_record *record, enum np_antrea_number slot)
{
    return record->numbers_set >> slot & 1;
}

static uint64_t number(const struct np_antrea_record *record, enum np_antrea_number slot)
{
    return has(record, slot) ? record->numbers[slot] : 0;
}

static struct cnipol_text static_text(const char *s)
{
    return (struct cnipol_text){s, s ? (uint32_t)strlen(s) : 0};
}

static bool is_drop(uint64_t action)
{
    return action == 2 || action == 3;
}

static void judge(const struct np_antrea_record *record, struct cnipol_flow *flow)
{
    bool egress = is_drop(number(record, NP_ANTREA_EGRESS_ACTION)), ingress = is_drop(number(record, NP_ANTREA_INGRESS_ACTION));
    uint64_t direction = number(record, NP_ANTREA_DIRECTION);

    np_flow_verdict(flow, egress || ingress ? CNIPOL_FLOW_DROPPED : CNIPOL_FLOW_FORWARDED);
    if (has(record, NP_ANTREA_DIRECTION))
        np_flow_direction(flow, direction == 0 ? CNIPOL_FLOW_INGRESS : direction == 1 ? CNIPOL_FLOW_EGRESS : CNIPOL_FLOW_NO_DIRECTION);
    else if (egress || ingress)
        np_flow_direction(flow, egress ? CNIPOL_FLOW_EGRESS : CNIPOL_FLOW_INGRESS);
}

/* Where the values of one of the two policies are. */
struct policy_slots {
    enum np_antrea_number type, action;
    enum np_antrea_text name, ns, rule;
    enum cnipol_flow_direction direction;
};

static bool take_policy(const struct np_antrea_record *record, const struct policy_slots *slots, struct cnipol_flow_policy *out)
{
    static const char *const actions[] = {NULL, "allow", "drop", "reject"};
    uint64_t action = number(record, slots->action), type = number(record, slots->type);

    if (!action && !type && !record->texts[slots->name].s && !record->texts[slots->ns].s && !record->texts[slots->rule].s)
        return false;
    *out = (struct cnipol_flow_policy){.direction = slots->direction,
                                       .kind = static_text(np_antrea_policy_kind(type)),
                                       .ns = record->texts[slots->ns],
                                       .name = record->texts[slots->name],
                                       .rule = record->texts[slots->rule],
                                       .action = static_text(action < 4 ? actions[action] : NULL)};
    return true;
}

static int policies(struct np_flow_run *run, const struct np_antrea_record *record, struct cnipol_flow *flow)
{
    static const struct policy_slots both[] = {
        {NP_ANTREA_INGRESS_TYPE, NP_ANTREA_INGRESS_ACTION, NP_ANTREA_INGRESS_NAME, NP_ANTREA_INGRESS_NS, NP_ANTREA_INGRESS_RULE,
         CNIPOL_FLOW_INGRESS},
        {NP_ANTREA_EGRESS_TYPE, NP_ANTREA_EGRESS_ACTION, NP_ANTREA_EGRESS_NAME, NP_ANTREA_EGRESS_NS, NP_ANTREA_EGRESS_RULE,
         CNIPOL_FLOW_EGRESS},
    };
    struct cnipol_flow_policy *items;

    if (!np_flow_wants(run, CNIPOL_FIELD_POLICIES))
        return 0;
    items = np_arena_array(&run->arena, 2, sizeof *items);
    if (!items)
        return CNIPOL_E_NOMEM;
    for (size_t i = 0; i < 2; i++)
        flow->n_policies += take_policy(record, &both[i], &items[flow->n_policies]);
    flow->policies = flow->n_policies ? items : NULL;
    return 0;
}

int np_antrea_ip_text(struct np_flow_run *run, const struct np_antrea_ip *address, struct cnipol_text *out)
{
    struct np_ip ip = {.family = address->family};
    char text[NP_IP_TEXT];
    uint32_t n;

    *out = address->text;
    if (out->s || !address->family)
        return 0;
    memcpy(ip.bytes, address->bytes, sizeof ip.bytes);
    n = np_ip_print(&ip, text);
    *out = np_text(np_arena_strndup(&run->arena, text, n), n);
    return out->s ? 0 : CNIPOL_E_NOMEM;
}

/* The names of numbers that are enumerations; NULL: none. */
static const char *word_of(enum np_antrea_number slot, uint64_t value)
{
    static const char *const reasons[] = {NULL, "idle timeout", "active timeout", "end of flow", "forced end", "lack of resources"};
    static const char *const types[] = {NULL, "IntraNode", "InterNode", "ToExternal", "FromExternal"};

    if (slot == NP_ANTREA_END_REASON)
        return value < sizeof reasons / sizeof *reasons ? reasons[value] : NULL;
    return value < sizeof types / sizeof *types ? types[value] : NULL;
}

/* What numbers become, by slot. A word's number, and that of a service's port, is 0 where there is none. */
static const struct {
    uint8_t id; /* enum cnipol_extra_id */
    bool word, or_none;
} number_extras[NP_ANTREA_N_EXTRA_NUMBERS] = {
    [NP_ANTREA_PACKETS] = {CNIPOL_EXTRA_PACKETS, false, false},
    [NP_ANTREA_BYTES] = {CNIPOL_EXTRA_BYTES, false, false},
    [NP_ANTREA_PACKETS_DELTA] = {CNIPOL_EXTRA_PACKETS_DELTA, false, false},
    [NP_ANTREA_BYTES_DELTA] = {CNIPOL_EXTRA_BYTES_DELTA, false, false},
    [NP_ANTREA_REVERSE_PACKETS] = {CNIPOL_EXTRA_REVERSE_PACKETS, false, false},
    [NP_ANTREA_REVERSE_BYTES] = {CNIPOL_EXTRA_REVERSE_BYTES, false, false},
    [NP_ANTREA_REVERSE_PACKETS_DELTA] = {CNIPOL_EXTRA_REVERSE_PACKETS_DELTA, false, false},
    [NP_ANTREA_REVERSE_BYTES_DELTA] = {CNIPOL_EXTRA_REVERSE_BYTES_DELTA, false, false},
    [NP_ANTREA_THROUGHPUT] = {CNIPOL_EXTRA_THROUGHPUT, false, false},
    [NP_ANTREA_REVERSE_THROUGHPUT] = {CNIPOL_EXTRA_REVERSE_THROUGHPUT, false, false},
    [NP_ANTREA_DOMAIN] = {CNIPOL_EXTRA_OBSERVATION_DOMAIN, false, false},
    [NP_ANTREA_SERVICE_PORT] = {CNIPOL_EXTRA_SERVICE_PORT, false, true},
    [NP_ANTREA_END_REASON] = {CNIPOL_EXTRA_END_REASON, true, true},
    [NP_ANTREA_FLOW_TYPE] = {CNIPOL_EXTRA_FLOW_TYPE, true, true},
};

static const struct {
    uint8_t id;
    uint8_t slot;
} text_extras[] =
    {
        {CNIPOL_EXTRA_SOURCE_NODE, NP_ANTREA_SRC_NODE}, {CNIPOL_EXTRA_DESTINATION_NODE, NP_ANTREA_DST_NODE},
        {CNIPOL_EXTRA_TCP_STATE, NP_ANTREA_TCP_STATE},  {CNIPOL_EXTRA_EGRESS, NP_ANTREA_EGRESS},
        {CNIPOL_EXTRA_EGRESS_IP, NP_ANTREA_EGRESS_IP},  {CNIPOL_EXTRA_EGRESS_NODE, NP_ANTREA_EGRESS_NODE},
},
  address_extras[] = {
      {CNIPOL_EXTRA_CLUSTER_IP, NP_ANTREA_CLUSTER_IP},
      {CNIPOL_EXTRA_SERVICE_IP, NP_ANTREA_SERVICE_IP},
      {CNIPOL_EXTRA_EXPORTER, NP_ANTREA_EXPORTER},
};

enum {
    N_TEXT_EXTRAS = sizeof text_extras / sizeof *text_extras,
    N_ADDRESS_EXTRAS = sizeof address_extras / sizeof *address_extras,
    MAX_EXTRAS = 1 + NP_ANTREA_N_EXTRA_NUMBERS + N_TEXT_EXTRAS + N_ADDRESS_EXTRAS
};

static bool add_text(struct np_flow_run *run, struct np_flow_extras *extras, uint8_t id, struct cnipol_text text)
{
    return !text.n || np_extra_text(run, extras, id, text);
}

static bool add_numbers(struct np_flow_run *run, const struct np_antrea_record *record, struct np_flow_extras *extras)
{
    uint32_t left = record->numbers_set & ((1u << NP_ANTREA_N_EXTRA_NUMBERS) - 1);
    bool added = true;

    for (; left && added; left &= left - 1) {
        unsigned slot = (unsigned)__builtin_ctz(left);
        uint64_t value = record->numbers[slot];

        if (number_extras[slot].word)
            added = add_text(run, extras, number_extras[slot].id, static_text(word_of(slot, value)));
        else if (value || !number_extras[slot].or_none)
            added = np_extra_number(run, extras, number_extras[slot].id, value);
    }
    return added;
}

static bool add_addresses(struct np_flow_run *run, const struct np_antrea_record *record, struct np_flow_extras *extras)
{
    bool added = true;

    for (size_t i = 0; i < N_ADDRESS_EXTRAS && added; i++) {
        struct cnipol_text text;

        added = np_antrea_ip_text(run, &record->addresses[address_extras[i].slot], &text) == 0 &&
                add_text(run, extras, address_extras[i].id, text);
    }
    return added;
}

static int add_extras(struct np_flow_run *run, const struct np_antrea_record *record, struct cnipol_flow *flow)
{
    struct np_flow_extras extras = {.list = {.cap = MAX_EXTRAS}};
    bool added;

    if (!np_flow_wants(run, CNIPOL_FIELD_EXTRA))
        return 0;
    extras.list.items = np_arena_array(&run->arena, MAX_EXTRAS, sizeof(struct cnipol_flow_extra));
    if (!extras.list.items)
        return CNIPOL_E_NOMEM;
    added = !(record->times_set >> NP_ANTREA_START & 1) || np_extra_time(run, &extras, CNIPOL_EXTRA_START, record->times[NP_ANTREA_START]);
    added = added && add_numbers(run, record, &extras);
    for (size_t i = 0; i < N_TEXT_EXTRAS && added; i++)
        added = add_text(run, &extras, text_extras[i].id, record->texts[text_extras[i].slot]);
    added = added && add_addresses(run, record, &extras);
    if (extras.list.n)
        np_extras_done(&extras, flow);
    return added ? 0 : CNIPOL_E_NOMEM;
}

int np_antrea_add_label(struct np_flow_run *run, struct np_flow_list *list, struct cnipol_text key, struct cnipol_text value)
{
    struct cnipol_text *label = np_flow_list_add(run, list, sizeof *label);
    char *s = np_arena_alloc(&run->arena, (size_t)key.n + value.n + 1);

    if (!label || !s)
        return CNIPOL_E_NOMEM;
    memcpy(s, key.s, key.n);
    s[key.n] = '=';
    memcpy(s + key.n + 1, value.s, value.n);
    *label = np_text(s, (size_t)key.n + value.n + 1);
    return 0;
}

static void labels_done(struct cnipol_flow_end *end, const struct np_flow_list *list)
{
    static const struct cnipol_text none = {"", 0};

    end->labels = list->items ? list->items : &none; /* {}: a pod without labels, said so */
    end->n_labels = list->n;
    end->has |= CNIPOL_FLOW_END_LABEL_MAP;
}

/* The end of a plain string that begins at s[*at] with a quote: no escape in it. */
static bool plain_string(struct cnipol_text text, size_t *at, struct cnipol_text *out)
{
    size_t i = *at + 1;

    if (*at >= text.n || text.s[*at] != '"')
        return false;
    while (i < text.n && text.s[i] != '"' && text.s[i] != '\\' && (unsigned char)text.s[i] >= 0x20 && (unsigned char)text.s[i] < 0x80)
        i++;
    if (i >= text.n || text.s[i] != '"')
        return false;
    *out = np_text(text.s + *at + 1, i - *at - 1);
    *at = i + 1;
    return true;
}

/* {"key":"value",...} as Go writes it, without escapes. 1; 0: not so simple; CNIPOL_E_NOMEM. */
static int plain_labels(struct np_flow_run *run, struct cnipol_text text, struct np_flow_list *list)
{
    struct cnipol_text key, value;
    size_t at = 1;
    int rc;

    if (text.n < 7 || text.s[0] != '{' || text.s[text.n - 1] != '}')
        return 0;
    for (;; at++) {
        if (!plain_string(text, &at, &key) || at >= text.n || text.s[at++] != ':' || !plain_string(text, &at, &value) || at >= text.n)
            return 0;
        rc = np_antrea_add_label(run, list, key, value);
        if (rc)
            return rc;
        if (text.s[at] != ',')
            return at == text.n - 1;
    }
}

/* Any JSON object of strings. 0, CNIPOL_E_NOMEM, or 1: it is none. */
static int json_labels(struct np_flow_run *run, struct np_antrea *antrea, struct cnipol_text text, struct np_flow_list *list)
{
    struct cnipol_text key, value;
    enum np_jscan_token token;
    struct np_jscan scan; /* the format's own is in use */

    np_antrea_scan(antrea, &scan, text.s, text.n, 2);
    if (np_jscan_next(&scan) != NP_JSCAN_MAP)
        return 1;
    while ((token = np_jscan_next(&scan)) == NP_JSCAN_KEY) {
        key = np_text(np_arena_strndup(&run->arena, scan.text.s, scan.text.n), scan.text.n);
        if (!key.s)
            return CNIPOL_E_NOMEM;
        if (np_jscan_next(&scan) != NP_JSCAN_STRING)
            return scan.error == NP_JSCAN_NOMEM ? CNIPOL_E_NOMEM : 1;
        value = np_text(scan.text.s, scan.text.n);
        if (np_antrea_add_label(run, list, key, value))
            return CNIPOL_E_NOMEM;
    }
    if (scan.error == NP_JSCAN_NOMEM)
        return CNIPOL_E_NOMEM;
    return token != NP_JSCAN_MAP_END || np_jscan_next(&scan) != NP_JSCAN_END;
}

static int labels(struct np_flow_run *run, struct np_antrea *antrea, int i, struct cnipol_flow_end *end, size_t at)
{
    struct cnipol_text text = antrea->record.texts[i ? NP_ANTREA_DST_LABELS : NP_ANTREA_SRC_LABELS];
    struct np_flow_list list = {0};
    int rc;

    if (antrea->record.labels[i]) {
        list = (struct np_flow_list){(void *)(uintptr_t)antrea->record.labels[i], antrea->record.n_labels[i], 0};
        labels_done(end, &list);
        return 0;
    }
    if (!text.n || NP_ANTREA_IS(text, "null") || !np_flow_wants(run, i ? CNIPOL_FIELD_DST_LABELS : CNIPOL_FIELD_SRC_LABELS))
        return 0;
    rc = plain_labels(run, text, &list);
    if (rc == 0) {
        list.n = 0;
        rc = json_labels(run, antrea, text, &list);
        if (rc > 0)
            return np_flaw(run, NP_FLOW_FIELD, at, "the labels of a pod are no JSON object of texts");
    }
    if (rc >= 0)
        labels_done(end, &list);
    return rc < 0 ? rc : 0;
}

/* 0, CNIPOL_E_NOMEM, or 1: it is no JSON object. */
static int check_object(struct np_antrea *antrea, struct cnipol_text text)
{
    enum np_jscan_token token;
    struct np_jscan scan;

    np_antrea_scan(antrea, &scan, text.s, text.n, 64);
    if (np_jscan_next(&scan) != NP_JSCAN_MAP)
        return 1;
    while ((token = np_jscan_next(&scan)) > NP_JSCAN_END && scan.depth)
        ;
    if (scan.error == NP_JSCAN_NOMEM)
        return CNIPOL_E_NOMEM;
    return token != NP_JSCAN_MAP_END || np_jscan_next(&scan) != NP_JSCAN_END;
}

static int application(struct np_flow_run *run, struct np_antrea *antrea, struct cnipol_flow *flow, size_t at)
{
    struct cnipol_text app = antrea->record.texts[NP_ANTREA_APP], http = antrea->record.texts[NP_ANTREA_HTTP];
    struct cnipol_flow_l7 *l7;
    int rc = http.n ? check_object(antrea, http) : 0;

    if (rc)
        return rc < 0 ? rc : np_flaw(run, NP_FLOW_FIELD, at, "httpVals is no JSON object");
    if (!app.n && !http.n)
        return 0;
    l7 = np_arena_zalloc(&run->arena, sizeof *l7);
    if (!l7)
        return CNIPOL_E_NOMEM;
    l7->type = app;
    l7->kind = http.n ? CNIPOL_L7_HTTP : CNIPOL_L7_NONE;
    l7->http_json = http;
    l7->has = app.n ? CNIPOL_L7_TYPE : 0;
    flow->l7 = l7;
    return 0;
}

static void address(const struct np_antrea_ip *ip, struct cnipol_flow_end *end)
{
    end->ip = ip->text;
    if (ip->text.s)
        return;
    if (ip->family == 4)
        np_end_ip4(end, ip->bytes);
    else if (ip->family)
        np_end_ip6(end, ip->bytes);
}

static void ends(const struct np_antrea_record *record, struct cnipol_flow *flow)
{
    const struct cnipol_text *texts = record->texts;

    address(&record->addresses[NP_ANTREA_SRC], &flow->src);
    address(&record->addresses[NP_ANTREA_DST], &flow->dst);
    np_end_port(&flow->src, (uint16_t)number(record, NP_ANTREA_SRC_PORT));
    np_end_port(&flow->dst, (uint16_t)number(record, NP_ANTREA_DST_PORT));
    np_antrea_ip_version(flow);
    flow->src.ns = texts[NP_ANTREA_SRC_NS];
    flow->src.pod = texts[NP_ANTREA_SRC_POD];
    flow->src.cluster = texts[NP_ANTREA_CLUSTER];
    flow->dst.ns = texts[NP_ANTREA_DST_NS];
    flow->dst.pod = texts[NP_ANTREA_DST_POD];
    np_antrea_split(texts[NP_ANTREA_SERVICE], &flow->dst.service_ns, &flow->dst.service);
}

static void packet(const struct np_antrea_record *record, struct cnipol_flow *flow)
{
    if (record->times_set >> NP_ANTREA_END & 1)
        np_flow_time(flow, record->times[NP_ANTREA_END]);
    if (has(record, NP_ANTREA_PROTOCOL))
        np_flow_protocol(flow, (uint8_t)record->numbers[NP_ANTREA_PROTOCOL]);
    if (has(record, NP_ANTREA_TCP_FLAGS)) {
        flow->has |= CNIPOL_HAS_TCP_FLAGS;
        flow->tcp_flags = (uint16_t)(record->numbers[NP_ANTREA_TCP_FLAGS] & 0x1ff);
    }
    if (has(record, NP_ANTREA_ICMP)) {
        flow->has |= CNIPOL_HAS_ICMP;
        flow->icmp_type = (uint8_t)(record->numbers[NP_ANTREA_ICMP] >> 8);
        flow->icmp_code = (uint8_t)record->numbers[NP_ANTREA_ICMP];
    }
}

int np_antrea_finish(struct np_flow_run *run, struct np_antrea *antrea, struct cnipol_flow *flow, size_t at)
{
    const struct np_antrea_record *record = &antrea->record;
    int rc;

    packet(record, flow);
    ends(record, flow);
    judge(record, flow);
    rc = policies(run, record, flow);
    if (!rc)
        rc = add_extras(run, record, flow);
    if (!rc)
        rc = labels(run, antrea, 0, &flow->src, at);
    if (!rc)
        rc = labels(run, antrea, 1, &flow->dst, at);
    if (!rc)
        rc = application(run, antrea, flow, at);
    return rc ? rc : 1;
}
