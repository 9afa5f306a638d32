/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rows of an image's tables: see image_rows.h.
 *
 * Each table is a list of values that know how to be JSON. Its text is those of a row's numbers that say something,
 * with their names, so both have the same words.
 */

#include "report/image_rows.h"

#include <json-c/json.h>
#include <stdio.h>

#include "image/image.h"

/* Makes row i of a table. */
typedef struct json_object *row_fn(struct np_out *out, const struct cnipol_image *image, uint32_t checkpoint, uint32_t i);

static const void *table_of(const struct cnipol_image *image, uint32_t offset)
{
    return image->bytes + offset;
}

static void add_outcomes(struct np_out *out, struct json_object *o, uint32_t can)
{
    static const char *const names[] = {NULL, "allow", "redirect", "undefined", "deny", "next", "end"};
    struct json_object *list = np_json_array(out);

    for (uint32_t i = 1; i < sizeof names / sizeof names[0]; i++)
        if (can & 1u << i)
            np_json_push(out, list, np_json_string(out, names[i]));
    np_json_add(out, o, "can", list);
}

/* Members that say something. */
static void add_number(struct np_out *out, struct json_object *o, const char *name, uint32_t number, uint32_t usual)
{
    if (number != usual)
        np_json_number(out, o, name, number);
}

static struct json_object *leaf_row(struct np_out *out, const struct cnipol_image *image, uint32_t checkpoint, uint32_t i)
{
    const struct cnipol_image_leaf *leaf = (const struct cnipol_image_leaf *)table_of(image, np_image_view(image)->leaves) + i;
    struct json_object *o = np_json_object(out);

    (void)checkpoint;
    add_outcomes(out, o, leaf->can);
    if (leaf->flags)
        np_json_add(out, o, "flags", np_flags_json(out, leaf->flags));
    add_number(out, o, "auth", leaf->auth, 0);
    add_number(out, o, "program", leaf->program, 0);
    return o;
}

static const char *truth_name(uint32_t word)
{
    static const char *const names[] = {"no", "perhaps", "yes", "?"};

    return names[word & 3];
}

/* [from, truth] where the truth changes. */
static struct json_object *set_row(struct np_out *out, const struct cnipol_image *image, uint32_t checkpoint, uint32_t i)
{
    const struct cnipol_image_view *view = np_image_view(image);
    const struct cnipol_image_set *set = (const struct cnipol_image_set *)table_of(image, view->sets) + i;
    const uint32_t *words = (const uint32_t *)table_of(image, view->words) + set->first;
    struct json_object *o = np_json_object(out), *list = np_json_array(out);

    (void)checkpoint;
    for (uint32_t k = 0; k < set->n; k++) {
        struct json_object *change = np_json_object(out);

        np_json_number(out, change, "from", words[k] >> 2);
        np_json_text(out, change, "in", truth_name(words[k]));
        np_json_push(out, list, change);
    }
    np_json_add(out, o, "ids", list);
    add_number(out, o, "space", set->space, view->n_ids);
    return o;
}

static void add_range(struct np_out *out, struct json_object *o, const char *name, uint32_t lo, uint32_t hi)
{
    char text[32];

    snprintf(text, sizeof text, lo == hi ? "%u" : "%u-%u", lo, hi);
    np_json_text(out, o, name, text);
}

static void add_box(struct np_out *out, struct json_object *o, const struct cnipol_image_cell *cell)
{
    if (cell->protocol_lo || cell->protocol_hi != 255)
        add_range(out, o, "protocol", cell->protocol_lo, cell->protocol_hi);
    if (cell->box_flags & CNIPOL_BOX_DESTINATION)
        add_range(out, o, "port", cell->destination_lo, cell->destination_hi);
    else if (cell->box_flags & CNIPOL_BOX_PORTS)
        np_json_text(out, o, "port", "any");
    if (cell->box_flags & CNIPOL_BOX_SOURCE)
        add_range(out, o, "source_port", cell->source_lo, cell->source_hi);
    if (cell->box_flags & CNIPOL_BOX_ICMP_TYPE)
        add_range(out, o, "icmp_type", cell->icmp_type_lo, cell->icmp_type_hi);
    if (cell->box_flags & CNIPOL_BOX_ICMP_CODE)
        add_range(out, o, "icmp_code", cell->icmp_code_lo, cell->icmp_code_hi);
    if (cell->state_lo || cell->state_hi < CNIPOL_IMAGE_STATES - 1)
        add_range(out, o, "state", cell->state_lo, cell->state_hi);
    if (cell->relation_mask) {
        np_json_number(out, o, "relation_mask", cell->relation_mask);
        np_json_number(out, o, "relation_bits", cell->relation_bits);
    }
    if (cell->box_flags & CNIPOL_BOX_MAYBE)
        np_json_flag(out, o, "perhaps", true);
}

static const char *action_name(uint32_t action)
{
    static const char *const names[] = {"allow", "deny", "pass", "log", "next", "undefined"};

    return action < sizeof names / sizeof names[0] ? names[action] : "?";
}

static void add_outcome(struct np_out *out, struct json_object *o, const struct cnipol_image_cell *cell)
{
    np_json_text(out, o, "action", action_name(cell->action));
    if (cell->action == CNIPOL_ACT_PASS)
        np_json_number(out, o, "to", cell->target);
    if (cell->flags)
        np_json_add(out, o, "flags", np_flags_json(out, cell->flags));
    add_number(out, o, "auth", cell->auth, 0);
    add_number(out, o, "program", cell->program, 0);
}

static void add_rule(struct np_out *out, struct json_object *o, const struct cnipol_image_cell *cell)
{
    add_outcome(out, o, cell);
    add_number(out, o, "set", cell->set, CNIPOL_SET_ALL);
    add_box(out, o, cell);
    add_number(out, o, "rule", cell->rule, UINT32_MAX);
    if (cell->kind == CNIPOL_CELL_RULE) {
        add_number(out, o, "policy", cell->policy, UINT32_MAX);
        np_json_number(out, o, "tie", cell->tie);
    }
}

static struct json_object *cell_row(struct np_out *out, const struct cnipol_image *image, uint32_t checkpoint, uint32_t i)
{
    static const char *const kinds[] = {"?", "stage", "rule", "unmatched", "default", "end"}, *const combines[] = {"first", "union", "map"};
    const struct cnipol_image_cell *cell = (const struct cnipol_image_cell *)table_of(image, np_image_view(image)->cells) + i;
    struct json_object *o = np_json_object(out);

    (void)checkpoint;
    np_json_text(out, o, "kind", kinds[cell->kind <= CNIPOL_CELL_END ? cell->kind : 0]);
    np_json_number(out, o, "stage", cell->stage);
    if (cell->kind == CNIPOL_CELL_STAGE) {
        np_json_text(out, o, "combine", combines[cell->combine <= CNIPOL_COMBINE_MAP ? cell->combine : 0]);
        np_json_flag(out, o, "ties", cell->ties);
    } else if (cell->kind == CNIPOL_CELL_UNMATCHED) {
        np_json_text(out, o, "governed", truth_name(cell->governed));
    } else if (cell->kind == CNIPOL_CELL_END) {
        add_outcome(out, o, cell);
    } else {
        add_rule(out, o, cell);
    }
    return o;
}

/* Cells' numbers in order, and those of them that may not concern the subject. */
static struct json_object *list_row(struct np_out *out, const struct cnipol_image *image, uint32_t checkpoint, uint32_t i)
{
    const struct cnipol_image_view *view = np_image_view(image);
    const struct cnipol_image_list *list = (const struct cnipol_image_list *)table_of(image, view->lists) + i;
    const uint32_t *items = (const uint32_t *)table_of(image, view->items) + list->first;
    struct json_object *o = np_json_object(out), *cells = np_json_array(out), *maybe = np_json_array(out);

    (void)checkpoint;
    for (uint32_t k = 0; k < list->n; k++) {
        uint32_t number = items[k] & ~CNIPOL_ITEM_MAYBE;

        np_json_push(out, cells, json_object_new_int64(number));
        if (items[k] & CNIPOL_ITEM_MAYBE)
            np_json_push(out, maybe, json_object_new_int64(number));
    }
    np_json_add(out, o, "cells", cells);
    np_json_add(out, o, "perhaps", maybe);
    return o;
}

static struct json_object *id_row(struct np_out *out, const struct cnipol_image *image, uint32_t checkpoint, uint32_t i)
{
    static const char *const kinds[] = {"tables", "list", "absent", "?"};
    const struct cnipol_image_checkpoint *cp = &np_image_view(image)->checkpoints[checkpoint];
    uint32_t root = ((const uint32_t *)table_of(image, cp->roots))[i], class = ((const uint32_t *)table_of(image, cp->peers))[i];
    struct json_object *o = np_json_object(out);

    np_json_text(out, o, "by", kinds[CNIPOL_ROOT_KIND(root)]);
    if (CNIPOL_ROOT_KIND(root) == CNIPOL_ROOT_DAG)
        np_json_number(out, o, "root", CNIPOL_ROOT_INDEX(root));
    if (CNIPOL_ROOT_KIND(root) != CNIPOL_ROOT_ABSENT)
        np_json_number(out, o, "list", ((const uint32_t *)table_of(image, cp->lists))[i]);
    add_number(out, o, "class", class, CNIPOL_PEER_UNCLASSED);
    return o;
}

/* Leaves, in runs. */
static struct json_object *line_row(struct np_out *out, const struct cnipol_image *image, uint32_t checkpoint, uint32_t i)
{
    const struct cnipol_image_view *view = np_image_view(image);
    const uint8_t *line = (const uint8_t *)table_of(image, view->checkpoints[checkpoint].lines) + ((size_t)i << (6 + view->leaf_shift));
    struct json_object *list = np_json_array(out);

    for (uint32_t p = 0, n; p < 64; p += n) {
        uint32_t leaf = view->leaf_shift ? ((const uint16_t *)line)[p] : line[p];
        struct json_object *run = np_json_object(out);

        for (n = 1; p + n < 64 && (view->leaf_shift ? ((const uint16_t *)line)[p + n] : line[p + n]) == leaf;)
            n++;
        np_json_number(out, run, "leaf", leaf);
        np_json_number(out, run, "n", n);
        np_json_push(out, list, run);
    }
    return list;
}

/* Of the view (-1), or of each checkpoint. */
static void text_rows(struct np_out *out, const struct cnipol_image *image, const char *name, int32_t checkpoint, uint32_t n, row_fn *row)
{
    if (checkpoint < 0)
        np_out_fmt(out, "\n%s:\n", name);
    else
        np_out_fmt(out, "\n%s of checkpoint %d:\n", name, checkpoint);
    for (uint32_t i = 0; i < n && !out->status; i++) {
        np_out_fmt(out, "%u ", i);
        np_json_write(out, row(out, image, checkpoint < 0 ? 0 : (uint32_t)checkpoint, i));
        np_out_char(out, '\n', 1);
        np_out_pause(out);
    }
}

static void json_rows(struct np_out *out, const struct cnipol_image *image, const char *name, int32_t checkpoint, uint32_t n, row_fn *row)
{
    if (checkpoint <= 0)
        np_out_fmt(out, ",\n\"%s\":%s", name, checkpoint < 0 ? "[" : "[\n[");
    else
        np_out_text(out, ",\n[");
    for (uint32_t i = 0; i < n && !out->status; i++) {
        np_out_text(out, i ? ",\n" : "\n");
        np_json_write(out, row(out, image, checkpoint < 0 ? 0 : (uint32_t)checkpoint, i));
        np_out_pause(out);
    }
    np_out_text(out, "]");
    if (checkpoint >= 0 && checkpoint + 1 == (int32_t)np_image_view(image)->n_checkpoints)
        np_out_text(out, "]");
}

typedef void rows_fn(struct np_out *out, const struct cnipol_image *image, const char *name, int32_t checkpoint, uint32_t n, row_fn *row);

static void each_table(struct np_out *out, const struct cnipol_image *image, rows_fn *rows)
{
    const struct cnipol_image_view *view = np_image_view(image);

    rows(out, image, "leaves", -1, view->n_leaves, leaf_row);
    rows(out, image, "cells", -1, view->n_cells, cell_row);
    rows(out, image, "lists", -1, view->n_lists, list_row);
    rows(out, image, "sets", -1, view->n_sets, set_row);
    for (int32_t i = 0; i < view->n_checkpoints; i++)
        rows(out, image, "ids", i, view->n_ids, id_row);
    for (int32_t i = 0; i < view->n_checkpoints; i++)
        rows(out, image, "lines", i, view->checkpoints[i].n_lines, line_row);
}

void np_image_rows_text(struct np_out *out, const struct cnipol_image *image)
{
    each_table(out, image, text_rows);
}

void np_image_rows_json(struct np_out *out, const struct cnipol_image *image)
{
    each_table(out, image, json_rows);
}
