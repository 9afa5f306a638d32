/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arguments of filters: see filter.h.
 *
 * There are two lists of what was said, one for flags behind --not. Each is two specs, `left` and `right`: the filter is either.
 * A flag for both ends (--pod) goes to the source in the left one and to the destination in the right one; other flags go to
 * both. Where nothing told them apart, one is enough. Namespaces are kept until the end, when they go before
 * the names of pods and services that have none, or stand for all pods where there are no names.
 *
 * Source: Cilium v1.20.2 hubble/cmd/observe/flows_filter.go; spf13/pflag for how flags are written.
 */

#include "flow/filter.h"

#include <string.h>

#include "base/diag.h"
#include "base/suggest.h"
#include "flow/filter_flag.h"

/* What was said of one list. */
struct tracker {
    struct np_spec *left, *right;
    struct np_flow_texts ns[3]; /* of either end, the source, the destination */
    bool used[NP_N_FLAGS];
    bool any;
    bool two_sided;
};

struct reader {
    struct np_filter_job *job;
    struct tracker lists[2]; /* [1]: behind --not */
    bool negated;            /* the next flag is */
};

static struct np_str keep(struct np_filter_job *job, struct np_str text)
{
    char *copy = np_arena_strndup(&job->filter->arena, text.s, text.n);

    return (struct np_str){copy, copy ? text.n : 0};
}

/* "--name", for diagnostics. */
static const char *flag_text(struct np_filter_job *job, enum np_flag_id id)
{
    const char *name = np_flag_rows[id].flag.name;
    size_t n = strlen(name);
    char *text = np_arena_alloc(&job->filter->arena, n + 3);

    if (text) {
        memcpy(text, "--", 2);
        memcpy(text + 2, name, n + 1);
    }
    return text;
}

static int check_conflicts(struct np_filter_job *job, const struct tracker *t)
{
    for (uint32_t i = 0; i < np_flag_n_conflicts; i++) {
        const uint8_t *flags = np_flag_conflicts[i].flags;
        enum np_flag_id first = NP_N_FLAGS;

        for (uint32_t k = 0; flags[k] != NP_N_FLAGS; k++) {
            if (!t->used[flags[k]])
                continue;
            if (first != NP_N_FLAGS) {
                np_diag_raise(&job->ctx->diags, NP_FILTER_VALUE, NP_NOWHERE, "filters --%s and --%s cannot be combined",
                              np_flag_rows[first].flag.name, np_flag_rows[flags[k]].flag.name);
                return CNIPOL_E_USAGE;
            }
            first = (enum np_flag_id)flags[k];
        }
    }
    return CNIPOL_OK;
}

/* The namespace before a slash; empty: none. */
static struct np_str namespace_of(struct np_str name)
{
    const char *slash = memchr(name.s, '/', name.n);

    return slash ? (struct np_str){name.s, (uint32_t)(slash - name.s)} : NP_STR("");
}

static bool name_fits(const struct np_flow_texts *namespaces, struct np_str name)
{
    struct np_str ns = namespace_of(name);

    for (uint32_t i = 0; ns.n && i < namespaces->n; i++)
        if (!np_str_eq(namespaces->items[i], ns))
            return false;
    return true;
}

/* Do names stand in the namespaces that flags give? */
static const struct np_spec_value *misplaced(const struct tracker *t, const struct np_spec *spec, enum np_spec_field field, uint32_t side)
{
    const struct np_spec_list *list = &spec->lists[field];

    for (uint32_t i = 0; i < list->n; i++)
        if (!name_fits(&t->ns[0], list->items[i].text) || !name_fits(&t->ns[side], list->items[i].text))
            return &list->items[i];
    return NULL;
}

/* A service in another namespace than a pod. */
static const struct np_spec_value *inconsistent(const struct np_spec *spec, enum np_spec_field pods, enum np_spec_field services)
{
    const struct np_spec_list *p = &spec->lists[pods], *s = &spec->lists[services];

    for (uint32_t i = 0; i < p->n; i++) {
        struct np_str ns = namespace_of(p->items[i].text);

        for (uint32_t k = 0; ns.n && k < s->n; k++)
            if (!np_str_eq(ns, namespace_of(s->items[k].text)))
                return &s->items[k];
    }
    return NULL;
}

static int check_namespaces(struct np_filter_job *job, const struct tracker *t, const struct np_spec *spec)
{
    static const struct {
        uint8_t pods, services, side;
    } ends[] = {{NP_SPEC_SRC_POD, NP_SPEC_SRC_SERVICE, 1}, {NP_SPEC_DST_POD, NP_SPEC_DST_SERVICE, 2}};

    for (uint32_t i = 0; i < 2; i++) {
        const struct np_spec_value *value = misplaced(t, spec, (enum np_spec_field)ends[i].pods, ends[i].side);

        if (!value)
            value = misplaced(t, spec, (enum np_spec_field)ends[i].services, ends[i].side);
        if (value)
            return np_filter_wrong_value(job, value, "its namespace is another one than the one that a flag gives");
        value = inconsistent(spec, (enum np_spec_field)ends[i].pods, (enum np_spec_field)ends[i].services);
        if (value)
            return np_filter_wrong_value(job, value, "the service's namespace is another one than a pod's");
    }
    return CNIPOL_OK;
}

static int add_to(struct reader *r, struct np_spec *spec, enum np_spec_field field, const struct np_spec_value *value)
{
    struct np_spec_value *added = np_spec_add(r->job, spec, field, value->flag);

    if (!added)
        return CNIPOL_E_NOMEM;
    *added = *value;
    return CNIPOL_OK;
}

/* A value of a field, into both specs. */
static int take_field(struct reader *r, struct tracker *t, const struct np_flag_row *row, struct np_spec_value *value)
{
    struct np_str whole = value->text;
    const char *wrong = row->convert ? row->convert(value) : NULL;
    bool two_sided = row->kind == NP_FLAG_EITHER;
    int rc;

    if (wrong)
        return np_filter_wrong(r->job, NP_FILTER_VALUE, value->flag, whole, 0, whole.n, "%s", wrong);
    rc = add_to(r, t->left, (enum np_spec_field)row->field, value);
    if (rc == CNIPOL_OK)
        rc = add_to(r, t->right, (enum np_spec_field)(two_sided ? row->field2 : row->field), value);
    t->two_sided = t->two_sided || two_sided;
    return rc;
}

static int take_namespace(struct reader *r, struct tracker *t, const struct np_flag_row *row, struct np_str text)
{
    t->two_sided = t->two_sided || row->field == 0;
    return np_flow_texts_add(&r->job->filter->arena, &t->ns[row->field], text) ? CNIPOL_OK : CNIPOL_E_NOMEM;
}

static int begin_tracker(struct np_filter_job *job, struct tracker *t)
{
    if (t->any)
        return CNIPOL_OK;
    t->left = np_spec_new(job);
    t->right = np_spec_new(job);
    t->any = t->left && t->right;
    return t->any ? CNIPOL_OK : CNIPOL_E_NOMEM;
}

static int take_filter(struct reader *r, enum np_flag_id id, struct np_str text)
{
    const struct np_flag_row *row = &np_flag_rows[id];
    struct tracker *t = &r->lists[r->negated];
    struct np_spec_value value = {.flag = flag_text(r->job, id), .text = text, .other = NP_STR(""), .number = row->number};
    int rc = value.flag ? begin_tracker(r->job, t) : CNIPOL_E_NOMEM;

    if (rc)
        return rc;
    r->negated = false;
    t->used[id] = true;
    rc = check_conflicts(r->job, t);
    if (rc == CNIPOL_OK)
        rc = row->kind == NP_FLAG_NAMESPACE ? take_namespace(r, t, row, text) : take_field(r, t, row, &value);
    if (rc == CNIPOL_OK)
        rc = check_namespaces(r->job, t, t->left);
    return rc == CNIPOL_OK ? check_namespaces(r->job, t, t->right) : rc;
}

static int take(struct reader *r, enum np_flag_id id, struct np_str text)
{
    struct np_filter_job *job = r->job;

    switch (np_flag_rows[id].kind) {
    case NP_FLAG_NOT:
        if (r->negated) {
            np_diag_raise(&job->ctx->diags, NP_FILTER_FLAG, NP_NOWHERE, "--not stands before a filter, and here before another --not");
            return CNIPOL_E_USAGE;
        }
        r->negated = true;
        return CNIPOL_OK;
    case NP_FLAG_ALLOW:
        return np_filter_read_json(job, "--allowlist", text, &job->allow);
    case NP_FLAG_DENY:
        return np_filter_read_json(job, "--denylist", text, &job->deny);
    default:
        return take_filter(r, id, text);
    }
}

/* Puts a namespace before each name that has none. */
static int add_namespaces(struct reader *r, struct np_spec *spec, enum np_spec_field field, const struct np_flow_texts *namespaces)
{
    struct np_spec_list old = spec->lists[field];
    int rc = CNIPOL_OK;

    spec->lists[field] = (struct np_spec_list){NULL, 0, 0};
    for (uint32_t i = 0; rc == CNIPOL_OK && i < old.n; i++) {
        struct np_spec_value value = old.items[i];
        bool has_slash = memchr(value.text.s, '/', value.text.n) != NULL;

        for (uint32_t k = 0; rc == CNIPOL_OK && k < (has_slash ? 1 : namespaces->n); k++) {
            struct np_str ns = namespaces->items[k];
            char *text = has_slash ? NULL : np_arena_alloc(&r->job->filter->arena, (size_t)ns.n + old.items[i].text.n + 2);

            if (!has_slash && !text)
                return CNIPOL_E_NOMEM;
            if (text) {
                memcpy(text, ns.s, ns.n);
                text[ns.n] = '/';
                memcpy(text + ns.n + 1, old.items[i].text.s, old.items[i].text.n);
                value.text = (struct np_str){text, ns.n + old.items[i].text.n + 1};
                text[value.text.n] = '\0';
            }
            rc = add_to(r, spec, field, &value);
        }
    }
    return rc;
}

static int apply_namespaces(struct reader *r, struct np_spec *spec, bool dst, const struct np_flow_texts *namespaces)
{
    enum np_spec_field pods = dst ? NP_SPEC_DST_POD : NP_SPEC_SRC_POD, services = dst ? NP_SPEC_DST_SERVICE : NP_SPEC_SRC_SERVICE;
    int rc;

    if (namespaces->n == 0)
        return CNIPOL_OK;
    if (spec->lists[pods].n == 0 && spec->lists[services].n == 0 && !np_spec_add(r->job, spec, pods, "--namespace"))
        return CNIPOL_E_NOMEM;
    rc = add_namespaces(r, spec, pods, namespaces);
    return rc == CNIPOL_OK ? add_namespaces(r, spec, services, namespaces) : rc;
}

/* The specs of a list, put before *specs. */
static int finish(struct reader *r, struct tracker *t, struct np_spec **specs)
{
    struct np_spec *both[] = {t->left, t->right};
    int rc = CNIPOL_OK;

    if (!t->any)
        return CNIPOL_OK;
    for (uint32_t i = 0; rc == CNIPOL_OK && i < 2; i++) {
        rc = apply_namespaces(r, both[i], true, &t->ns[2]);
        if (rc == CNIPOL_OK)
            rc = apply_namespaces(r, both[i], false, &t->ns[1]);
    }
    if (rc == CNIPOL_OK)
        rc = apply_namespaces(r, t->left, false, &t->ns[0]);
    if (rc == CNIPOL_OK)
        rc = apply_namespaces(r, t->right, true, &t->ns[0]);
    t->left->next = t->two_sided ? t->right : *specs;
    t->right->next = *specs;
    *specs = t->left;
    return rc;
}

static int unknown(struct np_filter_job *job, const char *arg)
{
    const char *names[NP_N_FLAGS], *near, *equal = strchr(arg, '=');
    struct np_str word = np_str_of(arg[0] == '-' && arg[1] == '-' ? arg + 2 : arg);
    struct np_diag *d;

    if (equal)
        word.n = (uint32_t)(equal - word.s);
    for (uint32_t i = 0; i < NP_N_FLAGS; i++)
        names[i] = np_flag_rows[i].flag.name;
    near = arg[0] == '-' ? np_suggest(word, names, NP_N_FLAGS) : NULL;
    d = np_diag_raise(&job->ctx->diags, NP_FILTER_FLAG, NP_NOWHERE, "there is no filter %s", arg);
    if (near)
        np_diag_help(&job->ctx->diags, d, "did you mean --%s?", near);
    return CNIPOL_E_USAGE;
}

/* Letters in a row, as in -4A: takes all but the last, which *arg, *id and *value then are. */
static int take_letters(struct reader *r, const char **arg, enum np_flag_id *id, const char **value)
{
    char next[] = "-?";
    const char *none;
    int rc = CNIPOL_OK;

    while (rc == CNIPOL_OK && *id != NP_N_FLAGS && !np_flag_rows[*id].flag.has_value && *value && *value == *arg + 2) {
        rc = take(r, *id, NP_STR(""));
        ++*arg;
        next[1] = (*arg)[1];
        *id = np_flag_find(next, &none);
        *value = (*arg)[2] ? *arg + 2 : NULL;
    }
    return rc;
}

/* One argument, and the next where it is the value. *used is how many were taken. */
static int take_arg(struct reader *r, const char *const *args, size_t n, size_t *used)
{
    const char *value, *arg = args[0];
    enum np_flag_id id = np_flag_find(arg, &value);
    int rc = arg[0] == '-' && arg[1] != '-' ? take_letters(r, &arg, &id, &value) : CNIPOL_OK;
    struct np_str text;

    *used = 1;
    if (rc)
        return rc;
    if (id == NP_N_FLAGS)
        return unknown(r->job, args[0]);
    if (!np_flag_rows[id].flag.has_value)
        return take(r, id, NP_STR(""));
    if (!value && n < 2) {
        np_diag_raise(&r->job->ctx->diags, NP_FILTER_FLAG, NP_NOWHERE, "--%s needs a value", np_flag_rows[id].flag.name);
        return CNIPOL_E_USAGE;
    }
    *used = value ? 1 : 2;
    text = keep(r->job, np_str_of(value ? value : args[1]));
    return text.s ? take(r, id, text) : CNIPOL_E_NOMEM;
}

int np_filter_read_args(struct np_filter_job *job, const char *const *args, size_t n)
{
    struct reader *r = np_arena_zalloc(&job->filter->arena, sizeof *r);
    size_t used;
    int rc = r ? CNIPOL_OK : CNIPOL_E_NOMEM;

    if (r)
        r->job = job;
    for (size_t i = 0; rc == CNIPOL_OK && i < n; i += used)
        rc = take_arg(r, args + i, n - i, &used);
    if (rc == CNIPOL_OK && r->negated) {
        np_diag_raise(&job->ctx->diags, NP_FILTER_FLAG, NP_NOWHERE, "--not stands before a filter, and here is none behind it");
        rc = CNIPOL_E_USAGE;
    }
    if (rc == CNIPOL_OK)
        rc = finish(r, &r->lists[0], &job->allow);
    return rc == CNIPOL_OK ? finish(r, &r->lists[1], &job->deny) : rc;
}
