/* SPDX-License-Identifier: BSD-2-Clause */
/* Flags of filters: each line is an argument. See flow_filter.h for what must hold. */

#include "flow_filter.h"

#define MAX_ARGS 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[8193];
    const char *args[MAX_ARGS];
    size_t n = 0;

    if (size >= sizeof text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    for (char *line = text; line < text + size && n < MAX_ARGS; line += strlen(line) + 1) {
        char *end = strchr(line, '\n');

        if (end)
            *end = '\0';
        args[n++] = line;
    }
    fuzz_filter(args, n);
    return 0;
}
