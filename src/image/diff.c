/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the verdicts of two images differ.
 *
 * Everything that can be asked is compared, by what the two tell apart: subjects by pairs of roots and lists, peers by
 * pairs of classes, L4 by pairs of points and of variants (atoms.h). Answers are interned, so that comparing two is
 * comparing numbers, and pairs of rows are compared once. A subject whose rule list is walked is asked with each peer.
 */

#include "image/atoms.h"

#include <string.h>

#include <cnipol/eval_core.h>

#define STEPS (1ull << 31)

/* One of the two images, at one checkpoint. */
struct side {
    const uint8_t *image;
    uint32_t view;
    uint32_t cp;
    uint32_t is_wide;
    const uint32_t *roots, *peers, *lists;
    const struct cnipol_image_leaf *leaves;
    uint32_t *outcomes; /* by leaf: its number among the outcomes */
    uint32_t n_leaves;
};

struct comparison {
    struct np_mem *mem;
    const struct cnipol_image *images[2];
    struct np_atoms_l4 l4;
    struct np_tuples outcomes; /* decision, flags, program, auth */
    struct np_tuples peers;    /* pairs of classes; ids that have none each alone. Their value: an id */
    struct np_tuples subjects; /* root, list, root, list; values as of rows */
    struct np_tuples rows;     /* pairs; their value: one more than the first L4 atom that differs, 0 for none */
    struct side sides[2];
    uint32_t nothing; /* the outcome where nobody is policed */
    uint32_t n_ids;
    uint64_t steps;
    bool failed;
};

#define NO_ROW UINT32_MAX

static bool is_out_of_steps(struct comparison *c, uint64_t more)
{
    if (c->steps < more) {
        c->steps = 0;
        return true;
    }
    c->steps -= more;
    return false;
}

static uint32_t outcome_of(struct comparison *c, const struct cnipol_partial *part)
{
    const uint32_t of[NP_TUPLE] = {cnipol_decision_of(part->can), part->flags, part->program, part->auth};
    uint32_t number = np_tuples_add(&c->outcomes, of);

    c->failed |= number == NP_NONE;
    return number;
}

static int side_open(struct comparison *c, struct side *side, const struct cnipol_image *image)
{
    const struct cnipol_image_view *view = np_image_view(image);

    *side = (struct side){.image = image->bytes, .view = image->view, .is_wide = view->index_shift == 2, .n_leaves = view->n_leaves};
    side->leaves = (const struct cnipol_image_leaf *)(image->bytes + view->leaves);
    side->outcomes = np_alloc(c->mem, (size_t)side->n_leaves * sizeof *side->outcomes);
    if (!side->outcomes)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < side->n_leaves; i++) {
        const struct cnipol_partial part = {side->leaves[i].can, side->leaves[i].flags, side->leaves[i].auth, side->leaves[i].program};

        side->outcomes[i] = outcome_of(c, &part);
    }
    return c->failed ? CNIPOL_E_NOMEM : CNIPOL_OK;
}

static void side_turn(struct side *side, uint32_t checkpoint)
{
    const struct cnipol_image_checkpoint *cp;

    side->cp = cnipol_checkpoint_at(side->view, checkpoint);
    cp = (const struct cnipol_image_checkpoint *)(side->image + side->cp);
    side->roots = (const uint32_t *)(side->image + cp->roots);
    side->peers = (const uint32_t *)(side->image + cp->peers);
    side->lists = (const uint32_t *)(side->image + cp->lists);
}

static bool has_row(const struct side *side, uint32_t subject, uint32_t peer)
{
    uint32_t kind = CNIPOL_ROOT_KIND(side->roots[subject]);

    return kind == CNIPOL_ROOT_ABSENT || (kind == CNIPOL_ROOT_DAG && side->peers[peer] != CNIPOL_PEER_UNCLASSED);
}

static uint32_t row_of(const struct side *side, uint32_t subject, uint32_t peer)
{
    uint32_t root = side->roots[subject];

    if (CNIPOL_ROOT_KIND(root) == CNIPOL_ROOT_ABSENT)
        return NO_ROW;
    return cnipol_dag_row(side->image, side->cp, CNIPOL_ROOT_INDEX(root), side->peers[peer], side->is_wide);
}

static uint32_t outcome_in_row(const struct comparison *c, const struct side *side, uint32_t row, uint32_t point, uint32_t variant)
{
    struct cnipol_place_l4 l4;

    if (row == NO_ROW)
        return c->nothing;
    l4.column = variant * CNIPOL_VIEW(side->image, side->view, point_columns) + (point >> 6);
    l4.point = point & 63;
    return side->outcomes[cnipol_row_leaf(side->image, side->view, side->cp, row, l4, side->is_wide)];
}

/* One more than the first L4 atom that differs; 0 for none. */
static uint32_t compare_rows(struct comparison *c, uint32_t a, uint32_t b)
{
    const uint32_t n = c->l4.variants.n;

    if (is_out_of_steps(c, (uint64_t)n * c->l4.points.n))
        return 0;
    for (uint32_t p = 0; p < c->l4.points.n; p++)
        for (uint32_t v = 0; v < n; v++) {
            const uint32_t *point = c->l4.points.rows[p].of, *variant = c->l4.variants.rows[v].of;

            if (outcome_in_row(c, &c->sides[0], a, point[0], variant[0]) != outcome_in_row(c, &c->sides[1], b, point[1], variant[1]))
                return p * n + v + 1;
        }
    return 0;
}

static uint32_t compare_rows_once(struct comparison *c, uint32_t a, uint32_t b)
{
    const uint32_t of[NP_TUPLE] = {a, b, 0, 0};
    uint32_t before = c->rows.n, number = np_tuples_add(&c->rows, of), value;

    if (number == NP_NONE) {
        c->failed = true;
        return 0;
    }
    if (c->rows.n == before)
        return c->rows.rows[number].value;
    value = compare_rows(c, a, b);
    c->rows.rows[number].value = value;
    return value;
}

static uint32_t outcome_walked(struct comparison *c, const struct side *side, const struct cnipol_key *key)
{
    struct cnipol_partial part = {1u << CNIPOL_ALLOW, 0, 0, 0};

    (void)cnipol_eval_checkpoint(side->image, side->view, side->cp, key, cnipol_locate(side->image, side->view, key), side->is_wide, 0,
                                 &part);
    return outcome_of(c, &part);
}

static void set_ends(const struct comparison *c, struct cnipol_key *key, uint32_t subject, uint32_t peer)
{
    uint32_t by_destination = CNIPOL_OF8(c->sides[0].image, c->sides[0].cp, cnipol_image_checkpoint, subject);

    key->source = by_destination ? peer : subject;
    key->destination = by_destination ? subject : peer;
}

static uint32_t list_length(const struct side *side, uint32_t subject)
{
    const struct cnipol_image_list *lists =
        (const struct cnipol_image_list *)(side->image + ((const struct cnipol_image_view *)(side->image + side->view))->lists);

    return CNIPOL_ROOT_KIND(side->roots[subject]) == CNIPOL_ROOT_ABSENT ? 1 : lists[side->lists[subject]].n;
}

/* The same, where a rule list has to be walked. */
static uint32_t compare_walked(struct comparison *c, uint32_t subject, uint32_t peer)
{
    const uint32_t n = c->l4.variants.n, items = list_length(&c->sides[0], subject) + list_length(&c->sides[1], subject);

    for (uint32_t i = 0; i < n * c->l4.points.n; i++) {
        struct cnipol_key key = np_atoms_l4_key(&c->l4, i / n, i % n);

        if (is_out_of_steps(c, items))
            return 0;
        set_ends(c, &key, subject, peer);
        if (outcome_walked(c, &c->sides[0], &key) != outcome_walked(c, &c->sides[1], &key))
            return i + 1;
    }
    return 0;
}

static uint32_t compare_pair(struct comparison *c, uint32_t subject, uint32_t peer)
{
    if (!has_row(&c->sides[0], subject, peer) || !has_row(&c->sides[1], subject, peer))
        return compare_walked(c, subject, peer);
    return compare_rows_once(c, row_of(&c->sides[0], subject, peer), row_of(&c->sides[1], subject, peer));
}

/* Peers that neither image's tables tell apart at this checkpoint stand for each other. */
static void intern_peers(struct comparison *c)
{
    for (uint32_t id = 0; id < c->n_ids && !c->failed; id++) {
        uint32_t a = c->sides[0].peers[id], b = c->sides[1].peers[id], before = c->peers.n, number;
        bool is_alone = a == CNIPOL_PEER_UNCLASSED || b == CNIPOL_PEER_UNCLASSED;
        const uint32_t of[NP_TUPLE] = {a, b, is_alone ? id + 1 : 0, 0};

        number = np_tuples_add(&c->peers, of);
        c->failed |= number == NP_NONE;
        if (c->peers.n > before)
            c->peers.rows[number].value = id;
    }
}

/* Does the subject get other answers? An example's peer and L4 atom. */
static bool compare_subject(struct comparison *c, uint32_t subject, uint32_t *peer, uint32_t *atom)
{
    bool is_walked = CNIPOL_ROOT_KIND(c->sides[0].roots[subject]) == CNIPOL_ROOT_LIST ||
                     CNIPOL_ROOT_KIND(c->sides[1].roots[subject]) == CNIPOL_ROOT_LIST;
    uint32_t n = is_walked ? c->n_ids : c->peers.n, found = 0;

    for (uint32_t i = 0; i < n && !found && c->steps && !c->failed; i++) {
        *peer = is_walked ? i : c->peers.rows[i].value;
        c->steps--;
        found = compare_pair(c, subject, *peer);
    }
    *atom = found - 1;
    return found != 0;
}

static void add_example(const struct comparison *c, uint32_t subject, uint32_t peer, uint32_t atom, struct cnipol_image_diff *out)
{
    uint32_t n = c->l4.variants.n, direction = CNIPOL_OF8(c->sides[0].image, c->sides[0].cp, cnipol_image_checkpoint, direction);
    struct cnipol_image_difference *example = &out->examples[out->n_examples];

    if (out->n_examples == CNIPOL_IMAGE_DIFF_EXAMPLES)
        return;
    out->n_examples++;
    example->key = np_atoms_l4_key(&c->l4, atom / n, atom % n);
    set_ends(c, &example->key, subject, peer);
    example->key.directions = (uint8_t)(1u << direction);
    cnipol_image_ask(c->images[0], &example->key, &example->before);
    cnipol_image_ask(c->images[1], &example->key, &example->after);
}

/* The subject's pair of roots and lists; a new one is compared. */
static bool subject_differs(struct comparison *c, uint32_t subject, struct cnipol_image_diff *out)
{
    const struct side *a = &c->sides[0], *b = &c->sides[1];
    uint32_t of[NP_TUPLE] = {a->roots[subject], a->lists[subject], b->roots[subject], b->lists[subject]};
    uint32_t before = c->subjects.n, number, peer = 0, atom = 0;

    number = np_tuples_add(&c->subjects, of);
    c->failed |= number == NP_NONE;
    if (c->failed || c->subjects.n == before)
        return !c->failed && c->subjects.rows[number].value;
    if (!compare_subject(c, subject, &peer, &atom))
        return false;
    c->subjects.rows[number].value = 1;
    add_example(c, subject, peer, atom, out);
    return true;
}

static void compare_checkpoint(struct comparison *c, uint32_t checkpoint, struct cnipol_image_diff *out)
{
    side_turn(&c->sides[0], checkpoint);
    side_turn(&c->sides[1], checkpoint);
    np_tuples_init(&c->peers, c->mem);
    np_tuples_init(&c->subjects, c->mem);
    np_tuples_init(&c->rows, c->mem);
    intern_peers(c);
    for (uint32_t id = 0; id < c->n_ids && !c->failed; id++)
        out->subjects[checkpoint] += subject_differs(c, id, out);
    np_tuples_free(&c->peers);
    np_tuples_free(&c->subjects);
    np_tuples_free(&c->rows);
}

static int compare(struct comparison *c, struct cnipol_image_diff *out)
{
    const struct cnipol_partial nothing = {1u << CNIPOL_ALLOW, 0, 0, 0};
    int rc = np_atoms_l4_build(c->mem, c->images[0], c->images[1], &c->l4);

    c->nothing = outcome_of(c, &nothing);
    if ((uint64_t)c->l4.points.n * c->l4.variants.n > UINT32_MAX / 2)
        c->steps = 0;
    for (uint32_t i = 0; i < 2 && !rc; i++)
        rc = side_open(c, &c->sides[i], c->images[i]);
    for (uint32_t i = 0; i < out->n_checkpoints && !rc && !c->failed; i++)
        compare_checkpoint(c, i, out);
    out->is_complete = c->steps != 0;
    for (uint32_t i = 0; i < 2; i++)
        np_free(c->mem, c->sides[i].outcomes, (size_t)c->sides[i].n_leaves * sizeof *c->sides[i].outcomes);
    np_atoms_l4_free(&c->l4);
    np_tuples_free(&c->outcomes);
    return rc || c->failed ? CNIPOL_E_NOMEM : CNIPOL_OK;
}

static bool same_section(const struct cnipol_image *a, const struct cnipol_image *b, uint32_t kind)
{
    const struct cnipol_image_section *of_a = np_image_section(a, kind), *of_b = np_image_section(b, kind);

    if (!of_a || !of_b)
        return of_a == of_b;
    return of_a->bytes == of_b->bytes && memcmp(a->bytes + of_a->offset, b->bytes + of_b->offset, (size_t)of_a->bytes) == 0;
}

static bool is_comparable(const struct cnipol_image *a, const struct cnipol_image *b)
{
    const struct cnipol_image_view *of_a = np_image_view(a), *of_b = np_image_view(b);

    if (of_a->n_ids != of_b->n_ids || of_a->n_checkpoints != of_b->n_checkpoints || !same_section(a, b, CNIPOL_SECTION_DIRECTORY))
        return false;
    for (uint32_t i = 0; i < of_a->n_checkpoints; i++) {
        const struct cnipol_image_checkpoint *cp_a = &of_a->checkpoints[i], *cp_b = &of_b->checkpoints[i];

        if (cp_a->direction != cp_b->direction || cp_a->subject != cp_b->subject || cp_a->after_allow != cp_b->after_allow)
            return false;
    }
    return true;
}

int cnipol_image_diff(struct cnipol_ctx *ctx, const struct cnipol_image *before, const struct cnipol_image *after, uint64_t max_steps,
                      struct cnipol_image_diff *out)
{
    struct comparison c = {.mem = &ctx->mem, .images = {before, after}, .steps = max_steps ? max_steps : STEPS};

    *out = (struct cnipol_image_diff){.n_ids = cnipol_image_ids(before), .n_checkpoints = np_image_view(before)->n_checkpoints};
    out->same_bytes = before->n == after->n && memcmp(before->bytes, after->bytes, before->n) == 0;
    out->is_comparable = is_comparable(before, after);
    out->is_complete = out->same_bytes;
    if (out->same_bytes || !out->is_comparable)
        return CNIPOL_OK;
    c.n_ids = out->n_ids;
    np_tuples_init(&c.outcomes, c.mem);
    return compare(&c, out);
}
