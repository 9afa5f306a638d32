/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_COMPILE_TOWN_H
#define TESTS_COMPILE_TOWN_H

/*
 * A small cluster with one of everything that a directory keeps: two families, nodes, a host-network pod, a pod
 * on a node that nobody described, finished pods, a template, two pods with one address, Services of every sort; and policies of
 * each kind.
 */

static const char town[] =
    "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {team: shop}}\n"
    "---\napiVersion: v1\nkind: Node\nmetadata: {name: n1}\nstatus: {addresses: [{type: InternalIP, address: 172.18.0.2}, "
    "{type: InternalIP, address: 'fd00:18::2'}]}\n"
    "---\napiVersion: v1\nkind: Node\nmetadata: {name: n2}\nstatus: {addresses: [{type: ExternalIP, address: 172.18.0.3}]}\n"
    "---\napiVersion: v1\nkind: Pod\nmetadata: {namespace: shop, name: web, labels: {app: web}, ownerReferences: [{apiVersion: apps/v1, "
    "kind: ReplicaSet, name: web-1, controller: true}]}\nspec: {nodeName: n1, serviceAccountName: till, containers: [{ports: [{name: http, "
    "containerPort: 8080}, {name: dns, containerPort: 53, protocol: UDP}]}]}\n"
    "status: {podIPs: [{ip: 10.0.1.1}, {ip: 'fd00:10::1'}]}\n"
    "---\napiVersion: v1\nkind: Pod\nmetadata: {namespace: shop, name: db, labels: {app: db}}\nspec: {nodeName: n2, containers: [{ports: "
    "[{name: http, containerPort: 80}]}]}\nstatus: {podIP: 10.0.2.1}\n"
    "---\napiVersion: v1\nkind: Pod\nmetadata: {namespace: shop, name: agent, labels: {app: agent}}\nspec: {hostNetwork: true, nodeName: "
    "n1}\n"
    "---\napiVersion: v1\nkind: Pod\nmetadata: {namespace: shop, name: lost, labels: {app: lost}}\nspec: {hostNetwork: true, nodeName: "
    "n9}\nstatus: {podIP: 172.18.0.9}\n"
    "---\napiVersion: v1\nkind: Pod\nmetadata: {namespace: shop, name: done}\nstatus: {phase: Succeeded, podIP: 10.0.2.1}\n"
    "---\napiVersion: v1\nkind: Pod\nmetadata: {namespace: shop, name: gone}\nstatus: {phase: Failed, podIP: 10.0.2.9}\n"
    "---\napiVersion: v1\nkind: Pod\nmetadata: {namespace: yard, name: twin-a}\nspec: {nodeName: n1}\nstatus: {podIP: 10.0.3.1}\n"
    "---\napiVersion: v1\nkind: Pod\nmetadata: {namespace: yard, name: twin-b}\nstatus: {podIP: 10.0.3.1}\n"
    "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {namespace: yard, name: planned}\n"
    "spec: {selector: {matchLabels: {app: planned}}, template: {metadata: {labels: {app: planned}}}}\n"
    "---\napiVersion: v1\nkind: Service\nmetadata: {namespace: shop, name: web}\nspec: {type: NodePort, clusterIP: 10.96.0.1, "
    "externalIPs: [198.51.100.1], ports: [{name: a, port: 80, nodePort: 30080, targetPort: 8080}, {name: b, port: 53, protocol: UDP}]}\n"
    "---\napiVersion: v1\nkind: Service\nmetadata: {namespace: yard, name: rival}\nspec: {clusterIP: 10.96.0.2, externalIPs: "
    "[198.51.100.1], ports: [{port: 80}]}\n"
    "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {namespace: shop, name: web-1, labels: "
    "{kubernetes.io/service-name: web}}\naddressType: IPv4\nports: [{name: a, port: 8080}]\nendpoints: [{addresses: [10.0.1.1]}, "
    "{addresses: [10.0.2.1]}]\n"
    "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {namespace: shop, name: web-2, labels: "
    "{kubernetes.io/service-name: web}}\naddressType: IPv6\nports: [{name: a, port: 8080}]\nendpoints: [{addresses: ['fd00:10::1']}]\n"
    "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {namespace: shop, name: db}\n"
    "spec: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: http}]}, "
    "{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.3.0/24]}}], ports: [{port: 5432, endPort: 5440}]}]}\n"
    "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {namespace: shop, name: shut}\n"
    "spec: {podSelector: {}, policyTypes: [Ingress, Egress], egress: [{to: [{namespaceSelector: {matchLabels: {team: yard}}}]}, {ports: "
    "[{port: 53, protocol: UDP}]}]}\n"
    "---\napiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {name: guard}\n"
    "spec: {tier: Admin, priority: 7, subject: {namespaces: {}}, ingress: [{name: metrics, action: Accept, from: [{namespaces: "
    "{matchLabels: {team: yard}}}], protocols: [{tcp: {destinationPort: {number: 9090}}}]}, {action: Pass, from: [{namespaces: {}}]}], "
    "egress: [{name: out, action: Deny, to: [{networks: [203.0.113.0/24, '2001:db8::/32']}]}]}\n";

#endif
