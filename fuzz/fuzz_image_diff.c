/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a stored cluster: what the policies say and what their image says is the same, to whoever can be asked
 * about, with the questions that the policies themselves give rise to. The bytes' checksum sets the knobs.
 */

#include "fuzz.h"

#include <zlib.h>

#include <cnipol/prove.h>

#define MAX_QUESTIONS 20000

static void set_knobs(struct cnipol_knobs *knobs, uint32_t bits)
{
    for (size_t i = 0; cnipol_knob_at(i); i++) {
        const char *const *values = cnipol_knob_at(i)->values;
        uint32_t n = 0;

        while (values[n])
            n++;
        FUZZ_CHECK(cnipol_knobs_set(knobs, cnipol_knob_at(i)->name, values[bits % 3 ? 0 : bits / 3 % n]) == CNIPOL_OK);
        bits = bits * 2654435761u + 40503u;
    }
}

static void prove(struct cnipol_ctx *ctx, const struct cnipol_model *model)
{
    const struct cnipol_prove_opts opts = {.sz = sizeof opts, .max_questions = MAX_QUESTIONS, .max_pairs = 4096};
    struct cnipol_image *image;
    struct cnipol_proof proof;
    int rc = cnipol_compile(ctx, model, NULL, &image);

    FUZZ_CHECK(rc == CNIPOL_OK || rc == CNIPOL_E_NOMEM || rc == CNIPOL_E_LIMIT);
    if (rc)
        return;
    rc = cnipol_prove(ctx, model, image, &opts, &proof);
    if (rc == CNIPOL_E_INVALID)
        fprintf(stderr, "%s: %s to %s, protocol %u port %u: %u and %u\n", proof.way, proof.source, proof.destination, proof.key.protocol,
                proof.key.destination_port, proof.expected.decision, proof.got.decision);
    FUZZ_CHECK(rc == CNIPOL_OK || rc == CNIPOL_E_LIMIT || rc == CNIPOL_E_NOMEM);
    cnipol_image_free(image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct cnipol_cluster_opts opts = {.sz = sizeof opts, .mode = CNIPOL_MODE_STORED};
    struct cnipol_cluster *cluster = NULL;
    struct cnipol_knobs *knobs = NULL;
    struct cnipol_model *model = NULL;
    struct cnipol_ctx *ctx = fuzz_ctx();

    FUZZ_CHECK(cnipol_cluster_new(ctx, &opts, &cluster) == CNIPOL_OK);
    FUZZ_CHECK(cnipol_knobs_new(ctx, &knobs) == CNIPOL_OK);
    set_knobs(knobs, (uint32_t)crc32(0, data, (uInt)size));
    if (cnipol_cluster_load_bytes(cluster, "fuzz.yaml", (const char *)data, size) != CNIPOL_E_NOMEM &&
        cnipol_model_new(cluster, NULL, knobs, &model) == CNIPOL_OK)
        prove(ctx, model);
    cnipol_model_free(model);
    cnipol_knobs_free(knobs);
    cnipol_cluster_free(cluster);
    cnipol_ctx_free(ctx);
    return 0;
}
