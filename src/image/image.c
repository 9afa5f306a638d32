/* SPDX-License-Identifier: BSD-2-Clause */
/* Images: see image.h. */

#include "image/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/check.h"

#define NAME_TRIES 64u

static int image_new(struct cnipol_ctx *ctx, const uint8_t *bytes, size_t n, struct cnipol_image **out)
{
    struct np_image_check check = {.ctx = ctx, .name = "image", .bytes = bytes, .n = n};
    struct cnipol_image *image;
    int rc = np_image_check_header(&check);

    if (rc)
        return ctx->diags.failed ? CNIPOL_E_NOMEM : rc;
    image = np_zalloc(&ctx->mem, sizeof *image);
    if (!image)
        return CNIPOL_E_NOMEM;
    image->mem = &ctx->mem;
    image->bytes = bytes;
    image->n = n;
    image->view = np_image_header(bytes)->view;
    np_batch_init(&image->batch, bytes, image->view);
    *out = image;
    return CNIPOL_OK;
}

int np_image_adopt(struct cnipol_ctx *ctx, struct np_image_block *block, struct cnipol_image **out)
{
    int rc = image_new(ctx, block->bytes, block->n, out);

    if (rc) {
        np_image_block_free(&ctx->mem, block);
        return rc;
    }
    (*out)->own = *block;
    *block = (struct np_image_block){0};
    return CNIPOL_OK;
}

int cnipol_image_open(struct cnipol_ctx *ctx, const void *bytes, size_t n, struct cnipol_image **out)
{
    if (!bytes || (uintptr_t)bytes % CNIPOL_IMAGE_ALIGN)
        return CNIPOL_E_USAGE;
    return image_new(ctx, bytes, n, out);
}

void cnipol_image_free(struct cnipol_image *image)
{
    struct np_mem *mem;

    if (!image)
        return;
    mem = image->mem;
    np_image_block_free(mem, &image->own);
    np_free(mem, image, sizeof *image);
}

const void *cnipol_image_bytes(const struct cnipol_image *image, size_t *n)
{
    *n = image->n;
    return image->bytes;
}

uint32_t cnipol_image_ids(const struct cnipol_image *image)
{
    return np_image_view(image)->n_ids;
}

const struct cnipol_image_section *np_image_section(const struct cnipol_image *image, uint32_t kind)
{
    const struct cnipol_image_section *sections = np_image_sections(image->bytes);

    for (uint32_t i = 0; i < np_image_header(image->bytes)->n_sections; i++)
        if (sections[i].kind == kind)
            return &sections[i];
    return NULL;
}

static int failed(struct cnipol_ctx *ctx, enum np_code code, const char *what, const char *path, int error)
{
    char text[128];

    np_diag_raise(&ctx->diags, code, NP_NOWHERE, "cannot %s %s: %s", what, path, strerror_r(error, text, sizeof text));
    return ctx->diags.failed ? CNIPOL_E_NOMEM : CNIPOL_E_IO;
}

static int read_all(int fd, uint8_t *bytes, size_t n)
{
    for (size_t at = 0; at < n;) {
        ssize_t got = read(fd, bytes + at, n - at);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errno;
        if (got == 0)
            return EIO;
        at += (size_t)got;
    }
    return 0;
}

static int read_file(struct cnipol_ctx *ctx, const char *path, struct np_image_block *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), error = 0, rc = CNIPOL_OK;
    struct stat st;

    if (fd < 0)
        return failed(ctx, NP_FILE_UNREADABLE, "read", path, errno);
    if (fstat(fd, &st))
        error = errno;
    else if (!S_ISREG(st.st_mode))
        error = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
    else
        rc = np_image_block_new(&ctx->mem, (size_t)st.st_size, out);
    if (!error && !rc)
        error = read_all(fd, out->bytes, out->n);
    close(fd);
    return error ? failed(ctx, NP_FILE_UNREADABLE, "read", path, error) : rc;
}

int cnipol_image_load(struct cnipol_ctx *ctx, const char *path, struct cnipol_image **out)
{
    struct np_image_block block = {0};
    int rc = read_file(ctx, path, &block);

    if (!rc)
        rc = np_image_check_all(ctx, path, block.bytes, block.n);
    if (!rc)
        return np_image_adopt(ctx, &block, out);
    np_image_block_free(&ctx->mem, &block);
    return rc;
}

static int write_all(int fd, const uint8_t *bytes, size_t n)
{
    for (size_t at = 0; at < n;) {
        ssize_t put = write(fd, bytes + at, n - at);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return put < 0 ? errno : EIO;
        at += (size_t)put;
    }
    return fsync(fd) ? errno : 0;
}

/* A new file beside `path`; its name in `name`. */
static int open_beside(const char *path, char *name, size_t size)
{
    int fd = -1;

    for (uint32_t i = 0; i < NAME_TRIES && fd < 0; i++) {
        snprintf(name, size, "%s.%ld-%u.tmp", path, (long)getpid(), i);
        fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd < 0 && errno != EEXIST)
            break;
    }
    return fd;
}

static int write_and_rename(const struct cnipol_image *image, const char *path, char *name, size_t size)
{
    int fd = open_beside(path, name, size), error;

    if (fd < 0)
        return errno;
    error = write_all(fd, image->bytes, image->n);
    if (close(fd) && !error)
        error = errno;
    if (!error && rename(name, path))
        error = errno;
    if (error)
        unlink(name);
    return error;
}

int cnipol_image_write(struct cnipol_ctx *ctx, const struct cnipol_image *image, const char *path)
{
    size_t size = strlen(path) + 48;
    char *name = np_alloc(&ctx->mem, size);
    int error;

    if (!name)
        return CNIPOL_E_NOMEM;
    error = write_and_rename(image, path, name, size);
    np_free(&ctx->mem, name, size);
    return error ? failed(ctx, NP_IMAGE_UNWRITTEN, "write", path, error) : CNIPOL_OK;
}
