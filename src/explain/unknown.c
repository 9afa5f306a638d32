/* SPDX-License-Identifier: BSD-2-Clause */
/* Why something is unknown: the first term that cannot be told, as a sentence. See trace.h. */

#include "explain/trace.h"

const char *np_trace_end_name(struct cnipol_trace *trace, const struct cnipol_end *end)
{
    const struct cnipol_model *model = trace->model;
    struct np_ip ip = {.family = end->has_v4 ? 4 : end->has_v6 ? 6 : 0};
    char text[NP_IP_TEXT];

    if (end->kind == CNIPOL_END_POD && end->id < model->n_pods)
        return model->names[end->id];
    if (end->kind == CNIPOL_END_NODE && end->id < model->n_nodes)
        return np_trace_format(trace, "node/%s", np_atoms_str(&trace->ctx->atoms, model->nodes[end->id].name).s);
    if (end->kind == CNIPOL_END_SERVICE && end->id < model->n_services)
        return np_trace_format(trace, "service/%s/%s", np_atoms_str(&trace->ctx->atoms, model->services[end->id].ns).s,
                               np_atoms_str(&trace->ctx->atoms, model->services[end->id].name).s);
    if (ip.family == 0)
        return end->kind == CNIPOL_END_UNKNOWN ? "(not in the cluster)" : "(no address)";
    memcpy(ip.bytes, ip.family == 4 ? end->v4 : end->v6, ip.family == 4 ? 4 : 16);
    np_ip_print(&ip, text);
    return np_trace_format(trace, "%s", text);
}

static const char *about_end(struct cnipol_trace *trace, enum np_end_role role, bool address)
{
    uint32_t id = trace->facts.ends[role].number;
    const struct cnipol_model *model = trace->model;

    if (id >= model->n_pods)
        return address ? "an address is not known" : "it is not known who this is";
    if (address)
        return np_trace_format(trace, "the address of %s is not known", model->names[id]);
    return np_trace_format(trace, "the labels of namespace %s are not known: no Namespace object was given",
                           np_atoms_str(&trace->ctx->atoms, model->pods[id].ns_name).s);
}

static const char *about_term(struct cnipol_trace *trace, enum np_end_role role, const struct np_term *term)
{
    switch ((enum np_term_kind)term->kind) {
    case NP_TERM_SET:
        return about_end(trace, role, false);
    case NP_TERM_PREFIX:
        return about_end(trace, role, true);
    case NP_TERM_UNKNOWN:
        return trace->model->machine.reasons[term->arg];
    case NP_TERM_PORT:
    case NP_TERM_PORT_NAME:
        return "the destination port is not known";
    case NP_TERM_SOURCE_PORT:
        return "the source port is not known";
    case NP_TERM_ICMP_TYPE:
    case NP_TERM_ICMP_CODE:
        return "the ICMP type and code are not known";
    default:
        return NULL;
    }
}

static const char *about_pred(struct cnipol_trace *trace, enum np_end_role role, const struct np_pred *pred)
{
    const struct np_machine *m = &trace->model->machine;

    if (np_pred_eval(m, &trace->facts, role, pred) != NP_UNKNOWN)
        return NULL;
    for (uint32_t i = 0; i < pred->n; i++)
        for (uint32_t k = 0; k < pred->any[i].n; k++)
            if (np_term_eval(m, &trace->facts, role, &pred->any[i].terms[k]) == NP_UNKNOWN)
                return about_term(trace, role, &pred->any[i].terms[k]);
    return NULL;
}

const char *np_trace_unknown_subject(struct cnipol_trace *trace, const struct np_checkpoint *checkpoint, const struct np_pred *subject)
{
    return about_pred(trace, checkpoint->subject, subject);
}

const char *np_trace_unknown(struct cnipol_trace *trace, const struct np_checkpoint *checkpoint, const struct np_rule *rule)
{
    enum np_end_role subject = checkpoint->subject, other = !checkpoint->subject;
    const char *reason = about_pred(trace, subject, &rule->subject);

    if (!reason)
        reason = about_pred(trace, other, &rule->remote);
    if (!reason)
        reason = about_pred(trace, subject, &rule->local);
    return reason ? reason : about_pred(trace, subject, &rule->l4);
}
