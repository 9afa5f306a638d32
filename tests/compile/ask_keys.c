/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ask_keys IMAGE KEYS [--lists]: what the evaluator's headers answer to questions of 24 bytes each, one answer a line, in
 * numbers, as docs/image_reader.py prints them. The image is taken as it is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cnipol/eval_core.h>

/* A whole file, at a multiple of 64. */
static uint8_t *read_file(const char *path, size_t *n)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = NULL;
    long size;

    if (!file)
        return NULL;
    if (fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) >= 0 && fseek(file, 0, SEEK_SET) == 0) {
        *n = (size_t)size;
        bytes = aligned_alloc(64, (*n + 64) / 64 * 64);
        if (bytes && fread(bytes, 1, *n, file) != *n) {
            free(bytes);
            bytes = NULL;
        }
    }
    fclose(file);
    return bytes;
}

static void ask(const uint8_t *image, const uint8_t *keys, size_t n, int by_lists)
{
    uint32_t view = ((const struct cnipol_image_header *)(const void *)image)->view;

    for (size_t i = 0; i < n; i++) {
        struct cnipol_answer answer;
        struct cnipol_key key;

        memcpy(&key, keys + i * sizeof key, sizeof key);
        if (by_lists)
            cnipol_eval_rules(image, view, &key, &answer);
        else
            cnipol_eval(image, view, &key, &answer);
        printf("%u %u %u %u %u %u %u\n", answer.decision, answer.parts[0], answer.parts[1], answer.flags, answer.program[0],
               answer.program[1], answer.auth);
    }
}

int main(int argc, char **argv)
{
    size_t image_n = 0, keys_n = 0;
    uint8_t *image = argc >= 3 ? read_file(argv[1], &image_n) : NULL, *keys = argc >= 3 ? read_file(argv[2], &keys_n) : NULL;
    int is_sound = image && keys && image_n >= sizeof(struct cnipol_image_header);

    if (is_sound)
        ask(image, keys, keys_n / sizeof(struct cnipol_key), argc > 3 && strcmp(argv[3], "--lists") == 0);
    else
        fprintf(stderr, "usage: ask_keys IMAGE KEYS [--lists]\n");
    free(image);
    free(keys);
    return is_sound ? 0 : 2;
}
