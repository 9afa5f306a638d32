/* SPDX-License-Identifier: BSD-2-Clause */
/* The object: opened, published to, patched, grown; asked with crafted frames through BPF_PROG_TEST_RUN. */
#include "world.h"

#include <stdlib.h>

#include "frame.h"

static const struct cnipol_bpf_opts options = {.sz = sizeof options, .flags = CNIPOL_BPF_TESTS};

static void expect_passed(const struct world *world, const struct frame *frame, int expected)
{
    int32_t passed = -1;

    assert_int_equal(cnipol_bpf_run_packet(world->bpf, CNIPOL_BPF_JUDGE_BOTH, frame->bytes, frame->n, &passed), CNIPOL_OK);
    assert_int_equal(passed, expected);
}

static void nothing_passes_before_publication(void **state)
{
    struct frame frame = frame_of(4, WORLD_CLIENT, WORLD_POD, TCP, 80), arp = {.bytes = {[12] = 8, [13] = 6}, .n = 64};
    struct cnipol_bpf_counters counters;
    struct world world;

    (void)state;
    world_open(&world, &options);
    expect_passed(&world, &frame, 0);
    expect_passed(&world, &arp, 1);
    assert_int_equal(cnipol_bpf_counters(world.bpf, &counters), CNIPOL_OK);
    assert_int_equal(counters.unready, 1);
    assert_int_equal(counters.other, 1);
    assert_true(cnipol_bpf_generation(world.bpf) == 0);
    world_close(&world);
}

/* Nobody has said who is who: an image does not help. */
static void nothing_passes_without_addresses(void **state)
{
    const struct frame frames[] = {frame_of(4, WORLD_CLIENT, WORLD_POD, 6, 80), frame_of(6, WORLD_STRANGER, WORLD_CLIENT, 17, 53)};
    struct world world = {0};

    (void)state;
    assert_int_equal(cnipol_bpf_open(NULL, &world.bpf), CNIPOL_OK);
    world_publish(&world, WORLD_CLIENT, 80, 0, 0);
    for (size_t i = 0; i < COUNT(frames); i++)
        expect_passed(&world, &frames[i], 0);
    cnipol_bpf_free(world.bpf);
}

static void a_publication_replaces_the_last(void **state)
{
    struct frame on_80 = frame_of(4, WORLD_CLIENT, WORLD_POD, TCP, 80), on_90 = frame_of(6, WORLD_CLIENT, WORLD_POD, TCP, 90);
    struct world world;

    (void)state;
    world_open(&world, &options);
    for (int i = 0; i < 8; i++) {
        world_publish(&world, WORLD_CLIENT, i % 2 ? 80 : 90, i / 2 % 2, 0);
        expect_passed(&world, &on_80, i % 2);
        expect_passed(&world, &on_90, !(i % 2));
    }
    world_close(&world);
}

/* A subject's root word is stored: the pod is policed no longer; then a whole new view. */
static void a_patch_changes_the_image_in_use(void **state)
{
    struct frame frame = frame_of(4, WORLD_CLIENT, WORLD_POD, TCP, 80);
    const struct small other = {.n_ids = WORLD_IDS, .subject = WORLD_POD, .from = WORLD_STRANGER, .port = 80};
    uint8_t *image = malloc(SMALL_BYTES);
    struct cnipol_image_view view;
    struct cnipol_bpf_patch patches[2] = {0};
    uint32_t absent = CNIPOL_ROOT_ABSENT << 30, new_view = SMALL_BYTES, roots;
    struct world world;

    (void)state;
    world_open(&world, &options);
    world_publish(&world, WORLD_STRANGER, 80, 0, 0);
    expect_passed(&world, &frame, 0);
    small_write(&other, image);
    memcpy(&view, image + SMALL_VIEW, sizeof view);
    roots = view.checkpoints[0].roots;
    patches[0] = (struct cnipol_bpf_patch){.bytes = &absent, .offset = roots + WORLD_POD * 4, .n = 4};
    assert_int_equal(cnipol_bpf_patch(world.bpf, patches, 1, SMALL_VIEW, 2), CNIPOL_OK);
    expect_passed(&world, &frame, 1);
    view.checkpoints[0].roots = new_view + sizeof view;
    memcpy(image, &view, sizeof view);
    memset(image + sizeof view, 0, WORLD_IDS * 4);
    patches[1] = (struct cnipol_bpf_patch){.bytes = image, .offset = new_view, .n = sizeof view + WORLD_IDS * 4};
    assert_int_equal(cnipol_bpf_patch(world.bpf, patches, 2, new_view, 3), CNIPOL_OK);
    expect_passed(&world, &frame, 0);
    patches[1].offset = cnipol_bpf_image_size(world.bpf) - 4;
    assert_int_equal(cnipol_bpf_patch(world.bpf, patches, 2, SMALL_VIEW, 4), CNIPOL_E_USAGE);
    assert_true(cnipol_bpf_generation(world.bpf) == 3);
    free(image);
    world_close(&world);
}

static void a_larger_image_loads_anew(void **state)
{
    static const struct {
        uint32_t n;
        uint32_t class;
    } rows[] = {
        {0, 1u << 20}, {(1u << 20) + 1, 4u << 20}, {4u << 20, 4u << 20}, {(4u << 20) + 1, 16u << 20}, {0, 16u << 20},
    };
    struct frame frame = frame_of(6, WORLD_CLIENT, WORLD_POD, TCP, 443);
    struct cnipol_bpf_counters counters;
    struct world world;
    uint8_t *image = calloc(1, (16u << 20) + 1);

    (void)state;
    world_open(&world, &options);
    for (uint32_t i = 0; i < COUNT(rows); i++) {
        world_publish(&world, WORLD_CLIENT, 443, i % 2, rows[i].n);
        assert_int_equal(cnipol_bpf_image_size(world.bpf), rows[i].class);
        expect_passed(&world, &frame, 1);
    }
    assert_int_equal(cnipol_bpf_publish(world.bpf, image, (16u << 20) + 1, SMALL_VIEW, 9), CNIPOL_E_LIMIT);
    expect_passed(&world, &frame, 1);
    assert_int_equal(cnipol_bpf_counters(world.bpf, &counters), CNIPOL_OK);
    assert_int_equal(counters.allowed, COUNT(rows) + 1);
    free(image);
    world_close(&world);
}

static void the_address_map_may_be_large(void **state)
{
    static const struct {
        uint32_t asked;
        uint32_t got;
    } rows[] = {{0, 1u << 20}, {(1u << 20) + 1, 2u << 20}, {33u << 20, 64u << 20}};
    struct frame frame = frame_of(6, WORLD_CLIENT, WORLD_POD, TCP, 80);

    (void)state;
    for (uint32_t i = 0; i < COUNT(rows); i++) {
        const struct cnipol_bpf_opts opts = {.sz = sizeof opts, .addrmap_size = rows[i].asked};
        struct world world;
        uint32_t n;

        world_open(&world, &opts);
        (void)cnipol_bpf_addrmap(world.bpf, &n);
        assert_int_equal(n, rows[i].got);
        world_publish(&world, WORLD_CLIENT, 80, 0, 0);
        expect_passed(&world, &frame, 1);
        world_close(&world);
    }
}

static void a_header_says_where_the_view_is(void **state)
{
    struct cnipol_image_header header = {.magic = CNIPOL_IMAGE_MAGIC, .major = CNIPOL_IMAGE_MAJOR, .view = SMALL_VIEW};
    const struct small small = {.n_ids = WORLD_IDS, .subject = WORLD_POD, .from = WORLD_CLIENT, .port = 80};
    struct frame frame = frame_of(4, WORLD_CLIENT, WORLD_POD, TCP, 80);
    uint8_t *image = malloc(SMALL_BYTES);
    struct world world;

    (void)state;
    world_open(&world, &options);
    small_write(&small, image);
    assert_int_equal(cnipol_bpf_publish(world.bpf, image, SMALL_BYTES, 0, 1), CNIPOL_E_INVALID);
    header.eval_bytes = SMALL_BYTES;
    memcpy(image, &header, sizeof header);
    assert_int_equal(cnipol_bpf_publish(world.bpf, image, SMALL_BYTES - 1, 0, 1), CNIPOL_E_INVALID);
    assert_int_equal(cnipol_bpf_publish(world.bpf, image, SMALL_BYTES, 0, 1), CNIPOL_OK);
    expect_passed(&world, &frame, 1);
    free(image);
    world_close(&world);
}

struct poor {
    uint32_t left; /* allocations that succeed */
    int64_t held;
};

static void *poor_alloc(void *user, size_t size)
{
    struct poor *poor = user;

    if (!poor->left)
        return NULL;
    poor->left--;
    poor->held += (int64_t)size;
    return malloc(size);
}

static void *poor_realloc(void *user, void *block, size_t old_size, size_t new_size)
{
    struct poor *poor = user;

    if (!poor->left)
        return NULL;
    poor->left--;
    poor->held += (int64_t)new_size - (int64_t)old_size;
    return realloc(block, new_size);
}

static void poor_free(void *user, void *block, size_t size)
{
    struct poor *poor = user;

    poor->held -= (int64_t)size;
    free(block);
}

/* Whatever fails for want of memory leaves nothing behind, and the object as it was. */
static void memory_may_be_short(void **state)
{
    struct poor poor = {0};
    const struct cnipol_alloc alloc = {.alloc = poor_alloc, .realloc = poor_realloc, .free = poor_free, .user = &poor};
    const struct cnipol_bpf_opts opts = {.sz = sizeof opts, .alloc = &alloc};
    struct cnipol_bpf_counters counters = {.allowed = 77};
    struct cnipol_bpf *bpf = NULL;

    (void)state;
    assert_int_equal(cnipol_bpf_open(&opts, &bpf), CNIPOL_E_NOMEM);
    assert_null(bpf);
    poor.left = 1;
    assert_int_equal(cnipol_bpf_open(&opts, &bpf), CNIPOL_OK);
    assert_int_equal(cnipol_bpf_counters(bpf, &counters), CNIPOL_E_NOMEM);
    assert_int_equal(counters.allowed, 77);
    assert_int_equal(cnipol_bpf_attach_tc(bpf, 1, CNIPOL_BPF_TC_INGRESS, 0), CNIPOL_E_NOMEM);
    assert_int_equal(cnipol_bpf_detach_tc(bpf, 1, CNIPOL_BPF_TC_INGRESS), CNIPOL_E_NOTFOUND);
    poor.left = 1;
    assert_int_equal(cnipol_bpf_counters(bpf, &counters), CNIPOL_OK);
    assert_int_equal(counters.allowed, 0);
    cnipol_bpf_free(bpf);
    assert_true(poor.held == 0);
}

static void wrong_use_is_refused(void **state)
{
    struct cnipol_bpf_opts opts = {.sz = sizeof opts, .flags = 1u << 31};
    struct cnipol_bpf *bpf = NULL;
    struct world world;
    uint8_t byte = 0;

    (void)state;
    assert_int_equal(cnipol_bpf_open(&opts, &bpf), CNIPOL_E_USAGE);
    opts = (struct cnipol_bpf_opts){.sz = sizeof opts, .image_size = 17u << 20};
    assert_int_equal(cnipol_bpf_open(&opts, &bpf), CNIPOL_E_LIMIT);
    opts = (struct cnipol_bpf_opts){.sz = sizeof opts, .addrmap_size = (256u << 20) + 1};
    assert_int_equal(cnipol_bpf_open(&opts, &bpf), CNIPOL_E_LIMIT);
    assert_null(bpf);
    world_open(&world, NULL);
    assert_int_equal(cnipol_bpf_publish(world.bpf, &byte, 1, 0, 0), CNIPOL_E_USAGE);
    assert_int_equal(cnipol_bpf_publish(world.bpf, &byte, 1, 1, 1), CNIPOL_E_USAGE);
    assert_int_equal(cnipol_bpf_run_packet(world.bpf, 3, &byte, 1, NULL), CNIPOL_E_USAGE);
    assert_int_equal(cnipol_bpf_ask(world.bpf, NULL, 0, 0, NULL), CNIPOL_E_USAGE);
    assert_int_equal(cnipol_bpf_attach_tc(world.bpf, 0, CNIPOL_BPF_TC_INGRESS, 0), CNIPOL_E_USAGE);
    assert_int_equal(cnipol_bpf_attach_tc(world.bpf, 1, 3, 0), CNIPOL_E_USAGE);
    assert_int_equal(cnipol_bpf_detach_tc(world.bpf, 1, CNIPOL_BPF_TC_INGRESS), CNIPOL_E_NOTFOUND);
    world_close(&world);
    cnipol_bpf_free(NULL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_passes_before_publication),
        cmocka_unit_test(nothing_passes_without_addresses),
        cmocka_unit_test(a_publication_replaces_the_last),
        cmocka_unit_test(a_patch_changes_the_image_in_use),
        cmocka_unit_test(a_larger_image_loads_anew),
        cmocka_unit_test(the_address_map_may_be_large),
        cmocka_unit_test(a_header_says_where_the_view_is),
        cmocka_unit_test(memory_may_be_short),
        cmocka_unit_test(wrong_use_is_refused),
    };

    return cannot_run() ? EXIT_SKIP : cmocka_run_group_tests(tests, NULL, NULL);
}
