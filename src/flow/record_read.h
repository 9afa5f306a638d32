/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_RECORD_READ_H
#define NP_FLOW_RECORD_READ_H

/* Our own JSON form of records (record_json.h), read back. */

#include "flow/fields.h"
#include "flow/gojson.h"

/* A value's text: of a string, number or boolean; absent for null. Anything else is refused. */
int np_read_scalar(struct np_go *go, enum np_jscan_token token, struct cnipol_text *out);
/* Texts of a list, or "key=value" of a map. */
int np_read_texts(struct np_go *go, enum np_jscan_token token, struct np_flow_list *out);
/* What np_put_* said: CNIPOL_OK, or put->wrong as a flaw at the token. */
int np_read_put(struct np_go *go, const struct np_put *put, bool done);

/* The record that the map is, behind its token. Members that are none of ours are passed over. CNIPOL_OK, or go->rc. */
int np_record_read(struct np_go *go, struct cnipol_flow *flow);

#endif
