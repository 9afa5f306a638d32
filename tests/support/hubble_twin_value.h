/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_HUBBLE_TWIN_VALUE_H
#define TESTS_HUBBLE_TWIN_VALUE_H

/* Values of the second reader (hubble_twin.h): members, texts, numbers, words and times, each as protojson takes it. Refusing sets t->bad. */

#include "hubble_twin.h"

struct np_words;

struct twin {
    struct np_arena *arena;
    struct cnipol_flow *flow;
    bool bad;
};

typedef struct json_object *node;

node twin_refuse(struct twin *t);
/* A member by either spelling; NULL where it is not there or null. Both at once are refused. */
node twin_member(struct twin *t, node o, const char *name);
bool twin_is_there(node o, const char *name);
/* The short form's spelling, where the member itself is not there and what stands there fits: an object, or a word or number. */
node twin_loose(struct twin *t, node o, const char *name, const char *other);
node twin_object(struct twin *t, node value);
struct cnipol_text twin_keep(struct twin *t, const char *s, size_t n);
struct cnipol_text twin_text(struct twin *t, node o, const char *name);
struct cnipol_text twin_address(struct twin *t, node o, const char *name);
const struct cnipol_text *twin_texts(struct twin *t, node o, const char *name, uint32_t *n);
long double twin_number_of(struct twin *t, node value, long double least, long double most);
uint64_t twin_unsigned(struct twin *t, node o, const char *name, uint64_t most);
int32_t twin_signed(struct twin *t, node o, const char *name);
bool twin_bool(struct twin *t, node o, const char *name);
/* 0 for a word that is not known, which is *unknown then. */
int32_t twin_word_of(struct twin *t, node value, const struct np_words *words, struct cnipol_text *unknown);
int32_t twin_word(struct twin *t, node value, const struct np_words *words);
bool twin_time_of(struct twin *t, node o, const char *name, struct cnipol_time *out);
/* The one member of a oneof that is set; NULL: none. */
node twin_one_of(struct twin *t, node o, const char *const *names, const char *const *others, uint32_t *which);

#endif
