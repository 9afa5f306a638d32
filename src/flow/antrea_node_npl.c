/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * antrea-node-npl: policies for nodes, which log through the kernel.
 *
 *     Sep  2 10:31:07 node-1 kernel: [6657320.789675] Antrea:I:Allow:allow-http:IN=ens224 OUT= MAC=… SRC=10.0.0.1 DST=… PROTO=TCP …
 *     └─ whatever the log puts before ──────────────┘ └─ prefix ──────────────┘└─ netfilter's own words ──────────────────────────
 *
 * What is before the prefix is the host's business: the node is the word before "kernel:", a time counts only where it has a year
 * (RFC 3339). The label is at most 12 characters, and may be missing. An ICMP error quotes a packet in brackets; it is not read.
 *
 * Sources: antrea-io/antrea docs/antrea-node-network-policy.md, pkg/agent/controller/networkpolicy/node_reconciler_linux.go
 * (generateLogLabel), v2.7.0; Linux net/ipv4/netfilter/nf_log_ipv4.c, net/netfilter/nf_log_syslog.c, v6.6.
 */

#include "base/ip.h"
#include "flow/antrea.h"

struct words {
    const char *p, *end;
};

static bool next_word(struct words *words, struct cnipol_text *out)
{
    const char *start;

    while (words->p < words->end && *words->p == ' ')
        words->p++;
    start = words->p;
    while (words->p < words->end && *words->p != ' ')
        words->p++;
    *out = np_text(start, (size_t)(words->p - start));
    return out->n != 0;
}

/* The part up to the colon; *p moves behind it. */
static bool part(const char **p, const char *end, struct cnipol_text *out)
{
    const char *colon = memchr(*p, ':', (size_t)(end - *p));

    if (!colon)
        return false;
    *out = np_text(*p, (size_t)(colon - *p));
    *p = colon + 1;
    return true;
}

static void take_host(const char *frame, const char *prefix, struct cnipol_flow *flow)
{
    struct words words = {frame, prefix};
    struct cnipol_text word, before = {NULL, 0};
    struct cnipol_time time;

    for (uint32_t i = 0; next_word(&words, &word); i++) {
        if (i == 0 && np_antrea_time_zone(word, &time))
            np_flow_time(flow, time);
        if (NP_ANTREA_IS(word, "kernel:"))
            flow->node = before;
        before = word;
    }
}

/* Antrea:I:Allow:label: up to netfilter's words, which begin at *p afterwards. */
static int take_prefix(struct np_flow_run *run, const char **p, const char *end, struct cnipol_flow *flow, struct np_flow_extras *extras)
{
    struct cnipol_flow_policy *policy = np_arena_zalloc(&run->arena, sizeof *policy);
    size_t at = (size_t)(*p - run->frame);
    struct cnipol_text name, direction, action, label;
    enum cnipol_flow_verdict verdict;
    const char *word;

    if (!policy)
        return CNIPOL_E_NOMEM;
    if (!part(p, end, &name) || !part(p, end, &direction) || !part(p, end, &action))
        return np_flaw(run, NP_FLOW_SYNTAX, at, "the prefix is not Antrea:<I|O>:<action>:");
    word = np_antrea_disposition(action, &verdict);
    if (!word || direction.n != 1 || (*direction.s != 'I' && *direction.s != 'O'))
        return np_flaw(run, NP_FLOW_SYNTAX, at, "the prefix is not Antrea:<I|O>:<action>:");
    np_flow_direction(flow, *direction.s == 'I' ? CNIPOL_FLOW_INGRESS : CNIPOL_FLOW_EGRESS);
    np_flow_verdict(flow, verdict);
    policy->direction = flow->direction;
    policy->action = np_text(word, strlen(word));
    flow->policies = policy;
    flow->n_policies = 1;
    if ((size_t)(end - *p) >= 3 && memcmp(*p, "IN=", 3) == 0)
        return 0;
    if (!part(p, end, &label))
        return np_flaw(run, NP_FLOW_SYNTAX, at, "the prefix is not Antrea:<I|O>:<action>:<label>:");
    return !label.n || np_extra_text(run, extras, CNIPOL_EXTRA_LABEL, label) ? 0 : CNIPOL_E_NOMEM;
}

enum key { KEY_IN, KEY_OUT, KEY_MAC, KEY_SRC, KEY_DST, KEY_PROTO, KEY_SPT, KEY_DPT, KEY_TYPE, KEY_CODE, N_KEYS };

static const char *const keys[N_KEYS] = {"IN=", "OUT=", "MAC=", "SRC=", "DST=", "PROTO=", "SPT=", "DPT=", "TYPE=", "CODE="};

/* What netfilter says. */
struct said {
    struct cnipol_text values[N_KEYS];
    uint16_t flags;
};

static void take_word(struct cnipol_text word, struct said *said)
{
    static const char *const flags[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "AE"};

    for (size_t i = 0; i < N_KEYS; i++) {
        size_t n = strlen(keys[i]);

        if (word.n >= n && memcmp(word.s, keys[i], n) == 0 && !said->values[i].s)
            said->values[i] = np_text(word.s + n, word.n - n);
    }
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (np_antrea_is(word, flags[i], strlen(flags[i])))
            said->flags |= (uint16_t)(1u << i);
}

static int take_ip(struct np_flow_run *run, struct cnipol_text word, struct cnipol_flow_end *end)
{
    struct np_ip ip;

    if (!word.s || !np_ip_parse((struct np_str){word.s, word.n}, &ip, NULL))
        return np_flaw(run, word.s ? NP_FLOW_FIELD : NP_FLOW_SYNTAX, word.s ? (size_t)(word.s - run->frame) : run->n,
                       word.s ? "this is no address" : "the line says no SRC= and DST=");
    end->ip = word;
    return 0;
}

static int take_small(struct np_flow_run *run, struct cnipol_text word, uint64_t max, uint64_t *out)
{
    *out = 0;
    if (!word.s || np_antrea_digits(word, max, out))
        return 0;
    return np_flaw(run, NP_FLOW_FIELD, (size_t)(word.s - run->frame), "this is no number that can be here");
}

static int take_protocol(struct np_flow_run *run, struct cnipol_text word, struct cnipol_flow *flow)
{
    uint64_t value;
    int number;

    if (!word.s)
        return 0;
    if (!np_antrea_protocol_find(word, &number)) {
        static const struct {
            const char *word;
            int number;
        } others[] = {{"UDPLITE", 136}, {"AH", 51}, {"ESP", 50}};

        number = -1;
        for (size_t i = 0; i < sizeof others / sizeof *others; i++)
            if (np_antrea_is(word, others[i].word, strlen(others[i].word)))
                number = others[i].number;
        if (number < 0 && !np_antrea_digits(word, UINT8_MAX, &value))
            return np_flaw(run, NP_FLOW_FIELD, (size_t)(word.s - run->frame), "this is no protocol");
        number = number < 0 ? (int)value : number;
    }
    if (number >= 0)
        np_flow_protocol(flow, (uint8_t)number);
    return 0;
}

static int take_layer4(struct np_flow_run *run, const struct said *said, struct cnipol_flow *flow)
{
    uint64_t sport, dport, type, code;
    int rc = take_protocol(run, said->values[KEY_PROTO], flow);

    if (!rc)
        rc = take_small(run, said->values[KEY_SPT], UINT16_MAX, &sport);
    if (!rc)
        rc = take_small(run, said->values[KEY_DPT], UINT16_MAX, &dport);
    if (!rc)
        rc = take_small(run, said->values[KEY_TYPE], UINT8_MAX, &type);
    if (!rc)
        rc = take_small(run, said->values[KEY_CODE], UINT8_MAX, &code);
    if (rc)
        return rc;
    np_end_port(&flow->src, (uint16_t)sport);
    np_end_port(&flow->dst, (uint16_t)dport);
    if (said->values[KEY_TYPE].s && (flow->protocol == 1 || flow->protocol == 58)) {
        flow->has |= CNIPOL_HAS_ICMP;
        flow->icmp_type = (uint8_t)type;
        flow->icmp_code = (uint8_t)code;
    }
    if (flow->protocol == 6) {
        flow->has |= CNIPOL_HAS_TCP_FLAGS;
        flow->tcp_flags = said->flags;
    }
    return 0;
}

/* Destination, source and type, in bytes with colons. */
static void take_mac(struct cnipol_text mac, struct cnipol_flow *flow)
{
    if (mac.n < 41)
        return;
    flow->dst_mac = np_text(mac.s, 17);
    flow->src_mac = np_text(mac.s + 18, 17);
}

static int take_packet(struct np_flow_run *run, const char *p, const char *end, struct cnipol_flow *flow)
{
    struct said said = {.flags = 0};
    struct words words = {p, end};
    struct cnipol_text word, interface;
    int rc;

    while (next_word(&words, &word) && *word.s != '[')
        take_word(word, &said);
    rc = take_ip(run, said.values[KEY_SRC], &flow->src);
    if (!rc)
        rc = take_ip(run, said.values[KEY_DST], &flow->dst);
    if (!rc)
        rc = take_layer4(run, &said, flow);
    take_mac(said.values[KEY_MAC], flow);
    np_antrea_ip_version(flow);
    interface = said.values[flow->direction == CNIPOL_FLOW_INGRESS ? KEY_IN : KEY_OUT];
    if (!interface.n)
        interface = said.values[flow->direction == CNIPOL_FLOW_INGRESS ? KEY_OUT : KEY_IN];
    if (interface.n)
        flow->interface_name = interface;
    return rc;
}

static int next(struct np_flow_run *run, struct cnipol_flow *flow)
{
    const char *p = memmem(run->frame, run->n, "Antrea:", 7), *end = run->frame + run->n;
    struct np_flow_extras extras = {{0}};
    int rc;

    if (!p)
        return np_flaw(run, NP_FLOW_SYNTAX, 0, "the line has no prefix Antrea:");
    while (end > p && (end[-1] == '\n' || end[-1] == '\r'))
        end--;
    take_host(run->frame, p, flow);
    rc = take_prefix(run, &p, end, flow, &extras);
    if (!rc)
        rc = take_packet(run, p, end, flow);
    np_extras_done(&extras, flow);
    return rc ? rc : 1;
}

static int recognise(const char *bytes, size_t n)
{
    const char *line_end = memchr(bytes, '\n', n), *prefix;

    n = line_end ? (size_t)(line_end - bytes) : n;
    prefix = memmem(bytes, n, "Antrea:", 7);
    return prefix && memmem(prefix, n - (size_t)(prefix - bytes), "SRC=", 4) ? 92 : 0;
}

const struct np_format np_format_antrea_node_npl = {
    .row = {"antrea-node-npl", "Antrea: policies for nodes, the kernel's log", "lines of syslog or dmesg with the prefix Antrea:"},
    .framing = NP_FRAME_LINE,
    .next = next,
    .is_single = true,
    .recognise = recognise,
};
