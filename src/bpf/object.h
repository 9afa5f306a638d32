/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_BPF_OBJECT_H
#define NP_BPF_OBJECT_H

/*
 * The loaded object. What depends on the size of images stands in np_load, which is made anew when an image
 * outgrows it; the address map, the counters and the events live on and are handed from load to load.
 */

#include <bpf/libbpf.h>

#include <stdbool.h>

#include <cnipol/bpf.h>

#include "bpf/layout.h"

/* One of the two map values that images are published to. */
struct np_side {
    int fd;
    uint8_t *bytes;
};

struct np_load {
    struct bpf_object *object;
    uint32_t image_size;
    uint32_t live; /* which of the sides is in use */
    struct np_side sides[2];
};

/* Where a program is attached; interface 0: nowhere. */
struct np_place {
    uint32_t ifindex;
    int32_t hook;
    int32_t judge;
};

struct cnipol_bpf {
    struct cnipol_alloc alloc;
    struct cnipol_bpf_opts opts;
    struct np_load load;
    uint8_t *addrmap; /* both maps, one behind the other */
    uint32_t addrmap_size;
    uint32_t map;    /* which of them is in use */
    bool is_patched; /* since the last publication: programs may read what an earlier patch wrote */
    uint32_t n_places;
    struct np_place *places;
    struct ring_buffer *events; /* made when first asked for */
    int (*tell)(void *user, const struct cnipol_bpf_event *event);
    void *tell_user;
};

/* The object files of the programs, one for each class of image sizes, smallest first: built into the library. */
struct np_object {
    const unsigned char *bytes;
    uint32_t n;
    uint32_t image_size;
};

extern const struct np_object np_objects[];
extern const uint32_t np_n_objects;

/* The smallest class that holds n bytes; 0: none does. */
uint32_t np_class_of(uint64_t n);

/* Loads the programs for images of a class; the lasting maps are taken from `old`, where it is not NULL. */
int np_load_open(const struct cnipol_bpf *bpf, uint32_t image_size, const struct np_load *old, struct np_load *out);
void np_load_close(struct np_load *load);
/* Programs read this side from now on; when it returns, none reads the other one any more. */
int np_load_swap(struct np_load *load, uint32_t side);
int np_load_map_fd(const struct np_load *load, const char *name);
/* The program that judges for these directions; -1: there is none. */
int np_load_judge_fd(const struct np_load *load, int32_t judge);
int np_load_program_fd(const struct np_load *load, const char *name);

/* Puts the programs of another load where those of this object are attached; interfaces may have gone away. */
int np_places_move(const struct cnipol_bpf *bpf, const struct np_load *to);

#endif
