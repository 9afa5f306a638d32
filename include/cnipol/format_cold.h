/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef CNIPOL_FORMAT_COLD_H
#define CNIPOL_FORMAT_COLD_H

#include <stdint.h>

/**
 * What an image holds beside its decision tables: the machine and the directory.
 *
 * The machine (in WARM) is every stage, policy and rule that the tables were made of, with the place where
 * each was written: it answers any question without the tables, and it says why. The directory (in COLD)
 * is who there is: namespaces, pods, nodes, Services, their addresses, and the peer id of each.
 *
 * Each of the two is one block of bytes that can be moved anywhere: a head, a list of parts, and the parts.
 * All numbers are little endian, and all offsets are bytes from the head's first byte. A part is an array of
 * rows of one kind; a row is named by its number in its part, 0 first. Where a row speaks of others it says
 * one number, or the first and how many: such stretches follow each other without a gap, in the order of the
 * rows that they belong to. CNIPOL_COLD_NONE means none. Parts lie in the order of their numbers,
 * each at a multiple of 8, with zero bytes in between; bytes called `reserved` are zero. The same model gives
 * the same bytes.
 *
 * A reader takes parts behind those it knows for newer ones, and passes them over; of a block with fewer parts
 * than it knows, it takes those that are missing for empty.
 */

#ifdef __cplusplus
extern "C" {
#endif

#define CNIPOL_COLD_NONE UINT32_C(0xffffffff)
#define CNIPOL_MACHINE_MAGIC UINT32_C(0x6d706e63)   /**< "cnpm" */
#define CNIPOL_DIRECTORY_MAGIC UINT32_C(0x64706e63) /**< "cnpd" */

/** The first bytes of a block; struct cnipol_cold_part follows `parts` times. */
struct cnipol_cold_head {
    uint32_t magic;
    uint32_t bytes; /**< of the whole block */
    uint32_t parts;
    uint32_t reserved;
};

struct cnipol_cold_part {
    uint32_t offset;
    uint32_t count; /**< rows; of the part of texts, bytes */
};

/** A string: `length` bytes of the block's texts, and a zero byte behind them. Strings ascend in byte order, each is there once. */
struct cnipol_cold_string {
    uint32_t offset; /**< in the part of texts */
    uint32_t length;
};

/** The first two parts of either block. */
enum cnipol_cold_part_number {
    CNIPOL_COLD_STRINGS = 0, /**< struct cnipol_cold_string; "string" below is a number in here */
    CNIPOL_COLD_TEXTS = 1    /**< bytes */
};

/** Parts of the machine. */
enum cnipol_machine_part {
    CNIPOL_MACHINE_INFO = 2,          /**< struct cnipol_machine_info, one row */
    CNIPOL_MACHINE_CHECKPOINTS = 3,   /**< struct cnipol_machine_checkpoint */
    CNIPOL_MACHINE_STAGES = 4,        /**< struct cnipol_machine_stage */
    CNIPOL_MACHINE_RULES = 5,         /**< struct cnipol_machine_rule */
    CNIPOL_MACHINE_DEFAULTS = 6,      /**< struct cnipol_machine_default */
    CNIPOL_MACHINE_GOVERNING = 7,     /**< uint32_t: policies */
    CNIPOL_MACHINE_POLICIES = 8,      /**< struct cnipol_machine_policy */
    CNIPOL_MACHINE_PREDICATES = 9,    /**< struct cnipol_machine_list of conjunctions: one of them must hold; each content once */
    CNIPOL_MACHINE_CONJUNCTIONS = 10, /**< struct cnipol_machine_list of terms: all of them must hold */
    CNIPOL_MACHINE_TERMS = 11,        /**< struct cnipol_machine_term */
    CNIPOL_MACHINE_SETS = 12,         /**< struct cnipol_machine_set */
    CNIPOL_MACHINE_RANGES = 13,       /**< struct cnipol_machine_range */
    CNIPOL_MACHINE_PREFIX_LISTS = 14, /**< struct cnipol_machine_list of prefixes: one of them must hold the address */
    CNIPOL_MACHINE_PREFIXES = 15,     /**< struct cnipol_machine_prefix */
    CNIPOL_MACHINE_REASONS = 16,      /**< uint32_t: strings, sentences that say why something cannot be known */
    CNIPOL_MACHINE_GUARDS = 17,       /**< struct cnipol_machine_guards */
    CNIPOL_MACHINE_PLACES = 18,       /**< struct cnipol_machine_place */
    CNIPOL_MACHINE_PARTS = 19
};

enum cnipol_machine_flag {
    CNIPOL_MACHINE_STAGED_SCOPE = 1 /**< staged policies count as enforced */
};

struct cnipol_machine_info {
    uint32_t engine; /**< string; it chooses which checkpoints a question passes */
    uint32_t flags;  /**< enum cnipol_machine_flag */
};

/** What a rule, a default, or the end of a checkpoint comes to. */
struct cnipol_machine_outcome {
    uint8_t action;  /**< 0 allow, 1 deny, 2 pass, 3 log and search on, 4 next (as if it had not matched), 5 undefined */
    uint8_t flags;   /**< 1 log, 2 audit, 4 reject */
    uint16_t target; /**< of pass: a stage of the checkpoint; 0xffff: where the stage's own pass leads */
    uint32_t auth;   /**< authentication that the peer must have shown; 0: none */
    uint32_t guards; /**< L7 guards before `action`, which then holds when none matches: without a request, the proxy decides; or none */
    uint32_t reserved;
};

/** An ordered list of stages for one end and direction. */
struct cnipol_machine_checkpoint {
    uint32_t name;       /**< string: "egress" */
    uint8_t direction;   /**< 0 egress, 1 ingress */
    uint8_t subject;     /**< which end is protected: 0 the source, 1 the destination */
    uint8_t after_allow; /**< 0: the next checkpoint is asked too; 1: an allow ends the path */
    uint8_t reserved;
    uint32_t first_stage;
    uint32_t n_stages;                    /**< at most CNIPOL_MACHINE_STAGES_MAX */
    struct cnipol_machine_outcome at_end; /**< behind the last stage; next: no opinion */
};

#define CNIPOL_MACHINE_STAGES_MAX 64

enum cnipol_machine_stage_flag {
    CNIPOL_MACHINE_TIES_UNDEFINED = 1 /**< policies of one tie that disagree: no answer */
};

struct cnipol_machine_stage {
    uint32_t name;    /**< string: "NetworkPolicy" */
    uint8_t combine;  /**< 0 the first match, 1 any allow, 2 lowest rank, there deny, else the longest L4 match */
    uint8_t flags;    /**< enum cnipol_machine_stage_flag */
    uint16_t pass_to; /**< stage of the checkpoint where pass leads; past the last: its end */
    uint32_t first_rule;
    uint32_t n_rules; /**< in the order in which they are asked */
    uint32_t first_governing;
    uint32_t n_governing; /**< policies whose subjects the defaults are for */
    uint32_t first_default;
    uint32_t n_defaults; /**< the first one that holds decides, where nothing matched and a policy governs the subject */
};

struct cnipol_machine_rule {
    uint64_t rank;    /**< ascending in the stage */
    uint32_t tie;     /**< rules of several policies with one number have no order among them */
    uint32_t policy;  /**< owner; none: the engine itself */
    int32_t index;    /**< in its policy and direction, 0 first */
    uint32_t name;    /**< string or none */
    uint32_t subject; /**< predicate: whom the policy is about */
    uint32_t local;   /**< predicate of the subject's own end */
    uint32_t remote;  /**< predicate of the other end */
    uint32_t l4;      /**< predicate of protocol and ports */
    uint32_t place;   /**< or none */
    uint32_t reserved;
    struct cnipol_machine_outcome outcome;
};

struct cnipol_machine_default {
    uint32_t remote; /**< predicate of the other end */
    uint32_t l4;     /**< predicate */
    uint32_t reason; /**< string, a sentence; none: no rule of the policies that govern the subject allows it */
    uint32_t reserved;
    struct cnipol_machine_outcome outcome;
};

enum cnipol_machine_policy_flag {
    CNIPOL_MACHINE_STAGED = 1 /**< not enforced yet: counts only under CNIPOL_MACHINE_STAGED_SCOPE */
};

struct cnipol_machine_policy {
    uint32_t kind;    /**< string: "NetworkPolicy" */
    uint32_t tier;    /**< string or none */
    uint32_t ns;      /**< string; none: cluster-scoped */
    uint32_t name;    /**< string */
    uint32_t subject; /**< predicate */
    uint32_t place;   /**< or none */
    uint32_t flags;   /**< enum cnipol_machine_policy_flag */
    uint32_t reserved;
};

/** Rows of another part. No alternative at all is false, no condition at all is true. */
struct cnipol_machine_list {
    uint32_t first;
    uint32_t n;
};

/**
 * One condition. Truth has three values; `negated` swaps no and yes. Kinds, with what they look at:
 *
 *     0  set           the end's peer id is in set `arg`
 *     1  prefix        the end's address is in prefix list `arg`; unknown where it has none
 *     2  protocol      lo..hi
 *     3  port          the destination's, lo..hi
 *     4  source port   lo..hi; unknown where it is 0
 *     5  port name     the first port that the destination has of name `arg` (a string) and of the packet's
 *                      protocol is the port asked; `lo` is a protocol that it must be, or 0
 *     6  ICMP type     lo..hi; unknown where the question does not say
 *     7  ICMP code     lo..hi; likewise
 *     8  relation      bits `arg`, all of them: 1 one pod, 2 one pod by way of a Service, 4 one node, 8 the source is the
 *                      destination's own node, 16 the destination is the source's own node
 *     9  state         of the connection, lo..hi: 0 new, 1 established, 2 related
 *    10  unknown       always; reason `arg`
 *
 * 3 to 5 are false, negated or not, of packets without ports, and 6 and 7 of those that are not ICMP.
 */
struct cnipol_machine_term {
    uint8_t kind;
    uint8_t negated; /**< 0 or 1 */
    uint16_t lo;
    uint16_t hi;
    uint16_t reserved;
    uint32_t arg;
};

/** Peer ids: `n_yes` ranges of those that surely belong, then `n_maybe` of those that may. Each kind ascends. */
struct cnipol_machine_set {
    uint32_t first; /**< range */
    uint32_t n_yes;
    uint32_t n_maybe;
};

struct cnipol_machine_range {
    uint32_t lo;
    uint32_t hi; /**< one past the last */
};

struct cnipol_machine_prefix {
    uint8_t bytes[16]; /**< in network order; of IPv4 the first four, then zeros; host bits are zero */
    uint8_t family;    /**< 4 or 6 */
    uint8_t length;    /**< bits */
    uint16_t reserved;
};

/** A list of L7 guards. What they match is not in this version of the format. */
struct cnipol_machine_guards {
    uint32_t n;
    uint32_t reserved;
};

/** Where something was written. */
struct cnipol_machine_place {
    uint32_t file; /**< string: a path as it was given */
    uint32_t line; /**< 1 first, like columns, which count characters */
    uint32_t column;
    uint32_t end_line;
    uint32_t end_column; /**< one past the last character */
    uint32_t start_byte; /**< offset in the file */
    uint32_t end_byte;   /**< one past the last byte */
    uint32_t reserved;
};

/** Parts of the directory. */
enum cnipol_directory_part {
    CNIPOL_DIRECTORY_INFO = 2,          /**< struct cnipol_directory_info, one row */
    CNIPOL_DIRECTORY_NAMESPACES = 3,    /**< uint32_t: strings, ascending */
    CNIPOL_DIRECTORY_PODS = 4,          /**< struct cnipol_directory_pod, ascending by namespace and name */
    CNIPOL_DIRECTORY_NODES = 5,         /**< struct cnipol_directory_node, ascending by name */
    CNIPOL_DIRECTORY_ADDRESSES = 6,     /**< struct cnipol_directory_address */
    CNIPOL_DIRECTORY_PORTS = 7,         /**< struct cnipol_directory_port */
    CNIPOL_DIRECTORY_SERVICES = 8,      /**< struct cnipol_directory_service, ascending by namespace and name */
    CNIPOL_DIRECTORY_SERVICE_PORTS = 9, /**< struct cnipol_directory_service_port, those of each Service in turn */
    CNIPOL_DIRECTORY_BACKENDS = 10,     /**< struct cnipol_directory_backend */
    CNIPOL_DIRECTORY_ATOMS4 = 11,       /**< struct cnipol_directory_atom4, ascending */
    CNIPOL_DIRECTORY_ATOMS6 = 12,       /**< struct cnipol_directory_atom6, ascending */
    CNIPOL_DIRECTORY_PARTS = 13
};

enum cnipol_directory_flag {
    CNIPOL_DIRECTORY_HOST_NETWORK_AS_POD = 1, /**< a host-network pod is a pod like others; else it is its node */
    CNIPOL_DIRECTORY_SERVICE_VIP_RAW = 2      /**< a Service's address is an address like others; else it stands for its backends */
};

struct cnipol_directory_info {
    uint32_t n_ids; /**< peer ids are below; at most as many as there are ends, addresses and atoms */
    uint32_t flags; /**< enum cnipol_directory_flag */
};

enum cnipol_directory_pod_flag {
    CNIPOL_DIRECTORY_HOST_NETWORK = 1,
    CNIPOL_DIRECTORY_FINISHED = 2, /**< its phase is Succeeded or Failed */
    CNIPOL_DIRECTORY_VIRTUAL = 4   /**< a workload's template, without an address */
};

struct cnipol_directory_pod {
    uint32_t ns;              /**< number of its namespace */
    uint32_t name;            /**< string */
    uint32_t node;            /**< string, the node's name, whether or not there is such a node; none: not said */
    uint32_t service_account; /**< string or none */
    uint32_t workload;        /**< string: "Deployment/web"; or none */
    uint32_t first_address;
    uint32_t n_addresses;
    uint32_t peer; /**< peer id without an address */
    uint32_t first_port;
    uint32_t n_ports; /**< named ports in the order of writing: the first of a name and protocol counts */
    uint32_t flags;   /**< enum cnipol_directory_pod_flag */
    uint32_t reserved;
};

struct cnipol_directory_node {
    uint32_t name; /**< string */
    uint32_t first_address;
    uint32_t n_addresses;
    uint32_t peer; /**< peer id without an address */
};

struct cnipol_directory_address {
    uint8_t bytes[16]; /**< in network order; of IPv4 the first four, then zeros */
    uint8_t family;    /**< 4 or 6 */
    uint8_t reserved[3];
    uint32_t peer; /**< peer id of its owner at this address; none for a Service's */
};

struct cnipol_directory_port {
    uint32_t name; /**< string */
    uint16_t port;
    uint8_t protocol; /**< IP protocol number */
    uint8_t reserved;
};

struct cnipol_directory_service {
    uint32_t ns;   /**< string */
    uint32_t name; /**< string */
    uint32_t first_address;
    uint32_t n_addresses; /**< cluster addresses */
    uint32_t first_external;
    uint32_t n_externals; /**< external and load balancer addresses that the nodes translate */
    uint32_t first_port;
    uint32_t n_ports;
};

struct cnipol_directory_service_port {
    uint32_t name; /**< string; none or the empty one: unnamed */
    uint16_t port;
    uint16_t node_port; /**< 0: none */
    uint8_t protocol;   /**< IP protocol number */
    uint8_t reserved[3];
    uint32_t first_backend;
    uint32_t n_v4; /**< ready backends with IPv4 addresses, ascending */
    uint32_t n_v6; /**< behind them: those with IPv6 addresses */
};

struct cnipol_directory_backend {
    uint8_t bytes[16]; /**< as in an address */
    uint16_t port;
    uint8_t family; /**< 4 or 6 */
    uint8_t reserved;
};

/** Addresses that no end owns, from this one up to the next atom's. */
struct cnipol_directory_atom4 {
    uint32_t first; /**< the address as a number */
    uint32_t peer;
};

struct cnipol_directory_atom6 {
    uint8_t first[16]; /**< in network order */
    uint32_t peer;
};

#ifdef __cplusplus
}
#endif
#endif
