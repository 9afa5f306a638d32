/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_COMPILE_SPACE_H
#define NP_COMPILE_SPACE_H

/*
 * Peer ids: a dense number for all ends and addresses that no predicate of the machine can tell apart.
 *
 * What can be told apart: membership in each of the machine's sets; which prefix lists hold the address (its
 * atom), or that there is no address; the ports behind the names that rules mention; and whether policies can
 * select the end at all. Ids are given in the order of first appearance: pods as in the view, each with its
 * addresses in order, then nodes, then the atoms of addresses that nobody owns, IPv4 first. So what a set of ends
 * is as ranges it is as ranges of ids. What is neither an end nor an address has no id, and an end that has
 * addresses none without.
 *
 * Host-network pods under `host-network: as-node` have no ids of their own: they are asked as their node.
 */

#include "compile/idset.h"
#include "compile/sweep.h"
#include "reference/model.h"

__extension__ typedef unsigned __int128 np_u128;

/* Addresses from `from` to the next atom's: the same prefix lists hold them. */
struct np_atom_range {
    np_u128 from;
    uint32_t lists; /* which: a number of space.lists */
    uint32_t id;    /* of an address here that nobody owns */
};

struct np_space_entry {
    struct np_ip ip; /* family 0: an end without addresses */
    uint32_t lists;
    uint32_t id;
};

struct np_space_id {
    uint32_t end;    /* the first end with this id; NP_NONE: an address, or nothing */
    uint32_t entry;  /* its entry; NP_NONE for an id without an end */
    uint32_t lists;  /* prefix lists that hold it */
    uint32_t ports;  /* ports behind names: a number of space.ports */
    struct np_ip ip; /* an example; family 0: no address */
    bool is_policed;
};

struct np_space {
    const struct cnipol_model *model;
    struct np_mem *mem;
    uint32_t n_ends;
    uint32_t *set_class;   /* by end that the model was built with: equal where membership in all sets is */
    uint32_t *first_entry; /* by end, n_ends + 1 */
    uint32_t cap_classes, cap_ends;
    struct np_space_entry *entries;
    uint32_t n_entries, cap_entries;
    struct np_atom_range *atoms[2]; /* v4, v6 */
    uint32_t n_atoms[2];
    struct np_space_id *ids;
    uint32_t n_ids, cap_ids;
    uint32_t nobody;              /* the id of who is no end and has no address that is known; NP_NONE: nobody is asked so */
    struct np_words names;        /* of ports that rules mention, ascending */
    struct np_intern memberships; /* distinct lists of sets */
    struct np_intern lists;       /* distinct lists of prefix lists; number 0: none; 1: no address */
    struct np_intern ports;       /* distinct lists of (name, protocol, port) */
    struct np_intern keys;        /* what makes an id; its number is the id */
    uint32_t *sets;               /* by machine set: in idsets */
    uint32_t *prefixes;           /* by machine prefix list: in idsets */
    uint32_t *same_list;          /* by machine prefix list: the first one with the same prefixes, which stands for it */
};

/* CNIPOL_OK, CNIPOL_E_NOMEM, CNIPOL_E_LIMIT: too many ids. On failure the space is to be freed, too. */
int np_space_init(struct np_space *space, const struct cnipol_model *model, struct np_mem *mem, struct np_idsets *idsets);
void np_space_free(struct np_space *space);

/* Adds the names of ports that a machine's rules mention to an ascending list. 0 or CNIPOL_E_NOMEM. */
int np_space_names(const struct np_machine *machine, struct np_mem *mem, struct np_words *names);

/* The ports of a pod behind the names that rules mention: a number of space->ports; NP_NONE: out of memory. */
uint32_t np_space_ports(struct np_space *space, uint32_t pod);
/* One more end, behind all others, with n entries for these addresses that have no ids yet. 0 or CNIPOL_E_NOMEM. */
int np_space_add_end(struct np_space *space, const struct np_ip *ips, uint32_t n);

/* The id of an end with that address (family 0: none); NP_NONE: not one that the space knows. */
uint32_t np_space_peer(const struct np_space *space, uint32_t end, const struct np_ip *ip);

#endif
