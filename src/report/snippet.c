/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Snippets: see snippet.h.
 *
 * Of a long line, a window is shown: from a third of its width before the mark, wider to the left
 * where the line ends early. The window is found by walking from the mark, so that a line of any
 * length costs the same. Two marks in one line share a row unless they touch; the left one's label
 * then hangs on a connector below.
 */

#include "report/snippet.h"

#include "base/utf8.h"
#include "base/glyph.h"

#define LEAD (NP_SNIPPET_COLUMNS / 3)
#define GUTTER_STYLE "1;34"

struct window {
    const char *text;
    uint32_t lo, hi; /* bytes shown */
    uint32_t length;
};

static uint32_t clamp(uint32_t value, uint32_t max)
{
    return value < max ? value : max;
}

/* A byte order mark is no part of the first line that anyone sees. */
static void skip_bom(struct np_mark *mark)
{
    if (mark->line != 1 || mark->length < 3 || memcmp(mark->text, "\xef\xbb\xbf", 3) != 0)
        return;
    mark->text += 3;
    mark->length -= 3;
    mark->start = mark->start < 3 ? 0 : mark->start - 3;
    mark->end = mark->end < 3 ? 0 : mark->end - 3;
}

struct np_mark np_mark_of(const struct np_sources *sources, struct np_span span, const struct cnipol_place *place, const char *label)
{
    const struct np_source *source = &sources->items[span.source];
    uint32_t line_start = source->places ? 0 : (uint32_t)(place->text - source->bytes);
    bool several = place->end_line > place->line;
    struct np_mark mark = {
        .file = place->file,
        .text = place->text,
        .length = place->text_length,
        .line = place->line,
        .column = place->column,
        .end_line = place->end_line,
        .label = label,
    };

    if (source->places) { /* whose bytes are those of their texts */
        span.start = place->start_byte;
        span.end = place->end_byte;
    }
    mark.continues = several && !(place->end_line == place->line + 1 && place->end_column == 1);
    mark.start = clamp(span.start - line_start, mark.length);
    mark.end = several || span.end < span.start ? mark.length : clamp(span.end - line_start, mark.length);
    if (span.end < span.start)
        mark.end = mark.start;
    skip_bom(&mark);
    return mark;
}

uint32_t np_snippet_gutter(const struct np_mark *marks, uint32_t n)
{
    uint32_t last = 0, digits = 1;

    for (uint32_t i = 0; i < n; i++)
        last = marks[i].line > last ? marks[i].line : last;
    for (; last >= 10; last /= 10)
        digits++;
    return digits;
}

void np_snippet_rule(struct np_out *out, uint32_t gutter)
{
    np_out_char(out, ' ', gutter + 1);
    np_out_style(out, GUTTER_STYLE);
    np_out_char(out, '|', 1);
    np_out_style(out, "0");
}

/* Bytes before `at` that fill at most `columns`. */
static uint32_t walk_back(const char *text, uint32_t at, uint32_t columns)
{
    uint32_t units = 4 * NP_SNIPPET_COLUMNS;

    while (at > 0 && units-- > 0) {
        uint32_t n = np_utf8_before(text, at);
        struct np_glyph glyph;

        (void)np_glyph_read_line(text + at - n, n, &glyph);
        if (glyph.width > columns)
            break;
        columns -= glyph.width;
        at -= n;
    }
    return at;
}

/* The end of what fits into *columns from `at`; *columns becomes what is left. */
static uint32_t walk_on(const char *text, uint32_t length, uint32_t at, uint32_t *columns)
{
    uint32_t units = 4 * NP_SNIPPET_COLUMNS;

    while (at < length && units-- > 0) {
        struct np_glyph glyph;
        uint32_t n = np_glyph_read_line(text + at, length - at, &glyph);

        if (glyph.width > *columns)
            break;
        *columns -= glyph.width;
        at += n;
    }
    return at;
}

static struct window window_around(const struct np_mark *mark)
{
    uint32_t left = NP_SNIPPET_COLUMNS;
    struct window w = {.text = mark->text, .length = mark->length};

    w.hi = walk_on(mark->text, mark->length, 0, &left);
    if (w.hi == mark->length)
        return w;
    w.lo = walk_back(mark->text, mark->start, LEAD);
    left = NP_SNIPPET_COLUMNS - 2;
    w.hi = walk_on(mark->text, mark->length, w.lo, &left);
    if (w.hi == mark->length)
        w.lo = walk_back(mark->text, w.lo, left);
    return w;
}

/* Columns of the window before a byte of the line. */
static uint32_t column_in(const struct window *w, uint32_t byte)
{
    uint32_t column = w->lo > 0;

    for (uint32_t at = w->lo; at < byte && at < w->hi;) {
        struct np_glyph glyph;

        at += np_glyph_read_line(w->text + at, w->length - at, &glyph);
        column += glyph.width;
    }
    return column;
}

static void write_line(struct np_out *out, uint32_t gutter, uint32_t line, const struct window *w)
{
    np_out_style(out, GUTTER_STYLE);
    np_out_fmt(out, "%*u |", (int)gutter, line);
    np_out_style(out, "0");
    if (w->lo < w->hi)
        np_out_char(out, ' ', 1);
    if (w->lo > 0)
        np_out_text(out, NP_ELLIPSIS);
    for (uint32_t at = w->lo; at < w->hi;) {
        struct np_glyph glyph;

        at += np_glyph_read_line(w->text + at, w->length - at, &glyph);
        np_out_bytes(out, glyph.s, glyph.n);
    }
    if (w->hi < w->length)
        np_out_text(out, NP_ELLIPSIS);
    np_out_char(out, '\n', 1);
}

static void write_label(struct np_out *out, const struct np_mark *mark)
{
    np_out_style(out, mark->style);
    if (mark->label)
        np_out_clean(out, mark->label);
    if (mark->continues)
        np_out_fmt(out, mark->label ? " (to line %u)" : "to line %u", mark->end_line);
    np_out_style(out, "0");
}

static bool has_label(const struct np_mark *mark)
{
    return mark->label || mark->continues;
}

/* The carets; returns the columns that they end at. */
static uint32_t write_carets(struct np_out *out, const struct window *w, const struct np_mark *mark)
{
    uint32_t from = column_in(w, mark->start), to = column_in(w, mark->end);
    bool cut = mark->continues || mark->end > w->hi;

    if (to <= from)
        to = from + 1;
    np_out_style(out, mark->style);
    np_out_char(out, mark->primary ? '^' : '-', to - from);
    if (cut)
        np_out_text(out, NP_ELLIPSIS);
    np_out_style(out, "0");
    return to + cut;
}

static bool in_window(const struct window *w, const struct np_mark *mark)
{
    return mark->start >= w->lo && (mark->start < w->hi || (mark->start == w->hi && w->hi == w->length));
}

/* A mark in a row of its own, or, outside of the window, its place in words. */
static void write_mark(struct np_out *out, uint32_t gutter, const struct window *w, const struct np_mark *mark)
{
    np_snippet_rule(out, gutter);
    np_out_char(out, ' ', 1);
    if (in_window(w, mark)) {
        np_out_char(out, ' ', column_in(w, mark->start));
        (void)write_carets(out, w, mark);
    } else {
        np_out_fmt(out, "(%u:%u)", mark->line, mark->column);
    }
    if (has_label(mark)) {
        np_out_char(out, ' ', 1);
        write_label(out, mark);
    }
    np_out_char(out, '\n', 1);
}

/* The left mark's label on a connector. */
static void write_hanging(struct np_out *out, uint32_t gutter, uint32_t column, const struct np_mark *mark)
{
    np_snippet_rule(out, gutter);
    np_out_char(out, ' ', column + 1);
    np_out_style(out, mark->style);
    np_out_char(out, '|', 1);
    np_out_style(out, "0");
    np_out_char(out, '\n', 1);
    np_snippet_rule(out, gutter);
    np_out_char(out, ' ', column + 1);
    write_label(out, mark);
    np_out_char(out, '\n', 1);
}

static void write_pair(struct np_out *out, uint32_t gutter, const struct window *w, const struct np_mark *left, const struct np_mark *right)
{
    uint32_t column = column_in(w, left->start), at;

    np_snippet_rule(out, gutter);
    np_out_char(out, ' ', column + 1);
    at = write_carets(out, w, left);
    np_out_char(out, ' ', column_in(w, right->start) - at);
    (void)write_carets(out, w, right);
    if (has_label(right)) {
        np_out_char(out, ' ', 1);
        write_label(out, right);
    }
    np_out_char(out, '\n', 1);
    if (has_label(left))
        write_hanging(out, gutter, column, left);
}

/* Can both stand in one row, `left` first with a column between? */
static bool side_by_side(const struct window *w, const struct np_mark *left, const struct np_mark *right)
{
    if (!in_window(w, left) || !in_window(w, right) || left->end >= right->start)
        return false;
    return column_in(w, right->start) > column_in(w, left->start) + 1;
}

static void write_shared_line(struct np_out *out, uint32_t gutter, const struct np_mark *marks)
{
    struct window w = window_around(&marks[0]);

    write_line(out, gutter, marks[0].line, &w);
    if (side_by_side(&w, &marks[0], &marks[1])) {
        write_pair(out, gutter, &w, &marks[0], &marks[1]);
    } else if (side_by_side(&w, &marks[1], &marks[0])) {
        write_pair(out, gutter, &w, &marks[1], &marks[0]);
    } else {
        write_mark(out, gutter, &w, &marks[0]);
        write_mark(out, gutter, &w, &marks[1]);
    }
}

static void write_own_line(struct np_out *out, uint32_t gutter, const struct np_mark *mark)
{
    struct window w = window_around(mark);

    write_line(out, gutter, mark->line, &w);
    write_mark(out, gutter, &w, mark);
}

void np_snippet_write(struct np_out *out, uint32_t gutter, const struct np_mark *marks, uint32_t n)
{
    uint32_t first = n == 2 && marks[1].line < marks[0].line;

    np_snippet_rule(out, gutter);
    np_out_char(out, '\n', 1);
    if (n == 2 && marks[0].line == marks[1].line) {
        write_shared_line(out, gutter, marks);
        return;
    }
    write_own_line(out, gutter, &marks[first]);
    if (n == 1)
        return;
    if (marks[!first].line > marks[first].line + 1)
        np_out_text(out, "...\n");
    write_own_line(out, gutter, &marks[!first]);
}
