/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_L7_REGEX_H
#define NP_L7_REGEX_H

/*
 * Regular expressions with the syntax and the meaning of RE2, as Go's regexp has it.
 *
 * Whether a text matches is all that is asked. A pattern is checked and translated by re2.h, which takes RE2's language and
 * nothing else, and is then PCRE2's to compile and run. PCRE2's backtracking is bounded by a limit for the whole search; when
 * that is reached, the same pattern is asked of pcre2_dfa_match, which looks at all ways at once, so what it costs grows with
 * text times pattern and not beyond. A text that is no UTF-8 is seen as Go sees it: each byte that starts no character is U+FFFD.
 *
 * Threads: a compiled pattern is read-only; matching needs 128 KiB of the stack and allocates nothing.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/str.h"

struct np_regex;

/* What is wrong with a pattern. */
struct np_regex_flaw {
    const char *message; /* static */
    uint32_t at;         /* bytes of the pattern */
    bool unsupported;    /* RE2 takes it; it is beyond what this library takes */
};

/* CNIPOL_OK; CNIPOL_E_NOMEM; CNIPOL_E_INVALID or CNIPOL_E_LIMIT with *flaw set. *out is freed with np_regex_free(). */
int np_regex_compile(struct np_mem *mem, struct np_str pattern, struct np_regex **out, struct np_regex_flaw *flaw);
void np_regex_free(struct np_regex *regex);

/* Is there a match anywhere in the text? 1, 0, or CNIPOL_E_LIMIT: the text is too much for this pattern. */
int np_regex_matches(const struct np_regex *regex, struct np_str text);

#endif
