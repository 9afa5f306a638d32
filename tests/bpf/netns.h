/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_BPF_NETNS_H
#define TESTS_BPF_NETNS_H

/*
 * Two network namespaces joined by veth: this process's, which is made for the test, and that of a child, the pod,
 * which echoes on TCP and UDP ports 80 and 81. Addresses are those of world.h: the pod's on its end, the client's
 * and the stranger's on this end, whose interface is `host0`. Nothing has a name outside of the two processes, so
 * nothing is left when they end, however they end.
 */

#include <stdint.h>

/* NULL, or the reason why it cannot be had here, static. */
const char *netns_open(void);
void netns_close(void);

/*
 * One packet's worth of talk with the pod, from the address of a peer: TCP connects, UDP and ping send; what is echoed
 * must come back within the time. Returns 1 if it did, 0 if not.
 */
int netns_talk(int family, uint8_t source, uint8_t protocol, uint16_t port, int milliseconds);

#endif
