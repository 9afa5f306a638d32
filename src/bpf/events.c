/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets that did not pass, from the ring that the programs write to. The ring outlives loads, as its map does. */
#include "bpf/object.h"

#include <errno.h>

static int tell_one(void *context, void *data, size_t n)
{
    const struct cnipol_bpf *bpf = context;

    return n < sizeof(struct cnipol_bpf_event) ? 0 : bpf->tell(bpf->tell_user, data);
}

int cnipol_bpf_events(struct cnipol_bpf *bpf, int (*tell)(void *user, const struct cnipol_bpf_event *event), void *user,
                      int32_t milliseconds, uint32_t *told)
{
    int n;

    if (!(bpf->opts.flags & CNIPOL_BPF_EVENTS) || !tell)
        return CNIPOL_E_USAGE;
    if (!bpf->events)
        bpf->events = ring_buffer__new(np_load_map_fd(&bpf->load, "np_events"), tell_one, bpf, NULL);
    if (!bpf->events)
        return CNIPOL_E_SYSTEM;
    bpf->tell = tell;
    bpf->tell_user = user;
    n = ring_buffer__poll(bpf->events, milliseconds);
    if (n < 0 && n != -EINTR) {
        errno = -n;
        return CNIPOL_E_SYSTEM;
    }
    if (told)
        *told = n < 0 ? 0 : (uint32_t)n;
    return CNIPOL_OK;
}
