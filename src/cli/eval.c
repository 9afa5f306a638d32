/* SPDX-License-Identifier: BSD-2-Clause */
/* cnipol eval: the verdict on one question, or on a stream of them. */

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static int eval_one(const struct cli_world *world, const struct cli_args *args, int format)
{
    struct cnipol_question question;
    struct cnipol_verdict verdict;
    int code = cli_question(world, args, &question);

    if (code)
        return code;
    cli_ask(world, args, &question, &verdict);
    if (format == CNIPOL_FORMAT_JSON) {
        cli_puts("{\"schema\":\"cnipol.verdict/1\",");
        cli_verdict_members(args->rest.items[0], args->rest.items[1], &question, &verdict);
        cli_puts("}\n");
    } else {
        cli_printf("%s\n", cnipol_decision_text(verdict.decision));
    }
    return args->exit_verdict && verdict.decision != CNIPOL_ALLOW ? CLI_FINDINGS : CLI_OK;
}

static bool reads_stdin(const struct cli_args *args)
{
    for (uint32_t i = 0; i < args->files.n; i++)
        if (strcmp(args->files.items[i], "-") == 0)
            return true;
    return false;
}

static int check_arguments(const struct cli_args *args)
{
    if (!args->jsonl && args->rest.n != 2)
        return cli_fail(CLI_USAGE, "eval takes FROM and TO; see 'cnipol eval --help'");
    if (!args->jsonl)
        return CLI_OK;
    if (args->rest.n)
        return cli_fail(CLI_USAGE, "with --jsonl the questions come from standard input, not from arguments");
    if (reads_stdin(args))
        return cli_fail(CLI_USAGE, "standard input cannot be both manifests (-f -) and questions (--jsonl)");
    return args->exit_verdict ? cli_fail(CLI_USAGE, "--exit-verdict is for one question") : CLI_OK;
}

static int run(const struct cli_args *args)
{
    int format = cli_format(args, "text json"), code = format < 0 ? CLI_USAGE : check_arguments(args);
    struct cli_world world;

    if (code)
        return code;
    code = cli_world_open_any(&world, args);
    if (!code)
        code = args->jsonl ? cli_stream(&world, args) : eval_one(&world, args, format);
    cli_world_close(&world);
    return code;
}

const struct cli_verb cli_eval = {
    .name = "eval",
    .bit = CLI_EVAL,
    .usage = "-f PATH... [OPTION]... FROM TO\n       cnipol eval -f PATH... [OPTION]... --jsonl\n       cnipol eval --image IMAGE "
             "[OPTION]... FROM TO|--jsonl",
    .summary = "may FROM connect to TO?",
    .about =
        "Prints allow, deny, redirect (the L7 proxy decides) or undefined (something that is not known could change the answer; an\n"
        "enforcing caller denies). FROM and TO are NAMESPACE/POD, node/NAME, service/NAMESPACE/NAME (TO only) or an address. Formats: "
        "text\n"
        "(default), json. Exit code 0 whatever the verdict, unless --exit-verdict; 2, and no verdict, if some of the input was refused\n"
        "or cannot be read, or has findings that --fail-on (here: error) names.\n\n"
        "With --jsonl each line of standard input is a question such as {\"from\":\"shop/web\",\"to\":\"shop/db\",\"port\":5432}; further "
        "keys:\n"
        "protocol, sourcePort, icmpType, icmpCode, family, direction, fragment, state, and id, which comes back in the answer.\n\n"
        "With --image the answers come from an image, which knows its cluster, engine and knobs. A question about the policies of a pod\n"
        "that is not on the node of a slice is answered by the other end's policies alone.",
    .example =
        "  cnipol eval -f policies/ shop/web shop/db --port 5432\n  cnipol eval --image policies.image shop/web shop/db --port 5432\n",
    .run = run,
};
