/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cilium's monitor events as they lie in the perf ring: a struct, then the packet.
 *
 * The struct's own version says how long it is, but for verdicts and socket traces, whose length depends on the release: the
 * decoder is told it (opts.version). Events of a struct version that the release's own Hubble does not know are refused as there, and so
 * are packets that it refuses (monitor_packet.h). The record is filled as Hubble fills its flow: identities of the event count
 * before those of the table of endpoints, whose ids give the direction of drops and traces.
 *
 * Types 129 and 130 are no such structs: see monitor_l7.c.
 *
 *     all            0 type, 1 subtype, 2 source (endpoint id), 4 hash
 *     with a packet  8 len_orig, 12 len_cap (16 bits), 14 version, 15 version of an extension
 *
 * An extension that is not 0 is refused, for nobody can know where the packet begins; Hubble takes it for nothing.
 *
 * Sources: cilium/cilium v1.16.8 to v1.20.2 bpf/lib/{drop,trace,policy_log,dbg,trace_sock}.h, pkg/monitor/datapath_*.go,
 * pkg/hubble/parser/threefour/parser.go, pkg/hubble/parser/sock/parser.go.
 */

#include <stdio.h>
#include <string.h>

#include "flow/monitor.h"
#include "flow/monitor_l7.h"

enum { DROP = 1, DEBUG = 2, CAPTURE = 3, TRACE = 4, VERDICT = 5, SOCK = 7, ACCESS_LOG = 129, AGENT = 130 };
enum { REASON_REPLY = 2, REASON_UNKNOWN = 5, REASON_ENCAP = 6, REASON_DECAP = 7, REASON_OVERLAY = 8 };
enum { POINT_TO_PROXY = 1, POINT_TO_ENDPOINT = 101 };

static int too_short(struct np_flow_run *run, const struct np_event *event, const char *what, size_t size)
{
    return np_flawf(run, NP_FLOW_SYNTAX, event->n, "%s event of %zu bytes, which has at least %zu", what, event->n, size);
}

static int bad_version(struct np_flow_run *run, const char *what, unsigned version)
{
    return np_flawf(run, NP_FLOW_VERSION, 14, "%s event of version %u, which this release of Cilium does not have", what, version);
}

/* The version of an event whose first 16 bytes are there. Negative: refused. */
static int version_of(struct np_flow_run *run, const struct np_event *event, const char *what, int *rc)
{
    const struct np_monitor *monitor = run->state;

    if (monitor->release.is_wide)
        return np_le16(event->p + 14);
    if (event->p[15] == 0)
        return event->p[14];
    *rc =
        np_flawf(run, NP_FLOW_VERSION, 15, "%s event with extension %u, so that nobody knows where its packet begins", what, event->p[15]);
    return -1;
}

static void set_drop_reason(struct cnipol_flow *flow, uint32_t reason)
{
    if (!reason)
        return;
    flow->drop_reason = reason;
    flow->drop_reason_name = np_drop_reason_name(reason);
    flow->has |= CNIPOL_HAS_DROP_REASON;
}

static void set_interface(struct cnipol_flow *flow, uint32_t index)
{
    flow->interface_index = index;
    if (index)
        flow->has |= CNIPOL_HAS_INTERFACE;
}

static void set_ip_trace(struct cnipol_flow *flow, uint64_t id)
{
    flow->ip_trace_id = id;
    if (id)
        flow->has |= CNIPOL_HAS_IP_TRACE;
}

/* Up to 1.18, headers had other numbers. Those of later releases are not in the older ones. */
static struct cnipol_text old_header(uint8_t minor, uint8_t id)
{
    static const struct cnipol_text headers[] = {
        NP_TEXT("arp.h"),   NP_TEXT("drop.h"),        NP_TEXT("srv6.h"),    NP_TEXT("icmp6.h"),         NP_TEXT("nodeport.h"),
        NP_TEXT("lb.h"),    NP_TEXT("mcast.h"),       NP_TEXT("ipv4.h"),    NP_TEXT("conntrack.h"),     NP_TEXT("local_delivery.h"),
        NP_TEXT("trace.h"), NP_TEXT("encap.h"),       NP_TEXT("encrypt.h"), NP_TEXT("host_firewall.h"), NP_TEXT("nodeport_egress.h"),
        NP_TEXT("ipv6.h"),  NP_TEXT("classifiers.h"),
    };
    static const struct cnipol_text none = {NULL, 0}, l3 = NP_TEXT("l3.h");
    uint8_t last = minor == 16 ? 113 : minor == 17 ? 115 : 117;

    if (id == 110 && minor < 18)
        return l3;
    return id > 100 && id <= last ? headers[id - 101] : none;
}

/* bpf/lib/source_info.h. An absent text: it has no such file. */
static struct cnipol_text file_of(uint8_t minor, uint8_t id)
{
    static const struct cnipol_text programs[] = {
        {NULL, 0},
        NP_TEXT("bpf_host.c"),
        NP_TEXT("bpf_lxc.c"),
        NP_TEXT("bpf_overlay.c"),
        NP_TEXT("bpf_xdp.c"),
        NP_TEXT("bpf_sock.c"),
        NP_TEXT("bpf_network.c"),
        NP_TEXT("bpf_wireguard.c"),
    };
    static const struct cnipol_text headers[] = {
        NP_TEXT("drop.h"),  NP_TEXT("srv6.h"),          NP_TEXT("icmp6.h"),           NP_TEXT("nodeport.h"),       NP_TEXT("lb.h"),
        NP_TEXT("mcast.h"), NP_TEXT("ipv4.h"),          NP_TEXT("conntrack.h"),       NP_TEXT("local_delivery.h"), NP_TEXT("trace.h"),
        NP_TEXT("encap.h"), NP_TEXT("host_firewall.h"), NP_TEXT("nodeport_egress.h"), NP_TEXT("ipv6.h"),           NP_TEXT("classifiers.h"),
    };

    if (id == 6 && minor >= 20)
        return programs[0];
    if (id < sizeof programs / sizeof *programs)
        return programs[id];
    if (minor && minor < 19)
        return old_header(minor, id);
    return id > 100 && id <= 100 + sizeof headers / sizeof *headers ? headers[id - 101] : programs[0];
}

static bool set_file(struct np_flow_run *run, uint8_t id, uint16_t line, struct cnipol_flow *flow)
{
    char text[16];
    int n;

    flow->has |= CNIPOL_HAS_FILE;
    flow->file_line = line;
    flow->file_name = file_of(((const struct np_monitor *)run->state)->release.minor, id);
    if (flow->file_name.s)
        return true;
    n = snprintf(text, sizeof text, "unknown(%u)", id);
    flow->file_name = np_text(np_arena_strndup(&run->arena, text, (size_t)n), (size_t)n);
    return flow->file_name.s != NULL;
}

static int drop(struct np_flow_run *run, struct np_event *event, struct cnipol_flow *flow)
{
    static const uint8_t sizes[] = {36, 36, 40, 48};
    const struct np_monitor *monitor = run->state;
    const uint8_t *p = event->p;
    int rc, version;

    if (event->n < sizes[0])
        return too_short(run, event, "a drop", sizes[0]);
    version = monitor->release.has_no_drop_version ? 0 : version_of(run, event, "a drop", &rc);
    if (version < 0)
        return rc;
    if (version > monitor->release.drop_newest)
        return bad_version(run, "a drop", (unsigned)version);
    if (event->n < sizes[version])
        return too_short(run, event, "a drop", sizes[version]);
    event->packet_at = sizes[version];
    event->src_identity = np_le32(p + 16);
    event->dst_identity = np_le32(p + 20);
    event->has_direction = true;
    if (version >= 2)
        event->flags = p[36];
    if (version >= 3)
        set_ip_trace(flow, np_le64(p + 40));
    np_flow_verdict(flow, CNIPOL_FLOW_DROPPED);
    set_drop_reason(flow, p[1]);
    set_interface(flow, np_le32(p + 32));
    if (!set_file(run, p[30], np_le16(p + 28), flow))
        return CNIPOL_E_NOMEM;
    return np_event_finish(run, event, flow);
}

/* Is the packet a reply? Only where the reason says so, or says that it is none. */
static void set_reply(const struct np_release *release, uint8_t reason, struct np_event *event, struct cnipol_flow *flow)
{
    event->is_reply = reason == REASON_REPLY;
    event->is_overlay = reason == REASON_OVERLAY && release->has_overlay_reason;
    if (reason == REASON_UNKNOWN || reason == REASON_ENCAP || reason == REASON_DECAP || event->is_overlay)
        return;
    flow->has |= CNIPOL_HAS_REPLY;
    flow->reply = event->is_reply;
}

/* NULL: all zeros. */
static const uint8_t *original_source(const struct np_event *event)
{
    const uint8_t *address = event->p + 32;
    uint64_t bits = np_le32(address);

    if (event->flags & NP_EVENT_IPV6)
        bits = np_le64(address) | np_le64(address + 8);
    return bits ? address : NULL;
}

static void set_trace(const struct np_event *event, uint8_t reason, struct cnipol_flow *flow)
{
    uint8_t point = event->p[1];

    np_flow_verdict(flow, CNIPOL_FLOW_FORWARDED);
    flow->has |= CNIPOL_HAS_OBSERVATION_POINT;
    flow->observation_point = point ? point : POINT_TO_ENDPOINT;
    flow->trace_reason = reason < REASON_UNKNOWN ? reason + 1 : reason == REASON_UNKNOWN ? 0 : reason;
    if (flow->trace_reason)
        flow->has |= CNIPOL_HAS_TRACE_REASON;
    if (point == POINT_TO_PROXY)
        flow->proxy_port = np_le16(event->p + 24);
    if (flow->proxy_port)
        flow->has |= CNIPOL_HAS_PROXY_PORT;
    set_interface(flow, np_le32(event->p + 28));
}

static int trace(struct np_flow_run *run, struct np_event *event, struct cnipol_flow *flow)
{
    static const uint8_t sizes[] = {32, 48, 56};
    const struct np_monitor *monitor = run->state;
    const uint8_t *p = event->p;
    uint8_t reason;
    int rc, version;

    if (event->n < sizes[0])
        return too_short(run, event, "a trace", sizes[0]);
    version = version_of(run, event, "a trace", &rc);
    if (version < 0)
        return rc;
    if (version > monitor->release.trace_newest)
        return bad_version(run, "a trace", (unsigned)version);
    if (event->n < sizes[version])
        return too_short(run, event, "a trace", sizes[version]);
    reason = p[26] & 0x7f;
    event->packet_at = sizes[version];
    event->src_identity = np_le32(p + 16);
    event->dst_identity = np_le32(p + 20);
    event->flags = monitor->release.has_packet_flags ? p[27] : p[27] & NP_EVENT_IPV6;
    event->orig_ip = version >= 1 ? original_source(event) : NULL;
    event->has_direction = reason != REASON_UNKNOWN;
    event->is_trace = true;
    if (version >= 2)
        set_ip_trace(flow, np_le64(p + 48));
    set_trace(event, reason, flow);
    set_reply(&monitor->release, reason, event, flow);
    return np_event_finish(run, event, flow);
}

/* The struct's length does not show in it; where the release is not known, the packet's length tells. 0: it does not. */
static size_t verdict_size(const struct np_release *release, const struct np_event *event)
{
    size_t packet;

    if (release->verdict_size)
        return release->verdict_size;
    if (event->n < 16)
        return 40;
    packet = np_le16(event->p + 12);
    if (packet + 32 <= event->n && event->n < packet + 40)
        return 32;
    return packet + 40 <= event->n && event->n < packet + 48 ? 40 : 0;
}

static void set_verdict(const struct np_event *event, struct cnipol_flow *flow)
{
    int32_t verdict = (int32_t)np_le32(event->p + 20);
    uint8_t flags = event->p[27];

    if (verdict < 0) {
        np_flow_verdict(flow, CNIPOL_FLOW_DROPPED);
        set_drop_reason(flow, 0 - (uint32_t)verdict);
        return;
    }
    flow->has |= CNIPOL_HAS_REPLY;
    np_flow_verdict(flow, verdict > 0 ? CNIPOL_FLOW_REDIRECTED : flags & 0x40 ? CNIPOL_FLOW_AUDIT : CNIPOL_FLOW_FORWARDED);
}

/* Protocol and port, from the struct itself where there is no packet. */
static void set_verdict_l4(const struct np_event *event, struct cnipol_flow *flow)
{
    uint8_t protocol = event->p[26];

    if (event->n != event->packet_at || !protocol)
        return;
    np_flow_protocol(flow, protocol);
    if (protocol == 6 || protocol == 17 || protocol == 132)
        np_end_port(&flow->dst, np_le16(event->p + 24));
}

static int verdict(struct np_flow_run *run, struct np_event *event, struct cnipol_flow *flow)
{
    const struct np_monitor *monitor = run->state;
    const uint8_t *p = event->p;
    size_t size = verdict_size(&monitor->release, event);
    bool is_ingress;
    int rc;

    if (!size)
        return np_flaw(run, NP_FLOW_VERSION, 12,
                       "a policy verdict event whose length fits neither 32 nor 40 bytes before the packet: say the version of Cilium");
    if (event->n < size)
        return too_short(run, event, "a policy verdict", size);
    if (version_of(run, event, "a policy verdict", &rc) < 0)
        return rc;
    is_ingress = (p[27] & 3) == 1;
    event->packet_at = size;
    event->flags = (uint8_t)((p[27] & 4 ? NP_EVENT_IPV6 : 0) | (p[27] & 0x80 && monitor->release.has_verdict_l3 ? NP_EVENT_L3_DEVICE : 0));
    *(is_ingress ? &event->src_identity : &event->dst_identity) = np_le32(p + 16);
    set_verdict(event, flow);
    np_flow_direction(flow, is_ingress ? CNIPOL_FLOW_INGRESS : CNIPOL_FLOW_EGRESS);
    flow->match_type = p[27] >> 3 & 7;
    flow->auth_type = p[28];
    flow->has |= (flow->match_type ? CNIPOL_HAS_MATCH_TYPE : 0) | (flow->auth_type ? CNIPOL_HAS_AUTH_TYPE : 0);
    set_verdict_l4(event, flow);
    return np_event_finish(run, event, flow);
}

/* A capture's first argument is an interface or a proxy's port, by where it was made. */
static void set_capture(const struct np_event *event, struct cnipol_flow *flow)
{
    const uint8_t *p = event->p;
    uint8_t point = p[1];

    flow->capture_point = point;
    if (point)
        flow->has |= CNIPOL_HAS_CAPTURE_POINT;
    if (point == 8 || point == 9) {
        flow->proxy_port = (uint32_t)p[16] << 24 | (uint32_t)p[17] << 16 | (uint32_t)p[18] << 8 | p[19];
        flow->has |= flow->proxy_port ? CNIPOL_HAS_PROXY_PORT : 0;
    } else if (point >= 4 && point <= 11) {
        set_interface(flow, np_le32(p + 16));
    }
}

static int capture(struct np_flow_run *run, struct np_event *event, struct cnipol_flow *flow)
{
    int rc;

    if (event->n < 24)
        return too_short(run, event, "a capture", 24);
    if (version_of(run, event, "a capture", &rc) < 0)
        return rc;
    event->packet_at = 24;
    set_capture(event, flow);
    return np_event_finish(run, event, flow);
}

static int debug(struct np_flow_run *run, struct np_event *event, struct cnipol_flow *flow)
{
    struct cnipol_flow_event *out;

    if (event->n < 20)
        return too_short(run, event, "a debug", 20);
    out = np_arena_zalloc(&run->arena, sizeof *out);
    if (!out)
        return CNIPOL_E_NOMEM;
    out->kind = CNIPOL_EVENT_DEBUG;
    flow->event = out;
    flow->event_type = event->p[0];
    flow->event_sub_type = event->p[1];
    flow->has |= CNIPOL_HAS_EVENT_TYPE;
    return 1;
}

/* Offsets in the two forms of a socket trace. */
struct sock_form {
    uint8_t size, address, port, cookie, cgroup, protocol, flags;
};
static const struct sock_form sock_forms[] = {{38, 2, 18, 20, 28, 36, 37}, {40, 24, 4, 8, 16, 2, 3}};

/* NULL: the event's length does not tell. The ring pads both to 44 bytes. */
static const struct sock_form *sock_form_of(const struct np_release *release, const struct np_event *event)
{
    size_t size = release->sock_size ? release->sock_size : event->n;

    for (size_t i = 0; i < 2; i++)
        if (size == sock_forms[i].size)
            return &sock_forms[i];
    return NULL;
}

static void set_sock_l4(const struct sock_form *form, const uint8_t *p, struct cnipol_flow_end *end, struct cnipol_flow *flow)
{
    static const uint8_t protocols[] = {0, 6, 17};
    static const struct cnipol_text names[] = {NP_TEXT("Unknown"), NP_TEXT("TCP"), NP_TEXT("UDP")};
    uint8_t protocol = p[form->protocol] < sizeof protocols ? p[form->protocol] : 0;

    flow->summary = names[protocol];
    if (!protocol)
        return;
    flow->has |= CNIPOL_HAS_L4;
    np_flow_protocol(flow, protocols[protocol]);
    np_end_port(end, np_le16(p + form->port));
}

static int sock(struct np_flow_run *run, struct np_event *event, struct cnipol_flow *flow)
{
    static const uint8_t verdicts[] = {0, CNIPOL_FLOW_TRACED, CNIPOL_FLOW_TRANSLATED, CNIPOL_FLOW_TRACED, CNIPOL_FLOW_TRANSLATED};
    const struct np_monitor *monitor = run->state;
    const struct sock_form *form = sock_form_of(&monitor->release, event);
    const uint8_t *p = event->p;
    struct cnipol_flow_end *end;
    uint8_t point;

    if (!form && event->n < sock_forms[0].size)
        return too_short(run, event, "a socket trace", sock_forms[0].size);
    if (!form)
        return np_flaw(run, NP_FLOW_VERSION, 0, "a socket trace whose layout depends on the version of Cilium, which was not said");
    if (event->n < form->size)
        return too_short(run, event, "a socket trace", form->size);
    point = p[1];
    end = point == 3 || point == 4 ? &flow->src : &flow->dst;
    if (point && point < sizeof verdicts)
        np_flow_verdict(flow, verdicts[point]);
    flow->ip_version = p[form->flags] & 1 ? 6 : 4;
    np_event_address(end, flow->ip_version, p + form->address);
    if (flow->ip_version == 6 && ((const struct np_monitor *)run->state)->release.keeps_mapped) {
        end->family = 6;
        memcpy(end->address, p + form->address, 16);
    }
    set_sock_l4(form, p, end, flow);
    np_event_resolve(run->opts.endpoints, &flow->src, 0);
    np_event_resolve(run->opts.endpoints, &flow->dst, 0);
    flow->flow_type = 3;
    flow->event_type = p[0];
    flow->event_sub_type = point;
    flow->xlate_point = point;
    flow->socket_cookie = np_le64(p + form->cookie);
    flow->cgroup_id = np_le64(p + form->cgroup);
    flow->has |= CNIPOL_HAS_IP | CNIPOL_HAS_FLOW_TYPE | CNIPOL_HAS_EVENT_TYPE;
    if (flow->socket_cookie || flow->cgroup_id || point)
        flow->has |= CNIPOL_HAS_SOCK;
    return 1;
}

static int (*const events[])(struct np_flow_run *run, struct np_event *event, struct cnipol_flow *flow) = {
    [DROP] = drop, [DEBUG] = debug, [CAPTURE] = capture, [TRACE] = trace, [VERDICT] = verdict, [SOCK] = sock,
};

/* What the agent writes itself; all else is no event. */
static int event_of_agent(struct np_flow_run *run, uint8_t type, struct cnipol_flow *flow)
{
    struct np_monitor *monitor = run->state;

    if (type == ACCESS_LOG)
        return np_monitor_access_log(run, &monitor->l7, monitor->release.minor, flow);
    if (type == AGENT)
        return np_monitor_agent_event(run, &monitor->l7, monitor->release.minor, flow);
    return np_flawf(run, NP_FLOW_FIELD, 0, "an event of type %u, which Cilium's monitor does not have", type);
}

static int monitor_next(struct np_flow_run *run, struct cnipol_flow *flow)
{
    struct np_event event = {.p = (const uint8_t *)run->frame, .n = run->n};

    if (!run->n)
        return np_flaw(run, NP_FLOW_SYNTAX, 0, "an event without a byte");
    if (event.p[0] >= sizeof events / sizeof *events || !events[event.p[0]])
        return event_of_agent(run, event.p[0], flow);
    if (run->n >= 4)
        event.source = np_le16(event.p + 2);
    return events[event.p[0]](run, &event, flow);
}

static void monitor_close(struct np_flow_run *run)
{
    struct np_monitor *monitor = run->state;

    np_monitor_l7_free(run->mem, monitor->l7);
    np_free(run->mem, monitor->tcp, monitor->tcp ? NP_TCP_SUMMARIES * sizeof *monitor->tcp : 0);
    np_free(run->mem, monitor, sizeof *monitor);
}

static void monitor_reset(struct np_flow_run *run)
{
    struct np_monitor *monitor = run->state;

    np_monitor_l7_reset(monitor->l7);
}

static int monitor_open(struct np_flow_run *run)
{
    struct np_release release;
    struct np_monitor *monitor;

    if (!np_release_find(run->opts.version, &release)) {
        run->usage = "the version of cilium-monitor is that of a release of Cilium, 1.16 or newer";
        return CNIPOL_E_USAGE;
    }
    monitor = np_zalloc(run->mem, sizeof *monitor);
    if (!monitor)
        return CNIPOL_E_NOMEM;
    run->state = monitor;
    monitor->release = release;
    np_event_fill_bytes(monitor);
    monitor->wants_mac = np_flow_wants(run, CNIPOL_FIELD_SRC_MAC) || np_flow_wants(run, CNIPOL_FIELD_DST_MAC);
    monitor->wants_summary = np_flow_wants(run, CNIPOL_FIELD_SUMMARY);
    if (!monitor->wants_summary)
        return CNIPOL_OK;
    monitor->tcp = np_zalloc(run->mem, NP_TCP_SUMMARIES * sizeof *monitor->tcp);
    if (!monitor->tcp) {
        monitor_close(run);
        return CNIPOL_E_NOMEM;
    }
    np_summary_fill_tcp(monitor->tcp);
    return CNIPOL_OK;
}

/* An event of the agent's own: the name of its struct comes first. */
static bool is_of_agent(uint8_t type, const uint8_t *p, size_t n)
{
    static const char *const names[] = {"LogRecord", "AgentNotify"};
    const char *name = names[type == AGENT];

    return memmem(p, n < 32 ? n : 32, name, strlen(name)) != NULL;
}

/* A length, then an event that is of a type and has a length which go together, and a version, if any, that is small. */
static int monitor_recognise(const char *bytes, size_t n)
{
    static const struct {
        uint8_t shortest;
        bool has_version;
    } types[] = {{0, false}, {36, true}, {20, false}, {24, true}, {32, true}, {32, true}, {0, false}, {38, false}};
    const uint8_t *p = (const uint8_t *)bytes, *event = p + 4;
    uint32_t size;

    if (n < 8)
        return 0;
    size = np_le32(p);
    if ((*event == ACCESS_LOG || *event == AGENT) && is_of_agent(*event, event + 1, n - 5))
        return 90;
    if (*event >= sizeof types / sizeof *types || !types[*event].shortest || size < types[*event].shortest || size > 64 * 1024)
        return 0;
    if (types[*event].has_version && (n < 20 || event[14] > 15 || event[15]))
        return 0;
    return 50;
}

const struct np_format np_format_cilium_monitor = {
    .row = {"cilium-monitor", "Cilium: the perf ring cilium_events", "binary events, each after its length in four bytes, least first"},
    .framing = NP_FRAME_U32,
    .is_single = true,
    .open = monitor_open,
    .close = monitor_close,
    .reset = monitor_reset,
    .next = monitor_next,
    .recognise = monitor_recognise,
};
