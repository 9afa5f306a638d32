/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_CALICO_H
#define NP_FLOW_CALICO_H

/*
 * What Calico's flow records have in common: each format reads its own members into a np_calico_flow, and one function makes a record of
 * that.
 *
 * A flow is told by one end, its reporter: the source tells what it lets out (egress), the destination what it lets in (ingress). Its
 * counters are as seen from there, so `in` is the flow's own direction at the destination and the reverse one at the source. The time of
 * a record is when its interval began. "-" and -1 stand for what the writer left out; a name that is no workload's (a host endpoint, a set,
 * `pub` or `PUBLIC NETWORK`) is a name of the end, never a pod.
 *
 * Sources: projectcalico/calico 87c15906f20c goldmane/proto/api.proto, felix/collector/goldmane/client.go, felix/collector/stats.go
 * (MetricUpdateIngressConn, MetricUpdateEgressConn), felix/collector/utils/utils.go (protoNames).
 */

#include <string.h>

#include "flow/calico_policy.h"
#include "flow/gojson.h"

/* Goldmane's numbers; those of other formats are made them. */
enum { NP_CALICO_ALLOW = 1, NP_CALICO_DENY = 2, NP_CALICO_PASS = 3 };
enum { NP_CALICO_WORKLOAD = 1, NP_CALICO_HOST = 2, NP_CALICO_SET = 3, NP_CALICO_NETWORK = 4 };
enum { NP_CALICO_SRC = 1, NP_CALICO_DST = 2 };

struct np_calico_end {
    struct cnipol_text name, ns, ip;
    struct np_go_int type;
    struct np_go_int port;
    struct np_flow_list labels;
};

struct np_calico_flow {
    struct np_calico_end src, dst;
    struct cnipol_text service, service_ns;
    struct np_go_int service_port;
    struct cnipol_text protocol;
    struct cnipol_text node;
    struct np_go_int action, reporter;
    struct cnipol_time time;
    bool has_time;
    struct np_go_int packets_in, packets_out, bytes_in, bytes_out;
    struct np_flow_list enforced, pending; /* of struct cnipol_flow_policy */
    /* Where members go that are only checked. */
    struct np_go_int spare;
    struct cnipol_text spare_text;
};

/* Makes the record. CNIPOL_OK, CNIPOL_E_NOMEM, or a flaw. */
int np_calico_fill(struct np_flow_run *run, const struct np_calico_flow *in, struct cnipol_flow *out);

/* A hit of a policy as Goldmane's and Whisker's objects have it. */
struct np_calico_hit {
    struct cnipol_text name, ns, tier;
    struct np_go_int kind, action, index, rule;
    bool has_trigger;
    struct {
        struct cnipol_text name, ns, tier;
        struct np_go_int kind;
    } trigger;
};
/* The policy of a hit. CNIPOL_OK or CNIPOL_E_NOMEM. */
int np_calico_hit_policy(struct np_flow_run *run, const struct np_calico_hit *in, enum np_calico_era era, struct cnipol_flow_policy *out);

/* Seconds since 1970 into the flow's time. */
int np_calico_seconds(struct np_go *go, const struct np_go_int *seconds, struct np_calico_flow *flow);
/* The number of a name in an ordered list that begins with the number 0, or -1. */
int32_t np_calico_word(struct cnipol_text word, const char *const *words, uint32_t n, bool any_case);

/* Goldmane's enumerations by name, from 0 on. */
extern const char *const np_calico_actions[4], *const np_calico_reporters[3], *const np_calico_types[5];

/* What a format of Calico keeps for a run. */
struct np_calico_state {
    struct np_go go;
    enum np_calico_era era;
    bool in_list; /* Whisker: within the list of items */
};
/* np_format.open() and close() of all of them. */
int np_calico_open(struct np_flow_run *run);
void np_calico_close(struct np_flow_run *run);

/* Does the text occur in the bytes? */
static inline bool np_flow_has(const char *bytes, size_t n, const char *text)
{
    return memmem(bytes, n, text, strlen(text)) != NULL;
}

#endif
