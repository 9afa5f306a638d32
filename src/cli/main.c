/* SPDX-License-Identifier: BSD-2-Clause */
/* cnipol: the table of verbs, and help. */

#include "cli/cli.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct cli_verb *const verbs[] = {&cli_check, &cli_eval, &cli_explain, &cli_matrix, &cli_test, &cli_compile, &cli_image, &cli_observe};

const struct cli_verb *cli_verb_at(size_t i)
{
    return i < sizeof verbs / sizeof verbs[0] ? verbs[i] : NULL;
}

static const char *verb_name(size_t i, const void *user)
{
    (void)user;
    return i < sizeof verbs / sizeof verbs[0] ? verbs[i]->name : NULL;
}

static int print_overview(void)
{
    cli_puts("cnipol: may this packet pass, and which rule says so? Kubernetes network policies, from manifests alone.\n\n"
             "usage: cnipol VERB [OPTION]... [ARGUMENT]...\n\n");
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        cli_printf("  %-8s %s\n", verbs[i]->name, verbs[i]->summary);
    cli_puts("\n'cnipol VERB --help' tells the options of a verb; 'cnipol --version' the version.\n\n"
             "Exit codes: 0 all is well; 1 findings; 2 input that cannot be read or not safely answered from; 3 wrong usage; 4 any other\n"
             "failure.\n\n"
             "Example: kubectl get ns,pod,netpol -A -o yaml | cnipol check --mode stored -\n");
    return CLI_OK;
}

void cli_print_help(const struct cli_verb *verb)
{
    cli_printf("usage: cnipol %s %s\n\n%s\n\n", verb->name, verb->usage, verb->about);
    cli_print_options(verb);
    if (verb->bit == CLI_OBSERVE)
        cli_print_filters(verb);
    cli_printf("\nExample:\n%s", verb->example);
}

static int print_version(void)
{
    cli_printf("cnipol %s\n", cnipol_version());
    return CLI_OK;
}

static int run_verb(const struct cli_verb *verb, int argc, char **argv)
{
    struct cli_args args;
    int code = cli_parse(verb, argc, argv, &args);

    if (code == CLI_OK && args.help)
        cli_print_help(verb);
    else if (code == CLI_OK && args.version)
        code = print_version();
    else if (code == CLI_OK)
        code = verb->run(&args);
    cli_args_free(&args);
    return code;
}

static int help_on(const char *name)
{
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (strcmp(verbs[i]->name, name) == 0) {
            cli_print_help(verbs[i]);
            return CLI_OK;
        }
    return cli_fail(CLI_USAGE, "there is no verb %s", name);
}

static int run(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "", *near;

    if (!*name)
        return cli_fail(CLI_USAGE, "which verb? 'cnipol --help' lists them");
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0)
        return argc > 2 ? help_on(argv[2]) : print_overview();
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
        return print_version();
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (strcmp(verbs[i]->name, name) == 0)
            return run_verb(verbs[i], argc - 2, argv + 2);
    near = cli_nearest(name, verb_name, NULL);
    if (near)
        return cli_fail(CLI_USAGE, "there is no verb %s; did you mean %s?", name, near);
    return cli_fail(CLI_USAGE, "there is no verb %s; 'cnipol --help' lists them", name);
}

int main(int argc, char **argv)
{
    (void)signal(SIGPIPE, SIG_IGN);
    return cli_out_end(run(argc, argv));
}
