/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_REPORT_OUT_H
#define NP_REPORT_OUT_H

/*
 * Where reports write: a buffer in front of the caller's function.
 *
 * The first failure (the caller's non-zero return, or no memory) sticks: further writing does
 * nothing, and np_out_finish returns it. Writers therefore need no checks of their own.
 */

#include <cnipol/report.h>

#include "base/ctx.h"

struct np_out {
    struct np_buf buf;
    cnipol_write_fn write;
    void *user;
    int status;
    bool color;
};

/* Checks the caller's options, NULL being all defaults; CNIPOL_E_USAGE if they are none of this version's. */
int np_report_opts_read(const struct cnipol_report_opts *opts, struct cnipol_report_opts *out);

void np_out_init(struct np_out *out, struct cnipol_ctx *ctx, const struct cnipol_report_opts *opts, cnipol_write_fn write, void *user);
/* Begins a report that has text and JSON only: whether it is to be JSON. CNIPOL_E_USAGE: other options, or another format. */
int np_out_begin(struct np_out *out, struct cnipol_ctx *ctx, const struct cnipol_report_opts *opts, cnipol_write_fn write, void *user,
                 bool *is_json);
void np_out_text(struct np_out *out, const char *s);
/* What np_out_bytes() does where there is no room yet, or no going on. */
void np_out_more(struct np_out *out, const char *s, size_t n);
static inline void np_out_bytes(struct np_out *out, const char *s, size_t n)
{
    struct np_buf *buf = &out->buf;

    if (out->status || !n || n >= buf->cap - buf->n) {
        np_out_more(out, s, n);
        return;
    }
    memcpy(buf->s + buf->n, s, n);
    buf->n += n;
    buf->s[buf->n] = '\0';
}
void np_out_char(struct np_out *out, char c, uint32_t times);
void np_out_fmt(struct np_out *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Text from the input, made harmless (see glyph.h) and cut at NP_OUT_CLEAN_MAX columns. */
void np_out_clean(struct np_out *out, const char *s);
#define NP_OUT_CLEAN_MAX 1000u
/* An ANSI style, in colour only: "1;31", or "0" to end it. */
void np_out_style(struct np_out *out, const char *style);
void np_out_fail(struct np_out *out, int status);
/* Hands the buffer on once it is worth a call. */
void np_out_pause(struct np_out *out);
/* Hands the buffer on. */
void np_out_flush(struct np_out *out);
/* Hands the rest on, frees, and returns how it went. */
int np_out_finish(struct np_out *out);

/* "error", "warning", "info". */
const char *np_severity_text(int32_t severity);

#endif
