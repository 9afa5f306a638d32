/* SPDX-License-Identifier: BSD-2-Clause */
/* Words and numbers in filters: see filter.h. The numbers of enumerations are flow.proto's (Cilium v1.20.2). */

#include "flow/filter.h"

#include <string.h>

struct word {
    const char *name;
    int32_t number;
};

static int find(struct np_str word, const struct word *words, size_t n, int32_t *number)
{
    for (size_t i = 0; i < n; i++)
        if (np_str_is(word, words[i].name)) {
            *number = words[i].number;
            return 1;
        }
    return 0;
}

bool np_word_is(struct np_str word, const char *text)
{
    for (uint32_t i = 0; i < word.n; i++) {
        char c = word.s[i];

        if (c >= 'A' && c <= 'Z')
            c |= 0x20;
        if (c != text[i] || c == '\0')
            return false;
    }
    return text[word.n] == '\0';
}

int np_word_verdict(struct np_str word, int32_t *number)
{
    static const struct word words[] = {
        {"VERDICT_UNKNOWN", 0}, {"FORWARDED", 1}, {"DROPPED", 2}, {"ERROR", 3}, {"AUDIT", 4}, {"REDIRECTED", 5}, {"TRACED", 6}, {"TRANSLATED", 7},
    };

    return find(word, words, sizeof words / sizeof words[0], number);
}

int np_word_direction(struct np_str word, int32_t *number)
{
    static const struct word words[] = {{"TRAFFIC_DIRECTION_UNKNOWN", 0}, {"INGRESS", 1}, {"EGRESS", 2}};

    return find(word, words, sizeof words / sizeof words[0], number);
}

int np_word_ip_version(struct np_str word, int32_t *number)
{
    static const struct word words[] = {{"IP_NOT_USED", 0}, {"IPv4", 1}, {"IPv6", 2}};

    return find(word, words, sizeof words / sizeof words[0], number);
}

int np_word_drop_reason(struct np_str word, int32_t *number)
{
    uint32_t reason = np_drop_reason_find(np_text(word.s, word.n));

    *number = (int32_t)reason;
    return reason || np_str_is(word, "DROP_REASON_UNKNOWN");
}

/* The base that a prefix says, and the bytes of the prefix: 0x, 0o, 0b, or a 0 before other digits. */
static uint32_t base_of(struct np_str word, uint32_t *skip)
{
    char c = word.n > 1 && word.s[0] == '0' ? (char)(word.s[1] | 0x20) : '\0';

    *skip = c ? 1 : 0;
    if (!c)
        return 10;
    if (word.n > 2 && (c == 'x' || c == 'o' || c == 'b')) {
        *skip = 2;
        return c == 'x' ? 16 : c == 'o' ? 8 : 2;
    }
    return 8;
}

static uint32_t digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return (uint32_t)(c - '0');
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a') + 10 : 99;
}

/* Underscores stand between digits, or between a prefix and a digit. */
static bool underscores_fit(struct np_str word, uint32_t skip)
{
    for (uint32_t i = 0; i < word.n; i++)
        if (word.s[i] == '_' && (skip == 0 || i < skip || i + 1 == word.n || word.s[i + 1] == '_'))
            return false;
    return true;
}

bool np_word_uint(struct np_str word, bool any_base, uint64_t max, uint64_t *out)
{
    uint32_t skip = 0, base = any_base ? base_of(word, &skip) : 10, i = skip;
    uint64_t value = 0;

    if (word.n == skip && skip != 1)
        return false;
    if (!underscores_fit(word, skip))
        return false;
    for (; i < word.n; i++) {
        uint32_t digit = digit_of(word.s[i]);

        if (any_base && word.s[i] == '_')
            continue;
        if (digit >= base || value > (max - digit) / base)
            return false;
        value = value * base + digit;
    }
    *out = value;
    return true;
}

bool np_word_is_space(uint32_t code)
{
    static const uint32_t others[] = {' ', 0x85, 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000};

    if ((code >= '\t' && code <= '\r') || (code >= 0x2000 && code <= 0x200a))
        return true;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (others[i] == code)
            return true;
    return false;
}
