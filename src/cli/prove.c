/* SPDX-License-Identifier: BSD-2-Clause */
/* cnipol image prove: does the image say what the manifests say, to everybody about everybody? */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

struct proving {
    const struct cli_args *args;
    const char *name; /* of the image */
    struct cli_world world;
    struct cnipol_image *image;
    struct cnipol_prove_opts opts;
    struct cnipol_proof proof;
    uint32_t others; /* sections that are not what compiling the manifests gives: 1 << enum cnipol_section_kind */
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

static int publish(void *user, const struct cnipol_image *image)
{
    (void)user;
    return cli_kernel_publish(image);
}

static int prove(struct proving *p, bool in_kernel)
{
    static int32_t tables = CNIPOL_IMAGE_TABLES, rules = CNIPOL_IMAGE_RULES;
    static const struct cnipol_prove_way ways[] = {{"kernel", ask_kernel, &tables, publish}, {"kernel rules", ask_kernel, &rules, NULL}};
    int rc = in_kernel ? cli_kernel_publish(p->image) : CNIPOL_OK;

    if (rc)
        return cli_status(rc);
    p->opts = (struct cnipol_prove_opts){.sz = sizeof p->opts, .node = p->args->node};
    p->opts.ways = in_kernel ? ways : NULL;
    p->opts.n_ways = in_kernel ? 2 : 0;
    p->opts.progress = has_progress(p->args) ? tell_progress : NULL;
    rc = cnipol_prove(p->world.ctx, p->world.model, p->image, &p->opts, &p->proof);
    if (p->opts.progress)
        (void)fputs("\r\033[K", stderr);
    (void)cli_world_tell(&p->world, p->args);
    return outcome(p, rc);
}

/* The members of a test case's question. */
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
    if (q->is_fragment)
        cli_puts(", fragment: later");
    if (q->connection_state)
        cli_printf(", state: %s", q->connection_state == 1 ? "established" : "related");
    cli_printf(", expect: %s}\n", cnipol_decision_text(proof->expected.decision));
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

/* A test case of the manifests as they are: it says what they say, and fails with the image that was given. */
static void print_whole_case(const struct proving *p)
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

/* Notes that something was written. */
static int write_case(void *user, const char *bytes, size_t size)
{
    bool *written = user;

    if (!*written)
        cli_puts("\n");
    *written = true;
    return cli_write(NULL, bytes, size);
}

/* A test case that fails, to be pasted into a file. Where compiling again gives no difference, the image is to blame. */
static void print_case(struct proving *p)
{
    bool written = false;
    int rc = cnipol_prove_shrink(p->world.ctx, p->world.knobs, &p->opts, 0, write_case, &written);

    if (rc == CNIPOL_E_NOTFOUND && p->args->rest.n > 1) {
        cli_puts("  what these manifests compile to has no such difference: the image was made of others, or by another version\n");
        print_whole_case(p);
    }
    if (rc == CNIPOL_E_NOTFOUND && p->args->rest.n < 2)
        cli_puts("  no test case can ask about it\n");
    if (rc != CNIPOL_E_NOTFOUND)
        (void)cli_status(rc);
}

/* Parts and flags where decisions alone do not tell two answers apart. */
static void print_answer(const struct cnipol_answer *answer, bool in_full)
{
    cli_puts(cnipol_decision_text(answer->decision));
    if (in_full)
        cli_printf(" (egress %s, ingress %s, flags 0x%x, authentication %u)", cnipol_decision_text(answer->parts[0]),
                   cnipol_decision_text(answer->parts[1]), answer->flags, answer->auth);
}

/* "deny (...), the image's tables allow (...)" */
static void print_answers(const struct cnipol_proof *proof)
{
    bool in_full = proof->expected.decision == proof->got.decision;

    print_answer(&proof->expected, in_full);
    cli_printf(", the image's %s ", proof->way);
    print_answer(&proof->got, in_full);
    cli_puts("\n");
}

static void print_pair(const struct cnipol_proof *proof, const char *between)
{
    cli_puts("  ");
    cli_put_text(proof->source);
    cli_puts(between);
    cli_put_text(proof->destination);
}

static void print_difference(struct proving *p)
{
    const struct cnipol_proof *proof = &p->proof;

    cli_put_text(p->name);
    cli_puts(": does not hold\n");
    if (proof->result == CNIPOL_PROOF_ENDS)
        cli_puts("  the image is about others than the manifests: it was made of another cluster\n");
    else
        print_pair(proof, proof->result == CNIPOL_PROOF_IDENTITY ? " and " : " \u2192 ");
    if (proof->result == CNIPOL_PROOF_IDENTITY)
        cli_printf(" share peer %u, but some policy tells them apart\n", proof->key.source);
    if (proof->result == CNIPOL_PROOF_VERDICT)
        cli_printf(" (peers %u, %u, protocol %u port %u): the policies say ", proof->key.source, proof->key.destination, proof->key.protocol,
                   proof->key.destination_port);
    if (proof->result == CNIPOL_PROOF_VERDICT)
        print_answers(proof);
    if (proof->result == CNIPOL_PROOF_VERDICT)
        print_case(p);
}

static const char *const section_names[] = {"", "tables", "rules", "machine", "directory"};

/* Which parts of a given image are others than those that compiling gives. */
static void print_others(const struct proving *p)
{
    const char *comma = " ";

    if (!p->others)
        return;
    cli_put_text(p->name);
    cli_puts(": not what compiling these manifests gives:");
    for (uint32_t kind = CNIPOL_SECTION_TABLES; kind <= CNIPOL_SECTION_DIRECTORY; kind++)
        if (p->others & 1u << kind) {
            cli_printf("%s%s", comma, section_names[kind]);
            comma = ", ";
        }
    cli_puts(p->others & (1u << CNIPOL_SECTION_MACHINE | 1u << CNIPOL_SECTION_DIRECTORY)
                 ? ": other policies, another cluster, or other paths of the same files\n"
                 : ": other options, or another version\n");
}

static void print_text(struct proving *p)
{
    const struct cnipol_proof *proof = &p->proof;

    print_others(p);

    if (proof->result > CNIPOL_PROOF_UNFINISHED)
        print_difference(p);
    else if (proof->result == CNIPOL_PROOF_UNFINISHED || !p->args->quiet)
        cli_put_text(p->name);
    if (proof->result == CNIPOL_PROOF_HOLDS && !p->args->quiet)
        cli_printf(": holds: %u peers, %" PRIu64 " pairs, %" PRIu64 " questions\n", proof->ids, proof->pairs, proof->questions);
    if (proof->result == CNIPOL_PROOF_UNFINISHED)
        cli_printf(": no difference so far, but %" PRIu64 " questions were not asked\n", proof->left);
}

static void print_json(struct proving *p)
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
    cli_puts(",\"others\":[");
    for (uint32_t kind = CNIPOL_SECTION_TABLES, n = 0; kind <= CNIPOL_SECTION_DIRECTORY; kind++)
        if (p->others & 1u << kind)
            cli_printf("%s\"%s\"", n++ ? "," : "", section_names[kind]);
    cli_puts("]}\n");
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

/* The section's bytes; *n is 0 where there is none. */
static const uint8_t *section(const struct cnipol_image *image, uint32_t kind, uint64_t *n)
{
    size_t size;
    const uint8_t *bytes = cnipol_image_bytes(image, &size);
    const struct cnipol_image_header *header = (const void *)bytes;
    const struct cnipol_image_section *sections = (const void *)(header + 1);

    *n = 0;
    for (uint32_t i = 0; i < header->n_sections; i++)
        if (sections[i].kind == kind) {
            *n = sections[i].bytes;
            return bytes + sections[i].offset;
        }
    return bytes;
}

static uint32_t find_others(const struct cnipol_image *a, const struct cnipol_image *b)
{
    uint32_t others = 0;

    for (uint32_t kind = CNIPOL_SECTION_TABLES; kind <= CNIPOL_SECTION_DIRECTORY; kind++) {
        uint64_t n, m;
        const uint8_t *x = section(a, kind, &n), *y = section(b, kind, &m);

        if (n != m || memcmp(x, y, n) != 0)
            others |= 1u << kind;
    }
    return others;
}

/* Is a given image what compiling gives? Tables and rule lists may have been made with other room for them; not the rest. */
static bool compare_bytes(struct proving *p)
{
    struct cnipol_compile_opts opts = {.sz = sizeof opts, .node = p->args->node};
    struct cnipol_image *fresh = NULL;

    if (p->args->rest.n < 2 || cnipol_compile(p->world.ctx, p->world.model, &opts, &fresh))
        return false;
    p->others = find_others(p->image, fresh);
    cnipol_image_free(fresh);
    return (p->others & (1u << CNIPOL_SECTION_MACHINE | 1u << CNIPOL_SECTION_DIRECTORY)) != 0;
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
        if (code <= CLI_FINDINGS)
            code = compare_bytes(&p) ? CLI_FINDINGS : code;
        if (code <= CLI_FINDINGS)
            (format == CNIPOL_FORMAT_JSON ? print_json : print_text)(&p);
        cli_kernel_close();
    }
    cnipol_image_free(p.image);
    cli_world_close(&p.world);
    return code;
}
