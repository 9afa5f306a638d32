/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How fast `cnipol observe` itself is, and how much memory it takes: bench_flow_observe FILE CNIPOL.
 *
 * The program reads Hubble's JSON (FILE, packed with gzip, repeated in a file in memory) and writes as many compact lines as json-c
 * finds records that pass the three filters.
 *
 *     plain     on the last CPU, by the clock; lines go to a pipe that another CPU empties and counts
 *     packed    on all CPUs, by the clock, from start to end; lines go to a file in memory, as a reader would take one of two CPUs
 *               beside it, in the same round: zlib or libzstd, alone on the last CPU, all bytes to memory with one call a member
 *
 * The program uses two CPUs for what the library does on one; what it costs in all is in the rows by processor time. At the end 2 GB come
 * through a pipe.
 */

#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <json.h>
#include <zlib.h>
#include <zstd.h>

#include "bench.h"

#define FILE_MAX (16u << 20)
#define TIMES 60u /* the file's records in one input */
#define ROUNDS 11
#define STREAM_BYTES 2000000000u
#define PIECE (256u << 10)

extern char **environ;

struct bytes {
    char *s;
    size_t n;
};

struct observing {
    struct bench *b;
    const char *program;
    struct bytes plain, gzip, zstd; /* once */
    char *room;                     /* for unpacking: TIMES the file */
    uint32_t records, passing;      /* in the file */
    uint64_t runs, wrong;
};

struct took {
    double wall, cpu;
};

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "bench_flow_observe: %s\n", what);
    exit(1);
}

static struct bytes read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct bytes out = {malloc(FILE_MAX), 0};

    must(file && out.s, "cannot read the records");
    out.n = fread(out.s, 1, FILE_MAX, file);
    must(feof(file), "the file is too large");
    (void)fclose(file);
    return out;
}

static size_t inflate_times(const struct bytes *in, uint32_t times, char *room, size_t size)
{
    z_stream z = {.next_out = (Bytef *)room, .avail_out = (uInt)size};
    bool fits = inflateInit2(&z, 15 + 16) == Z_OK;

    for (uint32_t i = 0; i < times && fits; i++) {
        z.next_in = (Bytef *)in->s;
        z.avail_in = (uInt)in->n;
        fits = inflate(&z, Z_FINISH) == Z_STREAM_END;
        (void)inflateReset(&z);
    }
    must(fits, "zlib does not unpack");
    (void)inflateEnd(&z);
    return size - z.avail_out;
}

/* As a program would that keeps nothing: the room stays in the cache. */
static size_t inflate_pieces(const struct bytes *in, uint32_t times, char *room, size_t size)
{
    z_stream z = {0};
    bool fits = inflateInit2(&z, 15 + 16) == Z_OK;
    size_t made = 0;

    for (uint32_t i = 0; i < times && fits; i++) {
        int rc = Z_OK;

        z.next_in = (Bytef *)in->s;
        z.avail_in = (uInt)in->n;
        while (rc == Z_OK) {
            z.next_out = (Bytef *)room;
            z.avail_out = PIECE;
            rc = inflate(&z, Z_NO_FLUSH);
            made += PIECE - z.avail_out;
        }
        fits = rc == Z_STREAM_END;
        (void)inflateReset(&z);
    }
    must(fits && size >= PIECE, "zlib does not unpack");
    (void)inflateEnd(&z);
    return made;
}

static size_t unzstd_pieces(const struct bytes *in, uint32_t times, char *room, size_t size)
{
    ZSTD_DStream *stream = ZSTD_createDStream();
    size_t made = 0, left = stream && size >= PIECE ? 0 : 1;

    for (uint32_t i = 0; i < times && !left; i++) {
        ZSTD_inBuffer from = {in->s, in->n, 0};

        do {
            ZSTD_outBuffer out = {room, PIECE, 0};

            left = ZSTD_decompressStream(stream, &out, &from);
            made += out.pos;
        } while (left && !ZSTD_isError(left));
    }
    must(!left, "libzstd does not unpack");
    ZSTD_freeDStream(stream);
    return made;
}

static size_t unzstd_times(const struct bytes *in, uint32_t times, char *room, size_t size)
{
    ZSTD_DStream *stream = ZSTD_createDStream();
    ZSTD_outBuffer out = {room, size, 0};
    size_t left = stream ? 0 : 1;

    for (uint32_t i = 0; i < times && !left; i++) {
        ZSTD_inBuffer from = {in->s, in->n, 0};

        left = ZSTD_decompressStream(stream, &out, &from);
    }
    must(!left, "libzstd does not unpack");
    ZSTD_freeDStream(stream);
    return out.pos;
}

static bool is_text(struct json_object *of, const char *key, const char *text)
{
    struct json_object *value = NULL;

    return json_object_object_get_ex(of, key, &value) && strcmp(json_object_get_string(value), text) == 0;
}

/* What the filters below let pass. */
static bool passes(struct json_object *row)
{
    struct json_object *flow = NULL, *l4 = NULL, *tcp = NULL;

    return json_object_object_get_ex(row, "flow", &flow) && is_text(flow, "verdict", "FORWARDED") && is_text(flow, "traffic_direction", "INGRESS") &&
           json_object_object_get_ex(flow, "l4", &l4) && json_object_object_get_ex(l4, "TCP", &tcp);
}

static void count_records(struct observing *o)
{
    struct json_tokener *tokener = json_tokener_new();
    const char *at = o->plain.s, *end = at + o->plain.n, *newline;

    must(tokener != NULL, "no memory");
    for (; at < end && (newline = memchr(at, '\n', (size_t)(end - at))) != NULL; at = newline + 1) {
        struct json_object *row;

        json_tokener_reset(tokener);
        row = json_tokener_parse_ex(tokener, at, (int)(newline - at));
        o->records++;
        o->passing += passes(row);
        json_object_put(row);
    }
    json_tokener_free(tokener);
}

static void open_all(struct observing *o, const char *path)
{
    size_t bound;

    o->gzip = read_file(path);
    o->plain.s = malloc(FILE_MAX);
    must(o->plain.s != NULL, "no memory");
    o->plain.n = inflate_times(&o->gzip, 1, o->plain.s, FILE_MAX);
    bound = ZSTD_compressBound(o->plain.n);
    o->zstd.s = malloc(bound);
    o->room = malloc(o->plain.n * TIMES);
    must(o->zstd.s && o->room, "no memory");
    memset(o->room, 0, o->plain.n * TIMES);
    o->zstd.n = ZSTD_compress(o->zstd.s, bound, o->plain.s, o->plain.n, 3);
    must(!ZSTD_isError(o->zstd.n), "libzstd does not pack");
    count_records(o);
}

/* Onto the measured CPU, or off it. */
static void move(const struct bench *b, bool onto)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    for (int i = 0; i < (int)sysconf(_SC_NPROCESSORS_CONF); i++)
        if ((i == b->cpu) == onto)
            CPU_SET(i, &set);
    (void)sched_setaffinity(0, sizeof set, &set);
}

static int file_of(const struct bytes *bytes, uint32_t times)
{
    int fd = memfd_create("records", MFD_CLOEXEC);

    must(fd >= 0, "no file in memory");
    for (uint32_t i = 0; i < times; i++)
        must(write(fd, bytes->s, bytes->n) == (ssize_t)bytes->n, "cannot fill a file in memory");
    return fd;
}

/* Onto every CPU. */
static void move_anywhere(void)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    for (int i = 0; i < (int)sysconf(_SC_NPROCESSORS_CONF); i++)
        CPU_SET(i, &set);
    (void)sched_setaffinity(0, sizeof set, &set);
}

/* `in` and `out` become its standard input and output. */
static pid_t start(const struct observing *o, int in, int out, bool on_one)
{
    const char *const args[] = {o->program, "observe",     "--verdict", "FORWARDED", "--protocol", "TCP", "--traffic-direction",
                                "ingress",  "-o", "compact", "-", NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid = -1;

    must(!posix_spawn_file_actions_init(&actions) && !posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO) &&
             !posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO),
         "no memory");
    if (on_one)
        move(o->b, true);
    else
        move_anywhere();
    must(!posix_spawn(&pid, o->program, &actions, NULL, (char *const *)(uintptr_t)args, environ), "cnipol does not start");
    move(o->b, false);
    (void)posix_spawn_file_actions_destroy(&actions);
    return pid;
}

static double cpu_of(const struct rusage *usage)
{
    return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) + (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e6;
}

static uint64_t count_lines(int fd)
{
    static char piece[PIECE];
    uint64_t lines = 0;
    ssize_t n;

    while ((n = read(fd, piece, sizeof piece)) > 0)
        for (const char *at = piece; (at = memchr(at, '\n', (size_t)(n - (at - piece)))) != NULL; at++)
            lines++;
    return lines;
}

/* Waits for its end; checks what it printed. */
static struct took end(struct observing *o, pid_t pid, double since, uint64_t (*lines)(int), int fd)
{
    struct rusage usage;
    struct took took;
    uint64_t n = lines ? lines(fd) : 0;
    int status = 0;

    must(wait4(pid, &status, 0, &usage) == pid, "cnipol is lost");
    took.wall = bench_now() - since;
    took.cpu = cpu_of(&usage);
    if (!lines)
        n = lseek(fd, 0, SEEK_SET) == 0 ? count_lines(fd) : 0;
    (void)close(fd);
    o->runs++;
    o->wrong += status != 0 || n != (uint64_t)o->passing * TIMES;
    return took;
}

/* The program once over a file: on one CPU, its lines to a pipe. */
static struct took observe(struct observing *o, int in)
{
    double since;
    int ends[2];
    pid_t pid;

    (void)lseek(in, 0, SEEK_SET);
    must(!pipe2(ends, O_CLOEXEC), "no pipe");
    since = bench_now();
    pid = start(o, in, ends[1], true);
    (void)close(ends[1]);
    return end(o, pid, since, count_lines, ends[0]);
}

/* The same on all CPUs, its lines to a file in memory. */
static struct took observe_ahead(struct observing *o, int in)
{
    int out = memfd_create("lines", MFD_CLOEXEC);
    double since;

    must(out >= 0, "no file in memory");
    (void)lseek(in, 0, SEEK_SET);
    since = bench_now();
    return end(o, start(o, in, out, false), since, NULL, out);
}

static double cpu_now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* The library alone, on the measured CPU. */
static double unpack_alone(struct observing *o, const struct bytes *packed, size_t (*unpack)(const struct bytes *, uint32_t, char *, size_t))
{
    double since;

    move(o->b, true);
    since = cpu_now();
    must(unpack(packed, TIMES, o->room, o->plain.n * TIMES) == o->plain.n * TIMES, "bytes are missing");
    since = cpu_now() - since;
    move(o->b, false);
    return since;
}

/* A packing, and who unpacks it. */
struct packing {
    const char *name, *library;
    struct bytes bytes;
    size_t (*unpack)(const struct bytes *, uint32_t, char *, size_t), (*pieces)(const struct bytes *, uint32_t, char *, size_t);
};

/* A row of that name. */
static __attribute__((format(printf, 5, 6))) void put_times(struct observing *o, const char *unit, double *values, const char *note, const char *fmt, ...)
{
    char name[96];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(name, sizeof name, fmt, args);
    va_end(args);
    bench_times(o->b, name, unit, values, ROUNDS, note);
}

static void measure_packed(struct observing *o, const struct packing *p)
{
    double ratio[ROUNDS], cpu_ratio[ROUNDS], rate[ROUNDS], alone_rate[ROUNDS], pieces_rate[ROUNDS];
    double mb = (double)o->plain.n * TIMES / 1e6;
    int file = file_of(&p->bytes, TIMES);

    (void)observe_ahead(o, file);
    for (int i = 0; i < ROUNDS; i++) {
        double alone = unpack_alone(o, &p->bytes, p->unpack), pieces = unpack_alone(o, &p->bytes, p->pieces);
        struct took took = observe_ahead(o, file);

        ratio[i] = took.wall / alone;
        cpu_ratio[i] = took.cpu / alone;
        rate[i] = mb / took.wall;
        alone_rate[i] = mb / alone;
        pieces_rate[i] = mb / pieces;
    }
    put_times(o, "x", ratio, "two CPUs / one, by the clock", "observe, %s input / %s alone, time", p->name, p->library);
    put_times(o, "x", cpu_ratio, "both CPUs' / one's", "observe, %s input / %s alone, processor time", p->name, p->library);
    put_times(o, "MB/s", rate, "unpacked bytes, by the clock", "observe, %s input", p->name);
    put_times(o, "MB/s", alone_rate, NULL, "%s to memory", p->library);
    put_times(o, "MB/s", pieces_rate, "which stay in the cache", "%s in pieces of 256 KiB", p->library);
    (void)close(file);
}

static void measure(struct observing *o)
{
    const struct packing gzip = {"gzip", "zlib", o->gzip, inflate_times, inflate_pieces}, zstd = {"zstd", "libzstd", o->zstd, unzstd_times, unzstd_pieces};
    double wall[ROUNDS], cpu[ROUNDS], records = (double)o->records * TIMES / 1e6, mb = (double)o->plain.n * TIMES / 1e6;
    int file = file_of(&o->plain, TIMES);
    char note[96];

    (void)observe(o, file);
    for (int i = 0; i < ROUNDS; i++) {
        struct took took = observe(o, file);

        wall[i] = records / took.wall;
        cpu[i] = records / took.cpu;
    }
    (void)snprintf(note, sizeof note, "one CPU; %u of %u records pass, %.0f MB a run", o->passing, o->records, mb);
    bench_times(o->b, "observe, three filters, JSON in, compact out", "M records/s", wall, ROUNDS, note);
    bench_times(o->b, "observe, the same by processor time", "M records/s", cpu, ROUNDS, "with its start and end");
    (void)close(file);
    measure_packed(o, &gzip);
    measure_packed(o, &zstd);
}

/* VmHWM in KiB: unlike ru_maxrss, without what the process was before exec. */
static double peak_of(pid_t pid)
{
    char path[64], line[256];
    double kib = 0;
    FILE *file;

    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "VmHWM:", 6) == 0)
            kib = atof(line + 6);
    if (file)
        (void)fclose(file);
    return kib;
}

static void measure_memory(struct observing *o)
{
    int ends[2], status = 0, nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    double since = bench_now(), kib;
    uint64_t sent = 0;
    pid_t pid;

    must(nowhere >= 0 && !pipe2(ends, O_CLOEXEC), "no pipe");
    pid = start(o, ends[0], nowhere, true);
    (void)close(ends[0]);
    for (; sent < STREAM_BYTES; sent += o->plain.n)
        for (size_t at = 0; at < o->plain.n;) {
            ssize_t n = write(ends[1], o->plain.s + at, o->plain.n - at);

            must(n > 0, "cnipol does not read");
            at += (size_t)n;
        }
    kib = peak_of(pid);
    (void)close(ends[1]);
    must(waitpid(pid, &status, 0) == pid, "cnipol is lost");
    since = bench_now() - since;
    o->runs++;
    o->wrong += status != 0;
    bench_figure(o->b, "observe, peak memory after 2 GB through a pipe", "bytes", kib * 1024, "VmHWM");
    bench_figure(o->b, "observe, from a pipe", "MB/s", (double)sent / 1e6 / since, "of these 2 GB");
    (void)close(nowhere);
}

int main(int argc, char **argv)
{
    struct observing o = {.program = argc > 2 ? argv[2] : NULL};
    struct bench b;

    if (argc < 3 || !bench_open(&b, "flow_observe"))
        return 1;
    o.b = &b;
    open_all(&o, argv[1]);
    measure(&o);
    measure_memory(&o);
    bench_checked(&b, "runs of observe, with the lines that json-c expects", o.runs, o.wrong);
    free(o.plain.s);
    free(o.gzip.s);
    free(o.zstd.s);
    free(o.room);
    return bench_close(&b);
}
