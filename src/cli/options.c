/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Options: one table of all of them, a reader, and the help made from the same table.
 *
 * `--name VALUE`, `--name=VALUE`, `-f VALUE` and `-fVALUE` are taken, options and arguments in any order; `--`
 * ends the options, and `-` alone is an argument.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

enum kind { FLAG, TEXT, LIST, NUMBER, WORD };

struct option {
    const char *name;
    char letter;
    uint32_t verbs;
    enum kind kind;
    size_t at;         /* offset in struct cli_args */
    const char *value; /* its name in the help; WORD: the words, blank-separated, the default first */
    int32_t max;       /* NUMBER: 0..max */
    int32_t first;     /* WORD: the number of the first word */
    const char *help;
};

#define AT(field) offsetof(struct cli_args, field)
#define ASKING (CLI_EVAL | CLI_EXPLAIN | CLI_MATRIX)
#define LOADING (CLI_CHECK | ASKING | CLI_COMPILE | CLI_IMAGE)

static const struct option options[] = {
    {"file", 'f', LOADING, LIST, AT(files), "PATH", 0, 0, "manifests: a file, a folder, or - for standard input; may be repeated"},
    {"output", 'o', CLI_COMPILE, TEXT, AT(output), "IMAGE", 0, 0, "where to write the image; - for standard output"},
    {"root", 0, CLI_COMPILE, TEXT, AT(root), "FOLDER", 0, 0,
     "name files as from this folder, so that the image is the same wherever it lies"},
    {"node", 0, CLI_COMPILE | CLI_IMAGE, TEXT, AT(node), "NAME", 0, 0, "only what this node has to enforce: the policies of its own pods"},
    {"rules-only", 0, CLI_COMPILE, FLAG, AT(rules_only), NULL, 0, 0, "no tables, only rule lists: small, quickly made, slower to ask"},
    {"max-bytes", 0, CLI_COMPILE, NUMBER, AT(max_bytes), "N", INT32_MAX, 0, "room for tables; default 64 MiB"},
    {"image", 0, ASKING, TEXT, AT(image), "IMAGE", 0, 0, "ask an image that 'cnipol compile' made, instead of manifests"},
    {"rules", 0, CLI_EVAL | CLI_MATRIX, FLAG, AT(rules), NULL, 0, 0, "ask the image's rule lists instead of its tables"},
    {"port", 0, ASKING, NUMBER, AT(port), "N", 65535, 0, "destination port"},
    {"protocol", 0, ASKING, TEXT, AT(protocol), "P", 0, 0, "TCP (default), UDP, SCTP, ICMP, ICMPv6 or a number"},
    {"source-port", 0, ASKING, NUMBER, AT(source_port), "N", 65535, 0, "source port"},
    {"icmp-type", 0, ASKING, NUMBER, AT(icmp_type), "N", 255, 0, "type of an ICMP packet"},
    {"icmp-code", 0, ASKING, NUMBER, AT(icmp_code), "N", 255, 0, "its code"},
    {"family", 0, ASKING, WORD, AT(family), "any 4 6", 0, 0, "address family; any: the first that both ends have"},
    {"fragment", 0, ASKING, WORD, AT(fragment), "none later", 0, 0, "later: a fragment behind the first one, which has no ports"},
    {"state", 0, ASKING, WORD, AT(state), "new established related", 0, 0, "of the packet's connection; established: or a reply"},
    {"direction", 0, ASKING, WORD, AT(direction), "both egress ingress", 0, 0, "whose policies are asked: the source's, the destination's"},
    {"pods", 0, CLI_MATRIX, TEXT, AT(pods), "A,B", 0, 0, "only these ends, in this order, instead of all pods"},
    {"jsonl", 0, CLI_EVAL, FLAG, AT(jsonl), NULL, 0, 0, "questions as JSON Lines on standard input, answers likewise"},
    {"exit-verdict", 0, CLI_EVAL, FLAG, AT(exit_verdict), NULL, 0, 0, "exit with 1 unless the verdict is allow"},
    {"knob", 0, LOADING, LIST, AT(knobs), "NAME=VALUE", 0, 0, "a semantic option; may be repeated"},
    {"dns", 0, LOADING, LIST, AT(dns), "NAME=ADDR[,ADDR]", 0, 0, "what a domain name resolves to; may be repeated"},
    {"engine", 0, LOADING, TEXT, AT(engine), "NAME", 0, 0, "who enforces: kubernetes (default)"},
    {"mode", 0, LOADING, WORD, AT(mode), "strict server stored", 0, CNIPOL_MODE_STRICT,
     "read as kubectl sends (strict), as the server takes, or as a cluster returns (stored)"},
    {"kubernetes-version", 0, LOADING, TEXT, AT(kubernetes_version), "1.N", 0, 0, "whose validation applies; default: the newest known"},
    {"channel", 0, LOADING, WORD, AT(channel), "experimental standard", 0, CNIPOL_CHANNEL_EXPERIMENTAL,
     "which CRDs of policy.networking.k8s.io"},
    {"fail-on", 0, LOADING, WORD, AT(fail_on), "error warning info", 0, CNIPOL_SEVERITY_ERROR, "from which severity on findings fail"},
    {"output", 'o', CLI_OBSERVE, WORD, AT(flow_output), "compact table dict json jsonl csv jsonpb tab", 0, CNIPOL_FLOW_COMPACT,
     "Hubble's lines, its table, its dictionary, its JSON; our own JSON Lines; CSV"},
    {"format", 0, CLI_OBSERVE, TEXT, AT(format), "NAME", 0, 0, "of the input, see --format-list; default: recognised from the first bytes"},
    {"format-list", 0, CLI_OBSERVE, FLAG, AT(format_list), NULL, 0, 0, "the formats and fields that there are"},
    {"writer-version", 0, CLI_OBSERVE, TEXT, AT(writer_version), "V", 0, 0, "the release that wrote the records, where bytes do not tell: 1.18"},
    {"columns", 0, CLI_OBSERVE, TEXT, AT(columns), "TEXT", 0, 0, "aws-vpc: the fields of a line; csv, jsonl: which column is which field"},
    {"message", 0, CLI_OBSERVE, TEXT, AT(message), "TYPE", 0, 0, "hubble-pb: Flow, GetFlowsResponse (default) or ExportEvent"},
    {"fields", 0, CLI_OBSERVE, TEXT, AT(fields), "A,B", 0, 0, "columns of CSV, in this order"},
    {"follow", 'f', CLI_OBSERVE, FLAG, AT(follow), NULL, 0, 0, "go on with what is appended; rotated files too"},
    {"threads", 0, CLI_OBSERVE, WORD, AT(threads), "auto 1 2", 0, 0, "2: read and unpack ahead on a thread; auto: where there are two CPUs and work for them"},
    {"since", 0, CLI_OBSERVE, TEXT, AT(since), "TIME", 0, 0, "from then on: a time, a date, or how long ago (5m)"},
    {"until", 0, CLI_OBSERVE, TEXT, AT(until), "TIME", 0, 0, "up to then"},
    {"first", 0, CLI_OBSERVE, NUMBER, AT(first_n), "N", INT32_MAX, 0, "only the first N that pass"},
    {"last", 0, CLI_OBSERVE, NUMBER, AT(last_n), "N", 1000000, 0, "only the last N that pass"},
    {"expr", 0, CLI_OBSERVE, TEXT, AT(expr), "EXPRESSION", 0, 0, "only records for which it holds, as in: _flow.source.pod_name == \"x\""},
    {"count-by", 0, CLI_OBSERVE, TEXT, AT(count_by), "A,B", 0, 0, "how many records have the same values: src,dst,port,verdict or any field"},
    {"top", 0, CLI_OBSERVE, NUMBER, AT(top), "N", INT32_MAX, 0, "rows of --count-by; 0: all; default 20"},
    {"print-node-name", 0, CLI_OBSERVE, FLAG, AT(node_names), NULL, 0, 0, "say which node saw it"},
    {"print-policy-names", 0, CLI_OBSERVE, FLAG, AT(policy_names), NULL, 0, 0, "say which policies decided"},
    {"addresses", 0, CLI_OBSERVE, FLAG, AT(addresses), NULL, 0, 0, "addresses instead of names"},
    {"numeric", 0, CLI_OBSERVE, FLAG, AT(numeric), NULL, 0, 0, "reserved identities as numbers"},
    {"time-format", 0, CLI_OBSERVE, WORD, AT(time_format), "StampMilli RFC3339 RFC3339Milli RFC3339Micro RFC3339Nano", 0, CNIPOL_TIME_STAMP_MILLI,
     "of compact, table and dict"},
    {"format", 0, CLI_ALL & ~(uint32_t)(CLI_COMPILE | CLI_OBSERVE), TEXT, AT(format), "NAME", 0, 0, "output format, see above"},
    {"color", 0, CLI_ALL, WORD, AT(color), "auto always never", 0, 0, "colours; NO_COLOR is honoured"},
    {"full", 0, CLI_IMAGE, FLAG, AT(full), NULL, 0, 0, "dump all: leaves, lists, cells, sets and rows, too"},
    {"with", 0, CLI_TEST | CLI_IMAGE, WORD, AT(with), "reference image rules bpf all", 0, CLI_WITH_REFERENCE,
     "who answers: the reference, an image by its tables or rule lists or in the kernel; all: and alike"},
    {"verbose", 'v', CLI_TEST, FLAG, AT(verbose), NULL, 0, 0, "tell what passed too"},
    {"quiet", 'q', CLI_ALL, FLAG, AT(quiet), NULL, 0, 0, "results and errors only"},
    {"no-progress", 0, CLI_ALL, FLAG, AT(no_progress), NULL, 0, 0, "no progress on a terminal"},
    {"help", 'h', CLI_ALL, FLAG, AT(help), NULL, 0, 0, "this text"},
    {"version", 'V', CLI_ALL, FLAG, AT(version), NULL, 0, 0, "the version"},
};

#define N_OPTIONS (sizeof options / sizeof options[0])

static const char *option_name(size_t i, const void *user)
{
    const struct cli_verb *verb = user;

    for (size_t k = 0; k < N_OPTIONS; k++)
        if ((options[k].verbs & verb->bit) && i-- == 0)
            return options[k].name;
    return verb->bit == CLI_OBSERVE && cnipol_filter_flag_at(i) ? cnipol_filter_flag_at(i)->name : NULL;
}

static const struct option *find_option(const struct cli_verb *verb, const char *name, size_t n, char letter)
{
    for (size_t i = 0; i < N_OPTIONS; i++) {
        const struct option *o = &options[i];

        if (!(o->verbs & verb->bit))
            continue;
        if (letter ? o->letter == letter : strlen(o->name) == n && memcmp(o->name, name, n) == 0)
            return o;
    }
    return NULL;
}

static int unknown_option(const struct cli_verb *verb, const char *text)
{
    char name[64];
    const char *near = NULL;
    size_t n = strcspn(text, "=");

    if (text[1] == '-' && n > 2 && n - 2 < sizeof name) {
        memcpy(name, text + 2, n - 2);
        name[n - 2] = '\0';
        near = cli_nearest(name, option_name, verb);
    }
    if (near)
        return cli_fail(CLI_USAGE, "%s has no option %.*s; did you mean --%s?", verb->name, (int)n, text, near);
    return cli_fail(CLI_USAGE, "%s has no option %.*s; see 'cnipol %s --help'", verb->name, (int)n, text, verb->name);
}

static int take_number(const struct option *o, const char *value, int32_t *out)
{
    char *end;
    long number = strtol(value, &end, 10);

    if (*value < '0' || *value > '9' || *end || number > o->max)
        return cli_fail(CLI_USAGE, "--%s takes a number from 0 to %d, not %s", o->name, o->max, value);
    *out = (int32_t)number;
    return CLI_OK;
}

static int take_word(const struct option *o, const char *value, int32_t *out)
{
    size_t n = strlen(value);
    int32_t number = o->first;

    for (const char *word = o->value; *word; number++) {
        size_t size = strcspn(word, " ");

        if (size == n && memcmp(word, value, n) == 0) {
            *out = number;
            return CLI_OK;
        }
        word += size + (word[size] == ' ');
    }
    return cli_fail(CLI_USAGE, "--%s is one of: %s; not %s", o->name, o->value, value);
}

static int take_value(const struct option *o, struct cli_args *args, const char *value)
{
    void *at = (char *)args + o->at;
    struct cli_list *list = at;

    if (o->kind == NUMBER)
        return take_number(o, value, at);
    if (o->kind == WORD)
        return take_word(o, value, at);
    if (o->kind == LIST)
        list->items[list->n++] = value;
    else
        *(const char **)at = value;
    return CLI_OK;
}

/* A filter at argv[*i], for the library. False: it is none. */
static bool take_filter(int argc, char **argv, int *i, struct cli_args *args, int *code)
{
    size_t n = 0;

    if (!cnipol_filter_takes(argv[*i], &n))
        return false;
    *code = *i + (int)n <= argc ? CLI_OK : cli_fail(CLI_USAGE, "%s takes a value", argv[*i]);
    for (size_t k = 0; k < n && !*code; k++)
        args->filters.items[args->filters.n++] = argv[*i + (int)k];
    *i += (int)n - 1;
    return true;
}

/* An option at argv[*i]; *i moves on over its value. */
static int take_option(const struct cli_verb *verb, int argc, char **argv, int *i, struct cli_args *args)
{
    const char *text = argv[*i], *value = NULL;
    bool is_long = text[1] == '-';
    size_t n = is_long ? strcspn(text + 2, "=") : 1;
    const struct option *o = find_option(verb, text + 2, n, is_long ? '\0' : text[1]);
    int code;

    if (!o && verb->bit == CLI_OBSERVE && take_filter(argc, argv, i, args, &code))
        return code;
    if (!o)
        return unknown_option(verb, text);
    if (text[1 + is_long + n])
        value = text + 1 + is_long + n + is_long;
    if (o->kind == FLAG) {
        if (value)
            return cli_fail(CLI_USAGE, "--%s takes no value", o->name);
        *(bool *)((char *)args + o->at) = true;
        return CLI_OK;
    }
    if (!value && *i + 1 < argc)
        value = argv[++*i];
    return value ? take_value(o, args, value) : cli_fail(CLI_USAGE, "--%s takes a value", o->name);
}

static bool make_lists(struct cli_args *args, int argc)
{
    struct cli_list *const lists[] = {&args->rest, &args->files, &args->knobs, &args->dns, &args->filters};
    bool fine = true;

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        lists[i]->items = calloc((size_t)argc + 1, sizeof *lists[i]->items);
        fine = fine && lists[i]->items;
    }
    return fine;
}

int cli_parse(const struct cli_verb *verb, int argc, char **argv, struct cli_args *args)
{
    bool ended = false;
    int code = CLI_OK;

    *args = (struct cli_args){.first_n = -1, .last_n = -1, .top = -1, .max_bytes = -1, .port = -1, .source_port = -1, .icmp_type = -1, .icmp_code = -1};
    if (!make_lists(args, argc))
        return cli_status(CNIPOL_E_NOMEM);
    for (int i = 0; i < argc && code == CLI_OK; i++) {
        if (ended || argv[i][0] != '-' || argv[i][1] == '\0')
            args->rest.items[args->rest.n++] = argv[i];
        else if (strcmp(argv[i], "--") == 0)
            ended = true;
        else
            code = take_option(verb, argc, argv, &i, args);
    }
    return code;
}

void cli_args_free(struct cli_args *args)
{
    free(args->rest.items);
    free(args->files.items);
    free(args->knobs.items);
    free(args->dns.items);
    free(args->filters.items);
}

static void print_words(const char *words)
{
    for (; *words; words++)
        cli_printf("%c", *words == ' ' ? '|' : *words);
}

static void print_value(const struct option *o)
{
    if (o->kind == FLAG)
        return;
    cli_puts(" ");
    if (o->kind == WORD)
        print_words(o->value);
    else
        cli_puts(o->value);
}

void cli_print_options(const struct cli_verb *verb)
{
    cli_puts("Options:\n");
    for (size_t i = 0; i < N_OPTIONS; i++) {
        const struct option *o = &options[i];

        if (!(o->verbs & verb->bit))
            continue;
        if (o->letter)
            cli_printf("  -%c, --%s", o->letter, o->name);
        else
            cli_printf("      --%s", o->name);
        print_value(o);
        cli_printf("\n          %s\n", o->help);
    }
}

/* The filters, under their headings. */
void cli_print_filters(const struct cli_verb *verb)
{
    const struct cnipol_filter_flag *flag;
    const char *group = "";

    for (size_t i = 0; (flag = cnipol_filter_flag_at(i)); i++) {
        if (find_option(verb, flag->name, strlen(flag->name), '\0'))
            continue;
        if (strcmp(flag->group, group) != 0)
            cli_printf("\n%s:\n", flag->group);
        group = flag->group;
        if (flag->letter)
            cli_printf("  -%c, --%s", flag->letter, flag->name);
        else
            cli_printf("      --%s", flag->name);
        cli_printf("%s%s\n          %s\n", flag->has_value ? " " : "", flag->has_value ? flag->value : "", flag->about);
    }
}
