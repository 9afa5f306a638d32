/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ending observe's work, from a signal handler or from any thread.
 *
 * A flag alone would be seen late where somebody waits for input: whoever waits polls the descriptor too.
 */

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "cli/observe.h"

/* All that a handler touches. */
static atomic_int halted;
static int wake = -1;

void observe_halt(enum observe_why why)
{
    int none = OBSERVE_GOES_ON;

    (void)atomic_compare_exchange_strong(&halted, &none, (int)why);
    if (wake >= 0)
        (void)eventfd_write(wake, 1);
}

static void on_signal(int number)
{
    (void)number;
    observe_halt(OBSERVE_INTERRUPTED);
}

/* Never one of the first three, which may be closed and still be named: nobody is to read this one as standard input. */
static int open_wake(void)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), moved = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

    if (fd >= 0)
        (void)close(fd);
    return moved;
}

void observe_halt_open(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    wake = open_wake();
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

void observe_halt_close(void)
{
    int fd = wake;

    wake = -1;
    if (fd >= 0)
        (void)close(fd);
}

enum observe_why observe_halted(void)
{
    return (enum observe_why)atomic_load_explicit(&halted, memory_order_relaxed);
}

int observe_halt_fd(void)
{
    return wake;
}
