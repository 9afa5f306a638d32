/* SPDX-License-Identifier: BSD-2-Clause */
/* The proof's first part, header and sections: see check.h. */

#include "image/check.h"

#include <string.h>

int np_image_refuse(const struct np_image_check *check, enum np_code code, uint64_t at, const char *fmt, ...)
{
    struct np_buf text;
    va_list args;

    np_buf_init(&text, &check->ctx->mem);
    va_start(args, fmt);
    np_buf_addv(&text, fmt, args);
    va_end(args);
    if (np_buf_failed(&text))
        check->ctx->diags.failed = true;
    else
        np_diag_raise(&check->ctx->diags, code, NP_NOWHERE, "%s: byte %llu: %s", check->name, (unsigned long long)at, text.s);
    np_buf_free(&text);
    return CNIPOL_E_INVALID;
}

#define AT(field) offsetof(struct cnipol_image_header, field)

static int check_sizes(const struct np_image_check *check, const struct cnipol_image_header *header)
{
    uint64_t expected = sizeof *header + (uint64_t)header->n_sections * sizeof(struct cnipol_image_section);

    if (header->total_bytes != check->n || check->n % CNIPOL_IMAGE_ALIGN)
        return np_image_refuse(check, NP_IMAGE_CUT, AT(total_bytes), "the header tells of %llu bytes, a multiple of 64; there are %llu",
                               (unsigned long long)header->total_bytes, (unsigned long long)check->n);
    if (!header->n_sections || header->n_sections > NP_IMAGE_SECTIONS_MAX || header->header_bytes != expected || expected > check->n)
        return np_image_refuse(check, NP_IMAGE_SECTIONS, AT(n_sections), "%u sections do not go with a header of %u bytes",
                               header->n_sections, header->header_bytes);
    if (header->eval_bytes > check->n || header->hot_bytes > header->eval_bytes)
        return np_image_refuse(check, NP_IMAGE_SECTIONS, AT(eval_bytes),
                               "what an evaluation reads ends at byte %u, the hot part at byte %u", header->eval_bytes, header->hot_bytes);
    if (header->view % 4 || (uint64_t)header->view + sizeof(struct cnipol_image_view) > header->eval_bytes)
        return np_image_refuse(check, NP_IMAGE_SECTIONS, AT(view), "the view at byte %u is not within what an evaluation reads",
                               header->view);
    return CNIPOL_OK;
}

int np_image_check_header(const struct np_image_check *check)
{
    const struct cnipol_image_header *header = np_image_header(check->bytes);

    if (check->n < sizeof *header || memcmp(header->magic, CNIPOL_IMAGE_MAGIC, sizeof header->magic) != 0)
        return np_image_refuse(check, NP_IMAGE_FOREIGN, 0, "no image begins like this");
    if (header->major != CNIPOL_IMAGE_MAJOR)
        return np_image_refuse(check, NP_IMAGE_VERSION, AT(major), "version %u.%u of the format; this library reads %u", header->major,
                               header->minor, CNIPOL_IMAGE_MAJOR);
    return check_sizes(check, header);
}

static int check_header_sum(const struct np_image_check *check)
{
    const struct cnipol_image_header *header = np_image_header(check->bytes);
    uint8_t sum[16];

    np_image_header_checksum(header, sum);
    if (memcmp(sum, header->checksum, sizeof sum) != 0)
        return np_image_refuse(check, NP_IMAGE_ALTERED, AT(checksum), "the checksum of the header does not hold");
    return CNIPOL_OK;
}

static int check_zero(const struct np_image_check *check, uint64_t from, uint64_t to)
{
    for (uint64_t at = from; at < to; at++)
        if (check->bytes[at])
            return np_image_refuse(check, NP_IMAGE_SECTIONS, at, "a byte behind a section is not zero");
    return CNIPOL_OK;
}

static int check_section_sum(const struct np_image_check *check, const struct cnipol_image_section *section)
{
    uint8_t sum[16] = {0};

    if (np_image_header(check->bytes)->features & CNIPOL_FEATURE_CHECKSUMS)
        np_image_checksum(check->bytes + section->offset, (size_t)section->bytes, sum);
    if (memcmp(sum, section->checksum, sizeof sum) != 0)
        return np_image_refuse(check, NP_IMAGE_ALTERED, section->offset, "the checksum of the section of kind %u does not hold",
                               section->kind);
    return CNIPOL_OK;
}

/* Where a section lies; *end is moved from the end of the one before to its own. */
static int check_section_place(const struct np_image_check *check, const struct cnipol_image_section *section, uint64_t *end)
{
    uint64_t row = (uint64_t)((const uint8_t *)section - check->bytes);
    int rc;

    if (section->offset % CNIPOL_IMAGE_ALIGN || section->offset < *end || section->offset > check->n ||
        section->bytes > check->n - section->offset)
        return np_image_refuse(check, NP_IMAGE_SECTIONS, row, "the section of kind %u at byte %llu, of %llu bytes, has no such place",
                               section->kind, (unsigned long long)section->offset, (unsigned long long)section->bytes);
    rc = check_zero(check, *end, section->offset);
    *end = section->offset + section->bytes;
    return rc ? rc : check_section_sum(check, section);
}

static const uint16_t temperatures[] = {
    [CNIPOL_SECTION_TABLES] = CNIPOL_HOT,
    [CNIPOL_SECTION_RULES] = CNIPOL_WARM,
    [CNIPOL_SECTION_MACHINE] = CNIPOL_WARM,
    [CNIPOL_SECTION_DIRECTORY] = CNIPOL_COLD,
};
#define N_KINDS (sizeof temperatures / sizeof temperatures[0])

/* What a section is. `seen` has a bit for each kind. */
static int check_section_kind(struct np_image_check *check, const struct cnipol_image_section *section, uint32_t *seen)
{
    uint64_t row = (uint64_t)((const uint8_t *)section - check->bytes);

    if (!section->kind || section->kind >= N_KINDS) {
        if (section->flags & CNIPOL_SECTION_REQUIRED)
            return np_image_refuse(check, NP_IMAGE_VERSION, row, "the section of kind %u must be understood, and is not known here",
                                   section->kind);
        return CNIPOL_OK;
    }
    if (*seen & 1u << section->kind || section->temperature != temperatures[section->kind])
        return np_image_refuse(check, NP_IMAGE_SECTIONS, row, "the section of kind %u is there twice, or in the wrong part", section->kind);
    *seen |= 1u << section->kind;
    if (section->kind == CNIPOL_SECTION_TABLES)
        check->tables = section;
    if (section->kind == CNIPOL_SECTION_RULES)
        check->rules = section;
    return CNIPOL_OK;
}

static int check_sections(struct np_image_check *check)
{
    const struct cnipol_image_header *header = np_image_header(check->bytes);
    const struct cnipol_image_section *sections = np_image_sections(check->bytes);
    uint64_t end = header->header_bytes, hot = 0;
    uint32_t seen = 0;
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < header->n_sections && !rc; i++) {
        if (sections[i].temperature > CNIPOL_COLD || (i && sections[i].temperature < sections[i - 1].temperature))
            return np_image_refuse(check, NP_IMAGE_SECTIONS, end, "section %u is out of order", i);
        rc = check_section_place(check, &sections[i], &end);
        if (!rc)
            rc = check_section_kind(check, &sections[i], &seen);
        if (sections[i].temperature == CNIPOL_HOT)
            hot = end;
    }
    if (!rc)
        rc = check_zero(check, end, check->n);
    if (rc)
        return rc;
    return header->hot_bytes == hot ? CNIPOL_OK
                                    : np_image_refuse(check, NP_IMAGE_SECTIONS, AT(hot_bytes), "the hot sections end elsewhere");
}

int np_image_check_extent(const struct np_image_check *check, const char *what, uint32_t offset, uint64_t n, uint32_t size, uint32_t align)
{
    const struct cnipol_image_section *of = offset >= check->rules->offset ? check->rules : check->tables;

    if (!n)
        return CNIPOL_OK;
    if (offset % align || offset < of->offset || offset - of->offset > of->bytes || n > (of->bytes - (offset - of->offset)) / size)
        return np_image_refuse(check, NP_IMAGE_TABLE, offset, "%s: %llu of %u bytes each are not within a section here", what,
                               (unsigned long long)n, size);
    return CNIPOL_OK;
}

static int check_view(struct np_image_check *check)
{
    const struct cnipol_image_header *header = np_image_header(check->bytes);
    uint32_t at = header->view;
    int rc;

    if (!check->tables || !check->rules)
        return np_image_refuse(check, NP_IMAGE_SECTIONS, sizeof *header, "the decision tables or the rule lists are not there");
    if (header->eval_bytes != check->rules->offset + check->rules->bytes)
        return np_image_refuse(check, NP_IMAGE_SECTIONS, AT(eval_bytes), "the rule lists end elsewhere");
    rc = np_image_check_extent(check, "the view", at, 1, sizeof *check->view, 4);
    check->view = (const struct cnipol_image_view *)(check->bytes + at);
    return rc;
}

int np_image_check_all(struct cnipol_ctx *ctx, const char *name, const void *bytes, size_t n)
{
    struct np_image_check check = {.ctx = ctx, .name = name, .bytes = bytes, .n = n};
    int rc = np_image_check_header(&check);

    if (!rc)
        rc = check_header_sum(&check);
    if (!rc)
        rc = check_sections(&check);
    if (!rc)
        rc = check_view(&check);
    if (!rc)
        rc = np_image_check_tables(&check);
    if (!rc)
        rc = np_image_check_rules(&check);
    return ctx->diags.failed ? CNIPOL_E_NOMEM : rc;
}

int cnipol_image_verify(struct cnipol_ctx *ctx, const void *bytes, size_t n)
{
    if (!bytes || (uintptr_t)bytes % CNIPOL_IMAGE_ALIGN)
        return CNIPOL_E_USAGE;
    return np_image_check_all(ctx, "image", bytes, n);
}
