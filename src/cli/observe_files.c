/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What observe reads: files, all files below folders, standard input; by name, and how much there is.
 *
 * What was named must be there. Of what folders hold, files are read, by symbolic links too; pipes, sockets and links to folders are passed
 * over, as such links may lead back. What cannot be read is told, and the others are read.
 */

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/observe.h"

#define DEPTH_MAX 32u

static int add_file(struct observe_files *files, const char *name)
{
    char *copy = strdup(name);

    if (files->n == files->cap) {
        uint32_t cap = files->cap ? files->cap * 2 : 16;
        void *grown = realloc(files->names, cap * sizeof *files->names);

        if (grown) {
            files->names = grown;
            files->cap = cap;
        }
    }
    if (!copy || files->n == files->cap) {
        free(copy);
        return cli_status(CNIPOL_E_NOMEM);
    }
    files->names[files->n++] = copy;
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

static int add_path(struct observe_files *files, const char *path, unsigned depth);

static void tell(struct observe_files *files, const char *what, const char *path)
{
    (void)cli_fail(CLI_INPUT, "cannot read %s%s: %s", what, path, strerror(errno));
    files->failed = true;
}

/* Of a folder: see above. */
static bool is_wanted(struct observe_files *files, const char *path)
{
    struct stat st, link;

    if (stat(path, &st) != 0 || lstat(path, &link) != 0) {
        tell(files, "", path);
        return false;
    }
    return S_ISREG(st.st_mode) || (S_ISDIR(st.st_mode) && !S_ISLNK(link.st_mode));
}

static int add_folder(struct observe_files *files, const char *path, unsigned depth)
{
    struct dirent **entries;
    int n = scandir(path, &entries, visible, by_name), code = CLI_OK;

    if (n < 0) {
        tell(files, "the folder ", path);
        return CLI_OK;
    }
    for (int i = 0; i < n; i++) {
        char *below = NULL;

        if (!code && asprintf(&below, "%s/%s", path, entries[i]->d_name) < 0)
            code = cli_status(CNIPOL_E_NOMEM);
        else if (!code && is_wanted(files, below))
            code = add_path(files, below, depth + 1);
        free(below);
        free(entries[i]);
    }
    free(entries);
    return code;
}

/* Standard input: a file's rest, or nobody knows how much. */
static int add_stdin(struct observe_files *files)
{
    off_t at = lseek(STDIN_FILENO, 0, SEEK_CUR);
    struct stat st;

    if (at >= 0 && fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode))
        files->size += st.st_size > at ? (uint64_t)(st.st_size - at) : 0;
    else
        files->size_unknown = true;
    return add_file(files, "-");
}

static int add_path(struct observe_files *files, const char *path, unsigned depth)
{
    struct stat st;

    if (strcmp(path, "-") == 0)
        return add_stdin(files);
    if (stat(path, &st) != 0)
        return cli_fail(CLI_INPUT, "cannot read %s: %s", path, strerror(errno));
    if (S_ISDIR(st.st_mode))
        return depth < DEPTH_MAX ? add_folder(files, path, depth) : cli_fail(CLI_INPUT, "%s: folders are nested too deeply", path);
    if (S_ISREG(st.st_mode))
        files->size += (uint64_t)st.st_size;
    else
        files->size_unknown = true;
    return add_file(files, path);
}

int observe_files_open(const struct cli_list *paths, struct observe_files *files)
{
    int code = CLI_OK;

    for (uint32_t i = 0; i < paths->n && !code; i++)
        code = add_path(files, paths->items[i], 0);
    if (!code && !paths->n)
        code = add_path(files, "-", 0);
    if (!code && !files->n && !files->failed)
        code = cli_fail(CLI_INPUT, "there are no files in what was named");
    return code;
}

void observe_files_close(struct observe_files *files)
{
    for (uint32_t i = 0; i < files->n; i++)
        free(files->names[i]);
    free(files->names);
}

const char *observe_files_name(const struct observe_files *files, uint32_t file)
{
    const char *name = files->names[file];

    return strcmp(name, "-") == 0 ? "<stdin>" : name;
}

uint64_t observe_files_size(const struct observe_files *files)
{
    return files->size_unknown ? 0 : files->size;
}
