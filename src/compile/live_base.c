/* SPDX-License-Identifier: BSD-2-Clause */
/* Bases of live policy sets: see live_base.h. */

#include "compile/live_base.h"

#include <string.h>

#include <cnipol/addrmap.h>

#include "compile/fill_addrmap.h"
#include "compile/live_pod.h"
#include "dialect/cluster.h"
#include "image/image.h"

/* What one object is called until its number is known: a pod, a namespace, a node by their places in the inventory. */
static uint32_t inventory_number(const struct np_live_base *base)
{
    uint32_t i;

    switch (np_inventory_last(base->cluster->inventory, &i)) {
    case NP_INVENTORY_POD:
        return NP_LIVE_POD | i;
    case NP_INVENTORY_NAMESPACE:
        return NP_LIVE_NAMESPACE | i;
    case NP_INVENTORY_NODE:
        return NP_LIVE_NODE | i;
    default:
        return NP_NONE;
    }
}

/* Loads a source; remembers it where it is one object and nothing else. */
static int load(struct np_live_base *base, struct np_live_source *source)
{
    struct np_policies *policies = &base->cluster->policies;
    struct cnipol_cluster_counts before, after;
    uint32_t n_netpols = policies->n_netpols, n_cnps = policies->n_cnps;
    int rc;

    cnipol_cluster_count(base->cluster, &before);
    rc = cnipol_cluster_load_bytes(base->cluster, source->name, source->text, source->size);
    cnipol_cluster_count(base->cluster, &after);
    source->numbered = NP_NONE;
    if (after.objects - before.objects != 1)
        return rc;
    if (policies->n_netpols - n_netpols == 1)
        source->numbered = n_netpols * 2;
    if (policies->n_cnps - n_cnps == 1)
        source->numbered = n_cnps * 2 + 1;
    if (after.inventory - before.inventory == 1)
        source->numbered = inventory_number(base);
    return rc;
}

static int load_all(struct np_live_base *base, struct np_live_source *sources, uint32_t n)
{
    int worst = CNIPOL_OK;

    for (uint32_t i = 0; i < n; i++) {
        int rc = load(base, &sources[i]);

        if (rc == CNIPOL_E_NOMEM)
            return rc;
        if (rc)
            worst = rc;
    }
    return worst;
}

/* Numbers of the dialects' arrays become numbers of the machine. Policies are many, so their places are hashed. */
static bool is_place(const void *ctx, const void *key, uint32_t value)
{
    const struct np_machine *machine = ctx;

    return memcmp(&machine->policies[value].span, key, sizeof(struct np_span)) == 0;
}

static int find_policies(struct np_live_base *base, struct np_live_source *sources, uint32_t n)
{
    const struct np_machine *machine = &base->model->machine;
    struct np_hmap by_place;
    int rc = CNIPOL_OK;

    np_hmap_init(&by_place, &base->ctx->mem);
    for (uint32_t i = 0; i < machine->n_policies && !rc; i++)
        rc = np_hmap_put(&by_place, np_hash(&machine->policies[i].span, sizeof(struct np_span)), i);
    for (uint32_t i = 0; i < n && !rc; i++) {
        uint32_t at = sources[i].numbered;
        struct np_span span;

        if (at == NP_NONE || NP_LIVE_KIND(at) != NP_LIVE_POLICY)
            continue;
        span = at % 2 ? base->cluster->policies.cnps[at / 2].span : base->cluster->policies.netpols[at / 2].span;
        sources[i].numbered = np_hmap_get(&by_place, np_hash(&span, sizeof span), is_place, machine, &span);
    }
    np_hmap_free(&by_place);
    return rc;
}

uint64_t np_live_policy_hash(const struct np_policy *policy)
{
    return np_hash_mix(np_hash_mix(np_hash(policy->kind, strlen(policy->kind)), policy->ns), policy->name);
}

static int name_policies(struct np_live_base *base)
{
    const struct np_machine *machine = &base->model->machine;
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < machine->n_policies && !rc; i++)
        rc = np_hmap_put(&base->by_name, np_live_policy_hash(&machine->policies[i]), i);
    return rc;
}

static bool is_always(const struct np_pred *pred)
{
    return pred->n == 1 && pred->any[0].n == 0;
}

bool np_live_has_engine_rules(const struct np_machine *machine)
{
    for (uint32_t c = 0; c < machine->n_checkpoints; c++)
        for (uint32_t s = 0; s < machine->checkpoints[c].n_stages; s++)
            for (uint32_t i = 0; i < machine->checkpoints[c].stages[s].n_rules; i++) {
                const struct np_rule *rule = &machine->checkpoints[c].stages[s].rules[i];

                if (rule->policy == NP_NONE && !is_always(&rule->subject))
                    return true;
            }
    return false;
}

static bool find_twins(const struct np_policies *policies)
{
    for (uint32_t i = 0; i < policies->n_netpols; i++)
        if (policies->netpols[i].replaced_by != NP_NONE)
            return true;
    for (uint32_t i = 0; i < policies->n_cnps; i++)
        if (policies->cnps[i].replaced_by != NP_NONE)
            return true;
    return false;
}

static int set_knobs(struct np_live_base *base, char *const *knobs)
{
    int rc = cnipol_knobs_new(base->ctx, &base->knobs);

    for (uint32_t i = 0; knobs && knobs[i] && !rc; i++) {
        const char *equals = strchr(knobs[i], '=');
        char name[64] = {0};

        if (!equals || (size_t)(equals - knobs[i]) >= sizeof name)
            return CNIPOL_E_USAGE;
        memcpy(name, knobs[i], (size_t)(equals - knobs[i]));
        rc = cnipol_knobs_set(base->knobs, name, equals + 1);
    }
    return rc;
}

static int count_entries(struct np_live_base *base)
{
    struct np_space *space = &base->c.space;

    for (uint32_t id = 0; id < space->n_ids; id++)
        if (!np_words_push(&base->n_entries, &base->ctx->mem, 0))
            return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < space->n_entries; i++)
        base->n_entries.items[space->entries[i].id]++;
    for (uint32_t family = 0; family < 2; family++)
        for (uint32_t i = 0; i < space->n_atoms[family]; i++)
            base->n_entries.items[space->atoms[family][i].id]++;
    if (space->nobody != NP_NONE)
        base->n_entries.items[space->nobody]++;
    return CNIPOL_OK;
}

static int copy_words(struct np_live_base *base, const uint8_t *image, uint32_t at, struct np_words *out)
{
    for (uint32_t id = 0; id < base->c.space.n_ids; id++)
        if (!np_words_push(out, &base->ctx->mem, ((const uint32_t *)(const void *)(image + at))[id]))
            return CNIPOL_E_NOMEM;
    return CNIPOL_OK;
}

static int open_region(struct np_live_base *base, uint64_t room)
{
    size_t n;
    const uint8_t *image = cnipol_image_bytes(base->image, &n);
    const struct cnipol_image_view *view = np_image_view(base->image);
    int rc = np_region_init(&base->region, &base->ctx->mem, image, &base->rules, room);

    for (uint32_t i = 0; i < view->n_checkpoints && !rc; i++) {
        rc = copy_words(base, image, view->checkpoints[i].roots, &base->roots[i]);
        if (!rc)
            rc = copy_words(base, image, view->checkpoints[i].peers, &base->peers[i]);
    }
    if (!rc)
        rc = count_entries(base);
    return rc ? rc : np_live_base_write(base);
}

static int make_addrmap(struct np_live_base *base)
{
    uint32_t n_ends = base->model->n_pods + base->model->n_nodes;
    uint64_t prefixes = base->c.space.n_entries + 64ull * (base->c.space.n_atoms[0] + base->c.space.n_atoms[1]);
    int rc;

    base->addrmap_size = np_image_align(cnipol_addrmap_room(prefixes + 2 * NP_LIVE_GUESTS, n_ends + NP_LIVE_GUESTS));
    base->addrmap_block = np_alloc(&base->ctx->mem, base->addrmap_size);
    if (!base->addrmap_block)
        return CNIPOL_E_NOMEM;
    rc = cnipol_addrmap_new(base->ctx, base->addrmap_block, base->addrmap_size, n_ends + NP_LIVE_GUESTS, &base->addrmap);
    return rc ? rc : np_fill_addrmap(&base->c.space, base->addrmap);
}

static int compile(struct np_live_base *base, const struct np_live_config *config)
{
    int rc = np_compilation_init(&base->c, base->ctx, base->model, &config->compile);

    if (!rc)
        rc = np_ruleset_init(&base->rules, &base->c);
    if (!rc)
        rc = np_compilation_emit(&base->c, &base->rules, &config->compile, &base->image);
    if (!rc)
        rc = open_region(base, config->room);
    if (!rc && config->with_addrmap)
        rc = make_addrmap(base);
    np_compilation_tell(&base->c, rc);
    return base->ctx->diags.failed ? CNIPOL_E_NOMEM : rc;
}

static int build(struct np_live_base *base, const struct np_live_config *config, struct np_live_source *sources, uint32_t n)
{
    int rc = set_knobs(base, config->knobs);

    if (!rc)
        rc = cnipol_cluster_new(base->ctx, &config->cluster, &base->cluster);
    if (!rc)
        rc = load_all(base, sources, n);
    if (!rc)
        rc = cnipol_model_new(base->cluster, config->engine, base->knobs, &base->model);
    if (!rc)
        rc = find_policies(base, sources, n);
    if (!rc)
        rc = name_policies(base);
    if (rc)
        return rc;
    base->has_twins = find_twins(&base->cluster->policies);
    rc = compile(base, config);
    if (!rc)
        rc = np_live_find_pods(base, sources, n);
    if (rc)
        return rc;
    base->has_engine_rules = np_live_has_engine_rules(&base->model->machine);
    return np_live_govern_all(base);
}

int np_live_base_build(const struct np_live_config *config, struct np_live_source *sources, uint32_t n, struct np_live_base **out)
{
    struct cnipol_ctx *ctx;
    struct np_live_base *base;
    int rc = cnipol_ctx_new(&config->alloc, &ctx);

    *out = NULL;
    if (rc)
        return rc;
    base = np_zalloc(&ctx->mem, sizeof *base);
    if (!base) {
        cnipol_ctx_free(ctx);
        return CNIPOL_E_NOMEM;
    }
    base->ctx = ctx;
    np_hmap_init(&base->by_name, &ctx->mem);
    np_hmap_init(&base->pod_names, &ctx->mem);
    rc = build(base, config, sources, n);
    *out = base;
    return rc;
}

static void free_policy(struct np_live_policy *policy, struct np_mem *mem)
{
    if (policy->has_machine)
        np_machine_free(&policy->machine);
    cnipol_cluster_free(policy->cluster);
    np_free(mem, policy, sizeof *policy);
}

void np_live_base_free(struct np_live_base *base)
{
    struct cnipol_ctx *ctx;

    if (!base)
        return;
    ctx = base->ctx;
    for (uint32_t i = 0; i < base->n_extra; i++)
        free_policy(base->extra[i], &ctx->mem);
    np_free(&ctx->mem, base->extra, base->cap_extra * sizeof(struct np_live_policy *));
    np_words_free(&base->like, &ctx->mem);
    np_words_free(&base->n_entries, &ctx->mem);
    np_words_free(&base->gone, &ctx->mem);
    np_words_free(&base->now, &ctx->mem);
    np_free(&ctx->mem, base->pods, base->cap_pods * sizeof *base->pods);
    np_free(&ctx->mem, base->later, base->cap_later * sizeof *base->later);
    np_hmap_free(&base->pod_names);
    np_words_free(&base->counts, &ctx->mem);
    np_words_free(&base->truths, &ctx->mem);
    np_hmap_free(&base->by_name);
    for (uint32_t i = 0; i < CNIPOL_IMAGE_CHECKPOINTS; i++) {
        np_words_free(&base->roots[i], &ctx->mem);
        np_words_free(&base->peers[i], &ctx->mem);
        for (uint32_t s = 0; s < 64; s++)
            np_words_free(&base->governors[i].stages[s], &ctx->mem);
    }
    cnipol_addrmap_close(base->addrmap);
    np_free(&ctx->mem, base->addrmap_block, base->addrmap_size);
    np_region_free(&base->region);
    cnipol_image_free(base->image);
    np_ruleset_free(&base->rules);
    if (base->c.mem)
        np_compilation_free(&base->c);
    cnipol_model_free(base->model);
    cnipol_cluster_free(base->cluster);
    cnipol_knobs_free(base->knobs);
    np_free(&ctx->mem, base, sizeof *base);
    cnipol_ctx_free(ctx);
}

enum np_tri np_live_member(const struct np_live_base *base, struct np_live_set set, uint32_t id)
{
    while (id >= set.space && id >= base->c.space.n_ids - base->like.n)
        id = base->like.items[id - (base->c.space.n_ids - base->like.n)];
    return np_idset_has(&base->c.idsets, set.set, id);
}

static int write_sets(struct np_live_base *base)
{
    struct np_region *region = &base->region;
    const struct np_ruleset *rules = &base->rules;
    int rc = CNIPOL_OK;

    for (uint32_t i = region->sets.n; i < rules->sets.n && !rc; i++) {
        uint32_t n;
        const uint32_t *words = np_idset_words(&base->c.idsets, rules->sets.items[i], &n);
        struct cnipol_image_set set = {.first = region->words.n, .n = n, .space = rules->spaces.items[i]};

        rc = np_region_append(region, &region->words, words, n);
        if (!rc)
            rc = np_region_append(region, &region->sets, &set, 1);
    }
    return rc;
}

static int write_lists(struct np_live_base *base)
{
    struct np_region *region = &base->region;
    const struct np_intern *lists = &base->rules.lists;
    const struct np_intern *cells = &base->rules.cells;
    int rc = np_region_append(region, &region->cells, cells->words + cells->first[region->cells.n], cells->n - region->cells.n);

    if (!rc)
        rc = np_region_append(region, &region->items, lists->words + region->items.n, lists->n_words - region->items.n);
    for (uint32_t i = region->lists.n; i < lists->n && !rc; i++) {
        struct cnipol_image_list list = {lists->first[i], lists->first[i + 1] - lists->first[i]};

        rc = np_region_append(region, &region->lists, &list, 1);
    }
    return rc;
}

/* Lists of new ids are those of the ids that they are like: a word says so (format.h). An id may become like another one. */
static int write_members(struct np_live_base *base, uint32_t at)
{
    uint32_t size = base->like.n * (uint32_t)sizeof(struct cnipol_image_list);
    struct cnipol_image_list *lists = np_alloc(&base->ctx->mem, size);
    int rc;

    if (!lists)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < base->like.n; i++)
        lists[i] = (struct cnipol_image_list){base->like.items[i], CNIPOL_MEMBERS_LIKE};
    rc = np_region_write(&base->region, at, lists, size);
    np_free(&base->ctx->mem, lists, size);
    return rc;
}

/* What a checkpoint says of each id, in a frame from *at on, which moves behind it. */
static int write_ids(struct np_live_base *base, uint32_t checkpoint, struct cnipol_image_checkpoint *to, uint32_t *at)
{
    struct np_region *region = &base->region;
    const struct np_words *roots = &base->roots[checkpoint], *lists = &base->rules.list_of[checkpoint];
    struct np_region_table *peers = &region->peers[checkpoint];
    int rc = np_region_append(region, peers, base->peers[checkpoint].items + peers->n, base->peers[checkpoint].n - peers->n);

    to->peers = peers->at;
    to->roots = *at;
    *at += (uint32_t)np_image_align(roots->n * 4);
    to->lists = *at;
    *at += (uint32_t)np_image_align(lists->n * 4);
    if (!rc)
        rc = np_region_write(region, to->roots, roots->items, roots->n * 4);
    return rc ? rc : np_region_write(region, to->lists, lists->items, lists->n * 4);
}

static void name_tables(const struct np_live_base *base, struct cnipol_image_view *view)
{
    const struct np_region *region = &base->region;

    view->n_ids = base->c.space.n_ids;
    view->cells = region->cells.at;
    view->n_cells = region->cells.n;
    view->items = region->items.at;
    view->n_items = region->items.n;
    view->lists = region->lists.at;
    view->n_lists = region->lists.n;
    view->sets = region->sets.at;
    view->n_sets = region->sets.n;
    view->words = region->words.at;
    view->n_words = region->words.n;
    view->first_member = base->c.space.n_ids - base->like.n;
}

static int write_frame(struct np_live_base *base)
{
    struct np_region *region = &base->region;
    struct cnipol_image_view view = region->view;
    uint32_t head = (uint32_t)np_image_align(sizeof view), at, frame;
    uint32_t n = head + 2 * view.n_checkpoints * (uint32_t)np_image_align(base->c.space.n_ids * 4) +
                 (uint32_t)np_image_align(base->like.n * sizeof(struct cnipol_image_list));
    int rc = np_region_frame(region, n, &frame);

    if (rc)
        return rc;
    at = frame + head;
    for (uint32_t i = 0; i < view.n_checkpoints && !rc; i++)
        rc = write_ids(base, i, &view.checkpoints[i], &at);
    if (!rc && base->like.n)
        rc = write_members(base, at);
    if (rc)
        return rc;
    view.members = at;
    name_tables(base, &view);
    region->view = view;
    region->view_at = frame;
    return np_region_write(region, frame, &view, sizeof view);
}

int np_live_base_write(struct np_live_base *base)
{
    int rc = write_lists(base);

    if (!rc)
        rc = write_sets(base);
    return rc ? rc : write_frame(base);
}
