/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hubble's JSON, a record a line: by names, by tracks with each indexer, and by a second reader on json-c. All say the same of each
 * line, where json-c can say. See flow.h for what else must hold.
 */

#include "flow.h"

#include "../tests/support/hubble_twin.h"
#include "flow/format.h"
#include "flow/hubble_json.h"

struct reader {
    struct np_flow_run run;
    struct np_mem mem;
};

static void open_reader(struct reader *r, np_json_index_fn *index, bool by_names)
{
    struct np_hubble *h;

    memset(r, 0, sizeof *r);
    np_mem_init(&r->mem, NULL, 0);
    r->run.mem = &r->mem;
    r->run.fields = (struct cnipol_fields){{UINT64_MAX, UINT64_MAX}};
    np_arena_init(&r->run.arena, &r->mem);
    FUZZ_CHECK(np_format_hubble_json.open(&r->run) == CNIPOL_OK);
    h = r->run.state;
    h->index = index;
    h->by_names = by_names;
}

static void close_reader(struct reader *r)
{
    np_format_hubble_json.close(&r->run);
    np_arena_free(&r->run.arena);
    FUZZ_CHECK(r->mem.used == 0);
}

/* The record as text; NULL: refused. */
static char *read_one(struct reader *r, const char *bytes, size_t n)
{
    struct cnipol_flow flow;
    int rc;

    memset(&flow, 0, sizeof flow);
    np_arena_reset(&r->run.arena);
    r->run.frame = bytes;
    r->run.n = n;
    r->run.at = 0;
    rc = np_format_hubble_json.next(&r->run, &flow);
    FUZZ_CHECK(rc == 1 || (rc < 0 && rc != CNIPOL_E_NOMEM && r->run.flaw && r->run.flaw_at <= n));
    return rc == 1 ? flow_dump(&flow) : NULL;
}

static char *read_twin(const char *bytes, size_t n)
{
    struct cnipol_flow flow;
    struct np_arena arena;
    struct np_mem mem;
    char *text;

    np_mem_init(&mem, NULL, 0);
    np_arena_init(&arena, &mem);
    text = hubble_twin_read(bytes, n, &arena, &flow) ? flow_dump(&flow) : NULL;
    np_arena_free(&arena);
    return text;
}

static void check_same(const char *a, const char *b)
{
    FUZZ_CHECK(!a == !b && (!a || strcmp(a, b) == 0));
}

static void check_record(struct reader *readers, uint32_t n_readers, const char *bytes, size_t n)
{
    char *frame = malloc(n + NP_FRAME_SLACK), *first, *other;

    FUZZ_CHECK(frame != NULL);
    memcpy(frame, bytes, n);
    for (size_t i = 0; i < NP_FRAME_SLACK; i++)
        frame[n + i] = "\"}],:{[1 \\\0t"[i % 12];
    first = read_one(&readers[0], frame, n);
    for (uint32_t i = 1; i < n_readers; i++) {
        other = read_one(&readers[i], frame, n);
        check_same(first, other);
        free(other);
    }
    if (hubble_twin_can_tell(bytes, n)) {
        other = read_twin(bytes, n);
        check_same(first, other);
        free(other);
    }
    free(first);
    free(frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cnipol_decoder_opts opts = {.sz = sizeof opts, .format = "hubble-json"};
    const char *at = (const char *)data, *end = at + size, *newline;
    const struct np_json_indexer *indexer;
    struct reader readers[8];
    uint32_t n = 0;

    if (size > 1 << 16)
        return 0;
    fuzz_flow(&opts, data, size);
    open_reader(&readers[n++], np_json_index_best(), true);
    for (size_t i = 0; n < 8 && (indexer = np_json_indexer_at(i)); i++)
        if (indexer->is_there())
            open_reader(&readers[n++], indexer->index, false);
    for (; at < end; at = newline + 1) {
        newline = memchr(at, '\n', (size_t)(end - at));
        newline = newline ? newline : end;
        check_record(readers, n, at, (size_t)(newline - at));
    }
    while (n)
        close_reader(&readers[--n]);
    return 0;
}
