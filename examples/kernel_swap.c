/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A policy set in the kernel: publish an image, patch it while packets are judged, attach it to an interface.
 *
 * Needs root (or CAP_BPF and CAP_NET_ADMIN); without, it says so and ends well. Addresses are copied before the patch that
 * tells them apart: an id that the old view does not know is a denial for a moment, an old id in the new view could be
 * a wrong allow. docs/live.md says what to do where patches do not lead on.
 */

#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include <cnipol/addrmap.h>
#include <cnipol/bpf.h>
#include <cnipol/live.h>

#define POD(name, ip)                                                                                                         \
    "{apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: " name ", labels: {app: " name "}}, spec: {containers: [{" \
    "name: c, image: i}]}, status: {phase: Running, podIP: " ip ", podIPs: [{ip: " ip "}]}}\n---\n"
#define POLICY(from)                                                                                                       \
    "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {namespace: shop, name: db}, spec: {podSelector: {" \
    "matchLabels: {app: db}}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {matchLabels: {app: " from "}}}]}]}}"

/* web (10.0.0.1) begins a TCP connection to db (10.0.0.2), port 5432: Ethernet, IPv4, TCP with SYN. */
static const uint8_t frame[54] = {[12] = 8, 0, 69, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 156, 64, 21, 56, [47] = 2};

struct follower {
    struct cnipol_live *live;
    struct cnipol_bpf *bpf;
    struct cnipol_addrmap *addresses; /* in the kernel's memory */
    struct cnipol_bpf_patch patches[256];
    uint32_t n; /* patches */
};

static int copy_address(void *user, const struct cnipol_addrmap_prefix *prefix)
{
    return cnipol_addrmap_put(user, prefix);
}

static void take_patch(void *user, uint32_t offset, const void *bytes, uint32_t n)
{
    struct follower *f = user;

    f->patches[f->n++ % 256] = (struct cnipol_bpf_patch){.bytes = bytes, .offset = offset, .n = n};
}

/* Changes a source, brings the kernel to the snapshot that comes of it, and sends it the packet. */
static int follow(struct follower *f, const char *name, const char *text)
{
    int rc = cnipol_live_put(f->live, name, text, strlen(text)), passed = 0;
    const struct cnipol_snapshot *s = cnipol_live_acquire(f->live);

    rc = rc < 0 ? rc : cnipol_addrmap_each(s->addrmap, copy_address, f->addresses);
    f->n = 0;
    if (!rc && cnipol_live_patches(f->live, take_patch, f) >= 0 && f->n <= 256)
        rc = cnipol_bpf_patch(f->bpf, f->patches, f->n, s->view, s->generation);
    else if (!rc)
        rc = cnipol_bpf_publish(f->bpf, s->bytes, s->n_bytes, s->view, s->generation);
    cnipol_live_release(f->live, s);
    if (!rc)
        rc = cnipol_bpf_run_packet(f->bpf, CNIPOL_BPF_JUDGE_BOTH, frame, sizeof frame, &passed);
    printf("%s, %s: the packet %s\n", name, f->n ? "patched" : "published", passed ? "passes" : "is dropped");
    return rc;
}

int main(void)
{
    const struct cnipol_live_opts opts = {.sz = sizeof opts, .with_addrmap = 1, .room = 256 << 10};
    struct follower f = {0};
    struct cnipol_ctx *ctx = NULL;
    int failed;

    if (cnipol_bpf_unavailable())
        return printf("not here:\n%s\n", cnipol_bpf_unavailable()) < 0;
    failed = cnipol_ctx_new(NULL, &ctx) || cnipol_live_new(ctx, &opts, &f.live) || cnipol_bpf_open(NULL, &f.bpf) ||
             cnipol_addrmap_new(ctx, cnipol_bpf_addrmap(f.bpf, &f.n), 1 << 20, 64, &f.addresses) ||
             follow(&f, "pods", POD("web", "10.0.0.1") POD("db", "10.0.0.2")) || follow(&f, "policy", POLICY("api")) ||
             follow(&f, "policy", POLICY("web"));
    if (!failed && !unshare(CLONE_NEWNET)) /* a network of our own, so that trying this out cuts nobody off */
        failed = cnipol_bpf_attach_tc(f.bpf, if_nametoindex("lo"), CNIPOL_BPF_TC_INGRESS, CNIPOL_BPF_JUDGE_BOTH) != CNIPOL_OK;
    puts(failed ? "something failed" : "attached, where that is allowed");
    cnipol_addrmap_close(f.addresses);
    cnipol_bpf_free(f.bpf);
    cnipol_live_free(f.live);
    cnipol_ctx_free(ctx);
    return failed;
}
