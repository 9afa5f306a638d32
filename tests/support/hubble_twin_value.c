/* SPDX-License-Identifier: BSD-2-Clause */
/* See hubble_twin_value.h. */

#include "hubble_twin_value.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "flow/format.h"
#include "flow/words.h"

node twin_refuse(struct twin *t)
{
    t->bad = true;
    return NULL;
}

node twin_member(struct twin *t, node o, const char *name)
{
    char camel[64];
    node a = NULL, b = NULL;
    bool has_a, has_b;
    size_t n = 0;

    for (const char *p = name; *p; p++)
        if (*p != '_')
            camel[n++] = p > name && p[-1] == '_' ? (char)toupper((unsigned char)*p) : *p;
    camel[n] = '\0';
    has_a = json_object_object_get_ex(o, name, &a);
    has_b = strcmp(camel, name) != 0 && json_object_object_get_ex(o, camel, &b);
    return has_a && has_b ? twin_refuse(t) : has_a ? a : b;
}

bool twin_is_there(node o, const char *name)
{
    return json_object_object_get_ex(o, name, NULL);
}

node twin_loose(struct twin *t, node o, const char *name, const char *other)
{
    bool wants_object = strcmp(other, "type") != 0;
    node value = NULL;

    if (!twin_is_there(o, name) && json_object_object_get_ex(o, other, &value) &&
        (wants_object ? json_object_is_type(value, json_type_object)
                      : json_object_is_type(value, json_type_string) ||
                            ((json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double)) &&
                             json_object_get_string(value)[0] != '-')))
        return value;
    return twin_member(t, o, name);
}

node twin_object(struct twin *t, node value)
{
    return value && !json_object_is_type(value, json_type_object) ? twin_refuse(t) : value;
}

struct cnipol_text twin_keep(struct twin *t, const char *s, size_t n)
{
    char *copy = np_arena_strndup(t->arena, s, n);

    return (struct cnipol_text){copy, (uint32_t)n};
}

static struct cnipol_text text_of(struct twin *t, node value)
{
    if (!value || !json_object_is_type(value, json_type_string)) {
        twin_refuse(t);
        return (struct cnipol_text){NULL, 0};
    }
    return twin_keep(t, json_object_get_string(value), (size_t)json_object_get_string_len(value));
}

struct cnipol_text twin_text(struct twin *t, node o, const char *name)
{
    node value = twin_member(t, o, name);
    struct cnipol_text none = {NULL, 0}, said = value ? text_of(t, value) : none;

    return said.n ? said : none;
}

struct cnipol_text twin_address(struct twin *t, node o, const char *name)
{
    struct cnipol_text said = twin_text(t, o, name);
    unsigned char room[16];

    if (said.s && (strlen(said.s) != said.n || (inet_pton(AF_INET, said.s, room) != 1 && inet_pton(AF_INET6, said.s, room) != 1)))
        twin_refuse(t);
    return said;
}

const struct cnipol_text *twin_texts(struct twin *t, node o, const char *name, uint32_t *n)
{
    node value = twin_member(t, o, name);
    struct cnipol_text *items;

    *n = 0;
    if (!value)
        return NULL;
    if (!json_object_is_type(value, json_type_array)) {
        twin_refuse(t);
        return NULL;
    }
    *n = (uint32_t)json_object_array_length(value);
    items = *n ? np_arena_array(t->arena, *n, sizeof *items) : NULL;
    for (uint32_t i = 0; i < *n; i++)
        items[i] = text_of(t, json_object_array_get_idx(value, i));
    return items;
}

/* JSON's grammar of numbers. */
static bool is_number(const char *s)
{
    s += *s == '-';
    if (!isdigit((unsigned char)*s))
        return false;
    s += *s == '0' ? 1 : strspn(s, "0123456789");
    if (*s == '.') {
        if (!isdigit((unsigned char)s[1]))
            return false;
        s += 1 + strspn(s + 1, "0123456789");
    }
    if (*s == 'e' || *s == 'E') {
        s += 1 + (s[1] == '+' || s[1] == '-');
        if (!isdigit((unsigned char)*s))
            return false;
        s += strspn(s, "0123456789");
    }
    return *s == '\0';
}

long double twin_number_of(struct twin *t, node value, long double least, long double most)
{
    const char *s = json_object_get_string(value);
    long double number;

    if (json_object_is_type(value, json_type_boolean) || json_object_is_type(value, json_type_array) ||
        json_object_is_type(value, json_type_object) ||
        (json_object_is_type(value, json_type_string) && strlen(s) != (size_t)json_object_get_string_len(value)) || !is_number(s)) {
        twin_refuse(t);
        return 0;
    }
    number = strtold(s, NULL);
    if (number != floorl(number) || number < least || number > most) {
        twin_refuse(t);
        return 0;
    }
    return number;
}

uint64_t twin_unsigned(struct twin *t, node o, const char *name, uint64_t most)
{
    node value = twin_member(t, o, name);

    return value ? (uint64_t)twin_number_of(t, value, 0, (long double)most) : 0;
}

int32_t twin_signed(struct twin *t, node o, const char *name)
{
    node value = twin_member(t, o, name);

    return value ? (int32_t)twin_number_of(t, value, INT32_MIN, INT32_MAX) : 0;
}

bool twin_bool(struct twin *t, node o, const char *name)
{
    node value = twin_member(t, o, name);

    if (value && !json_object_is_type(value, json_type_boolean))
        twin_refuse(t);
    return value && json_object_get_boolean(value);
}

int32_t twin_word_of(struct twin *t, node value, const struct np_words *words, struct cnipol_text *unknown)
{
    struct cnipol_text said;
    int32_t found = 0;

    if (!json_object_is_type(value, json_type_string))
        return (int32_t)twin_number_of(t, value, INT32_MIN, INT32_MAX);
    said = text_of(t, value);
    if (words ? np_word_find(words, said, &found)
              : (found = (int32_t)np_drop_reason_find(said)) != 0 || strcmp(said.s, "DROP_REASON_UNKNOWN") == 0)
        return found;
    if (unknown)
        *unknown = said;
    return 0;
}

int32_t twin_word(struct twin *t, node value, const struct np_words *words)
{
    return value ? twin_word_of(t, value, words, NULL) : 0;
}

static uint32_t digits(struct twin *t, const char **s, int least, int most, uint32_t last)
{
    uint32_t value = 0;
    int n = 0;

    for (; n < most && isdigit((unsigned char)**s); n++)
        value = value * 10 + (uint32_t)(*(*s)++ - '0');
    if (n < least || value > last)
        twin_refuse(t);
    return value;
}

static void literal(struct twin *t, const char **s, char c)
{
    if (**s != c)
        twin_refuse(t);
    else
        ++*s;
}

static uint32_t fraction(struct twin *t, const char **s)
{
    bool is_point = **s == '.';
    uint32_t nanos = 0, n = 0;

    if ((**s != '.' && **s != ',') || !isdigit((unsigned char)(*s)[1]))
        return 0;
    for (++*s; isdigit((unsigned char)**s); ++*s)
        if (n++ < 9)
            nanos = nanos * 10 + (uint32_t)(**s - '0');
    if (is_point && n > 9)
        twin_refuse(t);
    for (; n < 9; n++)
        nanos *= 10;
    return nanos;
}

static int64_t days_before(int64_t year, uint32_t month)
{
    static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int64_t y = year - 1;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return y * 365 + (y >= 0 ? y / 4 - y / 100 + y / 400 : -1) + before[month - 1] + (leap && month > 2);
}

bool twin_time_of(struct twin *t, node o, const char *name, struct cnipol_time *out)
{
    node value = twin_member(t, o, name);
    struct cnipol_text said = value ? text_of(t, value) : (struct cnipol_text){NULL, 0};
    uint32_t year, month, day, hour, minute, second;
    int64_t ahead = 0, length;
    const char *s = said.s;

    if (!s)
        return false;
    year = digits(t, &s, 4, 4, 9999);
    literal(t, &s, '-');
    month = digits(t, &s, 2, 2, 12);
    literal(t, &s, '-');
    day = digits(t, &s, 2, 2, 31);
    literal(t, &s, 'T');
    hour = digits(t, &s, 1, 2, 23);
    literal(t, &s, ':');
    minute = digits(t, &s, 2, 2, 59);
    literal(t, &s, ':');
    second = digits(t, &s, 2, 2, 59);
    out->nanos = fraction(t, &s);
    if (*s == '+' || *s == '-') {
        bool behind = *s++ == '-';

        ahead = digits(t, &s, 2, 2, 24) * 3600;
        literal(t, &s, ':');
        ahead += digits(t, &s, 2, 2, 60) * 60;
        ahead = behind ? -ahead : ahead;
    } else {
        literal(t, &s, 'Z');
    }
    if (t->bad || month == 0 || day == 0 || s != said.s + said.n)
        return twin_refuse(t) != NULL;
    length = days_before(month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1) - days_before(year, month);
    if (day > length)
        return twin_refuse(t) != NULL;
    out->seconds = (days_before(year, month) + day - 1 - days_before(1970, 1)) * 86400 + hour * 3600 + minute * 60 + second - ahead;
    if (out->seconds < -62135596800 || out->seconds > 253402300799)
        twin_refuse(t);
    return true;
}

node twin_one_of(struct twin *t, node o, const char *const *names, const char *const *others, uint32_t *which)
{
    node found = NULL;

    for (uint32_t i = 0; names[i]; i++) {
        node value = others ? twin_loose(t, o, names[i], others[i]) : twin_member(t, o, names[i]);

        if (!value)
            continue;
        if (found)
            return twin_refuse(t);
        found = value;
        *which = i;
    }
    return twin_object(t, found);
}
