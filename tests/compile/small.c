/* SPDX-License-Identifier: BSD-2-Clause */
/* See small.h. */

#include "small.h"

#include <cnipol/status.h>

static void make_model(struct small *small)
{
    struct cnipol_model *model = &small->model;

    model->machine = small->built.machine;
    model->pods = small->pods;
    model->nodes = small->nodes;
    model->node_of = small->node_of;
    model->ports = calloc(12, sizeof *model->ports);
    assert_non_null(model->ports);
    for (uint32_t i = 0; i < small->built.n_ends; i++) {
        struct np_fact_end *end = &small->built.ends[i];
        uint32_t n_ips = end->ip.family != 0;

        small->node_of[i] = NP_NONE;
        if (!end->is_policed) {
            small->nodes[model->n_nodes++] = (struct np_node_object){.ips = &end->ip, .n_ips = n_ips};
            continue;
        }
        assert_int_equal(model->n_nodes, 0);
        model->ports[i].items = end->ports;
        model->ports[i].n = end->n_ports;
        small->pods[model->n_pods++] = (struct np_pod){.ips = &end->ip, .n_ips = n_ips};
    }
}

void small_build(struct small *small, const struct bm_machine *from)
{
    memset(small, 0, sizeof *small);
    bm_build(&small->built, from);
    make_model(small);
    assert_true(np_idsets_init(&small->idsets, &small->built.mem));
    assert_int_equal(np_space_init(&small->space, &small->model, &small->built.mem, &small->idsets), CNIPOL_OK);
}

void small_free(struct small *small)
{
    np_space_free(&small->space);
    np_idsets_free(&small->idsets);
    free(small->model.ports);
    bm_free(&small->built);
}

uint32_t small_peer(const struct small *small, const char *name)
{
    struct np_ip ip = {0};

    for (uint32_t i = 0; i < small->built.n_ends; i++)
        if (strcmp(small->built.from->ends[i].name, name) == 0)
            return np_space_peer(&small->space, i, &small->built.ends[i].ip);
    assert_true(np_ip_parse(np_str_of(name), &ip, NULL));
    return np_space_peer(&small->space, NP_NONE, &ip);
}

struct cnipol_key small_key(const struct np_facts *facts)
{
    bool may_have = facts->protocol == 6 || facts->protocol == 17 || facts->protocol == 132;

    return (struct cnipol_key){.protocol = facts->protocol,
                               .flags =
                                   (uint8_t)((may_have && !facts->has_ports ? CNIPOL_KEY_FRAGMENT : 0) |
                                             (facts->port_unknown ? CNIPOL_KEY_PORT_UNKNOWN : 0) | (facts->has_icmp ? CNIPOL_KEY_ICMP : 0)),
                               .icmp_type = facts->icmp_type,
                               .icmp_code = facts->icmp_code,
                               .source_port = facts->source_port,
                               .destination_port = facts->port,
                               .relations = (uint8_t)facts->relations,
                               .state = facts->state};
}

enum np_tri small_box(const struct np_box *box, const struct cnipol_key *key)
{
    struct cnipol_image_cell cell = {.box_flags = box->flags,
                                     .protocol_lo = box->protocol_lo,
                                     .protocol_hi = box->protocol_hi,
                                     .relation_mask = box->relation_mask,
                                     .relation_bits = box->relation_bits,
                                     .state_lo = box->state_lo,
                                     .state_hi = box->state_hi,
                                     .icmp_type_lo = box->icmp_type_lo,
                                     .icmp_type_hi = box->icmp_type_hi,
                                     .icmp_code_lo = box->icmp_code_lo,
                                     .icmp_code_hi = box->icmp_code_hi,
                                     .source_lo = box->source_lo,
                                     .source_hi = box->source_hi,
                                     .destination_lo = box->destination_lo,
                                     .destination_hi = box->destination_hi};

    return (enum np_tri)cnipol_box_has((const uint8_t *)&cell, 0, key);
}

const char *small_letters(const struct small *small, uint32_t idset)
{
    static char letters[64];
    uint32_t id;

    for (id = 0; id < small->space.n_ids && id < sizeof letters - 1; id++)
        letters[id] = ".?y"[np_idset_has(&small->idsets, idset, id)];
    letters[id] = '\0';
    return letters;
}
