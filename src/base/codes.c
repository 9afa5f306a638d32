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
     "The parser could not go on at this place; the cause is often just before it: a tab in the indentation, a quote or "
     "bracket left open, a colon without a blank. The rest of the file was not read, so its objects are missing. "
     "Text that comes from a template must be rendered first.", NULL},
    {NP_JSON_SYNTAX, ERR, "the text is not JSON",
     "The scanner could not go on at this place; the cause is often just before it: a missing comma or quote, a comma "
     "before a closing bracket, a comment. The rest of the document was not read, so its objects are missing. "
     "YAML takes much that JSON does not: with the ending .yaml the file may be fine.", NULL},
    {NP_LIMIT_BYTES, ERR, "a source is larger than the limit",
     "Sources are held in memory whole, so that diagnostics can show the user's lines; offsets have 31 bits. "
     "The source was not read. Split it, or raise the limit where it was set below its maximum.", NULL},
    {NP_LIMIT_DEPTH, ERR, "lists and maps are nested too deeply",
     "No Kubernetes object nests so deeply: such a document is an accident or an attack on the parser. "
     "The document was not read. If it is meant, raise the limit of nesting.", NULL},
    {NP_LIMIT_NODES, ERR, "a document has too many nodes",
     "Every map, list and scalar of a document is a node that takes memory. The document was not read further. "
     "Split a very large list into several documents, or raise the limit of nodes.", NULL},
    {NP_LIMIT_ALIASES, ERR, "aliases expand to too many nodes",
     "A YAML alias stands for a copy of what its anchor names; aliases of aliases grow like powers (the billion laughs). "
     "The document was not read further. Write the values out, or raise the limit if the document is trusted.", NULL},
    {NP_LIMIT_DOCUMENTS, ERR, "a source has too many documents",
     "Documents of one source are divided by lines of `---`, or by line ends in JSON Lines. "
     "Those beyond the limit were not read, so their objects are missing. Split the source, or raise the limit.", NULL},
    {NP_LIMIT_FILES, ERR, "a folder has too many files",
     "A folder is read with all that is below it; so many files are more often a wrong path than a policy repository. "
     "Files beyond the limit were not read. Name the folders that hold manifests, or raise the limit.", NULL},
    {NP_DUPLICATE_KEY, ERR, "a key is given twice in one map",
     "YAML and JSON forbid it, and parsers differ in which value they take; Kubernetes decoders take the last one, kubectl "
     "refuses. What the policy means would depend on the tool that applies it. Remove one of the two entries.", NULL},
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
