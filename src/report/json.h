/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_REPORT_JSON_H
#define NP_REPORT_JSON_H

/*
 * JSON output: json-c behind np_out's rule that the first failure sticks.
 *
 * Values live from their making to np_json_write, one object at a time, so a report of any length
 * holds one of them. Text that is not UTF-8 gets a U+FFFD for each stray byte. json-c takes its
 * memory from malloc(3).
 */

#include "report/out.h"

struct json_object;

struct json_object *np_json_object(struct np_out *out);
struct json_object *np_json_array(struct np_out *out);
/* Takes over `value`. Keys are string literals. */
void np_json_add(struct np_out *out, struct json_object *object, const char *key, struct json_object *value);
void np_json_push(struct np_out *out, struct json_object *array, struct json_object *value);
/* A member; NULL adds none. */
void np_json_text(struct np_out *out, struct json_object *object, const char *key, const char *text);
void np_json_number(struct np_out *out, struct json_object *object, const char *key, int64_t number);
void np_json_flag(struct np_out *out, struct json_object *object, const char *key, bool flag);
/* A member that is null. */
void np_json_null(struct np_out *out, struct json_object *object, const char *key);
struct json_object *np_json_string(struct np_out *out, const char *text);
/* Writes on one line, without a line end, and frees. */
void np_json_write(struct np_out *out, struct json_object *value);

#endif
