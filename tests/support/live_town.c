/* SPDX-License-Identifier: BSD-2-Clause */
/* See live_town.h. */

#include "live_town.h"

#include <cnipol/addrmap.h>

#include "image/section.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define POOLS 24
#define MAX_ENDS 96

static const struct cnipol_cluster_opts cluster_opts = {.sz = sizeof cluster_opts, .mode = CNIPOL_MODE_STORED};

/* Ends that are no pods, beside all pods. */
static const char *const others[] = {"node/n0",       "node/n1",    "10.0.0.1",    "10.0.1.2",     "10.0.0.77", "fd00:10::1",
                                     "203.0.113.9",   "172.18.0.1", "2001:db8::9", "198.51.100.1", "8.8.8.8",   "fd00:18::1",
                                     "203.0.113.200", "172.18.0.2", "::1",         "10.96.0.1",    "10.0.0.3",  "10.0.1.4"};

/* One of each kind that policies here tell apart. */
static const struct {
    uint8_t protocol, has_icmp, icmp_type, is_fragment, port_unknown, state;
    uint16_t port;
} asked[] = {
    {.protocol = 6, .port = 80},       {.protocol = 6, .port = 81},
    {.protocol = 6, .port = 79},       {.protocol = 6, .port = 8080},
    {.protocol = 6, .port = 9001},     {.protocol = 6, .port = 9090},
    {.protocol = 17, .port = 53},      {.protocol = 17, .port = 55},
    {.protocol = 132, .port = 9},      {.protocol = 1, .has_icmp = 1, .icmp_type = 8},
    {.protocol = 6, .is_fragment = 1}, {.protocol = 6, .port_unknown = 1},
    {.protocol = 17, .port = 8080},    {.protocol = 6, .port = 80, .state = 1},
};

static enum town_kind kind_of(const char *line)
{
    if (strstr(line, "Policy\",\"metadata\""))
        return TOWN_POLICY;
    return strstr(line, "\"kind\":\"Pod\"") ? TOWN_POD : TOWN_OTHER;
}

static void list(struct live_town *t, enum town_kind kind, const char *line)
{
    if (t->n_lines[kind] < TOWN_LINES)
        t->lines[kind][t->n_lines[kind]++] = line;
}

static void draw_pools(struct live_town *t)
{
    t->pools = calloc(POOLS, sizeof *t->pools);
    assert_non_null(t->pools);
    for (t->n_pools = 0; t->n_pools < POOLS; t->n_pools++) {
        struct random_cluster *pool = &t->pools[t->n_pools];

        assert_true(random_cluster_new(pool, t->seed * POOLS + t->n_pools));
        for (char *line = pool->bytes, *end; *line; line = end + 1) {
            enum town_kind kind;

            end = strchr(line, '\n');
            *end = '\0';
            kind = kind_of(line);
            list(t, kind, line);
            if (kind == TOWN_OTHER && strstr(line, "\"kind\":\"Namespace\""))
                list(t, TOWN_NAMESPACE, line);
            if (kind == TOWN_OTHER && !strstr(line, "\"template\""))
                list(t, TOWN_PLAIN, line);
        }
    }
    for (uint32_t i = 0; i < TOWN_LISTS; i++)
        assert_true(t->n_lines[i] > 0);
}

void town_open_with(struct live_town *t, uint64_t seed, const struct cnipol_alloc *alloc, const struct cnipol_live_opts *given)
{
    struct cnipol_live_opts opts = *given;

    opts.sz = sizeof opts;
    opts.cluster = &cluster_opts;
    *t = (struct live_town){.seed = seed, .draw = {.state = seed * 0x2545f4914f6cdd1dull + 7, .n_pods = 1}};
    draw_pools(t);
    assert_int_equal(cnipol_ctx_new(alloc, &t->ctx), CNIPOL_OK);
    assert_int_equal(cnipol_live_new(t->ctx, &opts, &t->live), CNIPOL_OK);
}

void town_open(struct live_town *t, uint64_t seed, const struct cnipol_alloc *alloc, uint64_t room)
{
    town_open_with(t, seed, alloc, &(struct cnipol_live_opts){.room = room, .with_addrmap = 1});
}

static void forget(struct live_town *t)
{
    cnipol_model_free(t->fresh);
    cnipol_cluster_free(t->fresh_cluster);
    cnipol_ctx_free(t->fresh_ctx);
    t->fresh = NULL;
    t->fresh_cluster = NULL;
    t->fresh_ctx = NULL;
}

void town_close(struct live_town *t)
{
    forget(t);
    cnipol_live_free(t->live);
    cnipol_ctx_free(t->ctx);
    for (uint32_t i = 0; i < t->n_sources; i++)
        free(t->sources[i].text);
    for (uint32_t i = 0; i < t->n_pools; i++)
        random_cluster_free(&t->pools[i]);
    free(t->pools);
    free(t->copy);
}

static struct town_source *find(struct live_town *t, const char *name)
{
    for (uint32_t i = 0; i < t->n_sources; i++)
        if (strcmp(t->sources[i].name, name) == 0)
            return &t->sources[i];
    return NULL;
}

static void keep(struct live_town *t, const char *name, const char *text)
{
    struct town_source *source = find(t, name);

    if (source)
        free(source->text);
    if (source && !text) {
        *source = t->sources[--t->n_sources];
        return;
    }
    if (!source) {
        assert_true(t->n_sources < TOWN_SOURCES);
        source = &t->sources[t->n_sources++];
        (void)snprintf(source->name, sizeof source->name, "%s", name);
    }
    source->text = strdup(text);
    assert_non_null(source->text);
}

int town_put(struct live_town *t, const char *name, const char *text)
{
    int rc = text ? cnipol_live_put(t->live, name, text, strlen(text)) : cnipol_live_delete(t->live, name);

    (void)snprintf(t->last, sizeof t->last, "%s := %s", name, text ? text : "(gone)");
    if (rc < 0)
        return rc;
    t->changes[rc]++;
    keep(t, name, text);
    return rc;
}

const char *town_line(struct live_town *t, enum town_kind kind)
{
    return t->lines[kind][random_below(&t->draw, t->n_lines[kind])];
}

/* The text between a key and the next quote. */
static void field(const char *line, const char *key, char *out, size_t size)
{
    const char *at = strstr(line, key);

    (void)snprintf(out, size, "%.*s", at ? (int)strcspn(at + strlen(key), "\"") : 1, at ? at + strlen(key) : "-");
}

void town_name_of(const char *line, char *name, size_t size)
{
    char kind[40], ns[16], own[16];
    const char *meta = strstr(line, "\"metadata\"");

    field(line, "\"kind\":\"", kind, sizeof kind);
    field(meta, "\"namespace\":\"", ns, sizeof ns);
    field(meta, "\"name\":\"", own, sizeof own);
    (void)snprintf(name, size, "%s/%s/%s", kind, ns, own);
}

static int edit_many(struct live_town *t)
{
    char name[16], text[16384];
    size_t at = 0;
    uint32_t n = 2 + random_below(&t->draw, 3);

    for (uint32_t i = 0; i < n; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s\n", town_line(t, (enum town_kind)random_below(&t->draw, TOWN_KINDS)));
    (void)snprintf(name, sizeof name, "many-%u", random_below(&t->draw, 3));
    return town_put(t, name, text);
}

static int edit_refused(struct live_town *t)
{
    static const char *const texts[] = {"{", "kind: [x", "{\"apiVersion\":\"networking.k8s.io/v1\",\"kind\":\"NetworkPolicy\"}"};
    const char *name = t->n_sources ? t->sources[random_below(&t->draw, t->n_sources)].name : "x";
    char own[96];
    int rc;

    (void)snprintf(own, sizeof own, "%s", name);
    rc = town_put(t, own, texts[random_below(&t->draw, COUNT(texts))]);
    t->refusals += rc < 0;
    assert_true(rc < 0);
    return CNIPOL_LIVE_NOTHING;
}

static enum town_kind draw_kind(struct live_town *t, const struct town_mix *mix)
{
    uint32_t dice = random_below(&t->draw, 100);
    const uint32_t shares[][2] = {
        {mix->policy, TOWN_POLICY}, {mix->pod, TOWN_POD}, {mix->namespace, TOWN_NAMESPACE}, {mix->plain, TOWN_PLAIN}};

    for (size_t i = 0; i < COUNT(shares); i++) {
        if (dice < shares[i][0])
            return (enum town_kind)shares[i][1];
        dice -= shares[i][0];
    }
    return TOWN_OTHER;
}

int town_edit(struct live_town *t, const struct town_mix *mix)
{
    const char *line = town_line(t, draw_kind(t, mix));
    char name[96];

    if (random_percent(&t->draw, mix->refused))
        return edit_refused(t);
    if (random_percent(&t->draw, mix->many))
        return edit_many(t);
    town_name_of(line, name, sizeof name);
    if (random_percent(&t->draw, mix->other_name))
        (void)snprintf(name, sizeof name, "twin-%u", random_below(&t->draw, 3));
    if (t->n_sources > 40 || (find(t, name) && random_percent(&t->draw, 30)))
        line = NULL;
    if (!line && !find(t, name))
        (void)snprintf(name, sizeof name, "%s", t->sources[random_below(&t->draw, t->n_sources)].name);
    return town_put(t, name, line);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct town_source *)a)->name, ((const struct town_source *)b)->name);
}

/* Of two objects of one name the later counts; where there are none, any order does. */
static bool order_matters(const struct live_town *t)
{
    for (uint32_t i = 0; i < t->n_sources; i++)
        if (!strchr(t->sources[i].name, '/'))
            return true;
    return false;
}

void town_refresh(struct live_town *t)
{
    uint32_t n = t->n_sources, first = 0;

    forget(t);
    qsort(t->sources, n, sizeof t->sources[0], by_name);
    if (n && !order_matters(t))
        first = random_below(&t->draw, n);
    assert_int_equal(cnipol_ctx_new(NULL, &t->fresh_ctx), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_new(t->fresh_ctx, &cluster_opts, &t->fresh_cluster), CNIPOL_OK);
    for (uint32_t i = 0; i < n; i++) {
        const struct town_source *source = &t->sources[(first + i) % n];

        assert_int_equal(cnipol_cluster_load_bytes(t->fresh_cluster, source->name, source->text, strlen(source->text)), CNIPOL_OK);
    }
    assert_int_equal(cnipol_model_new(t->fresh_cluster, NULL, NULL, &t->fresh), CNIPOL_OK);
}

static void apply_patch(void *user, uint32_t offset, const void *bytes, uint32_t n)
{
    struct live_town *t = user;

    assert_true((uint64_t)offset + n <= t->copied);
    memcpy(t->copy + offset, bytes, n);
}

/* A copy has room for all that patches may write. */
static void keep_copy(struct live_town *t, const struct cnipol_snapshot *s)
{
    if (t->copy && s->n_bytes <= t->copied && cnipol_live_patches(t->live, apply_patch, t) >= 0)
        return;
    (void)cnipol_live_patches(t->live, apply_patch, t);
    free(t->copy);
    t->copied = (s->n_bytes + (40u << 20) + 63) / 64 * 64;
    t->copy = aligned_alloc(64, t->copied);
    assert_non_null(t->copy);
    memcpy(t->copy, s->bytes, s->n_bytes);
}

/* One end, as both models have it, and as text. */
struct seen {
    char text[96];
    struct cnipol_end fresh, live;
    bool is_address;
};

struct comparing {
    struct live_town *t;
    const struct cnipol_snapshot *s;
    struct seen ends[MAX_ENDS];
    uint32_t n;
};

static void see(struct comparing *c, const char *text)
{
    struct seen *seen = &c->ends[c->n++];

    assert_true(c->n <= MAX_ENDS);
    (void)snprintf(seen->text, sizeof seen->text, "%s", text);
    assert_int_equal(cnipol_end_parse(c->t->fresh, text, &seen->fresh), CNIPOL_OK);
    assert_int_equal(cnipol_end_parse(cnipol_live_model(c->t->live), text, &seen->live), CNIPOL_OK);
    seen->is_address = !strchr(text, '/');
}

static void ask_what(struct cnipol_question *q, uint32_t kind)
{
    q->protocol = asked[kind].protocol;
    q->destination_port = asked[kind].port;
    q->has_icmp = asked[kind].has_icmp;
    q->icmp_type = asked[kind].icmp_type;
    q->is_fragment = asked[kind].is_fragment;
    q->port_unknown = asked[kind].port_unknown;
    q->connection_state = asked[kind].state;
}

static void print_sources(const struct live_town *t)
{
    for (uint32_t i = 0; i < t->n_sources; i++)
        print_message("# %s\n%s\n", t->sources[i].name, t->sources[i].text);
    print_message("seed %llu, last edit: %s\n", (unsigned long long)t->seed, t->last);
}

static void same(const struct comparing *c, const char *way, const struct seen *from, const struct seen *to, uint32_t kind,
                 const struct cnipol_verdict *expected, const struct cnipol_answer *got)
{
    if (expected->decision == got->decision && expected->egress == got->parts[0] && expected->ingress == got->parts[1] &&
        expected->flags == got->flags)
        return;
    print_sources(c->t);
    fail_msg("%s: %s to %s, question %u: expected %s (%s %s) %x, got %s (%s %s) %x", way, from->text, to->text, kind,
             cnipol_decision_text(expected->decision), cnipol_decision_text(expected->egress), cnipol_decision_text(expected->ingress),
             expected->flags, cnipol_decision_text(got->decision), cnipol_decision_text(got->parts[0]), cnipol_decision_text(got->parts[1]),
             got->flags);
}

static struct cnipol_addrmap_entry look_up(const struct comparing *c, const struct cnipol_end *end)
{
    return end->has_v4 ? cnipol_addrmap_find(c->s->addrmap, 4, end->v4) : cnipol_addrmap_find(c->s->addrmap, 6, end->v6);
}

/* What a packet's reader would do: both addresses looked up, relations worked out of the two entries. */
static void by_address(const struct comparing *c, const struct seen *from, const struct seen *to, uint32_t kind,
                       const struct cnipol_key *named, const struct cnipol_verdict *expected)
{
    struct cnipol_addrmap_entry source = look_up(c, &from->fresh), destination = look_up(c, &to->fresh);
    struct cnipol_key key = *named;
    struct cnipol_answer got;

    if (expected->decision == CNIPOL_UNDEFINED && (source.peer == CNIPOL_ADDRMAP_NO_PEER || destination.peer == CNIPOL_ADDRMAP_NO_PEER))
        return;
    key.source = source.peer;
    key.destination = destination.peer;
    key.relations = (uint8_t)cnipol_addrmap_relations(c->s->addrmap, source, destination);
    cnipol_eval(c->s->bytes, c->s->view, &key, &got);
    same(c, "by address", from, to, kind, expected, &got);
    if (memcmp(&key, named, sizeof key) != 0) {
        print_sources(c->t);
        fail_msg("%s to %s: key %u %u %x by address, %u %u %x by name", from->text, to->text, key.source, key.destination, key.relations,
                 named->source, named->destination, named->relations);
    }
    c->t->by_address++;
}

static void compare_one(const struct comparing *c, const struct seen *from, const struct seen *to, uint32_t kind)
{
    struct cnipol_question fresh = {.source = from->fresh, .destination = to->fresh};
    struct cnipol_question live = {.source = from->live, .destination = to->live};
    struct cnipol_verdict expected;
    struct cnipol_answer got;
    struct cnipol_key key;

    ask_what(&fresh, kind);
    ask_what(&live, kind);
    cnipol_ask(c->t->fresh, &fresh, &expected);
    if (cnipol_live_key(c->t->live, &live, &key)) {
        c->t->unaskable++;
        return;
    }
    cnipol_eval(c->s->bytes, c->s->view, &key, &got);
    same(c, "snapshot", from, to, kind, &expected, &got);
    cnipol_eval_rules(c->s->bytes, c->s->view, &key, &got);
    same(c, "rules", from, to, kind, &expected, &got);
    cnipol_eval(c->t->copy, c->s->view, &key, &got);
    same(c, "copy", from, to, kind, &expected, &got);
    c->t->asked++;
    if (from->is_address && to->is_address && to->fresh.kind != CNIPOL_END_SERVICE)
        by_address(c, from, to, kind, &key, &expected);
}

void town_compare(struct live_town *t)
{
    struct comparing c = {.t = t, .s = cnipol_live_acquire(t->live)};

    keep_copy(t, c.s);
    for (uint32_t i = 0; i < cnipol_model_pods(t->fresh); i++)
        see(&c, cnipol_model_pod_name(t->fresh, i));
    for (uint32_t i = 0; i < COUNT(others); i++)
        see(&c, others[i]);
    for (uint32_t i = 0; i < c.n; i++)
        for (uint32_t k = 0; k < c.n; k++)
            for (uint32_t kind = 0; kind < COUNT(asked); kind++)
                compare_one(&c, &c.ends[i], &c.ends[k], kind);
    cnipol_live_release(t->live, c.s);
}

void town_same_bytes(struct live_town *t)
{
    struct cnipol_image *image;
    const void *expected, *got;
    size_t n, n_got;

    assert_int_equal(cnipol_compile(t->fresh_ctx, t->fresh, NULL, &image), CNIPOL_OK);
    expected = cnipol_image_bytes(image, &n);
    got = cnipol_image_bytes(cnipol_live_image(t->live), &n_got);
    if (n != n_got || memcmp(expected, got, n) != 0) {
        print_sources(t);
        fail_msg("compacted, %zu bytes, is not what compiling gives, %zu bytes", n_got, n);
    }
    cnipol_image_free(image);
}
