/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading ahead: a thread reads and unpacks into a ring of a few buffers, while this one decodes what is there.
 *
 *     source ──put──→ [slot][slot] … [slot] ──get──→ take
 *
 * A piece goes into the ring with its buffer, for which the source gets the slot's old one: no byte is copied. Who had to wait waits until half of
 * the ring is full, or free, as waking a thread for each piece would cost more than the piece; where the source itself waits, what is
 * there is taken at once. Slots change hands under the mutex; a slot's bytes belong to whoever has the slot.
 *
 * The work ends when the source is through (is_over) or the taker wants no more (is_closed). Signals are this thread's: the other
 * one hears of them as of any reason to halt.
 */

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "cli/observe.h"

#define SLOTS 8u
#define ENOUGH (SLOTS / 2)

struct slot {
    struct observe_piece piece;
    char *buffer;
};

struct ring {
    struct observe_source *source;
    pthread_mutex_t mutex;
    pthread_cond_t filled, freed;
    struct slot slots[SLOTS];
    uint32_t first, n; /* full ones */
    bool is_urgent;    /* what is there is not to wait for more */
    bool is_over, is_closed;
};

/* Called on the source's thread. */
static int put(void *user, const struct observe_piece *piece, char **buffer)
{
    struct ring *ring = user;
    struct slot *slot;
    bool is_closed;

    (void)pthread_mutex_lock(&ring->mutex);
    if (ring->n == SLOTS)
        while (ring->n > ENOUGH && !ring->is_closed)
            (void)pthread_cond_wait(&ring->freed, &ring->mutex);
    slot = &ring->slots[(ring->first + ring->n) % SLOTS];
    is_closed = ring->is_closed;
    if (!is_closed) {
        char *bytes = slot->buffer;

        slot->piece = *piece;
        slot->buffer = *buffer;
        *buffer = bytes;
        ring->n++;
        ring->is_urgent |= piece->what != OBSERVE_BYTES;
        if (ring->n >= ENOUGH || ring->is_urgent)
            (void)pthread_cond_signal(&ring->filled);
    }
    (void)pthread_mutex_unlock(&ring->mutex);
    return is_closed;
}

/* The slot that is next, which stays in the ring; NULL: all were taken. */
static struct slot *get(struct ring *ring)
{
    struct slot *slot;

    (void)pthread_mutex_lock(&ring->mutex);
    if (!ring->n)
        while (ring->n < ENOUGH && !ring->is_urgent && !ring->is_over)
            (void)pthread_cond_wait(&ring->filled, &ring->mutex);
    slot = ring->n ? &ring->slots[ring->first] : NULL;
    (void)pthread_mutex_unlock(&ring->mutex);
    return slot;
}

static void give_back(struct ring *ring)
{
    (void)pthread_mutex_lock(&ring->mutex);
    ring->first = (ring->first + 1) % SLOTS;
    ring->n--;
    ring->is_urgent &= ring->n > 0;
    if (ring->n <= ENOUGH)
        (void)pthread_cond_signal(&ring->freed);
    (void)pthread_mutex_unlock(&ring->mutex);
}

static void *read_ahead(void *user)
{
    struct ring *ring = user;

    (void)observe_source_read(ring->source, true, put, ring);
    (void)pthread_mutex_lock(&ring->mutex);
    ring->is_over = true;
    (void)pthread_cond_signal(&ring->filled);
    (void)pthread_mutex_unlock(&ring->mutex);
    return NULL;
}

/* Takes what comes. What `take` returned. */
static int take_all(struct ring *ring, observe_take_fn *take, void *user)
{
    struct slot *slot;
    int code = CLI_OK;

    while (!code && !observe_halted() && (slot = get(ring)) != NULL) {
        code = take(user, &slot->piece, &slot->buffer);
        give_back(ring);
    }
    return code;
}

/* The source may wait for a slot, or for input. */
static void close_ring(struct ring *ring)
{
    bool is_over;

    (void)pthread_mutex_lock(&ring->mutex);
    is_over = ring->is_over;
    ring->is_closed = true;
    (void)pthread_cond_signal(&ring->freed);
    (void)pthread_mutex_unlock(&ring->mutex);
    if (!is_over)
        observe_halt(OBSERVE_ENOUGH);
}

static bool start(struct ring *ring, pthread_t *thread)
{
    sigset_t all, before;
    bool started;

    (void)sigfillset(&all);
    (void)sigdelset(&all, SIGBUS); /* of a mapped file: see observe_map.c */
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    started = pthread_create(thread, NULL, read_ahead, ring) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

static bool make_buffers(struct ring *ring)
{
    bool all = true;

    for (uint32_t i = 0; i < SLOTS; i++)
        all &= (ring->slots[i].buffer = malloc(OBSERVE_BUFFER)) != NULL;
    return all;
}

/* Where there is no memory for the ring, or no thread to be had, it goes without. */
int observe_source_read_ahead(struct observe_source *source, observe_take_fn *take, void *user)
{
    struct ring ring = {.source = source, .mutex = PTHREAD_MUTEX_INITIALIZER, .filled = PTHREAD_COND_INITIALIZER, .freed = PTHREAD_COND_INITIALIZER};
    pthread_t thread;
    int code;

    if (make_buffers(&ring) && start(&ring, &thread)) {
        code = take_all(&ring, take, user);
        close_ring(&ring);
        (void)pthread_join(thread, NULL);
    } else {
        code = observe_source_read(source, false, take, user);
    }
    for (uint32_t i = 0; i < SLOTS; i++)
        free(ring.slots[i].buffer);
    return code;
}
