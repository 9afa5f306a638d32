/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON as Go writes it: see tojson.h.
 *
 * Keys sorted by bytes; <, >, & and the line separators U+2028 and U+2029 escaped; no blanks.
 * Source: Go 1.26 encoding/json/encode.go (appendString, floatEncoder, mapEncoder).
 */

#include "doc/tojson.h"

#include <inttypes.h>
#include <stdlib.h>

#include <cnipol/status.h>

#include "base/number.h"
#include "base/utf8.h"

static void add_escape(struct np_buf *out, unsigned char c)
{
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    const char *found = c ? strchr(from, c) : NULL;

    if (found)
        np_buf_addf(out, "\\%c", to[found - from]);
    else
        np_buf_addf(out, "\\u%04x", c);
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&';
}

/* A character beyond ASCII: returns its bytes. What replaced a bad byte is escaped, unlike a U+FFFD that was written. */
static unsigned add_wide(struct np_buf *out, const unsigned char *p, size_t room, bool repaired)
{
    unsigned n = np_utf8_length(p, room);

    if (n == 0 || (n == 3 && repaired && memcmp(p, NP_UTF8_REPLACEMENT, 3) == 0))
        np_buf_adds(out, "\\ufffd");
    else if (n == 3 && p[0] == 0xe2 && p[1] == 0x80 && (p[2] & 0xfe) == 0xa8)
        np_buf_addf(out, "\\u202%x", p[2] & 0xfu);
    else
        np_buf_add(out, (const char *)p, n);
    return n ? n : 1;
}

static void add_string(struct np_buf *out, const struct np_node *string)
{
    const unsigned char *p = (const unsigned char *)string->s, *end = p + string->n;

    np_buf_addc(out, '"');
    while (p < end) {
        const unsigned char *first = p;

        while (p < end && is_plain(*p))
            p++;
        np_buf_add(out, (const char *)first, (size_t)(p - first));
        if (p == end)
            break;
        if (*p >= 0x80)
            p += add_wide(out, p, (size_t)(end - p), string->flags & NP_NODE_REPAIRED);
        else
            add_escape(out, *p++);
    }
    np_buf_addc(out, '"');
}

static int by_key(const void *a, const void *b)
{
    const struct np_pair *const *x = a, *const *y = b;

    return np_str_cmp(np_node_str(&(*x)->key), np_node_str(&(*y)->key));
}

static int add_map(const struct np_node *map, struct np_buf *out)
{
    size_t size = map->n * sizeof(struct np_pair *);
    const struct np_pair **sorted = np_alloc(out->mem, size);
    int rc = CNIPOL_OK;

    if (!sorted)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < map->n; i++)
        sorted[i] = &map->pairs[i];
    qsort(sorted, map->n, sizeof *sorted, by_key);
    np_buf_addc(out, '{');
    for (uint32_t i = 0; i < map->n && !rc; i++) {
        if (i)
            np_buf_addc(out, ',');
        add_string(out, &sorted[i]->key);
        np_buf_addc(out, ':');
        rc = np_tojson(&sorted[i]->value, out);
    }
    np_buf_addc(out, '}');
    np_free(out->mem, sorted, size);
    return rc;
}

static int add_list(const struct np_node *list, struct np_buf *out)
{
    int rc = CNIPOL_OK;

    np_buf_addc(out, '[');
    for (uint32_t i = 0; i < list->n && !rc; i++) {
        if (i)
            np_buf_addc(out, ',');
        rc = np_tojson(&list->items[i], out);
    }
    np_buf_addc(out, ']');
    return rc;
}

static void add_float(double f, struct np_buf *out)
{
    char text[NP_FLOAT_TEXT];

    np_buf_add(out, text, np_float_print(f, text));
}

int np_tojson(const struct np_node *node, struct np_buf *out)
{
    int rc = CNIPOL_OK;

    switch ((enum np_node_kind)node->kind) {
    case NP_NODE_NULL:
        np_buf_adds(out, "null");
        break;
    case NP_NODE_BOOL:
        np_buf_adds(out, node->b ? "true" : "false");
        break;
    case NP_NODE_INT:
        np_buf_addf(out, "%" PRId64, node->i);
        break;
    case NP_NODE_UINT:
        np_buf_addf(out, "%" PRIu64, node->u);
        break;
    case NP_NODE_FLOAT:
        add_float(node->f, out);
        break;
    case NP_NODE_STRING:
        add_string(out, node);
        break;
    case NP_NODE_LIST:
        rc = add_list(node, out);
        break;
    case NP_NODE_MAP:
        rc = add_map(node, out);
        break;
    }
    return rc ? rc : np_buf_failed(out) ? CNIPOL_E_NOMEM : CNIPOL_OK;
}
