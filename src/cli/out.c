/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Output: standard output behind a buffer, and what is said on standard error.
 *
 * The first failed write sticks: later ones do nothing, and the program ends with CLI_INTERNAL. A
 * reader that went away (EPIPE) is no reason to speak; a full disk is.
 */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

/* One process, one standard output. */
static struct {
    char bytes[65536];
    size_t n;
    int failure; /* errno of the first failed write */
} out;

static int write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, bytes, size);

        if (n < 0 && errno != EINTR)
            return errno;
        if (n > 0) {
            bytes += n;
            size -= (size_t)n;
        }
    }
    return 0;
}

void cli_flush(void)
{
    if (!out.failure && out.n)
        out.failure = write_all(STDOUT_FILENO, out.bytes, out.n);
    out.n = 0;
}

bool cli_out_failed(void)
{
    return out.failure != 0;
}

int cli_write(void *user, const char *bytes, size_t size)
{
    (void)user;
    while (size > 0 && !out.failure) {
        size_t room = sizeof out.bytes - out.n, n = size < room ? size : room;

        memcpy(out.bytes + out.n, bytes, n);
        out.n += n;
        bytes += n;
        size -= n;
        if (out.n == sizeof out.bytes)
            cli_flush();
    }
    return out.failure ? CNIPOL_E_IO : CNIPOL_OK;
}

int cli_write_error(void *user, const char *bytes, size_t size)
{
    (void)user;
    return write_all(STDERR_FILENO, bytes, size) ? CNIPOL_E_IO : CNIPOL_OK;
}

void cli_puts(const char *text)
{
    (void)cli_write(NULL, text, strlen(text));
}

void cli_printf(const char *fmt, ...)
{
    char small[1024], *text = small;
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(small, sizeof small, fmt, args);
    va_end(args);
    if (n >= (int)sizeof small) {
        text = malloc((size_t)n + 1);
        if (!text) {
            out.failure = ENOMEM;
            return;
        }
        va_start(args, fmt);
        (void)vsnprintf(text, (size_t)n + 1, fmt, args);
        va_end(args);
    }
    if (n > 0)
        (void)cli_write(NULL, text, (size_t)n);
    if (text != small)
        free(text);
}

int cli_out_end(int code)
{
    cli_flush();
    if (!out.failure && close(STDOUT_FILENO) && errno != EBADF)
        out.failure = errno;
    if (!out.failure)
        return code;
    if (out.failure != EPIPE)
        (void)cli_fail(CLI_INTERNAL, "cannot write: %s", strerror(out.failure));
    return CLI_INTERNAL;
}

/* A text as a terminal may see it: arguments and names may hold anything. free() it; NULL: no memory. */
static char *clean_copy(const char *text)
{
    struct cnipol_text whole = {text, (uint32_t)strnlen(text, INT32_MAX)};
    size_t size = cnipol_text_print(whole, NULL, 0, NULL) + 1;
    char *copy = malloc(size);

    if (copy)
        (void)cnipol_text_print(whole, copy, size, NULL);
    return copy;
}

void cli_put_text(const char *text)
{
    char *copy = clean_copy(text);

    if (copy)
        cli_puts(copy);
    else
        out.failure = ENOMEM;
    free(copy);
}

void cli_json_string(const char *text)
{
    struct cnipol_text whole = {text, (uint32_t)strnlen(text, INT32_MAX)};
    size_t size = cnipol_text_print_json(whole, NULL, 0) + 1;
    char *copy = malloc(size);

    if (copy && cnipol_text_print_json(whole, copy, size))
        cli_puts(copy);
    else
        out.failure = ENOMEM;
    free(copy);
}

static __attribute__((format(printf, 1, 0))) void say(const char *fmt, va_list args)
{
    char *text = NULL, *copy;
    int n = vasprintf(&text, fmt, args);

    if (n < 0)
        return;
    copy = clean_copy(text);
    (void)fprintf(stderr, "cnipol: %s\n", copy ? copy : "out of memory");
    free(copy);
    free(text);
}

int cli_fail(int code, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    say(fmt, args);
    va_end(args);
    return code;
}

void cli_note(const struct cli_args *args, const char *fmt, ...)
{
    va_list list;

    if (args->quiet)
        return;
    va_start(list, fmt);
    say(fmt, list);
    va_end(list);
}

int cli_status(int status)
{
    switch (status) {
    case CNIPOL_OK:
        return CLI_OK;
    case CNIPOL_E_IO:
    case CNIPOL_E_SYNTAX:
    case CNIPOL_E_LIMIT:
    case CNIPOL_E_INVALID:
        return CLI_INPUT; /* diagnostics have said why */
    case CNIPOL_E_USAGE:
    case CNIPOL_E_NOTFOUND:
        return cli_fail(CLI_USAGE, "%s", cnipol_status_text(status));
    default:
        return cli_fail(CLI_INTERNAL, "%s", cnipol_status_text(status));
    }
}

bool cli_wants_color(const struct cli_args *args, int fd)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

    if (args->color)
        return args->color == 1;
    return isatty(fd) && !(no && *no) && !(term && strcmp(term, "dumb") == 0);
}

int cli_format(const struct cli_args *args, const char *known)
{
    const char *name = args->format ? args->format : "text";
    size_t n = strlen(name);

    for (const char *word = known; *word;) {
        size_t size = strcspn(word, " ");

        if (size == n && memcmp(word, name, n) == 0)
            return cnipol_format_parse(name);
        word += size + (word[size] == ' ');
    }
    (void)cli_fail(CLI_USAGE, "--format is one of: %s; not %s", known, name);
    return -1;
}
