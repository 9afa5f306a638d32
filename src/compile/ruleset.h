/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_COMPILE_RULESET_H
#define NP_COMPILE_RULESET_H

/*
 * The second way to evaluate: rule lists by peer id, and the cells and sets that they name, as the image has them.
 *
 * Cells and lists are hash-consed and only ever added to, so a set of rules can grow while what was written of it
 * is read. emit.h has the other sections.
 */

#include "compile/compilation.h"

struct np_ruleset {
    struct np_compilation *c;
    struct np_intern cells;  /* struct cnipol_image_cell */
    struct np_intern lists;  /* items; list 0 leads nowhere */
    struct np_words set_of;  /* by idset: number in the image; NP_NONE: not used */
    struct np_words sets;    /* by number in the image: idset */
    struct np_words spaces;  /* likewise: how many peer ids there were when it was made */
    struct np_words cell_of; /* by cell of the compilation: number in the image; NP_NONE: not written yet */
    struct np_words line, stage;
    uint32_t n_ids;                                    /* peer ids, later ones included */
    struct np_words list_of[CNIPOL_IMAGE_CHECKPOINTS]; /* by peer id; 0: not policed */
};

/* The rule number of a cell that a change added: the image's machine does not have it. */
#define NP_RULE_FOREIGN (NP_NONE - 1)

/* What a stage says to one subject: items of a rule list, in order, and who is governed. */
struct np_stage_items {
    const uint32_t *items;
    uint32_t n;
    uint32_t governed; /* enum np_tri */
};

/* All lists of a compilation. CNIPOL_OK, CNIPOL_E_NOMEM, CNIPOL_E_LIMIT (c->why). To be freed in any case. */
int np_ruleset_init(struct np_ruleset *rules, struct np_compilation *c);
void np_ruleset_free(struct np_ruleset *rules);

/* Cell `number` of the compilation as the image's; NP_NONE: out of memory. */
uint32_t np_ruleset_cell(struct np_ruleset *rules, uint32_t checkpoint, uint32_t stage, uint32_t number);
/* A cell from elsewhere, under a policy number of one's choice. */
uint32_t np_ruleset_add(struct np_ruleset *rules, const struct np_cell *cell, const struct np_box *box, uint32_t stage, uint32_t pass_to,
                        uint32_t policy);
/* The list that has these stages' items, one for each stage of the checkpoint. CNIPOL_E_LIMIT: too long. */
int np_ruleset_list(struct np_ruleset *rules, uint32_t checkpoint, const struct np_stage_items *stages, uint32_t *out);

/* The whole image. CNIPOL_OK, CNIPOL_E_NOMEM, CNIPOL_E_LIMIT (c->why). */
int np_compilation_emit(struct np_compilation *c, struct np_ruleset *rules, const struct cnipol_compile_opts *opts,
                        struct cnipol_image **out);
/* CNIPOL_SECTION_RULES. */
int np_emit_rules(struct np_ruleset *rules, struct np_emission *out, struct cnipol_image_view *view);

#endif
