/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_BPF_TESTING_H
#define TESTS_BPF_TESTING_H

/* What the tests of the kernel's side share: cmocka, and a whole program that is skipped where BPF is not permitted. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>
#include <cmocka.h>

#include <cnipol/bpf.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define EXIT_SKIP 77

static inline int print_nothing(enum libbpf_print_level level, const char *format, va_list arguments)
{
    (void)level;
    (void)format;
    (void)arguments;
    return 0;
}

/* The reason why none of this can run here, told; the caller exits with EXIT_SKIP. */
static inline int cannot_run(void)
{
    const char *why = cnipol_bpf_unavailable();

    libbpf_set_print(print_nothing);
    if (why)
        printf("skip: %s\n", why);
    return why != NULL;
}

#endif
