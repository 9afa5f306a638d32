/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Releases of Cilium, as far as their monitors' events differ.
 *
 * Sources: cilium/cilium v1.16.8 to v1.20.2 bpf/lib/{drop,trace,policy_log,dbg,trace_sock}.h, pkg/monitor/datapath_*.go.
 */

#include "flow/monitor.h"

/* Oldest first; a release that is newer than all of them is taken for the newest. */
static const struct np_release releases[] = {
    {.minor = 16,
     .drop_newest = 0,
     .trace_newest = 1,
     .verdict_size = 32,
     .sock_size = 38,
     .is_wide = true,
     .has_no_drop_version = true,
     .has_overlay_reason = true},
    {.minor = 17,
     .drop_newest = 1,
     .trace_newest = 1,
     .verdict_size = 32,
     .sock_size = 38,
     .is_wide = true,
     .has_overlay_reason = true},
    {.minor = 18,
     .drop_newest = 2,
     .trace_newest = 1,
     .verdict_size = 32,
     .sock_size = 38,
     .has_packet_flags = true,
     .has_verdict_l3 = true,
     .has_overlay_reason = true},
    {.minor = 19,
     .drop_newest = 3,
     .trace_newest = 2,
     .verdict_size = 40,
     .sock_size = 40,
     .has_packet_flags = true,
     .has_verdict_l3 = true,
     .has_routing = true},
    {.minor = 20,
     .drop_newest = 3,
     .trace_newest = 2,
     .verdict_size = 40,
     .sock_size = 40,
     .has_packet_flags = true,
     .has_verdict_l3 = true,
     .has_routing = true,
     .has_sctp_chunk = true,
     .keeps_mapped = true},
};
static const struct np_release any_release = {.drop_newest = 3,
                                              .trace_newest = 2,
                                              .has_packet_flags = true,
                                              .has_verdict_l3 = true,
                                              .has_sctp_chunk = true,
                                              .has_overlay_reason = true,
                                              .keeps_mapped = true};

/* "1.18", "v1.18.6", "1.20.0-dev". False: no version. */
static bool parse_version(const char *text, unsigned *minor, int *patch)
{
    const char *p = text + (*text == 'v');
    unsigned long numbers[3] = {0, 0, 0};
    int n = 0;

    for (; n < 3 && *p >= '0' && *p <= '9'; n++) {
        for (; *p >= '0' && *p <= '9'; p++)
            if (numbers[n] < 10000)
                numbers[n] = numbers[n] * 10 + (unsigned long)(*p - '0');
        if (*p != '.')
            n += 100;
        else
            p++;
    }
    if (n < 101 + 1 || numbers[0] != 1 || (*p && *p != '-' && *p != '+'))
        return false;
    *minor = (unsigned)numbers[1];
    *patch = n >= 103 ? (int)numbers[2] : -1;
    return true;
}

bool np_release_find(const char *version, struct np_release *out)
{
    const size_t n = sizeof releases / sizeof *releases;
    unsigned minor;
    int patch;

    *out = any_release;
    if (!version || !*version)
        return true;
    if (!parse_version(version, &minor, &patch) || minor < releases[0].minor)
        return false;
    *out = releases[minor - releases[0].minor < n ? minor - releases[0].minor : n - 1];
    if (minor == 18 && patch >= 0 && patch < 6)
        out->has_verdict_l3 = false;
    return true;
}
