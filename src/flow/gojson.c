/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON into structs: see gojson.h.
 *
 * A writer that is a Go program writes members in the order of its struct, so the search for a member begins behind the one found last
 * and nearly always ends there. Where each known member's value lies is kept, to compare it with a second one of the same name.
 */

#include "flow/gojson.h"

#include <string.h>

#include "base/utf8.h"
#include "flow/parse.h"

void np_go_init(struct np_go *go, struct np_flow_run *run)
{
    go->run = run;
    np_buf_init(&go->scratch, run->mem);
}

void np_go_free(struct np_go *go)
{
    np_buf_free(&go->scratch);
}

void np_go_begin(struct np_go *go, size_t at)
{
    np_jscan_init(&go->scan, go->run->frame, go->run->n, NP_JSCAN_DEPTH_MAX, &go->scratch);
    go->scan.at = at;
    go->rc = CNIPOL_OK;
    go->has_alias = go->has_other = false;
    go->other_at = 0;
}

static int scan_failed(struct np_go *go)
{
    if (go->scan.error != NP_JSCAN_NOMEM)
        return go->rc = np_flaw(go->run, NP_FLOW_SYNTAX, go->scan.start, go->scan.message);
    go->scratch.failed = false; /* the frame will be read again */
    return go->rc = CNIPOL_E_NOMEM;
}

/* Is the text of the string at hand another one than its bytes? */
static bool is_rewritten(const struct np_go *go)
{
    return go->scratch.s && go->scan.text.s == go->scratch.s;
}

enum np_jscan_token np_go_next(struct np_go *go)
{
    enum np_jscan_token token = np_jscan_next(&go->scan);

    if (token == NP_JSCAN_ERROR) {
        (void)scan_failed(go);
        return NP_JSCAN_ERROR;
    }
    if ((token == NP_JSCAN_STRING || token == NP_JSCAN_KEY) && is_rewritten(go) &&
        !np_utf8_valid(go->run->frame + go->scan.start, go->scan.end - go->scan.start)) {
        go->rc = np_flaw(go->run, NP_FLOW_SYNTAX, go->scan.start, "the string is not UTF-8");
        return NP_JSCAN_ERROR;
    }
    return token;
}

int np_go_skip(struct np_go *go, enum np_jscan_token token)
{
    uint32_t depth = 0;

    for (;; token = np_go_next(go)) {
        if (token == NP_JSCAN_LIST || token == NP_JSCAN_MAP)
            depth++;
        else if (token == NP_JSCAN_LIST_END || token == NP_JSCAN_MAP_END)
            depth--;
        else if (token <= NP_JSCAN_END)
            return go->rc ? go->rc : np_go_wrong(go, "a value is missing");
        if (depth == 0 && token != NP_JSCAN_KEY)
            return CNIPOL_OK;
    }
}

int np_go_wrong(struct np_go *go, const char *message)
{
    go->rc = np_flaw(go->run, NP_FLOW_FIELD, go->scan.start, message);
    return go->rc;
}

void np_go_other(struct np_go *go)
{
    if (!go->has_other)
        go->other_at = go->scan.start;
    go->has_other = true;
}

int np_go_end(struct np_go *go)
{
    enum np_jscan_token token = np_go_next(go);

    if (token == NP_JSCAN_END)
        return CNIPOL_OK;
    if (token == NP_JSCAN_ERROR)
        return go->rc;
    go->rc = np_flaw(go->run, NP_FLOW_SYNTAX, go->scan.start, "more follows the record");
    return go->rc;
}

/* ---- members ---- */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* Is the key the name, by Go's folding? The name is ASCII in lower case. */
static bool folds_to(struct np_str key, const struct np_go_field *field)
{
    uint32_t at = 0;

    for (uint32_t i = 0; i < field->n; i++) {
        if (at < key.n && lower(key.s[at]) == field->name[i])
            at++;
        else if (field->name[i] == 's' && key.n - at >= 2 && memcmp(key.s + at, "\xc5\xbf", 2) == 0)
            at += 2;
        else if (field->name[i] == 'k' && key.n - at >= 3 && memcmp(key.s + at, "\xe2\x84\xaa", 3) == 0)
            at += 3;
        else
            return false;
    }
    return at == key.n;
}

/* The number of the member, or n. */
static uint32_t find(struct np_go *go, const struct np_go_struct *type, uint32_t guess)
{
    struct np_str key = go->scan.text;

    for (uint32_t i = 0, at = guess; i < type->n; i++, at = at + 1 < type->n ? at + 1 : 0) {
        const struct np_go_field *field = &type->fields[at];

        if (key.n >= field->n && (lower(key.s[0]) == field->name[0] || key.s[0] & 0x80) && folds_to(key, field))
            return at;
        if (field->alias && key.n == field->n_alias && memcmp(key.s, field->alias, key.n) == 0) {
            go->has_alias = true;
            return at;
        }
    }
    return type->n;
}

struct span {
    uint32_t start, end;
};

/* A member that is there a second time: the same value is passed over. */
static int again(struct np_go *go, enum np_jscan_token token, const struct span *first)
{
    size_t start = go->scan.start;
    size_t n;

    if (np_go_skip(go, token))
        return go->rc;
    n = go->scan.end - start;
    if (n == first->end - first->start && memcmp(go->run->frame + start, go->run->frame + first->start, n) == 0)
        return CNIPOL_OK;
    go->rc = np_flaw(go->run, NP_FLOW_FIELD, start, "the member is there twice, with two values");
    return go->rc;
}

int np_go_members(struct np_go *go, const struct np_go_struct *type, void *target)
{
    struct span spans[NP_GO_FIELDS_MAX];
    enum np_jscan_token token;
    uint32_t seen = 0, guess = 0;

    while ((token = np_go_next(go)) == NP_JSCAN_KEY) {
        uint32_t at = find(go, type, guess);
        int rc;

        token = np_go_next(go);
        if (token == NP_JSCAN_ERROR)
            return go->rc;
        if (at == type->n) {
            rc = np_go_skip(go, token);
        } else if (seen >> at & 1) {
            rc = again(go, token, &spans[at]);
        } else {
            spans[at].start = (uint32_t)go->scan.start;
            rc = type->fields[at].read(go, token, (char *)target + type->fields[at].offset);
            spans[at].end = (uint32_t)go->scan.end;
            seen |= 1u << at;
            guess = at + 1 < type->n ? at + 1 : 0;
        }
        if (rc)
            return rc;
    }
    return token == NP_JSCAN_MAP_END ? CNIPOL_OK : go->rc;
}

int np_go_map(struct np_go *go, enum np_jscan_token token, const struct np_go_struct *type, void *target)
{
    if (token == NP_JSCAN_NULL)
        return CNIPOL_OK;
    if (token == NP_JSCAN_ERROR)
        return go->rc;
    return token == NP_JSCAN_MAP ? np_go_members(go, type, target) : np_go_wrong(go, "this must be an object");
}

/* ---- values ---- */

int np_go_keep(struct np_go *go, struct cnipol_text *out)
{
    struct np_str text = go->scan.text;
    const char *s = text.s;

    if (is_rewritten(go)) {
        s = np_arena_strndup(&go->run->arena, text.s, text.n);
        if (!s)
            return go->rc = CNIPOL_E_NOMEM;
    }
    *out = np_text(s, text.n);
    return CNIPOL_OK;
}

int np_go_text(struct np_go *go, enum np_jscan_token token, void *field)
{
    if (token == NP_JSCAN_NULL)
        return CNIPOL_OK;
    return token == NP_JSCAN_STRING ? np_go_keep(go, field) : np_go_wrong(go, "this must be a string");
}

int np_go_int64(struct np_go *go, enum np_jscan_token token, void *field)
{
    struct np_go_int *out = field;

    if (token == NP_JSCAN_NULL)
        return CNIPOL_OK;
    if (token != NP_JSCAN_NUMBER && token != NP_JSCAN_STRING)
        return np_go_wrong(go, "this must be a number");
    if (!np_parse_int64(np_text(go->scan.text.s, go->scan.text.n), &out->value))
        return np_go_wrong(go, "this must be an integer of 64 bits");
    out->at = (uint32_t)go->scan.start;
    out->is_set = true;
    out->is_quoted = token == NP_JSCAN_STRING;
    if (out->is_quoted)
        np_go_other(go);
    return CNIPOL_OK;
}

int np_go_int32(struct np_go *go, enum np_jscan_token token, void *field)
{
    const struct np_go_int *out = field;

    if (np_go_int64(go, token, field))
        return go->rc;
    if (out->value < INT32_MIN || out->value > INT32_MAX)
        return np_go_wrong(go, "this must be an integer of 32 bits");
    return CNIPOL_OK;
}

int np_go_none(struct np_go *go, enum np_jscan_token token, void *field)
{
    (void)field;
    return np_go_skip(go, token);
}

int np_go_list(struct np_go *go, enum np_jscan_token token, struct np_flow_list *list, size_t size, np_go_reader *read, bool keeps_null)
{
    if (token == NP_JSCAN_NULL)
        return CNIPOL_OK;
    if (token != NP_JSCAN_LIST)
        return np_go_wrong(go, "this must be a list");
    while ((token = np_go_next(go)) != NP_JSCAN_LIST_END) {
        void *item;

        if (token == NP_JSCAN_ERROR)
            return go->rc;
        if (token == NP_JSCAN_NULL && !keeps_null)
            continue;
        item = np_flow_list_add(go->run, list, size);
        if (!item)
            return go->rc = CNIPOL_E_NOMEM;
        if (read(go, token, item))
            return go->rc;
    }
    return CNIPOL_OK;
}

int np_go_texts(struct np_go *go, enum np_jscan_token token, void *field)
{
    return np_go_list(go, token, field, sizeof(struct cnipol_text), np_go_text, false);
}
