/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * antrea-ipfix: IPFIX messages, as Antrea's flow exporter and flow aggregator send them, and any other exporter.
 *
 * RFC 7011 in full, where vmware/go-ipfix, Antrea's own collector, is narrower: several sets in a message and several templates in a
 * set, padding, reduced-size encoding, variable lengths for any element, options templates (whose data is passed over), withdrawal,
 * and data before its template, which waits (ipfix.h). Template numbers are of an observation domain.
 *
 *     frame: message ──→ set ──→ template record → slot → what waited for it is read next
 *                          └───→ data record → steps of the plan → flow
 *
 * What waits is read before the rest of the message that brought the template. A frame may also hold several messages.
 *
 * Sources: RFC 7011; vmware/go-ipfix pkg/collector/process.go, v0.17.0; antrea-io/antrea pkg/flowaggregator/exporter/ipfix.go, v2.7.0.
 */

#include <endian.h>

#include "flow/ipfix.h"

struct ipfix {
    struct np_antrea antrea; /* first */
    struct np_ipfix_templates templates;
    struct np_ipfix_waiting *ready; /* their template has come; the first is being read */
    size_t ready_at;
    size_t message_end, set_end; /* in the frame; run->at is within */
    uint32_t set_id, domain;
    uint32_t slot; /* of the data set */
    uint32_t told; /* end(): slots before have been told of */
};

static void reset(struct np_flow_run *run)
{
    struct ipfix *ipfix = run->state;

    for (struct np_ipfix_waiting *next; ipfix->ready; ipfix->ready = next) {
        next = ipfix->ready->next;
        np_ipfix_waiting_free(&ipfix->templates, ipfix->ready);
    }
    np_ipfix_templates_free(&ipfix->templates);
    ipfix->ready_at = ipfix->message_end = ipfix->set_end = 0;
    ipfix->told = 0;
}

static int open(struct np_flow_run *run)
{
    struct ipfix *ipfix = np_zalloc(run->mem, sizeof *ipfix);

    if (!ipfix)
        return CNIPOL_E_NOMEM;
    np_buf_init(&ipfix->antrea.scratch, run->mem);
    np_ipfix_templates_init(&ipfix->templates, run->mem);
    run->state = ipfix;
    return CNIPOL_OK;
}

static void close(struct np_flow_run *run)
{
    struct ipfix *ipfix = run->state;

    if (!ipfix)
        return;
    reset(run);
    np_buf_free(&ipfix->antrea.scratch);
    np_free(run->mem, ipfix, sizeof *ipfix);
    run->state = NULL;
}

/* A number, most significant byte first, of at most 8 bytes; 8 may be read. */
static uint64_t load(const char *p, size_t n)
{
    uint64_t value;

    memcpy(&value, p, sizeof value);
    return n ? be64toh(value) >> (64 - 8 * n) : 0;
}

static int take_value(struct np_flow_run *run, struct np_antrea_record *record, const struct np_ipfix_step *step, const char *p, size_t n,
                      size_t at)
{
    switch (step->op) {
    case NP_IPFIX_NUMBER:
        record->numbers[step->slot] = load(p, n);
        record->numbers_set |= 1u << step->slot;
        return 0;
    case NP_IPFIX_CHECKED:
        if (n > 8)
            return np_flaw(run, NP_FLOW_FIELD, at, "a number has more than 8 bytes");
        return np_antrea_set_number(run, record, np_antrea_element_at(step->element), load(p, n), at);
    case NP_IPFIX_TEXT:
        while (step->length != NP_IPFIX_VARIABLE && n && p[n - 1] == '\0')
            n--;
        if (n)
            record->texts[step->slot] = np_text(p, n);
        return 0;
    case NP_IPFIX_IP4:
    case NP_IPFIX_IP6:
        if (n != (step->op == NP_IPFIX_IP4 ? 4u : 16u))
            return np_flaw(run, NP_FLOW_FIELD, at, "an address has not the bytes of its family");
        np_antrea_set_ip(record, step->slot, step->op == NP_IPFIX_IP4 ? 4 : 6, (const uint8_t *)p);
        return 0;
    default:
        return 0;
    }
}

/* The length of a variable field: one byte, or 255 and two more. False: the bytes end before. */
static bool variable(const char **p, const char *end, size_t *n)
{
    if (*p == end)
        return false;
    *n = (unsigned char)*(*p)++;
    if (*n < 255)
        return true;
    if (end - *p < 2)
        return false;
    *n = np_ipfix_u16(*p);
    *p += 2;
    return true;
}

/* One record at *p. `base`: what offsets of flaws count from, or NULL. */
static int take_record(struct np_flow_run *run, struct ipfix *ipfix, const struct np_ipfix_slot *slot, const char **p, const char *end,
                       const char *base)
{
    const char *at = *p;
    int rc;

    np_antrea_clear(&ipfix->antrea.record);
    for (uint32_t i = 0; i < slot->n; i++) {
        const struct np_ipfix_step *step = &slot->steps[i];
        size_t n = step->length;

        if ((n == NP_IPFIX_VARIABLE && !variable(&at, end, &n)) || n > (size_t)(end - at))
            return np_flaw(run, NP_FLOW_SYNTAX, base ? (size_t)(at - base) : 0, "a data record ends before its last field");
        if (step->op != NP_IPFIX_SKIP) {
            rc = take_value(run, &ipfix->antrea.record, step, at, n, base ? (size_t)(at - base) : 0);
            if (rc)
                return rc;
        }
        at += n;
    }
    *p = at;
    return 0;
}

static void ready_drop(struct ipfix *ipfix)
{
    struct np_ipfix_waiting *done = ipfix->ready;

    ipfix->ready = done->next;
    ipfix->ready_at = 0;
    np_ipfix_waiting_free(&ipfix->templates, done);
}

/* Fewer bytes are left than any record has: zeros are padding. */
static int padding(struct np_flow_run *run, const char *p, const char *end, size_t at)
{
    for (; p < end; p++)
        if (*p)
            return np_flaw(run, NP_FLOW_SYNTAX, at, "a data record ends before its last field");
    return 0;
}

/* The next record of what waited. 1, 0: none is left; a flaw. */
static int next_ready(struct np_flow_run *run, struct ipfix *ipfix, struct cnipol_flow *flow)
{
    int rc;

    while (ipfix->ready) {
        const struct np_ipfix_slot *slot = &ipfix->templates.slots[ipfix->ready->slot];
        const char *bytes = (const char *)ipfix->ready->bytes, *p = bytes + ipfix->ready_at, *end = bytes + ipfix->ready->size;

        if (slot->state != NP_IPFIX_DATA || (size_t)(end - p) < slot->min) {
            rc = slot->state == NP_IPFIX_DATA ? padding(run, p, end, 0) : 0;
            ready_drop(ipfix);
            if (rc)
                return rc;
            continue;
        }
        rc = take_record(run, ipfix, slot, &p, end, NULL);
        if (!rc)
            rc = np_antrea_finish(run, &ipfix->antrea, flow, 0);
        if (rc == 1)
            ipfix->ready_at = (size_t)(p - bytes);
        else if (rc != CNIPOL_E_NOMEM)
            ready_drop(ipfix);
        return rc;
    }
    return 0;
}

static int next_data(struct np_flow_run *run, struct ipfix *ipfix, struct cnipol_flow *flow)
{
    const struct np_ipfix_slot *slot = &ipfix->templates.slots[ipfix->slot];
    const char *p = run->frame + run->at, *end = run->frame + ipfix->set_end;
    int rc;

    if ((size_t)(end - p) < slot->min) {
        run->at = ipfix->set_end;
        return padding(run, p, end, (size_t)(p - run->frame));
    }
    rc = take_record(run, ipfix, slot, &p, end, run->frame);
    if (!rc)
        rc = np_antrea_finish(run, &ipfix->antrea, flow, run->at);
    if (rc == 1)
        run->at = (size_t)(p - run->frame);
    return rc;
}

static int next_template(struct np_flow_run *run, struct ipfix *ipfix)
{
    struct np_ipfix_slot *slot;
    uint32_t number;
    size_t next;
    int rc = np_ipfix_template(run, &ipfix->templates, ipfix->domain, ipfix->set_id == 3, run->at, ipfix->set_end, &next, &number);

    if (rc)
        return rc;
    run->at = next;
    if (number == NP_NONE)
        return 0;
    slot = &ipfix->templates.slots[number];
    ipfix->ready = slot->first;
    ipfix->ready_at = 0;
    slot->first = slot->last = NULL;
    slot->n_waiting = 0;
    return 0;
}

/* A data set begins: its records are next, or it waits. */
static int begin_data(struct np_flow_run *run, struct ipfix *ipfix)
{
    size_t at = run->at, size = ipfix->set_end - at;
    bool full;
    int rc = 0;

    ipfix->slot = np_ipfix_slot_of(&ipfix->templates, ipfix->domain, (uint16_t)ipfix->set_id, &full);
    if (ipfix->slot == NP_NONE)
        rc = full ? CNIPOL_E_LIMIT : CNIPOL_E_NOMEM;
    else if (ipfix->templates.slots[ipfix->slot].state == NP_IPFIX_UNKNOWN)
        rc = np_ipfix_wait(&ipfix->templates, ipfix->slot, (const uint8_t *)run->frame + at, (uint32_t)size);
    if (rc == CNIPOL_E_LIMIT)
        return np_flaw(run, NP_FLOW_TEMPLATE, at, "more data waits for its template than is kept (4 MiB)");
    if (!rc && ipfix->templates.slots[ipfix->slot].state != NP_IPFIX_DATA)
        run->at = ipfix->set_end;
    return rc;
}

/* The header of a set at run->at. */
static int begin_set(struct np_flow_run *run, struct ipfix *ipfix)
{
    size_t at = run->at, length;
    int rc = 0;

    if (ipfix->message_end - at < 4)
        return np_flaw(run, NP_FLOW_SYNTAX, at, "the message ends within the header of a set");
    ipfix->set_id = np_ipfix_u16(run->frame + at);
    length = np_ipfix_u16(run->frame + at + 2);
    if (length < 4 || length > ipfix->message_end - at)
        return np_flaw(run, NP_FLOW_SYNTAX, at + 2, length < 4 ? "a set is shorter than its header" : "a set is longer than its message");
    if (ipfix->set_id < 2)
        return np_flaw(run, NP_FLOW_SYNTAX, at, "a set has a number that IPFIX does not use");
    ipfix->set_end = at + length;
    run->at = at + 4;
    if (ipfix->set_id >= 256)
        rc = begin_data(run, ipfix);
    else if (ipfix->set_id > 3)
        run->at = ipfix->set_end; /* reserved */
    if (rc == CNIPOL_E_NOMEM) {
        ipfix->set_end = 0;
        run->at = at;
    }
    return rc;
}

/* The header of a message at run->at. */
static int begin_message(struct np_flow_run *run, struct ipfix *ipfix)
{
    const char *p = run->frame + run->at;
    size_t left = run->n - run->at, length;

    if (left >= 2 && np_ipfix_u16(p) != 10)
        return np_flawf(run, NP_FLOW_VERSION, run->at, "the message is of version %u; IPFIX is 10", np_ipfix_u16(p));
    if (left < 16)
        return np_flaw(run, NP_FLOW_SYNTAX, run->at, "the bytes end within the header of a message");
    length = np_ipfix_u16(p + 2);
    if (length < 16 || length > left)
        return np_flaw(run, NP_FLOW_SYNTAX, run->at + 2,
                       length < 16 ? "a message is shorter than its header" : "the bytes end within the message");
    ipfix->domain = np_ipfix_u32(p + 12);
    ipfix->message_end = run->at + length;
    run->at += 16;
    return 0;
}

/* A step through the frame, which has not ended. 1: a record. */
static int step(struct np_flow_run *run, struct ipfix *ipfix, struct cnipol_flow *flow)
{
    if (run->at == ipfix->message_end)
        return begin_message(run, ipfix);
    if (run->at >= ipfix->set_end)
        return begin_set(run, ipfix);
    return ipfix->set_id >= 256 ? next_data(run, ipfix, flow) : next_template(run, ipfix);
}

static int next(struct np_flow_run *run, struct cnipol_flow *flow)
{
    struct ipfix *ipfix = run->state;
    int rc = 0;

    if (run->at == 0)
        ipfix->message_end = ipfix->set_end = 0;
    while (rc == 0) {
        rc = next_ready(run, ipfix, flow);
        if (rc == 0 && run->at == run->n)
            return 0;
        if (rc == 0)
            rc = step(run, ipfix, flow);
    }
    return rc;
}

/* A flaw for each template that never came. */
static int end(struct np_flow_run *run, struct cnipol_flow *flow)
{
    struct ipfix *ipfix = run->state;
    int rc = next_ready(run, ipfix, flow);

    if (rc)
        return rc;
    for (; ipfix->told < ipfix->templates.n; ipfix->told++) {
        struct np_ipfix_slot *slot = &ipfix->templates.slots[ipfix->told];

        if (!slot->first)
            continue;
        rc = np_flawf(run, NP_FLOW_TEMPLATE, 0, "%u data set%s of template %u in domain %u without that template", slot->n_waiting,
                      slot->n_waiting == 1 ? "" : "s", slot->id, slot->domain);
        if (rc == CNIPOL_E_NOMEM)
            return rc;
        ipfix->told++;
        return rc;
    }
    return 0;
}

static int recognise(const char *bytes, size_t n)
{
    uint32_t length, set, set_length;

    if (n < 20 || np_ipfix_u16(bytes) != 10)
        return 0;
    length = np_ipfix_u16(bytes + 2);
    set = np_ipfix_u16(bytes + 16);
    set_length = np_ipfix_u16(bytes + 18);
    if (length < 20 || set_length < 4 || set_length > length - 16 || set < 2 || (set > 3 && set < 256))
        return 0;
    return 95;
}

const struct np_format np_format_antrea_ipfix = {
    .row = {"antrea-ipfix", "Antrea: flow exporter and flow aggregator, IPFIX",
            "IPFIX messages (RFC 7011) with Antrea's elements (enterprise 56506)"},
    .framing = NP_FRAME_IPFIX,
    .open = open,
    .close = close,
    .reset = reset,
    .next = next,
    .end = end,
    .recognise = recognise,
};
