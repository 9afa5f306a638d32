/* SPDX-License-Identifier: BSD-2-Clause */
/* From options to a model: load, set knobs, build, and tell what is to be told. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

static int kubernetes_minor(const char *text, uint32_t *out)
{
    const char *p = text && *text == 'v' ? text + 1 : text;
    char *end;
    unsigned long minor;

    if (!p)
        return CLI_OK;
    if (strncmp(p, "1.", 2) == 0 && p[2] >= '0' && p[2] <= '9') {
        minor = strtoul(p + 2, &end, 10);
        if ((*end == '\0' || *end == '.') && minor > 0 && minor < 1000) {
            *out = (uint32_t)minor;
            return CLI_OK;
        }
    }
    return cli_fail(CLI_USAGE, "--kubernetes-version is like 1.35, not %s", text);
}

static int check_paths(const struct cli_list *paths)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < paths->n; i++)
        n += strcmp(paths->items[i], "-") == 0;
    return n > 1 ? cli_fail(CLI_USAGE, "standard input can be read once, but - is given %u times", n) : CLI_OK;
}

int cli_world_load(struct cli_world *world, const struct cli_args *args, const struct cli_list *paths)
{
    struct cnipol_cluster_opts opts = CNIPOL_CLUSTER_OPTS_INIT;
    int rc, code;

    *world = (struct cli_world){0};
    opts.mode = args->mode;
    opts.channel = args->channel;
    code = check_paths(paths);
    if (!code)
        code = kubernetes_minor(args->kubernetes_version, &opts.kubernetes_minor);
    if (code)
        return code;
    rc = cnipol_ctx_new(NULL, &world->ctx);
    if (!rc)
        rc = cnipol_cluster_new(world->ctx, &opts, &world->cluster);
    if (rc)
        return cli_status(rc);
    for (uint32_t i = 0; i < paths->n; i++) {
        rc = cnipol_cluster_load_path(world->cluster, paths->items[i]);
        if (rc == CNIPOL_E_NOMEM || rc == CNIPOL_E_INTERNAL)
            return cli_status(rc);
        /* A refused object is the least of what can go wrong. */
        if (rc && (!world->loaded || world->loaded == CNIPOL_E_INVALID))
            world->loaded = rc;
    }
    return CLI_OK;
}

static const char *knob_name(size_t i, const void *user)
{
    const struct cnipol_knob *knob = cnipol_knob_at(i);

    (void)user;
    return knob ? knob->name : NULL;
}

static int unknown_knob(const char *name)
{
    const char *near = cli_nearest(name, knob_name, NULL);

    if (near)
        return cli_fail(CLI_USAGE, "there is no knob %s; did you mean %s?", name, near);
    return cli_fail(CLI_USAGE, "there is no knob %s; 'man cnipol' lists them", name);
}

static int bad_knob_value(const char *name, const char *value)
{
    const struct cnipol_knob *knob = NULL;
    char list[128] = "";

    for (size_t i = 0; cnipol_knob_at(i); i++)
        if (strcmp(cnipol_knob_at(i)->name, name) == 0)
            knob = cnipol_knob_at(i);
    for (size_t i = 0; knob && knob->values[i]; i++) {
        size_t n = strlen(list);

        (void)snprintf(list + n, sizeof list - n, " %s", knob->values[i]);
    }
    return cli_fail(CLI_USAGE, "the knob %s is one of:%s; not %s", name, list, value);
}

static int set_knob(struct cnipol_knobs *knobs, const char *text)
{
    const char *equals = strchr(text, '=');
    char name[128];
    int rc;

    if (!equals || equals == text || (size_t)(equals - text) >= sizeof name)
        return cli_fail(CLI_USAGE, "--knob takes NAME=VALUE, not %s", text);
    memcpy(name, text, (size_t)(equals - text));
    name[equals - text] = '\0';
    rc = cnipol_knobs_set(knobs, name, equals + 1);
    if (rc == CNIPOL_E_NOTFOUND)
        return unknown_knob(name);
    return rc == CNIPOL_E_USAGE ? bad_knob_value(name, equals + 1) : cli_status(rc);
}

/* NAME=ADDR[,ADDR]; NAME= is a name that resolves to nothing. */
static int add_dns(struct cnipol_knobs *knobs, const char *text)
{
    char *copy = strdup(text), *equals = copy ? strchr(copy, '=') : NULL, *rest = NULL, *address;
    int rc = copy ? CNIPOL_OK : CNIPOL_E_NOMEM;

    if (copy && (!equals || equals == copy))
        rc = CNIPOL_E_USAGE;
    if (!rc) {
        *equals = '\0';
        rc = cnipol_knobs_add_dns(knobs, copy, NULL);
        for (address = strtok_r(equals + 1, ",", &rest); address && !rc; address = strtok_r(NULL, ",", &rest))
            rc = cnipol_knobs_add_dns(knobs, copy, address);
    }
    free(copy);
    return rc == CNIPOL_E_USAGE ? cli_fail(CLI_USAGE, "--dns takes NAME=ADDRESS[,ADDRESS], not %s", text) : cli_status(rc);
}

int cli_world_model(struct cli_world *world, const struct cli_args *args)
{
    int rc = cnipol_knobs_new(world->ctx, &world->knobs), code = cli_status(rc);

    for (uint32_t i = 0; i < args->knobs.n && !code; i++)
        code = set_knob(world->knobs, args->knobs.items[i]);
    for (uint32_t i = 0; i < args->dns.n && !code; i++)
        code = add_dns(world->knobs, args->dns.items[i]);
    if (code)
        return code;
    rc = cnipol_model_new(world->cluster, args->engine, world->knobs, &world->model);
    if (rc == CNIPOL_E_NOTFOUND)
        return cli_fail(CLI_USAGE, "there is no engine %s; there is: kubernetes", args->engine);
    return cli_status(rc);
}

int cli_world_tell(struct cli_world *world, const struct cli_args *args)
{
    struct cnipol_report_opts opts = CNIPOL_REPORT_OPTS_INIT;

    if (!cnipol_diag_count(world->ctx) || (args->quiet && !cnipol_diag_raised(world->ctx, CNIPOL_SEVERITY_ERROR)))
        return CLI_OK;
    opts.color = cli_wants_color(args, 2);
    return cli_status(cnipol_report_diags(world->ctx, &opts, cli_write_error, NULL));
}

/* A verdict from half of the policies is worse than none. */
static int may_answer(const struct cli_world *world, const struct cli_args *args)
{
    size_t found = 0;

    if (world->loaded && world->loaded != CNIPOL_E_INVALID)
        return cli_fail(CLI_INPUT, "no answer: some of the input cannot be read");
    if (world->loaded && args->mode == CNIPOL_MODE_STRICT)
        return cli_fail(CLI_INPUT,
                        "no answer: objects were refused (--mode stored uses what it can of them, --mode server goes on without them)");
    if (world->loaded && args->mode == CNIPOL_MODE_STORED)
        return cli_fail(CLI_INPUT, "no answer: the cluster has objects that cannot be used (--mode server goes on without them)");
    for (int32_t severity = CNIPOL_SEVERITY_ERROR; severity <= args->fail_on; severity++)
        found += cnipol_diag_raised(world->ctx, severity);
    return found ? cli_fail(CLI_INPUT, "no answer: there are findings that --fail-on does not let pass") : CLI_OK;
}

int cli_world_open(struct cli_world *world, const struct cli_args *args)
{
    int code;

    if (!args->files.n) {
        *world = (struct cli_world){0};
        return cli_fail(CLI_USAGE, "which manifests? Name them with -f PATH");
    }
    code = cli_world_load(world, args, &args->files);
    if (!code)
        code = cli_world_model(world, args);
    if (!code || code == CLI_INPUT)
        (void)cli_world_tell(world, args);
    return code ? code : may_answer(world, args);
}

/* An image has been made of its cluster, engine and knobs; what else would be said of them is not to be ignored. */
static int check_image_options(const struct cli_args *args)
{
    if (args->files.n)
        return cli_fail(CLI_USAGE, "name manifests with -f or an image with --image, not both");
    if (args->knobs.n || args->dns.n || args->engine || args->kubernetes_version || args->mode || args->channel || args->fail_on)
        return cli_fail(CLI_USAGE, "an image was made under an engine and knobs of its own: --engine, --knob, --dns, --mode, --channel, "
                                   "--kubernetes-version and --fail-on are for 'cnipol compile'");
    return CLI_OK;
}

bool cli_world_is_slice(const struct cli_world *world)
{
    const struct cnipol_image_header *header;
    size_t n;

    if (!world->image)
        return false;
    header = cnipol_image_bytes(world->image, &n);
    return header->features & CNIPOL_FEATURE_SLICE;
}

static int open_image(struct cli_world *world, const struct cli_args *args)
{
    int code = check_image_options(args), rc;

    *world = (struct cli_world){0};
    if (code)
        return code;
    rc = cnipol_ctx_new(NULL, &world->ctx);
    if (!rc)
        rc = cnipol_image_load(world->ctx, args->image, &world->image);
    if (!rc)
        rc = cnipol_image_model(world->ctx, world->image, &world->model);
    if (world->ctx)
        (void)cli_world_tell(world, args);
    if (!rc && cli_world_is_slice(world))
        cli_note(args, "the image is a slice: only the policies of one node's pods are asked");
    return rc == CNIPOL_E_NOTFOUND ? CLI_INPUT : cli_status(rc);
}

int cli_world_open_any(struct cli_world *world, const struct cli_args *args)
{
    if (args->image)
        return open_image(world, args);
    if (args->rules) {
        *world = (struct cli_world){0};
        return cli_fail(CLI_USAGE, "--rules is about the rule lists of an --image");
    }
    return cli_world_open(world, args);
}

void cli_world_close(struct cli_world *world)
{
    cnipol_model_free(world->model);
    cnipol_image_free(world->image);
    cnipol_knobs_free(world->knobs);
    cnipol_cluster_free(world->cluster);
    cnipol_ctx_free(world->ctx);
}
