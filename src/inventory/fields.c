/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Typed values out of a document: see store.h.
 *
 * A path names the value; its last step is the key that is looked up. A null value is an absent one,
 * and a null list item an empty map, as the API server decodes them.
 */

#include "inventory/store.h"

#include <cnipol/status.h>

#define SHOWN 64

/* How many bytes of a string to show: not more than SHOWN, and no part of a character. */
static int shown(const struct np_node *node)
{
    uint32_t n = node->n < SHOWN ? node->n : SHOWN;

    while (n > 0 && n < node->n && ((unsigned char)node->s[n] & 0xc0) == 0x80)
        n--;
    return (int)n;
}

struct np_diag *np_inv_complain(struct np_inv_in *in, enum np_code code, const struct np_node *node, const struct np_path *path,
                                const char *fmt, ...)
{
    struct np_diags *diags = &in->inv->ctx->diags;
    struct np_buf text, where;
    struct np_diag *d = NULL;
    va_list args;

    np_buf_init(&text, &in->inv->ctx->mem);
    np_buf_init(&where, &in->inv->ctx->mem);
    va_start(args, fmt);
    np_buf_addv(&text, fmt, args);
    va_end(args);
    np_path_print(path, &where);
    if (np_buf_failed(&text) || np_buf_failed(&where))
        in->rc = CNIPOL_E_NOMEM;
    else
        d = np_diag_raise(diags, code, np_doc_span(in->doc, node), "%s", text.s);
    if (d && where.n)
        np_diag_path(diags, d, "%s", where.s);
    np_buf_free(&text);
    np_buf_free(&where);
    return d;
}

static void complain_kind(struct np_inv_in *in, const struct np_node *node, const struct np_path *path, enum np_node_kind want)
{
    struct np_node wanted = {.kind = (uint8_t)want};
    const char *name = np_node_kind_name(&wanted);

    (void)np_inv_complain(in, NP_INV_TYPE, node, path, "expected %s %s here, got %s", strchr("aio", name[0]) ? "an" : "a", name,
                          np_node_kind_name(node));
}

const struct np_node *np_inv_get(struct np_inv_in *in, const struct np_node *map, const struct np_path *path, enum np_node_kind kind)
{
    const struct np_node *node = np_map_value(map, path->key);

    if (!node || node->kind == kind)
        return node;
    complain_kind(in, node, path, kind);
    return NULL;
}

const struct np_node *np_inv_at(struct np_inv_in *in, const struct np_node *list, const struct np_path *path, enum np_node_kind kind)
{
    const struct np_node *node = &list->items[path->index];

    if (node->kind == kind || node->kind == NP_NODE_NULL)
        return node;
    complain_kind(in, node, path, kind);
    return NULL;
}

struct np_str np_inv_string(struct np_inv_in *in, const struct np_node *map, const struct np_path *path)
{
    const struct np_node *node = np_inv_get(in, map, path, NP_NODE_STRING);

    return node ? np_node_str(node) : (struct np_str){NULL, 0};
}

bool np_inv_bool(struct np_inv_in *in, const struct np_node *map, const struct np_path *path, bool absent)
{
    const struct np_node *node = np_inv_get(in, map, path, NP_NODE_BOOL);

    return node ? node->b : absent;
}

np_atom np_inv_atom(struct np_inv_in *in, struct np_str s)
{
    np_atom atom = np_atoms_add(&in->inv->ctx->atoms, s);

    if (!atom)
        in->rc = CNIPOL_E_NOMEM;
    return atom;
}

np_atom np_inv_name(struct np_inv_in *in, const struct np_node *map, const struct np_path *path, np_atom absent)
{
    struct np_str text = np_inv_string(in, map, path);

    return text.n ? np_inv_atom(in, text) : absent;
}

uint16_t np_inv_port(struct np_inv_in *in, const struct np_node *map, const struct np_path *path)
{
    const struct np_node *node = np_inv_get(in, map, path, NP_NODE_INT);

    if (!node)
        return 0;
    if (node->i >= 1 && node->i <= UINT16_MAX)
        return (uint16_t)node->i;
    np_diag_upstream(&in->inv->ctx->diags, np_inv_complain(in, NP_INV_PORT, node, path, "%lld is not a port number", (long long)node->i),
                     "must be between 1 and 65535, inclusive");
    return 0;
}

uint8_t np_inv_protocol(struct np_inv_in *in, const struct np_node *map, const struct np_path *path)
{
    static const struct {
        const char *name;
        uint8_t number;
    } protocols[] = {{"", 6}, {"TCP", 6}, {"UDP", 17}, {"SCTP", 132}};
    const struct np_node *node = np_inv_get(in, map, path, NP_NODE_STRING);

    if (!node)
        return np_map_value(map, path->key) ? 0 : 6;
    for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++)
        if (np_str_is(np_node_str(node), protocols[i].name))
            return protocols[i].number;
    np_diag_upstream(&in->inv->ctx->diags,
                     np_inv_complain(in, NP_INV_PROTOCOL, node, path, "`%.*s` is not TCP, UDP or SCTP", shown(node), node->s),
                     "supported values: \"SCTP\", \"TCP\", \"UDP\"");
    return 0;
}

static void complain_flaws(struct np_inv_in *in, const struct np_node *node, const struct np_path *path, const struct np_ip *ip,
                           unsigned flaws)
{
    char text[NP_IP_TEXT];
    struct np_diag *d;

    np_ip_print(ip, text);
    d = np_inv_complain(in, NP_INV_ADDRESS_LENIENT, node, path, "`%.*s` is taken as %s", shown(node), node->s, text);
    np_diag_label(&in->inv->ctx->diags, d, flaws & NP_IP_LEADING_ZEROS ? "has leading zeros" : "is an IPv4-mapped IPv6 address");
}

void np_inv_read_ip(struct np_inv_in *in, const struct np_node *node, const struct np_path *path)
{
    struct np_ip ip, *kept;
    unsigned flaws;

    if (node->kind == NP_NODE_NULL || (node->kind == NP_NODE_STRING && node->n == 0))
        return;
    if (node->kind != NP_NODE_STRING) {
        complain_kind(in, node, path, NP_NODE_STRING);
        return;
    }
    if (!np_ip_parse(np_node_str(node), &ip, &flaws)) {
        np_diag_upstream(&in->inv->ctx->diags,
                         np_inv_complain(in, NP_INV_ADDRESS, node, path, "`%.*s` is not an IP address", shown(node), node->s),
                         "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
        return;
    }
    if (flaws)
        complain_flaws(in, node, path, &ip, flaws);
    kept = np_inv_push(in, &in->inv->ips, sizeof ip);
    if (kept)
        *kept = ip;
}

const struct np_ip *np_inv_keep_ips(struct np_inv_in *in, uint32_t *n)
{
    struct np_inventory *inv = in->inv;
    uint32_t count = inv->ips.n;
    struct np_ip *room;

    inv->ips.n = 0;
    *n = 0;
    if (count == 0)
        return NULL;
    room = np_inv_ip_room(inv, count);
    if (!room) {
        in->rc = CNIPOL_E_NOMEM;
        return NULL;
    }
    memcpy(room, inv->ips.items, count * sizeof *room);
    *n = count;
    return room;
}
