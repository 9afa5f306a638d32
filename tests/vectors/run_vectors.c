/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run_vectors FILE: runs one vector file through the public interface, prints the questions that fail (the
 * first ones in full), and ends with `N passed, N failed`. A file that cannot be read to its end is a failure.
 */

#include <stdio.h>

#include <cnipol/cnipol.h>

#define SHOWN_MAX 20

static int print(void *user, const char *bytes, size_t size)
{
    return fwrite(bytes, 1, size, user) == size ? 0 : CNIPOL_E_IO;
}

static void on_result(void *user, const struct cnipol_vector_result *result)
{
    int *shown = user;

    if ((*shown)++ >= SHOWN_MAX)
        return;
    printf("%s:%u: %s: %s: expected %s, got %s\n", result->file, result->line, result->case_name, result->question, result->expected,
           result->got);
    if (result->chain)
        printf("    %s\n", result->chain);
}

int main(int argc, char **argv)
{
    const struct cnipol_report_opts opts = CNIPOL_REPORT_OPTS_INIT;
    struct cnipol_vector_counts counts = {0, 0, 0};
    struct cnipol_ctx *ctx = NULL;
    int shown = 0;
    int rc;

    if (argc != 2) {
        fprintf(stderr, "usage: %s FILE\n", argv[0]);
        return 2;
    }
    rc = cnipol_ctx_new(NULL, &ctx);
    if (!rc)
        rc = cnipol_vector_run(ctx, argv[1], 0, on_result, &shown, &counts);
    if (rc) {
        printf("%s: %s\n", argv[1], cnipol_status_text(rc));
        if (ctx)
            cnipol_report_diags(ctx, &opts, print, stdout);
        counts.failed++;
    }
    cnipol_ctx_free(ctx);
    printf("%llu passed, %llu failed\n", (unsigned long long)counts.passed, (unsigned long long)counts.failed);
    return counts.failed ? 1 : 0;
}
