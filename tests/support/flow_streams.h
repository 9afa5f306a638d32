/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_FLOW_STREAMS_H
#define TESTS_FLOW_STREAMS_H

/*
 * Records of vector files as streams: rows of one format and the same options are one stream, framed as its files are.
 *
 *     flow_streams_read("antrea-flow.jsonl");
 *     for (size_t i = 0; i < n_flow_streams; i++) {
 *         struct cnipol_decoder_opts opts = flow_stream_opts(&flow_streams[i]);
 *         ...
 *     }
 *     flow_streams_free();
 *
 * What cannot be read ends the test.
 */

#include "flow/format.h"

struct flow_stream {
    char *key; /* format, version, columns, message, endpoints */
    const struct np_format *format;
    char *version, *columns, *message;
    struct json_object *context; /* the endpoint table; NULL: none */
    char *bytes;
    size_t n, cap;
    size_t *starts; /* of each row in bytes */
    uint32_t rows;
};

extern struct flow_stream flow_streams[256];
extern size_t n_flow_streams;

void flow_streams_read(const char *path);
void flow_streams_free(void);

/* What main() of a test of all streams is: reads the files that its arguments name, and runs the n tests. */
struct CMUnitTest;
int flow_streams_run(int argc, char **argv, const struct CMUnitTest *tests, size_t n);

/* Without endpoints, without unpacking. */
struct cnipol_decoder_opts flow_stream_opts(const struct flow_stream *stream);
/* The stream's endpoint table; NULL where it has none. */
struct cnipol_endpoints *flow_stream_endpoints(const struct flow_stream *stream, struct cnipol_ctx *ctx);

#endif
