/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CNIPOL_CLI_CLI_H
#define CNIPOL_CLI_CLI_H

/*
 * The program `cnipol`: what its verbs share.
 *
 * One verb is one file, with one function from parsed options to exit code. Standard output carries
 * results only; everything said to people about the work goes to standard error. The program uses
 * nothing of the library but its public headers.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cnipol/cnipol.h>

enum cli_exit {
    CLI_OK = 0,
    CLI_FINDINGS = 1, /* check: problems; test: failures; eval --exit-verdict: not allowed */
    CLI_INPUT = 2,    /* input that cannot be read, or not safely answered from */
    CLI_USAGE = 3,
    CLI_INTERNAL = 4, /* no memory, nowhere to write, a defect */
};

/* Verbs as bits, for the table of options. */
enum cli_verb_bit {
    CLI_CHECK = 1u << 0,
    CLI_EVAL = 1u << 1,
    CLI_EXPLAIN = 1u << 2,
    CLI_MATRIX = 1u << 3,
    CLI_TEST = 1u << 4,
    CLI_COMPILE = 1u << 5,
    CLI_IMAGE = 1u << 6,
    CLI_OBSERVE = 1u << 7,
    CLI_ALL = 0xff,
};

struct cli_list {
    const char **items;
    uint32_t n;
};

struct cli_args {
    struct cli_list rest; /* what is no option */
    struct cli_list files;
    struct cli_list knobs;
    struct cli_list dns;
    struct cli_list filters; /* observe: arguments that cnipol_filter_takes() */
    const char *engine;
    const char *kubernetes_version;
    const char *format;
    const char *protocol;
    const char *pods;
    const char *image;
    const char *output;
    const char *node;
    const char *root;
    const char *writer_version, *columns, *message, *fields;
    const char *since, *until, *count_by, *expr;
    int32_t mode;                                    /* enum cnipol_mode */
    int32_t channel;                                 /* enum cnipol_channel */
    int32_t fail_on;                                 /* enum cnipol_severity; 0: the verb's default */
    int32_t color;                                   /* 0 auto, 1 always, 2 never */
    int32_t direction;                               /* enum cnipol_ask_direction */
    int32_t family;                                  /* 0, 1: IPv4, 2: IPv6 */
    int32_t fragment, state;                         /* as in struct cnipol_question */
    int32_t with;                                    /* enum cli_with */
    int32_t flow_output;                             /* enum cnipol_flow_output */
    int32_t time_format;                             /* enum cnipol_flow_time_format */
    int32_t threads;                                 /* 0 auto, 1, 2 */
    int32_t first_n, last_n, top;                    /* -1: not given */
    int32_t max_bytes;                               /* -1: not given */
    int32_t port, source_port, icmp_type, icmp_code; /* -1: not given */
    bool follow, format_list, node_names, policy_names, addresses, numeric;
    bool jsonl, exit_verdict, rules, rules_only, full, quiet, no_progress, verbose, help, version;
};

/* Who answers the questions of tests. */
enum cli_with { CLI_WITH_REFERENCE, CLI_WITH_IMAGE, CLI_WITH_RULES, CLI_WITH_BPF, CLI_WITH_ALL };

struct cli_verb {
    const char *name;
    uint32_t bit;
    const char *usage;   /* what follows the verb */
    const char *summary; /* one line */
    const char *about;   /* paragraphs of the help */
    const char *example;
    int (*run)(const struct cli_args *args);
};

extern const struct cli_verb cli_check, cli_eval, cli_explain, cli_matrix, cli_test, cli_compile, cli_image, cli_observe;
/* The i-th verb, or NULL past the last. */
const struct cli_verb *cli_verb_at(size_t i);

/* Reads options and arguments into *args (zeroed here). CLI_OK, or CLI_USAGE or CLI_INTERNAL after saying why. */
int cli_parse(const struct cli_verb *verb, int argc, char **argv, struct cli_args *args);
void cli_args_free(struct cli_args *args);
/* The verb's options, one a line, for its help. */
void cli_print_options(const struct cli_verb *verb);
/* Those that the verb hands on to the library, which has them in a table of its own. */
void cli_print_filters(const struct cli_verb *verb);
void cli_print_help(const struct cli_verb *verb);

/* The nearest of the names that `name_at` gives until NULL, or NULL if none is near. */
const char *cli_nearest(const char *word, const char *(*name_at)(size_t i, const void *user), const void *user);

/* "cnipol: ..." on standard error. Returns `code`. */
int cli_fail(int code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same, unless --quiet. */
void cli_note(const struct cli_args *args, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* What a status of the library means for the exit code; says so where nobody else did. */
int cli_status(int status);

/* Standard output, buffered. A failed write ends the program's work: cli_out_end() says with which code. */
int cli_write(void *user, const char *bytes, size_t size); /* a cnipol_write_fn; `user` is not used */
void cli_puts(const char *text);
/* A text that is not ours, as a terminal may see it. */
void cli_put_text(const char *text);
void cli_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void cli_flush(void);
bool cli_out_failed(void);
/* Flushes and closes; `code`, or CLI_INTERNAL where something could not be written. */
int cli_out_end(int code);
/* As cnipol_write_fn, to standard error. */
int cli_write_error(void *user, const char *bytes, size_t size);

/* Whether to write colours to this stream (1 or 2). */
bool cli_wants_color(const struct cli_args *args, int fd);
/* The format by name; -1 after saying that the verb does not have it. `known` is blank-separated. */
int cli_format(const struct cli_args *args, const char *known);

/* A cluster, and a model of it, made from the options. */
struct cli_world {
    struct cnipol_ctx *ctx;
    struct cnipol_cluster *cluster;
    struct cnipol_knobs *knobs;
    struct cnipol_model *model;
    struct cnipol_image *image; /* that the model was read from; NULL: none */
    int loaded;                 /* the worst status of loading */
};

/* Loads the paths; the caller looks at world->loaded. CLI_OK or an exit code, after saying why. */
int cli_world_load(struct cli_world *world, const struct cli_args *args, const struct cli_list *paths);
/* Loads --file, tells diagnostics on standard error, and refuses to go on from input that was not all taken. Then the model. */
int cli_world_open(struct cli_world *world, const struct cli_args *args);
/* The same, or --image where that is given. */
int cli_world_open_any(struct cli_world *world, const struct cli_args *args);
/* Is the image one that asks the policies of one node's pods only? */
bool cli_world_is_slice(const struct cli_world *world);
int cli_world_model(struct cli_world *world, const struct cli_args *args);
void cli_world_close(struct cli_world *world);
/* All diagnostics to standard error, unless --quiet; errors in any case. */
int cli_world_tell(struct cli_world *world, const struct cli_args *args);

/* Everything of a question but its ends, from the options. CLI_OK or CLI_USAGE. */
int cli_question_options(const struct cli_args *args, struct cnipol_question *out);
/* An end by name; a name that is not in the cluster is noted. CLI_OK or CLI_USAGE. */
int cli_end(const struct cli_world *world, const struct cli_args *args, const char *text, struct cnipol_end *out);
/* How an image is asked: enum cnipol_image_way. */
int32_t cli_way(const struct cli_args *args);
/* The verdict of the model, or of the image that it was read from. */
void cli_ask(const struct cli_world *world, const struct cli_args *args, const struct cnipol_question *question,
             struct cnipol_verdict *out);
/* The question of FROM and TO. */
int cli_question(const struct cli_world *world, const struct cli_args *args, struct cnipol_question *out);
/* Question and verdict as the members of a JSON object. `from` and `to` are what was asked. */
void cli_verdict_members(const char *from, const char *to, const struct cnipol_question *q, const struct cnipol_verdict *v);
/* A JSON string, quoted and escaped. */
void cli_json_string(const char *text);

/* cnipol image prove. */
int cli_image_prove(const struct cli_args *args);

/* The kernel, where an image is published and then asked. False where it cannot be, and *why says why. */
bool cli_kernel_open(const char **why);
void cli_kernel_close(void);
int cli_kernel_publish(const struct cnipol_image *image);
/* `way`: enum cnipol_image_way. */
int cli_kernel_ask(const struct cnipol_key *keys, uint32_t n, int32_t way, struct cnipol_answer *out);

/* Questions as JSON Lines from standard input, answers to standard output. */
int cli_stream(const struct cli_world *world, const struct cli_args *args);

#endif
