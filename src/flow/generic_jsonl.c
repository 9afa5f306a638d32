/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jsonl: any JSON, an object a record, by a mapping of paths (mapping.h) or in our own form (cnipol_flow_print_json).
 *
 * A mapping's paths are walked with one set of bits: which columns the path so far may still be the start of. A value at whose path no
 * column is left is passed over without a look into it. Lists are taken by fields that are lists, from a list of values or a map
 * ("key=value"); indexes in a path are those of lists.
 */

#include <string.h>

#include "flow/mapping.h"
#include "flow/record_read.h"

struct jsonl {
    struct np_go go;
    struct np_arena arena;
    struct np_mapping mapping;
    uint64_t wanted; /* bit i: column i is */
};

_Static_assert(NP_MAPPING_COLUMNS <= 64, "a bit for each column");

static void close(struct np_flow_run *run)
{
    struct jsonl *jsonl = run->state;

    if (!jsonl)
        return;
    np_go_free(&jsonl->go);
    np_arena_free(&jsonl->arena);
    np_free(run->mem, jsonl, sizeof *jsonl);
    run->state = NULL;
}

static int open(struct np_flow_run *run)
{
    struct jsonl *jsonl = np_zalloc(run->mem, sizeof *jsonl);
    const char *wrong;

    if (!jsonl)
        return CNIPOL_E_NOMEM;
    run->state = jsonl;
    np_arena_init(&jsonl->arena, run->mem);
    np_go_init(&jsonl->go, run);
    if (!run->opts.columns)
        return CNIPOL_OK;
    wrong = np_mapping_parse(&jsonl->arena, run->opts.columns, true, &jsonl->mapping);
    if (wrong) {
        int rc = np_mapping_refuse(run, wrong);

        close(run);
        return rc;
    }
    for (uint32_t i = 0; i < jsonl->mapping.n; i++)
        jsonl->wanted |= (uint64_t)np_mapping_wants(run, &jsonl->mapping.columns[i]) << i;
    return CNIPOL_OK;
}

/* ---- the walk ---- */

struct walk {
    struct jsonl *jsonl;
    struct np_put put;
};

static uint32_t first_bit(uint64_t bits)
{
    return (uint32_t)__builtin_ctzll(bits);
}

/* Of the columns, those whose path goes on with the name. */
static uint64_t that_go_on(const struct jsonl *jsonl, uint64_t columns, uint32_t depth, struct np_str name)
{
    uint64_t left = 0;

    for (; columns; columns &= columns - 1) {
        const struct np_mapping_column *column = &jsonl->mapping.columns[first_bit(columns)];

        if (depth < column->n_path && column->path[depth].n == name.n && memcmp(column->path[depth].s, name.s, name.n) == 0)
            left |= columns & -columns;
    }
    return left;
}

/* Of the columns, those whose path ends here. */
static uint64_t that_end(const struct jsonl *jsonl, uint64_t columns, uint32_t depth)
{
    uint64_t here = 0;

    for (; columns; columns &= columns - 1)
        if (jsonl->mapping.columns[first_bit(columns)].n_path == depth)
            here |= columns & -columns;
    return here;
}

static bool takes_list(const struct np_mapping_column *column)
{
    return column->field >= 0 && np_put_takes_list(column->field);
}

static int put_list(struct walk *walk, const struct np_mapping_column *column, enum np_jscan_token token)
{
    struct np_go *go = &walk->jsonl->go;
    struct np_flow_list list = {NULL, 0, 0};

    if (np_read_texts(go, token, &list))
        return go->rc;
    return np_read_put(go, &walk->put, !list.items || np_put_list(&walk->put, column->field, &list));
}

/* A value at which paths end. A list or map is for one column, whose field is a list. */
static int put_value(struct walk *walk, uint64_t columns, enum np_jscan_token token)
{
    struct np_go *go = &walk->jsonl->go;
    const struct np_mapping_column *first = &walk->jsonl->mapping.columns[first_bit(columns)];
    struct cnipol_text text;

    if (token == NP_JSCAN_LIST || token == NP_JSCAN_MAP)
        return takes_list(first) ? put_list(walk, first, token) : np_go_wrong(go, "this must be a single value");
    if (np_read_scalar(go, token, &text))
        return go->rc;
    for (; columns; columns &= columns - 1) {
        const struct np_mapping_column *column = &walk->jsonl->mapping.columns[first_bit(columns)];

        walk->put.wrong = NULL;
        if (np_read_put(go, &walk->put, np_mapping_put(&walk->jsonl->mapping, column, &walk->put, text)))
            return go->rc;
    }
    return CNIPOL_OK;
}

static int walk_members(struct walk *walk, uint64_t columns, uint32_t depth);
static int walk_items(struct walk *walk, uint64_t columns, uint32_t depth);

/* A value, whose path `depth` names are the path of. Depth is a mapping's at most. */
static int walk_value(struct walk *walk, uint64_t columns, uint32_t depth, enum np_jscan_token token)
{
    uint64_t here = that_end(walk->jsonl, columns, depth);

    if (token == NP_JSCAN_ERROR)
        return walk->jsonl->go.rc;
    if (here)
        return put_value(walk, here, token);
    if (columns && token == NP_JSCAN_MAP)
        return walk_members(walk, columns, depth);
    if (columns && token == NP_JSCAN_LIST)
        return walk_items(walk, columns, depth);
    return np_go_skip(&walk->jsonl->go, token);
}

static int walk_members(struct walk *walk, uint64_t columns, uint32_t depth)
{
    struct np_go *go = &walk->jsonl->go;
    enum np_jscan_token token;

    while ((token = np_go_next(go)) == NP_JSCAN_KEY) {
        uint64_t left = that_go_on(walk->jsonl, columns, depth, go->scan.text);

        if (walk_value(walk, left, depth + 1, np_go_next(go)))
            return go->rc;
    }
    return token == NP_JSCAN_MAP_END ? CNIPOL_OK : go->rc;
}

static int walk_items(struct walk *walk, uint64_t columns, uint32_t depth)
{
    struct np_go *go = &walk->jsonl->go;
    enum np_jscan_token token;

    for (uint32_t i = 0; (token = np_go_next(go)) != NP_JSCAN_LIST_END; i++) {
        char digits[12], *at = digits + sizeof digits;
        uint32_t rest = i;

        if (token == NP_JSCAN_ERROR)
            return go->rc;
        do
            *--at = (char)('0' + rest % 10);
        while (rest /= 10);
        if (walk_value(walk, that_go_on(walk->jsonl, columns, depth, (struct np_str){at, (uint32_t)(digits + sizeof digits - at)}), depth + 1, token))
            return go->rc;
    }
    return CNIPOL_OK;
}

static int read_mapped(struct jsonl *jsonl, struct cnipol_flow *flow)
{
    struct walk walk = {.jsonl = jsonl};

    np_put_init(&walk.put, jsonl->go.run, flow);
    if (walk_members(&walk, jsonl->wanted, 0))
        return jsonl->go.rc;
    np_put_done(&walk.put);
    return CNIPOL_OK;
}

static int read_record(struct jsonl *jsonl, struct cnipol_flow *flow)
{
    struct np_go *go = &jsonl->go;
    enum np_jscan_token token;

    np_go_begin(go, 0);
    token = np_go_next(go);
    if (token == NP_JSCAN_ERROR)
        return go->rc;
    if (token != NP_JSCAN_MAP)
        return np_flaw(go->run, NP_FLOW_SYNTAX, go->scan.start, "a record must be a JSON object");
    if (jsonl->mapping.n ? read_mapped(jsonl, flow) : np_record_read(go, flow))
        return go->rc;
    return np_go_end(go);
}

static int next(struct np_flow_run *run, struct cnipol_flow *flow)
{
    int rc = read_record(run->state, flow);

    return rc ? rc : 1;
}

/* Our own form, as cnipol_flow_print_json() begins it. */
static int recognise(const char *bytes, size_t n)
{
    static const char *const starts[] = {"{\"time\":\"", "{\"verdict\":\"", "{\"event\":\""};
    static const char *const words[] = {"\"verdict\":\"forwarded\"", "\"verdict\":\"dropped\"", "\"verdict\":\"redirected\"", "\"src\":{\"", "\"event\":\""};
    bool starts_so = false, has_word = false;

    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        starts_so |= n >= strlen(starts[i]) && memcmp(bytes, starts[i], strlen(starts[i])) == 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        has_word |= memmem(bytes, n, words[i], strlen(words[i])) != NULL;
    if (starts_so && (memmem(bytes, n, "\"src\":{\"", 8) || memmem(bytes, n, "\"dst\":{\"", 8)))
        return 96; /* Hubble's flows have "verdict" and "event_type", too, but no such ends */
    return starts_so && has_word ? 55 : 0;
}

const struct np_format np_format_jsonl = {
    {"jsonl", "anyone: JSON Lines with a mapping of their members; cnipol", "JSON by a mapping of paths, or cnipol's own form of a record"},
    NP_FRAME_JSON, open, close, NULL, next, NULL, recognise, .is_single = true,
};
