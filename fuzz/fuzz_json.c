/* SPDX-License-Identifier: BSD-2-Clause */
/* The JSON reader, and the choice between JSON and YAML, over any bytes: see documents.h for what must hold. */

#include "documents.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_documents(data, size, NP_DOC_JSON);
    fuzz_documents(data, size, NP_DOC_AUTO);
    return 0;
}
