/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef CNIPOL_FORMAT_H
#define CNIPOL_FORMAT_H

/**
 * The image: what a compiled policy set looks like in memory and in a file.
 *
 * One block of bytes, little-endian, position independent: every offset is a number of bytes from the image's
 * first byte. It begins with the header and the table of sections. Sections follow by temperature: HOT holds what
 * a verdict reads, WARM the rule lists (the second way to evaluate) and the machine that they come from, COLD names
 * and places. What an evaluation reads is HOT and CNIPOL_SECTION_RULES, so a BPF map value can hold the first
 * `eval_bytes` bytes of a file and nothing else.
 *
 * docs/image-format.md specifies each table; include/cnipol/eval_core.h reads them. The header can be included
 * from a BPF program, from C and from C++. Nothing here has behaviour.
 */

#if defined(__bpf__)
typedef __UINT8_TYPE__ uint8_t;
typedef __UINT16_TYPE__ uint16_t;
typedef __UINT32_TYPE__ uint32_t;
typedef __UINT64_TYPE__ uint64_t;
#else
#include <stdint.h>
#endif

#define CNIPOL_IMAGE_MAGIC "cnipol\x1a\n"
#define CNIPOL_IMAGE_MAJOR 1 /**< another one: refuse */
#define CNIPOL_IMAGE_MINOR 0 /**< a higher one: sections that are not known may be passed over */
#define CNIPOL_IMAGE_ALIGN 64

/** What the first bytes are. The checksum is XXH3-128 in canonical form over the header and the section table, with its own 16 bytes zero. */
struct cnipol_image_header {
    uint8_t magic[8];
    uint16_t major;
    uint16_t minor;
    uint32_t header_bytes; /**< the header and the section table behind it */
    uint64_t total_bytes;
    uint32_t n_sections;
    uint32_t view;       /**< offset of the struct cnipol_image_view */
    uint32_t hot_bytes;  /**< end of the last HOT section */
    uint32_t eval_bytes; /**< end of CNIPOL_SECTION_RULES: what an evaluation may read */
    uint8_t checksum[16];
    uint32_t features; /**< enum cnipol_image_feature */
    uint32_t reserved; /**< 0 */
};

enum cnipol_image_feature {
    CNIPOL_FEATURE_CHECKSUMS = 1u << 0, /**< sections carry checksums; without, verify proves memory safety only */
    CNIPOL_FEATURE_SLICE = 1u << 1      /**< subjects of one node only; the others' part is not asked */
};

enum cnipol_section_kind {
    CNIPOL_SECTION_TABLES = 1,   /**< HOT: the view and the tables that it names */
    CNIPOL_SECTION_RULES = 2,    /**< WARM: rule lists, cells and sets for evaluation rule by rule */
    CNIPOL_SECTION_MACHINE = 3,  /**< WARM: policies and rules as they were lowered; explains verdicts */
    CNIPOL_SECTION_DIRECTORY = 4 /**< COLD: ends, addresses, Services, names */
};

enum cnipol_temperature { CNIPOL_HOT = 0, CNIPOL_WARM = 1, CNIPOL_COLD = 2 };

enum cnipol_section_flag {
    CNIPOL_SECTION_REQUIRED = 1u << 0 /**< a reader that does not know this kind must refuse the image */
};

/** Sections do not overlap, begin at multiples of CNIPOL_IMAGE_ALIGN, lie in file order; bytes between them are zero. */
struct cnipol_image_section {
    uint32_t kind;
    uint16_t temperature;
    uint16_t flags;
    uint64_t offset;
    uint64_t bytes;
    uint8_t checksum[16]; /**< XXH3-128, canonical, of the bytes; zero without CNIPOL_FEATURE_CHECKSUMS */
};

#define CNIPOL_IMAGE_CHECKPOINTS 8

/* How a subject's root word is to be read: its two top bits. */
#define CNIPOL_ROOT_KIND(word) ((word) >> 30)
#define CNIPOL_ROOT_INDEX(word) ((word)&0x3fffffffu)
#define CNIPOL_ROOT_DAG 0u    /**< the index names an L1 node */
#define CNIPOL_ROOT_LIST 1u   /**< evaluate the subject's rule list; no index */
#define CNIPOL_ROOT_ABSENT 2u /**< nothing polices this id here: the checkpoint is not on the path */

/* A peer class that the DAG does not know: evaluate the subject's rule list. */
#define CNIPOL_PEER_UNCLASSED 0xffffffffu

/**
 * One checkpoint: where the decision tables of one direction are. A path has those checkpoints, in order, whose
 * root word of the subject is not CNIPOL_ROOT_ABSENT.
 *
 * From a root to a row: l1[root * l1_entries + (peer >> 8)] names a chunk, chunk[(peer >> 4) & 15] a page,
 * page[peer & 15] a row. Row r's leaves for points 0 to 63 are line r; for other columns (view) it is line
 * columns[r * (n_columns - 1) + column - 1]. Indexes have 1 << index_shift bytes, leaves 1 << leaf_shift.
 */
struct cnipol_image_checkpoint {
    uint8_t direction;   /**< 0 egress, 1 ingress */
    uint8_t subject;     /**< the protected end: 0 source, 1 destination */
    uint8_t after_allow; /**< 1: an allow here ends the path */
    uint8_t n_stages;    /**< at most 63 */
    uint32_t roots;      /**< uint32_t by peer id: root word */
    uint32_t lists;      /**< uint32_t by peer id: rule list number, whatever the root says */
    uint32_t peers;      /**< uint32_t by peer id: its class as the other end */
    uint32_t n_roots;
    uint32_t l1_entries; /**< in each L1 node: peer classes, divided by 256, rounded up; at least 1 */
    uint32_t n_classes;
    uint32_t l1;
    uint32_t chunks;
    uint32_t n_chunks;
    uint32_t pages;
    uint32_t n_pages;
    uint32_t lines; /**< 64 leaves each; the first n_rows lines are rows */
    uint32_t n_rows;
    uint32_t n_lines;
    uint32_t columns;
};

#define CNIPOL_IMAGE_RELATIONS 32
#define CNIPOL_IMAGE_STATES 3

/**
 * A view of the tables: everything that an evaluation starts from. A file has one; an image that is changed while
 * it is read gets a new one with each change (beside new tables; old ones are never written again).
 *
 * The L4 part of a question becomes a column and a point in it:
 *   point    = by protocol, then destination port or ICMP type and code (struct cnipol_image_protocol)
 *   variant  = (relation_class[relations] * n_state_classes + state_class[state]) * n_source_classes + source class
 *   column   = variant * point_columns + point / 64
 */
struct cnipol_image_view {
    uint32_t n_ids;
    uint8_t index_shift; /**< 1 or 2 */
    uint8_t leaf_shift;  /**< 0 or 1 */
    uint8_t n_checkpoints;
    uint8_t n_state_classes;
    uint32_t n_columns;
    uint32_t n_points;
    uint32_t point_columns;
    uint32_t n_source_classes;
    uint32_t leaves; /**< struct cnipol_image_leaf */
    uint32_t n_leaves;
    uint32_t protocols;    /**< 256 × struct cnipol_image_protocol */
    uint32_t source_ports; /**< struct cnipol_image_ports: classes instead of points; 0: n_source_classes is 1 */
    uint32_t port_blocks;  /**< blocks of 256 uint16_t */
    uint32_t n_port_blocks;
    uint32_t lists; /**< struct cnipol_image_list */
    uint32_t n_lists;
    uint32_t items; /**< uint32_t */
    uint32_t n_items;
    uint32_t cells; /**< struct cnipol_image_cell */
    uint32_t n_cells;
    uint32_t sets; /**< struct cnipol_image_set */
    uint32_t n_sets;
    uint32_t members; /**< struct cnipol_image_list by peer id minus first_member: stretches of `words`; 0: none */
    uint32_t first_member;
    uint32_t words; /**< uint32_t: what sets and members consist of */
    uint32_t n_words;
    uint32_t reserved[15];
    uint8_t state_class[4]; /**< by connection state, 0 to 2 */
    uint8_t relation_class[CNIPOL_IMAGE_RELATIONS];
    struct cnipol_image_checkpoint checkpoints[CNIPOL_IMAGE_CHECKPOINTS];
};

/* What may come out of a checkpoint or a rule: bit (1 << enum cnipol_decision), or one of these. */
#define CNIPOL_CAN_NEXT (1u << 5) /**< a rule: as if it had not matched */
#define CNIPOL_CAN_END (1u << 6)  /**< behind the last stage without an opinion; counts as an allow that ends nothing */

/** What a checkpoint answers: all that is still possible (more than one bit: undefined), and what comes with it. */
struct cnipol_image_leaf {
    uint8_t can;
    uint8_t flags; /**< CNIPOL_VERDICT_LOG, _AUDIT, _REJECT */
    uint16_t reserved;
    uint32_t auth;    /**< authentication that the peer must have shown; 0: none */
    uint32_t program; /**< L7 program, 1 first; 0: none */
};

enum cnipol_protocol_kind {
    CNIPOL_L4_PLAIN = 0, /**< `point` is all */
    CNIPOL_L4_PORTS = 1, /**< `table` is a struct cnipol_image_ports; `point` is a later fragment's */
    CNIPOL_L4_ICMP = 2   /**< `table` is a struct cnipol_image_icmp; `point` is for an unknown type */
};

struct cnipol_image_protocol {
    uint16_t kind;
    uint16_t point;
    uint32_t table;
};

/** Port p's point is blocks[high[p >> 8] * 256 + (p & 255)]. */
struct cnipol_image_ports {
    uint16_t unknown; /**< point of an unknown port */
    uint16_t reserved;
    uint16_t high[256];
};

/** (type, code)'s point is points[type_class[type] * n_codes + code_class[code]], uint16_t each, behind the struct. */
struct cnipol_image_icmp {
    uint16_t n_types;
    uint16_t n_codes;
    uint8_t type_class[256];
    uint8_t code_class[256];
};

/** A stretch of `items` (or of `words`): in the order of their numbers, without overlap. */
struct cnipol_image_list {
    uint32_t first;
    uint32_t n;
};

/* An item of a rule list is a cell's number; with this bit the subject may or may not be concerned. */
#define CNIPOL_ITEM_MAYBE 0x80000000u
#define CNIPOL_LIST_ITEMS_MAX 65536

enum cnipol_cell_kind {
    CNIPOL_CELL_STAGE = 1,     /**< a stage begins; `combine` and `ties` hold until the next one */
    CNIPOL_CELL_RULE = 2,      /**< a rule, or one alternative of it */
    CNIPOL_CELL_UNMATCHED = 3, /**< no rule was decisive: `governed` says whether defaults follow or the next stage */
    CNIPOL_CELL_DEFAULT = 4,   /**< an alternative of a default */
    CNIPOL_CELL_END = 5        /**< behind the last stage: the outcome here if any way leads here */
};

enum cnipol_cell_combine { CNIPOL_COMBINE_FIRST = 0, CNIPOL_COMBINE_UNION = 1, CNIPOL_COMBINE_MAP = 2 };

enum cnipol_cell_action {
    CNIPOL_ACT_ALLOW = 0,
    CNIPOL_ACT_DENY = 1,
    CNIPOL_ACT_PASS = 2,
    CNIPOL_ACT_LOG = 3,
    CNIPOL_ACT_NEXT = 4,
    CNIPOL_ACT_UNDEFINED = 5
};

/* What a box looks at besides the protocol, the relations and the state. */
enum cnipol_box_flag {
    CNIPOL_BOX_PORTS = 1u << 0,       /**< never true of a packet without ports */
    CNIPOL_BOX_DESTINATION = 1u << 1, /**< looks at the destination port */
    CNIPOL_BOX_SOURCE = 1u << 2,
    CNIPOL_BOX_ICMP = 1u << 3, /**< never true of other protocols than ICMP and ICMPv6 */
    CNIPOL_BOX_ICMP_TYPE = 1u << 4,
    CNIPOL_BOX_ICMP_CODE = 1u << 5,
    CNIPOL_BOX_MAYBE = 1u << 6, /**< where it holds, nobody knows whether it does */
    CNIPOL_BOX_BLOCK = 1u << 7  /**< never true of an unknown destination port */
};

#define CNIPOL_SET_ALL 0xffffffffu

/** One alternative of a rule: a set of peers and a box of L4 questions, and what follows. */
struct cnipol_image_cell {
    uint8_t kind;
    uint8_t combine;  /**< STAGE */
    uint8_t ties;     /**< STAGE: rules of different policies with one tie that disagree have no answer */
    uint8_t governed; /**< UNMATCHED: 0 no, 1 perhaps, 2 yes */
    uint8_t stage;
    uint8_t action; /**< enum cnipol_cell_action; with a program: of its else */
    uint8_t target; /**< PASS: a stage behind this one */
    uint8_t flags;  /**< CNIPOL_VERDICT_LOG, _AUDIT, _REJECT */
    uint32_t set;   /**< of peers; CNIPOL_SET_ALL */
    uint32_t policy;
    uint32_t tie;
    uint32_t rule; /**< number in CNIPOL_SECTION_MACHINE, over all stages of the checkpoint; UINT32_MAX: none */
    uint32_t auth;
    uint32_t program; /**< not 0: the L7 proxy decides */
    uint32_t key;     /**< MAP: smaller ones come first; equal ones merge */
    uint32_t reserved;
    uint8_t box_flags;
    uint8_t protocol_lo, protocol_hi;
    uint8_t relation_mask, relation_bits; /**< relations & mask == bits */
    uint8_t state_lo, state_hi;
    uint8_t icmp_type_lo, icmp_type_hi, icmp_code_lo, icmp_code_hi;
    uint8_t reserved2;
    uint16_t source_lo, source_hi;
    uint16_t destination_lo, destination_hi;
    uint32_t reserved3;
};

#define CNIPOL_MEMBERS_LIKE 0xffffffffu
#define CNIPOL_LIKE_MAX 8 /**< so many steps from a later id to one that a set knows, and no more */

/**
 * A set of peer ids, three-valued: n words, ascending, each start * 4 + membership (0 no, 1 perhaps, 2 yes) of the
 * ids from start to the next word's. The first word's start is 0. Ids at or beyond `space` came later: their
 * members list (words of set * 4 + membership, ascending) says which of these sets they are in, or, where its n is
 * CNIPOL_MEMBERS_LIKE, that the id is in those that the id `first`, a smaller one, is in.
 */
struct cnipol_image_set {
    uint32_t first;
    uint32_t n;
    uint32_t space;
    uint32_t reserved;
};

#if defined(__cplusplus)
#define CNIPOL_FORMAT_ASSERT(what, text) static_assert(what, text)
#else
#define CNIPOL_FORMAT_ASSERT(what, text) _Static_assert(what, text)
#endif

CNIPOL_FORMAT_ASSERT(sizeof(struct cnipol_image_header) == 64, "header");
CNIPOL_FORMAT_ASSERT(sizeof(struct cnipol_image_section) == 40, "section");
CNIPOL_FORMAT_ASSERT(sizeof(struct cnipol_image_checkpoint) == 64, "checkpoint");
CNIPOL_FORMAT_ASSERT(sizeof(struct cnipol_image_view) == 704, "view");
CNIPOL_FORMAT_ASSERT(sizeof(struct cnipol_image_leaf) == 12, "leaf");
CNIPOL_FORMAT_ASSERT(sizeof(struct cnipol_image_protocol) == 8, "protocol");
CNIPOL_FORMAT_ASSERT(sizeof(struct cnipol_image_ports) == 516, "ports");
CNIPOL_FORMAT_ASSERT(sizeof(struct cnipol_image_icmp) == 516, "icmp");
CNIPOL_FORMAT_ASSERT(sizeof(struct cnipol_image_list) == 8, "list");
CNIPOL_FORMAT_ASSERT(sizeof(struct cnipol_image_cell) == 64, "cell");
CNIPOL_FORMAT_ASSERT(sizeof(struct cnipol_image_set) == 16, "set");

#endif
