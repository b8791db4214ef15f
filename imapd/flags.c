/* STORE and EXPUNGE: RFC 3501 sections 6.4.3 and 6.4.6, UID EXPUNGE of RFC 4315. */
#include "lib/base/base.h"

#include "imapd/command.h"

#include "imapd/set.h"

struct store_arguments {
    struct flag_change change;
    bool silent;
    struct flag_list list;
};

/* store-att-flags = (["+" / "-"] "FLAGS" [".SILENT"]) SP (flag-list / (flag *(SP flag))) */
static bool take_arguments(struct cursor *at, struct store_arguments *arguments)
{
    struct span word;

    if (!parse_space(at) || !parse_atom(at, &word))
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

/* The client is told of every message that it named, or of none of them. */
static void mark_to_tell(struct mailbox *mailbox, const struct selection *selection, bool silent)
{
    for (size_t i = 0; i < selection->count; i++) {
        struct mailbox_message *message = &mailbox->messages[selection->indices[i]];
        if (silent)
            message->flags &= ~(uint32_t)FLAG_CHANGED;
        else
            message->flags |= FLAG_CHANGED;
    }
    if (!silent && selection->count > 0)
        mailbox->changed = true;
}

static void store_flags(struct imapd_session *session, const struct selection *selection,
                        struct store_arguments *arguments)
{
    struct mailbox *mailbox = session->mailbox;
    uint32_t deleted = count_deleted(mailbox, selection);
    struct error err = {0};

    if (!resolve_keywords(session, arguments, &err) ||
        !mailbox_change_flags(mailbox, selection->indices, selection->count, &arguments->change,
                              &err)) {
        imapd_failed(session, &err);
        return;
    }
    if (count_deleted(mailbox, selection) > deleted)
        session->counters.deleted += count_deleted(mailbox, selection) - deleted;
    mark_to_tell(mailbox, selection, arguments->silent);
    imapd_ok(session, "Store completed.");
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
    imapd_ok(session, "Expunge completed.");
}
