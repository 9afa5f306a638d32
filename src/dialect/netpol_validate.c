/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Validation of NetworkPolicy: see netpol_parse.h.
 *
 * Rules and their order: kubernetes pkg/apis/networking/validation/validation.go and apimachinery
 * pkg/util/validation/ip.go (v1.36): podSelector, ingress rules (ports, then peers), egress rules,
 * policyTypes. Since 1.36 ipBlock takes neither host bits nor leading zeros nor IPv4-mapped addresses
 * (KEP-4858); an update may keep any CIDR that the stored object has anywhere, and bad label values if
 * the stored podSelector is bad.
 */

#include <inttypes.h>

#include "dialect/metadata.h"
#include "dialect/netpol_parse.h"
#include "dialect/selector_read.h"
#include "dialect/validate_label.h"

#define STRICT_CIDR_MINOR 36
#define PORT_RULE "must be between 1 and 65535, inclusive"

struct checker {
    struct np_take *take;
    const struct np_node *old; /* the stored spec; NULL on create */
    bool lenient_labels;
};

uint8_t np_protocol_number(struct np_str name)
{
    static const struct {
        const char *name;
        uint8_t number;
    } protocols[] = {{"TCP", 6}, {"UDP", 17}, {"SCTP", 132}};

    for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++)
        if (np_str_is(name, protocols[i].name))
            return protocols[i].number;
    return 0;
}

static bool is_port(int64_t number)
{
    return number >= 1 && number <= 65535;
}

static void check_number(struct np_take *take, const struct np_node *node, const struct np_path *path)
{
    if (!is_port(node->i))
        np_take_upstream(take, np_take_invalid(take, NP_PORT_NUMBER, node, path, "%" PRId64 " is no port number", node->i), PORT_RULE);
}

static void check_protocol(struct np_take *take, const struct np_node *node, const struct np_path *path)
{
    struct np_diag *d;

    if (!node || np_protocol_number(np_node_str(node)))
        return;
    d = np_take_invalid(take, NP_PORT_PROTOCOL, node, path, "\"%.*s\" is no protocol of a NetworkPolicy", (int)node->n, node->s);
    np_diag_help(&take->ctx->diags, d, "the protocols are TCP, UDP and SCTP");
    np_take_upstream(take, d, "supported values: \"TCP\", \"UDP\", \"SCTP\"");
}

static void check_end(struct np_take *take, const struct np_node *start, const struct np_node *end, const struct np_path *path)
{
    struct np_diag *d;

    if (!end)
        return;
    if (end->i < start->i) {
        d = np_take_invalid(take, NP_PORT_RANGE_REVERSED, end, path, "the port range ends at %" PRId64 ", before it starts", end->i);
        np_diag_second(&take->ctx->diags, d, np_take_span(take, start), "it starts at %" PRId64, start->i);
        np_diag_help(&take->ctx->diags, d, "swap the values, or drop `endPort`");
        np_take_upstream(take, d, "must be greater than or equal to `port`");
    }
    check_number(take, end, path);
}

static void check_named(struct np_take *take, const struct np_node *name, const struct np_node *end, const struct np_path *port_path,
                        const struct np_path *end_path)
{
    struct np_flaws flaws;
    struct np_diag *d;

    if (end) {
        d = np_take_invalid(take, NP_PORT_END_NAMED, end, end_path, "a range cannot start at a port name");
        np_diag_second(&take->ctx->diags, d, np_take_span(take, name), "this is a name");
        np_take_upstream(take, d, "may not be specified when `port` is non-numeric");
    }
    np_port_name_flaws(np_node_str(name), &flaws);
    np_take_flaws(take, NP_PORT_NAME, name, port_path, "port name", np_node_str(name), &flaws);
}

static void check_port(struct np_take *take, const struct np_node *item, const struct np_path *path)
{
    const struct np_node *port = np_map_value(item, "port"), *end = np_map_value(item, "endPort");
    struct np_path protocol_path = np_path_key(path, "protocol"), port_path = np_path_key(path, "port"),
                   end_path = np_path_key(path, "endPort");

    check_protocol(take, np_map_value(item, "protocol"), &protocol_path);
    if (port && port->kind == NP_NODE_STRING) {
        check_named(take, port, end, &port_path, &end_path);
    } else if (port) {
        check_number(take, port, &port_path);
        check_end(take, port, end, &end_path);
    } else if (end) {
        np_take_upstream(take,
                         np_take_invalid(take, NP_PORT_END_ALONE, end, &end_path, "the range has an end but no start: `port` is missing"),
                         "may not be specified when `port` is not specified");
    }
}

static bool block_has(const struct np_node *block, struct np_str cidr)
{
    const struct np_node *except = np_list_at(block, "except");

    if (block && np_str_eq(np_string_at(block, "cidr"), cidr))
        return true;
    for (uint32_t i = 0; i < np_count(except); i++)
        if (except->items[i].kind == NP_NODE_STRING && np_str_eq(np_node_str(&except->items[i]), cidr))
            return true;
    return false;
}

static bool rules_have(const struct np_node *rules, const char *peers_key, struct np_str cidr)
{
    for (uint32_t r = 0; r < np_count(rules); r++) {
        const struct np_node *peers = np_list_at(&rules->items[r], peers_key);

        for (uint32_t p = 0; p < np_count(peers); p++)
            if (block_has(np_map_value(&peers->items[p], "ipBlock"), cidr))
                return true;
    }
    return false;
}

static bool was_stored(const struct checker *c, struct np_str cidr)
{
    return rules_have(np_list_at(c->old, "ingress"), "from", cidr) || rules_have(np_list_at(c->old, "egress"), "to", cidr);
}

static const struct {
    enum np_ip_flaw flaw;
    enum np_code code;
    const char *ours;
    const char *upstream;
} cidr_flaws[] = {
    {NP_IP_LEADING_ZEROS, NP_BLOCK_ZEROS, "has leading zeros, which some programs read as octal",
     "must not have leading 0s in IP or prefix length"},
    {NP_IP_MAPPED, NP_BLOCK_MAPPED, "is an IPv4-mapped IPv6 address", "must not have an IPv4-mapped IPv6 address"},
    {NP_IP_HOST_BITS, NP_BLOCK_HOST_BITS, "has bits set beyond its prefix length", "must not have bits set beyond the prefix length"},
};

/* Only the first flaw is told, as upstream does. */
static void check_strict_cidr(struct np_take *take, const struct np_node *node, const struct np_path *path, const struct np_prefix *prefix,
                              unsigned flaws)
{
    char canonical[NP_IP_TEXT];

    for (size_t i = 0; i < sizeof cidr_flaws / sizeof cidr_flaws[0]; i++) {
        struct np_diag *d;

        if (!(flaws & cidr_flaws[i].flaw))
            continue;
        d = np_take_invalid(take, cidr_flaws[i].code, node, path, "%.*s %s", (int)node->n, node->s, cidr_flaws[i].ours);
        np_prefix_print(prefix, canonical);
        np_diag_help(&take->ctx->diags, d, "write %s", canonical);
        np_take_upstream(take, d, "%s", cidr_flaws[i].upstream);
        return;
    }
}

/* Go counts the mask of an IPv4-mapped block from the left of 128 bits. */
static uint32_t written_length(const struct np_prefix *prefix, unsigned flaws)
{
    return prefix->len + ((flaws & NP_IP_MAPPED) && prefix->ip.family == 4 ? 96u : 0u);
}

static bool check_cidr(const struct checker *c, const struct np_node *node, const struct np_path *path, struct np_prefix *out,
                       unsigned *flaws)
{
    struct np_str text = node->kind == NP_NODE_STRING ? np_node_str(node) : NP_STR("");
    bool good = np_prefix_parse(text, out, NULL, flaws);

    if (was_stored(c, text))
        return good;
    if (!good)
        np_take_upstream(c->take, np_take_invalid(c->take, NP_BLOCK_CIDR, node, path, "\"%.*s\" is no CIDR", (int)text.n, text.s),
                         "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
    else if (c->take->opts->kubernetes_minor >= STRICT_CIDR_MINOR || c->take->opts->kubernetes_minor == 0)
        check_strict_cidr(c->take, node, path, out, *flaws);
    return good;
}

static void check_except(const struct checker *c, const struct np_node *item, const struct np_path *path, const struct np_node *cidr_node,
                         const struct np_prefix *cidr, unsigned cidr_flags)
{
    struct np_prefix except;
    struct np_diag *d;
    unsigned flags = 0;

    if (!check_cidr(c, item, path, &except, &flags))
        return;
    if (np_prefix_holds(cidr, &except.ip) && written_length(cidr, cidr_flags) < written_length(&except, flags))
        return;
    d = np_take_invalid(c->take, NP_BLOCK_EXCEPT, item, path, "%.*s is no proper part of %.*s", (int)item->n, item->s, (int)cidr_node->n,
                        cidr_node->s);
    np_diag_second(&c->take->ctx->diags, d, np_take_span(c->take, cidr_node), "the block");
    np_take_upstream(c->take, d, "must be a strict subset of `cidr`");
}

static void check_block(const struct checker *c, const struct np_node *block, const struct np_path *path)
{
    const struct np_node *cidr = np_map_value(block, "cidr"), *except = np_list_at(block, "except");
    struct np_path cidr_path = np_path_key(path, "cidr"), except_path = np_path_key(path, "except");
    struct np_prefix prefix;
    unsigned flags = 0;

    if (!cidr || cidr->n == 0) {
        np_take_upstream(c->take, np_take_invalid(c->take, NP_BLOCK_NO_CIDR, cidr ? cidr : block, &cidr_path, "the block has no `cidr`"),
                         "Required value");
        return;
    }
    if (!check_cidr(c, cidr, &cidr_path, &prefix, &flags))
        return;
    for (uint32_t i = 0; i < np_count(except); i++) {
        struct np_path at = np_path_index(&except_path, i);

        check_except(c, &except->items[i], &at, cidr, &prefix, flags);
    }
}

static void check_peer(const struct checker *c, const struct np_node *peer, const struct np_path *path)
{
    const struct np_node *pods = np_map_value(peer, "podSelector"), *spaces = np_map_value(peer, "namespaceSelector");
    const struct np_node *block = np_map_value(peer, "ipBlock");
    struct np_path pods_path = np_path_key(path, "podSelector"), spaces_path = np_path_key(path, "namespaceSelector");
    struct np_path block_path = np_path_key(path, "ipBlock");
    struct np_diag *d;

    np_selector_validate(c->take, pods, &pods_path, c->lenient_labels);
    np_selector_validate(c->take, spaces, &spaces_path, c->lenient_labels);
    if (block)
        check_block(c, block, &block_path);
    if (!pods && !spaces && !block) {
        d = np_take_invalid(c->take, NP_PEER_EMPTY, peer, path, "the peer names nobody");
        np_diag_help(&c->take->ctx->diags, d, "give podSelector, namespaceSelector or ipBlock; for any peer leave the whole list out");
        np_take_upstream(c->take, d, "must specify a peer");
    } else if (block && (pods || spaces)) {
        d = np_take_invalid(c->take, NP_PEER_BLOCK_MIXED, block, path, "a peer is either an ipBlock or selectors");
        np_diag_second(&c->take->ctx->diags, d, np_take_span(c->take, pods ? pods : spaces), "the selector");
        np_diag_help(&c->take->ctx->diags, d, "make them two peers, if either may match");
        np_take_upstream(c->take, d, "may not specify both ipBlock and another peer");
    }
}

static void check_rules(const struct checker *c, const struct np_node *spec, const struct np_path *spec_path, const char *rules_key,
                        const char *peers_key)
{
    const struct np_node *rules = np_list_at(spec, rules_key);
    struct np_path rules_path = np_path_key(spec_path, rules_key);

    for (uint32_t r = 0; r < np_count(rules); r++) {
        const struct np_node *ports = np_list_at(&rules->items[r], "ports"), *peers = np_list_at(&rules->items[r], peers_key);
        struct np_path rule = np_path_index(&rules_path, r);
        struct np_path ports_path = np_path_key(&rule, "ports"), peers_path = np_path_key(&rule, peers_key);

        for (uint32_t i = 0; i < np_count(ports); i++) {
            struct np_path at = np_path_index(&ports_path, i);

            check_port(c->take, &ports->items[i], &at);
        }
        for (uint32_t i = 0; i < np_count(peers); i++) {
            struct np_path at = np_path_index(&peers_path, i);

            check_peer(c, &peers->items[i], &at);
        }
    }
}

static void check_types(struct np_take *take, const struct np_node *types, const struct np_path *spec_path)
{
    struct np_path path = np_path_key(spec_path, "policyTypes");
    struct np_diag *d;

    if (np_count(types) > 2) {
        np_take_upstream(
            take,
            np_take_invalid(take, NP_POLICY_TYPES_MANY, types, &path, "policyTypes has %u entries; there are only two types", types->n),
            "may not specify more than two policyTypes");
        return;
    }
    for (uint32_t i = 0; i < np_count(types); i++) {
        const struct np_node *item = &types->items[i];
        struct np_str type = item->kind == NP_NODE_STRING ? np_node_str(item) : NP_STR("");
        struct np_path at = np_path_index(&path, i);

        if (np_str_is(type, "Ingress") || np_str_is(type, "Egress"))
            continue;
        d = np_take_invalid(take, NP_POLICY_TYPE, item, &at, "\"%.*s\" is no policy type", (int)type.n, type.s);
        np_diag_help(&take->ctx->diags, d, "the types are Ingress and Egress, spelled so");
        np_take_upstream(take, d, "supported values: \"Ingress\", \"Egress\"");
    }
}

void np_netpol_validate(struct np_take *take, const struct np_node *object, const struct np_node *old)
{
    const struct np_node *spec = np_map_value(object, "spec"), *old_spec = np_map_value(old, "spec");
    struct np_path path = np_path_key(NULL, "spec");
    struct np_path subject = np_path_key(&path, "podSelector");
    struct checker c = {take, old_spec, false};

    c.lenient_labels = old_spec && !np_selector_is_valid(np_map_value(old_spec, "podSelector"));
    np_meta_validate(take, object, true);
    np_selector_validate(take, np_map_value(spec, "podSelector"), &subject, c.lenient_labels);
    check_rules(&c, spec, &path, "ingress", "from");
    check_rules(&c, spec, &path, "egress", "to");
    check_types(take, np_list_at(spec, "policyTypes"), &path);
}
