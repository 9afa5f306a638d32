/* SPDX-License-Identifier: BSD-2-Clause */
/* cnipol image: what is in an image, is it whole, how do two differ, and does it say what the manifests say? */

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

/* What an action on images is given. */
struct looking {
    const struct cli_args *args;
    struct cnipol_ctx *ctx;
    struct cnipol_image *images[2];
    struct cnipol_report_opts opts;
};

/* Loading has proved all there is to prove. */
static int verify(struct looking *l)
{
    size_t n;

    (void)cnipol_image_bytes(l->images[0], &n);
    if (l->args->quiet)
        return CLI_OK;
    cli_put_text(l->args->rest.items[1]);
    cli_printf(": sound, %zu bytes\n", n);
    return CLI_OK;
}

static int reported(int rc)
{
    return cli_out_failed() ? CLI_INTERNAL : cli_status(rc);
}

static int stat(struct looking *l)
{
    return reported(cnipol_report_image_stat(l->ctx, l->images[0], &l->opts, cli_write, NULL));
}

static int dump(struct looking *l)
{
    return reported(cnipol_report_image(l->ctx, l->images[0], l->args->full, &l->opts, cli_write, NULL));
}

static int diff(struct looking *l)
{
    struct cnipol_image_diff found;
    int rc = cnipol_image_diff(l->ctx, l->images[0], l->images[1], 0, &found), code;

    if (rc)
        return cli_status(rc);
    if (found.same_bytes && l->opts.format == CNIPOL_FORMAT_TEXT)
        return CLI_OK;
    code = reported(cnipol_report_image_diff(l->ctx, l->images[0], l->images[1], &found, &l->opts, cli_write, NULL));
    return code || found.same_bytes ? code : CLI_FINDINGS;
}

static const struct action {
    const char *name;
    uint32_t n_images;
    const char *takes;
    const char *formats;
    int (*run)(struct looking *l);
} actions[] = {
    {"verify", 1, "one IMAGE", "text", verify},
    {"stat", 1, "one IMAGE", "text json", stat},
    {"dump", 1, "one IMAGE", "text json", dump},
    {"diff", 2, "two images", "text json", diff},
    {"prove", 0, NULL, NULL, NULL},
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

static int load(struct looking *l, uint32_t n)
{
    struct cli_world world = {.ctx = l->ctx};
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < n && !rc; i++)
        rc = cnipol_image_load(l->ctx, l->args->rest.items[i + 1], &l->images[i]);
    (void)cli_world_tell(&world, l->args);
    return cli_status(rc);
}

static int run_action(const struct action *action, const struct cli_args *args)
{
    struct looking l = {.args = args, .opts = CNIPOL_REPORT_OPTS_INIT};
    int code;

    if (!action->run)
        return cli_image_prove(args);
    l.opts.format = cli_format(args, action->formats);
    l.opts.color = l.opts.format == CNIPOL_FORMAT_TEXT && cli_wants_color(args, 1);
    if (l.opts.format < 0)
        return CLI_USAGE;
    if (args->rest.n != action->n_images + 1)
        return cli_fail(CLI_USAGE, "image %s takes %s; see 'cnipol image --help'", action->name, action->takes);
    if (args->files.n)
        return cli_fail(CLI_USAGE, "image %s is about images alone: -f is for image prove", action->name);
    code = cli_status(cnipol_ctx_new(NULL, &l.ctx));
    if (!code)
        code = load(&l, action->n_images);
    if (!code)
        code = action->run(&l);
    cnipol_image_free(l.images[0]);
    cnipol_image_free(l.images[1]);
    cnipol_ctx_free(l.ctx);
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
    .usage = "verify|stat|dump IMAGE\n       cnipol image diff A B\n       cnipol image prove -f PATH... [OPTION]... [IMAGE]",
    .summary = "what is in an image, is it whole, does it hold?",
    .about =
        "verify proves that no evaluation of the image can read beyond it or run on for ever, and that none of its bytes has changed\n"
        "since it was made. stat tells sizes and counts, dump what the image consists of (with --full: all of it), diff how two "
        "differ\n"
        "in their tables and in their verdicts: exit code 1 if they do.\n\n"
        "prove asks the policies of the manifests and the image (without one: what compiling them gives) about everybody and everybody,\n"
        "with every question that the policies can tell apart, by tables and by rule lists, with --with bpf in the kernel, too. Exit\n"
        "code 0 only if everything was asked and answered alike; 1 otherwise, with a test case that fails.\n\n"
        "Formats: text (default), json.",
    .example = "  cnipol image verify policies.image\n  cnipol image prove -f policies/ policies.image\n",
    .run = run,
};
