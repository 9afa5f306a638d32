/* SPDX-License-Identifier: BSD-2-Clause */
/* cnipol compile: policies and cluster as an image. */

#include <string.h>

#include "cli/cli.h"

static int write_image(const struct cli_world *world, const struct cli_args *args, const struct cnipol_image *image)
{
    const void *bytes;
    size_t n;
    int rc;

    bytes = cnipol_image_bytes(image, &n);
    if (strcmp(args->output, "-") == 0)
        return cli_write(NULL, bytes, n) ? CLI_INTERNAL : CLI_OK;
    rc = cnipol_image_write(world->ctx, image, args->output);
    if (!rc && !args->quiet) {
        cli_put_text(args->output);
        cli_printf(": %zu bytes, %u peers\n", n, cnipol_image_ids(image));
    }
    return cli_status(rc);
}

static int compile(const struct cli_world *world, const struct cli_args *args)
{
    struct cnipol_compile_opts opts = {.sz = sizeof opts, .node = args->node, .root = args->root, .only_rules = args->rules_only};
    struct cnipol_image *image = NULL;
    int code;

    opts.max_bytes = args->max_bytes < 0 ? 0 : (uint64_t)args->max_bytes;
    code = cnipol_compile(world->ctx, world->model, &opts, &image);
    if (code == CNIPOL_E_NOTFOUND)
        return cli_fail(CLI_USAGE, "there is no node %s", args->node);
    code = code ? cli_status(code) : write_image(world, args, image);
    cnipol_image_free(image);
    return code;
}

static int run(const struct cli_args *args)
{
    struct cli_world world;
    int code;

    if (args->rest.n)
        return cli_fail(CLI_USAGE, "compile takes no arguments: manifests are named with -f, the image with -o");
    if (!args->output)
        return cli_fail(CLI_USAGE, "where to? Name the image with -o IMAGE");
    code = cli_world_open(&world, args);
    if (!code) {
        cnipol_diag_clear(world.ctx); /* they are told already */
        code = compile(&world, args);
        (void)cli_world_tell(&world, args);
    }
    cli_world_close(&world);
    return code;
}

const struct cli_verb cli_compile = {
    .name = "compile",
    .bit = CLI_COMPILE,
    .usage = "-f PATH... -o IMAGE [OPTION]...",
    .summary = "policies and cluster as an image, for verdicts in nanoseconds",
    .about = "Compiles manifests into an image: one file of tables that answers as fast as memory does, with the names and places that\n"
             "explanations need. 'cnipol eval --image' asks it, and so do programs through the library or in the kernel. The same input "
             "gives\n"
             "the same bytes everywhere. Whoever reads the file while it is replaced reads the old one or the new one.\n\n"
             "What does not fit into --max-bytes of tables is left to rule lists, which are slower and say the same. Exit code 2, and no "
             "image,\n"
             "if some of the input was refused or cannot be read, or has findings that --fail-on (here: error) names.",
    .example = "  cnipol compile -f policies/ -o policies.image\n  cnipol eval --image policies.image shop/web shop/db --port 5432\n",
    .run = run,
};
