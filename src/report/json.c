/* SPDX-License-Identifier: BSD-2-Clause */
/* JSON output: see json.h. */

#include "report/json.h"

#include <json-c/json.h>

#include "base/jescape.h"
#include "base/utf8.h"

#define ADD_FLAGS (JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_KEY_IS_CONSTANT)

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

static void write_string(struct np_out *out, const char *text, size_t n)
{
    size_t done = 0;

    np_out_char(out, '"', 1);
    for (size_t i = 0; i < n;) {
        uint32_t code, used = np_utf8_next(text + i, n - i, &code);
        char escape[NP_JESCAPE_BYTES];

        if (np_json_is_escaped(code)) {
            np_out_bytes(out, text + done, i - done);
            np_out_bytes(out, escape, np_json_escape(code, escape));
            done = i + used;
        }
        i += used;
    }
    np_out_bytes(out, text + done, n - done);
    np_out_char(out, '"', 1);
}

static void write_value(struct np_out *out, struct json_object *value);

static void write_object(struct np_out *out, struct json_object *object)
{
    struct json_object_iterator at = json_object_iter_begin(object), end = json_object_iter_end(object);
    const char *before = "{";

    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
        const char *key = json_object_iter_peek_name(&at);

        np_out_text(out, before);
        write_string(out, key, strlen(key));
        np_out_char(out, ':', 1);
        write_value(out, json_object_iter_peek_value(&at));
        before = ",";
    }
    np_out_text(out, *before == '{' ? "{}" : "}");
}

static void write_array(struct np_out *out, struct json_object *array)
{
    np_out_char(out, '[', 1);
    for (size_t i = 0; i < json_object_array_length(array); i++) {
        np_out_text(out, i ? "," : "");
        write_value(out, json_object_array_get_idx(array, i));
    }
    np_out_char(out, ']', 1);
}

/* By hand: json-c's own writer drops pieces, and says nothing, when it gets no memory (0.16, json_object.c). */
static void write_value(struct np_out *out, struct json_object *value)
{
    switch (json_object_get_type(value)) {
    case json_type_object:
        write_object(out, value);
        break;
    case json_type_array:
        write_array(out, value);
        break;
    case json_type_string:
        write_string(out, json_object_get_string(value), (size_t)json_object_get_string_len(value));
        break;
    case json_type_boolean:
        np_out_text(out, json_object_get_boolean(value) ? "true" : "false");
        break;
    case json_type_int:
        np_out_fmt(out, "%lld", (long long)json_object_get_int64(value));
        break;
    default:
        np_out_text(out, "null");
    }
}

void np_json_write(struct np_out *out, struct json_object *value)
{
    if (value)
        write_value(out, value);
    else
        np_out_fail(out, CNIPOL_E_NOMEM);
    json_object_put(value);
}
