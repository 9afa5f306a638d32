/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Formats from first bytes: what is certain is recognised, and what is not is never taken for another. Arguments: vector files (JSON Lines).
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../support/flow_streams.h"
#include "flow/recognise.h"

static const char *recognised(const char *bytes, size_t n)
{
    const struct np_format *format = NULL;

    return np_recognise(bytes, n, true, &format) > 0 ? format->row.name : "-";
}

/* Rows of one format, and how many of them are known for what they are. */
struct tally {
    const char *format;
    uint32_t least; /* in a hundred */
    uint32_t rows, known;
};

static struct tally tallies[] = {
    {"hubble-json", 95, 0, 0},
    {"hubble-pb", 80, 0, 0},
    {"cilium-monitor", 85, 0, 0},
    {"goldmane-json", 80, 0, 0},
    {"whisker-json", 80, 0, 0},
    {"calico-flowlog-json", 60, 0, 0},
    {"calico-policy-string", 25, 0, 0},
    {"antrea-npl", 90, 0, 0},
    {"antrea-node-npl", 100, 0, 0},
    {"antrea-flow-csv", 95, 0, 0},
    {"antrea-ipfix", 85, 0, 0},
    {"antrea-ipfix-json", 60, 0, 0},
    {"antrea-clickhouse", 100, 0, 0},
    {"antrea-flowrecords-json", 100, 0, 0},
    {"antrea-suricata", 100, 0, 0},
    {"antrea-flow-pb", 50, 0, 0},
    {"aws-vpc", 80, 0, 0},
    {"aws-npa", 80, 0, 0},
    {"aws-npa-log", 100, 0, 0},
};

static void count(const struct flow_stream *stream, uint32_t row)
{
    size_t start = stream->starts[row], end = row + 1 < stream->rows ? stream->starts[row + 1] : stream->n;
    const char *own = stream->format->row.name, *name = recognised(stream->bytes + start, end - start);

    if (strcmp(name, own) != 0 && strcmp(name, "-") != 0)
        print_error("%s is taken for %s: %.*s\n", own, name, (int)(end - start), stream->bytes + start);
    assert_true(strcmp(name, own) == 0 || strcmp(name, "-") == 0);
    for (size_t i = 0; i < sizeof tallies / sizeof *tallies; i++) {
        bool is_own = strcmp(tallies[i].format, own) == 0;

        tallies[i].rows += is_own;
        tallies[i].known += is_own && strcmp(name, own) == 0;
    }
}

/* Bad rows, which are many, may be known or not. */
static void test_every_vector_is_its_own_or_nobodys(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_flow_streams; i++)
        for (uint32_t row = 0; row < flow_streams[i].rows; row++)
            count(&flow_streams[i], row);
    for (size_t i = 0; i < sizeof tallies / sizeof *tallies; i++) {
        if (tallies[i].known * 100 < tallies[i].least * tallies[i].rows)
            print_error("%s: %u of %u\n", tallies[i].format, tallies[i].known, tallies[i].rows);
        assert_true(tallies[i].known * 100 >= tallies[i].least * tallies[i].rows);
    }
}

static void test_texts(void **state)
{
    static const struct {
        const char *text, *format;
    } rows[] = {
        {"{\"lostEvents\":{\"source\":\"HUBBLE_RING_BUFFER\",\"numEventsLost\":\"12\"},\"nodeName\":\"k\",\"time\":\"2026-08-01T00:00:"
         "00Z\"}\n",
         "hubble-json"},
        {"{\"nodeStatus\":{\"stateChange\":\"NODE_CONNECTED\",\"nodeNames\":[\"k8s1\"]}}\n", "hubble-json"},
        {"{\"verdict\":\"FORWARDED\",\"source\":{\"podName\":\"p\"},\"eventType\":{\"type\":4}}\n", "hubble-json"},
        {"{\"flow\":{},\"nodeName\":\"k\"}\n", "hubble-json"},
        {"{\"Key\":{\"dest_name\":\"x\"},\"start_time\":18}\n", "goldmane-json"},
        {"{\"Key\":\"a\",\"Value\":\"b\"}\n", "-"},
        {"{\"ipfix\":{\"flowStartSeconds\":1,\"sourceIPv4Address\":\"10.0.0.1\"},\"@timestamp\":\"2023-11-14T22:14:20Z\"}\n", "antrea-ipfix-json"},
        {"{\"ipfix\":{\"a\":1}}\n", "-"},
        {"{\"flowStartSeconds\":\"2023-11-14 22:14:20\",\"sourceIP\":\"10.0.0.1\"}\n", "antrea-clickhouse"},
        {"flowStartSeconds\tsourceIP\n", "antrea-clickhouse"},
        {"{}\n", "-"},
        {"[]\n", "-"},
        {"hello\nworld\n", "-"},
        {"\n \t\r\n", "-"},
        /* cut off at its head */
        {"80 TCP 60 <nil>\n2023/07/04 12:45:21.804416 IngressDefaultRule AntreaNetworkPolicy:default/a r Ingress Reject 16 default/n "
         "10.10.1.7 53646 10.10.1.14 80 TCP 60 l\n",
         "antrea-npl"},
        {"s\"]}}\n{\"flow\":{\"verdict\":\"DROPPED\"}}\n", "hubble-json"},
        {"a\nb\n{\"flow\":{\"verdict\":\"DROPPED\"}}\n", "-"},
        /* a list of columns that somebody chose has no mark */
        {"srcaddr;dstaddr\n10.0.0.1;10.0.0.2\n", "-"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(recognised(rows[i].text, strlen(rows[i].text)), rows[i].format);
}

/* An event of AWS's agent and one of Cilium's monitor may be the same bytes. */
static void test_events(void **state)
{
    static const struct {
        uint8_t bytes[64];
        size_t n;
        const char *format;
    } rows[] = {
        {{24, 0, 0, 0, 10, 0, 0, 1, 1, 4, 0, 0, 10, 0, 0, 2, 80, 0, 0, 0, 6, 0, 0, 0, 1, 0, 0, 0}, 28, "aws-npa"},
        {{24, 0, 0, 0, 10, 0, 0, 1, 1, 4, 1, 0, 10, 0, 0, 2, 80, 0, 0, 0, 6, 0, 0, 0, 1, 0, 0, 0}, 28, "-"}, /* port 66561 */
        {{24, 0, 0, 0, 10, 0, 0, 1, 1, 4, 0, 0, 10, 0, 0, 2, 80, 0, 0, 0, 6, 0, 0, 0, 3, 0, 0, 0}, 28, "-"}, /* verdict 3 */
        {{24, 0, 0, 0, 0}, 28, "-"},
        {{32, 0, 0, 0, 5, 0, 0, 1, 1, 4, 0, 0, 10, 0, 0, 2, 80, 0, 0, 0, 6, 0, 0, 0, 1, 0, 0, 0, 60, 0, 0, 0, 0, 2, 0, 0},
         36,
         "-"}, /* from 5.0.0.1, or a verdict */
        {{36, 0, 0, 0, 1, 133, 0, 0, 0, 0, 0, 0, 74, 0, 0, 0, 74, 0, 2, 0, 0}, 40, "cilium-monitor"},
        {{36, 0, 0, 0, 1, 133, 0, 0, 0, 0, 0, 0, 74, 0, 0, 0, 74, 0, 2, 9, 0}, 40, "-"}, /* an extension */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(recognised((const char *)rows[i].bytes, rows[i].n), rows[i].format);
}

static void test_what_is_said_of_others(void **state)
{
    (void)state;
    assert_non_null(strstr(np_unrecognised("\xef\xbb\xbf{}", 5), "byte order mark"));
    assert_non_null(strstr(np_unrecognised("\xff\xfe{\0", 4), "UTF-16"));
    assert_non_null(strstr(np_unrecognised("hello", 5), "name it"));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_vector_is_its_own_or_nobodys),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_what_is_said_of_others),
    };

    return flow_streams_run(argc, argv, tests, sizeof tests / sizeof *tests);
}
