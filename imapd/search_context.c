/* ADDTO and REMOVEFROM: RFC 5267 section 4.3; CANCELUPDATE. */
#include "lib/base/base.h"

#include "imapd/search_context.h"

#include "imapd/command.h"
#include "imapd/search.h"

struct search_context {
    struct arena *arena; /* of the keys */
    struct span tag;
    bool by_uid;
    struct search search;
    uint64_t modseq;      /* up to which messages were looked at */
    struct found members; /* UIDs, not indices; ascending */
};

static void free_context(struct search_context *context)
{
    search_release(&context->search);
    found_release(&context->members);
    arena_free(&context->arena);
    mem_free(context);
}

void search_contexts_clear(struct search_contexts *contexts)
{
    for (size_t i = 0; i < contexts->count; i++)
        free_context(contexts->list[i]);
    contexts->count = 0;
}

static size_t find_context(const struct search_contexts *contexts, struct span tag)
{
    size_t i = 0;

    while (i < contexts->count && !span_equal(contexts->list[i]->tag, tag))
        i++;
    return i;
}

bool search_contexts_has(const struct imapd_session *session, struct span tag)
{
    return find_context(&session->contexts, tag) < session->contexts.count;
}

/* --- a new one --------------------------------------------------------------------------------- */

/* Sequence numbers and "$" mean for ever what they meant at first: they become UIDs. */
static void freeze_sets(struct arena *arena, struct search_key *key, const struct mailbox *mailbox)
{
    if (key->kind == SEARCH_NUMBERS || key->set.saved) {
        key->kind = SEARCH_UIDS;
        key->set.saved = false;
        key->set.count = key->runs.count;
        key->set.ranges = arena_array(arena, struct set_range, key->runs.count + 1);
        for (size_t i = 0; i < key->runs.count; i++)
            key->set.ranges[i] =
                (struct set_range){mailbox->messages[key->runs.runs[i].first].uid,
                                   mailbox->messages[key->runs.runs[i].past - 1].uid};
    }
    for (struct search_key *child = key->child; child != NULL; child = child->next)
        freeze_sets(arena, child, mailbox);
}

/* The command's text is gone soon, and the keys point into it: they are made anew, from a copy. */
static struct search_context *make_context(struct imapd_session *session, struct span program)
{
    struct search_context *context = mem_new(struct search_context);
    struct cursor at;

    context->arena = arena_create();
    context->tag = span_of(arena_text(context->arena, session->tag), session->tag.len);
    context->by_uid = session->by_uid;
    context->modseq = session->mailbox->modseq;
    at = cursor_of(span_of(arena_text(context->arena, program), program.len));
    if (search_parse(context->arena, &at, &context->search) == SEARCH_PARSED) {
        search_prepare(context->arena, &context->search, session->mailbox, &session->saved);
        freeze_sets(context->arena, context->search.root, session->mailbox);
        return context;
    }
    free_context(context); /* what was understood a moment ago is so still */
    return NULL;
}

void search_contexts_add(struct imapd_session *session, struct span program,
                         const struct found *found)
{
    struct search_context *context = NULL;

    if (session->contexts.count < SEARCH_CONTEXTS_MAX)
        context = make_context(session, program);
    if (context == NULL) {
        buf_put_printf(&session->response, "* NO [NOUPDATE \"%.*s\"] Too many contexts.\r\n",
                       SPAN_PRINTF(session->tag));
        return;
    }
    for (size_t i = 0; i < found->count; i++)
        found_add(&context->members, session->mailbox->messages[found->indices[i]].uid);
    session->contexts.list[session->contexts.count++] = context;
}

/* --- what changed ------------------------------------------------------------------------------ */

/* What goes and what comes, as indices of the view. */
struct difference {
    struct found removed, added;
};

static void put_set(struct imapd_session *session, const struct search_context *context,
                    const char *name, const struct found *found)
{
    if (found->count == 0)
        return;
    buf_put_printf(&session->response, " %s (0 ", name);
    search_put_set(&session->response, session->mailbox, context->by_uid, found->indices,
                   found->count);
    buf_put_char(&session->response, ')');
}

static void put_difference(struct imapd_session *session, const struct search_context *context,
                           struct difference *difference)
{
    if (difference->removed.count + difference->added.count > 0) {
        buf_put_text(&session->response, "* ESEARCH ");
        search_put_tag(&session->response, context->tag);
        buf_put_text(&session->response, context->by_uid ? ") UID" : ")");
        put_set(session, context, "REMOVEFROM", &difference->removed);
        put_set(session, context, "ADDTO", &difference->added);
        buf_put_text(&session->response, "\r\n");
    }
    found_release(&difference->removed);
    found_release(&difference->added);
}

static void tell_gone(struct imapd_session *session, struct search_context *context)
{
    const struct mailbox *mailbox = session->mailbox;
    struct difference difference = {0};
    size_t kept = 0;

    for (size_t i = 0; i < context->members.count; i++) {
        uint32_t uid = context->members.indices[i];
        size_t index = mailbox_find_uid(mailbox, uid);
        bool is_there = index < mailbox->count && mailbox->messages[index].uid == uid;
        if (is_there && (mailbox->messages[index].flags & FLAG_GONE) == 0)
            context->members.indices[kept++] = uid;
        else if (is_there)
            found_add(&difference.removed, (uint32_t)index);
    }
    context->members.count = kept;
    put_difference(session, context, &difference);
}

void search_contexts_tell_gone(struct imapd_session *session)
{
    for (size_t i = 0; i < session->contexts.count; i++)
        tell_gone(session, session->contexts.list[i]);
}

/* One walk along the view and the members; what changed since the last one is held against the keys. */
static void look_again(struct search_context *context, struct search_match *match,
                       struct difference *difference)
{
    const struct mailbox *mailbox = match->mailbox;
    struct found members = {0};

    for (size_t i = 0, at = 0; i < mailbox->count; i++) {
        const struct mailbox_message *message = &mailbox->messages[i];
        bool was, is;
        while (at < context->members.count && context->members.indices[at] < message->uid)
            at++;
        was = at < context->members.count && context->members.indices[at] == message->uid;
        is = was;
        if (message->modseq > context->modseq && (message->flags & FLAG_GONE) == 0) {
            is = search_match(match, i);
            if (match->err.kind == ERROR_TEMPORARY)
                is = was;
        }
        if (is)
            found_add(&members, message->uid);
        if (is != was)
            found_add(is ? &difference->added : &difference->removed, (uint32_t)i);
    }
    found_release(&context->members);
    context->members = members;
    context->modseq = mailbox->modseq;
}

static void tell(struct imapd_session *session, struct search_context *context)
{
    struct difference difference = {0};
    struct arena *arena = arena_create();
    struct search_match match;
    struct error err = {0};

    search_prepare(arena, &context->search, session->mailbox, NULL);
    if (mailbox_begin_reading(session->mailbox, &err)) {
        search_match_begin(&match, session->mailbox, &context->search);
        look_again(context, &match, &difference);
        search_match_end(&match);
        mailbox_end_reading(session->mailbox);
        put_difference(session, context, &difference);
    }
    arena_free(&arena);
}

void search_contexts_tell(struct imapd_session *session)
{
    for (size_t i = 0; i < session->contexts.count; i++) {
        if (session->contexts.list[i]->modseq != session->mailbox->modseq)
            tell(session, session->contexts.list[i]);
    }
}

/* --- CANCELUPDATE ------------------------------------------------------------------------------ */

static void cancel(struct search_contexts *contexts, size_t at)
{
    free_context(contexts->list[at]);
    contexts->count--;
    memmove(&contexts->list[at], &contexts->list[at + 1],
            (contexts->count - at) * sizeof(contexts->list[0]));
}

/* "CANCELUPDATE" 1*(SP quoted) */
void imapd_run_cancelupdate(struct imapd_session *session, struct cursor at)
{
    struct span tag;

    do {
        size_t found;
        if (!parse_space(&at) || !parse_string(session->arena, &at, &tag)) {
            imapd_bad(session, "Error in IMAP command: Invalid arguments.");
            return;
        }
        found = find_context(&session->contexts, tag);
        if (found == session->contexts.count) {
            imapd_bad(session, "Unknown tag.");
            return;
        }
        cancel(&session->contexts, found);
    } while (!parse_end(&at));
    imapd_ok(session, "Updates cancelled.");
}
