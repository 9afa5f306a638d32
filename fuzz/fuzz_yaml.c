/* SPDX-License-Identifier: BSD-2-Clause */
/* The YAML reader over any bytes: see documents.h for what must hold. */

#include "documents.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_documents(data, size, NP_DOC_YAML);
    return 0;
}
