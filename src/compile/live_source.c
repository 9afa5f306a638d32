/* SPDX-License-Identifier: BSD-2-Clause */
/* Sources as they were handed over: see live_base.h. */

#include "compile/live_base.h"

#include <string.h>

char *np_live_copy(struct np_mem *mem, const char *text, size_t size)
{
    char *copy = np_alloc(mem, size + 1);

    if (!copy)
        return NULL;
    if (size)
        memcpy(copy, text, size);
    copy[size] = '\0';
    return copy;
}

void np_live_source_free(struct np_mem *mem, struct np_live_source *source)
{
    if (source->name)
        np_free(mem, source->name, strlen(source->name) + 1);
    if (source->text)
        np_free(mem, source->text, source->size + 1);
}

int np_live_source_make(struct np_mem *mem, const char *name, const char *text, size_t size, struct np_live_source *out)
{
    *out = (struct np_live_source){np_live_copy(mem, name, strlen(name)), np_live_copy(mem, text, size), size, NP_NONE, NP_NONE};
    if (out->name && out->text)
        return CNIPOL_OK;
    np_live_source_free(mem, out);
    return CNIPOL_E_NOMEM;
}

void np_live_sources_free(struct np_mem *mem, struct np_live_source *sources, uint32_t n, uint32_t cap)
{
    for (uint32_t i = 0; i < n; i++)
        np_live_source_free(mem, &sources[i]);
    np_free(mem, sources, cap * sizeof *sources);
}

void np_live_free_copy(struct np_mem *mem, const char *text)
{
    if (text)
        np_free(mem, (char *)(uintptr_t)text, strlen(text) + 1);
}
