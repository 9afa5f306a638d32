/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_MONITOR_L7_H
#define NP_FLOW_MONITOR_L7_H

/* Access logs and agent events of Cilium's monitor: what monitor_l7.c and monitor_l7_summary.c share. */

#include "base/str.h"
#include "flow/access_log.h"
#include "flow/request_cache.h"

/* Made for the first event that needs it. */
struct np_monitor_l7 {
    struct np_gob gob;
    struct np_access_log log;
    struct np_buf line;
    struct np_request_cache *times, *traces; /* of requests; both or none */
    uint8_t minor;                           /* of the release; 0: the newest */
};

/* Types 129 and 130: what next() returns. */
int np_monitor_access_log(struct np_flow_run *run, struct np_monitor_l7 **l7, uint8_t minor, struct cnipol_flow *flow);
int np_monitor_agent_event(struct np_flow_run *run, struct np_monitor_l7 **l7, uint8_t minor, struct cnipol_flow *flow);
/* Another stream begins. */
void np_monitor_l7_reset(struct np_monitor_l7 *l7);
void np_monitor_l7_free(struct np_mem *mem, struct np_monitor_l7 *l7);

/* Hubble's line on the record, into l7->line; empty where it has none. The URL has lost its password already, `ips` are its addresses. */
void np_monitor_l7_summary(struct np_monitor_l7 *l7, const struct cnipol_text *ips, const struct cnipol_flow_l7 *out);

#endif
