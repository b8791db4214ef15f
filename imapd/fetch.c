/* FETCH: the messages of a set, item by item. */
#include "lib/base/base.h"

#include "imapd/fetch.h"

#include "imapd/command.h"
#include "imapd/date_time.h"
#include "imapd/select.h"
#include "imapd/set.h"
#include "imapd/thread_id.h"
#include "lib/base/file.h"
#include "lib/message/imap_text.h"
#include "lib/service/service.h"

#define GATHER_MAX (128U * 1024) /* octets of responses before they leave */

void fetch_flush(struct imapd_session *session)
{
    struct error err;

    mailbox_end_reading(session->mailbox);
    imapd_flush(session);
    if (!mailbox_begin_reading(session->mailbox, &err))
        imapd_bye(session, "Internal error occurred. Refer to server log for more information.");
}

static void put_number(struct buf *out, const char *name, uint64_t number)
{
    buf_put_text(out, name);
    imap_put_number(out, number);
}

static void put_text(struct buf *out, const char *name, struct span text)
{
    buf_put_text(out, name);
    buf_put(out, text);
}

static void put_fuzzy(struct buf *out, const char *name, struct span preview)
{
    buf_put_printf(out, "%s (FUZZY ", name);
    imap_put_string(out, preview);
    buf_put_char(out, ')');
}

static void put_save_date(struct buf *out, uint64_t save_date)
{
    buf_put_text(out, "SAVEDATE ");
    if (save_date == 0)
        buf_put_text(out, "NIL");
    else
        date_time_put(out, save_date);
}

static void put_thread_id(struct buf *out, const struct message_metadata *metadata)
{
    char id[THREAD_ID_LEN + 1];

    thread_id_put(metadata, id);
    buf_put_printf(out, "THREADID (%s)", id);
}

static bool put_item(struct imapd_session *session, struct fetch_message *message,
                     const struct fetch_item *item)
{
    struct buf *out = &session->response;
    const struct mailbox_message *shown = &session->mailbox->messages[message->index];

    switch (item->kind) {
    case FETCH_UID:
        put_number(out, "UID ", shown->uid);
        break;
    case FETCH_FLAGS:
        buf_put_text(out, "FLAGS ");
        imapd_put_flags(session, out, shown);
        break;
    case FETCH_DATE:
        buf_put_text(out, "INTERNALDATE ");
        date_time_put(out, message->metadata.internal_date);
        break;
    case FETCH_SIZE:
        put_number(out, "RFC822.SIZE ", message->metadata.virtual_size);
        break;
    case FETCH_ENVELOPE:
        put_text(out, "ENVELOPE ", message->metadata.envelope);
        break;
    case FETCH_BODYSTRUCTURE:
        put_text(out, "BODYSTRUCTURE ", message->metadata.bodystructure);
        break;
    case FETCH_BODY:
        put_text(out, "BODY ", message->metadata.body);
        break;
    case FETCH_MODSEQ:
        if (session->mailbox->no_modseqs) { /* since the command began */
            put_number(out, "UID ", shown->uid);
            break;
        }
        put_number(out, "MODSEQ (", shown->modseq);
        buf_put_char(out, ')');
        break;
    case FETCH_SAVE_DATE:
        put_save_date(out, message->metadata.save_date);
        break;
    case FETCH_EMAIL_ID:
        buf_put_printf(out, "EMAILID (%s)", message->metadata.email_id);
        break;
    case FETCH_THREAD_ID:
        put_thread_id(out, &message->metadata);
        break;
    case FETCH_PREVIEW:
        buf_put_text(out, "PREVIEW ");
        imap_put_string(out, message->metadata.preview);
        break;
    case FETCH_PREVIEW_FUZZY:
        put_fuzzy(out, "PREVIEW", message->metadata.preview);
        break;
    case FETCH_SNIPPET:
        put_fuzzy(out, "SNIPPET", message->metadata.preview);
        break;
    case FETCH_SECTION:
        return fetch_put_section(session, message, &item->section);
    }
    return true;
}

/* A message that is gone leaves no trace, unless a part of it is on the wire already. */
static void give_up(struct imapd_session *session, const struct fetch_message *message,
                    size_t start)
{
    if (!session->ended && !message->sent) {
        buf_truncate(&session->response, start);
        return;
    }
    session->ended = true;
    if (session->end_reason == NULL)
        session->end_reason = "Message vanished while it was sent";
}

/* What stands before the items that were asked for: the UID when the client goes by UIDs; flags that
 * changed, which a message that just got \Seen tells in any case, and their modseq. */
static void put_unasked(struct imapd_session *session, const struct fetch *fetch,
                        const struct mailbox_message *shown)
{
    struct buf *out = &session->response;
    bool changed = (shown->flags & FLAG_CHANGED) != 0;
    bool uid = session->by_uid || (session->enabled & ENABLED_QRESYNC) != 0;

    if (uid && !fetch_tells(fetch, FETCH_UID)) {
        put_number(out, "UID ", shown->uid);
        buf_put_char(out, ' ');
    }
    if (!changed)
        return;
    if (!fetch_tells(fetch, FETCH_FLAGS) && (shown->flags & FLAG_QUIET) == 0) {
        buf_put_text(out, "FLAGS ");
        imapd_put_flags(session, out, shown);
        buf_put_char(out, ' ');
    }
    if (!fetch_tells(fetch, FETCH_MODSEQ) && imapd_tells_modseqs(session)) {
        put_number(out, "MODSEQ (", shown->modseq);
        buf_put_text(out, ") ");
    }
}

static void put_message(struct imapd_session *session, const struct fetch *fetch,
                        struct fetch_message *message)
{
    struct mailbox_message *shown = &session->mailbox->messages[message->index];
    struct buf *out = &session->response;
    size_t start = out->len;

    put_number(out, "* ", message->index + 1);
    buf_put_text(out, " FETCH (");
    put_unasked(session, fetch, shown);
    shown->flags &= ~(uint32_t)(FLAG_CHANGED | FLAG_QUIET);
    for (size_t i = 0; i < fetch->count; i++) {
        if (i > 0)
            buf_put_char(out, ' ');
        if (!put_item(session, message, &fetch->items[i])) {
            give_up(session, message, start);
            return;
        }
    }
    buf_put_text(out, ")\r\n");
}

/* What could not be done of a message. */
enum { IS_GONE = 1, HAS_UNKNOWN_ENCODING = 2 };

static unsigned fetch_message(struct imapd_session *session, const struct fetch *fetch,
                              size_t index)
{
    struct fetch_message message = {.index = index, .file = {.fd = -1}};
    struct error err = {0};

    if ((session->mailbox->messages[index].flags & FLAG_GONE) != 0)
        return IS_GONE;
    if (fetch->wanted != 0 && !mailbox_metadata(session->mailbox, index, fetch->wanted,
                                                &fetch->fields, &message.metadata, &err)) {
        if (err.number != ENOENT)
            imapd_log_error(session, &err);
        return IS_GONE;
    }
    put_message(session, fetch, &message);
    fd_close(&message.file.fd);
    if (session->response.len >= GATHER_MAX)
        fetch_flush(session);
    return ((session->mailbox->messages[index].flags & FLAG_GONE) != 0 ? IS_GONE : 0) |
           (message.unknown_encoding ? HAS_UNKNOWN_ENCODING : 0);
}

static bool mark_seen(struct imapd_session *session, const struct selection *selection,
                      struct error *err)
{
    static const struct flag_change seen = {.mode = FLAGS_ADD, .flags = FLAG_SEEN};
    struct selection unseen = {arena_array(session->arena, uint32_t, selection->count + 1), 0};

    for (size_t i = 0; i < selection->count; i++) {
        if ((session->mailbox->messages[selection->indices[i]].flags & FLAG_SEEN) == 0)
            unseen.indices[unseen.count++] = selection->indices[i];
    }
    return unseen.count == 0 ||
           mailbox_change_flags(session->mailbox, unseen.indices, unseen.count, &seen, err);
}

static void fetch_all(struct imapd_session *session, const struct fetch *fetch,
                      const struct selection *selection)
{
    struct error err = {0};
    unsigned missed = 0;

    if ((fetch->marks_seen && !session->mailbox->read_only &&
         !mark_seen(session, selection, &err)) ||
        !mailbox_begin_reading(session->mailbox, &err)) {
        imapd_failed(session, &err);
        return;
    }
    for (size_t i = 0; i < selection->count && !session->ended; i++) {
        missed |= fetch_message(session, fetch, selection->indices[i]);
        /* A whole mailbox over a slow line may take longer than daemon_timeout. */
        service_rest(false);
    }
    mailbox_end_reading(session->mailbox);
    if (session->ended)
        return;
    if ((missed & HAS_UNKNOWN_ENCODING) != 0)
        imapd_no(session, "[UNKNOWN-CTE] Unknown transfer encoding of a part.");
    else if (missed != 0)
        imapd_ok(session, "[EXPUNGEISSUED] Some of the requested messages no longer exist.");
    else
        imapd_ok(session, "Fetch completed.");
}

void fetch_put_new(struct imapd_session *session, const struct fetch *fetch, size_t first)
{
    bool by_uid = session->by_uid;
    struct error err = {0};

    if (!mailbox_begin_reading(session->mailbox, &err)) {
        imapd_log_error(session, &err);
        return;
    }
    session->by_uid = true;
    for (size_t i = first; i < session->mailbox->count && !session->ended; i++)
        (void)fetch_message(session, fetch, i);
    session->by_uid = by_uid;
    mailbox_end_reading(session->mailbox);
}

/* PARTIAL takes its part of the set first; what remains of it may have changed since. */
static void narrow(const struct mailbox *mailbox, const struct fetch *fetch,
                   struct selection *selection)
{
    size_t kept = 0, first = 0, past = selection->count;

    if (fetch->is_partial)
        partial_slice(&fetch->partial, selection->count, &first, &past);
    for (size_t i = first; i < past; i++) {
        const struct mailbox_message *message = &mailbox->messages[selection->indices[i]];
        if (!fetch->is_conditional || message->modseq > fetch->changed_since)
            selection->indices[kept++] = selection->indices[i];
    }
    selection->count = kept;
}

static void fetch_set(struct imapd_session *session, const struct fetch *fetch,
                      const struct set *set)
{
    struct selection selection;
    struct error err = {0};

    if (!set_resolve(session->arena, set, session->mailbox, session->by_uid, &session->saved,
                     &selection)) {
        imapd_bad(session, "Error in IMAP command: Invalid messageset");
        return;
    }
    if (fetch_tells(fetch, FETCH_MODSEQ) &&
        !imapd_need_modseqs(session, "FETCH", fetch->is_conditional ? "CHANGEDSINCE" : "MODSEQ"))
        return;
    if (fetch->wants_vanished &&
        !resync_put_vanished(session, fetch->changed_since, set, 0, &err)) {
        imapd_failed(session, &err);
        return;
    }
    narrow(session->mailbox, fetch, &selection);
    fetch_all(session, fetch, &selection);
}

/* RFC 7162 section 3.2.6: VANISHED is for UID FETCH of clients that enabled QRESYNC. */
static bool may_want_vanished(const struct imapd_session *session)
{
    return session->by_uid && (session->enabled & ENABLED_QRESYNC) != 0;
}

/* A few messages at an end of the mailbox need not wait for all others. */
static bool show_some(struct imapd_session *session, const struct fetch *fetch,
                      const struct set *set)
{
    struct mailbox *mailbox = session->mailbox;
    uint32_t first = UINT32_MAX, last = 0;

    if (set->saved || fetch->wants_vanished || (fetch->marks_seen && !mailbox->read_only))
        return false;
    for (size_t i = 0; i < set->count; i++) {
        const struct set_range *range = &set->ranges[i];
        first = range->low < first ? range->low : first;
        first = range->high < first ? range->high : first;
        last = range->low > last ? range->low : last;
        last = range->high > last ? range->high : last;
    }
    return mailbox_glance(mailbox, session->by_uid, first, last);
}

void imapd_run_fetch(struct imapd_session *session, struct cursor at)
{
    struct fetch fetch;
    struct set set;

    if (!parse_space(&at) || !set_parse(session->arena, &at, &set)) {
        imapd_bad(session, "Error in IMAP command: Invalid messageset");
        return;
    }
    if (!fetch_parse(session->arena, &at, &fetch) ||
        (fetch.wants_vanished && !may_want_vanished(session)))
        imapd_bad(session, "Error in IMAP command FETCH: Invalid arguments.");
    else if (show_some(session, &fetch, &set) || imapd_show_messages(session))
        fetch_set(session, &fetch, &set);
    fetch_release(&fetch);
}
