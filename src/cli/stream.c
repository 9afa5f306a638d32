/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cnipol eval --jsonl: a question a line, an answer a line, in the same order.
 *
 * A question has the keys of a test case: from, to, protocol, port, sourcePort, icmpType, icmpCode,
 * family, fragment, state, direction; `id`, of any type, comes back in the answer. A line that is no question is answered
 * with `line` and `error`, and makes the exit code 2 at the end. Answers are written out whenever the
 * next question has not arrived yet, so that the program can be talked to. Options give defaults.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json.h>

#include "cli/cli.h"

#define LONGEST_LINE (16u << 20)

struct stream {
    const struct cli_world *world;
    const struct cli_args *args;
    struct cnipol_question defaults;
    char *bytes;
    size_t start, n, cap; /* unread bytes are bytes[start..n) */
    bool ended;
    uint64_t line;
    uint64_t errors;
};

/* More input behind what is there. False: there is none, or (with *code set) something is wrong. */
static bool read_more(struct stream *s, int *code)
{
    ssize_t n;

    if (s->start) {
        memmove(s->bytes, s->bytes + s->start, s->n - s->start);
        s->n -= s->start;
        s->start = 0;
    }
    if (s->n == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 65536;
        char *grown = cap <= LONGEST_LINE ? realloc(s->bytes, cap) : NULL;

        if (!grown) {
            *code = cap > LONGEST_LINE ? cli_fail(CLI_INPUT, "a line is longer than %u bytes", LONGEST_LINE) : cli_status(CNIPOL_E_NOMEM);
            return false;
        }
        s->bytes = grown;
        s->cap = cap;
    }
    cli_flush();
    do
        n = read(STDIN_FILENO, s->bytes + s->n, s->cap - s->n);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        *code = cli_fail(CLI_INPUT, "cannot read standard input: %s", strerror(errno));
    s->ended = n <= 0;
    s->n += n > 0 ? (size_t)n : 0;
    return n > 0;
}

/* The next line, without its end. False at the end of input, or with *code set. */
static bool next_line(struct stream *s, const char **line, size_t *size, int *code)
{
    size_t looked = 0;

    for (;;) {
        size_t there = s->n - s->start;
        const char *end = there > looked ? memchr(s->bytes + s->start + looked, '\n', there - looked) : NULL;

        if (end || (s->ended && there)) {
            *line = s->bytes + s->start;
            *size = end ? (size_t)(end - *line) : there;
            s->start += *size + (end != NULL);
            s->line++;
            return true;
        }
        looked = there;
        if (s->ended || (!read_more(s, code) && *code))
            return false;
    }
}

static const char *text_of(struct json_object *row, const char *key)
{
    struct json_object *value = NULL;

    return json_object_object_get_ex(row, key, &value) && json_object_is_type(value, json_type_string) ? json_object_get_string(value)
                                                                                                       : NULL;
}

/* False: the key is there with something else than a whole number up to max. */
static bool number_of(struct json_object *row, const char *key, int64_t max, int64_t *out)
{
    struct json_object *value = NULL;

    if (!json_object_object_get_ex(row, key, &value) || !value)
        return true;
    if (!json_object_is_type(value, json_type_int) || json_object_get_int64(value) < 0 || json_object_get_int64(value) > max)
        return false;
    *out = json_object_get_int64(value);
    return true;
}

static const char *take_numbers(struct json_object *row, struct cnipol_question *q)
{
    int64_t port = q->destination_port, source_port = q->source_port, family = q->family, type = -1, code = -1;

    if (!number_of(row, "port", 65535, &port))
        return "port is a number from 0 to 65535";
    if (!number_of(row, "sourcePort", 65535, &source_port))
        return "sourcePort is a number from 0 to 65535";
    if (!number_of(row, "icmpType", 255, &type) || !number_of(row, "icmpCode", 255, &code))
        return "icmpType and icmpCode are numbers from 0 to 255";
    if (!number_of(row, "family", 6, &family) || (family != 0 && family != 4 && family != 6))
        return "family is 4 or 6";
    if (json_object_object_get(row, "port"))
        q->port_unknown = 0;
    q->destination_port = (uint16_t)port;
    q->source_port = (uint16_t)source_port;
    q->family = (uint8_t)family;
    if (type < 0 && code < 0)
        return NULL;
    q->has_icmp = 1;
    q->icmp_type = (uint8_t)(type < 0 ? 0 : type);
    q->icmp_code = (uint8_t)(code < 0 ? 0 : code);
    return NULL;
}

static const char *take_protocol(struct json_object *row, struct cnipol_question *q)
{
    const char *protocol = text_of(row, "protocol");
    struct json_object *value = NULL;
    int64_t number = 0;

    if (!json_object_object_get_ex(row, "protocol", &value) || !value)
        return NULL;
    if (!protocol && (!number_of(row, "protocol", 255, &number) || !number))
        return "protocol is a name or a number from 1 to 255";
    q->protocol = (uint8_t)(protocol ? cnipol_protocol_parse(protocol) : number);
    return q->protocol ? NULL : "protocol is TCP, UDP, SCTP, ICMP, ICMPv6 or a number";
}

/* Keys whose values are words, by their numbers. */
static const struct word {
    const char *key;
    const char *names[4];
    const char *wrong;
    size_t at; /* in struct cnipol_question */
} words[] = {
    {"direction", {"both", "egress", "ingress"}, "direction is both, egress or ingress", offsetof(struct cnipol_question, direction)},
    {"fragment", {"none", "later"}, "fragment is none or later", offsetof(struct cnipol_question, is_fragment)},
    {"state",
     {"new", "established", "related"},
     "state is new, established or related",
     offsetof(struct cnipol_question, connection_state)},
};

static const char *take_word(struct json_object *row, const struct word *word, struct cnipol_question *q)
{
    const char *text = text_of(row, word->key);
    struct json_object *value = NULL;

    if (!json_object_object_get_ex(row, word->key, &value) || !value)
        return NULL;
    for (uint8_t i = 0; text && word->names[i]; i++)
        if (strcmp(text, word->names[i]) == 0) {
            ((uint8_t *)q)[word->at] = i;
            return NULL;
        }
    return word->wrong;
}

/* A key that nobody reads may be a question that nobody answers. */
static const char *find_unknown(struct json_object *row)
{
    static const char *const known[] = {"id",       "from",     "to",     "protocol",  "port",     "sourcePort",
                                        "icmpType", "icmpCode", "family", "direction", "fragment", "state"};

    struct json_object_iterator at = json_object_iter_begin(row), end = json_object_iter_end(row);

    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
        const char *key = json_object_iter_peek_name(&at);
        bool found = false;

        for (size_t i = 0; i < sizeof known / sizeof known[0] && !found; i++)
            found = strcmp(key, known[i]) == 0;
        if (!found)
            return key;
    }
    return NULL;
}

/* Members of all maps in the value. */
static size_t count_members(struct json_object *value)
{
    size_t n = 0;

    if (json_object_is_type(value, json_type_array))
        for (size_t i = 0; i < json_object_array_length(value); i++)
            n += count_members(json_object_array_get_idx(value, i));
    if (json_object_is_type(value, json_type_object)) {
        struct json_object_iterator at = json_object_iter_begin(value), end = json_object_iter_end(value);

        for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
            n += 1 + count_members(json_object_iter_peek_value(&at));
    }
    return n;
}

/* Colons outside of texts: one for each member that was written. */
static size_t count_colons(const char *line, size_t size)
{
    bool in_text = false;
    size_t n = 0;

    for (size_t i = 0; i < size; i++) {
        if (in_text && line[i] == '\\')
            i++;
        else if (line[i] == '"')
            in_text = !in_text;
        else
            n += !in_text && line[i] == ':';
    }
    return n;
}

static const char *take_question(const struct stream *s, struct json_object *row, struct cnipol_question *q)
{
    const char *from = text_of(row, "from"), *to = text_of(row, "to"), *wrong;

    if (find_unknown(row))
        return "there is a key that is not known";
    wrong = take_numbers(row, q);
    if (!wrong)
        wrong = take_protocol(row, q);
    for (size_t i = 0; i < sizeof words / sizeof words[0] && !wrong; i++)
        wrong = take_word(row, &words[i], q);
    if (wrong)
        return wrong;
    if (!from || !to || cnipol_end_parse(s->world->model, from, &q->source) || cnipol_end_parse(s->world->model, to, &q->destination))
        return "from and to are NAMESPACE/POD, node/NAME, service/NAMESPACE/NAME or an address";
    return NULL;
}

/* Of a key that is given twice the parser keeps the last value: there are fewer members than were written. */
static const char *read_row(const struct stream *s, struct json_object *row, const char *line, size_t size, struct cnipol_question *q)
{
    if (!json_object_is_type(row, json_type_object))
        return "the line is no JSON object";
    if (count_members(row) != count_colons(line, size))
        return "a key is given twice";
    return take_question(s, row, q);
}

static void answer_row(struct stream *s, struct json_object *row, const char *line, size_t size)
{
    bool is_map = json_object_is_type(row, json_type_object);
    struct cnipol_question q = s->defaults;
    const char *wrong = read_row(s, row, line, size, &q);
    struct cnipol_verdict verdict;
    struct json_object *id = NULL;

    cli_puts("{");
    if (is_map && json_object_object_get_ex(row, "id", &id))
        cli_printf("\"id\":%s,", json_object_to_json_string_ext(id, JSON_C_TO_STRING_PLAIN));
    if (wrong) {
        s->errors++;
        cli_printf("\"line\":%llu,\"error\":\"%s\"}\n", (unsigned long long)s->line, wrong);
        return;
    }
    cli_ask(s->world, s->args, &q, &verdict);
    cli_verdict_members(text_of(row, "from"), text_of(row, "to"), &q, &verdict);
    cli_puts("}\n");
}

/* A whole value and nothing behind it; NULL otherwise. */
static struct json_object *parse_line(struct json_tokener *tokener, const char *line, size_t size)
{
    struct json_object *row;

    json_tokener_reset(tokener);
    row = json_tokener_parse_ex(tokener, line, (int)size);
    if (!row && json_tokener_get_error(tokener) == json_tokener_continue)
        row = json_tokener_parse_ex(tokener, "", -1);
    if (!row || json_tokener_get_error(tokener) != json_tokener_success)
        return NULL;
    for (size_t i = json_tokener_get_parse_end(tokener); i < size; i++)
        if (!strchr(" \t\r", line[i])) {
            json_object_put(row);
            return NULL;
        }
    return row;
}

static bool is_blank(const char *line, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r')
            return false;
    return true;
}

int cli_stream(const struct cli_world *world, const struct cli_args *args)
{
    struct stream s = {.world = world, .args = args};
    struct json_tokener *tokener;
    const char *line;
    size_t size;
    int code = cli_question_options(args, &s.defaults);

    if (code)
        return code;
    tokener = json_tokener_new();
    if (!tokener)
        return cli_status(CNIPOL_E_NOMEM);
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS);
    while (!code && !cli_out_failed() && next_line(&s, &line, &size, &code)) {
        struct json_object *row;

        if (is_blank(line, size))
            continue;
        row = parse_line(tokener, line, size);
        answer_row(&s, row, line, size);
        json_object_put(row);
    }
    json_tokener_free(tokener);
    free(s.bytes);
    return code ? code : s.errors ? CLI_INPUT : CLI_OK;
}
