/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_INVENTORY_TESTING_H
#define TESTS_INVENTORY_TESTING_H

/*
 * A cluster from YAML text, and the sealed view as text, so that a test is a row: what is written, what
 * is seen.
 *
 *     namespace   x {team=x}                 x? {}        (the name label is left out; ?: labels partly known)
 *     pod         x/a 10.0.1.1 {app=a} web=80/TCP node=n1 sa=bot of=Deployment/web (virtual)
 *     node        n1 172.18.0.2 {}
 *     service     x/s 10.96.0.10 external 198.51.100.1 web:80/TCP -> node#30080 10.0.1.1#8080
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "inventory/inventory.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

struct world {
    struct cnipol_ctx *ctx;
    struct np_inventory *inv;
    struct np_view *view;
};

enum what { NAMESPACES = 1, PODS = 2, NODES = 4, SERVICES = 8, DIAGS = 16 };

struct row {
    const char *name;
    const char *yaml;
    const char *expect; /* a line each, in the order of the view */
    struct np_inventory_opts opts;
};

/* 0, or the status that ended it; *world must be closed in any case. */
int world_open(struct world *world, const struct cnipol_alloc *alloc, const char *yaml, size_t size, const struct np_inventory_opts *opts);
/* Another view in place of the one that is there, which stays if this fails. */
int world_seal(struct world *world, const struct np_inventory_opts *opts);
void world_close(struct world *world);
/* The text of a view; free() it. */
char *world_text(const struct world *world, unsigned what);
/* Rows, what of the view they are about, and how many. */
struct table {
    const struct row *rows;
    size_t n;
    unsigned what;
};

/* Runs every row of the tables as a test case, then the cases; returns the number of failures. */
int run_tables(const char *name, const struct table *tables, size_t n_tables, const struct CMUnitTest *cases, size_t n_cases);
np_atom world_atom(const struct world *world, const char *text);

#endif
