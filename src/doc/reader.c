/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Readers: see reader.h.
 *
 * Left to choose, a source that starts like JSON is scanned once without building anything; that
 * costs a tenth of reading it. So documents go to the caller only after the format is certain.
 */

#include "doc/readers.h"

static struct np_span first_byte(uint32_t source, size_t at)
{
    return (struct np_span){source, (uint32_t)at, (uint32_t)at + 1};
}

static int check_size(const struct np_doc_job *job)
{
    uint64_t limit = job->ctx->limits[CNIPOL_LIMIT_BYTES];

    if (job->size <= limit)
        return CNIPOL_OK;
    np_diag_raise(&job->ctx->diags, NP_LIMIT_BYTES, first_byte(job->source, limit), "the source has %zu bytes; the limit is %llu",
                  job->size, (unsigned long long)limit);
    return CNIPOL_E_LIMIT;
}

/* UTF-16 and UTF-32 would need other offsets than their bytes: nobody writes manifests in them on purpose. */
static int check_encoding(struct np_doc_job *job)
{
    const unsigned char *b = (const unsigned char *)job->bytes;
    struct np_diag *d;

    if (job->size >= 3 && b[0] == 0xef && b[1] == 0xbb && b[2] == 0xbf)
        job->bom = 3;
    if (job->size < 2 || !((b[0] == 0xff && b[1] == 0xfe) || (b[0] == 0xfe && b[1] == 0xff)))
        return CNIPOL_OK;
    d = np_diag_raise(&job->ctx->diags, NP_YAML_SYNTAX, first_byte(job->source, 0), "the source is UTF-16; only UTF-8 is read");
    np_diag_help(&job->ctx->diags, d, "convert it: iconv -f UTF-16 -t UTF-8");
    return CNIPOL_E_SYNTAX;
}

static bool looks_like_json(const struct np_doc_job *job)
{
    size_t i = job->bom;

    while (i < job->size && (job->bytes[i] == ' ' || (job->bytes[i] >= '\t' && job->bytes[i] <= '\r')))
        i++;
    return i < job->size && (job->bytes[i] == '{' || job->bytes[i] == '[');
}

static int read_auto(const struct np_doc_job *job)
{
    int rc;

    if (!looks_like_json(job))
        return np_yaml_read(job);
    rc = np_json_check(job);
    if (rc == CNIPOL_E_SYNTAX)
        return np_yaml_read(job);
    return rc ? rc : np_json_read(job);
}

int np_doc_read(struct cnipol_ctx *ctx, uint32_t source, enum np_doc_format format, np_doc_fn *fn, void *user)
{
    const struct np_source *s = &ctx->sources.items[source];
    struct np_doc_job job = {ctx, source, s->bytes, s->size, 0, fn, user};
    int rc = check_size(&job);

    if (!rc)
        rc = check_encoding(&job);
    if (rc)
        return rc;
    if (format == NP_DOC_YAML)
        return np_yaml_read(&job);
    return format == NP_DOC_JSON ? np_json_read(&job) : read_auto(&job);
}
