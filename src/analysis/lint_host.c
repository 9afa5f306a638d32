/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Host-network pods that a policy names by their labels. Their traffic has the node's address, and
 * most engines do not hold policies for it. A policy for all pods of a namespace names nobody.
 */

#include "analysis/lint.h"
#include "base/search.h"

#define NAMED_MAX 3

struct hosts {
    struct np_lint *lint;
    uint32_t *pods; /* host-network pods, ascending */
    uint32_t n;
};

static void tell(struct hosts *h, struct np_span span, const char *names, uint32_t n)
{
    struct np_lint *lint = h->lint;
    struct np_diag *d = np_diag_raise(lint->diags, NP_LINT_HOST_NETWORK, span, "%s does not hold for the host-network pod%s %s%s",
                                      lint->title, n > 1 ? "s" : "", names, n > NAMED_MAX ? ", ..." : "");

    np_diag_label(lint->diags, d, "selects %u pod%s on the host network", n, n > 1 ? "s" : "");
    np_diag_help(lint->diags, d,
                 "protect them with the node's firewall or host policies of the network plugin; "
                 "with `host-network: as-pod` they are treated as other pods");
}

static int check(struct hosts *h, const struct np_selection *selection)
{
    const struct np_set *set = np_lint_set(h->lint, selection);
    struct np_buf names;
    uint32_t n = 0;
    int rc;

    if (!set)
        return CNIPOL_E_NOMEM;
    np_buf_init(&names, &h->lint->ctx->mem);
    for (uint32_t i = 0; i < set->n_yes; i++) {
        uint32_t at = np_lower_bound(h->pods, h->n, set->yes[i].lo), end = np_lower_bound(h->pods, h->n, set->yes[i].hi);

        for (uint32_t k = at; k < end && n + (k - at) < NAMED_MAX; k++)
            np_buf_addf(&names, "%s%s", n + (k - at) ? ", " : "", h->lint->model->names[h->pods[k]]);
        n += end - at;
    }
    if (n && !np_buf_failed(&names))
        tell(h, selection->pods->span, names.s, n);
    rc = np_buf_failed(&names) ? CNIPOL_E_NOMEM : CNIPOL_OK;
    np_buf_free(&names);
    return rc;
}

static int check_all(struct hosts *h)
{
    struct np_lint *lint = h->lint;
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < lint->n_netpols && !rc; i++) {
        struct np_selection selection = np_lint_subject(lint->netpols[i]);

        np_lint_on_netpol(lint, lint->netpols[i]);
        if (selection.pods->n)
            rc = check(h, &selection);
    }
    for (uint32_t i = 0; i < lint->n_cnps && !rc; i++) {
        struct np_selection selection = np_lint_cnp_subject(lint->cnps[i]);

        np_lint_on_cnp(lint, lint->cnps[i]);
        if (selection.pods && selection.pods->n)
            rc = check(h, &selection);
    }
    return rc;
}

int np_lint_host_network(struct np_lint *lint)
{
    struct hosts h = {.lint = lint};

    if (lint->model->host_network_as_pod)
        return CNIPOL_OK;
    h.pods = np_arena_array(&lint->picks.arena, lint->n_pods, sizeof *h.pods);
    if (!h.pods)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < lint->n_pods; i++)
        if (lint->pods[i].host_network)
            h.pods[h.n++] = i;
    return h.n ? check_all(&h) : CNIPOL_OK;
}
