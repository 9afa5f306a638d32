/* SPDX-License-Identifier: BSD-2-Clause */
/* Resolving selections in an empty cluster: who is there is selected, sets made by hand stay. */

#include "../base/testing.h"

#include <cnipol/ctx.h>

#include "inventory/inventory.h"
#include "resolve/resolve.h"

static void test_sets_made_by_hand_stay(void **state)
{
    static const struct np_range ranges[] = {{2, 5}};
    const struct np_set by_hand = {.yes = ranges, .n_yes = 1};
    const struct np_inventory_opts opts = {0};
    const struct np_selector everything = {.n = 0};
    struct np_inventory *inventory;
    struct np_view *view;
    struct np_machine machine;
    struct cnipol_ctx *ctx;
    np_atom nowhere;

    (void)state;
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), 0);
    assert_int_equal(np_inventory_new(ctx, &inventory), 0);
    assert_int_equal(np_inventory_seal(inventory, &opts, &view), 0);
    nowhere = np_atoms_add(&ctx->atoms, NP_STR("nowhere"));
    np_machine_init(&machine, &ctx->mem, "test");
    assert_int_equal(np_machine_add_set(&machine, &by_hand), 0);
    assert_int_equal(np_machine_select(&machine, &(struct np_selection){.kind = NP_SELECT_PODS}), 1);
    assert_int_equal(np_machine_select(&machine, &(struct np_selection){.kind = NP_SELECT_NAMESPACE, .ns = nowhere, .pods = &everything}),
                     2);
    assert_int_equal(np_resolve_selections(&machine, view), 0);
    assert_int_equal(np_set_has(&machine.sets[0], 3), NP_YES);
    assert_int_equal(np_set_has(&machine.sets[1], 3), NP_NO);
    assert_int_equal(np_set_has(&machine.sets[2], 3), NP_NO);
    np_machine_free(&machine);
    np_view_free(view);
    np_inventory_free(inventory);
    cnipol_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sets_made_by_hand_stay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
