/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file's bytes where they lie, in the page cache: one window at a time is mapped, which saves copying them.
 *
 * Windows are populated when they are mapped, so what cannot be read is found then, and left to read(2) to tell of. A file that is cut short
 * while a window is used would cost us our life (SIGBUS): the handler puts zeros where its bytes were, and whoever uses the window asks
 * whether that happened before believing what came of it. One window, as there is one handler.
 */

#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/observe.h"

#define WINDOW (1u << 20)

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22 /* Linux 5.14 */
#endif

static struct {
    char *start; /* NULL: none */
    size_t size;
    volatile sig_atomic_t is_lost; /* zeros were put into it */
} window;

/* Anonymous memory in place of the window. Where the fault is not ours, it comes again and ends the program. */
static void on_bus_error(int number, siginfo_t *info, void *context)
{
    bool is_ours = window.start && (uintptr_t)info->si_addr - (uintptr_t)window.start < window.size;
    size_t page = (size_t)sysconf(_SC_PAGESIZE), at = is_ours ? ((uintptr_t)info->si_addr - (uintptr_t)window.start) / page * page : 0;

    (void)context;
    window.is_lost = 1;
    if (!is_ours || mmap(window.start + at, window.size - at, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
        (void)signal(number, SIG_DFL);
}

void observe_unmap(void)
{
    if (window.start)
        (void)munmap(window.start, window.size);
    window.start = NULL;
    window.is_lost = 0;
}

bool observe_map_is_lost(void)
{
    return window.is_lost;
}

const char *observe_map(int fd, uint64_t at, size_t *n)
{
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO};
    uint64_t start = at - at % (uint64_t)sysconf(_SC_PAGESIZE);
    struct stat st;
    size_t size;
    char *bytes;

    observe_unmap();
    if (fstat(fd, &st) != 0 || st.st_size <= 0 || (uint64_t)st.st_size <= at)
        return NULL;
    size = (uint64_t)st.st_size - start < WINDOW ? (size_t)((uint64_t)st.st_size - start) : WINDOW;
    bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, (off_t)start);
    if (bytes == MAP_FAILED)
        return NULL;
    window.size = size;
    window.start = bytes;
    if (madvise(bytes, size, MADV_POPULATE_READ) != 0 || sigaction(SIGBUS, &action, NULL) != 0) {
        observe_unmap();
        return NULL;
    }
    *n = size - (size_t)(at - start);
    return bytes + (at - start);
}
