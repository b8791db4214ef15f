/* STORE and EXPUNGE: RFC 3501 sections 6.4.3 and 6.4.6, UID EXPUNGE of RFC 4315, UNCHANGEDSINCE of RFC
 * 7162. */
#include "lib/base/base.h"

#include "imapd/command.h"

#include "imapd/set.h"

struct store_arguments {
    struct flag_change change;
    bool silent;
    struct flag_list list;
};

/* [SP "(" "UNCHANGEDSINCE" SP mod-sequence ")"] */
static bool take_modifier(struct cursor *at, struct flag_change *change)
{
    struct cursor here = *at;

    if (!parse_space(&here) || !cursor_take(&here, '('))
        return true;
    if (!parse_word(&here, "UNCHANGEDSINCE") || !parse_space(&here) ||
        !parse_number(&here, INT64_MAX, &change->unchanged_since) || !cursor_take(&here, ')'))
        return false;
    change->conditional = true;
    *at = here;
    return true;
}

/* store-att-flags = (["+" / "-"] "FLAGS" [".SILENT"]) SP (flag-list / (flag *(SP flag))) */
static bool take_arguments(struct cursor *at, struct store_arguments *arguments)
{
    struct span word;

    if (!take_modifier(at, &arguments->change) || !parse_space(at) || !parse_atom(at, &word))
        return false;
    arguments->change.mode = FLAGS_REPLACE;
    if (word.data[0] == '+' || word.data[0] == '-') {
        arguments->change.mode = word.data[0] == '+' ? FLAGS_ADD : FLAGS_REMOVE;
        word = span_skip(word, 1);
    }
    arguments->silent = span_equal_text_nocase(word, "FLAGS.SILENT");
    return (arguments->silent || span_equal_text_nocase(word, "FLAGS")) && parse_space(at) &&
           parse_flag_list(at, &arguments->list) && parse_end(at);
}

/* A keyword that the mailbox does not know is made known, unless it is to be taken away. */
static bool resolve_keywords(struct imapd_session *session, struct store_arguments *arguments,
                             struct error *err)
{
    const struct strlist *names = &arguments->list.keywords;

    arguments->change.flags = arguments->list.flags;
    for (size_t i = 0; i < names->count; i++) {
        struct span name = span_text(names->items[i]);
        int index = keywords_find(&session->mailbox->keywords, name);
        uint32_t bit = index >= 0 ? 1U << index : 0;
        if (index < 0 && arguments->change.mode != FLAGS_REMOVE &&
            !mailbox_keyword(session->mailbox, name, &bit, err))
            return false;
        arguments->change.keywords |= bit;
    }
    return true;
}

static uint32_t count_deleted(const struct mailbox *mailbox, const struct selection *selection)
{
    uint32_t count = 0;

    for (size_t i = 0; i < selection->count; i++)
        count += (mailbox->messages[selection->indices[i]].flags & FLAG_DELETED) != 0;
    return count;
}

/* What the client believes, before the change. */
static struct mailbox_message *remember(struct imapd_session *session,
                                        const struct selection *selection)
{
    struct mailbox_message *before =
        arena_array(session->arena, struct mailbox_message, selection->count + 1);

    for (size_t i = 0; i < selection->count; i++)
        before[i] = session->mailbox->messages[selection->indices[i]];
    return before;
}

/* Did anything but our change happen to the flags, which the client therefore cannot know? */
static bool is_as_expected(const struct flag_change *change, const struct mailbox_message *before,
                           const struct mailbox_message *after)
{
    uint32_t flags = before->flags & FLAGS_STORED, keywords = before->keywords;

    switch (change->mode) {
    case FLAGS_ADD:
        flags |= change->flags;
        keywords |= change->keywords;
        break;
    case FLAGS_REMOVE:
        flags &= ~change->flags;
        keywords &= ~change->keywords;
        break;
    case FLAGS_REPLACE:
        flags = change->flags;
        keywords = change->keywords;
        break;
    }
    return flags == (after->flags & FLAGS_STORED) && keywords == after->keywords;
}

/* The client is told of every message that it named; of none when it wants silence, but of what others
 * did meanwhile (RFC 3501 section 6.4.6), and of modseqs (RFC 7162 section 3.1.3). */
static void mark_to_tell(struct mailbox *mailbox, const struct selection *selection,
                         const struct mailbox_message *before,
                         const struct store_arguments *arguments)
{
    bool tells_all = !arguments->silent || arguments->change.conditional;

    for (size_t i = 0; i < selection->count; i++) {
        struct mailbox_message *message = &mailbox->messages[selection->indices[i]];
        if ((message->flags & FLAG_REFUSED) != 0)
            continue;
        if (tells_all)
            message->flags |= FLAG_CHANGED;
        if (arguments->silent && (message->flags & FLAG_CHANGED) != 0 &&
            (before[i].flags & FLAG_CHANGED) == 0 &&
            is_as_expected(&arguments->change, &before[i], message))
            message->flags |= FLAG_QUIET;
        else
            message->flags &= ~(uint32_t)FLAG_QUIET;
    }
    mailbox->changed = mailbox->changed || (tells_all && selection->count > 0);
}

/* "[MODIFIED 7,9] " of those that UNCHANGEDSINCE held back; nothing when there are none */
static void put_refused(struct imapd_session *session, const struct selection *selection,
                        struct buf *out)
{
    struct mailbox *mailbox = session->mailbox;
    struct saved_set refused = {0};

    for (size_t i = 0; i < selection->count; i++) {
        struct mailbox_message *message = &mailbox->messages[selection->indices[i]];
        if ((message->flags & FLAG_REFUSED) == 0)
            continue;
        message->flags &= ~(uint32_t)FLAG_REFUSED;
        saved_set_add(&refused, session->by_uid ? message->uid : selection->indices[i] + 1);
    }
    if (refused.count > 0) {
        buf_put_text(out, "[MODIFIED ");
        saved_set_put(out, &refused);
        buf_put_text(out, "] ");
    }
    saved_set_release(&refused);
}

static void store_flags(struct imapd_session *session, const struct selection *selection,
                        struct store_arguments *arguments)
{
    struct mailbox *mailbox = session->mailbox;
    uint32_t deleted = count_deleted(mailbox, selection);
    const struct mailbox_message *before = remember(session, selection);
    struct buf refused = BUF(BUF_UNLIMITED);
    struct error err = {0};

    if (arguments->change.conditional && !imapd_need_modseqs(session, "STORE", "UNCHANGEDSINCE"))
        return;
    if (!resolve_keywords(session, arguments, &err) ||
        !mailbox_change_flags(mailbox, selection->indices, selection->count, &arguments->change,
                              &err)) {
        put_refused(session, selection, &refused); /* none is to stay marked */
        buf_release(&refused);
        imapd_failed(session, &err);
        return;
    }
    if (count_deleted(mailbox, selection) > deleted)
        session->counters.deleted += count_deleted(mailbox, selection) - deleted;
    mark_to_tell(mailbox, selection, before, arguments);
    put_refused(session, selection, &refused);
    imapd_ok_code(session, buf_span(&refused),
                  refused.len > 0 ? "Conditional store failed." : "Store completed.");
    buf_release(&refused);
}

void imapd_run_store(struct imapd_session *session, struct cursor at)
{
    struct store_arguments arguments = {0};
    struct selection selection;

    if (!imapd_take_messages(session, &at, &selection))
        return;
    if (!take_arguments(&at, &arguments))
        imapd_bad(session, "Error in IMAP command: Invalid arguments.");
    else if (session->mailbox->read_only)
        imapd_no(session, "[READ-ONLY] Mailbox is read-only.");
    else
        store_flags(session, &selection, &arguments);
    flag_list_release(&arguments.list);
}

/* --- EXPUNGE ----------------------------------------------------------------------------------- */

static void all_messages(struct imapd_session *session, struct selection *selection)
{
    selection->indices = arena_array(session->arena, uint32_t, session->mailbox->count + 1);
    selection->count = session->mailbox->count;
    for (size_t i = 0; i < selection->count; i++)
        selection->indices[i] = (uint32_t)i;
}

static void keep_deleted(const struct mailbox *mailbox, struct selection *selection)
{
    size_t kept = 0;

    for (size_t i = 0; i < selection->count; i++) {
        if ((mailbox->messages[selection->indices[i]].flags & (FLAG_DELETED | FLAG_GONE)) ==
            FLAG_DELETED)
            selection->indices[kept++] = selection->indices[i];
    }
    selection->count = kept;
}

void imapd_run_expunge(struct imapd_session *session, struct cursor at)
{
    struct selection selection;
    struct error err = {0};

    if (session->by_uid) {
        if (!imapd_take_messages(session, &at, &selection))
            return;
    } else {
        all_messages(session, &selection);
    }
    if (!parse_end(&at)) {
        imapd_bad(session, "Error in IMAP command: Too many arguments.");
        return;
    }
    if (session->mailbox->read_only) {
        imapd_no(session, "[READ-ONLY] Mailbox is read-only.");
        return;
    }
    keep_deleted(session->mailbox, &selection);
    if (selection.count > 0 &&
        !mailbox_expunge(session->mailbox, selection.indices, selection.count, &err)) {
        imapd_failed(session, &err);
        return;
    }
    session->counters.expunged += selection.count;
    if (selection.count > 0)
        imapd_ok_modseq(session, "Expunge completed.");
    else
        imapd_ok(session, "Expunge completed.");
}
