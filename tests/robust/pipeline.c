/* SPDX-License-Identifier: BSD-2-Clause */
/* See pipeline.h. Each step writes what it learnt; a step that runs out of memory takes its text back. */

#include "pipeline.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

int sink_write(void *user, const char *bytes, size_t size)
{
    struct sink *sink = user;

    if (sink->cap - sink->n < size + 1) {
        sink->cap = (sink->n + size + 1) * 2;
        sink->text = realloc(sink->text, sink->cap);
        if (!sink->text)
            abort();
    }
    if (size)
        memcpy(sink->text + sink->n, bytes, size);
    sink->n += size;
    sink->text[sink->n] = '\0';
    return 0;
}

void sink_print(struct sink *sink, const char *format, ...)
{
    char text[512];
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n > 0)
        sink_write(sink, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}

void sink_free(struct sink *sink)
{
    free(sink->text);
    *sink = (struct sink){0};
}

struct world {
    struct run *run;
    struct cnipol_ctx *ctx;
    struct cnipol_cluster *cluster;
    struct cnipol_knobs *knobs;
    struct cnipol_model *model;
    struct cnipol_question question; /* the one that is explained now */
    struct cnipol_matrix *matrix;
    int32_t format;
};

static int open_ctx(struct world *w)
{
    int rc = cnipol_ctx_new(w->run->alloc, &w->ctx);

    if (!rc && w->run->memory)
        rc = cnipol_ctx_set_limit(w->ctx, CNIPOL_LIMIT_MEMORY, w->run->memory);
    return rc;
}

static int open_cluster(struct world *w)
{
    struct cnipol_cluster_opts opts = CNIPOL_CLUSTER_OPTS_INIT;

    opts.mode = w->run->mode;
    return cnipol_cluster_new(w->ctx, &opts, &w->cluster);
}

static int load(struct world *w)
{
    struct cnipol_cluster_counts counts;

    for (size_t i = 0; i < w->run->n_inputs; i++) {
        const struct input *input = &w->run->inputs[i];
        int rc = cnipol_cluster_load_bytes(w->cluster, input->name, input->bytes, input->size);

        if (rc == CNIPOL_E_NOMEM)
            return rc;
        w->run->load_status = rc ? rc : w->run->load_status;
        sink_print(&w->run->said, "load %s: %s\n", w->run->no_names ? "" : input->name, cnipol_status_text(rc));
    }
    cnipol_cluster_count(w->cluster, &counts);
    sink_print(&w->run->said, "documents %u objects %u policies %u inventory %u ignored %u refused %u\n", counts.documents, counts.objects,
               counts.policies, counts.inventory, counts.ignored, counts.refused);
    return CNIPOL_OK;
}

static int open_knobs(struct world *w)
{
    static const char *const names[][2] = {{"db.example.com", "203.0.113.7"},
                                           {"db.example.com", "2001:db8:1::7"},
                                           {"x.example.org.", "203.0.113.8"},
                                           {"www.example.com", NULL}};
    int rc = w->knobs ? CNIPOL_OK : cnipol_knobs_new(w->ctx, &w->knobs);

    for (size_t i = 0; i < COUNT(names) && !rc; i++)
        rc = cnipol_knobs_add_dns(w->knobs, names[i][0], names[i][1]);
    return rc ? rc : cnipol_knobs_set(w->knobs, "workloads", "true");
}

static int open_model(struct world *w)
{
    return cnipol_model_new(w->cluster, NULL, w->knobs, &w->model);
}

static int check(struct world *w)
{
    return cnipol_check(w->ctx, w->model);
}

static const struct {
    uint8_t protocol;
    uint16_t port;
} asked[] = {{CNIPOL_PROTOCOL_TCP, 8001}, {CNIPOL_PROTOCOL_TCP, 9090}, {CNIPOL_PROTOCOL_UDP, 53}, {CNIPOL_PROTOCOL_SCTP, 7}};

static void ask_pair(struct world *w, struct cnipol_question *question)
{
    struct cnipol_verdict v;

    for (size_t i = 0; i < COUNT(asked); i++) {
        question->protocol = asked[i].protocol;
        question->destination_port = asked[i].port;
        cnipol_ask(w->model, question, &v);
        sink_print(&w->run->said, "%u%u%u%x ", v.decision, v.egress, v.ingress, v.flags);
    }
}

#define PODS_ASKED 32u

static int ask(struct world *w)
{
    uint32_t pods = cnipol_model_pods(w->model), n = pods < PODS_ASKED ? pods : PODS_ASKED;

    w->run->asked_at = w->run->said.n;
    sink_print(&w->run->said, "%u pods\n", pods);
    for (uint32_t i = 0; i < n; i++) {
        struct cnipol_question question = {0};

        (void)cnipol_end_pod(w->model, i, &question.source);
        for (uint32_t j = 0; j < n; j++) {
            (void)cnipol_end_pod(w->model, j, &question.destination);
            ask_pair(w, &question);
        }
        sink_print(&w->run->said, "%s\n", w->run->no_names ? "" : cnipol_model_pod_name(w->model, i));
    }
    w->run->asked_n = w->run->said.n - w->run->asked_at;
    return CNIPOL_OK;
}

static int say(struct world *w, const char *text)
{
    if (!text)
        return CNIPOL_E_NOMEM;
    sink_print(&w->run->said, "%zu: ", strlen(text));
    sink_write(&w->run->said, text, strlen(text));
    return sink_write(&w->run->said, "\n", 1);
}

static int report_trace(struct world *w, struct cnipol_trace *trace)
{
    struct cnipol_report_opts opts = CNIPOL_REPORT_OPTS_INIT;
    int rc = say(w, cnipol_trace_text(trace, 0));

    if (!rc)
        rc = say(w, cnipol_trace_line(trace));
    if (!rc)
        rc = cnipol_report_trace(w->ctx, trace, &opts, sink_write, &w->run->said);
    opts.format = CNIPOL_FORMAT_JSON;
    return rc ? rc : cnipol_report_trace(w->ctx, trace, &opts, sink_write, &w->run->said);
}

static int explain(struct world *w)
{
    struct cnipol_verdict traced, direct;
    struct cnipol_trace *trace;
    int rc = cnipol_explain(w->ctx, w->model, &w->question, &trace);

    if (rc)
        return rc;
    cnipol_trace_verdict(trace, &traced);
    cnipol_ask(w->model, &w->question, &direct);
    if (memcmp(&traced, &direct, sizeof traced) != 0)
        abort();
    rc = report_trace(w, trace);
    cnipol_trace_free(trace);
    return rc;
}

static int open_matrix(struct world *w)
{
    const struct cnipol_question like = {.protocol = CNIPOL_PROTOCOL_TCP, .destination_port = 8001};
    struct cnipol_end ends[PODS_ASKED];
    uint32_t pods = cnipol_model_pods(w->model), n = pods < PODS_ASKED ? pods : PODS_ASKED;

    for (uint32_t i = 0; i < n; i++)
        (void)cnipol_end_pod(w->model, i, &ends[i]);
    return n ? cnipol_matrix_new(w->ctx, w->model, ends, n, &like, &w->matrix) : CNIPOL_OK;
}

static int report_matrix(struct world *w)
{
    struct cnipol_report_opts opts = CNIPOL_REPORT_OPTS_INIT;

    opts.format = w->format;
    return w->matrix ? cnipol_report_matrix(w->ctx, w->matrix, &opts, sink_write, &w->run->said) : CNIPOL_OK;
}

static int report_diags(struct world *w)
{
    struct cnipol_report_opts opts = CNIPOL_REPORT_OPTS_INIT;

    opts.format = w->format;
    return cnipol_report_diags(w->ctx, &opts, sink_write, &w->run->said);
}

static int read_diags(struct world *w)
{
    struct cnipol_diag diag;

    for (size_t i = 0; i < cnipol_diag_count(w->ctx); i++) {
        int rc = cnipol_diag_get(w->ctx, i, &diag);

        if (rc)
            return rc;
        w->run->placeless += !diag.place.file && diag.severity != CNIPOL_SEVERITY_INFO;
        sink_print(&w->run->said, "NP%d %u:%u ", diag.code, diag.place.line, diag.place.column);
    }
    return CNIPOL_OK;
}

/* Out of memory is noted and its text taken back; anything else but success is written down. */
static int step(struct world *w, const char *name, bool again, int (*fn)(struct world *w))
{
    struct run *run = w->run;
    size_t before = run->said.n;
    int rc = fn(w);

    if (rc == CNIPOL_E_NOMEM) {
        if (!run->nomem++)
            run->failing = name;
        run->said.n = before;
        if (again && run->retry)
            rc = fn(w);
    }
    if (rc && rc != CNIPOL_E_NOMEM)
        sink_print(&run->said, "%s: %s\n", name, cnipol_status_text(rc));
    return rc == CNIPOL_E_NOMEM ? rc : CNIPOL_OK;
}

static const char *const more_ends[] = {"service/shop/web", "node/node-1", "192.0.2.9", "203.0.113.7", "no/such", "::1"};

/* The i-th question: pods with a stride, then the ends that are no pods. */
static bool pick_question(struct world *w, uint32_t i)
{
    uint32_t pods = cnipol_model_pods(w->model);
    struct cnipol_question *q = &w->question;

    *q = (struct cnipol_question){.protocol = asked[i % COUNT(asked)].protocol, .destination_port = asked[i % COUNT(asked)].port};
    if (!pods || cnipol_end_pod(w->model, i * 7 % pods, &q->source))
        return false;
    if (i % 2)
        return cnipol_end_parse(w->model, more_ends[i / 2 % COUNT(more_ends)], &q->destination) == CNIPOL_OK;
    return cnipol_end_pod(w->model, (i * 11 + 1) % pods, &q->destination) == CNIPOL_OK;
}

static int explain_some(struct world *w)
{
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < w->run->questions && !rc; i++)
        if (pick_question(w, i))
            rc = step(w, "explain", true, explain);
    return rc;
}

static int report_all(struct world *w)
{
    static const int32_t matrices[] = {CNIPOL_FORMAT_TEXT, CNIPOL_FORMAT_CSV, CNIPOL_FORMAT_JSON, CNIPOL_FORMAT_MARKDOWN};
    static const int32_t diags[] = {CNIPOL_FORMAT_TEXT,  CNIPOL_FORMAT_GCC,   CNIPOL_FORMAT_JSON,
                                    CNIPOL_FORMAT_JSONL, CNIPOL_FORMAT_SARIF, CNIPOL_FORMAT_GITHUB};
    int rc = CNIPOL_OK;

    for (size_t i = 0; i < COUNT(matrices) && !rc; i++) {
        w->format = matrices[i];
        rc = step(w, "report_matrix", true, report_matrix);
    }
    for (size_t i = 0; i < COUNT(diags) && !rc; i++) {
        w->format = diags[i];
        rc = step(w, "report_diags", true, report_diags);
    }
    return rc;
}

static int run_steps(struct world *w)
{
    static const struct {
        const char *name;
        bool again; /* not loading and checking: what was said before the failure stays said */
        int (*fn)(struct world *w);
    } steps[] = {{"ctx_new", true, open_ctx}, {"cluster_new", true, open_cluster}, {"load", false, load},
                 {"knobs", true, open_knobs}, {"model_new", true, open_model},     {"check", false, check},
                 {"ask", true, ask},          {"matrix_new", true, open_matrix},   {"diag_get", true, read_diags}};
    int rc = CNIPOL_OK;

    for (size_t i = 0; i < COUNT(steps) && !rc; i++)
        rc = step(w, steps[i].name, steps[i].again, steps[i].fn);
    if (!rc)
        rc = explain_some(w);
    return rc ? rc : report_all(w);
}

int run_pipeline(struct run *run)
{
    struct world w = {.run = run};
    int rc = run_steps(&w);

    if (w.ctx) {
        run->errors = cnipol_diag_raised(w.ctx, CNIPOL_SEVERITY_ERROR);
        run->peak = cnipol_ctx_memory_peak(w.ctx);
    }
    cnipol_matrix_free(w.matrix);
    cnipol_model_free(w.model);
    cnipol_knobs_free(w.knobs);
    cnipol_cluster_free(w.cluster);
    cnipol_ctx_free(w.ctx);
    return rc;
}
