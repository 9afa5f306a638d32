/* SPDX-License-Identifier: BSD-2-Clause */
/* Expressions of filters: the bytes are one. See flow_filter.h for what must hold. */

#include "flow_filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[8193];
    const char *args[] = {"--expr", text};

    if (size >= sizeof text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    fuzz_filter(args, 2);
    return 0;
}
