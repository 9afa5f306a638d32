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

static void open_reader(struct reader *r, const struct np_json_indexer *indexer, bool by_names, const struct cnipol_fields *fields)
{
    struct np_hubble *h;

    memset(r, 0, sizeof *r);
    np_mem_init(&r->mem, NULL, 0);
    r->run.mem = &r->mem;
    r->run.fields = *fields;
    np_arena_init(&r->run.arena, &r->mem);
    FUZZ_CHECK(np_format_hubble_json.open(&r->run) == CNIPOL_OK);
    h = r->run.state;
    h->indexer = indexer;
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

/* The readers of one set of fields say the same; what the first says. */
static char *read_all(struct reader *readers, uint32_t n_readers, const char *frame, size_t n)
{
    char *first = read_one(&readers[0], frame, n), *other;

    for (uint32_t i = 1; i < n_readers; i++) {
        other = read_one(&readers[i], frame, n);
        check_same(first, other);
        free(other);
    }
    return first;
}

#define MAX_READERS 8

struct readers {
    struct reader all[MAX_READERS], few[MAX_READERS];
    uint32_t n;
};

static void check_record(struct readers *readers, const char *bytes, size_t n)
{
    char *frame = malloc(n + NP_FRAME_SLACK), *first, *other;

    FUZZ_CHECK(frame != NULL);
    memcpy(frame, bytes, n);
    for (size_t i = 0; i < NP_FRAME_SLACK; i++)
        frame[n + i] = "\"}],:{[1 \\\0t"[i % 12];
    first = read_all(readers->all, readers->n, frame, n);
    if (hubble_twin_can_tell(bytes, n)) {
        other = read_twin(bytes, n);
        check_same(first, other);
        free(other);
    }
    free(first);
    free(read_all(readers->few, readers->n, frame, n));
    free(frame);
}

static void open_readers(struct readers *readers, const struct np_json_indexer *indexer, bool by_names)
{
    static const struct cnipol_fields all = {{UINT64_MAX, UINT64_MAX}};
    static const struct cnipol_fields few = {{1ull << CNIPOL_FIELD_TIME | 1ull << CNIPOL_FIELD_VERDICT | 1ull << CNIPOL_FIELD_DST_POD, 0}};

    open_reader(&readers->all[readers->n], indexer, by_names, &all);
    open_reader(&readers->few[readers->n++], indexer, by_names, &few);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cnipol_decoder_opts opts = {.sz = sizeof opts, .format = "hubble-json"};
    const char *at = (const char *)data, *end = at + size, *newline;
    const struct np_json_indexer *indexer;
    static struct readers readers;

    if (size > 1 << 16)
        return 0;
    fuzz_flow(&opts, data, size);
    readers.n = 0;
    open_readers(&readers, np_json_indexer_best(), true);
    for (size_t i = 0; readers.n < MAX_READERS && (indexer = np_json_indexer_at(i)); i++)
        if (indexer->is_there())
            open_readers(&readers, indexer, false);
    for (; at < end; at = newline + 1) {
        newline = memchr(at, '\n', (size_t)(end - at));
        newline = newline ? newline : end;
        check_record(&readers, at, (size_t)(newline - at));
    }
    while (readers.n) {
        close_reader(&readers.all[--readers.n]);
        close_reader(&readers.few[readers.n]);
    }
    return 0;
}
