/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Radix nodes: a function over peer classes as L1 node, chunks and pages of 16 entries, hash-consed (format.h,
 * struct cnipol_image_checkpoint). A stretch that is constant shares the constant page and chunk of its row.
 */

#include "compile/table.h"

/* A function being read from left to right. */
struct reader {
    const uint32_t *words;
    uint32_t n;
    uint32_t at;
};

/* The row at a class; classes ascend from call to call. */
static uint32_t row_at(struct reader *reader, uint32_t peer)
{
    while (reader->at + 2 < reader->n && reader->words[reader->at + 2] <= peer)
        reader->at += 2;
    return reader->words[reader->at + 1];
}

/* Is the function constant from `class` on for that many classes? */
static bool is_constant(struct reader *reader, uint32_t peer, uint32_t many)
{
    (void)row_at(reader, peer);
    return reader->at + 2 >= reader->n || reader->words[reader->at + 2] >= peer + many;
}

/* The checkpoint's own number of a final row, in order of first use. */
static uint32_t own_row(struct np_table *table, uint32_t final)
{
    while (table->row_of.n <= final)
        if (!np_words_push(&table->row_of, table->mem, NP_NONE))
            return NP_NONE;
    if (table->row_of.items[final] == NP_NONE) {
        if (!np_words_push(&table->finals, table->mem, final))
            return NP_NONE;
        table->row_of.items[final] = table->finals.n - 1;
    }
    return table->row_of.items[final];
}

static uint32_t constant_node(struct np_intern *table, uint32_t entry)
{
    uint32_t node[16];

    for (uint32_t i = 0; i < 16; i++)
        node[i] = entry;
    return entry == NP_NONE ? NP_NONE : np_intern(table, node, 16);
}

static uint32_t page_at(struct np_table *table, struct reader *reader, uint32_t peer)
{
    uint32_t page[16];

    if (is_constant(reader, peer, 16))
        return constant_node(&table->pages, own_row(table, row_at(reader, peer)));
    for (uint32_t i = 0; i < 16; i++) {
        page[i] = own_row(table, row_at(reader, peer + i));
        if (page[i] == NP_NONE)
            return NP_NONE;
    }
    return np_intern(&table->pages, page, 16);
}

static uint32_t chunk_at(struct np_table *table, struct reader *reader, uint32_t peer)
{
    uint32_t chunk[16];

    if (is_constant(reader, peer, 256))
        return constant_node(&table->chunks, page_at(table, reader, peer));
    for (uint32_t i = 0; i < 16; i++) {
        chunk[i] = page_at(table, reader, peer + i * 16);
        if (chunk[i] == NP_NONE)
            return NP_NONE;
    }
    return np_intern(&table->chunks, chunk, 16);
}

static uint32_t build(struct np_table *table, uint32_t function)
{
    struct reader reader = {0};

    reader.words = np_interned(&table->functions, function, &reader.n);
    table->line.n = 0;
    for (uint32_t i = 0; i < table->l1_entries; i++) {
        uint32_t chunk = chunk_at(table, &reader, i * 256);

        if (chunk == NP_NONE || !np_words_push(&table->line, table->mem, chunk))
            return NP_NONE;
    }
    return np_intern(&table->l1, table->line.items, table->line.n);
}

uint32_t np_table_radix(struct np_table *table, uint32_t function)
{
    while (table->l1_of.n <= function)
        if (!np_words_push(&table->l1_of, table->mem, NP_NONE))
            return NP_NONE;
    if (table->l1_of.items[function] == NP_NONE)
        table->l1_of.items[function] = build(table, function);
    return table->l1_of.items[function];
}
