/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * aws-vpc: AWS's VPC flow logs, versions 2 to 8, a line a record, fields between single blanks.
 *
 * Which fields there are, and in which order, is the user's choice in AWS: a header line says it (files in S3 have one), or
 * opts.columns, or else it is version 2's. A field is a row of a table: its name and how it is read. Fields that are not known (AWS
 * goes on adding some) are passed over. Where the packet's own address differs from the interface's, it is the flow's. Source:
 * docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html.
 */

#include <string.h>

#include "base/ip.h"
#include "flow/format.h"
#include "flow/parse.h"
#include "flow/record.h"

#define COLUMNS_MAX 96u
#define VERSION_2 "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"

/* A line under work. */
struct line {
    struct np_flow_run *run;
    struct cnipol_flow *flow;
    struct np_flow_extras extras;
    struct cnipol_text src, dst, packet_src, packet_dst;
    const char *flaw;
};

struct column {
    const char *name;
    /* False: line->flaw says why, or there is no memory. */
    bool (*read)(struct line *line, const struct column *column, struct cnipol_text text);
    int arg;
};

struct state {
    uint32_t n;
    uint32_t n_fixed; /* columns that opts or the default say; a header line may say others for one stream */
    const struct column *columns[COLUMNS_MAX];
    const struct column *fixed[COLUMNS_MAX];
};

static bool fail(struct line *line, const char *flaw)
{
    line->flaw = flaw;
    return false;
}

static bool read_number(struct line *line, struct cnipol_text text, uint64_t max, uint64_t *out)
{
    return (np_parse_uint64(text, out) && *out <= max) || fail(line, "this is no number that the field can have");
}

static bool skip(struct line *line, const struct column *column, struct cnipol_text text)
{
    (void)line;
    (void)column;
    (void)text;
    return true;
}

static bool text_extra(struct line *line, const struct column *column, struct cnipol_text text)
{
    return np_extra_text(line->run, &line->extras, (enum cnipol_extra_id)column->arg, text);
}

static bool number_extra(struct line *line, const struct column *column, struct cnipol_text text)
{
    uint64_t number;

    return read_number(line, text, UINT64_MAX, &number) && np_extra_number(line->run, &line->extras, (enum cnipol_extra_id)column->arg, number);
}

static bool start_time(struct line *line, const struct column *column, struct cnipol_text text)
{
    uint64_t number;

    return read_number(line, text, INT32_MAX * 64ll, &number) &&
           np_extra_time(line->run, &line->extras, (enum cnipol_extra_id)column->arg, (struct cnipol_time){.seconds = (int64_t)number});
}

static bool end_time(struct line *line, const struct column *column, struct cnipol_text text)
{
    uint64_t number;

    (void)column;
    if (!read_number(line, text, INT32_MAX * 64ll, &number))
        return false;
    np_flow_time(line->flow, (struct cnipol_time){.seconds = (int64_t)number});
    return true;
}

static bool address(struct line *line, const struct column *column, struct cnipol_text text)
{
    struct cnipol_text *const places[] = {&line->src, &line->dst, &line->packet_src, &line->packet_dst};
    struct np_ip ip;

    *places[column->arg] = text;
    return np_ip_parse((struct np_str){text.s, text.n}, &ip, NULL) || fail(line, "this is no address");
}

static bool port(struct line *line, const struct column *column, struct cnipol_text text)
{
    uint64_t number;

    if (!read_number(line, text, UINT16_MAX, &number))
        return fail(line, "a port is a number from 0 to 65535");
    np_end_port(column->arg ? &line->flow->dst : &line->flow->src, (uint16_t)number);
    return true;
}

static bool protocol(struct line *line, const struct column *column, struct cnipol_text text)
{
    uint64_t number;

    (void)column;
    if (!read_number(line, text, UINT8_MAX, &number))
        return fail(line, "a protocol is a number from 0 to 255");
    np_flow_protocol(line->flow, (uint8_t)number);
    return true;
}

static bool action(struct line *line, const struct column *column, struct cnipol_text text)
{
    (void)column;
    if (!np_text_is(text, "ACCEPT") && !np_text_is(text, "REJECT"))
        return fail(line, "an action is ACCEPT or REJECT");
    line->flow->verdict = text.s[0] == 'A' ? CNIPOL_FLOW_FORWARDED : CNIPOL_FLOW_DROPPED;
    return true;
}

static bool log_status(struct line *line, const struct column *column, struct cnipol_text text)
{
    if (!np_text_is(text, "OK") && !np_text_is(text, "NODATA") && !np_text_is(text, "SKIPDATA"))
        return fail(line, "a log status is OK, NODATA or SKIPDATA");
    return text_extra(line, column, text);
}

static bool interface(struct line *line, const struct column *column, struct cnipol_text text)
{
    (void)column;
    line->flow->interface_name = text;
    return true;
}

static bool tcp_flags(struct line *line, const struct column *column, struct cnipol_text text)
{
    uint64_t number;

    (void)column;
    if (!read_number(line, text, 511, &number))
        return fail(line, "TCP flags are a number from 0 to 511");
    line->flow->tcp_flags = (uint16_t)number;
    line->flow->has |= number ? CNIPOL_HAS_TCP_FLAGS : 0;
    return true;
}

static bool direction(struct line *line, const struct column *column, struct cnipol_text text)
{
    (void)column;
    if (!np_text_is(text, "ingress") && !np_text_is(text, "egress"))
        return fail(line, "a direction is ingress or egress");
    np_flow_direction(line->flow, text.s[0] == 'i' ? CNIPOL_FLOW_INGRESS : CNIPOL_FLOW_EGRESS);
    return true;
}

static bool version(struct line *line, const struct column *column, struct cnipol_text text)
{
    uint64_t number;

    (void)column;
    return read_number(line, text, 99, &number) || fail(line, "a record begins with the version of its format");
}

static const struct column columns[] = {
    {"version", version, 0},
    {"account-id", text_extra, CNIPOL_EXTRA_ACCOUNT},
    {"interface-id", interface, 0},
    {"srcaddr", address, 0},
    {"dstaddr", address, 1},
    {"srcport", port, 0},
    {"dstport", port, 1},
    {"protocol", protocol, 0},
    {"packets", number_extra, CNIPOL_EXTRA_PACKETS},
    {"bytes", number_extra, CNIPOL_EXTRA_BYTES},
    {"start", start_time, CNIPOL_EXTRA_START},
    {"end", end_time, 0},
    {"action", action, 0},
    {"log-status", log_status, CNIPOL_EXTRA_LOG_STATUS},
    {"vpc-id", text_extra, CNIPOL_EXTRA_VPC},
    {"subnet-id", text_extra, CNIPOL_EXTRA_SUBNET},
    {"instance-id", text_extra, CNIPOL_EXTRA_INSTANCE},
    {"tcp-flags", tcp_flags, 0},
    {"type", text_extra, CNIPOL_EXTRA_TYPE},
    {"pkt-srcaddr", address, 2},
    {"pkt-dstaddr", address, 3},
    {"region", text_extra, CNIPOL_EXTRA_REGION},
    {"az-id", text_extra, CNIPOL_EXTRA_AZ},
    {"sublocation-type", text_extra, CNIPOL_EXTRA_SUBLOCATION_TYPE},
    {"sublocation-id", text_extra, CNIPOL_EXTRA_SUBLOCATION},
    {"pkt-src-aws-service", text_extra, CNIPOL_EXTRA_SRC_AWS_SERVICE},
    {"pkt-dst-aws-service", text_extra, CNIPOL_EXTRA_DST_AWS_SERVICE},
    {"flow-direction", direction, 0},
    {"traffic-path", number_extra, CNIPOL_EXTRA_TRAFFIC_PATH},
};

static const struct column unknown = {"", skip, 0};

static bool is_name(struct cnipol_text text)
{
    for (uint32_t i = 0; i < text.n; i++)
        if (text.s[i] != '-' && (text.s[i] < 'a' || text.s[i] > 'z') && (text.s[i] < '0' || text.s[i] > '9'))
            return false;
    return text.n && text.s[0] >= 'a' && text.s[0] <= 'z';
}

static const struct column *column_of(struct cnipol_text name)
{
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        if (np_text_is(name, columns[i].name))
            return &columns[i];
    return &unknown;
}

/* The next of the texts between single blanks. */
static struct cnipol_text take_field(struct cnipol_text *rest)
{
    const char *blank = rest->n ? memchr(rest->s, ' ', rest->n) : NULL;
    struct cnipol_text field = {rest->s, blank ? (uint32_t)(blank - rest->s) : rest->n};

    rest->n -= field.n + (blank != NULL);
    rest->s += field.n + (blank != NULL);
    return field;
}

/* How many columns a line of names has; 0: it is none. */
static uint32_t read_names(struct cnipol_text names, const struct column **out)
{
    uint32_t n = 0, known = 0;

    while (names.n) {
        struct cnipol_text name = take_field(&names);

        if (!name.n)
            continue;
        if (!is_name(name) || n == COLUMNS_MAX)
            return 0;
        out[n] = column_of(name);
        known += out[n++] != &unknown;
    }
    return known ? n : 0;
}

static int open_state(struct np_flow_run *run)
{
    const char *names = run->opts.columns ? run->opts.columns : VERSION_2;
    struct state *state = np_zalloc(run->mem, sizeof *state);

    if (!state)
        return CNIPOL_E_NOMEM;
    state->n_fixed = read_names(np_text_of(names), state->fixed);
    memcpy(state->columns, state->fixed, sizeof state->columns);
    state->n = state->n_fixed;
    run->state = state;
    if (state->n)
        return CNIPOL_OK;
    np_free(run->mem, state, sizeof *state);
    run->usage = "the columns of an AWS VPC flow log are its field names, as in \"srcaddr dstaddr action\"";
    return CNIPOL_E_USAGE;
}

static void close_state(struct np_flow_run *run)
{
    np_free(run->mem, run->state, sizeof(struct state));
}

static void reset_state(struct np_flow_run *run)
{
    struct state *state = run->state;

    memcpy(state->columns, state->fixed, sizeof state->columns);
    state->n = state->n_fixed;
}

/* The address on the wire, and the interface's where it is another. */
static bool set_address(struct line *line, struct cnipol_text own, struct cnipol_text packet, enum cnipol_extra_id id, struct cnipol_flow_end *end)
{
    end->ip = packet.s ? packet : own;
    if (!own.s || !packet.s || (own.n == packet.n && memcmp(own.s, packet.s, own.n) == 0))
        return true;
    return np_extra_text(line->run, &line->extras, id, own);
}

static bool has_column(const struct state *state, bool (*read)(struct line *, const struct column *, struct cnipol_text))
{
    for (uint32_t i = 0; i < state->n; i++)
        if (state->columns[i]->read == read)
            return true;
    return false;
}

static int finish(struct line *line, const struct state *state)
{
    static const struct cnipol_flow_extra none;

    if (has_column(state, action))
        line->flow->has |= CNIPOL_HAS_VERDICT;
    if (!set_address(line, line->src, line->packet_src, CNIPOL_EXTRA_INTERFACE_SRCADDR, &line->flow->src) ||
        !set_address(line, line->dst, line->packet_dst, CNIPOL_EXTRA_INTERFACE_DSTADDR, &line->flow->dst))
        return CNIPOL_E_NOMEM;
    np_extras_done(&line->extras, line->flow);
    if (!line->flow->extras)
        line->flow->extras = &none;
    return 1;
}

static int read_line(struct line *line, const struct state *state)
{
    struct np_flow_run *run = line->run;
    struct cnipol_text rest = np_text(run->frame, run->n);

    for (uint32_t i = 0; i < state->n; i++) {
        struct cnipol_text field = take_field(&rest);

        if (!field.n)
            return np_flawf(run, NP_FLOW_SYNTAX, (size_t)(field.s - run->frame), "the line has fewer than its %u fields", state->n);
        if (field.n == 1 && field.s[0] == '-')
            continue;
        if (!state->columns[i]->read(line, state->columns[i], field))
            return line->flaw ? np_flaw(run, NP_FLOW_FIELD, (size_t)(field.s - run->frame), line->flaw) : CNIPOL_E_NOMEM;
    }
    if (rest.n)
        return np_flawf(run, NP_FLOW_SYNTAX, (size_t)(rest.s - run->frame), "the line has more than its %u fields", state->n);
    return finish(line, state);
}

/* Does the line name columns? */
static bool take_header(struct np_flow_run *run)
{
    struct state *state = run->state;
    const struct column *named[COLUMNS_MAX];
    uint32_t n = run->frame_number == 1 ? read_names(np_text(run->frame, run->n), named) : 0;

    if (!n)
        return false;
    memcpy(state->columns, named, n * sizeof *named);
    state->n = n;
    return true;
}

static int next(struct np_flow_run *run, struct cnipol_flow *flow)
{
    struct line line = {.run = run, .flow = flow};

    return take_header(run) ? 0 : read_line(&line, run->state);
}

/* A header line, or version 2's "2 123456789012 eni-". */
static int recognise(const char *bytes, size_t n)
{
    const char *end = memchr(bytes, '\n', n);
    struct cnipol_text line = {bytes, end ? (uint32_t)(end - bytes) : (uint32_t)n}, first, second, third;
    const struct column *named[COLUMNS_MAX];
    uint64_t number;

    if (line.n && line.s[line.n - 1] == '\r')
        line.n--;
    if (read_names(line, named) > 2)
        return 90;
    first = take_field(&line);
    second = take_field(&line);
    third = take_field(&line);
    return np_parse_uint64(first, &number) && second.n == 12 && third.n > 4 && memcmp(third.s, "eni-", 4) == 0 ? 95 : 0;
}

const struct np_format np_format_aws_vpc = {
    .row = {"aws-vpc", "AWS VPC flow logs", "lines of versions 2 to 8, in the order that a header line or --columns says"},
    .framing = NP_FRAME_LINE,
    .open = open_state,
    .close = close_state,
    .reset = reset_state,
    .next = next,
    .is_single = true,
    .recognise = recognise,
};
