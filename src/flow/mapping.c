/* SPDX-License-Identifier: BSD-2-Clause */
/* Column mappings: see mapping.h. One pass over the text; names and words are unquoted into the arena. */

#include "flow/mapping.h"

#include <string.h>

#include "flow/parse.h"

struct parser {
    struct np_arena *arena;
    const char *at;
    const char *wrong;
    bool paths;
    bool no_header, header; /* said so */
    struct np_mapping *out;
};

static bool fail(struct parser *p, const char *wrong)
{
    if (!p->wrong)
        p->wrong = wrong;
    return false;
}

/* With the name in place of %s. */
static bool fail_at(struct parser *p, struct cnipol_text name, const char *wrong)
{
    const char *mark = strstr(wrong, "%s");
    size_t before = (size_t)(mark - wrong), n = strlen(wrong) - 2 + name.n;
    char *text = np_arena_alloc(p->arena, n + 1);

    if (!text)
        return fail(p, "");
    memcpy(text, wrong, before);
    memcpy(text + before, name.s, name.n);
    memcpy(text + before + name.n, mark + 2, n - before - name.n + 1);
    return fail(p, text);
}

static bool is(struct cnipol_text text, const char *word)
{
    return strlen(word) == text.n && memcmp(word, text.s, text.n) == 0;
}

/* A name in quotes, from its opening one. */
static bool quoted(struct parser *p, struct cnipol_text *out)
{
    char *room = np_arena_alloc(p->arena, strlen(p->at) + 1);
    uint32_t n = 0;

    if (!room)
        return fail(p, "");
    for (p->at++; *p->at; p->at++) {
        if (*p->at == '"' && *++p->at != '"') {
            *out = np_text(room, n);
            return true;
        }
        room[n++] = *p->at;
    }
    return fail(p, "a name in quotes does not end");
}

/* A name up to one of `stops`, or in quotes. */
static bool name(struct parser *p, const char *stops, struct cnipol_text *out)
{
    size_t n;

    if (*p->at == '"')
        return quoted(p, out);
    n = strcspn(p->at, stops);
    *out = np_text(p->at, n);
    p->at += n;
    return n > 0 || fail(p, "a name is missing in the mapping");
}

static bool expect(struct parser *p, char c, const char *wrong)
{
    if (*p->at != c)
        return fail(p, wrong);
    p->at++;
    return true;
}

/* ---- words ---- */

static bool unit(struct parser *p, struct cnipol_text word, struct np_mapping_column *column)
{
    static const char *const units[] = {"", "s", "ms", "us", "ns"};

    for (uint32_t i = NP_UNIT_S; i <= NP_UNIT_NS; i++)
        if (is(word, units[i]))
            column->unit = (enum np_time_unit)i;
    return column->unit != NP_UNIT_AUTO || fail(p, "brackets hold words like ALLOW=forwarded, or the unit of a time: s, ms, us, ns");
}

static uint32_t count_words(const char *at)
{
    uint32_t n = 1;

    for (; *at && *at != ']'; at++)
        n += *at == ';';
    return n;
}

static bool words(struct parser *p, struct np_mapping_column *column)
{
    struct cnipol_text from, to;

    column->words = np_arena_array(p->arena, count_words(p->at), sizeof *column->words);
    if (!column->words)
        return fail(p, "");
    do {
        p->at++;
        if (!name(p, "=;]", &from))
            return false;
        if (*p->at != '=' && column->n_words == 0)
            return unit(p, from, column) && expect(p, ']', "a unit of time stands alone in its brackets");
        if (!expect(p, '=', "a word needs = and what it means") || !name(p, ";]", &to))
            return false;
        column->words[column->n_words++] = (struct cnipol_flow_pair){from, to};
    } while (*p->at == ';');
    return expect(p, ']', "the brackets of a mapping do not close");
}

/* ---- items ---- */

static bool number(struct parser *p, struct np_mapping_column *column)
{
    struct cnipol_text digits;
    uint64_t value;

    p->at++;
    if (!name(p, ",[", &digits))
        return false;
    if (!np_parse_uint64(digits, &value) || value == 0 || value > UINT16_MAX)
        return fail(p, "a column's number is # and 1 to 65535");
    column->number = (uint32_t)value;
    return true;
}

static bool source(struct parser *p, struct np_mapping_column *column)
{
    if (*p->at == '#' && !p->paths)
        return number(p, column);
    for (;; p->at++) {
        if (column->n_path == NP_MAPPING_DEPTH)
            return fail(p, "a path has too many names");
        if (!name(p, p->paths ? ",.[" : ",[", &column->path[column->n_path++]))
            return false;
        if (!p->paths || *p->at != '.')
            return true;
    }
}

static bool option_delimiter(struct parser *p, struct cnipol_text value)
{
    bool tab = is(value, "tab");

    if (p->paths || (value.n != 1 && !tab) || value.s[0] == '"' || value.s[0] == '\n' || value.s[0] == '\r')
        return fail(p, "the delimiter of a CSV is one character, or tab");
    p->out->delimiter = tab ? '\t' : value.s[0];
    return true;
}

static bool option_header(struct parser *p, struct cnipol_text value)
{
    p->header = is(value, "yes");
    p->no_header = is(value, "no");
    return (!p->paths && (p->header || p->no_header)) || fail(p, "a CSV has header=yes or header=no");
}

/* True: the item was one, or a wrong one. */
static bool option(struct parser *p, struct cnipol_text key)
{
    bool is_delimiter = is(key, "delimiter"), is_header = is(key, "header");
    struct cnipol_text value;

    if (!is_delimiter && !is_header && !is(key, "absent"))
        return false;
    if (!name(p, ",", &value))
        return true;
    if (is_delimiter)
        (void)option_delimiter(p, value);
    else if (is_header)
        (void)option_header(p, value);
    else
        p->out->absent = value;
    return true;
}

bool np_mapping_field(struct cnipol_text field, struct np_mapping_column *out)
{
    static const char prefix[] = "extra.";
    uint32_t n = sizeof prefix - 1;

    memset(out, 0, sizeof *out);
    out->field = out->extra = -1;
    if (field.n > n && memcmp(field.s, prefix, n) == 0) {
        out->extra = np_extra_find(np_text(field.s + n, field.n - n));
        return out->extra >= 0;
    }
    for (int32_t i = 0; i < CNIPOL_N_FIELDS; i++)
        if (np_put_takes_text(i) && (is(field, cnipol_field_at((size_t)i)->name) || is(field, cnipol_field_at((size_t)i)->column)))
            out->field = i;
    return out->field >= 0;
}

static bool is_twice(const struct np_mapping *mapping, const struct np_mapping_column *column)
{
    for (uint32_t i = 0; i < mapping->n; i++)
        if (mapping->columns[i].field == column->field && mapping->columns[i].extra == column->extra)
            return true;
    return false;
}

static bool item(struct parser *p)
{
    struct np_mapping_column *column = &p->out->columns[p->out->n];
    struct cnipol_text key;

    if (!name(p, "=,", &key) || !expect(p, '=', "an item of a mapping is field=source"))
        return false;
    if (option(p, key))
        return !p->wrong;
    if (p->out->n == NP_MAPPING_COLUMNS)
        return fail(p, "a mapping has too many columns");
    if (!np_mapping_field(key, column))
        return fail_at(p, key, "there is no field %s to be mapped, or it has no single value");
    if (is_twice(p->out, column))
        return fail_at(p, key, "the field %s is mapped twice");
    if (!source(p, column) || (*p->at == '[' && !words(p, column)))
        return false;
    if (column->unit && (column->field < 0 || cnipol_field_at((size_t)column->field)->type != CNIPOL_VALUE_TIME))
        return fail(p, "only a time has a unit");
    p->out->n++;
    return true;
}

static bool settle_header(struct parser *p)
{
    uint32_t named = 0;

    for (uint32_t i = 0; i < p->out->n; i++)
        named += p->out->columns[i].number == 0;
    if (p->no_header && named)
        return fail(p, "columns without a header line are numbers: #1");
    p->out->has_header = p->header || (named && !p->no_header);
    return true;
}

const char *np_mapping_parse(struct np_arena *arena, const char *text, bool paths, struct np_mapping *out)
{
    struct parser p = {.arena = arena, .at = text, .paths = paths, .out = out};

    *out = (struct np_mapping){.delimiter = ',', .has_header = true};
    out->columns = np_arena_array(arena, NP_MAPPING_COLUMNS + 1, sizeof *out->columns);
    if (!out->columns)
        return "";
    while (item(&p) && *p.at) {
        if (!expect(&p, ',', "items of a mapping have commas between them"))
            break;
    }
    if (!p.wrong && out->n)
        (void)settle_header(&p);
    return p.wrong;
}

int np_mapping_refuse(struct np_flow_run *run, const char *wrong)
{
    run->usage = np_arena_strndup(&run->arena, wrong, strlen(wrong));
    return *wrong && run->usage ? CNIPOL_E_USAGE : CNIPOL_E_NOMEM;
}

/* ---- values ---- */

static bool equal(struct cnipol_text a, struct cnipol_text b)
{
    return a.n == b.n && memcmp(a.s, b.s, a.n) == 0;
}

/* What the source's word means. */
static struct cnipol_text meaning(const struct np_mapping_column *column, struct cnipol_text value)
{
    struct cnipol_text others = value;

    for (uint32_t i = 0; i < column->n_words; i++) {
        if (equal(column->words[i].key, value))
            return column->words[i].value;
        if (is(column->words[i].key, "*"))
            others = column->words[i].value;
    }
    return others;
}

bool np_mapping_put(const struct np_mapping *mapping, const struct np_mapping_column *column, struct np_put *put, struct cnipol_text value)
{
    if (value.n == 0 || (mapping->absent.s && equal(mapping->absent, value)))
        return true;
    if (column->n_words)
        value = meaning(column, value);
    if (column->extra >= 0)
        return np_put_extra(put, (enum cnipol_extra_id)column->extra, value);
    if (column->unit)
        return np_put_time(put, column->field, value, column->unit);
    return np_put_text(put, column->field, value);
}

bool np_mapping_wants(const struct np_flow_run *run, const struct np_mapping_column *column)
{
    return np_flow_wants(run, column->extra >= 0 ? CNIPOL_FIELD_EXTRA : (enum cnipol_field_id)column->field);
}
