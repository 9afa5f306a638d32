/* SPDX-License-Identifier: BSD-2-Clause */
/* Ends and questions given as text: see include/cnipol/model.h. */

#include "reference/model.h"

#include <stdlib.h>
#include <strings.h>

static void take_ip(struct cnipol_end *end, const struct np_ip *ip)
{
    if (ip->family == 4 && !end->has_v4) {
        end->has_v4 = 1;
        memcpy(end->v4, ip->bytes, 4);
    } else if (ip->family == 6 && !end->has_v6) {
        end->has_v6 = 1;
        memcpy(end->v6, ip->bytes, 16);
    }
    if (!end->first_family)
        end->first_family = ip->family;
}

static struct cnipol_end end_with(uint32_t kind, uint32_t id, const struct np_ip *ips, uint32_t n)
{
    struct cnipol_end end = {.kind = kind, .id = id};

    for (uint32_t i = 0; i < n; i++)
        take_ip(&end, &ips[i]);
    return end;
}

static struct cnipol_end end_of_pod(const struct cnipol_model *model, uint32_t pod)
{
    return end_with(CNIPOL_END_POD, pod, model->pods[pod].ips, model->pods[pod].n_ips);
}

int cnipol_end_pod(const struct cnipol_model *model, uint32_t pod, struct cnipol_end *out)
{
    if (!np_model_has_pod(model, pod))
        return CNIPOL_E_USAGE;
    *out = end_of_pod(model, pod);
    return CNIPOL_OK;
}

/* Whoever owns the address, seen through that one address. */
static struct cnipol_end end_of_address(const struct cnipol_model *model, const struct np_ip *ip)
{
    static const uint32_t kinds[] = {[NP_OWNER_NONE] = CNIPOL_END_ADDRESS,
                                     [NP_OWNER_POD] = CNIPOL_END_POD,
                                     [NP_OWNER_NODE] = CNIPOL_END_NODE,
                                     [NP_OWNER_SERVICE] = CNIPOL_END_SERVICE,
                                     [NP_OWNER_CONTESTED] = CNIPOL_END_UNKNOWN};
    struct np_owner owner = np_view_owner(model->view, ip);
    bool is_one = kinds[owner.kind] != CNIPOL_END_ADDRESS && kinds[owner.kind] != CNIPOL_END_UNKNOWN;

    return end_with(kinds[owner.kind], is_one ? owner.index : 0, ip, 1);
}

static struct cnipol_end find_pod(const struct cnipol_model *model, struct np_str ns, struct np_str name)
{
    np_atom ns_atom = np_atoms_find(&model->ctx->atoms, ns), name_atom = np_atoms_find(&model->ctx->atoms, name);
    uint32_t pod = ns_atom && name_atom ? np_view_pod(model->view, ns_atom, name_atom) : NP_NONE;

    return pod == NP_NONE ? (struct cnipol_end){.kind = CNIPOL_END_UNKNOWN} : end_of_pod(model, pod);
}

static struct cnipol_end find_node(const struct cnipol_model *model, struct np_str name)
{
    np_atom atom = np_atoms_find(&model->ctx->atoms, name);
    uint32_t node = atom ? np_view_node(model->view, atom) : NP_NONE;

    if (node == NP_NONE)
        return (struct cnipol_end){.kind = CNIPOL_END_UNKNOWN};
    return end_with(CNIPOL_END_NODE, node, model->nodes[node].ips, model->nodes[node].n_ips);
}

static struct cnipol_end find_service(const struct cnipol_model *model, struct np_str ns, struct np_str name)
{
    np_atom ns_atom = np_atoms_find(&model->ctx->atoms, ns), name_atom = np_atoms_find(&model->ctx->atoms, name);
    uint32_t service = ns_atom && name_atom ? np_view_service(model->view, ns_atom, name_atom) : NP_NONE;

    if (service == NP_NONE)
        return (struct cnipol_end){.kind = CNIPOL_END_UNKNOWN};
    return end_with(CNIPOL_END_SERVICE, service, model->services[service].vips, model->services[service].n_vips);
}

static struct np_str slice(const char *from, const char *to)
{
    return (struct np_str){from, (uint32_t)(to - from)};
}

int cnipol_end_parse(const struct cnipol_model *model, const char *text, struct cnipol_end *out)
{
    const char *slash = strchr(text, '/'), *second = slash ? strchr(slash + 1, '/') : NULL;
    const char *end = text + strlen(text);
    struct np_ip ip = {0};

    if (np_ip_parse(slice(text, end), &ip, NULL)) {
        *out = end_of_address(model, &ip);
        return CNIPOL_OK;
    }
    if (!slash || slash == text || slash + 1 == end)
        return CNIPOL_E_USAGE;
    if (second) {
        if (!np_str_is(slice(text, slash), "service") || second == slash + 1 || second + 1 == end || strchr(second + 1, '/'))
            return CNIPOL_E_USAGE;
        *out = find_service(model, slice(slash + 1, second), slice(second + 1, end));
        return CNIPOL_OK;
    }
    *out = find_pod(model, slice(text, slash), slice(slash + 1, end));
    if (out->kind == CNIPOL_END_UNKNOWN && np_str_is(slice(text, slash), "node"))
        *out = find_node(model, slice(slash + 1, end));
    return CNIPOL_OK;
}

int cnipol_question_init(const struct cnipol_model *model, const char *source, const char *destination, struct cnipol_question *out)
{
    struct cnipol_question question = {.protocol = CNIPOL_PROTOCOL_TCP};
    int rc = cnipol_end_parse(model, source, &question.source);

    if (!rc)
        rc = cnipol_end_parse(model, destination, &question.destination);
    if (!rc)
        *out = question;
    return rc;
}

static const struct {
    const char *name;
    int number;
} protocols[] = {
    {"TCP", CNIPOL_PROTOCOL_TCP},   {"UDP", CNIPOL_PROTOCOL_UDP},       {"SCTP", CNIPOL_PROTOCOL_SCTP},
    {"ICMP", CNIPOL_PROTOCOL_ICMP}, {"ICMPv6", CNIPOL_PROTOCOL_ICMPV6},
};
#define N_PROTOCOLS (sizeof protocols / sizeof protocols[0])

int cnipol_protocol_parse(const char *text)
{
    char *end;
    long number;

    for (size_t i = 0; i < N_PROTOCOLS; i++)
        if (strcasecmp(text, protocols[i].name) == 0)
            return protocols[i].number;
    if (*text < '0' || *text > '9')
        return 0;
    number = strtol(text, &end, 10);
    return *end == '\0' && number > 0 && number < 256 ? (int)number : 0;
}

const char *cnipol_protocol_text(int32_t protocol)
{
    for (size_t i = 0; i < N_PROTOCOLS; i++)
        if (protocols[i].number == protocol)
            return protocols[i].name;
    return NULL;
}

const char *cnipol_decision_text(int32_t decision)
{
    static const char *const texts[] = {"undefined", "allow", "redirect", "undefined", "deny"};

    return decision < 0 || decision > CNIPOL_DENY ? "undefined" : texts[decision];
}
