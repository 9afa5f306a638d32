/* SPDX-License-Identifier: BSD-2-Clause */
/* What json-c can be held to: it takes more than JSON, and cannot tell members that repeat. */

#include <ctype.h>
#include <json-c/json.h>
#include <string.h>

#include "hubble_twin.h"

#define DEPTH 200

struct json_object *hubble_twin_parse(const char *bytes, size_t n)
{
    struct json_tokener *tokener = json_tokener_new_ex(DEPTH);
    struct json_object *root;
    size_t end;

    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    root = json_tokener_parse_ex(tokener, bytes, (int)n);
    if (json_tokener_get_error(tokener) == json_tokener_continue)
        root = json_tokener_parse_ex(tokener, "", 1);
    end = json_tokener_get_parse_end(tokener);
    while (end < n && strchr(" \t\r\n", bytes[end]))
        end++;
    if (json_tokener_get_error(tokener) != json_tokener_success || end < n) {
        json_object_put(root);
        root = NULL;
    }
    json_tokener_free(tokener);
    return root;
}

/* Members, by their names in the tree. */
static size_t count_members(struct json_object *o)
{
    size_t n = 0;

    if (json_object_is_type(o, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(o); i++)
            n += count_members(json_object_array_get_idx(o, i));
    } else if (json_object_is_type(o, json_type_object)) {
        struct json_object_iterator at = json_object_iter_begin(o), end = json_object_iter_end(o);

        for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
            n += 1 + count_members(json_object_iter_peek_value(&at));
    }
    return n;
}

/* Members, by the colons in the text that stand in no text. */
static size_t count_colons(const char *bytes, size_t n)
{
    bool in_text = false;
    size_t colons = 0;

    for (size_t i = 0; i < n; i++) {
        if (in_text && bytes[i] == '\\')
            i++;
        else if (bytes[i] == '"')
            in_text = !in_text;
        else
            colons += !in_text && bytes[i] == ':';
    }
    return colons;
}

/* Does a number, or a text that would be one, end behind the exponent's letter at i, or behind its sign? */
static bool stops_at_exponent(const char *bytes, size_t i, size_t n)
{
    size_t start = i, next = i + 1;

    while (start && (isdigit((unsigned char)bytes[start - 1]) || bytes[start - 1] == '.' || bytes[start - 1] == '-'))
        start--;
    next += next < n && (bytes[next] == '+' || bytes[next] == '-');
    if (start == i || !start || next == n)
        return start < i;
    return bytes[start - 1] == '"' ? bytes[next] == '"' : strchr(":,[ \t\r\n", bytes[start - 1]) && strchr(",]} \t\r\n", bytes[next]);
}

/* What both mean the same by: printable ASCII and spaces, no \u, no long numbers, none that stop at their exponent. */
static bool is_plain(const char *bytes, size_t n)
{
    size_t run = 0, depth = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)bytes[i];

        if (c >= 0x7f || (c < 0x20 && c != '\n' && c != '\r' && c != '\t'))
            return false;
        if (c < 0x20 && memchr(bytes, '"', n))
            return false;
        if (c == '\\' && i + 1 < n && bytes[i + 1] == 'u')
            return false;
        run = isdigit(c) ? run + 1 : 0;
        depth += c == '[' || c == '{';
        if (run >= 19 || depth > DEPTH / 2)
            return false;
        if ((c | 0x20) == 'e' && stops_at_exponent(bytes, i, n))
            return false;
    }
    return true;
}

/* json-c takes literals in any case, NaN and Infinity, and numbers that begin with zeros or end at a point. */
static bool has_odd_words(const char *bytes, size_t n)
{
    bool in_text = false;

    for (size_t i = 0; i < n; i++) {
        char c = bytes[i];

        if (in_text && c == '\\')
            i++;
        else if (c == '"')
            in_text = !in_text;
        else if (!in_text && (c == '.' || (c == '0' && i && !isdigit((unsigned char)bytes[i - 1]) && i + 1 < n && isdigit((unsigned char)bytes[i + 1]))))
            return true;
        else if (!in_text && (isupper((unsigned char)c) || (isalpha((unsigned char)c) && !strchr("truefalsnE", c))))
            return true;
    }
    return false;
}

bool hubble_twin_can_tell(const char *bytes, size_t n)
{
    struct json_object *root;
    bool ok;

    if (!is_plain(bytes, n) || has_odd_words(bytes, n))
        return false;
    root = hubble_twin_parse(bytes, n);
    ok = !root || count_members(root) == count_colons(bytes, n);
    json_object_put(root);
    return ok;
}
