/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shapes of names: see validate_label.h.
 *
 * Rules: apimachinery pkg/util/validation and pkg/api/validate/content (v1.36). Lengths count bytes.
 * Until 1.34 a label key with two slashes was called a qualified name.
 */

#include "dialect/validate_label.h"

#define QUALIFIED_RULE                                                                                                  \
    " must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character " \
    "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
#define PREFIXED_RULE QUALIFIED_RULE " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
#define SUBDOMAIN_RULE                                                                                                            \
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with " \
    "an alphanumeric character (e.g. 'example.com', regex used for validation is "                                                \
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"

enum flaw_id {
    KEY_SLASHES = 0,
    KEY_SLASHES_OLD,
    KEY_PREFIX_EMPTY,
    KEY_PREFIX_LONG,
    KEY_PREFIX,
    KEY_EMPTY,
    KEY_LONG,
    KEY_NAME,
    VALUE_LONG,
    VALUE,
    SUBDOMAIN_LONG,
    SUBDOMAIN,
    LABEL_LONG,
    LABEL_DOTS,
    LABEL,
    PORT_LONG,
    PORT_CHARS,
    PORT_LETTER,
    PORT_HYPHENS,
    PORT_EDGE,
};

static const struct np_flaw flaw_table[] = {
    [KEY_SLASHES] = {"has more than one slash", "a valid label key" PREFIXED_RULE},
    [KEY_SLASHES_OLD] = {"has more than one slash", "a qualified name" PREFIXED_RULE},
    [KEY_PREFIX_EMPTY] = {"has nothing before the slash", "prefix part must be non-empty"},
    [KEY_PREFIX_LONG] = {"has a prefix of more than 253 bytes", "prefix part must be no more than 253 bytes"},
    [KEY_PREFIX] = {"has a prefix that is no lower-case DNS name", "prefix part " SUBDOMAIN_RULE},
    [KEY_EMPTY] = {"has no name", "name part must be non-empty"},
    [KEY_LONG] = {"has a name of more than 63 bytes", "name part must be no more than 63 bytes"},
    [KEY_NAME] = {"must be letters, digits, '-', '_' and '.', with a letter or digit at both ends", "name part" QUALIFIED_RULE},
    [VALUE_LONG] = {"has more than 63 bytes", "must be no more than 63 bytes"},
    [VALUE] = {"must be empty, or letters, digits, '-', '_' and '.' with a letter or digit at both ends",
               "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end "
               "with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
               "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"},
    [SUBDOMAIN_LONG] = {"has more than 253 characters", "must be no more than 253 characters"},
    [SUBDOMAIN] = {"must be lower-case letters, digits, '-' and '.', each part with a letter or digit at both ends", SUBDOMAIN_RULE},
    [LABEL_LONG] = {"has more than 63 characters", "must be no more than 63 characters"},
    [LABEL_DOTS] = {"must not contain dots", "must not contain dots"},
    [LABEL] = {"must be lower-case letters, digits and '-', with a letter or digit at both ends",
               "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an "
               "alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"},
    [PORT_LONG] = {"has more than 15 characters", "must be no more than 15 characters"},
    [PORT_CHARS] = {"must be lower-case letters, digits and '-'", "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"},
    [PORT_LETTER] = {"needs at least one letter", "must contain at least one letter (a-z)"},
    [PORT_HYPHENS] = {"must not have two hyphens in a row", "must not contain consecutive hyphens"},
    [PORT_EDGE] = {"must not begin or end with a hyphen", "must not begin or end with a hyphen"},
};

static void add(struct np_flaws *out, enum flaw_id id)
{
    out->items[out->n++] = &flaw_table[id];
}

static bool lower_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool letter_or_digit(char c)
{
    return lower_or_digit(c) || (c >= 'A' && c <= 'Z');
}

/* One part of a DNS name. */
static bool is_dns_label(struct np_str s)
{
    if (s.n == 0 || !lower_or_digit(s.s[0]) || !lower_or_digit(s.s[s.n - 1]))
        return false;
    for (uint32_t i = 0; i < s.n; i++)
        if (!lower_or_digit(s.s[i]) && s.s[i] != '-')
            return false;
    return true;
}

static bool is_subdomain(struct np_str s)
{
    uint32_t start = 0;

    for (uint32_t i = 0; i <= s.n; i++) {
        if (i < s.n && s.s[i] != '.')
            continue;
        if (!is_dns_label((struct np_str){s.s + start, i - start}))
            return false;
        start = i + 1;
    }
    return true;
}

static bool is_qualified(struct np_str s)
{
    if (s.n == 0 || !letter_or_digit(s.s[0]) || !letter_or_digit(s.s[s.n - 1]))
        return false;
    for (uint32_t i = 0; i < s.n; i++)
        if (!letter_or_digit(s.s[i]) && s.s[i] != '-' && s.s[i] != '_' && s.s[i] != '.')
            return false;
    return true;
}

static void prefix_flaws(struct np_str prefix, struct np_flaws *out)
{
    if (prefix.n == 0) {
        add(out, KEY_PREFIX_EMPTY);
        return;
    }
    if (prefix.n > 253)
        add(out, KEY_PREFIX_LONG);
    if (!is_subdomain(prefix))
        add(out, KEY_PREFIX);
}

void np_label_key_flaws(struct np_str key, uint32_t kubernetes_minor, struct np_flaws *out)
{
    const char *slash = key.n ? memchr(key.s, '/', key.n) : NULL;
    struct np_str name = key;

    out->n = 0;
    if (slash) {
        uint32_t at = (uint32_t)(slash - key.s);

        name = (struct np_str){slash + 1, key.n - at - 1};
        if (name.n && memchr(name.s, '/', name.n)) {
            add(out, kubernetes_minor && kubernetes_minor <= 34 ? KEY_SLASHES_OLD : KEY_SLASHES);
            return;
        }
        prefix_flaws((struct np_str){key.s, at}, out);
    }
    if (name.n == 0)
        add(out, KEY_EMPTY);
    else if (name.n > 63)
        add(out, KEY_LONG);
    if (!is_qualified(name))
        add(out, KEY_NAME);
}

void np_label_value_flaws(struct np_str value, struct np_flaws *out)
{
    out->n = 0;
    if (value.n > 63)
        add(out, VALUE_LONG);
    if (value.n && !is_qualified(value))
        add(out, VALUE);
}

void np_subdomain_flaws(struct np_str name, struct np_flaws *out)
{
    out->n = 0;
    if (name.n > 253)
        add(out, SUBDOMAIN_LONG);
    if (!is_subdomain(name))
        add(out, SUBDOMAIN);
}

void np_dns_label_flaws(struct np_str name, struct np_flaws *out)
{
    out->n = 0;
    if (name.n > 63)
        add(out, LABEL_LONG);
    if (!is_dns_label(name))
        add(out, is_subdomain(name) ? LABEL_DOTS : LABEL);
}

void np_port_name_flaws(struct np_str name, struct np_flaws *out)
{
    bool chars = name.n > 0, letter = false, hyphens = false;

    out->n = 0;
    for (uint32_t i = 0; i < name.n; i++) {
        chars = chars && (lower_or_digit(name.s[i]) || name.s[i] == '-');
        letter = letter || (name.s[i] >= 'a' && name.s[i] <= 'z');
        hyphens = hyphens || (i > 0 && name.s[i] == '-' && name.s[i - 1] == '-');
    }
    if (name.n > 15)
        add(out, PORT_LONG);
    if (!chars)
        add(out, PORT_CHARS);
    if (!letter)
        add(out, PORT_LETTER);
    if (hyphens)
        add(out, PORT_HYPHENS);
    if (name.n && (name.s[0] == '-' || name.s[name.n - 1] == '-'))
        add(out, PORT_EDGE);
}

void np_take_flaws(struct np_take *take, enum np_code code, const struct np_node *at, const struct np_path *path, const char *what,
                   struct np_str value, const struct np_flaws *flaws)
{
    for (uint32_t i = 0; i < flaws->n; i++) {
        struct np_diag *d = np_take_invalid(take, code, at, path, "%s \"%.*s\" %s", what, (int)value.n, value.s, flaws->items[i]->ours);

        np_take_upstream(take, d, "%s", flaws->items[i]->upstream);
    }
}

void np_labels_validate(struct np_take *take, const struct np_node *map, const struct np_path *path)
{
    for (uint32_t i = 0; map && i < map->n; i++) {
        const struct np_pair *pair = &map->pairs[i];
        struct np_str value = pair->value.kind == NP_NODE_STRING ? np_node_str(&pair->value) : NP_STR("");
        struct np_flaws flaws;

        np_label_key_flaws(np_node_str(&pair->key), take->opts->kubernetes_minor, &flaws);
        np_take_flaws(take, NP_LABEL_KEY, &pair->key, path, "label key", np_node_str(&pair->key), &flaws);
        np_label_value_flaws(value, &flaws);
        np_take_flaws(take, NP_LABEL_VALUE, &pair->value, path, "label value", value, &flaws);
    }
}
