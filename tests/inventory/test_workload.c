/* SPDX-License-Identifier: BSD-2-Clause */
/* Workload templates as virtual pods, and the pods that make them superfluous. */

#include "testing.h"

#define TEMPLATE(labels) "template: {metadata: {labels: " labels "}, spec: {containers: [{ports: [{name: http, containerPort: 8080}]}]}}"
#define SELECTED "selector: {matchLabels: {app: web}}"
#define WORKLOAD(api, kind, name, meta, spec) \
    "---\napiVersion: " api "\nkind: " kind "\nmetadata: {namespace: x, name: " name meta "}\nspec: {" spec "}\n"
#define OWNER(api, kind, name) ", ownerReferences: [{apiVersion: " api ", kind: " kind ", name: " name ", controller: true}]"
#define POD(name, meta) "---\napiVersion: v1\nkind: Pod\nmetadata: {namespace: x, name: " name meta "}\n"

#define DEPLOYMENT WORKLOAD("apps/v1", "Deployment", "web", "", SELECTED ", " TEMPLATE("{app: web}"))
#define STATEFUL_SET WORKLOAD("apps/v1", "StatefulSet", "web", "", SELECTED ", " TEMPLATE("{app: web}"))
#define REPLICA_SET WORKLOAD("apps/v1", "ReplicaSet", "web-1", OWNER("apps/v1", "Deployment", "web"), SELECTED ", " TEMPLATE("{app: web}"))
#define CRON_JOB WORKLOAD("batch/v1", "CronJob", "web", "", "jobTemplate: {spec: {" TEMPLATE("{app: web}") "}}")
#define JOB WORKLOAD("batch/v1", "Job", "web-28", OWNER("batch/v1", "CronJob", "web"), TEMPLATE("{app: web}"))

#define VIRTUAL(kind) "x/web {app=web} http=8080/TCP of=" kind "/web (virtual)\n"

static const struct row templates[] = {
    {"workloads: a Deployment without pods", DEPLOYMENT, VIRTUAL("Deployment"), {0}},
    {"workloads: a StatefulSet without pods becomes a virtual pod", STATEFUL_SET, VIRTUAL("StatefulSet"), {0}},
    {"workloads: a DaemonSet", WORKLOAD("apps/v1", "DaemonSet", "web", "", TEMPLATE("{app: web}")), VIRTUAL("DaemonSet"), {0}},
    {"workloads: a ReplicaSet", WORKLOAD("apps/v1", "ReplicaSet", "web", "", TEMPLATE("{app: web}")), VIRTUAL("ReplicaSet"), {0}},
    {"workloads: a ReplicationController",
     WORKLOAD("v1", "ReplicationController", "web", "", TEMPLATE("{app: web}")),
     VIRTUAL("ReplicationController"),
     {0}},
    {"workloads: a Job", WORKLOAD("batch/v1", "Job", "web", "", TEMPLATE("{app: web}")), VIRTUAL("Job"), {0}},
    {"workloads: a CronJob", CRON_JOB, VIRTUAL("CronJob"), {0}},
    {"workloads: an old group version",
     WORKLOAD("extensions/v1beta1", "Deployment", "web", "", TEMPLATE("{app: web}")),
     VIRTUAL("Deployment"),
     {0}},
    {"workloads: template labels count, not the controller's own",
     WORKLOAD("apps/v1", "Deployment", "web", ", labels: {app: other}", TEMPLATE("{app: web}")),
     VIRTUAL("Deployment"),
     {0}},
    {"workloads: the template's node, account and host network",
     WORKLOAD("apps/v1", "DaemonSet", "web", "", "template: {spec: {hostNetwork: true, serviceAccountName: bot}}"),
     "x/web {} sa=bot of=DaemonSet/web (host network) (virtual)\n",
     {0}},
    {"workloads: no spec",
     "apiVersion: apps/v1\nkind: Deployment\nmetadata: {namespace: x, name: web}\n",
     "x/web {} of=Deployment/web (virtual)\n",
     {0}},
    {"workloads=true: a Deployment without pods", DEPLOYMENT, VIRTUAL("Deployment"), {.workloads = NP_WORKLOADS_TRUE}},
    {"workloads=false: a Deployment without pods", DEPLOYMENT, "", {.workloads = NP_WORKLOADS_FALSE}},
};

#define WEB_1_ABC POD("web-1-abc", ", labels: {app: web}" OWNER("apps/v1", "ReplicaSet", "web-1"))
#define SEEN_WEB_1_ABC "x/web-1-abc {app=web} of=Deployment/web\n"

static const struct row controllers[] = {
    {"workloads=auto: a Deployment with its pod", DEPLOYMENT REPLICA_SET WEB_1_ABC, SEEN_WEB_1_ABC, {0}},
    {"workloads=auto: in the other order", WEB_1_ABC REPLICA_SET DEPLOYMENT, SEEN_WEB_1_ABC, {0}},
    {"workloads=true: a Deployment with its pod",
     DEPLOYMENT REPLICA_SET WEB_1_ABC,
     VIRTUAL("Deployment") SEEN_WEB_1_ABC,
     {.workloads = NP_WORKLOADS_TRUE}},
    {"workloads=false: a Deployment with its pod", DEPLOYMENT REPLICA_SET WEB_1_ABC, SEEN_WEB_1_ABC, {.workloads = NP_WORKLOADS_FALSE}},
    {"the ReplicaSet is not in the input", DEPLOYMENT WEB_1_ABC, SEEN_WEB_1_ABC, {0}},
    {"a ReplicaSet that is nobody's does not count for the Deployment",
     DEPLOYMENT WORKLOAD("apps/v1", "ReplicaSet", "web-1", "", SELECTED) WEB_1_ABC,
     VIRTUAL("Deployment") "x/web-1-abc {app=web} of=ReplicaSet/web-1\n",
     {0}},
    {"a longer name is not the Deployment's",
     DEPLOYMENT POD("p", OWNER("apps/v1", "ReplicaSet", "web-api-1")),
     "x/p {} of=ReplicaSet/web-api-1\n" VIRTUAL("Deployment"),
     {0}},
    {"a ReplicaSet of a Deployment is no second virtual pod", DEPLOYMENT REPLICA_SET, VIRTUAL("Deployment"), {0}},
    {"nor under true", DEPLOYMENT REPLICA_SET, VIRTUAL("Deployment"), {.workloads = NP_WORKLOADS_TRUE}},
    {"a ReplicaSet whose Deployment is missing stands for itself",
     REPLICA_SET,
     "x/web-1 {app=web} http=8080/TCP of=ReplicaSet/web-1 (virtual)\n",
     {0}},
    {"the Deployment is missing, the pod names its hash",
     POD("web-1-abc", ", labels: {pod-template-hash: '1'}" OWNER("apps/v1", "ReplicaSet", "web-1")),
     "x/web-1-abc {pod-template-hash=1} of=Deployment/web\n",
     {0}},
    {"the Deployment is missing, and no hash", WEB_1_ABC, "x/web-1-abc {app=web} of=ReplicaSet/web-1\n", {0}},
    {"workloads=auto: a StatefulSet with its pod",
     STATEFUL_SET POD("web-0", OWNER("apps/v1", "StatefulSet", "web")),
     "x/web-0 {} of=StatefulSet/web\n",
     {0}},
    {"a CronJob with a Job with a pod",
     CRON_JOB JOB POD("web-28-abc", OWNER("batch/v1", "Job", "web-28")),
     "x/web-28-abc {} of=CronJob/web\n",
     {0}},
    {"a CronJob, the Job is not in the input",
     CRON_JOB POD("web-28-abc", OWNER("batch/v1", "Job", "web-28")),
     "x/web-28-abc {} of=CronJob/web\n",
     {0}},
    {"a CronJob with a Job without pod", CRON_JOB JOB, VIRTUAL("CronJob"), {0}},
    {"workloads: another controller's pod does not suppress the template",
     DEPLOYMENT POD("other-0", ", labels: {app: web}" OWNER("apps/v1", "StatefulSet", "other")),
     "x/other-0 {app=web} of=StatefulSet/other\n" VIRTUAL("Deployment"),
     {0}},
    {"a controller of the same name and kind in a foreign group",
     DEPLOYMENT POD("p", OWNER("x.io/v1", "Deployment", "web")),
     "x/p {} of=Deployment/web\n" VIRTUAL("Deployment"),
     {0}},
    {"a pod of the same controller name in another namespace",
     STATEFUL_SET "---\napiVersion: v1\nkind: Pod\nmetadata: {namespace: z, name: web-0" OWNER("apps/v1", "StatefulSet", "web") "}\n",
     VIRTUAL("StatefulSet") "z/web-0 {} of=StatefulSet/web\n",
     {0}},
    {"a finished pod counts for its Job, though it is dropped",
     WORKLOAD("batch/v1", "Job", "web", "", TEMPLATE("{app: web}"))
         POD("web-a", OWNER("batch/v1", "Job", "web")) "status: {phase: Succeeded}\n",
     "",
     {0}},
};

#define EXPRESSIONS(list) WORKLOAD("apps/v1", "Deployment", "web", "", "selector: {matchExpressions: [" list "]}, " TEMPLATE("{app: web}"))

static const struct row selectors[] = {
    {"a pod without owner that the selector takes", DEPLOYMENT POD("p", ", labels: {app: web, a: b}"), "x/p {a=b,app=web}\n", {0}},
    {"a pod without owner that it does not take",
     DEPLOYMENT POD("p", ", labels: {app: api}"),
     "x/p {app=api}\n" VIRTUAL("Deployment"),
     {0}},
    {"in another namespace",
     DEPLOYMENT "---\napiVersion: v1\nkind: Pod\nmetadata: {namespace: z, name: p, labels: {app: web}}\n",
     VIRTUAL("Deployment") "z/p {app=web}\n",
     {0}},
    {"In of two", EXPRESSIONS("{key: app, operator: In, values: [api, web]}") POD("p", ", labels: {app: web}"), "x/p {app=web}\n", {0}},
    {"NotIn takes a pod without the key", EXPRESSIONS("{key: app, operator: NotIn, values: [api]}") POD("p", ""), "x/p {}\n", {0}},
    {"Exists", EXPRESSIONS("{key: app, operator: Exists}") POD("p", ", labels: {app: api}"), "x/p {app=api}\n", {0}},
    {"DoesNotExist",
     EXPRESSIONS("{key: app, operator: DoesNotExist}") POD("p", ", labels: {app: web}"),
     "x/p {app=web}\n" VIRTUAL("Deployment"),
     {0}},
    {"two requirements",
     EXPRESSIONS("{key: app, operator: In, values: [web]}, {key: a, operator: Exists}") POD("p", ", labels: {app: web}"),
     "x/p {app=web}\n" VIRTUAL("Deployment"),
     {0}},
    {"an unusable selector takes no pod",
     EXPRESSIONS("{key: app, operator: Maybe}") POD("p", ", labels: {app: web}"),
     "x/p {app=web}\n" VIRTUAL("Deployment"),
     {0}},
    {"a ReplicationController's plain selector",
     WORKLOAD("v1", "ReplicationController", "web", "", "selector: {app: web}, " TEMPLATE("{app: web}")) POD("p", ", labels: {app: web}"),
     "x/p {app=web}\n",
     {0}},
    {"a ReplicationController without selector takes its template's labels",
     WORKLOAD("v1", "ReplicationController", "web", "", TEMPLATE("{app: web}")) POD("p", ", labels: {app: web}"),
     "x/p {app=web}\n",
     {0}},
    {"equal labels, of which one pod's are partly known",
     WORKLOAD("apps/v1", "Deployment", "web", "", "selector: {matchExpressions: [{key: b, operator: DoesNotExist}]}")
         POD("p", ", labels: {app: web, b: 1}") POD("q", ", labels: {app: web}"),
     "x/p {app=web}?\nx/q {app=web}\n",
     {0}},
    {"one pod for two workloads",
     DEPLOYMENT WORKLOAD("apps/v1", "Deployment", "all", "", "selector: {}, " TEMPLATE("{}")) POD("p", ", labels: {app: web}"),
     "x/p {app=web}\n",
     {0}},
};

static const struct row names[] = {
    {"a real pod of the name wins", STATEFUL_SET POD("web", ", labels: {a: b}"), "x/web {a=b}\n", {.workloads = NP_WORKLOADS_TRUE}},
    {"two templates of one name: the later kind gets its kind behind it",
     STATEFUL_SET DEPLOYMENT,
     VIRTUAL("Deployment") "x/web.statefulset {app=web} http=8080/TCP of=StatefulSet/web (virtual)\n",
     {0}},
    {"three of them and a pod that has the spare name",
     STATEFUL_SET DEPLOYMENT CRON_JOB POD("web.cronjob", ", labels: {a: b}"),
     VIRTUAL("Deployment") "x/web.cronjob {a=b}\nx/web.statefulset {app=web} http=8080/TCP of=StatefulSet/web (virtual)\n",
     {.workloads = NP_WORKLOADS_TRUE}},
    {"one that has a pod does not take the name",
     DEPLOYMENT WORKLOAD("apps/v1", "StatefulSet", "web", "", TEMPLATE("{app: web}"))
         POD("web-1-abc", OWNER("apps/v1", "ReplicaSet", "web-1")),
     VIRTUAL("StatefulSet") "x/web-1-abc {} of=Deployment/web\n",
     {0}},
};

int main(void)
{
    const struct table tables[] = {{templates, COUNT(templates), PODS},
                                   {controllers, COUNT(controllers), PODS},
                                   {selectors, COUNT(selectors), PODS},
                                   {names, COUNT(names), PODS}};

    return run_tables("inventory workload", tables, COUNT(tables), NULL, 0);
}
