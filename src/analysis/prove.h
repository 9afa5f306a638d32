/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_ANALYSIS_PROVE_H
#define NP_ANALYSIS_PROVE_H

/*
 * Proving an image: what the parts share (include/cnipol/prove.h).
 *
 *   terms    all terms of the machine, each once, with the roles in which it is looked at   (prove_terms.c)
 *   atoms    L4 questions, cut at the terms' borders                                        (prove_atoms.c)
 *   members  ends at their addresses, address ranges; who shares an id is alike             (prove_members.c)
 *   classes  ids that neither the image's bytes nor the terms tell apart                    (prove_classes.c)
 *   pairs    asked and compared                                                             (prove_pairs.c)
 *
 * Nothing here calls the compiler: of its work only the image's bytes and hash-consing are used.
 */

#include <cnipol/prove.h>

#include "compile/intern.h"
#include "image/image.h"
#include "reference/model.h"

/* Roles in which a term is looked at: bit 2 * direction, plus one for the end that is not the subject. */
#define NP_ROLE_SUBJECT(direction) (1u << (2 * (direction)))
#define NP_ROLE_OTHER(direction) (2u << (2 * (direction)))
#define NP_ROLE_ALL 15u

/* A term about ends. */
struct np_prove_term {
    struct np_term term;
    uint32_t roles;
};

/* The L4 part of a question. */
struct np_prove_point {
    uint8_t protocol;
    uint8_t flags; /* enum cnipol_key_flag */
    uint8_t icmp_type, icmp_code;
    uint16_t port;
};

struct np_prove_variant {
    uint8_t relations;
    uint8_t state;
    uint16_t source_port;
};

struct np_prove_atoms {
    struct np_prove_point *points;
    uint32_t n_points, cap_points;
    struct np_prove_variant *variants; /* that terms look at: asked of every point */
    uint32_t n_variants, cap_variants;
    struct np_prove_variant *others; /* that none looks at: asked of the first points of protocols */
    uint32_t n_others, cap_others;
    uint32_t relations; /* bits that terms look at */
};

/* An end at an address, or a range of addresses that nobody owns. */
struct np_prove_member {
    struct np_fact_end fact;
    struct cnipol_end end;
    uint32_t id; /* that the image gave it */
};

struct np_prove {
    struct cnipol_ctx *ctx;
    struct np_mem *mem;
    const struct cnipol_model *model;
    const struct np_machine *machine;
    const struct cnipol_image *image;
    const struct np_peers *peers; /* ids, as the image's directory has them */
    struct cnipol_model *read;    /* from the image; NULL where peers were given */
    struct cnipol_prove_opts opts;
    struct cnipol_proof *proof;
    uint32_t node; /* of the slice; NP_NONE */
    struct np_prove_term *terms;
    uint32_t n_terms, cap_terms;
    struct np_prove_atoms atoms;
    struct np_prove_member *members;
    uint32_t n_members, cap_members;
    uint32_t *first; /* by id: its first member; NP_NONE: nobody has it */
    bool *wanted;    /* by id: subjects of the slice; NULL: all */
    uint32_t n_ids;
    bool only_named;
    uint32_t unnamed; /* differences that were passed over */
    uint64_t told;    /* questions at the last call of progress */
};

struct np_prove_how {
    const struct np_peers *peers; /* ids that an image without a directory was compiled with; NULL: they are read from it */
    bool only_named;              /* differences that a test case cannot ask about are passed over */
};

/* cnipol_prove(), in some way. */
int np_prove_by(struct cnipol_ctx *ctx, const struct cnipol_model *model, const struct cnipol_image *image,
                const struct cnipol_prove_opts *opts, const struct np_prove_how *how, struct cnipol_proof *out);
/* CNIPOL_OK or CNIPOL_E_USAGE. `given` NULL: defaults. */
int np_prove_take_opts(const struct cnipol_prove_opts *given, struct cnipol_prove_opts *out);

int np_prove_terms(struct np_prove *p);
int np_prove_atoms(struct np_prove *p);
int np_prove_members(struct np_prove *p);
/* What the terms in these roles say about a member, as a number of `table`. NP_NONE: out of memory. */
uint32_t np_prove_signature(const struct np_prove *p, const struct np_prove_member *member, uint32_t roles, struct np_intern *table);
/* Representatives, ascending, of ids that are the same in these roles. */
int np_prove_classes(struct np_prove *p, uint32_t roles, struct np_words *out);
int np_prove_pairs(struct np_prove *p);

/* All atoms' number. */
uint32_t np_prove_n_atoms(const struct np_prove_atoms *atoms);
/* Facts and key of a pair, still without L4. */
void np_prove_ends(const struct np_prove *p, uint32_t source, uint32_t destination, struct np_facts *facts, struct cnipol_key *key);
/* The i-th atom, in facts and key. */
void np_prove_atom(const struct np_prove_atoms *atoms, uint32_t i, struct np_facts *facts, struct cnipol_key *key);
/* A difference about this key becomes a question by name, where there is one. */
void np_prove_name(struct np_prove *p);
void np_prove_print_end(const struct np_prove *p, const struct cnipol_end *end, char *out);

/* Calls for each predicate of the machine, with the end that it is asked of. */
typedef int np_prove_pred_fn(void *user, const struct np_pred *pred, const struct np_checkpoint *checkpoint, enum np_end_role end);
int np_prove_each_pred(const struct np_machine *machine, np_prove_pred_fn *fn, void *user);

#endif
