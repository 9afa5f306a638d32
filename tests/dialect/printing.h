/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_DIALECT_PRINTING_H
#define TESTS_DIALECT_PRINTING_H

/*
 * Policies as one line of text, to compare with.
 *
 * NetworkPolicy:  ns/name subject{} isolates=IE ingress[ns{} pods{a=b} ports(tcp:80 udp:* tcp:web)] egress[10.0.0.0/8-10.1.0.0/16]
 * Tiered:         admin 5 name subject{} ingress[accept name: pods{}{a=b} net(10.0.0.0/8) ports(tcp:80-90 any:web ?)]
 *
 * A selector is in braces, {} selects all; `nobody` is a peer without a member, `?` what is unknown.
 */

#include "testing.h"

static inline void print_selector(const struct taking *t, const struct np_selector *selector, struct np_buf *out)
{
    np_buf_addc(out, '{');
    if (selector)
        np_selector_print(selector, &t->ctx->atoms, out);
    np_buf_addc(out, '}');
}

static inline void print_protocol(uint8_t protocol, struct np_buf *out)
{
    np_buf_adds(out, protocol == 6 ? "tcp" : protocol == 17 ? "udp" : protocol == 132 ? "sctp" : protocol ? "?" : "any");
}

static inline void print_numbers(const struct taking *t, np_atom name, uint16_t lo, uint16_t hi, struct np_buf *out)
{
    if (name != NP_ATOM_NONE)
        np_buf_adds(out, np_atoms_str(&t->ctx->atoms, name).s);
    else if (lo > hi)
        np_buf_adds(out, "none");
    else if (lo == hi)
        np_buf_addf(out, "%u", lo);
    else
        np_buf_addf(out, "%u-%u", lo, hi);
}

static inline void print_prefix(const struct np_prefix *prefix, struct np_buf *out)
{
    char text[NP_IP_TEXT];

    np_prefix_print(prefix, text);
    np_buf_adds(out, text);
}

static inline void print_netpol_peer(const struct taking *t, const struct np_netpol_peer *peer, struct np_buf *out)
{
    if (peer->is_block) {
        print_prefix(&peer->cidr, out);
        for (uint32_t i = 0; i < peer->n_except; i++) {
            np_buf_addc(out, '-');
            print_prefix(&peer->except[i], out);
        }
    }
    if (peer->namespaces) {
        np_buf_adds(out, "ns");
        print_selector(t, peer->namespaces, out);
    }
    if (peer->pods) {
        np_buf_adds(out, "pods");
        print_selector(t, peer->pods, out);
    }
    if (!peer->is_block && !peer->namespaces && !peer->pods)
        np_buf_adds(out, "nobody");
}

static inline void print_netpol_rule(const struct taking *t, const struct np_netpol_rule *rule, struct np_buf *out)
{
    for (uint32_t i = 0; i < rule->n_peers; i++) {
        np_buf_adds(out, i ? " " : "");
        print_netpol_peer(t, &rule->peers[i], out);
    }
    if (!rule->n_ports)
        return;
    np_buf_adds(out, rule->n_peers ? " ports(" : "ports(");
    for (uint32_t i = 0; i < rule->n_ports; i++) {
        const struct np_netpol_port *port = &rule->ports[i];

        np_buf_adds(out, i ? " " : "");
        print_protocol(port->protocol, out);
        np_buf_addc(out, ':');
        if (port->any)
            np_buf_addc(out, '*');
        else
            print_numbers(t, port->name, port->lo, port->hi, out);
    }
    np_buf_addc(out, ')');
}

static inline void print_netpol(const struct taking *t, const struct np_netpol *p, struct np_buf *out)
{
    static const char *const names[] = {[NP_EGRESS] = "egress", [NP_INGRESS] = "ingress"};

    np_buf_addf(out, "%s/%s subject", np_atoms_str(&t->ctx->atoms, p->ns).s, np_atoms_str(&t->ctx->atoms, p->name).s);
    print_selector(t, p->subject, out);
    np_buf_addf(out, " isolates=%s%s", p->isolates[NP_INGRESS] ? "I" : "", p->isolates[NP_EGRESS] ? "E" : "");
    for (int direction = NP_INGRESS; direction >= NP_EGRESS; direction--)
        for (uint32_t i = 0; i < p->n_rules[direction]; i++) {
            np_buf_addf(out, " %s[", names[direction]);
            print_netpol_rule(t, &p->rules[direction][i], out);
            np_buf_addc(out, ']');
        }
}

static inline void print_cnp_peer(const struct taking *t, const struct np_cnp_peer *peer, struct np_buf *out)
{
    static const char *const words[] = {"ns", "pods", "net", "nodes", "dns", "?"};

    np_buf_adds(out, words[peer->kind]);
    if (peer->kind == NP_CNP_PEER_NAMESPACES || peer->kind == NP_CNP_PEER_PODS)
        print_selector(t, peer->namespaces, out);
    if (peer->kind == NP_CNP_PEER_PODS || peer->kind == NP_CNP_PEER_NODES)
        print_selector(t, peer->selector, out);
    for (uint32_t i = 0; i < peer->n_networks; i++) {
        np_buf_adds(out, i ? "," : ":");
        print_prefix(&peer->networks[i], out);
    }
    for (uint32_t i = 0; i < peer->n_domains; i++)
        np_buf_addf(out, "%s%s", i ? "," : ":", np_atoms_str(&t->ctx->atoms, peer->domains[i]).s);
}

static inline void print_cnp_rule(const struct taking *t, const struct np_cnp_rule *rule, struct np_buf *out)
{
    static const char *const actions[] = {"accept", "deny", "pass"};

    np_buf_adds(out, actions[rule->action]);
    if (rule->name != NP_ATOM_NONE)
        np_buf_addf(out, " %s", np_atoms_str(&t->ctx->atoms, rule->name).s);
    np_buf_addc(out, ':');
    for (uint32_t i = 0; i < rule->n_peers; i++) {
        np_buf_addc(out, ' ');
        print_cnp_peer(t, &rule->peers[i], out);
    }
    for (uint32_t i = 0; i < rule->n_ports; i++) {
        const struct np_cnp_port *port = &rule->ports[i];

        np_buf_adds(out, i ? " " : " ports(");
        if (port->unknown) {
            np_buf_addc(out, '?');
        } else {
            print_protocol(port->protocol, out);
            np_buf_addc(out, ':');
            print_numbers(t, port->name, port->lo, port->hi, out);
        }
        np_buf_adds(out, i + 1 == rule->n_ports ? ")" : "");
    }
}

static inline void print_cnp(const struct taking *t, const struct np_cnp *p, struct np_buf *out)
{
    static const char *const kinds[] = {"cnp", "anp", "banp"}, *const names[] = {"egress", "ingress"};

    np_buf_addf(out, "%s %s %d %s subject", kinds[p->kind], p->tier == NP_TIER_ADMIN ? "admin" : "baseline", p->priority,
                np_atoms_str(&t->ctx->atoms, p->name).s);
    print_selector(t, p->namespaces, out);
    if (p->pods)
        print_selector(t, p->pods, out);
    for (int direction = NP_INGRESS; direction >= NP_EGRESS; direction--)
        for (uint32_t i = 0; i < p->n_rules[direction]; i++) {
            np_buf_addf(out, " %s[", names[direction]);
            print_cnp_rule(t, &p->rules[direction][i], out);
            np_buf_addc(out, ']');
        }
}

struct print_row {
    const char *name;
    const char *text;
    const char *expect; /* NULL: refused */
};

static inline void print_rows(const struct print_row *rows, size_t n, enum np_mode mode)
{
    for (size_t i = 0; i < n; i++) {
        struct taking t;
        struct np_buf out;

        assert_int_equal(taking_begin(&t, NULL, mode, NP_CHANNEL_EXPERIMENTAL), CNIPOL_OK);
        np_buf_init(&out, &t.ctx->mem);
        assert_int_equal(taking_text(&t, rows[i].text), CNIPOL_OK);
        for (uint32_t p = 0; p < t.policies.n_netpols; p++)
            print_netpol(&t, &t.policies.netpols[p], &out);
        for (uint32_t p = 0; p < t.policies.n_cnps; p++)
            print_cnp(&t, &t.policies.cnps[p], &out);
        expect_number(rows[i].name, "the outcome", t.status, rows[i].expect ? 1 : CNIPOL_E_INVALID);
        expect_text(rows[i].name, out.s, rows[i].expect);
        np_buf_free(&out);
        taking_end(&t);
    }
}

#endif
