/* SPDX-License-Identifier: BSD-2-Clause */
/* Expressions: to come. */
#include "flow/filter.h"
int np_test_expression(struct np_filter_job *job, const struct np_spec_list *values, struct np_test *out)
{
    (void)out;
    return np_filter_wrong(job, NP_FILTER_UNSUPPORTED, values->items[0].flag, values->items[0].text, 0, values->items[0].text.n, "expressions are not supported yet");
}
