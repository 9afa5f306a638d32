/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading observe's files: bytes are read, unpacked and handed on; with --follow also what is appended later.
 *
 * A followed file that was replaced (another inode under its name, as logs are rotated) is read to its end, then the new one from its
 * start; one that became shorter is read from its start. There is no waiting for events: twice a second is often enough. What may make us wait,
 * as a pipe does, is polled together with the descriptor that says that the work is to end.
 *
 * All of it may run on a thread of its own, so it says nothing to people: what is wrong is a piece, too. The context is the unpackers' own.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/observe.h"

#define PAUSE_MS 500

struct file {
    int fd; /* -1: not open */
    bool may_wait;
    dev_t device;
    ino_t inode;
    uint64_t start, at; /* where the reading began in the file; how much was read since */
    bool may_map;
    bool is_told; /* that it cannot be read */
    struct cnipol_unpacker *unpacker; /* NULL: not begun */
};

struct observe_source {
    const struct observe_files *files;
    bool follow;
    bool is_kept;      /* whoever takes a piece may keep its buffer */
    struct file *open; /* beside files->names */
    struct cnipol_ctx *ctx;
    char *in, *out;  /* what was read; what was unpacked */
    uint64_t packed; /* bytes that were read and are in no piece yet */
    bool is_shown;   /* nothing came since somebody was told of waiting */
    observe_take_fn *take;
    void *user;
};

int observe_source_open(const struct observe_files *files, bool follow, struct observe_source **out)
{
    struct observe_source *source = calloc(1, sizeof *source);

    *out = source;
    if (!source || cnipol_ctx_new(NULL, &source->ctx))
        return cli_status(CNIPOL_E_NOMEM);
    source->files = files;
    source->follow = follow;
    source->open = calloc(files->n, sizeof *source->open);
    source->in = malloc(OBSERVE_BUFFER);
    source->out = malloc(OBSERVE_BUFFER);
    if (!source->open || !source->in || !source->out)
        return cli_status(CNIPOL_E_NOMEM);
    for (uint32_t i = 0; i < files->n; i++)
        source->open[i].fd = -1;
    return CLI_OK;
}

static void close_file(struct file *file)
{
    if (file->fd > STDIN_FILENO)
        (void)close(file->fd);
    file->fd = -1;
}

void observe_source_close(struct observe_source *source)
{
    if (!source)
        return;
    for (uint32_t i = 0; source->open && i < source->files->n; i++) {
        close_file(&source->open[i]);
        cnipol_unpacker_free(source->open[i].unpacker);
    }
    cnipol_ctx_free(source->ctx);
    free(source->open);
    free(source->in);
    free(source->out);
    free(source);
}

static int hand_on(struct observe_source *source, struct observe_piece piece, char **buffer)
{
    piece.packed = source->packed;
    source->packed = 0;
    source->is_shown = piece.what == OBSERVE_WAITS;
    return source->take(source->user, &piece, buffer);
}

static int say(struct observe_source *source, uint32_t file, enum observe_what what)
{
    return hand_on(source, (struct observe_piece){.what = what, .file = file}, &source->out);
}

/* Ends the reading. */
static int say_no_memory(struct observe_source *source, uint32_t file)
{
    int code = say(source, file, OBSERVE_NO_MEMORY);

    return code ? code : CLI_INTERNAL;
}

/* Once, until it can be read; the others are read. */
static int say_unreadable(struct observe_source *source, uint32_t i, int error)
{
    struct file *file = &source->open[i];
    bool was_told = file->is_told;

    file->is_told = true;
    close_file(file);
    return was_told ? CLI_OK : hand_on(source, (struct observe_piece){.what = OBSERVE_UNREADABLE, .file = i, .error = error}, &source->out);
}

/* Nothing is there: whoever shows something may do so now. */
static int say_waiting(struct observe_source *source, uint32_t file)
{
    return source->is_shown ? CLI_OK : say(source, file, OBSERVE_WAITS);
}

/* Plain bytes lie in what was read or mapped, in what was unpacked, or, where they are the first few, in the unpacker. */
static int hand_on_bytes(struct observe_source *source, uint32_t file, const char *bytes, size_t n)
{
    bool were_read = (uintptr_t)bytes - (uintptr_t)source->in < OBSERVE_BUFFER;

    if (source->is_kept && !were_read && bytes != source->out) {
        memcpy(source->out, bytes, n);
        bytes = source->out;
    }
    return hand_on(source, (struct observe_piece){.what = OBSERVE_BYTES, .file = file, .bytes = bytes, .n = n}, were_read ? &source->in : &source->out);
}

/* The file ends here, whatever comes of what it was mapped to. */
static int give_up(struct observe_source *source, uint32_t i)
{
    observe_unmap();
    cnipol_unpacker_free(source->open[i].unpacker);
    source->open[i].unpacker = NULL;
    return hand_on(source, (struct observe_piece){.what = OBSERVE_DAMAGED, .file = i, .flaw = "the file became shorter while it was read"}, &source->out);
}

static int say_damaged(struct observe_source *source, uint32_t i)
{
    const char *flaw = cnipol_unpacker_flaw(source->open[i].unpacker);

    return hand_on(source, (struct observe_piece){.what = OBSERVE_DAMAGED, .file = i, .flaw = flaw}, &source->out);
}

/* What comes of the bytes that the unpacker was fed. */
static int unpack(struct observe_source *source, uint32_t i)
{
    struct cnipol_unpacker *unpacker = source->open[i].unpacker;
    const void *bytes;
    int rc, code = CLI_OK;
    size_t n;

    while (!code && !observe_halted() && (rc = cnipol_unpacker_next(unpacker, source->out, OBSERVE_BUFFER, &bytes, &n)) != 0) {
        if (observe_map_is_lost())
            break;
        if (rc > 0)
            code = hand_on_bytes(source, i, bytes, n);
        else
            code = rc == CNIPOL_E_NOMEM ? say_no_memory(source, i) : say_damaged(source, i);
    }
    return !code && observe_map_is_lost() ? give_up(source, i) : code;
}

/* Where it stays closed, it cannot be read. A pipe without a writer is opened, too: poll() waits for one. A file that was rotated away may be back later. */
static int open_file(struct observe_source *source, uint32_t i)
{
    const char *name = source->files->names[i];
    struct file *file = &source->open[i];
    struct stat st;

    if (file->fd >= 0)
        return CLI_OK;
    if (!file->unpacker && cnipol_unpacker_new(source->ctx, &file->unpacker))
        return say_no_memory(source, i);
    file->fd = strcmp(name, "-") == 0 ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file->fd < 0 || fstat(file->fd, &st) != 0)
        return errno == ENOENT && file->inode ? CLI_OK : say_unreadable(source, i, errno);
    file->may_wait = !S_ISREG(st.st_mode);
    file->start = file->may_wait ? 0 : (uint64_t)lseek(file->fd, 0, SEEK_CUR);
    file->may_map = !file->may_wait && !source->follow;
    file->device = st.st_dev;
    file->inode = st.st_ino;
    file->at = 0;
    file->is_told = false;
    return CLI_OK;
}

/* Until there is something to be read, or the work is to end. */
static int await(struct observe_source *source, uint32_t i)
{
    struct pollfd fds[] = {{.fd = source->open[i].fd, .events = POLLIN}, {.fd = observe_halt_fd(), .events = POLLIN}};
    int code;

    if (poll(fds, 2, 0) != 0)
        return CLI_OK;
    code = say_waiting(source, i);
    while (!code && !observe_halted() && poll(fds, 2, -1) < 0 && errno == EINTR)
        ;
    return code;
}

/* Mapped bytes cannot be kept, so those of a plain file are read where they are to be: they are what is handed on. */
static const char *map_more(const struct observe_source *source, const struct file *file, size_t *n)
{
    if (!file->may_map || (source->is_kept && !cnipol_unpacker_packing(file->unpacker)))
        return NULL;
    return observe_map(file->fd, file->start + file->at, n);
}

/* More of the file: mapped where that is possible, or else read. As read(). */
static ssize_t fetch(struct observe_source *source, struct file *file, const char **bytes)
{
    size_t n;

    *bytes = map_more(source, file, &n);
    if (*bytes)
        return (ssize_t)n;
    if (file->may_map && lseek(file->fd, (off_t)(file->start + file->at), SEEK_SET) < 0)
        return -1;
    *bytes = source->in;
    return read(file->fd, source->in, OBSERVE_BUFFER);
}

/* Hands on what is there to be read now. *more: the file has not ended. */
static int read_piece(struct observe_source *source, uint32_t i, bool *more)
{
    struct file *file = &source->open[i];
    int code = file->may_wait ? await(source, i) : CLI_OK;
    const char *bytes;
    ssize_t n;

    if (code || observe_halted())
        return code;
    n = fetch(source, file, &bytes);
    *more = n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
    if (n < 0 && !*more)
        return say_unreadable(source, i, errno);
    if (n <= 0 || observe_halted())
        return CLI_OK;
    file->at += (uint64_t)n;
    source->packed += (uint64_t)n;
    (void)cnipol_unpacker_feed(file->unpacker, bytes, (size_t)n);
    code = unpack(source, i);
    *more = file->unpacker != NULL;
    return code;
}

static int read_all(struct observe_source *source, uint32_t i)
{
    int code = open_file(source, i);
    bool more = source->open[i].fd >= 0;

    while (!code && more && !observe_halted())
        code = read_piece(source, i, &more);
    return code;
}

static int end_file(struct observe_source *source, uint32_t i)
{
    struct file *file = &source->open[i];
    int code = CLI_OK;

    if (file->unpacker) {
        (void)cnipol_unpacker_finish(file->unpacker);
        code = unpack(source, i);
    }
    if (!code && !observe_halted())
        code = say(source, i, OBSERVE_ENDS);
    cnipol_unpacker_free(file->unpacker);
    file->unpacker = NULL;
    close_file(file);
    return code;
}

/* Is another file under the name, or less of the same? Then it begins anew, behind what came into the old one since it was read. */
static int look_again(struct observe_source *source, uint32_t i)
{
    const struct file *file = &source->open[i];
    struct stat st;
    int code;

    if (file->fd <= STDIN_FILENO || stat(source->files->names[i], &st) != 0)
        return CLI_OK;
    if (st.st_dev == file->device && st.st_ino == file->inode && (uint64_t)st.st_size >= file->at)
        return CLI_OK;
    code = read_all(source, i);
    return code || observe_halted() ? code : end_file(source, i);
}

static int pause_reading(struct observe_source *source)
{
    struct pollfd halt = {.fd = observe_halt_fd(), .events = POLLIN};
    int code = say_waiting(source, 0);

    if (!code)
        (void)poll(&halt, 1, PAUSE_MS);
    return code;
}

static int follow_all(struct observe_source *source)
{
    bool only_stdin = source->files->n == 1 && source->open[0].fd == STDIN_FILENO;
    int code = CLI_OK;

    while (!code && !observe_halted() && !only_stdin) {
        code = pause_reading(source);
        for (uint32_t i = 0; i < source->files->n && !code && !observe_halted(); i++) {
            code = read_all(source, i);
            if (!code)
                code = look_again(source, i);
        }
    }
    return code;
}

int observe_source_read(struct observe_source *source, bool is_kept, observe_take_fn *take, void *user)
{
    int code = CLI_OK;

    source->is_kept = is_kept;
    source->take = take;
    source->user = user;
    for (uint32_t i = 0; i < source->files->n && !code && !observe_halted(); i++) {
        code = read_all(source, i);
        if (!source->follow && !code && !observe_halted())
            code = end_file(source, i);
    }
    if (source->follow && !code)
        code = follow_all(source);
    for (uint32_t i = 0; source->follow && i < source->files->n && !code && !observe_halted(); i++)
        code = end_file(source, i);
    observe_unmap();
    return code;
}

/* The first bytes tell. */
static bool is_packed(struct cnipol_unpacker *unpacker, int fd)
{
    off_t at = lseek(fd, 0, SEEK_CUR);
    char first[8], room[8];
    ssize_t n = at < 0 ? -1 : pread(fd, first, sizeof first, at);
    const void *bytes;
    size_t made;

    cnipol_unpacker_reset(unpacker);
    if (n <= 0 || cnipol_unpacker_feed(unpacker, first, (size_t)n))
        return false;
    (void)cnipol_unpacker_next(unpacker, room, sizeof room, &bytes, &made);
    return cnipol_unpacker_packing(unpacker) != NULL;
}

uint64_t observe_source_packed(struct observe_source *source)
{
    struct cnipol_unpacker *unpacker = NULL;
    uint64_t packed = 0;

    if (cnipol_unpacker_new(source->ctx, &unpacker))
        return 0;
    for (uint32_t i = 0; i < source->files->n && packed < UINT32_MAX; i++) {
        bool is_stdin = strcmp(source->files->names[i], "-") == 0;
        int fd = is_stdin ? STDIN_FILENO : open(source->files->names[i], O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        struct stat st;

        if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && is_packed(unpacker, fd))
            packed += (uint64_t)st.st_size;
        if (fd >= 0 && !is_stdin)
            (void)close(fd);
    }
    cnipol_unpacker_free(unpacker);
    return packed;
}
