/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * antrea-suricata: eve.json of the Suricata that enforces rules of layer 7.
 *
 *     event_type   verdict       what it says
 *     http, tls    forwarded     a request that a rule lets through
 *     alert        dropped       "Reject by Kind:namespace/name": what no rule of the policy lets through (action "blocked")
 *     packet       traced        the packet behind an alert, where the rule has enableLogging
 *
 * Antrea's configuration asks for these; events of other types have no verdict, and those without a source are no flows.
 * Deeper members than the second level say nothing here.
 *
 * Sources: antrea-io/antrea docs/antrea-l7-network-policy.md, pkg/agent/controller/networkpolicy/l7engine/reconciler.go
 * (suricataAntreaConfigData, generateTenantRulesData), v2.7.0; Suricata 7 docs, eve-json-format.
 */

#include "base/ip.h"
#include "flow/antrea.h"

enum said {
    TIMESTAMP,
    INTERFACE,
    EVENT_TYPE,
    SRC_IP,
    SRC_PORT,
    DST_IP,
    DST_PORT,
    PROTO,
    APP_PROTO,
    ICMP_TYPE,
    ICMP_CODE,
    ACTION,
    SIGNATURE,
    METHOD,
    URL,
    HOST,
    HTTP_PROTOCOL,
    STATUS,
    USER_AGENT,
    CONTENT_TYPE,
    N_SAID
};

static const struct member {
    const char *parent; /* NULL: of the event itself */
    const char *name;
    uint32_t max; /* 0: a text; else a number up to that */
} members[N_SAID] = {
    {NULL, "timestamp", 0},
    {NULL, "in_iface", 0},
    {NULL, "event_type", 0},
    {NULL, "src_ip", 0},
    {NULL, "src_port", UINT16_MAX},
    {NULL, "dest_ip", 0},
    {NULL, "dest_port", UINT16_MAX},
    {NULL, "proto", 0},
    {NULL, "app_proto", 0},
    {NULL, "icmp_type", UINT8_MAX},
    {NULL, "icmp_code", UINT8_MAX},
    {"alert", "action", 0},
    {"alert", "signature", 0},
    {"http", "http_method", 0},
    {"http", "url", 0},
    {"http", "hostname", 0},
    {"http", "protocol", 0},
    {"http", "status", UINT32_MAX},
    {"http", "http_user_agent", 0},
    {"http", "http_content_type", 0},
};

struct eve {
    struct np_antrea antrea; /* first; its record is not used */
    struct cnipol_text texts[N_SAID];
    uint64_t numbers[N_SAID];
    uint32_t at[N_SAID];
    uint32_t set; /* a bit for each number */
};

static int open(struct np_flow_run *run)
{
    struct eve *eve = np_zalloc(run->mem, sizeof *eve);

    if (!eve)
        return CNIPOL_E_NOMEM;
    np_buf_init(&eve->antrea.scratch, run->mem);
    run->state = eve;
    return CNIPOL_OK;
}

static void close(struct np_flow_run *run)
{
    struct eve *eve = run->state;

    if (!eve)
        return;
    np_buf_free(&eve->antrea.scratch);
    np_free(run->mem, eve, sizeof *eve);
    run->state = NULL;
}

/* The member, or N_SAID; *inside: it is a map some of whose members are. */
static enum said member_of(struct np_str name, const char *parent, const char **inside)
{
    *inside = NULL;
    for (int i = 0; i < N_SAID; i++) {
        if (!parent && members[i].parent && np_str_is(name, members[i].parent))
            *inside = members[i].parent;
        if (members[i].parent == parent && np_str_is(name, members[i].name))
            return (enum said)i;
    }
    return N_SAID;
}

static int take_value(struct np_flow_run *run, struct eve *eve, enum said said, enum np_jscan_token token)
{
    struct np_jscan *scan = &eve->antrea.scan;

    eve->at[said] = (uint32_t)scan->start;
    if (token == NP_JSCAN_NULL)
        return 0;
    if (token <= NP_JSCAN_END)
        return np_antrea_json_flaw(run, scan);
    if (!members[said].max && token == NP_JSCAN_STRING)
        return np_antrea_json_keep(run, scan, &eve->texts[said]) ? 0 : CNIPOL_E_NOMEM;
    if (!members[said].max || token != NP_JSCAN_NUMBER ||
        !np_antrea_digits(np_text(scan->text.s, scan->text.n), members[said].max, &eve->numbers[said]))
        return np_flawf(run, NP_FLOW_FIELD, scan->start, "%s has no value that it can have", members[said].name);
    eve->set |= 1u << said;
    return 0;
}

/* The members of the map that has just begun, and of the maps in it that say something. */
static int take_map(struct np_flow_run *run, struct eve *eve)
{
    struct np_jscan *scan = &eve->antrea.scan;
    const char *parent = NULL, *inside;
    uint32_t depth = scan->depth;
    enum np_jscan_token token;
    int rc = 0;

    while (!rc) {
        enum said said;

        token = np_jscan_next(scan);
        if (token == NP_JSCAN_MAP_END) {
            if (scan->depth < depth)
                return 0;
            parent = NULL;
            continue;
        }
        if (token != NP_JSCAN_KEY)
            return np_antrea_json_flaw(run, scan);
        said = member_of(scan->text, parent, &inside);
        token = np_jscan_next(scan);
        if (inside && token == NP_JSCAN_MAP)
            parent = inside;
        else
            rc = said < N_SAID ? take_value(run, eve, said, token) : np_antrea_json_skip(run, scan, token);
    }
    return rc;
}

static int take_ip(struct np_flow_run *run, const struct eve *eve, enum said said, struct cnipol_flow_end *end)
{
    struct np_ip ip;

    end->ip = eve->texts[said];
    if (end->ip.s && !np_ip_parse((struct np_str){end->ip.s, end->ip.n}, &ip, NULL))
        return np_flawf(run, NP_FLOW_FIELD, eve->at[said], "%s is no address", members[said].name);
    return 0;
}

static int take_time(struct np_flow_run *run, const struct eve *eve, struct cnipol_flow *flow)
{
    struct cnipol_time time;

    if (!eve->texts[TIMESTAMP].s)
        return 0;
    if (!np_antrea_time_zone(eve->texts[TIMESTAMP], &time))
        return np_flaw(run, NP_FLOW_FIELD, eve->at[TIMESTAMP], "timestamp is no time");
    np_flow_time(flow, time);
    return 0;
}

static int take_protocol(struct np_flow_run *run, const struct eve *eve, struct cnipol_flow *flow)
{
    struct cnipol_text word = eve->texts[PROTO];
    uint64_t value;
    int number = -1;

    if (!word.n)
        return 0;
    if (!np_antrea_protocol_find(word, &number)) {
        if (!np_antrea_digits(word, UINT8_MAX, &value))
            return np_flaw(run, NP_FLOW_FIELD, eve->at[PROTO], "proto is no protocol");
        number = (int)value;
    }
    if (number >= 0)
        np_flow_protocol(flow, (uint8_t)number);
    if (eve->set >> ICMP_TYPE & 1 && (number == 1 || number == 58)) {
        flow->has |= CNIPOL_HAS_ICMP;
        flow->icmp_type = (uint8_t)eve->numbers[ICMP_TYPE];
        flow->icmp_code = (uint8_t)eve->numbers[ICMP_CODE];
    }
    return 0;
}

/* "Reject by Kind:namespace/name" */
static int take_policy(struct np_flow_run *run, const struct eve *eve, struct cnipol_flow *flow)
{
    static const struct {
        const char *words, *action;
    } forms[] = {{"Reject by ", "reject"}, {"Allow http by ", "allow"}, {"Allow tls by ", "allow"}};
    struct cnipol_text text = eve->texts[SIGNATURE];
    struct cnipol_flow_policy *policy;

    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        size_t n = strlen(forms[i].words);
        const char *colon;

        if (text.n <= n || memcmp(text.s, forms[i].words, n) != 0)
            continue;
        policy = np_arena_zalloc(&run->arena, sizeof *policy);
        if (!policy)
            return CNIPOL_E_NOMEM;
        text = np_text(text.s + n, text.n - n);
        colon = memchr(text.s, ':', text.n);
        policy->kind = np_text(text.s, colon ? (size_t)(colon - text.s) : text.n);
        if (colon)
            np_antrea_split(np_text(colon + 1, text.n - policy->kind.n - 1), &policy->ns, &policy->name);
        policy->action = np_text(forms[i].action, strlen(forms[i].action));
        flow->policies = policy;
        flow->n_policies = 1;
        return 0;
    }
    return 0;
}

static int take_application(struct np_flow_run *run, const struct eve *eve, bool http, struct cnipol_flow *flow)
{
    struct cnipol_text type = NP_ANTREA_IS(eve->texts[EVENT_TYPE], "tls") ? eve->texts[EVENT_TYPE] : eve->texts[APP_PROTO];
    struct cnipol_flow_l7 *l7;

    if (!http && !type.n)
        return 0;
    l7 = np_arena_zalloc(&run->arena, sizeof *l7);
    if (!l7)
        return CNIPOL_E_NOMEM;
    flow->l7 = l7;
    if (!http) {
        l7->has = CNIPOL_L7_TYPE;
        l7->type = type;
        return 0;
    }
    l7->kind = CNIPOL_L7_HTTP;
    l7->method = eve->texts[METHOD];
    l7->url = eve->texts[URL];
    l7->host = eve->texts[HOST];
    l7->protocol = eve->texts[HTTP_PROTOCOL];
    l7->user_agent = eve->texts[USER_AGENT];
    l7->content_type = eve->texts[CONTENT_TYPE];
    if (eve->set >> STATUS & 1) {
        l7->has |= CNIPOL_L7_CODE | CNIPOL_L7_CODE_STATUS;
        l7->code = (uint32_t)eve->numbers[STATUS];
    }
    return 0;
}

static int take_verdict(struct np_flow_run *run, const struct eve *eve, struct cnipol_flow *flow)
{
    struct cnipol_text type = eve->texts[EVENT_TYPE];
    bool http = NP_ANTREA_IS(type, "http"), alert = NP_ANTREA_IS(type, "alert");

    if (alert)
        np_flow_verdict(flow, NP_ANTREA_IS(eve->texts[ACTION], "blocked") ? CNIPOL_FLOW_DROPPED : CNIPOL_FLOW_FORWARDED);
    else if (http || NP_ANTREA_IS(type, "tls"))
        np_flow_verdict(flow, CNIPOL_FLOW_FORWARDED);
    else if (NP_ANTREA_IS(type, "packet"))
        np_flow_verdict(flow, CNIPOL_FLOW_TRACED);
    if (alert && take_policy(run, eve, flow))
        return CNIPOL_E_NOMEM;
    return take_application(run, eve, http, flow);
}

/* An event without a source (stats, engine). */
static int take_other(struct np_flow_run *run, const struct eve *eve, struct cnipol_flow *flow)
{
    struct cnipol_flow_event *event = np_arena_zalloc(&run->arena, sizeof *event);

    if (!event)
        return CNIPOL_E_NOMEM;
    event->kind = CNIPOL_EVENT_OTHER;
    event->message = eve->texts[EVENT_TYPE];
    flow->event = event;
    return 0;
}

static int take(struct np_flow_run *run, struct cnipol_flow *flow)
{
    struct eve *eve = run->state;
    size_t at = eve->antrea.scan.start;
    int rc;

    memset(eve->texts, 0, sizeof eve->texts);
    memset(eve->numbers, 0, sizeof eve->numbers);
    eve->set = 0;
    rc = take_map(run, eve);
    if (!rc && !eve->texts[EVENT_TYPE].n)
        return np_flaw(run, NP_FLOW_SYNTAX, at, "the event has no event_type");
    if (!rc)
        rc = take_time(run, eve, flow);
    if (!rc && !eve->texts[SRC_IP].s)
        rc = take_other(run, eve, flow);
    else if (!rc)
        rc = take_verdict(run, eve, flow);
    if (!rc)
        rc = take_ip(run, eve, SRC_IP, &flow->src);
    if (!rc)
        rc = take_ip(run, eve, DST_IP, &flow->dst);
    if (!rc)
        rc = take_protocol(run, eve, flow);
    np_end_port(&flow->src, (uint16_t)eve->numbers[SRC_PORT]);
    np_end_port(&flow->dst, (uint16_t)eve->numbers[DST_PORT]);
    flow->interface_name = eve->texts[INTERFACE];
    np_antrea_ip_version(flow);
    return rc ? rc : 1;
}

static int next(struct np_flow_run *run, struct cnipol_flow *flow)
{
    struct eve *eve = run->state;

    return np_antrea_json_next(run, flow, &eve->antrea, take);
}

static int recognise(const char *bytes, size_t n)
{
    if (!n || *bytes != '{' || !memmem(bytes, n, "\"event_type\"", 12))
        return 0;
    return memmem(bytes, n, "\"flow_id\"", 9) && memmem(bytes, n, "\"timestamp\"", 11) ? 92 : 0;
}

const struct np_format np_format_antrea_suricata = {
    .row = {"antrea-suricata", "Antrea: Suricata's eve.json of layer 7 rules", "events http, tls, alert and packet"},
    .framing = NP_FRAME_JSON,
    .open = open,
    .close = close,
    .next = next,
    .recognise = recognise,
};
