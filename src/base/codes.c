/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of diagnostic codes: see codes.h. Rows ascend by number. */

#include "base/codes.h"

#include <cnipol/diag.h>

#define ERR CNIPOL_SEVERITY_ERROR
#define WARN CNIPOL_SEVERITY_WARNING
#define INFO CNIPOL_SEVERITY_INFO

static const struct cnipol_code codes[] = {
    {NP_FILE_UNREADABLE, ERR, "a file or folder could not be read",
     "The system refused to open or read the path, so nothing of it is in the cluster, and verdicts may lack policies. "
     "Check that the path exists, that you may read it, and that a folder holds *.yaml, *.yml, *.json or *.jsonl files.",
     NULL},
    {NP_FOLDER_LINK, WARN, "a link to a folder is not followed",
     "Inside a folder, a symbolic link to another folder is left out: it may lead out of the folder, or round in a circle. The "
     "manifests behind it are not in the cluster, and verdicts may lack policies. Name the folder that it leads to beside the "
     "first one, or put the manifests where the link is.",
     NULL},
    {NP_NOTHING_TO_READ, ERR, "a path holds no document at all",
     "The file or standard input is empty or nothing but comments, or the folder has no file that ends in .yaml, .yml, .json or "
     ".jsonl with anything in it. More often than not the path is wrong, or the program that was to write it failed, and a "
     "cluster without policies allows everything. Correct the path; where there really is nothing, a List without items says so.",
     NULL},
    {NP_YAML_SYNTAX, ERR, "the text is not YAML",
     "The place is where the parser gave up; the cause is often just before it: a tab in the indentation, a missing space "
     "after a colon, a quote that is not closed, a text that starts with one of @ ` % * & ! and needs quotes. "
     "What is read is YAML 1.1 as kubectl and the API server read it; a few texts that other parsers take are refused here "
     "because they are refused there. Text that comes from a template must be rendered first. Nothing of the document is used; "
     "documents before it in the file are.",
     "error converting YAML to JSON: yaml: %s"},
    {NP_JSON_SYNTAX, ERR, "the text is not JSON",
     "The place is where the scanner gave up; the cause is often just before it. JSON has no comments, no comma after the "
     "last item and no single quotes, and a file that was cut off ends too early. A file that does not have to be JSON is also "
     "tried as YAML, which takes some of these.",
     "invalid character %s"},
    {NP_LIMIT_BYTES, ERR, "a source is larger than the limit",
     "A source is one file, or one buffer given to the library. It was not read at all. Raise the limit (cnipol_ctx_set_limit, "
     "CNIPOL_LIMIT_BYTES) where the size is right, or split the file: offsets have 31 bits, so 2 GiB - 1 is the most.",
     NULL},
    {NP_LIMIT_DEPTH, ERR, "lists and maps are nested too deeply",
     "No Kubernetes object nests nearly as deep; a document that does is broken, or made to exhaust whoever reads it. Levels that "
     "aliases bring in count like written ones. Raise CNIPOL_LIMIT_DEPTH if the document is meant (10,000 is the most, which is also "
     "where kubectl's parser gives up).",
     "yaml: exceeded max depth of %d"},
    {NP_LIMIT_NODES, ERR, "a document has too many nodes",
     "Each scalar, list and map is a node, keys included. One document with so many is no object that an API server would store "
     "(etcd takes about 1.5 MB). Put objects into documents of their own, separated by ---, or raise CNIPOL_LIMIT_NODES.",
     NULL},
    {NP_LIMIT_ALIASES, ERR, "aliases expand to too many nodes",
     "A few lines of anchors and aliases that name each other can stand for billions of nodes. Each alias (*name) and merge key "
     "(<<) counts with all that it stands for. kubectl refuses a document when nearly all of it comes from aliases, and so does "
     "this reader. Write the repeated parts out, or raise CNIPOL_LIMIT_ALIASES.",
     "document contains excessive aliasing"},
    {NP_LIMIT_DOCUMENTS, ERR, "a source has too many documents",
     "Documents are separated by --- in YAML and follow each other in JSON; empty ones count. Those before the limit were read. "
     "Split the source, or raise CNIPOL_LIMIT_DOCUMENTS.",
     NULL},
    {NP_LIMIT_FILES, ERR, "a folder has too many files",
     "A folder is read with all that is below it; so many files are more often a wrong path than a policy repository. "
     "Files beyond the limit were not read. Name the folders that hold manifests, or raise the limit.",
     NULL},
    {NP_DUPLICATE_KEY, ERR, "a key is given twice in one map",
     "The last value counts and the earlier one is lost without a trace, which in a policy can drop a whole list of rules. Two "
     "lists of `ingress` or two `ports` are never joined. A key that a merge (<<) brings in and the map gives too counts as twice. "
     "Under strict field validation, kubectl's default, the server refuses the object. Remove one of the two, or join their values.",
     "yaml: line %d: key %q already set in map"},
    {NP_DOCUMENT_NOT_OBJECT, ERR, "a document is no Kubernetes object",
     "Every document must be a map with apiVersion, kind and metadata; this one is a list or a scalar. "
     "Several objects in one document are written as `kind: List` with `items`. "
     "Check that the file is a manifest, and not a values file or a fragment of one.",
     NULL},
    {NP_OBJECT_WITHOUT_KIND, ERR, "an object does not say what it is",
     "Without apiVersion and kind, as text, no server could take the object, and nothing can be said of its meaning. "
     "Add both; `kubectl api-resources` lists what there is.",
     "Object 'Kind' is missing"},
    {NP_KIND_UNSUPPORTED, WARN, "a policy of this kind is not understood",
     "The object's API group holds network policies, or its kind is named as one, but this version of the library does not know it. "
     "The object is left out of every verdict, so that verdicts may be wrong wherever it acts. "
     "Check apiVersion and kind for slips; otherwise ask only about pods that the policy does not select.",
     NULL},
    {NP_LIST_WITHOUT_ITEMS, ERR, "a list has no items",
     "The object is a List, or the list of one kind such as NetworkPolicyList, and its `items` are missing or no list. "
     "Whatever policies it was to hold are not there, so nothing is read from it. Look for a slip in the word `items`, and "
     "for a map where a list belongs.",
     NULL},
    {NP_OBJECT_NO_VERSION, ERR, "an object has no apiVersion",
     "Kubernetes finds the meaning of an object by its apiVersion and kind together. This one has the kind of a policy and "
     "no apiVersion, so the API server refuses it, and nothing it says takes effect. Add the apiVersion of the kind, such as "
     "networking.k8s.io/v1 for a NetworkPolicy.",
     "Object 'apiVersion' is missing in '%s'"},
    {NP_OBJECT_NO_KIND, ERR, "an object has no kind",
     "The apiVersion belongs to a family of policies, but the object does not say which kind it is, so the API server "
     "refuses it. Add `kind`, such as NetworkPolicy.",
     "Object 'Kind' is missing in '%s'"},
    {NP_OBJECT_NO_SUCH_KIND, ERR, "the apiVersion has no such kind",
     "The object was probably meant as a policy, but its apiVersion and kind name nothing that is read here: an old version "
     "(extensions/v1beta1 has been gone since Kubernetes 1.16), a slip in the kind, or the core group. A policy that is left out "
     "silently is worse than none, so the object is refused. Write the apiVersion and kind that the help line proposes.",
     "no kind \"%s\" is registered for version \"%s\" in scheme \"%s\""},
    {NP_FIELD_TYPE, ERR, "a field has the wrong type",
     "The API server decodes each field into a fixed type and refuses the whole object where that fails. The usual cause is "
     "YAML: `yes`, `on` and `1` without quotes are a boolean and a number, and no label values. Put the value in quotes, or "
     "make it the list or map that the field wants.",
     "json: cannot unmarshal %s into Go struct field %s of type %s"},
    {NP_FIELD_NUMBER, ERR, "a number does not fit its field",
     "The field holds a whole number of 32 or 64 bits, and this number is too large or has a fraction. JSON counts digits as "
     "written: 80.0 is no whole number there, while YAML makes 80 of it. Write the number without fraction and exponent.",
     "json: cannot unmarshal number %s into Go struct field %s of type %s"},
    {NP_FIELD_UNKNOWN, ERR, "a field is not known",
     "The API does not have this field. kubectl refuses the object (strict decoding); a client that does not ask for "
     "strictness gets it stored without the field, and a policy without the field often means more than was meant: a "
     "misspelt selector selects everything. Field names are case-sensitive. Correct the name, or take the field out.",
     "unknown field \"%s\""},
    {NP_OBJECT_DUPLICATES, ERR, "a document repeats a key",
     "A map has the same key twice. The last one counts, and the first is lost; strict decoding refuses the document. The "
     "places are told by their own diagnostics. Remove one of the two.",
     "key \"%s\" already set in map"},
    {NP_META_NO_NAME, ERR, "an object has no name",
     "Every object is known by its name; without one the API server refuses it, and nothing could be said about it in a "
     "report. generateName is no name until the server has made one of it. Add metadata.name.",
     "name or generateName is required"},
    {NP_META_NAME, ERR, "the name of an object has not the form of a name",
     "A name is a lower-case DNS subdomain: letters a-z, digits, '-' and '.', each part with a letter or digit at both ends, "
     "253 characters at most. The API server refuses the object. Rename it.",
     "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.'"},
    {NP_META_GENERATE_NAME, ERR, "generateName has not the form of a name",
     "The server appends a random suffix to generateName and wants the result to be a lower-case DNS subdomain. A dash at "
     "the end is fine. Correct the prefix.",
     "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.'"},
    {NP_META_NAMESPACE, ERR, "the namespace has not the form of a namespace name",
     "A namespace name is one DNS label: a-z, digits and '-', no dots, 63 characters at most. No such namespace can exist, "
     "so the policy could protect nobody. Correct metadata.namespace.",
     "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-'"},
    {NP_META_NOT_NAMESPACED, WARN, "an object of the whole cluster names a namespace",
     "This kind belongs to no namespace: the policy holds for the whole cluster, whatever metadata.namespace says. That is "
     "rarely what its author believed. Take the field out, and restrict the policy by its subject.",
     NULL},
    {NP_META_GENERATION, ERR, "metadata.generation is negative",
     "The server counts generations from 1 and refuses a negative number. The field is the server's own: take it out.",
     "must be greater than or equal to 0"},
    {NP_META_ANNOTATION, ERR, "an annotation key has not the form of a key",
     "Annotation keys are like label keys, of any case: an optional DNS prefix and a slash, then letters, digits, '-', '_' "
     "and '.', 63 bytes at most. The API server refuses the object. Correct the key.",
     "name part must consist of alphanumeric characters, '-', '_' or '.'"},
    {NP_META_ANNOTATIONS_SIZE, ERR, "annotations are too large",
     "All keys and values together may take 256 KiB. The API server refuses the object. Keep large data in a ConfigMap.",
     "may not be more than 262144 bytes"},
    {NP_META_OWNER, ERR, "an owner reference is not complete",
     "An owner needs apiVersion, kind, name and uid, and only one owner may be the controller. The API server refuses the "
     "object. Owner references are written by controllers: in a file they are best left out.",
     "must not be empty"},
    {NP_META_FINALIZER, ERR, "a finalizer has not the form of a name",
     "Finalizers are qualified names such as example.com/cleanup. The API server refuses the object. Correct the name.",
     "name part must be non-empty"},
    {NP_LABEL_KEY, ERR, "a label key has not the form of a key",
     "A label key is an optional lower-case DNS prefix with a slash, then a name of letters, digits, '-', '_' and '.', with "
     "a letter or digit at both ends, 63 bytes at most. No object can have another key, so a selector with one selects "
     "nothing or everything. Correct the key.",
     "name part must consist of alphanumeric characters, '-', '_' or '.'"},
    {NP_LABEL_VALUE, ERR, "a label value has not the form of a value",
     "A label value is empty, or letters, digits, '-', '_' and '.', with a letter or digit at both ends, 63 bytes at most. "
     "No object can have another value, so a selector that asks for one never holds. Correct the value.",
     "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.'"},
    {NP_SELECTOR_OPERATOR, ERR, "a selector has an unknown operator",
     "Label selectors know In, NotIn, Exists and DoesNotExist, spelled exactly so. Gt and Lt exist for nodes only. The API "
     "server refuses the object; in a stored object the requirement is unknown, and verdicts that depend on it are "
     "undefined.",
     "not a valid selector operator"},
    {NP_SELECTOR_NO_VALUES, ERR, "a selector requirement has no values",
     "In and NotIn compare with values, and there are none. The API server refuses the object. List the values under "
     "`values`, or use Exists or DoesNotExist to ask for the key alone.",
     "must be specified when `operator` is 'In' or 'NotIn'"},
    {NP_SELECTOR_VALUES, ERR, "a selector requirement has values that it cannot use",
     "Exists and DoesNotExist ask for the key alone. The API server refuses values beside them. Drop the values, or use In "
     "or NotIn.",
     "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"},
    {NP_POLICY_TYPES_MANY, ERR, "policyTypes has more than two entries",
     "There are two types, Ingress and Egress, and a list of at most two. The API server refuses the policy without looking "
     "at the entries. Keep each type once.",
     "may not specify more than two policyTypes"},
    {NP_POLICY_TYPE, ERR, "a policy type is not known",
     "The types are Ingress and Egress, with a capital. The API server refuses the policy. In a stored policy an unknown "
     "type isolates both directions, so that nothing is opened by a mistake.",
     "supported values: \"Ingress\", \"Egress\""},
    {NP_PORT_PROTOCOL, ERR, "a port has an unknown protocol",
     "NetworkPolicy knows TCP, UDP and SCTP, in capitals; ICMP and others cannot be named. The API server refuses the "
     "policy. In a stored policy the entry matches nothing.",
     "supported values: \"TCP\", \"UDP\", \"SCTP\""},
    {NP_PORT_NUMBER, ERR, "a port number is out of range",
     "Ports are 1 to 65535. The API server refuses the policy. In a stored policy the entry matches nothing. To mean all "
     "ports of a protocol, leave `port` out.",
     "must be between 1 and 65535, inclusive"},
    {NP_PORT_NAME, ERR, "a port name has not the form of a port name",
     "A port name has at most 15 lower-case letters, digits and single hyphens, at least one letter, and no hyphen at an "
     "end. A number in quotes is a name to the API server, and no good one: write it without quotes.",
     "must contain at least one letter (a-z)"},
    {NP_PORT_RANGE_REVERSED, ERR, "a port range ends before it starts",
     "`port` is the first and `endPort` the last port of a range, both included, so `endPort` may not be below `port`. The "
     "API server refuses the policy. Swap the values, or drop `endPort`.",
     "must be greater than or equal to `port`"},
    {NP_PORT_END_NAMED, ERR, "a port range starts at a name",
     "A range needs numbers at both ends: a name stands for another number on every pod. The API server refuses the policy. "
     "Give the number, or drop `endPort`.",
     "may not be specified when `port` is non-numeric"},
    {NP_PORT_END_ALONE, ERR, "a port range has no start",
     "`endPort` means nothing without `port`. The API server refuses the policy. Add the first port of the range.",
     "may not be specified when `port` is not specified"},
    {NP_PEER_EMPTY, ERR, "a peer names nobody",
     "A peer needs podSelector, namespaceSelector or ipBlock; an empty one is refused by the API server, and a misspelt or "
     "null member leaves it empty. In a stored policy it matches nobody. To allow every peer leave out the list, to allow "
     "all pods of the cluster write `namespaceSelector: {}`.",
     "must specify a peer"},
    {NP_PEER_BLOCK_MIXED, ERR, "a peer has both a block and selectors",
     "A peer is either addresses or pods. The API server refuses the mixture. Make two list items where either may match; "
     "pods of an address range cannot be expressed.",
     "may not specify both ipBlock and another peer"},
    {NP_BLOCK_NO_CIDR, ERR, "an ipBlock has no cidr",
     "The block does not say which addresses it holds. The API server refuses the policy; in a stored policy the peer "
     "matches nobody. Add `cidr`.",
     "Required value"},
    {NP_BLOCK_CIDR, ERR, "an ipBlock has no readable CIDR",
     "A CIDR is an address, a slash and a prefix length, such as 10.9.8.0/24 or 2001:db8::/64. The API server refuses "
     "anything else. In a stored policy the whole block then matches nobody, since an exception that cannot be read might be "
     "any.",
     "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"},
    {NP_BLOCK_ZEROS, ERR, "a CIDR has leading zeros",
     "010.0.0.0 is 10.0.0.0 to one program and 8.0.0.0 to another, which has led to security holes. Kubernetes refuses such "
     "values since 1.36; stored ones stay, read as decimal. Drop the zeros.",
     "must not have leading 0s in IP or prefix length"},
    {NP_BLOCK_MAPPED, ERR, "a CIDR is an IPv4-mapped IPv6 address",
     "::ffff:10.0.0.0/104 is 10.0.0.0/8 to some programs and an IPv6 block to others. Kubernetes refuses such values since "
     "1.36. Write the IPv4 form.",
     "must not have an IPv4-mapped IPv6 address"},
    {NP_BLOCK_HOST_BITS, ERR, "a CIDR has bits set beyond its prefix length",
     "10.0.0.1/8 may mean the host or the network. Kubernetes masks the bits, and refuses new values of that kind since "
     "1.36. Write the network address, or /32 for one host.",
     "must not have bits set beyond the prefix length"},
    {NP_BLOCK_EXCEPT, ERR, "an except is no proper part of its block",
     "An exception must lie inside `cidr` and be smaller. The API server refuses anything else: outside it would take "
     "nothing away, and one that equals the block would leave nothing. Correct the exception, or leave out the block.",
     "must be a strict subset of `cidr`"},
    {NP_CRD_TYPE, ERR, "a field of a custom resource has the wrong type",
     "The schema of the CustomResourceDefinition wants another type, and the API server refuses the object. A null item of a "
     "list is a wrong type too. Quote numbers and booleans that are meant as strings.",
     "%s in body must be of type %s: \"%s\""},
    {NP_CRD_REQUIRED, ERR, "a required field is missing",
     "The schema requires the field; the API server refuses the object without it. A null counts as missing. Add the field.",
     "Required value"},
    {NP_CRD_ENUM, ERR, "a value is none of the words that the schema lists",
     "The field takes a few words, spelled exactly. The kinds differ: ClusterNetworkPolicy says Accept, AdminNetworkPolicy "
     "says Allow, and BaselineAdminNetworkPolicy has no Pass. In a stored policy an unknown action denies.",
     "supported values: %s"},
    {NP_CRD_MINIMUM, ERR, "a number is below its minimum",
     "The schema bounds the number: ports start at 1, priorities at 0. The API server refuses the object. Correct the "
     "number.",
     "%s in body should be greater than or equal to %s"},
    {NP_CRD_MAXIMUM, ERR, "a number is above its maximum",
     "The schema bounds the number: ports end at 65535, priorities at 1000. The API server refuses the object. Correct the "
     "number.",
     "%s in body should be less than or equal to %s"},
    {NP_CRD_MIN_ITEMS, ERR, "a list has too few items",
     "The schema wants at least one item. An empty list is not the same as a missing one, and the API server refuses it. "
     "Leave the field out where the schema allows that, or list something.",
     "%s in body should have at least %s items"},
    {NP_CRD_MAX_ITEMS, ERR, "a list has too many items",
     "ClusterNetworkPolicy takes 25 rules, peers and protocols, AdminNetworkPolicy 100, and both take 25 networks or names. "
     "The API server refuses more. Split the policy, using neighbouring priorities to keep the order.",
     "must have at most %s items"},
    {NP_CRD_MIN_PROPERTIES, ERR, "a choice has no member",
     "Exactly one member must be given, and none is left that this version of the API knows: a misspelt or newer one is "
     "dropped first. The API server refuses the object. Experimental members (nodes, domainNames, namedPort) exist only in "
     "the experimental channel of the CustomResourceDefinition.",
     "%s in body should have at least %s properties"},
    {NP_CRD_MAX_PROPERTIES, ERR, "a choice has several members",
     "Exactly one member may be given; the API server refuses several. Make them separate list items where either may match.",
     "must have at most %s items"},
    {NP_CRD_MAX_LENGTH, ERR, "a string is too long",
     "The schema bounds the length in characters. The API server refuses the object, although its message speaks of bytes. "
     "Shorten the text.",
     "may not be more than %s bytes"},
    {NP_CRD_PATTERN, ERR, "a string has not the form that the schema wants",
     "Domain names need at least two labels and take `*.` only in front, as one or more whole labels. The API server refuses "
     "the object. Correct the name.",
     "%s in body should match '%s'"},
    {NP_CRD_SET, ERR, "a list has an item twice", "The list is a set, and the API server refuses an item that is there already. Remove it.",
     "Duplicate value"},
    {NP_CNP_RANGE, ERR, "a port range does not start below its end",
     "The API server wants start below end; equal ones are refused too. For one port use `number`.",
     "Start port must be less than End port"},
    {NP_CNP_CIDR, ERR, "a network is no CIDR",
     "A network is an address, a slash and a prefix length, without leading zeros and not IPv4-mapped. Host bits are taken "
     "and masked. The API server refuses anything else.",
     "Invalid CIDR format provided"},
    {NP_CNP_NAMED_PORT_PEER, ERR, "a named port stands beside peers that have no port names",
     "Networks, nodes and domain names have no port names, so such a rule could never match them. The experimental channel "
     "refuses the rule; the standard channel takes it. Use port numbers, or split the rule.",
     "networks/nodes/domainNames peer cannot be set with namedPorts since there are no namedPorts for networks/nodes/domainNames"},
    {NP_BANP_NAME, ERR, "a BaselineAdminNetworkPolicy is not called default",
     "A cluster has one BaselineAdminNetworkPolicy, and its name is `default`; the API server refuses any other. Rename it, "
     "and merge it with the one that exists.",
     "Only one baseline admin network policy with metadata.name=\"default\" can be created in the cluster"},
    {NP_CNP_OLD_PEER, WARN, "a peer is written for API v0.1.1",
     "namespaceSelector, sameLabels and notSameLabels under `namespaces` were removed from the API in v0.1.2. The server "
     "drops them, and what is left selects ALL namespaces, which for an allowing rule opens the cluster. Put the selector "
     "directly under `namespaces`; for the own namespace there is no replacement in this API.",
     NULL},
    {NP_CNP_SELECTOR, WARN, "a stored selector cannot be read by any engine",
     "CustomResourceDefinitions do not check label selectors, so the server takes unknown operators, missing values and bad "
     "labels. Engines then fail to read the rule, each in its own way. Verdicts that depend on the requirement are "
     "undefined. Correct the selector.",
     NULL},
    {NP_ANP_PROTOCOL, WARN, "a port has a protocol that no engine knows",
     "The schema takes any string as protocol, but engines know TCP, UDP and SCTP only. An allowing rule then matches "
     "nothing, others deny all. Correct the protocol.",
     NULL},
    {NP_CNP_RANGE_EMPTY, WARN, "a port range holds no port",
     "The range ends before it starts, which the schema of AdminNetworkPolicy takes. It matches nothing: an entry that was "
     "meant to deny denies nothing. Swap the values.",
     NULL},
    {NP_CNP_UNKNOWN_PEER, WARN, "a stored peer has no member that is known",
     "The object was written for another version of the API. As the API wants it, the policy fails closed: a rule that "
     "accepts matches nothing, a rule that denies or passes denies all (knob unknown-field-peer). Update this program, or "
     "correct the peer.",
     NULL},
    {NP_CNP_UNKNOWN_PORT, WARN, "a stored port or rule has no member that is known",
     "The object was written for another version of the API, or the port is none. As the API wants it, the policy fails "
     "closed: a rule that accepts matches nothing, a rule that denies or passes denies all (knob unknown-field-peer). Update "
     "this program, or correct the entry.",
     NULL},
    {NP_CNP_UNKNOWN_SUBJECT, WARN, "a stored subject cannot be read",
     "Nobody can say whom the policy is about. Whether it applies is unknown for every pod, and verdicts that depend on it "
     "are undefined. Give exactly one of `namespaces` and `pods`.",
     NULL},
    {NP_CNP_NO_PLACE, ERR, "a policy has no place in the order of policies",
     "Tiered policies are evaluated by tier and priority. A stored policy without a readable tier or priority cannot be put "
     "in order, so it is refused in every mode. Give both.",
     NULL},
    {NP_INV_NO_NAME, ERR, "an object of the cluster has no name",
     "Policies, questions and controllers refer to objects by name, so an object without metadata.name is left out. generateName is "
     "a prefix that the API server completes on creation; in a file it names nothing yet. Give the object a name.",
     "metadata.name: Required value: name or generateName is required"},
    {NP_INV_AGAIN, WARN, "an object is given twice",
     "Two objects have the same kind, namespace and name. As when files are applied one after another, the last one replaces the "
     "others as a whole; nothing of them is merged. Files and folders are read in byte order of their paths. Remove the copy that is "
     "out of date, or load the environments one at a time.",
     NULL},
    {NP_INV_TYPE, ERR, "a field of the cluster's objects has the wrong type",
     "The API server would refuse the object. Here the field counts as absent, and the rest of the object is used; what depends on "
     "the field may come out differently from what was meant. YAML writes true, yes-like words and numbers without quotes as "
     "booleans and numbers: put quotes around text.",
     "json: cannot unmarshal %s into Go struct field %s of type %s"},
    {NP_INV_LABEL, ERR, "the value of a label is not a string",
     "Labels are strings; YAML makes 1, 1.0, true and null something else unless they are quoted. The API server would refuse the "
     "object. Here the object's labels count as incompletely known: a verdict that hangs on a label that is not there is undefined "
     "instead of wrong. Write the value in quotes.",
     "json: cannot unmarshal %s into Go struct field ObjectMeta.metadata.labels of type string"},
    {NP_INV_NAME_LABEL, WARN, "a namespace carries another name in its name label",
     "The API server sets the label kubernetes.io/metadata.name of every namespace to the namespace's name, whatever was written. "
     "Selectors that use the label mean that name, so it is used here too. Remove the label from the file or correct it.",
     NULL},
    {NP_INV_ADDRESS, ERR, "an address of the cluster's objects is not an IP address",
     "The address is left out: the object then owns one address less, and traffic from or to it counts as coming from outside the "
     "cluster. Host names do not stand in for addresses. Zones (fe80::1%eth0) are not part of an address in the API.",
     "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"},
    {NP_INV_ADDRESS_LENIENT, WARN, "an address is written in a form that newer servers refuse",
     "Leading zeros and IPv4-mapped IPv6 addresses were taken by older API servers and may still be stored. Leading zeros are read "
     "as decimal, as Kubernetes does (other programs read them as octal), and a mapped address as the IPv4 address inside. Write the "
     "address in its plain form.",
     NULL},
    {NP_INV_ADDRESS_SHARED, WARN, "two running pods have the same address",
     "An address belongs to one pod of the pod network at a time. With several pods nobody can say whose it is: questions "
     "by that address are undefined, and so are questions to a Service with it among the backends; questions that name a pod still "
     "work. Usually the pods come from dumps of different times or clusters, or one of them has finished and its status is old.",
     NULL},
    {NP_INV_ADDRESS_FAMILY, ERR, "an endpoint's address is of another family than its slice",
     "All addresses of an EndpointSlice are of the family that its addressType names. The address is left out. Dual-stack Services "
     "have one slice for each family.",
     NULL},
    {NP_INV_ADDRESS_TYPE, ERR, "an EndpointSlice has an unknown addressType",
     "The slice is left out, so its Service has fewer backends, perhaps none. Known types are IPv4, IPv6 and FQDN; slices of the "
     "last are never used for Service traffic.",
     "addressType: Unsupported value: %s: supported values: \"FQDN\", \"IPv4\", \"IPv6\""},
    {NP_INV_PORT, ERR, "a port of a container or Service is out of range",
     "Ports run from 1 to 65535. The entry is left out, so its name resolves to nothing and a Service port is not there.",
     "must be between 1 and 65535, inclusive"},
    {NP_INV_PROTOCOL, ERR, "a port of a container or Service has an unknown protocol",
     "The protocol is TCP, UDP or SCTP, in capitals; without one it is TCP. The entry is left out.",
     "supported values: \"SCTP\", \"TCP\", \"UDP\""},
    {NP_INV_PORT_NAME, WARN, "a port name stands for two numbers in one pod",
     "Two containers of the pod give the same name to different ports of one protocol. The API server takes that. A policy or "
     "Service that uses the name reaches the first of them only, in the order containers, then restartable init containers; some "
     "network plugins reach others. Give each port a name of its own.",
     NULL},
    {NP_INV_SELECTOR, ERR, "the selector of a workload cannot be used",
     "The selector tells which pods without owner references belong to the workload, and so whether its template has to stand in for "
     "them. It is passed over. In and NotIn need values; Exists and DoesNotExist take none.",
     NULL},
    {NP_INV_WORKLOAD_NAME, WARN, "two workloads of one namespace have the same name",
     "Both templates stand in for pods, and only one of them can be asked for by namespace/name. The order is Deployment, "
     "StatefulSet, DaemonSet, ReplicationController, ReplicaSet, CronJob, Job; the others get their kind behind the name, as in "
     "shop/web.statefulset.",
     NULL},
    {NP_LINT_NO_PODS, INFO, "there are no pods to check policies against",
     "Whether a selector picks anybody, or a port has a name, can only be told of a cluster whose pods are known. Nothing was said about "
     "that. Load the pods and namespaces beside the policies, or manifests of workloads, whose templates then stand in for pods.",
     NULL},
    {NP_LINT_NO_NAMESPACES, INFO, "no Namespace objects were given",
     "Of namespaces that only pods and policies mention, the name is known, but no labels. Where a rule asks for another "
     "label of a namespace, verdicts are undefined. Load the namespaces, for example from `kubectl get namespaces -o yaml`.",
     NULL},
    {NP_LINT_BUDGET, INFO, "some comparisons were left out",
     "Comparing rules with each other, and looking for words that may have been meant, has a limit, so that huge clusters "
     "are checked in reasonable time. What was said holds; there may be more to say. Check parts of the cluster alone to see "
     "it.",
     NULL},
    {NP_LINT_NAMESPACE_UNKNOWN, INFO, "a policy speaks of a namespace that was not given",
     "A policy lies in a namespace, or a selector names one by its kubernetes.io/metadata.name label, and no such Namespace "
     "object was loaded. Its labels are unknown then, and if the name is misspelt, the policy protects nobody or the rule "
     "matches nobody. Load the namespace, or correct the name.",
     NULL},
    {NP_LINT_SUBJECT_EMPTY, WARN, "a policy selects no pod",
     "None of the pods that were given has the labels that the policy's subject asks for, so the policy does nothing, and the pods that it "
     "was meant for may be open to everybody. Often the label is misspelt, belongs to the Deployment instead of its pods, or has been "
     "renamed. Compare with `kubectl get pods --show-labels`. Where the pods only come later, ignore this.",
     NULL},
    {NP_LINT_PEER_EMPTY, WARN, "a peer of a rule selects no pod",
     "None of the pods that were given is picked by the peer, so the peer matches nothing: traffic that it was meant to "
     "allow stays denied, or traffic that it was meant to deny is let through. A podSelector alone looks in the policy's own "
     "namespace only; for others it needs a namespaceSelector beside it. Compare the labels with `kubectl get "
     "namespaces,pods -A --show-labels`.",
     NULL},
    {NP_LINT_HOST_NETWORK, WARN, "a policy names pods of the host network",
     "Pods with hostNetwork: true share the addresses of their node. Most network plugins neither hold policies for them nor "
     "recognise them as peers, so the policy protects less than it seems to. Use a firewall on the node or the plugin's own "
     "host policies, or take the pod off the host network.",
     NULL},
    {NP_LINT_TWICE, WARN, "a policy is given twice",
     "Two objects have the same kind, namespace and name. In a cluster there is one of them: applying the second replaces "
     "the first without a word, and all of its rules are gone. The later one counts here too. Rename one if both are meant, "
     "and look for copied files.",
     NULL},
    {NP_LINT_TYPES_BOTH, INFO, "a policy for egress isolates for ingress too",
     "Without policyTypes a policy always isolates its pods for ingress, and for egress if it has egress rules. A policy "
     "that has only egress rules therefore denies all ingress. Write policyTypes: [Egress] to leave ingress alone, or name "
     "both directions so that readers see that it is meant.",
     NULL},
    {NP_LINT_TYPE_MISSING, WARN, "rules are of a direction that policyTypes leaves out",
     "policyTypes decides for which directions a policy is in force. Rules of another direction are stored and never used: "
     "they neither allow anything nor isolate the pods. Add the direction to policyTypes, or remove the rules.",
     NULL},
    {NP_LINT_ALLOW_ALL, WARN, "a rule that allows everything makes others idle",
     "An empty rule, or one without peers and ports, allows all traffic of its direction. Rules only add to each other, so "
     "the narrower ones beside it change nothing. Often a dash too many has cut one rule into two: `- from: ...` followed by "
     "`- ports: ...` means any port from those peers, and those ports from anybody. Remove the rule, or the ones that it "
     "makes idle.",
     NULL},
    {NP_LINT_NO_DNS, INFO, "pods that may reach something cannot ask for names",
     "The pods are isolated for egress and some rule lets them out, but none of all rules that hold for them allows UDP 53 "
     "to anybody. Programs that look up names then fail before they connect, often with a time-out. Allow UDP and TCP 53 to "
     "the cluster's DNS pods. Where pods use addresses only, this is as it should be.",
     NULL},
    {NP_LINT_PORT_NAME, WARN, "a named port that no destination has",
     "The name of a port is looked up on the pod that receives the traffic, among the names of its containers' ports, "
     "together with the protocol (TCP unless said otherwise). No pod that the rule can speak of has it, so the entry never "
     "matches. It is not the name of a Service's port. Correct the name or protocol, name the port in the pod, or use its "
     "number.",
     NULL},
    {NP_LINT_BLOCK_EMPTY, WARN, "the exceptions of a block leave nothing of it",
     "Every address of the block is in one of its exceptions, so the peer matches nobody. Blocks are not nested: an "
     "exception takes away from its own block only. Remove the peer, or correct the exceptions.",
     NULL},
    {NP_LINT_BLOCK_PODS, INFO, "an address block holds addresses of pods",
     "Blocks are meant for addresses outside of the cluster. Pods lose their addresses when they are replaced, and network "
     "plugins differ: some match pods by address, some never do (the option ipblock-matches-pods). Use podSelector and "
     "namespaceSelector for pods. Where the block is meant for something else in that range, add an exception for the pods' "
     "range.",
     NULL},
    {NP_LINT_DOMAIN_DENY, WARN, "a rule denies or passes by domain name",
     "Domain names are known to a network plugin by the answers to DNS queries that it sees. Whoever connects to an address "
     "without asking, or gets the address under another name, is not stopped by such a rule; the API means domainNames for "
     "rules that accept. Accept the domains that are needed, and deny the rest by address.",
     NULL},
    {NP_LINT_NO_ORDER, WARN, "two policies without an order disagree",
     "Policies of one tier are asked in the order of their priorities, and among equal ones the order is not defined: a "
     "network plugin may take either, and may change its mind. Both select the same pod, and a rule of each, with different "
     "actions, matches the same traffic. Give the policies different priorities. A BaselineAdminNetworkPolicy has no "
     "priority and should not stand beside Baseline policies.",
     NULL},
    {NP_LINT_SHADOWED, WARN, "a rule never decides",
     "In a tier the first rule that matches decides. An earlier rule, of the same policy or of one with the same subject "
     "that is asked before, matches all that this one does, so this one has no effect. Move it forward or narrow the earlier "
     "one if they differ; remove it if they say the same.",
     NULL},
    {NP_IMAGE_FOREIGN, ERR, "the bytes are no image",
     "An image begins with the word cnipol and three bytes that text would not have. These begin differently, or there are fewer bytes "
     "than a header has. Most likely the path is that of another file, or of manifests: those are compiled first.",
     NULL},
    {NP_IMAGE_VERSION, ERR, "the image is of another version of the format",
     "An image tells its major version, and which of its sections a reader has to understand. This one is newer than the library or older "
     "than what it still reads, and to guess what it means could let traffic through. Compile it again with this version of the library, or "
     "take the library that made it.",
     NULL},
    {NP_IMAGE_CUT, ERR, "the image is not whole",
     "The header says how many bytes the image has, and the file or buffer has more or fewer. A copy was interrupted, or something was "
     "appended. Copy it again, or compile it again.",
     NULL},
    {NP_IMAGE_ALTERED, ERR, "bytes of the image have changed since it was made",
     "The header and each section carry a checksum (XXH3-128), and one does not hold. The medium or a transfer lost something, or the file "
     "was edited. Checksums find accidents; they are no signature. Nothing of the image is used: compile it again.",
     NULL},
    {NP_IMAGE_SECTIONS, ERR, "the sections of an image contradict its header",
     "Sections lie behind each other, first those that decide, then rules, then names; between them is nothing but zero bytes, and the header "
     "tells the same sizes. This one is made otherwise, so it was not written by this library, or was altered together with its "
     "checksums. Compile it again.",
     NULL},
    {NP_IMAGE_TABLE, ERR, "a table of an image leads out of it",
     "An evaluation follows numbers from table to table without looking again, so each must lead to something that is there. One does not, "
     "or a rule list is not built as it must be: evaluating it could read anything. The image was not written by this library, "
     "or was altered together with its checksums. If this library wrote it, that is a defect: please report it.",
     NULL},
    {NP_IMAGE_NAMES, ERR, "the names of an image contradict its tables",
     "Besides the tables that decide, an image holds its policies as they were lowered and a directory of who there is: questions by name "
     "and explanations are answered from these. Here they do not fit together. The image was not written by this library, or "
     "was altered together with its checksums. Verdicts on peer ids are not affected; compile it again.",
     NULL},
    {NP_IMAGE_NAMELESS, ERR, "the image does not say whom it is about",
     "Questions by name or address and explanations need the image's policies and its directory. An image that was compiled for "
     "evaluation alone leaves them out, and one that another engine's library made cannot be read back here. Ask it by peer ids, or "
     "compile it again with its names.",
     NULL},
    {NP_IMAGE_UNWRITTEN, ERR, "an image could not be written",
     "The image is written to a new file beside the one that was asked for, which then takes its place, so that nobody ever reads "
     "half of one. The system refused, and whatever was at the path is still there. Check that the folder exists, that you may "
     "write to it, and that there is room.",
     NULL},
    {NP_IMAGE_TOO_LARGE, ERR, "these policies cannot be compiled",
     "An image has fixed limits: 8 checkpoints, 62 stages, 65,536 alternatives of rules for one subject and 67,108,864 for all, 4 GiB; and "
     "compiling takes so many steps and no more. What does not fit is refused as a whole rather than left out in part; the last good "
     "image stays in force. Rules with very many peers and ports at "
     "once are the usual cause: fewer of them, or one label that stands for many, says the same in less.",
     NULL},
    {NP_FLOW_SYNTAX, ERR, "a flow record that its format's grammar does not take",
     "The bytes at this place are not what a record of this format may hold there: JSON that is no JSON, a protobuf message whose lengths "
     "do not add up, a line with too few columns. The record is left out and counted; reading goes on with the next. If every record "
     "is refused, the format is most likely another one: name it with --format, or see cnipol observe --format-list.",
     NULL},
    {NP_FLOW_FIELD, ERR, "a field of a flow record has a value that it cannot have",
     "The record is well-formed, and one of its fields is not: a port above 65535, a time that no calendar has, an enumeration's word that the "
     "writer's own reader refuses. The record is left out and counted, as the engine's own tools would refuse it; reading goes on with the next.",
     NULL},
    {NP_FLOW_CUT, ERR, "the last flow record was cut short",
     "The stream ended within a record. A file that is still being written ends like this, and so does one whose disk was full, or a copy that "
     "was interrupted. All records before it were read.",
     NULL},
    {NP_FLOW_TOO_LONG, ERR, "a flow record is longer than the limit",
     "No end of the record was found within the limit (64 MiB if nothing else was asked for), so that a stream without line ends cannot take all "
     "memory. The record is passed over. Raise the limit if such records are real; otherwise the format is most likely another one.",
     NULL},
    {NP_FLOW_UNRECOGNISED, ERR, "the format of the flow records is not recognised",
     "The first bytes fit none of the formats known (cnipol observe --format-list), or are too few to tell. Name the format with --format. "
     "Formats without marks of their own, like generic CSV, are never guessed.",
     NULL},
    {NP_FLOW_VERSION, ERR, "a flow record of a version that is not known",
     "The record names a version of its layout that this library does not know, so where its fields are is not known either. Take a newer "
     "version of the library, or say which release wrote the records with --writer-version.",
     NULL},
    {NP_FLOW_TEMPLATE, ERR, "IPFIX data whose template never came",
     "IPFIX data says nothing without the template that describes it, and the stream ended before that came. Exporters repeat templates over "
     "UDP every few minutes, and send them once, first, over TCP: begin the capture earlier, or let it run longer.",
     NULL},
    {NP_FLOW_PACKED, ERR, "compressed flow records cannot be unpacked",
     "The bytes begin as gzip or zstd do, and then break that format's rules, or end early. The records before the broken place were read. "
     "A log that is compressed while it is being written ends like this, too.",
     NULL},
    {NP_FLOW_OPTION, ERR, "an option that the flow format cannot use",
     "The format needs an option that is missing, or the option's text is not understood: columns of a custom AWS format, the mapping of a CSV, the "
     "message type of a protobuf stream. The message says which.",
     NULL},
    {NP_FILTER_FLAG, ERR, "no such filter",
     "Filters have the names and the meaning of hubble observe's flags. A flag that hubble does not have is an error, as it is there.",
     NULL},
    {NP_FILTER_VALUE, ERR, "a filter's value that is not understood",
     "The filter is known, and what it was given is not: an address that is none, a regular expression that does not compile, a port that is no number. "
     "hubble observe refuses the same values.",
     NULL},
    {NP_FILTER_EXPRESSION, ERR, "an expression that is not understood",
     "A filter expression compares fields of _flow with values and joins comparisons with &&, || and !. The place says where it stopped making sense, "
     "and docs/flow-filters.md has the whole language. A type error (comparing a text with a number) is found here, too.",
     NULL},
    {NP_FILTER_UNSUPPORTED, ERR, "a part of CEL that is not supported",
     "The expression may be good CEL, and uses a part of that language which this library does not have. docs/flow-filters.md says what it has. "
     "It is refused, because a filter that guesses hides flows.",
     NULL},
};

#define N_CODES (sizeof codes / sizeof codes[0])

const struct cnipol_code *cnipol_code_at(size_t i)
{
    return i < N_CODES ? &codes[i] : NULL;
}

const struct cnipol_code *cnipol_code_find(int32_t number)
{
    size_t lo = 0, hi = N_CODES;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (codes[mid].number == number)
            return &codes[mid];
        if (codes[mid].number < number)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}
