/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_SUPPORT_HUBBLE_ENCODE_H
#define TESTS_SUPPORT_HUBBLE_ENCODE_H

/* Hubble's records from JSON to protobuf, so that both decoders can be given the same. */

#include <stddef.h>
#include <stdint.h>

struct hubble_bytes {
    uint8_t *bytes; /* free() */
    size_t n, cap;
};

/* Appends a record as `message` (GetFlowsResponse, ExportEvent, Flow). 0, or -1: it is no JSON, or has what the tables do not know. */
int hubble_encode(const char *json, const char *message, struct hubble_bytes *out);
/* The same, behind its length as a varint. */
int hubble_encode_delimited(const char *json, const char *message, struct hubble_bytes *out);

#endif
