/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a manifest through the whole public interface, in each mode.
 *
 * What must hold besides safety: ask and explain agree (the pipeline aborts else); what the strict mode
 * takes without an error the server takes too, and stored objects may be, with the same verdicts; what
 * the server takes, a store may hold.
 */

#include "fuzz.h"

#include <string.h>

#include "../tests/robust/pipeline.h"

#define MEMORY (256u << 20)

static int run_mode(const uint8_t *data, size_t size, int32_t mode, struct run *run)
{
    struct input input = {"fuzz.yaml", (const char *)data, size};
    int rc;

    *run = (struct run){.inputs = &input, .n_inputs = 1, .mode = mode, .questions = 6, .memory = MEMORY};
    rc = run_pipeline(run);
    run->inputs = NULL;
    return rc;
}

static bool taken(const struct run *run)
{
    return run->load_status == CNIPOL_OK;
}

static bool same_verdicts(const struct run *a, const struct run *b)
{
    return a->asked_n == b->asked_n && (a->asked_n == 0 || memcmp(a->said.text + a->asked_at, b->said.text + b->asked_at, a->asked_n) == 0);
}

static void expect_follows(const struct run *strict, const struct run *lax)
{
    FUZZ_CHECK(!taken(strict) || taken(lax));
    FUZZ_CHECK(!taken(strict) || same_verdicts(strict, lax));
}

static void expect_honest(const struct run *run)
{
    FUZZ_CHECK((run->errors > 0) == (run->load_status != CNIPOL_OK));
    FUZZ_CHECK(run->placeless == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct run runs[3];
    int status = CNIPOL_OK;

    for (int32_t mode = CNIPOL_MODE_STRICT; mode <= CNIPOL_MODE_STORED; mode++)
        status |= run_mode(data, size, mode, &runs[mode]);
    if (status == CNIPOL_OK) {
        for (int mode = 0; mode < 3; mode++)
            expect_honest(&runs[mode]);
        expect_follows(&runs[CNIPOL_MODE_STRICT], &runs[CNIPOL_MODE_SERVER]);
        expect_follows(&runs[CNIPOL_MODE_SERVER], &runs[CNIPOL_MODE_STORED]);
    }
    for (int mode = 0; mode < 3; mode++)
        sink_free(&runs[mode].said);
    return 0;
}
