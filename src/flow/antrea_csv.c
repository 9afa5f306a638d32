/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * antrea-flow-csv: lines of the flow aggregator's log.
 *
 * The writer joins texts with commas, without a header and without quoting. Which columns there are depends on the release, and
 * how many there are tells the release, but for two layouts of 30: in 2.7's the 15th column is an address or empty, in 1.15's it
 * is a port. The JSON in httpVals holds commas of its own, so it is read as a JSON object.
 *
 *     26: 1.12    28: 1.13, 1.14    30: 1.15    31: 2.0 to 2.5    29: 2.6    30: 2.7
 *
 * Source: antrea-io/antrea pkg/flowaggregator/flowlogger/logger.go at v1.12.0, v1.14.0, v1.15.0, v2.0.0, v2.6.0, v2.7.0.
 */

#include <endian.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "flow/antrea.h"

/* All columns that there ever were, in their order. */
static const char *const columns[] = {
    "flowStartSeconds",
    "flowEndSeconds",
    "sourceIP",
    "destinationIP",
    "sourceTransportPort",
    "destinationTransportPort",
    "protocolIdentifier",
    "sourcePodName",
    "sourcePodNamespace",
    "sourceNodeName",
    "destinationPodName",
    "destinationPodNamespace",
    "destinationNodeName",
    "destinationClusterIP",
    "destinationServiceIP",
    "destinationServicePort",
    "destinationServicePortName",
    "ingressNetworkPolicyName",
    "ingressNetworkPolicyNamespace",
    "ingressNetworkPolicyRuleName",
    "ingressNetworkPolicyRuleAction",
    "ingressNetworkPolicyType",
    "egressNetworkPolicyName",
    "egressNetworkPolicyNamespace",
    "egressNetworkPolicyRuleName",
    "egressNetworkPolicyRuleAction",
    "egressNetworkPolicyType",
    "egressName",
    "egressIP",
    "appProtocolName",
    "httpVals",
    "egressNodeName",
};

enum { N_COLUMNS = sizeof columns / sizeof *columns, N_LAYOUTS = 6, MIN_FIELDS = 26, MAX_FIELDS = 31, HTTP_FIELD = 29 };

#define FROM_SERVICE_IP (1u << 14)
#define EGRESS_AND_IP (1u << 27 | 1u << 28)
#define APP_AND_HTTP (1u << 29 | 1u << 30)
#define EGRESS_NODE (1u << 31)
#define BASE (0xffffffffu & ~(FROM_SERVICE_IP | EGRESS_AND_IP | APP_AND_HTTP | EGRESS_NODE))

static const uint32_t layouts[N_LAYOUTS] = {
    BASE,
    BASE | EGRESS_AND_IP,
    BASE | EGRESS_AND_IP | EGRESS_NODE,
    BASE | EGRESS_AND_IP | APP_AND_HTTP,
    BASE | EGRESS_AND_IP | EGRESS_NODE | FROM_SERVICE_IP,
    BASE | EGRESS_AND_IP | APP_AND_HTTP | EGRESS_NODE,
};

enum { LAYOUT_1_15 = 3, LAYOUT_2_7 = 4 };

struct csv {
    struct np_antrea antrea; /* first */
    const struct np_antrea_element *elements[N_LAYOUTS][MAX_FIELDS];
    uint8_t n[N_LAYOUTS];
    struct cnipol_text fields[MAX_FIELDS];
};

/* The element, or NULL where nobody wants it. */
static const struct np_antrea_element *wanted(const struct np_flow_run *run, const struct np_antrea_element *element)
{
    return np_antrea_wants(run, element) ? element : NULL;
}

static int open(struct np_flow_run *run)
{
    struct csv *csv = np_zalloc(run->mem, sizeof *csv);
    struct np_antrea_names names;

    if (!csv)
        return CNIPOL_E_NOMEM;
    np_buf_init(&csv->antrea.scratch, run->mem);
    np_antrea_names_init(&names);
    for (size_t i = 0; i < N_COLUMNS; i++)
        for (size_t layout = 0; layout < N_LAYOUTS; layout++)
            if (layouts[layout] >> i & 1)
                csv->elements[layout][csv->n[layout]++] = wanted(run, np_antrea_names_find(&names, columns[i], strlen(columns[i])));
    run->state = csv;
    return CNIPOL_OK;
}

static void close(struct np_flow_run *run)
{
    struct csv *csv = run->state;

    if (!csv)
        return;
    np_buf_free(&csv->antrea.scratch);
    np_free(run->mem, csv, sizeof *csv);
    run->state = NULL;
}

/* One past the brace that closes the one at p, or NULL. */
static const char *object_end(const char *p, const char *end)
{
    uint32_t depth = 0;
    bool quoted = false;

    for (; p < end; p++) {
        if (quoted && *p == '\\')
            p++;
        else if (*p == '"')
            quoted = !quoted;
        else if (!quoted && *p == '{')
            depth++;
        else if (!quoted && *p == '}' && --depth == 0)
            return p + 1;
    }
    return NULL;
}

#define EACH_BYTE(c) (UINT64_C(0x0101010101010101) * (c))

/* A bit for each of 64 bytes that is a comma. */
static uint64_t commas(const char *p)
{
    uint64_t mask = 0;

#ifdef __SSE2__
    const __m128i comma = _mm_set1_epi8(',');

    for (int i = 0; i < 4; i++) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));

        mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, comma)) << (16 * i);
    }
#else
    for (int i = 0; i < 8; i++) {
        uint64_t bytes;

        memcpy(&bytes, p + 8 * i, sizeof bytes);
        bytes = le64toh(bytes) ^ EACH_BYTE(',');
        bytes = ~(((bytes & EACH_BYTE(0x7f)) + EACH_BYTE(0x7f)) | bytes | EACH_BYTE(0x7f)); /* the top bit of each comma */
        mask |= (bytes >> 7) * UINT64_C(0x0102040810204080) >> 56 << (8 * i);
    }
#endif
    return mask;
}

/* The next comma, or run->n; the slack behind a frame may be read. `mask`: what is left of the 64 bytes at *block. */
static size_t next_comma(const struct np_flow_run *run, size_t *block, uint64_t *mask)
{
    size_t at;

    while (!*mask) {
        *block += 64;
        if (*block >= run->n)
            return run->n;
        *mask = commas(run->frame + *block);
    }
    at = *block + (size_t)__builtin_ctzll(*mask);
    *mask &= *mask - 1;
    return at < run->n ? at : run->n;
}

/* Fills csv->fields; their number, or a flaw. */
static int split(struct np_flow_run *run, struct csv *csv)
{
    size_t start = 0, block = 0, stop;
    uint64_t mask = commas(run->frame);
    uint32_t n = 0;

    for (;; start = stop + 1) {
        if (n == MAX_FIELDS)
            return np_flaw(run, NP_FLOW_SYNTAX, start, "the line has more than 31 columns");
        if (n == HTTP_FIELD && start < run->n && run->frame[start] == '{') {
            const char *closed = object_end(run->frame + start, run->frame + run->n);

            if (!closed || (closed != run->frame + run->n && *closed != ','))
                return np_flaw(run, NP_FLOW_SYNTAX, start, "the JSON in the 30th column does not end with it");
            block = (size_t)(closed - run->frame);
            mask = block < run->n ? commas(closed) : 0;
        }
        stop = next_comma(run, &block, &mask);
        csv->fields[n++] = np_text(run->frame + start, stop - start);
        if (stop == run->n)
            return (int)n;
    }
}

/* The layout of a line with `n` fields, or -1. */
static int layout_of(const struct csv *csv, uint32_t n)
{
    uint64_t port;

    if (n == 30)
        return np_antrea_digits(csv->fields[14], UINT16_MAX, &port) ? LAYOUT_1_15 : LAYOUT_2_7;
    for (int i = 0; i < N_LAYOUTS; i++)
        if (csv->n[i] == n)
            return i;
    return -1;
}

static int take_line(struct np_flow_run *run, struct csv *csv, struct cnipol_flow *flow)
{
    int n = split(run, csv), layout = n > 0 ? layout_of(csv, (uint32_t)n) : 0;
    int rc;

    if (n < 0)
        return n;
    if (layout < 0)
        return np_flawf(run, NP_FLOW_SYNTAX, 0, "the line has %d column%s; no release writes so many", n, n == 1 ? "" : "s");
    np_antrea_clear(&csv->antrea.record);
    for (int i = 0; i < n; i++) {
        const struct np_antrea_element *element = csv->elements[layout][i];

        if (!element || !csv->fields[i].n)
            continue;
        if (element->type == NP_ANTREA_STRING) {
            csv->antrea.record.texts[element->slot] = csv->fields[i];
            continue;
        }
        rc = np_antrea_set_text(run, &csv->antrea.record, element, csv->fields[i], (size_t)(csv->fields[i].s - run->frame));
        if (rc)
            return rc;
    }
    return np_antrea_finish(run, &csv->antrea, flow, 0);
}

static int next(struct np_flow_run *run, struct cnipol_flow *flow)
{
    while (run->n && (run->frame[run->n - 1] == '\n' || run->frame[run->n - 1] == '\r'))
        run->n--;
    return take_line(run, run->state, flow);
}

static int recognise(const char *bytes, size_t n)
{
    const char *line_end = memchr(bytes, '\n', n);
    uint32_t commas = 0, digits = 0;

    n = line_end ? (size_t)(line_end - bytes) : n;
    for (size_t i = 0; i < n; i++) {
        if (commas < 2 && bytes[i] >= '0' && bytes[i] <= '9')
            digits++;
        else if (bytes[i] == ',')
            commas++;
        else if (commas < 2)
            return 0;
    }
    return digits >= 12 && commas >= MIN_FIELDS - 1 ? 80 : 0;
}

const struct np_format np_format_antrea_flow_csv = {
    .row = {"antrea-flow-csv", "Antrea: flow aggregator, FlowLogger",
            "comma-separated lines without a header; the number of columns tells the release"},
    .framing = NP_FRAME_LINE,
    .open = open,
    .close = close,
    .next = next,
    .is_single = true,
    .recognise = recognise,
};
