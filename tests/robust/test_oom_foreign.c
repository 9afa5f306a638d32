/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * malloc(3) itself fails, for the library and for those that it calls and that take no allocator: libyaml
 * and json-c. As in test_oom.c: out of memory is said, or nothing is missing; and nothing is lost.
 *
 * This program's malloc() is everybody's. What the test keeps itself goes past it (see meson.build).
 * Under a sanitizer, which has a malloc() of its own, nothing is tested.
 */

#include "base/testing.h"
#include "pipeline.h"

#include <stdio.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OWN_MALLOC 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define OWN_MALLOC 0
#endif
#endif
#if !defined(OWN_MALLOC) && defined(__GLIBC__)
#define OWN_MALLOC 1
#elif !defined(OWN_MALLOC)
#define OWN_MALLOC 0
#endif

static struct {
    bool armed;
    uint64_t asked;
    uint64_t victim;
    bool once;
    int64_t live;
} heap;

#if OWN_MALLOC
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void __libc_free(void *block);

static bool refuses(void)
{
    if (!heap.armed)
        return false;
    heap.asked++;
    return heap.victim && (heap.once ? heap.asked == heap.victim : heap.asked >= heap.victim);
}

static void *counted(void *block)
{
    heap.live += heap.armed && block;
    return block;
}

void *malloc(size_t size)
{
    return refuses() ? NULL : counted(__libc_malloc(size));
}

void *calloc(size_t n, size_t size)
{
    return refuses() ? NULL : counted(__libc_calloc(n, size));
}

void *realloc(void *block, size_t size)
{
    void *moved = refuses() ? NULL : __libc_realloc(block, size);

    if (moved && !block)
        (void)counted(moved);
    return moved;
}

void free(void *block)
{
    heap.live -= heap.armed && block;
    __libc_free(block);
}
#endif

static struct input input;

static int try_with(struct run *run, uint64_t victim, bool once)
{
    int status;

    *run = (struct run){.inputs = &input, .n_inputs = 1, .mode = CNIPOL_MODE_SERVER, .questions = 3};
    heap.asked = 0;
    heap.victim = victim;
    heap.once = once;
    heap.live = 0;
    heap.armed = true;
    status = run_pipeline(run);
    heap.armed = false;
    if (heap.live)
        fail_msg("allocation %llu: %lld blocks are lost after %s", (unsigned long long)victim, (long long)heap.live,
                 run->failing ? run->failing : "success");
    return status;
}

static void fail_different(const struct sink *whole, const struct sink *said, uint64_t n)
{
    size_t i = 0, start;

    while (i < whole->n && i < said->n && whole->text[i] == said->text[i])
        i++;
    start = i > 200 ? i - 200 : 0;
    fail_msg("allocation %llu: success, but it said\n%.300s\ninstead of\n%.300s", (unsigned long long)n, said->text + start,
             whole->text + start);
}

static void sweep(bool once)
{
    struct run whole, run;
    uint64_t every = getenv("ROBUST_EVERY") ? strtoull(getenv("ROBUST_EVERY"), NULL, 10) : 500, total, tried = 0;

    if (!OWN_MALLOC) {
        print_message("skip: this build's malloc() cannot be replaced\n");
        skip();
    }
    assert_int_equal(try_with(&whole, 0, once), CNIPOL_OK);
    total = heap.asked;
    for (uint64_t n = 1; n <= total; n += n < every ? 1 : 97) {
        int status = try_with(&run, n, once);

        if (status != CNIPOL_E_NOMEM && (run.said.n != whole.said.n || memcmp(run.said.text, whole.said.text, whole.said.n) != 0))
            fail_different(&whole.said, &run.said, n);
        sink_free(&run.said);
        tried++;
    }
    print_message("%llu of %llu allocations failed in turn\n", (unsigned long long)tried, (unsigned long long)total);
    sink_free(&whole.said);
}

static void test_all_from_the_nth_on(void **state)
{
    (void)state;
    sweep(false);
}

static void test_the_nth_alone(void **state)
{
    (void)state;
    sweep(true);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all_from_the_nth_on), cmocka_unit_test(test_the_nth_alone)};
    static char text[1 << 18];
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;

    if (!file)
        return 2;
    input = (struct input){"mid.yaml", text, fread(text, 1, sizeof text, file)};
    fclose(file);
    return cmocka_run_group_tests_name("malloc fails", tests, NULL, NULL);
}
