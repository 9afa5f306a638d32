/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_DIALECT_DECODE_H
#define NP_DIALECT_DECODE_H

/*
 * Taking an object: the state of one object's reading, and the tables that describe its fields.
 *
 * A schema is a tree of constant tables. The same form serves two masters: types that the API server
 * decodes into Go structs (np_decode: type errors in the words of encoding/json), and types of a
 * CustomResourceDefinition (cnp_schema.h: structural schema with constraints). Both share how unknown
 * fields are told. After either has passed, readers may fetch fields without asking for their kind.
 *
 * What an error does depends on the mode: in NP_MODE_STORED a broken rule of validation is a warning
 * and the reader makes the best of the value; elsewhere it refuses the object.
 */

#include "dialect/policies.h"
#include "doc/node.h"
#include "doc/path.h"
#include "doc/reader.h"

enum np_schema_kind {
    NP_SCHEMA_ANY = 0, /* not looked into */
    NP_SCHEMA_STRUCT,
    NP_SCHEMA_LIST,
    NP_SCHEMA_STRINGS, /* map[string]string */
    NP_SCHEMA_STRING,
    NP_SCHEMA_INT32,
    NP_SCHEMA_INT64,
    NP_SCHEMA_BOOL,
    NP_SCHEMA_INT_OR_STRING,
};

struct np_field;
struct np_take;

/* A rule of a CustomResourceDefinition that no keyword expresses: its CEL expressions. */
typedef void np_schema_rule(struct np_take *take, const struct np_node *node, const struct np_path *path);

struct np_schema {
    enum np_schema_kind kind;
    const char *go; /* the Go type, with its package: v1.LabelSelector */
    const struct np_field *fields;
    uint32_t n_fields;
    const struct np_schema *item;
    /* CustomResourceDefinitions only; 0 and NULL: no such constraint */
    uint32_t min_n, max_n; /* items, properties or characters, by kind */
    bool ranged;
    int64_t min, max;
    const char *const *words; /* an enum, NULL-terminated */
    bool (*matches)(struct np_str s);
    const char *pattern; /* what `matches` matches, as upstream writes it */
    bool set;            /* items are distinct */
    np_schema_rule *rule;
};

struct np_field {
    const char *name;
    const struct np_schema *type;
    bool required;
    bool experimental; /* only in the experimental channel; a stored object proves that the channel is there */
};

struct np_take {
    struct cnipol_ctx *ctx;
    struct np_policies *policies;
    const struct np_dialect_opts *opts;
    const struct np_doc *doc;
    uint32_t errors; /* raised so far; warnings do not count */
    bool crd;        /* null values of a map of strings are dropped, not empty strings */
};

struct np_span np_take_span(const struct np_take *take, const struct np_node *node);
/* A broken rule of validation: an error, or a warning in NP_MODE_STORED. `path` may be NULL. */
struct np_diag *np_take_invalid(struct np_take *take, enum np_code code, const struct np_node *at, const struct np_path *path,
                                const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* Refuses the object in every mode. */
struct np_diag *np_take_refuse(struct np_take *take, enum np_code code, const struct np_node *at, const struct np_path *path,
                               const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* Taken in every mode, but worth a warning. */
struct np_diag *np_take_warn(struct np_take *take, enum np_code code, const struct np_node *at, const struct np_path *path, const char *fmt,
                             ...) __attribute__((format(printf, 5, 6)));
/* What a message calls the value at a path: "an item of " or "", then the last key. */
const char *np_take_item(const struct np_path *path);
const char *np_take_field(const struct np_path *path);
/* The words of the API server for a diagnostic. */
void np_take_upstream(struct np_take *take, struct np_diag *d, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* A field that the schema does not know: an error in NP_MODE_STRICT, else a warning that it is dropped. */
void np_take_unknown(struct np_take *take, const struct np_schema *schema, const struct np_pair *pair, const struct np_path *path);
/* True while nothing was refused and memory lasted. */
bool np_take_fine(const struct np_take *take);
int np_take_status(const struct np_take *take);

/* Type errors of a whole object, in the order of writing; where there are none (true), its unknown fields. */
bool np_decode(struct np_take *take, const struct np_schema *schema, const struct np_node *object);
/* Is the node of the kind that the schema wants? Numbers are not judged here: each decoder has its own idea of whole ones. */
bool np_schema_kind_fits(const struct np_schema *schema, const struct np_node *node);
/* Only the types: true if all are right. */
bool np_decode_types(struct np_take *take, const struct np_schema *schema, const struct np_node *object);
/* Only the unknown fields, of an object whose types may be wrong. */
void np_decode_unknown(struct np_take *take, const struct np_schema *schema, const struct np_node *object);
/* The field of a struct by name and channel, or NULL. */
const struct np_field *np_schema_field(const struct np_take *take, const struct np_schema *schema, struct np_str name);
/* Is the document JSON, by its first byte? */
bool np_json_source(const struct np_take *take);
/* Completes what the reader said about repeated keys inside the object. */
void np_take_duplicates(struct np_take *take, const struct np_node *object);
/* A number as the API server reads it from JSON; `out` has 64 bytes. */
void np_number_text(const struct np_take *take, const struct np_node *node, char *out);

/* A string field; the empty string where it is missing or null. */
struct np_str np_string_at(const struct np_node *map, const char *key);
/* A list field; NULL where it is missing or null. */
const struct np_node *np_list_at(const struct np_node *map, const char *key);
/* A number of any kind; 0 for NULL and for what is none. */
double np_number_of(const struct np_node *node);
np_atom np_take_atom(struct np_take *take, struct np_str s);
/* Room in the policies' arena, zeroed; NULL for a count of 0 or out of memory (which is remembered). */
void *np_take_array(struct np_take *take, size_t count, size_t size);
/* Counts of list items; 0 for NULL. */
static inline uint32_t np_count(const struct np_node *list)
{
    return list ? list->n : 0;
}

/* Tables that several objects share. */
extern const struct np_schema np_schema_string, np_schema_any, np_schema_strings, np_schema_meta, np_schema_selector;

#define NP_FIELDS(array) .fields = (array), .n_fields = sizeof(array) / sizeof(array)[0]

#endif
