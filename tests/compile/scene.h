/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_COMPILE_SCENE_H
#define TESTS_COMPILE_SCENE_H

/*
 * A cluster said document by document, compiled, and asked at random: the image, by its tables and by its rule
 * lists, says what the reference evaluator says.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cnipol/cnipol.h>
#include <cnipol/image.h>

struct scene {
    char **docs;
    uint32_t n_docs, cap_docs;
    struct cnipol_ctx *ctx;
    struct cnipol_cluster *cluster;
    struct cnipol_model *model;
    struct cnipol_image *image;
};

/* Adds a document. */
__attribute__((format(printf, 2, 3))) void say(struct scene *scene, const char *format, ...);
/* Adds to the last one. */
__attribute__((format(printf, 2, 3))) void say_more(struct scene *scene, const char *format, ...);
void say_pod(struct scene *scene, const char *ns, uint32_t number, const char *more);

/* The documents as one file; the model under the defaults of all knobs. `alloc` may be NULL. */
void scene_load(struct scene *scene, const struct cnipol_alloc *alloc);
/* Compiles and verifies; a status. Bytes in use at once are at most `peak` more than the model has. */
int scene_compile(struct scene *scene, const struct cnipol_compile_opts *opts, size_t peak);
/* Asks n questions, of pods, of addresses, and of the ports from 0 to `ports`. */
void scene_agree(struct scene *scene, uint32_t n, uint32_t ports);
/* Of the subjects of all checkpoints: how many have tables, in percent. */
uint32_t scene_tabled(const struct scene *scene);
void scene_free(struct scene *scene);

uint32_t scene_draw(uint64_t *state, uint32_t n);

#endif
