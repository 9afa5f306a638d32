/* SPDX-License-Identifier: BSD-2-Clause */
/* See testing.h. */

#include "testing.h"

#include <stdlib.h>

#include <cnipol/cnipol.h>

#include "doc/reader.h"

static int add(void *user, struct np_doc *doc)
{
    int rc = np_inventory_add(user, doc, &doc->root);

    return rc < 0 ? rc : 0;
}

int world_open(struct world *world, const struct cnipol_alloc *alloc, const char *yaml, size_t size, const struct np_inventory_opts *opts)
{
    uint32_t source;
    int rc;

    *world = (struct world){0};
    rc = cnipol_ctx_new(alloc, &world->ctx);
    if (rc)
        return rc;
    rc = np_inventory_new(world->ctx, &world->inv);
    if (rc)
        return rc;
    source = np_sources_add(&world->ctx->sources, "cluster.yaml", yaml, size, false);
    if (source == NP_NONE)
        return CNIPOL_E_NOMEM;
    rc = np_doc_read(world->ctx, source, NP_DOC_AUTO, add, world->inv);
    if (!rc)
        rc = world_seal(world, opts);
    return !rc && world->ctx->diags.failed ? CNIPOL_E_NOMEM : rc;
}

int world_seal(struct world *world, const struct np_inventory_opts *opts)
{
    struct np_view *view;
    int rc = np_inventory_seal(world->inv, opts, &view);

    if (rc)
        return rc;
    np_view_free(world->view);
    world->view = view;
    return 0;
}

void world_close(struct world *world)
{
    np_view_free(world->view);
    np_inventory_free(world->inv);
    cnipol_ctx_free(world->ctx);
    *world = (struct world){0};
}

np_atom world_atom(const struct world *world, const char *text)
{
    return np_atoms_add(&world->ctx->atoms, np_str_of(text));
}

static const char *text_of(const struct world *world, np_atom atom)
{
    return np_atoms_str(&world->ctx->atoms, atom).s;
}

/* The label whose key comes next in byte order. */
static const struct np_label *label_after(const struct world *world, const struct np_labels *labels, const char *key)
{
    const struct np_label *best = NULL;

    for (uint32_t i = 0; i < labels->n; i++) {
        const char *text = text_of(world, labels->items[i].key);

        if (strcmp(text, key) > 0 && (!best || strcmp(text, text_of(world, best->key)) < 0))
            best = &labels->items[i];
    }
    return best;
}

static void put_labels(const struct world *world, const struct np_labels *labels, struct np_buf *out)
{
    const struct np_label *label = label_after(world, labels, "");
    bool first = true;

    np_buf_adds(out, " {");
    for (; label; label = label_after(world, labels, text_of(world, label->key))) {
        if (strcmp(text_of(world, label->key), "kubernetes.io/metadata.name") == 0)
            continue;
        np_buf_addf(out, "%s%s=%s", first ? "" : ",", text_of(world, label->key), text_of(world, label->value));
        first = false;
    }
    np_buf_addc(out, '}');
}

static void put_ips(const struct np_ip *ips, uint32_t n, struct np_buf *out)
{
    char text[NP_IP_TEXT];

    for (uint32_t i = 0; i < n; i++) {
        np_ip_print(&ips[i], text);
        np_buf_addf(out, "%s%s", i ? "," : " ", text);
    }
}

static const char *protocol_name(uint8_t protocol)
{
    return protocol == 6 ? "TCP" : protocol == 17 ? "UDP" : protocol == 132 ? "SCTP" : "?";
}

static void put_namespaces(const struct world *world, struct np_buf *out)
{
    uint32_t n;
    const struct np_namespace *items = np_view_namespaces(world->view, &n);
    np_atom label = world_atom(world, "kubernetes.io/metadata.name");

    for (uint32_t i = 0; i < n; i++) {
        assert_int_equal(np_labels_get(&items[i].labels, label), items[i].name);
        assert_int_equal(np_view_namespace(world->view, items[i].name), i);
        np_buf_addf(out, "%s%s", text_of(world, items[i].name), items[i].labels.partial ? "?" : "");
        put_labels(world, &items[i].labels, out);
        np_buf_addc(out, '\n');
    }
}

static void put_pod(const struct world *world, const struct np_pod *pod, struct np_buf *out)
{
    np_buf_addf(out, "%s/%s", text_of(world, pod->ns_name), text_of(world, pod->name));
    put_ips(pod->ips, pod->n_ips, out);
    put_labels(world, &pod->labels, out);
    if (pod->labels.partial)
        np_buf_addc(out, '?');
    for (uint32_t i = 0; i < pod->n_ports; i++)
        np_buf_addf(out, " %s=%u/%s%s", text_of(world, pod->ports[i].name), pod->ports[i].port, protocol_name(pod->ports[i].protocol),
                    pod->ports[i].origin == NP_PORT_SIDECAR ? "/sidecar" : "");
    if (pod->node)
        np_buf_addf(out, " node=%s", text_of(world, pod->node));
    if (strcmp(text_of(world, pod->service_account), "default") != 0)
        np_buf_addf(out, " sa=%s", text_of(world, pod->service_account));
    if (pod->workload)
        np_buf_addf(out, " of=%s", pod->workload);
    np_buf_addf(out, "%s%s%s\n", pod->host_network ? " (host network)" : "", pod->finished ? " (finished)" : "",
                pod->is_virtual ? " (virtual)" : "");
}

static void put_pods(const struct world *world, struct np_buf *out)
{
    uint32_t n, n_namespaces, seen = 0;
    const struct np_pod *items = np_view_pods(world->view, &n);
    const struct np_namespace *namespaces = np_view_namespaces(world->view, &n_namespaces);

    for (uint32_t i = 0; i < n; i++) {
        const struct np_namespace *home = &namespaces[items[i].ns];

        assert_int_equal(home->name, items[i].ns_name);
        assert_true(i >= home->first_pod && i - home->first_pod < home->n_pods);
        assert_int_equal(np_view_pod(world->view, items[i].ns_name, items[i].name), i);
        put_pod(world, &items[i], out);
    }
    for (uint32_t i = 0; i < n_namespaces; i++)
        seen += namespaces[i].n_pods;
    assert_int_equal(seen, n);
}

static void put_nodes(const struct world *world, struct np_buf *out)
{
    uint32_t n;
    const struct np_node_object *items = np_view_nodes(world->view, &n);

    for (uint32_t i = 0; i < n; i++) {
        assert_int_equal(np_view_node(world->view, items[i].name), i);
        np_buf_adds(out, text_of(world, items[i].name));
        put_ips(items[i].ips, items[i].n_ips, out);
        put_labels(world, &items[i].labels, out);
        np_buf_addc(out, '\n');
    }
}

/* What is found under the node port, which should be the port itself. */
static void put_node_port(const struct world *world, uint32_t service, const struct np_service_port *port, struct np_buf *out)
{
    struct np_front front = np_view_node_port(world->view, port->protocol, port->node_port);

    if (!port->node_port)
        return;
    if (front.n == 1)
        assert_true(front.service == service && front.port == port->port);
    np_buf_addf(out, " %snode#%u", front.n == 1 ? "" : "contested ", port->node_port);
}

static void put_backends(const struct world *world, uint32_t service, const struct np_service_port *port, struct np_buf *out)
{
    struct np_backend backends[8];
    char text[NP_IP_TEXT];

    np_buf_addf(out, " %s:%u/%s ->", port->name ? text_of(world, port->name) : "", port->port, protocol_name(port->protocol));
    put_node_port(world, service, port, out);
    for (uint8_t family = 4; family <= 6; family += 2) {
        uint32_t n = np_view_backends(world->view, service, port->protocol, port->port, family, backends, COUNT(backends));

        for (uint32_t i = 0; i < n && i < COUNT(backends); i++) {
            np_ip_print(&backends[i].ip, text);
            np_buf_addf(out, " %s#%u", text, backends[i].port);
        }
        if (n > COUNT(backends))
            np_buf_addf(out, " and %u more", n - (uint32_t)COUNT(backends));
    }
}

static void put_services(const struct world *world, struct np_buf *out)
{
    uint32_t n;
    const struct np_service *items = np_view_services(world->view, &n);

    for (uint32_t i = 0; i < n; i++) {
        assert_int_equal(np_view_service(world->view, items[i].ns, items[i].name), i);
        np_buf_addf(out, "%s/%s", text_of(world, items[i].ns), text_of(world, items[i].name));
        put_ips(items[i].vips, items[i].n_vips, out);
        if (items[i].n_externals)
            np_buf_adds(out, " external");
        put_ips(items[i].externals, items[i].n_externals, out);
        for (uint32_t p = 0; p < items[i].n_ports; p++)
            put_backends(world, i, &items[i].ports[p], out);
        np_buf_addc(out, '\n');
    }
}

static void put_diags(const struct world *world, struct np_buf *out)
{
    struct cnipol_diag d;

    for (size_t i = 0; i < cnipol_diag_count(world->ctx); i++) {
        assert_int_equal(cnipol_diag_get(world->ctx, i, &d), 0);
        np_buf_addf(out, "NP%d", (int)d.code);
        if (d.place.file)
            np_buf_addf(out, " line %u", d.place.line);
        if (d.object_name)
            np_buf_addf(out, " %s %s", d.object_kind, d.object_name);
        if (d.path)
            np_buf_addf(out, " %s", d.path);
        np_buf_addf(out, ": %s\n", d.message);
    }
}

char *world_text(const struct world *world, unsigned what)
{
    struct np_mem mem;
    struct np_buf out;
    char *text;

    np_mem_init(&mem, NULL, 0);
    np_buf_init(&out, &mem);
    np_buf_adds(&out, "");
    if (what & NAMESPACES)
        put_namespaces(world, &out);
    if (what & PODS)
        put_pods(world, &out);
    if (what & NODES)
        put_nodes(world, &out);
    if (what & SERVICES)
        put_services(world, &out);
    if (what & DIAGS)
        put_diags(world, &out);
    text = strdup(out.s);
    np_buf_free(&out);
    return text;
}

struct job {
    const struct row *row;
    unsigned what;
};

static void check_row(void **state)
{
    const struct job *job = *state;
    const struct row *row = job->row;
    struct world world;
    int rc = world_open(&world, NULL, row->yaml, strlen(row->yaml), &row->opts);
    char *text = rc ? NULL : world_text(&world, job->what);
    bool same = text && strcmp(text, row->expect) == 0;

    if (!same)
        print_error("%s: status %d\n--- got\n%s--- expected\n%s", row->name, rc, text ? text : "", row->expect);
    free(text);
    world_close(&world);
    assert_true(same);
}

static size_t count_rows(const struct table *tables, size_t n)
{
    size_t rows = 0;

    for (size_t t = 0; t < n; t++)
        rows += tables[t].n;
    return rows;
}

int run_tables(const char *name, const struct table *tables, size_t n_tables, const struct CMUnitTest *cases, size_t n_cases)
{
    size_t n_rows = count_rows(tables, n_tables), at = 0;
    struct CMUnitTest *all = calloc(n_rows + n_cases, sizeof *all);
    struct job *jobs = calloc(n_rows + 1, sizeof *jobs);
    int failed;

    if (!all || !jobs)
        abort();
    for (size_t t = 0; t < n_tables; t++) {
        for (size_t i = 0; i < tables[t].n; i++, at++) {
            jobs[at] = (struct job){&tables[t].rows[i], tables[t].what};
            all[at] = (struct CMUnitTest){tables[t].rows[i].name, check_row, NULL, NULL, &jobs[at]};
        }
    }
    if (n_cases)
        memcpy(all + n_rows, cases, n_cases * sizeof *cases);
    failed = _cmocka_run_group_tests(name, all, n_rows + n_cases, NULL, NULL);
    free(all);
    free(jobs);
    return failed;
}
