/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_SUPPORT_HUBBLE_PB_PLAIN_H
#define TESTS_SUPPORT_HUBBLE_PB_PLAIN_H

/*
 * Hubble's protobuf, read the plain way: byte by byte, a call for each message, no short cuts. It has the tables in common with
 * np_pb_read(), which must say the same of every message.
 */

#include "flow/hubble_pb.h"

np_pb_read_fn hubble_pb_read_plain;

/* The decoder of single messages, without a stream. */
struct hubble_pb_single {
    struct np_flow_run run;
    struct np_mem mem;
};

/* `message`, `fields`: NULL: GetFlowsResponse, all. False: no memory. */
bool hubble_pb_single_open(struct hubble_pb_single *single, const char *message, const struct cnipol_fields *fields, np_pb_read_fn *read);
void hubble_pb_single_close(struct hubble_pb_single *single);
/* All of the record, or the flaw and its place; free(). */
char *hubble_pb_single_read(struct hubble_pb_single *single, const void *bytes, size_t n);

#endif
