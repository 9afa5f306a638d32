/* SPDX-License-Identifier: BSD-2-Clause */
/* Where reports write: see out.h. */

#include "report/out.h"

#include "base/glyph.h"

#define WORTH_A_CALL 16384u

int np_report_opts_read(const struct cnipol_report_opts *opts, struct cnipol_report_opts *out)
{
    *out = (struct cnipol_report_opts)CNIPOL_REPORT_OPTS_INIT;
    if (!opts)
        return CNIPOL_OK;
    if (!np_opts_fit(opts, opts->sz, sizeof *out))
        return CNIPOL_E_USAGE;
    out->format = opts->format;
    out->color = opts->color;
    return CNIPOL_OK;
}

void np_out_init(struct np_out *out, struct cnipol_ctx *ctx, const struct cnipol_report_opts *opts, cnipol_write_fn write, void *user)
{
    *out = (struct np_out){.write = write, .user = user, .color = opts->color != 0};
    np_buf_init(&out->buf, &ctx->mem);
}

int np_out_begin(struct np_out *out, struct cnipol_ctx *ctx, const struct cnipol_report_opts *opts, cnipol_write_fn write, void *user,
                 bool *is_json)
{
    struct cnipol_report_opts o;
    int rc = np_report_opts_read(opts, &o);

    if (rc || (o.format != CNIPOL_FORMAT_TEXT && o.format != CNIPOL_FORMAT_JSON))
        return CNIPOL_E_USAGE;
    np_out_init(out, ctx, &o, write, user);
    *is_json = o.format == CNIPOL_FORMAT_JSON;
    return CNIPOL_OK;
}

void np_out_fail(struct np_out *out, int status)
{
    if (!out->status)
        out->status = status;
}

static void note_failure(struct np_out *out)
{
    if (np_buf_failed(&out->buf))
        np_out_fail(out, CNIPOL_E_NOMEM);
}

void np_out_more(struct np_out *out, const char *s, size_t n)
{
    if (out->status)
        return;
    np_buf_add(&out->buf, s, n);
    note_failure(out);
}

void np_out_text(struct np_out *out, const char *s)
{
    np_out_bytes(out, s, strlen(s));
}

void np_out_char(struct np_out *out, char c, uint32_t times)
{
    for (uint32_t i = 0; i < times; i++)
        np_out_bytes(out, &c, 1);
}

void np_out_fmt(struct np_out *out, const char *fmt, ...)
{
    va_list args;

    if (out->status)
        return;
    va_start(args, fmt);
    np_buf_addv(&out->buf, fmt, args);
    va_end(args);
    note_failure(out);
}

void np_out_clean(struct np_out *out, const char *s)
{
    size_t n = strlen(s);
    uint32_t columns = 0;

    for (size_t i = 0; i < n;) {
        struct np_glyph glyph;
        uint32_t used = np_glyph_read(s + i, n - i, &glyph);

        columns += glyph.width ? glyph.width : 1;
        if (columns > NP_OUT_CLEAN_MAX) {
            np_out_text(out, NP_ELLIPSIS);
            return;
        }
        np_out_bytes(out, glyph.s, glyph.n);
        i += used;
    }
}

void np_out_style(struct np_out *out, const char *style)
{
    if (out->color)
        np_out_fmt(out, "\033[%sm", style);
}

static void hand_on(struct np_out *out)
{
    int result;

    if (out->status || out->buf.n == 0)
        return;
    result = out->write(out->user, out->buf.s, out->buf.n);
    np_buf_clear(&out->buf);
    if (result)
        np_out_fail(out, result);
}

void np_out_pause(struct np_out *out)
{
    if (out->buf.n >= WORTH_A_CALL)
        hand_on(out);
}

void np_out_flush(struct np_out *out)
{
    hand_on(out);
}

int np_out_finish(struct np_out *out)
{
    hand_on(out);
    np_buf_free(&out->buf);
    return out->status;
}

const char *np_severity_text(int32_t severity)
{
    static const char *const names[] = {"error", "error", "warning", "info"};

    return names[severity >= 1 && severity <= 3 ? severity : 0];
}
