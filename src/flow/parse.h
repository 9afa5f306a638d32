/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_PARSE_H
#define NP_FLOW_PARSE_H

/*
 * Numbers and times as texts, by Go's rules: what most writers of flow records are written in, and read with.
 *
 * Everything is the whole text: no blanks around it, nothing behind it. Sources: Go 1.26 strconv/atoi.go (ParseInt, base 10),
 * time/format_rfc3339.go (parseStrictRFC3339), time/format.go (parseNanoseconds).
 */

#include <stdbool.h>
#include <stdint.h>

#include <cnipol/flow.h>

/* [+-]digits within an int64_t. */
bool np_parse_int64(struct cnipol_text text, int64_t *out);
/* Digits within a uint64_t. */
bool np_parse_uint64(struct cnipol_text text, uint64_t *out);
/*
 * RFC 3339 as Go's time.Time takes it from JSON: T and Z in upper case, any number of digits in the fraction (those past the ninth
 * are dropped), offsets up to 23:59. The years 1 to 9999 of UTC.
 */
bool np_parse_rfc3339(struct cnipol_text text, struct cnipol_time *out);
/* Seconds since 1970 of a date in the proleptic Gregorian calendar, at midnight. */
int64_t np_seconds_of_date(int32_t year, uint32_t month, uint32_t day);
/* Does the calendar have it? */
bool np_date_exists(int32_t year, uint32_t month, uint32_t day);
/* Within the years 1 to 9999? */
bool np_seconds_fit(int64_t seconds);

#endif
