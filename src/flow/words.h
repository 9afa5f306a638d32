/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_WORDS_H
#define NP_FLOW_WORDS_H

/*
 * Enumerations of flow.proto: numbers and words, both ways.
 *
 * Source: cilium/cilium api/v1/flow/flow.proto, v1.20.2. Drop reasons have a table of their own (format.h).
 */

#include <stdbool.h>
#include <stdint.h>

#include <cnipol/flow.h>

struct np_word {
    int32_t number;
    const char *word;
};

/* Words by number, ascending. */
struct np_words {
    const struct np_word *items;
    uint32_t n;
};

extern const struct np_words np_words_verdict; /* FORWARDED; the numbers are flow.proto's, not enum cnipol_flow_verdict */
extern const struct np_words np_words_direction;
extern const struct np_words np_words_flow_type;
extern const struct np_words np_words_auth_type;
extern const struct np_words np_words_observation_point;
extern const struct np_words np_words_trace_reason;
extern const struct np_words np_words_capture_point;
extern const struct np_words np_words_xlate_point;
extern const struct np_words np_words_tunnel;
extern const struct np_words np_words_l7_type;
extern const struct np_words np_words_ip_version;
extern const struct np_words np_words_sctp_chunk;
extern const struct np_words np_words_lost_source;
extern const struct np_words np_words_agent_event; /* of event_words.c */
extern const struct np_words np_words_debug_event;
extern const struct np_words np_words_event_type; /* of the monitor: drop, trace, policy-verdict, ...; not of flow.proto */


/* The word, or NULL. */
const char *np_word_of(const struct np_words *words, int32_t number);
/* The number into *out; false: no such word. */
bool np_word_find(const struct np_words *words, struct cnipol_text word, int32_t *out);

/* Between flow.proto's Verdict and enum cnipol_flow_verdict. A number without meaning is CNIPOL_FLOW_UNKNOWN. */
enum cnipol_flow_verdict np_verdict_of_proto(int32_t number);
int32_t np_verdict_to_proto(int32_t verdict);

/* DNS' record types and response codes as Hubble of Cilium 1.`minor` (0: the newest) writes them; what it does not know is "Unknown". */
const char *np_dns_type(uint32_t type, unsigned minor);
const char *np_dns_code(uint32_t code, unsigned minor);

#endif
