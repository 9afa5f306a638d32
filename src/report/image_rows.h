/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_REPORT_IMAGE_ROWS_H
#define NP_REPORT_IMAGE_ROWS_H

/* The rows of an image's tables: leaves, sets, cells, rule lists, ids and decision rows. */

#include "report/image.h"

void np_image_rows_text(struct np_out *out, const struct cnipol_image *image);
/* Members of an object that is open, each with a comma before it. */
void np_image_rows_json(struct np_out *out, const struct cnipol_image *image);

#endif
