/* SPDX-License-Identifier: BSD-2-Clause */
/* A namespace's other labels: the policies whose selectors see the difference are lowered again. And nodes, as long as they stay the same. See live_pod.h. */

#include "compile/live_identity.h"
#include "compile/live_pod.h"

static int change_labels(struct np_live_base *base, uint32_t ns, const struct np_namespace *before, const struct np_namespace *after)
{
    struct np_words policies = {0};
    struct np_changing ch;
    int rc = np_live_tell_labels(base, &before->labels, &after->labels, &policies);

    np_view_set_namespace(base->model->view, ns, &after->labels, after->span);
    if (rc == NP_LIVE_DONE && policies.n) {
        rc = np_change_again(&ch, base, &policies);
        if (rc == NP_LIVE_DONE) {
            rc = np_change_run(&ch);
            np_change_end(&ch);
        }
    } else if (rc == NP_LIVE_DONE) {
        rc = NP_LIVE_SAME;
    }
    if (rc != NP_LIVE_DONE && rc != NP_LIVE_SAME)
        np_view_set_namespace(base->model->view, ns, &before->labels, before->span);
    np_words_free(&policies, &base->ctx->mem);
    return rc;
}

/* What is known of a namespace that is only spoken of. */
static void forget_labels(const struct np_live_base *base, const struct np_namespace *before, struct np_namespace *after)
{
    np_atom key = np_atoms_find(&base->ctx->atoms, NP_STR("kubernetes.io/metadata.name"));

    *after = *before;
    after->span = NP_NOWHERE;
    after->labels.partial = true;
    after->labels.n = 0;
    for (uint32_t i = 0; i < before->labels.n; i++)
        if (before->labels.items[i].key == key) {
            after->labels.items = &before->labels.items[i];
            after->labels.n = 1;
        }
}

static int add_namespace(struct np_live_base *base, const struct np_namespace *given, uint32_t *number)
{
    uint32_t ns;
    int rc = np_view_add_namespace(base->model->view, given, &ns);

    if (rc)
        return rc == CNIPOL_E_NOMEM ? rc : 0;
    *number = NP_LIVE_NAMESPACE | ns;
    return NP_LIVE_SAME;
}

static int change_namespace(struct np_live_base *base, uint32_t ns, const struct np_namespace *given)
{
    struct np_view *view = base->model->view;
    uint32_t n;
    struct np_namespace before = np_view_namespaces(view, &n)[ns], after;

    if (!given)
        forget_labels(base, &before, &after);
    else if (np_labels_eq(&before.labels, &given->labels))
        after = (struct np_namespace){.labels = before.labels, .span = given->span};
    else if (np_view_copy_labels(view, &given->labels, &after.labels))
        return CNIPOL_E_NOMEM;
    else
        after.span = given->span;
    return change_labels(base, ns, &before, &after);
}

int np_live_patch_namespace(struct np_live_base *base, uint32_t old, const struct np_namespace *given, uint32_t *number)
{
    const struct np_view *view = base->model->view;
    uint32_t ns = given ? np_view_namespace(view, given->name) : NP_LIVE_INDEX(old), n;
    int rc;

    if (!np_live_has_plain_pods(base) || (old != NP_NONE && NP_LIVE_INDEX(old) != ns))
        return 0;
    if (ns == NP_NONE)
        return add_namespace(base, given, number);
    if (old == NP_NONE && np_view_namespaces(view, &n)[ns].span.source != NP_NONE)
        return 0;
    rc = change_namespace(base, ns, given);
    if (given && (rc == NP_LIVE_DONE || rc == NP_LIVE_SAME))
        *number = NP_LIVE_NAMESPACE | ns;
    return rc;
}

static bool same_ips(const struct np_node_object *a, const struct np_node_object *b)
{
    for (uint32_t i = 0; i < a->n_ips && i < b->n_ips; i++)
        if (!np_ip_eq(&a->ips[i], &b->ips[i]))
            return false;
    return a->n_ips == b->n_ips;
}

int np_live_patch_node(const struct np_live_base *base, uint32_t old, const struct np_node_object *given, uint32_t *number)
{
    uint32_t node = np_view_node(base->model->view, given->name);
    const struct np_node_object *is;

    if (old == NP_NONE || node == NP_NONE || NP_LIVE_INDEX(old) != node)
        return 0;
    is = &base->model->nodes[node];
    *number = old;
    return np_labels_eq(&is->labels, &given->labels) && same_ips(is, given) ? NP_LIVE_SAME : 0;
}
