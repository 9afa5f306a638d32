/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_MAPPING_H
#define NP_FLOW_MAPPING_H

/*
 * Column mappings: which field of a record comes from where, for the formats csv and jsonl (opts.columns).
 *
 *     time=ts[ms],src.ip=source_address,dst.port=dport,verdict=action[ALLOW=forwarded;DENY=dropped;*=unknown],extra.bytes=octets
 *     time=#1,src.ip=#3,delimiter=tab,absent=-
 *     src.namespace=meta.k8s.ns,src.pod=meta."k8s.io/pod",dst.labels=labels
 *
 * Items are separated by commas. An item is `field=source`: a field's name (cnipol_field_find; `extra.` and a name for what only some writers
 * say) and where it comes from. In CSV that is a column's name in the header line, or `#` and its number, 1 first; in JSON Lines a path
 * of members' names (or of a list's indexes, 0 first) with dots between them. A name with other characters is in double quotes, "" for
 * one of them. Brackets hold the words that the source has for the field's own (`*`: all others; where there is none, other words
 * are taken as they are), or the unit of a time: s, ms, us, ns. Values that are empty or null are absent; lists have commas or blanks between
 * their items.
 *
 * Items of their own: `delimiter=` a character or `tab` (CSV; a comma if nothing is said), `header=yes` or `no` (CSV; no if all columns
 * are numbers), `absent=` a value that stands for none, like a dash.
 */

#include "flow/fields.h"

#define NP_MAPPING_COLUMNS 64u
#define NP_MAPPING_DEPTH 16u

struct np_mapping_column {
    int32_t field;           /* enum cnipol_field_id, or -1 */
    int32_t extra;           /* enum cnipol_extra_id, or -1 */
    enum np_time_unit unit;
    uint32_t number;         /* of the column, 1 first; 0: by name */
    uint32_t n_path;         /* CSV: 1 */
    uint32_t n_words;
    struct cnipol_text path[NP_MAPPING_DEPTH];
    struct cnipol_flow_pair *words;
};

struct np_mapping {
    struct np_mapping_column *columns;
    uint32_t n;
    char delimiter;
    bool has_header;
    struct cnipol_text absent; /* or absent */
};

/*
 * Reads a mapping; its memory is the arena's. `paths`: sources are paths. NULL: it is good; else what is wrong with it, in the arena or static, and
 * where memory ran out "".
 */
const char *np_mapping_parse(struct np_arena *arena, const char *text, bool paths, struct np_mapping *out);
/* Keeps what np_mapping_parse() said as the reason to refuse the mapping, longer than its arena lives. CNIPOL_E_USAGE, CNIPOL_E_NOMEM. */
int np_mapping_refuse(struct np_flow_run *run, const char *wrong);
/* A value of a column into the record. False: put->wrong. */
bool np_mapping_put(const struct np_mapping *mapping, const struct np_mapping_column *column, struct np_put *put, struct cnipol_text value);
/* A name of the table of fields, by name or by column, into a column that has it. False: there is none, or it cannot be had from one text. */
bool np_mapping_field(struct cnipol_text name, struct np_mapping_column *out);
/* Is it wanted by who reads the records? */
bool np_mapping_wants(const struct np_flow_run *run, const struct np_mapping_column *column);

#endif
