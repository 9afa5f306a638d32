/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Regular expressions: see regex.h.
 *
 * What is compiled is (?s:.)*?(?:PATTERN), matched at the text's first byte only: the whole search is then one match, and
 * PCRE2's match limit, which it counts anew for each start, bounds the whole. The block that PCRE2 wants for a match lies on
 * the stack, given out by an allocator that never frees.
 *
 * Sources: PCRE2 10.42, pcre2api(3), pcre2matching(3).
 */

#include "l7/regex.h"

#include <cnipol/status.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/utf8.h"
#include "l7/re2.h"

#define PATTERN_MAX 32768u /* bytes */
#define STEPS_MAX 200000u  /* of backtracking */
#define HEAP_KIB 40u       /* PCRE2 begins with 20 KiB of frames, and takes twice as much when that is too little */
#define BLOCK_BYTES 81920u
#define WORKSPACE 8192 /* ints: room for the ways that are followed at once */
#define REPAIRED_MAX 4096u /* bytes of a text that is no UTF-8 */

struct np_regex {
    struct np_mem *mem;
    pcre2_general_context *general;
    pcre2_match_context *limits;
    pcre2_code *code;
};

/* PCRE2 does not say how large a block was: that stands in front of it. */
struct block {
    size_t size;
    max_align_t bytes[];
};

static void *hook_alloc(PCRE2_SIZE size, void *user)
{
    struct block *block = size < SIZE_MAX - sizeof *block ? np_alloc(user, sizeof *block + size) : NULL;

    if (!block)
        return NULL;
    block->size = sizeof *block + size;
    return block->bytes;
}

static void hook_free(void *p, void *user)
{
    struct block *block;

    if (!p)
        return;
    block = (struct block *)(void *)((char *)p - offsetof(struct block, bytes));
    np_free(user, block, block->size);
}

void np_regex_free(struct np_regex *regex)
{
    if (!regex)
        return;
    pcre2_code_free(regex->code);
    pcre2_match_context_free(regex->limits);
    pcre2_general_context_free(regex->general);
    np_free(regex->mem, regex, sizeof *regex);
}

static int compile_failed(int error, struct np_regex_flaw *flaw)
{
    if (error == PCRE2_ERROR_HEAP_FAILED)
        return CNIPOL_E_NOMEM;
    flaw->at = 0;
    flaw->unsupported = error != PCRE2_ERROR_UNKNOWN_UNICODE_PROPERTY && error != PCRE2_ERROR_MALFORMED_UNICODE_PROPERTY;
    flaw->message = flaw->unsupported ? "the expression is too large" : "no such Unicode class";
    return flaw->unsupported ? CNIPOL_E_LIMIT : CNIPOL_E_INVALID;
}

static int compile(struct np_regex *regex, const struct np_buf *text, struct np_regex_flaw *flaw)
{
    pcre2_compile_context *context = pcre2_compile_context_create(regex->general);
    int error = PCRE2_ERROR_HEAP_FAILED;
    PCRE2_SIZE at;

    if (!context)
        return CNIPOL_E_NOMEM;
    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    regex->code = pcre2_compile((PCRE2_SPTR)text->s, text->n,
                                PCRE2_UTF | PCRE2_ANCHORED | PCRE2_NO_AUTO_CAPTURE | PCRE2_NEVER_BACKSLASH_C | PCRE2_NO_UTF_CHECK, &error,
                                &at, context);
    pcre2_compile_context_free(context);
    if (!regex->code)
        return compile_failed(error, flaw);
    (void)pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE); /* without it, it is slower */
    return CNIPOL_OK;
}

static int prepare(struct np_regex *regex, struct np_str pattern, struct np_regex_flaw *flaw)
{
    struct np_buf text;
    int rc;

    regex->general = pcre2_general_context_create(hook_alloc, hook_free, regex->mem);
    regex->limits = regex->general ? pcre2_match_context_create(regex->general) : NULL;
    if (!regex->limits)
        return CNIPOL_E_NOMEM;
    pcre2_set_match_limit(regex->limits, STEPS_MAX);
    pcre2_set_heap_limit(regex->limits, HEAP_KIB);
    np_buf_init(&text, regex->mem);
    np_buf_adds(&text, "(?s:.)*?(?:");
    rc = np_re2_translate(pattern, &text, flaw);
    np_buf_addc(&text, ')');
    if (rc == CNIPOL_OK)
        rc = np_buf_failed(&text) ? CNIPOL_E_NOMEM : compile(regex, &text, flaw);
    np_buf_free(&text);
    return rc;
}

int np_regex_compile(struct np_mem *mem, struct np_str pattern, struct np_regex **out, struct np_regex_flaw *flaw)
{
    struct np_regex *regex;
    int rc;

    *flaw = (struct np_regex_flaw){0};
    if (pattern.n > PATTERN_MAX) {
        *flaw = (struct np_regex_flaw){"the expression is longer than 32 KiB", PATTERN_MAX, true};
        return CNIPOL_E_LIMIT;
    }
    regex = np_zalloc(mem, sizeof *regex);
    if (!regex)
        return CNIPOL_E_NOMEM;
    regex->mem = mem;
    rc = prepare(regex, pattern, flaw);
    if (rc) {
        np_regex_free(regex);
        return rc;
    }
    *out = regex;
    return CNIPOL_OK;
}

/* Memory on the stack, from its first byte on. */
struct room {
    size_t used;
    max_align_t bytes[BLOCK_BYTES / sizeof(max_align_t)];
};

static void *room_alloc(PCRE2_SIZE size, void *user)
{
    struct room *room = user;
    size_t need = (size + sizeof(max_align_t) - 1) & ~(sizeof(max_align_t) - 1);
    void *p = (char *)room->bytes + room->used;

    if (size > sizeof room->bytes || need > sizeof room->bytes - room->used)
        return NULL;
    room->used += need;
    return p;
}

static void room_free(void *p, void *user)
{
    (void)p;
    (void)user;
}

static pcre2_match_data *match_data(struct room *room)
{
    pcre2_general_context *general;

    room->used = 0;
    general = pcre2_general_context_create(room_alloc, room_free, room);
    return general ? pcre2_match_data_create(1, general) : NULL;
}

/* 1, 0, or another number: its limits were too small. */
static int __attribute__((noinline)) match_backtracking(const struct np_regex *regex, struct np_str text)
{
    struct room room;
    pcre2_match_data *data = match_data(&room);
    int rc = data ? pcre2_match(regex->code, (PCRE2_SPTR)text.s, text.n, 0, PCRE2_NO_UTF_CHECK, data, regex->limits) : -2;

    return rc >= 0 ? 1 : rc == PCRE2_ERROR_NOMATCH ? 0 : -2;
}

static int __attribute__((noinline)) match_all_ways(const struct np_regex *regex, struct np_str text)
{
    struct room room;
    int workspace[WORKSPACE];
    pcre2_match_data *data = match_data(&room);
    int rc = data ? pcre2_dfa_match(regex->code, (PCRE2_SPTR)text.s, text.n, 0, PCRE2_NO_UTF_CHECK | PCRE2_DFA_SHORTEST, data, regex->limits,
                                    workspace, WORKSPACE)
                  : -2;

    return rc >= 0 ? 1 : rc == PCRE2_ERROR_NOMATCH ? 0 : CNIPOL_E_LIMIT;
}

static int matches_utf8(const struct np_regex *regex, struct np_str text)
{
    int rc = match_backtracking(regex, text);

    return rc == 0 || rc == 1 ? rc : match_all_ways(regex, text);
}

static int __attribute__((noinline)) matches_repaired(const struct np_regex *regex, struct np_str text)
{
    char room[3 * REPAIRED_MAX];
    uint32_t n = 0, code;

    if (text.n > REPAIRED_MAX)
        return CNIPOL_E_LIMIT;
    for (uint32_t at = 0; at < text.n;) {
        uint32_t length = np_utf8_next(text.s + at, text.n - at, &code);

        memcpy(room + n, code == NP_UTF8_BAD ? NP_UTF8_REPLACEMENT : text.s + at, code == NP_UTF8_BAD ? 3 : length);
        n += code == NP_UTF8_BAD ? 3 : length;
        at += length;
    }
    return matches_utf8(regex, (struct np_str){room, n});
}

int np_regex_matches(const struct np_regex *regex, struct np_str text)
{
    if (!text.s)
        text = NP_STR("");
    return np_utf8_valid(text.s, text.n) ? matches_utf8(regex, text) : matches_repaired(regex, text);
}
