/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_DIALECT_TESTING_H
#define TESTS_DIALECT_TESTING_H

/* What the tests of the dialects share: a text is read and taken, and what was said and kept is looked at. */

#include "base/testing.h"

#include "dialect/policies.h"
#include "doc/reader.h"

#define NETPOL(spec) "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p}, spec: {" spec "}}"
#define CNP(spec)                                                                                                           \
    "{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: p}, spec: {tier: Admin, " \
    "priority: 1, subject: {namespaces: {}}, " spec "}}"
#define ANP(spec)                                                                                                         \
    "{apiVersion: policy.networking.k8s.io/v1alpha1, kind: AdminNetworkPolicy, metadata: {name: p}, spec: {priority: 1, " \
    "subject: {namespaces: {}}, " spec "}}"
#define BANP(name, spec)                                                                                                    \
    "{apiVersion: policy.networking.k8s.io/v1alpha1, kind: BaselineAdminNetworkPolicy, metadata: {name: " name "}, spec: {" \
    "subject: {namespaces: {}}, " spec "}}"
#define FROM(peer) NETPOL("podSelector: {}, ingress: [{from: [" peer "]}]")
#define PORTS(port) NETPOL("podSelector: {}, ingress: [{ports: [" port "]}]")

struct taking {
    struct cnipol_ctx *ctx;
    struct np_policies policies;
    struct np_dialect_opts opts;
    int status; /* what np_policies_add said last */
};

static inline int taking_document(void *user, struct np_doc *doc)
{
    struct taking *t = user;

    t->status = np_policies_add(&t->policies, &t->opts, doc, &doc->root, NULL);
    return t->status == CNIPOL_E_NOMEM ? CNIPOL_E_NOMEM : CNIPOL_OK;
}

/* 0, or CNIPOL_E_NOMEM: then nothing is left to free. */
static inline int taking_begin(struct taking *t, const struct cnipol_alloc *alloc, enum np_mode mode, enum np_channel channel)
{
    *t = (struct taking){.opts = {.mode = mode, .kubernetes_minor = 36, .channel = channel}};
    if (cnipol_ctx_new(alloc, &t->ctx))
        return CNIPOL_E_NOMEM;
    np_policies_init(&t->policies, t->ctx);
    return CNIPOL_OK;
}

static inline int taking_text(struct taking *t, const char *text)
{
    uint32_t source = np_sources_add(&t->ctx->sources, "test.yaml", text, strlen(text), false);

    return source == NP_NONE ? CNIPOL_E_NOMEM : np_doc_read(t->ctx, source, NP_DOC_AUTO, taking_document, t);
}

static inline void taking_end(struct taking *t)
{
    np_policies_free(&t->policies);
    cnipol_ctx_free(t->ctx);
}

static inline const struct np_diag *told(const struct taking *t, int code)
{
    for (uint32_t i = 0; i < t->ctx->diags.n; i++)
        if (t->ctx->diags.items[i]->code == code)
            return t->ctx->diags.items[i];
    return NULL;
}

#endif
