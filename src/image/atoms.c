/* SPDX-License-Identifier: BSD-2-Clause */
/* Pairs of points and of variants: see atoms.h. */

#include "image/atoms.h"

#include <string.h>

#include <cnipol/eval_core.h>

void np_tuples_init(struct np_tuples *tuples, struct np_mem *mem)
{
    *tuples = (struct np_tuples){.mem = mem};
    np_hmap_init(&tuples->map, mem);
}

void np_tuples_free(struct np_tuples *tuples)
{
    np_hmap_free(&tuples->map);
    np_free(tuples->mem, tuples->rows, tuples->cap * sizeof *tuples->rows);
}

static bool tuple_is(const void *ctx, const void *key, uint32_t value)
{
    const struct np_tuples *tuples = ctx;

    return memcmp(tuples->rows[value].of, key, sizeof tuples->rows[value].of) == 0;
}

uint32_t np_tuples_add(struct np_tuples *tuples, const uint32_t of[NP_TUPLE])
{
    uint64_t hash = np_hash(of, sizeof tuples->rows[0].of);
    uint32_t found = np_hmap_get(&tuples->map, hash, tuple_is, tuples, of);
    void *grown;

    if (found != NP_NONE)
        return found;
    grown = np_grow(tuples->mem, tuples->rows, &tuples->cap, tuples->n + 1, sizeof *tuples->rows);
    if (!grown)
        return NP_NONE;
    tuples->rows = grown;
    tuples->rows[tuples->n] = (struct np_tuple){{of[0], of[1], of[2], of[3]}, 0};
    if (np_hmap_put(&tuples->map, hash, tuples->n))
        return NP_NONE;
    return tuples->n++;
}

/* The pair's question, where it is a new one. */
static int add_pair(struct np_tuples *pairs, uint32_t a, uint32_t b, const struct cnipol_key *key, struct cnipol_key **keys, uint32_t *cap)
{
    const uint32_t row[NP_TUPLE] = {a, b, 0, 0};
    uint32_t before = pairs->n;
    void *grown;

    if (np_tuples_add(pairs, row) == NP_NONE)
        return CNIPOL_E_NOMEM;
    if (pairs->n == before)
        return CNIPOL_OK;
    grown = np_grow(pairs->mem, *keys, cap, pairs->n, sizeof **keys);
    if (!grown)
        return CNIPOL_E_NOMEM;
    *keys = grown;
    (*keys)[before] = *key;
    return CNIPOL_OK;
}

static int add_point(struct np_atoms_l4 *atoms, const struct cnipol_key *key)
{
    const struct cnipol_image *a = atoms->images[0], *b = atoms->images[1];

    return add_pair(&atoms->points, cnipol_point(a->bytes, a->view, key), cnipol_point(b->bytes, b->view, key), key, &atoms->point_keys,
                    &atoms->cap_points);
}

static int add_ports(struct np_atoms_l4 *atoms, struct cnipol_key key)
{
    int rc = add_point(atoms, &key);

    for (uint32_t port = 1; port < 65536 && !rc; port++) {
        key.destination_port = (uint16_t)port;
        rc = add_point(atoms, &key);
    }
    key.destination_port = 0;
    key.flags = CNIPOL_KEY_PORT_UNKNOWN;
    if (!rc)
        rc = add_point(atoms, &key);
    key.flags = CNIPOL_KEY_FRAGMENT;
    return rc ? rc : add_point(atoms, &key);
}

static int add_icmp(struct np_atoms_l4 *atoms, struct cnipol_key key)
{
    int rc = add_point(atoms, &key);

    key.flags = CNIPOL_KEY_ICMP;
    for (uint32_t i = 0; i < 65536 && !rc; i++) {
        key.icmp_type = (uint8_t)(i >> 8);
        key.icmp_code = (uint8_t)i;
        rc = add_point(atoms, &key);
    }
    return rc;
}

static uint32_t kind_of(const struct cnipol_image *image, uint32_t protocol)
{
    const struct cnipol_image_protocol *rows = (const struct cnipol_image_protocol *)(image->bytes + np_image_view(image)->protocols);

    return rows[protocol].kind;
}

static int add_points(struct np_atoms_l4 *atoms)
{
    int rc = CNIPOL_OK;

    for (uint32_t protocol = 1; protocol < 256 && !rc; protocol++) {
        uint32_t a = kind_of(atoms->images[0], protocol), b = kind_of(atoms->images[1], protocol);
        struct cnipol_key key = {.protocol = (uint8_t)protocol};

        rc = add_point(atoms, &key);
        if (!rc && (a == CNIPOL_L4_PORTS || b == CNIPOL_L4_PORTS))
            rc = add_ports(atoms, key);
        if (!rc && (a == CNIPOL_L4_ICMP || b == CNIPOL_L4_ICMP))
            rc = add_icmp(atoms, key);
    }
    return rc;
}

static int add_variant(struct np_atoms_l4 *atoms, const struct cnipol_key *key)
{
    const struct cnipol_image *a = atoms->images[0], *b = atoms->images[1];

    return add_pair(&atoms->variants, cnipol_variant(a->bytes, a->view, key), cnipol_variant(b->bytes, b->view, key), key,
                    &atoms->variant_keys, &atoms->cap_variants);
}

/* With one relation and state: which source ports make a difference. */
static int add_source_ports(struct np_atoms_l4 *atoms)
{
    struct cnipol_key key = {.protocol = 6};
    uint32_t last =
        np_image_view(atoms->images[0])->n_source_classes > 1 || np_image_view(atoms->images[1])->n_source_classes > 1 ? 65535 : 0;
    int rc = CNIPOL_OK;

    for (uint32_t port = 0; port <= last && !rc; port++) {
        key.source_port = (uint16_t)port;
        rc = add_variant(atoms, &key);
    }
    return rc;
}

static int add_variants(struct np_atoms_l4 *atoms)
{
    int rc = add_source_ports(atoms);
    uint32_t n = atoms->variants.n;

    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 1; k < CNIPOL_IMAGE_RELATIONS * CNIPOL_IMAGE_STATES && !rc; k++) {
            struct cnipol_key key = atoms->variant_keys[i];

            key.relations = k % CNIPOL_IMAGE_RELATIONS;
            key.state = (uint8_t)(k / CNIPOL_IMAGE_RELATIONS);
            rc = add_variant(atoms, &key);
        }
    return rc;
}

int np_atoms_l4_build(struct np_mem *mem, const struct cnipol_image *a, const struct cnipol_image *b, struct np_atoms_l4 *out)
{
    int rc;

    *out = (struct np_atoms_l4){.images = {a, b}};
    np_tuples_init(&out->points, mem);
    np_tuples_init(&out->variants, mem);
    rc = add_points(out);
    return rc ? rc : add_variants(out);
}

void np_atoms_l4_free(struct np_atoms_l4 *atoms)
{
    struct np_mem *mem = atoms->points.mem;

    np_free(mem, atoms->point_keys, atoms->cap_points * sizeof *atoms->point_keys);
    np_free(mem, atoms->variant_keys, atoms->cap_variants * sizeof *atoms->variant_keys);
    np_tuples_free(&atoms->points);
    np_tuples_free(&atoms->variants);
}

struct cnipol_key np_atoms_l4_key(const struct np_atoms_l4 *atoms, uint32_t point, uint32_t variant)
{
    struct cnipol_key key = atoms->point_keys[point];
    const struct cnipol_key *of = &atoms->variant_keys[variant];

    key.source_port = of->source_port;
    key.relations = of->relations;
    key.state = of->state;
    return key;
}
