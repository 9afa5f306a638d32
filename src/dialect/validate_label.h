/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_DIALECT_VALIDATE_LABEL_H
#define NP_DIALECT_VALIDATE_LABEL_H

/*
 * The shapes of names: label keys and values, DNS names, port names.
 *
 * Each function lists what is wrong with a string, in the order in which the API server would say it.
 */

#include "dialect/decode.h"

struct np_flaw {
    const char *ours;
    const char *upstream;
};

struct np_flaws {
    const struct np_flaw *items[6];
    uint32_t n;
};

void np_label_key_flaws(struct np_str key, uint32_t kubernetes_minor, struct np_flaws *out);
void np_label_value_flaws(struct np_str value, struct np_flaws *out);
void np_subdomain_flaws(struct np_str name, struct np_flaws *out);
void np_dns_label_flaws(struct np_str name, struct np_flaws *out);
void np_port_name_flaws(struct np_str name, struct np_flaws *out);

/* Raises each flaw of a value under one code. `what` names the value: "label key". */
void np_take_flaws(struct np_take *take, enum np_code code, const struct np_node *at, const struct np_path *path, const char *what,
                   struct np_str value, const struct np_flaws *flaws);

/* The labels of an object, or a selector's matchLabels: all are told under the path of the map. */
void np_labels_validate(struct np_take *take, const struct np_node *map, const struct np_path *path);

#endif
