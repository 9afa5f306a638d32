/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cnipol_report_diags: order, and the table of formats.
 *
 * Order: sources as they were loaded, those without a place last; then the first byte, the code, and the
 * order in which they were raised.
 */

#include "report/diags.h"

#include <stdlib.h>

static const struct {
    const char *name;
    const struct np_diag_writer *diags;
} formats[] = {
    [CNIPOL_FORMAT_TEXT] = {"text", &np_diags_text},
    [CNIPOL_FORMAT_GCC] = {"gcc", &np_diags_gcc},
    [CNIPOL_FORMAT_JSON] = {"json", &np_diags_json},
    [CNIPOL_FORMAT_JSONL] = {"jsonl", &np_diags_jsonl},
    [CNIPOL_FORMAT_SARIF] = {"sarif", &np_diags_sarif},
    [CNIPOL_FORMAT_GITHUB] = {"github", &np_diags_github},
    [CNIPOL_FORMAT_CSV] = {"csv", NULL},
    [CNIPOL_FORMAT_MARKDOWN] = {"markdown", NULL},
};

#define N_FORMATS ((int32_t)(sizeof formats / sizeof formats[0]))

int cnipol_format_parse(const char *name)
{
    for (int32_t i = 0; name && i < N_FORMATS; i++)
        if (strcmp(name, formats[i].name) == 0)
            return i;
    return -1;
}

static int by_number(uint32_t a, uint32_t b)
{
    return a < b ? -1 : a > b;
}

static int by_place(const void *pa, const void *pb, void *user)
{
    struct np_diag *const *items = user;
    uint32_t ia = *(const uint32_t *)pa, ib = *(const uint32_t *)pb;
    const struct np_diag *a = items[ia], *b = items[ib];
    int order = by_number(a->span.source, b->span.source);

    if (!order)
        order = by_number(a->span.start, b->span.start);
    if (!order)
        order = by_number(a->code, b->code);
    return order ? order : by_number(ia, ib);
}

static int list_init(struct np_diag_list *list, struct cnipol_ctx *ctx)
{
    *list = (struct np_diag_list){.ctx = ctx, .n = ctx->diags.n};
    list->order = np_alloc(&ctx->mem, (size_t)list->n * sizeof *list->order);
    if (!list->order)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < list->n; i++)
        list->order[i] = i;
    if (list->n > 1)
        qsort_r(list->order, list->n, sizeof *list->order, by_place, ctx->diags.items);
    return CNIPOL_OK;
}

static void write_items(struct np_out *out, const struct np_diag_list *list, const struct np_diag_writer *writer)
{
    for (uint32_t i = 0; i < list->n && !out->status; i++) {
        struct np_diag_item item = {.list = list, .position = i, .raw = list->ctx->diags.items[list->order[i]]};
        int rc = cnipol_diag_get(list->ctx, list->order[i], &item.diag);

        if (rc) {
            np_out_fail(out, rc);
            return;
        }
        writer->item(out, &item);
        np_out_pause(out);
    }
}

int cnipol_report_diags(struct cnipol_ctx *ctx, const struct cnipol_report_opts *opts, cnipol_write_fn write, void *user)
{
    const struct np_diag_writer *writer;
    struct cnipol_report_opts o;
    struct np_diag_list list;
    struct np_out out;
    int rc = np_report_opts_read(opts, &o);

    if (rc)
        return rc;
    writer = o.format < 0 || o.format >= N_FORMATS ? NULL : formats[o.format].diags;
    if (!writer)
        return CNIPOL_E_USAGE;
    rc = list_init(&list, ctx);
    if (rc)
        return rc;
    np_out_init(&out, ctx, &o, write, user);
    if (writer->begin)
        writer->begin(&out, &list);
    write_items(&out, &list, writer);
    if (writer->end)
        writer->end(&out, &list);
    np_free(&ctx->mem, list.order, (size_t)list.n * sizeof *list.order);
    return np_out_finish(&out);
}
