/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files and folders: see file.h.
 *
 * Files are read, not mapped: a file that shrinks while it is mapped would kill the program.
 */

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define FOLDER_DEPTH_MAX 64
#define READ_STEP ((size_t)64 << 10)

static int unreadable(struct cnipol_ctx *ctx, const char *path, int error)
{
    char text[128];

    np_diag_raise(&ctx->diags, NP_FILE_UNREADABLE, NP_NOWHERE, "cannot read %s: %s", path, strerror_r(error, text, sizeof text));
    return CNIPOL_E_IO;
}

struct bytes {
    struct np_mem *mem;
    char *s;
    size_t n;
    size_t cap;
    uint64_t limit;
};

/* Room for another step, and a NUL. */
static int make_room(struct bytes *b)
{
    size_t cap = b->cap ? b->cap * 2 : READ_STEP * 2;
    char *moved;

    if (b->n > b->limit)
        return CNIPOL_E_LIMIT;
    if (b->cap - b->n > READ_STEP)
        return CNIPOL_OK;
    moved = np_realloc(b->mem, b->s, b->cap, cap);
    if (!moved)
        return CNIPOL_E_NOMEM;
    b->s = moved;
    b->cap = cap;
    return CNIPOL_OK;
}

static int presize(struct bytes *b, int fd)
{
    struct stat st;

    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
        if ((uint64_t)st.st_size > b->limit)
            return CNIPOL_E_LIMIT;
        b->cap = (size_t)st.st_size + READ_STEP + 2;
        b->s = np_alloc(b->mem, b->cap);
        if (!b->s)
            b->cap = 0;
        return b->s ? CNIPOL_OK : CNIPOL_E_NOMEM;
    }
    return CNIPOL_OK;
}

static int read_plain(int fd, struct bytes *b)
{
    int rc = presize(b, fd);

    while (!rc && !(rc = make_room(b))) {
        ssize_t got = read(fd, b->s + b->n, READ_STEP);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return CNIPOL_E_IO;
        if (got == 0)
            break;
        b->n += (size_t)got;
    }
    return rc;
}

/* zlib reads plain files as they are. */
static int read_gzip(int fd, struct bytes *b)
{
    int own = dup(fd);
    gzFile file = own < 0 ? NULL : gzdopen(own, "rb");
    int rc = CNIPOL_OK;

    if (!file) {
        if (own >= 0)
            close(own);
        return own < 0 ? CNIPOL_E_IO : CNIPOL_E_NOMEM;
    }
    while (!(rc = make_room(b))) {
        int got = gzread(file, b->s + b->n, (unsigned)READ_STEP);

        if (got < 0) {
            int what = Z_ERRNO;

            (void)gzerror(file, &what);
            errno = what == Z_ERRNO ? errno : EBADMSG;
            rc = CNIPOL_E_IO;
            break;
        }
        if (got == 0)
            break;
        b->n += (size_t)got;
    }
    if (gzclose(file) != Z_OK && !rc) {
        errno = EBADMSG;
        rc = CNIPOL_E_IO;
    }
    return rc;
}

static int adopt(struct cnipol_ctx *ctx, const char *name, struct bytes *b, uint32_t *source)
{
    uint32_t added;

    b->s[b->n] = '\0';
    added = np_sources_adopt(&ctx->sources, name, b->s, b->n, b->cap);
    if (added == NP_NONE)
        return CNIPOL_E_NOMEM;
    *source = added;
    return CNIPOL_OK;
}

int np_file_read(struct cnipol_ctx *ctx, const char *path, bool gzip, uint32_t *source)
{
    struct bytes b = {.mem = &ctx->mem, .limit = ctx->limits[CNIPOL_LIMIT_BYTES]};
    bool standard = strcmp(path, "-") == 0;
    const char *name = standard ? "<stdin>" : path;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    int rc;

    if (fd < 0)
        return unreadable(ctx, path, errno);
    rc = gzip ? read_gzip(fd, &b) : read_plain(fd, &b);
    if (!rc)
        rc = adopt(ctx, name, &b, source);
    else if (rc == CNIPOL_E_IO)
        unreadable(ctx, name, errno);
    else if (rc == CNIPOL_E_LIMIT)
        np_diag_raise(&ctx->diags, NP_LIMIT_BYTES, NP_NOWHERE, "%s is larger than the limit of %llu bytes", name,
                      (unsigned long long)b.limit);
    if (rc)
        np_free(b.mem, b.s, b.cap);
    if (!standard)
        close(fd);
    return rc;
}

struct listing {
    struct cnipol_ctx *ctx;
    struct np_arena arena;
    const char **paths;
    uint32_t n, cap;
};

static bool is_manifest(const char *name)
{
    static const char *const endings[] = {".yaml", ".yml", ".json", ".jsonl"};
    size_t n = strlen(name);

    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        size_t k = strlen(endings[i]);

        if (n > k && strcasecmp(name + n - k, endings[i]) == 0)
            return true;
    }
    return false;
}

static const char *joined(struct listing *l, const char *folder, const char *name)
{
    size_t n = strlen(folder), k = strlen(name);
    bool slash = n && folder[n - 1] != '/';
    char *path = np_arena_alloc(&l->arena, n + slash + k + 1);

    if (!path)
        return NULL;
    memcpy(path, folder, n);
    if (slash)
        path[n] = '/';
    memcpy(path + n + slash, name, k + 1);
    return path;
}

static int list_file(struct listing *l, const char *path)
{
    void *grown;

    if (l->n >= l->ctx->limits[CNIPOL_LIMIT_FILES]) {
        np_diag_raise(&l->ctx->diags, NP_LIMIT_FILES, NP_NOWHERE, "more than %u files: stopped at %s", l->n, path);
        return CNIPOL_E_LIMIT;
    }
    grown = np_grow(&l->ctx->mem, l->paths, &l->cap, l->n + 1, sizeof *l->paths);
    if (!grown)
        return CNIPOL_E_NOMEM;
    l->paths = grown;
    l->paths[l->n++] = path;
    return CNIPOL_OK;
}

static int list_folder(struct listing *l, const char *folder, unsigned depth);

static void raise_link(struct cnipol_ctx *ctx, const char *path)
{
    struct np_diag *d = np_diag_raise(&ctx->diags, NP_FOLDER_LINK, NP_NOWHERE, "%s is a link to a folder, which is not followed", path);

    np_diag_help(&ctx->diags, d, "name the folder that it leads to as a path of its own, if its manifests belong to the cluster");
}

static int list_entry(struct listing *l, const char *folder, const char *name, unsigned depth)
{
    const char *path;
    struct stat st;
    bool is_there;

    if (name[0] == '.')
        return CNIPOL_OK;
    path = joined(l, folder, name);
    if (!path)
        return CNIPOL_E_NOMEM;
    if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return list_folder(l, path, depth + 1);
    is_there = stat(path, &st) == 0;
    if (is_there && S_ISDIR(st.st_mode))
        raise_link(l->ctx, path);
    if (!is_manifest(name) || (is_there && !S_ISREG(st.st_mode)))
        return CNIPOL_OK;
    return list_file(l, path);
}

static int list_folder(struct listing *l, const char *folder, unsigned depth)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    int rc = CNIPOL_OK;

    if (!dir)
        return unreadable(l->ctx, folder, errno);
    if (depth > FOLDER_DEPTH_MAX) {
        np_diag_raise(&l->ctx->diags, NP_LIMIT_FILES, NP_NOWHERE, "folders are nested more than %u deep: stopped at %s", FOLDER_DEPTH_MAX,
                      folder);
        rc = CNIPOL_E_LIMIT;
    }
    while (!rc && (entry = readdir(dir)) != NULL)
        rc = list_entry(l, folder, entry->d_name, depth);
    closedir(dir);
    return rc;
}

static int path_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int np_file_list(struct cnipol_ctx *ctx, const char *path, np_file_fn *fn, void *user)
{
    struct listing l = {.ctx = ctx};
    struct stat st;
    int rc;

    if (strcmp(path, "-") == 0)
        return fn(user, path);
    if (stat(path, &st) != 0)
        return unreadable(ctx, path, errno);
    if (!S_ISDIR(st.st_mode))
        return fn(user, path);
    np_arena_init(&l.arena, &ctx->mem);
    rc = list_folder(&l, path, 0);
    if (l.n)
        qsort(l.paths, l.n, sizeof *l.paths, path_order);
    for (uint32_t i = 0; i < l.n && !rc; i++)
        rc = fn(user, l.paths[i]);
    np_free(&ctx->mem, l.paths, l.cap * sizeof *l.paths);
    np_arena_free(&l.arena);
    return rc;
}
