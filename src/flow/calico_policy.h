/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_CALICO_POLICY_H
#define NP_FLOW_CALICO_POLICY_H

/*
 * Calico's policies as its flow records name them: kinds by number, name and in policy strings.
 *
 * A policy string is `<policy index>|<tier>|<name part>|<action>|<rule index>`. The name part of version 3.32 and later is
 * `<short kind>:[<namespace>/]<name>`; until 3.31 the kind is in the name: `tier.name`, `tier.staged:name`, `ns/knp.default.name`,
 * `kanp.adminnetworkpolicy.name`, `__PROFILE__.kns.default`. Each reader refuses what the other writes, so where the version is
 * not known both are tried. A rule index of -1 is the end of a tier, which the policy named triggered.
 */

#include <stdbool.h>
#include <stdint.h>

#include <cnipol/flow.h>

/* Versions by what they differ in. */
enum np_calico_era {
    NP_CALICO_OLD = 1, /* until 3.31 */
    NP_CALICO_NEW = 2, /* since 3.32 */
    NP_CALICO_ANY = 3  /* not said */
};

enum np_calico_kind {
    NP_CALICO_NO_KIND = 0,
    NP_CALICO_NP = 1,
    NP_CALICO_GNP = 2,
    NP_CALICO_SNP = 3,
    NP_CALICO_SGNP = 4,
    NP_CALICO_SKNP = 5,
    NP_CALICO_KNP = 6,
    NP_CALICO_ANP = 7,
    NP_CALICO_BANP = 8,
    NP_CALICO_PROFILE = 9,
    NP_CALICO_END_OF_TIER = 10,
    NP_CALICO_KCNP = 11
};

/* "3.31", "v3.32.1", "3.30-3.31" (the first counts); NULL: any. False: no version. */
bool np_calico_era_of(const char *version, enum np_calico_era *out);

/* The kind's name in an era; NULL: it has none there. */
const char *np_calico_kind_name(int32_t kind, enum np_calico_era era);
/* The number of a name, -1 for none. Case counts. */
int32_t np_calico_kind_find(struct cnipol_text name, enum np_calico_era era);
/* Does a policy of the kind have no namespace? */
bool np_calico_kind_is_global(int32_t kind);

/*
 * Reads a policy string, whose bytes the policy's texts are views of. NULL: it is good; else what is wrong, at the byte *at of the text.
 */
const char *np_calico_policy_parse(struct cnipol_text text, enum np_calico_era era, struct cnipol_flow_policy *out, uint32_t *at);

#endif
