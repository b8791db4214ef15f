/* What the client is told without having asked: RFC 3501 section 5.2. */
#include "lib/base/base.h"

#include "imapd/search_context.h"
#include "imapd/session.h"

#include "imapd/notify.h"

#include "lib/base/log.h"
#include "lib/message/imap_text.h"

static const struct {
    const char *name;
    uint32_t flag;
} flag_names[] = {
    {"\\Answered", FLAG_ANSWERED},
    {"\\Flagged",  FLAG_FLAGGED },
    {"\\Deleted",  FLAG_DELETED },
    {"\\Seen",     FLAG_SEEN    },
    {"\\Draft",    FLAG_DRAFT   },
    {"\\Recent",   FLAG_RECENT  },
};

static void put_word(struct buf *out, bool *first, const char *word)
{
    if (!*first)
        buf_put_char(out, ' ');
    buf_put_text(out, word);
    *first = false;
}

static void put_keywords(const struct imapd_session *session, struct buf *out, bool *first,
                         uint32_t keywords)
{
    for (int i = 0; keywords != 0; i++, keywords >>= 1) {
        if ((keywords & 1) != 0 && session->mailbox->keywords.names[i] != NULL)
            put_word(out, first, session->mailbox->keywords.names[i]);
    }
}

void imapd_put_flags(const struct imapd_session *session, struct buf *out,
                     const struct mailbox_message *message)
{
    uint32_t shown = (session->enabled & ENABLED_REV2) != 0 ? FLAGS_STORED : UINT32_MAX;
    bool first = true;

    buf_put_char(out, '(');
    for (size_t i = 0; i < ARRAY_LENGTH(flag_names); i++) {
        if ((message->flags & flag_names[i].flag & shown) != 0)
            put_word(out, &first, flag_names[i].name);
    }
    put_keywords(session, out, &first, message->keywords);
    buf_put_char(out, ')');
}

static uint32_t known_keywords(const struct mailbox *mailbox)
{
    uint32_t known = 0;

    for (int i = 0; i < KEYWORDS_MAX; i++)
        known |= mailbox->keywords.names[i] != NULL ? 1U << i : 0;
    return known;
}

static void put_all_flags(struct imapd_session *session, uint32_t keywords)
{
    bool first = true;

    for (size_t i = 0; i + 1 < ARRAY_LENGTH(flag_names); i++)
        put_word(&session->response, &first, flag_names[i].name);
    put_keywords(session, &session->response, &first, keywords);
}

void imapd_put_known_flags(struct imapd_session *session)
{
    uint32_t keywords = known_keywords(session->mailbox);

    buf_put_text(&session->response, "* FLAGS (");
    put_all_flags(session, keywords);
    buf_put_text(&session->response, ")\r\n* OK [PERMANENTFLAGS (");
    if (session->mailbox->read_only) {
        buf_put_text(&session->response, ")] Read-only mailbox.\r\n");
    } else {
        put_all_flags(session, keywords);
        buf_put_printf(&session->response, "%s)] Flags permitted.\r\n",
                       keywords == (1U << KEYWORDS_MAX) - 1 ? "" : " \\*");
    }
    session->told_keywords = keywords;
}

static void put_expunges(struct imapd_session *session)
{
    const struct mailbox *mailbox = session->mailbox;
    size_t told = 0;

    for (size_t i = 0; i < session->told_count; i++) {
        if ((mailbox->messages[i].flags & FLAG_GONE) == 0)
            continue;
        buf_put_text(&session->response, "* ");
        imap_put_number(&session->response, i + 1 - told++);
        buf_put_text(&session->response, " EXPUNGE\r\n");
    }
}

/* RFC 7162 section 3.2.10 */
static void put_vanished(struct imapd_session *session)
{
    const struct mailbox *mailbox = session->mailbox;
    struct saved_set gone = {0};

    for (size_t i = 0; i < session->told_count; i++) {
        if ((mailbox->messages[i].flags & FLAG_GONE) != 0)
            saved_set_add(&gone, mailbox->messages[i].uid);
    }
    if (gone.count > 0) {
        buf_put_text(&session->response, "* VANISHED ");
        saved_set_put(&session->response, &gone);
        buf_put_text(&session->response, "\r\n");
    }
    saved_set_release(&gone);
}

/* Only EXPUNGE, without looking. */
static void tell_gone(struct imapd_session *session)
{
    struct mailbox *mailbox = session->mailbox;
    size_t told = 0;

    if (mailbox == NULL || mailbox->gone == 0)
        return;
    search_contexts_tell_gone(session);
    for (size_t i = 0; i < session->told_count; i++)
        told += (mailbox->messages[i].flags & FLAG_GONE) != 0;
    if ((session->enabled & ENABLED_QRESYNC) != 0)
        put_vanished(session);
    else
        put_expunges(session);
    session->told_count -= told;
    mailbox_forget_gone(mailbox);
}

void imapd_put_counts(struct imapd_session *session, size_t messages, size_t recent)
{
    buf_put_printf(&session->response, "* %zu EXISTS\r\n", messages);
    if ((session->enabled & ENABLED_REV2) == 0)
        buf_put_printf(&session->response, "* %zu RECENT\r\n", recent);
    session->told_count = messages;
}

static void tell_count(struct imapd_session *session)
{
    const struct mailbox *mailbox = session->mailbox;
    size_t first = session->told_count, recent = 0;

    if (mailbox->count == first)
        return;
    for (size_t i = 0; i < mailbox->count; i++)
        recent += (mailbox->messages[i].flags & FLAG_RECENT) != 0;
    imapd_put_counts(session, mailbox->count, recent);
    notify_tell_new(session, first);
}

void imapd_put_news(struct imapd_session *session, size_t index, unsigned items)
{
    const struct mailbox_message *message = &session->mailbox->messages[index];
    struct buf *out = &session->response;
    const char *between = "";

    buf_put_text(out, "* ");
    imap_put_number(out, index + 1);
    buf_put_text(out, " FETCH (");
    if ((items & NEWS_UID) != 0) {
        buf_put_text(out, "UID ");
        imap_put_number(out, message->uid);
        between = " ";
    }
    if ((items & NEWS_FLAGS) != 0) {
        buf_put_text(out, between);
        buf_put_text(out, "FLAGS ");
        imapd_put_flags(session, out, message);
        between = " ";
    }
    if ((items & NEWS_MODSEQ) != 0) {
        buf_put_text(out, between);
        buf_put_printf(out, "MODSEQ (%" PRIu64 ")", message->modseq);
    }
    buf_put_text(out, ")\r\n");
}

/* What a FETCH response that nobody asked for has in it. */
static unsigned news_items(const struct imapd_session *session)
{
    unsigned items = NEWS_FLAGS;

    if (session->by_uid || (session->enabled & ENABLED_QRESYNC) != 0)
        items |= NEWS_UID;
    if (imapd_tells_modseqs(session))
        items |= NEWS_MODSEQ;
    return items;
}

static void tell_flags(struct imapd_session *session)
{
    struct mailbox *mailbox = session->mailbox;
    unsigned items = news_items(session);

    if (!mailbox->changed)
        return;
    mailbox->changed = false;
    for (size_t i = 0; i < mailbox->count; i++) {
        struct mailbox_message *message = &mailbox->messages[i];
        uint32_t flags = message->flags;
        if ((flags & FLAG_CHANGED) == 0)
            continue;
        message->flags &= ~(uint32_t)(FLAG_CHANGED | FLAG_QUIET);
        if ((flags & FLAG_GONE) != 0)
            continue;
        if ((flags & FLAG_QUIET) == 0)
            imapd_put_news(session, i, items);
        else if ((items & NEWS_MODSEQ) != 0)
            imapd_put_news(session, i, items & ~(unsigned)NEWS_FLAGS);
        if (session->response.len >= IMAPD_RESPONSE)
            imapd_flush(session);
    }
}

static void sync_failed(struct imapd_session *session, const struct error *err)
{
    if (imapd_lost_for(err) != NULL) {
        imapd_mailbox_lost(session, err);
        return;
    }
    log_error("imap(%s)<%s>: %s", session->user, session->id, err->text);
}

void imapd_tell_news(struct imapd_session *session)
{
    struct error err = {0};

    if (session->mailbox == NULL || session->ended)
        return;
    mailbox_end_glance(session->mailbox);
    if (!session->keeps_still && !mailbox_sync(session->mailbox, &err)) {
        sync_failed(session, &err);
        if (session->mailbox == NULL)
            return;
    }
    if ((session->enabled & ENABLED_CONDSTORE) != 0 && session->mailbox->no_modseqs &&
        !session->told_no_modseqs) /* it had some, until there was no room for more */
        imapd_put_highest_modseq(session);
    if (!session->no_expunges)
        tell_gone(session);
    if (known_keywords(session->mailbox) != session->told_keywords)
        imapd_put_known_flags(session);
    if (session->mailbox->awaited) /* nothing is new */
        return;
    tell_count(session);
    tell_flags(session);
    search_contexts_tell(session);
}

void imapd_ok_modseq(struct imapd_session *session, const char *text)
{
    imapd_tell_news(session);
    if (session->mailbox != NULL && (session->enabled & ENABLED_QRESYNC) != 0 &&
        imapd_tells_modseqs(session))
        imapd_ok(session, "[HIGHESTMODSEQ %" PRIu64 "] %s", session->mailbox->modseq, text);
    else
        imapd_ok(session, "%s", text);
}
