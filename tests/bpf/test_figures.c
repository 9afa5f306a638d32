/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_figures FILE CLANG-VERSION [--write]: what the verifier walked through and how large the programs are, to
 * the last instruction. FILE has one line for each program and class of image sizes, by compiler and kernel:
 *
 *     CLANG KERNEL MACHINE IMAGE-MIB PROGRAM VERIFIED-INSNS XLATED-BYTES JITED-BYTES
 *
 * Where FILE knows the compiler, kernel and machine, every figure must be as it says; else that is a skip, and the
 * lines are printed. With --write the lines of this compiler, kernel and machine are added or replaced.
 */
#include "testing.h"

#include <stdlib.h>
#include <sys/utsname.h>

enum { LINES = 64, LINE = 256 };

struct figures {
    char key[160]; /* compiler, kernel, machine */
    char lines[LINES][LINE];
    uint32_t n;
};

static void add_line(struct figures *figures, uint32_t mib, const struct cnipol_bpf_figures *program)
{
    char *line = figures->lines[figures->n++];

    size_t n = strlen(figures->key);

    memcpy(line, figures->key, n);
    snprintf(line + n, LINE - n, " %u %s %u %u %u\n", mib, program->name, program->verified_insns, program->xlated_bytes,
             program->jited_bytes);
}

static void take_class(struct figures *figures, uint32_t mib)
{
    const struct cnipol_bpf_opts opts = {.sz = sizeof opts, .flags = CNIPOL_BPF_TESTS, .image_size = mib << 20};
    struct cnipol_bpf_figures program;
    struct cnipol_bpf *bpf;

    if (cnipol_bpf_open(&opts, &bpf)) {
        printf("not ok: %u MiB: not loaded\n", mib);
        return;
    }
    for (uint32_t i = 0; figures->n < LINES && cnipol_bpf_figures(bpf, i, &program) == CNIPOL_OK; i++)
        add_line(figures, mib, &program);
    cnipol_bpf_free(bpf);
}

static void take_all(struct figures *figures, const char *clang)
{
    struct utsname system;

    if (uname(&system))
        exit(1);
    snprintf(figures->key, sizeof figures->key, "%.32s %.64s %.32s", clang, system.release, system.machine);
    take_class(figures, 1);
    take_class(figures, 4);
    take_class(figures, 16);
}

static int has_line(FILE *file, const char *start)
{
    char line[LINE];

    rewind(file);
    while (fgets(line, sizeof line, file))
        if (strncmp(line, start, strlen(start)) == 0)
            return 1;
    return 0;
}

/* 0: all is well. */
static int check(const struct figures *figures, FILE *file)
{
    uint32_t passed = 0;

    if (!has_line(file, figures->key)) {
        for (uint32_t i = 0; i < figures->n; i++)
            fputs(figures->lines[i], stdout);
        printf("skip: figures: none are recorded for %s\n0 passed, 0 failed, 1 skipped\n", figures->key);
        return 0;
    }
    for (uint32_t i = 0; i < figures->n; i++) {
        if (has_line(file, figures->lines[i]))
            passed++;
        else
            printf("not ok: is now: %s", figures->lines[i]);
    }
    printf("%u passed, %u failed, 0 skipped\n", passed, figures->n - passed + !figures->n);
    return passed != figures->n || !figures->n;
}

static int write_all(const struct figures *figures, const char *path)
{
    static char kept[1 << 20];
    FILE *file = fopen(path, "r");
    size_t n = 0;

    if (!file)
        return 1;
    while (n + LINE < sizeof kept && fgets(kept + n, LINE, file))
        if (strncmp(kept + n, figures->key, strlen(figures->key)) != 0)
            n += strlen(kept + n);
    fclose(file);
    file = fopen(path, "w");
    if (!file)
        return 1;
    fwrite(kept, 1, n, file);
    for (uint32_t i = 0; i < figures->n; i++)
        fputs(figures->lines[i], file);
    return fclose(file);
}

int main(int argc, char **argv)
{
    static struct figures figures;
    FILE *file;
    int failed;

    if (argc < 3)
        return 2;
    if (cannot_run())
        return EXIT_SKIP;
    take_all(&figures, argv[2]);
    if (argc > 3)
        return write_all(&figures, argv[1]);
    file = fopen(argv[1], "r");
    if (!file)
        return 2;
    failed = check(&figures, file);
    fclose(file);
    return failed;
}
