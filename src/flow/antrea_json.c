/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Antrea: records in JSON, as members of a map that are named after information elements.
 *
 * Members that no element is named after are passed over, null is no value, a later member wins over an earlier one of the
 * same name, as in Go's encoding/json. A frame is a record, or several, or a list of them; `null` is a list without any.
 */

#include "flow/antrea.h"

void np_antrea_scan(struct np_antrea *antrea, struct np_jscan *scan, const char *s, size_t n, uint32_t max_depth)
{
    np_jscan_init(scan, s, n, max_depth, &antrea->scratch);
}

int np_antrea_json_flaw(struct np_flow_run *run, const struct np_jscan *scan)
{
    if (scan->error == NP_JSCAN_NOMEM)
        return CNIPOL_E_NOMEM;
    return np_flaw(run, NP_FLOW_SYNTAX, scan->start, scan->message ? scan->message : "this is not what a record has here");
}

int np_antrea_json_skip(struct np_flow_run *run, struct np_jscan *scan, enum np_jscan_token token)
{
    uint32_t depth = scan->depth;

    if (token == NP_JSCAN_LIST || token == NP_JSCAN_MAP)
        while (scan->depth >= depth && (token = np_jscan_next(scan)) > NP_JSCAN_END)
            ;
    return token > NP_JSCAN_END ? 0 : np_antrea_json_flaw(run, scan);
}

bool np_antrea_json_keep(struct np_flow_run *run, const struct np_jscan *scan, struct cnipol_text *out)
{
    const char *s = scan->text.s;

    if (s < run->frame || s >= run->frame + run->n)
        s = np_arena_strndup(&run->arena, s, scan->text.n);
    *out = np_text(s, scan->text.n);
    return s != NULL;
}

/* A value of the element, whose first token was read. */
static int take_value(struct np_flow_run *run, struct np_antrea_json *json, const struct np_antrea_element *element,
                      enum np_jscan_token token)
{
    struct np_jscan *scan = &json->antrea.scan;
    size_t at = scan->start;
    struct cnipol_text text;
    uint64_t number;

    if (token == NP_JSCAN_NULL)
        return 0;
    if (token == NP_JSCAN_NUMBER) {
        if (!np_antrea_digits(np_text(scan->text.s, scan->text.n), UINT64_MAX, &number))
            return np_flawf(run, NP_FLOW_FIELD, at, "%s is no number that it can have", element->name);
        return np_antrea_set_number(run, &json->antrea.record, element, number, at);
    }
    if (token == NP_JSCAN_STRING) {
        if (!np_antrea_json_keep(run, scan, &text))
            return CNIPOL_E_NOMEM;
        return np_antrea_set_text(run, &json->antrea.record, element, text, at);
    }
    return token <= NP_JSCAN_END ? np_antrea_json_flaw(run, scan)
                                 : np_flawf(run, NP_FLOW_FIELD, at, "%s is neither a number nor a text", element->name);
}

int np_antrea_json_map(struct np_flow_run *run, struct np_antrea_json *json)
{
    struct np_jscan *scan = &json->antrea.scan;
    enum np_jscan_token token;
    int rc = 0;

    while (!rc && (token = np_jscan_next(scan)) != NP_JSCAN_MAP_END) {
        const struct np_antrea_element *element;

        if (token != NP_JSCAN_KEY)
            return np_antrea_json_flaw(run, scan);
        element = np_antrea_names_find(&json->names, scan->text.s, scan->text.n);
        token = np_jscan_next(scan);
        if (element && np_antrea_wants(run, element))
            rc = take_value(run, json, element, token);
        else
            rc = np_antrea_json_skip(run, scan, token);
    }
    return rc;
}

int np_antrea_json_next(struct np_flow_run *run, struct cnipol_flow *flow, struct np_antrea *antrea, np_antrea_json_take *take)
{
    struct np_jscan *scan = &antrea->scan;
    enum np_jscan_token token;
    size_t at;
    int rc;

    if (run->at == 0)
        np_antrea_scan(antrea, scan, run->frame, run->n, 64);
    run->at = 1;
    for (;;) {
        uint8_t state = scan->state;
        uint32_t depth = scan->depth;

        at = scan->at;
        token = np_jscan_next(scan);
        if (token == NP_JSCAN_END)
            return 0;
        if (token == NP_JSCAN_MAP) {
            rc = take(run, flow);
            if (rc == CNIPOL_E_NOMEM) {
                np_antrea_scan(antrea, scan, run->frame, run->n, 64);
                scan->at = at;
                scan->state = state;
                scan->depth = depth;
            }
            return rc;
        }
        if (token != NP_JSCAN_NULL && token != NP_JSCAN_LIST_END && (token != NP_JSCAN_LIST || depth))
            return np_antrea_json_flaw(run, scan);
    }
}

int np_antrea_json_open(struct np_flow_run *run)
{
    struct np_antrea_json *json = np_zalloc(run->mem, sizeof *json);

    if (!json)
        return CNIPOL_E_NOMEM;
    np_buf_init(&json->antrea.scratch, run->mem);
    np_antrea_names_init(&json->names);
    run->state = json;
    return CNIPOL_OK;
}

void np_antrea_json_close(struct np_flow_run *run)
{
    struct np_antrea_json *json = run->state;

    if (!json)
        return;
    np_buf_free(&json->antrea.scratch);
    np_free(run->mem, json, sizeof *json);
    run->state = NULL;
}
