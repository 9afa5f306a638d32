/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CNIPOL_CLI_OBSERVE_H
#define CNIPOL_CLI_OBSERVE_H

/* cnipol observe: what its parts share. */

#include "cli/cli.h"

/* Where bytes come from: files one after another, or, with --follow, all of them for ever. */
struct observe_input;

/* Called for each piece of a file, and with n 0 at its end; `file` counts them. Non-zero ends the reading and is returned. */
typedef int observe_piece_fn(void *user, uint32_t file, const char *bytes, size_t n);

/* The files that arguments name: files, folders' files, "-". CLI_OK or an exit code, after saying why. */
int observe_input_open(const struct cli_list *paths, struct observe_input **out);
void observe_input_close(struct observe_input *input);
uint32_t observe_input_count(const struct observe_input *input);
/* Something could not be read, and that was told. */
bool observe_input_failed(const struct observe_input *input);
const char *observe_input_name(const struct observe_input *input, uint32_t file);
/* Bytes in all of them; 0: nobody knows. */
uint64_t observe_input_size(const struct observe_input *input);
/* Reads all, and goes on for ever with `follow`, until *stop is set. What fn returned, or CLI_INPUT after saying why. */
int observe_input_read(struct observe_input *input, bool follow, const volatile int *stop, observe_piece_fn *fn, void *user);

/* A point in time: RFC 3339, a date, or a duration before now ("5m", "1h30m"). CLI_OK or CLI_USAGE after saying why. */
int observe_time(const char *option, const char *text, struct cnipol_time *out);
int observe_time_compare(const struct cnipol_time *a, const struct cnipol_time *b);

/* Says that there is no such field, and which one is near. CLI_USAGE. */
int observe_unknown_field(const char *name);

/* Counting records by fields. */
struct observe_count;

/* `fields`: comma-separated; "src" and "dst" are names of ends as people have them. CLI_OK or an exit code after saying why. */
int observe_count_open(const char *fields, struct observe_count **out);
void observe_count_close(struct observe_count *count);
void observe_count_fields(const struct observe_count *count, struct cnipol_fields *out);
/* False: no memory. */
bool observe_count_add(struct observe_count *count, const struct cnipol_flow *flow);
/* The top rows: a table with bars, or lines of CSV or JSON. CLI_OK, or CLI_INTERNAL after saying why. */
int observe_count_print(struct observe_count *count, uint32_t top, int32_t output, bool color);

#endif
