/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_REPORT_IMAGE_H
#define NP_REPORT_IMAGE_H

/* What the reports about images share: names of kinds, and questions and answers as text. */

#include "report/json.h"

/* A static string; "section" for a kind that is not known. */
const char *np_section_name(uint32_t kind);
const char *np_temperature_name(uint32_t temperature);

/* "3 -> 17, tcp 80, from port 7, established, same-node": ids, then what is not the usual. */
void np_out_key(struct np_out *out, const struct cnipol_key *key);
struct json_object *np_key_json(struct np_out *out, const struct cnipol_key *key);
/* "deny log reject, program 3": the direction that was asked (1 egress, 2 ingress). */
void np_out_answer(struct np_out *out, const struct cnipol_answer *answer, uint32_t directions);
struct json_object *np_answer_json(struct np_out *out, const struct cnipol_answer *answer, uint32_t directions);
/* " log reject": names of the bits, each behind a blank. */
void np_out_flags(struct np_out *out, uint32_t flags);
struct json_object *np_flags_json(struct np_out *out, uint32_t flags);

#endif
