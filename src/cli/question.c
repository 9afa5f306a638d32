/* SPDX-License-Identifier: BSD-2-Clause */
/* Questions from options, and verdicts as JSON. */

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

int cli_question_options(const struct cli_args *args, struct cnipol_question *out)
{
    int protocol = args->protocol ? cnipol_protocol_parse(args->protocol) : CNIPOL_PROTOCOL_TCP;

    if (!protocol)
        return cli_fail(CLI_USAGE, "--protocol is TCP, UDP, SCTP, ICMP, ICMPv6 or a number from 1 to 255, not %s", args->protocol);
    if (args->icmp_code >= 0 && args->icmp_type < 0)
        return cli_fail(CLI_USAGE, "--icmp-code needs --icmp-type");
    out->protocol = (uint8_t)protocol;
    out->family = (uint8_t)(args->family ? args->family * 2 + 2 : 0);
    out->direction = (uint8_t)args->direction;
    out->is_fragment = (uint8_t)args->fragment;
    out->connection_state = (uint8_t)args->state;
    out->destination_port = (uint16_t)(args->port < 0 ? 0 : args->port);
    out->port_unknown = args->port < 0;
    out->source_port = (uint16_t)(args->source_port < 0 ? 0 : args->source_port);
    out->has_icmp = args->icmp_type >= 0;
    out->icmp_type = (uint8_t)(args->icmp_type < 0 ? 0 : args->icmp_type);
    out->icmp_code = (uint8_t)(args->icmp_code < 0 ? 0 : args->icmp_code);
    return CLI_OK;
}

static const char *pod_name(size_t i, const void *user)
{
    return i < UINT32_MAX ? cnipol_model_pod_name(user, (uint32_t)i) : NULL;
}

int cli_end(const struct cli_world *world, const struct cli_args *args, const char *text, struct cnipol_end *out)
{
    const char *near;

    if (cnipol_end_parse(world->model, text, out))
        return cli_fail(CLI_USAGE, "%s is neither NAMESPACE/POD, node/NAME, service/NAMESPACE/NAME nor an address", text);
    if (out->kind != CNIPOL_END_UNKNOWN)
        return CLI_OK;
    if (out->has_v4 || out->has_v6) {
        cli_note(args, "%s is claimed by several pods: nobody can say whose it is", text);
        return CLI_OK;
    }
    near = cli_nearest(text, pod_name, world->model);
    if (near)
        cli_note(args, "%s is not in the cluster; did you mean %s?", text, near);
    else
        cli_note(args, "%s is not in the cluster", text);
    return CLI_OK;
}

int32_t cli_way(const struct cli_args *args)
{
    return args->rules ? CNIPOL_IMAGE_RULES : CNIPOL_IMAGE_TABLES;
}

void cli_ask(const struct cli_world *world, const struct cli_args *args, const struct cnipol_question *question, struct cnipol_verdict *out)
{
    if (world->image)
        cnipol_image_ask_question(world->image, world->model, question, cli_way(args), out);
    else
        cnipol_ask(world->model, question, out);
}

int cli_question(const struct cli_world *world, const struct cli_args *args, struct cnipol_question *out)
{
    int code;

    *out = (struct cnipol_question){0};
    code = cli_question_options(args, out);
    if (!code)
        code = cli_end(world, args, args->rest.items[0], &out->source);
    if (!code)
        code = cli_end(world, args, args->rest.items[1], &out->destination);
    return code;
}

void cli_verdict_members(const char *from, const char *to, const struct cnipol_question *q, const struct cnipol_verdict *v)
{
    const char *protocol = cnipol_protocol_text(q->protocol);

    cli_puts("\"from\":");
    cli_json_string(from);
    cli_puts(",\"to\":");
    cli_json_string(to);
    if (protocol)
        cli_printf(",\"protocol\":\"%s\"", protocol);
    else
        cli_printf(",\"protocol\":%u", q->protocol);
    if (q->destination_port)
        cli_printf(",\"port\":%u", q->destination_port);
    if (q->source_port)
        cli_printf(",\"sourcePort\":%u", q->source_port);
    if (q->has_icmp)
        cli_printf(",\"icmpType\":%u,\"icmpCode\":%u", q->icmp_type, q->icmp_code);
    if (q->family)
        cli_printf(",\"family\":%u", q->family);
    if (q->is_fragment)
        cli_puts(",\"fragment\":\"later\"");
    if (q->connection_state)
        cli_printf(",\"state\":\"%s\"", q->connection_state == 1 ? "established" : "related");
    if (q->direction)
        cli_printf(",\"direction\":\"%s\"", q->direction == CNIPOL_ASK_EGRESS ? "egress" : "ingress");
    cli_printf(",\"verdict\":\"%s\",\"egress\":\"%s\",\"ingress\":\"%s\"", cnipol_decision_text(v->decision),
               cnipol_decision_text(v->egress), cnipol_decision_text(v->ingress));
}
