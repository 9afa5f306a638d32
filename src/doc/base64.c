/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Base64: see base64.h.
 *
 * RFC 4648 section 4 with its padding, line ends passed over, trailing bits ignored, as Go's
 * base64.StdEncoding decodes.
 */

#include "doc/base64.h"

#include <cnipol/status.h>

#include "base/utf8.h"

static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* The next character that is no line end, or NUL at the end. */
static char next_char(struct np_str text, uint32_t *at)
{
    while (*at < text.n && (text.s[*at] == '\n' || text.s[*at] == '\r'))
        ++*at;
    return *at < text.n ? text.s[(*at)++] : '\0';
}

/* Four characters to one, two or three bytes. -1: broken; 0: the end. */
static int quantum(struct np_str text, uint32_t *at, unsigned char *out)
{
    uint32_t bits = 0;
    int n = 0;

    for (; n < 4; n++) {
        char c = next_char(text, at);
        int value = value_of(c);

        if (c == '\0' && n == 0 && *at >= text.n)
            return 0;
        if (c == '=' && n >= 2)
            break;
        if (value < 0)
            return -1;
        bits = bits << 6 | (uint32_t)value;
    }
    if (n == 2 && next_char(text, at) != '=')
        return -1;
    if (n < 4 && (next_char(text, at) != '\0' || *at < text.n))
        return -1;
    bits <<= 6 * (4 - n);
    out[0] = (unsigned char)(bits >> 16);
    out[1] = (unsigned char)(bits >> 8);
    out[2] = (unsigned char)bits;
    return n - 1;
}

int np_base64_node(struct np_str text, struct np_arena *arena, struct np_node *out, const char **why)
{
    unsigned char *bytes = np_arena_alloc(arena, (size_t)text.n / 4 * 3 + 4);
    uint32_t at = 0, n = 0;
    struct np_str clean;
    int more;

    if (!bytes)
        return CNIPOL_E_NOMEM;
    while ((more = quantum(text, &at, bytes + n)) > 0)
        n += (uint32_t)more;
    *why = "a !!binary text must be base64";
    if (more < 0)
        return CNIPOL_E_SYNTAX;
    if (!np_utf8_clean((struct np_str){(const char *)bytes, n}, arena, &clean))
        return CNIPOL_E_NOMEM;
    if (!np_utf8_valid((const char *)bytes, n))
        out->flags |= NP_NODE_REPAIRED;
    out->s = clean.s;
    out->n = clean.n;
    return CNIPOL_OK;
}
