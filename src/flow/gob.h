/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_GOB_H
#define NP_FLOW_GOB_H

/*
 * Go's encoding/gob, in which Cilium's agent writes what is no packet: one value that describes its own types.
 *
 *     length, -id, description      of each type, until all are known
 *     length, id, value             of the struct that is the record
 *
 * What is wanted is a shape: rows of names and kinds, with the place in a struct of ours. Members are found by name, as Go does it,
 * so that releases may add, drop and move theirs; one that has another kind than wanted is refused, as Go refuses it.
 *
 * Each struct that a shape fills begins with a uint32_t: bit i is set where row i was there. Zeros are not written, so a number that
 * is not there is 0; a struct behind a pointer is there if the pointer was not nil, whatever it holds.
 *
 * Texts are views of the frame; lists are in the run's arena. Source: Go 1.26 encoding/gob (doc.go, decode.go, decoder.go, type.go).
 */

#include "flow/format.h"

enum np_gob_want {
    NP_GOB_TEXT,       /* struct cnipol_text, UTF-8; an empty one is absent */
    NP_GOB_NUMBER,     /* uint64_t up to `most` */
    NP_GOB_INTEGER,    /* int64_t, -`most` - 1 up to `most` */
    NP_GOB_MARSHALED,  /* struct cnipol_text: what the type's own MarshalBinary() wrote, UTF-8 */
    NP_GOB_STRUCT,     /* by `shape`, at its place */
    NP_GOB_STRUCTS,    /* struct np_flow_list of structs of `size` bytes */
    NP_GOB_TEXTS,      /* struct np_flow_list of struct cnipol_text */
    NP_GOB_NUMBERS,    /* struct np_flow_list of uint64_t */
    NP_GOB_ADDRESSES,  /* struct np_flow_list of struct np_gob_bytes: []net.IP or []netip.Addr */
    NP_GOB_PAIRS,      /* struct np_flow_list of struct cnipol_flow_pair: map[string]string; an empty value points to where it stands */
    NP_GOB_PAIR_LISTS  /* the same of map[string][]string, a pair for each value */
};

struct np_gob_shape;

struct np_gob_row {
    const char *name;
    uint8_t want; /* enum np_gob_want */
    uint16_t offset, size;
    uint64_t most;
    const struct np_gob_shape *shape;
};

struct np_gob_shape {
    const struct np_gob_row *rows;
    uint32_t n; /* 32 at most */
};

struct np_gob_bytes {
    struct cnipol_text bytes;
    bool is_marshaled; /* by the type itself, as netip.Addr does */
};

#define NP_GOB_TYPES 64u
#define NP_GOB_FIELDS 512u

struct np_gob_type {
    int64_t id;
    uint8_t kind;
    int64_t element, key;             /* ids */
    uint32_t first_field, n_fields;   /* of structs */
    const struct np_gob_shape *shape; /* that the fields' rows are of; NULL: not looked for yet */
};

struct np_gob_field {
    struct cnipol_text name;
    int64_t type;
    const struct np_gob_row *row; /* NULL: nobody wants it */
};

/* A reader; may be used again and again. */
struct np_gob {
    struct np_flow_run *run;
    const uint8_t *p, *end; /* of the message */
    const char *flaw;       /* NULL: no memory */
    const uint8_t *flaw_at;
    uint32_t n_types, n_fields;
    struct np_gob_type types[NP_GOB_TYPES];
    struct np_gob_field fields[NP_GOB_FIELDS];
};

/* Reads the first value, a struct, into *out, which is zeroed. False: g->flaw. What is behind the value is left alone, as Go leaves it. */
bool np_gob_read(struct np_gob *g, struct np_flow_run *run, const uint8_t *bytes, size_t n, const struct np_gob_shape *shape, void *out);

#endif
