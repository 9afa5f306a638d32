/* SPDX-License-Identifier: BSD-2-Clause */
/* See random_cluster.h: ends and Services, questions and knobs. Policies are in random_policies.c. */

#include "random_cluster.h"

#include <stdlib.h>
#include <string.h>

#include "random_policies.h"

#define PICK(r, list) (list)[random_below((r), (uint32_t)(sizeof(list) / sizeof(list)[0]))]

uint32_t random_below(struct random_cluster *r, uint32_t n)
{
    r->state ^= r->state << 13;
    r->state ^= r->state >> 7;
    r->state ^= r->state << 17;
    return (uint32_t)(r->state >> 16) % n;
}

bool random_percent(struct random_cluster *r, uint32_t chance)
{
    return random_below(r, 100) < chance;
}

static void write_labels(struct random_cluster *r)
{
    static const char *const labels[] = {"\"app\":\"web\"", "\"app\":\"db\"", "\"app\":\"api\"", "\"app\":\"web\",\"tier\":\"front\"",
                                         "\"app\":\"db\",\"tier\":\"back\""};

    fprintf(r->out, "\"labels\":{%s}", PICK(r, labels));
}

static void write_namespaces(struct random_cluster *r)
{
    static const char *const teams[] = {"red", "blue"};

    for (uint32_t i = 0; i < r->n_namespaces; i++) {
        if (random_percent(r, 10))
            continue;
        fprintf(r->out, "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"ns%u\",\"labels\":{\"team\":\"%s\"%s}}}\n",
                i, PICK(r, teams), random_percent(r, 30) ? ",\"env\":\"prod\"" : "");
    }
}

static void write_nodes(struct random_cluster *r)
{
    static const char *const zones[] = {"east", "west"};

    for (uint32_t i = 0; i < r->n_nodes; i++) {
        fprintf(r->out,
                "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"n%u\",\"labels\":{\"zone\":\"%s\"}},\"status\":{"
                "\"addresses\":["
                "{\"type\":\"InternalIP\",\"address\":\"172.18.0.%u\"}",
                i, PICK(r, zones), i + 1);
        if (random_percent(r, 50))
            fprintf(r->out, ",{\"type\":\"InternalIP\",\"address\":\"fd00:18::%u\"}", i + 1);
        if (random_percent(r, 20))
            fprintf(r->out, ",{\"type\":\"ExternalIP\",\"address\":\"198.51.100.%u\"}", i + 1);
        fprintf(r->out, "]}}\n");
    }
}

static void write_port(struct random_cluster *r)
{
    static const char *const names[] = {"http", "dns", "metrics"};
    static const uint32_t numbers[] = {80, 8080, 53, 9090};
    static const char *const protocols[] = {"TCP", "TCP", "UDP", "SCTP"};

    fprintf(r->out, "{\"containerPort\":%u,\"protocol\":\"%s\",\"name\":\"%s\"}", PICK(r, numbers), PICK(r, protocols), PICK(r, names));
}

static void write_container(struct random_cluster *r, const char *name, bool is_sidecar)
{
    uint32_t n = random_below(r, 3);

    fprintf(r->out, "{\"name\":\"%s\",\"image\":\"i\"%s,\"ports\":[", name, is_sidecar ? ",\"restartPolicy\":\"Always\"" : "");
    for (uint32_t i = 0; i < n; i++) {
        if (i)
            fputc(',', r->out);
        write_port(r);
    }
    fputs("]}", r->out);
}

static void write_containers(struct random_cluster *r)
{
    fputs("\"containers\":[", r->out);
    write_container(r, "a", false);
    if (random_percent(r, 30)) {
        fputc(',', r->out);
        write_container(r, "b", false);
    }
    fputc(']', r->out);
    if (random_percent(r, 20)) {
        fputs(",\"initContainers\":[", r->out);
        write_container(r, "i", true);
        fputc(']', r->out);
    }
}

/* Of the node that the pod is on, where it has its network. */
static void write_pod_ips(struct random_cluster *r, uint32_t pod, uint32_t host_node)
{
    uint32_t kind = random_below(r, 10), at = random_percent(r, 5) ? 0 : pod;

    fputs(",\"podIPs\":[", r->out);
    if (host_node && kind < 7)
        fprintf(r->out, "{\"ip\":\"172.18.0.%u\"}", host_node);
    else if (!host_node && kind < 5)
        fprintf(r->out, "{\"ip\":\"10.0.%u.%u\"}", at % 2, at + 1);
    else if (!host_node && kind < 8)
        fprintf(r->out, "{\"ip\":\"10.0.%u.%u\"},{\"ip\":\"fd00:10::%u\"}", at % 2, at + 1, at + 1);
    else if (!host_node && kind < 9)
        fprintf(r->out, "{\"ip\":\"fd00:10::%u\"}", at + 1);
    fputc(']', r->out);
}

static void write_pods(struct random_cluster *r)
{
    static const char *const phases[] = {"Running", "Running", "Running", "Running", "Pending", "Succeeded", "Failed"};

    for (uint32_t i = 0; i < r->n_pods; i++) {
        bool is_host = random_percent(r, 15);
        uint32_t node = random_below(r, r->n_nodes + 1u) + 1; /* the last one is nobody's */

        fprintf(r->out, "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"namespace\":\"ns%u\",\"name\":\"p%u\",",
                i % r->n_namespaces, i);
        write_labels(r);
        fputs("},\"spec\":{", r->out);
        if (random_percent(r, 85))
            fprintf(r->out, "\"nodeName\":\"n%u\",", node - 1);
        if (is_host)
            fputs("\"hostNetwork\":true,", r->out);
        write_containers(r);
        fprintf(r->out, "},\"status\":{\"phase\":\"%s\"", PICK(r, phases));
        write_pod_ips(r, i, is_host ? node : 0);
        fputs("}}\n", r->out);
    }
}

static void write_workload(struct random_cluster *r)
{
    fprintf(r->out,
            "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"namespace\":\"ns%u\",\"name\":\"later\"},\"spec\":{",
            random_below(r, r->n_namespaces));
    fputs("\"selector\":{\"matchLabels\":{\"app\":\"later\"}},\"template\":{\"metadata\":{\"labels\":{\"app\":\"later\"}},\"spec\":{",
          r->out);
    write_containers(r);
    fputs("}}}}\n", r->out);
}

static void write_slice(struct random_cluster *r, uint32_t ns, uint32_t service)
{
    uint32_t n = random_below(r, 4);

    fprintf(
        r->out,
        "{\"apiVersion\":\"discovery.k8s.io/"
        "v1\",\"kind\":\"EndpointSlice\",\"metadata\":{\"namespace\":\"ns%u\",\"name\":\"s%u-x\",\"labels\":"
        "{\"kubernetes.io/service-name\":\"s%u\"}},\"addressType\":\"IPv4\",\"ports\":[{\"name\":\"a\",\"port\":8080,\"protocol\":\"TCP\"},"
        "{\"name\":\"b\",\"port\":53,\"protocol\":\"UDP\"}],\"endpoints\":[",
        ns, service, service);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t pod = random_below(r, r->n_pods);

        fprintf(r->out, "%s{\"addresses\":[\"10.0.%u.%u\"],\"conditions\":{\"ready\":%s}}", i ? "," : "", pod % 2, pod + 1,
                random_percent(r, 90) ? "true" : "false");
    }
    fputs("]}\n", r->out);
}

static void write_services(struct random_cluster *r)
{
    for (uint32_t i = 0; i < r->n_services; i++) {
        uint32_t ns = i % r->n_namespaces;
        bool has_node_port = random_percent(r, 40);

        fprintf(r->out, "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"namespace\":\"ns%u\",\"name\":\"s%u\"},\"spec\":{", ns,
                i);
        fprintf(r->out, "\"type\":\"%s\",", has_node_port ? "NodePort" : "ClusterIP");
        if (random_percent(r, 85))
            fprintf(r->out, "\"clusterIP\":\"10.96.0.%u\",", i + 1);
        else
            fputs("\"clusterIP\":\"None\",", r->out);
        if (random_percent(r, 20))
            fputs("\"externalIPs\":[\"198.51.100.9\"],", r->out);
        fputs("\"selector\":{\"app\":\"web\"},\"ports\":[{\"name\":\"a\",\"port\":80,\"targetPort\":8080,\"protocol\":\"TCP\"", r->out);
        if (has_node_port)
            fprintf(r->out, ",\"nodePort\":%u", 30080 + i);
        fputs("},{\"name\":\"b\",\"port\":53,\"protocol\":\"UDP\"}]}}\n", r->out);
        if (random_percent(r, 90))
            write_slice(r, ns, i);
    }
}

bool random_cluster_new(struct random_cluster *r, uint64_t seed)
{
    *r = (struct random_cluster){.state = seed * 0x9e3779b97f4a7c15ull + 1};
    for (uint32_t i = 0; i < 8; i++)
        (void)random_below(r, 2);
    r->out = open_memstream(&r->bytes, &r->n);
    if (!r->out)
        return false;
    r->n_namespaces = 1 + random_below(r, 3);
    r->n_nodes = random_below(r, 4);
    r->n_pods = 1 + random_below(r, 9);
    r->n_services = random_below(r, 3);
    write_namespaces(r);
    write_nodes(r);
    write_pods(r);
    if (random_percent(r, 20))
        write_workload(r);
    write_services(r);
    random_policies(r);
    return fclose(r->out) == 0;
}

void random_cluster_free(struct random_cluster *r)
{
    free(r->bytes);
}

int random_cluster_knobs(struct random_cluster *r, struct cnipol_knobs *knobs)
{
    int rc = cnipol_knobs_add_dns(knobs, "db.example", "203.0.113.9");

    if (!rc && random_percent(r, 50))
        rc = cnipol_knobs_add_dns(knobs, "db.example", "2001:db8::9");
    if (!rc && random_percent(r, 50))
        rc = cnipol_knobs_add_dns(knobs, "nowhere.example", NULL);
    if (random_percent(r, 50))
        return rc;
    for (size_t i = 0; cnipol_knob_at(i) && !rc; i++) {
        const char *const *values = cnipol_knob_at(i)->values;
        uint32_t n = 0;

        while (values[n])
            n++;
        rc = cnipol_knobs_set(knobs, cnipol_knob_at(i)->name, values[random_percent(r, 60) ? 0 : random_below(r, n)]);
    }
    return rc;
}

void random_end_text(struct random_cluster *r, bool is_destination, char *out, size_t size)
{
    static const char *const texts[] = {"10.0.0.1",    "10.0.1.2",   "10.0.0.77",    "fd00:10::1",   "203.0.113.9", "203.0.113.200",
                                        "2001:db8::9", "172.18.0.1", "198.51.100.1", "198.51.100.9", "10.96.0.1",   "8.8.8.8",
                                        "fd00:18::1",  "no/such",    "172.18.0.2",   "::1"};
    uint32_t kind = random_below(r, 100), pod = random_below(r, r->n_pods);

    if (kind < 55)
        (void)snprintf(out, size, "ns%u/p%u", pod % r->n_namespaces, pod);
    else if (kind < 62)
        (void)snprintf(out, size, "node/n%u", random_below(r, r->n_nodes + 1u));
    else if (kind < 75 && is_destination && r->n_services)
        (void)snprintf(out, size, "service/ns%u/s%u", (pod % r->n_services) % r->n_namespaces, pod % r->n_services);
    else
        (void)snprintf(out, size, "%s", PICK(r, texts));
}

void random_conditions(struct random_cluster *r, struct cnipol_question *q)
{
    static const uint8_t protocols[] = {6, 6, 6, 17, 17, 132, 1, 58, 47};
    static const uint16_t ports[] = {80, 8080, 53, 9090, 30080, 30081, 0, 79, 81, 100, 443, 65535};
    static const uint8_t families[] = {0, 0, 0, 4, 6};

    q->family = PICK(r, families);
    q->protocol = PICK(r, protocols);
    q->direction = random_percent(r, 70) ? 0 : (uint8_t)random_below(r, 3);
    q->icmp_type = (uint8_t)random_below(r, 256);
    q->icmp_code = (uint8_t)random_below(r, 2);
    q->has_icmp = random_percent(r, 50);
    q->is_fragment = random_percent(r, 8);
    q->connection_state = (uint8_t)random_below(r, 3);
    q->source_port = (uint16_t)(random_percent(r, 50) ? 0 : random_below(r, 65536));
    q->destination_port = random_percent(r, 80) ? PICK(r, ports) : (uint16_t)random_below(r, 65536);
    q->port_unknown = random_percent(r, 10);
}
