/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_FILTER_FLAG_H
#define NP_FLOW_FILTER_FLAG_H

/*
 * The flags of filters: one table that arguments are read by, and help and documentation are made from.
 *
 * Names, letters and meaning are those of `hubble observe` (Cilium v1.20.2 hubble/cmd/observe/flows.go and flows_filter.go).
 */

#include "flow/filter.h"

enum np_flag_kind {
    NP_FLAG_FIELD = 0, /* a value for a field */
    NP_FLAG_EITHER,    /* for a field of either end: of the source in one spec, or of the destination in another */
    NP_FLAG_NAMESPACE, /* of either end, of the source, of the destination: goes before names without one */
    NP_FLAG_NOT,
    NP_FLAG_ALLOW,
    NP_FLAG_DENY
};

enum np_flag_id {
    NP_FLAG_FROM_POD = 0,
    NP_FLAG_TO_POD,
    NP_FLAG_POD,
    NP_FLAG_FROM_NAMESPACE,
    NP_FLAG_TO_NAMESPACE,
    NP_FLAG_NAMESPACE_ID,
    NP_FLAG_FROM_ALL_NAMESPACES,
    NP_FLAG_TO_ALL_NAMESPACES,
    NP_FLAG_ALL_NAMESPACES,
    NP_FLAG_FROM_SERVICE,
    NP_FLAG_TO_SERVICE,
    NP_FLAG_SERVICE,
    NP_FLAG_FROM_WORKLOAD,
    NP_FLAG_TO_WORKLOAD,
    NP_FLAG_WORKLOAD,
    NP_FLAG_FROM_LABEL,
    NP_FLAG_TO_LABEL,
    NP_FLAG_LABEL,
    NP_FLAG_FROM_IDENTITY,
    NP_FLAG_TO_IDENTITY,
    NP_FLAG_IDENTITY,
    NP_FLAG_FROM_CLUSTER,
    NP_FLAG_TO_CLUSTER,
    NP_FLAG_CLUSTER,
    NP_FLAG_FROM_IP,
    NP_FLAG_TO_IP,
    NP_FLAG_IP,
    NP_FLAG_SNAT_IP,
    NP_FLAG_FROM_FQDN,
    NP_FLAG_TO_FQDN,
    NP_FLAG_FQDN,
    NP_FLAG_FROM_PORT,
    NP_FLAG_TO_PORT,
    NP_FLAG_PORT,
    NP_FLAG_PROTOCOL,
    NP_FLAG_TCP_FLAGS,
    NP_FLAG_IPV4,
    NP_FLAG_IPV6,
    NP_FLAG_IP_VERSION,
    NP_FLAG_ENCRYPTED,
    NP_FLAG_UNENCRYPTED,
    NP_FLAG_VERDICT,
    NP_FLAG_DROP_REASON,
    NP_FLAG_DIRECTION,
    NP_FLAG_REPLY,
    NP_FLAG_NOT_REPLY,
    NP_FLAG_TYPE,
    NP_FLAG_NODE_NAME,
    NP_FLAG_NODE_LABEL,
    NP_FLAG_INTERFACE,
    NP_FLAG_UUID,
    NP_FLAG_TRACE_ID,
    NP_FLAG_IP_TRACE_ID,
    NP_FLAG_HTTP_STATUS,
    NP_FLAG_HTTP_METHOD,
    NP_FLAG_HTTP_PATH,
    NP_FLAG_HTTP_URL,
    NP_FLAG_HTTP_HEADER,
    NP_FLAG_NOT_ID,
    NP_FLAG_CEL,
    NP_FLAG_EXPR,
    NP_FLAG_ALLOWLIST,
    NP_FLAG_DENYLIST,
    NP_N_FLAGS
};

/* Makes of `value->text` what the field wants. NULL, or what is wrong with it (static). */
typedef const char *np_flag_convert(struct np_spec_value *value);

struct np_flag_row {
    struct cnipol_filter_flag flag;
    uint8_t kind;   /* enum np_flag_kind */
    uint8_t field;  /* enum np_spec_field; of a namespace: 0 either, 1 source, 2 destination */
    uint8_t field2; /* of NP_FLAG_EITHER: the destination's */
    np_flag_convert *convert;
    uint64_t number; /* of a flag without a value: what it stands for */
};

extern const struct np_flag_row np_flag_rows[NP_N_FLAGS];

/* Flags of which only one may be given; ends with NP_N_FLAGS. */
struct np_flag_conflict {
    uint8_t flags[9];
};
extern const struct np_flag_conflict np_flag_conflicts[];
extern const uint32_t np_flag_n_conflicts;

/* The flag of an argument, NP_N_FLAGS: none. *value is what stands in the argument behind it, NULL: nothing. */
enum np_flag_id np_flag_find(const char *arg, const char **value);

/* Conversions, of filter_convert.c. */
np_flag_convert np_flag_workload, np_flag_identity, np_flag_ip_version, np_flag_verdict, np_flag_drop_reason, np_flag_direction, np_flag_type;
np_flag_convert np_flag_tcp_flags, np_flag_http_header, np_flag_ip_trace_id;

#endif
