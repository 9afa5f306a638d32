/* SPDX-License-Identifier: BSD-2-Clause */
/* See in_kernel.h. */

#include "in_kernel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bench.h"

static bool fail(struct in_kernel *k, const char *what)
{
    k->failed = what;
    k->error = errno;
    return false;
}

int in_kernel_run(int fd, uint32_t repeat)
{
    uint8_t packet[64] = {0};
    struct bpf_test_run_opts opts = {.sz = sizeof opts, .data_in = packet, .data_size_in = sizeof packet, .repeat = (int)repeat};

    return bpf_prog_test_run_opts(fd, &opts);
}

/* The sizes of map values that the program was built for, in MiB. */
static uint32_t room_for(uint32_t bytes)
{
    uint32_t mib = 1;

    while (mib << 20 < bytes)
        mib <<= 2;
    return mib;
}

static void *map_value(struct bpf_map *map, size_t n)
{
    void *at = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);

    return at == MAP_FAILED ? NULL : at;
}

static bool load(struct in_kernel *k, const char *folder, uint32_t mib)
{
    char path[4096];

    (void)snprintf(path, sizeof path, "%s/image-%u.bpf.o", folder, mib);
    k->object = bpf_object__open_file(path, NULL);
    if (!k->object)
        return fail(k, "opening the image's object");
    return bpf_object__load(k->object) == 0 || fail(k, "loading the evaluator into the kernel");
}

static bool fill(struct in_kernel *k, const uint8_t *bytes, uint32_t n, uint32_t room)
{
    struct bpf_map *map;
    void *value = NULL;

    bpf_object__for_each_map(map, k->object)
    {
        if (strcmp(bpf_map__name(map), "image_map") == 0)
            value = map_value(map, room);
        if (strstr(bpf_map__name(map), ".bss"))
            k->shared = map_value(map, sizeof *k->shared);
    }
    if (!value || !k->shared)
        return fail(k, "mapping the image's map");
    memcpy(value, bytes, n);
    munmap(value, room);
    return true;
}

/* Ids come in the order of first appearance, pods first: those of pods are below this. */
static uint32_t pod_ids(const struct world *w)
{
    const struct np_peers *peers = w->read->peers;
    uint32_t most = 0;

    for (uint32_t i = 0; i < w->read->n_pods; i++)
        for (uint32_t k = peers->first[i]; k + 1 < peers->first[i + 1]; k++)
            most = peers->ids[k] > most ? peers->ids[k] : most;
    return most + 1;
}

static bool fill_questions(struct in_kernel *k, const struct cnipol_image *image, const struct world *w, const struct world_mix *mix)
{
    uint64_t seed = BENCH_SEED;

    for (uint32_t i = 0; i < IMAGE_PORTS; i++) {
        struct cnipol_question q;
        struct cnipol_key key;

        world_ask(w, mix, &seed, &q);
        if (cnipol_image_key(w->read, &q, &key))
            return fail(k, "a question has no key");
        k->shared->ports[i] = (struct image_port){key.protocol, key.destination_port};
        k->shared->subjects[i] = key.directions == 1 ? key.source : key.destination;
    }
    k->shared->seed = BENCH_SEED;
    k->shared->n_ids = cnipol_image_ids(image);
    k->shared->n_subjects = mix->subjects ? 0 : pod_ids(w);
    return true;
}

bool in_kernel_open(struct in_kernel *k, const char *folder, const struct cnipol_image *image, const struct world *w,
                    const struct world_mix *mix)
{
    size_t n;
    const uint8_t *bytes = cnipol_image_bytes(image, &n);
    const struct cnipol_image_header *header = (const void *)bytes;
    uint32_t mib = room_for(header->eval_bytes);

    *k = (struct in_kernel){0};
    if (!load(k, folder, mib) || !fill(k, bytes, header->eval_bytes, mib << 20))
        return false;
    k->shared->view = header->view;
    k->time_fd = bpf_program__fd(bpf_object__find_program_by_name(k->object, "time_image"));
    k->check_fd = bpf_program__fd(bpf_object__find_program_by_name(k->object, "check_image"));
    return fill_questions(k, image, w, mix);
}

void in_kernel_close(struct in_kernel *k)
{
    if (k->shared)
        munmap(k->shared, sizeof *k->shared);
    bpf_object__close(k->object);
}

uint64_t in_kernel_count_wrong(const struct in_kernel *k, const struct keys *keys, uint32_t n)
{
    uint64_t wrong = 0;

    for (uint32_t done = 0; done + IMAGE_LOOKUPS <= n; done += IMAGE_LOOKUPS) {
        memcpy(k->shared->questions, keys->pool + done, IMAGE_LOOKUPS * sizeof *keys->pool);
        if (in_kernel_run(k->check_fd, 1))
            return n;
        for (uint32_t i = 0; i < IMAGE_LOOKUPS; i++)
            wrong += k->shared->answers[i] != keys->decisions[done + i];
    }
    return wrong;
}
