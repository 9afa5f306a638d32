/* SPDX-License-Identifier: BSD-2-Clause */
/* cnipol check: would the server take it, and does it mean what was meant? */

#include <stdio.h>

#include "cli/cli.h"

static void count(const struct cli_world *world, size_t by[4])
{
    by[0] = 0;
    for (int32_t severity = CNIPOL_SEVERITY_ERROR; severity <= CNIPOL_SEVERITY_INFO; severity++) {
        by[severity] = cnipol_diag_raised(world->ctx, severity);
        by[0] += by[severity];
    }
}

/* "2 problems (1 error, 1 warning) in 14 objects" */
static void print_summary(const struct cli_world *world)
{
    static const char *const names[] = {"", "error", "warning", "info"};
    struct cnipol_cluster_counts counts;
    size_t by[4];
    const char *between = " (";

    cnipol_cluster_count(world->cluster, &counts);
    count(world, by);
    if (!by[0])
        cli_puts("no problems");
    else
        cli_printf("\n%zu problem%s", by[0], by[0] == 1 ? "" : "s");
    for (int i = CNIPOL_SEVERITY_ERROR; i <= CNIPOL_SEVERITY_INFO; i++) {
        if (!by[i])
            continue;
        cli_printf("%s%zu %s%s", between, by[i], names[i], by[i] == 1 || i == CNIPOL_SEVERITY_INFO ? "" : "s");
        between = ", ";
    }
    cli_printf("%s in %u object%s\n", by[0] ? ")" : "", counts.objects, counts.objects == 1 ? "" : "s");
}

static int outcome(const struct cli_world *world, const struct cli_args *args)
{
    int32_t fail_on = args->fail_on ? args->fail_on : CNIPOL_SEVERITY_WARNING;
    size_t found = 0;

    if (world->loaded && world->loaded != CNIPOL_E_INVALID)
        return CLI_INPUT;
    for (int32_t severity = CNIPOL_SEVERITY_ERROR; severity <= fail_on; severity++)
        found += cnipol_diag_raised(world->ctx, severity);
    return found ? CLI_FINDINGS : CLI_OK;
}

static int report(const struct cli_world *world, const struct cli_args *args, int format)
{
    struct cnipol_report_opts opts = CNIPOL_REPORT_OPTS_INIT;
    int rc;

    opts.format = format;
    opts.color = format == CNIPOL_FORMAT_TEXT && cli_wants_color(args, 1);
    rc = cnipol_report_diags(world->ctx, &opts, cli_write, NULL);
    if (rc && !cli_out_failed())
        return cli_status(rc);
    if (format == CNIPOL_FORMAT_TEXT && !args->quiet)
        print_summary(world);
    return CLI_OK;
}

static int check(struct cli_world *world, const struct cli_args *args, const struct cli_list *paths, int format)
{
    int code = cli_world_load(world, args, paths);

    if (!code)
        code = cli_world_model(world, args);
    if (!code)
        code = cli_status(cnipol_check(world->ctx, world->model));
    if (!code)
        code = report(world, args, format);
    return code ? code : outcome(world, args);
}

static int run(const struct cli_args *args)
{
    const struct cli_list *paths = args->rest.n ? &args->rest : &args->files;
    int format = cli_format(args, "text gcc json jsonl sarif github"), code;
    struct cli_world world;

    if (format < 0)
        return CLI_USAGE;
    if (!paths->n || (args->rest.n && args->files.n))
        return cli_fail(CLI_USAGE,
                        paths->n ? "name the manifests as arguments or with -f, not both" : "which manifests? See 'cnipol check --help'");
    code = check(&world, args, paths, format);
    cli_world_close(&world);
    return code;
}

const struct cli_verb cli_check = {
    .name = "check",
    .bit = CLI_CHECK,
    .usage = "[OPTION]... PATH...",
    .summary = "is it valid, and does it mean what was meant?",
    .about =
        "Reads manifests (files, folders, - for standard input) as the API server would, then looks for what is valid but hardly meant.\n"
        "Findings go to standard output in the format text (default), gcc, json, jsonl, sarif or github. Exit code 1 if there are\n"
        "findings of the severity --fail-on (here: warning) or worse; 2 if something cannot be read.\n\n"
        "For what comes out of a live cluster, --mode stored is right: it takes old objects that a newer server would refuse.",
    .example = "  cnipol check policies/\n  kubectl get ns,pod,netpol -A -o yaml | cnipol check --mode stored -\n",
    .run = run,
};
