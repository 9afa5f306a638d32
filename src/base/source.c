/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sources and spans: see source.h.
 *
 * A line ends at LF, CR LF or a lone CR, as in YAML. Columns count UTF-8 characters; a byte that is
 * not UTF-8 counts as one.
 */

#include "base/source.h"

#include <cnipol/status.h>

#include "base/utf8.h"

void np_sources_init(struct np_sources *sources, struct np_mem *mem)
{
    *sources = (struct np_sources){.mem = mem};
    np_arena_init(&sources->arena, mem);
}

void np_sources_free(struct np_sources *sources)
{
    for (uint32_t i = 0; i < sources->n; i++) {
        struct np_source *source = &sources->items[i];

        np_free(sources->mem, source->lines, (size_t)source->n_lines * sizeof *source->lines);
        if (source->owned)
            np_free(sources->mem, (void *)(uintptr_t)source->bytes, source->owned);
    }
    np_free(sources->mem, sources->items, (size_t)sources->cap * sizeof *sources->items);
    np_arena_free(&sources->arena);
    *sources = (struct np_sources){.mem = sources->mem};
}

uint32_t np_sources_adopt(struct np_sources *sources, const char *name, char *bytes, size_t size, size_t owned)
{
    void *grown = np_grow(sources->mem, sources->items, &sources->cap, sources->n + 1, sizeof *sources->items);
    char *own_name;

    if (!grown)
        return NP_NONE;
    sources->items = grown;
    own_name = np_arena_strndup(&sources->arena, name, strlen(name));
    if (!own_name)
        return NP_NONE;
    sources->items[sources->n] = (struct np_source){.name = own_name, .bytes = bytes, .size = size, .owned = owned};
    return sources->n++;
}

uint32_t np_sources_add(struct np_sources *sources, const char *name, const char *bytes, size_t size, bool copy)
{
    char *own = (char *)(uintptr_t)bytes;
    uint32_t added;

    if (copy) {
        own = np_alloc(sources->mem, size + 1);
        if (!own)
            return NP_NONE;
        if (size)
            memcpy(own, bytes, size);
        own[size] = '\0';
    }
    added = np_sources_adopt(sources, name, own, size, copy ? size + 1 : 0);
    if (added == NP_NONE && copy)
        np_free(sources->mem, own, size + 1);
    return added;
}

struct cnipol_place *np_sources_add_places(struct np_sources *sources, uint32_t n, uint32_t *source)
{
    struct cnipol_place *places = np_arena_zalloc(&sources->arena, n * sizeof *places);
    uint32_t added = places ? np_sources_adopt(sources, "", NULL, 0, 0) : NP_NONE;

    if (added == NP_NONE)
        return NULL;
    sources->items[added].places = places;
    sources->items[added].n_places = n;
    *source = added;
    return places;
}

static bool line_ends(const struct np_source *source, size_t i)
{
    char c = source->bytes[i];

    return c == '\n' || (c == '\r' && (i + 1 == source->size || source->bytes[i + 1] != '\n'));
}

static int index_lines(struct np_sources *sources, struct np_source *source)
{
    uint32_t n = 1, at = 1;

    for (size_t i = 0; i < source->size; i++)
        n += line_ends(source, i);
    source->lines = np_alloc(sources->mem, (size_t)n * sizeof *source->lines);
    if (!source->lines)
        return CNIPOL_E_NOMEM;
    source->n_lines = n;
    source->lines[0] = 0;
    for (size_t i = 0; i < source->size; i++)
        if (line_ends(source, i))
            source->lines[at++] = (uint32_t)(i + 1);
    return CNIPOL_OK;
}

/* The line that holds the offset, 0 first. */
static uint32_t line_of(const struct np_source *source, uint32_t offset)
{
    uint32_t lo = 0, hi = source->n_lines;

    while (hi - lo > 1) {
        uint32_t mid = lo + (hi - lo) / 2;

        if (source->lines[mid] <= offset)
            lo = mid;
        else
            hi = mid;
    }
    return lo;
}

/*
 * Characters before the offset in its line, 1 added. Counting starts at the last answer where that is
 * in the same line: reports ask in order, and a document may be one line of a gigabyte.
 */
static uint32_t column_of(struct np_source *source, uint32_t line, uint32_t offset)
{
    uint32_t at = source->lines[line], column = 1;

    if (offset > source->size)
        offset = (uint32_t)source->size;
    if (source->last_column && source->last_line == line) {
        at = source->last_offset;
        column = source->last_column;
    }
    if (offset >= at)
        column += (uint32_t)np_utf8_count(source->bytes + at, offset - at);
    else
        column -= (uint32_t)np_utf8_count(source->bytes + offset, at - offset);
    source->last_line = line;
    source->last_offset = offset;
    source->last_column = column;
    return column;
}

static uint32_t line_length(const struct np_source *source, uint32_t line)
{
    uint32_t start = source->lines[line];
    uint32_t end = line + 1 < source->n_lines ? source->lines[line + 1] : (uint32_t)source->size;

    while (end > start && (source->bytes[end - 1] == '\n' || source->bytes[end - 1] == '\r'))
        end--;
    return end - start;
}

int np_sources_place(struct np_sources *sources, struct np_span span, struct cnipol_place *out)
{
    struct np_source *source;
    uint32_t first, last;

    *out = (struct cnipol_place){0};
    if (span.source == NP_NONE)
        return CNIPOL_OK;
    source = &sources->items[span.source];
    if (source->places) {
        *out = span.start < source->n_places ? source->places[span.start] : (struct cnipol_place){0};
        return CNIPOL_OK;
    }
    if (!source->lines && index_lines(sources, source))
        return CNIPOL_E_NOMEM;
    first = line_of(source, span.start);
    last = line_of(source, span.end);
    *out = (struct cnipol_place){
        .file = source->name,
        .text = source->bytes + source->lines[first],
        .text_length = line_length(source, first),
        .line = first + 1,
        .column = column_of(source, first, span.start),
        .end_line = last + 1,
        .end_column = column_of(source, last, span.end),
        .start_byte = span.start,
        .end_byte = span.end,
    };
    return CNIPOL_OK;
}
