/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CNIPOL_VERSION_H
#define CNIPOL_VERSION_H

/**
 * The version of the library that a program is compiled against, and the one it runs with.
 *
 * Versions follow SemVer. Before 1.0 the soname is 0.MINOR: a new minor version may change the
 * binary interface, a new patch version never does.
 */

#define CNIPOL_VERSION_MAJOR 0
#define CNIPOL_VERSION_MINOR 1
#define CNIPOL_VERSION_PATCH 0
#define CNIPOL_VERSION_STRING "0.1.0"

#if defined(__GNUC__)
#define CNIPOL_API __attribute__((visibility("default")))
#else
#define CNIPOL_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** The version of the running library, "MAJOR.MINOR.PATCH"; a static string. Thread safety: any thread. */
CNIPOL_API const char *cnipol_version(void);

#ifdef __cplusplus
}
#endif
#endif
