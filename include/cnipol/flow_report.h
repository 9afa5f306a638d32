/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CNIPOL_FLOW_REPORT_H
#define CNIPOL_FLOW_REPORT_H

#include <cnipol/flow.h>
#include <cnipol/report.h>

/**
 * Flow records as text: Hubble's own lines, tables and JSON, our JSON, CSV.
 *
 *     cnipol_flow_printer_new(ctx, &opts, write, user, &printer);
 *     cnipol_flow_printer_print(printer, &flow);                    for each record
 *     cnipol_flow_printer_finish(printer);                          hands on what is left, frees, says how it went
 *
 * The compact, table and dict forms and the JSON are those of `hubble observe` (cilium/cilium hubble/pkg/printer, v1.20.2), with its
 * colours. Records of other writers have no identities, and their TYPE is what the writer says: a direction. What a terminal could
 * take for a command is shown as an escape in every form.
 *
 * Threads: one at a time for each printer, and for all that has its context. Nothing is allocated for a record once the buffer is warm; a table keeps all of its rows until
 * it is finished.
 */

#ifdef __cplusplus
extern "C" {
#endif

enum cnipol_flow_output {
    CNIPOL_FLOW_COMPACT = 0, /**< one line a record, as `hubble observe` */
    CNIPOL_FLOW_TABLE = 1,   /**< columns, as `hubble observe -o table` */
    CNIPOL_FLOW_DICT = 2,    /**< KEY: VALUE lines */
    CNIPOL_FLOW_JSON = 3,    /**< Hubble's form, `-o jsonpb`: {"flow":{…},"node_name":…,"time":…} */
    CNIPOL_FLOW_JSONL = 4,   /**< our own form (cnipol_flow_print_json) */
    CNIPOL_FLOW_CSV = 5      /**< a header line, also where there is no record, then a line a record (RFC 4180) */
};

enum cnipol_flow_time_format {
    CNIPOL_TIME_STAMP_MILLI = 0,  /**< Jan _2 15:04:05.000 */
    CNIPOL_TIME_RFC3339 = 1,      /**< 2006-01-02T15:04:05Z */
    CNIPOL_TIME_RFC3339_MILLI = 2,
    CNIPOL_TIME_RFC3339_MICRO = 3,
    CNIPOL_TIME_RFC3339_NANO = 4
};

/** Zero what is not set. */
struct cnipol_flow_printer_opts {
    size_t sz;           /**< sizeof of this struct */
    int32_t output;      /**< enum cnipol_flow_output */
    int32_t time_format; /**< enum cnipol_flow_time_format; of compact, table and dict */
    const int32_t *columns; /**< of CSV: enum cnipol_field_id, in this order; NULL: those that most records have */
    uint32_t n_columns;   /**< at most CNIPOL_N_FIELDS */
    uint32_t last;        /**< print only the last that many, when it is finished; 0: all, as they come */
    uint8_t color;
    uint8_t node_names;   /**< 1: say which node */
    uint8_t policy_names; /**< 1: " BY name (kind)" behind verdicts of policies */
    uint8_t addresses;    /**< 1: addresses instead of names of pods and services (hubble's --ip-translation=false) */
    uint8_t numeric;      /**< 1: identities as numbers, also those that have a name */
    uint8_t reserved[3];
};

struct cnipol_flow_printer;

/**
 * A printer. CNIPOL_OK; CNIPOL_E_NOMEM; CNIPOL_E_USAGE: an option is none (*out is NULL then). `write` is called with `user` until it is finished, which
 * must be before the context is freed. `columns` is copied.
 */
CNIPOL_API int cnipol_flow_printer_new(struct cnipol_ctx *ctx, const struct cnipol_flow_printer_opts *opts, cnipol_write_fn write, void *user,
                                       struct cnipol_flow_printer **out);
/**
 * Prints a record, or an event; nothing of it is needed afterwards. CNIPOL_OK, or the first failure, also of an earlier call: CNIPOL_E_NOMEM, what `write`
 * returned. O(bytes that it prints).
 */
CNIPOL_API int cnipol_flow_printer_print(struct cnipol_flow_printer *printer, const struct cnipol_flow *flow);
/** Hands on what is buffered, except a table's rows, whose widths are not known yet, and what `last` keeps back. Returns as the above. */
CNIPOL_API int cnipol_flow_printer_flush(struct cnipol_flow_printer *printer);
/** Hands on the rest and frees. CNIPOL_OK or the first failure. NULL is fine. */
CNIPOL_API int cnipol_flow_printer_finish(struct cnipol_flow_printer *printer);
/** The fields that this output prints: what a decoder need not skip. */
CNIPOL_API void cnipol_flow_printer_fields(const struct cnipol_flow_printer *printer, struct cnipol_fields *out);

/**
 * A text of a record as a terminal may see it: what could move the cursor, colour the screen or hide itself is an escape. Writes at most
 * `size` bytes with a NUL, and returns the length that the whole needs. *columns (may be NULL) is its width. No allocation.
 */
CNIPOL_API size_t cnipol_text_print(struct cnipol_text text, char *out, size_t size, uint32_t *columns);

/**
 * A text as a JSON string, quotes included, that is harmless for terminals, too; bytes that are no UTF-8 become U+FFFD. Size and result as above.
 */
CNIPOL_API size_t cnipol_text_print_json(struct cnipol_text text, char *out, size_t size);

#ifdef __cplusplus
}
#endif
#endif
