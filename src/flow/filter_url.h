/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_FILTER_URL_H
#define NP_FLOW_FILTER_URL_H

/* The path of a URL as Go's url.ParseRequestURI finds it. */

#include "base/str.h"

/* Bytes of a path with percent signs; one without them may have any length. */
#define NP_URL_PATH_MAX 8192u

/*
 * 1: the path is in *out, percent-decoded: a part of the URL, or in `room`, which has NP_URL_PATH_MAX bytes. 0: Go refuses the URL.
 * CNIPOL_E_LIMIT: the path needs more room.
 */
int np_url_path(struct np_str url, char *room, struct np_str *out);

#endif
