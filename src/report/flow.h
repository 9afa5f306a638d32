/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_REPORT_FLOW_H
#define NP_REPORT_FLOW_H

/* What the forms of flow records share. */

#include <cnipol/flow_report.h>

#include "report/out.h"

struct cnipol_flow_printer {
    struct np_mem *mem;
    struct cnipol_ctx *ctx;
    struct cnipol_flow_printer_opts opts;
    struct np_out out;
    uint64_t lines;
    bool has_header; /* of CSV, printed */
    struct np_fields_list {
        uint8_t ids[CNIPOL_N_FIELDS];
        uint32_t n;
    } columns;          /* of CSV */
    struct np_buf cells; /* of a table: the cells of all rows, each ended by NUL */
    uint64_t *starts;    /* with `last`: where each of the last records' text begins in all that was printed; a ring */
    uint64_t dropped;    /* bytes of that which are not kept any more */
    char *room;          /* for the text of one record or cell */
    size_t room_size;
};

/* Makes the room as large. False: no memory, which the printer remembers. */
bool np_flow_printer_room(struct cnipol_flow_printer *printer, size_t size);

/* Texts from a record, harmless. */
void np_flow_put(struct np_out *out, struct cnipol_text text);
void np_flow_put_number(struct np_out *out, uint64_t number);

/* The parts of Hubble's lines. */
void np_flow_put_time(struct np_out *out, const struct cnipol_flow_printer *printer, const struct cnipol_flow *flow);
void np_flow_put_host(struct np_out *out, const struct cnipol_flow_printer *printer, const struct cnipol_flow *flow,
                      const struct cnipol_flow_end *end);
void np_flow_put_type(struct np_out *out, const struct cnipol_flow *flow);
void np_flow_put_verdict(struct np_out *out, const struct cnipol_flow_printer *printer, const struct cnipol_flow *flow);
void np_flow_put_summary(struct np_out *out, const struct cnipol_flow *flow);

#define NP_FLOW_DICT_RULE "------------\n"

void np_flow_compact(struct cnipol_flow_printer *printer, const struct cnipol_flow *flow);
void np_flow_dict(struct cnipol_flow_printer *printer, const struct cnipol_flow *flow);
void np_flow_table(struct cnipol_flow_printer *printer, const struct cnipol_flow *flow);
void np_flow_table_end(struct cnipol_flow_printer *printer);
void np_flow_csv(struct cnipol_flow_printer *printer, const struct cnipol_flow *flow);
void np_flow_csv_header(struct cnipol_flow_printer *printer);
/* Hubble's form, as cnipol_flow_print_json() writes ours. */
size_t np_flow_print_hubble(const struct cnipol_flow *flow, char *bytes, size_t size);

#endif
