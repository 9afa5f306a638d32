/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * antrea-clickhouse: rows of the table `flows` that Antrea writes and Theia keeps, as ClickHouse's client prints them.
 *
 * TabSeparatedWithNames (…AndTypes): the first line names the columns. JSONEachRow: an object a line, where 64-bit numbers may be
 * quoted. Columns are named after information elements; those of no element (timeInserted, trusted) are passed over. Times are UTC.
 *
 * Sources: antrea-io/antrea pkg/flowaggregator/clickhouseclient/clickhouseclient.go, v2.7.0; antrea-io/theia
 * build/charts/theia/provisioning/datasources/create_table.sh; ClickHouse docs, interfaces/formats: TabSeparated, JSONEachRow.
 */

#include "flow/antrea.h"

enum { MAX_COLUMNS = 256, NO_ELEMENT = 255 };

struct clickhouse {
    struct np_antrea_json json; /* first */
    uint32_t n;                 /* columns; 0: no header yet */
    bool after_header;
    uint8_t columns[MAX_COLUMNS]; /* element, or NO_ELEMENT */
};

static int open(struct np_flow_run *run)
{
    struct clickhouse *house = np_zalloc(run->mem, sizeof *house);

    if (!house)
        return CNIPOL_E_NOMEM;
    np_buf_init(&house->json.antrea.scratch, run->mem);
    np_antrea_names_init(&house->json.names);
    run->state = house;
    return CNIPOL_OK;
}

static void close(struct np_flow_run *run)
{
    struct clickhouse *house = run->state;

    if (!house)
        return;
    np_buf_free(&house->json.antrea.scratch);
    np_free(run->mem, house, sizeof *house);
    run->state = NULL;
}

static void reset(struct np_flow_run *run)
{
    struct clickhouse *house = run->state;

    house->n = 0;
    house->after_header = false;
}

static int take_object(struct np_flow_run *run, struct cnipol_flow *flow)
{
    struct clickhouse *house = run->state;
    size_t at = house->json.antrea.scan.start;
    int rc;

    np_antrea_clear(&house->json.antrea.record);
    rc = np_antrea_json_map(run, &house->json);
    if (!rc && !house->json.antrea.record.times_set && !house->json.antrea.record.numbers_set)
        return np_flaw(run, NP_FLOW_SYNTAX, at, "the object has no column of the table of flows");
    return rc ? rc : np_antrea_finish(run, &house->json.antrea, flow, at);
}

/* The cell that begins at *p; *p moves behind its tab, or to NULL after the last. */
static struct cnipol_text cell(const char **p, const char *end)
{
    const char *s = *p, *tab = memchr(s, '\t', (size_t)(end - s));

    *p = tab ? tab + 1 : NULL;
    return np_text(s, (size_t)((tab ? tab : end) - s));
}

/* Takes the names of columns. */
static int take_header(struct np_flow_run *run, struct clickhouse *house, const char *p, const char *end)
{
    size_t at = (size_t)(p - run->frame);
    uint32_t known = 0;

    house->n = 0;
    while (p) {
        struct cnipol_text name = cell(&p, end);
        const struct np_antrea_element *element = np_antrea_names_find(&house->json.names, name.s, name.n);

        if (house->n == MAX_COLUMNS)
            return np_flaw(run, NP_FLOW_SYNTAX, at, "the header has more than 256 columns");
        known += element != NULL;
        house->columns[house->n++] = element ? (uint8_t)(element - np_antrea_element_at(0)) : (uint8_t)NO_ELEMENT;
    }
    house->after_header = known > 1;
    if (known > 1)
        return 0;
    house->n = 0;
    return np_flaw(run, NP_FLOW_SYNTAX, at, "the first line names no columns of the table of flows");
}

static char unescaped(char c)
{
    static const char from[] = "bfrnt0", to[] = "\b\f\r\n\t";
    const char *hit = c ? strchr(from, c) : NULL;

    return hit ? to[hit - from] : c;
}

/* The value of a cell: \N is none, \t and the like are undone. False: no memory. */
static bool undo(struct np_flow_run *run, struct cnipol_text *text)
{
    uint32_t n = 0;
    char *s;

    if (!memchr(text->s, '\\', text->n))
        return true;
    if (NP_ANTREA_IS(*text, "\\N")) {
        text->n = 0;
        return true;
    }
    s = np_arena_alloc(&run->arena, text->n);
    for (uint32_t i = 0; s && i < text->n; i++) {
        bool escape = text->s[i] == '\\' && i + 1 < text->n;

        i += escape;
        s[n++] = escape ? unescaped(text->s[i]) : text->s[i];
    }
    *text = np_text(s, n);
    return s != NULL;
}

static int take_row(struct np_flow_run *run, struct clickhouse *house, const char *p, const char *end, struct cnipol_flow *flow)
{
    struct np_antrea *antrea = &house->json.antrea;
    size_t start = (size_t)(p - run->frame);
    uint32_t i = 0;
    int rc;

    np_antrea_clear(&antrea->record);
    for (; p && i < house->n; i++) {
        const struct np_antrea_element *element = house->columns[i] == NO_ELEMENT ? NULL : np_antrea_element_at(house->columns[i]);
        size_t at = (size_t)(p - run->frame);
        struct cnipol_text text = cell(&p, end);

        if (!element || !np_antrea_wants(run, element))
            continue;
        if (!undo(run, &text))
            return CNIPOL_E_NOMEM;
        rc = np_antrea_set_text(run, &antrea->record, element, text, at);
        if (rc)
            return rc;
    }
    if (p || i < house->n)
        return np_flaw(run, NP_FLOW_SYNTAX, start,
                       p ? "the row has more cells than the header has columns" : "the row has fewer cells than the header has columns");
    return np_antrea_finish(run, antrea, flow, start);
}

/* The second header line, of types. */
static bool is_types(const char *p, const char *end)
{
    static const char *const types[] = {"DateTime", "UInt", "Int", "String", "Nullable(", "LowCardinality("};

    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        size_t n = strlen(types[i]);

        if ((size_t)(end - p) >= n && memcmp(p, types[i], n) == 0)
            return true;
    }
    return false;
}

static bool is_header(const struct clickhouse *house, const char *p, const char *end)
{
    struct cnipol_text first = cell(&p, end);

    return house->n == 0 || NP_ANTREA_IS(first, "timeInserted") || np_antrea_names_find(&house->json.names, first.s, first.n);
}

static int next_row(struct np_flow_run *run, struct clickhouse *house, struct cnipol_flow *flow)
{
    int rc = 0;

    while (!rc && run->at < run->n) {
        const char *p = run->frame + run->at, *line_end = memchr(p, '\n', run->n - run->at);
        const char *end = line_end ? line_end : run->frame + run->n;
        size_t next = (size_t)(end - run->frame) + 1;

        end -= end > p && end[-1] == '\r';
        if (p < end && is_header(house, p, end)) {
            rc = take_header(run, house, p, end);
        } else if (p < end) {
            bool types = house->after_header && is_types(p, end);

            house->after_header = false;
            rc = types ? 0 : take_row(run, house, p, end, flow);
        }
        if (rc != CNIPOL_E_NOMEM)
            run->at = next;
    }
    return rc;
}

static int next(struct np_flow_run *run, struct cnipol_flow *flow)
{
    struct clickhouse *house = run->state;

    if (run->n && (*run->frame == '{' || *run->frame == '['))
        return np_antrea_json_next(run, flow, &house->json.antrea, take_object);
    return next_row(run, house, flow);
}

static int recognise(const char *bytes, size_t n)
{
    const char *line_end = memchr(bytes, '\n', n);
    size_t line = line_end ? (size_t)(line_end - bytes) : n;

    bool has_flow = memmem(bytes, line, "flowEndReason", 13) || memmem(bytes, line, "flowStartSeconds", 16) || memmem(bytes, line, "flowEndSeconds", 14);

    if (!n || !has_flow || !memmem(bytes, line, "sourceIP", 8) || memmem(bytes, line, "sourceIPv", 9))
        return 0;
    return *bytes == '{' ? 92 : memchr(bytes, '\t', line) ? 95 : 0;
}

const struct np_format np_format_antrea_clickhouse = {
    .row = {"antrea-clickhouse", "Antrea: flow aggregator's ClickHouse, Theia",
            "rows of the table flows: TabSeparatedWithNames or JSONEachRow"},
    .framing = NP_FRAME_LINE,
    .open = open,
    .close = close,
    .reset = reset,
    .next = next,
    .recognise = recognise,
};
