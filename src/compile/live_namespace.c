/* SPDX-License-Identifier: BSD-2-Clause */
/* A namespace's other labels: the policies whose selectors see the difference are lowered again. See live_pod.h. */

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

int np_live_patch_namespace(struct np_live_base *base, uint32_t old, const struct np_namespace *given, uint32_t *number)
{
    struct np_view *view = base->model->view;
    uint32_t ns = np_view_namespace(view, given->name), n;
    struct np_namespace before, after = *given;
    int rc;

    if (ns == NP_NONE || !np_live_has_plain_pods(base))
        return 0;
    before = np_view_namespaces(view, &n)[ns];
    if (old == NP_NONE ? before.span.source != NP_NONE : NP_LIVE_INDEX(old) != ns)
        return 0;
    *number = NP_LIVE_NAMESPACE | ns;
    if (old != NP_NONE && np_labels_eq(&before.labels, &after.labels))
        return NP_LIVE_SAME;
    if (np_view_copy_labels(view, &given->labels, &after.labels))
        return CNIPOL_E_NOMEM;
    rc = change_labels(base, ns, &before, &after);
    if (rc != NP_LIVE_DONE && rc != NP_LIVE_SAME)
        *number = NP_NONE;
    return rc;
}
