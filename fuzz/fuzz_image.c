/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Images, over any bytes. What verify passes is asked and shown, in blocks that end where the image or what an
 * evaluation may read ends; the two ways of asking many questions agree.
 *
 * So that mutations get beyond the checksums, the header is made to fit the bytes: its size, no checksums of sections,
 * its own checksum. The bytes as they are were verified before.
 */

#include "fuzz.h"

#include <string.h>

#include <cnipol/report.h>

#include "image/image.h"

#define QUESTIONS 64u

static uint8_t *exact_copy(const uint8_t *bytes, size_t n)
{
    void *copy = NULL;

    FUZZ_CHECK(posix_memalign(&copy, CNIPOL_IMAGE_ALIGN, n ? n : 1) == 0);
    if (n)
        memcpy(copy, bytes, n);
    return copy;
}

static void seal(uint8_t *bytes, size_t n)
{
    struct cnipol_image_header *header = (struct cnipol_image_header *)bytes;
    uint32_t sections;

    if (n < sizeof *header)
        return;
    sections = header->n_sections;
    header->total_bytes = n;
    header->features &= ~(uint32_t)CNIPOL_FEATURE_CHECKSUMS;
    if (sections > NP_IMAGE_SECTIONS_MAX || n < sizeof *header + sections * sizeof(struct cnipol_image_section))
        return;
    header->header_bytes = (uint32_t)(sizeof *header + sections * sizeof(struct cnipol_image_section));
    for (uint32_t i = 0; i < sections; i++) {
        struct cnipol_image_section section;
        uint8_t *at = bytes + sizeof *header + i * sizeof section;

        memset(at + offsetof(struct cnipol_image_section, checksum), 0, sizeof section.checksum);
    }
    np_image_header_checksum(header, header->checksum);
}

/* Questions from the image's own bytes: small numbers, mostly sound ones. */
static void make_keys(const uint8_t *bytes, size_t n, uint32_t n_ids, struct cnipol_key *keys)
{
    static const uint8_t protocols[] = {6, 17, 1, 58, 132, 47};

    for (uint32_t i = 0; i < QUESTIONS; i++) {
        uint64_t word;

        memcpy(&word, bytes + (i * 2654435761u) % (n - 8), sizeof word);
        keys[i] = (struct cnipol_key){.source = (uint32_t)word % n_ids, .destination = (uint32_t)(word >> 16) % n_ids};
        keys[i].protocol = i % 8 == 7 ? (uint8_t)word : protocols[i % 6];
        keys[i].flags = (uint8_t)(word >> 24) & 7;
        keys[i].icmp_type = (uint8_t)(word >> 32);
        keys[i].icmp_code = (uint8_t)(word >> 40);
        keys[i].source_port = (uint16_t)(word >> 8);
        keys[i].destination_port = (uint16_t)(word >> 20);
        keys[i].relations = (uint8_t)(word >> 48) & 31;
        keys[i].state = (uint8_t)(word >> 53) % 4;
        keys[i].directions = (uint8_t)(word >> 56) & 3;
    }
}

static void ask(const uint8_t *bytes)
{
    const struct cnipol_image_header *header = np_image_header(bytes);
    uint8_t *exact = exact_copy(bytes, header->eval_bytes);
    struct cnipol_image image = {.bytes = exact, .n = header->eval_bytes, .view = header->view};
    struct cnipol_answer answers[QUESTIONS], one;
    struct cnipol_key keys[QUESTIONS];
    uint32_t n_ids = cnipol_image_ids(&image);

    np_batch_init(&image.batch, exact, image.view);
    make_keys(exact, image.n, n_ids ? n_ids : 1, keys);
    cnipol_image_ask_batch(&image, keys, QUESTIONS, answers);
    for (uint32_t i = 0; i < QUESTIONS; i++) {
        cnipol_image_ask(&image, &keys[i], &one);
        FUZZ_CHECK(memcmp(&one, &answers[i], sizeof one) == 0);
        FUZZ_CHECK(one.decision >= CNIPOL_ALLOW && one.decision <= CNIPOL_DENY);
        cnipol_image_ask_rules(&image, &keys[i], &one);
    }
    free(exact);
}

static int swallow(void *user, const char *bytes, size_t n)
{
    size_t *left = user;

    (void)bytes;
    *left -= n < *left ? n : *left;
    return *left == 0;
}

static void show(struct cnipol_ctx *ctx, const uint8_t *bytes, size_t n)
{
    struct cnipol_report_opts opts = CNIPOL_REPORT_OPTS_INIT;
    struct cnipol_image *image;
    size_t left = 1 << 20;

    FUZZ_CHECK(cnipol_image_open(ctx, bytes, n, &image) == CNIPOL_OK);
    cnipol_report_image(ctx, image, 1, &opts, swallow, &left);
    opts.format = CNIPOL_FORMAT_JSON;
    cnipol_report_image_stat(ctx, image, &opts, swallow, &left);
    cnipol_image_free(image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cnipol_ctx *ctx = fuzz_ctx();
    uint8_t *bytes = exact_copy(data, size);

    (void)cnipol_image_verify(ctx, bytes, size);
    seal(bytes, size);
    if (cnipol_image_verify(ctx, bytes, size) == CNIPOL_OK) {
        ask(bytes);
        show(ctx, bytes, size);
    }
    free(bytes);
    cnipol_ctx_free(ctx);
    return 0;
}
