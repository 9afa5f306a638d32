/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loading. The programs know the sizes of their map values as constants: that of the image by which object file
 * it is, that of the address map by data that is set between opening the file and loading it. The two image values are made here and not by libbpf: they are the inner maps of
 * an array of maps, and all inner maps must be alike.
 */
#include "bpf/object.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>

static const char *const lasting_maps[] = {"np_addrmap", "np_counts", "np_events", "np_flows"};
static const char *const judges[] = {"np_judge_both", "np_judge_egress", "np_judge_ingress"};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

uint32_t np_class_of(uint64_t n)
{
    for (uint32_t i = 0; i < np_n_objects; i++)
        if (n <= np_objects[i].image_size)
            return np_objects[i].image_size;
    return 0;
}

static const struct np_object *object_of(uint32_t image_size)
{
    for (uint32_t i = 0; i < np_n_objects; i++)
        if (np_objects[i].image_size == image_size)
            return &np_objects[i];
    return NULL;
}

static int side_open(struct np_side *side, uint32_t size)
{
    struct bpf_map_create_opts opts;
    void *bytes;

    memset(&opts, 0, sizeof opts);
    opts.sz = sizeof opts;
    opts.map_flags = BPF_F_MMAPABLE;
    side->fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "np_image", sizeof(uint32_t), size + NP_BPF_SLACK, 1, &opts);
    if (side->fd < 0)
        return CNIPOL_E_SYSTEM;
    bytes = mmap(NULL, size + NP_BPF_SLACK, PROT_READ | PROT_WRITE, MAP_SHARED, side->fd, 0);
    if (bytes == MAP_FAILED)
        return CNIPOL_E_SYSTEM;
    side->bytes = bytes;
    return CNIPOL_OK;
}

static void side_close(struct np_side *side, uint32_t size)
{
    if (side->bytes)
        munmap(side->bytes, size + NP_BPF_SLACK);
    if (side->fd >= 0)
        close(side->fd);
}

static int is_test_program(const char *name)
{
    return strncmp(name, "np_judge_", 9) != 0;
}

/* Test programs only where asked for; the verifier's words where the caller wants them: libbpf asks for them after a refusal. */
static void set_programs(const struct cnipol_bpf *bpf, struct bpf_object *object)
{
    struct bpf_program *program;

    bpf_object__for_each_program(program, object)
    {
        if (is_test_program(bpf_program__name(program)))
            bpf_program__set_autoload(program, (bpf->opts.flags & CNIPOL_BPF_TESTS) != 0);
        if (bpf->opts.log && bpf->opts.log_size)
            bpf_program__set_log_buf(program, bpf->opts.log, bpf->opts.log_size);
    }
}

static int set_knobs(const struct cnipol_bpf *bpf, const struct np_load *load)
{
    struct bpf_map *map = bpf_object__find_map_by_name(load->object, ".rodata.knobs");
    struct np_bpf_knobs knobs = {.map_size = bpf->addrmap_size, .flags = bpf->opts.flags, .flows = bpf->opts.flows};

    if (!map || bpf_map__set_initial_value(map, &knobs, sizeof knobs))
        return CNIPOL_E_INTERNAL;
    return CNIPOL_OK;
}

/* Of the maps that last. */
static int set_sizes(const struct cnipol_bpf *bpf, const struct np_load *load)
{
    struct bpf_map *addrmap = bpf_object__find_map_by_name(load->object, "np_addrmap");
    struct bpf_map *events = bpf_object__find_map_by_name(load->object, "np_events");
    struct bpf_map *flows = bpf_object__find_map_by_name(load->object, "np_flows");
    uint32_t events_size = bpf->opts.flags & CNIPOL_BPF_EVENTS ? 256u << 10 : 64u << 10;

    if (!addrmap || bpf_map__set_value_size(addrmap, bpf->addrmap_size) || !events || bpf_map__set_max_entries(events, events_size))
        return CNIPOL_E_INTERNAL;
    if (!flows || (bpf->opts.flows && bpf_map__set_max_entries(flows, bpf->opts.flows)))
        return CNIPOL_E_INTERNAL;
    return CNIPOL_OK;
}

static int set_maps(const struct cnipol_bpf *bpf, const struct np_load *load, const struct np_load *old)
{
    struct bpf_map *images = bpf_object__find_map_by_name(load->object, "np_images");

    if (!images || bpf_map__set_inner_map_fd(images, load->sides[0].fd))
        return CNIPOL_E_INTERNAL;
    if (!old)
        return set_sizes(bpf, load);
    for (size_t i = 0; i < COUNT(lasting_maps); i++)
        if (bpf_map__reuse_fd(bpf_object__find_map_by_name(load->object, lasting_maps[i]), np_load_map_fd(old, lasting_maps[i])))
            return CNIPOL_E_SYSTEM;
    return CNIPOL_OK;
}

int np_load_swap(struct np_load *load, uint32_t side)
{
    uint32_t zero = 0;

    if (bpf_map_update_elem(np_load_map_fd(load, "np_images"), &zero, &load->sides[side].fd, BPF_ANY))
        return CNIPOL_E_SYSTEM;
    load->live = side;
    return CNIPOL_OK;
}

static int open_all(const struct cnipol_bpf *bpf, const struct np_load *old, struct np_load *load)
{
    struct bpf_object_open_opts opts;
    const struct np_object *file = object_of(load->image_size);
    int status;

    if (!file)
        return CNIPOL_E_INTERNAL;
    memset(&opts, 0, sizeof opts);
    opts.sz = sizeof opts;
    opts.object_name = "cnipol";
    if (side_open(&load->sides[0], load->image_size) || side_open(&load->sides[1], load->image_size))
        return CNIPOL_E_SYSTEM;
    load->object = bpf_object__open_mem(file->bytes, file->n, &opts);
    if (!load->object)
        return CNIPOL_E_SYSTEM;
    status = set_knobs(bpf, load);
    if (status == CNIPOL_OK)
        status = set_maps(bpf, load, old);
    if (status)
        return status;
    set_programs(bpf, load->object);
    return bpf_object__load(load->object) ? CNIPOL_E_SYSTEM : np_load_swap(load, 0);
}

int np_load_open(const struct cnipol_bpf *bpf, uint32_t image_size, const struct np_load *old, struct np_load *out)
{
    struct np_load load = {.image_size = image_size, .sides = {{.fd = -1}, {.fd = -1}}};
    int status = open_all(bpf, old, &load);
    int reason = errno;

    if (status) {
        np_load_close(&load);
        errno = reason;
        return status;
    }
    *out = load;
    return CNIPOL_OK;
}

void np_load_close(struct np_load *load)
{
    if (load->object)
        bpf_object__close(load->object);
    for (size_t i = 0; i < COUNT(load->sides); i++)
        side_close(&load->sides[i], load->image_size);
}

int np_load_map_fd(const struct np_load *load, const char *name)
{
    return bpf_object__find_map_fd_by_name(load->object, name);
}

int np_load_program_fd(const struct np_load *load, const char *name)
{
    struct bpf_program *program = bpf_object__find_program_by_name(load->object, name);

    return program ? bpf_program__fd(program) : -1;
}

int np_load_judge_fd(const struct np_load *load, int32_t judge)
{
    return judge < 0 || (size_t)judge >= COUNT(judges) ? -1 : np_load_program_fd(load, judges[judge]);
}
