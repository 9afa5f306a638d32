/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ask_keys IMAGE KEYS [--lists|--batch]: what the library answers to questions of 24 bytes each, an answer a line, in
 * numbers, as docs/image_reader.py prints them. Exit status 2: the image does not pass.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cnipol/cnipol.h>
#include <cnipol/image.h>

struct keys {
    struct cnipol_key *items;
    size_t n;
};

static int read_keys(const char *path, struct keys *out)
{
    FILE *file = fopen(path, "rb");
    long size = -1;

    if (!file)
        return -1;
    if (fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) > 0 && fseek(file, 0, SEEK_SET) == 0) {
        out->n = (size_t)size / sizeof *out->items;
        out->items = calloc(out->n + 1, sizeof *out->items);
        if (!out->items || fread(out->items, sizeof *out->items, out->n, file) != out->n)
            size = -1;
    }
    fclose(file);
    return size > 0 ? 0 : -1;
}

static void print(const struct cnipol_answer *a)
{
    printf("%u %u %u %u %u %u %u\n", a->decision, a->parts[0], a->parts[1], a->flags, a->program[0], a->program[1], a->auth);
}

static int ask_batch(const struct cnipol_image *image, const struct keys *keys)
{
    struct cnipol_answer *answers = calloc(keys->n + 1, sizeof *answers);

    if (!answers)
        return -1;
    cnipol_image_ask_batch(image, keys->items, keys->n, answers);
    for (size_t i = 0; i < keys->n; i++)
        print(&answers[i]);
    free(answers);
    return 0;
}

static int ask(const struct cnipol_image *image, const struct keys *keys, const char *way)
{
    if (strcmp(way, "--batch") == 0)
        return ask_batch(image, keys);
    for (size_t i = 0; i < keys->n; i++) {
        struct cnipol_answer answer;

        if (strcmp(way, "--lists") == 0)
            cnipol_image_ask_rules(image, &keys->items[i], &answer);
        else
            cnipol_image_ask(image, &keys->items[i], &answer);
        print(&answer);
    }
    return 0;
}

static void complain(struct cnipol_ctx *ctx)
{
    struct cnipol_diag diag;

    for (size_t i = 0; i < cnipol_diag_count(ctx); i++)
        if (cnipol_diag_get(ctx, i, &diag) == CNIPOL_OK)
            fprintf(stderr, "%s\n", diag.message);
}

int main(int argc, char **argv)
{
    struct cnipol_image *image = NULL;
    struct cnipol_ctx *ctx = NULL;
    struct keys keys = {NULL, 0};
    int rc = argc < 3 || read_keys(argv[2], &keys) || cnipol_ctx_new(NULL, &ctx) ? -1 : cnipol_image_load(ctx, argv[1], &image);

    if (!rc)
        rc = ask(image, &keys, argc > 3 ? argv[3] : "");
    else if (ctx)
        complain(ctx);
    cnipol_image_free(image);
    cnipol_ctx_free(ctx);
    free(keys.items);
    return rc ? 2 : 0;
}
