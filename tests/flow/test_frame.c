/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames: where streams are cut, fed at once, by the byte and in random pieces. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flow/frame.h"

struct row {
    const char *stream;
    size_t n;
    enum np_framing framing;
    const char *frames; /* with | behind each; ~ behind one that the stream's end cut */
};

#define ROW(text) text, sizeof text - 1

static const struct row rows[] = {
    {ROW("a\nb\r\n\n c \n"), NP_FRAME_LINE, "a|b| c |"},
    {ROW("a\n\n\nlast"), NP_FRAME_LINE, "a|last~"},
    {ROW(""), NP_FRAME_LINE, ""},
    {ROW("\n\r\n"), NP_FRAME_LINE, ""},
    {ROW("\tempty first column\n"), NP_FRAME_LINE, "\tempty first column|"},
    {ROW("1,\"two\nlines\",3\n4,\"\"\"\n\",6\n"), NP_FRAME_CSV, "1,\"two\nlines\",3|4,\"\"\"\n\",6|"},
    {ROW("{\"a\":1}\n{\"b\":2}\n"), NP_FRAME_JSON, "{\"a\":1}|{\"b\":2}|"},
    {ROW("  {\"a\":1}  \n\n{}"), NP_FRAME_JSON, "{\"a\":1}  |{}~"},
    {ROW("{\n \"a\": [1,\n 2]\n}\n{}\n"), NP_FRAME_JSON, "{\n \"a\": [1,\n 2]\n}|{}|"},
    {ROW("{\n \"}\": \"\\\"}\"\n} {}\n"), NP_FRAME_JSON, "{\n \"}\": \"\\\"}\"\n}|{}|"},
    {ROW("{\"a\":\n{\"b\":1}}\n"), NP_FRAME_JSON, "{\"a\":\n{\"b\":1}}|"},
    {ROW("{\"broken\":\"\n{\"whole\":1}\n"), NP_FRAME_JSON, "{\"broken\":\"|{\"whole\":1}|"},
    {ROW("{\"broken\":{}\n{\"whole\":1}\n"), NP_FRAME_JSON, "{\"broken\":{}|{\"whole\":1}|"},
    {ROW("[{\"a\":1},\n {\"b\":[]} ]\n"), NP_FRAME_JSON, "{\"a\":1}|{\"b\":[]}|"},
    {ROW("[1,{},\"x,]\"]\n{}\n"), NP_FRAME_JSON, "1|{}|\"x,]\"|{}|"},
    {ROW("[]"), NP_FRAME_JSON, ""},
    {ROW("[{\"a\":"), NP_FRAME_JSON, "{\"a\":~"},
    {ROW("{}\n[1]\n"), NP_FRAME_JSON, "{}|[1]|"},
    {ROW("\1a\2bc\0\3def"), NP_FRAME_VARINT, "a|bc||def|"},
    {ROW("\x81\0a"), NP_FRAME_VARINT, "a|"},
    {ROW("\1a\5bc"), NP_FRAME_VARINT, "a|bc~"},
    {ROW("\2\0\0\0ab\0\0\0\0\1\0\0\0c"), NP_FRAME_U32, "ab||c|"},
    {ROW("\2\0\0"), NP_FRAME_U32, "\2~"},
    {ROW("\0\x0a\0\x11" "0123456789abc" "\0\x0a\0\x10" "0123456789ab"), NP_FRAME_IPFIX, "\n|\n|"},
};

struct gathered {
    char text[256];
    size_t n;
    uint64_t end; /* of the last frame, in the stream */
};

static void gather(struct gathered *out, const struct np_frame *frame, enum np_framing framing)
{
    const char *slack = frame->bytes + frame->n;
    char sum = 0;

    for (unsigned i = 0; i < NP_FRAME_SLACK; i++)
        sum = (char)(sum | slack[i]);
    assert_int_equal(sum | 0, sum); /* readable, that is all */
    if (framing == NP_FRAME_IPFIX)
        out->text[out->n++] = frame->bytes[1];
    for (size_t i = 0; framing != NP_FRAME_IPFIX && i < frame->n; i++)
        if (frame->bytes[i])
            out->text[out->n++] = frame->bytes[i];
    out->text[out->n++] = frame->unterminated ? '~' : '|';
    out->text[out->n] = '\0';
    assert_true(frame->offset >= out->end);
    out->end = frame->offset + frame->n;
}

/* Pieces of `step` bytes; 0: of random lengths. Each in memory of its own, so that a sanitizer sees reads beyond it. */
static void cut(const struct row *row, size_t step, struct gathered *out)
{
    struct np_mem mem;
    struct np_framer framer;
    struct np_frame frame;
    size_t at = 0;

    np_mem_init(&mem, NULL, 0);
    np_framer_init(&framer, &mem, 1000);
    np_framer_reset(&framer, row->framing);
    for (bool ended = false; !ended;) {
        size_t n = step ? step : 1 + (size_t)rand() % 7;
        char *piece;

        ended = at == row->n;
        n = n < row->n - at ? n : row->n - at;
        piece = malloc(n + 1);
        memcpy(piece, row->stream + at, n);
        piece[n] = 'X';
        at += n;
        framer.ended = ended;
        np_framer_feed(&framer, piece, n);
        while (np_framer_next(&framer, &frame) > 0)
            gather(out, &frame, row->framing);
        free(piece);
    }
    np_framer_free(&framer);
    assert_int_equal(mem.used, 0);
}

static void test_frames_are_the_same_in_any_pieces(void **state)
{
    (void)state;
    srand(1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t step = 0; step < 40; step++) {
            struct gathered gathered = {0};

            cut(&rows[i], step == 39 ? 4096 : step, &gathered);
            assert_string_equal(gathered.text, rows[i].frames);
        }
}

/* A record that is too long costs itself: text goes on behind its line end, sized ones behind their length. */
static void test_too_long(void **state)
{
    static const struct row long_rows[] = {
        {ROW("abcdefghijk\nshort\n"), NP_FRAME_LINE, "short|"},
        {ROW("{\n\"a\":1\n,\"bb\":2}\n{}\n"), NP_FRAME_JSON, NULL},
        {ROW("\x0b" "abcdefghijk" "\5short"), NP_FRAME_VARINT, "short|"},
        {ROW("\x0b\0\0\0" "abcdefghijk" "\5\0\0\0short"), NP_FRAME_U32, "short|"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof long_rows / sizeof *long_rows; i++) {
        const struct row *row = &long_rows[i];
        struct np_mem mem;
        struct np_framer framer;
        struct np_frame frame;
        struct gathered gathered = {0};
        int limits = 0, rc;

        np_mem_init(&mem, NULL, 0);
        np_framer_init(&framer, &mem, 8);
        np_framer_reset(&framer, row->framing);
        np_framer_feed(&framer, row->stream, row->n);
        while ((rc = np_framer_next(&framer, &frame)) != 0) {
            if (rc > 0)
                gather(&gathered, &frame, row->framing);
            else
                limits += rc == CNIPOL_E_LIMIT;
        }
        assert_int_equal(limits, 1);
        if (row->frames)
            assert_string_equal(gathered.text, row->frames);
        np_framer_free(&framer);
    }
}

static void test_no_frame_begins_here(void **state)
{
    static const struct row bad[] = {
        {ROW("\0\x09\0\x14" "v9"), NP_FRAME_IPFIX, NULL},
        {ROW("\0\x0a\0\x04"), NP_FRAME_IPFIX, NULL},
        {ROW("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), NP_FRAME_VARINT, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct np_mem mem;
        struct np_framer framer;
        struct np_frame frame;

        np_mem_init(&mem, NULL, 0);
        np_framer_init(&framer, &mem, 1000);
        np_framer_reset(&framer, bad[i].framing);
        np_framer_feed(&framer, bad[i].stream, bad[i].n);
        assert_int_equal(np_framer_next(&framer, &frame), CNIPOL_E_SYNTAX);
        assert_non_null(framer.flaw);
        assert_int_equal(np_framer_next(&framer, &frame), 0);
        np_framer_free(&framer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_are_the_same_in_any_pieces),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_no_frame_begins_here),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
