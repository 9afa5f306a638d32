/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Policy strings: see calico_policy.h.
 *
 * The text is cut at its bars; each part is checked where the engine checks it, and only the name part differs by version. Names
 * are checked as Kubernetes does for a prefix that something will be appended to: before the check, the last two bytes of a name that
 * ends in a dash become one "a", so `name-` is a name and so is `na@-`.
 *
 * Sources: projectcalico/calico goldmane/proto/methods.go (HitFromString) v3.30.0, v3.31.7 and 87c15906f20c; k8s.io/apimachinery
 * pkg/api/validation/generic.go (maskTrailingDash, NameIsDNSSubdomain, NameIsDNSLabel) v0.34.
 */

#include "flow/calico_policy.h"

#include <string.h>

#include "flow/parse.h"

#define PROFILE_TIER "__PROFILE__"

static const struct {
    int32_t kind;
    uint8_t eras;
    bool global;
    const char *name;
    const char *word; /* in policy strings since 3.32 */
} kinds[] = {
    {NP_CALICO_NP, NP_CALICO_ANY, false, "CalicoNetworkPolicy", "np"},
    {NP_CALICO_GNP, NP_CALICO_ANY, true, "GlobalNetworkPolicy", "gnp"},
    {NP_CALICO_SNP, NP_CALICO_ANY, false, "StagedNetworkPolicy", "snp"},
    {NP_CALICO_SGNP, NP_CALICO_ANY, true, "StagedGlobalNetworkPolicy", "sgnp"},
    {NP_CALICO_SKNP, NP_CALICO_ANY, false, "StagedKubernetesNetworkPolicy", "sknp"},
    {NP_CALICO_KNP, NP_CALICO_ANY, false, "NetworkPolicy", "knp"},
    {NP_CALICO_ANP, NP_CALICO_OLD, true, "AdminNetworkPolicy", NULL},
    {NP_CALICO_BANP, NP_CALICO_OLD, true, "BaselineAdminNetworkPolicy", NULL},
    {NP_CALICO_PROFILE, NP_CALICO_ANY, false, "Profile", "pro"},
    {NP_CALICO_END_OF_TIER, NP_CALICO_ANY, false, "EndOfTier", NULL},
    {NP_CALICO_KCNP, NP_CALICO_NEW, true, "ClusterNetworkPolicy", "kcnp"},
};

#define N_KINDS (sizeof kinds / sizeof *kinds)

static bool is(struct cnipol_text text, const char *s)
{
    return text.n == strlen(s) && memcmp(text.s, s, text.n) == 0;
}

/* Takes a prefix off. */
static bool trim(struct cnipol_text *text, const char *prefix)
{
    uint32_t n = (uint32_t)strlen(prefix);

    if (text->n < n || memcmp(text->s, prefix, n) != 0)
        return false;
    text->s += n;
    text->n -= n;
    return true;
}

/* Cuts the text at its first `c`; what is before it is returned. Without one, that is all, and *rest is absent. */
static struct cnipol_text cut(struct cnipol_text text, char c, struct cnipol_text *rest)
{
    const char *found = text.n ? memchr(text.s, c, text.n) : NULL;
    uint32_t n = found ? (uint32_t)(found - text.s) : text.n;

    *rest = found ? (struct cnipol_text){found + 1, text.n - n - 1} : (struct cnipol_text){NULL, 0};
    return (struct cnipol_text){text.s, n};
}

bool np_calico_era_of(const char *version, enum np_calico_era *out)
{
    unsigned parts[2] = {0, 0};

    *out = NP_CALICO_ANY;
    if (!version)
        return true;
    if (*version == 'v')
        version++;
    for (unsigned i = 0; i < 2; i++, version++) {
        if (*version < '0' || *version > '9')
            return false;
        for (; *version >= '0' && *version <= '9'; version++)
            parts[i] = parts[i] > 9999 ? parts[i] : parts[i] * 10 + (unsigned)(*version - '0');
        if (i == 0 && *version != '.')
            return false;
    }
    *out = parts[0] > 3 || (parts[0] == 3 && parts[1] >= 32) ? NP_CALICO_NEW : NP_CALICO_OLD;
    return true;
}

const char *np_calico_kind_name(int32_t kind, enum np_calico_era era)
{
    for (size_t i = 0; i < N_KINDS; i++)
        if (kinds[i].kind == kind)
            return kinds[i].eras & (unsigned)era ? kinds[i].name : NULL;
    return NULL;
}

int32_t np_calico_kind_find(struct cnipol_text name, enum np_calico_era era)
{
    for (size_t i = 0; i < N_KINDS; i++)
        if (kinds[i].eras & (unsigned)era && is(name, kinds[i].name))
            return kinds[i].kind;
    return -1;
}

bool np_calico_kind_is_global(int32_t kind)
{
    for (size_t i = 0; i < N_KINDS; i++)
        if (kinds[i].kind == kind)
            return kinds[i].global;
    return false;
}

/* ---- names ---- */

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* [a-z0-9]([-a-z0-9]*[a-z0-9])? */
static bool is_label(const char *s, uint32_t n)
{
    if (n == 0 || !is_alnum(s[0]) || !is_alnum(s[n - 1]))
        return false;
    for (uint32_t i = 0; i < n; i++)
        if (!is_alnum(s[i]) && s[i] != '-')
            return false;
    return true;
}

static bool is_subdomain(const char *s, uint32_t n)
{
    uint32_t first = 0;

    for (uint32_t i = 0; i <= n; i++) {
        if (i < n && s[i] != '.')
            continue;
        if (!is_label(s + first, i - first))
            return false;
        first = i + 1;
    }
    return true;
}

/* The text to check: see above. False: it is too long for any name. */
static bool masked(struct cnipol_text name, uint32_t longest, char room[256], uint32_t *n)
{
    bool dash = name.n > 1 && name.s[name.n - 1] == '-';

    *n = name.n - dash;
    if (*n > longest)
        return false;
    memcpy(room, name.s, *n);
    if (dash)
        room[*n - 1] = 'a';
    return true;
}

static bool is_name(struct cnipol_text name)
{
    char room[256];
    uint32_t n;

    return name.n && masked(name, 253, room, &n) && is_subdomain(room, n);
}

static bool is_namespace(struct cnipol_text name)
{
    char room[256];
    uint32_t n;

    return name.n && masked(name, 63, room, &n) && is_label(room, n);
}

/* ---- the name part ---- */

/* What a name part says. */
struct part {
    int32_t kind;
    struct cnipol_text ns, name;
};

/* Cuts the namespace off; false: more than one slash. */
static bool namespaced(struct cnipol_text text, struct part *part, bool *has_ns)
{
    struct cnipol_text rest;
    struct cnipol_text first = cut(text, '/', &rest);

    *has_ns = rest.s != NULL;
    part->ns = *has_ns ? first : (struct cnipol_text){NULL, 0};
    part->name = *has_ns ? rest : first;
    return !part->name.n || !memchr(part->name.s, '/', part->name.n);
}

static const char *read_new(struct cnipol_text text, struct part *part)
{
    struct cnipol_text rest;
    struct cnipol_text word = cut(text, ':', &rest);
    bool has_ns;

    part->kind = NP_CALICO_NO_KIND;
    for (size_t i = 0; i < N_KINDS; i++)
        if (kinds[i].word && is(word, kinds[i].word))
            part->kind = kinds[i].kind;
    if (part->kind == NP_CALICO_NO_KIND || !rest.s)
        return "the policy's kind is none of np, gnp, snp, sgnp, sknp, knp, kcnp and pro";
    return namespaced(rest, part, &has_ns) ? NULL : "a policy has a namespace and a name, and no more";
}

/* Where `staged:` is in the text, or NULL. */
static const char *find_staged(struct cnipol_text text)
{
    static const char word[] = "staged:";
    uint32_t n = sizeof word - 1;

    for (uint32_t i = 0; i + n <= text.n; i++)
        if (text.s[i] == 's' && memcmp(text.s + i, word, n) == 0)
            return text.s + i;
    return NULL;
}

static const struct {
    const char *prefix;
    int32_t kind;
    bool ns;
    bool keep; /* the prefix is the tier */
} old_prefixes[] = {
    {"kanp.", NP_CALICO_ANP, false, false},
    {"kbanp.", NP_CALICO_BANP, false, false},
    {PROFILE_TIER ".", NP_CALICO_PROFILE, false, true},
    {"staged:knp.", NP_CALICO_SKNP, true, false},
    {"knp.", NP_CALICO_KNP, true, false},
};

/*
 * The kind of a name until 3.31, whose mark is taken off. `staged:` is behind the tier, or before it; taken out, `tier.name` is
 * left, and of that only the name is wanted: so it is enough to take it off the front of either.
 */
static int32_t old_kind(struct cnipol_text *name, bool has_ns, struct cnipol_text *tier)
{
    const char *staged = find_staged(*name);

    for (size_t i = 0; i < sizeof old_prefixes / sizeof *old_prefixes; i++) {
        struct cnipol_text rest = *name;

        if (old_prefixes[i].ns != has_ns || (staged && !has_ns) || !trim(&rest, old_prefixes[i].prefix))
            continue;
        if (!old_prefixes[i].keep)
            *name = rest;
        *tier = cut(*name, '.', name);
        return old_prefixes[i].kind;
    }
    if (staged == name->s)
        (void)trim(name, "staged:");
    *tier = cut(*name, '.', name);
    if (staged && name->s)
        (void)trim(name, "staged:");
    if (staged)
        return has_ns ? NP_CALICO_SNP : NP_CALICO_SGNP;
    return has_ns ? NP_CALICO_NP : NP_CALICO_GNP;
}

static const char *read_old(struct cnipol_text text, struct cnipol_text tier, struct part *part)
{
    struct cnipol_text in_name;
    bool has_ns;

    if (!namespaced(text, part, &has_ns))
        return "a policy has a namespace and a name, and no more";
    part->kind = old_kind(&part->name, has_ns, &in_name);
    if (in_name.n != tier.n || memcmp(in_name.s, tier.s, tier.n) != 0)
        return "the tier before the policy's name is not the string's tier";
    return NULL;
}

static const char *read_part(struct cnipol_text text, struct cnipol_text tier, enum np_calico_era era, struct part *part)
{
    const char *wrong = "the policy is none";

    if (era & NP_CALICO_NEW)
        wrong = read_new(text, part);
    if (wrong && era & NP_CALICO_OLD)
        wrong = read_old(text, tier, part);
    return wrong;
}

static const char *check_part(const struct part *part)
{
    if (!is_name(part->name))
        return "the policy's name is no DNS subdomain";
    if (part->ns.n && !is_namespace(part->ns))
        return "the policy's namespace is no DNS label";
    return NULL;
}

/* ---- the string ---- */

static bool same_letters(struct cnipol_text text, const char *word)
{
    if (text.n != strlen(word))
        return false;
    for (uint32_t i = 0; i < text.n; i++) {
        char c = text.s[i];

        if ((c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c) != word[i])
            return false;
    }
    return true;
}

static bool read_action(struct cnipol_text text, struct cnipol_text *out)
{
    static const char *const words[] = {"allow", "deny", "pass"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (same_letters(text, words[i])) {
            *out = (struct cnipol_text){words[i], (uint32_t)strlen(words[i])};
            return true;
        }
    return false;
}

static struct cnipol_text text_of(const char *s)
{
    return (struct cnipol_text){s, (uint32_t)strlen(s)};
}

static void fill(struct cnipol_flow_policy *out, const struct part *part, struct cnipol_text tier)
{
    struct cnipol_text kind = text_of(np_calico_kind_name(part->kind, NP_CALICO_ANY));
    struct cnipol_text ns = part->ns.n ? part->ns : (struct cnipol_text){NULL, 0};

    out->tier = is(tier, PROFILE_TIER) ? (struct cnipol_text){NULL, 0} : tier;
    if (out->rule_number != -1) {
        out->kind = kind;
        out->ns = ns;
        out->name = part->name;
        return;
    }
    out->has |= CNIPOL_POLICY_TRIGGER;
    out->kind = text_of(np_calico_kind_name(NP_CALICO_END_OF_TIER, NP_CALICO_ANY));
    out->trigger_kind = kind;
    out->trigger_ns = ns;
    out->trigger_name = part->name;
    out->trigger_tier = out->tier;
}

enum { INDEX, TIER, PART, ACTION, RULE, N_PARTS };

/* Cuts the string at its bars; the number of parts, N_PARTS + 1 for too many. */
static unsigned split(struct cnipol_text text, struct cnipol_text parts[N_PARTS])
{
    unsigned n = 0;

    while (text.s && n < N_PARTS)
        parts[n++] = cut(text, '|', &text);
    return text.s ? N_PARTS + 1 : n;
}

static const char *parse(struct cnipol_text parts[N_PARTS], enum np_calico_era era, struct cnipol_flow_policy *out, unsigned *wrong)
{
    struct part part = {NP_CALICO_NO_KIND, {NULL, 0}, {NULL, 0}};
    const char *why;

    *wrong = INDEX;
    if (!np_parse_int64(parts[INDEX], &out->index))
        return "the policy index is no number";
    *wrong = ACTION;
    if (!read_action(parts[ACTION], &out->action))
        return "the action is none of allow, deny and pass";
    *wrong = RULE;
    if (!np_parse_int64(parts[RULE], &out->rule_number))
        return "the rule index is no number";
    *wrong = PART;
    why = read_part(parts[PART], parts[TIER], era, &part);
    if (!why)
        why = check_part(&part);
    if (why)
        return why;
    *wrong = TIER;
    if (!is(parts[TIER], PROFILE_TIER) && !is_name(parts[TIER]))
        return "the tier is no DNS subdomain";
    fill(out, &part, parts[TIER]);
    return NULL;
}

const char *np_calico_policy_parse(struct cnipol_text text, enum np_calico_era era, struct cnipol_flow_policy *out, uint32_t *at)
{
    struct cnipol_text parts[N_PARTS];
    const char *why;
    unsigned wrong;

    *at = 0;
    if (split(text, parts) != N_PARTS)
        return "a policy string has five parts between bars";
    memset(out, 0, sizeof *out);
    out->has = CNIPOL_POLICY_RULE_NUMBER | CNIPOL_POLICY_INDEX;
    why = parse(parts, era, out, &wrong);
    if (why)
        *at = (uint32_t)(parts[wrong].s - text.s);
    return why;
}
