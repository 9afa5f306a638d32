/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Matrices: a grid for people, CSV, JSON (cnipol.matrix/1) and Markdown.
 *
 * Rows are sources, columns destinations; both are the same ends, so columns are known by the rows'
 * numbers. The text grid of a small matrix has a number over every column; a larger one is divided into
 * panels of PANEL columns, in groups of ten with a number over the first of each, so that it stays
 * readable without wrapping however many pods there are.
 */

#include "report/json.h"

#include <json-c/json.h>

#include "base/glyph.h"

#define SMALL 20u        /* columns with a number each */
#define PANEL 80u        /* columns of a panel */
#define NAME_COLUMNS 48u /* longer names are cut */

struct grid {
    const struct cnipol_matrix *matrix;
    uint32_t n;
    uint32_t digits; /* of the largest number */
    uint32_t names;  /* columns of the names */
};

static uint32_t columns_of(const char *s)
{
    size_t n = strlen(s);
    uint32_t columns = 0;

    for (size_t i = 0; i < n && columns <= NAME_COLUMNS;) {
        struct np_glyph glyph;

        i += np_glyph_read(s + i, n - i, &glyph);
        columns += glyph.width;
    }
    return columns;
}

static const char *name_of(const struct cnipol_matrix *matrix, uint32_t i)
{
    const char *name = cnipol_matrix_row_name(matrix, i);

    return name ? name : "?";
}

static uint32_t digits_of(uint32_t number)
{
    uint32_t digits = 1;

    for (; number >= 10; number /= 10)
        digits++;
    return digits;
}

static struct grid measure(const struct cnipol_matrix *matrix)
{
    struct grid grid = {.matrix = matrix, .n = cnipol_matrix_size(matrix)};

    grid.digits = digits_of(grid.n);
    for (uint32_t i = 0; i < grid.n; i++) {
        uint32_t columns = columns_of(name_of(matrix, i));

        if (columns > NAME_COLUMNS)
            columns = NAME_COLUMNS;
        grid.names = columns > grid.names ? columns : grid.names;
    }
    return grid;
}

/* The name, cut or filled up to the width of the column. */
static void write_name(struct np_out *out, const char *s, uint32_t width)
{
    size_t n = strlen(s);
    uint32_t left = width;
    uint32_t cut = columns_of(s) > width;

    for (size_t i = 0; i < n;) {
        struct np_glyph glyph;

        i += np_glyph_read(s + i, n - i, &glyph);
        if (glyph.width + cut > left)
            break;
        left -= glyph.width;
        np_out_bytes(out, glyph.s, glyph.n);
    }
    if (cut && left > 0) {
        np_out_text(out, NP_ELLIPSIS);
        left--;
    }
    np_out_char(out, ' ', left);
}

static void write_symbol(struct np_out *out, int32_t decision)
{
    static const char *const styles[] = {"33", "32", "36", "33", "31"};

    np_out_style(out, styles[decision >= 0 && decision <= CNIPOL_DENY ? decision : CNIPOL_UNDEFINED]);
    np_out_char(out, cnipol_matrix_symbol(decision), 1);
    np_out_style(out, "0");
}

static void write_row_head(struct np_out *out, const struct grid *grid, uint32_t row)
{
    np_out_fmt(out, "%*u ", (int)grid->digits, row + 1);
    write_name(out, name_of(grid->matrix, row), grid->names);
    np_out_char(out, ' ', 1);
}

static void write_small(struct np_out *out, const struct grid *grid)
{
    np_out_char(out, ' ', grid->digits + grid->names + 2);
    for (uint32_t column = 0; column < grid->n; column++)
        np_out_fmt(out, " %*u", (int)grid->digits, column + 1);
    np_out_char(out, '\n', 1);
    for (uint32_t row = 0; row < grid->n; row++) {
        write_row_head(out, grid, row);
        for (uint32_t column = 0; column < grid->n; column++) {
            np_out_char(out, ' ', grid->digits);
            write_symbol(out, cnipol_matrix_at(grid->matrix, row, column));
        }
        np_out_char(out, '\n', 1);
        np_out_pause(out);
    }
}

static void write_panel(struct np_out *out, const struct grid *grid, uint32_t from, uint32_t to)
{
    np_out_char(out, ' ', grid->digits + grid->names + 2);
    for (uint32_t column = from; column < to; column += 10)
        np_out_fmt(out, column + 10 < to ? " %-10u" : " %u", column + 1);
    np_out_char(out, '\n', 1);
    for (uint32_t row = 0; row < grid->n && !out->status; row++) {
        write_row_head(out, grid, row);
        for (uint32_t column = from; column < to; column++) {
            if (column % 10 == 0)
                np_out_char(out, ' ', 1);
            write_symbol(out, cnipol_matrix_at(grid->matrix, row, column));
        }
        np_out_char(out, '\n', 1);
        np_out_pause(out);
    }
}

struct counts {
    uint64_t of[CNIPOL_DENY + 1];
};

static struct counts count(const struct cnipol_matrix *matrix)
{
    uint32_t n = cnipol_matrix_size(matrix);
    struct counts counts = {{0}};

    for (uint32_t row = 0; row < n; row++)
        for (uint32_t column = 0; column < n; column++) {
            int32_t decision = cnipol_matrix_at(matrix, row, column);

            counts.of[decision >= 0 && decision <= CNIPOL_DENY ? decision : CNIPOL_UNDEFINED]++;
        }
    return counts;
}

/* ". allow 4   X deny 2": what occurs. */
static void write_legend(struct np_out *out, const struct cnipol_matrix *matrix, const char *between)
{
    static const int32_t order[] = {CNIPOL_ALLOW, CNIPOL_DENY, CNIPOL_REDIRECT, CNIPOL_UNDEFINED};
    struct counts counts = count(matrix);
    const char *before = "";

    for (int i = 0; i < 4; i++) {
        int32_t decision = order[i];

        if (counts.of[decision] == 0)
            continue;
        np_out_fmt(out, "%s%c %s %llu", before, cnipol_matrix_symbol(decision), cnipol_decision_text(decision),
                   (unsigned long long)counts.of[decision]);
        before = between;
    }
}

static void write_text(struct np_out *out, const struct cnipol_matrix *matrix)
{
    struct grid grid = measure(matrix);

    if (grid.n == 0) {
        np_out_text(out, "no ends\n");
        return;
    }
    np_out_text(out, "rows: sources; columns: destinations, by the rows' numbers\n\n");
    if (grid.n <= SMALL)
        write_small(out, &grid);
    for (uint32_t from = 0; grid.n > SMALL && from < grid.n; from += PANEL) {
        write_panel(out, &grid, from, grid.n - from > PANEL ? from + PANEL : grid.n);
        if (grid.n - from > PANEL)
            np_out_char(out, '\n', 1);
    }
    np_out_char(out, '\n', 1);
    write_legend(out, matrix, "   ");
    np_out_char(out, '\n', 1);
}

/* A field of RFC 4180: in quotes where it must be; on one line, since no name that a server takes has more. */
static void write_field(struct np_out *out, const char *s)
{
    bool quoted = strpbrk(s, ",\"\r\n") != NULL;
    size_t n = strlen(s);

    np_out_char(out, '"', quoted);
    for (size_t i = 0; i < n;) {
        struct np_glyph glyph;

        np_out_char(out, '"', s[i] == '"');
        i += np_glyph_read(s + i, n - i, &glyph);
        np_out_bytes(out, glyph.s, glyph.n);
    }
    np_out_char(out, '"', quoted);
}

static void write_csv(struct np_out *out, const struct cnipol_matrix *matrix)
{
    uint32_t n = cnipol_matrix_size(matrix);

    np_out_text(out, "source");
    for (uint32_t column = 0; column < n; column++) {
        np_out_char(out, ',', 1);
        write_field(out, name_of(matrix, column));
    }
    np_out_char(out, '\n', 1);
    for (uint32_t row = 0; row < n && !out->status; row++) {
        write_field(out, name_of(matrix, row));
        for (uint32_t column = 0; column < n; column++)
            np_out_fmt(out, ",%s", cnipol_decision_text(cnipol_matrix_at(matrix, row, column)));
        np_out_char(out, '\n', 1);
        np_out_pause(out);
    }
}

static void write_json_names(struct np_out *out, const struct cnipol_matrix *matrix, uint32_t n)
{
    np_out_text(out, "\"names\":[");
    for (uint32_t i = 0; i < n && !out->status; i++) {
        np_out_text(out, i ? "," : "");
        np_json_write(out, np_json_string(out, name_of(matrix, i)));
        np_out_pause(out);
    }
    np_out_text(out, "]");
}

/* Symbols need no escapes: each row is one string of them. */
static void write_json(struct np_out *out, const struct cnipol_matrix *matrix)
{
    uint32_t n = cnipol_matrix_size(matrix);
    struct counts counts = count(matrix);

    np_out_text(out, "{\"schema\":\"cnipol.matrix/1\",\"symbols\":{");
    for (int32_t i = CNIPOL_ALLOW; i <= CNIPOL_DENY; i++)
        np_out_fmt(out, "%s\"%c\":\"%s\"", i > CNIPOL_ALLOW ? "," : "", cnipol_matrix_symbol(i), cnipol_decision_text(i));
    np_out_text(out, "},\"counts\":{");
    for (int32_t i = CNIPOL_ALLOW; i <= CNIPOL_DENY; i++)
        np_out_fmt(out, "%s\"%s\":%llu", i > CNIPOL_ALLOW ? "," : "", cnipol_decision_text(i), (unsigned long long)counts.of[i]);
    np_out_text(out, "},\n");
    write_json_names(out, matrix, n);
    np_out_text(out, ",\n\"rows\":[");
    for (uint32_t row = 0; row < n && !out->status; row++) {
        np_out_text(out, row ? ",\n\"" : "\n\"");
        for (uint32_t column = 0; column < n; column++)
            np_out_char(out, cnipol_matrix_symbol(cnipol_matrix_at(matrix, row, column)), 1);
        np_out_char(out, '"', 1);
        np_out_pause(out);
    }
    np_out_text(out, n ? "\n]}\n" : "]}\n");
}

/* A table cell: what Markdown or HTML would take for their own is escaped. */
static void write_cell(struct np_out *out, const char *s)
{
    size_t n = strlen(s);

    for (size_t i = 0; i < n;) {
        struct np_glyph glyph;

        if (strchr("\\|`*_[]<>&#~!", s[i]))
            np_out_char(out, '\\', 1);
        i += np_glyph_read(s + i, n - i, &glyph);
        np_out_bytes(out, glyph.s, glyph.n);
    }
}

static void write_markdown(struct np_out *out, const struct cnipol_matrix *matrix)
{
    uint32_t n = cnipol_matrix_size(matrix);

    np_out_text(out, "| | source |");
    for (uint32_t column = 0; column < n; column++)
        np_out_fmt(out, " %u |", column + 1);
    np_out_text(out, "\n| ---: | :--- |");
    for (uint32_t column = 0; column < n; column++)
        np_out_text(out, " :---: |");
    np_out_char(out, '\n', 1);
    for (uint32_t row = 0; row < n && !out->status; row++) {
        np_out_fmt(out, "| %u | ", row + 1);
        write_cell(out, name_of(matrix, row));
        np_out_text(out, " |");
        for (uint32_t column = 0; column < n; column++)
            np_out_fmt(out, " %c |", cnipol_matrix_symbol(cnipol_matrix_at(matrix, row, column)));
        np_out_char(out, '\n', 1);
        np_out_pause(out);
    }
    np_out_char(out, '\n', 1);
    write_legend(out, matrix, ", ");
    np_out_char(out, '\n', 1);
}

int cnipol_report_matrix(struct cnipol_ctx *ctx, const struct cnipol_matrix *matrix, const struct cnipol_report_opts *opts,
                         cnipol_write_fn write, void *user)
{
    static void (*const writers[])(struct np_out * out, const struct cnipol_matrix *matrix) = {
        [CNIPOL_FORMAT_TEXT] = write_text,
        [CNIPOL_FORMAT_JSON] = write_json,
        [CNIPOL_FORMAT_CSV] = write_csv,
        [CNIPOL_FORMAT_MARKDOWN] = write_markdown,
    };
    struct cnipol_report_opts o;
    struct np_out out;
    int rc = np_report_opts_read(opts, &o);

    if (rc || o.format < 0 || o.format >= (int32_t)(sizeof writers / sizeof writers[0]) || !writers[o.format])
        return CNIPOL_E_USAGE;
    np_out_init(&out, ctx, &o, write, user);
    writers[o.format](&out, matrix);
    return np_out_finish(&out);
}
