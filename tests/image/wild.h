/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_IMAGE_WILD_H
#define TESTS_IMAGE_WILD_H

/* Mutations of images, and any question to what verify passed. */

#include "testing.h"

/* Asks everything of what passed, where one byte more is beyond the block. */
static inline void ask_wildly(const uint8_t *bytes, uint64_t *random)
{
    const struct cnipol_image_header *header = np_image_header(bytes);
    uint8_t *exact = exact_copy(bytes, header->eval_bytes);
    struct cnipol_image image = {.bytes = exact, .n = header->eval_bytes, .view = header->view};
    struct cnipol_key keys[40];
    struct cnipol_answer answers[COUNT(keys)], one;
    uint32_t n_ids = cnipol_image_ids(&image);

    np_batch_init(&image.batch, exact, image.view);
    for (uint32_t i = 0; i < COUNT(keys); i++) {
        keys[i] = bi_key_random(random, n_ids ? n_ids : 1);
        if (i % 4 == 0)
            for (size_t k = 0; k < sizeof keys[i]; k++)
                ((uint8_t *)&keys[i])[k] = (uint8_t)bi_random(random);
        if (i % 8 == 4)
            keys[i].destination_port = (uint16_t)bi_random(random);
    }
    cnipol_image_ask_batch(&image, keys, COUNT(keys), answers);
    for (uint32_t i = 0; i < COUNT(keys); i++) {
        cnipol_image_ask(&image, &keys[i], &one);
        assert_memory_equal(&one, &answers[i], sizeof one);
        cnipol_image_ask_rules(&image, &keys[i], &one);
    }
    free(exact);
}

/* A number that is likely to be wrong in an interesting way. */
static inline uint32_t wrong_number(uint64_t *random, const uint8_t *bytes, size_t n)
{
    const uint32_t numbers[] = {0, 1, UINT32_MAX, 0x7fffffff, 0x80000000, 65535, 65536, 1u << 30, 0xfffffff0};
    uint32_t number;

    if (bi_below(random, 3) == 0)
        return numbers[bi_below(random, COUNT(numbers))];
    memcpy(&number, bytes + bi_below(random, (uint32_t)n / 4) * 4, 4);
    return number + bi_below(random, 3) - 1;
}

static inline void mutate(uint64_t *random, uint8_t *bytes, size_t n, uint32_t view)
{
    for (uint32_t i = 1 + bi_below(random, 3); i; i--) {
        uint32_t how = bi_below(random, 4), value = wrong_number(random, bytes, n);
        size_t at = how == 0 ? view + bi_below(random, 704) : 184 + bi_below(random, (uint32_t)n - 184);

        if (how < 2)
            memcpy(bytes + (at & ~(size_t)3), &value, 4);
        else if (how == 2)
            memcpy(bytes + (at & ~(size_t)1), &value, 2);
        else
            bytes[at] = (uint8_t)value;
    }
}

#endif
