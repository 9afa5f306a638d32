/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Filters of HTTP and DNS: see filter.h.
 *
 * The path of a URL is what Go's url.ParseRequestURI finds in it, percent-decoded; a URL that it refuses matches nothing.
 *
 * Sources: Cilium v1.20.2 pkg/hubble/filters (http.go, fqdn.go); Go 1.26 net/url (parse, parseAuthority, parseHost, unescape).
 */

#include "flow/filter.h"

#include <string.h>

#include "flow/filter_url.h"

static const struct cnipol_flow_l7 *l7_of(const struct cnipol_flow *flow, int32_t kind)
{
    return flow->l7 && flow->l7->kind == kind ? flow->l7 : NULL;
}

/* A status: three digits, or one or two and a plus. */
struct status {
    uint32_t lo, hi;
};

static int matches_status(const struct np_test *test, const struct cnipol_flow *flow)
{
    const struct cnipol_flow_l7 *http = l7_of(flow, CNIPOL_L7_HTTP);
    const struct status *wanted = test->data;
    uint32_t code = http ? http->code : 0;

    for (uint32_t i = 0; code && i < test->n; i++) {
        uint32_t digits = code;

        while (wanted[i].hi - wanted[i].lo > 0 && digits > 999)
            digits /= 10; /* a prefix looks at the first digits, whatever follows */
        if (digits >= wanted[i].lo && digits <= wanted[i].hi)
            return 1;
    }
    return 0;
}

static bool parse_status(struct np_str text, struct status *out)
{
    uint32_t n = text.n, value = 0;
    bool prefix = n > 1 && text.s[n - 1] == '+';

    n -= prefix;
    if (prefix ? n > 2 : n != 3)
        return false;
    for (uint32_t i = 0; i < n; i++) {
        if (text.s[i] < (i ? '0' : '1') || text.s[i] > (i ? '9' : '5'))
            return false;
        value = value * 10 + (uint32_t)(text.s[i] - '0');
    }
    out->lo = value * (n == 1 ? 100 : n == 2 ? 10 : 1);
    out->hi = out->lo + (n == 1 ? 99 : n == 2 ? 9 : 0);
    return true;
}

int np_test_http_status(struct np_filter_job *job, const struct np_spec_list *values, struct np_test *out)
{
    struct status *wanted = np_arena_array(&job->filter->arena, values->n, sizeof *wanted);

    if (!wanted)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < values->n; i++)
        if (!parse_status(values->items[i].text, &wanted[i]))
            return np_filter_wrong_value(job, &values->items[i], "an HTTP status is three digits (404), or the first ones and a plus (5+, 40+)");
    out->matches = matches_status;
    out->data = wanted;
    return CNIPOL_OK;
}

static bool equal_fold(struct np_str a, struct np_str b)
{
    if (a.n != b.n)
        return false;
    for (uint32_t i = 0; i < a.n; i++) {
        char x = a.s[i], y = b.s[i];

        if (x >= 'A' && x <= 'Z')
            x |= 0x20;
        if (y >= 'A' && y <= 'Z')
            y |= 0x20;
        if (x != y)
            return false;
    }
    return true;
}

static int matches_method(const struct np_test *test, const struct cnipol_flow *flow)
{
    const struct cnipol_flow_l7 *http = l7_of(flow, CNIPOL_L7_HTTP);
    const struct np_str *wanted = test->data;

    for (uint32_t i = 0; http && http->method.n && i < test->n; i++)
        if (equal_fold(wanted[i], np_str_of_text(http->method)))
            return 1;
    return 0;
}

int np_test_http_method(struct np_filter_job *job, const struct np_spec_list *values, struct np_test *out)
{
    out->matches = matches_method;
    out->data = np_test_texts(job, values);
    return out->data ? CNIPOL_OK : CNIPOL_E_NOMEM;
}

struct header {
    struct np_str key, value;
};

static bool header_wanted(const struct np_test *test, const struct cnipol_flow_pair *pair)
{
    const struct header *wanted = test->data;

    for (uint32_t i = 0; i < test->n; i++)
        if (np_str_eq(wanted[i].key, np_str_of_text(pair->key)) && np_str_eq(wanted[i].value, np_str_of_text(pair->value)))
            return true;
    return false;
}

static int matches_header(const struct np_test *test, const struct cnipol_flow *flow)
{
    const struct cnipol_flow_l7 *http = l7_of(flow, CNIPOL_L7_HTTP);

    for (uint32_t i = 0; http && i < http->n_headers; i++)
        if (header_wanted(test, &http->headers[i]))
            return 1;
    return 0;
}

int np_test_http_header(struct np_filter_job *job, const struct np_spec_list *values, struct np_test *out)
{
    struct header *wanted = np_arena_array(&job->filter->arena, values->n, sizeof *wanted);

    for (uint32_t i = 0; wanted && i < values->n; i++)
        wanted[i] = (struct header){values->items[i].text, values->items[i].other};
    out->matches = matches_header;
    out->data = wanted;
    return wanted ? CNIPOL_OK : CNIPOL_E_NOMEM;
}

static int any_regex(const struct np_test *test, struct np_str text)
{
    const struct np_regex *const *all = test->data;
    int result = 0;

    for (uint32_t i = 0; i < test->n; i++) {
        int rc = np_regex_matches(all[i], text);

        if (rc == 1)
            return 1;
        if (rc < 0)
            result = rc;
    }
    return result;
}

static int with_regexes(struct np_filter_job *job, const struct np_spec_list *values, struct np_test *out)
{
    const struct np_regex **all = np_arena_array(&job->filter->arena, values->n, sizeof *all);
    int rc = all ? CNIPOL_OK : CNIPOL_E_NOMEM;

    for (uint32_t i = 0; rc == CNIPOL_OK && i < values->n; i++)
        rc = np_filter_regex(job, &values->items[i], values->items[i].text, &all[i]);
    out->data = all;
    return rc;
}

static int matches_url(const struct np_test *test, const struct cnipol_flow *flow)
{
    const struct cnipol_flow_l7 *http = l7_of(flow, CNIPOL_L7_HTTP);

    return http && http->url.n ? any_regex(test, np_str_of_text(http->url)) : 0;
}

int np_test_http_url(struct np_filter_job *job, const struct np_spec_list *values, struct np_test *out)
{
    out->matches = matches_url;
    return with_regexes(job, values, out);
}

static int matches_path(const struct np_test *test, const struct cnipol_flow *flow)
{
    const struct cnipol_flow_l7 *http = l7_of(flow, CNIPOL_L7_HTTP);
    char room[NP_URL_PATH_MAX];
    struct np_str path;
    int rc = http && http->url.n ? np_url_path(np_str_of_text(http->url), room, &path) : 0;

    return rc == 1 ? any_regex(test, path) : rc;
}

int np_test_http_path(struct np_filter_job *job, const struct np_spec_list *values, struct np_test *out)
{
    out->matches = matches_path;
    return with_regexes(job, values, out);
}

static int matches_query(const struct np_test *test, const struct cnipol_flow *flow)
{
    const struct cnipol_flow_l7 *dns = l7_of(flow, CNIPOL_L7_DNS);

    return dns ? any_regex(test, np_str_of_text(dns->query)) : 0;
}

int np_test_dns_query(struct np_filter_job *job, const struct np_spec_list *values, struct np_test *out)
{
    out->matches = matches_query;
    return with_regexes(job, values, out);
}
