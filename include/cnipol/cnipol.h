/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CNIPOL_CNIPOL_H
#define CNIPOL_CNIPOL_H

/** All of the public interface. */

#include <cnipol/addrmap.h>
#include <cnipol/alloc.h>
#include <cnipol/check.h>
#include <cnipol/cluster.h>
#include <cnipol/ctx.h>
#include <cnipol/decode.h>
#include <cnipol/diag.h>
#include <cnipol/explain.h>
#include <cnipol/filter.h>
#include <cnipol/flow.h>
#include <cnipol/flow_batch.h>
#include <cnipol/flow_report.h>
#include <cnipol/image.h>
#include <cnipol/knobs.h>
#include <cnipol/live.h>
#include <cnipol/matrix.h>
#include <cnipol/model.h>
#include <cnipol/prove.h>
#include <cnipol/report.h>
#include <cnipol/status.h>
#include <cnipol/unpack.h>
#include <cnipol/vector.h>
#include <cnipol/version.h>

#endif
