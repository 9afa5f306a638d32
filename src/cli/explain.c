/* SPDX-License-Identifier: BSD-2-Clause */
/* cnipol explain: why a verdict is what it is, or what a code means. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

/* NP1042 or np1042: 1042; 0 if it is no code. */
static int32_t code_number(const char *text)
{
    if ((text[0] != 'N' && text[0] != 'n') || (text[1] != 'P' && text[1] != 'p') || strlen(text) > 8 || !text[2])
        return 0;
    return strspn(text + 2, "0123456789") == strlen(text + 2) ? (int32_t)strtol(text + 2, NULL, 10) : 0;
}

static int explain_code(const struct cli_args *args, int32_t number, const struct cnipol_report_opts *opts)
{
    struct cnipol_ctx *ctx = NULL;
    int rc = cnipol_ctx_new(NULL, &ctx);

    if (!rc)
        rc = cnipol_report_code(ctx, number, opts, cli_write, NULL);
    cnipol_ctx_free(ctx);
    if (rc == CNIPOL_E_NOTFOUND)
        return cli_fail(CLI_USAGE, "there is no code %s", args->rest.items[0]);
    return cli_out_failed() ? CLI_INTERNAL : cli_status(rc);
}

/* An explanation comes from the image's policies. What enforces is its tables: if they say otherwise, nothing is explained. */
static int check_tables(const struct cli_world *world, const struct cli_args *args, const struct cnipol_question *question,
                        const struct cnipol_trace *trace)
{
    struct cnipol_verdict said, meant;

    if (!world->image)
        return CLI_OK;
    cli_ask(world, args, question, &said);
    cnipol_trace_verdict(trace, &meant);
    if (said.decision == meant.decision)
        return CLI_OK;
    if (!cli_world_is_slice(world))
        return cli_fail(CLI_INTERNAL, "the image's tables say %s, its policies %s: please report this", cnipol_decision_text(said.decision),
                        cnipol_decision_text(meant.decision));
    cli_note(args, "other nodes enforce a part of this; the slice by itself says %s", cnipol_decision_text(said.decision));
    return CLI_OK;
}

static int explain(const struct cli_world *world, const struct cli_args *args, const struct cnipol_report_opts *opts)
{
    struct cnipol_trace *trace = NULL;
    struct cnipol_question question;
    int code = cli_question(world, args, &question), rc;

    if (code)
        return code;
    rc = cnipol_explain(world->ctx, world->model, &question, &trace);
    if (!rc)
        code = check_tables(world, args, &question, trace);
    if (!rc && !code)
        rc = cnipol_report_trace(world->ctx, trace, opts, cli_write, NULL);
    cnipol_trace_free(trace);
    return code || cli_out_failed() ? CLI_INTERNAL : cli_status(rc);
}

static int run(const struct cli_args *args)
{
    struct cnipol_report_opts opts = CNIPOL_REPORT_OPTS_INIT;
    struct cli_world world;
    int code;

    opts.format = cli_format(args, "text json");
    opts.color = opts.format == CNIPOL_FORMAT_TEXT && cli_wants_color(args, 1);
    if (opts.format < 0)
        return CLI_USAGE;
    if (args->rest.n == 1 && code_number(args->rest.items[0]))
        return explain_code(args, code_number(args->rest.items[0]), &opts);
    if (args->rest.n != 2)
        return cli_fail(CLI_USAGE, "explain takes FROM and TO, or a code such as NP1042; see 'cnipol explain --help'");
    code = cli_world_open_any(&world, args);
    if (!code)
        code = explain(&world, args, &opts);
    cli_world_close(&world);
    return code;
}

const struct cli_verb cli_explain = {
    .name = "explain",
    .bit = CLI_EXPLAIN,
    .usage = "-f PATH... [OPTION]... FROM TO\n       cnipol explain --image IMAGE [OPTION]... FROM TO\n       cnipol explain CODE",
    .summary = "which rule says so? Or: what does this code mean?",
    .about =
        "Prints the chain of checkpoints, tiers, policies and rules behind a verdict, with the places in your files. FROM, TO and the\n"
        "exit codes are those of 'cnipol eval'. With a code such as NP1042 alone: the page about it. Formats: text (default), json.",
    .example = "  cnipol explain -f policies/ shop/web shop/db --port 5432\n  cnipol explain NP1413\n",
    .run = run,
};
