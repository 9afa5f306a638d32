/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_AWS_NPA_H
#define NP_FLOW_AWS_NPA_H

/* What the events and the log of AWS's network policy agent share. */

#include "flow/format.h"

/* Everything of an event but its ends and protocol. */
struct np_npa_event {
    struct cnipol_text verdict; /* "ACCEPT", "DENY", "EXPIRED/DELETED" */
    struct cnipol_text tier;    /* "ADMIN", ...; absent in older releases */
};

/* Fills verdict, policy and extras, and adds to `extras`. flow->direction is known. False: no memory. */
bool np_npa_fill(struct np_flow_run *run, const struct np_npa_event *event, struct np_flow_extras *extras, struct cnipol_flow *flow);

#endif
