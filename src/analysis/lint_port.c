/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Named ports that no destination has. A name is looked up on the destination pod together with the
 * protocol: for ingress that is the subject, for egress the peers. Rules whose peers may be addresses
 * are passed over, as engines differ on them, and so are rules whose destinations are not there.
 */

#include "analysis/lint.h"

#include "base/suggest.h"

#define WORDS_MAX 64
#define SETS_MAX 256

/* Where a rule's name is looked up. */
struct destinations {
    const struct np_set *sets[SETS_MAX];
    uint32_t n;
    bool everybody;
};

struct wanted {
    np_atom name;
    uint8_t protocol; /* 0: any */
    struct np_span span;
};

struct search {
    struct np_lint *lint;
    struct wanted wanted;
    bool found;
    uint32_t pods;
    const char *words[WORDS_MAX];
    uint32_t n_words;
};

static const char *protocol_text(uint8_t protocol)
{
    return protocol == CNIPOL_PROTOCOL_TCP    ? "TCP "
           : protocol == CNIPOL_PROTOCOL_UDP  ? "UDP "
           : protocol == CNIPOL_PROTOCOL_SCTP ? "SCTP "
                                              : "";
}

static void add_word(struct search *s, np_atom name)
{
    const char *word = np_lint_text(s->lint, name);

    for (uint32_t i = 0; i < s->n_words; i++)
        if (s->words[i] == word)
            return;
    if (s->n_words < WORDS_MAX)
        s->words[s->n_words++] = word;
}

static void look_at_pod(struct search *s, uint32_t pod)
{
    s->pods++;
    for (uint32_t i = 0; i < s->lint->model->ports[pod].n; i++) {
        const struct np_port_name *port = &s->lint->model->ports[pod].items[i];

        if (s->wanted.protocol && port->protocol != s->wanted.protocol)
            continue;
        s->found |= port->name == s->wanted.name;
        if (port->name != NP_ATOM_NONE)
            add_word(s, port->name);
    }
}

/* A used-up budget counts as found. */
static void look_at_range(struct search *s, struct np_range range)
{
    for (uint32_t pod = range.lo; pod < range.hi && !s->found; pod++) {
        look_at_pod(s, pod);
        s->found |= !np_lint_spend(s->lint, 1);
    }
}

static void look_at_set(struct search *s, const struct np_set *set)
{
    for (uint32_t i = 0; i < set->n_yes && !s->found; i++)
        look_at_range(s, set->yes[i]);
    for (uint32_t i = 0; i < set->n_maybe && !s->found; i++)
        look_at_range(s, set->maybe[i]);
}

static void check_port(struct np_lint *lint, const struct destinations *to, struct wanted wanted)
{
    struct search s = {.lint = lint, .wanted = wanted};
    const char *name = np_lint_text(lint, wanted.name), *protocol = protocol_text(wanted.protocol), *near;
    struct np_diag *d;

    for (uint32_t i = 0; i < to->n && !s.found; i++)
        look_at_set(&s, to->sets[i]);
    if (to->everybody)
        look_at_range(&s, (struct np_range){0, lint->n_pods});
    if (s.found || !s.pods)
        return;
    d = np_diag_raise(lint->diags, NP_LINT_PORT_NAME, wanted.span, "no destination that %s speaks of has a %sport named `%s`", lint->title,
                      protocol, name);
    np_diag_label(lint->diags, d, "never matches");
    near = np_suggest(np_str_of(name), s.words, s.n_words);
    if (near)
        np_diag_help(lint->diags, d, "did you mean `%s`? Names are those of container ports, with their protocol", near);
    else
        np_diag_help(lint->diags, d, "name a container port `%s` in one of the %u destination pods, or use the number", name, s.pods);
}

static int add_destination(struct np_lint *lint, struct destinations *to, const struct np_selection *selection)
{
    const struct np_set *set = np_lint_set(lint, selection);

    if (!set)
        return CNIPOL_E_NOMEM;
    if (to->n == SETS_MAX)
        to->everybody = true;
    else
        to->sets[to->n++] = set;
    return CNIPOL_OK;
}

/* Empty where nothing is certain. */
static int find_destinations(struct np_lint *lint, const struct np_netpol *policy, unsigned direction, const struct np_netpol_rule *rule,
                             struct destinations *to)
{
    struct np_selection subject = np_lint_subject(policy);
    int rc = CNIPOL_OK;

    to->n = 0;
    to->everybody = direction == NP_EGRESS && !rule->n_peers;
    if (direction == NP_INGRESS)
        return add_destination(lint, to, &subject);
    for (uint32_t i = 0; i < rule->n_peers && !rc; i++) {
        struct np_selection selection = np_lint_peer(policy, &rule->peers[i]);

        if (rule->peers[i].is_block) {
            to->n = 0;
            to->everybody = false;
            return CNIPOL_OK;
        }
        rc = add_destination(lint, to, &selection);
    }
    return rc;
}

static int find_cnp_destinations(struct np_lint *lint, const struct np_cnp *policy, unsigned direction, const struct np_cnp_rule *rule,
                                 struct destinations *to)
{
    struct np_selection subject = np_lint_cnp_subject(policy);
    int rc = CNIPOL_OK;

    to->n = 0;
    to->everybody = false;
    if (direction == NP_INGRESS)
        return add_destination(lint, to, &subject);
    for (uint32_t i = 0; i < rule->n_peers && !rc; i++) {
        struct np_selection selection = np_lint_cnp_peer(&rule->peers[i]);

        if (rule->peers[i].kind > NP_CNP_PEER_PODS) {
            to->n = 0;
            to->everybody = false;
            return CNIPOL_OK;
        }
        rc = add_destination(lint, to, &selection);
    }
    return rc;
}

static int check_netpol_rule(struct np_lint *lint, const struct np_netpol *policy, unsigned direction, const struct np_netpol_rule *rule)
{
    struct destinations to = {.n = 0};
    bool is_found = false;

    for (uint32_t i = 0; i < rule->n_ports; i++) {
        const struct np_netpol_port *port = &rule->ports[i];

        if (port->name == NP_ATOM_NONE)
            continue;
        if (!is_found && find_destinations(lint, policy, direction, rule, &to))
            return CNIPOL_E_NOMEM;
        is_found = true;
        check_port(lint, &to, (struct wanted){port->name, port->protocol, port->span});
    }
    return CNIPOL_OK;
}

static int check_cnp_rule(struct np_lint *lint, const struct np_cnp *policy, unsigned direction, const struct np_cnp_rule *rule)
{
    struct destinations to = {.n = 0};
    bool is_found = false;

    for (uint32_t i = 0; i < rule->n_ports; i++) {
        const struct np_cnp_port *port = &rule->ports[i];

        if (port->name == NP_ATOM_NONE || port->unknown)
            continue;
        if (!is_found && find_cnp_destinations(lint, policy, direction, rule, &to))
            return CNIPOL_E_NOMEM;
        is_found = true;
        check_port(lint, &to, (struct wanted){port->name, port->protocol, port->span});
    }
    return CNIPOL_OK;
}

int np_lint_named_ports(struct np_lint *lint)
{
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < lint->n_netpols && !rc; i++) {
        const struct np_netpol *policy = lint->netpols[i];

        np_lint_on_netpol(lint, policy);
        for (unsigned direction = 0; direction < 2; direction++)
            for (uint32_t k = 0; policy->isolates[direction] && k < policy->n_rules[direction] && !rc; k++)
                rc = check_netpol_rule(lint, policy, direction, &policy->rules[direction][k]);
    }
    for (uint32_t i = 0; i < lint->n_cnps && !rc; i++) {
        const struct np_cnp *policy = lint->cnps[i];

        np_lint_on_cnp(lint, policy);
        for (unsigned direction = 0; direction < 2; direction++)
            for (uint32_t k = 0; k < policy->n_rules[direction] && !rc; k++)
                rc = check_cnp_rule(lint, policy, direction, &policy->rules[direction][k]);
    }
    return rc;
}
