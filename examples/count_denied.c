/* SPDX-License-Identifier: BSD-2-Clause */
/* Counts denied pairs in a file of flow records, of whatever CNI, packed or not: count_denied FILE | sort | uniq -c | sort -rn */

#include <stdio.h>

#include <cnipol/cnipol.h>

static void print_end(const struct cnipol_flow_end *end)
{
    char room[CNIPOL_ADDRESS_TEXT];
    struct cnipol_text name = end->pod.s ? end->pod : cnipol_flow_address(end, room);

    (void)printf("%.*s%s%.*s", (int)end->ns.n, end->ns.n ? end->ns.s : "", end->ns.n ? "/" : "", (int)name.n, name.n ? name.s : "");
}

static void take(struct cnipol_decoder *decoder)
{
    struct cnipol_flow flow;
    int rc;

    while ((rc = cnipol_decoder_next(decoder, &flow)) != 0) { /* negative: a bad record, and the stream goes on behind it */
        if (rc < 0 || flow.verdict != CNIPOL_FLOW_DROPPED)
            continue;
        print_end(&flow.src);
        (void)printf(" -> ");
        print_end(&flow.dst);
        (void)printf(" %s %u\n", cnipol_flow_protocol_name(flow.protocol) ? cnipol_flow_protocol_name(flow.protocol) : "?", flow.dst.port);
    }
}

int main(int argc, char **argv)
{
    static char bytes[65536];
    struct cnipol_ctx *ctx = NULL;
    struct cnipol_decoder *decoder = NULL;
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    size_t n;

    if (!file || cnipol_ctx_new(NULL, &ctx) || cnipol_decoder_new(ctx, NULL, &decoder))
        return 1;
    while ((n = fread(bytes, 1, sizeof bytes, file)) > 0 && cnipol_decoder_feed(decoder, bytes, n) == CNIPOL_OK)
        take(decoder);
    (void)cnipol_decoder_finish(decoder);
    take(decoder);
    cnipol_decoder_free(decoder);
    cnipol_ctx_free(ctx);
    return fclose(file) != 0;
}
