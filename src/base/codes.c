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
     "Check that the path exists, that you may read it, and that a folder holds *.yaml, *.yml, *.json or *.jsonl files.", NULL},
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
     "Files beyond the limit were not read. Name the folders that hold manifests, or raise the limit.", NULL},
    {NP_DUPLICATE_KEY, ERR, "a key is given twice in one map",
     "The last value counts and the earlier one is lost without a trace, which in a policy can drop a whole list of rules. Two "
     "lists of `ingress` or two `ports` are never joined. A key that a merge (<<) brings in and the map gives too counts as twice. "
     "Under strict field validation, kubectl's default, the server refuses the object. Remove one of the two, or join their values.",
     "yaml: line %d: key %q already set in map"},
    {NP_DOCUMENT_NOT_OBJECT, ERR, "a document is no Kubernetes object",
     "Every document must be a map with apiVersion, kind and metadata; this one is a list or a scalar. "
     "Several objects in one document are written as `kind: List` with `items`. "
     "Check that the file is a manifest, and not a values file or a fragment of one.", NULL},
    {NP_OBJECT_WITHOUT_KIND, ERR, "an object does not say what it is",
     "Without apiVersion and kind, as text, no server could take the object, and nothing can be said of its meaning. "
     "Add both; `kubectl api-resources` lists what there is.", "Object 'Kind' is missing"},
    {NP_KIND_UNSUPPORTED, WARN, "a policy of this kind is not understood",
     "The object's API group holds network policies, but this version of the library does not know the kind or version. "
     "The object is left out of every verdict, so that verdicts may be wrong wherever it acts. "
     "Check apiVersion and kind for slips; otherwise ask only about pods that the policy does not select.", NULL},
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
