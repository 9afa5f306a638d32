/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * aws-npa-log: what AWS's network policy agent logs of its events, to CloudWatch and to its own file.
 *
 *     Node: N;SIP: a;SPORT: p;DIP: b;DPORT: q;PROTOCOL: TCP;PolicyVerdict: ACCEPT;Tier: NETWORK_POLICY
 *     Flow Info: Src IP: a Src Port: p Dest IP: b Dest Port: q Proto TCP Verdict DENY Direction ingress, Tier DEFAULT
 *     {"level":"info","ts":"…","msg":"Flow Info: …"}
 *
 * All three are keys and values; a table says which key is which, with and without its colon. Source: aws/aws-network-policy-agent
 * pkg/ebpf/events/events.go, v1.4.1 and before.
 */

#include <string.h>

#include "base/ip.h"
#include "base/jscan.h"
#include "flow/aws_npa.h"
#include "flow/parse.h"
#include "flow/record.h"

enum part { NODE, SRC_IP, SRC_PORT, DST_IP, DST_PORT, PROTOCOL, VERDICT, DIRECTION, TIER, N_PARTS };

struct key {
    const char *text;
    enum part part;
};

static const struct key cloudwatch[] = {{"Node:", NODE},         {"SIP:", SRC_IP},          {"SPORT:", SRC_PORT}, {"DIP:", DST_IP}, {"DPORT:", DST_PORT},
                                        {"PROTOCOL:", PROTOCOL}, {"PolicyVerdict:", VERDICT}, {"Tier:", TIER}};
/* The longer spelling first. */
static const struct key agent[] = {{"Src IP:", SRC_IP}, {"Src Port:", SRC_PORT}, {"Dest IP:", DST_IP},       {"Dest Port:", DST_PORT},
                                   {"Proto:", PROTOCOL}, {"Proto", PROTOCOL},     {"Verdict:", VERDICT},      {"Verdict", VERDICT},
                                   {"Direction:", DIRECTION}, {"Direction", DIRECTION}, {"Tier:", TIER}, {"Tier", TIER}};

#define FLOW_INFO "Flow Info: "

/* For lines of JSON; kept from record to record. */
struct state {
    struct np_jscan scan;
    struct np_buf scratch;
};

static bool starts_with(struct cnipol_text text, const char *prefix)
{
    size_t n = strlen(prefix);

    return text.n >= n && memcmp(text.s, prefix, n) == 0;
}

static void drop(struct cnipol_text *text, size_t n)
{
    text->s += n;
    text->n -= (uint32_t)n;
}

static void drop_blanks(struct cnipol_text *text)
{
    while (text->n && text->s[0] == ' ')
        drop(text, 1);
}

/* The text up to a byte, which is passed over; all of it where the byte is not there. */
static struct cnipol_text take_until(struct cnipol_text *text, char end)
{
    const char *at = text->n ? memchr(text->s, end, text->n) : NULL;
    struct cnipol_text part = {text->s, at ? (uint32_t)(at - text->s) : text->n};

    drop(text, part.n + (at != NULL));
    return part;
}

static const struct key *find_key(const struct key *keys, size_t n, struct cnipol_text text)
{
    for (size_t i = 0; i < n; i++)
        if (starts_with(text, keys[i].text))
            return &keys[i];
    return NULL;
}

/* Keys and values, which end with `end`. NULL, or the place that is neither. */
static const char *split(struct cnipol_text text, const struct key *keys, size_t n, char end, struct cnipol_text *parts)
{
    while (text.n) {
        const struct key *key = find_key(keys, n, text);

        if (!key || parts[key->part].s)
            return text.s;
        drop(&text, strlen(key->text));
        drop_blanks(&text);
        parts[key->part] = take_until(&text, end);
        drop_blanks(&text);
    }
    return NULL;
}

static int bad(struct np_flow_run *run, const char *at, const char *message)
{
    size_t offset = at >= run->frame && at <= run->frame + run->n ? (size_t)(at - run->frame) : 0;

    return np_flaw(run, NP_FLOW_FIELD, offset, message);
}

static int read_end(struct np_flow_run *run, struct cnipol_text address, struct cnipol_text port, struct cnipol_flow_end *end)
{
    struct np_ip ip;
    uint64_t number;

    if (!np_ip_parse((struct np_str){address.s, address.n}, &ip, NULL))
        return bad(run, address.s, "this is no address");
    end->ip = address;
    if (!np_parse_uint64(port, &number) || number > UINT16_MAX)
        return bad(run, port.s, "a port is a number from 0 to 65535");
    np_end_port(end, (uint16_t)number);
    return CNIPOL_OK;
}

static int read_direction(struct np_flow_run *run, struct cnipol_text text, struct cnipol_flow *flow)
{
    if (!text.s)
        return CNIPOL_OK;
    if (text.n && text.s[text.n - 1] == ',')
        text.n--;
    if (!np_text_is(text, "ingress") && !np_text_is(text, "egress"))
        return bad(run, text.s, "a direction is ingress or egress");
    np_flow_direction(flow, text.s[0] == 'e' ? CNIPOL_FLOW_EGRESS : CNIPOL_FLOW_INGRESS);
    return CNIPOL_OK;
}

static int read_verdict(struct np_flow_run *run, const struct cnipol_text *parts, struct cnipol_flow *flow)
{
    struct np_npa_event event = {parts[VERDICT], parts[TIER]};
    struct np_flow_extras extras = {0};

    if (!np_text_is(event.verdict, "ACCEPT") && !np_text_is(event.verdict, "DENY") && !np_text_is(event.verdict, "EXPIRED/DELETED"))
        return bad(run, event.verdict.s, "a verdict is ACCEPT, DENY or EXPIRED/DELETED");
    if (!np_npa_fill(run, &event, &extras, flow))
        return CNIPOL_E_NOMEM;
    np_extras_done(&extras, flow);
    return CNIPOL_OK;
}

static int fill(struct np_flow_run *run, const struct cnipol_text *parts, struct cnipol_flow *flow)
{
    static const enum part wanted[] = {SRC_IP, SRC_PORT, DST_IP, DST_PORT, PROTOCOL, VERDICT};
    int protocol, rc;

    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (!parts[wanted[i]].s)
            return np_flaw(run, NP_FLOW_SYNTAX, run->n, "the line lacks an address, a port, the protocol or the verdict");
    rc = read_end(run, parts[SRC_IP], parts[SRC_PORT], &flow->src);
    if (!rc)
        rc = read_end(run, parts[DST_IP], parts[DST_PORT], &flow->dst);
    if (!rc)
        rc = read_direction(run, parts[DIRECTION], flow);
    if (rc)
        return rc;
    protocol = np_protocol_find(parts[PROTOCOL]);
    if (protocol >= 0)
        np_flow_protocol(flow, (uint8_t)protocol);
    flow->node = parts[NODE];
    return read_verdict(run, parts, flow);
}

static int read_line(struct np_flow_run *run, struct cnipol_text line, struct cnipol_flow *flow)
{
    struct cnipol_text parts[N_PARTS] = {{0}};
    const char *wrong;
    int rc;

    if (starts_with(line, FLOW_INFO)) {
        drop(&line, strlen(FLOW_INFO));
        wrong = split(line, agent, sizeof agent / sizeof *agent, ' ', parts);
    } else {
        wrong = split(line, cloudwatch, sizeof cloudwatch / sizeof *cloudwatch, ';', parts);
    }
    if (wrong)
        return np_flaw(run, NP_FLOW_SYNTAX, wrong >= run->frame && wrong <= run->frame + run->n ? (size_t)(wrong - run->frame) : 0,
                       "neither \"Node: …;SIP: …\" nor \"Flow Info: …\" goes on like this");
    rc = fill(run, parts, flow);
    return rc ? rc : 1;
}

/* The members ts and msg of zap's JSON line; other values are passed over. False: it is no such line, or there is no memory. */
static bool read_members(struct np_jscan *scan, struct np_flow_run *run, struct cnipol_text *time, struct cnipol_text *message)
{
    enum np_jscan_token token = np_jscan_next(scan);
    struct cnipol_text *wanted = NULL;

    if (token != NP_JSCAN_MAP)
        return false;
    while ((token = np_jscan_next(scan)) > NP_JSCAN_END) {
        if (token == NP_JSCAN_KEY) {
            bool is_ours = scan->depth == 1;

            wanted = is_ours && np_str_is(scan->text, "ts") ? time : is_ours && np_str_is(scan->text, "msg") ? message : NULL;
        } else if (token == NP_JSCAN_STRING && wanted) {
            char *copy = np_arena_strndup(&run->arena, scan->text.s, scan->text.n);

            if (!copy) {
                scan->error = NP_JSCAN_NOMEM;
                return false;
            }
            *wanted = np_text(copy, scan->text.n);
            wanted = NULL;
        } else {
            wanted = NULL;
        }
    }
    return token == NP_JSCAN_END;
}

/* zap's JSON around the same line. */
static int read_json(struct np_flow_run *run, struct cnipol_flow *flow)
{
    struct cnipol_text time = {0}, message = {0};
    struct state *state = run->state;
    struct np_jscan *scan = &state->scan;
    bool fine;

    np_jscan_init(scan, run->frame, run->n, 64, &state->scratch);
    fine = read_members(scan, run, &time, &message);
    if (!fine && scan->error == NP_JSCAN_NOMEM)
        return CNIPOL_E_NOMEM;
    if (!fine || !message.s || !starts_with(message, FLOW_INFO))
        return np_flaw(run, NP_FLOW_SYNTAX, fine ? 0 : scan->start, "a JSON line of the agent has its \"Flow Info: …\" in the member msg");
    if (time.s && np_parse_rfc3339(time, &flow->time))
        flow->has |= CNIPOL_HAS_TIME;
    return read_line(run, message, flow);
}

static int open_state(struct np_flow_run *run)
{
    struct state *state = np_zalloc(run->mem, sizeof *state);

    if (!state)
        return CNIPOL_E_NOMEM;
    np_buf_init(&state->scratch, run->mem);
    run->state = state;
    return CNIPOL_OK;
}

static void close_state(struct np_flow_run *run)
{
    struct state *state = run->state;

    np_buf_free(&state->scratch);
    np_free(run->mem, state, sizeof *state);
}

static int next(struct np_flow_run *run, struct cnipol_flow *flow)
{
    return run->n && run->frame[0] == '{' ? read_json(run, flow) : read_line(run, np_text(run->frame, run->n), flow);
}

static int recognise(const char *bytes, size_t n)
{
    struct cnipol_text text = np_text(bytes, n);

    if (starts_with(text, FLOW_INFO "Src IP: ") || (starts_with(text, "Node: ") && memmem(bytes, n, ";SIP: ", 6)))
        return 95;
    return n && bytes[0] == '{' && memmem(bytes, n, "\"Flow Info: Src IP: ", 20) ? 95 : 0;
}

const struct np_format np_format_aws_npa_log = {
    .row = {"aws-npa-log", "AWS network policy agent", "its log: CloudWatch lines, lines of its file, plain or JSON"},
    .framing = NP_FRAME_LINE,
    .open = open_state,
    .close = close_state,
    .next = next,
    .is_single = true,
    .recognise = recognise,
};
