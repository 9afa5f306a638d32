/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_RECORD_H
#define NP_FLOW_RECORD_H

/* Records: small things that whoever reads or prints them needs. */

#include <stdbool.h>
#include <string.h>

#include <cnipol/flow.h>

/* Whose types lie where ICMP's do, and are none. */
#define NP_IGMP 2
#define NP_VRRP 112

static inline struct cnipol_text np_text_of(const char *s)
{
    return (struct cnipol_text){s, s ? (uint32_t)strlen(s) : 0};
}

static inline bool np_text_is(struct cnipol_text text, const char *s)
{
    return text.s && strlen(s) == text.n && memcmp(text.s, s, text.n) == 0;
}

/* The order of struct cnipol_text by their bytes, for qsort(). */
int np_text_order(const void *a, const void *b);
/* "dns", "http", "kafka"; NULL: none. */
const char *np_l7_kind_name(int32_t kind);
/* "lost_events", ...; NULL: a flow. */
const char *np_event_name(int32_t kind);
/* What an agent or debug event is, in flow.proto's word; absent: not said, or a number without a word. */
struct cnipol_text np_event_type_word(const struct cnipol_flow_event *event);
/* "FIN", from the last bit on; NULL past the last. */
const char *np_tcp_flag_name(uint32_t bit);

#endif
