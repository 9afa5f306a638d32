/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_SUPPORT_RANDOM_POLICIES_H
#define TESTS_SUPPORT_RANDOM_POLICIES_H

/* The policies of a random cluster. */

#include "random_cluster.h"

void random_policies(struct random_cluster *r);

#endif
