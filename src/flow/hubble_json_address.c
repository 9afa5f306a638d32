/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses in Hubble's JSON: see hubble_address.c. */

#include "flow/hubble_address.h"
#include "flow/hubble_json.h"

struct np_place np_hubble_read_address(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    const char *start = at.p;
    struct np_json_text text = {NULL, 0};

    at = np_hubble_text(h, at, &text);
    if (!at.p)
        return at;
    if (text.n && !np_hubble_is_address(text.s, text.n))
        return np_json_bad_field(&h->json, start, "this is no address");
    np_hubble_store_text(base + row->offset, text);
    return at;
}
