/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_BASE_NUMBER_H
#define NP_BASE_NUMBER_H

/*
 * Floating-point numbers and their texts, as Go reads and writes them, whatever the process's locale.
 */

#include <stdbool.h>
#include <stddef.h>

/* Longest text that the printers make, with NUL. */
#define NP_FLOAT_TEXT 32

/*
 * The value of a decimal text ([-+]digits[.digits][e[-+]digits], checked by the caller) that ends at
 * its NUL or at a byte that is no part of a number. False if it is beyond what a double can hold.
 */
bool np_float_parse(const char *text, double *out);
/* As encoding/json does. `f` is finite. Returns the length. */
size_t np_float_print(double f, char *out);
/* As strconv.FormatFloat(f, 'g', -1, 32); infinities and NaN as .inf, -.inf, .nan. Returns the length. */
size_t np_float_print_key(double f, char *out);

#endif
