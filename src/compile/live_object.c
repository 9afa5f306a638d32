/* SPDX-License-Identifier: BSD-2-Clause */
/* One object instead of another of its kind: see live_base.h. The text alone is loaded, and what it is decides what is done. */

#include "compile/live_pod.h"
#include "dialect/cluster.h"

/* What the text is: 1, one object of a kind that is patched. 0; negative: refused, or out of memory. */
static int load(struct np_live_base *base, const struct np_live_config *config, const char *name, const char *text, size_t size,
                struct cnipol_cluster **out)
{
    struct cnipol_cluster_counts counts;
    int rc;

    cnipol_diag_clear(base->ctx);
    rc = cnipol_cluster_new(base->ctx, &config->cluster, out);
    if (!rc)
        rc = cnipol_cluster_load_bytes(*out, name, text, size);
    if (rc)
        return rc;
    cnipol_cluster_count(*out, &counts);
    return counts.objects == 1 && counts.policies + counts.inventory == 1;
}

static int enough(int rc)
{
    return rc == CNIPOL_E_NOMEM || rc > 0 ? rc : 0;
}

/* The cluster, where there is one, goes with the policy. */
static int change_policy(struct np_changing *ch, struct cnipol_cluster **cluster)
{
    struct np_patching *p = &ch->policies[0];
    int rc = 1;

    if (*cluster) {
        p->cluster = *cluster;
        *cluster = NULL;
        rc = np_patch_lower(p, &p->cluster->policies);
    }
    return rc == 1 ? np_change_run(ch) : rc;
}

/* In a policy map a cell's place depends on those of all others. */
static int patch_policy(struct np_live_base *base, uint32_t old, struct cnipol_cluster **cluster, uint32_t *number)
{
    struct np_changing ch;
    int rc;

    if (base->has_twins || base->has_engine_rules || np_machine_has_map(&base->model->machine))
        return 0;
    rc = np_change_begin(&ch, base, &old, 1);
    if (!rc)
        rc = change_policy(&ch, cluster);
    *number = ch.n_policies ? ch.policies[0].number : NP_NONE;
    np_change_end(&ch);
    return enough(rc);
}

static int patch_inventory(struct np_live_base *base, const struct np_live_config *config, uint32_t old,
                           const struct cnipol_cluster *cluster, uint32_t *number)
{
    struct np_namespace ns = {0};
    struct np_node_object node;
    struct np_pod pod;
    uint32_t i, kind = old == NP_NONE ? NP_LIVE_POLICY : NP_LIVE_KIND(old);

    switch (np_inventory_last(cluster->inventory, &i)) {
    case NP_INVENTORY_POD:
        np_inventory_pod(cluster->inventory, i, &pod);
        (void)np_inventory_mentioned(cluster->inventory, pod.ns_name, &ns);
        return old == NP_NONE || kind == NP_LIVE_POD ? np_live_patch_pod(base, config, old, &pod, &ns, number) : 0;
    case NP_INVENTORY_NAMESPACE:
        np_inventory_namespace(cluster->inventory, i, &ns);
        return old == NP_NONE || kind == NP_LIVE_NAMESPACE ? np_live_patch_namespace(base, old, &ns, number) : 0;
    case NP_INVENTORY_NODE:
        np_inventory_node(cluster->inventory, i, &node);
        return kind == NP_LIVE_NODE ? np_live_patch_node(base, old, &node, number) : 0;
    default:
        return 0;
    }
}

static int take_away(struct np_live_base *base, const struct np_live_config *config, uint32_t old, uint32_t *number)
{
    struct cnipol_cluster *none = NULL;

    switch (NP_LIVE_KIND(old)) {
    case NP_LIVE_POLICY:
        return patch_policy(base, old, &none, number);
    case NP_LIVE_POD:
        return np_live_patch_pod(base, config, old, NULL, NULL, number);
    case NP_LIVE_NAMESPACE:
        return np_live_patch_namespace(base, old, NULL, number);
    default:
        return 0;
    }
}

static int patch(struct np_live_base *base, const struct np_live_config *config, uint32_t old, struct cnipol_cluster **cluster,
                 uint32_t *number)
{
    struct cnipol_cluster_counts counts;

    if (!*cluster)
        return enough(take_away(base, config, old, number));
    cnipol_cluster_count(*cluster, &counts);
    if (!counts.policies)
        return enough(patch_inventory(base, config, old, *cluster, number));
    return old == NP_NONE || NP_LIVE_KIND(old) == NP_LIVE_POLICY ? patch_policy(base, old, cluster, number) : 0;
}

int np_live_patch(struct np_live_base *base, const struct np_live_config *config, uint32_t old, const char *name, const char *text,
                  size_t size, uint32_t *number)
{
    struct cnipol_cluster *cluster = NULL;
    int rc = 1;

    *number = NP_NONE;
    while (old < base->now.n && base->now.items[old] != NP_NONE)
        old = base->now.items[old];
    if (text)
        rc = load(base, config, name, text, size, &cluster);
    if (rc == 1)
        rc = patch(base, config, old, &cluster, number);
    cnipol_cluster_free(cluster);
    return rc;
}
