/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_HUBBLE_TWIN_H
#define TESTS_HUBBLE_TWIN_H

/*
 * A second reader of Hubble's JSON, slow and plain: json-c makes a tree, and each field is asked for by name.
 *
 * It knows nothing of the decoder's code, so that a fault must be made twice to stay unseen. What json-c cannot say (members that
 * repeat, control characters, escapes that are half a pair) is told apart by hubble_twin_can_tell().
 */

#include <stdbool.h>
#include <stddef.h>

#include <cnipol/flow.h>

#include "base/mem.h"

/* False: not a record that it takes. Texts and lists live in the arena. */
bool hubble_twin_read(const char *bytes, size_t n, struct np_arena *arena, struct cnipol_flow *out);
/* json-c's tree; NULL: it refuses, or the value is null. */
struct json_object *hubble_twin_parse(const char *bytes, size_t n);
/* May its refusal or consent be held against the decoder? */
bool hubble_twin_can_tell(const char *bytes, size_t n);

/* Every field of a record as text, for comparing; free() it. */
char *flow_dump(const struct cnipol_flow *flow);

#endif
