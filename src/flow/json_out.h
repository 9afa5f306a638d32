/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_JSON_OUT_H
#define NP_FLOW_JSON_OUT_H

/*
 * JSON into memory of a fixed size: counts on where the memory ends, as snprintf(3) does.
 *
 *     np_jout_open(&out, '{');
 *     np_jout_key(&out, "port");
 *     np_jout_number(&out, 80);
 *     np_jout_close(&out, '}');
 *
 * Commas are put where they belong. Strings are escaped; bytes that are no UTF-8 become U+FFFD.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cnipol/flow.h>

struct np_jout {
    char *bytes;
    size_t size;
    size_t n;        /* written, or that would have been */
    bool wants_comma;
};

void np_jout_raw(struct np_jout *out, const char *s, size_t n);
void np_jout_open(struct np_jout *out, char bracket);
void np_jout_close(struct np_jout *out, char bracket);
void np_jout_key(struct np_jout *out, const char *key);
void np_jout_string(struct np_jout *out, struct cnipol_text text);
/* "first/second", or what there is of it. */
void np_jout_joined(struct np_jout *out, struct cnipol_text first, struct cnipol_text second);
void np_jout_number(struct np_jout *out, uint64_t number);
void np_jout_signed(struct np_jout *out, int64_t number);
void np_jout_bool(struct np_jout *out, bool value);
/* A value that is JSON already. */
void np_jout_value(struct np_jout *out, struct cnipol_text json);
/* Members; a text or list that is absent writes nothing. */
void np_jout_text_member(struct np_jout *out, const char *key, struct cnipol_text text);
void np_jout_number_member(struct np_jout *out, const char *key, uint64_t number);
void np_jout_time_member(struct np_jout *out, const char *key, const struct cnipol_time *time);
void np_jout_texts_member(struct np_jout *out, const char *key, const struct cnipol_text *items, uint32_t n);
/* Ends the text with a NUL where there is room; returns the length that the whole needs. */
size_t np_jout_end(struct np_jout *out);

#endif
