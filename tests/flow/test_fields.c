/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of fields: names, what is absent, values of every type; times and addresses as texts. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "flow/record.h"

static void test_names_lead_back(void **state)
{
    const struct cnipol_field *field;

    (void)state;
    for (size_t i = 0; (field = cnipol_field_at(i)); i++) {
        assert_int_equal(field->id, i);
        assert_ptr_equal(cnipol_field_find(field->name), field);
        assert_null(strchr(field->column, '.'));
        assert_true(*field->about);
    }
    assert_null(cnipol_field_at(CNIPOL_N_FIELDS));
    assert_null(cnipol_field_find("src.nothing"));
}

static void test_an_empty_record_has_no_field(void **state)
{
    static const struct cnipol_flow flow;
    struct cnipol_value value;
    char json[16];

    (void)state;
    for (int32_t i = -1; i <= CNIPOL_N_FIELDS; i++) {
        cnipol_field_get(&flow, i, &value);
        assert_int_equal(value.type, CNIPOL_VALUE_NONE);
    }
    assert_int_equal(cnipol_flow_print_json(&flow, json, sizeof json), 2);
    assert_string_equal(json, "{}");
}

static void test_values(void **state)
{
    static const struct cnipol_text labels[] = {{"k8s:app=web", 11}};
    static const struct cnipol_flow_l7 l7 = {.has = CNIPOL_L7_CODE, .kind = CNIPOL_L7_HTTP, .code = 403, .method = {"GET", 3}};
    const struct cnipol_flow flow = {
        .has = CNIPOL_HAS_VERDICT | CNIPOL_HAS_PROTOCOL | CNIPOL_HAS_REPLY | CNIPOL_HAS_DROP_REASON | CNIPOL_HAS_TIME,
        .verdict = CNIPOL_FLOW_DROPPED,
        .protocol = 47,
        .drop_reason = 206,
        .time = {.seconds = 1700000060, .nanos = 500000000},
        .l7 = &l7,
        .src = {.has = CNIPOL_FLOW_END_PORT, .port = 443, .family = 4, .address = {10, 0, 0, 1}, .labels = labels, .n_labels = 1,
                .service = {"db", 2}, .service_ns = {"shop", 4}},
        .dst = {.ip = {"fd00::1", 7}},
    };
    static const struct {
        const char *name;
        int32_t type;
        uint64_t number;
        const char *text;
    } rows[] = {
        {"verdict", CNIPOL_VALUE_WORD, 2, "dropped"},
        {"protocol", CNIPOL_VALUE_WORD, 47, "47"},
        {"reply", CNIPOL_VALUE_BOOL, 0, NULL},
        {"drop_reason", CNIPOL_VALUE_WORD, 206, "206"},
        {"src.port", CNIPOL_VALUE_NUMBER, 443, NULL},
        {"dst.port", CNIPOL_VALUE_NONE, 0, NULL},
        {"src.ip", CNIPOL_VALUE_ADDRESS, 0, "10.0.0.1"},
        {"dst.ip", CNIPOL_VALUE_ADDRESS, 0, "fd00::1"},
        {"src.service", CNIPOL_VALUE_NAME, 0, "db"},
        {"l7.kind", CNIPOL_VALUE_WORD, CNIPOL_L7_HTTP, "http"},
        {"l7.http.code", CNIPOL_VALUE_NUMBER, 403, NULL},
        {"l7.http.method", CNIPOL_VALUE_TEXT, 0, "GET"},
        {"l7.dns.query", CNIPOL_VALUE_NONE, 0, NULL},
    };
    struct cnipol_value value;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cnipol_field_get(&flow, cnipol_field_find(rows[i].name)->id, &value);
        assert_int_equal(value.type, rows[i].type);
        assert_int_equal(value.number, rows[i].number);
        assert_true(rows[i].text ? np_text_is(value.text, rows[i].text) : !value.text.s);
    }
    cnipol_field_get(&flow, CNIPOL_FIELD_SRC_LABELS, &value);
    assert_int_equal(value.n, 1);
    assert_ptr_equal(value.items, labels);
}

static void test_absent_although_its_bit_is_set(void **state)
{
    static const struct {
        struct cnipol_flow flow;
        int32_t absent, there;
    } rows[] = {
        {{.has = CNIPOL_HAS_SOCK, .cgroup_id = 7}, CNIPOL_FIELD_SOCKET_COOKIE, CNIPOL_FIELD_CGROUP_ID},
        {{.has = CNIPOL_HAS_SOCK, .socket_cookie = 7}, CNIPOL_FIELD_CGROUP_ID, CNIPOL_FIELD_SOCKET_COOKIE},
        {{.has = CNIPOL_HAS_SOCK, .socket_cookie = 7}, CNIPOL_FIELD_XLATE_POINT, CNIPOL_FIELD_SOCKET_COOKIE},
        {{.has = CNIPOL_HAS_SOCK, .xlate_point = 2}, CNIPOL_FIELD_CGROUP_ID, CNIPOL_FIELD_XLATE_POINT},
        {{.has = CNIPOL_HAS_ICMP | CNIPOL_HAS_PROTOCOL, .protocol = 112, .icmp_type = 1}, CNIPOL_FIELD_ICMP_TYPE, CNIPOL_FIELD_PROTOCOL},
        {{.has = CNIPOL_HAS_ICMP | CNIPOL_HAS_PROTOCOL, .protocol = 2, .icmp_type = 22}, CNIPOL_FIELD_ICMP_CODE, CNIPOL_FIELD_PROTOCOL},
        {{.has = CNIPOL_HAS_ICMP | CNIPOL_HAS_PROTOCOL, .protocol = 58}, CNIPOL_FIELD_VERDICT, CNIPOL_FIELD_ICMP_CODE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cnipol_value value;

        cnipol_field_get(&rows[i].flow, rows[i].absent, &value);
        assert_int_equal(value.type, CNIPOL_VALUE_NONE);
        cnipol_field_get(&rows[i].flow, rows[i].there, &value);
        assert_int_not_equal(value.type, CNIPOL_VALUE_NONE);
    }
}

static void test_times(void **state)
{
    static const struct {
        int64_t seconds;
        uint32_t nanos;
        const char *text;
    } rows[] = {
        {0, 0, "1970-01-01T00:00:00Z"},
        {-1, 999000000, "1969-12-31T23:59:59.999Z"},
        {951782400, 0, "2000-02-29T00:00:00Z"},
        {1700000060, 123456000, "2023-11-14T22:14:20.123456Z"},
        {1700000060, 1, "2023-11-14T22:14:20.000000001Z"},
        {-62135596800, 0, "0001-01-01T00:00:00Z"},
        {253402300799, 999999999, "9999-12-31T23:59:59.999999999Z"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cnipol_time time = {.seconds = rows[i].seconds, .nanos = rows[i].nanos};
        char text[CNIPOL_TIME_TEXT];

        assert_int_equal(cnipol_time_print(&time, text), strlen(rows[i].text));
        assert_string_equal(text, rows[i].text);
    }
}

static void test_json_counts_beyond_its_room(void **state)
{
    const struct cnipol_flow flow = {.node = {"a\"b\n\x01\xff", 6}};
    char json[64], small[8];

    (void)state;
    assert_int_equal(cnipol_flow_print_json(&flow, json, sizeof json), strlen("{\"node\":\"a\\\"b\\n\\u0001\xef\xbf\xbd\"}"));
    assert_string_equal(json, "{\"node\":\"a\\\"b\\n\\u0001\xef\xbf\xbd\"}");
    assert_int_equal(cnipol_flow_print_json(&flow, small, sizeof small), strlen(json));
    assert_string_equal(small, "{\"node\"");
    assert_int_equal(cnipol_flow_print_json(&flow, NULL, 0), strlen(json));
}

static void test_json_escapes_what_terminals_act_on(void **state)
{
    static const char text[] = "\x7f\xc2\x80\xc2\x9b\xc2\xa0\xe2\x80\xae\xe2\x81\xa6\xc3\xa9";
    const struct cnipol_flow flow = {.node = {text, sizeof text - 1}};
    char json[96];

    (void)state;
    (void)cnipol_flow_print_json(&flow, json, sizeof json);
    assert_string_equal(json, "{\"node\":\"\\u007f\\u0080\\u009b\xc2\xa0\\u202e\\u2066\xc3\xa9\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_lead_back),
        cmocka_unit_test(test_an_empty_record_has_no_field),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_absent_although_its_bit_is_set),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_json_counts_beyond_its_room),
        cmocka_unit_test(test_json_escapes_what_terminals_act_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
