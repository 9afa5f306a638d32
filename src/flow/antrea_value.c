/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Antrea: values of the record, from numbers, from bytes and from texts.
 *
 * A value that its element cannot have (a port above 65535, an address that is none) is a flaw. Words that Antrea's printer uses
 * for what it does not know ("Invalid", "Unknown Protocol", "<nil>") leave the slot unset.
 *
 * Sources: antrea-io/antrea pkg/flowaggregator/flowlogger/prettyprint.go, pkg/util/ip/ip.go (IPProtocolNumberToString),
 * pkg/agent/openflow/network_policy.go (DispositionToString), v2.7.0.
 */

#include "base/ip.h"
#include "flow/antrea.h"
#include "flow/parse.h"

static const uint64_t max_of[] = {
    [NP_ANTREA_U8] = UINT8_MAX,   [NP_ANTREA_U16] = UINT16_MAX,     [NP_ANTREA_U32] = UINT32_MAX,         [NP_ANTREA_U64] = UINT64_MAX,
    [NP_ANTREA_WORD] = UINT8_MAX, [NP_ANTREA_SECONDS] = UINT32_MAX, [NP_ANTREA_MILLISECONDS] = INT64_MAX,
};

void np_antrea_clear(struct np_antrea_record *record)
{
    record->numbers_set = record->times_set = 0;
    memset(record->texts, 0, sizeof record->texts);
    memset(record->addresses, 0, sizeof record->addresses);
    record->labels[0] = record->labels[1] = NULL;
    record->n_labels[0] = record->n_labels[1] = 0;
}

bool np_antrea_digits(struct cnipol_text text, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;

    if (text.n == 0 || text.n > 19)
        return text.n == 20 && np_parse_uint64(text, out) && *out <= max;
    for (uint32_t i = 0; i < text.n; i++) {
        unsigned digit = (unsigned char)text.s[i] - (unsigned)'0';

        if (digit > 9)
            return false;
        value = value * 10 + digit;
    }
    if (value > max)
        return false;
    *out = value;
    return true;
}

const char *np_antrea_policy_kind(uint64_t type)
{
    static const char *const kinds[] = {NULL, "K8sNetworkPolicy", "AntreaNetworkPolicy", "AntreaClusterNetworkPolicy",
                                        "K8sClusterNetworkPolicy"};

    return type < sizeof kinds / sizeof *kinds ? kinds[type] : NULL;
}

struct word {
    struct cnipol_text text;
    int number; /* -1: what Antrea's printer says where it does not know */
};

#define WORD(literal, number)                      \
    {                                              \
        {(literal), sizeof(literal) - 1}, (number) \
    }

static const struct word protocols[] = {
    WORD("TCP", 6),
    WORD("UDP", 17),
    WORD("ICMP", 1),
    WORD("IPv6-ICMP", 58),
    WORD("ICMPv6", 58),
    WORD("SCTP", 132),
    WORD("IGMP", 2),
    WORD("Unknown Protocol", -1),
    WORD("UnknownProtocol", -1),
};
static const struct word actions[] = {WORD("Allow", 1), WORD("Drop", 2), WORD("Reject", 3), WORD("Invalid", -1)};
static const struct word types[] = {
    WORD("K8sNetworkPolicy", 1), WORD("AntreaNetworkPolicy", 2), WORD("AntreaClusterNetworkPolicy", 3), WORD("K8sClusterNetworkPolicy", 4),
    WORD("Invalid", -1),
};

static bool find_word(const struct word *words, size_t n, struct cnipol_text text, int *number)
{
    for (size_t i = 0; i < n; i++) {
        if (np_antrea_is(text, words[i].text.s, words[i].text.n)) {
            *number = words[i].number;
            return true;
        }
    }
    return false;
}

bool np_antrea_protocol_find(struct cnipol_text word, int *number)
{
    return find_word(protocols, sizeof protocols / sizeof *protocols, word, number);
}

const char *np_antrea_disposition(struct cnipol_text word, enum cnipol_flow_verdict *verdict)
{
    static const struct {
        const char *word, *action;
        enum cnipol_flow_verdict verdict;
    } words[] = {{"Allow", "allow", CNIPOL_FLOW_FORWARDED},
                 {"Drop", "drop", CNIPOL_FLOW_DROPPED},
                 {"Reject", "reject", CNIPOL_FLOW_DROPPED},
                 {"Pass", "pass", CNIPOL_FLOW_UNKNOWN},
                 {"Redirect", "redirect", CNIPOL_FLOW_REDIRECTED}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (np_antrea_is(word, words[i].word, strlen(words[i].word))) {
            *verdict = words[i].verdict;
            return words[i].action;
        }
    }
    return NULL;
}

/* Digits of a fixed width. */
static bool fixed(const char *s, size_t width, uint64_t *out)
{
    return np_antrea_digits(np_text(s, width), UINT64_MAX, out);
}

/* .123 and the like: bytes taken, 0 where there is none. */
static size_t fraction(const char *s, size_t n, uint32_t *nanos)
{
    uint32_t scale = 100000000, value = 0;
    size_t i = 1;

    *nanos = 0;
    if (n < 2 || s[0] != '.')
        return 0;
    for (; i < n && s[i] >= '0' && s[i] <= '9'; i++, scale /= 10)
        value += scale * (uint32_t)(s[i] - '0');
    *nanos = value;
    return i > 1 ? i : 0;
}

size_t np_antrea_time(struct cnipol_text text, char dash, char sep, struct cnipol_time *out)
{
    uint64_t year, month, day, hour, minute, second;
    const char *s = text.s;

    *out = (struct cnipol_time){0};
    if (text.n < 19 || s[4] != dash || s[7] != dash || s[10] != sep || s[13] != ':' || s[16] != ':' || !fixed(s, 4, &year) ||
        !fixed(s + 5, 2, &month) || !fixed(s + 8, 2, &day) || !fixed(s + 11, 2, &hour) || !fixed(s + 14, 2, &minute) ||
        !fixed(s + 17, 2, &second) || hour > 23 || minute > 59 || second > 59 || year == 0 ||
        !np_date_exists((int32_t)year, (uint32_t)month, (uint32_t)day))
        return 0;
    out->seconds = np_seconds_of_date((int32_t)year, (uint32_t)month, (uint32_t)day) + (int64_t)(hour * 3600 + minute * 60 + second);
    return 19 + fraction(s + 19, text.n - 19, &out->nanos);
}

bool np_antrea_time_zone(struct cnipol_text text, struct cnipol_time *out)
{
    char room[64];

    if (np_parse_rfc3339(text, out))
        return true;
    if (text.n < 25 || text.n >= sizeof room || (text.s[text.n - 5] != '+' && text.s[text.n - 5] != '-'))
        return false;
    memcpy(room, text.s, text.n - 2);
    room[text.n - 2] = ':';
    memcpy(room + text.n - 1, text.s + text.n - 2, 2);
    return np_parse_rfc3339(np_text(room, text.n + 1), out);
}

int np_antrea_set_number(struct np_flow_run *run, struct np_antrea_record *record, const struct np_antrea_element *element, uint64_t number,
                         size_t at)
{
    if (element->type >= NP_ANTREA_STRING)
        return np_flawf(run, NP_FLOW_FIELD, at, "%s is no number", element->name);
    if (number > max_of[element->type])
        return np_flawf(run, NP_FLOW_FIELD, at, "%s is too large", element->name);
    if (element->type == NP_ANTREA_SECONDS || element->type == NP_ANTREA_MILLISECONDS) {
        uint64_t unit = element->type == NP_ANTREA_SECONDS ? 1 : 1000;

        record->times_set |= 1u << element->slot;
        record->times[element->slot] =
            (struct cnipol_time){.seconds = (int64_t)(number / unit), .nanos = (uint32_t)(number % unit) * 1000000};
        return 0;
    }
    record->numbers_set |= 1u << element->slot;
    record->numbers[element->slot] = number;
    return 0;
}

static bool is_zero(const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bytes[i])
            return false;
    return true;
}

void np_antrea_set_ip(struct np_antrea_record *record, enum np_antrea_address slot, uint8_t family, const uint8_t *bytes)
{
    struct np_antrea_ip *ip = &record->addresses[slot];
    size_t n = family == 4 ? 4 : 16;

    if (slot > NP_ANTREA_DST ? is_zero(bytes, n) : ip->family && is_zero(bytes, n))
        return;
    ip->family = family;
    memcpy(ip->bytes, bytes, n);
}

/* Four numbers with dots, as most addresses are. */
static bool is_plain_ip4(struct cnipol_text text)
{
    uint32_t octet = 0, digits = 0, dots = 0;

    for (uint32_t i = 0; i < text.n; i++) {
        unsigned digit = (unsigned char)text.s[i] - (unsigned)'0';

        if (digit > 9) {
            if (text.s[i] != '.' || digits == 0 || octet > 255)
                return false;
            octet = digits = 0;
            dots++;
            continue;
        }
        if (digits++ && octet == 0)
            return false;
        octet = octet * 10 + digit;
        if (digits > 3)
            return false;
    }
    return dots == 3 && digits && octet <= 255;
}

/* Only the ends must be addresses; the others are texts of the record. */
static int set_address(struct np_flow_run *run, struct np_antrea_record *record, const struct np_antrea_element *element,
                       struct cnipol_text text, size_t at)
{
    struct np_antrea_ip *slot = &record->addresses[element->slot];
    bool is_end = element->slot == NP_ANTREA_SRC || element->slot == NP_ANTREA_DST;
    struct np_ip ip;

    if (NP_ANTREA_IS(text, "<nil>"))
        return 0;
    if ((!is_end || slot->text.s) && (NP_ANTREA_IS(text, "0.0.0.0") || NP_ANTREA_IS(text, "::")))
        return 0;
    if (is_end && !is_plain_ip4(text) && !np_ip_parse((struct np_str){text.s, text.n}, &ip, NULL))
        return np_flawf(run, NP_FLOW_FIELD, at, "%s is no address", element->name);
    slot->text = text;
    return 0;
}

/* A word of CSV. */
static int set_word(struct np_flow_run *run, struct np_antrea_record *record, const struct np_antrea_element *element,
                    struct cnipol_text text, size_t at)
{
    bool is_action = element->slot == NP_ANTREA_INGRESS_ACTION || element->slot == NP_ANTREA_EGRESS_ACTION, found;
    int number = -1;

    if (element->slot == NP_ANTREA_PROTOCOL)
        found = np_antrea_protocol_find(text, &number);
    else if (is_action)
        found = find_word(actions, sizeof actions / sizeof *actions, text, &number);
    else
        found = find_word(types, sizeof types / sizeof *types, text, &number);
    if (!found)
        return np_flawf(run, NP_FLOW_FIELD, at, "this is no %s", element->name);
    return number < 0 ? 0 : np_antrea_set_number(run, record, element, (uint64_t)number, at);
}

static int set_time(struct np_flow_run *run, struct np_antrea_record *record, const struct np_antrea_element *element,
                    struct cnipol_text text, size_t at)
{
    struct cnipol_time *time = &record->times[element->slot];

    if (np_antrea_time(text, '-', ' ', time) != text.n && !np_antrea_time_zone(text, time))
        return np_flawf(run, NP_FLOW_FIELD, at, "%s is no time", element->name);
    record->times_set |= 1u << element->slot;
    return 0;
}

int np_antrea_set_text(struct np_flow_run *run, struct np_antrea_record *record, const struct np_antrea_element *element,
                       struct cnipol_text text, size_t at)
{
    uint64_t number;

    if (text.n == 0)
        return 0;
    if (element->type == NP_ANTREA_STRING) {
        record->texts[element->slot] = text;
        return 0;
    }
    if (element->type > NP_ANTREA_STRING)
        return set_address(run, record, element, text, at);
    if (np_antrea_digits(text, max_of[element->type], &number))
        return np_antrea_set_number(run, record, element, number, at);
    if (element->type == NP_ANTREA_WORD)
        return set_word(run, record, element, text, at);
    if (element->type == NP_ANTREA_SECONDS || element->type == NP_ANTREA_MILLISECONDS)
        return set_time(run, record, element, text, at);
    return np_flawf(run, NP_FLOW_FIELD, at, "%s is no number that it can have", element->name);
}
