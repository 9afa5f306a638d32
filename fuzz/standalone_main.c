/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a fuzz target over files and folders without libFuzzer: PROGRAM FILE|FOLDER...
 *
 * Each file is one case. A case that fails aborts the program; what was run until then is on stderr.
 */

#include <ftw.h>

#include "fuzz.h"

static size_t cases;

static int run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = NULL;
    size_t n = 0, got;

    if (!file)
        return -1;
    do {
        uint8_t *grown = realloc(bytes, n + 65536);

        if (!grown)
            abort();
        bytes = grown;
        got = fread(bytes + n, 1, 65536, file);
        n += got;
    } while (got > 0);
    fclose(file);
    fprintf(stderr, "%s\n", path);
    LLVMFuzzerTestOneInput(bytes, n);
    free(bytes);
    cases++;
    return 0;
}

static int on_entry(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)info;
    (void)where;
    return type == FTW_F ? run_file(path) : 0;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (nftw(argv[i], on_entry, 16, FTW_PHYS)) {
            fprintf(stderr, "%s cannot be read\n", argv[i]);
            return 1;
        }
    }
    printf("%zu passed, 0 failed\n", cases);
    return cases ? 0 : 1;
}
