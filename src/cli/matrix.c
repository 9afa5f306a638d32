/* SPDX-License-Identifier: BSD-2-Clause */
/* cnipol matrix: who reaches whom, for one protocol and port. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

/* The ends of --pods; *n stays 0 where the option is not given. */
static int take_pods(const struct cli_world *world, const struct cli_args *args, struct cnipol_end **ends, uint32_t *n)
{
    char *copy, *rest = NULL, *name;
    int code = CLI_OK;

    if (!args->pods)
        return CLI_OK;
    copy = strdup(args->pods);
    *ends = calloc(strlen(args->pods) / 2 + 1, sizeof **ends);
    if (!copy || !*ends)
        code = cli_status(CNIPOL_E_NOMEM);
    for (name = code ? NULL : strtok_r(copy, ",", &rest); name && !code; name = strtok_r(NULL, ",", &rest))
        code = cli_end(world, args, name, &(*ends)[(*n)++]);
    free(copy);
    return code || *n ? code : cli_fail(CLI_USAGE, "--pods names nobody");
}

static int make_matrix(const struct cli_world *world, const struct cli_args *args, const struct cnipol_end *ends, uint32_t n,
                       struct cnipol_matrix **out)
{
    struct cnipol_question like = {0};
    int code = cli_question_options(args, &like);

    if (code)
        return code;
    if (!world->image)
        return cli_status(cnipol_matrix_new(world->ctx, world->model, ends, n, &like, out));
    return cli_status(cnipol_matrix_of_image(world->ctx, world->image, cli_way(args), world->model, ends, n, &like, out));
}

static int print_matrix(const struct cli_world *world, const struct cli_args *args, const struct cnipol_end *ends, uint32_t n,
                        const struct cnipol_report_opts *opts)
{
    struct cnipol_matrix *matrix = NULL;
    int code = make_matrix(world, args, ends, n, &matrix), rc = CNIPOL_OK;

    if (!code)
        rc = cnipol_report_matrix(world->ctx, matrix, opts, cli_write, NULL);
    cnipol_matrix_free(matrix);
    if (code)
        return code;
    return cli_out_failed() ? CLI_INTERNAL : cli_status(rc);
}

static int matrix(const struct cli_world *world, const struct cli_args *args, const struct cnipol_report_opts *opts)
{
    struct cnipol_end *ends = NULL;
    uint32_t n = 0;
    int code = take_pods(world, args, &ends, &n);

    if (!code && !n && !cnipol_model_pods(world->model))
        code = cli_fail(CLI_INPUT, "there are no pods in the input, nor workloads that stand for them");
    if (!code)
        code = print_matrix(world, args, ends, n, opts);
    free(ends);
    return code;
}

static int run(const struct cli_args *args)
{
    struct cnipol_report_opts opts = CNIPOL_REPORT_OPTS_INIT;
    struct cli_world world;
    int code;

    opts.format = cli_format(args, "text csv json markdown");
    opts.color = opts.format == CNIPOL_FORMAT_TEXT && cli_wants_color(args, 1);
    if (opts.format < 0)
        return CLI_USAGE;
    if (args->rest.n)
        return cli_fail(CLI_USAGE, "matrix takes no arguments: manifests are named with -f, pods with --pods");
    code = cli_world_open_any(&world, args);
    if (!code)
        code = matrix(&world, args, &opts);
    cli_world_close(&world);
    return code;
}

const struct cli_verb cli_matrix = {
    .name = "matrix",
    .bit = CLI_MATRIX,
    .usage = "-f PATH... [OPTION]...\n       cnipol matrix --image IMAGE [OPTION]...",
    .summary = "who reaches whom?",
    .about = "Asks every pod against every pod, for one protocol and port. Rows are sources, columns destinations: . allow, X deny, R "
             "redirect,\n"
             "? undefined. Formats: text (default), csv, json, markdown. Exit codes are those of 'cnipol eval'.\n\n"
             "With --image the answers come from an image, which knows its cluster, engine and knobs.",
    .example = "  cnipol matrix -f policies/ --port 443\n  cnipol matrix --image policies.image --port 443\n  cnipol matrix -f policies/ "
               "--port 53 --protocol UDP --pods "
               "shop/web,shop/db,10.0.0.10\n",
    .run = run,
};
