/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_COMPILE_LIVE_POD_H
#define NP_COMPILE_LIVE_POD_H

/* Ends that come, go and change without compiling: see live_pod.c. */

#include "compile/live_change.h"

/* Pods that may come before the base is compiled anew. */
#define NP_LIVE_GUESTS 4096u

/* live_names.c: no object is given twice, and no workload's template stands in for pods. */
bool np_live_has_plain_pods(const struct np_live_base *base);
/* Does another source than the one with the number `old` (NP_NONE: none) give a pod of that name? */
bool np_live_is_taken(const struct np_live_base *base, uint32_t old, const struct np_pod *pod);
/* A source's pod is another one now (`given` NULL: it is gone), with that number in the view. 0 or CNIPOL_E_NOMEM. */
int np_live_enlist(struct np_live_base *base, uint32_t old, const struct np_pod *given, uint32_t pod, uint32_t *number);
/* Numbers for the sources that are one pod or one namespace, and room for guests. 0 or CNIPOL_E_NOMEM. */
int np_live_find_pods(struct np_live_base *base, struct np_live_source *sources, uint32_t n);
/* One pod instead of another, as np_live_patch(). `pod` NULL: none instead. `home`: its namespace, as far as it is known. */
int np_live_patch_pod(struct np_live_base *base, const struct np_live_config *config, uint32_t old, const struct np_pod *pod,
                      const struct np_namespace *home, uint32_t *number);
/* A namespace's labels; `given` NULL: nobody knows them any more. */
int np_live_patch_namespace(struct np_live_base *base, uint32_t old, const struct np_namespace *given, uint32_t *number);

/* A node that is what it was, whatever else its text says. */
int np_live_patch_node(const struct np_live_base *base, uint32_t old, const struct np_node_object *given, uint32_t *number);

#endif
