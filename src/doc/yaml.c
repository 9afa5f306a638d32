/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The YAML reader: libyaml's events into a tree.
 *
 * Events are asked for one at a time and depth is checked at each start, so libyaml never nests
 * deeper than the limit plus the 1024 characters that it looks ahead. An anchor remembers its closed
 * node; an alias copies that node's header and shares what is below. What sharing hides is counted:
 * an anchor knows how many nodes it stands for, and how high it is.
 *
 * Where libyaml 0.2.5 and go-yaml v2, which the API server's clients use, read differently, the
 * stricter reading of go-yaml is enforced here: %YAML 1.2, `\/` in quotes, `?` inside plain scalars of
 * flow collections, and documents that are mostly made of aliases. The other way round there is one
 * known case: libyaml refuses a plain scalar that ends in a colon before , ] or } (`[fd00::]`).
 *
 * Sources: libyaml 0.2.5 yaml.h, parser.c, scanner.c; go.yaml.in/yaml/v2 v2.4.2 decode.go, parserc.go.
 */

#include <yaml.h>

#include "doc/build.h"
#include "doc/marks.h"
#include "doc/readers.h"
#include "doc/scalar.h"

#define MERGE_TAG "tag:yaml.org,2002:merge"
/* More %TAG lines in a row than this are refused: libyaml compares each with all before it. */
#define DIRECTIVES_MAX 256u

struct anchor {
    struct np_str name;
    struct np_node node; /* raw: floats not settled */
    uint32_t height;
    bool open;
    uint64_t weight; /* nodes behind it, aliases expanded, as go-yaml counts decodings */
};

struct reader {
    const struct np_doc_job *job;
    yaml_parser_t parser;
    struct np_build build;
    struct np_marks marks;
    struct np_buf scratch;
    struct np_arena names; /* of anchors; per document */
    struct anchor *anchors;
    uint32_t n_anchors;
    uint32_t anchors_cap;
    struct np_hmap by_name;
    uint32_t *open; /* by depth: number of the anchor of an open list or map, or NP_NONE */
    uint32_t open_cap;
    uint64_t *began; /* by depth: `decoded` when it opened */
    uint32_t began_cap;
    uint32_t flow;    /* depth of flow collections */
    uint64_t decoded; /* go-yaml's decodeCount */
    uint64_t aliased; /* go-yaml's aliasCount */
    uint32_t index;
};

static struct np_span event_span(struct reader *r, const yaml_event_t *event)
{
    uint32_t start = np_marks_byte(&r->marks, event->start_mark.index);

    return (struct np_span){r->job->source, start, np_marks_byte(&r->marks, event->end_mark.index)};
}

static struct np_diag *refuse(struct reader *r, struct np_span span, const char *message)
{
    return np_diag_raise(&r->job->ctx->diags, NP_YAML_SYNTAX, span, "%s", message);
}

static bool anchor_eq(const void *ctx, const void *key, uint32_t value)
{
    const struct reader *r = ctx;

    return np_str_eq(*(const struct np_str *)key, r->anchors[value].name);
}

static struct anchor *find_anchor(const struct reader *r, const yaml_char_t *name)
{
    struct np_str key = np_str_of((const char *)name);
    uint32_t found = np_hmap_get(&r->by_name, np_hash(key.s, key.n), anchor_eq, r, &key);

    return found == NP_NONE ? NULL : &r->anchors[found];
}

/* A new anchor, or the old one of that name to be defined anew. NP_NONE: out of memory. */
static uint32_t add_anchor(struct reader *r, const yaml_char_t *name)
{
    struct anchor *known = find_anchor(r, name);
    struct np_str text = np_str_of((const char *)name);
    void *grown;

    if (known)
        return (uint32_t)(known - r->anchors);
    grown = np_grow(&r->job->ctx->mem, r->anchors, &r->anchors_cap, r->n_anchors + 1, sizeof *r->anchors);
    if (!grown)
        return NP_NONE;
    r->anchors = grown;
    text.s = np_arena_strndup(&r->names, text.s, text.n);
    if (!text.s || np_hmap_put(&r->by_name, np_hash(text.s, text.n), r->n_anchors))
        return NP_NONE;
    r->anchors[r->n_anchors] = (struct anchor){.name = text};
    return r->n_anchors++;
}

/* Has a scalar, as written, the tag `!`, maybe after an anchor? libyaml drops that one. */
static bool is_tagged(const struct reader *r, struct np_span span)
{
    const char *p = r->job->bytes + span.start, *end = r->job->bytes + span.end;

    if (p < end && *p == '&') {
        while (p < end && !strchr(" \t\r\n", *p))
            p++;
        while (p < end && strchr(" \t\r\n#", *p)) {
            if (*p == '#')
                while (p + 1 < end && p[1] != '\n' && p[1] != '\r')
                    p++;
            p++;
        }
    }
    return p < end && *p == '!';
}

/* Where libyaml takes what go-yaml refuses. */
static int check_scalar(struct reader *r, const yaml_event_t *event, struct np_span span)
{
    const char *text = (const char *)event->data.scalar.value, *p = r->job->bytes + span.start, *end = r->job->bytes + span.end;

    if (r->flow && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && memchr(text, '?', event->data.scalar.length)) {
        np_diag_help(&r->job->ctx->diags, refuse(r, span, "a text with a question mark inside [ ] or { } needs quotes"),
                     "put the text in quotes");
        return CNIPOL_E_SYNTAX;
    }
    if (event->data.scalar.style != YAML_DOUBLE_QUOTED_SCALAR_STYLE)
        return CNIPOL_OK;
    while ((p = memchr(p, '\\', (size_t)(end - p))) && end - p > 1) {
        if (p[1] == '/') {
            uint32_t at = (uint32_t)(p - r->job->bytes);

            np_diag_help(&r->job->ctx->diags,
                         refuse(r, (struct np_span){r->job->source, at, at + 2}, "the escape \\/ is no YAML to the API server's clients"),
                         "write / alone");
            return CNIPOL_E_SYNTAX;
        }
        p += 2;
    }
    return CNIPOL_OK;
}

static bool is_merge(const yaml_event_t *event)
{
    const char *tag = (const char *)event->data.scalar.tag;

    return event->data.scalar.length == 2 && memcmp(event->data.scalar.value, "<<", 2) == 0 &&
           (event->data.scalar.plain_implicit || (tag && strcmp(tag, MERGE_TAG) == 0));
}

static int resolve(struct reader *r, const yaml_event_t *event, struct np_span span, struct np_node *node)
{
    struct np_scalar scalar = {.text = {(const char *)event->data.scalar.value, (uint32_t)event->data.scalar.length},
                               .tag = (const char *)event->data.scalar.tag,
                               .plain = event->data.scalar.plain_implicit};
    const char *why = NULL;
    int rc;

    if (scalar.plain && !scalar.tag && (event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE || is_tagged(r, span)))
        scalar.tag = "!";
    rc = np_scalar_resolve(&scalar, &r->build.doc.arena, &r->scratch, node, &why);
    if (rc == CNIPOL_E_SYNTAX)
        refuse(r, span, why);
    if (!rc && node->kind == NP_NODE_STRING && node->s == scalar.text.s && !np_build_text(&r->build, scalar.text, node))
        return CNIPOL_E_NOMEM;
    return rc;
}

/* A resolved node, or a copy of an anchor's, becomes a key or a value. */
static int put(struct reader *r, struct np_node node, uint32_t height)
{
    int rc = CNIPOL_OK;

    if (np_build_at_key(&r->build))
        rc = np_scalar_key(&node, &r->build.doc.arena);
    else
        np_scalar_settle(&node);
    if (rc == CNIPOL_E_SYNTAX)
        refuse(r, (struct np_span){r->job->source, node.start, node.end}, "a key must be a string, a number or a boolean");
    return rc ? rc : np_build_put(&r->build, node, height);
}

/* The end of a block scalar without the line breaks that follow it. */
static void trim(const struct reader *r, struct np_span *span)
{
    while (span->end > span->start && strchr(" \t\r\n", r->job->bytes[span->end - 1]))
        span->end--;
}

static int on_scalar(struct reader *r, const yaml_event_t *event)
{
    struct np_span span = event_span(r, event);
    struct np_node node = {.start = span.start};
    bool merge = np_build_at_key(&r->build) && is_merge(event);
    uint32_t anchor;
    int rc = check_scalar(r, event, span);

    if (event->data.scalar.style == YAML_LITERAL_SCALAR_STYLE || event->data.scalar.style == YAML_FOLDED_SCALAR_STYLE)
        trim(r, &span);
    node.end = span.end;
    if (event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
        node.flags = NP_NODE_QUOTED;
    if (!rc)
        rc = resolve(r, event, span, &node);
    if (rc)
        return rc;
    r->decoded += !merge;
    if (event->data.scalar.anchor) {
        anchor = add_anchor(r, event->data.scalar.anchor);
        if (anchor == NP_NONE)
            return CNIPOL_E_NOMEM;
        r->anchors[anchor] = (struct anchor){.name = r->anchors[anchor].name, .node = node, .weight = 1};
    }
    if (merge)
        node.flags |= NP_NODE_MERGE;
    return put(r, node, 0);
}

/* go-yaml's guard: the more a document decodes, the smaller the part that aliases may make. */
static bool excessive(const struct reader *r)
{
    const double low = 400000, high = 4000000;
    double decoded = (double)r->decoded, allowed = 0.99;

    if (r->aliased <= 100 || r->decoded <= 1000)
        return false;
    if (decoded >= high)
        allowed = 0.10;
    else if (decoded > low)
        allowed = 0.99 - 0.89 * ((decoded - low) / (high - low));
    return (double)r->aliased / decoded > allowed;
}

static int on_alias(struct reader *r, const yaml_event_t *event)
{
    struct np_span span = event_span(r, event);
    struct anchor *anchor = find_anchor(r, event->data.alias.anchor);
    struct np_node node;
    int rc;

    if (!anchor || anchor->open) {
        refuse(r, span, anchor ? "the alias stands inside the node that it repeats" : "no anchor of this name was defined before");
        return CNIPOL_E_SYNTAX;
    }
    r->decoded += 1 + anchor->weight;
    r->aliased += anchor->weight;
    rc = np_build_expand(&r->build, anchor->weight, span);
    if (rc)
        return rc;
    if (excessive(r)) {
        np_diag_raise(&r->job->ctx->diags, NP_LIMIT_ALIASES, span, "nearly all of the document comes from aliases");
        return CNIPOL_E_LIMIT;
    }
    node = anchor->node;
    node.flags |= NP_NODE_ALIASED;
    rc = put(r, node, anchor->height);
    np_build_reach(&r->build, span.end);
    return rc;
}

/* Is the node about to be opened the list of a merge key, which go-yaml does not decode? */
static bool is_merge_list(const struct reader *r, bool map)
{
    const struct np_build *build = &r->build;

    return !map && build->depth && build->frames[build->depth - 1].map && !np_build_at_key(build) &&
           (build->nodes[build->n - 1].flags & NP_NODE_MERGE);
}

static int on_open(struct reader *r, const yaml_event_t *event, const yaml_char_t *name, bool map, bool flow)
{
    struct np_span span = event_span(r, event);
    struct np_mem *mem = &r->job->ctx->mem;
    uint32_t depth = r->build.depth, anchor = NP_NONE;
    bool decoded = !is_merge_list(r, map);
    void *open, *began;
    int rc;

    if (np_build_at_key(&r->build)) {
        refuse(r, span, "a key must be a string, a number or a boolean");
        return CNIPOL_E_SYNTAX;
    }
    rc = np_build_open(&r->build, map, span.start);
    if (rc)
        return rc;
    open = np_grow(mem, r->open, &r->open_cap, depth + 1, sizeof *r->open);
    r->open = open ? open : r->open;
    began = np_grow(mem, r->began, &r->began_cap, depth + 1, sizeof *r->began);
    r->began = began ? began : r->began;
    if (name) {
        anchor = add_anchor(r, name);
        if (anchor == NP_NONE)
            return CNIPOL_E_NOMEM;
        r->anchors[anchor] = (struct anchor){.name = r->anchors[anchor].name, .open = true};
    }
    if (!open || !began)
        return CNIPOL_E_NOMEM;
    r->open[depth] = anchor;
    r->began[depth] = r->decoded;
    r->decoded += decoded;
    r->flow += flow || r->flow;
    return CNIPOL_OK;
}

static int on_close(struct reader *r, const yaml_event_t *event)
{
    uint32_t end = r->flow ? np_marks_byte(&r->marks, event->end_mark.index) : 0;
    uint32_t anchor, depth;
    int rc = np_build_close(&r->build, end, 0);

    if (rc)
        return rc;
    r->flow -= r->flow > 0;
    depth = r->build.depth;
    anchor = r->open[depth];
    if (anchor != NP_NONE && r->anchors[anchor].open) {
        r->anchors[anchor].node = r->build.nodes[r->build.n - 1];
        r->anchors[anchor].height = r->build.height;
        r->anchors[anchor].weight = r->decoded - r->began[depth];
        r->anchors[anchor].open = false;
    }
    return CNIPOL_OK;
}

static int on_document_start(struct reader *r, const yaml_event_t *event)
{
    const yaml_version_directive_t *version = event->data.document_start.version_directive;
    struct np_span span = event_span(r, event);

    if (r->index >= r->job->ctx->limits[CNIPOL_LIMIT_DOCUMENTS])
        return np_build_limit(&r->build, NP_LIMIT_DOCUMENTS, CNIPOL_LIMIT_DOCUMENTS, span);
    if (version && (version->major != 1 || version->minor != 1)) {
        refuse(r, span, "the API server's clients read YAML 1.1 only");
        return CNIPOL_E_SYNTAX;
    }
    np_build_reset(&r->build, r->index++);
    np_arena_reset(&r->names);
    np_hmap_free(&r->by_name);
    r->n_anchors = 0;
    r->flow = 0;
    r->decoded = 1;
    r->aliased = 0;
    return CNIPOL_OK;
}

static int on_document_end(struct reader *r)
{
    int rc = np_build_finish(&r->build);

    return rc ? rc : r->job->fn(r->job->user, &r->build.doc);
}

static int on_event(struct reader *r, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return on_document_start(r, event);
    case YAML_DOCUMENT_END_EVENT:
        return on_document_end(r);
    case YAML_ALIAS_EVENT:
        return on_alias(r, event);
    case YAML_SCALAR_EVENT:
        return on_scalar(r, event);
    case YAML_SEQUENCE_START_EVENT:
        return on_open(r, event, event->data.sequence_start.anchor, false, event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE);
    case YAML_MAPPING_START_EVENT:
        return on_open(r, event, event->data.mapping_start.anchor, true, event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return on_close(r, event);
    default:
        return CNIPOL_OK;
    }
}

static struct np_span one_byte(const struct reader *r, size_t at)
{
    uint32_t start = (uint32_t)(at < r->job->size ? at : r->job->size);

    return (struct np_span){r->job->source, start, start + (start < r->job->size)};
}

static int on_error(struct reader *r)
{
    const yaml_parser_t *parser = &r->parser;
    struct np_diags *diags = &r->job->ctx->diags;
    const char *problem = parser->problem ? parser->problem : "the text is not YAML";
    struct np_diag *d;

    if (parser->error == YAML_MEMORY_ERROR)
        return CNIPOL_E_NOMEM;
    if (parser->error == YAML_READER_ERROR) {
        np_diag_raise(diags, NP_YAML_SYNTAX, one_byte(r, parser->problem_offset), "%s", problem);
        return CNIPOL_E_SYNTAX;
    }
    d = np_diag_raise(diags, NP_YAML_SYNTAX, one_byte(r, np_marks_byte(&r->marks, parser->problem_mark.index)), "%s", problem);
    if (strcmp(problem, "found unexpected ':'") == 0)
        np_diag_help(diags, d, "put a text that ends in a colon in quotes inside [ ] and { }");
    if (parser->context)
        np_diag_second(diags, d, one_byte(r, np_marks_byte(&r->marks, parser->context_mark.index)), "%s", parser->context);
    return CNIPOL_E_SYNTAX;
}

/* Too many directives in a row: where; else NULL. */
static const char *too_many_directives(const struct np_doc_job *job)
{
    const char *end = job->bytes + job->size, *p = memmem(job->bytes, job->size, "%TAG", 4);
    uint32_t n = 0;

    while (p && p < end && n <= DIRECTIVES_MAX) {
        if (*p == '%')
            n++;
        else if (!strchr("#\r\n \t", *p))
            n = 0;
        p = memchr(p, '\n', (size_t)(end - p));
        p = p ? p + 1 : end;
    }
    return n > DIRECTIVES_MAX ? p : NULL;
}

static int run(struct reader *r)
{
    int rc = CNIPOL_OK;
    bool more = true;

    while (more && !rc) {
        yaml_event_t event;

        if (!yaml_parser_parse(&r->parser, &event))
            return on_error(r);
        more = event.type != YAML_STREAM_END_EVENT && event.type != YAML_NO_EVENT;
        rc = on_event(r, &event);
        yaml_event_delete(&event);
    }
    return rc;
}

static void free_reader(struct reader *r)
{
    struct np_mem *mem = &r->job->ctx->mem;

    np_free(mem, r->anchors, (size_t)r->anchors_cap * sizeof *r->anchors);
    np_free(mem, r->open, (size_t)r->open_cap * sizeof *r->open);
    np_free(mem, r->began, (size_t)r->began_cap * sizeof *r->began);
    np_hmap_free(&r->by_name);
    np_arena_free(&r->names);
    np_buf_free(&r->scratch);
    np_build_free(&r->build);
}

int np_yaml_read(const struct np_doc_job *job)
{
    struct reader r = {.job = job};
    const char *directives = too_many_directives(job);
    int rc;

    if (directives) {
        refuse(&r, one_byte(&r, (size_t)(directives - job->bytes)), "too many %TAG directives in a row");
        return CNIPOL_E_SYNTAX;
    }
    np_build_init(&r.build, job->ctx, job->source);
    np_marks_init(&r.marks, job->bytes, job->size, job->bom);
    np_buf_init(&r.scratch, &job->ctx->mem);
    np_arena_init(&r.names, &job->ctx->mem);
    np_hmap_init(&r.by_name, &job->ctx->mem);
    if (yaml_parser_initialize(&r.parser)) {
        yaml_parser_set_input_string(&r.parser, (const unsigned char *)job->bytes, job->size);
        rc = run(&r);
    } else {
        rc = CNIPOL_E_NOMEM;
    }
    yaml_parser_delete(&r.parser);
    free_reader(&r);
    return rc;
}
