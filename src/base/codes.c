/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of diagnostic codes: see codes.h. Rows ascend by number. */

#include "base/codes.h"

#include <cnipol/diag.h>

#define ERR CNIPOL_SEVERITY_ERROR
#define WARN CNIPOL_SEVERITY_WARNING
#define INFO CNIPOL_SEVERITY_INFO

static const struct cnipol_code codes[] = {
    {NP_FILE_UNREADABLE, ERR, "a file or folder could not be read",
     "The system refused to open or read the path. Check that it exists and that you may read it.", NULL},
    {NP_YAML_SYNTAX, ERR, "the text is not YAML", "The place is where the parser gave up; the cause is often just before it.", NULL},
    {NP_JSON_SYNTAX, ERR, "the text is not JSON", "The place is where the scanner gave up; the cause is often just before it.", NULL},
    {NP_LIMIT_BYTES, ERR, "a source is larger than the limit", "", NULL},
    {NP_LIMIT_DEPTH, ERR, "lists and maps are nested too deeply", "", NULL},
    {NP_LIMIT_NODES, ERR, "a document has too many nodes", "", NULL},
    {NP_LIMIT_ALIASES, ERR, "aliases expand to too many nodes", "", NULL},
    {NP_LIMIT_DOCUMENTS, ERR, "a source has too many documents", "", NULL},
    {NP_LIMIT_FILES, ERR, "a folder has too many files", "", NULL},
    {NP_DUPLICATE_KEY, ERR, "a key is given twice in one map", "", NULL},
};

#define N_CODES (sizeof codes / sizeof codes[0])

const struct cnipol_code *cnipol_code_at(size_t i)
{
    return i < N_CODES ? &codes[i] : NULL;
}

const struct cnipol_code *cnipol_code_find(int32_t number)
{
    size_t lo = 0, hi = N_CODES;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (codes[mid].number == number)
            return &codes[mid];
        if (codes[mid].number < number)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}
