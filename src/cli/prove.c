/* SPDX-License-Identifier: BSD-2-Clause */
/* cnipol image prove: does the image say what the manifests say, to everybody about everybody? */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cnipol/prove.h>

#include "cli/cli.h"

struct proving {
    const struct cli_args *args;
    const char *name; /* of the image */
    struct cli_world world;
    struct cnipol_image *image;
    struct cnipol_proof proof;
};

static int ask_kernel(void *user, const struct cnipol_key *keys, uint32_t n, struct cnipol_answer *out)
{
    const int32_t *way = user;

    return cli_kernel_ask(keys, n, *way, out);
}

static int tell_progress(void *user, uint64_t done, uint64_t all)
{
    (void)user;
    (void)fprintf(stderr, "\r\033[K%.1f %%", all ? 100.0 * (double)done / (double)all : 0.0);
    return 0;
}

static bool has_progress(const struct cli_args *args)
{
    return !args->quiet && !args->no_progress && isatty(STDERR_FILENO);
}

/* The image of the argument, or one that is compiled here. */
static int open_image(struct proving *p)
{
    struct cnipol_ctx *ctx = p->world.ctx;
    struct cnipol_compile_opts opts = {.sz = sizeof opts, .node = p->args->node};
    int rc;

    cnipol_diag_clear(ctx); /* they are told already */
    if (p->args->rest.n > 1)
        rc = cnipol_image_load(ctx, p->name, &p->image);
    else
        rc = cnipol_compile(ctx, p->world.model, &opts, &p->image);
    (void)cli_world_tell(&p->world, p->args);
    return rc == CNIPOL_E_NOTFOUND ? cli_fail(CLI_USAGE, "there is no node %s", p->args->node) : cli_status(rc);
}

/* What the result of the proof means for the exit code; its own words are in p->proof. */
static int outcome(const struct proving *p, int rc)
{
    if (rc == CNIPOL_E_NOTFOUND)
        return cli_fail(CLI_INPUT, "the image was compiled without names, or there is no node %s", p->args->node ? p->args->node : "");
    if (rc == CNIPOL_E_USAGE)
        return cli_fail(CLI_USAGE, "--node is for the slice of a node, and a slice needs it");
    if (rc == CNIPOL_E_INVALID || rc == CNIPOL_E_LIMIT)
        return CLI_FINDINGS;
    return cli_status(rc);
}

static int prove(struct proving *p, bool in_kernel)
{
    int32_t tables = CNIPOL_IMAGE_TABLES, rules = CNIPOL_IMAGE_RULES;
    const struct cnipol_prove_way ways[] = {{"kernel", ask_kernel, &tables}, {"kernel rules", ask_kernel, &rules}};
    struct cnipol_prove_opts opts = {.sz = sizeof opts, .node = p->args->node};
    int rc = in_kernel ? cli_kernel_publish(p->image) : CNIPOL_OK;

    if (rc)
        return cli_status(rc);
    opts.ways = in_kernel ? ways : NULL;
    opts.n_ways = in_kernel ? 2 : 0;
    opts.progress = has_progress(p->args) ? tell_progress : NULL;
    rc = cnipol_prove(p->world.ctx, p->world.model, p->image, &opts, &p->proof);
    if (opts.progress)
        (void)fputs("\r\033[K", stderr);
    (void)cli_world_tell(&p->world, p->args);
    return outcome(p, rc);
}

/* The members of a test case's question; what a case cannot say is a comment behind it. */
static void print_test(const struct cnipol_proof *proof)
{
    const struct cnipol_question *q = &proof->question;
    const char *protocol = cnipol_protocol_text(q->protocol);

    cli_puts("- {from: ");
    cli_json_string(proof->source);
    cli_puts(", to: ");
    cli_json_string(proof->destination);
    if (protocol)
        cli_printf(", protocol: %s", protocol);
    else
        cli_printf(", protocol: %u", q->protocol);
    if (q->destination_port)
        cli_printf(", port: %u", q->destination_port);
    if (q->source_port)
        cli_printf(", sourcePort: %u", q->source_port);
    if (q->has_icmp)
        cli_printf(", icmpType: %u, icmpCode: %u", q->icmp_type, q->icmp_code);
    if (q->family)
        cli_printf(", family: %u", q->family);
    if (q->direction)
        cli_printf(", direction: %s", q->direction == CNIPOL_ASK_EGRESS ? "egress" : "ingress");
    cli_printf(", expect: %s}%s%s\n", cnipol_decision_text(proof->expected.decision), q->is_fragment ? " # a later fragment" : "",
               q->connection_state ? " # not a new connection" : "");
}

/* Knobs, NAME=VALUE each, as a case's options. */
static void print_options(const struct cli_list *knobs)
{
    if (!knobs->n)
        return;
    cli_puts("options: {");
    for (uint32_t i = 0; i < knobs->n; i++) {
        const char *equals = strchr(knobs->items[i], '=');

        cli_printf("%s%.*s: ", i ? ", " : "", (int)(equals - knobs->items[i]), knobs->items[i]);
        cli_json_string(equals + 1);
    }
    cli_puts("}\n");
}

static void print_list(const char *key, const struct cli_list *list)
{
    cli_printf("%s: [", key);
    for (uint32_t i = 0; i < list->n; i++) {
        cli_puts(i ? ", " : "");
        cli_json_string(list->items[i]);
    }
    cli_puts("]\n");
}

/* A test case that fails with the image, to be pasted into a file. */
static void print_case(const struct proving *p)
{
    const struct cnipol_proof *proof = &p->proof;

    if (!proof->is_askable)
        return;
    cli_printf("\nname: an image says %s by its %s\n", cnipol_decision_text(proof->got.decision), proof->way);
    print_list("manifests", &p->args->files);
    print_options(&p->args->knobs);
    if (p->args->dns.n)
        cli_puts("# options.dns: as on the command line\n");
    cli_puts("tests:\n");
    print_test(proof);
}

static void print_difference(const struct proving *p)
{
    const struct cnipol_proof *proof = &p->proof;

    cli_printf("%s: does not hold\n", p->name);
    if (proof->result == CNIPOL_PROOF_ENDS)
        cli_puts("  the image is about others than the manifests: it was made of another cluster\n");
    else if (proof->result == CNIPOL_PROOF_IDENTITY)
        cli_printf("  %s and %s share peer %u, but some policy tells them apart\n", proof->source, proof->destination, proof->key.source);
    else
        cli_printf("  %s \u2192 %s (peers %u, %u, protocol %u port %u): the policies say %s, the image's %s %s\n", proof->source,
                   proof->destination, proof->key.source, proof->key.destination, proof->key.protocol, proof->key.destination_port,
                   cnipol_decision_text(proof->expected.decision), proof->way, cnipol_decision_text(proof->got.decision));
    if (proof->result == CNIPOL_PROOF_VERDICT)
        print_case(p);
}

static void print_text(const struct proving *p)
{
    const struct cnipol_proof *proof = &p->proof;

    if (proof->result == CNIPOL_PROOF_HOLDS && !p->args->quiet)
        cli_printf("%s: holds: %u peers, %" PRIu64 " pairs, %" PRIu64 " questions\n", p->name, proof->ids, proof->pairs, proof->questions);
    if (proof->result == CNIPOL_PROOF_UNFINISHED)
        cli_printf("%s: no difference so far, but %" PRIu64 " questions were not asked\n", p->name, proof->left);
    if (proof->result > CNIPOL_PROOF_UNFINISHED)
        print_difference(p);
}

static void print_json(const struct proving *p)
{
    static const char *const results[] = {"holds", "unfinished", "ends", "identity", "verdict"};
    const struct cnipol_proof *proof = &p->proof;

    cli_printf("{\"schema\":\"cnipol.proof/1\",\"result\":\"%s\",\"peers\":%u,\"pairs\":%" PRIu64 ",\"questions\":%" PRIu64
               ",\"left\":%" PRIu64,
               results[proof->result], proof->ids, proof->pairs, proof->questions, proof->left);
    if (proof->result > CNIPOL_PROOF_UNFINISHED) {
        cli_puts(",\"source\":");
        cli_json_string(proof->source);
        cli_puts(",\"destination\":");
        cli_json_string(proof->destination);
    }
    if (proof->result == CNIPOL_PROOF_VERDICT)
        cli_printf(",\"protocol\":%u,\"port\":%u,\"way\":\"%s\",\"expected\":\"%s\",\"got\":\"%s\"", proof->key.protocol,
                   proof->key.destination_port, proof->way, cnipol_decision_text(proof->expected.decision),
                   cnipol_decision_text(proof->got.decision));
    cli_puts("}\n");
}

/* Is the kernel wanted and there? Where it is wanted and is not, that is told. */
static bool open_kernel(const struct cli_args *args)
{
    const char *why = NULL;

    if (args->with != CLI_WITH_BPF && args->with != CLI_WITH_ALL)
        return false;
    if (cli_kernel_open(&why))
        return true;
    (void)cli_fail(CLI_OK, "the kernel is not asked: %s", why);
    return false;
}

int cli_image_prove(const struct cli_args *args)
{
    struct proving p = {.args = args, .name = args->rest.n > 1 ? args->rest.items[1] : "the compiled image"};
    int format = cli_format(args, "text json"), code;
    bool in_kernel;

    if (format < 0)
        return CLI_USAGE;
    if (args->rest.n > 2)
        return cli_fail(CLI_USAGE, "image prove takes -f PATH... and at most one IMAGE; see 'cnipol image --help'");
    code = cli_world_open(&p.world, args);
    if (!code)
        code = open_image(&p);
    if (!code) {
        in_kernel = open_kernel(args);
        code = prove(&p, in_kernel);
        cli_kernel_close();
        if (code <= CLI_FINDINGS)
            (format == CNIPOL_FORMAT_JSON ? print_json : print_text)(&p);
    }
    cnipol_image_free(p.image);
    cli_world_close(&p.world);
    return code;
}
