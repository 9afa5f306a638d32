/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knobs: see include/cnipol/knobs.h.
 *
 * One table; a knob's value is its position in its list. Booleans are spelled "true" and "false" as in
 * test files.
 */

#include "engine/knobs.h"

#include "base/ctx.h"

/* A NULL-terminated list. */
#define VALUES(...) ((const char *const[]){__VA_ARGS__, NULL})

static const struct cnipol_knob table[NP_KNOB_COUNT] = {
    [NP_KNOB_SELF_TRAFFIC] = {"self-traffic", VALUES("allow", "evaluate", "undefined"), "a pod to its own address"},
    [NP_KNOB_SELF_VIA_SERVICE] = {"self-via-service", VALUES("evaluate", "allow"), "a pod to a Service and back to itself"},
    [NP_KNOB_IPBLOCK_MATCHES_PODS] = {"ipblock-matches-pods", VALUES("true", "false"), "whether ipBlock and networks match pod addresses"},
    [NP_KNOB_HOST_NETWORK] = {"host-network", VALUES("as-node", "as-pod"),
                              "host-network pods: their node's address, or pods that NetworkPolicy selects"},
    [NP_KNOB_OWN_NODE_INGRESS] = {"own-node-ingress", VALUES("allow", "evaluate"), "NetworkPolicy ingress from the pod's own node"},
    [NP_KNOB_BASELINE_AFTER_NP] = {"baseline-after-np", VALUES("per-direction", "per-pod"),
                                   "where a NetworkPolicy keeps the Baseline tier out"},
    [NP_KNOB_EQUAL_PRIORITY] = {"equal-priority", VALUES("by-name", "error"), "cluster policies of one tier and priority"},
    [NP_KNOB_ICMP_AND_OTHER] = {"icmp-and-other", VALUES("undefined", "follow-l3", "deny", "allow"),
                                "protocols that NetworkPolicy does not name"},
    [NP_KNOB_UNKNOWN_FIELD_PEER] = {"unknown-field-peer", VALUES("fail-closed", "ignore"), "cluster policy peers of a newer API"},
    [NP_KNOB_SERVICE_VIP] = {"service-vip", VALUES("resolve", "raw"), "a Service address: its backends, or an address as any other"},
    [NP_KNOB_NAMED_PORT_SIDECARS] = {"named-port-sidecars", VALUES("true", "false"), "port names of restartable init containers"},
    [NP_KNOB_POD_PHASE] = {"pod-phase", VALUES("drop-finished", "keep"), "pods that have Succeeded or Failed"},
    [NP_KNOB_WORKLOADS] = {"workloads", VALUES("auto", "true", "false"), "workload templates as virtual pods"},
};

const struct cnipol_knob *cnipol_knob_at(size_t i)
{
    return i < NP_KNOB_COUNT ? &table[i] : NULL;
}

int cnipol_knobs_new(struct cnipol_ctx *ctx, struct cnipol_knobs **out)
{
    struct cnipol_knobs *knobs = np_zalloc(&ctx->mem, sizeof *knobs);

    if (!knobs)
        return CNIPOL_E_NOMEM;
    knobs->ctx = ctx;
    np_arena_init(&knobs->arena, &ctx->mem);
    *out = knobs;
    return CNIPOL_OK;
}

void cnipol_knobs_free(struct cnipol_knobs *knobs)
{
    if (!knobs)
        return;
    np_free(&knobs->ctx->mem, knobs->dns, knobs->cap_dns * sizeof *knobs->dns);
    np_arena_free(&knobs->arena);
    np_free(&knobs->ctx->mem, knobs, sizeof *knobs);
}

static int knob_number(const char *name)
{
    for (int i = 0; i < NP_KNOB_COUNT; i++)
        if (strcmp(table[i].name, name) == 0)
            return i;
    return -1;
}

int cnipol_knobs_set(struct cnipol_knobs *knobs, const char *name, const char *value)
{
    int knob = name ? knob_number(name) : -1;

    if (knob < 0)
        return CNIPOL_E_NOTFOUND;
    if (!value)
        return CNIPOL_E_USAGE;
    for (uint8_t i = 0; table[knob].values[i]; i++) {
        if (strcmp(table[knob].values[i], value) != 0)
            continue;
        knobs->values[knob] = i;
        return CNIPOL_OK;
    }
    return CNIPOL_E_USAGE;
}

const char *cnipol_knobs_get(const struct cnipol_knobs *knobs, const char *name)
{
    int knob = knob_number(name);

    return knob < 0 ? NULL : table[knob].values[knobs->values[knob]];
}

static np_atom domain_atom(struct cnipol_knobs *knobs, const char *name)
{
    size_t n = strlen(name);
    char *lower;

    if (n && name[n - 1] == '.')
        n--;
    lower = np_arena_strndup(&knobs->arena, name, n);
    if (!lower)
        return NP_ATOM_NONE;
    for (size_t i = 0; i < n; i++)
        if (lower[i] >= 'A' && lower[i] <= 'Z')
            lower[i] = (char)(lower[i] - 'A' + 'a');
    return np_atoms_add(&knobs->ctx->atoms, (struct np_str){lower, (uint32_t)n});
}

static struct np_dns_entry *dns_entry(struct cnipol_knobs *knobs, np_atom name)
{
    void *grown;

    for (uint32_t i = 0; i < knobs->n_dns; i++)
        if (knobs->dns[i].name == name)
            return &knobs->dns[i];
    grown = np_grow(&knobs->ctx->mem, knobs->dns, &knobs->cap_dns, knobs->n_dns + 1, sizeof *knobs->dns);
    if (!grown)
        return NULL;
    knobs->dns = grown;
    knobs->dns[knobs->n_dns] = (struct np_dns_entry){.name = name};
    return &knobs->dns[knobs->n_dns++];
}

static int add_address(struct cnipol_knobs *knobs, struct np_dns_entry *entry, const struct np_ip *ip)
{
    struct np_ip *ips;

    if (entry->n_ips == entry->cap_ips) {
        uint32_t cap = entry->cap_ips ? entry->cap_ips * 2 : 4;

        ips = np_arena_array(&knobs->arena, cap, sizeof *ips);
        if (!ips)
            return CNIPOL_E_NOMEM;
        if (entry->n_ips)
            memcpy(ips, entry->ips, entry->n_ips * sizeof *ips);
        ips[entry->n_ips] = *ip;
        entry->ips = ips;
        entry->cap_ips = cap;
    } else {
        ips = (struct np_ip *)(uintptr_t)entry->ips;
        ips[entry->n_ips] = *ip;
    }
    entry->n_ips++;
    return CNIPOL_OK;
}

int cnipol_knobs_add_dns(struct cnipol_knobs *knobs, const char *name, const char *address)
{
    struct np_ip ip = {0};
    struct np_dns_entry *entry;
    np_atom atom;

    if (!*name || (address && !np_ip_parse(np_str_of(address), &ip, NULL)))
        return CNIPOL_E_USAGE;
    atom = domain_atom(knobs, name);
    entry = atom ? dns_entry(knobs, atom) : NULL;
    if (!entry)
        return CNIPOL_E_NOMEM;
    return address ? add_address(knobs, entry, &ip) : CNIPOL_OK;
}

bool np_domain_matches(struct np_str pattern, struct np_str name)
{
    if (pattern.n < 2 || pattern.s[0] != '*' || pattern.s[1] != '.')
        return np_str_eq(pattern, name);
    pattern.s++;
    pattern.n--;
    return name.n > pattern.n && memcmp(name.s + (name.n - pattern.n), pattern.s, pattern.n) == 0;
}
