/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * observe --count-by: how many records have the same values in some fields.
 *
 * A key is the values' texts, each behind its length, in one hash table; a record that stands for many (Hubble's aggregates) counts as many. The
 * table is printed with a bar beside each row, in eighths of a column.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/observe.h"

#define FIELDS_MAX 8u
#define BAR_COLUMNS 24u

/* Names that people have for fields, beside those of the table. */
static const struct {
    const char *name;
    int32_t id; /* -1: the source by name; -2: the destination */
} shorts[] = {{"src", -1}, {"dst", -2}, {"port", CNIPOL_FIELD_DST_PORT}, {"namespace", CNIPOL_FIELD_DST_NAMESPACE}};

struct key {
    uint64_t hash, count;
    char *bytes;
    uint32_t n;
};

struct observe_count {
    int32_t ids[FIELDS_MAX];
    const char *names[FIELDS_MAX];
    uint32_t n_fields;
    char *fields; /* the option's text, cut */
    struct key *keys;
    uint32_t n, cap;
    uint32_t *slots; /* key + 1; a power of two */
    uint32_t n_slots;
    uint64_t total;
    char *room; /* of the key under work */
    size_t room_size;
    bool failed; /* no memory while printing */
};

static bool find_field(struct observe_count *count, const char *name)
{
    const struct cnipol_field *field = cnipol_field_find(name);
    int32_t id = field ? field->id : INT32_MAX;

    for (size_t i = 0; i < sizeof shorts / sizeof *shorts; i++)
        if (strcmp(shorts[i].name, name) == 0)
            id = shorts[i].id;
    count->ids[count->n_fields] = id;
    count->names[count->n_fields] = name;
    return id != INT32_MAX;
}

static const char *field_name(size_t i, const void *user)
{
    const struct cnipol_field *field = cnipol_field_at(i);

    (void)user;
    return field ? field->name : NULL;
}

int observe_unknown_field(const char *name)
{
    const char *near = cli_nearest(name, field_name, NULL);

    if (near)
        return cli_fail(CLI_USAGE, "there is no field %s; did you mean %s?", name, near);
    return cli_fail(CLI_USAGE, "there is no field %s; 'cnipol observe --format-list' names them", name);
}

int observe_count_open(const char *fields, struct observe_count **out)
{
    struct observe_count *count = calloc(1, sizeof *count);
    char *rest = NULL, *name;

    *out = count;
    if (!count || !(count->fields = strdup(fields)))
        return cli_status(CNIPOL_E_NOMEM);
    for (name = strtok_r(count->fields, ",", &rest); name; name = strtok_r(NULL, ",", &rest)) {
        if (count->n_fields == FIELDS_MAX)
            return cli_fail(CLI_USAGE, "--count-by takes at most %u fields", FIELDS_MAX);
        if (!find_field(count, name))
            return observe_unknown_field(name);
        count->n_fields++;
    }
    return count->n_fields ? CLI_OK : cli_fail(CLI_USAGE, "--count-by names no field");
}

void observe_count_close(struct observe_count *count)
{
    for (uint32_t i = 0; count && i < count->n; i++)
        free(count->keys[i].bytes);
    if (count) {
        free(count->fields);
        free(count->keys);
        free(count->slots);
        free(count->room);
    }
    free(count);
}

void observe_count_fields(const struct observe_count *count, struct cnipol_fields *out)
{
    static const int32_t ends[2][5] = {
        {CNIPOL_FIELD_SRC_NAMESPACE, CNIPOL_FIELD_SRC_POD, CNIPOL_FIELD_SRC_SERVICE, CNIPOL_FIELD_SRC_NAMES, CNIPOL_FIELD_SRC_IP},
        {CNIPOL_FIELD_DST_NAMESPACE, CNIPOL_FIELD_DST_POD, CNIPOL_FIELD_DST_SERVICE, CNIPOL_FIELD_DST_NAMES, CNIPOL_FIELD_DST_IP}};

    *out = (struct cnipol_fields){{0, 0}};
    cnipol_fields_add(out, CNIPOL_FIELD_AGGREGATE_INGRESS);
    cnipol_fields_add(out, CNIPOL_FIELD_AGGREGATE_EGRESS);
    cnipol_fields_add(out, CNIPOL_FIELD_AGGREGATE_UNKNOWN);
    for (uint32_t i = 0; i < count->n_fields; i++)
        for (uint32_t k = 0; k < (count->ids[i] < 0 ? 5u : 1u); k++)
            cnipol_fields_add(out, (uint32_t)(count->ids[i] < 0 ? ends[-1 - count->ids[i]][k] : count->ids[i]));
}

/* The key under work: grows as needed. */
struct maker {
    struct observe_count *count;
    size_t n;
    bool failed;
};

/* Room for n bytes at least. False: no memory. */
static bool make_room(struct observe_count *count, size_t n)
{
    char *grown = n <= count->room_size ? count->room : realloc(count->room, n * 2);

    if (!grown)
        return false;
    count->room_size = n <= count->room_size ? count->room_size : n * 2;
    count->room = grown;
    return true;
}

static bool reserve(struct maker *maker, size_t n)
{
    maker->failed |= !make_room(maker->count, maker->n + n);
    return !maker->failed;
}

static void add(struct maker *maker, const char *s, size_t n)
{
    if (!n || !reserve(maker, n))
        return;
    memcpy(maker->count->room + maker->n, s, n);
    maker->n += n;
}

static void add_text(struct maker *maker, struct cnipol_text text)
{
    add(maker, text.s, text.n);
}

/* As Hubble names an end: pod, service, DNS names, address. */
static void add_end(struct maker *maker, const struct cnipol_flow_end *end)
{
    char room[CNIPOL_ADDRESS_TEXT];
    struct cnipol_text ns = end->pod.n ? end->ns : end->service_ns, name = end->pod.n ? end->pod : end->service;

    if (!name.n) {
        add_text(maker, end->n_names ? end->names[0] : cnipol_flow_address(end, room));
        return;
    }
    add_text(maker, ns);
    add(maker, "/", ns.n > 0);
    add_text(maker, name);
}

/* The value's text, behind what is there. */
static void add_value(struct maker *maker, const struct cnipol_value *value)
{
    size_t n = cnipol_value_print(value, NULL, 0);

    if (!reserve(maker, n + 1))
        return;
    (void)cnipol_value_print(value, maker->count->room + maker->n, n + 1);
    maker->n += n;
}

/* Texts one behind another, NUL between them; a NUL of a text is a text's end, which costs a collision at most. */
static bool make_key(struct observe_count *count, const struct cnipol_flow *flow, size_t *n)
{
    struct maker maker = {.count = count};

    for (uint32_t i = 0; i < count->n_fields; i++) {
        struct cnipol_value value;
        int32_t id = count->ids[i];

        if (id < 0) {
            add_end(&maker, id == -1 ? &flow->src : &flow->dst);
        } else {
            cnipol_field_get(flow, id, &value);
            add_value(&maker, &value);
        }
        add(&maker, "", 1);
    }
    *n = maker.n;
    return !maker.failed;
}

static uint64_t hash_of(const char *bytes, size_t n)
{
    uint64_t hash = 14695981039346656037u;

    for (size_t i = 0; i < n; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 1099511628211u;
    return hash ^ hash >> 32;
}

static bool grow_slots(struct observe_count *count)
{
    uint32_t n = count->n_slots ? count->n_slots * 2 : 1024;
    uint32_t *slots = calloc(n, sizeof *slots);

    if (!slots)
        return false;
    for (uint32_t i = 0; i < count->n; i++) {
        uint32_t at = (uint32_t)count->keys[i].hash & (n - 1);

        while (slots[at])
            at = (at + 1) & (n - 1);
        slots[at] = i + 1;
    }
    free(count->slots);
    count->slots = slots;
    count->n_slots = n;
    return true;
}

static bool add_key(struct observe_count *count, uint64_t hash, size_t n)
{
    char *bytes = malloc(n);

    if (count->n == count->cap) {
        uint32_t cap = count->cap ? count->cap * 2 : 256;
        void *grown = realloc(count->keys, cap * sizeof *count->keys);

        if (grown) {
            count->keys = grown;
            count->cap = cap;
        }
    }
    if (!bytes || count->n == count->cap) {
        free(bytes);
        return false;
    }
    memcpy(bytes, count->room, n);
    count->keys[count->n++] = (struct key){.hash = hash, .bytes = bytes, .n = (uint32_t)n};
    return true;
}

static struct key *find_key(struct observe_count *count, size_t n)
{
    uint64_t hash = hash_of(count->room, n);
    uint32_t at;

    if (count->n * 2 >= count->n_slots && !grow_slots(count))
        return NULL;
    for (at = (uint32_t)hash & (count->n_slots - 1); count->slots[at]; at = (at + 1) & (count->n_slots - 1)) {
        struct key *key = &count->keys[count->slots[at] - 1];

        if (key->hash == hash && key->n == n && memcmp(key->bytes, count->room, n) == 0)
            return key;
    }
    if (!add_key(count, hash, n))
        return NULL;
    count->slots[at] = count->n;
    return &count->keys[count->n - 1];
}

static uint64_t weight_of(const struct cnipol_flow *flow)
{
    uint64_t n = (uint64_t)flow->n_ingress_flows + flow->n_egress_flows + flow->n_unknown_flows;

    return n ? n : 1;
}

bool observe_count_add(struct observe_count *count, const struct cnipol_flow *flow)
{
    struct key *key;
    size_t n;

    if (!make_key(count, flow, &n) || !(key = find_key(count, n)))
        return false;
    key->count += weight_of(flow);
    count->total += weight_of(flow);
    return true;
}

/* More first; equal ones by their texts. */
static int by_count(const void *pa, const void *pb)
{
    const struct key *a = pa, *b = pb;
    int order;

    if (a->count != b->count)
        return a->count < b->count ? 1 : -1;
    order = memcmp(a->bytes, b->bytes, a->n < b->n ? a->n : b->n);
    return order ? order : (a->n > b->n) - (a->n < b->n);
}

/* The i-th text of a key. */
static const char *part_of(const struct key *key, uint32_t i)
{
    const char *part = key->bytes;

    while (i--)
        part += strlen(part) + 1;
    return part;
}

/* Eighths of a column: U+2588 is a whole one, U+258F to U+2589 are one to seven eighths. */
static void print_bar(uint64_t part, uint64_t whole)
{
    uint64_t eighths = whole ? (part * BAR_COLUMNS * 8 + whole - 1) / whole : 0;

    for (uint64_t i = 0; i < eighths / 8; i++)
        cli_puts("\xe2\x96\x88");
    if (eighths % 8)
        cli_printf("\xe2\x96%c", (int)(0x90 - eighths % 8));
    for (uint64_t i = (eighths + 7) / 8; i < BAR_COLUMNS; i++)
        cli_puts(" ");
}

/* The text, harmless, filled up to a width. */
static void print_cell(const char *text, size_t width)
{
    struct cnipol_text whole = {text, (uint32_t)strlen(text)};
    char clean[512];
    uint32_t columns;

    (void)cnipol_text_print(whole, clean, sizeof clean, &columns);
    cli_puts("  ");
    cli_puts(clean);
    for (size_t n = columns; n < width; n++)
        cli_puts(" ");
}

static size_t columns_of(const char *text)
{
    struct cnipol_text whole = {text, (uint32_t)strlen(text)};
    uint32_t columns;

    (void)cnipol_text_print(whole, NULL, 0, &columns);
    return columns < 80 ? columns : 80;
}

/* Columns that a field takes; the last one takes what it needs. */
static void measure(const struct observe_count *count, uint32_t rows, size_t *widths)
{
    for (uint32_t f = 0; f + 1 < count->n_fields; f++) {
        widths[f] = strlen(count->names[f]);
        for (uint32_t i = 0; i < rows; i++) {
            size_t n = columns_of(part_of(&count->keys[i], f));

            widths[f] = n > widths[f] ? n : widths[f];
        }
    }
}

static void print_row(const struct observe_count *count, const struct key *key, const size_t *widths, bool color)
{
    cli_printf("%10llu  %5.1f%%  ", (unsigned long long)key->count, (double)key->count * 100.0 / (double)count->total);
    cli_puts(color ? "\033[36m" : "");
    print_bar(key->count, count->keys[0].count);
    cli_puts(color ? "\033[0m" : "");
    for (uint32_t f = 0; f < count->n_fields; f++)
        print_cell(part_of(key, f), widths[f]);
    cli_puts("\n");
}

static void print_table(const struct observe_count *count, uint32_t rows, bool color)
{
    size_t widths[FIELDS_MAX] = {0};

    measure(count, rows, widths);
    cli_printf("%10s  %6s  %-*s", "RECORDS", "SHARE", (int)BAR_COLUMNS, "");
    for (uint32_t f = 0; f < count->n_fields; f++)
        print_cell(count->names[f], widths[f]);
    cli_puts("\n");
    for (uint32_t i = 0; i < rows; i++)
        print_row(count, &count->keys[i], widths, color);
    if (rows < count->n)
        cli_printf("and %u more of %u, %llu records in all\n", count->n - rows, count->n, (unsigned long long)count->total);
}

/* A text of a key as a machine reads it and a terminal may see it: in the room, until the next. */
static const char *clean(struct observe_count *count, const char *text, bool is_json)
{
    struct cnipol_text whole = {text, (uint32_t)strlen(text)};
    size_t n = is_json ? cnipol_text_print_json(whole, NULL, 0) : cnipol_text_print(whole, NULL, 0, NULL);

    if (!make_room(count, n + 1)) {
        count->failed = true;
        return "";
    }
    if (is_json)
        (void)cnipol_text_print_json(whole, count->room, n + 1);
    else
        (void)cnipol_text_print(whole, count->room, n + 1, NULL);
    return count->room;
}

static void print_json_row(struct observe_count *count, const struct key *key)
{
    cli_printf("{\"records\":%llu", (unsigned long long)key->count);
    for (uint32_t f = 0; f < count->n_fields; f++) {
        cli_puts(",");
        cli_json_string(count->names[f]);
        cli_puts(":");
        cli_puts(clean(count, part_of(key, f), true));
    }
    cli_puts("}\n");
}

static void print_csv_text(const char *text)
{
    bool formula = *text && strchr("=+-@", *text), quote = formula || strpbrk(text, ",\"\r\n");

    cli_puts(quote ? formula ? "\"'" : "\"" : "");
    for (; *text; text++)
        cli_printf(*text == '"' ? "\"\"" : "%c", *text);
    cli_puts(quote ? "\"" : "");
}

static void print_csv_row(struct observe_count *count, const struct key *key)
{
    if (key)
        cli_printf("%llu", (unsigned long long)key->count);
    else
        cli_puts("records");
    for (uint32_t f = 0; f < count->n_fields; f++) {
        cli_puts(",");
        print_csv_text(key ? clean(count, part_of(key, f), false) : count->names[f]);
    }
    cli_puts("\r\n");
}

int observe_count_print(struct observe_count *count, uint32_t top, int32_t output, bool color)
{
    uint32_t rows = top && top < count->n ? top : count->n;

    if (count->n)
        qsort(count->keys, count->n, sizeof *count->keys, by_count);
    if (output == CNIPOL_FLOW_CSV)
        print_csv_row(count, NULL);
    for (uint32_t i = 0; i < rows && output != CNIPOL_FLOW_COMPACT; i++) {
        if (output == CNIPOL_FLOW_CSV)
            print_csv_row(count, &count->keys[i]);
        else
            print_json_row(count, &count->keys[i]);
    }
    if (output == CNIPOL_FLOW_COMPACT)
        print_table(count, rows, color);
    free(count->slots);
    count->slots = NULL; /* keys were moved */
    count->n_slots = 0;
    return count->failed ? cli_status(CNIPOL_E_NOMEM) : CLI_OK;
}
