/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Traces: the text of the explain room, or one line of JSON (cnipol.explain/1).
 *
 * A rule reference leaves out what it has not; `rule` is null where the policy as a whole decided. `by` is
 * null where no policy decided, but a default.
 */

#include "report/json.h"

#include <json-c/json.h>

#include "base/glyph.h"

static const char *direction_text(int32_t direction)
{
    static const char *const names[] = {"both", "egress", "ingress"};

    return names[direction >= 0 && direction <= CNIPOL_ASK_INGRESS ? direction : 0];
}

static struct json_object *rule_json(struct np_out *out, const struct cnipol_rule_ref *ref)
{
    struct json_object *o = np_json_object(out);

    np_json_text(out, o, "kind", ref->kind);
    np_json_text(out, o, "namespace", ref->policy_namespace);
    np_json_text(out, o, "policy", ref->policy);
    np_json_text(out, o, "tier", ref->tier);
    if (ref->rule >= 0)
        np_json_number(out, o, "rule", ref->rule);
    else
        np_json_null(out, o, "rule");
    np_json_text(out, o, "name", ref->rule_name);
    if (!ref->place.file)
        return o;
    np_json_text(out, o, "file", ref->place.file);
    np_json_number(out, o, "line", ref->place.line);
    np_json_number(out, o, "column", ref->place.column);
    return o;
}

static struct json_object *flags_json(struct np_out *out, uint32_t flags)
{
    static const char *const names[] = {"log", "audit", "reject", "egress-asked", "ingress-asked"};
    struct json_object *list = np_json_array(out);

    for (uint32_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (flags & 1u << i)
            np_json_push(out, list, np_json_string(out, names[i]));
    return list;
}

static void add_by(struct np_out *out, struct json_object *o, const struct cnipol_trace *trace)
{
    struct cnipol_rule_ref ref;
    struct json_object *by;
    int32_t direction;

    cnipol_trace_by(trace, &ref, &direction);
    if (!ref.kind) {
        np_json_null(out, o, "by");
        return;
    }
    by = rule_json(out, &ref);
    np_json_text(out, by, "direction", direction_text(direction));
    np_json_add(out, o, "by", by);
}

static struct json_object *rules_json(struct np_out *out, const struct cnipol_trace *trace, size_t i, uint32_t n_rules)
{
    struct json_object *list = np_json_array(out);

    for (uint32_t k = 0; k < n_rules && !out->status; k++) {
        struct cnipol_rule_ref ref;

        if (cnipol_trace_rule(trace, i, k, &ref))
            break;
        np_json_push(out, list, rule_json(out, &ref));
    }
    return list;
}

static struct json_object *step_json(struct np_out *out, const struct cnipol_trace *trace, size_t i, const struct cnipol_step *step)
{
    struct json_object *o = np_json_object(out);

    np_json_text(out, o, "direction", direction_text(step->direction));
    np_json_text(out, o, "engine", step->engine);
    np_json_text(out, o, "checkpoint", step->checkpoint);
    np_json_text(out, o, "stage", step->stage);
    np_json_text(out, o, "result", cnipol_step_result_text(step->result));
    np_json_text(out, o, "reason", step->reason);
    np_json_number(out, o, "governing", step->governing);
    np_json_flag(out, o, "decides", step->decides);
    np_json_add(out, o, "rules", rules_json(out, trace, i, step->n_rules));
    return o;
}

static void write_json(struct np_out *out, const struct cnipol_trace *trace)
{
    struct json_object *o = np_json_object(out), *steps = np_json_array(out);
    struct cnipol_verdict verdict;
    struct cnipol_step step;

    cnipol_trace_verdict(trace, &verdict);
    np_json_text(out, o, "schema", "cnipol.explain/1");
    np_json_text(out, o, "decision", cnipol_decision_text(verdict.decision));
    np_json_text(out, o, "egress", cnipol_decision_text(verdict.egress));
    np_json_text(out, o, "ingress", cnipol_decision_text(verdict.ingress));
    np_json_add(out, o, "flags", flags_json(out, verdict.flags));
    add_by(out, o, trace);
    for (size_t i = 0; !out->status && cnipol_trace_step(trace, i, &step) == CNIPOL_OK; i++)
        np_json_push(out, steps, step_json(out, trace, i, &step));
    np_json_add(out, o, "steps", steps);
    np_json_write(out, o);
    np_out_char(out, '\n', 1);
}

/* Bytes of a colour (ESC [ digits m) at s, or 0. */
static size_t color_at(const char *s)
{
    size_t n;

    if (s[0] != '\033' || s[1] != '[')
        return 0;
    n = 2 + strspn(s + 2, "0123456789;");
    return s[n] == 'm' ? n + 1 : 0;
}

/* The chain holds names as they were written: only line ends and, where wanted, colours pass as they are. */
static void write_chain(struct np_out *out, const char *text)
{
    size_t n = strlen(text);

    for (size_t i = 0; i < n;) {
        size_t plain = text[i] == '\n' ? 1 : out->color ? color_at(text + i) : 0;
        struct np_glyph glyph;

        if (plain) {
            np_out_bytes(out, text + i, plain);
            i += plain;
            continue;
        }
        i += np_glyph_read(text + i, n - i, &glyph);
        np_out_bytes(out, glyph.s, glyph.n);
    }
}

static void write_text(struct np_out *out, struct cnipol_trace *trace)
{
    const char *text = cnipol_trace_text(trace, out->color);

    if (text)
        write_chain(out, text);
    else
        np_out_fail(out, CNIPOL_E_NOMEM);
}

int cnipol_report_trace(struct cnipol_ctx *ctx, struct cnipol_trace *trace, const struct cnipol_report_opts *opts, cnipol_write_fn write,
                        void *user)
{
    struct np_out out;
    bool is_json;

    if (np_out_begin(&out, ctx, opts, write, user, &is_json))
        return CNIPOL_E_USAGE;
    if (is_json)
        write_json(&out, trace);
    else
        write_text(&out, trace);
    return np_out_finish(&out);
}
