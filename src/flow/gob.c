/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Go's encoding/gob: see gob.h.
 *
 *     number    a byte below 128; or minus the number of bytes in a byte, then these, most significant first
 *     integer   a number: twice the integer, or of negative ones its complement twice and one
 *     text      its length, then its bytes; so are bytes, and what a type marshals itself
 *     struct    for each member that is not zero the distance from the last one's number, and the value; then 0
 *     list, map how many, then each element, or key and element
 *
 * Everything has at least a byte, so no list is longer than what is left; values that are passed over nest 100 deep at most.
 */

#include "flow/gob.h"

#include "base/utf8.h"

#define DEPTH 100u

/* The ids that gob itself has, in their order; then what a description makes. */
enum kind { NO_KIND, BOOL, INT, UINT, FLOAT, BYTES, STRING, COMPLEX, INTERFACE, ARRAY, SLICE, STRUCT, MAP, MARSHALED };

static bool bad(struct np_gob *g, const uint8_t *at, const char *why)
{
    g->flaw = why;
    g->flaw_at = at;
    return false;
}

static bool read_number(struct np_gob *g, uint64_t *out)
{
    const uint8_t *at = g->p;
    unsigned n;

    if (g->p == g->end)
        return bad(g, at, "a value that ends before it is whole");
    *out = *g->p++;
    if (*out < 0x80)
        return true;
    n = 256 - (unsigned)*out;
    if (n > 8)
        return bad(g, at, "a number of more than eight bytes");
    if ((size_t)(g->end - g->p) < n)
        return bad(g, at, "a value that ends before it is whole");
    for (*out = 0; n; n--)
        *out = *out << 8 | *g->p++;
    return true;
}

static bool read_integer(struct np_gob *g, int64_t *out)
{
    uint64_t number;

    if (!read_number(g, &number))
        return false;
    *out = (int64_t)(number & 1 ? ~(number >> 1) : number >> 1);
    return true;
}

static bool read_bytes(struct np_gob *g, struct cnipol_text *out)
{
    const uint8_t *at = g->p;
    uint64_t n;

    if (!read_number(g, &n))
        return false;
    if (n > (size_t)(g->end - g->p))
        return bad(g, at, "a length that reaches beyond the end");
    *out = np_text(n ? (const char *)g->p : NULL, (size_t)n);
    g->p += n;
    return true;
}

static bool read_text(struct np_gob *g, struct cnipol_text *out)
{
    const uint8_t *at = g->p;

    if (!read_bytes(g, out))
        return false;
    return np_utf8_valid(out->s ? out->s : "", out->n) || bad(g, at, "a text that is not UTF-8");
}

/* Of elements to come, each of a byte at least. */
static bool read_count(struct np_gob *g, uint64_t *out)
{
    const uint8_t *at = g->p;

    return read_number(g, out) && (*out <= (size_t)(g->end - g->p) || bad(g, at, "a list that is longer than the record"));
}

/* The number of the struct's next member. 1; 0: there is none; -1: refused. */
static int next_member(struct np_gob *g, uint32_t n, uint32_t *number)
{
    const uint8_t *at = g->p;
    uint64_t delta;

    if (!read_number(g, &delta))
        return -1;
    if (delta > n - *number) {
        bad(g, at, "a member that the type does not have");
        return -1;
    }
    *number += (uint32_t)delta;
    return delta != 0;
}

/* ---- Descriptions ---- */

static const struct np_gob_type *type_of(struct np_gob *g, int64_t id)
{
    static const struct np_gob_type own[] = {{.kind = NO_KIND}, {.kind = BOOL},   {.kind = INT},     {.kind = UINT},     {.kind = FLOAT},
                                             {.kind = BYTES},   {.kind = STRING}, {.kind = COMPLEX}, {.kind = INTERFACE}};

    if (id > 0 && id <= INTERFACE)
        return &own[id];
    for (uint32_t i = 0; i < g->n_types; i++)
        if (g->types[i].id == id)
            return &g->types[i];
    bad(g, g->p, "a value of a type that was not described");
    return NULL;
}

/* The name and id that each description begins with, or that a member has. */
static bool read_name_and_id(struct np_gob *g, struct cnipol_text *name, int64_t *id)
{
    uint32_t number = 0;
    int rc;

    while ((rc = next_member(g, 2, &number)) > 0)
        if (number == 1 ? !read_bytes(g, name) : !read_integer(g, id))
            return false;
    return rc == 0;
}

static bool read_members(struct np_gob *g, struct np_gob_type *type)
{
    const uint8_t *at = g->p;
    uint64_t n;

    if (!read_count(g, &n))
        return false;
    if (n > NP_GOB_FIELDS - g->n_fields)
        return bad(g, at, "more members than any record of Cilium's has");
    type->first_field = g->n_fields;
    type->n_fields = (uint32_t)n;
    g->n_fields += (uint32_t)n;
    for (uint32_t i = 0; i < type->n_fields; i++) {
        struct np_gob_field *field = &g->fields[type->first_field + i];

        *field = (struct np_gob_field){.type = 0};
        if (!read_name_and_id(g, &field->name, &field->type))
            return false;
    }
    return true;
}

/* One of the parts of gob's own structs for arrays, slices, structs, maps, and types that marshal themselves. */
static bool read_part(struct np_gob *g, uint32_t number, struct np_gob_type *type)
{
    struct cnipol_text name;
    int64_t unused;

    if (number == 1)
        return read_name_and_id(g, &name, &unused);
    if (type->kind == STRUCT)
        return read_members(g, type);
    if (type->kind == MAP && number == 2)
        return read_integer(g, &type->key);
    if (type->kind == ARRAY && number == 3)
        return read_integer(g, &unused);
    return read_integer(g, &type->element);
}

static bool describe(struct np_gob *g, int64_t id)
{
    static const struct {
        uint8_t kind, n_parts;
    } kinds[] = {{NO_KIND, 0}, {ARRAY, 3}, {SLICE, 2}, {STRUCT, 2}, {MAP, 3}, {MARSHALED, 1}, {MARSHALED, 1}, {MARSHALED, 1}};
    struct np_gob_type type = {.id = id};
    const uint8_t *at = g->p;
    uint32_t which = 0, number;
    int rc;

    while ((rc = next_member(g, 7, &which)) > 0) {
        type.kind = kinds[which].kind;
        for (number = 0; (rc = next_member(g, kinds[which].n_parts, &number)) > 0;)
            if (!read_part(g, number, &type))
                return false;
        if (rc < 0)
            return false;
    }
    for (uint32_t i = 0; i < g->n_types && !rc; i++)
        if (g->types[i].id == id)
            return bad(g, at, "a type that was described before");
    if (rc || type.kind == NO_KIND)
        return rc ? false : bad(g, at, "a description of nothing");
    if (g->n_types == NP_GOB_TYPES)
        return bad(g, at, "more types than any record of Cilium's has");
    g->types[g->n_types++] = type;
    return g->p == g->end || bad(g, g->p, "bytes behind a type's description");
}

/* Looks for the rows of the type's members. */
static void bind(struct np_gob *g, struct np_gob_type *type, const struct np_gob_shape *shape)
{
    type->shape = shape;
    for (uint32_t i = 0; i < type->n_fields; i++) {
        struct np_gob_field *field = &g->fields[type->first_field + i];

        field->row = NULL;
        for (uint32_t j = 0; j < shape->n; j++)
            if (strlen(shape->rows[j].name) == field->name.n && memcmp(shape->rows[j].name, field->name.s, field->name.n) == 0)
                field->row = &shape->rows[j];
    }
}

/* ---- Values that nobody wants ---- */

static bool skip(struct np_gob *g, int64_t id, unsigned depth);

static bool skip_members(struct np_gob *g, const struct np_gob_type *type, unsigned depth)
{
    uint32_t number = 0;
    int rc;

    while ((rc = next_member(g, type->n_fields, &number)) > 0)
        if (!skip(g, g->fields[type->first_field + number - 1].type, depth))
            return false;
    return rc == 0;
}

static bool skip_elements(struct np_gob *g, const struct np_gob_type *type, unsigned depth)
{
    uint64_t n;

    if (!read_count(g, &n))
        return false;
    for (; n; n--)
        if ((type->kind == MAP && !skip(g, type->key, depth)) || !skip(g, type->element, depth))
            return false;
    return true;
}

static bool skip(struct np_gob *g, int64_t id, unsigned depth)
{
    const struct np_gob_type *type = type_of(g, id);
    struct cnipol_text bytes;
    uint64_t number;

    if (!type)
        return false;
    if (depth == DEPTH)
        return bad(g, g->p, "values nested too deeply");
    switch (type->kind) {
    case BYTES:
    case STRING:
    case MARSHALED:
        return read_bytes(g, &bytes);
    case COMPLEX:
        return read_number(g, &number) && read_number(g, &number);
    case INTERFACE:
        return bad(g, g->p, "an interface, which no record of Cilium's has");
    case ARRAY:
    case SLICE:
    case MAP:
        return skip_elements(g, type, depth + 1);
    case STRUCT:
        return skip_members(g, type, depth + 1);
    default:
        return read_number(g, &number);
    }
}

/* ---- Values that are wanted ---- */

static bool read_struct(struct np_gob *g, const struct np_gob_type *type, const struct np_gob_shape *shape, char *base);

static bool is_kind(struct np_gob *g, const struct np_gob_type *type, enum kind kind)
{
    return type && (type->kind == kind || bad(g, g->p, "a value of another kind than Cilium has there"));
}

/* NULL: refused. */
static const struct np_gob_type *type_of_kind(struct np_gob *g, int64_t id, enum kind kind)
{
    const struct np_gob_type *type = type_of(g, id);

    return is_kind(g, type, kind) ? type : NULL;
}

/* Room for one more; NULL: no memory. */
static void *add(struct np_gob *g, char *list, size_t size)
{
    void *item = np_flow_list_add(g->run, (struct np_flow_list *)(void *)list, size);

    if (!item)
        bad(g, g->p, NULL);
    return item;
}

static bool read_number_up_to(struct np_gob *g, uint64_t most, uint64_t *out)
{
    const uint8_t *at = g->p;

    return read_number(g, out) && (*out <= most || bad(g, at, "a number that is larger than it can be"));
}

static bool read_integer_within(struct np_gob *g, uint64_t most, int64_t *out)
{
    const uint8_t *at = g->p;

    if (!read_integer(g, out))
        return false;
    return (uint64_t)(*out < 0 ? ~*out : *out) <= most || bad(g, at, "a number that is larger than it can be");
}

/* One element of a list. */
static bool read_element(struct np_gob *g, const struct np_gob_row *row, const struct np_gob_type *type, char *list)
{
    struct cnipol_text *text;
    struct np_gob_bytes *bytes;
    uint64_t *number;
    char *item;

    switch (row->want) {
    case NP_GOB_TEXTS:
        return type_of_kind(g, type->element, STRING) && (text = add(g, list, sizeof *text)) && read_text(g, text);
    case NP_GOB_NUMBERS:
        return type_of_kind(g, type->element, UINT) && (number = add(g, list, sizeof *number)) && read_number_up_to(g, row->most, number);
    case NP_GOB_ADDRESSES:
        bytes = add(g, list, sizeof *bytes);
        if (!bytes || !(type = type_of(g, type->element)))
            return false;
        bytes->is_marshaled = type->kind == MARSHALED;
        return is_kind(g, type, bytes->is_marshaled ? MARSHALED : BYTES) && read_bytes(g, &bytes->bytes);
    default:
        type = type_of_kind(g, type->element, STRUCT);
        return type && (item = add(g, list, row->size)) && read_struct(g, type, row->shape, item);
    }
}

static bool read_list(struct np_gob *g, const struct np_gob_row *row, const struct np_gob_type *type, char *list)
{
    uint64_t n;

    if (!read_count(g, &n))
        return false;
    for (; n; n--)
        if (!read_element(g, row, type, list))
            return false;
    return true;
}

static bool add_pair(struct np_gob *g, struct cnipol_text key, char *list)
{
    struct cnipol_flow_pair *pair = add(g, list, sizeof *pair);

    if (!pair)
        return false;
    pair->key = key;
    if (!read_text(g, &pair->value))
        return false;
    pair->value.s = pair->value.n ? pair->value.s : (const char *)g->p;
    return true;
}

static bool read_pairs(struct np_gob *g, const struct np_gob_row *row, const struct np_gob_type *type, char *list)
{
    bool is_list = row->want == NP_GOB_PAIR_LISTS;
    const struct np_gob_type *values = is_list ? type_of_kind(g, type->element, SLICE) : type;
    uint64_t n, m = 1;

    if (!values || !type_of_kind(g, type->key, STRING) || !type_of_kind(g, values->element, STRING) || !read_count(g, &n))
        return false;
    for (; n; n--) {
        struct cnipol_text key;

        if (!read_text(g, &key) || (is_list && !read_count(g, &m)))
            return false;
        for (uint64_t i = 0; i < m; i++)
            if (!add_pair(g, key, list))
                return false;
    }
    return true;
}

static bool read_value(struct np_gob *g, const struct np_gob_row *row, int64_t id, char *place)
{
    static const uint8_t kinds[] = {
        [NP_GOB_TEXT] = STRING,     [NP_GOB_NUMBER] = UINT,  [NP_GOB_INTEGER] = INT,     [NP_GOB_MARSHALED] = MARSHALED,
        [NP_GOB_STRUCT] = STRUCT,   [NP_GOB_STRUCTS] = SLICE, [NP_GOB_TEXTS] = SLICE,    [NP_GOB_NUMBERS] = SLICE,
        [NP_GOB_ADDRESSES] = SLICE, [NP_GOB_PAIRS] = MAP,    [NP_GOB_PAIR_LISTS] = MAP,
    };
    const struct np_gob_type *type = type_of_kind(g, id, kinds[row->want]);

    if (!type)
        return false;
    switch (row->want) {
    case NP_GOB_TEXT:
    case NP_GOB_MARSHALED:
        return read_text(g, (struct cnipol_text *)(void *)place);
    case NP_GOB_NUMBER:
        return read_number_up_to(g, row->most, (uint64_t *)(void *)place);
    case NP_GOB_INTEGER:
        return read_integer_within(g, row->most, (int64_t *)(void *)place);
    case NP_GOB_STRUCT:
        return read_struct(g, type, row->shape, place);
    case NP_GOB_PAIRS:
    case NP_GOB_PAIR_LISTS:
        return read_pairs(g, row, type, place);
    default:
        return read_list(g, row, type, place);
    }
}

static bool read_struct(struct np_gob *g, const struct np_gob_type *type, const struct np_gob_shape *shape, char *base)
{
    uint32_t number = 0, has = 0;
    int rc;

    if (type->shape != shape)
        bind(g, &g->types[type - g->types], shape);
    while ((rc = next_member(g, type->n_fields, &number)) > 0) {
        const struct np_gob_field *field = &g->fields[type->first_field + number - 1];

        if (field->row ? !read_value(g, field->row, field->type, base + field->row->offset) : !skip(g, field->type, 0))
            return false;
        if (field->row)
            has |= 1u << (field->row - shape->rows);
    }
    memcpy(base, &has, sizeof has);
    return rc == 0;
}

/* One message. 1: the value was read; 0: a type was described; -1: refused. */
static int read_message(struct np_gob *g, const struct np_gob_shape *shape, void *out)
{
    const struct np_gob_type *type;
    int64_t id;

    if (!read_integer(g, &id))
        return -1;
    if (id < 0 && id > INT64_MIN)
        return describe(g, -id) ? 0 : -1;
    type = type_of_kind(g, id, STRUCT);
    return type && read_struct(g, type, shape, out) ? 1 : -1;
}

bool np_gob_read(struct np_gob *g, struct np_flow_run *run, const uint8_t *bytes, size_t n, const struct np_gob_shape *shape, void *out)
{
    const uint8_t *end = bytes + n;
    int rc = 0;

    g->run = run;
    g->p = bytes;
    g->n_types = g->n_fields = 0;
    while (!rc) {
        const uint8_t *at = g->p;
        uint64_t length;

        g->end = end;
        if (!read_number(g, &length))
            return false;
        if (length > (size_t)(end - g->p))
            return bad(g, at, "a length that reaches beyond the end");
        g->end = g->p + length;
        rc = read_message(g, shape, out);
    }
    return rc > 0;
}
