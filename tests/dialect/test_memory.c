/* SPDX-License-Identifier: BSD-2-Clause */
/* Out of memory at each allocation in turn: the object is not taken, and nothing leaks. */

#include "testing.h"

#include <stdlib.h>

struct budget {
    size_t left; /* allocations until the failure */
    size_t live; /* blocks */
};

static void *spend(void *user, size_t size)
{
    struct budget *budget = user;

    if (budget->left == 0)
        return NULL;
    budget->left--;
    budget->live++;
    return malloc(size);
}

static void *respend(void *user, void *block, size_t old_size, size_t new_size)
{
    struct budget *budget = user;

    (void)old_size;
    if (budget->left == 0)
        return NULL;
    budget->left--;
    return realloc(block, new_size);
}

static void give_back(void *user, void *block, size_t size)
{
    (void)size;
    ((struct budget *)user)->live--;
    free(block);
}

/* True once the text was taken, or refused, with all the memory that it wanted. */
static bool try_with(size_t allocations, const char *text, enum np_mode mode)
{
    struct budget budget = {.left = allocations};
    struct cnipol_alloc alloc = {spend, respend, give_back, &budget};
    struct taking t;
    int status = taking_begin(&t, &alloc, mode, NP_CHANNEL_EXPERIMENTAL);

    if (status == CNIPOL_OK) {
        status = taking_text(&t, text);
        taking_end(&t);
    }
    assert_int_equal(budget.live, 0);
    if (status != CNIPOL_OK)
        assert_int_equal(status, CNIPOL_E_NOMEM);
    return status == CNIPOL_OK;
}

static void sweep(const char *text, enum np_mode mode)
{
    size_t n = 0;

    while (n < 100000 && !try_with(n, text, mode))
        n++;
    assert_in_range(n, 1, 99999);
}

static const char *const texts[] = {
    NETPOL("podSelector: {matchLabels: {a: b}}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}, "
           "{namespaceSelector: {}}], "
           "ports: [{port: web}, {port: 1, endPort: 2}]}]"),
    NETPOL("podSelecter: {}, ingress: [{from: [{}], ports: [{port: 0}]}], ingress: [{from: [{podSelector: {matchLabels: {'a b': c}}}]}]"),
    NETPOL("podSelector: {matchLabels: {a: 1}}"),
    CNP("egress: [{name: r, action: Deny, to: [{networks: [10.0.0.0/8]}, {domainNames: [a.b]}], protocols: [{tcp: {destinationPort: "
        "{number: 1}}}]}]"),
    CNP("egress: [{name: r, action: Allow, to: [{galaxies: []}], protocols: []}]"),
    "{apiVersion: extensions/v1beta1, kind: NetworkPolicy}",
};

static void test_sweep(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++)
        for (int mode = NP_MODE_STRICT; mode <= NP_MODE_STORED; mode++)
            sweep(texts[i], (enum np_mode)mode);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sweep)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
