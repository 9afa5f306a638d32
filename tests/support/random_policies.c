/* SPDX-License-Identifier: BSD-2-Clause */
/* See random_policies.h. */

#include "random_policies.h"

#define PICK(r, list) (list)[random_below((r), (uint32_t)(sizeof(list) / sizeof(list)[0]))]

static const char *const pod_selectors[] = {
    "{}",
    "{}",
    "{\"matchLabels\":{\"app\":\"web\"}}",
    "{\"matchLabels\":{\"app\":\"db\"}}",
    "{\"matchLabels\":{\"tier\":\"front\"}}",
    "{\"matchExpressions\":[{\"key\":\"app\",\"operator\":\"In\",\"values\":[\"web\",\"api\"]}]}",
    "{\"matchExpressions\":[{\"key\":\"app\",\"operator\":\"NotIn\",\"values\":[\"db\"]}]}",
    "{\"matchExpressions\":[{\"key\":\"tier\",\"operator\":\"Exists\"}]}",
    "{\"matchExpressions\":[{\"key\":\"tier\",\"operator\":\"DoesNotExist\"}]}",
};

static const char *const namespace_selectors[] = {
    "{}",
    "{\"matchLabels\":{\"team\":\"red\"}}",
    "{\"matchLabels\":{\"team\":\"blue\"}}",
    "{\"matchLabels\":{\"kubernetes.io/metadata.name\":\"ns0\"}}",
    "{\"matchExpressions\":[{\"key\":\"env\",\"operator\":\"DoesNotExist\"}]}",
};

static const char *const blocks[] = {"10.0.0.0/8",   "10.0.1.0/24",   "203.0.113.0/24", "0.0.0.0/0",      "::/0",       "2001:db8::/32",
                                     "fd00:10::/64", "172.18.0.0/16", "10.0.0.1/32",    "203.0.113.9/32", "128.0.0.0/1"};

static void comma(struct random_cluster *r, uint32_t i)
{
    if (i)
        fputc(',', r->out);
}

static void write_block(struct random_cluster *r)
{
    static const char *const parts[] = {
        "{\"cidr\":\"10.0.0.0/8\",\"except\":[\"10.0.1.0/24\"]}",
        "{\"cidr\":\"0.0.0.0/0\",\"except\":[\"10.0.0.0/8\",\"172.18.0.1/32\"]}",
        "{\"cidr\":\"::/0\",\"except\":[\"fd00:10::/64\"]}",
        "{\"cidr\":\"203.0.113.0/24\",\"except\":[\"203.0.113.0/25\",\"203.0.113.128/25\"]}",
    };

    if (random_percent(r, 40))
        fprintf(r->out, "{\"ipBlock\":%s}", PICK(r, parts));
    else
        fprintf(r->out, "{\"ipBlock\":{\"cidr\":\"%s\"}}", PICK(r, blocks));
}

static void write_np_peer(struct random_cluster *r)
{
    switch (random_below(r, 4)) {
    case 0:
        fprintf(r->out, "{\"podSelector\":%s}", PICK(r, pod_selectors));
        break;
    case 1:
        fprintf(r->out, "{\"namespaceSelector\":%s}", PICK(r, namespace_selectors));
        break;
    case 2:
        fprintf(r->out, "{\"namespaceSelector\":%s,\"podSelector\":%s}", PICK(r, namespace_selectors), PICK(r, pod_selectors));
        break;
    default:
        write_block(r);
    }
}

static void write_np_port(struct random_cluster *r)
{
    static const char *const ports[] = {
        "{\"port\":80}",
        "{\"port\":53,\"protocol\":\"UDP\"}",
        "{\"port\":\"http\"}",
        "{\"port\":\"dns\",\"protocol\":\"UDP\"}",
        "{\"port\":\"metrics\",\"protocol\":\"SCTP\"}",
        "{\"protocol\":\"SCTP\"}",
        "{\"protocol\":\"TCP\"}",
        "{\"port\":80,\"endPort\":9000}",
        "{\"port\":1,\"endPort\":65535}",
        "{\"port\":8080,\"endPort\":8080,\"protocol\":\"UDP\"}",
        "{\"port\":65535}",
        "{}",
    };

    fputs(PICK(r, ports), r->out);
}

static void write_np_rules(struct random_cluster *r, const char *direction, const char *peers)
{
    uint32_t n = random_below(r, 4);

    fprintf(r->out, ",\"%s\":[", direction);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t n_peers = random_below(r, 4), n_ports = random_percent(r, 40) ? 0 : random_below(r, 4);

        comma(r, i);
        fprintf(r->out, "{\"%s\":[", peers);
        for (uint32_t k = 0; k < n_peers; k++) {
            comma(r, k);
            write_np_peer(r);
        }
        fputs("],\"ports\":[", r->out);
        for (uint32_t k = 0; k < n_ports; k++) {
            comma(r, k);
            write_np_port(r);
        }
        fputs("]}", r->out);
    }
    fputc(']', r->out);
}

static void write_netpol(struct random_cluster *r, uint32_t i)
{
    static const char *const types[] = {"[\"Ingress\"]", "[\"Egress\"]", "[\"Ingress\",\"Egress\"]"};
    uint32_t type = random_below(r, 3);

    fprintf(r->out,
            "{\"apiVersion\":\"networking.k8s.io/v1\",\"kind\":\"NetworkPolicy\",\"metadata\":{\"namespace\":\"ns%u\",\"name\":\"np%u\"},"
            "\"spec\":{\"podSelector\":%s,\"policyTypes\":%s",
            random_below(r, r->n_namespaces), i, PICK(r, pod_selectors), types[type]);
    if (type != 1)
        write_np_rules(r, "ingress", "from");
    if (type != 0)
        write_np_rules(r, "egress", "to");
    fputs("}}\n", r->out);
}

/* Port names go with pods alone, and domain names with an Accept. */
static void write_cluster_peer(struct random_cluster *r, bool is_egress, bool can_name, bool is_pods_only)
{
    static const char *const names[] = {"db.example", "nowhere.example", "unknown.example", "*.example"};

    switch (random_below(r, is_egress && !is_pods_only ? (can_name ? 5 : 4) : 2)) {
    case 0:
        fprintf(r->out, "{\"namespaces\":%s}", PICK(r, namespace_selectors));
        break;
    case 1:
        fprintf(r->out, "{\"pods\":{\"namespaceSelector\":%s,\"podSelector\":%s}}", PICK(r, namespace_selectors), PICK(r, pod_selectors));
        break;
    case 2:
        fprintf(r->out, "{\"networks\":[\"%s\",\"%s\"]}", PICK(r, blocks), "192.0.2.0/24");
        break;
    case 3:
        fprintf(r->out, "{\"nodes\":%s}", random_percent(r, 50) ? "{}" : "{\"matchLabels\":{\"zone\":\"east\"}}");
        break;
    default:
        fprintf(r->out, "{\"domainNames\":[\"%s\"]}", PICK(r, names));
    }
}

static void write_subject(struct random_cluster *r)
{
    if (random_percent(r, 60))
        fprintf(r->out, "\"subject\":{\"namespaces\":%s}", PICK(r, namespace_selectors));
    else
        fprintf(r->out, "\"subject\":{\"pods\":{\"namespaceSelector\":%s,\"podSelector\":%s}}", PICK(r, namespace_selectors),
                PICK(r, pod_selectors));
}

/* Returns whether a port's name is among them. */
static const char *cnp_protocols(struct random_cluster *r, bool *is_named)
{
    static const char *const protocols[] = {
        ",\"protocols\":[{\"tcp\":{\"destinationPort\":{\"number\":80}}}]",
        (",\"protocols\":[{\"udp\":{\"destinationPort\":{\"number\":53}}},"
         "{\"tcp\":{\"destinationPort\":{\"range\":{\"start\":80,\"end\":9090}}}}]"),
        ",\"protocols\":[{\"sctp\":{\"destinationPort\":{\"range\":{\"start\":1,\"end\":65535}}}}]",
        ",\"protocols\":[{\"tcp\":{\"destinationPort\":{\"range\":{\"start\":8080,\"end\":8081}}}}]",
        ",\"protocols\":[{\"destinationNamedPort\":\"http\"}]",
        ",\"protocols\":[{\"destinationNamedPort\":\"dns\"},{\"destinationNamedPort\":\"metrics\"}]",
    };
    uint32_t i = random_below(r, (uint32_t)(sizeof protocols / sizeof protocols[0]));

    *is_named = i >= 4;
    return protocols[i];
}

static void write_cnp_rules(struct random_cluster *r, bool is_egress)
{
    static const char *const actions[] = {"Accept", "Deny", "Pass"};
    uint32_t n = random_below(r, 4);

    fprintf(r->out, ",\"%s\":[", is_egress ? "egress" : "ingress");
    for (uint32_t i = 0; i < n; i++) {
        const char *action = PICK(r, actions);
        bool is_named = false;
        const char *protocols = random_percent(r, 50) ? "" : cnp_protocols(r, &is_named);
        uint32_t n_peers = 1 + random_below(r, 2);

        comma(r, i);
        fprintf(r->out, "{\"action\":\"%s\",\"%s\":[", action, is_egress ? "to" : "from");
        for (uint32_t k = 0; k < n_peers; k++) {
            comma(r, k);
            write_cluster_peer(r, is_egress, action[0] == 'A', is_named);
        }
        fprintf(r->out, "]%s}", protocols);
    }
    fputc(']', r->out);
}

static void write_cnp(struct random_cluster *r, uint32_t i)
{
    fprintf(
        r->out,
        "{\"apiVersion\":\"policy.networking.k8s.io/v1alpha2\",\"kind\":\"ClusterNetworkPolicy\",\"metadata\":{\"name\":\"c%u\"},\"spec\":{"
        "\"tier\":\"%s\",\"priority\":%u,",
        i, random_percent(r, 60) ? "Admin" : "Baseline", random_below(r, 3));
    write_subject(r);
    if (random_percent(r, 70))
        write_cnp_rules(r, false);
    if (random_percent(r, 70))
        write_cnp_rules(r, true);
    fputs("}}\n", r->out);
}

static void write_anp(struct random_cluster *r)
{
    static const char *const actions[] = {"Allow", "Deny", "Pass"};
    static const char *const ports[] = {"", ",\"ports\":[{\"portNumber\":{\"port\":80,\"protocol\":\"TCP\"}}]",
                                        ",\"ports\":[{\"portRange\":{\"start\":50,\"end\":60,\"protocol\":\"UDP\"}}]"};

    fprintf(
        r->out,
        "{\"apiVersion\":\"policy.networking.k8s.io/v1alpha1\",\"kind\":\"AdminNetworkPolicy\",\"metadata\":{\"name\":\"old\"},\"spec\":{"
        "\"priority\":%u,\"subject\":{\"namespaces\":%s},\"ingress\":[{\"action\":\"%s\",\"from\":[",
        random_below(r, 3), PICK(r, namespace_selectors), PICK(r, actions));
    write_cluster_peer(r, false, false, true);
    fprintf(r->out, "]%s}],\"egress\":[{\"action\":\"%s\",\"to\":[", PICK(r, ports), PICK(r, actions));
    write_cluster_peer(r, true, false, false);
    fprintf(r->out, "]%s}]}}\n", PICK(r, ports));
}

void random_policies(struct random_cluster *r)
{
    uint32_t n_netpols = random_below(r, 6), n_cnps = random_below(r, 5);

    for (uint32_t i = 0; i < n_netpols; i++)
        write_netpol(r, i);
    for (uint32_t i = 0; i < n_cnps; i++)
        write_cnp(r, i);
    if (random_percent(r, 20))
        write_anp(r);
}
