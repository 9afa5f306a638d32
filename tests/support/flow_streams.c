/* SPDX-License-Identifier: BSD-2-Clause */
/* See flow_streams.h. */

#include "flow_streams.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <json.h>

struct flow_stream flow_streams[256];
size_t n_flow_streams;

static void append(struct flow_stream *stream, const void *bytes, size_t n)
{
    if (stream->n + n > stream->cap) {
        stream->cap = (stream->n + n) * 2;
        stream->bytes = realloc(stream->bytes, stream->cap);
        assert_non_null(stream->bytes);
    }
    if (n)
        memcpy(stream->bytes + stream->n, bytes, n);
    stream->n += n;
}

static void append_varint(struct flow_stream *stream, uint64_t value)
{
    do {
        uint8_t byte = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));

        append(stream, &byte, 1);
    } while (value >>= 7);
}

static void append_frame(struct flow_stream *stream, const void *bytes, size_t n)
{
    uint8_t length[4] = {(uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16), (uint8_t)(n >> 24)};
    enum np_framing framing = stream->format->framing;

    if (framing == NP_FRAME_VARINT)
        append_varint(stream, n);
    if (framing == NP_FRAME_U32)
        append(stream, length, sizeof length);
    append(stream, bytes, n);
    if (framing == NP_FRAME_LINE || framing == NP_FRAME_JSON || framing == NP_FRAME_CSV)
        append(stream, "\n", 1);
}

static const char *text_of(struct json_object *row, const char *key)
{
    struct json_object *value;

    return json_object_object_get_ex(row, key, &value) ? json_object_get_string(value) : NULL;
}

static char *copy_of(const char *text)
{
    return text ? strdup(text) : NULL;
}

static struct flow_stream *stream_of(struct json_object *row)
{
    static const char *const parts[] = {"format", "version", "fields", "message", "context"};
    struct flow_stream *stream = &flow_streams[n_flow_streams];
    struct json_object *context = NULL;
    char *key = NULL;
    size_t n;
    FILE *f = open_memstream(&key, &n);

    assert_non_null(f);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        fprintf(f, "%s|", text_of(row, parts[i]) ? text_of(row, parts[i]) : "");
    (void)fclose(f);
    for (size_t i = 0; i < n_flow_streams; i++)
        if (strcmp(flow_streams[i].key, key) == 0) {
            free(key);
            return &flow_streams[i];
        }
    assert_true(n_flow_streams < sizeof flow_streams / sizeof *flow_streams);
    n_flow_streams++;
    stream->key = key;
    stream->format = np_format_find(text_of(row, "format"));
    assert_non_null(stream->format);
    stream->version = copy_of(text_of(row, "version"));
    stream->columns = copy_of(text_of(row, "fields"));
    stream->message = copy_of(text_of(row, "message"));
    (void)json_object_object_get_ex(row, "context", &context);
    stream->context = json_object_get(context);
    return stream;
}

static void append_hex(struct flow_stream *stream, const char *hex)
{
    size_t n = strlen(hex) / 2;
    uint8_t *bytes = malloc(n + 1);

    assert_non_null(bytes);
    for (size_t i = 0; i < n; i++) {
        unsigned byte;

        assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
        bytes[i] = (uint8_t)byte;
    }
    append_frame(stream, bytes, n);
    free(bytes);
}

static void add_row(struct json_object *row)
{
    struct flow_stream *stream;
    struct json_object *input;

    if (!text_of(row, "format"))
        return;
    stream = stream_of(row);
    stream->starts = realloc(stream->starts, (stream->rows + 1) * sizeof *stream->starts);
    assert_non_null(stream->starts);
    stream->starts[stream->rows++] = stream->n;
    if (json_object_object_get_ex(row, "input", &input))
        append_frame(stream, json_object_get_string(input), (size_t)json_object_get_string_len(input));
    else
        append_hex(stream, text_of(row, "input_hex"));
}

void flow_streams_read(const char *path)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t cap = 0;

    assert_non_null(file);
    while (getline(&line, &cap, file) > 0) {
        struct json_object *row = json_tokener_parse(line);

        assert_non_null(row);
        add_row(row);
        json_object_put(row);
    }
    free(line);
    (void)fclose(file);
}

void flow_streams_free(void)
{
    for (size_t i = 0; i < n_flow_streams; i++) {
        free(flow_streams[i].key);
        free(flow_streams[i].version);
        free(flow_streams[i].columns);
        free(flow_streams[i].message);
        json_object_put(flow_streams[i].context);
        free(flow_streams[i].bytes);
        free(flow_streams[i].starts);
    }
    n_flow_streams = 0;
}

struct cnipol_decoder_opts flow_stream_opts(const struct flow_stream *stream)
{
    return (struct cnipol_decoder_opts){
        .sz = sizeof(struct cnipol_decoder_opts),
        .format = stream->format->row.name,
        .version = stream->version,
        .columns = stream->columns,
        .message = stream->message,
        .packed = 1,
    };
}

static void add_endpoint(struct cnipol_endpoints *endpoints, struct json_object *row)
{
    struct json_object *labels = NULL;
    const char *items[64] = {NULL}, *id = text_of(row, "id"), *identity = text_of(row, "identity");
    const struct cnipol_endpoint endpoint = {
        .id = id ? (uint32_t)strtoul(id, NULL, 10) : 0,
        .identity = identity ? (uint32_t)strtoul(identity, NULL, 10) : 0,
        .ip = text_of(row, "ip"),
        .ns = text_of(row, "namespace"),
        .pod = text_of(row, "pod"),
        .labels = items,
    };

    if (json_object_object_get_ex(row, "labels", &labels))
        for (size_t i = 0; i < json_object_array_length(labels); i++)
            items[i] = json_object_get_string(json_object_array_get_idx(labels, i));
    assert_int_equal(cnipol_endpoints_add(endpoints, &endpoint), CNIPOL_OK);
}

struct cnipol_endpoints *flow_stream_endpoints(const struct flow_stream *stream, struct cnipol_ctx *ctx)
{
    struct cnipol_endpoints *endpoints = NULL;
    struct json_object *list;

    if (!stream->context || !json_object_object_get_ex(stream->context, "endpoints", &list))
        return NULL;
    assert_int_equal(cnipol_endpoints_new(ctx, &endpoints), CNIPOL_OK);
    for (size_t i = 0; i < json_object_array_length(list); i++)
        add_endpoint(endpoints, json_object_array_get_idx(list, i));
    return endpoints;
}

int flow_streams_run(int argc, char **argv, const struct CMUnitTest *tests, size_t n)
{
    int failed;

    for (int i = 1; i < argc; i++)
        flow_streams_read(argv[i]);
    failed = _cmocka_run_group_tests("tests", tests, n, NULL, NULL);
    flow_streams_free();
    return failed;
}
