/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_DOC_SCALAR_H
#define NP_DOC_SCALAR_H

/*
 * What a YAML scalar means, as sigs.k8s.io/yaml has it.
 *
 * That is YAML 1.1 as go-yaml v2 understands it: `y`, `on` and `NO` are booleans, 010 is eight, 0o10
 * too, 1_000 is a number, .inf is a number that JSON cannot hold, dates stay strings, and an explicit
 * tag that does not fit its text is an error.
 */

#include "base/mem.h"
#include "base/str.h"
#include "doc/node.h"

struct np_scalar {
    struct np_str text; /* NUL-terminated */
    const char *tag;    /* long form (tag:yaml.org,2002:str); NULL: none; "!": not specific */
    bool plain;         /* neither quoted nor a block scalar; or, quoted, with a tag */
};

/*
 * Fills kind and value of `out`; a string is still that of `in`, but for !!binary, which is decoded
 * into the arena. Floats may be infinite or NaN. 0, CNIPOL_E_NOMEM, or CNIPOL_E_SYNTAX with *why a
 * static text.
 */
int np_scalar_resolve(const struct np_scalar *in, struct np_arena *arena, struct np_buf *scratch, struct np_node *out, const char **why);
/* The string that a resolved scalar becomes as a key, in place: 0, CNIPOL_E_NOMEM, CNIPOL_E_SYNTAX (null, lists, maps, above INT64_MAX). */
int np_scalar_key(struct np_node *node, struct np_arena *arena);
/* A float whose JSON text is an integer becomes that integer. */
void np_scalar_settle(struct np_node *node);

#endif
