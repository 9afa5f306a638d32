/* SPDX-License-Identifier: BSD-2-Clause */
/* cnipol test: policy tests and conformance vectors. */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

struct testing {
    const struct cli_args *args;
    int format;
    bool color;
    bool progress; /* a line of it stands on the terminal */
    bool kernel;   /* is asked */
    uint32_t skipped;
    struct cnipol_vector_counts all;
};

static void end_progress(struct testing *t)
{
    if (t->progress)
        (void)fputs("\r\033[K", stderr);
    t->progress = false;
}

static void print_json(const struct cnipol_vector_result *r)
{
    cli_puts("{\"file\":");
    cli_json_string(r->file);
    cli_printf(",\"line\":%u,\"passed\":%s,\"questions\":%u,\"case\":", r->line, r->passed ? "true" : "false", r->questions);
    cli_json_string(r->case_name);
    cli_puts(",\"question\":");
    cli_json_string(r->question);
    cli_puts(",\"expected\":");
    cli_json_string(r->expected);
    cli_puts(",\"got\":");
    cli_json_string(r->got);
    if (r->chain) {
        cli_puts(",\"chain\":");
        cli_json_string(r->chain);
    }
    cli_puts("}\n");
}

static void put_line(const char *before, const char *text, const char *after)
{
    cli_puts(before);
    cli_put_text(text);
    cli_puts(after);
}

static void print_text(const struct testing *t, const struct cnipol_vector_result *r)
{
    static const char *const plain[] = {"FAILED", "passed"}, *const painted[] = {"\033[1;31mFAILED\033[0m", "\033[32mpassed\033[0m"};

    cli_puts(t->color ? painted[r->passed != 0] : plain[r->passed != 0]);
    put_line(" ", r->file, ":");
    cli_printf("%u", r->line);
    put_line(": ", r->case_name, "\n");
    if (*r->question)
        put_line("    ", r->question, "\n");
    if (r->passed)
        return;
    put_line("    expected ", r->expected, "\n");
    put_line("    got      ", r->got, "\n");
    if (r->chain)
        put_line("    because  ", r->chain, "\n");
}

static void on_result(void *user, const struct cnipol_vector_result *r)
{
    struct testing *t = user;

    end_progress(t);
    if (t->format == CNIPOL_FORMAT_JSONL)
        print_json(r);
    else
        print_text(t, r);
}

static void tell_progress(struct testing *t, uint32_t i)
{
    const struct cli_list *files = &t->args->rest;
    char name[256];

    if (files->n < 2 || t->args->quiet || t->args->no_progress || !isatty(STDERR_FILENO))
        return;
    (void)cnipol_text_print((struct cnipol_text){files->items[i], (uint32_t)strlen(files->items[i])}, name, sizeof name, NULL);
    (void)fprintf(stderr, "\r\033[K[%u/%u] %s", i + 1, files->n, name);
    t->progress = true;
}

static int tell_diags(struct testing *t, struct cnipol_ctx *ctx)
{
    struct cnipol_report_opts opts = CNIPOL_REPORT_OPTS_INIT;

    opts.color = cli_wants_color(t->args, 2);
    return cnipol_diag_count(ctx) ? cnipol_report_diags(ctx, &opts, cli_write_error, NULL) : CNIPOL_OK;
}

static int publish(void *user, const struct cnipol_image *image)
{
    (void)user;
    return cli_kernel_publish(image);
}

/* Where the kernel's tables and rule lists differ, or it fails, there is no decision, which differs from any. */
static void answer(void *user, const struct cnipol_key *key, struct cnipol_answer *out)
{
    struct cnipol_answer by_rules = {0};
    int rc = cli_kernel_ask(key, 1, CNIPOL_IMAGE_TABLES, out);

    (void)user;
    if (!rc)
        rc = cli_kernel_ask(key, 1, CNIPOL_IMAGE_RULES, &by_rules);
    if (rc || memcmp(out, &by_rules, sizeof *out) != 0)
        *out = (struct cnipol_answer){0};
}

static const struct cnipol_vector_other kernel = {"bpf", publish, answer, NULL};

static struct cnipol_vector_opts options_of(const struct testing *t)
{
    static const uint32_t with[] = {
        [CLI_WITH_REFERENCE] = CNIPOL_WITH_REFERENCE,
        [CLI_WITH_IMAGE] = CNIPOL_WITH_IMAGE,
        [CLI_WITH_RULES] = CNIPOL_WITH_RULES,
        [CLI_WITH_ALL] = CNIPOL_WITH_REFERENCE | CNIPOL_WITH_IMAGE | CNIPOL_WITH_RULES,
    };

    return (struct cnipol_vector_opts){.sz = sizeof(struct cnipol_vector_opts),
                                       .other = t->kernel ? &kernel : NULL,
                                       .with = t->args->with == CLI_WITH_BPF ? 0 : with[t->args->with],
                                       .all = t->args->verbose};
}

/* The file's exit code. */
static int test_file(struct testing *t, const char *path)
{
    struct cnipol_vector_opts opts = options_of(t);
    struct cnipol_vector_counts counts = {0};
    struct cnipol_ctx *ctx = NULL;
    int rc = cnipol_ctx_new(NULL, &ctx);

    if (rc)
        return cli_status(rc);
    rc = cnipol_vector_run(ctx, path, &opts, on_result, t, &counts);
    end_progress(t);
    (void)tell_diags(t, ctx);
    cnipol_ctx_free(ctx);
    t->all.cases += counts.cases;
    t->all.passed += counts.passed;
    t->all.failed += counts.failed;
    return cli_status(rc);
}

static void print_counts(const struct testing *t)
{
    unsigned long long cases = t->all.cases, passed = t->all.passed, failed = t->all.failed;

    if (t->format == CNIPOL_FORMAT_JSONL)
        cli_printf("{\"schema\":\"cnipol.test/1\",\"cases\":%llu,\"passed\":%llu,\"failed\":%llu", cases, passed, failed);
    else
        cli_printf("%llu passed, %llu failed", passed, failed);
    if (t->skipped)
        cli_printf(t->format == CNIPOL_FORMAT_JSONL ? ",\"skipped\":%u" : ", %u skipped", t->skipped);
    cli_puts(t->format == CNIPOL_FORMAT_JSONL ? "}\n" : "\n");
}

/* What the kernel would be asked is skipped, with the reason, where it cannot be. */
static void open_kernel(struct testing *t)
{
    const char *why = NULL;

    if (t->args->with != CLI_WITH_BPF && t->args->with != CLI_WITH_ALL)
        return;
    t->kernel = cli_kernel_open(&why);
    if (t->kernel)
        return;
    t->skipped = t->args->rest.n;
    (void)cli_fail(CLI_OK, "the kernel is not asked: %s", why);
}

static int test_files(struct testing *t)
{
    const struct cli_args *args = t->args;
    int code = CLI_OK;

    for (uint32_t i = 0; i < args->rest.n && code != CLI_INTERNAL; i++) {
        int one;

        tell_progress(t, i);
        one = test_file(t, args->rest.items[i]);
        code = one > code ? one : code;
    }
    return code;
}

static int outcome(const struct testing *t)
{
    if (t->all.passed + t->all.failed == 0)
        cli_note(t->args, "no test was run");
    return t->all.failed || !t->all.passed ? CLI_FINDINGS : CLI_OK;
}

static int run(const struct cli_args *args)
{
    struct testing t = {.args = args, .format = cli_format(args, "text jsonl"), .color = cli_wants_color(args, 1)};
    int code = CLI_OK;

    if (t.format < 0)
        return CLI_USAGE;
    if (!args->rest.n)
        return cli_fail(CLI_USAGE, "which test files? See 'cnipol test --help'");
    open_kernel(&t);
    if (args->with != CLI_WITH_BPF || t.kernel)
        code = test_files(&t);
    cli_kernel_close();
    if (code == CLI_INTERNAL)
        return code;
    print_counts(&t);
    if (code || (args->with == CLI_WITH_BPF && t.skipped))
        return code;
    return outcome(&t);
}

const struct cli_verb cli_test = {
    .name = "test",
    .bit = CLI_TEST,
    .usage = "[OPTION]... FILE...",
    .summary = "do the policies still promise what was written down?",
    .about =
        "Runs policy tests: YAML, JSON or JSON Lines (also .jsonl.gz) files of small clusters, or of manifests beside them, with "
        "questions\n"
        "and the answers that are expected. A test that cannot be run counts as failed. Formats: text (default), whose last line is\n"
        "'N passed, N failed', and jsonl. Exit code 0 if at least one question was asked and none failed; 1 otherwise; 2 if a file\n"
        "cannot be read.\n\n"
        "--with says who answers. By default it is the reference evaluator, which reads rules in their order. image and rules compile\n"
        "each case, verify and reopen the image, and ask its tables or its rule lists; bpf asks the same image in the kernel. all asks\n"
        "everyone, and a question fails, too, where they differ in any part of the verdict or in its explanation. Where the kernel may\n"
        "not be asked, that is told and counted as skipped.",
    .example = "  cnipol test policies/policy-test.yaml\n  cnipol test --with all policies/policy-test.yaml\n",
    .run = run,
};
