/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calico's policy strings. What is read is written as index|kind:ns/name@tier|action|rule, and > before the policy that triggered the
 * end of a tier; an error as !byte. Each reader's rules are those of projectcalico/calico goldmane/proto/methods.go.
 */

#include "../base/testing.h"

#include <stdio.h>

#include "flow/calico_policy.h"

static size_t add_text(char *out, size_t room, const char *before, struct cnipol_text text)
{
    return text.s ? (size_t)snprintf(out, room, "%s%.*s", before, (int)text.n, text.s) : 0;
}

static void print(const struct cnipol_flow_policy *p, char *out, size_t room)
{
    size_t n = (size_t)snprintf(out, room, "%lld|", (long long)p->index);

    n += add_text(out + n, room - n, "", p->kind);
    n += add_text(out + n, room - n, ":", p->ns);
    n += add_text(out + n, room - n, "/", p->name);
    n += add_text(out + n, room - n, "@", p->tier);
    if (p->has & CNIPOL_POLICY_TRIGGER) {
        n += add_text(out + n, room - n, ">", p->trigger_kind);
        n += add_text(out + n, room - n, ":", p->trigger_ns);
        n += add_text(out + n, room - n, "/", p->trigger_name);
        n += add_text(out + n, room - n, "@", p->trigger_tier);
    }
    n += add_text(out + n, room - n, "|", p->action);
    (void)snprintf(out + n, room - n, "|%lld", (long long)p->rule_number);
}

static void read_string(const char *text, enum np_calico_era era, char *out, size_t room)
{
    struct cnipol_flow_policy policy;
    uint32_t at;

    if (np_calico_policy_parse((struct cnipol_text){text, (uint32_t)strlen(text)}, era, &policy, &at))
        (void)snprintf(out, room, "!%u", (unsigned)at);
    else
        print(&policy, out, room);
}

static const struct {
    enum np_calico_era era;
    const char *text;
    const char *expected;
} rows[] = {
    {NP_CALICO_NEW, "0|tier|gnp:name|allow|0", "0|GlobalNetworkPolicy/name@tier|allow|0"},
    {NP_CALICO_NEW, "1|tier|np:ns/tier.name|Deny|12", "1|CalicoNetworkPolicy:ns/tier.name@tier|deny|12"},
    {NP_CALICO_NEW, "+1|default|knp:ns/n|PASS|+2", "1|NetworkPolicy:ns/n@default|pass|2"},
    {NP_CALICO_NEW, "-3|a.b|sknp:ns/n|pass|-2", "-3|StagedKubernetesNetworkPolicy:ns/n@a.b|pass|-2"},
    {NP_CALICO_NEW, "0|kube-admin|kcnp:n|pass|1", "0|ClusterNetworkPolicy/n@kube-admin|pass|1"},
    {NP_CALICO_NEW, "0|__PROFILE__|pro:kns.default|allow|0", "0|Profile/kns.default|allow|0"},
    {NP_CALICO_NEW, "0|t|snp:ns/n|deny|-1", "0|EndOfTier@t>StagedNetworkPolicy:ns/n@t|deny|-1"},
    {NP_CALICO_NEW, "0|__PROFILE__|pro:kns.x|deny|-1", "0|EndOfTier>Profile/kns.x|deny|-1"},
    {NP_CALICO_NEW, "0|t|np:n|allow|0", "0|CalicoNetworkPolicy/n@t|allow|0"},   /* a kind does not ask for its namespace */
    {NP_CALICO_NEW, "0|t|gnp:ns/n|allow|0", "0|GlobalNetworkPolicy:ns/n@t|allow|0"},
    {NP_CALICO_NEW, "0|t|np:/n|allow|0", "0|CalicoNetworkPolicy/n@t|allow|0"},
    {NP_CALICO_NEW, "0|t|gnp:n-|allow|0", "0|GlobalNetworkPolicy/n-@t|allow|0"}, /* a prefix for names may end in a dash */
    {NP_CALICO_NEW, "0|t|gnp:n@-|allow|0", "0|GlobalNetworkPolicy/n@-@t|allow|0"}, /* and hides what is before it */
    {NP_CALICO_NEW, "0|t|gnp:-|allow|0", "!4"},
    {NP_CALICO_NEW, "0|t|gnp:-n|allow|0", "!4"},
    {NP_CALICO_NEW, "0|t|gnp:n..m|allow|0", "!4"},
    {NP_CALICO_NEW, "0|t|gnp:n.|allow|0", "!4"},
    {NP_CALICO_NEW, "0|t|gnp|allow|0", "!4"},
    {NP_CALICO_NEW, "0|t|gnp:a:b|allow|0", "!4"},
    {NP_CALICO_NEW, "0|t|GNP:n|allow|0", "!4"},
    {NP_CALICO_NEW, "0|t|np:a/b/c|allow|0", "!4"},
    {NP_CALICO_NEW, "0|t|np:a.b/c|allow|0", "!4"},
    {NP_CALICO_NEW, "0|t|np:ns/|allow|0", "!4"},
    {NP_CALICO_NEW, "0||gnp:n|allow|0", "!2"},
    {NP_CALICO_NEW, "0|T|gnp:n|allow|0", "!2"},
    {NP_CALICO_NEW, "0|_PROFILE_|pro:n|allow|0", "!2"},
    {NP_CALICO_NEW, "x|t|gnp:n|allow|0", "!0"},
    {NP_CALICO_NEW, "0|t|gnp:n|log|0", "!10"},
    {NP_CALICO_NEW, "0|t|gnp:n|allow|", "!16"},
    {NP_CALICO_NEW, "0|t|gnp:n|allow", "!0"},
    {NP_CALICO_NEW, "0|t|gnp:n|allow|0|", "!0"},
    {NP_CALICO_NEW, "", "!0"},
    {NP_CALICO_NEW, "||||", "!0"},
    {NP_CALICO_NEW, "0|t|t.n|allow|0", "!4"},
    {NP_CALICO_NEW, "0|adminnetworkpolicy|kanp.adminnetworkpolicy.n|allow|0", "!21"},
    {NP_CALICO_OLD, "0|t|t.n.m|allow|0", "0|GlobalNetworkPolicy/n.m@t|allow|0"},
    {NP_CALICO_OLD, "0|t|t.staged:n|allow|0", "0|StagedGlobalNetworkPolicy/n@t|allow|0"},
    {NP_CALICO_OLD, "0|t|staged:t.n|allow|0", "0|StagedGlobalNetworkPolicy/n@t|allow|0"},
    {NP_CALICO_OLD, "0|t|ns/t.n|allow|0", "0|CalicoNetworkPolicy:ns/n@t|allow|0"},
    {NP_CALICO_OLD, "0|t|/t.n|allow|0", "0|CalicoNetworkPolicy/n@t|allow|0"},
    {NP_CALICO_OLD, "0|t|ns/t.staged:n|allow|-1", "0|EndOfTier@t>StagedNetworkPolicy:ns/n@t|allow|-1"},
    {NP_CALICO_OLD, "0|default|ns/knp.default.n|allow|0", "0|NetworkPolicy:ns/n@default|allow|0"},
    {NP_CALICO_OLD, "0|default|ns/staged:knp.default.n|allow|0", "0|StagedKubernetesNetworkPolicy:ns/n@default|allow|0"},
    {NP_CALICO_OLD, "0|adminnetworkpolicy|kanp.adminnetworkpolicy.n|pass|0", "0|AdminNetworkPolicy/n@adminnetworkpolicy|pass|0"},
    {NP_CALICO_OLD, "0|baselineadminnetworkpolicy|kbanp.baselineadminnetworkpolicy.n|pass|0",
     "0|BaselineAdminNetworkPolicy/n@baselineadminnetworkpolicy|pass|0"},
    {NP_CALICO_OLD, "0|__PROFILE__|__PROFILE__.kns.n|allow|0", "0|Profile/kns.n|allow|0"},
    {NP_CALICO_OLD, "0|knp|knp.n|allow|0", "0|GlobalNetworkPolicy/n@knp|allow|0"}, /* knp. is a mark only behind a namespace */
    {NP_CALICO_OLD, "0|t|u.n|allow|0", "!4"},
    {NP_CALICO_OLD, "0|t|t|allow|0", "!4"},
    {NP_CALICO_OLD, "0|t|ns/knp.default.n|allow|0", "!4"},
    {NP_CALICO_OLD, "0|t|gnp:n|allow|0", "!4"},
    {NP_CALICO_OLD, "0|t|ns/knp.t.staged:n|allow|0", "!4"},
    {NP_CALICO_ANY, "0|t|t.n|allow|0", "0|GlobalNetworkPolicy/n@t|allow|0"},
    {NP_CALICO_ANY, "0|t|gnp:n|allow|0", "0|GlobalNetworkPolicy/n@t|allow|0"},
    {NP_CALICO_ANY, "0|t|n|allow|0", "!4"},
};

static void test_strings(void **state)
{
    char got[512];

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        read_string(rows[i].text, rows[i].era, got, sizeof got);
        expect_text(rows[i].text, got, rows[i].expected);
    }
}

/* 253 bytes and no more; of those that end in a dash, one more. */
static void test_longest_names(void **state)
{
    char text[400], got[700];

    (void)state;
    for (unsigned n = 252; n <= 256; n++)
        for (unsigned dash = 0; dash < 2; dash++) {
            (void)snprintf(text, sizeof text, "0|t|gnp:%0*d%s|allow|0", (int)(n - dash), 0, dash ? "-" : "");
            read_string(text, NP_CALICO_NEW, got, sizeof got);
            expect_number(text, "refused", got[0] == '!', n - dash > 253);
        }
}

static const struct {
    const char *version;
    bool good;
    enum np_calico_era era;
} versions[] = {
    {NULL, true, NP_CALICO_ANY},       {"3.31", true, NP_CALICO_OLD},   {"v3.31.7", true, NP_CALICO_OLD}, {"3.32", true, NP_CALICO_NEW},
    {"3.32+", true, NP_CALICO_NEW},    {"v3.34.0-0.dev", true, NP_CALICO_NEW}, {"3.30-3.31", true, NP_CALICO_OLD},
    {"4.0", true, NP_CALICO_NEW},      {"2.6", true, NP_CALICO_OLD},    {"3.99999999999999999999", true, NP_CALICO_NEW},
    {"", false, NP_CALICO_ANY},        {"3", false, NP_CALICO_ANY},     {"3.x", false, NP_CALICO_ANY},    {"latest", false, NP_CALICO_ANY},
};

static void test_versions(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(versions); i++) {
        const char *name = versions[i].version ? versions[i].version : "none";
        enum np_calico_era era;

        expect_number(name, "good", np_calico_era_of(versions[i].version, &era), versions[i].good);
        if (versions[i].good)
            expect_number(name, "era", era, versions[i].era);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_longest_names),
        cmocka_unit_test(test_versions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
