/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cnipol observe: flow records of every CNI, filtered as hubble filters, printed or counted.
 *
 *     files → source: bytes, unpacked → decoder of the file → since, until, filters → printer or counts
 *
 * Where there are two CPUs and enough to do for them, the source is read ahead by a thread of its own; all else is done on this one.
 * The decoder is told which fields anybody wants, so the rest is skipped. Bad records are told on standard error, the first few with
 * their lines, and counted; the work goes on.
 */

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/observe.h"

#define FLAWS_TOLD 20u
#define DEFAULT_TOP 20
#define INTERRUPTED 130
#define WORTH_A_THREAD (1u << 20)

struct observing {
    const struct cli_args *args;
    struct cnipol_ctx *ctx;
    struct observe_files files;
    struct observe_source *source;
    struct cnipol_decoder **decoders; /* by file; NULL: not begun */
    struct cnipol_filter *filter;
    struct cnipol_flow_printer *printer;
    struct observe_count *count;
    struct cnipol_fields fields;
    struct cnipol_time since, until;
    bool has_since, has_until;
    int32_t output;
    uint64_t shown, flaws, records, bytes;
    uint64_t undecided; /* records that a filter could not decide about */
    struct timespec began, told;
    bool shows_progress;
    bool progress; /* a line of it stands on the terminal */
};

static double seconds_since(const struct timespec *then)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - then->tv_sec) + (double)(now.tv_nsec - then->tv_nsec) / 1e9;
}

static void end_progress(struct observing *o)
{
    if (o->progress)
        (void)fputs("\r\033[K", stderr);
    o->progress = false;
}

/* "12.3 MB of 1.2 GB, 1.6 M records/s, 4 s left", a few times a second, where it is in nobody's way. */
static void tell_progress(struct observing *o)
{
    uint64_t size = observe_files_size(&o->files);
    double seconds;

    if (!o->shows_progress || seconds_since(&o->told) < 0.2)
        return;
    (void)clock_gettime(CLOCK_MONOTONIC, &o->told);
    seconds = seconds_since(&o->began);
    (void)fprintf(stderr, "\r\033[K%.1f MB", (double)o->bytes / 1e6);
    if (size)
        (void)fprintf(stderr, " of %.1f MB", (double)size / 1e6);
    (void)fprintf(stderr, ", %.0f MB/s, %.2f M records/s", (double)o->bytes / 1e6 / seconds, (double)o->records / 1e6 / seconds);
    if (size > o->bytes && o->bytes)
        (void)fprintf(stderr, ", %.0f s left", seconds * (double)(size - o->bytes) / (double)o->bytes);
    o->progress = true;
}

static int tell_diags(struct observing *o)
{
    struct cnipol_report_opts opts = CNIPOL_REPORT_OPTS_INIT;
    int rc = CNIPOL_OK;

    opts.color = cli_wants_color(o->args, 2);
    if (cnipol_diag_count(o->ctx)) {
        end_progress(o);
        cli_flush();
        rc = cnipol_report_diags(o->ctx, &opts, cli_write_error, NULL);
    }
    cnipol_diag_clear(o->ctx);
    return rc;
}

static int tell_flaw(struct observing *o, struct cnipol_decoder *decoder, uint32_t file)
{
    int rc = CNIPOL_OK;

    if (++o->flaws <= FLAWS_TOLD) {
        rc = cnipol_decoder_tell_flaw(decoder, o->ctx, observe_files_name(&o->files, file));
        if (!rc)
            rc = tell_diags(o);
    }
    return cli_status(rc);
}

/* Within --since and --until? What has no time is within neither. */
static bool in_time(const struct observing *o, const struct cnipol_flow *flow)
{
    if (!o->has_since && !o->has_until)
        return true;
    if (!(flow->has & CNIPOL_HAS_TIME))
        return false;
    return (!o->has_since || observe_time_compare(&flow->time, &o->since) >= 0) &&
           (!o->has_until || observe_time_compare(&flow->time, &o->until) <= 0);
}

/* Events that are no flows are shown where nothing is filtered: filters speak of flows. */
static bool passes(struct observing *o, const struct cnipol_flow *flow)
{
    int rc;

    if (!in_time(o, flow))
        return false;
    if (flow->event)
        return !o->args->filters.n && !o->args->expr && !o->count;
    rc = cnipol_filter_matches(o->filter, flow);
    o->undecided += rc < 0;
    return rc > 0;
}

static int take_record(struct observing *o, const struct cnipol_flow *flow)
{
    int rc = CNIPOL_OK;

    o->records++;
    if (!passes(o, flow))
        return CLI_OK;
    o->shown++;
    if (o->count)
        rc = observe_count_add(o->count, flow) ? CNIPOL_OK : CNIPOL_E_NOMEM;
    else
        rc = cnipol_flow_printer_print(o->printer, flow);
    if (o->args->first_n > 0 && o->shown >= (uint64_t)o->args->first_n)
        observe_halt(OBSERVE_ENOUGH);
    if (cli_out_failed())
        observe_halt(OBSERVE_ENOUGH);
    return cli_status(rc);
}

static int drain(struct observing *o, uint32_t file)
{
    struct cnipol_decoder *decoder = o->decoders[file];
    struct cnipol_flow flow;
    int rc, code = CLI_OK;

    while (!observe_halted() && !code && (rc = cnipol_decoder_next(decoder, &flow)) != 0) {
        if (rc > 0)
            code = take_record(o, &flow);
        else
            code = rc == CNIPOL_E_NOMEM ? cli_status(rc) : tell_flaw(o, decoder, file);
    }
    return code;
}

static const char *format_name(size_t i, const void *user)
{
    const struct cnipol_flow_format *format = cnipol_flow_format_at(i);

    (void)user;
    return format ? format->name : NULL;
}

static int unknown_format(const char *name)
{
    const char *near = cli_nearest(name, format_name, NULL);

    if (near)
        return cli_fail(CLI_USAGE, "there is no format %s; did you mean %s?", name, near);
    return cli_fail(CLI_USAGE, "there is no format %s; 'cnipol observe --format-list' names them", name);
}

static int begin_file(struct observing *o, uint32_t file)
{
    const struct cli_args *args = o->args;
    struct cnipol_decoder_opts opts = {
        .sz = sizeof opts,
        .format = args->format,
        .version = args->writer_version,
        .columns = args->columns,
        .message = args->message,
        .fields = &o->fields,
        .packed = 1,
    };
    int rc = o->decoders[file] ? CNIPOL_OK : cnipol_decoder_new(o->ctx, &opts, &o->decoders[file]);

    if (rc == CNIPOL_E_NOTFOUND)
        return unknown_format(args->format);
    if (rc == CNIPOL_E_USAGE) {
        (void)tell_diags(o);
        return CLI_USAGE;
    }
    return cli_status(rc);
}

/* Hands on what was printed before more is waited for. */
static int pause_output(struct observing *o)
{
    int rc = o->printer ? cnipol_flow_printer_flush(o->printer) : CNIPOL_OK;

    cli_flush();
    return cli_status(rc);
}

static void tell_unreadable(struct observing *o, const struct observe_piece *piece)
{
    end_progress(o);
    (void)cli_fail(CLI_INPUT, "cannot read %s: %s", o->files.names[piece->file], strerror(piece->error));
    o->files.failed = true;
}

static int decode(struct observing *o, const struct observe_piece *piece)
{
    struct cnipol_decoder **decoder = &o->decoders[piece->file];
    int code = begin_file(o, piece->file);

    if (code)
        return code;
    if (piece->what == OBSERVE_BYTES)
        (void)cnipol_decoder_feed(*decoder, piece->bytes, piece->n);
    else if (piece->what == OBSERVE_DAMAGED)
        (void)cnipol_decoder_damage(*decoder, piece->flaw);
    else
        (void)cnipol_decoder_finish(*decoder);
    code = drain(o, piece->file);
    if (piece->what == OBSERVE_ENDS && !observe_halted()) {
        cnipol_decoder_free(*decoder);
        *decoder = NULL;
    }
    return code;
}

static int on_piece(void *user, const struct observe_piece *piece, char **buffer)
{
    struct observing *o = user;
    int code;

    (void)buffer;
    o->bytes += piece->packed;
    if (piece->what == OBSERVE_WAITS)
        return pause_output(o);
    if (piece->what == OBSERVE_NO_MEMORY)
        return cli_status(CNIPOL_E_NOMEM);
    if (piece->what == OBSERVE_UNREADABLE) {
        tell_unreadable(o, piece);
        return CLI_OK;
    }
    code = decode(o, piece);
    tell_progress(o);
    return code;
}

static int open_filter(struct observing *o)
{
    const struct cli_list *filters = &o->args->filters;
    const char **items = calloc(filters->n + 2, sizeof *items);
    size_t n = filters->n;
    int rc = items ? CNIPOL_OK : CNIPOL_E_NOMEM;

    if (!rc && n)
        memcpy(items, filters->items, n * sizeof *items);
    if (!rc && o->args->expr) {
        items[n++] = "--cel-expression";
        items[n++] = o->args->expr;
    }
    if (!rc)
        rc = cnipol_filter_new(o->ctx, items, n, &o->filter);
    free(items);
    if (rc == CNIPOL_E_USAGE) {
        (void)tell_diags(o);
        return CLI_USAGE;
    }
    return cli_status(rc);
}

/* The columns of --fields, in the order given; each once. */
struct columns {
    int32_t ids[CNIPOL_N_FIELDS];
    uint32_t n;
};

static void add_column(struct columns *columns, int32_t id)
{
    for (uint32_t i = 0; i < columns->n; i++)
        if (columns->ids[i] == id)
            return;
    columns->ids[columns->n++] = id;
}

static int read_fields(const char *text, struct columns *out)
{
    char *copy = strdup(text), *rest = NULL;
    int code = copy ? CLI_OK : cli_status(CNIPOL_E_NOMEM);

    for (char *name = copy ? strtok_r(copy, ",", &rest) : NULL; name && !code; name = strtok_r(NULL, ",", &rest)) {
        const struct cnipol_field *field = cnipol_field_find(name);

        if (!field)
            code = observe_unknown_field(name);
        else
            add_column(out, field->id);
    }
    free(copy);
    return code;
}

static int open_printer(struct observing *o)
{
    const struct cli_args *args = o->args;
    struct columns columns = {.n = 0};
    struct cnipol_flow_printer_opts opts = {
        .sz = sizeof opts,
        .output = o->output,
        .time_format = args->time_format,
        .columns = args->fields ? columns.ids : NULL,
        .last = args->last_n > 0 ? (uint32_t)args->last_n : 0,
        .color = cli_wants_color(args, 1),
        .node_names = args->node_names,
        .policy_names = args->policy_names,
        .addresses = args->addresses,
        .numeric = args->numeric,
    };
    int code = args->fields ? read_fields(args->fields, &columns) : CLI_OK;

    opts.n_columns = columns.n;
    return code ? code : cli_status(cnipol_flow_printer_new(o->ctx, &opts, cli_write, NULL, &o->printer));
}

/* What anybody wants of a record. */
static void gather_fields(struct observing *o)
{
    struct cnipol_fields wanted;

    cnipol_filter_fields(o->filter, &o->fields);
    if (o->printer)
        cnipol_flow_printer_fields(o->printer, &wanted);
    else
        observe_count_fields(o->count, &wanted);
    cnipol_fields_unite(&o->fields, &wanted);
    if (o->has_since || o->has_until)
        cnipol_fields_add(&o->fields, CNIPOL_FIELD_TIME);
}

static int open_times(struct observing *o)
{
    int code = CLI_OK;

    o->has_since = o->args->since != NULL;
    o->has_until = o->args->until != NULL;
    if (o->has_since)
        code = observe_time("since", o->args->since, &o->since);
    if (o->has_until && !code)
        code = observe_time("until", o->args->until, &o->until);
    return code;
}

static int open_all(struct observing *o)
{
    int code = cli_status(cnipol_ctx_new(NULL, &o->ctx));

    if (!code)
        code = open_times(o);
    if (!code)
        code = open_filter(o);
    if (!code && o->args->count_by)
        code = observe_count_open(o->args->count_by, &o->count);
    if (!code)
        code = observe_files_open(&o->args->rest, &o->files);
    if (!code)
        code = observe_source_open(&o->files, o->args->follow, &o->source);
    if (!code && !o->count)
        code = open_printer(o); /* last, as the end of a printer prints */
    if (code)
        return code;
    gather_fields(o);
    o->shows_progress = !o->args->quiet && !o->args->no_progress && isatty(STDERR_FILENO) && (!isatty(STDOUT_FILENO) || o->count);
    o->decoders = calloc(o->files.n, sizeof *o->decoders);
    return o->decoders ? CLI_OK : cli_status(CNIPOL_E_NOMEM);
}

static int close_all(struct observing *o)
{
    int rc = cnipol_flow_printer_finish(o->printer);

    for (uint32_t i = 0; o->decoders && i < o->files.n; i++)
        cnipol_decoder_free(o->decoders[i]);
    free(o->decoders);
    observe_source_close(o->source);
    observe_files_close(&o->files);
    observe_count_close(o->count);
    cnipol_filter_free(o->filter);
    cnipol_ctx_free(o->ctx);
    return cli_status(rc);
}

/* What standard error hears at the end. */
static void tell_end(struct observing *o)
{
    end_progress(o);
    cli_flush();
    if (observe_halted() == OBSERVE_INTERRUPTED)
        cli_note(o->args, "interrupted after %llu records, of which %llu passed", (unsigned long long)o->records, (unsigned long long)o->shown);
    if (o->flaws > FLAWS_TOLD)
        cli_note(o->args, "%llu bad records; the first %u are told above", (unsigned long long)o->flaws, FLAWS_TOLD);
    if (o->undecided)
        cli_note(o->args, "%llu records were not shown, as a regular expression would have taken too long", (unsigned long long)o->undecided);
}

/* Is there another CPU, and as much to unpack that a thread pays, or nobody knows how much? Plain files are mapped, and there is nothing to be done ahead. */
static bool wants_thread(const struct observing *o)
{
    cpu_set_t cpus;

    if (o->args->threads)
        return o->args->threads > 1;
    if (sched_getaffinity(0, sizeof cpus, &cpus) != 0 || CPU_COUNT(&cpus) < 2)
        return false;
    return o->files.size_unknown || observe_source_packed(o->source) >= WORTH_A_THREAD;
}

static int read_all(struct observing *o)
{
    if (wants_thread(o))
        return observe_source_read_ahead(o->source, on_piece, o);
    return observe_source_read(o->source, false, on_piece, o);
}

static int observe(struct observing *o)
{
    int code = open_all(o), closed;
    bool failed;

    (void)clock_gettime(CLOCK_MONOTONIC, &o->began);
    if (!code && o->args->first_n)
        code = read_all(o);
    if (!code && o->count)
        code = observe_count_print(o->count, (uint32_t)(o->args->top < 0 ? DEFAULT_TOP : o->args->top), o->output, cli_wants_color(o->args, 1));
    if (!code)
        tell_end(o);
    failed = o->flaws || o->undecided || o->files.failed;
    closed = close_all(o);
    if (code || closed)
        return code ? code : closed;
    return observe_halted() == OBSERVE_INTERRUPTED ? INTERRUPTED : failed ? CLI_INPUT : CLI_OK;
}

static int print_formats(void)
{
    const struct cnipol_flow_format *format;
    const struct cnipol_field *field;

    cli_puts("Formats (--format):\n");
    for (size_t i = 0; (format = cnipol_flow_format_at(i)); i++)
        cli_printf("  %-24s %s: %s\n", format->name, format->writer, format->about);
    cli_puts("\nFields (--fields, --count-by, --output jsonl):\n");
    for (size_t i = 0; (field = cnipol_field_at(i)); i++)
        cli_printf("  %-40s %s\n", field->name, field->about);
    return CLI_OK;
}

static int run(const struct cli_args *args)
{
    struct observing o = {.args = args, .output = args->flow_output};
    int code;

    if (args->format_list)
        return print_formats();
    if (o.output == CNIPOL_FLOW_CSV + 1)
        o.output = CNIPOL_FLOW_JSON;
    else if (o.output == CNIPOL_FLOW_CSV + 2)
        o.output = CNIPOL_FLOW_TABLE;
    if (args->fields && o.output != CNIPOL_FLOW_CSV)
        return cli_fail(CLI_USAGE, "--fields are the columns of -o csv");
    if (args->count_by && (args->last_n >= 0 || o.output == CNIPOL_FLOW_DICT || o.output == CNIPOL_FLOW_TABLE))
        return cli_fail(CLI_USAGE, "--count-by prints a table, or lines with -o json, jsonl or csv, and takes no --last");
    observe_halt_open();
    code = observe(&o);
    observe_halt_close();
    return code;
}

const struct cli_verb cli_observe = {
    .name = "observe",
    .bit = CLI_OBSERVE,
    .usage = "[OPTION]... [FILTER]... [FILE|FOLDER|-]...",
    .summary = "flow records of Cilium, Calico, Antrea and AWS: decoded, filtered, printed, counted",
    .about = "Reads what CNIs write about flows, from files, folders and standard input, packed with gzip or zstd or not. The format is\n"
             "recognised from the first bytes. Filters have the names and the meaning of hubble observe's flags: --from-pod, --to-fqdn, --verdict,\n"
             "--port, --not, ... (docs/flow-filters.md); filters of one flag are alternatives, different flags must all hold.\n"
             "Bad records are told on standard error and counted; the exit code is 2 then. Ctrl-C ends with what there is so far.",
    .example = "  hubble observe -o jsonpb --follow | cnipol observe --verdict DROPPED -\n"
               "  cnipol observe /var/run/cilium/hubble/events.log.gz --count-by src,dst,port,verdict --top 10\n",
    .run = run,
};
