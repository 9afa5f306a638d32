/* SPDX-License-Identifier: BSD-2-Clause */
/* Every field of a record as text: a line for each that says something. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "hubble_twin.h"

static void text(FILE *f, const char *name, struct cnipol_text value)
{
    if (!value.s)
        return;
    fprintf(f, "%s=%u:", name, value.n);
    fwrite(value.s, 1, value.n, f);
    fputc('\n', f);
}

static void texts(FILE *f, const char *name, const struct cnipol_text *items, uint32_t n)
{
    if (items)
        fprintf(f, "%s of %u\n", name, n);
    for (uint32_t i = 0; i < n; i++)
        text(f, name, items[i]);
}

static void number(FILE *f, const char *name, uint64_t value)
{
    if (value)
        fprintf(f, "%s=%" PRIu64 "\n", name, value);
}

static void time_at(FILE *f, const char *name, struct cnipol_time value)
{
    fprintf(f, "%s=%" PRId64 ".%u\n", name, value.seconds, value.nanos);
}

static void end(FILE *f, const struct cnipol_flow_end *e)
{
    fprintf(f, "end has %x\n", e->has);
    number(f, "identity", e->identity);
    number(f, "id", e->id);
    number(f, "port", e->port);
    text(f, "ip", e->ip);
    text(f, "ns", e->ns);
    text(f, "pod", e->pod);
    text(f, "cluster", e->cluster);
    text(f, "service_ns", e->service_ns);
    text(f, "service", e->service);
    if (e->workloads)
        fprintf(f, "workloads of %u\n", e->n_workloads);
    for (uint32_t i = 0; i < e->n_workloads; i++) {
        text(f, "kind", e->workloads[i].kind);
        text(f, "name", e->workloads[i].name);
    }
    texts(f, "labels", e->labels, e->n_labels);
    texts(f, "names", e->names, e->n_names);
}

static void policies(FILE *f, const struct cnipol_flow *flow)
{
    for (uint32_t i = 0; i < flow->n_policies; i++) {
        const struct cnipol_flow_policy *p = &flow->policies[i];

        fprintf(f, "policy has %x direction %d\n", p->has, p->direction);
        number(f, "revision", p->revision);
        text(f, "kind", p->kind);
        text(f, "ns", p->ns);
        text(f, "name", p->name);
        text(f, "action", p->action);
        texts(f, "labels", p->labels, p->n_labels);
    }
}

static void l7(FILE *f, const struct cnipol_flow_l7 *l)
{
    fprintf(f, "l7 has %x kind %d\n", l->has, l->kind);
    text(f, "type", l->type);
    number(f, "latency", l->latency_ns);
    number(f, "code", l->code);
    text(f, "method", l->method);
    text(f, "url", l->url);
    text(f, "protocol", l->protocol);
    if (l->headers)
        fprintf(f, "headers of %u\n", l->n_headers);
    for (uint32_t i = 0; i < l->n_headers; i++) {
        text(f, "key", l->headers[i].key);
        text(f, "value", l->headers[i].value);
    }
    text(f, "query", l->query);
    text(f, "observation_source", l->observation_source);
    texts(f, "ips", l->ips, l->n_ips);
    texts(f, "cnames", l->cnames, l->n_cnames);
    texts(f, "qtypes", l->qtypes, l->n_qtypes);
    texts(f, "rrtypes", l->rrtypes, l->n_rrtypes);
    number(f, "ttl", l->ttl);
    number(f, "rcode", l->rcode);
    fprintf(f, "kafka %d %d %d\n", l->error_code, l->api_version, l->correlation_id);
    text(f, "api_key", l->api_key);
    text(f, "topic", l->topic);
}

static void event(FILE *f, const struct cnipol_flow_event *e)
{
    fprintf(f, "event %d has %x cpu %" PRId64 " type %d\n", e->kind, e->has, e->cpu, e->type);
    text(f, "source", e->source);
    number(f, "n_lost", e->n_lost);
    time_at(f, "first", e->first);
    time_at(f, "last", e->last);
    text(f, "state", e->state);
    texts(f, "nodes", e->nodes, e->n_nodes);
    text(f, "message", e->message);
}

static void numbers(FILE *f, const struct cnipol_flow *flow)
{
    fprintf(f, "types %d %d %d\n", flow->flow_type, flow->event_type, flow->event_sub_type);
    fprintf(f, "points %d %d %d %d %d\n", flow->observation_point, flow->trace_reason, flow->capture_point, flow->auth_type, flow->xlate_point);
    number(f, "match_type", flow->match_type);
    number(f, "proxy_port", flow->proxy_port);
    number(f, "socket_cookie", flow->socket_cookie);
    number(f, "cgroup_id", flow->cgroup_id);
    number(f, "ip_trace_id", flow->ip_trace_id);
    number(f, "ip_option_type", flow->ip_option_type);
    number(f, "file_line", flow->file_line);
    number(f, "drop_reason", flow->drop_reason);
    number(f, "interface", flow->interface_index);
    number(f, "vni", flow->tunnel_vni);
    fprintf(f, "tunnel %d %u %u\n", flow->tunnel_protocol, flow->tunnel_src_port, flow->tunnel_dst_port);
    fprintf(f, "aggregate %u %u %u\n", flow->n_ingress_flows, flow->n_egress_flows, flow->n_unknown_flows);
    number(f, "chunk", flow->sctp_chunk_type);
}

char *flow_dump(const struct cnipol_flow *flow)
{
    char *bytes = NULL;
    size_t n;
    FILE *f = open_memstream(&bytes, &n);

    if (!f)
        return NULL;
    fprintf(f, "has %x protocol %u ip %u verdict %d direction %d reply %u encrypted %u icmp %u %u flags %x\n", flow->has, flow->protocol,
            flow->ip_version, flow->verdict, flow->direction, flow->reply, flow->encrypted, flow->icmp_type, flow->icmp_code, flow->tcp_flags);
    time_at(f, "time", flow->time);
    end(f, &flow->src);
    end(f, &flow->dst);
    numbers(f, flow);
    text(f, "drop_reason_name", flow->drop_reason_name);
    text(f, "interface_name", flow->interface_name);
    text(f, "node", flow->node);
    policies(f, flow);
    if (flow->l7)
        l7(f, flow->l7);
    if (flow->event)
        event(f, flow->event);
    texts(f, "node_labels", flow->node_labels, flow->n_node_labels);
    text(f, "file_name", flow->file_name);
    text(f, "uuid", flow->uuid);
    text(f, "emitter_name", flow->emitter_name);
    text(f, "emitter_version", flow->emitter_version);
    text(f, "src_mac", flow->src_mac);
    text(f, "dst_mac", flow->dst_mac);
    text(f, "src_xlated", flow->src_xlated);
    text(f, "trace_id", flow->trace_id);
    text(f, "summary", flow->summary);
    text(f, "tunnel_src", flow->tunnel_src);
    text(f, "tunnel_dst", flow->tunnel_dst);
    texts(f, "policy_log", flow->policy_log, flow->n_policy_log);
    fclose(f);
    return bytes;
}
