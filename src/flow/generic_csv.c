/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * csv: any CSV, by a mapping of its columns (mapping.h) or by a header line that names fields of our own table.
 *
 * RFC 4180: values between delimiters, in double quotes where they hold a delimiter, a quote ("" for one) or a line end. Lines may have
 * fewer columns than the header: what is missing is absent; more are refused. A blank line is none. Without a mapping, columns whose names
 * are no fields' are passed over, and an apostrophe that keeps a value from being a formula is taken off: what our own CSV has.
 *
 * A header line is turned into an array, column by column: what to do with it. Which columns nobody asked for is known then, and a line
 * is one walk over its bytes that looks at the others only where they end.
 *
 * Source: RFC 4180.
 */

#include <string.h>

#include "flow/mapping.h"

#define COLUMNS_MAX 1024u

struct csv {
    struct np_arena arena;
    struct np_mapping mapping;
    bool is_mapped;
    bool has_header; /* seen, or none is wanted */
    uint32_t n;      /* columns of the header; 0: any number */
    uint32_t n_used; /* columns behind these are of no interest */
    uint16_t columns[COLUMNS_MAX]; /* which of the mapping's + 1; 0: passed over */
};

/* A value, where it ended, and whether that was the line's end. */
struct cell {
    struct cnipol_text text;
    const char *next;
    bool last;
};

static void close(struct np_flow_run *run)
{
    struct csv *csv = run->state;

    if (!csv)
        return;
    np_arena_free(&csv->arena);
    np_free(run->mem, csv, sizeof *csv);
    run->state = NULL;
}

static void use(struct csv *csv, struct np_flow_run *run, uint32_t at, uint32_t which)
{
    if (!np_mapping_wants(run, &csv->mapping.columns[which]))
        return;
    csv->columns[at] = (uint16_t)(which + 1);
    if (at >= csv->n_used)
        csv->n_used = at + 1;
}

/* Columns by number are known from the start. False: a number that is too large. */
static bool place_numbers(struct csv *csv, struct np_flow_run *run)
{
    for (uint32_t i = 0; i < csv->mapping.n; i++) {
        uint32_t number = csv->mapping.columns[i].number;

        if (number > COLUMNS_MAX)
            return false;
        if (number)
            use(csv, run, number - 1, i);
    }
    return true;
}

static void reset(struct np_flow_run *run)
{
    struct csv *csv = run->state;

    memset(csv->columns, 0, sizeof csv->columns);
    csv->n = csv->n_used = 0;
    csv->has_header = csv->is_mapped && !csv->mapping.has_header;
    if (csv->is_mapped)
        (void)place_numbers(csv, run);
}

static int refuse(struct np_flow_run *run, const char *usage)
{
    int rc = np_mapping_refuse(run, usage);

    close(run);
    return rc;
}

static int open(struct np_flow_run *run)
{
    struct csv *csv = np_zalloc(run->mem, sizeof *csv);
    const char *wrong;

    if (!csv)
        return CNIPOL_E_NOMEM;
    run->state = csv;
    np_arena_init(&csv->arena, run->mem);
    csv->mapping.delimiter = ',';
    if (!run->opts.columns)
        return CNIPOL_OK;
    wrong = np_mapping_parse(&csv->arena, run->opts.columns, false, &csv->mapping);
    if (wrong)
        return refuse(run, wrong);
    csv->is_mapped = csv->mapping.n > 0;
    if (!place_numbers(csv, run))
        return refuse(run, "a column's number is too large");
    csv->has_header = csv->is_mapped && !csv->mapping.has_header;
    return CNIPOL_OK;
}

/* ---- lines ---- */

/* A value in quotes, from behind its opening one. CNIPOL_OK, 1: it ends with the line and not with a quote, CNIPOL_E_NOMEM. */
static int quoted(struct np_flow_run *run, const char *at, const char *end, struct cell *cell)
{
    const char *first = at, *stop = memchr(at, '"', (size_t)(end - at));
    char *copy = NULL;
    size_t n = 0;

    for (; stop && stop + 1 < end && stop[1] == '"'; stop = memchr(at, '"', (size_t)(end - at))) {
        if (!copy && !(copy = np_arena_alloc(&run->arena, (size_t)(end - first))))
            return CNIPOL_E_NOMEM;
        memcpy(copy + n, at, (size_t)(stop + 1 - at));
        n += (size_t)(stop + 1 - at);
        at = stop + 2;
    }
    if (!stop)
        return 1;
    if (copy)
        memcpy(copy + n, at, (size_t)(stop - at));
    cell->text = copy ? np_text(copy, n + (size_t)(stop - at)) : np_text(first, (size_t)(stop - first));
    cell->next = stop + 1;
    return CNIPOL_OK;
}

#define ONES UINT64_C(0x0101010101010101)
#define HIGHS UINT64_C(0x8080808080808080)

/* The first delimiter, or the end. Whole words are read, of which those behind the frame mean nothing. */
static inline const char *find(const char *at, const char *end, char delimiter)
{
    const uint64_t pattern = ONES * (unsigned char)delimiter;

    for (; at < end; at += 8) {
        uint64_t word, hits;

        memcpy(&word, at, sizeof word);
        word ^= pattern;
        hits = (word - ONES) & ~word & HIGHS;
        if (!hits)
            continue;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        at += __builtin_ctzll(hits) / 8;
#else
        while (*at != delimiter)
            at++;
#endif
        break;
    }
    return at < end ? at : end;
}

/* The value at a byte of the line. CNIPOL_OK, CNIPOL_E_NOMEM or a flaw. */
static inline int next_cell(struct np_flow_run *run, char delimiter, const char *at, struct cell *cell)
{
    const char *end = run->frame + run->n, *stop = at;
    int rc = CNIPOL_OK;

    if (at < end && *at == '"') {
        rc = quoted(run, at + 1, end, cell);
        stop = cell->next;
        if (!rc && stop < end && *stop != delimiter)
            return np_flaw(run, NP_FLOW_SYNTAX, (size_t)(stop - run->frame), "a value's closing quote must be followed by a delimiter");
    } else {
        stop = find(at, end, delimiter);
        cell->text = np_text(at, (size_t)(stop - at));
    }
    if (rc == 1)
        return np_flaw(run, NP_FLOW_SYNTAX, (size_t)(at - run->frame), "a value in quotes does not end");
    cell->last = stop == end;
    cell->next = stop + 1;
    return rc;
}

/* ---- the header line ---- */

static bool is_named(const struct np_mapping_column *column, struct cnipol_text name)
{
    return !column->number && column->path[0].n == name.n && memcmp(column->path[0].s, name.s, name.n) == 0;
}

/* A name of the header. False: no memory. */
static bool place_name(struct csv *csv, struct np_flow_run *run, uint32_t at, struct cnipol_text name)
{
    struct np_mapping_column own;

    for (uint32_t i = 0; csv->is_mapped && i < csv->mapping.n; i++)
        if (is_named(&csv->mapping.columns[i], name))
            use(csv, run, at, i);
    if (csv->is_mapped || !np_mapping_field(name, &own) || csv->mapping.n == NP_MAPPING_COLUMNS)
        return true;
    if (!csv->mapping.columns)
        csv->mapping.columns = np_arena_array(&csv->arena, NP_MAPPING_COLUMNS, sizeof own);
    if (!csv->mapping.columns)
        return false;
    csv->mapping.columns[csv->mapping.n] = own;
    use(csv, run, at, csv->mapping.n++);
    return true;
}

static const char *missing(const struct csv *csv, uint32_t n)
{
    for (uint32_t i = 0; i < csv->mapping.n; i++) {
        bool found = csv->mapping.columns[i].number != 0;

        for (uint32_t at = 0; at < n && !found; at++)
            found = csv->columns[at] == i + 1;
        if (!found)
            return csv->mapping.columns[i].path[0].s;
    }
    return NULL;
}

/* Is the mapping's column one that nobody wants? Then its absence is no loss. */
static int check_header(struct np_flow_run *run, struct csv *csv)
{
    struct np_flow_run all = *run;

    if (!csv->mapping.n)
        return np_flaw(run, NP_FLOW_FIELD, 0, "the header line names no field; a mapping of columns is needed");
    memset(&all.fields, 0xff, sizeof all.fields);
    if (csv->is_mapped && memcmp(&all.fields, &run->fields, sizeof all.fields) == 0 && missing(csv, csv->n))
        return np_flawf(run, NP_FLOW_FIELD, 0, "the header line has no column %.100s", missing(csv, csv->n));
    csv->has_header = true;
    return CNIPOL_OK;
}

static int read_header(struct np_flow_run *run, struct csv *csv)
{
    const char *at = run->frame;
    struct cell cell;
    int rc;

    if (run->n >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0)
        at += 3;
    if (!csv->is_mapped)
        csv->mapping.n = 0;
    csv->n = csv->n_used = 0;
    memset(csv->columns, 0, sizeof csv->columns);
    (void)place_numbers(csv, run);
    do {
        rc = next_cell(run, csv->mapping.delimiter, at, &cell);
        if (rc)
            return rc;
        if (csv->n == COLUMNS_MAX)
            return np_flaw(run, NP_FLOW_FIELD, (size_t)(at - run->frame), "the header line has too many columns");
        if (!place_name(csv, run, csv->n++, cell.text))
            return CNIPOL_E_NOMEM;
        at = cell.next;
    } while (!cell.last);
    return check_header(run, csv);
}

/* ---- records ---- */

/* Our own CSV's value, without what keeps a spreadsheet from taking it for a formula. */
static struct cnipol_text own(struct cnipol_text text)
{
    bool formula = text.n > 1 && text.s[0] == '\'' && (text.s[1] == '=' || text.s[1] == '+' || text.s[1] == '-' || text.s[1] == '@');

    return formula ? np_text(text.s + 1, text.n - 1) : text;
}

static int wrong_value(struct np_flow_run *run, const struct np_put *put, const char *at)
{
    return put->wrong ? np_flaw(run, NP_FLOW_FIELD, (size_t)(at - run->frame), put->wrong) : CNIPOL_E_NOMEM;
}

static int read_line(struct np_flow_run *run, struct csv *csv, struct cnipol_flow *flow)
{
    const char *at = run->frame;
    struct np_put put;
    struct cell cell = {.last = false};

    np_put_init(&put, run, flow);
    for (uint32_t i = 0; !cell.last; i++, at = cell.next) {
        int rc = next_cell(run, csv->mapping.delimiter, at, &cell);

        if (rc)
            return rc;
        if (csv->n && i == csv->n)
            return np_flaw(run, NP_FLOW_FIELD, (size_t)(at - run->frame), "the line has more columns than the header");
        if (i >= csv->n_used || !csv->columns[i])
            continue;
        put.wrong = NULL;
        if (!csv->is_mapped)
            cell.text = own(cell.text);
        if (!np_mapping_put(&csv->mapping, &csv->mapping.columns[csv->columns[i] - 1], &put, cell.text))
            return wrong_value(run, &put, at);
    }
    np_put_done(&put);
    return 1;
}

static int next(struct np_flow_run *run, struct cnipol_flow *flow)
{
    struct csv *csv = run->state;

    return csv->has_header ? read_line(run, csv, flow) : read_header(run, csv);
}

/* Only our own header line is certain. */
static int recognise(const char *bytes, size_t n)
{
    const char *end = n ? memchr(bytes, '\n', n) : NULL;
    uint32_t known = 0, all = 0;

    for (const char *at = bytes; end && at < end; all++) {
        const char *comma = memchr(at, ',', (size_t)(end - at)), *stop = comma ? comma : end;
        struct np_mapping_column own;

        known += np_mapping_field(np_text(at, (size_t)(stop - at)), &own);
        at = stop + 1;
    }
    return all >= 2 && known == all ? 60 : 0;
}

const struct np_format np_format_csv = {
    {"csv", "anyone: CSV with a mapping of its columns", "CSV by a column mapping, or with a header line of our own field names"},
    NP_FRAME_CSV, open, close, reset, next, NULL, recognise, .is_single = true,
};
