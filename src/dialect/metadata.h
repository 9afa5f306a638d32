/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_DIALECT_METADATA_H
#define NP_DIALECT_METADATA_H

/* metadata of any object: names, labels, annotations, owners. */

#include "dialect/decode.h"

/* Names the object in the diagnostics that follow. */
void np_meta_announce(struct np_take *take, const char *kind, const struct np_node *object);
/* The types of metadata alone, in the words of a typed object: custom resources have theirs decoded too. */
bool np_meta_decode(struct np_take *take, const struct np_node *object);
/* The server's checks of ObjectMeta, in its order. A missing namespace is `default`, as kubectl has it. */
void np_meta_validate(struct np_take *take, const struct np_node *object, bool namespaced);
np_atom np_meta_name(struct np_take *take, const struct np_node *object);
np_atom np_meta_namespace(struct np_take *take, const struct np_node *object);

#endif
