/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_COMPILE_KEY_H
#define NP_COMPILE_KEY_H

/* Facts, whose ends are in peer ids, as the key that an image is asked. */

#include <cnipol/eval_base.h>

#include "reference/asker.h"

struct cnipol_key np_key_of(const struct np_asking *asking);

#endif
