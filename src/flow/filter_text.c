/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Filters of names: see filter.h.
 *
 * Pods and services are [NS/]PREFIX: the namespace is exact and "default" where none is written, an empty one is any. Names with
 * patterns (DNS names, nodes) become one regular expression each, as upstream makes them.
 *
 * Sources: Cilium v1.20.2 pkg/hubble/filters (uuid.go, tracing.go, cluster_name.go, workload.go, k8s.go, network_interface.go, fqdn.go,
 * nodename.go, patterns.go), pkg/hubble/k8s/utils.go.
 */

#include "flow/filter.h"

#include <string.h>

#include "base/utf8.h"

static int matches_uuid(const struct np_test *test, const struct cnipol_flow *flow)
{
    return !flow->event && np_test_has_text(test, np_str_of_text(flow->uuid));
}

static int matches_trace_id(const struct np_test *test, const struct cnipol_flow *flow)
{
    return np_test_has_text(test, np_str_of_text(flow->trace_id));
}

static int matches_cluster(const struct np_test *test, const struct cnipol_flow *flow)
{
    return np_test_has_text(test, np_str_of_text(np_test_end(test, flow)->cluster));
}

static int with_texts(struct np_filter_job *job, const struct np_spec_list *values, struct np_test *out)
{
    out->data = np_test_texts(job, values);
    return out->data ? CNIPOL_OK : CNIPOL_E_NOMEM;
}

int np_test_uuid(struct np_filter_job *job, const struct np_spec_list *values, struct np_test *out)
{
    out->matches = matches_uuid;
    return with_texts(job, values, out);
}

int np_test_trace_id(struct np_filter_job *job, const struct np_spec_list *values, struct np_test *out)
{
    out->matches = matches_trace_id;
    return with_texts(job, values, out);
}

int np_test_cluster(struct np_filter_job *job, const struct np_spec_list *values, struct np_test *out)
{
    for (uint32_t i = 0; i < values->n; i++)
        if (values->items[i].text.n == 0)
            return np_filter_wrong_value(job, &values->items[i], "a cluster's name must not be empty");
    out->matches = matches_cluster;
    return with_texts(job, values, out);
}

/* Two texts: namespace and prefix of a name, kind and name of a workload, an interface's name alone. */
struct pair {
    struct np_str a, b;
    uint64_t number;
};

static struct pair *pairs_of(struct np_filter_job *job, const struct np_spec_list *values)
{
    struct pair *pairs = np_arena_array(&job->filter->arena, values->n, sizeof *pairs);

    for (uint32_t i = 0; pairs && i < values->n; i++)
        pairs[i] = (struct pair){values->items[i].text, values->items[i].other, values->items[i].number};
    return pairs;
}

static bool empty_or_equal(struct np_str wanted, struct np_str text)
{
    return wanted.n == 0 || np_str_eq(wanted, text);
}

static bool workload_wanted(const struct np_test *test, const struct cnipol_flow_workload *workload)
{
    const struct pair *pairs = test->data;

    for (uint32_t i = 0; i < test->n; i++)
        if (empty_or_equal(pairs[i].a, np_str_of_text(workload->kind)) && empty_or_equal(pairs[i].b, np_str_of_text(workload->name)))
            return true;
    return false;
}

static int matches_workload(const struct np_test *test, const struct cnipol_flow *flow)
{
    const struct cnipol_flow_end *end = np_test_end(test, flow);

    for (uint32_t i = 0; i < end->n_workloads; i++)
        if (workload_wanted(test, &end->workloads[i]))
            return 1;
    return 0;
}

int np_test_workload(struct np_filter_job *job, const struct np_spec_list *values, struct np_test *out)
{
    out->matches = matches_workload;
    out->data = pairs_of(job, values);
    return out->data ? CNIPOL_OK : CNIPOL_E_NOMEM;
}

static int matches_interface(const struct np_test *test, const struct cnipol_flow *flow)
{
    const struct pair *pairs = test->data;

    if (!(flow->has & CNIPOL_HAS_INTERFACE) && !flow->interface_name.s)
        return 0;
    for (uint32_t i = 0; i < test->n; i++)
        if ((pairs[i].number == 0 || pairs[i].number == flow->interface_index) &&
            empty_or_equal(pairs[i].a, np_str_of_text(flow->interface_name)))
            return 1;
    return 0;
}

int np_test_interface(struct np_filter_job *job, const struct np_spec_list *values, struct np_test *out)
{
    out->matches = matches_interface;
    out->data = pairs_of(job, values);
    return out->data ? CNIPOL_OK : CNIPOL_E_NOMEM;
}

/* [NS/]PREFIX; what follows a second slash is passed over, as upstream does. */
static struct pair namespaced(struct np_str text)
{
    const char *slash = memchr(text.s, '/', text.n), *second;
    struct np_str name;

    if (!slash)
        return (struct pair){NP_STR("default"), text, 0};
    name = (struct np_str){slash + 1, text.n - (uint32_t)(slash - text.s) - 1};
    second = memchr(name.s, '/', name.n);
    if (second)
        name.n = (uint32_t)(second - name.s);
    return (struct pair){{text.s, (uint32_t)(slash - text.s)}, name, 0};
}

static int name_wanted(const struct np_test *test, struct np_str ns, struct np_str name)
{
    const struct pair *pairs = test->data;

    if (ns.n == 0 && name.n == 0)
        return 0;
    for (uint32_t i = 0; i < test->n; i++)
        if (empty_or_equal(pairs[i].a, ns) && name.n >= pairs[i].b.n && memcmp(name.s, pairs[i].b.s, pairs[i].b.n) == 0)
            return 1;
    return 0;
}

static int matches_pod(const struct np_test *test, const struct cnipol_flow *flow)
{
    const struct cnipol_flow_end *end = np_test_end(test, flow);

    return name_wanted(test, np_str_of_text(end->ns), np_str_of_text(end->pod));
}

static int matches_service(const struct np_test *test, const struct cnipol_flow *flow)
{
    const struct cnipol_flow_end *end = np_test_end(test, flow);

    return name_wanted(test, np_str_of_text(end->service_ns), np_str_of_text(end->service));
}

static int with_names(struct np_filter_job *job, const struct np_spec_list *values, struct np_test *out)
{
    struct pair *pairs = np_arena_array(&job->filter->arena, values->n, sizeof *pairs);

    if (!pairs)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < values->n; i++) {
        if (values->items[i].text.n == 0)
            return np_filter_wrong_value(job, &values->items[i], "a name must not be empty; NS/ is all of a namespace");
        pairs[i] = namespaced(values->items[i].text);
    }
    out->data = pairs;
    return CNIPOL_OK;
}

int np_test_pod(struct np_filter_job *job, const struct np_spec_list *values, struct np_test *out)
{
    out->matches = matches_pod;
    return with_names(job, values, out);
}

int np_test_service(struct np_filter_job *job, const struct np_spec_list *values, struct np_test *out)
{
    out->matches = matches_service;
    return with_names(job, values, out);
}

/* Patterns of names: the characters of DNS names, and * for any of them. */

#define ANY_NAME "(?:[-0-9_a-z]+(?:\\.[-0-9_a-z]+)*)"

static struct np_str trim(struct np_str s)
{
    uint32_t code, n;

    while (s.n && (n = np_utf8_next(s.s, s.n, &code), np_word_is_space(code))) {
        s.s += n;
        s.n -= n;
    }
    while (s.n && (n = np_utf8_before(s.s, s.n), np_utf8_next(s.s + s.n - n, n, &code), np_word_is_space(code)))
        s.n -= n;
    return s;
}

/* A character in lower case; the two beyond ASCII whose lower case is a letter of ASCII (K, I) as well. */
static uint32_t lower(uint32_t code)
{
    if (code >= 'A' && code <= 'Z')
        return code | 0x20;
    return code == 0x212a ? 'k' : code == 0x130 ? 'i' : code;
}

/* What is wrong with the pattern, or NULL; appends its regular expression. */
static const char *add_pattern(struct np_buf *out, struct np_str pattern)
{
    uint32_t code;

    pattern = trim(pattern);
    if (pattern.n && pattern.s[pattern.n - 1] == '.')
        pattern.n--;
    if (pattern.n == 0)
        return "a pattern must not be empty";
    if (pattern.s[pattern.n - 1] == '.')
        return "a pattern must not end in several dots";
    for (uint32_t at = 0; at < pattern.n;) {
        at += np_utf8_next(pattern.s + at, pattern.n - at, &code);
        code = lower(code);
        if (code == '.')
            np_buf_adds(out, "\\.");
        else if (code == '*')
            np_buf_adds(out, "[-.0-9a-z]*");
        else if (code == '-' || code == '_' || (code >= '0' && code <= '9') || (code >= 'a' && code <= 'z'))
            np_buf_addc(out, (char)code);
        else
            return "a pattern has letters, digits, '-', '_', '.' and '*' only";
    }
    return NULL;
}

/* [CLUSTER/]NODE; either may be left out. */
static const char *add_node(struct np_buf *out, struct np_str pattern)
{
    const char *slash = memchr(pattern.s, '/', pattern.n), *wrong = NULL;
    struct np_str cluster = {pattern.s, slash ? (uint32_t)(slash - pattern.s) : 0};
    struct np_str node = slash ? (struct np_str){slash + 1, pattern.n - cluster.n - 1} : pattern;

    if (pattern.n == 0)
        return "a pattern must not be empty";
    if (memchr(node.s, '/', node.n))
        return "a node's pattern is [CLUSTER/]NODE: there are too many slashes";
    if (cluster.n)
        wrong = add_pattern(out, cluster);
    else
        np_buf_adds(out, ANY_NAME);
    np_buf_addc(out, '/');
    if (wrong)
        return wrong;
    if (node.n)
        return add_pattern(out, node);
    np_buf_adds(out, ANY_NAME);
    return NULL;
}

static int with_patterns(struct np_filter_job *job, const struct np_spec_list *values,
                         const char *(*add)(struct np_buf *out, struct np_str pattern), struct np_test *out)
{
    const struct np_regex *regex = NULL;
    struct np_buf text;
    int rc = CNIPOL_OK;

    np_buf_init(&text, &job->ctx->mem);
    np_buf_adds(&text, "\\A(?:");
    for (uint32_t i = 0; rc == CNIPOL_OK && i < values->n; i++) {
        const char *wrong;

        if (i)
            np_buf_addc(&text, '|');
        wrong = add(&text, values->items[i].text);
        if (wrong)
            rc = np_filter_wrong_value(job, &values->items[i], wrong);
    }
    np_buf_adds(&text, ")\\z");
    if (rc == CNIPOL_OK && np_buf_failed(&text))
        rc = CNIPOL_E_NOMEM;
    if (rc == CNIPOL_OK)
        rc = np_filter_regex(job, &values->items[0], (struct np_str){text.s, (uint32_t)text.n}, &regex);
    np_buf_free(&text);
    out->data = regex;
    return rc;
}

static int matches_fqdn(const struct np_test *test, const struct cnipol_flow *flow)
{
    const struct cnipol_flow_end *end = np_test_end(test, flow);
    int result = 0;

    for (uint32_t i = 0; i < end->n_names; i++) {
        int rc = np_regex_matches(test->data, np_str_of_text(end->names[i]));

        if (rc == 1)
            return 1;
        if (rc < 0)
            result = rc;
    }
    return result;
}

int np_test_fqdn(struct np_filter_job *job, const struct np_spec_list *values, struct np_test *out)
{
    out->matches = matches_fqdn;
    return with_patterns(job, values, add_pattern, out);
}

#define NODE_MAX 1024u /* bytes of a node's name that has no cluster; a real one has at most 253 */

static int matches_node_name(const struct np_test *test, const struct cnipol_flow *flow)
{
    static const char cluster[] = "default/";
    struct np_str node = np_str_of_text(flow->node);
    char name[sizeof cluster + NODE_MAX];

    if (node.n == 0 || flow->event)
        return 0;
    if (memchr(node.s, '/', node.n))
        return np_regex_matches(test->data, node);
    if (node.n > NODE_MAX)
        return CNIPOL_E_LIMIT;
    memcpy(name, cluster, sizeof cluster - 1);
    memcpy(name + sizeof cluster - 1, node.s, node.n);
    return np_regex_matches(test->data, (struct np_str){name, (uint32_t)(sizeof cluster - 1 + node.n)});
}

int np_test_node_name(struct np_filter_job *job, const struct np_spec_list *values, struct np_test *out)
{
    out->matches = matches_node_name;
    return with_patterns(job, values, add_node, out);
}
