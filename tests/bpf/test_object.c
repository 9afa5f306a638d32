/* SPDX-License-Identifier: BSD-2-Clause */
/* The object: opened, published to, patched, grown, asked with crafted frames through BPF_PROG_TEST_RUN. */
#include "testing.h"

#include <stdlib.h>

enum { VIEW = 4096, TABLE = 65536, IMAGE = VIEW + TABLE, TCP = 6, UDP = 17 };

struct frame {
    uint8_t bytes[64];
};

static struct frame frame_of(uint8_t source, uint8_t destination, uint8_t protocol)
{
    struct frame frame = {{0}};

    frame.bytes[12] = 8;
    frame.bytes[14] = 0x45;
    frame.bytes[17] = 50;
    frame.bytes[22] = 64;
    frame.bytes[23] = protocol;
    memcpy(&frame.bytes[26], (uint8_t[]){10, 0, 0, source}, 4);
    memcpy(&frame.bytes[30], (uint8_t[]){10, 0, 0, destination}, 4);
    return frame;
}

static struct cnipol_bpf *open_default(void)
{
    struct cnipol_bpf_opts opts = {.sz = sizeof opts, .flags = CNIPOL_BPF_TESTS};
    struct cnipol_bpf *bpf = NULL;

    assert_int_equal(cnipol_bpf_open(&opts, &bpf), CNIPOL_OK);
    return bpf;
}

static void expect_passed(struct cnipol_bpf *bpf, const struct frame *frame, int expected)
{
    int32_t passed = -1;

    assert_int_equal(cnipol_bpf_run_packet(bpf, CNIPOL_BPF_JUDGE_BOTH, frame, sizeof *frame, &passed), CNIPOL_OK);
    assert_int_equal(passed, expected);
}

/* An image of n bytes whose only allowed pair is (1, 2) for a protocol. */
static uint8_t *image_of(uint32_t n, uint8_t protocol)
{
    uint8_t *image = calloc(n, 1);

    assert_non_null(image);
    image[VIEW + 256 + 2] = protocol;
    return image;
}

static void publish(struct cnipol_bpf *bpf, uint32_t n, uint8_t protocol, uint64_t generation)
{
    uint8_t *image = image_of(n, protocol);

    assert_int_equal(cnipol_bpf_publish(bpf, image, n, VIEW, generation), CNIPOL_OK);
    assert_true(cnipol_bpf_generation(bpf) == generation);
    free(image);
}

static void nothing_passes_before_publication(void **state)
{
    struct cnipol_bpf *bpf = open_default();
    struct cnipol_bpf_counters counters;
    struct frame frame = frame_of(1, 2, TCP);

    (void)state;
    expect_passed(bpf, &frame, 0);
    assert_int_equal(cnipol_bpf_counters(bpf, &counters), CNIPOL_OK);
    assert_int_equal(counters.unready, 1);
    cnipol_bpf_free(bpf);
}

static void a_publication_replaces_the_last(void **state)
{
    struct cnipol_bpf *bpf = open_default();
    struct frame tcp = frame_of(1, 2, TCP), udp = frame_of(1, 2, UDP);

    (void)state;
    for (uint64_t generation = 1; generation < 8; generation++) {
        publish(bpf, IMAGE, generation % 2 ? TCP : UDP, generation);
        expect_passed(bpf, &tcp, generation % 2);
        expect_passed(bpf, &udp, !(generation % 2));
    }
    cnipol_bpf_free(bpf);
}

static void a_patch_changes_the_image_in_use(void **state)
{
    struct cnipol_bpf *bpf = open_default();
    struct frame tcp = frame_of(1, 2, TCP), udp = frame_of(1, 2, UDP);
    struct cnipol_bpf_patch patch = {.bytes = (uint8_t[]){UDP}, .offset = VIEW + 256 + 2, .n = 1};

    (void)state;
    publish(bpf, IMAGE, TCP, 1);
    expect_passed(bpf, &tcp, 1);
    assert_int_equal(cnipol_bpf_patch(bpf, &patch, 1, VIEW, 2), CNIPOL_OK);
    expect_passed(bpf, &tcp, 0);
    expect_passed(bpf, &udp, 1);
    patch.offset = cnipol_bpf_image_size(bpf) - 64;
    assert_int_equal(cnipol_bpf_patch(bpf, &patch, 1, VIEW, 3), CNIPOL_E_USAGE);
    assert_true(cnipol_bpf_generation(bpf) == 2);
    cnipol_bpf_free(bpf);
}

static void a_larger_image_loads_anew(void **state)
{
    static const struct {
        uint32_t n;
        uint32_t class;
    } rows[] = {
        {IMAGE, 1u << 20}, {(1u << 20) - 63, 4u << 20}, {(4u << 20) - 64, 4u << 20}, {(4u << 20) + 1, 16u << 20}, {IMAGE, 16u << 20}};
    struct cnipol_bpf *bpf = open_default();
    struct cnipol_bpf_counters counters;
    struct frame tcp = frame_of(1, 2, TCP);
    uint8_t *image = calloc(1, 16u << 20);

    (void)state;
    for (uint32_t i = 0; i < COUNT(rows); i++) {
        publish(bpf, rows[i].n, TCP, i + 1);
        expect_passed(bpf, &tcp, 1);
        assert_int_equal(cnipol_bpf_image_size(bpf), rows[i].class);
    }
    assert_int_equal(cnipol_bpf_publish(bpf, image, 16u << 20, VIEW, 9), CNIPOL_E_LIMIT);
    assert_int_equal(cnipol_bpf_counters(bpf, &counters), CNIPOL_OK);
    assert_int_equal(counters.allowed, COUNT(rows));
    free(image);
    cnipol_bpf_free(bpf);
}

static void wrong_use_is_refused(void **state)
{
    struct cnipol_bpf_opts opts = {.sz = sizeof opts, .flags = 1u << 31};
    struct cnipol_bpf *bpf = NULL;
    uint8_t byte = 0;

    (void)state;
    assert_int_equal(cnipol_bpf_open(&opts, &bpf), CNIPOL_E_USAGE);
    opts = (struct cnipol_bpf_opts){.sz = sizeof opts, .image_size = 17u << 20};
    assert_int_equal(cnipol_bpf_open(&opts, &bpf), CNIPOL_E_LIMIT);
    assert_null(bpf);
    bpf = open_default();
    assert_int_equal(cnipol_bpf_publish(bpf, &byte, 1, 0, 0), CNIPOL_E_USAGE);
    assert_int_equal(cnipol_bpf_publish(bpf, &byte, 1, 1, 1), CNIPOL_E_USAGE);
    assert_int_equal(cnipol_bpf_run_packet(bpf, 3, &byte, 1, NULL), CNIPOL_E_USAGE);
    assert_int_equal(cnipol_bpf_attach_tc(bpf, 0, CNIPOL_BPF_TC_INGRESS, 0), CNIPOL_E_USAGE);
    assert_int_equal(cnipol_bpf_attach_tc(bpf, 1, 3, 0), CNIPOL_E_USAGE);
    assert_int_equal(cnipol_bpf_detach_tc(bpf, 1, CNIPOL_BPF_TC_INGRESS), CNIPOL_E_NOTFOUND);
    cnipol_bpf_free(bpf);
    cnipol_bpf_free(NULL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_passes_before_publication),
        cmocka_unit_test(a_publication_replaces_the_last),
        cmocka_unit_test(a_patch_changes_the_image_in_use),
        cmocka_unit_test(a_larger_image_loads_anew),
        cmocka_unit_test(wrong_use_is_refused),
    };

    return cannot_run() ? EXIT_SKIP : cmocka_run_group_tests(tests, NULL, NULL);
}
