/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_DIALECT_SELECTOR_READ_H
#define NP_DIALECT_SELECTOR_READ_H

/* meta/v1 LabelSelector: its validation and its reading. */

#include "dialect/decode.h"
#include "model/selector.h"

/* `lenient`: bad label values stay (AllowInvalidLabelValueInSelector). NULL is fine. */
void np_selector_validate(struct np_take *take, const struct np_node *node, const struct np_path *path, bool lenient);

/* Would np_selector_validate find nothing? The types of its fields may be wrong. */
bool np_selector_is_valid(const struct np_node *node);

/*
 * The selector of a map whose types are right. A requirement that cannot be read becomes
 * NP_SELECTOR_OPAQUE: nobody can say whether it holds. NULL for NULL, and when out of memory.
 */
const struct np_selector *np_selector_read(struct np_take *take, const struct np_node *node);

#endif
