/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_COMPILE_EMIT_TABLES_H
#define NP_COMPILE_EMIT_TABLES_H

/*
 * The decision tables as the bytes of CNIPOL_SECTION_TABLES (format.h).
 *
 * Offsets count from the image's first byte, so tables are written knowing where their section begins. The view
 * lies first among them, and is filled in when the other sections are written.
 */

#include "compile/compilation.h"

/* 0 or CNIPOL_E_NOMEM. */
int np_emit_tables(struct np_compilation *c, struct np_emission *out, struct cnipol_image_view *view);

#endif
