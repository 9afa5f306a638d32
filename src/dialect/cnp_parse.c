/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading of ClusterNetworkPolicy, AdminNetworkPolicy, BaselineAdminNetworkPolicy: see cnp_parse.h.
 *
 * A stored object (NP_MODE_STORED) needs a name, a spec, and where its kind has them a tier and a
 * priority that can be read: without those there is no place in the order of policies, and the object
 * is refused. A subject that cannot be read is an opaque selector over all namespaces: what depends on
 * it is undefined. The rules are in cnp_rules.c.
 */

#include "dialect/cnp_parse.h"

#include "dialect/metadata.h"
#include "dialect/selector_read.h"

static const struct np_selector *opaque_selector(struct np_take *take, const struct np_node *at)
{
    struct np_selector *selector = np_take_array(take, 1, sizeof *selector);
    struct np_requirement *item = np_take_array(take, 1, sizeof *item);

    if (!selector || !item)
        return NULL;
    *item = (struct np_requirement){np_take_atom(take, NP_STR("")), NP_SELECTOR_OPAQUE, NULL, 0};
    *selector = (struct np_selector){item, 1, np_take_span(take, at)};
    return selector;
}

static bool has_unknown(const struct np_take *take, const struct np_node *map, const char *a, const char *b)
{
    for (uint32_t i = 0; take->opts->mode == NP_MODE_STORED && i < np_count(map); i++) {
        struct np_str key = np_node_str(&map->pairs[i].key);

        if (map->pairs[i].value.kind != NP_NODE_NULL && !np_str_is(key, a) && !np_str_is(key, b))
            return true;
    }
    return false;
}

static void warn_selector(struct np_take *take, const struct np_node *node, const struct np_path *path)
{
    if (node && !np_selector_is_valid(node))
        np_take_warn(take, NP_CNP_SELECTOR, node, path, "the server stores this selector, but no engine can read it");
}

static void read_subject(struct np_take *take, const struct np_node *spec, struct np_cnp *out)
{
    const struct np_node *subject = np_map_value(spec, "subject");
    const struct np_node *spaces = np_map_value(subject, "namespaces"), *pods = np_map_value(subject, "pods");
    const struct np_node *inner = np_map_value(pods, "namespaceSelector"), *selector = np_map_value(pods, "podSelector");
    struct np_path spec_path = np_path_key(NULL, "spec"), path = np_path_key(&spec_path, "subject");
    struct np_path spaces_path = np_path_key(&path, "namespaces"), pods_path = np_path_key(&path, "pods");

    if (!spaces == !pods || has_unknown(take, subject, "namespaces", "pods") || (pods && !selector) ||
        has_unknown(take, pods, "namespaceSelector", "podSelector")) {
        np_take_warn(take, NP_CNP_UNKNOWN_SUBJECT, subject ? subject : spec, &path,
                     "nobody can say whom the policy is about: verdicts that depend on it are undefined");
        out->namespaces = opaque_selector(take, subject ? subject : spec);
        return;
    }
    warn_selector(take, spaces ? spaces : inner, &spaces_path);
    warn_selector(take, selector, &pods_path);
    out->namespaces = np_selector_read(take, spaces ? spaces : inner);
    out->pods = np_selector_read(take, selector);
}

static bool read_place(struct np_take *take, const struct np_node *object, const struct np_node *spec, struct np_cnp *out)
{
    struct np_str tier = np_string_at(spec, "tier");
    const struct np_node *priority = np_map_value(spec, "priority");
    double value = np_number_of(priority);

    out->tier = out->kind == NP_BANP || np_str_is(tier, "Baseline") ? NP_TIER_BASELINE : NP_TIER_ADMIN;
    if (!spec || (out->kind != NP_BANP && (!priority || value < INT32_MIN || value > INT32_MAX)) ||
        (out->kind == NP_CNP && out->tier == NP_TIER_ADMIN && !np_str_is(tier, "Admin"))) {
        np_take_refuse(take, NP_CNP_NO_PLACE, spec ? spec : object, NULL, "without %s the policy has no place in the order of policies",
                       !spec                 ? "a spec"
                       : out->kind == NP_CNP ? "a tier and a priority"
                                             : "a priority");
        return false;
    }
    out->priority = out->kind == NP_BANP ? 0 : (int32_t)value;
    return true;
}

static int keep(struct np_take *take, const struct np_cnp *cnp)
{
    struct np_policies *policies = take->policies;
    void *grown = np_grow(&policies->ctx->mem, policies->cnps, &policies->cap_cnps, policies->n_cnps + 1, sizeof *cnp);

    if (!grown)
        return CNIPOL_E_NOMEM;
    policies->cnps = grown;
    policies->cnps[policies->n_cnps++] = *cnp;
    return CNIPOL_OK;
}

int np_cnp_take(struct np_take *take, enum np_cnp_kind kind, const struct np_node *object)
{
    const struct np_node *spec;
    struct np_cnp cnp = {.kind = kind, .replaced_by = NP_NONE, .span = np_take_span(take, object)};

    take->crd = true;
    if (!np_meta_decode(take, object))
        return np_take_status(take);
    np_meta_validate(take, object, false);
    if (!np_crd_validate(take, np_cnp_schemas[kind], object) || !np_take_fine(take))
        return np_take_status(take);
    spec = np_map_value(object, "spec");
    if (!read_place(take, object, spec, &cnp))
        return np_take_status(take);
    cnp.name = np_meta_name(take, object);
    read_subject(take, spec, &cnp);
    np_cnp_read_rules(take, NP_INGRESS, spec, &cnp);
    np_cnp_read_rules(take, NP_EGRESS, spec, &cnp);
    if (!np_take_fine(take))
        return np_take_status(take);
    return keep(take, &cnp);
}

bool np_cnp_rule_has_unknown(const struct np_cnp_rule *rule)
{
    for (uint32_t i = 0; i < rule->n_peers; i++)
        if (rule->peers[i].kind == NP_CNP_PEER_UNKNOWN)
            return true;
    for (uint32_t i = 0; i < rule->n_ports; i++)
        if (rule->ports[i].unknown)
            return true;
    return false;
}
