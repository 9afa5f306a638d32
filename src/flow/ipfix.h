/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_IPFIX_H
#define NP_FLOW_IPFIX_H

/*
 * IPFIX: templates, and data that waits for them.
 *
 *     (domain, id) ──→ slot ──→ plan: a step for each field, neighbours that say nothing merged into one
 *                       └─────→ data sets that came before the template, oldest first
 *
 * A template is compiled when it comes: a step says how many bytes (or that the length is in the data), how they are read, and into
 * which slot of the record. What nobody wants is a step over bytes. A slot, once made, stays until the stream is another one; a
 * withdrawn template is a slot without a plan.
 *
 * The slots of a domain that were ever of data hang on the slot of number 2, those of options on that of 3, so that withdrawing all
 * templates costs no more than making them did.
 *
 * Bounds: plans, slots and waiting data share np_ipfix_room bytes; what does not fit is a flaw.
 */

#include "flow/antrea.h"

enum np_ipfix_op {
    NP_IPFIX_SKIP,
    NP_IPFIX_NUMBER,  /* at most as wide as its type */
    NP_IPFIX_CHECKED, /* a time, or a number whose width says nothing of its size */
    NP_IPFIX_TEXT,
    NP_IPFIX_IP4,
    NP_IPFIX_IP6
};

#define NP_IPFIX_VARIABLE 65535u

struct np_ipfix_step {
    uint16_t length;
    uint8_t op;
    uint8_t slot;
    uint8_t element; /* of the table of elements */
    uint8_t reserved;
};

enum { NP_IPFIX_ROOM = 4 << 20 };

/* A data set that waits. */
struct np_ipfix_waiting {
    struct np_ipfix_waiting *next;
    uint32_t slot;
    uint32_t size;
    uint8_t bytes[];
};

enum np_ipfix_state { NP_IPFIX_UNKNOWN, NP_IPFIX_DATA, NP_IPFIX_OPTIONS };

struct np_ipfix_slot {
    uint32_t domain;
    uint16_t id;
    uint8_t state; /* enum np_ipfix_state */
    uint8_t reserved;
    uint32_t n, cap; /* steps */
    uint32_t min;    /* bytes of the shortest record */
    uint32_t n_waiting;
    uint32_t next[2]; /* of the domain's templates that were ever of data, or of options; NP_NONE: the last */
    bool listed[2];
    struct np_ipfix_step *steps;
    struct np_ipfix_waiting *first, *last;
};

struct np_ipfix_templates {
    struct np_mem *mem;
    struct np_hmap map;
    struct np_ipfix_slot *slots;
    uint32_t n, cap;
    uint32_t last; /* found */
    size_t used;   /* of the room */
};

void np_ipfix_templates_init(struct np_ipfix_templates *templates, struct np_mem *mem);
void np_ipfix_templates_free(struct np_ipfix_templates *templates);
/* The slot's number; made if it is not there. NP_NONE: no memory, or no room (then *full is true). */
uint32_t np_ipfix_slot_of(struct np_ipfix_templates *templates, uint32_t domain, uint16_t id, bool *full);
/* Room for `n` steps in the slot, whose plan is dropped. 0, CNIPOL_E_NOMEM, CNIPOL_E_LIMIT. */
int np_ipfix_slot_clear(struct np_ipfix_templates *templates, uint32_t slot, uint32_t n);
/* Forgets all templates of a domain, of data or of options. 0, CNIPOL_E_NOMEM, CNIPOL_E_LIMIT. */
int np_ipfix_withdraw_all(struct np_ipfix_templates *templates, uint32_t domain, enum np_ipfix_state state);
/* Puts the slot, which is of that state, on its domain's list. Likewise. */
int np_ipfix_slot_list(struct np_ipfix_templates *templates, uint32_t slot, enum np_ipfix_state state);
/* Keeps a copy of a data set. 0, CNIPOL_E_NOMEM, CNIPOL_E_LIMIT. */
int np_ipfix_wait(struct np_ipfix_templates *templates, uint32_t slot, const uint8_t *bytes, uint32_t size);
void np_ipfix_waiting_free(struct np_ipfix_templates *templates, struct np_ipfix_waiting *waiting);

/*
 * Compiles the template record at `at` of the frame, which ends at `end`, and takes it over. *next: where the record ends. *slot: what
 * it is for; NP_NONE: a withdrawal, or padding. 0, np_flaw(), CNIPOL_E_NOMEM.
 */
int np_ipfix_template(struct np_flow_run *run, struct np_ipfix_templates *templates, uint32_t domain, bool options, size_t at, size_t end,
                      size_t *next, uint32_t *slot);

static inline uint32_t np_ipfix_u16(const char *p)
{
    return (uint32_t)(unsigned char)p[0] << 8 | (unsigned char)p[1];
}

static inline uint32_t np_ipfix_u32(const char *p)
{
    return np_ipfix_u16(p) << 16 | np_ipfix_u16(p + 2);
}

#endif
