/* GETMETADATA and SETMETADATA: RFC 5464. */
#include "lib/base/base.h"

#include "imapd/metadata.h"

#include "imapd/command.h"
#include "imapd/special_use.h"
#include "lib/message/imap_text.h"

#define SIZE_OF_MAILBOX_MAX (256U * 1024) /* octets of all annotations of a mailbox */

struct annotation_limits metadata_limits(const struct config *config)
{
    return (struct annotation_limits){
        .count = (size_t)config->imap_metadata_max_entries,
        .size = SIZE_OF_MAILBOX_MAX,
    };
}

/* A mailbox, or "" for the account: then *name_r is NULL. false: the client has its reply. */
static bool take_whose(struct imapd_session *session, struct cursor *at, const char **name_r)
{
    struct cursor here = *at;
    struct span name;

    if (parse_space(&here) && parse_astring(session->arena, &here, &name) && name.len == 0) {
        *name_r = NULL;
        *at = here;
        return true;
    }
    return imapd_take_mailbox(session, at, name_r);
}

static void refuse_syntax(struct imapd_session *session, enum metadata_parsed parsed)
{
    imapd_bad(session, parsed == METADATA_WRONG_NAME ? "Error in IMAP command: Invalid entry name."
                                                     : "Error in IMAP command: Invalid arguments.");
}

/* --- GETMETADATA ------------------------------------------------------------------------------- */

struct get {
    struct imapd_session *session;
    const char *name; /* NULL: the account */
    struct metadata_options options;
    struct metadata_entries entries;
    struct annotations annotations;
    uint64_t longest; /* of the values that were too long to be sent */
    bool any;         /* was sent: the response is open */
};

static bool is_below(struct span entry, struct span parent, enum metadata_depth depth)
{
    struct span rest = span_skip(entry, parent.len);

    if (depth == DEPTH_ZERO || rest.len < 2 || rest.data[0] != '/' ||
        !span_equal(span_first(entry, parent.len), parent))
        return false;
    rest = span_skip(rest, 1);
    return depth == DEPTH_INFINITY || span_find(rest, '/') == rest.len;
}

static bool is_wanted(const struct get *get, struct span entry)
{
    for (size_t i = 0; i < get->entries.count; i++) {
        struct span wanted = get->entries.items[i].entry;
        if (span_equal(entry, wanted) || is_below(entry, wanted, get->options.depth))
            return true;
    }
    return false;
}

/* A value that is no string of IMAP is a literal8. */
static void put_value(struct buf *out, struct span value)
{
    if (value.data == NULL) {
        buf_put_text(out, "NIL");
    } else if (memchr(value.data, '\0', value.len) != NULL) {
        buf_put_printf(out, "~{%zu}\r\n", value.len);
        buf_put(out, value);
    } else {
        imap_put_string(out, value);
    }
}

static void put_entry(struct get *get, struct span entry, struct span value)
{
    struct buf *out = &get->session->response;

    if (value.data != NULL && value.len > get->options.max_size) {
        if (value.len > get->longest)
            get->longest = value.len;
        return;
    }
    if (get->any) {
        buf_put_char(out, ' ');
    } else {
        buf_put_text(out, "* METADATA ");
        imapd_put_mailbox(get->session, get->name == NULL ? "" : get->name);
        buf_put_text(out, " (");
    }
    get->any = true;
    imap_put_astring(out, entry);
    buf_put_char(out, ' ');
    put_value(out, value);
    if (out->len >= IMAPD_RESPONSE)
        imapd_flush(get->session);
}

/* The configured use of a mailbox is one of its annotations, too. */
static bool add_special_use(struct get *get, struct error *err)
{
    const struct span entry = SPAN_LITERAL(SPECIAL_USE_ENTRY);
    struct annotations *annotations = &get->annotations;
    struct annotation *items;
    const char *use;

    if (get->name == NULL || annotations_find(annotations, entry) != NULL)
        return true;
    if (!special_use_find(get->session, get->name, &use, err))
        return false;
    if (use == NULL)
        return true;
    items = arena_array(get->session->arena, struct annotation, annotations->count + 1);
    if (annotations->count > 0)
        memcpy(items, annotations->items, annotations->count * sizeof(*items));
    items[annotations->count] = (struct annotation){entry, span_text(use)};
    annotations->items = items;
    annotations->count++;
    return true;
}

static void put_entries(struct get *get)
{
    for (size_t i = 0; i < get->annotations.count; i++) {
        const struct annotation *annotation = &get->annotations.items[i];
        if (is_wanted(get, annotation->entry))
            put_entry(get, annotation->entry, annotation->value);
    }
    for (size_t i = 0; i < get->entries.count && get->options.depth == DEPTH_ZERO; i++) {
        struct span entry = get->entries.items[i].entry;
        if (annotations_find(&get->annotations, entry) == NULL)
            put_entry(get, entry, SPAN_EMPTY);
    }
    if (get->any)
        buf_put_text(&get->session->response, ")\r\n");
}

static void get_metadata(struct get *get)
{
    struct imapd_session *session = get->session;
    struct error err = {0};

    if (!store_annotations(session->store, get->name, session->arena, &get->annotations, &err) ||
        !add_special_use(get, &err)) {
        imapd_failed(session, &err);
        return;
    }
    put_entries(get);
    if (get->longest > 0)
        imapd_ok(session, "[METADATA LONGENTRIES %" PRIu64 "] Getmetadata completed.",
                 get->longest);
    else
        imapd_ok(session, "Getmetadata completed.");
}

/* The options stand before the mailbox (RFC 5464 section 4.2); some clients put them behind it. */
static void take_options(struct cursor *at, struct get *get)
{
    struct cursor here = *at;

    if (parse_space(&here) && metadata_options_parse(&here, &get->options))
        *at = here;
}

void imapd_run_getmetadata(struct imapd_session *session, struct cursor at)
{
    struct get get = {.session = session, .options.max_size = UINT64_MAX};
    enum metadata_parsed parsed = METADATA_BAD;

    take_options(&at, &get);
    if (!take_whose(session, &at, &get.name))
        return;
    take_options(&at, &get);
    if (parse_space(&at))
        parsed = metadata_get_parse(session->arena, at, &get.entries);
    if (parsed == METADATA_PARSED)
        get_metadata(&get);
    else
        refuse_syntax(session, parsed);
}

/* --- SETMETADATA ------------------------------------------------------------------------------- */

/* NULL: it may be set */
static const char *find_fault(const struct imapd_session *session, const char *name,
                              const struct annotation *change)
{
    int64_t limit = session->config->imap_metadata_max_size;

    if (name == NULL && span_starts_with(change->entry, "/shared/"))
        return "[NOPERM] Shared annotations of the server are its administrator's.";
    if (change->value.data != NULL && change->value.len > (uint64_t)limit)
        return "";
    if (name != NULL && span_equal_text(change->entry, SPECIAL_USE_ENTRY) &&
        (!special_use_is_valid(change->value) || strcmp(name, "INBOX") == 0))
        return "[USEATTR] Not a use that this mailbox can have.";
    return NULL;
}

static bool may_set(struct imapd_session *session, const char *name,
                    const struct metadata_entries *entries)
{
    for (size_t i = 0; i < entries->count; i++) {
        const char *fault = find_fault(session, name, &entries->items[i]);
        if (fault == NULL)
            continue;
        if (fault[0] == '\0')
            imapd_no(session, "[METADATA MAXSIZE %" PRId64 "] Value too long.",
                     (int64_t)session->config->imap_metadata_max_size);
        else
            imapd_no(session, "%s", fault);
        return false;
    }
    return true;
}

static void set_metadata(struct imapd_session *session, const char *name,
                         const struct metadata_entries *entries)
{
    const struct annotation_limits limits = metadata_limits(session->config);
    struct error err = {0};

    if (store_annotate(session->store, name, entries->items, entries->count, &limits, &err))
        imapd_ok(session, "Setmetadata completed.");
    else if (err.kind == ERROR_PERMANENT && (err.number == EMFILE || err.number == EFBIG))
        imapd_no(session, "[METADATA TOOMANY] %s", err.text);
    else
        imapd_failed(session, &err);
}

void imapd_run_setmetadata(struct imapd_session *session, struct cursor at)
{
    enum metadata_parsed parsed = METADATA_BAD;
    struct metadata_entries entries;
    const char *name;

    if (!take_whose(session, &at, &name))
        return;
    if (parse_space(&at))
        parsed = metadata_set_parse(session->arena, at, &entries);
    if (parsed != METADATA_PARSED)
        refuse_syntax(session, parsed);
    else if (may_set(session, name, &entries))
        set_metadata(session, name, &entries);
}
