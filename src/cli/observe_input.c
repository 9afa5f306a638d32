/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What observe reads: files, the files of folders, standard input; with --follow also what is appended to them.
 *
 * A followed file that was replaced (another inode under its name, as logs are rotated) is read to its end, then the new one from its
 * start; one that became shorter is read from its start. There is no waiting for events: twice a second is often enough.
 *
 * What was named must be there. Of what folders hold, files are read, by symbolic links too; pipes, sockets and links to folders are passed
 * over, as such links may lead back. A file that cannot be read is told, and the others are read.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/observe.h"

#define PIECE (256u << 10)
#define PAUSE_MS 500
#define DEPTH_MAX 32u

struct file {
    char *name;
    int fd; /* -1: not open */
    dev_t device;
    ino_t inode;
    uint64_t at;
    bool is_told; /* that it cannot be read */
};

struct observe_input {
    struct file *files;
    uint32_t n, cap;
    uint64_t size;
    bool size_unknown;
    bool failed; /* something was told */
    char piece[PIECE];
};

static int add_file(struct observe_input *input, const char *name)
{
    char *copy = strdup(name);

    if (input->n == input->cap) {
        uint32_t cap = input->cap ? input->cap * 2 : 16;
        void *grown = realloc(input->files, cap * sizeof *input->files);

        if (grown) {
            input->files = grown;
            input->cap = cap;
        }
    }
    if (!copy || input->n == input->cap) {
        free(copy);
        return cli_status(CNIPOL_E_NOMEM);
    }
    input->files[input->n++] = (struct file){.name = copy, .fd = -1};
    return CLI_OK;
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int add_path(struct observe_input *input, const char *path, unsigned depth);

static void tell(struct observe_input *input, const char *what, const char *path)
{
    (void)cli_fail(CLI_INPUT, "cannot read %s%s: %s", what, path, strerror(errno));
    input->failed = true;
}

/* Of a folder: see above. */
static bool is_wanted(struct observe_input *input, const char *path)
{
    struct stat st, link;

    if (stat(path, &st) != 0 || lstat(path, &link) != 0) {
        tell(input, "", path);
        return false;
    }
    return S_ISREG(st.st_mode) || (S_ISDIR(st.st_mode) && !S_ISLNK(link.st_mode));
}

static int add_folder(struct observe_input *input, const char *path, unsigned depth)
{
    struct dirent **entries;
    int n = scandir(path, &entries, visible, by_name), code = CLI_OK;

    if (n < 0) {
        tell(input, "the folder ", path);
        return CLI_OK;
    }
    for (int i = 0; i < n; i++) {
        char *below = NULL;

        if (!code && asprintf(&below, "%s/%s", path, entries[i]->d_name) < 0)
            code = cli_status(CNIPOL_E_NOMEM);
        else if (!code && is_wanted(input, below))
            code = add_path(input, below, depth + 1);
        free(below);
        free(entries[i]);
    }
    free(entries);
    return code;
}

/* Standard input: a file's rest, or nobody knows how much. */
static int add_stdin(struct observe_input *input)
{
    off_t at = lseek(STDIN_FILENO, 0, SEEK_CUR);
    struct stat st;

    if (at >= 0 && fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode))
        input->size += st.st_size > at ? (uint64_t)(st.st_size - at) : 0;
    else
        input->size_unknown = true;
    return add_file(input, "-");
}

static int add_path(struct observe_input *input, const char *path, unsigned depth)
{
    struct stat st;

    if (strcmp(path, "-") == 0)
        return add_stdin(input);
    if (stat(path, &st) != 0)
        return cli_fail(CLI_INPUT, "cannot read %s: %s", path, strerror(errno));
    if (S_ISDIR(st.st_mode))
        return depth < DEPTH_MAX ? add_folder(input, path, depth) : cli_fail(CLI_INPUT, "%s: folders are nested too deeply", path);
    if (S_ISREG(st.st_mode))
        input->size += (uint64_t)st.st_size;
    else
        input->size_unknown = true;
    return add_file(input, path);
}

int observe_input_open(const struct cli_list *paths, struct observe_input **out)
{
    struct observe_input *input = calloc(1, sizeof *input);
    int code = input ? CLI_OK : cli_status(CNIPOL_E_NOMEM);

    for (uint32_t i = 0; i < paths->n && !code; i++)
        code = add_path(input, paths->items[i], 0);
    if (!code && !paths->n)
        code = add_path(input, "-", 0);
    if (!code && !input->n && !input->failed)
        code = cli_fail(CLI_INPUT, "there are no files in what was named");
    *out = input;
    return code;
}

static void close_file(struct file *file)
{
    if (file->fd > STDIN_FILENO)
        (void)close(file->fd);
    file->fd = -1;
}

void observe_input_close(struct observe_input *input)
{
    for (uint32_t i = 0; input && i < input->n; i++) {
        close_file(&input->files[i]);
        free(input->files[i].name);
    }
    if (input)
        free(input->files);
    free(input);
}

uint32_t observe_input_count(const struct observe_input *input)
{
    return input->n;
}

bool observe_input_failed(const struct observe_input *input)
{
    return input->failed;
}

const char *observe_input_name(const struct observe_input *input, uint32_t file)
{
    const char *name = input->files[file].name;

    return strcmp(name, "-") == 0 ? "<stdin>" : name;
}

uint64_t observe_input_size(const struct observe_input *input)
{
    return input->size_unknown ? 0 : input->size;
}

static void tell_unreadable(struct observe_input *input, struct file *file)
{
    if (!file->is_told)
        tell(input, "", file->name);
    file->is_told = true;
    close_file(file);
}

/* False: it cannot be read. A file that was rotated away may be back later. */
static bool open_file(struct observe_input *input, struct file *file)
{
    struct stat st;

    if (file->fd >= 0)
        return true;
    file->fd = strcmp(file->name, "-") == 0 ? STDIN_FILENO : open(file->name, O_RDONLY | O_CLOEXEC);
    if (file->fd < 0 || fstat(file->fd, &st) != 0) {
        if (errno != ENOENT || !file->inode)
            tell_unreadable(input, file);
        return false;
    }
    file->device = st.st_dev;
    file->inode = st.st_ino;
    file->at = 0;
    file->is_told = false;
    return true;
}

/* Hands on what is there to be read now. *more: the file has not ended. */
static int read_piece(struct observe_input *input, uint32_t i, const volatile int *stop, observe_piece_fn *fn, void *user, bool *more)
{
    struct file *file = &input->files[i];
    ssize_t n = read(file->fd, input->piece, sizeof input->piece);

    *more = n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
    if (n < 0 && errno == EAGAIN)
        (void)poll(&(struct pollfd){.fd = file->fd, .events = POLLIN}, 1, PAUSE_MS);
    if (n < 0 && *more)
        return CLI_OK;
    if (n < 0)
        tell_unreadable(input, file);
    if (n <= 0 || *stop)
        return CLI_OK;
    file->at += (uint64_t)n;
    return fn(user, i, input->piece, (size_t)n);
}

static int read_all(struct observe_input *input, uint32_t i, const volatile int *stop, observe_piece_fn *fn, void *user)
{
    bool more = open_file(input, &input->files[i]);
    int code = CLI_OK;

    while (!code && more && !*stop)
        code = read_piece(input, i, stop, fn, user, &more);
    return code;
}

/* Is another file under the name, or less of the same? Then it begins anew, behind what came into the old one since it was read. */
static int look_again(struct observe_input *input, uint32_t i, const volatile int *stop, observe_piece_fn *fn, void *user)
{
    struct file *file = &input->files[i];
    struct stat st;
    int code;

    if (file->fd <= STDIN_FILENO || stat(file->name, &st) != 0)
        return CLI_OK;
    if (st.st_dev == file->device && st.st_ino == file->inode && (uint64_t)st.st_size >= file->at)
        return CLI_OK;
    code = read_all(input, i, stop, fn, user);
    if (!code)
        code = fn(user, i, NULL, 0);
    close_file(file);
    return code;
}

static int follow_all(struct observe_input *input, const volatile int *stop, observe_piece_fn *fn, void *user)
{
    bool only_stdin = input->n == 1 && input->files[0].fd == STDIN_FILENO;
    int code = CLI_OK;

    while (!code && !*stop && !only_stdin) {
        (void)poll(NULL, 0, PAUSE_MS);
        for (uint32_t i = 0; i < input->n && !code && !*stop; i++) {
            code = read_all(input, i, stop, fn, user);
            if (!code)
                code = look_again(input, i, stop, fn, user);
        }
    }
    return code;
}

int observe_input_read(struct observe_input *input, bool follow, const volatile int *stop, observe_piece_fn *fn, void *user)
{
    int code = CLI_OK;

    for (uint32_t i = 0; i < input->n && !code && !*stop; i++) {
        code = read_all(input, i, stop, fn, user);
        if (follow || code)
            continue;
        code = fn(user, i, NULL, 0);
        close_file(&input->files[i]);
    }
    if (follow && !code)
        code = follow_all(input, stop, fn, user);
    for (uint32_t i = 0; follow && i < input->n && !code; i++)
        code = fn(user, i, NULL, 0);
    return code;
}
