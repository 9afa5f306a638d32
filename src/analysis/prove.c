/* SPDX-License-Identifier: BSD-2-Clause */
/* Proving an image: see prove.h and include/cnipol/prove.h. What was found becomes a question by name here. */

#include "analysis/prove.h"

#include <stdio.h>
#include <string.h>

#define MAX_WAYS 5

static const struct cnipol_prove_opts defaults = {.sz = sizeof defaults};

static void print_ip(const struct cnipol_end *end, char *out)
{
    struct np_ip ip = {.family = end->has_v4 ? 4 : 6};

    memcpy(ip.bytes, end->has_v4 ? end->v4 : end->v6, end->has_v4 ? sizeof end->v4 : sizeof end->v6);
    (void)np_ip_print(&ip, out);
}

void np_prove_print_end(const struct np_prove *p, const struct cnipol_end *end, char *out)
{
    if (end->kind == CNIPOL_END_POD)
        (void)snprintf(out, CNIPOL_PROOF_NAME, "%s", p->model->names[end->id]);
    else if (end->kind == CNIPOL_END_NODE)
        (void)snprintf(out, CNIPOL_PROOF_NAME, "node/%s", np_atoms_str(&p->model->ctx->atoms, p->model->nodes[end->id].name).s);
    else
        print_ip(end, out);
}

static struct cnipol_question question_of(const struct np_prove *p, const struct np_prove_member *a, const struct np_prove_member *b)
{
    const struct cnipol_key *key = &p->proof->key;
    uint8_t family = a->end.first_family ? a->end.first_family : b->end.first_family;

    return (struct cnipol_question){
        .source = a->end,
        .destination = b->end,
        .family = family ? family : 4,
        .protocol = key->protocol,
        .direction = key->directions == 1   ? CNIPOL_ASK_EGRESS
                     : key->directions == 2 ? CNIPOL_ASK_INGRESS
                                            : CNIPOL_ASK_BOTH,
        .icmp_type = key->icmp_type,
        .icmp_code = key->icmp_code,
        .has_icmp = (key->flags & CNIPOL_KEY_ICMP) != 0,
        .is_fragment = (key->flags & CNIPOL_KEY_FRAGMENT) != 0,
        .connection_state = key->state,
        .source_port = key->source_port,
        .destination_port = key->destination_port,
        .port_unknown = (key->flags & CNIPOL_KEY_PORT_UNKNOWN) != 0,
    };
}

/* The address of an end that some text stands for: by its name, else by the address itself. False: by neither. */
static bool find_text(const struct np_prove *p, const struct np_prove_member *member, char *text, struct cnipol_end *out)
{
    for (uint32_t i = 0; i < 2; i++) {
        const struct cnipol_end *end = &member->end;

        if (i == 0)
            np_prove_print_end(p, end, text);
        else
            print_ip(end, text);
        if (cnipol_end_parse(p->model, text, out) || out->kind != end->kind || out->id != end->id)
            continue;
        if (!end->first_family || (end->has_v4 && out->has_v4 && memcmp(end->v4, out->v4, sizeof end->v4) == 0) ||
            (end->has_v6 && out->has_v6 && memcmp(end->v6, out->v6, sizeof end->v6) == 0))
            return true;
    }
    return false;
}

/* Can the two be asked about so, with the relations that the key says, as far as somebody looks at them? */
static bool is_question(struct np_prove *p, const struct np_prove_member *a, const struct np_prove_member *b)
{
    struct cnipol_proof *proof = p->proof;
    struct cnipol_question *q = &proof->question;
    struct np_facts facts;

    *q = question_of(p, a, b);
    if (!find_text(p, a, proof->source, &q->source) || !find_text(p, b, proof->destination, &q->destination))
        return false;
    return np_model_front(p->model, q).n == 0 && np_model_facts(p->model, q, &facts) &&
           np_ip_eq(&facts.ends[NP_END_SOURCE].ip, &a->fact.ip) && np_ip_eq(&facts.ends[NP_END_DESTINATION].ip, &b->fact.ip) &&
           ((facts.relations ^ proof->key.relations) & p->atoms.relations) == 0;
}

void np_prove_name(struct np_prove *p)
{
    struct cnipol_proof *proof = p->proof;

    if (proof->result != CNIPOL_PROOF_VERDICT)
        return;
    for (uint32_t i = 0; i < p->n_members; i++)
        for (uint32_t k = 0; k < p->n_members && p->members[i].id == proof->key.source; k++)
            if (p->members[k].id == proof->key.destination && is_question(p, &p->members[i], &p->members[k])) {
                proof->is_askable = 1;
                return;
            }
    np_prove_print_end(p, &p->members[p->first[proof->key.source]].end, proof->source);
    np_prove_print_end(p, &p->members[p->first[proof->key.destination]].end, proof->destination);
}

static int find_node(struct np_prove *p)
{
    bool is_slice = np_image_header(p->image->bytes)->features & CNIPOL_FEATURE_SLICE;

    p->node = NP_NONE;
    if (is_slice != (p->opts.node != NULL))
        return CNIPOL_E_USAGE;
    for (uint32_t i = 0; i < p->model->n_nodes && is_slice; i++)
        if (strcmp(np_atoms_str(&p->model->ctx->atoms, p->model->nodes[i].name).s, p->opts.node) == 0)
            p->node = i;
    return is_slice && p->node == NP_NONE ? CNIPOL_E_NOTFOUND : CNIPOL_OK;
}

static int run(struct np_prove *p)
{
    int rc = find_node(p);

    if (!rc && !p->peers)
        rc = cnipol_image_model(p->ctx, p->image, &p->read);
    if (!rc && p->read)
        p->peers = p->read->peers;
    if (!rc)
        rc = np_prove_terms(p);
    if (!rc)
        rc = np_prove_atoms(p);
    if (!rc)
        rc = np_prove_members(p);
    p->proof->atoms = rc ? 0 : np_prove_n_atoms(&p->atoms);
    if (!rc)
        rc = np_prove_pairs(p);
    return rc;
}

static void release(struct np_prove *p)
{
    cnipol_model_free(p->read);
    np_free(p->mem, p->terms, p->cap_terms * sizeof *p->terms);
    np_free(p->mem, p->atoms.points, p->atoms.cap_points * sizeof *p->atoms.points);
    np_free(p->mem, p->atoms.variants, p->atoms.cap_variants * sizeof *p->atoms.variants);
    np_free(p->mem, p->atoms.others, p->atoms.cap_others * sizeof *p->atoms.others);
    np_free(p->mem, p->members, p->cap_members * sizeof *p->members);
    if (p->first)
        np_free(p->mem, p->first, (p->n_ids + 1u) * sizeof *p->first);
    if (p->wanted)
        np_free(p->mem, p->wanted, p->n_ids + 1u);
}

static bool are_sound(const struct cnipol_prove_opts *opts)
{
    bool sound = opts->n_ways <= MAX_WAYS && !opts->reserved && (opts->ways || !opts->n_ways);

    for (uint32_t i = 0; i < opts->n_ways && sound; i++)
        sound = opts->ways[i].ask != NULL && opts->ways[i].name != NULL;
    return sound;
}

int np_prove_take_opts(const struct cnipol_prove_opts *given, struct cnipol_prove_opts *out)
{
    *out = defaults;
    if (given && !np_opts_fit(given, given->sz, sizeof *out))
        return CNIPOL_E_USAGE;
    if (given)
        memcpy(out, given, given->sz < sizeof *out ? given->sz : sizeof *out);
    return are_sound(out) ? CNIPOL_OK : CNIPOL_E_USAGE;
}

int np_prove_by(struct cnipol_ctx *ctx, const struct cnipol_model *model, const struct cnipol_image *image,
                const struct cnipol_prove_opts *given, const struct np_prove_how *how, struct cnipol_proof *out)
{
    struct np_prove p = {.ctx = ctx, .mem = &ctx->mem, .model = model, .image = image, .proof = out};
    int rc = np_prove_take_opts(given, &p.opts);

    memset(out, 0, sizeof *out);
    if (rc || model->peers)
        return CNIPOL_E_USAGE;
    p.machine = &model->machine;
    p.peers = how->peers;
    p.only_named = how->only_named;
    rc = run(&p);
    release(&p);
    return ctx->diags.failed ? CNIPOL_E_NOMEM : rc;
}

int cnipol_prove(struct cnipol_ctx *ctx, const struct cnipol_model *model, const struct cnipol_image *image,
                 const struct cnipol_prove_opts *opts, struct cnipol_proof *out)
{
    return np_prove_by(ctx, model, image, opts, &(struct np_prove_how){0}, out);
}
