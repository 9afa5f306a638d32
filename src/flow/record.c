/* SPDX-License-Identifier: BSD-2-Clause */
/* Records: names, addresses and times as texts. */

#include "flow/record.h"

#include "base/ip.h"
#include "base/str.h"
#include "flow/words.h"

static const char *name_at(const char *const *names, size_t n, int64_t i)
{
    return i >= 0 && (size_t)i < n ? names[i] : NULL;
}

int np_text_order(const void *pa, const void *pb)
{
    const struct cnipol_text *a = pa, *b = pb;

    return np_str_cmp((struct np_str){a->s, a->n}, (struct np_str){b->s, b->n});
}

const char *np_l7_kind_name(int32_t kind)
{
    static const char *const names[] = {NULL, "dns", "http", "kafka"};

    return name_at(names, sizeof names / sizeof *names, kind);
}

const char *np_event_name(int32_t kind)
{
    static const char *const names[] = {NULL, "lost_events", "node_status", "agent_event", "debug_event", "other"};

    return name_at(names, sizeof names / sizeof *names, kind);
}

struct cnipol_text np_event_type_word(const struct cnipol_flow_event *event)
{
    const struct np_words *words = event->kind == CNIPOL_EVENT_AGENT ? &np_words_agent_event : &np_words_debug_event;

    return np_text_of(event->has & CNIPOL_EVENT_TYPE ? np_word_of(words, event->type) : NULL);
}

const char *np_tcp_flag_name(uint32_t bit)
{
    static const char *const names[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "NS"};

    return name_at(names, sizeof names / sizeof *names, bit);
}

struct cnipol_text cnipol_flow_address(const struct cnipol_flow_end *end, char *room)
{
    struct np_ip ip = {.family = end->family};
    char text[NP_IP_TEXT];
    uint32_t n;

    if (end->ip.s || !end->family)
        return end->ip;
    memcpy(ip.bytes, end->address, sizeof ip.bytes);
    n = np_ip_print(&ip, text);
    memcpy(room, text, n + 1);
    return (struct cnipol_text){room, n};
}

static char *print_digits(char *at, uint32_t value, int width)
{
    for (int i = width - 1; i >= 0; i--, value /= 10)
        at[i] = (char)('0' + value % 10);
    return at + width;
}

/* Days since 1970 to a civil date (proleptic Gregorian); eras of 400 years, years that begin in March. */
static void civil_of(int64_t days, uint32_t *year, uint32_t *month, uint32_t *day)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    uint32_t doe = (uint32_t)(z - era * 146097);
    uint32_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    uint32_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    uint32_t mp = (5 * doy + 2) / 153;

    *day = doy - (153 * mp + 2) / 5 + 1;
    *month = mp < 10 ? mp + 3 : mp - 9;
    *year = (uint32_t)((int64_t)yoe + era * 400 + (*month <= 2));
}

/* A fraction of a second in three, six or nine digits, or none. */
static char *print_fraction(char *at, uint32_t nanos)
{
    if (!nanos)
        return at;
    *at++ = '.';
    if (nanos % 1000000 == 0)
        return print_digits(at, nanos / 1000000, 3);
    if (nanos % 1000 == 0)
        return print_digits(at, nanos / 1000, 6);
    return print_digits(at, nanos, 9);
}

uint32_t cnipol_time_print(const struct cnipol_time *time, char *out)
{
    int64_t days = time->seconds / 86400, rest = time->seconds % 86400;
    uint32_t year, month, day;
    char *at = out;

    if (rest < 0) {
        rest += 86400;
        days--;
    }
    civil_of(days, &year, &month, &day);
    at = print_digits(at, year, 4);
    *at++ = '-';
    at = print_digits(at, month, 2);
    *at++ = '-';
    at = print_digits(at, day, 2);
    *at++ = 'T';
    at = print_digits(at, (uint32_t)(rest / 3600), 2);
    *at++ = ':';
    at = print_digits(at, (uint32_t)(rest / 60 % 60), 2);
    *at++ = ':';
    at = print_digits(at, (uint32_t)(rest % 60), 2);
    at = print_fraction(at, time->nanos);
    *at++ = 'Z';
    *at = '\0';
    return (uint32_t)(at - out);
}
