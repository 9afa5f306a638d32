/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hubble's JSON: `hubble observe -o jsonpb`, the exporter's files, bare flows, and the short form of examples.
 *
 * A frame is one value. It is read as GetFlowsResponse and ExportEvent have it first: {"flow": {…}, "node_name", "time"}; where no
 * member of their oneof is there, it is read once more as a Flow. The flow's own time and node win over the wrapper's.
 *
 * The short form is a Flow with `type`, `ip`, `tcp` and the like in lower case, and destination_port beside l4.
 *
 * Sources: cilium/cilium v1.20.2 api/v1/observer/observer.proto, hubble/pkg/printer, pkg/hubble/exporter;
 * google.golang.org/protobuf v1.36.11 encoding/protojson.
 */

#include "flow/hubble_json.h"

static void close_hubble(struct np_flow_run *run)
{
    struct np_hubble *h = run->state;

    if (!h)
        return;
    np_hubble_unplan(h);
    np_hubble_tracks_free(h);
    np_json_close(&h->json);
    np_free(run->mem, h->texts, h->cap_texts * sizeof *h->texts);
    np_free(run->mem, h, sizeof *h);
    run->state = NULL;
}

static int open_hubble(struct np_flow_run *run)
{
    struct np_hubble *h = np_zalloc(run->mem, sizeof *h);

    if (!h)
        return CNIPOL_E_NOMEM;
    run->state = h;
    h->run = run;
    h->indexer = np_json_indexer_best();
    h->json.mem = run->mem;
    h->json.arena = &run->arena;
    (void)np_hubble_time(&h->clock, np_text("1970-01-01T00:00:00.000000000Z", 30), &h->clock.time); /* something to be told from */
    if (!np_hubble_tracks_new(h) && !np_hubble_plan(h, &run->fields))
        return CNIPOL_OK;
    close_hubble(run);
    return CNIPOL_E_NOMEM;
}

/* Nothing was read yet. */
static void begin_record(struct np_hubble *h, struct cnipol_flow *flow)
{
    h->flow = flow;
    h->wrapper = (struct np_hubble_wrapper){.has = 0};
    h->policies = (struct np_flow_list){0};
    h->drop_reason_word = (struct cnipol_text){NULL, 0};
    h->drop_reason = 0;
    h->n_texts = h->depth = 0;
    h->top_port = 0;
    h->reply = -1;
}

/* A drop's reason: what drop_reason_desc says, or else what drop_reason does. */
static void settle_drop_reason(struct np_hubble *h, struct cnipol_flow *flow)
{
    if (h->drop_reason) {
        flow->drop_reason = (uint32_t)h->drop_reason;
        flow->has |= CNIPOL_HAS_DROP_REASON;
    }
    if (flow->has & CNIPOL_HAS_DROP_REASON)
        flow->drop_reason_name = np_drop_reason_name(flow->drop_reason);
    else if (h->drop_reason_word.n)
        flow->drop_reason_name = h->drop_reason_word;
}

static void settle(struct np_hubble *h, struct cnipol_flow *flow)
{
    const struct np_hubble_wrapper *wrapper = &h->wrapper;

    if (!(flow->has & CNIPOL_HAS_TIME) && wrapper->has & CNIPOL_HAS_TIME)
        np_flow_time(flow, wrapper->time);
    if (!flow->node.s)
        flow->node = wrapper->node;
    if (h->reply >= 0) {
        flow->reply = (uint8_t)h->reply;
        flow->has |= CNIPOL_HAS_REPLY;
    }
    if (h->top_port && !(flow->dst.has & CNIPOL_FLOW_END_PORT))
        np_end_port(&flow->dst, h->top_port);
    settle_drop_reason(h, flow);
    flow->policies = h->policies.items;
    flow->n_policies = h->policies.n;
}

static int flaw_of(struct np_hubble *h)
{
    if (!h->json.why)
        return CNIPOL_E_NOMEM;
    return np_flaw(h->run, h->json.is_field ? NP_FLOW_FIELD : NP_FLOW_SYNTAX, (size_t)(h->json.at - h->json.s), h->json.why);
}

/* The whole frame as one message. */
static bool read_frame(struct np_hubble *h, enum np_hubble_message message, void *base)
{
    struct np_place at = np_json_start(&h->json);
    const char *end;

    np_hubble_note_start(h);
    at.p = np_json_next(&h->json, at.p);
    at = np_hubble_object(h, at, message, base);
    if (!at.p)
        return false;
    end = np_json_space(&h->json, at.p);
    if (end != h->json.end)
        np_json_unexpected(&h->json, end, "the end");
    else if (message == NP_HUBBLE_FLOW || h->seen & NP_HUBBLE_ONE_OF_WRAPPER)
        np_hubble_learn(h, at, message == NP_HUBBLE_FLOW);
    return end == h->json.end;
}

/* The long way: by what the members are called. */
static bool read_by_names(struct np_hubble *h, struct cnipol_flow *flow)
{
    memset(flow, 0, sizeof *flow);
    begin_record(h, flow);
    if (!read_frame(h, NP_HUBBLE_WRAPPER, &h->wrapper))
        return false;
    if (h->seen & NP_HUBBLE_ONE_OF_WRAPPER)
        return true;
    begin_record(h, flow);
    return read_frame(h, NP_HUBBLE_FLOW, flow);
}

static bool make_room_for_texts(struct np_hubble *h)
{
    uint32_t need = h->json.n_quotes / 2 + 1;
    struct cnipol_text *grown;

    if (need <= h->cap_texts)
        return true;
    grown = np_grow(h->run->mem, h->texts, &h->cap_texts, need, sizeof *grown);
    if (grown)
        h->texts = grown;
    return grown != NULL;
}

static int read_record(struct np_hubble *h, struct cnipol_flow *flow)
{
    begin_record(h, flow);
    if (!np_json_begin(&h->json, h->indexer, h->run->frame, h->run->n))
        return flaw_of(h);
    if (!make_room_for_texts(h))
        return CNIPOL_E_NOMEM;
    if ((h->by_names || !np_hubble_follow(h)) && !read_by_names(h, flow))
        return flaw_of(h);
    settle(h, flow);
    return 1;
}

static int next_record(struct np_flow_run *run, struct cnipol_flow *flow)
{
    if (run->n > UINT32_MAX / 2)
        return np_flaw(run, NP_FLOW_TOO_LONG, 0, "a record of 2 GiB and more");
    return read_record(run->state, flow);
}

static bool has_word(const char *bytes, size_t n, const char *word)
{
    return memmem(bytes, n, word, strlen(word)) != NULL;
}

/* What members there are, and how sure they make. */
static int recognise(const char *bytes, size_t n)
{
    static const struct {
        const char *words[2];
        int sure;
    } rows[] = {
        {{"\"flow\"", "\"node_name\""}, 95},
        {{"\"flow\"", "\"verdict\""}, 95},
        {{"\"lost_events\"", "\"time\""}, 95},
        {{"\"node_status\"", "\"state_change\""}, 95},
        {{"\"agent_event\"", "\"time\""}, 95},
        {{"\"debug_event\"", "\"time\""}, 95},
        {{"\"flow\"", "\"nodeName\""}, 95},
        {{"\"lostEvents\"", "\"time\""}, 95},
        {{"\"nodeStatus\"", "\"stateChange\""}, 95},
        {{"\"agentEvent\"", "\"time\""}, 95},
        {{"\"debugEvent\"", "\"time\""}, 95},
        {{"\"event_type\"", "\"verdict\""}, 90},
        {{"\"eventType\"", "\"verdict\""}, 90},
        {{"\"verdict\"", "\"l4\""}, 90},
        {{"\"verdict\"", "\"pod_name\""}, 80},
        {{"\"verdict\"", "\"podName\""}, 80},
        {{"\"flow\"", "\"flow\""}, 60},
    };

    while (n && (*bytes == ' ' || *bytes == '\t' || *bytes == '\n' || *bytes == '\r')) {
        bytes++;
        n--;
    }
    if (n == 0 || (*bytes != '{' && *bytes != '['))
        return 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (has_word(bytes, n, rows[i].words[0]) && has_word(bytes, n, rows[i].words[1]))
            return rows[i].sure;
    return 0;
}

const struct np_format np_format_hubble_json = {
    .row = {"hubble-json", "Hubble: observe -o jsonpb, exporter", "Cilium's flows and events, one JSON object each"},
    .framing = NP_FRAME_JSON,
    .is_single = true,
    .open = open_hubble,
    .close = close_hubble,
    .next = next_record,
    .recognise = recognise,
};
