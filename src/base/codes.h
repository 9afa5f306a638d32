/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_BASE_CODES_H
#define NP_BASE_CODES_H

/*
 * The names of all diagnostic codes. Titles, severities and long help are the rows of codes.c, in the
 * same order; a test holds the two together. A number, once published, keeps its meaning for ever.
 *
 *   1000-1199  documents: YAML, JSON, limits, files
 *   1200-1399  objects: apiVersion, kind, metadata, field types, unknown fields
 *   1400-1599  networking.k8s.io/v1 NetworkPolicy
 *   1600-1799  policy.networking.k8s.io ClusterNetworkPolicy, AdminNetworkPolicy, BaselineAdminNetworkPolicy
 *   1800-1999  inventory: pods, namespaces, services, ...
 *   2000-2199  lints: taken by the server, but hardly meant
 *   2200-2299  questions, options and test files
 */

enum np_code {
    /* documents */
    NP_FILE_UNREADABLE = 1001,
    NP_YAML_SYNTAX = 1010,
    NP_JSON_SYNTAX = 1011,
    NP_LIMIT_BYTES = 1020,
    NP_LIMIT_DEPTH = 1021,
    NP_LIMIT_NODES = 1022,
    NP_LIMIT_ALIASES = 1023,
    NP_LIMIT_DOCUMENTS = 1024,
    NP_LIMIT_FILES = 1025,
    NP_DUPLICATE_KEY = 1030,
    NP_DOCUMENT_NOT_OBJECT = 1040,
    NP_OBJECT_WITHOUT_KIND = 1041,
    NP_KIND_UNSUPPORTED = 1042,
};

#endif
