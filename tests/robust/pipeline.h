/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_ROBUST_PIPELINE_H
#define TESTS_ROBUST_PIPELINE_H

/*
 * The whole of the public interface in one go, from bytes to reports, with everything that was said put
 * into one text: two runs gave the same answers exactly if their texts are equal.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cnipol/cnipol.h>

/* Text that grows by malloc(3), outside the allocator that is under test. */
struct sink {
    char *text;
    size_t n;
    size_t cap;
};

int sink_write(void *sink, const char *bytes, size_t size);
void sink_print(struct sink *sink, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sink_free(struct sink *sink);

struct input {
    const char *name;
    const char *bytes;
    size_t size;
};

struct run {
    const struct cnipol_alloc *alloc;
    const struct input *inputs;
    size_t n_inputs;
    int32_t mode;       /* enum cnipol_mode */
    uint32_t questions; /* explained ones */
    uint64_t memory;    /* CNIPOL_LIMIT_MEMORY; 0: none */
    bool no_names;      /* leave out what hands on names as they are */
    bool retry;         /* a step that ran out of memory is tried once more */
    struct sink said;
    uint32_t nomem;      /* steps that ran out of memory */
    const char *failing; /* the first of them */
    int load_status;     /* the last that was not CNIPOL_OK */
    size_t errors;       /* raised */
    size_t placeless;    /* errors and warnings that were kept without a place */
    size_t peak;         /* bytes */
    size_t asked_at;     /* where in `said` the verdicts stand */
    size_t asked_n;
};

/* CNIPOL_E_NOMEM as soon as a step ends so (and its second try, if any), else CNIPOL_OK. */
int run_pipeline(struct run *run);

#endif
