/* SPDX-License-Identifier: BSD-2-Clause */
/* Status texts and the version: see include/cnipol/status.h and version.h. */

#include <cnipol/status.h>

#include <stddef.h>

const char *cnipol_version(void)
{
    return CNIPOL_VERSION_STRING;
}

const char *cnipol_status_text(int status)
{
    static const char *const texts[] = {
        "success",          "out of memory",           "a file could not be read",
        "not YAML or JSON", "a limit was exceeded",    "an object was refused",
        "not found",        "wrong use of a function", "internal error",
        "the kernel refused",
    };
    size_t i = status <= 0 ? 0u - (unsigned)status : sizeof texts;

    return i < sizeof texts / sizeof texts[0] ? texts[i] : "unknown status";
}
