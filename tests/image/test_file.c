/* SPDX-License-Identifier: BSD-2-Clause */
/* Images as bytes: laying them out, opening, adopting, files, and memory that runs out. */

#include "testing.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>

static void test_layout(void **state)
{
    const struct cnipol_image_header *header;
    const struct cnipol_image_section *sections;
    struct bench bench;

    (void)state;
    bench_random(&bench, 3, CNIPOL_FEATURE_CHECKSUMS);
    header = np_image_header(bench.block.bytes);
    sections = np_image_sections(bench.block.bytes);
    assert_memory_equal(header->magic, "cnipol\x1a\n", 8);
    assert_int_equal((uintptr_t)bench.block.bytes % CNIPOL_IMAGE_ALIGN, 0);
    assert_int_equal(header->header_bytes, 64 + 3 * 40);
    assert_int_equal(header->total_bytes, bench.block.n);
    assert_int_equal(bench.block.n % CNIPOL_IMAGE_ALIGN, 0);
    assert_int_equal(sections[0].offset, 192);
    assert_int_equal(sections[0].offset, np_image_first_offset(3));
    assert_int_equal(sections[1].offset, np_image_align(sections[0].offset + sections[0].bytes));
    assert_int_equal(sections[2].offset, np_image_align(sections[1].offset + sections[1].bytes));
    assert_int_equal(header->hot_bytes, sections[0].offset + sections[0].bytes);
    assert_int_equal(header->eval_bytes, sections[1].offset + sections[1].bytes);
    for (uint32_t i = 0; i < 3; i++) {
        XXH128_hash_t sum = XXH3_128bits(bench.block.bytes + sections[i].offset, (size_t)sections[i].bytes);

        for (uint32_t k = 0; k < 16; k++)
            assert_int_equal(sections[i].checksum[k], (uint8_t)((k < 8 ? sum.high64 : sum.low64) >> (56 - k % 8 * 8)));
    }
    bench_end(&bench);
}

static void test_same_bytes(void **state)
{
    struct bench a, b;

    (void)state;
    bench_random(&a, 4, CNIPOL_FEATURE_CHECKSUMS);
    bench_random(&b, 4, CNIPOL_FEATURE_CHECKSUMS);
    assert_int_equal(a.block.n, b.block.n);
    assert_memory_equal(a.block.bytes, b.block.bytes, a.block.n);
    bench_end(&a);
    bench_end(&b);
}

static void test_refused_plans(void **state)
{
    static const uint8_t bytes[800];
    struct np_image_part parts[] = {{CNIPOL_SECTION_TABLES, CNIPOL_HOT, 0, bytes, 704}, {CNIPOL_SECTION_RULES, CNIPOL_WARM, 0, bytes, 8}};
    const struct {
        struct np_image_plan plan;
        uint64_t rules;
        int status;
    } rows[] = {
        {{parts, 0, 0, 192}, 8, CNIPOL_E_USAGE},          {{parts, NP_IMAGE_SECTIONS_MAX + 1, 0, 192}, 8, CNIPOL_E_USAGE},
        {{parts, 1, 0, 192}, 8, CNIPOL_E_USAGE}, /* no rules */
        {{parts, 2, 0, 192}, UINT32_MAX, CNIPOL_E_LIMIT}, {{parts, 2, 0, 192}, UINT64_MAX - 70, CNIPOL_E_LIMIT},
        {{parts, 2, 0, UINT32_MAX}, 8, CNIPOL_E_USAGE},
    };
    struct np_mem mem;

    (void)state;
    np_mem_init(&mem, NULL, 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct np_image_block block;

        parts[1].n = rows[i].rules;
        if (np_image_assemble(&mem, &rows[i].plan, &block) != rows[i].status)
            fail_msg("plan %zu was taken", i);
    }
    assert_int_equal(mem.used, 0);
}

static void test_open(void **state)
{
    struct cnipol_image *image = NULL;
    struct bench bench;
    size_t n;

    (void)state;
    bench_random(&bench, 3, CNIPOL_FEATURE_CHECKSUMS);
    assert_int_equal(cnipol_image_open(bench.ctx, NULL, 0, &image), CNIPOL_E_USAGE);
    assert_int_equal(cnipol_image_open(bench.ctx, bench.block.bytes + 8, 64, &image), CNIPOL_E_USAGE);
    assert_int_equal(cnipol_image_verify(bench.ctx, NULL, 0), CNIPOL_E_USAGE);
    assert_int_equal(cnipol_image_verify(bench.ctx, bench.block.bytes + 8, 64), CNIPOL_E_USAGE);
    assert_int_equal(cnipol_image_open(bench.ctx, bench.block.bytes, 63, &image), CNIPOL_E_INVALID);
    assert_null(image);
    assert_int_equal(cnipol_image_open(bench.ctx, bench.block.bytes, bench.block.n, &image), CNIPOL_OK);
    assert_ptr_equal(cnipol_image_bytes(image, &n), bench.block.bytes);
    assert_int_equal(n, bench.block.n);
    assert_int_equal(cnipol_image_ids(image), bench.spec.n_ids);
    assert_non_null(np_image_section(image, CNIPOL_SECTION_TABLES));
    assert_null(np_image_section(image, CNIPOL_SECTION_MACHINE));
    cnipol_image_free(image);
    cnipol_image_free(NULL);
    bench_end(&bench);
}

static void test_adopt(void **state)
{
    struct cnipol_image *image = NULL;
    struct np_image_block block;
    struct bench bench;
    size_t before;

    (void)state;
    bench_random(&bench, 3, 0);
    before = cnipol_ctx_memory_used(bench.ctx);
    bi_build(&bench.ctx->mem, &bench.spec, &block);
    assert_int_equal(np_image_adopt(bench.ctx, &block, &image), CNIPOL_OK);
    assert_null(block.base);
    cnipol_image_free(image);
    assert_int_equal(cnipol_ctx_memory_used(bench.ctx), before);
    bi_build(&bench.ctx->mem, &bench.spec, &block);
    block.bytes[0] = 'C';
    assert_int_equal(np_image_adopt(bench.ctx, &block, &image), CNIPOL_E_INVALID);
    assert_null(block.base);
    bench_end(&bench);
}

/* A folder of its own, and a path in it. */
static void place(char folder[64], char path[96])
{
    snprintf(folder, 64, "/tmp/cnipol-image-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, 96, "%s/x.img", folder);
}

static uint32_t files_in(const char *folder)
{
    DIR *dir = opendir(folder);
    uint32_t n = 0;

    assert_non_null(dir);
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;)
        n += entry->d_name[0] != '.';
    closedir(dir);
    return n;
}

static void test_files(void **state)
{
    struct cnipol_image *image, *again;
    struct bench bench;
    char folder[64], path[96];
    size_t n;

    (void)state;
    place(folder, path);
    bench_random(&bench, 5, CNIPOL_FEATURE_CHECKSUMS);
    assert_int_equal(cnipol_image_open(bench.ctx, bench.block.bytes, bench.block.n, &image), CNIPOL_OK);
    for (uint32_t round = 0; round < 2; round++)
        assert_int_equal(cnipol_image_write(bench.ctx, image, path), CNIPOL_OK);
    assert_int_equal(files_in(folder), 1);
    assert_int_equal(cnipol_image_load(bench.ctx, path, &again), CNIPOL_OK);
    assert_int_equal((uintptr_t)cnipol_image_bytes(again, &n) % CNIPOL_IMAGE_ALIGN, 0);
    assert_int_equal(n, bench.block.n);
    assert_memory_equal(cnipol_image_bytes(again, &n), bench.block.bytes, n);
    cnipol_image_free(again);
    cnipol_image_free(image);
    unlink(path);
    rmdir(folder);
    bench_end(&bench);
}

static void test_unwritten(void **state)
{
    struct cnipol_image *image;
    struct bench bench;
    char folder[64], path[96];

    (void)state;
    place(folder, path);
    bench_random(&bench, 5, CNIPOL_FEATURE_CHECKSUMS);
    assert_int_equal(cnipol_image_open(bench.ctx, bench.block.bytes, bench.block.n, &image), CNIPOL_OK);
    assert_int_equal(cnipol_image_write(bench.ctx, image, "/nonexistent/x.img"), CNIPOL_E_IO);
    assert_int_equal(last_code(bench.ctx), NP_IMAGE_UNWRITTEN);
    assert_int_equal(mkdir(path, 0700), 0); /* a folder is in the way */
    assert_int_equal(cnipol_image_write(bench.ctx, image, path), CNIPOL_E_IO);
    assert_int_equal(files_in(folder), 1);
    cnipol_image_free(image);
    rmdir(path);
    rmdir(folder);
    bench_end(&bench);
}

static void write_bytes(const char *path, const void *bytes, size_t n)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

static void test_unreadable(void **state)
{
    struct cnipol_image *image = NULL;
    struct bench bench;
    char folder[64], path[96];

    (void)state;
    place(folder, path);
    bench_random(&bench, 5, CNIPOL_FEATURE_CHECKSUMS);
    assert_int_equal(cnipol_image_load(bench.ctx, path, &image), CNIPOL_E_IO);
    assert_int_equal(last_code(bench.ctx), NP_FILE_UNREADABLE);
    assert_int_equal(cnipol_image_load(bench.ctx, folder, &image), CNIPOL_E_IO);
    write_bytes(path, "", 0);
    assert_int_equal(cnipol_image_load(bench.ctx, path, &image), CNIPOL_E_INVALID);
    assert_int_equal(last_code(bench.ctx), NP_IMAGE_FOREIGN);
    assert_non_null(strstr(last_message(bench.ctx), path));
    write_bytes(path, bench.block.bytes, bench.block.n - 1);
    assert_int_equal(cnipol_image_load(bench.ctx, path, &image), CNIPOL_E_INVALID);
    assert_int_equal(last_code(bench.ctx), NP_IMAGE_CUT);
    bench.block.bytes[300] ^= 1;
    write_bytes(path, bench.block.bytes, bench.block.n);
    assert_int_equal(cnipol_image_load(bench.ctx, path, &image), CNIPOL_E_INVALID);
    assert_int_equal(last_code(bench.ctx), NP_IMAGE_ALTERED);
    assert_null(image);
    unlink(path);
    rmdir(folder);
    bench_end(&bench);
}

/* An allocator whose n-th request fails. */
struct budget {
    uint32_t asked, victim, live;
};

static void *spend(void *user, size_t size)
{
    struct budget *budget = user;
    void *block = ++budget->asked == budget->victim ? NULL : malloc(size ? size : 1);

    budget->live += block != NULL;
    return block;
}

static void *respend(void *user, void *block, size_t old_size, size_t new_size)
{
    struct budget *budget = user;
    void *moved = ++budget->asked == budget->victim ? NULL : realloc(block, new_size);

    (void)old_size;
    budget->live += moved && !block;
    return moved;
}

static void give_back(void *user, void *block, size_t size)
{
    struct budget *budget = user;

    (void)size;
    budget->live -= block != NULL;
    free(block);
}

/* Loads, refuses, writes; what comes out is what an unhindered run says, or no memory. */
static void run_short(const char *good, const char *bad, const char *target, struct budget *budget)
{
    const struct cnipol_alloc alloc = {spend, respend, give_back, budget};
    struct cnipol_ctx *ctx;
    struct cnipol_image *image, *none = NULL;
    int rc;

    if (cnipol_ctx_new(&alloc, &ctx))
        return;
    rc = cnipol_image_load(ctx, good, &image);
    assert_true(rc == CNIPOL_OK || rc == CNIPOL_E_NOMEM);
    if (!rc) {
        rc = cnipol_image_write(ctx, image, target);
        assert_true(rc == CNIPOL_OK || rc == CNIPOL_E_NOMEM);
        rc = cnipol_image_write(ctx, image, "/nonexistent/x");
        assert_true(rc == CNIPOL_E_IO || rc == CNIPOL_E_NOMEM);
        cnipol_image_free(image);
    }
    rc = cnipol_image_load(ctx, bad, &none);
    assert_true(rc == CNIPOL_E_INVALID || rc == CNIPOL_E_NOMEM);
    assert_null(none);
    cnipol_ctx_free(ctx);
}

static void test_out_of_memory(void **state)
{
    struct bench bench;
    char folder[64], good[96], bad[112], target[112];
    uint32_t n = 0;

    (void)state;
    place(folder, good);
    snprintf(bad, sizeof bad, "%s/bad.img", folder);
    snprintf(target, sizeof target, "%s/target.img", folder);
    bench_random(&bench, 9, 0);
    write_bytes(good, bench.block.bytes, bench.block.n);
    bench.block.bytes[bench.block.n - 1] = 1;
    write_bytes(bad, bench.block.bytes, bench.block.n);
    for (uint32_t victim = 1; victim <= n + 1; victim++) {
        struct budget budget = {.victim = victim};

        run_short(good, bad, target, &budget);
        assert_int_equal(budget.live, 0);
        n = budget.asked > n ? budget.asked : n;
    }
    assert_true(n > 8);
    unlink(good);
    unlink(bad);
    unlink(target);
    rmdir(folder);
    bench_end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layout),    cmocka_unit_test(test_same_bytes), cmocka_unit_test(test_refused_plans),
        cmocka_unit_test(test_open),      cmocka_unit_test(test_adopt),      cmocka_unit_test(test_files),
        cmocka_unit_test(test_unwritten), cmocka_unit_test(test_unreadable), cmocka_unit_test(test_out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
