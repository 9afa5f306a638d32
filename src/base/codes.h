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

    /* objects */
    NP_OBJECT_NO_VERSION = 1201,
    NP_OBJECT_NO_KIND = 1202,
    NP_OBJECT_NO_SUCH_KIND = 1203,
    NP_FIELD_TYPE = 1210,
    NP_FIELD_NUMBER = 1211,
    NP_FIELD_UNKNOWN = 1212,
    NP_OBJECT_DUPLICATES = 1213,
    NP_META_NO_NAME = 1220,
    NP_META_NAME = 1221,
    NP_META_GENERATE_NAME = 1222,
    NP_META_NAMESPACE = 1223,
    NP_META_NOT_NAMESPACED = 1224,
    NP_META_GENERATION = 1225,
    NP_META_ANNOTATION = 1226,
    NP_META_ANNOTATIONS_SIZE = 1227,
    NP_META_OWNER = 1228,
    NP_META_FINALIZER = 1229,
    NP_LABEL_KEY = 1230,
    NP_LABEL_VALUE = 1231,
    NP_SELECTOR_OPERATOR = 1240,
    NP_SELECTOR_NO_VALUES = 1241,
    NP_SELECTOR_VALUES = 1242,
    /* networking.k8s.io/v1 NetworkPolicy */
    NP_POLICY_TYPES_MANY = 1401,
    NP_POLICY_TYPE = 1402,
    NP_PORT_PROTOCOL = 1410,
    NP_PORT_NUMBER = 1411,
    NP_PORT_NAME = 1412,
    NP_PORT_RANGE_REVERSED = 1413,
    NP_PORT_END_NAMED = 1414,
    NP_PORT_END_ALONE = 1415,
    NP_PEER_EMPTY = 1420,
    NP_PEER_BLOCK_MIXED = 1421,
    NP_BLOCK_NO_CIDR = 1430,
    NP_BLOCK_CIDR = 1431,
    NP_BLOCK_ZEROS = 1432,
    NP_BLOCK_MAPPED = 1433,
    NP_BLOCK_HOST_BITS = 1434,
    NP_BLOCK_EXCEPT = 1435,
    /* policy.networking.k8s.io */
    NP_CRD_TYPE = 1601,
    NP_CRD_REQUIRED = 1602,
    NP_CRD_ENUM = 1603,
    NP_CRD_MINIMUM = 1604,
    NP_CRD_MAXIMUM = 1605,
    NP_CRD_MIN_ITEMS = 1606,
    NP_CRD_MAX_ITEMS = 1607,
    NP_CRD_MIN_PROPERTIES = 1608,
    NP_CRD_MAX_PROPERTIES = 1609,
    NP_CRD_MAX_LENGTH = 1610,
    NP_CRD_PATTERN = 1611,
    NP_CRD_SET = 1612,
    NP_CNP_RANGE = 1620,
    NP_CNP_CIDR = 1621,
    NP_CNP_NAMED_PORT_PEER = 1622,
    NP_BANP_NAME = 1623,
    NP_CNP_OLD_PEER = 1630,
    NP_CNP_SELECTOR = 1631,
    NP_ANP_PROTOCOL = 1632,
    NP_CNP_RANGE_EMPTY = 1633,
    NP_CNP_UNKNOWN_PEER = 1634,
    NP_CNP_UNKNOWN_PORT = 1635,
    NP_CNP_UNKNOWN_SUBJECT = 1636,
    NP_CNP_NO_PLACE = 1637,

    /* inventory */
    NP_INV_NO_NAME = 1800,
    NP_INV_AGAIN = 1801,
    NP_INV_TYPE = 1802,
    NP_INV_LABEL = 1803,
    NP_INV_NAME_LABEL = 1804,
    NP_INV_ADDRESS = 1810,
    NP_INV_ADDRESS_LENIENT = 1811,
    NP_INV_ADDRESS_SHARED = 1812,
    NP_INV_ADDRESS_FAMILY = 1813,
    NP_INV_ADDRESS_TYPE = 1814,
    NP_INV_PORT = 1820,
    NP_INV_PROTOCOL = 1821,
    NP_INV_PORT_NAME = 1822,
    NP_INV_SELECTOR = 1830,
    NP_INV_WORKLOAD_NAME = 1831,

    /* lints */
    NP_LINT_NO_PODS = 2000,
    NP_LINT_SUBJECT_EMPTY = 2010,
};

#endif
