/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address blocks: one whose exceptions leave nothing, and one that holds addresses of pods.
 *
 * Blocks are meant for what is outside of the cluster; whether they match pods is where engines differ
 * (knob ipblock-matches-pods). 0.0.0.0/0 and ::/0 are not told of: they mean everybody.
 */

#include <stdlib.h>

#include "analysis/lint.h"

struct address {
    struct np_ip ip;
    uint32_t pod;
};

struct blocks {
    struct np_lint *lint;
    struct address *addresses; /* of pods that are not on the host network, ascending */
    uint32_t n;
};

static int by_address(const void *a, const void *b)
{
    const struct address *x = a, *y = b;
    int order = np_ip_cmp(&x->ip, &y->ip);

    return order ? order : x->pod < y->pod ? -1 : x->pod > y->pod;
}

static int list_addresses(struct blocks *b)
{
    struct np_lint *lint = b->lint;
    uint64_t n = 0;

    for (uint32_t i = 0; i < lint->n_pods; i++)
        n += lint->pods[i].n_ips;
    b->addresses = np_arena_array(&lint->picks.arena, n, sizeof *b->addresses);
    if (!b->addresses)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < lint->n_pods; i++)
        for (uint32_t k = 0; k < lint->pods[i].n_ips && !lint->pods[i].host_network; k++)
            b->addresses[b->n++] = (struct address){lint->pods[i].ips[k], i};
    if (b->n > 1)
        qsort(b->addresses, b->n, sizeof *b->addresses, by_address);
    return CNIPOL_OK;
}

/* The first address that is not below the prefix; those in it follow. */
static uint32_t first_in(const struct blocks *b, const struct np_prefix *prefix)
{
    uint32_t lo = 0, hi = b->n;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;

        if (np_ip_cmp(&b->addresses[mid].ip, &prefix->ip) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static bool is_excepted(const struct np_prefix *except, uint32_t n, const struct np_ip *ip)
{
    for (uint32_t i = 0; i < n; i++)
        if (np_prefix_holds(&except[i], ip))
            return true;
    return false;
}

static const struct address *find_pod(const struct blocks *b, const struct np_prefix *block, const struct np_prefix *except, uint32_t n)
{
    for (uint32_t i = first_in(b, block); i < b->n && np_prefix_holds(block, &b->addresses[i].ip); i++) {
        if (!is_excepted(except, n, &b->addresses[i].ip))
            return &b->addresses[i];
        if (!np_lint_spend(b->lint, 1u + n))
            break;
    }
    return NULL;
}

static void check_pods(struct blocks *b, const struct np_prefix *block, const struct np_prefix *except, uint32_t n, struct np_span span)
{
    const struct address *found = block->len ? find_pod(b, block, except, n) : NULL;
    char ip[NP_IP_TEXT], prefix[NP_IP_TEXT];
    struct np_lint *lint = b->lint;
    struct np_diag *d;

    if (!found)
        return;
    np_ip_print(&found->ip, ip);
    np_prefix_print(block, prefix);
    d = np_diag_raise(lint->diags, NP_LINT_BLOCK_PODS, span, "the block %s of %s holds addresses of pods", prefix, lint->title);
    np_diag_label(lint->diags, d, "%s is %s", ip, lint->model->names[found->pod]);
    np_diag_help(lint->diags, d,
                 "choose pods by labels; pod addresses change, and some engines never match a pod by its address "
                 "(option ipblock-matches-pods)");
}

static struct np_prefix half(const struct np_prefix *prefix, bool upper)
{
    struct np_prefix out = *prefix;

    if (upper)
        out.ip.bytes[prefix->len / 8] |= (uint8_t)(0x80u >> (prefix->len % 8));
    out.len++;
    return out;
}

/* Do the exceptions hold all of the prefix? Recursion is at most as deep as an address is long. */
static bool is_covered(struct np_lint *lint, const struct np_prefix *prefix, const struct np_prefix *except, uint32_t n)
{
    bool any_within = false;
    struct np_prefix lower, upper;

    if (!np_lint_spend(lint, 1u + n))
        return false;
    for (uint32_t i = 0; i < n; i++) {
        if (np_prefix_within(prefix, &except[i]))
            return true;
        any_within |= np_prefix_within(&except[i], prefix);
    }
    if (!any_within)
        return false;
    lower = half(prefix, false);
    upper = half(prefix, true);
    return is_covered(lint, &lower, except, n) && is_covered(lint, &upper, except, n);
}

static void check_except(struct np_lint *lint, const struct np_netpol_peer *peer)
{
    char prefix[NP_IP_TEXT];
    struct np_diag *d;

    if (!peer->n_except || !is_covered(lint, &peer->cidr, peer->except, peer->n_except))
        return;
    np_prefix_print(&peer->cidr, prefix);
    d = np_diag_raise(lint->diags, NP_LINT_BLOCK_EMPTY, peer->span, "the exceptions leave nothing of the block %s of %s", prefix,
                      lint->title);
    np_diag_label(lint->diags, d, "matches no address");
    np_diag_help(lint->diags, d, "remove the peer, or the exceptions that are not meant");
}

static void check_rule(struct blocks *b, const struct np_netpol_rule *rule)
{
    for (uint32_t i = 0; i < rule->n_peers; i++) {
        const struct np_netpol_peer *peer = &rule->peers[i];

        if (!peer->is_block)
            continue;
        check_except(b->lint, peer);
        check_pods(b, &peer->cidr, peer->except, peer->n_except, peer->span);
    }
}

static void check_cnp_rule(struct blocks *b, const struct np_cnp_rule *rule)
{
    for (uint32_t i = 0; i < rule->n_peers; i++)
        for (uint32_t k = 0; rule->peers[i].kind == NP_CNP_PEER_NETWORKS && k < rule->peers[i].n_networks; k++)
            check_pods(b, &rule->peers[i].networks[k], NULL, 0, rule->peers[i].span);
}

int np_lint_blocks(struct np_lint *lint)
{
    struct blocks b = {.lint = lint};

    if (list_addresses(&b))
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < lint->n_netpols; i++) {
        const struct np_netpol *policy = lint->netpols[i];

        np_lint_on_netpol(lint, policy);
        for (unsigned direction = 0; direction < 2; direction++)
            for (uint32_t k = 0; policy->isolates[direction] && k < policy->n_rules[direction]; k++)
                check_rule(&b, &policy->rules[direction][k]);
    }
    for (uint32_t i = 0; i < lint->n_cnps; i++) {
        np_lint_on_cnp(lint, lint->cnps[i]);
        for (unsigned direction = 0; direction < 2; direction++)
            for (uint32_t k = 0; k < lint->cnps[i]->n_rules[direction]; k++)
                check_cnp_rule(&b, &lint->cnps[i]->rules[direction][k]);
    }
    return CNIPOL_OK;
}
