/* SPDX-License-Identifier: BSD-2-Clause */
/* Looking up peer ids: see peers.h. */

#include "reference/peers.h"

uint32_t np_peers_of_end(const struct np_peers *peers, uint32_t end, const struct np_ip *ips, const struct np_ip *ip)
{
    const uint32_t *ids = peers->ids + peers->first[end];
    uint32_t n = peers->first[end + 1] - peers->first[end] - 1;

    for (uint32_t i = 0; i < n; i++)
        if (np_ip_eq(&ips[i], ip))
            return ids[i];
    return ids[n];
}

uint32_t np_peers_of_address(const struct np_peers *peers, const struct np_ip *ip)
{
    const struct np_peer_atom *atoms = ip->family == 4 ? peers->v4 : peers->v6;
    uint32_t lo = 0, hi = ip->family == 4 ? peers->n_v4 : ip->family == 6 ? peers->n_v6 : 0;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;

        if (np_ip_cmp(&atoms[mid].first, ip) <= 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo ? atoms[lo - 1].peer : NP_NONE;
}
