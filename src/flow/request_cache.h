/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_REQUEST_CACHE_H
#define NP_FLOW_REQUEST_CACHE_H

/*
 * Requests that wait for their responses, by X-Request-Id: what Hubble keeps to tell latencies and traces of responses.
 *
 * The 10,000 that were added last are kept, and the oldest gives way, as in Hubble (cilium/cilium v1.20.2
 * pkg/hubble/parser/seven/parser.go: CacheSize; hashicorp/golang-lru). An id is known by 128 bits of its hash, so memory is constant
 * whatever ids are like.
 */

#include <stdbool.h>
#include <stdint.h>

#include <cnipol/flow.h>

#include "base/mem.h"

#define NP_REQUEST_CACHE_MAX 10000u

struct np_request_value {
    struct cnipol_time time;
    char trace_id[32];
};

struct np_request_cache;

/* NULL: no memory. About 900 KiB. */
struct np_request_cache *np_request_cache_new(struct np_mem *mem);
void np_request_cache_free(struct np_request_cache *cache);
/* The value is the id's now, whatever it had before. */
void np_request_cache_add(struct np_request_cache *cache, struct cnipol_text id, const struct np_request_value *value);
/* NULL: the id has none. */
const struct np_request_value *np_request_cache_find(struct np_request_cache *cache, struct cnipol_text id);
void np_request_cache_remove(struct np_request_cache *cache, struct cnipol_text id);
/* Forgets all of them. */
void np_request_cache_clear(struct np_request_cache *cache);

#endif
