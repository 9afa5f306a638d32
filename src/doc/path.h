/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_DOC_PATH_H
#define NP_DOC_PATH_H

/*
 * Field paths, in upstream's spelling: spec.ingress[0].from[1].podSelector.matchLabels.
 *
 * A path is a chain of steps on the stack of the functions that walk a document; text is made only
 * when a diagnostic needs it.
 */

#include <stdint.h>

#include "base/str.h"

struct np_path {
    const struct np_path *up; /* NULL at the root */
    const char *key;          /* NULL: an index */
    uint32_t index;
};

static inline struct np_path np_path_key(const struct np_path *up, const char *key)
{
    return (struct np_path){up, key, 0};
}

static inline struct np_path np_path_index(const struct np_path *up, uint32_t index)
{
    return (struct np_path){up, NULL, index};
}

/* Appends the text of the path. */
void np_path_print(const struct np_path *path, struct np_buf *out);

#endif
