/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_HUBBLE_ADDRESS_H
#define NP_FLOW_HUBBLE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

/* Is it an address, without leading zeros? Of a frame's bytes, as 16 from s on are read (NP_FRAME_SLACK). */
bool np_hubble_is_address(const char *s, size_t n);

#endif
