/* SPDX-License-Identifier: BSD-2-Clause */
/* All pairs and all atoms, asked of the reference and of the image in every way: see prove.h. */

#include "analysis/prove.h"

#include <stdio.h>

#define BATCH 64
#define DEFAULT_PAIRS 250000

/* Questions on their way, with the reference's answers. */
struct batch {
    struct np_prove *p;
    struct cnipol_key keys[BATCH];
    struct cnipol_answer expected[BATCH], got[BATCH];
    uint32_t n;
    uint64_t all;
    bool is_stopped;
};

static int ask_tables(void *user, const struct cnipol_key *keys, uint32_t n, struct cnipol_answer *out)
{
    for (uint32_t i = 0; i < n; i++)
        cnipol_image_ask(user, &keys[i], &out[i]);
    return CNIPOL_OK;
}

static int ask_batch(void *user, const struct cnipol_key *keys, uint32_t n, struct cnipol_answer *out)
{
    cnipol_image_ask_batch(user, keys, n, out);
    return CNIPOL_OK;
}

static int ask_rules(void *user, const struct cnipol_key *keys, uint32_t n, struct cnipol_answer *out)
{
    for (uint32_t i = 0; i < n; i++)
        cnipol_image_ask_rules(user, &keys[i], &out[i]);
    return CNIPOL_OK;
}

static const struct {
    const char *name;
    cnipol_prove_fn ask;
} own_ways[] = {{"tables", ask_tables}, {"batch", ask_batch}, {"rules", ask_rules}};
#define N_OWN_WAYS (sizeof own_ways / sizeof own_ways[0])

/* Nobody but the image knows its programs. */
static bool is_same(const struct cnipol_answer *a, const struct cnipol_answer *b)
{
    return a->decision == b->decision && a->parts[0] == b->parts[0] && a->parts[1] == b->parts[1] && a->flags == b->flags &&
           a->auth == b->auth;
}

/* Naming looks at all pairs of members: there is an end to passing over what has no name. */
#define MAX_UNNAMED 4096

static int differ(struct batch *batch, const char *way, uint32_t i)
{
    struct np_prove *p = batch->p;
    struct cnipol_proof *proof = p->proof;

    proof->result = CNIPOL_PROOF_VERDICT;
    (void)snprintf(proof->way, sizeof proof->way, "%s", way);
    proof->key = batch->keys[i];
    proof->expected = batch->expected[i];
    proof->got = batch->got[i];
    np_prove_name(p);
    if (!p->only_named || proof->is_askable || p->unnamed++ >= MAX_UNNAMED)
        return CNIPOL_E_INVALID;
    proof->result = CNIPOL_PROOF_HOLDS;
    return CNIPOL_OK;
}

static int compare(struct batch *batch, const char *way)
{
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < batch->n && !rc; i++)
        if (!is_same(&batch->expected[i], &batch->got[i]))
            rc = differ(batch, way, i);
    return rc;
}

static int ask_ways(struct batch *batch)
{
    struct np_prove *p = batch->p;
    int rc = CNIPOL_OK;

    for (size_t i = 0; i < N_OWN_WAYS && !rc; i++) {
        union {
            const struct cnipol_image *in;
            void *out;
        } image = {p->image};

        rc = own_ways[i].ask(image.out, batch->keys, batch->n, batch->got);
        if (!rc)
            rc = compare(batch, own_ways[i].name);
    }
    for (uint32_t i = 0; i < p->opts.n_ways && !rc; i++) {
        rc = p->opts.ways[i].ask(p->opts.ways[i].user, batch->keys, batch->n, batch->got);
        if (!rc)
            rc = compare(batch, p->opts.ways[i].name);
    }
    return rc;
}

static int flush(struct batch *batch)
{
    struct np_prove *p = batch->p;
    int rc = batch->n ? ask_ways(batch) : CNIPOL_OK;

    p->proof->questions += batch->n;
    batch->n = 0;
    if (!rc && p->opts.progress && p->proof->questions - p->told >= 1u << 20) {
        p->told = p->proof->questions;
        batch->is_stopped = p->opts.progress(p->opts.user, p->told, batch->all) != 0;
    }
    return rc;
}

static struct cnipol_answer answer_of(const struct np_evaluation *e)
{
    struct cnipol_answer answer = {.decision = e->decision, .parts = {e->parts[0], e->parts[1]}, .flags = e->flags, .auth = e->auth};

    answer.flags |= e->asked[0] ? CNIPOL_VERDICT_EGRESS_ASKED : 0;
    answer.flags |= e->asked[1] ? CNIPOL_VERDICT_INGRESS_ASKED : 0;
    return answer;
}

static int ask(struct batch *batch, const struct np_facts *facts, const struct cnipol_key *key)
{
    struct np_evaluation evaluation;

    np_evaluate(batch->p->machine, facts, key->directions, NULL, &evaluation);
    batch->keys[batch->n] = *key;
    batch->expected[batch->n++] = answer_of(&evaluation);
    return batch->n == BATCH ? flush(batch) : CNIPOL_OK;
}

void np_prove_ends(const struct np_prove *p, uint32_t source, uint32_t destination, struct np_facts *facts, struct cnipol_key *key)
{
    const uint32_t ids[] = {source, destination};

    *facts = (struct np_facts){0};
    *key = (struct cnipol_key){.source = source, .destination = destination};
    for (uint32_t i = 0; i < 2; i++) {
        facts->ends[i] = p->members[p->first[ids[i]]].fact;
        facts->ends[i].is_policed = facts->ends[i].is_policed && (!p->wanted || p->wanted[ids[i]]);
    }
}

/* One pair. `directions` 3: all atoms both ways at once, and the first of them each way alone. */
static int ask_pair(struct batch *batch, uint32_t source, uint32_t destination, uint8_t directions)
{
    struct np_prove *p = batch->p;
    uint32_t n = np_prove_n_atoms(&p->atoms);
    struct np_facts facts;
    struct cnipol_key key;
    int rc = CNIPOL_OK;

    np_prove_ends(p, source, destination, &facts, &key);
    for (uint32_t i = 0; i < n && !rc && !batch->is_stopped; i++) {
        uint32_t turn = (source + destination + i) % 8;

        np_prove_atom(&p->atoms, i, &facts, &key);
        key.directions = directions;
        rc = ask(batch, &facts, &key);
        if (!rc && directions == 3 && turn < 2) {
            key.directions = (uint8_t)(turn + 1);
            rc = ask(batch, &facts, &key);
        }
        if (p->opts.max_questions && p->proof->questions + batch->n >= p->opts.max_questions)
            batch->is_stopped = true;
    }
    p->proof->pairs += !batch->is_stopped;
    return rc;
}

static int ask_all(struct batch *batch, const struct np_words *sources, const struct np_words *destinations, uint8_t directions)
{
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < sources->n; i++)
        for (uint32_t k = 0; k < destinations->n && !rc && !batch->is_stopped; k++)
            rc = ask_pair(batch, sources->items[i], destinations->items[k], directions);
    return rc;
}

static int all_ids(struct np_prove *p, struct np_words *out)
{
    for (uint32_t id = 0; id < p->n_ids; id++)
        if (p->first[id] != NP_NONE && !np_words_push(out, p->mem, id))
            return CNIPOL_E_NOMEM;
    return CNIPOL_OK;
}

/* Each direction is a matter of its own: nothing that one checkpoint says changes what the other is asked. */
static bool is_separable(const struct np_machine *machine)
{
    for (uint32_t i = 0; i < machine->n_checkpoints; i++)
        if (machine->checkpoints[i].after_allow != NP_AFTER_ALLOW_GO_ON ||
            machine->checkpoints[i].subject != machine->checkpoints[i].direction)
            return false;
    return true;
}

struct lists {
    struct np_words subjects[2], others[2];
};

static int make_lists(struct np_prove *p, struct lists *lists)
{
    int rc = CNIPOL_OK;

    for (uint32_t d = 0; d < 2 && !rc; d++) {
        rc = np_prove_classes(p, NP_ROLE_SUBJECT(d), &lists->subjects[d]);
        if (!rc)
            rc = np_prove_classes(p, NP_ROLE_OTHER(d), &lists->others[d]);
    }
    return rc;
}

static int ask_directions(struct batch *batch)
{
    struct np_prove *p = batch->p;
    struct lists lists = {0};
    int rc = make_lists(p, &lists);

    for (uint32_t d = 0; d < 2; d++)
        batch->all += (uint64_t)lists.subjects[d].n * lists.others[d].n * np_prove_n_atoms(&p->atoms);
    if (!rc)
        rc = ask_all(batch, &lists.subjects[0], &lists.others[0], 1);
    if (!rc)
        rc = ask_all(batch, &lists.others[1], &lists.subjects[1], 2);
    for (uint32_t d = 0; d < 2; d++) {
        np_words_free(&lists.subjects[d], p->mem);
        np_words_free(&lists.others[d], p->mem);
    }
    return rc;
}

static int ask_both(struct batch *batch, bool by_class)
{
    struct np_prove *p = batch->p;
    struct np_words ids = {0};
    int rc = by_class ? np_prove_classes(p, NP_ROLE_ALL, &ids) : all_ids(p, &ids);

    batch->all = (uint64_t)ids.n * ids.n * np_prove_n_atoms(&p->atoms);
    if (!rc)
        rc = ask_all(batch, &ids, &ids, 3);
    np_words_free(&ids, p->mem);
    return rc;
}

int np_prove_pairs(struct np_prove *p)
{
    struct batch *batch = np_zalloc(p->mem, sizeof *batch);
    uint64_t max_pairs = p->opts.max_pairs ? p->opts.max_pairs : DEFAULT_PAIRS;
    int rc;

    if (!batch)
        return CNIPOL_E_NOMEM;
    batch->p = p;
    p->proof->by_class = (uint64_t)p->proof->ids * p->proof->ids > max_pairs;
    if (p->proof->by_class && is_separable(p->machine))
        rc = ask_directions(batch);
    else
        rc = ask_both(batch, p->proof->by_class);
    if (!rc)
        rc = flush(batch);
    if (!rc && batch->is_stopped) {
        p->proof->left = batch->all > p->proof->questions ? batch->all - p->proof->questions : 1;
        p->proof->result = CNIPOL_PROOF_UNFINISHED;
        rc = CNIPOL_E_LIMIT;
    }
    np_free(p->mem, batch, sizeof *batch);
    return rc;
}
