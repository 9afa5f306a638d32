/* SPDX-License-Identifier: BSD-2-Clause */
/* Document trees: see node.h. A map is searched from its start: maps of policies are small. */

#include "doc/node.h"

const struct np_pair *np_map_pair(const struct np_node *map, const char *key)
{
    size_t n = strlen(key);

    if (!map || map->kind != NP_NODE_MAP)
        return NULL;
    for (uint32_t i = 0; i < map->n; i++)
        if (map->pairs[i].key.n == n && memcmp(map->pairs[i].key.s, key, n) == 0)
            return &map->pairs[i];
    return NULL;
}

const struct np_node *np_map_get(const struct np_node *map, const char *key)
{
    const struct np_pair *pair = np_map_pair(map, key);

    return pair ? &pair->value : NULL;
}

const struct np_node *np_map_value(const struct np_node *map, const char *key)
{
    const struct np_node *value = np_map_get(map, key);

    return value && value->kind != NP_NODE_NULL ? value : NULL;
}

const char *np_node_kind_name(const struct np_node *node)
{
    static const char *const names[] = {
        [NP_NODE_NULL] = "null",    [NP_NODE_BOOL] = "bool",     [NP_NODE_INT] = "number", [NP_NODE_UINT] = "number",
        [NP_NODE_FLOAT] = "number", [NP_NODE_STRING] = "string", [NP_NODE_LIST] = "array", [NP_NODE_MAP] = "object",
    };

    return names[node->kind];
}
