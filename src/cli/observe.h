/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CNIPOL_CLI_OBSERVE_H
#define CNIPOL_CLI_OBSERVE_H

/* cnipol observe: what its parts share. */

#include "cli/cli.h"

/* Why the work is to end: a signal came, or there is enough. */
enum observe_why { OBSERVE_GOES_ON, OBSERVE_INTERRUPTED, OBSERVE_ENOUGH };

/* From now on SIGINT and SIGTERM end the work. */
void observe_halt_open(void);
void observe_halt_close(void);
/* The first reason counts. Any thread. */
void observe_halt(enum observe_why why);
enum observe_why observe_halted(void);
/* To be polled where something is waited for: readable once the work is to end. -1: there is none. */
int observe_halt_fd(void);

/* The files that arguments name: files, folders' files, "-". */
struct observe_files {
    char **names;
    uint32_t n, cap;
    uint64_t size;
    bool size_unknown; /* there is more than files */
    bool failed;       /* something could not be read, and that was told */
};

/* CLI_OK or an exit code, after saying why. */
int observe_files_open(const struct cli_list *paths, struct observe_files *files);
void observe_files_close(struct observe_files *files);
/* As messages name it. */
const char *observe_files_name(const struct observe_files *files, uint32_t file);
/* Bytes in all of them; 0: nobody knows. */
uint64_t observe_files_size(const struct observe_files *files);

/* A piece of a file, unpacked, or what else there is to say of it: exactly one of these. */
enum observe_what {
    OBSERVE_BYTES,
    OBSERVE_DAMAGED,    /* what is packed, behind the bytes that came; `flaw` says how */
    OBSERVE_ENDS,       /* the file */
    OBSERVE_WAITS,      /* nothing is there now: who shows something shows it before more comes */
    OBSERVE_UNREADABLE, /* the file; `error` says why */
    OBSERVE_NO_MEMORY,  /* the reading ends */
};
struct observe_piece {
    enum observe_what what;
    uint32_t file;
    const char *bytes; /* until the call returns */
    size_t n;
    uint64_t packed;  /* bytes that were read since the piece before */
    const char *flaw; /* static */
    int error;
};

/*
 * Takes a piece. `buffer` holds the piece's bytes, where they are to be kept: another buffer of OBSERVE_BUFFER bytes is put in its place then. Non-zero
 * ends the reading and is returned.
 */
typedef int observe_take_fn(void *user, const struct observe_piece *piece, char **buffer);
#define OBSERVE_BUFFER (256u << 10)

/* Reads and unpacks the files one after another; with `follow`, all of them for ever. */
struct observe_source;
int observe_source_open(const struct observe_files *files, bool follow, struct observe_source **out);
void observe_source_close(struct observe_source *source);
/* Bytes in files that are packed, pipes left out. */
uint64_t observe_source_packed(struct observe_source *source);
/* Hands on all pieces, to be kept or not, until the work is to end. What `take` returned. */
int observe_source_read(struct observe_source *source, bool is_kept, observe_take_fn *take, void *user);
/* The same, where the reading is done ahead, on another thread; `take` is called on this one. */
int observe_source_read_ahead(struct observe_source *source, observe_take_fn *take, void *user);

/* The bytes of the file from there on, *n of them; they live until the next call. NULL: try read(2). */
const char *observe_map(int fd, uint64_t at, size_t *n);
void observe_unmap(void);
/* Has the file become shorter since, so that the bytes are not its own any more? */
bool observe_map_is_lost(void);

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
