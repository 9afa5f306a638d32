/* SPDX-License-Identifier: BSD-2-Clause */
/* cnipol image: what is in an image, is it whole, and how do two differ? */

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

/* An action that looks at images alone. */
struct action {
    const char *name;
    uint32_t images; /* how many it takes */
    const char *formats;
    int (*run)(struct cnipol_ctx *ctx, struct cnipol_image *const *images, const struct cli_args *args, int format);
};

static int verify(struct cnipol_ctx *ctx, struct cnipol_image *const *images, const struct cli_args *args, int format)
{
    const void *bytes;
    size_t n;

    (void)ctx;
    (void)format;
    bytes = cnipol_image_bytes(images[0], &n);
    (void)bytes;
    if (!args->quiet)
        cli_printf("%s: sound, %zu bytes\n", args->rest.items[1], n);
    return CLI_OK;
}

static const struct action actions[] = {
    {"verify", 1, "text", verify},
};

#define N_ACTIONS (sizeof actions / sizeof actions[0])

static const char *action_name(size_t i, const void *user)
{
    (void)user;
    return i < N_ACTIONS ? actions[i].name : NULL;
}

static int unknown_action(const char *name)
{
    const char *near = cli_nearest(name, action_name, NULL);

    if (near)
        return cli_fail(CLI_USAGE, "image does not know how to %s; did you mean %s?", name, near);
    return cli_fail(CLI_USAGE, "image does not know how to %s; see 'cnipol image --help'", name);
}

/* Loading proves that the image is whole. */
static int load(struct cnipol_ctx *ctx, const struct cli_args *args, struct cnipol_image **images, uint32_t n)
{
    struct cli_world world = {.ctx = ctx};
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < n && !rc; i++)
        rc = cnipol_image_load(ctx, args->rest.items[i + 1], &images[i]);
    (void)cli_world_tell(&world, args);
    return cli_status(rc);
}

static int run_action(const struct action *action, const struct cli_args *args)
{
    struct cnipol_image *images[2] = {NULL, NULL};
    struct cnipol_ctx *ctx = NULL;
    int format = cli_format(args, action->formats), code;

    if (format < 0)
        return CLI_USAGE;
    if (args->rest.n != action->images + 1)
        return cli_fail(CLI_USAGE, "image %s takes %s; see 'cnipol image --help'", action->name,
                        action->images == 1 ? "one IMAGE" : "two images");
    code = cli_status(cnipol_ctx_new(NULL, &ctx));
    if (!code)
        code = load(ctx, args, images, action->images);
    if (!code)
        code = action->run(ctx, images, args, format);
    cnipol_image_free(images[0]);
    cnipol_image_free(images[1]);
    cnipol_ctx_free(ctx);
    return code;
}

static int run(const struct cli_args *args)
{
    if (!args->rest.n)
        return cli_fail(CLI_USAGE, "image: what shall be done? See 'cnipol image --help'");
    for (size_t i = 0; i < N_ACTIONS; i++)
        if (strcmp(actions[i].name, args->rest.items[0]) == 0)
            return run_action(&actions[i], args);
    return unknown_action(args->rest.items[0]);
}

const struct cli_verb cli_image = {
    .name = "image",
    .bit = CLI_IMAGE,
    .usage = "verify IMAGE",
    .summary = "what is in an image, and is it whole?",
    .about = "verify proves that no evaluation of the image can read beyond it or run on for ever, and that none of its bytes has changed\n"
             "since it was made.",
    .example = "  cnipol image verify policies.image\n",
    .run = run,
};
