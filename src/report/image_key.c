/* SPDX-License-Identifier: BSD-2-Clause */
/* Questions and answers of images, in words: see image.h. */

#include "report/image.h"

#include <json-c/json.h>

const char *np_section_name(uint32_t kind)
{
    static const char *const names[] = {
        [CNIPOL_SECTION_TABLES] = "tables",
        [CNIPOL_SECTION_RULES] = "rules",
        [CNIPOL_SECTION_MACHINE] = "machine",
        [CNIPOL_SECTION_DIRECTORY] = "directory",
    };

    return kind && kind < sizeof names / sizeof names[0] ? names[kind] : "unknown";
}

const char *np_temperature_name(uint32_t temperature)
{
    static const char *const names[] = {"hot", "warm", "cold"};

    return temperature < 3 ? names[temperature] : "?";
}

static const char *const relation_names[] = {"same-pod", "hairpin", "same-node", "from-own-node", "to-own-node"};
static const char *const state_names[] = {"new", "established", "related", "?"};
static const char *const flag_names[] = {"log", "audit", "reject"};

#define N_RELATIONS (sizeof relation_names / sizeof relation_names[0])
#define N_FLAGS (sizeof flag_names / sizeof flag_names[0])

static const char *protocol_name(uint32_t protocol)
{
    static const struct {
        uint32_t protocol;
        const char *name;
    } names[] = {{1, "icmp"}, {6, "tcp"}, {17, "udp"}, {58, "icmpv6"}, {132, "sctp"}};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].protocol == protocol)
            return names[i].name;
    return NULL;
}

static bool has_ports(uint32_t protocol)
{
    return protocol == 6 || protocol == 17 || protocol == 132;
}

static void write_l4(struct np_out *out, const struct cnipol_key *key)
{
    const char *name = protocol_name(key->protocol);

    if (name)
        np_out_text(out, name);
    else
        np_out_fmt(out, "protocol %u", key->protocol);
    if (key->flags & CNIPOL_KEY_ICMP)
        np_out_fmt(out, " type %u code %u", key->icmp_type, key->icmp_code);
    if (!has_ports(key->protocol))
        return;
    if (key->flags & CNIPOL_KEY_FRAGMENT)
        np_out_text(out, ", a later fragment");
    else if (key->flags & CNIPOL_KEY_PORT_UNKNOWN)
        np_out_text(out, ", unknown port");
    else
        np_out_fmt(out, " %u", key->destination_port);
}

void np_out_key(struct np_out *out, const struct cnipol_key *key)
{
    np_out_fmt(out, "%u -> %u, ", key->source, key->destination);
    write_l4(out, key);
    if (key->source_port)
        np_out_fmt(out, ", from port %u", key->source_port);
    if (key->state)
        np_out_fmt(out, ", %s", state_names[key->state & 3]);
    for (uint32_t i = 0; i < N_RELATIONS; i++)
        if (key->relations & 1u << i)
            np_out_fmt(out, ", %s", relation_names[i]);
}

struct json_object *np_key_json(struct np_out *out, const struct cnipol_key *key)
{
    struct json_object *o = np_json_object(out), *relations = np_json_array(out);

    np_json_number(out, o, "source", key->source);
    np_json_number(out, o, "destination", key->destination);
    np_json_number(out, o, "protocol", key->protocol);
    np_json_number(out, o, "source_port", key->source_port);
    np_json_number(out, o, "destination_port", key->destination_port);
    np_json_flag(out, o, "fragment", key->flags & CNIPOL_KEY_FRAGMENT);
    np_json_flag(out, o, "port_unknown", key->flags & CNIPOL_KEY_PORT_UNKNOWN);
    if (key->flags & CNIPOL_KEY_ICMP) {
        np_json_number(out, o, "icmp_type", key->icmp_type);
        np_json_number(out, o, "icmp_code", key->icmp_code);
    }
    np_json_text(out, o, "state", state_names[key->state & 3]);
    for (uint32_t i = 0; i < N_RELATIONS; i++)
        if (key->relations & 1u << i)
            np_json_push(out, relations, np_json_string(out, relation_names[i]));
    np_json_add(out, o, "relations", relations);
    return o;
}

void np_out_flags(struct np_out *out, uint32_t flags)
{
    for (uint32_t i = 0; i < N_FLAGS; i++)
        if (flags & 1u << i)
            np_out_fmt(out, " %s", flag_names[i]);
}

struct json_object *np_flags_json(struct np_out *out, uint32_t flags)
{
    struct json_object *list = np_json_array(out);

    for (uint32_t i = 0; i < N_FLAGS; i++)
        if (flags & 1u << i)
            np_json_push(out, list, np_json_string(out, flag_names[i]));
    return list;
}

void np_out_answer(struct np_out *out, const struct cnipol_answer *answer, uint32_t directions)
{
    uint32_t program = answer->program[directions == 1 ? 0 : 1];

    np_out_text(out, cnipol_decision_text(answer->decision));
    np_out_flags(out, answer->flags);
    if (program)
        np_out_fmt(out, ", program %u", program);
    if (answer->auth)
        np_out_fmt(out, ", authentication %u", answer->auth);
}

struct json_object *np_answer_json(struct np_out *out, const struct cnipol_answer *answer, uint32_t directions)
{
    struct json_object *o = np_json_object(out);

    np_json_text(out, o, "decision", cnipol_decision_text(answer->decision));
    np_json_add(out, o, "flags", np_flags_json(out, answer->flags));
    np_json_number(out, o, "program", answer->program[directions == 1 ? 0 : 1]);
    np_json_number(out, o, "auth", answer->auth);
    return o;
}
