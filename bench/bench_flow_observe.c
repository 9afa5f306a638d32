/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How fast `cnipol observe` itself is, and how much memory it takes: bench_flow_observe FILE CNIPOL.
 *
 * The program runs on the last CPU, reads Hubble's JSON (FILE, packed with gzip, repeated in a file in memory) and writes compact lines
 * to a pipe, which is read on another CPU and counted: so many lines as json-c finds records that pass the three filters. Packed input
 * is compared with what zlib and libzstd alone take to unpack it to memory in the same round. At the end 2 GB come through a pipe.
 */

#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
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
#define TIMES 20u /* the file's records in one input */
#define ROUNDS 11
#define STREAM_BYTES 2000000000u

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

/* On the measured CPU; `in` and `out` become its standard input and output. */
static pid_t start(const struct observing *o, int in, int out)
{
    const char *const args[] = {o->program, "observe",     "--verdict", "FORWARDED", "--protocol", "TCP", "--traffic-direction",
                                "ingress",  "-o", "compact", "-", NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid = -1;

    must(!posix_spawn_file_actions_init(&actions) && !posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO) &&
             !posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO),
         "no memory");
    move(o->b, true);
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
    static char piece[256u << 10];
    uint64_t lines = 0;
    ssize_t n;

    while ((n = read(fd, piece, sizeof piece)) > 0)
        for (const char *at = piece; (at = memchr(at, '\n', (size_t)(n - (at - piece)))) != NULL; at++)
            lines++;
    return lines;
}

/* The program once over a file. */
static struct took observe(struct observing *o, int in)
{
    double since = bench_now();
    struct rusage usage;
    struct took took;
    uint64_t lines;
    int ends[2], status = 0;
    pid_t pid;

    (void)lseek(in, 0, SEEK_SET);
    must(!pipe2(ends, O_CLOEXEC), "no pipe");
    pid = start(o, in, ends[1]);
    (void)close(ends[1]);
    lines = count_lines(ends[0]);
    (void)close(ends[0]);
    must(wait4(pid, &status, 0, &usage) == pid, "cnipol is lost");
    took.wall = bench_now() - since;
    took.cpu = cpu_of(&usage);
    o->runs++;
    o->wrong += status != 0 || lines != (uint64_t)o->passing * TIMES;
    return took;
}

static double cpu_now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* The library alone, on the same CPU. */
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

static void measure(struct observing *o)
{
    double wall[ROUNDS], cpu[ROUNDS], gzip[ROUNDS], zstd[ROUNDS], inflated[ROUNDS], unpacked[ROUNDS], gzip_rate[ROUNDS], zstd_rate[ROUNDS];
    int plain_file = file_of(&o->plain, TIMES), gzip_file = file_of(&o->gzip, TIMES), zstd_file = file_of(&o->zstd, TIMES);
    double records = (double)o->records * TIMES / 1e6, mb = (double)o->plain.n * TIMES / 1e6;
    char note[96];

    (void)observe(o, plain_file);
    for (int i = 0; i < ROUNDS; i++) {
        struct took plain = observe(o, plain_file), took;
        double alone = unpack_alone(o, &o->gzip, inflate_times);

        wall[i] = records / plain.wall;
        cpu[i] = records / plain.cpu;
        took = observe(o, gzip_file);
        gzip[i] = took.cpu / alone;
        gzip_rate[i] = mb / took.cpu;
        inflated[i] = mb / alone;
        alone = unpack_alone(o, &o->zstd, unzstd_times);
        took = observe(o, zstd_file);
        zstd[i] = took.cpu / alone;
        zstd_rate[i] = mb / took.cpu;
        unpacked[i] = mb / alone;
    }
    (void)snprintf(note, sizeof note, "%u of %u records pass, %.0f MB a run", o->passing, o->records, mb);
    bench_times(o->b, "observe, three filters, JSON in, compact out", "M records/s", wall, ROUNDS, note);
    bench_times(o->b, "observe, the same by processor time", "M records/s", cpu, ROUNDS, "with its start and end");
    bench_times(o->b, "observe, gzip input / zlib alone, time", "x", gzip, ROUNDS, "processor time");
    bench_times(o->b, "observe, zstd input / libzstd alone, time", "x", zstd, ROUNDS, "processor time");
    bench_times(o->b, "observe, gzip input", "MB/s", gzip_rate, ROUNDS, "unpacked bytes, processor time");
    bench_times(o->b, "zlib to memory", "MB/s", inflated, ROUNDS, NULL);
    bench_times(o->b, "observe, zstd input", "MB/s", zstd_rate, ROUNDS, "unpacked bytes, processor time");
    bench_times(o->b, "libzstd to memory", "MB/s", unpacked, ROUNDS, NULL);
    (void)close(plain_file);
    (void)close(gzip_file);
    (void)close(zstd_file);
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
    pid = start(o, ends[0], nowhere);
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
