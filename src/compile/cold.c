/* SPDX-License-Identifier: BSD-2-Clause */
/* Blocks of parts: see cold.h. The size of every row is asserted here; a row has no padding, so its bytes are its fields. */

#include "compile/cold.h"

#include <stdlib.h>

#include <cnipol/status.h>

#include "base/ip.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "rows are written as they lie in memory: little endian"
#endif

#define SIZED(name, size) _Static_assert(sizeof(struct name) == (size), #name)
SIZED(cnipol_cold_head, 16);
SIZED(cnipol_cold_part, 8);
SIZED(cnipol_cold_string, 8);
SIZED(cnipol_machine_info, 8);
SIZED(cnipol_machine_outcome, 16);
SIZED(cnipol_machine_checkpoint, 32);
SIZED(cnipol_machine_stage, 32);
SIZED(cnipol_machine_rule, 64);
SIZED(cnipol_machine_default, 32);
SIZED(cnipol_machine_policy, 32);
SIZED(cnipol_machine_list, 8);
SIZED(cnipol_machine_term, 12);
SIZED(cnipol_machine_set, 12);
SIZED(cnipol_machine_range, 8);
SIZED(cnipol_machine_prefix, 20);
SIZED(cnipol_machine_guards, 8);
SIZED(cnipol_machine_place, 32);
SIZED(cnipol_directory_info, 8);
SIZED(cnipol_directory_pod, 48);
SIZED(cnipol_directory_node, 16);
SIZED(cnipol_directory_address, 24);
SIZED(cnipol_directory_port, 8);
SIZED(cnipol_directory_service, 32);
SIZED(cnipol_directory_service_port, 24);
SIZED(cnipol_directory_backend, 20);
SIZED(cnipol_directory_atom4, 8);
SIZED(cnipol_directory_atom6, 20);

const struct np_cold_kind np_cold_machine = {
    CNIPOL_MACHINE_MAGIC,
    CNIPOL_MACHINE_PARTS,
    {[CNIPOL_COLD_STRINGS] = sizeof(struct cnipol_cold_string),
     [CNIPOL_COLD_TEXTS] = 1,
     [CNIPOL_MACHINE_INFO] = sizeof(struct cnipol_machine_info),
     [CNIPOL_MACHINE_CHECKPOINTS] = sizeof(struct cnipol_machine_checkpoint),
     [CNIPOL_MACHINE_STAGES] = sizeof(struct cnipol_machine_stage),
     [CNIPOL_MACHINE_RULES] = sizeof(struct cnipol_machine_rule),
     [CNIPOL_MACHINE_DEFAULTS] = sizeof(struct cnipol_machine_default),
     [CNIPOL_MACHINE_GOVERNING] = sizeof(uint32_t),
     [CNIPOL_MACHINE_POLICIES] = sizeof(struct cnipol_machine_policy),
     [CNIPOL_MACHINE_PREDICATES] = sizeof(struct cnipol_machine_list),
     [CNIPOL_MACHINE_CONJUNCTIONS] = sizeof(struct cnipol_machine_list),
     [CNIPOL_MACHINE_TERMS] = sizeof(struct cnipol_machine_term),
     [CNIPOL_MACHINE_SETS] = sizeof(struct cnipol_machine_set),
     [CNIPOL_MACHINE_RANGES] = sizeof(struct cnipol_machine_range),
     [CNIPOL_MACHINE_PREFIX_LISTS] = sizeof(struct cnipol_machine_list),
     [CNIPOL_MACHINE_PREFIXES] = sizeof(struct cnipol_machine_prefix),
     [CNIPOL_MACHINE_REASONS] = sizeof(uint32_t),
     [CNIPOL_MACHINE_GUARDS] = sizeof(struct cnipol_machine_guards),
     [CNIPOL_MACHINE_PLACES] = sizeof(struct cnipol_machine_place)},
};

const struct np_cold_kind np_cold_directory = {
    CNIPOL_DIRECTORY_MAGIC,
    CNIPOL_DIRECTORY_PARTS,
    {[CNIPOL_COLD_STRINGS] = sizeof(struct cnipol_cold_string),
     [CNIPOL_COLD_TEXTS] = 1,
     [CNIPOL_DIRECTORY_INFO] = sizeof(struct cnipol_directory_info),
     [CNIPOL_DIRECTORY_NAMESPACES] = sizeof(uint32_t),
     [CNIPOL_DIRECTORY_PODS] = sizeof(struct cnipol_directory_pod),
     [CNIPOL_DIRECTORY_NODES] = sizeof(struct cnipol_directory_node),
     [CNIPOL_DIRECTORY_ADDRESSES] = sizeof(struct cnipol_directory_address),
     [CNIPOL_DIRECTORY_PORTS] = sizeof(struct cnipol_directory_port),
     [CNIPOL_DIRECTORY_SERVICES] = sizeof(struct cnipol_directory_service),
     [CNIPOL_DIRECTORY_SERVICE_PORTS] = sizeof(struct cnipol_directory_service_port),
     [CNIPOL_DIRECTORY_BACKENDS] = sizeof(struct cnipol_directory_backend),
     [CNIPOL_DIRECTORY_ATOMS4] = sizeof(struct cnipol_directory_atom4),
     [CNIPOL_DIRECTORY_ATOMS6] = sizeof(struct cnipol_directory_atom6)},
};

void np_cold_begin(struct np_cold_writer *w, struct np_mem *mem, const struct np_cold_kind *kind)
{
    *w = (struct np_cold_writer){.mem = mem, .kind = kind};
    np_hmap_init(&w->string_map, mem);
    for (uint32_t i = 0; i < kind->n_parts; i++)
        np_buf_init(&w->parts[i], mem);
}

void np_cold_end(struct np_cold_writer *w)
{
    np_free(w->mem, w->numbers, (size_t)w->n_strings * sizeof *w->numbers);
    np_free(w->mem, w->strings, (size_t)w->cap_strings * sizeof *w->strings);
    np_hmap_free(&w->string_map);
    for (uint32_t i = 0; i < w->kind->n_parts; i++)
        np_buf_free(&w->parts[i]);
}

uint32_t np_cold_count(const struct np_cold_writer *w, uint32_t part)
{
    return (uint32_t)(w->parts[part].n / w->kind->row_size[part]);
}

uint32_t np_cold_add(struct np_cold_writer *w, uint32_t part, const void *row)
{
    uint32_t number = np_cold_count(w, part);

    np_buf_add(&w->parts[part], row, w->kind->row_size[part]);
    return number;
}

static bool string_eq(const void *ctx, const void *key, uint32_t value)
{
    const struct np_cold_writer *w = ctx;

    return np_str_eq(w->strings[value], *(const struct np_str *)key);
}

static void collect(struct np_cold_writer *w, struct np_str s, uint64_t hash)
{
    void *grown = np_grow(w->mem, w->strings, &w->cap_strings, w->n_strings + 1, sizeof *w->strings);

    if (grown)
        w->strings = grown;
    if (!grown || np_hmap_put(&w->string_map, hash, w->n_strings)) {
        w->failed = true;
        return;
    }
    w->strings[w->n_strings++] = s;
}

uint32_t np_cold_put_str(struct np_cold_writer *w, struct np_str s)
{
    uint64_t hash = np_hash(s.s, s.n);
    uint32_t found = w->failed ? NP_NONE : np_hmap_get(&w->string_map, hash, string_eq, w, &s);

    if (found == NP_NONE && !w->failed)
        collect(w, s, hash);
    return found == NP_NONE || !w->numbers ? CNIPOL_COLD_NONE : w->numbers[found];
}

uint32_t np_cold_put_text(struct np_cold_writer *w, const char *s)
{
    return s ? np_cold_put_str(w, np_str_of(s)) : CNIPOL_COLD_NONE;
}

uint32_t np_cold_put_atom(struct np_cold_writer *w, const struct np_atoms *atoms, np_atom atom)
{
    return atom == NP_ATOM_NONE ? CNIPOL_COLD_NONE : np_cold_put_str(w, np_atoms_str(atoms, atom));
}

static int by_text(const void *a, const void *b, void *user)
{
    const struct np_str *strings = user;

    return np_str_cmp(strings[*(const uint32_t *)a], strings[*(const uint32_t *)b]);
}

static void put_string(struct np_cold_writer *w, struct np_str s)
{
    const struct cnipol_cold_string row = {(uint32_t)w->parts[CNIPOL_COLD_TEXTS].n, s.n};

    (void)np_cold_add(w, CNIPOL_COLD_STRINGS, &row);
    np_buf_addstr(&w->parts[CNIPOL_COLD_TEXTS], s);
    np_buf_addc(&w->parts[CNIPOL_COLD_TEXTS], '\0');
}

void np_cold_sort(struct np_cold_writer *w)
{
    size_t size = (size_t)w->n_strings * sizeof(uint32_t);
    uint32_t *order = w->failed ? NULL : np_alloc(w->mem, size);

    w->numbers = order ? np_alloc(w->mem, size) : NULL;
    if (!w->numbers) {
        np_free(w->mem, order, size);
        w->failed = true;
        return;
    }
    for (uint32_t i = 0; i < w->n_strings; i++)
        order[i] = i;
    if (w->n_strings)
        qsort_r(order, w->n_strings, sizeof *order, by_text, w->strings);
    for (uint32_t i = 0; i < w->kind->n_parts; i++)
        np_buf_clear(&w->parts[i]);
    for (uint32_t i = 0; i < w->n_strings; i++) {
        w->numbers[order[i]] = i;
        put_string(w, w->strings[order[i]]);
    }
    np_free(w->mem, order, size);
}

static size_t aligned(size_t n)
{
    return (n + 7) & ~(size_t)7;
}

static void pad(struct np_buf *out, size_t from)
{
    static const char zeros[8] = {0};

    np_buf_add(out, zeros, aligned(out->n - from) - (out->n - from));
}

/* Where each part begins, and the size of all; 0: more than 32 bits hold. */
static uint32_t lay_out(const struct np_cold_writer *w, struct cnipol_cold_part *parts)
{
    size_t at = sizeof(struct cnipol_cold_head) + w->kind->n_parts * sizeof *parts;

    for (uint32_t i = 0; i < w->kind->n_parts; i++) {
        at = aligned(at);
        if (at > UINT32_MAX || w->parts[i].n > UINT32_MAX)
            return 0;
        parts[i] = (struct cnipol_cold_part){(uint32_t)at, np_cold_count(w, i)};
        at += w->parts[i].n;
    }
    at = aligned(at);
    return at > UINT32_MAX ? 0 : (uint32_t)at;
}

int np_cold_finish(struct np_cold_writer *w, struct np_buf *out)
{
    struct cnipol_cold_part parts[NP_COLD_PARTS_MAX] = {{0}};
    struct cnipol_cold_head head = {w->kind->magic, 0, w->kind->n_parts, 0};
    size_t from = out->n;

    for (uint32_t i = 0; i < w->kind->n_parts; i++)
        w->failed = w->failed || np_buf_failed(&w->parts[i]);
    if (w->failed)
        return CNIPOL_E_NOMEM;
    head.bytes = lay_out(w, parts);
    if (!head.bytes)
        return CNIPOL_E_LIMIT;
    np_buf_add(out, (const char *)&head, sizeof head);
    np_buf_add(out, (const char *)parts, w->kind->n_parts * sizeof *parts);
    for (uint32_t i = 0; i < w->kind->n_parts; i++) {
        pad(out, from);
        np_buf_add(out, w->parts[i].s, w->parts[i].n);
    }
    pad(out, from);
    return np_buf_failed(out) ? CNIPOL_E_NOMEM : CNIPOL_OK;
}

void np_cold_get(const struct np_cold_reader *r, uint32_t part, uint32_t i, void *row)
{
    size_t size = r->kind->row_size[part];

    memcpy(row, r->bytes + r->parts[part].offset + i * size, size);
}

static bool part_fits(const struct np_cold_reader *r, uint32_t i, uint32_t bytes)
{
    const struct cnipol_cold_part *part = &r->parts[i];

    if (part->offset % 8 || part->offset > bytes)
        return false;
    return part->count <= (bytes - part->offset) / r->kind->row_size[i];
}

static bool take_parts(struct np_cold_reader *r, size_t size)
{
    struct cnipol_cold_head head;

    if (size < sizeof head)
        return false;
    memcpy(&head, r->bytes, sizeof head);
    if (head.magic != r->kind->magic || head.bytes != size || head.reserved || head.parts > (size - sizeof head) / sizeof *r->parts)
        return false;
    for (uint32_t i = 0; i < head.parts && i < r->kind->n_parts; i++) {
        memcpy(&r->parts[i], r->bytes + sizeof head + i * sizeof *r->parts, sizeof *r->parts);
        if (!part_fits(r, i, head.bytes))
            return false;
    }
    return true;
}

/* False if it is not within the texts, or has no zero byte behind it. */
static bool take_string(const struct np_cold_reader *r, uint32_t i, struct np_str *out)
{
    const struct cnipol_cold_part *texts = &r->parts[CNIPOL_COLD_TEXTS];
    struct cnipol_cold_string row;

    np_cold_get(r, CNIPOL_COLD_STRINGS, i, &row);
    if (row.offset >= texts->count || row.length >= texts->count - row.offset)
        return false;
    *out = (struct np_str){(const char *)r->bytes + texts->offset + row.offset, row.length};
    return out->s[out->n] == '\0';
}

static int take_strings(struct np_cold_reader *r, struct np_arena *tmp)
{
    uint32_t n = np_cold_rows(r, CNIPOL_COLD_STRINGS);
    struct np_str before = {0}, s;

    r->strings = np_arena_array(tmp, n, sizeof *r->strings);
    if (!r->strings)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < n; i++) {
        if (!take_string(r, i, &s) || (i && np_str_cmp(before, s) >= 0))
            return CNIPOL_E_INVALID;
        r->strings[i] = np_atoms_add(r->atoms, s);
        if (r->strings[i] == NP_ATOM_NONE)
            return CNIPOL_E_NOMEM;
        before = s;
    }
    return CNIPOL_OK;
}

int np_cold_open(struct np_cold_reader *r, const struct np_cold_kind *kind, const void *bytes, size_t size, struct np_atoms *atoms,
                 struct np_arena *tmp)
{
    *r = (struct np_cold_reader){.bytes = bytes, .kind = kind, .atoms = atoms};
    return take_parts(r, size) ? take_strings(r, tmp) : CNIPOL_E_INVALID;
}

bool np_cold_take(struct np_cold_reader *r, uint32_t part, uint32_t first, uint32_t n)
{
    if (!np_cold_check(r, first == r->taken[part] && n <= np_cold_rows(r, part) - first))
        return false;
    r->taken[part] += n;
    return true;
}

np_atom np_cold_name(struct np_cold_reader *r, uint32_t number)
{
    return np_cold_check(r, number < np_cold_rows(r, CNIPOL_COLD_STRINGS)) ? r->strings[number] : NP_ATOM_NONE;
}

np_atom np_cold_name_or_none(struct np_cold_reader *r, uint32_t number)
{
    return number == CNIPOL_COLD_NONE ? NP_ATOM_NONE : np_cold_name(r, number);
}

const char *np_cold_text(struct np_cold_reader *r, uint32_t number)
{
    np_atom atom = np_cold_name(r, number);

    return atom == NP_ATOM_NONE ? "" : np_atoms_str(r->atoms, atom).s;
}

const char *np_cold_text_or_none(struct np_cold_reader *r, uint32_t number)
{
    return number == CNIPOL_COLD_NONE ? NULL : np_cold_text(r, number);
}

bool np_cold_ip(struct np_cold_reader *r, uint8_t family, const uint8_t *bytes, struct np_ip *out)
{
    static const uint8_t zeros[12] = {0};

    *out = (struct np_ip){.family = family};
    memcpy(out->bytes, bytes, sizeof out->bytes);
    return np_cold_check(r, family == 6 || (family == 4 && memcmp(bytes + 4, zeros, sizeof zeros) == 0));
}
