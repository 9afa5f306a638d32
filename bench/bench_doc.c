/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How fast documents are read: bench_doc [FILE].
 *
 * YAML: source to trees, beside libyaml's bare events over the same bytes in the same run. JSON: the
 * same documents, printed as JSON, to trees. Without a file, 2,000 NetworkPolicies are made up.
 */

#include <stdio.h>
#include <stdlib.h>

#include <yaml.h>

#include "base/ctx.h"
#include "bench.h"
#include "doc/reader.h"
#include "doc/tojson.h"

#define REPEATS 7

struct input {
    struct cnipol_ctx *ctx;
    uint32_t source;
    struct np_buf *json; /* NULL: only read */
    uint64_t documents;
};

static int on_document(void *user, struct np_doc *doc)
{
    struct input *input = user;

    input->documents++;
    if (!input->json)
        return 0;
    if (np_tojson(&doc->root, input->json))
        return CNIPOL_E_NOMEM;
    np_buf_addc(input->json, '\n');
    return 0;
}

static int bare_events(struct input *input)
{
    const struct np_source *source = &input->ctx->sources.items[input->source];
    yaml_parser_t parser;
    yaml_event_t event;
    int more = 1, rc = 0;

    if (!yaml_parser_initialize(&parser))
        return CNIPOL_E_NOMEM;
    yaml_parser_set_input_string(&parser, (const unsigned char *)source->bytes, source->size);
    while (more && !rc) {
        if (!yaml_parser_parse(&parser, &event)) {
            rc = CNIPOL_E_SYNTAX;
            continue;
        }
        more = event.type != YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return rc;
}

static int yaml_trees(struct input *input)
{
    return np_doc_read(input->ctx, input->source, NP_DOC_YAML, on_document, input);
}

static int json_trees(struct input *input)
{
    return np_doc_read(input->ctx, input->source, NP_DOC_JSON, on_document, input);
}

/* MB/s of reading once, a few times. Exits on an error. */
static void measure(struct bench *b, const char *row, struct input *input, size_t bytes, int (*read)(struct input *))
{
    double rates[REPEATS];
    char note[64];

    for (int i = 0; i < REPEATS; i++) {
        double start = bench_now();

        if (read(input)) {
            fprintf(stderr, "bench_doc: the source cannot be read\n");
            exit(1);
        }
        rates[i] = (double)bytes / (bench_now() - start) / 1e6;
    }
    (void)snprintf(note, sizeof note, "%zu bytes", bytes);
    bench_times(b, row, "MB/s", rates, REPEATS, note);
}

static void make_up(struct np_buf *out)
{
    for (int i = 0; i < 2000; i++)
        np_buf_addf(out,
                    "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: policy-%d\n  namespace: team-%d\n"
                    "  labels:\n    app.kubernetes.io/part-of: shop\nspec:\n  podSelector:\n    matchLabels:\n      app: web-%d\n"
                    "  policyTypes: [Ingress, Egress]\n  ingress:\n  - from:\n    - podSelector:\n        matchLabels:\n"
                    "          app: front-%d\n      namespaceSelector:\n        matchExpressions:\n        - key: tier\n"
                    "          operator: In\n          values: [gold, silver]\n    ports:\n    - protocol: TCP\n      port: %d\n"
                    "  egress:\n  - to:\n    - ipBlock:\n        cidr: 10.%d.0.0/16\n        except:\n        - 10.%d.7.0/24\n",
                    i, i % 40, i % 100, i % 70, 1024 + i, i % 250, i % 250);
}

static bool load(struct np_buf *out, const char *name)
{
    FILE *file = fopen(name, "rb");
    char chunk[1 << 16];
    size_t n;

    if (!file)
        return false;
    while ((n = fread(chunk, 1, sizeof chunk, file)) > 0)
        np_buf_add(out, chunk, n);
    fclose(file);
    return !np_buf_failed(out) && out->n > 0;
}

int main(int argc, char **argv)
{
    struct input input = {0};
    struct np_buf yaml, json;
    struct bench b;

    if (!bench_open(&b, "bench_doc") || cnipol_ctx_new(NULL, &input.ctx))
        return 1;
    np_buf_init(&yaml, &input.ctx->mem);
    np_buf_init(&json, &input.ctx->mem);
    if (argc < 2)
        make_up(&yaml);
    else if (!load(&yaml, argv[1]))
        return fprintf(stderr, "bench_doc: cannot read %s\n", argv[1]), 1;
    input.source = np_sources_add(&input.ctx->sources, "yaml", yaml.s, yaml.n, false);
    input.json = &json;
    if (yaml_trees(&input))
        return fprintf(stderr, "bench_doc: the source is no YAML\n"), 1;
    input.json = NULL;
    measure(&b, "yaml events (libyaml)", &input, yaml.n, bare_events);
    measure(&b, "yaml trees", &input, yaml.n, yaml_trees);
    input.source = np_sources_add(&input.ctx->sources, "json", json.s, json.n, false);
    measure(&b, "json trees", &input, json.n, json_trees);
    np_buf_free(&yaml);
    np_buf_free(&json);
    cnipol_ctx_free(input.ctx);
    return bench_close(&b);
}
