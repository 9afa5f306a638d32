/* SPDX-License-Identifier: BSD-2-Clause */
/* JSON output: see json.h. */

#include "report/json.h"

#include <json-c/json.h>

#include "base/utf8.h"

#define ADD_FLAGS (JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_KEY_IS_CONSTANT)
#define WRITE_FLAGS (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

static struct json_object *made(struct np_out *out, struct json_object *value)
{
    if (!value)
        np_out_fail(out, CNIPOL_E_NOMEM);
    return value;
}

struct json_object *np_json_object(struct np_out *out)
{
    return made(out, json_object_new_object());
}

struct json_object *np_json_array(struct np_out *out)
{
    return made(out, json_object_new_array());
}

void np_json_add(struct np_out *out, struct json_object *object, const char *key, struct json_object *value)
{
    if (object && value && json_object_object_add_ex(object, key, value, ADD_FLAGS) == 0)
        return;
    json_object_put(value);
    np_out_fail(out, CNIPOL_E_NOMEM);
}

void np_json_push(struct np_out *out, struct json_object *array, struct json_object *value)
{
    if (array && value && json_object_array_add(array, value) == 0)
        return;
    json_object_put(value);
    np_out_fail(out, CNIPOL_E_NOMEM);
}

/* The text with every stray byte replaced. */
static struct json_object *mended(struct np_out *out, const char *text, size_t n)
{
    struct json_object *value = NULL;
    struct np_buf buf;

    np_buf_init(&buf, out->buf.mem);
    for (size_t i = 0; i < n;) {
        uint32_t code, used = np_utf8_next(text + i, n - i, &code);

        if (code == NP_UTF8_BAD)
            np_buf_adds(&buf, "\xef\xbf\xbd");
        else
            np_buf_add(&buf, text + i, used);
        i += used;
    }
    if (!np_buf_failed(&buf) && buf.n <= INT32_MAX)
        value = json_object_new_string_len(buf.s, (int)buf.n);
    np_buf_free(&buf);
    return made(out, value);
}

struct json_object *np_json_string(struct np_out *out, const char *text)
{
    size_t n = strlen(text);

    if (!np_utf8_valid(text, n))
        return mended(out, text, n);
    return made(out, n <= INT32_MAX ? json_object_new_string_len(text, (int)n) : NULL);
}

void np_json_text(struct np_out *out, struct json_object *object, const char *key, const char *text)
{
    if (text)
        np_json_add(out, object, key, np_json_string(out, text));
}

void np_json_number(struct np_out *out, struct json_object *object, const char *key, int64_t number)
{
    np_json_add(out, object, key, json_object_new_int64(number));
}

void np_json_flag(struct np_out *out, struct json_object *object, const char *key, bool flag)
{
    np_json_add(out, object, key, json_object_new_boolean(flag));
}

void np_json_null(struct np_out *out, struct json_object *object, const char *key)
{
    if (!object || json_object_object_add_ex(object, key, NULL, ADD_FLAGS))
        np_out_fail(out, CNIPOL_E_NOMEM);
}

/* What json-c leaves as it is, though a terminal would act on it: DEL, the C1 controls, marks of direction. */
static bool acts_on_terminals(uint32_t code)
{
    return (code >= 0x7f && code < 0xa0) || (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

static void write_text(struct np_out *out, const char *text)
{
    size_t n = strlen(text), done = 0;

    for (size_t i = 0; i < n;) {
        uint32_t code, used = np_utf8_next(text + i, n - i, &code);

        if (acts_on_terminals(code)) {
            np_out_bytes(out, text + done, i - done);
            np_out_fmt(out, "\\u%04x", code);
            done = i + used;
        }
        i += used;
    }
    np_out_bytes(out, text + done, n - done);
}

void np_json_write(struct np_out *out, struct json_object *value)
{
    const char *text = value && !out->status ? json_object_to_json_string_ext(value, WRITE_FLAGS) : NULL;

    if (text)
        write_text(out, text);
    else
        np_out_fail(out, CNIPOL_E_NOMEM);
    json_object_put(value);
}
