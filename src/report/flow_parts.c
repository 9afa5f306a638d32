/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parts of Hubble's lines: time, host, type, verdict, summary.
 *
 * As cilium/cilium hubble/pkg/printer/printer.go (v1.20.2) prints them. Records without Cilium's event type say their direction
 * where Hubble says the type of event, and a summary is made where Hubble's agent would have written one.
 */

#include "base/glyph.h"
#include "flow/format.h"
#include "flow/json_out.h"
#include "flow/record.h"
#include "flow/words.h"
#include "report/flow.h"

/* Are eight bytes all what a terminal shows as it is (0x20 to 0x7e)? Carries can only tell too much, and then bytes are looked at singly. */
static bool is_plain(const char *bytes)
{
    const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
    uint64_t eight;

    memcpy(&eight, bytes, sizeof eight);
    return !((eight | (eight - ones * 0x20) | (eight + ones)) & tops);
}

/* Bytes that a terminal shows as they are. */
static uint32_t plain_bytes(struct cnipol_text text)
{
    uint32_t n = 0;

    while (text.n - n >= 8 && is_plain(text.s + n))
        n += 8;
    while (n < text.n && (unsigned char)text.s[n] >= 0x20 && (unsigned char)text.s[n] < 0x7f)
        n++;
    return n;
}

/* Hubble's own two escapes, and glyph.h's for what else could do harm. Returns the bytes that it stands for. */
static uint32_t read_glyph(struct cnipol_text text, struct np_glyph *out)
{
    if (text.s[0] != '\x1b' && text.s[0] != '\r')
        return np_glyph_read(text.s, text.n, out);
    memcpy(out->s, text.s[0] == '\r' ? "\\r" : "^[", 2);
    out->n = out->width = 2;
    return 1;
}

static uint32_t put_glyph(struct np_out *out, struct cnipol_text text)
{
    struct np_glyph glyph;
    uint32_t used = read_glyph(text, &glyph);

    np_out_bytes(out, glyph.s, glyph.n);
    return used;
}

size_t cnipol_text_print(struct cnipol_text text, char *out, size_t size, uint32_t *columns)
{
    uint32_t width = 0;
    size_t n = 0, written = 0;

    while (text.n) {
        struct np_glyph glyph;
        uint32_t used = read_glyph(text, &glyph);

        if (written == n && n + glyph.n < size) {
            memcpy(out + n, glyph.s, glyph.n);
            written += glyph.n;
        }
        n += glyph.n;
        width += glyph.width;
        text.s += used;
        text.n -= used;
    }
    if (size)
        out[written] = '\0';
    if (columns)
        *columns = width;
    return n;
}

size_t cnipol_text_print_json(struct cnipol_text text, char *bytes, size_t size)
{
    struct np_jout out = {.bytes = bytes, .size = size};

    np_jout_string(&out, text);
    return np_jout_end(&out);
}

void np_flow_put(struct np_out *out, struct cnipol_text text)
{
    while (text.n) {
        uint32_t n = plain_bytes(text);

        if (n)
            np_out_bytes(out, text.s, n);
        else
            n = put_glyph(out, text);
        text.s += n;
        text.n -= n;
    }
}

void np_flow_put_number(struct np_out *out, uint64_t number)
{
    char digits[24];
    size_t at = sizeof digits;

    do
        digits[--at] = (char)('0' + number % 10);
    while (number /= 10);
    np_out_bytes(out, digits + at, sizeof digits - at);
}

/* "2006-01-02T15:04:05.000000000Z" → "Jan  2 15:04:05.000", as Go's time.StampMilli. */
static void put_stamp(struct np_out *out, const char *text, uint32_t nanos)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    uint32_t month = (uint32_t)(text[5] - '0') * 10 + (uint32_t)(text[6] - '0'), millis = nanos / 1000000;
    char stamp[19];

    memcpy(stamp, months + (month - 1) * 3, 3);
    stamp[3] = ' ';
    stamp[4] = text[8] == '0' ? ' ' : text[8];
    stamp[5] = text[9];
    stamp[6] = ' ';
    memcpy(stamp + 7, text + 11, 8);
    stamp[15] = '.';
    stamp[16] = (char)('0' + millis / 100);
    stamp[17] = (char)('0' + millis / 10 % 10);
    stamp[18] = (char)('0' + millis % 10);
    np_out_bytes(out, stamp, sizeof stamp);
}

void np_flow_put_time(struct np_out *out, const struct cnipol_flow_printer *printer, const struct cnipol_flow *flow)
{
    static const uint8_t digits[] = {0, 0, 3, 6, 9};
    static const uint32_t units[] = {1000000000, 1000000000, 1000000, 1000, 1};
    struct cnipol_time whole = flow->time;
    char text[CNIPOL_TIME_TEXT];
    int32_t format = printer->opts.time_format;

    if (!(flow->has & CNIPOL_HAS_TIME)) {
        np_out_bytes(out, "N/A", 3);
        return;
    }
    whole.nanos = 0;
    (void)cnipol_time_print(&whole, text);
    if (format == CNIPOL_TIME_STAMP_MILLI) {
        put_stamp(out, text, flow->time.nanos);
        return;
    }
    np_out_bytes(out, text, 19);
    if (digits[format])
        np_out_fmt(out, ".%0*u", digits[format], flow->time.nanos / units[format]);
    np_out_bytes(out, "Z", 1);
}

static void put_names(struct np_out *out, const struct cnipol_flow_end *end)
{
    for (uint32_t i = 0; i < end->n_names; i++) {
        if (i)
            np_out_bytes(out, ",", 1);
        np_flow_put(out, end->names[i]);
    }
}

/* The namespace of a service counts before the pod's, as in Hubble. */
static void put_qualified(struct np_out *out, const struct cnipol_flow_end *end, struct cnipol_text name)
{
    bool has_service = (end->has & CNIPOL_FLOW_END_SERVICE) || end->service.s || end->service_ns.s;
    struct cnipol_text ns = has_service ? end->service_ns : end->ns;

    if (ns.n) {
        np_flow_put(out, ns);
        np_out_bytes(out, "/", 1);
    }
    np_flow_put(out, name);
}

static bool has_colon(struct cnipol_text text)
{
    return text.n && memchr(text.s, ':', text.n);
}

/* Of non-IP frames, the Ethernet addresses. */
static bool put_ethernet(struct np_out *out, const struct cnipol_flow *flow, const struct cnipol_flow_end *end)
{
    if (end->ip.s || end->family || !flow->src_mac.s || (flow->has & CNIPOL_HAS_IP))
        return false;
    np_flow_put(out, end == &flow->src ? flow->src_mac : flow->dst_mac);
    return true;
}

static void put_host_name(struct np_out *out, const struct cnipol_flow_printer *printer, const struct cnipol_flow_end *end)
{
    char room[CNIPOL_ADDRESS_TEXT];
    struct cnipol_text ip = cnipol_flow_address(end, room);
    bool brackets = (end->has & CNIPOL_FLOW_END_PORT) && has_colon(ip);

    if (!printer->opts.addresses && end->pod.n)
        put_qualified(out, end, end->pod);
    else if (!printer->opts.addresses && end->service.n)
        put_qualified(out, end, end->service);
    else if (!printer->opts.addresses && end->n_names)
        put_names(out, end);
    else {
        np_out_bytes(out, "[", brackets);
        np_flow_put(out, ip);
        np_out_bytes(out, "]", brackets);
    }
}

void np_flow_put_host(struct np_out *out, const struct cnipol_flow_printer *printer, const struct cnipol_flow *flow,
                      const struct cnipol_flow_end *end)
{
    np_out_style(out, "36");
    if (!put_ethernet(out, flow, end))
        put_host_name(out, printer, end);
    if (end->has & CNIPOL_FLOW_END_PORT) {
        np_out_bytes(out, ":", 1);
        np_out_style(out, "33");
        np_flow_put_number(out, end->port);
        np_out_style(out, "0");
    }
    np_out_style(out, "0");
}

/* Trace points by the monitor's numbers (pkg/monitor/api/types.go); a point without a name is its number. */
static void put_trace_point(struct np_out *out, uint8_t point)
{
    static const char *const names[] = {"to-endpoint",   "to-proxy",   "to-host",    "to-stack",     "to-overlay",   "from-endpoint", "from-proxy",
                                        "from-host",     "from-stack", "from-overlay", "from-network", "to-network", "from-crypto",   "to-crypto"};

    if (point < sizeof names / sizeof *names)
        np_out_text(out, names[point]);
    else
        np_flow_put_number(out, point);
}

/* Numbers below the drop reasons are states that the monitor has texts for. */
static void put_drop_reason(struct np_out *out, uint8_t reason)
{
    static const char *const states[] = {[0] = "Success",
                                         [2] = "Invalid packet",
                                         [3] = "Interface",
                                         [4] = "Interface Decrypted",
                                         [5] = "LB, sock cgroup: No backend slot entry found",
                                         [6] = "LB, sock cgroup: No backend entry found",
                                         [7] = "LB, sock cgroup: Reverse entry update failed",
                                         [8] = "LB, sock cgroup: Reverse entry stale",
                                         [9] = "Fragmented packet",
                                         [10] = "Fragmented packet entry update failed",
                                         [11] = "Missed tail call to custom program",
                                         [12] = "Interface Decrypting",
                                         [13] = "Interface Encrypting",
                                         [14] = "LB: sock cgroup: Reverse entry delete succeeded",
                                         [15] = "MTU error message"};
    const char *text = reason < sizeof states / sizeof *states ? states[reason] : np_drop_reason_text(reason);

    if (text)
        np_out_text(out, text);
    else
        np_flow_put_number(out, reason);
}

static void put_word(struct np_out *out, const struct np_words *words, int32_t number)
{
    const char *word = np_word_of(words, number);

    if (word)
        np_out_text(out, word);
    else
        np_out_fmt(out, "%d", number);
}

static void put_verdict_type(struct np_out *out, const struct cnipol_flow *flow)
{
    static const char *const matches[] = {"none", "L3-Only", "L3-L4", "L4-Only", "all", "L3-Proto", "Proto-Only"};

    np_out_text(out, "policy-verdict:");
    np_out_text(out, flow->match_type < sizeof matches / sizeof *matches ? matches[flow->match_type] : "unknown");
    np_out_text(out, " ");
    put_word(out, &np_words_direction, flow->direction);
}

static void put_l7_type(struct np_out *out, const struct cnipol_flow_l7 *l7)
{
    const char *kind = np_l7_kind_name(l7->kind);

    np_out_text(out, kind ? kind : "l7");
    np_out_text(out, "-");
    np_flow_put(out, l7->type.s ? l7->type : np_text_of("unknown_l7_type"));
    if (l7->kind == CNIPOL_L7_DNS) {
        np_out_text(out, " ");
        np_flow_put(out, l7->observation_source);
    }
}

static void put_sock_type(struct np_out *out, int32_t point)
{
    static const char *const names[] = {NULL, "pre-xlate-fwd", "post-xlate-fwd", "pre-xlate-rev", "post-xlate-rev"};

    if (point > 0 && (size_t)point < sizeof names / sizeof *names)
        np_out_text(out, names[point]);
    else
        put_word(out, &np_words_xlate_point, point);
}

/* What a writer other than Cilium saw. */
static void put_foreign_type(struct np_out *out, const struct cnipol_flow *flow)
{
    if (flow->has & CNIPOL_HAS_DIRECTION)
        put_word(out, &np_words_direction, flow->direction);
    else
        np_out_text(out, "UNKNOWN");
}

void np_flow_put_type(struct np_out *out, const struct cnipol_flow *flow)
{
    if (flow->l7) {
        put_l7_type(out, flow->l7);
        return;
    }
    switch (flow->has & CNIPOL_HAS_EVENT_TYPE ? flow->event_type : 0) {
    case 4:
        put_trace_point(out, (uint8_t)flow->event_sub_type);
        return;
    case 1:
        put_drop_reason(out, (uint8_t)flow->event_sub_type);
        return;
    case 5:
        put_verdict_type(out, flow);
        return;
    case 3:
        put_word(out, &np_words_capture_point, flow->capture_point);
        return;
    case 7:
        put_sock_type(out, flow->xlate_point);
        return;
    default:
        put_foreign_type(out, flow);
        return;
    }
}

/* " BY name (kind), name (kind)"; one without a name by its kind, and one that has neither not at all. */
static void put_policy_names(struct np_out *out, const struct cnipol_flow *flow)
{
    bool first = true;

    for (uint32_t i = 0; i < flow->n_policies; i++) {
        const struct cnipol_flow_policy *policy = &flow->policies[i];

        if (!policy->name.n && !policy->kind.n)
            continue;
        np_out_text(out, first ? " BY " : ", ");
        first = false;
        np_flow_put(out, policy->name);
        if (!policy->kind.n)
            continue;
        np_out_text(out, policy->name.n ? " (" : "(");
        np_flow_put(out, policy->kind);
        np_out_text(out, ")");
    }
}

void np_flow_put_verdict(struct np_out *out, const struct cnipol_flow_printer *printer, const struct cnipol_flow *flow)
{
    static const struct {
        const char *style, *of_policy;
    } looks[] = {[CNIPOL_FLOW_FORWARDED] = {"32", "ALLOWED"}, [CNIPOL_FLOW_REDIRECTED] = {"32", "ALLOWED"},
                 [CNIPOL_FLOW_DROPPED] = {"31", "DENIED"},    [CNIPOL_FLOW_ERROR] = {"31", "DENIED"},
                 [CNIPOL_FLOW_AUDIT] = {"33", "AUDITED"},     [CNIPOL_FLOW_TRACED] = {"33", NULL},
                 [CNIPOL_FLOW_TRANSLATED] = {"33", NULL}};
    bool is_policy = (flow->has & CNIPOL_HAS_EVENT_TYPE) && flow->event_type == 5;
    const char *style = looks[flow->verdict].style, *text = is_policy ? looks[flow->verdict].of_policy : NULL;

    if (style)
        np_out_style(out, style);
    if (text)
        np_out_text(out, text);
    else
        put_word(out, &np_words_verdict, np_verdict_to_proto(flow->verdict));
    if (style)
        np_out_style(out, "0");
    if (printer->opts.policy_names && (is_policy || !(flow->has & CNIPOL_HAS_EVENT_TYPE)))
        put_policy_names(out, flow);
}

static void put_flag_names(struct np_out *out, uint16_t flags)
{
    const char *name;
    bool first = true;

    np_out_text(out, "TCP Flags: ");
    for (uint32_t bit = 0; (name = np_tcp_flag_name(bit)); bit++) {
        if (!(flags >> bit & 1))
            continue;
        np_out_text(out, first ? "" : ", ");
        np_out_text(out, name);
        first = false;
    }
}

/* What Hubble's agent writes of packets (pkg/hubble/parser/threefour), for records that have no summary. */
static void put_own_summary(struct np_out *out, const struct cnipol_flow *flow)
{
    const char *name = cnipol_flow_protocol_name(flow->protocol);

    if (flow->has & CNIPOL_HAS_TCP_FLAGS)
        put_flag_names(out, flow->tcp_flags);
    else if ((flow->has & CNIPOL_HAS_ICMP) && (flow->protocol == 1 || flow->protocol == 58))
        np_out_fmt(out, "%s type %u code %u", flow->protocol == 58 ? "ICMPv6" : "ICMPv4", flow->icmp_type, flow->icmp_code);
    else if (name && (flow->has & CNIPOL_HAS_PROTOCOL))
        np_out_text(out, name);
    else if (flow->has & CNIPOL_HAS_PROTOCOL)
        np_out_fmt(out, "protocol %u", flow->protocol);
}

void np_flow_put_summary(struct np_out *out, const struct cnipol_flow *flow)
{
    if ((flow->has & CNIPOL_HAS_IP_TRACE) && flow->ip_trace_id) {
        np_out_text(out, "IP Trace ID: ");
        np_flow_put_number(out, flow->ip_trace_id);
        np_out_text(out, "; ");
    }
    if (flow->summary.s || (flow->has & CNIPOL_HAS_EVENT_TYPE))
        np_flow_put(out, flow->summary);
    else
        put_own_summary(out, flow);
    if ((flow->has & CNIPOL_HAS_AUTH_TYPE) && flow->auth_type) {
        np_out_text(out, "; ");
        np_out_style(out, flow->auth_type == 2 ? "31" : "32");
        put_word(out, &np_words_auth_type, flow->auth_type);
        np_out_style(out, "0");
    }
}
