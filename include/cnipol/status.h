/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CNIPOL_STATUS_H
#define CNIPOL_STATUS_H

#include <cnipol/version.h>

/**
 * What a function that can fail returns: 0, or one of these negative numbers. A status is for the
 * program; the person is told by diagnostics (diag.h). The numbers never change their meaning.
 */

#ifdef __cplusplus
extern "C" {
#endif

enum cnipol_status {
    CNIPOL_OK = 0,
    CNIPOL_E_NOMEM = -1,    /**< the allocator returned NULL, or the context's memory limit was reached */
    CNIPOL_E_IO = -2,       /**< a file or folder could not be read */
    CNIPOL_E_SYNTAX = -3,   /**< the bytes are not YAML or JSON */
    CNIPOL_E_LIMIT = -4,    /**< a limit of the context was exceeded (see enum cnipol_limit) */
    CNIPOL_E_INVALID = -5,  /**< an object was refused; the diagnostics say why */
    CNIPOL_E_NOTFOUND = -6, /**< a name that the caller gave names nothing */
    CNIPOL_E_USAGE = -7,    /**< an argument is outside what the function takes */
    CNIPOL_E_INTERNAL = -8, /**< a defect of the library; please report it */
    CNIPOL_E_SYSTEM = -9    /**< the kernel refused what was asked of it; errno says how */
};

/** A short lower-case description of a status, in English; a static string, never NULL. Any thread. */
CNIPOL_API const char *cnipol_status_text(int status);

#ifdef __cplusplus
}
#endif
#endif
