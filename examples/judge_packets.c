/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Raw packets in, verdicts out: what a data plane in user space does for each packet.
 *
 *     judge_packets MANIFEST...
 *
 * A live policy set gives both halves that a packet needs: an image, and the address map that belongs to it. judge()
 * is all that runs per packet. It allocates nothing, locks nothing and calls no kernel.
 */

#include <stdio.h>

#include <cnipol/addrmap.h>
#include <cnipol/eval_core.h>
#include <cnipol/live.h>
#include <cnipol/packet.h>

/* IPv4 and TCP headers, as they come off a wire; checksums are not looked at. The last one is cut off. */
static const struct {
    const char *what;
    uint32_t length;
    uint8_t bytes[40];
} packets[] = {
    {"payment-api to database, 5432", 40, {69, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 10, 10, 1, 10, 10, 10, 2, 20, 156, 64, 21, 56}},
    {"developer   to database, 5432", 40, {69, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 10, 10, 2, 40, 10, 10, 2, 20, 156, 64, 21, 56}},
    {"database    to 203.0.113.7, 443", 40, {69, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 10, 10, 2, 20, 203, 0, 113, 7, 156, 64, 1, 187}},
    {"developer   to 203.0.113.7, 443", 40, {69, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 10, 10, 2, 40, 203, 0, 113, 7, 156, 64, 1, 187}},
    {"half a header", 22, {69, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 10, 10, 1, 10, 10, 10, 2, 20, 156, 64}},
};

static const char *judge(const struct cnipol_snapshot *s, const void *packet, uint32_t length)
{
    struct cnipol_packet p;
    struct cnipol_addrmap_entry from, to;
    struct cnipol_key key = {0};
    struct cnipol_answer answer;

    if (cnipol_packet_parse_ip(packet, length, &p) != CNIPOL_PACKET_IP)
        return cnipol_packet_reason_text(p.reason); /* and it does not pass */
    from = cnipol_addrmap_find(s->addrmap, p.family, p.source);
    to = cnipol_addrmap_find(s->addrmap, p.family, p.destination);
    key.source = from.peer;
    key.destination = to.peer;
    key.relations = (uint8_t)cnipol_addrmap_relations(s->addrmap, from, to);
    key.protocol = p.protocol;
    key.source_port = p.source_port;
    key.destination_port = p.destination_port;
    key.icmp_type = p.icmp_type;
    key.icmp_code = p.icmp_code;
    key.flags = (uint8_t)((p.flags & CNIPOL_PACKET_LATER_FRAGMENT ? CNIPOL_KEY_FRAGMENT : 0) |
                          (p.flags & CNIPOL_PACKET_ICMP_KNOWN ? CNIPOL_KEY_ICMP : 0));
    cnipol_eval(s->bytes, s->view, &key, &answer);
    return cnipol_decision_text(answer.decision); /* what is neither allow nor redirect does not pass */
}

/* A source is a name and a text; here, a file. */
static int put_file(struct cnipol_live *live, const char *path)
{
    static char text[65536];
    FILE *file = fopen(path, "r");
    size_t n = file ? fread(text, 1, sizeof text, file) : 0;

    if (file)
        fclose(file);
    return n ? cnipol_live_put(live, path, text, n) : CNIPOL_E_IO;
}

int main(int argc, char **argv)
{
    const struct cnipol_live_opts opts = {.sz = sizeof opts, .with_addrmap = 1};
    const struct cnipol_snapshot *snapshot;
    struct cnipol_ctx *ctx;
    struct cnipol_live *live;

    if (cnipol_ctx_new(NULL, &ctx) || cnipol_live_new(ctx, &opts, &live))
        return 1;
    cnipol_live_begin(live); /* all files first, then one compilation */
    for (int i = 1; i < argc; i++)
        if (put_file(live, argv[i]) < 0)
            fprintf(stderr, "%s: cannot be used\n", argv[i]);
    if (cnipol_live_end(live) < 0)
        return 1;
    snapshot = cnipol_live_acquire(live); /* for one packet or for a burst of them */
    for (size_t i = 0; i < sizeof packets / sizeof packets[0]; i++)
        printf("%-32s %s\n", packets[i].what, judge(snapshot, packets[i].bytes, packets[i].length));
    cnipol_live_release(live, snapshot);
    cnipol_live_free(live);
    cnipol_ctx_free(ctx);
    return 0;
}
