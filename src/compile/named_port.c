/* SPDX-License-Identifier: BSD-2-Clause */
/* Named ports: see named_port.h. */

#include "compile/named_port.h"

#include <stdlib.h>

#include <cnipol/status.h>

/* Who has which port behind the name. */
struct holder {
    uint32_t port;
    uint32_t id;
};

/* The port behind the name and protocol among an id's ports; 0: none. */
static uint32_t named_port(const struct np_space *space, uint32_t id, np_atom name, uint8_t protocol)
{
    uint32_t n;
    const uint32_t *ports = np_interned(&space->ports, space->ids[id].ports, &n);

    for (uint32_t i = 0; i + 2 < n; i += 3)
        if (ports[i] == name && ports[i + 1] == protocol)
            return ports[i + 2];
    return 0;
}

static int by_port(const void *x, const void *y)
{
    const struct holder *a = x, *b = y;

    if (a->port != b->port)
        return a->port < b->port ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

/* The ids of one port; both ascend. */
static uint32_t set_of(struct np_cells *cells, const struct holder *holders, uint32_t n)
{
    np_idset_begin(cells->idsets);
    for (uint32_t i = 0; i < n; i++)
        if (!np_idset_from(cells->idsets, holders[i].id, NP_YES) ||
            (holders[i].id + 1 < cells->space->n_ids && !np_idset_from(cells->idsets, holders[i].id + 1, NP_NO)))
            return NP_NONE;
    return np_idset_end(cells->idsets);
}

static int add_pairs(struct np_cells *cells, const struct holder *holders, uint32_t n)
{
    for (uint32_t i = 0, end; i < n; i = end) {
        uint32_t set;

        for (end = i + 1; end < n && holders[end].port == holders[i].port;)
            end++;
        set = set_of(cells, holders + i, end - i);
        if (set == NP_NONE || !np_words_push(&cells->port_pairs, cells->mem, holders[i].port) ||
            !np_words_push(&cells->port_pairs, cells->mem, set))
            return CNIPOL_E_NOMEM;
    }
    return np_words_push(&cells->port_first, cells->mem, cells->port_pairs.n) ? CNIPOL_OK : CNIPOL_E_NOMEM;
}

static int find(struct np_cells *cells, np_atom name, uint8_t protocol)
{
    uint32_t n = cells->space->n_ids;
    struct holder *holders = np_alloc(cells->mem, (n + 1u) * sizeof *holders);
    int rc = holders ? CNIPOL_OK : CNIPOL_E_NOMEM;

    for (uint32_t id = 0; id < n && !rc; id++)
        holders[id] = (struct holder){named_port(cells->space, id, name, protocol), id};
    if (!rc && n)
        qsort(holders, n, sizeof *holders, by_port);
    if (!rc)
        rc = add_pairs(cells, holders, n);
    np_free(cells->mem, holders, (n + 1u) * sizeof *holders);
    return rc;
}

int np_named_ports(struct np_cells *cells, np_atom name, uint8_t protocol, const uint32_t **pairs, uint32_t *n)
{
    const uint32_t key[] = {name, protocol};
    uint32_t number = np_intern(&cells->port_names, key, 2);
    int rc = number == NP_NONE ? CNIPOL_E_NOMEM : CNIPOL_OK;

    if (!rc && !cells->port_first.n && !np_words_push(&cells->port_first, cells->mem, 0))
        rc = CNIPOL_E_NOMEM;
    if (!rc && number + 1 >= cells->port_first.n)
        rc = find(cells, name, protocol);
    if (rc)
        return rc;
    *pairs = cells->port_pairs.items + cells->port_first.items[number];
    *n = (cells->port_first.items[number + 1] - cells->port_first.items[number]) / 2;
    return CNIPOL_OK;
}
