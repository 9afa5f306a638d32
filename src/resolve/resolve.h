/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_RESOLVE_RESOLVE_H
#define NP_RESOLVE_RESOLVE_H

/*
 * Resolving: a machine's selections become sets of ends, and each stage learns which of its rules can
 * concern which subject.
 *
 * Ends are numbered: pods as in the view, then nodes.
 */

#include "inventory/view.h"
#include "model/machine.h"

/* Fills machine->sets. 0 or CNIPOL_E_NOMEM. */
int np_resolve_selections(struct np_machine *machine, const struct np_view *view);

/* Is a pod of that namespace in what the selection describes? That of a set made by hand describes nothing. */
enum np_tri np_selection_has(const struct np_selection *selection, const struct np_namespace *ns, const struct np_pod *pod);

/* Fills the indexes of all stages, for ends 0..n_ends-1. 0 or CNIPOL_E_NOMEM. */
int np_resolve_subjects(struct np_machine *machine, uint32_t n_ends);

#endif
