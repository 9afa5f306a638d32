/* SPDX-License-Identifier: BSD-2-Clause */
/* Machines from tables: see build_machine.h. */

#include "build_machine.h"

static const char request_at_hand[] = "a request";

static enum np_tri guard_says(const void *data, const void *request)
{
    assert_ptr_equal(request, request_at_hand);
    return *(const enum np_tri *)data;
}

static const enum np_tri says[] = {NP_NO, NP_UNKNOWN, NP_YES};

static uint32_t atom_of(const char *name, size_t n)
{
    return 1u + (uint32_t)np_hash(name, n) % 1000000007u;
}

/* The next word of *at, in `word`; false at the end. */
static bool next_word(const char **at, char *word)
{
    size_t n;

    *at += strspn(*at, " ");
    n = strcspn(*at, " ");
    assert_true(n < 64);
    memcpy(word, *at, n);
    word[n] = '\0';
    *at += n;
    return n > 0;
}

static const char *after(const char *word, const char *prefix)
{
    size_t n = strlen(prefix);

    return strncmp(word, prefix, n) == 0 ? word + n : NULL;
}

static void parse_range(const char *text, uint16_t *lo, uint16_t *hi)
{
    unsigned a = 0, b = 0;
    int n = sscanf(text, "%u-%u", &a, &b);

    assert_true(n >= 1);
    *lo = (uint16_t)a;
    *hi = (uint16_t)(n == 2 ? b : a);
}

static uint8_t protocol_named(const char *name)
{
    static const struct {
        const char *name;
        uint8_t number;
    } names[] = {{"tcp", 6}, {"udp", 17}, {"sctp", 132}, {"icmp", 1}, {"icmpv6", 58}, {"gre", 47}};

    for (size_t i = 0; i < BM_COUNT(names); i++)
        if (strcmp(names[i].name, name) == 0)
            return names[i].number;
    return 0;
}

static uint32_t end_named(const struct bm_built *built, const char *name)
{
    for (uint32_t i = 0; i < built->n_ends; i++)
        if (strcmp(built->from->ends[i].name, name) == 0)
            return i;
    fail_msg("no end is called %s", name);
    return NP_NONE;
}

static uint32_t set_named(const struct bm_built *built, const char *name)
{
    for (uint32_t i = 0; i < BM_COUNT(built->from->sets) && built->from->sets[i].name; i++)
        if (strcmp(built->from->sets[i].name, name) == 0)
            return i;
    fail_msg("no set is called %s", name);
    return NP_NONE;
}

static uint32_t policy_named(const struct bm_built *built, const char *name)
{
    for (uint32_t i = 0; i < BM_COUNT(built->from->policies) && built->from->policies[i].name; i++)
        if (strcmp(built->from->policies[i].name, name) == 0)
            return i;
    fail_msg("no policy is called %s", name);
    return NP_NONE;
}

static uint32_t prefixes_of(struct bm_built *built, const char *text)
{
    struct np_prefix *items = np_arena_array(&built->machine.arena, 8, sizeof *items);
    uint32_t n = 0;

    while (*text) {
        size_t length = strcspn(text, ",");

        assert_true(np_prefix_parse((struct np_str){text, (uint32_t)length}, &items[n++], NULL, NULL));
        text += length + (text[length] == ',');
    }
    return np_machine_add_prefixes(&built->machine, items, n);
}

static struct np_term port_name_term(const char *text)
{
    const char *slash = strchr(text, '/');
    size_t n = slash ? (size_t)(slash - text) : strlen(text);

    return (struct np_term){.kind = NP_TERM_PORT_NAME, .lo = slash ? protocol_named(slash + 1) : 0, .arg = atom_of(text, n)};
}

static bool word_term(const char *word, struct np_term *term)
{
    static const struct {
        const char *word;
        struct np_term term;
    } words[] = {
        {"self", {.kind = NP_TERM_RELATION, .arg = NP_REL_SELF}},
        {"hairpin", {.kind = NP_TERM_RELATION, .arg = NP_REL_HAIRPIN}},
        {"same-node", {.kind = NP_TERM_RELATION, .arg = NP_REL_SAME_NODE}},
        {"own-node", {.kind = NP_TERM_RELATION, .arg = NP_REL_FROM_OWN_NODE}},
        {"to-own-node", {.kind = NP_TERM_RELATION, .arg = NP_REL_TO_OWN_NODE}},
        {"new", {.kind = NP_TERM_STATE, .lo = 0, .hi = 0}},
        {"established", {.kind = NP_TERM_STATE, .lo = 1, .hi = 1}},
        {"related", {.kind = NP_TERM_STATE, .lo = 2, .hi = 2}},
        {"?", {.kind = NP_TERM_UNKNOWN}},
    };

    for (size_t i = 0; i < BM_COUNT(words); i++)
        if (strcmp(words[i].word, word) == 0) {
            *term = words[i].term;
            return true;
        }
    term->kind = NP_TERM_PROTOCOL;
    term->lo = term->hi = protocol_named(word);
    return term->lo != 0;
}

static bool range_term(const char *word, struct np_term *term)
{
    static const struct {
        const char *prefix;
        uint8_t kind;
    } ranges[] = {{"proto:", NP_TERM_PROTOCOL},
                  {"port:", NP_TERM_PORT},
                  {"sport:", NP_TERM_SOURCE_PORT},
                  {"type:", NP_TERM_ICMP_TYPE},
                  {"code:", NP_TERM_ICMP_CODE}};

    for (size_t i = 0; i < BM_COUNT(ranges); i++) {
        const char *text = after(word, ranges[i].prefix);

        if (!text)
            continue;
        term->kind = ranges[i].kind;
        parse_range(text, &term->lo, &term->hi);
        return true;
    }
    return false;
}

static struct np_term term_of(struct bm_built *built, const char *word)
{
    struct np_term term = {0};
    bool negated = *word == '!';

    word += negated;
    if (after(word, "in:"))
        term = (struct np_term){.kind = NP_TERM_SET, .arg = set_named(built, after(word, "in:"))};
    else if (after(word, "net:"))
        term = (struct np_term){.kind = NP_TERM_PREFIX, .arg = prefixes_of(built, after(word, "net:"))};
    else if (after(word, "named:"))
        term = port_name_term(after(word, "named:"));
    else if (!range_term(word, &term) && !word_term(word, &term))
        fail_msg("no term is written %s", word);
    term.negated = negated;
    return term;
}

struct np_pred bm_pred(struct bm_built *built, const char *text)
{
    struct np_conj *conjs = np_arena_array(&built->machine.arena, 8, sizeof *conjs);
    struct np_term terms[8];
    uint32_t n_terms = 0, n = 0;
    char word[64];

    if (!text || strcmp(text, "any") == 0)
        return np_pred_true;
    if (strcmp(text, "never") == 0)
        return np_pred_false;
    while (next_word(&text, word)) {
        if (strcmp(word, "|") == 0) {
            assert_true(np_machine_conj(&built->machine, terms, n_terms, &conjs[n++]));
            n_terms = 0;
        } else if (strcmp(word, "any") != 0) {
            terms[n_terms++] = term_of(built, word);
        }
    }
    assert_true(np_machine_conj(&built->machine, terms, n_terms, &conjs[n++]));
    return (struct np_pred){conjs, n};
}

static uint8_t action_named(const char *name)
{
    static const char *const names[] = {"allow", "deny", "pass", "log", "next", "undefined"};

    for (size_t i = 0; i < BM_COUNT(names); i++)
        if (strcmp(names[i], name) == 0)
            return (uint8_t)i;
    fail_msg("no action is called %s", name);
    return 0;
}

/* "deny+reject+log" */
static struct np_outcome simple_outcome(const char *text)
{
    static const struct {
        const char *name;
        uint8_t flag;
    } flags[] = {{"log", NP_OUTCOME_LOG}, {"audit", NP_OUTCOME_AUDIT}, {"reject", NP_OUTCOME_REJECT}};
    struct np_outcome outcome = {.target = NP_PASS_STAGE};
    char copy[64], *part, *rest = copy;

    snprintf(copy, sizeof copy, "%s", text);
    part = strsep(&rest, "+");
    if (after(part, "pass:")) {
        outcome.target = (uint16_t)atoi(after(part, "pass:"));
        part[4] = '\0';
    }
    outcome.action = action_named(part);
    while ((part = strsep(&rest, "+"))) {
        for (size_t i = 0; i < BM_COUNT(flags); i++)
            if (strcmp(flags[i].name, part) == 0)
                outcome.flags |= flags[i].flag;
        if (after(part, "auth:"))
            outcome.auth = (uint32_t)atoi(after(part, "auth:"));
    }
    return outcome;
}

static struct np_guarded guard_of(const char *word)
{
    const char *arrow = strstr(word, "=>");
    const enum np_tri *answer = *word == 'y' ? &says[2] : *word == 'n' ? &says[0] : &says[1];

    assert_non_null(arrow);
    return (struct np_guarded){guard_says, answer, simple_outcome(arrow + 2)};
}

static struct np_outcome outcome_of(struct bm_built *built, const char *text)
{
    struct np_guarded *guards = np_arena_array(&built->machine.arena, 6, sizeof *guards);
    struct np_outcome outcome;
    uint32_t n = 0;
    char word[64];

    if (!strstr(text, "=>"))
        return simple_outcome(text);
    while (next_word(&text, word) && strcmp(word, "else") != 0)
        guards[n++] = guard_of(word);
    assert_true(next_word(&text, word));
    outcome = simple_outcome(word);
    outcome.guards = guards;
    outcome.n_guards = n;
    return outcome;
}

static void build_ports(struct bm_built *built, const char *text, struct np_fact_end *end)
{
    struct np_port_name *items = np_arena_array(&built->machine.arena, 8, sizeof *items);
    char word[64], name[32], protocol[8];
    unsigned port;

    while (text && next_word(&text, word)) {
        assert_int_equal(sscanf(word, "%31[^=]=%u/%7s", name, &port, protocol), 3);
        items[end->n_ports++] = (struct np_port_name){atom_of(name, strlen(name)), (uint16_t)port, protocol_named(protocol)};
    }
    end->ports = items;
}

static void build_ends(struct bm_built *built)
{
    for (uint32_t i = 0; i < BM_COUNT(built->from->ends) && built->from->ends[i].name; i++) {
        const struct bm_end *from = &built->from->ends[i];
        struct np_fact_end *end = &built->ends[i];

        end->id = i;
        end->is_policed = !from->unpoliced;
        if (from->ip)
            assert_true(np_ip_parse(np_str_of(from->ip), &end->ip, NULL));
        build_ports(built, from->ports, end);
        built->n_ends++;
    }
}

static void build_sets(struct bm_built *built)
{
    struct np_set_builder builder;

    np_set_builder_init(&builder, &built->mem);
    for (uint32_t i = 0; i < BM_COUNT(built->from->sets) && built->from->sets[i].name; i++) {
        const char *yes = built->from->sets[i].yes, *maybe = built->from->sets[i].maybe;
        struct np_set set;
        char word[64];

        while (yes && next_word(&yes, word))
            assert_int_equal(np_set_builder_add(&builder, end_named(built, word), NP_YES), 0);
        while (maybe && next_word(&maybe, word))
            assert_int_equal(np_set_builder_add(&builder, end_named(built, word), NP_UNKNOWN), 0);
        assert_int_equal(np_set_builder_finish(&builder, &built->machine.arena, &set), 0);
        assert_int_equal(np_machine_add_set(&built->machine, &set), i);
    }
    np_set_builder_free(&builder);
}

static void build_policies(struct bm_built *built)
{
    for (uint32_t i = 0; i < BM_COUNT(built->from->policies) && built->from->policies[i].name; i++) {
        const struct bm_policy *from = &built->from->policies[i];

        assert_int_equal(np_machine_add_policy(&built->machine, &(struct np_policy){.kind = "Policy",
                                                                                    .name = atom_of(from->name, strlen(from->name)),
                                                                                    .subject = bm_pred(built, from->subject),
                                                                                    .is_staged = from->is_staged}),
                         i);
    }
}

static void build_rules(struct bm_built *built, const struct bm_stage *from, struct np_stage *to)
{
    to->rules = np_arena_zalloc(&built->machine.arena, BM_ROWS * sizeof *to->rules);
    for (; to->n_rules < BM_ROWS && from->rules[to->n_rules].outcome; to->n_rules++) {
        const struct bm_rule *row = &from->rules[to->n_rules];

        to->rules[to->n_rules] = (struct np_rule){.rank = row->rank,
                                                  .tie = row->tie,
                                                  .policy = row->policy ? policy_named(built, row->policy) : NP_NONE,
                                                  .index = (int32_t)to->n_rules,
                                                  .subject = bm_pred(built, row->subject),
                                                  .local = bm_pred(built, row->local),
                                                  .remote = bm_pred(built, row->remote),
                                                  .l4 = bm_pred(built, row->l4),
                                                  .outcome = outcome_of(built, row->outcome)};
    }
}

static void build_defaults(struct bm_built *built, const struct bm_stage *from, struct np_stage *to)
{
    struct np_default *defaults = np_arena_zalloc(&built->machine.arena, BM_COUNT(from->defaults) * sizeof *defaults);

    for (; to->n_defaults < BM_COUNT(from->defaults) && from->defaults[to->n_defaults].outcome; to->n_defaults++) {
        const struct bm_default *row = &from->defaults[to->n_defaults];

        defaults[to->n_defaults] =
            (struct np_default){bm_pred(built, row->remote), bm_pred(built, row->l4), outcome_of(built, row->outcome), row->reason};
    }
    to->defaults = defaults;
}

static void build_stage(struct bm_built *built, const struct bm_checkpoint *checkpoint, uint32_t number, struct np_stage *to)
{
    const struct bm_stage *from = &checkpoint->stages[number];
    const char *names = from->governing;
    uint32_t *governing = np_arena_array(&built->machine.arena, BM_ROWS, sizeof *governing);
    char word[64];

    *to = (struct np_stage){.name = from->name,
                            .combine = from->combine,
                            .ties_undefined = from->ties_undefined,
                            .pass_to = (uint16_t)(from->pass_to ? (uint32_t)atoi(from->pass_to) : number + 1)};
    while (names && next_word(&names, word))
        governing[to->n_governing++] = policy_named(built, word);
    to->governing = governing;
    build_rules(built, from, to);
    build_defaults(built, from, to);
}

static void every_checkpoint(const struct np_machine *machine, const struct np_facts *facts, struct np_checkpoints *out)
{
    (void)facts;
    for (out->n = 0; out->n < machine->n_checkpoints; out->n++)
        out->items[out->n] = (uint8_t)out->n;
}

static void build_checkpoint(struct bm_built *built, const struct bm_checkpoint *from, struct np_checkpoint *to)
{
    *to = (struct np_checkpoint){.name = from->name,
                                 .direction = (uint8_t)from->direction,
                                 .subject = (uint8_t)from->subject,
                                 .after_allow = from->after_allow,
                                 .stages = np_arena_array(&built->machine.arena, from->n_stages, sizeof *to->stages),
                                 .n_stages = from->n_stages,
                                 .at_end = outcome_of(built, from->at_end ? from->at_end : "allow")};
    for (uint32_t i = 0; i < from->n_stages; i++)
        build_stage(built, from, i, &to->stages[i]);
}

void bm_build(struct bm_built *built, const struct bm_machine *from)
{
    memset(built, 0, sizeof *built);
    built->from = from;
    np_mem_init(&built->mem, NULL, 0);
    np_machine_init(&built->machine, &built->mem, "test");
    built->machine.path = from->path ? from->path : every_checkpoint;
    built->machine.staged_scope = from->staged_scope;
    build_ends(built);
    build_sets(built);
    build_policies(built);
    built->machine.n_checkpoints = from->n_checkpoints;
    built->machine.checkpoints = np_arena_array(&built->machine.arena, from->n_checkpoints, sizeof *built->machine.checkpoints);
    for (uint32_t i = 0; i < from->n_checkpoints; i++)
        build_checkpoint(built, &from->checkpoints[i], &built->machine.checkpoints[i]);
}

void bm_free(struct bm_built *built)
{
    np_machine_free(&built->machine);
    assert_int_equal(built->mem.used, 0);
}

static struct np_fact_end fact_end(const struct bm_built *built, const char *name)
{
    struct np_fact_end end = {.id = NP_NONE};

    if (strcmp(name, "-") == 0)
        return end;
    if (np_ip_parse(np_str_of(name), &end.ip, NULL))
        return end;
    return built->ends[end_named(built, name)];
}

static bool ask_protocol(struct np_facts *facts, const char *word)
{
    char name[16];
    unsigned a = 0, b = 0;
    int n = sscanf(word, "%15[a-z0-9]:%u/%u", name, &a, &b);
    uint8_t protocol = n >= 1 ? protocol_named(name) : 0;

    if (!protocol)
        return false;
    facts->protocol = protocol;
    facts->has_ports = protocol == 6 || protocol == 17 || protocol == 132;
    facts->has_icmp = !facts->has_ports && n == 3;
    facts->icmp_type = (uint8_t)(facts->has_icmp ? a : 0);
    facts->icmp_code = (uint8_t)b;
    facts->port = (uint16_t)(facts->has_ports ? a : 0);
    return true;
}

static bool ask_word(struct np_facts *facts, const char *word)
{
    struct np_term term = {0};

    if (after(word, "sport:"))
        facts->source_port = (uint16_t)atoi(after(word, "sport:"));
    else if (strcmp(word, "fragment") == 0)
        facts->has_ports = false;
    else if (strcmp(word, "request") == 0)
        facts->request = request_at_hand;
    else if (word_term(word, &term) && term.kind == NP_TERM_RELATION)
        facts->relations |= term.arg;
    else if (word_term(word, &term) && term.kind == NP_TERM_STATE)
        facts->state = (uint8_t)term.lo;
    else
        return false;
    return true;
}

struct np_facts bm_facts(const struct bm_built *built, const char *question)
{
    struct np_facts facts = {.protocol = 6, .has_ports = true, .port = 80};
    char word[64];

    assert_true(next_word(&question, word));
    facts.ends[NP_END_SOURCE] = fact_end(built, word);
    assert_true(next_word(&question, word));
    facts.ends[NP_END_DESTINATION] = fact_end(built, word);
    while (next_word(&question, word))
        if (!ask_word(&facts, word) && !ask_protocol(&facts, word))
            fail_msg("nothing is asked with %s", word);
    return facts;
}

struct np_evaluation bm_ask(const struct bm_built *built, const char *question)
{
    struct np_facts facts = bm_facts(built, question);
    struct np_evaluation answer;

    np_evaluate(&built->machine, &facts, 3, NULL, &answer);
    return answer;
}

const char *bm_decision(uint8_t decision)
{
    static const char *const texts[] = {"none", "allow", "redirect", "undefined", "deny"};

    assert_true(decision < BM_COUNT(texts));
    return texts[decision];
}

void bm_expect(const struct bm_machine *from, const struct bm_row *rows, size_t n)
{
    struct bm_built built;

    bm_build(&built, from);
    for (size_t i = 0; i < n; i++) {
        const char *got = bm_decision(bm_ask(&built, rows[i].question).decision);

        if (strcmp(got, rows[i].expected) != 0)
            fail_msg("%s: %s, expected %s", rows[i].question, got, rows[i].expected);
    }
    bm_free(&built);
}
