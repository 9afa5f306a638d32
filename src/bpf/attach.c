/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attaching to tc. A filter has a fixed place at its hook (handle and priority), so attaching again replaces it
 * in one step: an agent that starts anew leaves no gap, and none of its former filters behind.
 */
#include "bpf/object.h"

#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/bpf.h>

#define FILTER_HANDLE 1
#define FILTER_PRIORITY 1

/* Where and what, as libbpf wants to be told: all that is not said is zero, the padding behind the fields, too. */
static void describe(uint32_t ifindex, int32_t hook, struct bpf_tc_hook *at, struct bpf_tc_opts *filter)
{
    memset(at, 0, sizeof *at);
    at->sz = sizeof *at;
    at->ifindex = (int)ifindex;
    at->attach_point = hook == CNIPOL_BPF_TC_INGRESS ? BPF_TC_INGRESS : BPF_TC_EGRESS;
    memset(filter, 0, sizeof *filter);
    filter->sz = sizeof *filter;
    filter->handle = FILTER_HANDLE;
    filter->priority = FILTER_PRIORITY;
}

/* libbpf returns what went wrong; callers of this library find it in errno. */
static int outcome(int error)
{
    if (!error)
        return CNIPOL_OK;
    errno = -error;
    return CNIPOL_E_SYSTEM;
}

/* Do the interface's packets begin with an Ethernet header? 0 or less: no, or errno says why that is not known. */
static int has_ethernet(uint32_t ifindex)
{
    struct ifreq request = {0};
    int fd, result;

    if (!if_indextoname(ifindex, request.ifr_name))
        return -1;
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    result = ioctl(fd, SIOCGIFHWADDR, &request);
    close(fd);
    if (result)
        return -1;
    return request.ifr_hwaddr.sa_family == ARPHRD_ETHER || request.ifr_hwaddr.sa_family == ARPHRD_LOOPBACK;
}

static int attach(const struct np_load *load, const struct np_place *place)
{
    struct bpf_tc_hook at;
    struct bpf_tc_opts filter;
    int error;

    describe(place->ifindex, place->hook, &at, &filter);
    error = bpf_tc_hook_create(&at);
    if (error && error != -EEXIST)
        return outcome(error);
    filter.prog_fd = np_load_judge_fd(load, place->judge);
    filter.flags = BPF_TC_F_REPLACE;
    return outcome(bpf_tc_attach(&at, &filter));
}

int np_places_move(const struct cnipol_bpf *bpf, const struct np_load *to)
{
    for (uint32_t i = 0; i < bpf->n_places; i++) {
        int status = bpf->places[i].ifindex ? attach(to, &bpf->places[i]) : CNIPOL_OK;

        if (status && errno != ENODEV)
            return status;
    }
    return CNIPOL_OK;
}

static struct np_place *place_at(const struct cnipol_bpf *bpf, uint32_t ifindex, int32_t hook)
{
    for (uint32_t i = 0; i < bpf->n_places; i++)
        if (bpf->places[i].ifindex == ifindex && bpf->places[i].hook == hook)
            return &bpf->places[i];
    return NULL;
}

/* Room for one more; a place whose interface is 0 is free. */
static struct np_place *place_add(struct cnipol_bpf *bpf)
{
    size_t size = bpf->n_places * sizeof *bpf->places;
    struct np_place *grown = bpf->places ? bpf->alloc.realloc(bpf->alloc.user, bpf->places, size, size + sizeof *grown)
                                         : bpf->alloc.alloc(bpf->alloc.user, sizeof *grown);

    if (!grown)
        return NULL;
    bpf->places = grown;
    grown[bpf->n_places] = (struct np_place){0};
    return &grown[bpf->n_places++];
}

int cnipol_bpf_attach_tc(struct cnipol_bpf *bpf, uint32_t ifindex, int32_t hook, int32_t judge)
{
    struct np_place wanted = {.ifindex = ifindex, .hook = hook, .judge = judge};
    struct np_place *place = place_at(bpf, ifindex, hook);
    int status, ethernet;

    if (!ifindex || (hook != CNIPOL_BPF_TC_INGRESS && hook != CNIPOL_BPF_TC_EGRESS) || np_load_judge_fd(&bpf->load, judge) < 0)
        return CNIPOL_E_USAGE;
    ethernet = has_ethernet(ifindex);
    if (ethernet <= 0)
        return ethernet ? CNIPOL_E_SYSTEM : CNIPOL_E_USAGE;
    if (!place)
        place = place_at(bpf, 0, 0);
    if (!place)
        place = place_add(bpf);
    if (!place)
        return CNIPOL_E_NOMEM;
    status = attach(&bpf->load, &wanted);
    if (status == CNIPOL_OK)
        *place = wanted;
    return status;
}

int cnipol_bpf_detach_tc(struct cnipol_bpf *bpf, uint32_t ifindex, int32_t hook)
{
    struct np_place *place = ifindex ? place_at(bpf, ifindex, hook) : NULL;
    struct bpf_tc_hook at;
    struct bpf_tc_opts filter;

    if (!place)
        return CNIPOL_E_NOTFOUND;
    *place = (struct np_place){0};
    describe(ifindex, hook, &at, &filter);
    return outcome(bpf_tc_detach(&at, &filter));
}
