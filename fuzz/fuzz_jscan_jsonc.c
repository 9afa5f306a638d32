/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Our JSON scanner against json-c.
 *
 * What we take as one JSON value, json-c in its strict mode must take too, with the same values. The
 * other way round json-c takes more than RFC 8259: literals in any case, NaN and Infinity, control
 * characters in strings, bytes that are no UTF-8 outside of its check. So what json-c alone takes is
 * compared only where the text has none of that.
 */

#include <ctype.h>

#include <json-c/json.h>

#include "doc/reader.h"
#include "fuzz.h"

struct taken {
    struct json_object *theirs;
    uint32_t n;
};

static void compare(const struct np_node *ours, struct json_object *theirs);

static void compare_map(const struct np_node *ours, struct json_object *theirs)
{
    FUZZ_CHECK(json_object_is_type(theirs, json_type_object));
    FUZZ_CHECK((uint32_t)json_object_object_length(theirs) == ours->n);
    for (uint32_t i = 0; i < ours->n; i++) {
        struct json_object *value;

        FUZZ_CHECK(json_object_object_get_ex(theirs, ours->pairs[i].key.s, &value));
        compare(&ours->pairs[i].value, value);
    }
}

static void compare_list(const struct np_node *ours, struct json_object *theirs)
{
    FUZZ_CHECK(json_object_is_type(theirs, json_type_array));
    FUZZ_CHECK(json_object_array_length(theirs) == ours->n);
    for (uint32_t i = 0; i < ours->n; i++)
        compare(&ours->items[i], json_object_array_get_idx(theirs, i));
}

static void compare_float(const struct np_node *ours, struct json_object *theirs)
{
    if (json_object_is_type(theirs, json_type_double)) /* else an integer that json-c clamped to 64 bits */
        FUZZ_CHECK(json_object_get_double(theirs) == ours->f);
}

static void compare_string(const struct np_node *ours, struct json_object *theirs)
{
    FUZZ_CHECK(json_object_is_type(theirs, json_type_string));
    FUZZ_CHECK((uint32_t)json_object_get_string_len(theirs) == ours->n);
    FUZZ_CHECK(memcmp(json_object_get_string(theirs), ours->s, ours->n) == 0);
}

static void compare(const struct np_node *ours, struct json_object *theirs)
{
    switch ((enum np_node_kind)ours->kind) {
    case NP_NODE_NULL:
        FUZZ_CHECK(!theirs);
        break;
    case NP_NODE_BOOL:
        FUZZ_CHECK(json_object_is_type(theirs, json_type_boolean) && !json_object_get_boolean(theirs) == !ours->b);
        break;
    case NP_NODE_INT:
        FUZZ_CHECK(json_object_is_type(theirs, json_type_int) && json_object_get_int64(theirs) == ours->i);
        break;
    case NP_NODE_UINT:
        FUZZ_CHECK(json_object_is_type(theirs, json_type_int) && json_object_get_uint64(theirs) == ours->u);
        break;
    case NP_NODE_FLOAT:
        compare_float(ours, theirs);
        break;
    case NP_NODE_STRING:
        compare_string(ours, theirs);
        break;
    case NP_NODE_LIST:
        compare_list(ours, theirs);
        break;
    case NP_NODE_MAP:
        compare_map(ours, theirs);
        break;
    }
}

static int on_document(void *user, struct np_doc *doc)
{
    struct taken *taken = user;

    if (taken->n++ == 0 && taken->theirs != (struct json_object *)taken)
        compare(&doc->root, taken->theirs);
    return 0;
}

/* Are the bytes plain enough for both to mean the same? */
static bool is_comparable(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (data[i] >= 0x80 || (data[i] < 0x20 && data[i] != '\n') || data[i] == 0x7f)
            return false;
    return !memmem(data, size, "\\u", 2);
}

/* json-c's verdict on all of the bytes: true with *out (NULL for null). */
static bool parse_theirs(const char *text, size_t size, struct json_object **out)
{
    struct json_tokener *tokener = json_tokener_new_ex(128);
    bool ok;

    FUZZ_CHECK(tokener != NULL);
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    *out = json_tokener_parse_ex(tokener, text, (int)size + 1);
    ok = json_tokener_get_error(tokener) == json_tokener_success && json_tokener_get_parse_end(tokener) >= size;
    if (!ok) {
        json_object_put(*out);
        *out = NULL;
    }
    json_tokener_free(tokener);
    return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct taken taken = {NULL, 0}, count = {(struct json_object *)&count, 0};
    struct cnipol_ctx *ctx = fuzz_ctx();
    char *text = malloc(size + 1);
    uint32_t source;
    int status;
    bool theirs;

    FUZZ_CHECK(text != NULL && size < INT32_MAX);
    memcpy(text, data, size);
    text[size] = '\0';
    source = np_sources_add(&ctx->sources, "fuzz", text, size, false);
    status = np_doc_read(ctx, source, NP_DOC_JSON, on_document, &count);
    if (status == CNIPOL_OK && count.n == 1 && is_comparable(data, size)) {
        theirs = parse_theirs(text, size, &taken.theirs);
        FUZZ_CHECK(theirs);
        FUZZ_CHECK(np_doc_read(ctx, source, NP_DOC_JSON, on_document, &taken) == CNIPOL_OK);
        json_object_put(taken.theirs);
    }
    free(text);
    cnipol_ctx_free(ctx);
    return 0;
}
