/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CNIPOL_CLUSTER_H
#define CNIPOL_CLUSTER_H

#include <stddef.h>
#include <stdint.h>

#include <cnipol/ctx.h>

/**
 * A cluster: the inventory (namespaces, pods, nodes, services, workloads) and the policies, read from
 * manifests.
 *
 * Load any number of files, folders and buffers, in any order; then build models from it (model.h).
 * Objects of kinds that the library does not know are counted and otherwise ignored. Thread safety:
 * one thread at a time, the context's.
 */

#ifdef __cplusplus
extern "C" {
#endif

struct cnipol_cluster;

/** What to do with objects that the API server would not take as they are. */
enum cnipol_mode {
    CNIPOL_MODE_STRICT =
        0, /**< refuse what the server refuses, and what kubectl's strict decoding refuses: unknown fields, duplicate keys */
    CNIPOL_MODE_SERVER = 1, /**< as the server: prune unknown fields with a warning; refuse invalid objects */
    CNIPOL_MODE_STORED = 2  /**< the objects come out of a cluster: take what can be used, warn of the rest */
};

/** Which CRDs of policy.networking.k8s.io validate. */
enum cnipol_channel { CNIPOL_CHANNEL_EXPERIMENTAL = 0, CNIPOL_CHANNEL_STANDARD = 1 };

struct cnipol_cluster_opts {
    size_t sz;                 /**< sizeof(struct cnipol_cluster_opts) */
    int32_t mode;              /**< enum cnipol_mode */
    int32_t channel;           /**< enum cnipol_channel */
    uint32_t kubernetes_minor; /**< 35 for Kubernetes 1.35; 0: the newest known (36) */
    uint32_t reserved;         /**< 0 */
};
#define CNIPOL_CLUSTER_OPTS_INIT                                                                  \
    {                                                                                             \
        sizeof(struct cnipol_cluster_opts), CNIPOL_MODE_STRICT, CNIPOL_CHANNEL_EXPERIMENTAL, 0, 0 \
    }

/** Makes an empty cluster. `opts` NULL: defaults. CNIPOL_OK, CNIPOL_E_NOMEM, CNIPOL_E_USAGE. */
CNIPOL_API int cnipol_cluster_new(struct cnipol_ctx *ctx, const struct cnipol_cluster_opts *opts, struct cnipol_cluster **out);
/** NULL is fine. Models built from the cluster must be freed before it. */
CNIPOL_API void cnipol_cluster_free(struct cnipol_cluster *cluster);

/**
 * Loads a file, a folder (recursively: *.yaml, *.yml, *.json, *.jsonl, in any case, in byte order of
 * their paths, hidden ones left out) or, for "-", standard input. Goes on after refused objects and after unreadable
 * documents, and returns the worst that happened: CNIPOL_OK, CNIPOL_E_INVALID (some object refused, or one of the
 * cluster's taken without a part that is wrong), CNIPOL_E_LIMIT, CNIPOL_E_SYNTAX, CNIPOL_E_IO (also where there is
 * no document at all), or at once
 * CNIPOL_E_NOMEM. Diagnostics say what and where.
 */
CNIPOL_API int cnipol_cluster_load_path(struct cnipol_cluster *cluster, const char *path);

/** The same for bytes, which are copied; `name` stands in diagnostics for the file's name. */
CNIPOL_API int cnipol_cluster_load_bytes(struct cnipol_cluster *cluster, const char *name, const char *bytes, size_t size);

struct cnipol_cluster_counts {
    uint32_t documents;
    uint32_t objects; /**< of any kind, list members counted alone */
    uint32_t policies;
    uint32_t inventory; /**< objects that describe the cluster */
    uint32_t ignored;   /**< of kinds that the library does not use */
    uint32_t refused;
};
/** What was loaded so far. */
CNIPOL_API void cnipol_cluster_count(const struct cnipol_cluster *cluster, struct cnipol_cluster_counts *out);

#ifdef __cplusplus
}
#endif
#endif
