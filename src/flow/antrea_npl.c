/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * antrea-npl: np.log, the agent's log of rules with logging.
 *
 *     1.0     date time table policy action priority SRC: ip DEST: ip length protocol
 *     1.5     date time table policy action priority ip ip length protocol
 *     1.10    date time table policy rule action priority ip port ip port protocol length
 *     1.12    date time table policy rule action priority ip port ip port protocol length label
 *     1.13    date time table policy rule direction action priority pod ip port ip port protocol length label
 *
 * Any may end with "[3 packets in 1.01s]"; "<nil>" is nothing. A line's generation is where the action stands and how many words
 * follow it, so a rule's name may hold blanks, and words of the grammar. Before 1.13 the name of the table tells the direction.
 * The action is what was done with the packet: Pass leaves that to other policies, so its verdict is unknown.
 *
 * Sources: antrea-io/antrea docs/antrea-network-policy.md and pkg/agent/controller/networkpolicy/audit_logging.go (buildLogMsg,
 * getPacketInfo) at v1.0.0, v1.5.0, v1.10.0, v1.12.0, v1.13.0, v2.7.0.
 */

#include "base/ip.h"
#include "flow/antrea.h"

enum { MAX_WORDS = 64, N_DEDUP = 4 };

enum part { PRIORITY, POD, SRC_MARK, SRC_IP, SRC_PORT, DST_MARK, DST_IP, DST_PORT, PROTOCOL, LENGTH, LABEL, N_PARTS };

/* What follows the action. */
struct generation {
    uint8_t action; /* first word where it can stand */
    bool exact;     /* it stands there, and nowhere else: there is no rule's name */
    bool direction; /* a word before it says the direction */
    uint8_t n;
    uint8_t parts[9];
};

static const struct generation generations[] = {
    {6, false, true, 9, {PRIORITY, POD, SRC_IP, SRC_PORT, DST_IP, DST_PORT, PROTOCOL, LENGTH, LABEL}},
    {5, false, false, 8, {PRIORITY, SRC_IP, SRC_PORT, DST_IP, DST_PORT, PROTOCOL, LENGTH, LABEL}},
    {5, false, false, 7, {PRIORITY, SRC_IP, SRC_PORT, DST_IP, DST_PORT, PROTOCOL, LENGTH}},
    {4, true, false, 7, {PRIORITY, SRC_MARK, SRC_IP, DST_MARK, DST_IP, LENGTH, PROTOCOL}},
    {4, true, false, 5, {PRIORITY, SRC_IP, DST_IP, LENGTH, PROTOCOL}},
};

/* A line in words. */
struct line {
    struct cnipol_text words[MAX_WORDS];
    uint32_t n;
    struct cnipol_text packets, over; /* of "[n packets in t]" */
};

static bool is_nil(struct cnipol_text word)
{
    return NP_ANTREA_IS(word, "<nil>");
}

static bool is_direction(struct cnipol_text word)
{
    return NP_ANTREA_IS(word, "Ingress") || NP_ANTREA_IS(word, "Egress") || is_nil(word);
}

static bool split(const char *s, size_t n, struct line *line)
{
    const char *p = s, *end = s + n;

    line->n = 0;
    while (p < end) {
        const char *word;

        while (p < end && (*p == ' ' || *p == '\r' || *p == '\n'))
            p++;
        word = p;
        while (p < end && *p != ' ' && *p != '\r' && *p != '\n')
            p++;
        if (word == p)
            break;
        if (line->n == MAX_WORDS)
            return false;
        line->words[line->n++] = np_text(word, (size_t)(p - word));
    }
    return true;
}

/* Takes "[3 packets in 1.01s]" off the end. */
static void take_dedup(struct line *line)
{
    const struct cnipol_text *last = line->words + line->n - N_DEDUP;

    if (line->n < N_DEDUP || last[0].s[0] != '[' || !NP_ANTREA_IS(last[1], "packets") || !NP_ANTREA_IS(last[2], "in") ||
        last[3].s[last[3].n - 1] != ']')
        return;
    line->packets = np_text(last[0].s + 1, last[0].n - 1);
    line->over = np_text(last[3].s, last[3].n - 1);
    line->n -= N_DEDUP;
}

static bool fits(const struct line *line, const struct generation *generation, uint32_t action)
{
    if (generation->direction && !is_direction(line->words[action - 1]))
        return false;
    for (uint32_t i = 0; i < generation->n; i++) {
        struct cnipol_text word = line->words[action + 1 + i];

        if ((generation->parts[i] == SRC_MARK && !NP_ANTREA_IS(word, "SRC:")) ||
            (generation->parts[i] == DST_MARK && !NP_ANTREA_IS(word, "DEST:")))
            return false;
    }
    return true;
}

/* The line's generation, and where its action stands; NULL: it is of none. */
static const struct generation *generation_of(const struct line *line, uint32_t *action)
{
    enum cnipol_flow_verdict verdict;

    for (size_t i = 0; i < sizeof generations / sizeof *generations; i++) {
        const struct generation *generation = &generations[i];

        if (line->n < (uint32_t)generation->action + generation->n + 1)
            continue;
        *action = line->n - generation->n - 1;
        if (generation->exact && *action != generation->action)
            continue;
        if (np_antrea_disposition(line->words[*action], &verdict) && fits(line, generation, *action))
            return generation;
    }
    return NULL;
}

static size_t at_of(const struct np_flow_run *run, struct cnipol_text word)
{
    return (size_t)(word.s - run->frame);
}

static int take_ip(struct np_flow_run *run, struct cnipol_text word, struct cnipol_flow_end *end)
{
    struct np_ip ip;

    if (is_nil(word))
        return 0;
    if (!np_ip_parse((struct np_str){word.s, word.n}, &ip, NULL))
        return np_flaw(run, NP_FLOW_FIELD, at_of(run, word), "this is no address");
    end->ip = word;
    return 0;
}

static int take_number(struct np_flow_run *run, struct cnipol_text word, uint64_t max, uint64_t *out)
{
    if (np_antrea_digits(word, max, out))
        return 1;
    return is_nil(word) ? 0 : np_flaw(run, NP_FLOW_FIELD, at_of(run, word), "this is no number that can be here");
}

static int take_port(struct np_flow_run *run, struct cnipol_text word, struct cnipol_flow_end *end)
{
    uint64_t port = 0;
    int rc = take_number(run, word, UINT16_MAX, &port);

    np_end_port(end, (uint16_t)port);
    return rc < 0 ? rc : 0;
}

static int take_protocol(struct np_flow_run *run, struct cnipol_text word, struct cnipol_flow *flow)
{
    uint64_t value;
    int number;

    if (np_antrea_protocol_find(word, &number)) {
        if (number >= 0)
            np_flow_protocol(flow, (uint8_t)number);
        return 0;
    }
    if (!np_antrea_digits(word, UINT8_MAX, &value))
        return np_flaw(run, NP_FLOW_FIELD, at_of(run, word), "this is no protocol");
    np_flow_protocol(flow, (uint8_t)value);
    return 0;
}

static int take_extra(struct np_flow_run *run, struct cnipol_text word, enum cnipol_extra_id id, struct np_flow_extras *extras)
{
    uint64_t value;
    int rc = take_number(run, word, UINT64_MAX, &value);

    if (rc <= 0)
        return rc;
    return np_extra_number(run, extras, id, value) ? 0 : CNIPOL_E_NOMEM;
}

static int take_text(struct np_flow_run *run, struct cnipol_text word, enum cnipol_extra_id id, struct np_flow_extras *extras)
{
    return is_nil(word) || np_extra_text(run, extras, id, word) ? 0 : CNIPOL_E_NOMEM;
}

static int take_part(struct np_flow_run *run, enum part part, struct cnipol_text word, struct cnipol_flow *flow,
                     struct np_flow_extras *extras)
{
    struct cnipol_flow_end *applied = flow->direction == CNIPOL_FLOW_EGRESS ? &flow->src : &flow->dst;

    switch (part) {
    case PRIORITY:
        return take_extra(run, word, CNIPOL_EXTRA_PRIORITY, extras);
    case LENGTH:
        return take_extra(run, word, CNIPOL_EXTRA_LENGTH, extras);
    case LABEL:
        return take_text(run, word, CNIPOL_EXTRA_LABEL, extras);
    case POD:
        if (!is_nil(word))
            np_antrea_split(word, &applied->ns, &applied->pod);
        return 0;
    case SRC_IP:
        return take_ip(run, word, &flow->src);
    case DST_IP:
        return take_ip(run, word, &flow->dst);
    case SRC_PORT:
        return take_port(run, word, &flow->src);
    case DST_PORT:
        return take_port(run, word, &flow->dst);
    case PROTOCOL:
        return take_protocol(run, word, flow);
    default:
        return 0;
    }
}

/* By the word before the action, else by the table's name. */
static void take_direction(const struct line *line, const struct generation *generation, uint32_t action, struct cnipol_flow *flow)
{
    struct cnipol_text word = generation->direction ? line->words[action - 1] : line->words[2];

    if (is_nil(word))
        word = line->words[2];
    if (memmem(word.s, word.n, "Ingress", 7))
        np_flow_direction(flow, CNIPOL_FLOW_INGRESS);
    else if (memmem(word.s, word.n, "Egress", 6))
        np_flow_direction(flow, CNIPOL_FLOW_EGRESS);
}

/* Kind:namespace/name, Kind:name, or Kind. */
static int take_policy(struct np_flow_run *run, const struct line *line, const struct generation *generation, uint32_t action,
                       struct cnipol_flow *flow)
{
    struct cnipol_flow_policy *policy = np_arena_zalloc(&run->arena, sizeof *policy);
    struct cnipol_text ref = line->words[3], first = line->words[4], last = line->words[action - 1 - generation->direction];
    const char *colon = memchr(ref.s, ':', ref.n);
    const char *word;
    enum cnipol_flow_verdict verdict = CNIPOL_FLOW_UNKNOWN;

    if (!policy)
        return CNIPOL_E_NOMEM;
    word = np_antrea_disposition(line->words[action], &verdict);
    policy->kind = np_text(ref.s, colon ? (size_t)(colon - ref.s) : ref.n);
    if (colon)
        np_antrea_split(np_text(colon + 1, ref.n - policy->kind.n - 1), &policy->ns, &policy->name);
    if (!generation->exact && !(first.s == last.s && is_nil(first)))
        policy->rule = np_text(first.s, (size_t)(last.s - first.s) + last.n);
    policy->action = np_text(word, word ? strlen(word) : 0);
    policy->direction = flow->direction;
    flow->policies = policy;
    flow->n_policies = 1;
    np_flow_verdict(flow, verdict);
    return 0;
}

static int take_rest(struct np_flow_run *run, const struct line *line, struct np_flow_extras *extras)
{
    int rc = take_text(run, line->words[2], CNIPOL_EXTRA_TABLE, extras);

    if (!rc && line->packets.s)
        rc = take_extra(run, line->packets, CNIPOL_EXTRA_PACKETS, extras);
    if (!rc && line->over.s)
        rc = take_text(run, line->over, CNIPOL_EXTRA_OVER, extras);
    return rc;
}

static int take_line(struct np_flow_run *run, struct line *line, struct cnipol_flow *flow)
{
    struct np_flow_extras extras = {{0}};
    const struct generation *generation;
    struct cnipol_time time;
    uint32_t action;
    int rc;

    if (line->n < 2 || np_antrea_time(np_text(line->words[0].s, at_of(run, line->words[1]) + line->words[1].n - at_of(run, line->words[0])),
                                      '/', ' ', &time) != (size_t)(line->words[1].s + line->words[1].n - line->words[0].s))
        return np_flaw(run, NP_FLOW_SYNTAX, 0, "the line does not begin with a time (2006/01/02 15:04:05.000000)");
    np_flow_time(flow, time);
    take_dedup(line);
    generation = generation_of(line, &action);
    if (!generation)
        return np_flaw(run, NP_FLOW_SYNTAX, 0, "the line is of no generation of np.log: no action, or not the words that follow one");
    take_direction(line, generation, action, flow);
    rc = take_policy(run, line, generation, action, flow);
    for (uint32_t i = 0; i < generation->n && !rc; i++)
        rc = take_part(run, generation->parts[i], line->words[action + 1 + i], flow, &extras);
    if (!rc)
        rc = take_rest(run, line, &extras);
    np_extras_done(&extras, flow);
    np_antrea_ip_version(flow);
    return rc ? rc : 1;
}

static int next(struct np_flow_run *run, struct cnipol_flow *flow)
{
    struct line line = {.n = 0};

    if (!split(run->frame, run->n, &line))
        return np_flaw(run, NP_FLOW_SYNTAX, 0, "the line has more words than any of np.log");
    return take_line(run, &line, flow);
}

static int recognise(const char *bytes, size_t n)
{
    const char *line_end = memchr(bytes, '\n', n);
    struct cnipol_time time;
    struct line line;

    n = line_end ? (size_t)(line_end - bytes) : n;
    if (!np_antrea_time(np_text(bytes, n), '/', ' ', &time) || !split(bytes, n, &line) || line.n < 5)
        return 0;
    return memmem(bytes, n, "NetworkPolicy", 13) ? 95 : 0;
}

const struct np_format np_format_antrea_npl = {
    .row = {"antrea-npl", "Antrea: agent, np.log", "lines of the audit log of network policies, of 1.0 to 2.7"},
    .framing = NP_FRAME_LINE,
    .next = next,
    .is_single = true,
    .recognise = recognise,
};
