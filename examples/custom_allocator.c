/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bring your own allocator, and survive its refusals.
 *
 *     custom_allocator PATH
 *
 * The allocator counts what is in use and refuses after a given number of requests. The example loads
 * PATH and builds a model, allowing 0 requests, then 1, 2, 3, ... growing by half each time, until it succeeds.
 * Every failed try must end with CNIPOL_E_NOMEM and leave nothing behind.
 */

#include <stdio.h>
#include <stdlib.h>

#include <cnipol/cnipol.h>

struct meter {
    size_t in_use;
    size_t requests;
    size_t allowed;
};

static int refused(struct meter *meter)
{
    return meter->requests++ >= meter->allowed;
}

static void *meter_alloc(void *user, size_t size)
{
    struct meter *meter = user;
    void *block = refused(meter) ? NULL : malloc(size);

    if (block)
        meter->in_use += size;
    return block;
}

static void *meter_realloc(void *user, void *block, size_t old_size, size_t new_size)
{
    struct meter *meter = user;
    void *moved = refused(meter) ? NULL : realloc(block, new_size);

    if (moved)
        meter->in_use += new_size - old_size;
    return moved;
}

static void meter_free(void *user, void *block, size_t size)
{
    struct meter *meter = user;

    meter->in_use -= size;
    free(block);
}

static int load(struct meter *meter, const char *path)
{
    const struct cnipol_alloc alloc = {meter_alloc, meter_realloc, meter_free, meter};
    struct cnipol_cluster *cluster = NULL;
    struct cnipol_model *model = NULL;
    struct cnipol_ctx *ctx = NULL;
    int rc = cnipol_ctx_new(&alloc, &ctx);

    if (!rc)
        rc = cnipol_cluster_new(ctx, NULL, &cluster);
    if (!rc)
        rc = cnipol_cluster_load_path(cluster, path);
    if (!rc)
        rc = cnipol_model_new(cluster, "kubernetes", NULL, &model);
    cnipol_model_free(model);
    cnipol_cluster_free(cluster);
    cnipol_ctx_free(ctx);
    return rc;
}

int main(int argc, char **argv)
{
    struct meter meter = {0, 0, 0};
    size_t failures = 0;
    int rc;

    if (argc != 2) {
        fprintf(stderr, "usage: %s PATH\n", argv[0]);
        return 2;
    }
    while ((rc = load(&meter, argv[1])) == CNIPOL_E_NOMEM) {
        if (meter.in_use) {
            fprintf(stderr, "%zu bytes were left behind after %zu requests\n", meter.in_use, meter.allowed);
            return 1;
        }
        failures++;
        meter.allowed += meter.allowed / 2 + 1;
        meter.requests = 0;
    }
    printf("%s; every refusal was survived: %s; bytes left: %zu\n", cnipol_status_text(rc), failures > 0 ? "yes" : "none came",
           meter.in_use);
    return rc || meter.in_use ? 1 : 0;
}
