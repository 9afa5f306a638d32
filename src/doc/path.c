/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Field paths: see path.h.
 *
 * Printed as k8s.io/apimachinery field.Path does: a key that could not stand after a dot is put in
 * brackets (metadata.labels[app.kubernetes.io/name]). The chain is turned round by recursion, whose
 * depth is that of the document.
 */

#include "doc/path.h"

#include <string.h>

static void print_step(const struct np_path *path, struct np_buf *out)
{
    if (path->up)
        print_step(path->up, out);
    if (!path->key)
        np_buf_addf(out, "[%u]", path->index);
    else if (!*path->key || strpbrk(path->key, ".[]/"))
        np_buf_addf(out, "[%s]", path->key);
    else
        np_buf_addf(out, "%s%s", path->up ? "." : "", path->key);
}

void np_path_print(const struct np_path *path, struct np_buf *out)
{
    if (path)
        print_step(path, out);
}
