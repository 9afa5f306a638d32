/* SPDX-License-Identifier: BSD-2-Clause */
/* The object: made, asked about, freed. See include/cnipol/bpf.h. */
#include "bpf/object.h"

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include <cnipol/addrmap_core.h>

static void *malloc_alloc(void *user, size_t size)
{
    (void)user;
    return malloc(size);
}

static void *malloc_realloc(void *user, void *block, size_t old_size, size_t new_size)
{
    (void)user;
    (void)old_size;
    return realloc(block, new_size);
}

static void malloc_free(void *user, void *block, size_t size)
{
    (void)user;
    (void)size;
    free(block);
}

/* Options of a newer caller are fine if what is not known here is zero. */
static bool take_opts(const struct cnipol_bpf_opts *given, struct cnipol_bpf_opts *opts)
{
    const unsigned char *bytes = (const unsigned char *)given;

    *opts = (struct cnipol_bpf_opts){.sz = sizeof *opts};
    if (!given)
        return true;
    if (given->sz < sizeof given->sz)
        return false;
    for (size_t i = sizeof *opts; i < given->sz; i++)
        if (bytes[i])
            return false;
    memcpy(opts, given, given->sz < sizeof *opts ? given->sz : sizeof *opts);
    return !(opts->flags & ~(uint32_t)(CNIPOL_BPF_DROP_OTHER | CNIPOL_BPF_EVENTS | CNIPOL_BPF_TESTS));
}

/* The smallest program is loaded and let go. */
const char *cnipol_bpf_unavailable(void)
{
    const struct bpf_insn insns[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
        {.code = BPF_JMP | BPF_EXIT},
    };
    int fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "np_probe", "GPL", insns, 2, NULL);

    if (fd >= 0) {
        close(fd);
        return NULL;
    }
    if (errno == EPERM || errno == EACCES)
        return "loading BPF programs needs root, or CAP_BPF and CAP_NET_ADMIN";
    return errno == ENOSYS ? "the kernel has no BPF" : "the kernel does not take BPF programs for tc";
}

/* Zeroes would be peer 0, whoever that is. Nobody is known until the caller says who is. */
static void know_nobody(uint8_t *map)
{
    const uint64_t nothing = htole64((uint64_t)CNIPOL_ADDRMAP_NOBODY << 32 | CNIPOL_ADDRMAP_NO_PEER);

    memcpy(map + CNIPOL_ADDRMAP_ROOT4, &nothing, sizeof nothing);
    memcpy(map + CNIPOL_ADDRMAP_ROOT6, &nothing, sizeof nothing);
}

static int map_addresses(struct cnipol_bpf *bpf)
{
    void *bytes =
        mmap(NULL, 2 * (size_t)bpf->addrmap_size, PROT_READ | PROT_WRITE, MAP_SHARED, np_load_map_fd(&bpf->load, "np_addrmap"), 0);

    if (bytes == MAP_FAILED)
        return CNIPOL_E_SYSTEM;
    know_nobody(bytes);
    know_nobody((uint8_t *)bytes + bpf->addrmap_size);
    bpf->addrmap = bytes;
    return CNIPOL_OK;
}

/* A power of two, 1 to 256 MiB, which is what the verifier lets be reached from one pointer; 0: that is too little. */
static uint32_t addrmap_size_for(uint32_t n)
{
    uint32_t size = 1u << 20;

    while (size < n && size < 256u << 20)
        size <<= 1;
    return size < n ? 0 : size;
}

static int open_into(struct cnipol_bpf *bpf)
{
    uint32_t image_size = np_class_of(bpf->opts.image_size);
    int status;

    bpf->addrmap_size = addrmap_size_for(bpf->opts.addrmap_size);
    if (!image_size || !bpf->addrmap_size)
        return CNIPOL_E_LIMIT;
    status = np_load_open(bpf, image_size, NULL, &bpf->load);
    return status ? status : map_addresses(bpf);
}

int cnipol_bpf_open(const struct cnipol_bpf_opts *given, struct cnipol_bpf **out)
{
    static const struct cnipol_alloc standard = {.alloc = malloc_alloc, .realloc = malloc_realloc, .free = malloc_free};
    struct cnipol_bpf_opts opts;
    struct cnipol_alloc alloc;
    struct cnipol_bpf *bpf;
    int status, reason;

    if (!out || !take_opts(given, &opts))
        return CNIPOL_E_USAGE;
    alloc = opts.alloc ? *opts.alloc : standard;
    bpf = alloc.alloc(alloc.user, sizeof *bpf);
    if (!bpf)
        return CNIPOL_E_NOMEM;
    *bpf = (struct cnipol_bpf){.alloc = alloc, .opts = opts};
    status = open_into(bpf);
    if (status) {
        reason = errno;
        cnipol_bpf_free(bpf);
        errno = reason;
        return status;
    }
    *out = bpf;
    return CNIPOL_OK;
}

void cnipol_bpf_free(struct cnipol_bpf *bpf)
{
    struct cnipol_alloc alloc;

    if (!bpf)
        return;
    alloc = bpf->alloc;
    if (bpf->addrmap)
        munmap(bpf->addrmap, 2 * (size_t)bpf->addrmap_size);
    ring_buffer__free(bpf->events);
    if (bpf->load.object)
        np_load_close(&bpf->load);
    if (bpf->places)
        alloc.free(alloc.user, bpf->places, bpf->n_places * sizeof *bpf->places);
    alloc.free(alloc.user, bpf, sizeof *bpf);
}

uint32_t cnipol_bpf_image_size(const struct cnipol_bpf *bpf)
{
    return bpf->load.image_size;
}

void *cnipol_bpf_addrmap(struct cnipol_bpf *bpf, uint32_t *n)
{
    *n = bpf->addrmap_size;
    return bpf->addrmap + (size_t)bpf->map * bpf->addrmap_size;
}

void *cnipol_bpf_addrmap_spare(struct cnipol_bpf *bpf, uint32_t *n)
{
    uint8_t *spare = bpf->addrmap + (size_t)(1 - bpf->map) * bpf->addrmap_size;

    *n = bpf->addrmap_size;
    memset(spare, 0, bpf->addrmap_size);
    know_nobody(spare);
    return spare;
}

static int add_up(int fd, struct np_bpf_counts *of_cpus, int n_cpus, uint64_t *sums)
{
    uint32_t zero = 0;

    if (bpf_map_lookup_elem(fd, &zero, of_cpus))
        return CNIPOL_E_SYSTEM;
    for (int cpu = 0; cpu < n_cpus; cpu++)
        for (size_t i = 0; i < NP_BPF_COUNTERS; i++)
            sums[i] += of_cpus[cpu].n[i];
    return CNIPOL_OK;
}

int cnipol_bpf_counters(const struct cnipol_bpf *bpf, struct cnipol_bpf_counters *out)
{
    int n_cpus = libbpf_num_possible_cpus();
    size_t size = n_cpus > 0 ? (size_t)n_cpus * sizeof(struct np_bpf_counts) : 0;
    struct np_bpf_counts *of_cpus;
    uint64_t sums[NP_BPF_COUNTERS] = {0};
    int status;

    if (!size)
        return CNIPOL_E_SYSTEM;
    of_cpus = bpf->alloc.alloc(bpf->alloc.user, size);
    if (!of_cpus)
        return CNIPOL_E_NOMEM;
    status = add_up(np_load_map_fd(&bpf->load, "np_counts"), of_cpus, n_cpus, sums);
    bpf->alloc.free(bpf->alloc.user, of_cpus, size);
    if (status)
        return status;
    _Static_assert(sizeof sums == sizeof *out, "one field for each enum np_bpf_counter");
    memcpy(out, sums, sizeof *out);
    return CNIPOL_OK;
}
