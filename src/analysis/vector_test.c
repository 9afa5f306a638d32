/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tests of a case: one question with its answer, or a truth table of pods.
 *
 * A question is asked without its chain, which costs nothing to speak of; the chain is made where `by`
 * or `via` asks for it, where the answer is wrong and somebody will want to know why, and where models of
 * several sides must explain alike.
 */

#include <cnipol/explain.h>
#include <cnipol/matrix.h>

#include "analysis/vector.h"

static const char *const question_keys[] = {"from",     "to",        "protocol", "port",     "sourcePort", "icmpType",
                                            "icmpCode", "direction", "family",   "fragment", "state",      "expect",
                                            "by",       "via",       "info",     "note",     "why",        NULL};
static const char *const matrix_keys[] = {"pods",   "matrix",   "protocol", "port", "sourcePort", "icmpType", "icmpCode", "direction",
                                          "family", "fragment", "state",    "info", "note",       "why",      NULL};
static const char *const l7_keys[] = {"http", "dns", "tls"};

struct asking {
    struct np_vector_run *run;
    const struct np_vector_sides *sides;
    const struct np_node *test;
    struct cnipol_question questions[NP_VECTOR_SIDES_MAX]; /* alike, but each with the ends of its side's model */
};

/* A whole number in 0..max under a key. False: there is something else. A missing key leaves *out and *given as they are. */
static bool take_number(const struct np_node *map, const char *key, uint32_t max, uint32_t *out, bool *given)
{
    const struct np_node *value = np_map_value(map, key);

    if (!value)
        return true;
    if (value->kind != NP_NODE_INT || value->i < 0 || value->i > (int64_t)max)
        return false;
    *out = (uint32_t)value->i;
    if (given)
        *given = true;
    return true;
}

static bool take_protocol(const struct np_node *test, struct cnipol_question *q)
{
    const struct np_node *value = np_map_value(test, "protocol");
    int number = CNIPOL_PROTOCOL_TCP;

    if (value && value->kind == NP_NODE_INT)
        number = value->i > 0 && value->i < 256 ? (int)value->i : 0;
    else if (value)
        number = value->kind == NP_NODE_STRING ? cnipol_protocol_parse(value->s) : 0;
    q->protocol = (uint8_t)number;
    return number != 0;
}

/* One of some words, by its number; where it is missing, the first. */
static const struct word {
    const char *key;
    const char *names[4];
    const char *noun; /* what a word is said with */
    size_t at;        /* in struct cnipol_question */
} words[] = {
    {"fragment", {"none", "later"}, " fragment", offsetof(struct cnipol_question, is_fragment)},
    {"state", {"new", "established", "related"}, "", offsetof(struct cnipol_question, connection_state)},
    {"direction", {"both", "egress", "ingress"}, "", offsetof(struct cnipol_question, direction)},
};

#define N_WORDS (sizeof words / sizeof words[0])

static bool take_word(const struct np_node *test, const struct word *word, struct cnipol_question *q)
{
    const struct np_node *value = np_map_value(test, word->key);

    if (!value)
        return true;
    for (uint8_t i = 0; word->names[i] && value->kind == NP_NODE_STRING; i++)
        if (np_str_is(np_node_str(value), word->names[i])) {
            ((uint8_t *)q)[word->at] = i;
            return true;
        }
    return false;
}

/* Everything of a question but its ends. NULL, or the key that cannot be used. */
static const char *take_conditions(const struct np_node *test, struct cnipol_question *q)
{
    uint32_t port = 0, source_port = 0, type = 0, code = 0, family = 0;
    bool icmp = false, has_port = false;

    if (!take_protocol(test, q))
        return "protocol";
    for (size_t i = 0; i < N_WORDS; i++)
        if (!take_word(test, &words[i], q))
            return words[i].key;
    if (!take_number(test, "port", 65535, &port, &has_port))
        return "port";
    if (!take_number(test, "sourcePort", 65535, &source_port, NULL))
        return "sourcePort";
    if (!take_number(test, "icmpType", 255, &type, &icmp) || !take_number(test, "icmpCode", 255, &code, &icmp))
        return "icmpType or icmpCode";
    if (!take_number(test, "family", 6, &family, NULL) || (family != 0 && family != 4 && family != 6))
        return "family";
    q->port_unknown = !has_port;
    q->destination_port = (uint16_t)port;
    q->source_port = (uint16_t)source_port;
    q->has_icmp = icmp;
    q->icmp_type = (uint8_t)type;
    q->icmp_code = (uint8_t)code;
    q->family = (uint8_t)family;
    return NULL;
}

static void print_protocol(struct np_buf *out, const struct cnipol_question *q)
{
    const char *name = cnipol_protocol_text(q->protocol);

    if (name)
        np_buf_addf(out, " %s", name);
    else
        np_buf_addf(out, " protocol %u", q->protocol);
}

static void print_question(struct np_buf *out, const struct cnipol_question *q, const char *from, const char *to)
{
    np_buf_clear(out);
    np_buf_addf(out, "%s \u2192 %s", from, to);
    print_protocol(out, q);
    if (q->destination_port)
        np_buf_addf(out, " %u", q->destination_port);
    if (q->has_icmp)
        np_buf_addf(out, " type %u code %u", q->icmp_type, q->icmp_code);
    if (q->family)
        np_buf_addf(out, " IPv%u", q->family);
    for (size_t i = 0; i < N_WORDS; i++) {
        uint8_t number = ((const uint8_t *)q)[words[i].at];

        if (number)
            np_buf_addf(out, " %s%s", words[i].names[number], words[i].noun);
    }
}

static int32_t decision_of(struct np_str text)
{
    for (int32_t i = CNIPOL_ALLOW; i <= CNIPOL_DENY; i++)
        if (np_str_is(text, cnipol_decision_text(i)))
            return i;
    return -1;
}

/* Does the side have a model of its own, or is it that of the side before? */
static bool is_own_model(const struct asking *a, uint32_t side)
{
    return side == 0 || a->sides->items[side].model != a->sides->items[side - 1].model;
}

static int explain(const struct asking *a, uint32_t side, struct cnipol_trace **out)
{
    return cnipol_explain(a->sides->items[side].ctx, a->sides->items[side].model, &a->questions[side], out);
}

/* A question that was answered wrongly: tells it with its chain. */
static int tell_wrong(struct asking *a, const struct np_node *at)
{
    struct cnipol_trace *trace = NULL;
    const char *chain = NULL;
    int rc = explain(a, 0, &trace);

    if (!rc)
        chain = cnipol_trace_line(trace);
    if (!rc)
        rc = chain ? np_vector_tell(a->run, at, false, 1, chain) : CNIPOL_E_NOMEM;
    cnipol_trace_free(trace);
    return rc;
}

/* Asks all sides. Do they all answer as expected, and alike? */
static bool ask_sides(const struct asking *a, int32_t expected, struct cnipol_verdict *verdicts)
{
    for (uint32_t i = 0; i < a->sides->n; i++)
        np_vector_side_ask(&a->sides->items[i], &a->questions[i], &verdicts[i]);
    return verdicts[0].decision == expected && np_vector_verdicts_agree(verdicts, a->sides->n);
}

static void print_answers(struct asking *a, int32_t expected, const struct cnipol_verdict *verdicts)
{
    np_buf_clear(&a->run->expected);
    np_buf_clear(&a->run->got);
    np_buf_adds(&a->run->expected, cnipol_decision_text(expected));
    np_vector_verdicts_print(a->sides, verdicts, &a->run->got);
}

/* The explanations of two sides differ: tells it, with the second one as chain. */
static int tell_different(struct asking *a, struct cnipol_trace *first, struct cnipol_trace *second)
{
    const char *expected = cnipol_trace_line(first), *got = cnipol_trace_line(second);

    if (!expected || !got)
        return CNIPOL_E_NOMEM;
    np_buf_addf(&a->run->expected, " because %s", expected);
    np_buf_adds(&a->run->got, " with another explanation from the image");
    return np_vector_tell(a->run, a->test, false, 1, got);
}

/* Do the sides with models of their own explain as the first one does? Tells it where they do not, and *holds is false then. */
static int compare_chains(struct asking *a, struct cnipol_trace *first, bool *holds)
{
    int rc = CNIPOL_OK;

    for (uint32_t i = 1; i < a->sides->n && *holds && !rc; i++) {
        struct cnipol_trace *trace = NULL;
        const char *expected = cnipol_trace_text(first, 0), *got;

        if (!is_own_model(a, i))
            continue;
        rc = explain(a, i, &trace);
        got = rc ? NULL : cnipol_trace_text(trace, 0);
        if (!expected || !got)
            rc = CNIPOL_E_NOMEM;
        *holds = rc || strcmp(expected, got) == 0;
        if (!*holds)
            rc = tell_different(a, first, trace);
        cnipol_trace_free(trace);
    }
    return rc;
}

static int tell_reason(struct asking *a, struct cnipol_trace *trace, const struct np_node *by, const struct np_node *via)
{
    bool holds = np_vector_by_holds(trace, by, via);
    const char *chain = NULL;

    if ((by || via) && (!holds || a->run->all)) {
        np_vector_by_print(by, &a->run->expected);
        np_vector_trace_by_print(trace, &a->run->got);
    }
    if (!holds && via)
        np_buf_adds(&a->run->expected, " via the pass rules given");
    if (!holds)
        chain = cnipol_trace_line(trace);
    return holds || chain ? np_vector_tell(a->run, a->test, holds, 1, chain) : CNIPOL_E_NOMEM;
}

/* The answer is right; is it for the right reason? */
static int check_reason(struct asking *a, const struct np_node *by, const struct np_node *via)
{
    struct cnipol_trace *trace = NULL;
    int rc = explain(a, 0, &trace);
    bool holds = true;

    if (!rc)
        rc = compare_chains(a, trace, &holds);
    if (!rc && holds)
        rc = tell_reason(a, trace, by, via);
    cnipol_trace_free(trace);
    return rc;
}

static bool has_two_models(const struct asking *a)
{
    return a->sides->items[0].model != a->sides->items[a->sides->n - 1].model;
}

static int ask(struct asking *a, int32_t expected)
{
    const struct np_node *by = np_map_value(a->test, "by"), *via = np_map_value(a->test, "via");
    struct cnipol_verdict verdicts[NP_VECTOR_SIDES_MAX];
    bool right = ask_sides(a, expected, verdicts);

    print_answers(a, expected, verdicts);
    if (!right)
        return tell_wrong(a, a->test);
    return by || via || has_two_models(a) ? check_reason(a, by, via) : np_vector_tell(a->run, a->test, true, 1, NULL);
}

/* False where a text is no end. */
static bool take_ends(struct asking *a, const char *from, const char *to)
{
    for (uint32_t i = 0; i < a->sides->n; i++)
        if (cnipol_end_parse(a->sides->items[i].model, from, &a->questions[i].source) ||
            cnipol_end_parse(a->sides->items[i].model, to, &a->questions[i].destination))
            return false;
    return true;
}

static int ask_one(struct asking *a)
{
    struct np_str from = np_vector_text(a->test, "from"), to = np_vector_text(a->test, "to"), expect = np_vector_text(a->test, "expect");
    int32_t expected = decision_of(expect);
    const char *unknown = np_vector_unknown_key(a->test, question_keys), *flaw;

    if (unknown)
        return np_vector_unusable(a->run, a->test, "nobody reads the key %s of a question", unknown);
    if (!from.n || !to.n || !take_ends(a, from.s, to.s))
        return np_vector_unusable(a->run, a->test, "from and to are namespace/pod, node/NAME, service/NAMESPACE/NAME or an address");
    if (expected < 0)
        return np_vector_unusable(a->run, a->test, "expect is allow, deny, redirect or undefined");
    flaw = np_vector_by_flaw(np_map_value(a->test, "by"), np_map_value(a->test, "via"));
    if (flaw)
        return np_vector_unusable(a->run, a->test, "%s", flaw);
    print_question(&a->run->question, &a->questions[0], from.s, to.s);
    return ask(a, expected);
}

static int32_t decision_of_cell(char cell)
{
    for (int32_t i = CNIPOL_ALLOW; i <= CNIPOL_DENY; i++)
        if (cnipol_matrix_symbol(i) == cell)
            return i;
    return -1;
}

/* NULL, or why the truth table cannot be used. */
static const char *matrix_flaw(const struct np_node *pods, const struct np_node *matrix)
{
    if (!pods || pods->kind != NP_NODE_LIST || matrix->kind != NP_NODE_LIST || pods->n != matrix->n || !pods->n)
        return "a matrix has a row for each of its pods";
    for (uint32_t i = 0; i < pods->n; i++) {
        const struct np_node *row = &matrix->items[i];

        if (pods->items[i].kind != NP_NODE_STRING || row->kind != NP_NODE_STRING || row->n != pods->n)
            return "a row of a matrix is text with a cell for each pod";
        for (uint32_t k = 0; k < row->n; k++)
            if (row->s[k] != '#' && decision_of_cell(row->s[k]) < 0)
                return "a cell of a matrix is one of . X R ? #";
    }
    return NULL;
}

static int tell_wrong_cell(struct asking *a, const struct np_node *pods, uint32_t row, uint32_t column, int32_t expected,
                           const struct cnipol_verdict *verdicts)
{
    const struct np_node *matrix = np_map_value(a->test, "matrix");

    print_question(&a->run->question, &a->questions[0], pods->items[row].s, pods->items[column].s);
    print_answers(a, expected, verdicts);
    return tell_wrong(a, &matrix->items[row]);
}

/* `ends`: of each side one after the other. */
static int ask_row(struct asking *a, const struct np_node *pods, const struct cnipol_end *ends, uint32_t row, uint32_t *passed)
{
    const struct np_node *cells = &np_map_value(a->test, "matrix")->items[row];
    struct cnipol_verdict verdicts[NP_VECTOR_SIDES_MAX];
    int rc = CNIPOL_OK;

    for (uint32_t column = 0; column < cells->n && !rc; column++) {
        int32_t expected = decision_of_cell(cells->s[column]);

        if (cells->s[column] == '#')
            continue;
        for (uint32_t i = 0; i < a->sides->n; i++) {
            a->questions[i].source = ends[i * pods->n + row];
            a->questions[i].destination = ends[i * pods->n + column];
        }
        if (ask_sides(a, expected, verdicts))
            ++*passed;
        else
            rc = tell_wrong_cell(a, pods, row, column, expected, verdicts);
    }
    return rc;
}

static int tell_passed_cells(struct asking *a, uint32_t n)
{
    struct np_vector_run *run = a->run;

    if (!n)
        return CNIPOL_OK;
    np_buf_clear(&run->expected);
    np_buf_clear(&run->got);
    np_buf_clear(&run->question);
    np_buf_addf(&run->question, "matrix of %u pods", np_map_value(a->test, "pods")->n);
    print_protocol(&run->question, &a->questions[0]);
    if (a->questions[0].destination_port)
        np_buf_addf(&run->question, " %u", a->questions[0].destination_port);
    np_buf_adds(&run->expected, "the cells given");
    np_buf_adds(&run->got, "the same");
    return np_vector_tell(run, a->test, true, n, NULL);
}

static int ask_rows(struct asking *a, const struct np_node *pods, const struct cnipol_end *ends)
{
    uint32_t passed = 0;
    int rc = CNIPOL_OK;

    for (uint32_t row = 0; row < pods->n && !rc; row++)
        rc = ask_row(a, pods, ends, row, &passed);
    return rc ? rc : tell_passed_cells(a, passed);
}

/* CNIPOL_E_USAGE where a text is no end. */
static int find_ends(const struct asking *a, const struct np_node *pods, struct cnipol_end *ends)
{
    int rc = CNIPOL_OK;

    for (uint32_t side = 0; side < a->sides->n; side++)
        for (uint32_t i = 0; i < pods->n && !rc; i++)
            rc = cnipol_end_parse(a->sides->items[side].model, pods->items[i].s, &ends[side * pods->n + i]);
    return rc;
}

static int ask_matrix(struct asking *a)
{
    const struct np_node *pods = np_map_value(a->test, "pods"), *matrix = np_map_value(a->test, "matrix");
    const char *unknown = np_vector_unknown_key(a->test, matrix_keys), *flaw;
    struct np_mem *mem = &a->run->ctx->mem;
    struct cnipol_end *ends;
    size_t size;
    int rc;

    if (unknown)
        return np_vector_unusable(a->run, a->test, "nobody reads the key %s of a matrix", unknown);
    flaw = matrix_flaw(pods, matrix);
    if (flaw)
        return np_vector_unusable(a->run, a->test, "%s", flaw);
    size = (size_t)pods->n * a->sides->n * sizeof *ends;
    ends = np_alloc(mem, size);
    if (!ends)
        return CNIPOL_E_NOMEM;
    if (find_ends(a, pods, ends))
        rc = np_vector_unusable(a->run, pods, "pods are namespace/pod, node/NAME, service/NAMESPACE/NAME or an address");
    else
        rc = ask_rows(a, pods, ends);
    np_free(mem, ends, size);
    return rc;
}

int np_vector_test(struct np_vector_run *run, const struct np_vector_sides *sides, const struct np_node *test)
{
    struct asking a = {.run = run, .sides = sides, .test = test};
    const char *flaw;

    if (test->kind != NP_NODE_MAP)
        return np_vector_unusable(run, test, "a test is a map");
    for (size_t i = 0; i < sizeof l7_keys / sizeof l7_keys[0]; i++)
        if (np_map_value(test, l7_keys[i]))
            return np_vector_unusable(run, test, "%s: this engine decides at L3 and L4 only", l7_keys[i]);
    flaw = take_conditions(test, &a.questions[0]);
    if (flaw)
        return np_vector_unusable(run, test, "%s has no value that can be used", flaw);
    for (uint32_t i = 1; i < sides->n; i++)
        a.questions[i] = a.questions[0];
    return np_map_value(test, "matrix") ? ask_matrix(&a) : ask_one(&a);
}
