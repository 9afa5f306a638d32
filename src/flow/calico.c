/* SPDX-License-Identifier: BSD-2-Clause */
/* What Calico's flow records have in common: see calico.h. */

#include "flow/calico.h"

#include <string.h>

#include "base/ip.h"
#include "flow/parse.h"

const char *const np_calico_actions[4] = {"ActionUnspecified", "Allow", "Deny", "Pass"};
const char *const np_calico_reporters[3] = {"ReporterUnspecified", "Src", "Dst"};
const char *const np_calico_types[5] = {"EndpointTypeUnspecified", "WorkloadEndpoint", "HostEndpoint", "NetworkSet", "Network"};

int np_calico_open(struct np_flow_run *run)
{
    struct np_calico_state *state = np_zalloc(run->mem, sizeof *state);

    if (!state)
        return CNIPOL_E_NOMEM;
    run->state = state;
    np_go_init(&state->go, run);
    if (np_calico_era_of(run->opts.version, &state->era))
        return CNIPOL_OK;
    np_calico_close(run);
    run->usage = "the version must be Calico's, like 3.31 or v3.32.1";
    return CNIPOL_E_USAGE;
}

void np_calico_close(struct np_flow_run *run)
{
    struct np_calico_state *state = run->state;

    if (!state)
        return;
    np_go_free(&state->go);
    np_free(run->mem, state, sizeof *state);
    run->state = NULL;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool same(struct cnipol_text text, const char *word, bool any_case)
{
    if (strlen(word) != text.n)
        return false;
    for (uint32_t i = 0; i < text.n; i++)
        if (text.s[i] != word[i] && !(any_case && lower(text.s[i]) == lower(word[i])))
            return false;
    return true;
}

int32_t np_calico_word(struct cnipol_text word, const char *const *words, uint32_t n, bool any_case)
{
    for (uint32_t i = 0; i < n; i++)
        if (same(word, words[i], any_case))
            return (int32_t)i;
    return -1;
}

int np_calico_seconds(struct np_go *go, const struct np_go_int *seconds, struct np_calico_flow *flow)
{
    if (!np_seconds_fit(seconds->value)) {
        go->rc = np_flaw(go->run, NP_FLOW_FIELD, seconds->at, "the time is beyond the years 1 to 9999");
        return go->rc;
    }
    flow->time = (struct cnipol_time){.seconds = seconds->value};
    flow->has_time = seconds->is_set;
    return CNIPOL_OK;
}

/* ---- policies ---- */

static struct cnipol_text some(struct cnipol_text text)
{
    return text.n ? text : (struct cnipol_text){NULL, 0};
}

static struct cnipol_text text_of(const char *s)
{
    return (struct cnipol_text){s, s ? (uint32_t)strlen(s) : 0};
}

static bool digits_of(struct np_flow_run *run, int64_t number, struct cnipol_text *out)
{
    char text[24], *at = text + sizeof text;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    const char *copy;

    do
        *--at = (char)('0' + rest % 10);
    while (rest /= 10);
    if (number < 0)
        *--at = '-';
    copy = np_arena_strndup(&run->arena, at, (size_t)(text + sizeof text - at));
    *out = np_text(copy, (uint32_t)(text + sizeof text - at));
    return copy != NULL;
}

/* A kind's name, or its digits; absent for 0. */
static bool kind_text(struct np_flow_run *run, int64_t kind, enum np_calico_era era, struct cnipol_text *out)
{
    const char *name = np_calico_kind_name((int32_t)kind, era);

    *out = text_of(name);
    return name || kind == NP_CALICO_NO_KIND || digits_of(run, kind, out);
}

static bool action_text(struct np_flow_run *run, int64_t action, struct cnipol_text *out)
{
    static const char *const words[] = {NULL, "allow", "deny", "pass"};

    if (action < 0 || action > NP_CALICO_PASS)
        return digits_of(run, action, out);
    *out = text_of(words[action]);
    return true;
}

static int trigger(struct np_flow_run *run, const struct np_calico_hit *in, enum np_calico_era era, struct cnipol_flow_policy *out)
{
    out->has |= CNIPOL_POLICY_TRIGGER;
    out->trigger_ns = some(in->trigger.ns);
    out->trigger_name = some(in->trigger.name);
    out->trigger_tier = some(in->trigger.tier);
    return kind_text(run, in->trigger.kind.value, era, &out->trigger_kind) ? CNIPOL_OK : CNIPOL_E_NOMEM;
}

int np_calico_hit_policy(struct np_flow_run *run, const struct np_calico_hit *in, enum np_calico_era era, struct cnipol_flow_policy *out)
{
    memset(out, 0, sizeof *out);
    out->has = CNIPOL_POLICY_RULE_NUMBER | CNIPOL_POLICY_INDEX;
    out->rule_number = in->rule.value;
    out->index = in->index.value;
    out->ns = some(in->ns);
    out->name = some(in->name);
    out->tier = some(in->tier);
    if (!kind_text(run, in->kind.value, era, &out->kind) || !action_text(run, in->action.value, &out->action))
        return CNIPOL_E_NOMEM;
    return in->has_trigger ? trigger(run, in, era, out) : CNIPOL_OK;
}

static bool is_sorted(const struct cnipol_flow_policy *items, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++)
        if (items[i].index < items[i - 1].index)
            return false;
    return true;
}

static void merge(const struct cnipol_flow_policy *from, uint32_t middle, uint32_t n, struct cnipol_flow_policy *to)
{
    uint32_t left = 0, right = middle;

    for (uint32_t i = 0; i < n; i++) {
        bool take_left = left < middle && (right >= n || from[left].index <= from[right].index);

        to[i] = from[take_left ? left++ : right++];
    }
}

/* Equal ones keep their order. False: no memory. */
static bool sort_by_index(struct np_flow_run *run, struct np_flow_list *list)
{
    struct cnipol_flow_policy *from = list->items, *to;

    if (is_sorted(from, list->n))
        return true;
    to = np_arena_array(&run->arena, list->n, sizeof *to);
    if (!to)
        return false;
    for (uint64_t width = 1; width < list->n; width *= 2) {
        for (uint64_t i = 0; i < list->n; i += 2 * width) {
            uint64_t n = list->n - i < 2 * width ? list->n - i : 2 * width;

            merge(from + i, (uint32_t)(width < n ? width : n), (uint32_t)n, to + i);
        }
        list->items = to;
        to = from;
        from = list->items;
    }
    return true;
}

static int policies(struct np_flow_run *run, const struct np_flow_list *in, int32_t direction, const struct cnipol_flow_policy **out,
                    uint32_t *n)
{
    struct np_flow_list list = *in;

    if (!sort_by_index(run, &list))
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < list.n; i++)
        ((struct cnipol_flow_policy *)list.items)[i].direction = direction;
    *out = list.n ? list.items : NULL;
    *n = list.n;
    return CNIPOL_OK;
}

/* ---- ends ---- */

/* Absent where the writer left it out. */
static struct cnipol_text said(struct cnipol_text text)
{
    return text.n == 0 || (text.n == 1 && text.s[0] == '-') ? (struct cnipol_text){NULL, 0} : text;
}

static int port(struct np_flow_run *run, const struct np_go_int *in, uint16_t *out)
{
    *out = 0;
    if (!in->is_set || in->value == -1)
        return CNIPOL_OK;
    if (in->value < 0 || in->value > UINT16_MAX)
        return np_flaw(run, NP_FLOW_FIELD, in->at, "a port must be within 0 and 65535");
    *out = (uint16_t)in->value;
    return CNIPOL_OK;
}

static int name_of_end(struct np_flow_run *run, const struct np_calico_end *in, struct cnipol_flow_end *out)
{
    struct cnipol_text name = said(in->name), *copy;

    if (!name.s)
        return CNIPOL_OK;
    if (in->type.value == NP_CALICO_WORKLOAD || (in->type.value == 0 && out->ns.s)) {
        out->pod = name;
        return CNIPOL_OK;
    }
    copy = np_arena_alloc(&run->arena, sizeof *copy);
    if (!copy)
        return CNIPOL_E_NOMEM;
    *copy = name;
    out->names = copy;
    out->n_names = 1;
    return CNIPOL_OK;
}

static int end(struct np_flow_run *run, const struct np_calico_end *in, struct cnipol_flow_end *out)
{
    uint16_t number;
    int rc = port(run, &in->port, &number);

    if (rc)
        return rc;
    np_end_port(out, number);
    out->ns = said(in->ns);
    out->ip = in->ip;
    out->labels = in->labels.items;
    out->n_labels = in->labels.n;
    return name_of_end(run, in, out);
}

/* ---- the flow ---- */

static const struct {
    const char *name;
    uint8_t number;
} protocols[] = {{"tcp", 6}, {"udp", 17}, {"icmp", 1}, {"icmp6", 58}, {"sctp", 132}, {"ipip", 4}, {"esp", 50}};

/* By Felix's name or by number; anything else says nothing. */
static void protocol(struct cnipol_text text, struct cnipol_flow *out)
{
    uint64_t number;

    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
        if (same(text, protocols[i].name, true)) {
            np_flow_protocol(out, protocols[i].number);
            return;
        }
    if (text.n && np_parse_uint64(text, &number) && number <= UINT8_MAX)
        np_flow_protocol(out, (uint8_t)number);
}

static void verdict(const struct np_go_int *action, struct cnipol_flow *out)
{
    if (action->value == NP_CALICO_ALLOW)
        np_flow_verdict(out, CNIPOL_FLOW_FORWARDED);
    else if (action->value == NP_CALICO_DENY)
        np_flow_verdict(out, CNIPOL_FLOW_DROPPED);
    else if (action->value != 0)
        np_flow_verdict(out, CNIPOL_FLOW_UNKNOWN);
}

static void direction(const struct np_go_int *reporter, struct cnipol_flow *out)
{
    if (reporter->value == NP_CALICO_SRC)
        np_flow_direction(out, CNIPOL_FLOW_EGRESS);
    else if (reporter->value == NP_CALICO_DST)
        np_flow_direction(out, CNIPOL_FLOW_INGRESS);
    else if (reporter->value != 0)
        np_flow_direction(out, CNIPOL_FLOW_NO_DIRECTION);
}

static bool count(struct np_flow_run *run, struct np_flow_extras *extras, enum cnipol_extra_id id, const struct np_go_int *in)
{
    return !in->is_set || in->value < 0 || np_extra_number(run, extras, id, (uint64_t)in->value);
}

/* Counters by the flow's own direction; without a reporter nobody knows which is which. */
static bool counters(struct np_flow_run *run, const struct np_calico_flow *in, struct cnipol_flow *out)
{
    struct np_flow_extras extras = {{NULL, 0, 0}};
    bool outwards = out->direction == CNIPOL_FLOW_EGRESS;

    if (!np_flow_wants(run, CNIPOL_FIELD_EXTRA))
        return true;
    if (!count(run, &extras, CNIPOL_EXTRA_SERVICE_PORT, &in->service_port))
        return false;
    if (out->direction != CNIPOL_FLOW_NO_DIRECTION) {
        if (!count(run, &extras, CNIPOL_EXTRA_BYTES, outwards ? &in->bytes_out : &in->bytes_in) ||
            !count(run, &extras, CNIPOL_EXTRA_PACKETS, outwards ? &in->packets_out : &in->packets_in) ||
            !count(run, &extras, CNIPOL_EXTRA_REVERSE_BYTES, outwards ? &in->bytes_in : &in->bytes_out) ||
            !count(run, &extras, CNIPOL_EXTRA_REVERSE_PACKETS, outwards ? &in->packets_in : &in->packets_out))
            return false;
    }
    np_extras_done(&extras, out);
    return true;
}

int np_calico_fill(struct np_flow_run *run, const struct np_calico_flow *in, struct cnipol_flow *out)
{
    int rc;

    if (in->has_time)
        np_flow_time(out, in->time);
    verdict(&in->action, out);
    direction(&in->reporter, out);
    protocol(in->protocol, out);
    out->node = said(in->node);
    rc = end(run, &in->src, &out->src);
    if (!rc)
        rc = end(run, &in->dst, &out->dst);
    if (!rc)
        rc = policies(run, &in->enforced, out->direction, &out->policies, &out->n_policies);
    if (!rc)
        rc = policies(run, &in->pending, out->direction, &out->pending_policies, &out->n_pending_policies);
    out->dst.service = said(in->service);
    out->dst.service_ns = out->dst.service.s ? said(in->service_ns) : (struct cnipol_text){NULL, 0};
    return rc || counters(run, in, out) ? rc : CNIPOL_E_NOMEM;
}
