/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_L7_RE2_H
#define NP_L7_RE2_H

/*
 * From RE2's syntax to PCRE2's.
 *
 * One pass over the pattern. What it writes uses only a small part of PCRE2's language, the part whose meaning is the same in
 * both: nothing depends on PCRE2's options or defaults but UTF mode, since flags are resolved here and written around each
 * item, and classes are written as ranges. What RE2 refuses is refused here with RE2's words.
 *
 * Source: Go 1.26 regexp/syntax/parse.go (the language, the limits and the errors) and doc.go.
 */

#include "l7/regex.h"

enum np_re2_flag {
    NP_RE2_FOLD = 1u << 0,      /* i */
    NP_RE2_MULTILINE = 1u << 1, /* m */
    NP_RE2_DOT_ALL = 1u << 2,   /* s */
    NP_RE2_LAZY = 1u << 3       /* U: says which match, so it is read and forgotten */
};

struct np_re2 {
    struct np_str in;
    uint32_t at;
    uint32_t flags;
    struct np_buf *out;
    struct np_regex_flaw *flaw;
};

/* Writes the translation. CNIPOL_OK, CNIPOL_E_NOMEM, CNIPOL_E_INVALID, CNIPOL_E_LIMIT. */
int np_re2_translate(struct np_str pattern, struct np_buf *out, struct np_regex_flaw *flaw);

/* Of re2_class.c; all report what is wrong by np_re2_flaw(). */
int np_re2_flaw(struct np_re2 *re, uint32_t at, const char *message);
/* The next character, whole; false: the pattern is no UTF-8 there. */
bool np_re2_char(struct np_re2 *re, uint32_t *code);
/* A backslash with what follows that stands for one character. */
int np_re2_escape(struct np_re2 *re, uint32_t *code);
/* A class in brackets. */
int np_re2_class(struct np_re2 *re);
/* \d, \pN and so on, outside brackets. 1: it was one and is written; 0: something else; or a status. */
int np_re2_class_escape(struct np_re2 *re);
void np_re2_write_char(struct np_buf *out, uint32_t code);

#endif
